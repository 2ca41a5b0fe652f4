//! The one place where the program asks the machine for time and randomness.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use poo_core::replica::Env;
use rand::rngs::ThreadRng;

/// The time zone that this machine is in, by its IANA name, if it has one.
pub(crate) fn zone() -> Option<String> {
    jiff::tz::TimeZone::system().iana_name().map(str::to_owned)
}

/// The rules of that zone. Where it has no name, the engine is told none and counts in UTC, and
/// so does this.
pub(crate) fn local_zone() -> jiff::tz::TimeZone {
    zone()
        .and_then(|name| jiff::tz::TimeZone::get(&name).ok())
        .unwrap_or(jiff::tz::TimeZone::UTC)
}

/// The time now and a source of randomness, as the engine takes them.
pub(crate) struct Moment {
    now: Timestamp,
    rng: ThreadRng,
}

impl Moment {
    /// Now.
    #[allow(
        clippy::disallowed_methods,
        reason = "a program at the edge: this is where time comes from"
    )]
    pub(crate) fn now() -> Self {
        Self {
            now: Timestamp::now(),
            // Secure, and seeded by the operating system.
            rng: rand::rng(),
        }
    }

    /// The time of this moment.
    pub(crate) fn time(&self) -> Timestamp {
        self.now
    }

    /// The zone of whoever sits here: `TZ`, else that of the machine, else UTC. Only one with a name
    /// can be kept in a list.
    pub(crate) fn zone() -> TimeZone {
        TimeZone::try_system()
            .ok()
            .filter(|zone| !zone.is_unknown() && zone.iana_name().is_some())
            .unwrap_or(TimeZone::UTC)
    }

    /// For one call of the engine.
    pub(crate) fn env(&mut self) -> Env<'_> {
        Env {
            now: self.now,
            rng: &mut self.rng,
        }
    }
}
