//! The table: a row for each measurement, a column for each server, and how many times better
//! ours is than the best of the others.

use std::fmt::Write as _;

use super::server::Kind;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Milliseconds.
    Time,
    /// Changes in a second: more is better.
    Rate,
    Bytes,
    Count,
}

impl Unit {
    /// A value as people read it.
    pub(crate) fn text(self, value: f64) -> String {
        match self {
            Self::Time if value >= 10_000.0 => format!("{:.1} s", value / 1e3),
            Self::Time if value >= 100.0 => format!("{value:.0} ms"),
            Self::Time if value >= 10.0 => format!("{value:.1} ms"),
            Self::Time => format!("{value:.2} ms"),
            Self::Rate => format!("{value:.0}/s"),
            Self::Bytes if value >= 10_485_760.0 => format!("{:.0} MiB", value / 1_048_576.0),
            Self::Bytes if value >= 1_048_576.0 => format!("{:.1} MiB", value / 1_048_576.0),
            Self::Bytes => format!("{:.1} KiB", value / 1_024.0),
            Self::Count => format!("{value:.0}"),
        }
    }

    pub(crate) fn better(self, value: f64, than: f64) -> f64 {
        match self {
            Self::Rate => value / than.max(1e-9),
            _ => than / value.max(1e-9),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) kind: Kind,
    pub(crate) value: f64,
}

#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) unit: Unit,
    pub(crate) cells: Vec<Cell>,
}

impl Line {
    pub(crate) fn of(&self, kind: Kind) -> Option<f64> {
        let cell = self.cells.iter().find(|cell| cell.kind == kind);
        cell.map(|cell| cell.value)
    }
}

/// All measurements.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) lines: Vec<Line>,
    notes: Vec<String>,
}

/// How to read the table.
const ABOUT: &str = "One run of `make bench ARGS=\"--only peers\"`; clients and server share the cores. The clients of the automerge-repo protocol are the same for every server: they keep no document while something is timed, and see from the heads in a message what the server has. In signed sessions the writer is a whole replica and a reader is timed until the frame is there, before it is taken in; two devices of one person write and read. The clients of Hocuspocus are its own, with whole Yjs documents in one Node process, so its times hold their work too. A ratio above 1 says that ours is better than the best of the others.";

/// Where the time goes in what is slowest, as a profile of the relay told.
const BOUNDS: &str = "What bounds ours: one thread takes everything in, and only what is on disk is acknowledged; the other servers sign nothing and acknowledge before anything is on disk. A change alone takes 0.15 ms of fsync, a signature of 0.03 ms, and four wakings of threads on the way. In B' ten documents take turns, so that a commit holds about five changes of as many documents. Each then pays for itself what in B many of one document share: a signature (a seventh of the engine's time), its rows and their indices (a quarter), and its part of the commit with some six pages of the log (a quarter). These three alone, with all else free, would end at about 1.6 times the rate; whoever wants more on two cores has to leave out one of them. In C the engine is a third of the work; the rest is a hundred sockets that are written, read and woken on two cores, on both sides. In signed sessions a change is signed once by its author and checked once by the relay, and each control message is signed besides: 45 µs for each check. In E with token sessions each of the thousand documents is answered, as a new session may know nothing of it: whoever comes back learns that all of theirs is there. automerge-repo remembers what it told a peer while it runs, and is silent about what did not change; signed sessions ask for all that changed at once.";

const PEERS: [Kind; 3] = [Kind::AutomergeRepo, Kind::Samod, Kind::Hocuspocus];

impl Report {
    pub(crate) fn put(&mut self, name: &str, unit: Unit, cell: Cell) {
        match self.lines.iter_mut().find(|line| line.name == name) {
            Some(line) => line.cells.push(cell),
            None => self.lines.push(Line {
                name: name.to_owned(),
                unit,
                cells: vec![cell],
            }),
        }
    }

    /// Notes that something could not be measured.
    pub(crate) fn fail(&mut self, kind: Kind, why: &str) {
        let why = why.lines().next().unwrap_or_default();
        self.notes.push(format!("{}: {why}", kind.name()));
    }

    /// The servers that were measured.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let there = |kind: &Kind| self.lines.iter().any(|line| line.of(*kind).is_some());
        Kind::ALL.into_iter().filter(there).collect()
    }

    /// How many times better the best of ours is than the best of the others.
    fn ratio(line: &Line) -> Option<f64> {
        let best = |kinds: &[Kind]| {
            let values = kinds.iter().filter_map(|kind| line.of(*kind));
            values.reduce(|best, value| match line.unit.better(value, best) > 1.0 {
                true => value,
                false => best,
            })
        };
        let ours = best(&[Kind::Ours]).or(best(&[Kind::Signed]))?;
        let ratio = line.unit.better(ours, best(&PEERS)?);
        // Of nothing nothing is a multiple.
        (line.unit != Unit::Count && ours > 0.0).then_some(ratio)
    }

    /// The table in Markdown.
    pub(crate) fn page(&self) -> String {
        let kinds = self.kinds();
        let mut page = format!("{ABOUT}\n\n{BOUNDS}\n\n| |");
        for kind in &kinds {
            // Writing to memory cannot fail.
            let _written = write!(page, " {} |", kind.name());
        }
        page.push_str(" ours against the best peer |\n|---|");
        for _ in 0..=kinds.len() {
            page.push_str("---:|");
        }
        page.push('\n');
        for line in &self.lines {
            let _written = write!(page, "| {} |", line.name);
            for kind in &kinds {
                let text = line.of(*kind).map(|value| line.unit.text(value));
                let _written = write!(page, " {} |", text.unwrap_or_default());
            }
            let ratio = Self::ratio(line).map(|ratio| match ratio >= 10.0 {
                true => format!("{ratio:.0} x"),
                false => format!("{ratio:.2} x"),
            });
            let _written = writeln!(page, " {} |", ratio.unwrap_or_default());
        }
        for note in &self.notes {
            let _written = write!(page, "\nNot measured: {note}\n");
        }
        page
    }
}
