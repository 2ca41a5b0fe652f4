//! `make bench ARGS="--only peers"`: our relay beside other sync servers, on the same work, in one
//! run. The peers are installed below the target folder, and nothing of them is shipped.

mod client;
mod growth;
mod loads;
mod plot;
mod pump;
mod report;
mod server;
mod signed;
mod yjs;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use report::{Cell, Report, Unit};
use server::{Kind, Programs, Server};

use crate::processes::GIVEN_BACK;

/// What a client on any thread fails with.
pub(crate) type Failed = Box<dyn std::error::Error + Send + Sync>;

/// A measurement that has not ended by then is ended: ours take a tenth of it.
const MEASUREMENT_MAX: Duration = Duration::from_secs(300);

pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Times of one thing done again and again.
#[derive(Debug, Default)]
pub(crate) struct Latency(Vec<Duration>);

impl Latency {
    pub(crate) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The time within which so many of a hundred were done.
    pub(crate) fn at(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let index = sorted.len().saturating_sub(1) * percent / 100;
        sorted.get(index).copied().unwrap_or_default()
    }
}

/// Waits until every task is done, and says how long that took.
pub(crate) async fn all_done(
    mut tasks: JoinSet<Result<(), Failed>>,
    start: Instant,
) -> Result<Duration, Failed> {
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(start.elapsed())
}

/// How many of something that is a second.
#[allow(clippy::cast_precision_loss, reason = "small counts")]
pub(crate) fn a_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

/// What coming back cost.
#[derive(Debug)]
pub(crate) struct Reconnect {
    pub(crate) time: Duration,
    /// Bytes to the server.
    pub(crate) sent: u64,
    /// Bytes from it.
    pub(crate) received: u64,
    /// The server's memory afterwards.
    pub(crate) memory: u64,
}

/// How much work there is: fewer of everything for a quick look.
#[derive(Debug, Clone, Copy)]
struct Size {
    repeats: usize,
    changes: usize,
    readers: usize,
    connections: usize,
    documents: u64,
}

const WHOLE: Size = Size {
    repeats: 300,
    changes: 1_000,
    readers: 100,
    connections: 1_000,
    documents: 1_000,
};

const QUICK: Size = Size {
    repeats: 20,
    changes: 50,
    readers: 10,
    connections: 50,
    documents: 50,
};

/// What is measured, and what for.
pub(crate) struct Order<'a> {
    /// The folder of this program and of ours that it starts.
    pub(crate) programs: &'a Path,
    /// Where the peers are installed.
    pub(crate) folder: &'a Path,
    /// For data that is thrown away.
    pub(crate) scratch: &'a Path,
    /// A quick look: less of everything.
    pub(crate) quick: bool,
    /// Only servers whose names hold this.
    pub(crate) server: Option<&'a str>,
    /// Only workloads whose letters are in this.
    pub(crate) loads: Option<&'a str>,
}

impl Order<'_> {
    fn wants(&self, kind: Kind) -> bool {
        self.server.is_none_or(|only| kind.name().contains(only))
    }

    fn has(&self, load: char) -> bool {
        self.loads.is_none_or(|loads| loads.contains(load))
    }
}

/// Installs the peers where they are not there yet.
fn install(order: &Order<'_>) -> Result<Programs, Failed> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let node = order.folder.join("node");
    std::fs::create_dir_all(&node)?;
    for entry in std::fs::read_dir(sources.join("node"))? {
        let entry = entry?;
        std::fs::copy(entry.path(), node.join(entry.file_name()))?;
    }
    let wanted = std::fs::read_to_string(node.join("package.json"))?;
    let mark = node.join("installed");
    let in_node = order.wants(Kind::AutomergeRepo) || order.wants(Kind::Hocuspocus);
    if in_node && std::fs::read_to_string(&mark).ok().as_ref() != Some(&wanted) {
        run(Command::new("npm")
            .args(["install", "--no-audit", "--no-fund"])
            .current_dir(&node))?;
        std::fs::write(&mark, wanted)?;
    }
    let target = order.folder.join("samod");
    if order.wants(Kind::Samod) {
        run(Command::new("cargo")
            .args(["build", "--release", "--locked", "--manifest-path"])
            .arg(sources.join("samod/Cargo.toml"))
            .env("CARGO_TARGET_DIR", &target))?;
    }
    Ok(Programs {
        ours: order.programs.to_owned(),
        node,
        samod: target.join("release/samod-server"),
    })
}

