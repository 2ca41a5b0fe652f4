//! What a session tells: to whoever drives it, and to a relay's other sessions.

use serde::Serialize;

use super::voice::{Relayed, Unsigned};
use super::wire::Ephemeral;
use crate::document::DocumentId;
use crate::identity::Did;
use crate::model::BlobHash;
use crate::store::Refusal;

/// Something that an application may want to know. As JSON it is what concerns whoever watches
/// ([`Event::concerns_people`]); the rest is the business of who drives the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "event",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
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
        /// The names of those that could not be, since what they worked on is gone.
        lost: Vec<String>,
    },
    /// A signed message that is not kept.
    #[serde(skip)]
    Ephemeral {
        /// The message.
        message: Ephemeral,
        /// Who sent it.
        from: Did,
    },
    /// What lies at a meeting point of two devices.
    #[serde(skip)]
    Box {
        /// The meeting point.
        id: [u8; 16],
        /// What lies there.
        content: Option<Vec<u8>>,
    },
    /// The relay answered a set-up link.
    #[serde(skip)]
    Admitted {
        /// Whether this identity may put new documents there.
        admitted: bool,
    },
    /// A part of a file is on its way to the relay.
    #[serde(skip)]
    BlobProgress {
        /// The file.
        hash: BlobHash,
        /// How many of its bytes went.
        sent: u64,
        /// How many it has.
        size: u64,
    },
    /// The relay has committed a file.
    #[serde(skip)]
    BlobStored {
        /// By which document it was named.
        document: DocumentId,
        /// The file.
        hash: BlobHash,
    },
    /// A part of a file that was asked for came.
    #[serde(skip)]
    BlobArriving {
        /// The file.
        hash: BlobHash,
        /// How many of its bytes are here.
        received: u64,
        /// How many it has.
        size: u64,
    },
    /// A file that was asked for is here.
    #[serde(skip)]
    BlobFetched {
        /// By which document it was named.
        document: DocumentId,
        /// The file.
        hash: BlobHash,
    },
    /// The relay does not take or give a file.
    #[serde(rename = "refused")]
    BlobRefused {
        /// By which document it was named.
        document: DocumentId,
        /// The file.
        #[serde(skip)]
        hash: BlobHash,
        /// A short name that does not change between versions.
        code: String,
        /// In words.
        message: String,
    },
}

impl Event {
    /// Whether it concerns whoever watches.
    #[must_use]
    pub fn concerns_people(&self) -> bool {
        match self {
            Self::Connected { .. }
            | Self::Changed { .. }
            | Self::Acknowledged { .. }
            | Self::Refused { .. }
            | Self::Reauthored { .. }
            | Self::BlobRefused { .. } => true,
            Self::Ephemeral { .. }
            | Self::Box { .. }
            | Self::Admitted { .. }
            | Self::BlobProgress { .. }
            | Self::BlobStored { .. }
            | Self::BlobArriving { .. }
            | Self::BlobFetched { .. } => false,
        }
    }
}

/// Something that the relay's other sessions have to hear of, or that is to be done for this one.
#[derive(Debug, Clone)]
pub enum Effect {
    /// A document is to be made one chunk, by a [`Packer`](super::Packer) beside the sessions:
    /// [`Session::notify_packed`](super::Session::notify_packed). Only a session that was told so asks for it.
    Pack(DocumentId),
    /// Changes were refused, for this reason.
    Refused(Refusal),
    /// A document changed: [`Session::notify_document`](super::Session::notify_document).
    Document(DocumentId),
    /// Something was left at a meeting point: [`Session::notify_box`](super::Session::notify_box).
    Box([u8; 16]),
    /// A signed message that is not kept goes on to others.
    Ephemeral(Box<Relayed>),
    /// Somebody who cannot sign says something that is not kept: the relay's
    /// [`Voice`](super::Voice) says it for them.
    Unsigned(Box<Unsigned>),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A refused file reads like anything else that is refused.
    #[test]
    fn events_are_told_in_json() {
        let document = DocumentId::from_bytes([7; 16]);
        let refused = Event::BlobRefused {
            document,
            hash: BlobHash::of(b"a picture"),
            code: "too-large".to_owned(),
            message: "it is too large".to_owned(),
        };
        assert!(refused.concerns_people());
        assert_eq!(
            serde_json::to_value(&refused).unwrap(),
            serde_json::json!({
                "event": "refused",
                "document": document,
                "code": "too-large",
                "message": "it is too large",
            })
        );
    }
}
