//! One connection.

use poo_core::store::StoreError;
use poo_core::sync::SessionError;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{ConnectionId, Joined};
use crate::identities::{Identities, Place};
use crate::metrics::Metrics;
use crate::speaker::Speaker;

/// A connection, as the engine knows it.
pub(super) struct Connection {
    pub(super) session: Speaker,
    pub(super) output: mpsc::Sender<Vec<u8>>,
    pub(super) joined: Joined,
    /// Its place among the connections of its identity, once it has one.
    pub(super) place: Option<Place>,
    /// Whether the session has ended and only its last words have to go out.
    pub(super) ending: bool,
}

impl Connection {
    /// Takes a place among the connections of an identity that has just said who it is.
    pub(super) fn settle(&mut self, identities: &mut Identities) -> Result<(), SessionError> {
        let Some(did) = self.session.peer().filter(|_| self.session.is_open()) else {
            return Ok(());
        };
        let place = identities.enter(&did, Instant::now());
        let place = place.ok_or(SessionError::TooMany("connections of one identity"))?;
        // It is set here and nowhere else, and only once.
        let _first = self.joined.set(Arc::clone(place.identity()));
        self.place = Some(place);
        Ok(())
    }

    /// Lets the connection end where its session did. The database's failure is not its own: that
    /// is handed on.
    pub(super) fn judge(
        &mut self,
        id: ConnectionId,
        taken: Result<(), SessionError>,
        metrics: &Metrics,
    ) -> Result<(), StoreError> {
        match taken {
            Ok(()) => Ok(()),
            Err(SessionError::Store(error)) => Err(error),
            Err(error) => {
                metrics.session_ended(error.kind());
                tracing::info!(connection = id, code = error.code(), %error, "session ended");
                self.ending = true;
                Ok(())
            }
        }
    }
}