/// Which versions of the peers were measured.
fn versions(programs: &Programs) -> Result<String, Failed> {
    let text = std::fs::read_to_string(programs.node.join("package.json"))?;
    let package: serde_json::Value = serde_json::from_str(&text)?;
    let of = |name: &str| {
        let dependencies = package.get("dependencies");
        let version = dependencies.and_then(|all| all.get(name)?.as_str());
        version.unwrap_or("?").to_owned()
    };
    let samod = include_str!("../../../../peers/samod/Cargo.toml");
    let samod = samod
        .lines()
        .find_map(|line| line.strip_prefix("samod = { version = \"="));
    let samod = samod.and_then(|rest| rest.split('"').next()).unwrap_or("?");
    let node = Command::new("node").arg("--version").output()?.stdout;
    Ok(format!(
        "automerge-repo {} on nodefs, samod {samod} on its file system storage, Hocuspocus {} with SQLite and Yjs {}; Node {}",
        of("@automerge/automerge-repo"),
        of("@hocuspocus/server"),
        of("yjs"),
        String::from_utf8_lossy(&node).trim()
    ))
}

fn run(command: &mut Command) -> Result<(), Failed> {
    match command.status()?.success() {
        true => Ok(()),
        false => Err(format!("failed: {command:?}").into()),
    }
}

/// Measures all servers and gives the page about it and the plot.
pub(crate) fn measure(order: &Order<'_>) -> Result<(String, String), Failed> {
    let programs = install(order)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let mut report = Report::default();
    for kind in Kind::ALL {
        let name = kind.name();
        if !order.wants(kind) {
            continue;
        }
        eprintln!("{name}");
        let bench = Bench {
            order,
            programs: &programs,
            runtime: &runtime,
            kind,
            size: if order.quick { QUICK } else { WHOLE },
        };
        bench.all(&mut report)?;
    }
    let page = format!("{}\n\n{}", versions(&programs)?, report.page());
    Ok((page, plot::draw(&report)))
}

/// One server that is measured.
struct Bench<'a> {
    order: &'a Order<'a>,
    programs: &'a Programs,
    runtime: &'a tokio::runtime::Runtime,
    kind: Kind,
    size: Size,
}

impl Bench<'_> {
    fn data(&self, load: &str) -> PathBuf {
        let folder = format!("{:?}-{load}", self.kind);
        self.order.scratch.join(folder)
    }

    /// A server on an empty folder.
    fn server(&self, load: &str) -> Result<Server, Failed> {
        Server::start(self.kind, self.programs, &self.data(load))
    }

    /// Runs one measurement, as long as it may take.
    fn run<T>(&self, work: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
        let limited = async { tokio::time::timeout(MEASUREMENT_MAX, work).await };
        let late = |_| format!("not done after {} s", MEASUREMENT_MAX.as_secs());
        self.runtime.block_on(limited).map_err(late)?
    }

    /// Measures, or notes why it could not be.
    fn cell(
        &self,
        report: &mut Report,
        rows: &[(&str, Unit)],
        work: impl FnOnce() -> Result<Vec<f64>, Failed>,
    ) {
        let values = match work() {
            Ok(values) => values,
            Err(error) => {
                let failed = format!("{}: {error}", rows.first().map_or("", |row| row.0));
                eprintln!("  {failed}");
                report.fail(self.kind, &failed);
                return;
            }
        };
        for ((name, unit), value) in rows.iter().zip(values) {
            let cell = Cell {
                kind: self.kind,
                value,
            };
            eprintln!("  {name}: {}", unit.text(value));
            report.put(name, *unit, cell);
        }
    }

    fn all(&self, report: &mut Report) -> Result<(), Failed> {
        if self.kind == Kind::Ours
            && let Err(error) = self.server("try")
        {
            eprintln!("  not measured: {error}");
            report.fail(self.kind, &error.to_string());
            return Ok(());
        }
        let size = self.size;
        if self.order.has('A') {
            for (items, rows) in [(1_000, A), (10_000, A_LARGE)] {
                self.cell(report, &rows, || self.one_change(items));
            }
        }
        if self.order.has('B') {
            self.cell(report, &[B], || self.many_changes(false));
            if self.kind != Kind::Hocuspocus {
                self.cell(report, &[B_PACED], || self.many_changes(true));
            }
        }
        if self.order.has('C') {
            self.cell(report, &C, || {
                let server = self.server("c")?;
                let (count, repeats) = (size.readers, size.repeats.min(100));
                let times = match self.kind {
                    Kind::Signed => self.run(signed::many_readers(&server, count, repeats))?,
                    Kind::Hocuspocus => yjs::many_readers(&server, count, repeats)?,
                    _ => self.run(loads::many_readers(&server, count, repeats))?,
                };
                Ok(vec![ms(times.at(50)), ms(times.at(95))])
            });
        }
        if self.order.has('D') {
            self.cell(report, &D, || {
                let server = self.server("d")?;
                let count = size.connections;
                let [before, during] = match self.kind {
                    Kind::Signed => self.run(signed::idle(&server, count))?,
                    Kind::Hocuspocus => yjs::idle(&server, count)?,
                    _ => self.run(loads::idle(&server, count))?,
                };
                // All have left.
                std::thread::sleep(GIVEN_BACK);
                let of_each = |bytes: u64| whole(bytes.saturating_sub(before) / count as u64);
                Ok(vec![of_each(during), of_each(server.memory()?)])
            });
        }
        if self.order.has('E') {
            self.cell(report, &E, || self.reconnect());
        }
        if self.order.has('F') && self.kind != Kind::Signed {
            self.cell(report, &F, || self.large());
        }
        if self.order.has('G') {
            self.cell(report, &[G], || {
                let (data, changes) = (self.data("g"), 200);
                let lost = match self.kind {
                    Kind::Signed => self.run(signed::killed(self.programs, &data, changes))?,
                    Kind::Hocuspocus => yjs::killed(self.programs, &data, changes)?,
                    kind => self.run(loads::killed(kind, self.programs, &data, changes))?,
                };
                Ok(vec![whole(lost as u64)])
            });
        }
        if self.order.has('W') {
            self.growth(report);
        }
        Ok(())
    }

    fn one_change(&self, items: usize) -> Result<Vec<f64>, Failed> {
        let server = self.server(&format!("a-{items}"))?;
        let repeats = self.size.repeats;
        let times = match self.kind {
            Kind::Signed => {
                let both = signed::one_change(&server, items, repeats);
                let (arrived, applied) = self.run(both)?;
                eprintln!("  (and applied: {:?})", applied.at(50));
                arrived
            }
            Kind::Hocuspocus => yjs::one_change(&server, items, repeats)?,
            _ => self.run(loads::one_change(&server, (items, 20), repeats))?,
        };
        Ok(vec![ms(times.at(50)), ms(times.at(99))])
    }

    fn many_changes(&self, paced: bool) -> Result<Vec<f64>, Failed> {
        let server = self.server(if paced { "b-paced" } else { "b" })?;
        let changes = self.size.changes;
        let rate = match self.kind {
            Kind::Signed => self.run(signed::many_changes(&server, 10, changes, paced))?,
            Kind::Hocuspocus => yjs::many_changes(&server, 10, changes)?,
            _ => self.run(loads::many_changes(&server, 10, changes, paced))?,
        };
        Ok(vec![rate])
    }

    fn reconnect(&self) -> Result<Vec<f64>, Failed> {
        let mut server = self.server("e")?;
        let documents = self.size.documents;
        let (first, second) = match self.kind {
            Kind::Signed => self.run(signed::reconnect(&mut server, documents, 10))?,
            Kind::Hocuspocus => yjs::reconnect(&mut server, documents, 10)?,
            _ => self.run(loads::reconnect(&mut server, documents, 10))?,
        };
        let mut values = Vec::new();
        for back in [first, second] {
            values.extend([ms(back.time), whole(back.sent), whole(back.received)]);
            values.push(whole(back.memory));
        }
        Ok(values)
    }

    fn large(&self) -> Result<Vec<f64>, Failed> {
        let mut server = self.server("f")?;
        let (items, changes) = if self.order.quick {
            (500, 2_500)
        } else {
            (10_000, 50_000)
        };
        let (time, memory) = match self.kind {
            Kind::Hocuspocus => yjs::large(&mut server, items, changes)?,
            _ => self.run(loads::large(&mut server, items, changes))?,
        };
        Ok(vec![ms(time), whole(memory)])
    }
}

