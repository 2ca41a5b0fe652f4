//! A relay's voice: what is said and not kept goes from signed sessions to clients that show a
//! ticket, and back. For those who cannot sign the relay does, where it may witness for them.

use minicbor::bytes::ByteVec;
use sha2::{Digest as _, Sha256};

use super::ephemeral;
use super::presence::PresenceMessage;
use super::said::{Said, Witnessed};
use super::token::stock_form;
use super::wire::{Data, EPHEMERAL_BYTES_MAX, Ephemeral, encode};
use crate::document::DocumentId;
use crate::identity::{Did, Keypair};
use crate::replica::{Env, EphemeralSession, Replica};
use crate::store::StoreError;

/// What somebody says who cannot sign, and is not kept.
#[derive(Debug, Clone)]
pub struct Unsigned {
    /// The key that a relay keeps for them; none: the relay's own signs.
    pub(super) hosted: Option<Keypair>,
    /// The document that it is about.
    pub(super) document: DocumentId,
    /// Who says it.
    pub(super) author: Did,
    /// Which of their clients does.
    pub(super) window: [u8; 8],
    pub(super) said: Said,
    /// The frame in which it came, if a stock client said it.
    pub(super) frame: Option<Vec<u8>>,
}

impl Unsigned {
    /// Somebody's presence.
    pub(crate) fn presence(
        document: DocumentId,
        author: Did,
        hosted: Option<Keypair>,
        message: &PresenceMessage,
    ) -> Self {
        Self {
            hosted,
            document,
            author,
            window: window_of("api"),
            said: Said::presence(message, None),
            frame: None,
        }
    }
}

/// What a client that does not sign is called among the windows of its person.
pub(super) fn window_of(client: &str) -> [u8; 8] {
    crate::bytes::prefix(&Sha256::digest(client.as_bytes()))
}

/// Something said, in the forms in which it goes on to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relayed {
    /// Who said it.
    pub from: Did,
    /// The message, as signed sessions hear it.
    pub message: Ephemeral,
    signed: Vec<u8>,
    stock: Option<Vec<u8>>,
}

impl Relayed {
    /// What came signed, in `frame`.
    #[must_use]
    pub fn signed(from: Did, message: Ephemeral, frame: Vec<u8>) -> Self {
        let stock = stock_form(&from, &message);
        Self {
            from,
            message,
            signed: frame,
            stock,
        }
    }

    /// The frame for a signed session: [`Session::forward`](super::Session::forward).
    #[must_use]
    pub fn for_signed(&self) -> &[u8] {
        &self.signed
    }

    /// The frame for [`TokenSession::forward`](super::TokenSession::forward). `None` if stock
    /// clients would not know what to do with it.
    #[must_use]
    pub fn for_stock(&self) -> Option<&[u8]> {
        self.stock.as_deref()
    }
}

/// A relay that speaks for those who cannot sign. It counts in memory: one for a database.
#[derive(Debug)]
pub struct Voice {
    key: Keypair,
    session: EphemeralSession,
    count: u64,
}

impl Voice {
    /// Begins to speak.
    ///
    /// # Errors
    /// [`StoreError`] if the database failed.
    pub fn begin(replica: &Replica, env: &mut Env<'_>) -> Result<Self, StoreError> {
        let mut random = EphemeralSession::default();
        env.rng.fill_bytes(&mut random);
        Ok(Self {
            key: replica.keys().signer().clone(),
            session: replica.begin_ephemerals(random, env)?,
            count: 0,
        })
    }

    /// Says what somebody cannot sign themselves. `None` if it is too long for that.
    pub fn say(&mut self, unsigned: &Unsigned) -> Option<Relayed> {
        let data = Said::Witnessed(Witnessed {
            author: unsigned.author,
            window: unsigned.window,
            data: ByteVec::from(unsigned.said.encode()),
        });
        let data = data.encode();
        if data.len() > EPHEMERAL_BYTES_MAX {
            return None;
        }
        self.count = self.count.saturating_add(1);
        let place = (self.session, self.count);
        let key = unsigned.hosted.as_ref().unwrap_or(&self.key);
        let message = ephemeral::sign(key, unsigned.document, place, data);
        let author = unsigned.author;
        Some(Relayed {
            stock: (unsigned.frame.clone()).or_else(|| stock_form(&author, &message)),
            from: author,
            signed: encode(&Data::Ephemeral(message.clone())),
            message,
        })
    }
}
