//! Changes: the unit of history. Writing them, and reading what the audit let through.

use core::num::NonZeroU64;

use automerge::legacy;
use automerge::{ExpandedChange, ObjType, ScalarValue};

use super::{Action, ActorId, ChangeHash, Key, ObjectId, Op, OpId, Scalar};

/// A change in its decoded form.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Who made it.
    pub actor: ActorId,
    /// Its place in the actor's history, from 1.
    pub seq: u64,
    /// The counter of its first operation.
    pub start_op: u64,
    /// When its author claims to have made it, in seconds since 1970-01-01T00:00Z.
    pub time_s: i64,
    /// What its author called it.
    pub message: Option<String>,
    /// The changes that it builds on, ordered.
    pub deps: Vec<ChangeHash>,
    /// What it does.
    pub ops: Vec<Op>,
}

/// A change with its bytes, canonical and within every limit. Only [`Change::encode`] and
/// [`EncodedChange::audit`] make one.
#[derive(Debug, Clone, PartialEq)]
pub struct EncodedChange {
    pub(super) change: Change,
    pub(super) hash: ChangeHash,
    pub(super) bytes: Vec<u8>,
}

impl EncodedChange {
    /// The decoded form.
    #[must_use]
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// The hash that names it.
    #[must_use]
    pub fn hash(&self) -> ChangeHash {
        self.hash
    }

    /// The plain change chunk (Automerge binary format, chunk type 1).
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Change {
    /// The counter of the last operation; one less than `start_op` for an empty change.
    #[must_use]
    pub fn max_op(&self) -> u64 {
        self.start_op.saturating_sub(1) + self.ops.len() as u64
    }

    /// Encodes the change as Automerge does.
    #[must_use]
    pub fn encode(self) -> EncodedChange {
        let (bytes, hash) = self.automerge_bytes();
        EncodedChange {
            change: self,
            hash,
            bytes,
        }
    }

    /// The canonical bytes and hash, by Automerge's own encoder.
    pub(super) fn automerge_bytes(&self) -> (Vec<u8>, ChangeHash) {
        let expanded = ExpandedChange {
            operations: self.ops.iter().map(to_legacy).collect(),
            actor_id: to_actor(&self.actor),
            hash: None,
            seq: self.seq,
            start_op: NonZeroU64::new(self.start_op).unwrap_or(NonZeroU64::MIN),
            time: self.time_s,
            message: self.message.clone(),
            deps: self
                .deps
                .iter()
                .map(|hash| automerge::ChangeHash(hash.0))
                .collect(),
            extra_bytes: Vec::new(),
            author: None,
        };
        let change = automerge::Change::from(expanded);
        (change.raw_bytes().to_vec(), ChangeHash(change.hash().0))
    }
}

fn to_actor(actor: &ActorId) -> automerge::ActorId {
    automerge::ActorId::from(actor.as_bytes())
}

fn to_op_id(id: &OpId) -> legacy::OpId {
    legacy::OpId(id.counter, to_actor(&id.actor))
}

fn to_legacy(op: &Op) -> legacy::Op {
    legacy::Op {
        action: match &op.action {
            Action::MakeMap => legacy::OpType::Make(ObjType::Map),
            Action::MakeList => legacy::OpType::Make(ObjType::List),
            Action::MakeText => legacy::OpType::Make(ObjType::Text),
            Action::Put(value) => legacy::OpType::Put(to_scalar(value)),
            Action::Increment(by) => legacy::OpType::Increment(*by),
            Action::Delete => legacy::OpType::Delete,
        },
        obj: match &op.object {
            ObjectId::Root => legacy::ObjectId::Root,
            ObjectId::Made(id) => legacy::ObjectId::Id(to_op_id(id)),
        },
        key: match &op.key {
            Key::Map(key) => legacy::Key::Map(key.as_str().into()),
            Key::Head => legacy::Key::Seq(legacy::ElementId::Head),
            Key::Element(id) => legacy::Key::Seq(legacy::ElementId::Id(to_op_id(id))),
        },
        pred: op.pred.iter().map(to_op_id).collect::<Vec<_>>().into(),
        insert: op.insert,
    }
}

fn to_scalar(value: &Scalar) -> ScalarValue {
    match value {
        Scalar::Null => ScalarValue::Null,
        Scalar::Bool(b) => ScalarValue::Boolean(*b),
        Scalar::Int(i) => ScalarValue::Int(*i),
        Scalar::Uint(u) => ScalarValue::Uint(*u),
        Scalar::F64(f) => ScalarValue::F64(*f),
        Scalar::Str(s) => ScalarValue::Str(s.as_str().into()),
        Scalar::Timestamp(t) => ScalarValue::Timestamp(*t),
        Scalar::Bytes(b) => ScalarValue::Bytes(b.clone()),
        Scalar::Counter(start) => ScalarValue::counter(*start),
    }
}
