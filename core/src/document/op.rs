//! Operations as this engine sees them: Automerge's, without tables and marks.

use core::cmp::Ordering;

use super::ActorId;

/// The id of an operation: a Lamport counter and the actor that made it. Ids order first by
/// counter, then by the bytes of the actor; the larger of two concurrent writes wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OpId {
    /// The Lamport counter, from 1.
    pub counter: u64,
    /// Who made the operation.
    pub actor: ActorId,
}

impl Ord for OpId {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.counter, self.actor).cmp(&(other.counter, other.actor))
    }
}

impl PartialOrd for OpId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The object that an operation works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectId {
    /// The document's top-level map.
    Root,
    /// The object that this operation made.
    Made(OpId),
}

/// Where in its object an operation works.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// An entry of a map.
    Map(String),
    /// The beginning of a list or text: only an insertion can name it.
    Head,
    /// An element of a list or text, by the operation that inserted it.
    Element(OpId),
}

/// A scalar value.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer (JS clients never write it, Rust ones do).
    Uint(u64),
    /// A double.
    F64(f64),
    /// A text that is replaced as a whole.
    Str(String),
    /// A time in milliseconds since 1970-01-01T00:00Z.
    Timestamp(i64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A number that is counted up and down from this one, by everybody at once.
    Counter(i64),
}

impl Scalar {
    /// The text, if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The number or time, if this is a whole one.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(i) | Self::Timestamp(i) => Some(*i),
            Self::Uint(u) => i64::try_from(*u).ok(),
            _ => None,
        }
    }
}

/// What an operation does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Makes a map.
    MakeMap,
    /// Makes a list.
    MakeList,
    /// Makes a text.
    MakeText,
    /// Sets a value, or inserts it into a list or text.
    Put(Scalar),
    /// Adds to the counters that its predecessors put.
    Increment(i64),
    /// Removes what its predecessors put.
    Delete,
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Op {
    /// Its id: the change's first counter plus its place in the change.
    pub id: OpId,
    /// The object it works on.
    pub object: ObjectId,
    /// Where in the object.
    pub key: Key,
    /// What it does.
    pub action: Action,
    /// Whether it inserts a new element behind `key`.
    pub insert: bool,
    /// The operations that it overwrites, ordered.
    pub pred: Vec<OpId>,
}
