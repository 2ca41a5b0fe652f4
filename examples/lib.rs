//! What the examples share: the clock and the randomness of the machine, which the engine takes
//! as arguments.

mod websocket;

use jiff::Timestamp;
use poo_core::replica::Env;
use rand::rngs::ThreadRng;

/// The code in README.md runs as a test of this crate.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use websocket::Websocket;

/// The machine that a program runs on.
#[derive(Debug, Default)]
pub struct Machine {
    rng: ThreadRng,
}

impl Machine {
    /// The time now.
    #[allow(
        clippy::disallowed_methods,
        reason = "a program at the edge: this is where time comes from"
    )]
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// Time and randomness for one call of the engine.
    pub fn env(&mut self) -> Env<'_> {
        Env {
            now: self.now(),
            rng: &mut self.rng,
        }
    }
}
