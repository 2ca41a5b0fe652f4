//! What the data of a message that is not kept says, and in whose name.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::presence::{PresenceMessage, PresenceState};
use super::wire::encode;
use crate::identity::Did;
use crate::model::TaskId;

/// The data of a message that is not kept, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) enum Said {
    /// Somebody is here, or goes.
    #[n(0)]
    Presence(#[n(0)] Body),
    /// What other programs say to each other: an item of CBOR.
    #[n(1)]
    Other(#[n(0)] ByteVec),
    /// A relay says it for somebody who cannot sign.
    #[n(2)]
    Witnessed(#[n(0)] Witnessed),
}

/// A presence.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Body {
    #[n(0)]
    state: PresenceState,
    #[cbor(n(1), with = "minicbor::bytes")]
    task: Option<[u8; 16]>,
    /// Where one device looks at the list more than once.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(super) window: Option<[u8; 8]>,
}

/// What somebody says through a relay.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Witnessed {
    /// Who says it.
    #[n(0)]
    pub(super) author: Did,
    /// Which of their clients does.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub(super) window: [u8; 8],
    /// The data, as if they had signed it themselves.
    #[n(2)]
    pub(super) data: ByteVec,
}

impl Said {
    pub(super) fn presence(message: &PresenceMessage, window: Option<[u8; 8]>) -> Self {
        Self::Presence(Body {
            state: message.state,
            task: message.task.map(|task| *task.as_bytes()),
            window,
        })
    }

    /// `None` if it is nothing that is known here.
    pub(super) fn decode(data: &[u8]) -> Option<Self> {
        minicbor::decode(data).ok()
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// What is said, and the client of theirs that does where a relay tells. A relay says nothing
    /// for another relay.
    pub(super) fn unwrapped(data: &[u8]) -> Option<(Self, Option<[u8; 8]>)> {
        match Self::decode(data)? {
            Self::Witnessed(it) => match Self::decode(&it.data)? {
                Self::Witnessed(_) => None,
                said => Some((said, Some(it.window))),
            },
            said => Some((said, None)),
        }
    }

    /// In whose name a relay says it, if one does.
    pub(super) fn author(data: &[u8]) -> Option<Did> {
        match Self::decode(data)? {
            Self::Witnessed(it) => Some(it.author),
            Self::Presence(_) | Self::Other(_) => None,
        }
    }
}

impl Body {
    pub(super) fn message(&self) -> PresenceMessage {
        PresenceMessage {
            state: self.state,
            task: self.task.map(TaskId::from_bytes),
        }
    }
}
