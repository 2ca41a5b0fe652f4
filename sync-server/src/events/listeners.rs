//! How many listen for one identity: each costs a connection and a place in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use poo_core::identity::Did;

/// Counts those who listen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listeners(Arc<Mutex<BTreeMap<Did, usize>>>);

/// The place of one who listens, until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    all: Listeners,
    who: Did,
}

impl Listeners {
    /// Takes a place for somebody; `None` if they have `most` already.
    pub(crate) fn sit(&self, who: &Did, most: usize) -> Option<Seat> {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = seats.entry(*who).or_default();
        if *taken >= most {
            return None;
        }
        *taken += 1;
        Some(Seat {
            all: self.clone(),
            who: *who,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = seats.get_mut(&self.who) {
            *taken -= 1;
            if *taken == 0 {
                seats.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use poo_core::identity::Keypair;

    #[test]
    fn a_place_is_free_again_when_its_listener_has_gone() {
        let listeners = Listeners::default();
        let [ann, bob] = [1, 2].map(|seed| Did::from_key(Keypair::from_seed(&[seed; 32]).public()));
        let first = listeners.sit(&ann, 2).unwrap();
        let _second = listeners.sit(&ann, 2).unwrap();
        assert!(listeners.sit(&ann, 2).is_none());
        assert!(listeners.sit(&bob, 2).is_some());
        drop(first);
        assert!(listeners.sit(&ann, 2).is_some());
        assert_eq!(listeners.0.lock().unwrap().len(), 1);
    }
}
