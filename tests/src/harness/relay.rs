//! A relay process.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::{PATIENCE, Programs, Run, now, running};

/// Any port of loopback that is free.
pub const ANY_PORT: &str = "127.0.0.1:0";

/// A relay on a port of loopback. It is killed when this is dropped.
#[derive(Debug)]
pub struct Relay {
    programs: Programs,
    data: PathBuf,
    /// The process, while it runs.
    child: Option<Child>,
    url: String,
    did: String,
    starts: u32,
    logs: TempDir,
    more: Vec<String>,
    /// What is logged.
    filter: String,
}

impl Relay {
    /// Starts one on a data folder and a free port.
    #[must_use]
    pub fn start(programs: Programs, data: &Path) -> Self {
        Self::try_start(programs, data, ANY_PORT)
            .unwrap_or_else(|run| panic!("the relay does not start: {run:?}"))
    }

    /// Tries to start one at an address; gives what it said where it ends instead.
    ///
    /// # Errors
    /// What the program said before it ended.
    pub fn try_start(programs: Programs, data: &Path, listen: &str) -> Result<Self, Run> {
        Self::try_start_with(programs, data, listen, &[])
    }

    /// The same, with what it logs told as RUST_LOG tells it.
    ///
    /// # Errors
    /// What the program said before it ended.
    pub fn start_logging(
        programs: Programs,
        data: &Path,
        listen: &str,
        logs: &str,
    ) -> Result<Self, Run> {
        Self::start_as(programs, data, listen, &[], logs)
    }

    /// The same with further settings.
    ///
    /// # Errors
    /// What the program said before it ended.
    pub fn try_start_with(
        programs: Programs,
        data: &Path,
        listen: &str,
        more: &[&str],
    ) -> Result<Self, Run> {
        Self::start_as(programs, data, listen, more, "info")
    }

    fn start_as(
        programs: Programs,
        data: &Path,
        listen: &str,
        more: &[&str],
        logs: &str,
    ) -> Result<Self, Run> {
        let mut relay = Self {
            more: more.iter().map(|&it| it.to_owned()).collect(),
            programs,
            data: data.to_owned(),
            child: None,
            url: String::new(),
            did: String::new(),
            starts: 0,
            logs: tempfile::tempdir().unwrap(),
            filter: logs.to_owned(),
        };
        relay.launch(listen).map(|()| relay)
    }

    fn log(&self) -> PathBuf {
        self.logs.path().join(format!("{}.log", self.starts))
    }

    fn launch(&mut self, listen: &str) -> Result<(), Run> {
        self.starts += 1;
        let log = self.log();
        let mut child = Command::new(self.programs.server)
            .args(["--listen", listen, "--data"])
            .arg(&self.data)
            .args(&self.more)
            .env_clear()
            .env("NO_COLOR", "1")
            .env("RUST_LOG", &self.filter)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = String::new();
        while let Some(Ok(line)) = lines.next() {
            said.push_str(&line);
            said.push('\n');
            if let Some((_, url)) = line.split_once("relay at ") {
                url.trim().clone_into(&mut self.url);
            }
            if let Some((_, did)) = line.split_once("it is ") {
                did.trim().clone_into(&mut self.did);
                // What follows fits into the pipe; it must not break, though.
                std::thread::spawn(move || lines.for_each(drop));
                self.child = Some(child);
                return Ok(());
            }
        }
        let code = child.wait().unwrap().code().unwrap_or(-1);
        Err(Run {
            code,
            out: said,
            err: std::fs::read_to_string(log).unwrap(),
        })
    }

    /// The address for clients.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `host:port`.
    #[must_use]
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("ws://")
    }

    /// Who it is.
    #[must_use]
    pub fn did(&self) -> &str {
        &self.did
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data.join("relay.db")
    }

    /// What it logged since its last start.
    #[must_use]
    pub fn logged(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap()
    }

    /// The memory of its process that is in use, in bytes, where the system tells it.
    #[must_use]
    pub fn memory(&self) -> Option<u64> {
        running::memory(self.child.as_ref().unwrap().id())
    }

    /// Ends it at once, as a power cut would (SIGKILL).
    pub fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Ends it in order (SIGTERM). It must end well, and in time.
    pub fn terminate(&mut self) {
        let mut child = self.child.take().unwrap();
        running::signal(child.id(), "TERM");
        let begun = now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > PATIENCE {
                let _killed = child.kill();
                panic!("the relay does not end: {}", self.logged());
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        };
        assert!(status.success(), "{status}: {}", self.logged());
    }

    /// Starts it again on the same data and the same port.
    pub fn restart(&mut self) {
        assert!(self.child.is_none(), "it still runs");
        let begun = now();
        let listen = self.address().to_owned();
        // The port may be in somebody's hands for a moment.
        while let Err(run) = self.launch(&listen) {
            assert!(
                begun.elapsed() < PATIENCE && run.err.contains("cannot listen"),
                "the relay does not start again: {run:?}"
            );
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _killed = child.kill();
            let _waited = child.wait();
        }
    }
}
