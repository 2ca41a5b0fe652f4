//! Measurements of whole processes: the command line, and the relay over loopback.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use poo_core::identity::Did;
use poo_core::model::{Answer, Query};
use poo_core::net::{self, Options};
use poo_core::replica::{Keyring, Replica};

use crate::engine::page;
use crate::fixture::{Fixture, Moment, Outcomes, Part, new_device, open};
use crate::table::{Table, Times, bytes};

const REPEATS: usize = 21;
const IDLE: usize = 1_000;
/// How long after connections have left it is seen what is kept of them: by then the relay has
/// given back what is free.
pub(crate) const GIVEN_BACK: Duration = Duration::from_secs(35);

struct Poo {
    program: PathBuf,
    home: PathBuf,
}

impl Poo {
    fn run(&self, args: &[&str]) -> Outcomes<()> {
        let out = Command::new(&self.program)
            .arg("--home")
            .arg(&self.home)
            .args(args)
            .stdin(Stdio::null())
            .output()?;
        if !out.status.success() {
            return Err(format!("poo {args:?}: {}", String::from_utf8_lossy(&out.stderr)).into());
        }
        Ok(())
    }
}

/// Where the programs are that are measured: beside this one.
fn program(name: &str) -> Outcomes<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(name))
}

pub(crate) fn command_line(table: &mut Table, fixture: &Fixture, scratch: &Path) -> Outcomes<()> {
    table.part("The command line, each a whole process");
    let moment = Moment::new(3);
    let home = fixture.copy(Part::Owner, scratch)?;
    let replica = open(&home, Part::Owner)?;
    let tasks = match replica.query(&page(fixture, 5_000), moment.now())? {
        Answer::Tasks(page) => page.items,
        other => return Err(format!("{other:?}").into()),
    };
    drop(replica);
    let poo = Poo {
        program: program("poo")?,
        home,
    };
    // The first command finds that the home is a copy, and settles that.
    poo.run(&["task", "create", "Settled in", "--list", "Bench"])?;
    let at = |index: usize| {
        let task = tasks.get(index * 41 % tasks.len()).ok_or("no task");
        task.map(|task| task.short_id.clone())
    };
    let mut time = |name: &str, args: &dyn Fn(usize) -> Outcomes<Vec<String>>| {
        let times = Times::of(REPEATS, |index| {
            let args = args(index)?;
            poo.run(&args.iter().map(String::as_str).collect::<Vec<_>>())
        })?;
        table.times(name, &times, "");
        Ok::<_, Box<dyn std::error::Error>>(())
    };
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    time("poo --version", &|_| Ok(words("--version")))?;
    time("poo whoami", &|_| Ok(words("whoami")))?;
    time("poo list ls", &|_| Ok(words("list ls")))?;
    time("poo task list --list Bench --limit 50", &|_| {
        Ok(words("task list --list Bench --limit 50"))
    })?;
    time("poo task show", &|index| {
        Ok(words(&format!("task show {} --list Bench", at(index)?)))
    })?;
    time("poo search, a word in every title", &|_| {
        Ok(words("search long --list Bench"))
    })?;
    time("poo task create", &|index| {
        Ok(words(&format!("task create Number-{index} --list Bench")))
    })?;
    time("poo task complete", &|index| {
        Ok(words(&format!("task complete {} --list Bench", at(index)?)))
    })?;
    time("poo task edit --notes", &|index| {
        Ok(words(&format!(
            "task edit {} --list Bench --notes Rewritten-{index}",
            at(index)?
        )))
    })?;
    Ok(())
}

/// A relay of its own, ended when it is dropped.
pub(crate) struct Relay {
    child: Child,
    /// What it prints; it would end if nobody held the other end.
    _out: BufReader<ChildStdout>,
    url: String,
}

impl Relay {
    pub(crate) fn start(data: &Path, more: &[&str]) -> Outcomes<Self> {
        let mut child = Command::new(program("poo-server")?)
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(more)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        let mut out = BufReader::new(out);
        out.read_line(&mut line)?;
        let url = line.split_whitespace().last().ok_or("no address")?;
        Ok(Self {
            child,
            _out: out,
            url: url.to_owned(),
        })
    }

