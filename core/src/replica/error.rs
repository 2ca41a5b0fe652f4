//! What can go wrong with a replica, by what was asked of it.

use crate::membership::StatementError;
use crate::store::{Refusal, StoreError};

/// A replica cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database was made by another device.
    #[error(
        "this database belongs to another device: keys and database must stay together; make a new home and link it instead of copying one"
    )]
    OtherDevice,
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A command was not carried out. Nothing of it was written, but that an action which can be turned
/// no longer is off the list of those that can ([`Self::CannotTurn`]).
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// There is no such thing here.
    #[error("there is no such {0} here: it may be on another device; sync and look again")]
    NotFound(&'static str),
    /// The identity's role does not allow it.
    #[error("you may not do that here: it takes the role {needed}")]
    Forbidden {
        /// The role that it takes.
        needed: &'static str,
    },
    /// Nobody lets the relay sign for this identity there.
    #[error(
        "no statement lets this relay sign for you there: an owner of the list says so when they connect an agent (`poo agent connect`), and a person for their own lists with `poo ticket create`"
    )]
    NotWitnessed,
    /// Only its own signature will do.
    #[error("this takes a signature of your own: do it on one of your devices")]
    OwnSignature,
    /// Somebody has to own a list.
    #[error(
        "you are the only owner of this list: pass it on to a member first, or delete it instead"
    )]
    OnlyOwner,
    /// An owner cannot take this from somebody who came before them.
    #[error(
        "they own this list from before you, so only they can give that up: ask them to pass it on or to leave"
    )]
    Outranked,
    /// A value is not acceptable.
    #[error("{field}: {reason}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A relay is needed and none is known.
    #[error("this needs a relay: set one up and sync once, so that it is known who it is")]
    NoRelay,
    /// The identity secret is needed and rests on another device.
    #[error("this needs the identity's own key, and it rests on another device: do it there")]
    NoIdentitySecret,
    /// The document has no room for it, or the engine's own rules refuse it.
    #[error("the change cannot be made: {0}")]
    Refused(#[from] Refusal),
    /// The action that was to be taken back, or to be made again, cannot be any more. It is off the
    /// list of those that can: the next time the one before it is meant.
    #[error(
        "{action} cannot be {} any more: {reason}. The next time the action before it is meant",
        if *back { "taken back" } else { "made again" }
    )]
    CannotTurn {
        /// The command that it was, by its name.
        action: String,
        /// Whether it was to be taken back.
        back: bool,
        /// Why not.
        reason: Box<CommandError>,
    },
    /// A statement cannot be made.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for CommandError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl CommandError {
    pub(crate) fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            reason: reason.into(),
        }
    }
}

/// A query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// There is no such thing here.
    #[error("there is no {what} `{text}` here")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// By which words.
        text: String,
    },
    /// Several things fit.
    #[error("`{text}` can mean several {what}s: {}", candidates.join(", "))]
    Ambiguous {
        /// What was looked for.
        what: &'static str,
        /// By which words.
        text: String,
        /// What fits.
        candidates: Vec<String>,
    },
    /// A value is not acceptable.
    #[error("{field}: {reason}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for QueryError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}
