//! A deterministic simulation: many devices of several people, agents and stock clients around
//! one or two relays, on a network and on disks that fail in every way that a seed draws. The
//! engine in it is the real one: sessions, store and replica of `poo-core`, and the relay's engine
//! as the server runs it. docs/SIMULATION.md says what is promised and how it is checked.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a simulation fails by panicking, and says which seed repeats it"
)]

#[path = "../../../core/tests/common/mod.rs"]
mod common;
mod config;
mod device;
mod disk;
mod faults;
mod heal;
mod lapse;
mod ledger;
mod liar;
mod machine;
mod mutants;
mod network;
mod oracle;
mod reference;
mod relay;
mod set_up;
mod stock;
mod stolen;
mod stubborn;
pub mod table;
mod trace;
#[path = "../../../core/tests/workload/mod.rs"]
mod workload;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use mutants::Mutant;

/// How a run ended well.
#[derive(Debug, Clone)]
pub struct Report {
    /// Over everything that happened, in its order.
    pub trace: String,
    /// What was drawn.
    pub config: String,
    /// Frames that arrived somewhere.
    pub frames: u64,
    /// Commands that were carried out.
    pub commands: u64,
    /// Faults that struck, by kind.
    pub faults: std::collections::BTreeMap<&'static str, u64>,
    /// Changes in the end, all documents together.
    pub changes: u64,
    /// Rounds of syncs until all had the same.
    pub rounds: u32,
}

/// How a run failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What does not hold.
    pub what: String,
    /// What was drawn, and what happened last.
    pub story: String,
}

/// Runs a seed.
///
/// # Errors
/// [`Failure`] if the engine does not keep what it promises.
pub fn run(seed: u64, mutant: Option<Mutant>) -> Result<Report, Box<Failure>> {
    let trace = trace::Trace::default();
    let (heard, _listens) = trace::listen();
    let _wrong = mutants::Wrong::begin(mutant);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut world = world::World::new(seed, mutant, trace.clone(), heard.clone());
        world.set_up();
        world.lapse();
        world.live();
        let rounds = world.heal();
        world.judge();
        world.insist();
        let loud = heard.errors();
        assert!(loud.is_empty(), "the engine reported: {}", loud.join("; "));
        world.report(rounds)
    }));
    result.map_err(|panic| {
        let what = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Box::new(Failure {
            what: what.unwrap_or_else(|| "a panic without words".to_owned()),
            story: trace.story(),
        })
    })
}
