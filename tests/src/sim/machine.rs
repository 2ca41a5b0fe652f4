//! A machine of the simulation: its clock, and where its randomness comes from.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use poo_core::replica::Env;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

/// The true time of the simulation, in milliseconds since 1970.
#[derive(Debug, Clone)]
pub(super) struct Time(Arc<AtomicI64>);

impl Time {
    pub(super) fn from(ms: i64) -> Self {
        Self(Arc::new(AtomicI64::new(ms)))
    }

    pub(super) fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, ms: i64) {
        self.0.store(ms, Ordering::Relaxed);
    }
}

pub(super) struct Machine {
    time: Time,
    pub(super) rng: ChaCha20Rng,
    /// How wrong its clock is.
    pub(super) skew_ms: i64,
}

impl Machine {
    pub(super) fn new(time: &Time, seed: u64) -> Self {
        Self {
            time: time.clone(),
            rng: ChaCha20Rng::seed_from_u64(seed),
            skew_ms: 0,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.time.now() + self.skew_ms).unwrap()
    }

    pub(super) fn env(&mut self) -> Env<'_> {
        Env {
            now: self.now(),
            rng: &mut self.rng,
        }
    }
}

impl poo_server::Machine for Machine {
    fn env(&mut self) -> Env<'_> {
        Self::env(self)
    }
}
