//! What stock clients say to each other that is not kept.

use super::frame::{self, Ephemeral, Incoming};
use super::{TokenSession, presence};
use crate::document::DocumentId;
use crate::replica::Replica;
use crate::store::StoreError;
use crate::sync::SessionError;
use crate::sync::event::Effect;
use crate::sync::presence::{PresenceMessage, PresenceState};
use crate::sync::said::Said;
use crate::sync::voice::{Unsigned, window_of};
use crate::sync::wire::EPHEMERAL_BYTES_MAX;

/// The most bytes of a message: with what a relay adds to it, it is as long as a signed one may be.
const BYTES_MAX: usize = EPHEMERAL_BYTES_MAX - 128;
/// In how many documents a client may be present at once. Beyond that nobody is told when it goes.
const PRESENT_MAX: usize = 64;
/// Messages are let go while so many wait to be sent.
const WAITING_MAX: usize = 64;

const LEFT: PresenceMessage = PresenceMessage {
    state: PresenceState::Left,
    task: None,
};

/// What a client said last of its presence in a document.
pub(super) struct Present {
    now: PresenceMessage,
    /// In which session of such messages, and the count in it.
    said_in: (String, u64),
}

impl TokenSession {
    pub(super) fn on_ephemeral(
        &mut self,
        replica: &Replica,
        message: &Ephemeral,
    ) -> Result<(), SessionError> {
        if message.data.len() > BYTES_MAX {
            return Err(SessionError::TooMany("bytes of an ephemeral message"));
        }
        // Only in one's own name, for the relay sees nobody else behind the client.
        let own = self.peer.as_deref() == Some(message.sender.as_str());
        if !own || !self.sees(replica, &message.document)? {
            return Ok(());
        }
        let known = self.present.get(&message.document);
        let present = presence::read(&message.data, known.map_or(presence::HERE, |it| it.now));
        let said = match present {
            Some(now) => {
                self.note_presence(message, now);
                Said::presence(&now, None)
            }
            None => Said::Other(message.data.clone().into()),
        };
        // Each receiver's frame names that receiver.
        let frame = frame::ephemeral(message, "");
        let unsigned = self.unsigned(message.document, said, Some(frame));
        self.effects.push(Effect::Unsigned(Box::new(unsigned)));
        Ok(())
    }

    fn note_presence(&mut self, message: &Ephemeral, now: PresenceMessage) {
        let document = message.document;
        if now.state == PresenceState::Left {
            self.present.remove(&document);
        } else if self.present.len() < PRESENT_MAX || self.present.contains_key(&document) {
            let said_in = (message.session.clone(), message.count);
            self.present.insert(document, Present { now, said_in });
        }
    }

    fn unsigned(&self, document: DocumentId, said: Said, frame: Option<Vec<u8>>) -> Unsigned {
        Unsigned {
            hosted: self.hosted.clone(),
            document,
            author: self.identity(),
            window: window_of(self.peer.as_deref().unwrap_or_default()),
            said,
            frame,
        }
    }

    /// What a client that is gone did not say itself: that it left the documents where it was
    /// present.
    pub fn farewell(&mut self) -> Vec<Effect> {
        let present = core::mem::take(&mut self.present).into_iter();
        let goodbyes = present.map(|(document, Present { said_in, .. })| {
            let (session, count) = said_in;
            let goodbye = Ephemeral {
                sender: self.peer.clone().unwrap_or_default(),
                document,
                session,
                count: count.saturating_add(1),
                data: presence::write(&self.identity(), &LEFT),
            };
            let frame = frame::ephemeral(&goodbye, "");
            let said = Said::presence(&LEFT, None);
            Effect::Unsigned(Box::new(self.unsigned(document, said, Some(frame))))
        });
        goodbyes.collect()
    }
    /// Hands on what somebody said that is not kept, if the client follows the document.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub fn forward(
        &mut self,
        replica: &Replica,
        document: &DocumentId,
        bytes: &[u8],
    ) -> Result<bool, StoreError> {
        if !self.follows.contains_key(document) || !self.sees(replica, document)? {
            return Ok(false);
        }
        let Ok(Incoming::Ephemeral(message)) = frame::decode(bytes) else {
            return Ok(false);
        };
        if self.waiting.len() >= WAITING_MAX {
            return Ok(false);
        }
        let target = self.peer.as_deref().unwrap_or_default();
        self.waiting.push_back(frame::ephemeral(&message, target));
        Ok(true)
    }
}