    /// The address for clients.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How long its threads have worked.
    pub(crate) fn cpu(&self) -> Outcomes<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // Behind the name, which may hold anything: user and system time are the 12th and 13th.
        let (_, rest) = stat.rsplit_once(')').ok_or("no stat")?;
        let ticks = rest.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(|text| text.parse::<u64>().unwrap_or(0)).sum();
        // Linux tells programs of a hundred ticks a second, whatever it counts by itself.
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Memory in use, in bytes.
    pub(crate) fn memory(&self) -> Outcomes<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .ok_or("no VmRSS")?;
        let kilobytes: u64 = line.split_whitespace().next().ok_or("no number")?.parse()?;
        Ok(kilobytes * 1_024)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

pub(crate) fn relay(table: &mut Table, fixture: &Fixture, scratch: &Path) -> Outcomes<()> {
    table.part("A relay process over loopback");
    let mut moment = Moment::new(4);
    let data = fixture.copy(Part::Relay, scratch)?;
    let mut owner = open(&fixture.copy(Part::Owner, scratch)?, Part::Owner)?;
    let did = owner.relay_did()?.ok_or("no relay")?;
    let server = Relay::start(&data, &[])?;
    owner.set_relay(&server.url, Some(did))?;
    table.value(
        "memory of the relay, just started",
        bytes(server.memory()?),
        "",
    );

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let options = Options::default();
    runtime.block_on(net::sync(&mut owner, &options))?;
    let mut empty = new_device(&owner, &scratch.join("empty.db"), &mut moment)?;
    let start = Instant::now();
    let report = runtime.block_on(net::sync(&mut empty, &options))?;
    table.once(
        "first sync to an empty peer",
        start.elapsed(),
        format!("{} changes", report.received),
    );
    check(&empty, fixture, &moment)?;
    table.value(
        "memory of the relay after it",
        bytes(server.memory()?),
        "the list was sent once",
    );
    let times = Times::of(REPEATS, |_| {
        runtime.block_on(net::sync(&mut empty, &options)).map(drop)
    })?;
    table.times("connect and sync when nothing changed", &times, "");
    let mut times = Times::default();
    for _ in 0..REPEATS {
        for index in 0..10 {
            crate::engine::create(&mut owner, fixture, index, &mut moment)?;
        }
        runtime.block_on(net::sync(&mut owner, &options))?;
        let start = Instant::now();
        runtime.block_on(net::sync(&mut empty, &options))?;
        times.push(start.elapsed());
    }
    table.times("connect and sync 10 changes", &times, "");
    drop(empty);
    drop(owner);
    idle(table, &server, did, &runtime, &mut moment)
}

fn check(replica: &Replica, fixture: &Fixture, moment: &Moment) -> Outcomes<()> {
    let list = fixture.list;
    match replica.query(&Query::List { list }, moment.now())? {
        Answer::List(list) if list.total > 0 => Ok(()),
        other => Err(format!("the list did not arrive: {other:?}").into()),
    }
}

/// Connections of people who have nothing to say.
fn idle(
    table: &mut Table,
    server: &Relay,
    did: Did,
    runtime: &tokio::runtime::Runtime,
    moment: &mut Moment,
) -> Outcomes<()> {
    let mut people = Vec::new();
    for index in 0..IDLE {
        let keys = Keyring::generate(&mut moment.env());
        let mut replica = Replica::in_memory(keys)?;
        replica.found(&format!("Idle {index}"), &mut moment.env())?;
        replica.set_relay(&server.url, Some(did))?;
        people.push(replica);
    }
    // Their own, empty documents are there before the connections are counted.
    let options = Options::default();
    for replica in &mut people {
        runtime.block_on(net::sync(replica, &options))?;
    }
    let before = server.memory()?;
    let tasks = tokio::task::LocalSet::new();
    for mut replica in people {
        let options = options.clone();
        tasks.spawn_local(async move {
            let forever = core::future::pending::<()>();
            let watched = net::watch(&mut replica, &options, |_| {}, forever);
            if let Err(error) = watched.await {
                eprintln!("an idle connection ended: {error}");
            }
        });
    }
    runtime.block_on(tasks.run_until(async {
        tokio::time::sleep(Duration::from_secs(3)).await;
    }));
    let after = server.memory()?;
    table.value(
        &format!("memory with {IDLE} idle connections"),
        bytes(after),
        format!("{} each", bytes(after.saturating_sub(before) / IDLE as u64)),
    );
    drop(tasks);
    runtime.block_on(async { tokio::time::sleep(GIVEN_BACK).await });
    let left = server.memory()?;
    table.value(
        "memory half a minute after they left",
        bytes(left),
        format!("{} before they came", bytes(before)),
    );
    Ok(())
}
