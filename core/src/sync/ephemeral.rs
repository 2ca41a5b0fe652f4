//! Signed messages that are not kept: presence, typing, heartbeats. Each carries its author's
//! signature and is forwarded as it came.

use super::error::SessionError;
use super::event::{Effect, Event};
use super::presence::{PresenceMessage, window_of};
use super::said::Said;
use super::session::{DOCUMENTS_MAX, Session, Side};
use super::voice::Relayed;
use super::wire::{Data, EPHEMERAL_BYTES_MAX, Ephemeral, encode};
use crate::document::DocumentId;
use crate::identity::{Did, Domain, Keypair, PublicKey};
use crate::replica::{EphemeralSession, Replica};
use crate::store::statements;

/// Messages that wait to be forwarded; beyond that the oldest are dropped.
const EPHEMERALS_MAX: usize = 64;

impl Session {
    /// Says to everybody who follows a document what the person at this end does there.
    ///
    /// # Errors
    /// [`SessionError::Store`] if the database fails.
    pub fn send_presence(
        &mut self,
        replica: &Replica,
        document: DocumentId,
        message: &PresenceMessage,
    ) -> Result<(), SessionError> {
        let data = message.encode_in(Some(window_of(&self.my_window)));
        self.send_ephemeral(replica, document, &data)
    }

    /// Says something to everybody who follows a document; it is signed and not kept.
    ///
    /// # Errors
    /// [`SessionError::TooMany`] if the data is longer than [`EPHEMERAL_BYTES_MAX`],
    /// [`SessionError::Store`] if the database fails.
    pub fn send_ephemeral(
        &mut self,
        replica: &Replica,
        document: DocumentId,
        data: &[u8],
    ) -> Result<(), SessionError> {
        if data.len() > EPHEMERAL_BYTES_MAX {
            return Err(SessionError::TooMany("bytes in a signed message"));
        }
        let place = replica.next_ephemeral()?;
        let message = sign(self.signing_key(), document, place, data.to_vec());
        self.forward(encode(&Data::Ephemeral(message)));
        Ok(())
    }

    /// Forwards a signed message that came by another session. The oldest give way if the
    /// receiver is slow.
    pub fn forward(&mut self, frame: Vec<u8>) {
        if self.ephemerals.len() >= EPHEMERALS_MAX {
            self.ephemerals.pop_front();
        }
        self.ephemerals.push_back(frame);
    }

    pub(super) fn on_ephemeral(
        &mut self,
        replica: &Replica,
        message: Ephemeral,
        frame: &[u8],
    ) -> Result<(), SessionError> {
        if message.data.len() > EPHEMERAL_BYTES_MAX {
            return Err(SessionError::TooMany("bytes in a signed message"));
        }
        let signed = ephemeral_message(
            &message.document,
            &message.device,
            &message.session,
            message.count,
            &message.data,
        );
        message
            .device
            .verify(Domain::EPHEMERAL, &signed, &message.signature)
            .map_err(|_| SessionError::Ephemeral("its signature is not its author's"))?;
        let authority = statements::authority(replica.conn(), &message.document)?;
        // A relay says what those say who cannot sign, as far as it may witness for them.
        let from = match Said::author(&message.data) {
            Some(author) => {
                let relay = Did::from_key(message.device);
                Some(author).filter(|author| authority.may_witness(&relay, author))
            }
            None => authority
                .identity_of(&message.device)
                .filter(|_| !authority.is_revoked(&message.device)),
        };
        let Some(from) = from.filter(|from| authority.can_read(from)) else {
            return Ok(());
        };
        let key = (message.document, message.device);
        let known = match self.counts.get(&key) {
            Some(known) => Some(*known),
            // First heard of in this session: an earlier one may have left word on disk.
            None => (replica.newest_ephemerals(&message.document, &message.device)?)
                .map(|session| (session, 0)),
        };
        if known.is_some_and(|known| (message.session, message.count) <= known) {
            return Ok(());
        }
        if known.is_none_or(|(session, _)| session < message.session) {
            replica.note_ephemerals(&message.document, &message.device, &message.session)?;
        }
        if self.counts.len() < DOCUMENTS_MAX {
            self.counts.insert(key, (message.session, message.count));
        }
        match self.side {
            Side::Relay(_) => {
                // A relay forwards what its own peer says, not what a peer says others say.
                if self
                    .peer
                    .is_some_and(|(_, device)| device == message.device)
                {
                    let frame = frame.to_vec();
                    let said = Relayed::signed(from, message, frame);
                    self.effects.push(Effect::Ephemeral(Box::new(said)));
                }
            }
            Side::Client(_) => self.event(Event::Ephemeral { message, from }),
        }
        Ok(())
    }
}

/// Signs what somebody says. `place` is their session of such messages, and the count in it.
pub(super) fn sign(
    key: &Keypair,
    document: DocumentId,
    (session, count): (EphemeralSession, u64),
    data: Vec<u8>,
) -> Ephemeral {
    let device = key.public();
    let message = ephemeral_message(&document, &device, &session, count, &data);
    Ephemeral {
        document,
        device,
        session,
        count,
        data: data.into(),
        signature: key.sign(Domain::EPHEMERAL, &message),
    }
}

/// The signed bytes: a CBOR array of document, device, session, count and data.
fn ephemeral_message(
    document: &DocumentId,
    device: &PublicKey,
    session: &[u8; 16],
    count: u64,
    data: &[u8],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(96 + data.len());
    let mut e = minicbor::Encoder::new(&mut out);
    let written = e.array(5).and_then(|e| {
        e.bytes(document.as_ref())?
            .bytes(device.as_ref())?
            .bytes(session)?
            .u64(count)?
            .bytes(data)
    });
    debug_assert!(written.is_ok());
    out
}
