//! Changes that come in many small messages are taken in together.
//!
//! Whoever types sends a message with every change. Where several are here at once, one look at
//! the document, one signature and one derivation do for all of them.

use std::collections::BTreeMap;

use super::error::SessionError;
use super::held::Held;
use super::session::{Session, Side};
use super::wire::Changes;
use crate::document::DocumentId;
use crate::replica::{Env, Replica};

/// The most changes that are laid aside: a half of what may wait for one document.
const CHANGES_MAX: usize = 4_000;
/// The most bytes of them.
const BYTES_MAX: usize = 4 << 20;

/// What was laid aside of each document.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    documents: BTreeMap<DocumentId, Changes>,
    bytes: usize,
    changes: usize,
}

impl Gathered {
    /// What lies aside.
    pub(super) fn held(&self) -> Held {
        Held {
            waiting: self.changes,
            bytes: self.bytes,
            messages: 0,
        }
    }

    /// Lays a message aside. It comes back if it cannot wait: it brings a statement, or is a part
    /// of a longer answer, and then what lies here goes first.
    pub(super) fn add(&mut self, message: Changes) -> Option<Changes> {
        let document = message
            .document
            .filter(|_| message.statements.is_empty() && !message.more);
        let count = message.changes.len();
        let bytes: usize = message.changes.iter().map(|change| change.len()).sum();
        let fits = self.changes + count <= CHANGES_MAX && self.bytes + bytes <= BYTES_MAX;
        let Some(document) = document.filter(|_| fits) else {
            return Some(message);
        };
        self.changes += count;
        self.bytes += bytes;
        let gathered = self.documents.entry(document).or_insert_with(|| Changes {
            document: Some(document),
            ..Changes::default()
        });
        gathered.tips.extend(message.tips);
        gathered.changes.extend(message.changes);
        None
    }
}

impl Session {
    /// Leaves it to the loop around this session to say when a batch of frames ends, by
    /// [`Session::settle`]: until then changes may wait for more of their kind.
    pub fn gather(&mut self) {
        if matches!(self.side, Side::Relay(_)) {
            self.gathered = Some(Gathered::default());
        }
    }

    /// Takes in what the frames of a batch brought, within the same batch.
    ///
    /// # Errors
    /// [`SessionError`] ends the session, as one of [`Session::handle_frame`] does.
    pub fn settle(&mut self, replica: &mut Replica, env: &mut Env<'_>) -> Result<(), SessionError> {
        let Some(gathered) = self.gathered.as_mut().filter(|it| !it.documents.is_empty()) else {
            return Ok(());
        };
        let gathered = core::mem::take(gathered);
        let result = replica.savepoint(|replica| {
            for changes in gathered.documents.into_values() {
                self.on_changes(replica, &changes, env.now)?;
            }
            Ok(())
        });
        if let Err(error) = &result {
            self.close(error);
        }
        result
    }
}
