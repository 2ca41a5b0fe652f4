//! The deterministic simulation: a fixed set of seeds, fresh ones for each version of the engine, and
//! engines that are wrong on purpose. `make sim` runs as many others as asked.

#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and stops by the clock"
)]

use std::fs;
use std::time::{Duration, Instant};

use poo_tests::repository;
use poo_tests::sim::{self, Mutant, Report, table};
use sha2::{Digest as _, Sha256};

/// Seeds that every run repeats, shared out among tests that run at the same time.
const FIXED: u64 = 24;
const PARTS: u64 = 3;
/// How long fresh seeds are run for, in seconds, where POO_SIM_SECONDS says nothing else.
const FRESH_SECONDS: u64 = 45;
/// What decides which fresh seeds are drawn.
const ENGINE: [&str; 3] = ["core/src/", "sync-server/src/", "tests/src/"];
/// So many more seeds than the one that the page names may it take to catch a mutant.
const CAUGHT_WITHIN: u64 = 12;

fn run(seed: u64) -> Report {
    sim::run(seed, None).unwrap_or_else(|failure| {
        panic!(
            "{}\nseed {seed}: {}\nagain: make sim SEED={seed}",
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

/// Where the fresh seeds of this version of the engine begin. Any change to it draws others; one
/// version is always asked the same, so that what a run says of it stays true.
fn first_of_this_version() -> u64 {
    let mut hasher = Sha256::new();
    let files = repository::files().unwrap();
    for file in files
        .iter()
        .filter(|file| ENGINE.iter().any(|it| file.starts_with(it)))
    {
        hasher.update(file);
        hasher.update(fs::read(repository::root().join(file)).unwrap());
    }
    let hash: [u8; 32] = hasher.finalize().into();
    let number = u32::from_be_bytes(*hash.first_chunk().unwrap());
    (1 << 40) + u64::from(number) * 1_000
}

/// Seeds that nobody has run before, each from its own half of those there are, until the time is
/// over. One that fails says which it was.
fn fresh(half: u64) {
    let seconds = match std::env::var("POO_SIM_SECONDS") {
        Ok(seconds) => (seconds.parse::<u64>()).unwrap_or_else(|_| {
            panic!("POO_SIM_SECONDS is a number of seconds, and not `{seconds}`")
        }),
        Err(_) => FRESH_SECONDS,
    };
    let budget = Duration::from_secs(seconds);
    let first = first_of_this_version();
    let begin = Instant::now();
    let mut ran = 0;
    for seed in (first..).filter(|seed| seed % 2 == half) {
        if begin.elapsed() >= budget {
            break;
        }
        run(seed);
        ran += 1;
    }
    println!("{ran} fresh seeds from {first} on hold");
}

#[test]
fn fresh_seeds_hold_too_0() {
    fresh(0);
}

#[test]
fn fresh_seeds_hold_too_1() {
    fresh(1);
}

#[test]
fn a_seed_runs_the_same_each_time() {
    for seed in [1, 3] {
        let (one, other) = (run(seed), run(seed));
        assert_eq!(one.trace, other.trace);
        assert!(one.frames > 100 && one.commands > 10, "{one:?}");
    }
}

/// The page names the seed that catches each; the engine may have changed since.
fn caught(part: usize) {
    let page = repository::root().join("docs/SIMULATION.md");
    let page = std::fs::read_to_string(page).unwrap();
    let named = Mutant::ALL.into_iter().filter_map(|(name, _, mutant)| {
        let seed = table::seed_of(&page, name)?;
        Some((name, mutant, seed))
    });
    for (name, mutant, seed) in named.skip(part).step_by(2) {
        let mut seeds = std::iter::once(seed).chain(0..CAUGHT_WITHIN);
        assert!(
            seeds.any(|seed| sim::run(seed, Some(mutant)).is_err()),
            "{name} is not caught: make sim-mutants looks further and corrects the page"
        );
    }
}

#[test]
fn engines_that_are_wrong_are_caught_0() {
    caught(0);
}

#[test]
fn engines_that_are_wrong_are_caught_1() {
    caught(1);
}
