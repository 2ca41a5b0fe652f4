//! What a session tells: to whoever drives it, and to a relay's other sessions.

use super::wire::Ephemeral;
use crate::document::DocumentId;
use crate::identity::Did;
use crate::model::BlobHash;

/// Something that an application may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The handshake is done.
    Connected {
        /// Who is on the other side.
        peer: Did,
        /// How far the relay's clock is ahead of ours, in milliseconds.
        clock_offset_ms: i64,
    },
    /// A document changed by what the other side sent.
    Changed {
        /// The document.
        document: DocumentId,
        /// Changes that were added.
        added: usize,
    },
    /// The relay has committed everything that is here of a document.
    Acknowledged {
        /// The document.
        document: DocumentId,
    },
    /// Something was refused by the other side.
    Refused {
        /// Of which document.
        document: DocumentId,
        /// A short name that does not change between versions.
        code: String,
        /// In words.
        message: String,
    },
    /// Another copy of this device has written: history was made again under a fresh actor.
    Reauthored {
        /// In which document.
        document: DocumentId,
        /// How many commands were carried out again.
        commands: usize,
    },
    /// A signed message that is not kept.
    Ephemeral {
        /// The message.
        message: Ephemeral,
        /// Who sent it.
        from: Did,
    },
    /// What lies at a meeting point of two devices.
    Box {
        /// The meeting point.
        id: [u8; 16],
        /// What lies there.
        content: Option<Vec<u8>>,
    },
    /// The relay answered a set-up link.
    Admitted {
        /// Whether this identity may put new documents there.
        admitted: bool,
    },
    /// A part of a file is on its way to the relay.
    BlobProgress {
        /// The file.
        hash: BlobHash,
        /// How many of its bytes went.
        sent: u64,
        /// How many it has.
        size: u64,
    },
    /// The relay has committed a file.
    BlobStored {
        /// By which document it was named.
        document: DocumentId,
        /// The file.
        hash: BlobHash,
    },
    /// A part of a file that was asked for came.
    BlobArriving {
        /// The file.
        hash: BlobHash,
        /// How many of its bytes are here.
        received: u64,
        /// How many it has.
        size: u64,
    },
    /// A file that was asked for is here.
    BlobFetched {
        /// By which document it was named.
        document: DocumentId,
        /// The file.
        hash: BlobHash,
    },
    /// The relay does not take or give a file.
    BlobRefused {
        /// By which document it was named.
        document: DocumentId,
        /// The file.
        hash: BlobHash,
        /// A short name that does not change between versions.
        code: String,
        /// In words.
        message: String,
    },
}

/// Something that the relay's other sessions have to hear of, or that is to be done for this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A document is to be made one chunk, by a [`Packer`](super::Packer) beside the sessions:
    /// [`Session::notify_packed`](super::Session::notify_packed). Only a session that was told so asks for it.
    Pack(DocumentId),
    /// A document changed: [`Session::notify_document`](super::Session::notify_document).
    Document(DocumentId),
    /// Something was left at a meeting point: [`Session::notify_box`](super::Session::notify_box).
    Box([u8; 16]),
    /// A signed message: [`Session::forward`](super::Session::forward), with the frame as it came.
    Ephemeral {
        /// The document that it is about.
        document: DocumentId,
        /// The frame.
        frame: Vec<u8>,
    },
    /// A message of a token session that is not kept:
    /// [`TokenSession::forward`](super::TokenSession::forward).
    StockEphemeral {
        /// The document that it is about.
        document: DocumentId,
        /// The frame.
        frame: Vec<u8>,
    },
}
