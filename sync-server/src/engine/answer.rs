//! What goes out when a batch has been taken in: other sessions hear of it, and every session says
//! what it has to say, as far as its socket takes it.

use std::collections::BTreeSet;

use poo_core::store::StoreError;
use poo_core::sync::Effect;
use tokio::sync::mpsc;

use super::{ConnectionId, Worker};
use crate::packing::{Outcome, Packing};
use crate::speaker::Speaker;

impl Worker {
    /// Lets sessions hear of what others did, and sends what they have to say.
    pub(super) fn answer(
        &mut self,
        mut effects: Vec<(ConnectionId, Effect)>,
        mut active: Vec<ConnectionId>,
    ) {
        self.give_voice(&mut effects);
        let reading = self.replica.begin_reading();
        self.fanout.look_again();
        let mut changed = BTreeSet::new();
        for (origin, effect) in effects {
            if matches!(effect, Effect::Refused(_)) {
                // That concerns nobody else.
                continue;
            }
            // However often a document changed in this batch, it is told once.
            if !matches!(&effect, Effect::Document(it) if !changed.insert(*it)) {
                self.spread(origin, &effect, &mut active);
            }
        }
        active.sort_unstable();
        active.dedup();
        for id in active {
            self.send(id);
        }
        if let Err(error) = reading.and_then(|()| self.replica.end_reading()) {
            tracing::error!(%error, "the database could not be read in one go");
        }
    }

    /// Lets the other sessions hear of what one did.
    fn spread(&mut self, origin: ConnectionId, effect: &Effect, active: &mut Vec<ConnectionId>) {
        if let Effect::Pack(document) = effect {
            if !self.packing.ask(*document)
                && let Some(connection) = self.sessions.get_mut(&origin)
            {
                connection.session.notify_packed(document, false);
            }
            return;
        }
        for (id, connection) in &mut self.sessions {
            if connection.ending || !connection.session.is_open() {
                continue;
            }
            let told = match effect {
                Effect::Document(document) => {
                    let told = connection.session.notify_document(&self.replica, document);
                    if let Err(error) = told {
                        tracing::info!(connection = id, %error, "session ended");
                        connection.ending = true;
                    }
                    true
                }
                Effect::Box(point) => {
                    let env = self.system.env();
                    if let Err(error) = connection.session.notify_box(&self.replica, point, &env) {
                        tracing::info!(connection = id, %error, "session ended");
                        connection.ending = true;
                    }
                    true
                }
                Effect::Ephemeral(said) if *id != origin => {
                    is_told(connection.session.forward(&self.replica, said))
                }
                Effect::Ephemeral(_)
                | Effect::Unsigned(_)
                | Effect::Pack(_)
                | Effect::Refused(_) => false,
            };
            if told {
                active.push(*id);
            }
        }
    }

    /// Keeps a chunk that was made beside the engine; the sessions that wait for it go on. Where
    /// it could not be made or kept, the document goes out change by change.
    pub(super) fn packed(&mut self, outcome: &Outcome, active: &mut Vec<ConnectionId>) {
        let document = &outcome.document;
        self.packing.done(document);
        let kept = match &outcome.packed {
            Ok(packed) => self.replica.keep_packed(packed).map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(error) = &kept {
            tracing::warn!(%document, %error, "a document could not be packed");
        }
        for (id, connection) in &mut self.sessions {
            connection.session.notify_packed(document, kept.is_ok());
            active.push(*id);
        }
    }

    /// Sends what a session has to say, as far as its socket takes it.
    fn send(&mut self, id: ConnectionId) {
        let Some(connection) = self.sessions.get_mut(&id) else {
            return;
        };
        let packing = &mut self.packing;
        let fanout = &mut self.fanout;
        loop {
            let permit = match connection.output.try_reserve() {
                Ok(permit) => permit,
                // The socket says when it has room again.
                Err(mpsc::error::TrySendError::Full(())) => return,
                Err(mpsc::error::TrySendError::Closed(())) => break,
            };
            match (connection.session).poll_transmit(&self.replica, fanout) {
                Ok(Some(frame)) => permit.send(frame),
                Ok(None) if ask_for_chunks(&mut connection.session, packing) => {}
                Ok(None) => {
                    connection.session.drop_events();
                    if connection.ending {
                        break;
                    }
                    return;
                }
                Err(error) => {
                    tracing::error!(connection = id, %error, "cannot read for a session");
                    break;
                }
            }
        }
        self.end(id);
    }

    /// Ends a session. Dropping its sender lets the socket say its last words and close.
    pub(super) fn end(&mut self, id: ConnectionId) {
        let Some(mut connection) = self.sessions.remove(&id) else {
            return;
        };
        self.company.left(id, connection.session.farewell());
    }
}

/// Has the chunks made that a session waits for. True if it has more to say, since nobody does.
fn ask_for_chunks(session: &mut Speaker, packing: &mut Packing) -> bool {
    let mut refused = false;
    for effect in session.take_effects() {
        if let Effect::Pack(document) = effect
            && !packing.ask(document)
        {
            session.notify_packed(&document, false);
            refused = true;
        }
    }
    refused
}

fn is_told(forwarded: Result<bool, StoreError>) -> bool {
    forwarded.unwrap_or_else(|error| {
        tracing::error!(%error, "cannot tell who follows a document");
        false
    })
}
