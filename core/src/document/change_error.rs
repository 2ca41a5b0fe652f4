//! Why a foreign change is refused.

use super::columns::ColumnFault;
use super::frame::FrameError;
use super::layout::LayoutFault;
use super::leb::ReadFault;

/// Why bytes are no change that this engine takes. A refusal is final: the same bytes are refused
/// again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The bytes are not exactly one change chunk.
    #[error("not a change: {0}")]
    Frame(#[from] FrameError),
    /// The change is deflated (chunk type 2).
    #[error("the change is deflated: send it plain (chunk type 1)")]
    Deflated,
    /// Something is larger than its limit.
    #[error(
        "the {what} of the change are {found}, above the limit of {max}: split it into several changes"
    )]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        found: u64,
        /// How large it may be.
        max: u64,
    },
    /// A field of the header cannot be read.
    #[error("the {field} of the change cannot be read ({fault}): fetch it again")]
    Field {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        fault: ReadFault,
    },
    /// A number in the header is outside what it may be.
    #[error(
        "the {field} of the change is {found}, which it may not be: the client that wrote it is faulty"
    )]
    Range {
        /// Which field.
        field: &'static str,
        /// Its value.
        found: i128,
    },
    /// The change's own note about itself is not UTF-8.
    #[error("the message of the change is not UTF-8: the client that wrote it is faulty")]
    NoteUtf8,
    /// The dependencies are not in ascending order, or one stands twice.
    #[error("the dependencies of the change are out of order: the client that wrote it is faulty")]
    DepsOrder,
    /// An actor has fewer than 16 or more than 32 bytes.
    #[error(
        "an actor has {found} bytes and needs 16 to 32: the client that wrote the change is faulty"
    )]
    ActorLength {
        /// How many bytes it has.
        found: u64,
    },
    /// The other actors are not in ascending order, or one stands twice or is the author.
    #[error("the list of other actors is out of order: the client that wrote the change is faulty")]
    ActorsOrder,
    /// An actor is listed that no operation names.
    #[error(
        "an actor is listed that no operation names: the client that wrote the change is faulty"
    )]
    ActorUnused,
    /// The list of columns cannot be taken.
    #[error("{0}")]
    Layout(#[from] LayoutFault),
    /// A column cannot be decoded.
    #[error("the column of {column} cannot be decoded ({fault}): fetch the change again")]
    Column {
        /// Which column.
        column: &'static str,
        /// What is wrong with it.
        fault: ColumnFault,
    },
    /// An operation makes no sense.
    #[error("operation {index} of the change {fault}: the client that wrote it is faulty")]
    Op {
        /// Its place in the change, from 0.
        index: usize,
        /// What is wrong with it.
        fault: OpFault,
    },
    /// A deflated change cannot be inflated.
    #[error("the change cannot be inflated: the bytes were damaged, fetch them again")]
    Inflate,
    /// The change uses a part of Automerge that this engine does not have.
    #[error("{0}")]
    Unsupported(#[from] Unsupported),
    /// The bytes say in another way what Automerge would have written.
    #[error("the change is not written as Automerge writes it: the client that wrote it is faulty")]
    NotCanonical,
}

impl ChangeError {
    /// Whether the change may be sound Automerge that this engine has no use for, rather than
    /// damaged or hostile.
    #[must_use]
    pub const fn is_unsupported(&self) -> bool {
        matches!(
            self,
            Self::Unsupported(_)
                | Self::Deflated
                | Self::ActorLength { .. }
                | Self::Layout(LayoutFault::Unknown(_))
        )
    }

    /// A short name of the fault that stays the same from version to version.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Frame(frame) => frame.code(),
            Self::Deflated => "deflated",
            Self::TooLarge { .. } => "too_large",
            Self::Field { .. } => "field",
            Self::Range { .. } => "range",
            Self::NoteUtf8 => "note_utf8",
            Self::DepsOrder => "deps_order",
            Self::ActorLength { .. } => "actor_length",
            Self::ActorsOrder => "actors_order",
            Self::ActorUnused => "actor_unused",
            Self::Layout(_) => "layout",
            Self::Column { .. } => "column",
            Self::Op { .. } => "op",
            Self::Inflate => "inflate",
            Self::Unsupported(_) => "unsupported",
            Self::NotCanonical => "not_canonical",
        }
    }
}

/// What can be wrong with one operation. Each text continues "operation 3 of the change ...".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpFault {
    /// It names an actor that the change does not list.
    #[error("names an actor that the change does not list")]
    UnknownActor,
    /// It names another operation by half an id.
    #[error("names another operation by half an id")]
    HalfId,
    /// It builds on itself or on a later operation.
    #[error("builds on itself or on a later operation")]
    Ahead,
    /// It has no key.
    #[error("has no key")]
    NoKey,
    /// It has the key of a map and an element of a text.
    #[error("has two keys")]
    TwoKeys,
    /// It has an empty key.
    #[error("has an empty key")]
    EmptyKey,
    /// It takes the top-level map for a text.
    #[error("takes the top-level map for a text")]
    ElementOfRoot,
    /// It inserts at the key of a map.
    #[error("inserts into a map")]
    InsertIntoMap,
    /// It writes to the head of a text without inserting.
    #[error("overwrites the head of a text")]
    HeadOverwritten,
    /// It inserts and deletes at once.
    #[error("inserts a deletion")]
    InsertedDelete,
    /// It inserts and overwrites at once.
    #[error("inserts and overwrites at once")]
    InsertWithPred,
    /// It deletes nothing, or counts where no counter is.
    #[error("deletes or counts nothing")]
    DeleteOfNothing,
    /// Its predecessors are not in ascending order, or one stands twice.
    #[error("lists its predecessors out of order")]
    PredOrder,
    /// It has a value without putting one.
    #[error("has a value without putting one")]
    StrayValue,
    /// It adds something that is no whole number to a counter.
    #[error("adds something that is no whole number to a counter")]
    NotANumber,
}

/// The parts of Automerge that this engine does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// A table.
    #[error("the change makes a table: use a map")]
    Table,
    /// A mark on a text.
    #[error("the change marks a text: texts are plain")]
    Mark,
    /// A kind of operation that this version does not know.
    #[error("this version does not know operations of kind {0}: update it")]
    Action(u64),
    /// A type of value that this version does not know.
    #[error("this version does not know values of type {0}: update it")]
    ValueType(u8),
    /// Bytes behind the operations, such as Automerge's author.
    #[error(
        "{0} bytes stand behind the operations: commit without an author, who wrote is signed beside the change"
    )]
    ExtraBytes(usize),
}
