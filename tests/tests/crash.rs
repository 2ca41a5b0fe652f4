//! Real processes, killed at random moments while they work: whatever was acknowledged is there
//! afterwards, here and at the relay.
//!
//! `POO_CRASH_CYCLES` says how often (`make crash CYCLES=2000`), `POO_CRASH_SEED` repeats a run as
//! far as the machine lets it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::time::Duration;

use poo_tests::harness::{Home, Relay, Running, Stage, sync_until_quiet};
use poo_tests::programs;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use serde_json::Value;

const LIST: &str = "Plans";
/// After so many cycles everything is looked at.
const CYCLES_A_CHECK: u64 = 10;

fn number(name: &str, usual: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(usual, |text| text.parse().unwrap())
}

struct Chance(ChaCha20Rng);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound
    }

    /// A moment within which a command of the program does all of its work.
    fn moment(&mut self) -> Duration {
        Duration::from_micros(self.below(60_000))
    }
}

/// The id of what a program made, if it had said so before it was killed.
fn made(run: &poo_tests::harness::Run) -> Option<String> {
    let said: Value = serde_json::from_str(&run.out).ok()?;
    Some(said["task"].as_str()?.to_owned())
}

/// Writers at work in a home, one of which may sync.
fn begin(home: &Home, cycle: u64, chance: &mut Chance) -> Vec<Running> {
    let mut running = Vec::new();
    for at in 0..=chance.below(2) {
        let title = format!("Cycle {cycle}, {at}");
        running.push(home.start(&["task", "create", &title, "--list", LIST, "--json"]));
    }
    if chance.below(2) == 0 {
        running.push(home.start(&["sync", "--json"]));
    }
    running
}

/// What was acknowledged is there, and the database is in order.
fn check(homes: &[&Home], acknowledged: &[BTreeSet<String>], context: &str) {
    for (home, acknowledged) in homes.iter().zip(acknowledged) {
        let there: BTreeSet<String> = (home.tasks(LIST, &["--limit", "500"]).iter())
            .map(|task| task["id"].as_str().unwrap().to_owned())
            .collect();
        let lost: Vec<_> = acknowledged.difference(&there).collect();
        assert!(lost.is_empty(), "{context}: {home:?} lost {lost:?}");
        assert_eq!(home.json(&["doctor"])["ok"], true, "{context}: {home:?}");
    }
}

fn everything_converges(homes: &[&Home], acknowledged: &mut [BTreeSet<String>], context: &str) {
    sync_until_quiet(homes);
    let all: BTreeSet<String> = acknowledged.iter().flatten().cloned().collect();
    acknowledged.fill(all);
    check(homes, acknowledged, context);
    let exports: BTreeSet<String> = (homes.iter())
        .map(|home| home.ok(&["export", LIST, "--format", "json"]))
        .collect();
    assert_eq!(exports.len(), 1, "{context}");
    for home in homes {
        let report = home.json(&["verify", LIST]);
        assert_eq!(report["ok"], true, "{context}: {report}");
    }
    // So that a run of any length stays within what a page shows.
    let tasks = homes[0].tasks(LIST, &["--limit", "500"]);
    let ids = tasks.iter().map(|task| task["id"].as_str().unwrap());
    let done: Vec<&str> = ids.collect();
    if !done.is_empty() {
        homes[0].ok(&[&["task", "delete"], done.as_slice()].concat());
    }
    sync_until_quiet(homes);
    acknowledged.fill(BTreeSet::new());
}

#[test]
fn whoever_is_killed_whenever_nothing_acknowledged_is_lost() {
    let cycles = number("POO_CRASH_CYCLES", 12);
    let seed = number("POO_CRASH_SEED", 1);
    let chance = &mut Chance(ChaCha20Rng::seed_from_u64(seed));
    let stage = Stage::new(programs!());
    let mut relay: Relay = stage.relay("relay");
    let sam = stage.person("Sam", &relay);
    sam.ok(&["list", "create", LIST]);
    let link = sam.share(LIST, "editor");
    let ann = stage.person("Ann", &relay);
    ann.ok(&["join", &link]);
    let homes = [&sam, &ann];
    let mut acknowledged = vec![BTreeSet::new(); homes.len()];
    for cycle in 0..cycles {
        let context = format!("seed {seed}, cycle {cycle}");
        let mut running: Vec<(usize, Running)> = Vec::new();
        for (at, home) in homes.iter().enumerate() {
            let begun = begin(home, cycle, chance);
            running.extend(begun.into_iter().map(|one| (at, one)));
        }
        let kills_relay = chance.below(3) == 0;
        std::thread::sleep(chance.moment());
        if kills_relay {
            relay.kill();
        }
        while !running.is_empty() {
            let index = chance.below(running.len() as u64) as usize;
            let (home, one) = running.swap_remove(index);
            // One in four comes to its end.
            let run = if chance.below(4) == 0 {
                one.wait()
            } else {
                std::thread::sleep(chance.moment());
                one.kill()
            };
            let is_told = matches!(run.code, -1 | 0 | 5);
            assert!(is_told, "{context}: {run:?}");
            acknowledged[home].extend(made(&run));
        }
        if kills_relay {
            relay.restart();
        }
        if cycle % CYCLES_A_CHECK == CYCLES_A_CHECK - 1 || cycle + 1 == cycles {
            check(&homes, &acknowledged, &context);
            everything_converges(&homes, &mut acknowledged, &context);
        }
    }
}
