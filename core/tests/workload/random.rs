//! Chance from a seed, and how many histories a test goes through.

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

pub struct Random(ChaCha20Rng);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha20Rng::seed_from_u64(seed))
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.0.next_u64() % (end.max(1) as u64)).unwrap()
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        all.get(self.below(all.len()))
    }
}

/// Tells on the way out of a failing test how to repeat it.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this history again: POO_SEED={}", self.0);
        }
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs a test on as many seeds as there shall be.
pub fn each_seed(default: u64, mut test: impl FnMut(u64)) {
    let seeds = match number("POO_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("POO_CASES").unwrap_or(default),
    };
    for seed in seeds {
        let told = Told(seed);
        test(seed);
        drop(told);
    }
}
