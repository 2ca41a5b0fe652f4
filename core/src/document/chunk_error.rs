//! Why a document chunk is refused, or cannot be built.

use super::columns::ColumnFault;
use super::frame::FrameError;
use super::layout::LayoutFault;
use super::leb::ReadFault;
use super::{ChangeError, ChangeHash};

/// Why bytes are no document that this engine takes, or changes make none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// The bytes are not exactly one document chunk.
    #[error("not a document: {0}")]
    Frame(#[from] FrameError),
    /// Something is larger than its limit.
    #[error(
        "the {what} of the document are {found}, above the limit of {max}: fetch its changes in parts instead"
    )]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is, as far as it was read.
        found: u64,
        /// How large it may be.
        max: u64,
    },
    /// A field of the header cannot be read.
    #[error("the {field} of the document cannot be read ({fault}): fetch it again")]
    Field {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        fault: ReadFault,
    },
    /// An actor has fewer than 16 or more than 32 bytes.
    #[error(
        "an actor has {found} bytes and needs 16 to 32: this document was not written for this engine"
    )]
    ActorLength {
        /// How many bytes it has.
        found: u64,
    },
    /// Actors or heads are not in ascending order, or one stands twice.
    #[error("the {field} of the document are out of order: the peer that wrote it is faulty")]
    Order {
        /// Which of them.
        field: &'static str,
    },
    /// The list of columns cannot be taken.
    #[error("{0}")]
    Layout(#[from] LayoutFault),
    /// A deflated column cannot be inflated.
    #[error("column {column} cannot be inflated: fetch the document again")]
    Inflate {
        /// Which column.
        column: u32,
    },
    /// A column of the list of changes cannot be decoded.
    #[error("the column of {column} cannot be decoded ({fault}): fetch the document again")]
    Column {
        /// Which column.
        column: &'static str,
        /// What is wrong with it.
        fault: ColumnFault,
    },
    /// An entry in the list of changes makes no sense.
    #[error("change {index} of the document {fault}: the peer that wrote it is faulty")]
    Entry {
        /// Its place in the document, from 0.
        index: usize,
        /// What is wrong with it.
        fault: EntryFault,
    },
    /// The rows of operations cannot be taken.
    #[error("in the document: {0}")]
    Rows(ChangeError),
    /// A change that the document holds is refused.
    #[error("change {index} of the document: {error}")]
    Change {
        /// Its place in the document, from 0.
        index: usize,
        /// What is wrong with it.
        error: ChangeError,
    },
    /// The changes in the document do not end in the heads that it names.
    #[error("the content of the document is not what its heads name: fetch it from another peer")]
    Heads,
    /// Changes are missing that others build on.
    #[error("change {0:?} is missing: give every change that others build on")]
    MissingDependency(ChangeHash),
    /// Automerge refuses a change.
    #[error("Automerge refuses the changes ({0}): check the database")]
    Refused(String),
    /// Automerge crashed over the changes.
    #[error("Automerge crashed over the changes: check the database")]
    Crashed,
}

/// What can be wrong with an entry in the list of changes. Each text continues "change 3 of the
/// document ...".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// It names an actor that the document does not list.
    #[error("names an actor that the document does not list")]
    UnknownActor,
    /// It is not the next one of its actor.
    #[error("is not the next one of its actor")]
    Sequence,
    /// It counts back, or further than counters go.
    #[error("counts back, or further than counters go")]
    Counter,
    /// It builds on itself, on a later change, or on none that is here.
    #[error("builds on a change that does not come before it")]
    Dependency,
    /// It carries bytes behind its operations, such as Automerge's author.
    #[error("carries bytes behind its operations, such as an author")]
    ExtraBytes,
    /// An operation stands in it twice, or one is missing.
    #[error("has an operation twice, or misses one")]
    Operations,
    /// An operation overwrites or deletes something in another place.
    #[error("overwrites something in another place than its own")]
    Successor,
}

impl ChunkError {
    /// Whether the document may be sound Automerge that this engine has no use for, rather than
    /// damaged or hostile.
    #[must_use]
    pub const fn is_unsupported(&self) -> bool {
        match self {
            Self::Rows(error) | Self::Change { error, .. } => error.is_unsupported(),
            Self::ActorLength { .. } | Self::Layout(LayoutFault::Unknown(_)) => true,
            Self::Entry { fault, .. } => matches!(fault, EntryFault::ExtraBytes),
            _ => false,
        }
    }

    /// A short name of the fault that stays the same from version to version.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Frame(frame) => frame.code(),
            Self::TooLarge { .. } => "too_large",
            Self::Field { .. } => "field",
            Self::ActorLength { .. } => "actor_length",
            Self::Order { .. } => "order",
            Self::Layout(_) => "layout",
            Self::Inflate { .. } => "inflate",
            Self::Column { .. } => "column",
            Self::Entry { .. } => "entry",
            Self::Rows(error) | Self::Change { error, .. } => error.code(),
            Self::Heads => "heads",
            Self::MissingDependency(_) => "missing_dependency",
            Self::Refused(_) => "refused",
            Self::Crashed => "crashed",
        }
    }
}