type Row = (&'static str, Unit);

const A: [Row; 2] = [
    (
        "A. one change of a 1,000-item document at another client, p50",
        Unit::Time,
    ),
    ("A. the same, p99", Unit::Time),
];
const A_LARGE: [Row; 2] = [
    ("A. one change of a 10,000-item document, p50", Unit::Time),
    ("A. the same with 10,000 items, p99", Unit::Time),
];
const B: Row = ("B. 10 documents x 1,000 changes, pipelined", Unit::Rate);
const B_PACED: Row = (
    "B'. the same, each after the last was acknowledged",
    Unit::Rate,
);
const C: [Row; 2] = [
    ("C. one change at the last of 100 readers, p50", Unit::Time),
    ("C. the same, p95", Unit::Time),
];
const D: [Row; 2] = [
    ("D. memory of an idle connection", Unit::Bytes),
    (
        "D. what is kept of it half a minute after all have left",
        Unit::Bytes,
    ),
];
const E: [Row; 8] = [
    (
        "E. coming back to 1,000 documents of which 10 changed",
        Unit::Time,
    ),
    ("E. bytes to the server", Unit::Bytes),
    ("E. bytes from the server", Unit::Bytes),
    ("E. the server's memory", Unit::Bytes),
    ("E'. the same after the server started again", Unit::Time),
    ("E'. bytes to the server", Unit::Bytes),
    ("E'. bytes from the server", Unit::Bytes),
    ("E'. the server's memory", Unit::Bytes),
];
const F: [Row; 2] = [
    (
        "F. a document of 10,000 items and 50,000 changes after a restart",
        Unit::Time,
    ),
    ("F. the server's memory", Unit::Bytes),
];
const G: Row = (
    "G. of 200 acknowledged changes lost by kill -9",
    Unit::Count,
);

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[allow(clippy::cast_precision_loss, reason = "for reading")]
fn whole(count: u64) -> f64 {
    count as f64
}
