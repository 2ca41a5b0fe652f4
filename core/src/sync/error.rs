//! What ends a session.

use super::seal::SealError;
use super::token::TicketRefusal;
use crate::document::{ChangeError, ChunkError, TipError};
use crate::identity::Did;
use crate::membership::{DeviceChainError, StatementError};
use crate::store::StoreError;

/// A session cannot go on. What was committed before stays.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// A frame is larger than the limit.
    #[error("a frame has {0} bytes; the limit is 4 MiB")]
    FrameTooLarge(usize),
    /// A frame is not of this protocol.
    #[error("a frame cannot be read")]
    Malformed,
    /// A message that does not belong where it came.
    #[error("{0} does not belong here")]
    Unexpected(&'static str),
    /// The other side speaks another version.
    #[error("the other side speaks version {0} of the protocol: update the older one")]
    Version(u32),
    /// Somebody else than the pinned relay answers.
    #[error(
        "the relay that answers is {found}, not {expected}: the address may have been taken over; if the relay really was set up anew, set it again with `poo relay`"
    )]
    WrongRelay {
        /// Who was expected.
        expected: Did,
        /// Who answers.
        found: Did,
    },
    /// A control message does not hold.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The client's device does not belong to the identity it names.
    #[error(transparent)]
    Device(#[from] DeviceChainError),
    /// The ticket that the client showed is good no longer.
    #[error(transparent)]
    Ticket(#[from] TicketRefusal),
    /// A statement does not hold.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// A signature under a history does not hold.
    #[error(transparent)]
    Tip(#[from] TipError),
    /// Bytes that claim to be a change are none.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// Bytes that claim to be a document are none.
    #[error(transparent)]
    Chunk(#[from] ChunkError),
    /// A signed message that is not kept does not hold.
    #[error("a signed message does not hold: {0}")]
    Ephemeral(&'static str),
    /// More than a limit allows.
    #[error("too many {0}")]
    TooMany(&'static str),
    /// The other side ended the session.
    #[error("the other side ended the session: {message}")]
    Bye {
        /// A short name that does not change between versions.
        code: String,
        /// In words.
        message: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for SessionError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl SessionError {
    /// A short name that does not change between versions.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Bye { code, .. } => code,
            other => other.kind(),
        }
    }

    /// The same, and `bye` for whatever reason the other side gave: one of a set that is known.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::FrameTooLarge(_) => "too-large",
            Self::Malformed => "malformed",
            Self::Unexpected(_) => "unexpected",
            Self::Version(_) => "version",
            Self::WrongRelay { .. } => "wrong-relay",
            Self::Seal(error) => error.code(),
            Self::Device(_) => "bad-device",
            Self::Ticket(_) => "bad-ticket",
            Self::Statement(_) => "bad-statement",
            Self::Tip(_) => "forged-author",
            Self::Change(error) => error.code(),
            Self::Chunk(error) => error.code(),
            Self::Ephemeral(_) => "bad-ephemeral",
            Self::TooMany(_) => "too-many",
            Self::Bye { .. } => "bye",
            Self::Store(_) => "internal",
        }
    }
}
