//! What can go wrong between a client and its relay.

use crate::identity::Did;
use crate::replica::CommandError;
use crate::store::StoreError;
use crate::sync::SessionError;

/// The relay could not be reached, or did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// No relay is set.
    #[error("no relay is set: name one with `poo relay URL`, or join by a link")]
    NoRelay,
    /// The address cannot be used.
    #[error("`{url}` is no relay address: it begins with ws:// or wss://")]
    BadUrl {
        /// The address.
        url: String,
    },
    /// An unencrypted connection would leave this machine.
    #[error(
        "{url} is not encrypted: use wss://, or allow it with --insecure on a network that you trust"
    )]
    Insecure {
        /// The address.
        url: String,
    },
    /// There is no connection.
    #[error(
        "the relay at {url} cannot be reached ({why}): your changes are kept and go when it can"
    )]
    Offline {
        /// The address.
        url: String,
        /// What the system said.
        why: String,
    },
    /// What answers does not prove that it is the address's own.
    #[error(
        "what answers at {url} does not prove who it is ({why}): check the address, the relay's certificate and this device's clock; until then nothing is sent"
    )]
    Untrusted {
        /// The address.
        url: String,
        /// What is wrong with its certificate or its TLS.
        why: String,
    },
    /// What answers is no relay of this kind.
    #[error("what answers at {url} is not a Poo App relay ({why}): check the address")]
    NotARelay {
        /// The address.
        url: String,
        /// What it did.
        why: String,
    },
    /// The session ended.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// An invite or set-up link was not accepted.
    #[error("{message}")]
    Refused {
        /// A short name that does not change between versions.
        code: String,
        /// In words.
        message: String,
    },
    /// Nobody answered a device link in time.
    #[error("nobody answered the link in time: make a new one with `poo device link`")]
    NobodyCame,
    /// The answer to a device link does not hold.
    #[error("the answer to the link was not made by who gave it ({0}): make a new link")]
    WrongAnswer(Did),
    /// The system gives no randomness.
    #[error("the system gives no randomness: keys cannot be made safely")]
    NoRandomness,
    /// A command failed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl NetError {
    /// Whether the relay could not be reached: trying again later can help.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        matches!(self, Self::Offline { .. })
    }

    /// Whether what answers could not prove who it is: trying again helps only once somebody has
    /// looked into it.
    #[must_use]
    pub fn is_untrusted(&self) -> bool {
        matches!(self, Self::Untrusted { .. })
    }

    /// Whether the relay, or this program, said no.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. } | Self::Session(_) | Self::Insecure { .. } | Self::WrongAnswer(_)
        )
    }
}
