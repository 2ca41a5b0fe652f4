//! What one identity may take of the relay: so many connections, and so much in a second.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use poo_core::identity::Did;
use tokio::time::Instant;

/// What a frame costs beside its size: as much as this many bytes.
const UNIT_BYTES: usize = 1024;
/// How many seconds' worth may come at once.
const BURST_SECONDS: f64 = 10.0;
/// Identities that are remembered without looking for those that are gone.
const KNOWN_MIN: usize = 1_024;

/// How much one identity may take.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    /// Connections at a time.
    pub connections: usize,
    /// Frames in a second, or KiB where that is more, over ten seconds.
    pub frames_per_second: u32,
}

/// Everybody who is connected, or has used up what is theirs for now.
pub(crate) struct Identities {
    share: Share,
    known: BTreeMap<Did, Arc<Identity>>,
    tidy_at: usize,
}

/// What all connections of one identity share.
pub(crate) struct Identity {
    connections: AtomicUsize,
    allowance: Mutex<Allowance>,
}

/// The place of one connection among those of its identity; free again when this is dropped.
pub(crate) struct Place {
    identity: Arc<Identity>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.identity.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Place {
    pub(crate) fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }
}

impl Identities {
    pub(crate) fn new(share: Share) -> Self {
        Self {
            share,
            known: BTreeMap::new(),
            tidy_at: KNOWN_MIN,
        }
    }

    /// A place for one more connection, if there is one.
    pub(crate) fn enter(&mut self, did: &Did, now: Instant) -> Option<Place> {
        if self.known.len() >= self.tidy_at {
            // Who is gone and has spent nothing lately begins anew with the same.
            self.known
                .retain(|_, identity| identity.is_here() || !identity.is_rested(now));
            self.tidy_at = KNOWN_MIN.max(2 * self.known.len());
        }
        let rate = f64::from(self.share.frames_per_second);
        let identity = self.known.entry(*did).or_insert_with(|| {
            Arc::new(Identity {
                connections: AtomicUsize::new(0),
                allowance: Mutex::new(Allowance::new(rate, now)),
            })
        });
        // Only the engine's thread adds to it.
        if identity.connections.load(Ordering::Relaxed) >= self.share.connections {
            return None;
        }
        identity.connections.fetch_add(1, Ordering::Relaxed);
        Some(Place {
            identity: Arc::clone(identity),
        })
    }
}

impl Identity {
    /// Counts a frame, and gives how long nothing more may be read where it came from.
    pub(crate) fn spend(&self, bytes: usize, now: Instant) -> Duration {
        let units = u32::try_from(bytes / UNIT_BYTES + 1).unwrap_or(u32::MAX);
        // A panic elsewhere left at worst one frame uncounted.
        let mut allowance = self
            .allowance
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        allowance.spend(f64::from(units), now)
    }

    fn is_here(&self) -> bool {
        self.connections.load(Ordering::Relaxed) > 0
    }

    fn is_rested(&self, now: Instant) -> bool {
        let mut allowance = self
            .allowance
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        allowance.refill(now);
        allowance.left >= allowance.rate * BURST_SECONDS
    }
}

/// A bucket that fills at an even rate and may be overdrawn: who did waits until that is made up.
struct Allowance {
    rate: f64,
    left: f64,
    at: Instant,
}

impl Allowance {
    fn new(rate: f64, now: Instant) -> Self {
        Self {
            rate,
            left: rate * BURST_SECONDS,
            at: now,
        }
    }

    fn refill(&mut self, now: Instant) {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + since * self.rate).min(self.rate * BURST_SECONDS);
        self.at = now;
    }

    fn spend(&mut self, units: f64, now: Instant) -> Duration {
        self.refill(now);
        self.left -= units;
        Duration::try_from_secs_f64(-self.left / self.rate).unwrap_or(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: Share = Share {
        connections: 2,
        frames_per_second: 100,
    };

    fn did(n: u8) -> Did {
        Did::from_key(poo_core::identity::Keypair::from_seed(&[n; 32]).public())
    }

    #[test]
    fn an_identity_has_so_many_places_and_no_more() {
        let now = Instant::now();
        let mut all = Identities::new(SHARE);
        let first = all.enter(&did(1), now);
        let second = all.enter(&did(1), now);
        assert!(first.is_some() && second.is_some());
        assert!(all.enter(&did(1), now).is_none());
        assert!(all.enter(&did(2), now).is_some());
        drop(first);
        assert!(all.enter(&did(1), now).is_some());
    }

    #[test]
    fn who_takes_more_than_their_share_waits_on_all_connections() {
        let start = Instant::now();
        let mut all = Identities::new(SHARE);
        let places = [all.enter(&did(1), start), all.enter(&did(1), start)].map(Option::unwrap);
        let spend = |n: usize, bytes, now| places[n % 2].identity().spend(bytes, now);
        for n in 0..1_000 {
            assert_eq!(spend(n, 10, start), Duration::ZERO);
        }
        // Each frame more takes its time, whichever connection it comes by.
        assert_eq!(spend(0, 10, start), Duration::from_millis(10));
        assert_eq!(spend(1, 10, start), Duration::from_millis(20));
        // A large one takes that of many.
        let large = spend(0, 97 * UNIT_BYTES, start);
        assert_eq!(large, Duration::from_secs(1));
        assert_eq!(spend(1, 10, start + large), Duration::from_millis(10));
        let other = all.enter(&did(2), start).unwrap();
        assert_eq!(other.identity().spend(10, start), Duration::ZERO);
    }

    #[test]
    fn who_goes_and_comes_back_has_no_new_allowance() {
        let start = Instant::now();
        let mut all = Identities::new(SHARE);
        let place = all.enter(&did(1), start).unwrap();
        place.identity().spend(1_000 * UNIT_BYTES, start);
        drop(place);
        for n in 2..=250 {
            for m in 0..10 {
                let seed = [[n; 16], [m; 16]].concat().try_into().unwrap();
                let other = Did::from_key(poo_core::identity::Keypair::from_seed(&seed).public());
                assert!(all.enter(&other, start).is_some());
            }
        }
        assert!(all.known.len() < 2 * KNOWN_MIN, "{}", all.known.len());
        let place = all.enter(&did(1), start).unwrap();
        assert!(place.identity().spend(10, start) > Duration::ZERO);
    }
}
