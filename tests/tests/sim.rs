//! The deterministic simulation: a fixed set of seeds, a few fresh ones, and engines that are
//! wrong on purpose. `make sim` runs as many more as asked.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says which seeds it ran"
)]

use poo_tests::sim::{self, Mutant, Report};

/// Seeds that every run repeats, shared out among tests that run at the same time.
const FIXED: u64 = 24;
const PARTS: u64 = 3;
/// Fresh ones beside them.
const FRESH: u64 = 4;
/// Seeds in which each mutant has to be caught.
const CAUGHT_WITHIN: u64 = 12;

fn run(seed: u64) -> Report {
    sim::run(seed, None).unwrap_or_else(|failure| {
        panic!(
            "{}\n{}\nagain: make sim SEED={seed}",
            failure.story, failure.what
        )
    })
}

fn fixed(part: u64) {
    for seed in (0..FIXED).filter(|seed| seed % PARTS == part) {
        run(seed);
    }
}

#[test]
fn the_engine_keeps_what_it_promises_0() {
    fixed(0);
}

#[test]
fn the_engine_keeps_what_it_promises_1() {
    fixed(1);
}

#[test]
fn the_engine_keeps_what_it_promises_2() {
    fixed(2);
}

/// Those that once failed.
#[test]
fn seeds_that_found_something_pass() {
    for seed in [55] {
        run(seed);
    }
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "where the seeds come from is the only thing that differs between runs"
)]
fn fresh_seeds_pass() {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let first = since.map_or(0, |since| since.as_secs());
    for seed in first..first + FRESH {
        println!("fresh: make sim SEED={seed}");
        run(seed);
    }
}

#[test]
fn a_seed_runs_the_same_each_time() {
    for seed in [1, 8] {
        let (one, other) = (run(seed), run(seed));
        assert_eq!(one.trace, other.trace);
        assert!(one.frames > 100 && one.commands > 10, "{one:?}");
    }
}

#[test]
fn engines_that_are_wrong_at_their_edges_are_caught() {
    for (name, mutant) in Mutant::ALL {
        let caught = (0..CAUGHT_WITHIN).find(|seed| sim::run(*seed, Some(mutant)).is_err());
        assert!(caught.is_some(), "{name} is not caught");
    }
}
