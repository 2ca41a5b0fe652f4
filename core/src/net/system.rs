//! The clock and the randomness of the machine.

use jiff::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use super::NetError;
use crate::replica::Env;

/// Randomness seeded by the system, and the system's clock.
#[derive(Debug)]
pub struct System {
    rng: ChaCha20Rng,
}

impl System {
    /// Takes a seed from the system.
    ///
    /// # Errors
    /// [`NetError::NoRandomness`] if the system gives none.
    pub fn new() -> Result<Self, NetError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| NetError::NoRandomness)?;
        Ok(Self {
            rng: ChaCha20Rng::from_seed(seed),
        })
    }

    /// The time now, and randomness, for one call of the engine.
    #[allow(
        clippy::disallowed_methods,
        reason = "the edge where the engine meets the clock"
    )]
    pub fn env(&mut self) -> Env<'_> {
        Env {
            now: Timestamp::now(),
            rng: &mut self.rng,
        }
    }

    /// A part of `limit`, so that clients that lost one relay do not all come back at once.
    pub(super) fn jitter(&mut self, limit: core::time::Duration) -> core::time::Duration {
        use rand_core::Rng as _;
        let share = f64::from(self.rng.next_u32()) / f64::from(u32::MAX);
        limit.mul_f64(0.5 + share / 2.0)
    }
}
