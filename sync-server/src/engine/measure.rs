//! What the engine counts of what it does, and how things stand in it.

use std::time::Duration;

use poo_core::sync::{Effect, PRESENCE_TTL};
use tokio::time::Instant;

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
                Effect::Ephemeral { .. } | Effect::StockEphemeral { .. } => {
                    self.present.insert(*origin, Instant::now());
                }
                Effect::Pack(_) | Effect::Box(_) => {}
            }
        }
        changed
    }

    /// How things stand.
    pub(super) fn measure(&mut self) -> Measured {
        let ttl = Duration::try_from(PRESENCE_TTL).unwrap_or_default();
        let sessions = &self.sessions;
        self.present
            .retain(|id, heard| heard.elapsed() < ttl && sessions.contains_key(id));
        let mut measured = Measured {
            present: self.present.len() as u64,
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
