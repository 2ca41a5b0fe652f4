//! What the engine counts of what it does, and how things stand in it.

use poo_core::sync::Effect;

use super::{ConnectionId, Measured, NOBODY, Worker};
use crate::metrics::Door;
use crate::speaker::Speaker;

impl Worker {
    /// Counts what a batch came to. True if a document changed.
    pub(super) fn count(&mut self, effects: &[(ConnectionId, Effect)]) -> bool {
        let mut changed = false;
        for (origin, effect) in effects {
            match effect {
                Effect::Document(_) => {
                    changed = true;
                    // What the API writes it counts itself.
                    if *origin != NOBODY {
                        self.metrics.mutation(Door::Sync, true);
                    }
                }
                Effect::Refused(reason) => {
                    self.metrics.refused(reason.code());
                    self.metrics.mutation(Door::Sync, false);
                }
                Effect::Ephemeral(_) | Effect::Unsigned(_) => self.company.hear(*origin),
                Effect::Pack(_) | Effect::Box(_) => {}
            }
        }
        changed
    }

    /// How things stand.
    pub(super) fn measure(&mut self) -> Measured {
        let mut measured = Measured {
            present: self.company.present(),
            ..Measured::default()
        };
        for connection in self.sessions.values() {
            match &connection.session {
                Speaker::Signed(session) => {
                    measured.signed += 1;
                    measured.quarantined += session.quarantined() as u64;
                }
                Speaker::Token(_) => measured.token += 1,
            }
        }
        measured
    }
}
