//! The servers: each is a way to start it on a folder and to get an address for clients.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use super::Failed;

/// How long a server that is asked to end may take to write what it has.
const ENDING: Duration = Duration::from_secs(30);

/// The servers that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Our relay, spoken to as automerge-repo does.
    Ours,
    /// Our relay in signed sessions.
    Signed,
    AutomergeRepo,
    Samod,
    Hocuspocus,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [
        Self::Signed,
        Self::Ours,
        Self::AutomergeRepo,
        Self::Samod,
        Self::Hocuspocus,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "poo-server, token sessions",
            Self::Signed => "poo-server, signed sessions",
            Self::AutomergeRepo => "automerge-repo",
            Self::Samod => "samod",
            Self::Hocuspocus => "Hocuspocus (Yjs)",
        }
    }
}

/// Where the programs are.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    /// Ours: `poo` and `poo-server`.
    pub(crate) ours: PathBuf,
    /// The folder with the peers' Node programs.
    pub(crate) node: PathBuf,
    pub(crate) samod: PathBuf,
}

/// A server that runs; killed when it is dropped.
pub(crate) struct Server {
    kind: Kind,
    programs: Programs,
    data: PathBuf,
    port: u16,
    child: Option<Child>,
    out: Option<BufReader<ChildStdout>>,
    url: String,
}

fn free_port() -> Result<u16, Failed> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(listener.local_addr()?.port())
}

impl Server {
    /// Starts a server on an empty folder.
    pub(crate) fn start(kind: Kind, programs: &Programs, data: &Path) -> Result<Self, Failed> {
        std::fs::create_dir_all(data)?;
        let mut server = Self {
            kind,
            programs: programs.clone(),
            data: data.to_owned(),
            port: free_port()?,
            child: None,
            out: None,
            url: String::new(),
        };
        server.launch()?;
        if kind == Kind::Ours {
            server.url = server.ticket()?;
        }
        Ok(server)
    }

    fn command(&self) -> Command {
        let port = self.port.to_string();
        let node = |script: &str| {
            let mut command = Command::new("node");
            command
                .arg(self.programs.node.join(script))
                .arg(&self.data)
                .arg(&port);
            command
        };
        match self.kind {
            Kind::Ours | Kind::Signed => {
                let mut command = Command::new(self.programs.ours.join("poo-server"));
                command
                    .args(["--listen", &format!("127.0.0.1:{port}"), "--data"])
                    .arg(&self.data)
                    // All clients of this program are one identity.
                    .args(["--connections-per-identity", "20000"])
                    .args(["--frames-per-second", "1000000"]);
                command
            }
            Kind::AutomergeRepo => node("automerge-repo-server.mjs"),
            Kind::Hocuspocus => node("hocuspocus-server.mjs"),
            Kind::Samod => {
                let mut command = Command::new(&self.programs.samod);
                command.arg(&self.data).arg(&port);
                command
            }
        }
    }

    fn launch(&mut self) -> Result<(), Failed> {
        let mut child = self
            .command()
            .env("RUST_LOG", "error")
            .env("NODE_ENV", "production")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(self.data.with_extension("log"))?)
            .spawn()?;
        let mut out = BufReader::new(child.stdout.take().ok_or("no output")?);
        // Each says in its first line where it is.
        let mut line = String::new();
        out.read_line(&mut line)?;
        self.child = Some(child);
        self.out = Some(out);
        let url = line
            .split_whitespace()
            .find(|word| word.starts_with("ws://"));
        let url = url.ok_or_else(|| format!("{} does not start: {line}", self.kind.name()))?;
        if self.url.is_empty() {
            url.clone_into(&mut self.url);
        }
        Ok(())
    }

    /// An address for stock clients of our relay.
    fn ticket(&self) -> Result<String, Failed> {
        let home = self.data.with_extension("home");
        let poo = |args: &[&str]| -> Result<Vec<u8>, Failed> {
            let mut command = Command::new(self.programs.ours.join("poo"));
            let out = command
                .arg("--home")
                .arg(&home)
                .args(args)
                .stdin(Stdio::null())
                .output()?;
            match out.status.success() {
                true => Ok(out.stdout),
                false => Err(String::from_utf8_lossy(&out.stderr)
                    .trim()
                    .to_owned()
                    .into()),
            }
        };
        poo(&["init", "--name", "Bench", "--relay", &self.url])?;
        poo(&["sync"])?;
        let made = poo(&["ticket", "create", "--uses", "10000", "--json"])?;
        let made: serde_json::Value = serde_json::from_slice(&made)?;
        let url = made.get("url").and_then(serde_json::Value::as_str);
        Ok(url.ok_or("the ticket has no url")?.to_owned())
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) fn node(&self) -> &Path {
        &self.programs.node
    }

    /// Memory in use, in bytes.
    pub(crate) fn memory(&self) -> Result<u64, Failed> {
        let id = self.child.as_ref().ok_or("the server does not run")?.id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        let kilobytes: u64 = number.ok_or("no VmRSS")?.parse()?;
        Ok(kilobytes * 1_024)
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) -> Result<(), Failed> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Ends it in order and starts it again on the same data and the same port.
    pub(crate) fn restart(&mut self) -> Result<(), Failed> {
        if let Some(mut child) = self.child.take() {
            let id = child.id().to_string();
            Command::new("kill").args(["-TERM", &id]).status()?;
            let begun = super::now();
            while child.try_wait()?.is_none() {
                if begun.elapsed() > ENDING {
                    child.kill()?;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        self.start_again()
    }

    /// Starts it where it has ended.
    pub(crate) fn start_again(&mut self) -> Result<(), Failed> {
        self.launch()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _killed = child.kill();
            let _ended = child.wait();
        }
    }
}
