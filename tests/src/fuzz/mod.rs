//! Every reader of bytes that come from outside, as functions that must take any bytes: they may
//! refuse them, but neither panic nor take much memory, and what they accept has to hold together.
//!
//! `tests/tests/fuzz.rs` gives them what is kept in `fuzz/corpus` and variations of that, and
//! `make fuzz` whatever libFuzzer comes up with.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a panic is how a fault is told"
)]

mod bytes;
pub mod corpus;
mod mutate;
mod sessions;
mod texts;

pub use mutate::Mutator;

/// A reader to try.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name, and that of its file in the corpus.
    pub name: &'static str,
    /// Takes any bytes.
    pub run: fn(&[u8]),
    /// Some that are as they should be.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: [Target; 12] = [
    Target {
        name: "session",
        run: sessions::session,
        seeds: sessions::session_seeds,
    },
    Target {
        name: "token",
        run: sessions::token,
        seeds: sessions::token_seeds,
    },
    Target {
        name: "change",
        run: bytes::change,
        seeds: bytes::change_seeds,
    },
    Target {
        name: "document",
        run: bytes::document,
        seeds: bytes::document_seeds,
    },
    Target {
        name: "tip",
        run: bytes::tip,
        seeds: bytes::tip_seeds,
    },
    Target {
        name: "statement",
        run: bytes::statement,
        seeds: bytes::statement_seeds,
    },
    Target {
        name: "presence",
        run: bytes::presence,
        seeds: bytes::presence_seeds,
    },
    Target {
        name: "link",
        run: texts::link,
        seeds: texts::link_seeds,
    },
    Target {
        name: "quick_add",
        run: texts::quick_add,
        seeds: texts::quick_add_seeds,
    },
    Target {
        name: "rule",
        run: texts::rule,
        seeds: texts::rule_seeds,
    },
    Target {
        name: "import",
        run: texts::import,
        seeds: texts::import_seeds,
    },
    Target {
        name: "config",
        run: texts::config,
        seeds: texts::config_seeds,
    },
];

/// The target of a name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
