//! What was measured, as one table.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// One line of the table.
struct Row {
    what: String,
    median: String,
    p95: String,
    note: String,
}

/// The table in the making.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

/// Times of one thing done several times, sorted.
#[derive(Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn push(&mut self, time: Duration) {
        self.0.push(time);
        self.0.sort_unstable();
    }

    /// Does something `count` times.
    pub(crate) fn of<E>(
        count: usize,
        mut work: impl FnMut(usize) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut times = Self::default();
        for index in 0..count {
            let start = Instant::now();
            work(index)?;
            times.push(start.elapsed());
        }
        Ok(times)
    }

    /// Many at once.
    pub(crate) fn from_all(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        Self(all)
    }

    fn at(&self, share: f64) -> Duration {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a place in a short row of samples"
        )]
        let index = ((self.0.len().saturating_sub(1)) as f64 * share).round() as usize;
        self.0.get(index).copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> Duration {
        self.at(0.5)
    }
}

impl Table {
    /// A heading.
    pub(crate) fn part(&mut self, title: &str) {
        eprintln!("{title}");
        self.rows.push(Row {
            what: format!("**{title}**"),
            median: String::new(),
            p95: String::new(),
            note: String::new(),
        });
    }

    /// Something timed.
    pub(crate) fn times(&mut self, what: &str, times: &Times, note: impl Into<String>) {
        let p95 = if times.0.len() > 4 {
            text(times.at(0.95))
        } else {
            String::new()
        };
        self.push(what, text(times.median()), p95, note.into());
    }

    /// Something timed often, with its slowest hundredth.
    pub(crate) fn tail(&mut self, what: &str, times: &Times) {
        let note = format!("p99 {}; {} times", text(times.at(0.99)), times.0.len());
        self.times(what, times, note);
    }

    /// Something timed once.
    pub(crate) fn once(&mut self, what: &str, time: Duration, note: impl Into<String>) {
        self.push(what, text(time), String::new(), note.into());
    }

    /// Something counted.
    pub(crate) fn value(&mut self, what: &str, value: impl Into<String>, note: impl Into<String>) {
        self.push(what, value.into(), String::new(), note.into());
    }

    fn push(&mut self, what: &str, median: String, p95: String, note: String) {
        eprintln!("  {what}: {median} {p95} {note}");
        self.rows.push(Row {
            what: what.to_owned(),
            median,
            p95,
            note,
        });
    }

    /// The table in Markdown.
    pub(crate) fn markdown(&self) -> String {
        let head = ["", "median", "p95", ""];
        let lines: Vec<[&str; 4]> = core::iter::once(head)
            .chain(
                self.rows
                    .iter()
                    .map(|row| [&*row.what, &*row.median, &*row.p95, &*row.note]),
            )
            .collect();
        let width = |column: usize| {
            let cells = lines.iter().filter_map(|line| line.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..4).map(width).collect();
        let mut out = String::new();
        for (index, line) in lines.iter().enumerate() {
            for (cell, width) in line.iter().zip(&widths) {
                let fill = width - cell.chars().count();
                // Writing to memory cannot fail.
                let _written = write!(out, "| {cell}{} ", " ".repeat(fill));
            }
            out.push_str("|\n");
            if index == 0 {
                for width in &widths {
                    let _written = write!(out, "|{}", "-".repeat(width + 2));
                }
                out.push_str("|\n");
            }
        }
        out
    }
}

fn text(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms >= 1e4 {
        format!("{:.1} s", ms / 1e3)
    } else if ms >= 100.0 {
        format!("{ms:.0} ms")
    } else if ms >= 1.0 {
        format!("{ms:.1} ms")
    } else {
        format!("{:.0} µs", ms * 1e3)
    }
}

/// Bytes as people read them.
pub(crate) fn bytes(count: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "for reading")]
    let count = count as f64;
    if count >= 1e6 {
        format!("{:.1} MB", count / 1e6)
    } else {
        format!("{:.1} kB", count / 1e3)
    }
}
