//! The audit of foreign bytes: what it takes before a change is believed to be one.

use automerge::legacy;
use automerge::{ExpandedChange, ObjType, ScalarValue};

use super::{Action, ActorId, Change, ChangeHash, EncodedChange, Key, ObjectId, Op, OpId, Scalar};

/// Why bytes are no change that this engine takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The bytes are no change chunk.
    #[error("not a change: {0}")]
    Malformed(&'static str),
}

impl EncodedChange {
    /// Audits the bytes of a foreign change.
    ///
    /// # Errors
    /// [`ChangeError`] says which check failed.
    pub fn audit(bytes: &[u8]) -> Result<Self, ChangeError> {
        let stored = automerge::Change::from_bytes(bytes.to_vec())
            .map_err(|_| ChangeError::Malformed("unreadable"))?;
        let change = from_expanded(&stored.decode())?;
        let (canonical, hash) = change.automerge_bytes();
        if canonical != bytes {
            return Err(ChangeError::Malformed("not in canonical form"));
        }
        Ok(Self {
            change,
            hash,
            bytes: canonical,
        })
    }
}

fn from_expanded(e: &ExpandedChange) -> Result<Change, ChangeError> {
    let actor = from_actor(&e.actor_id)?;
    let mut ops = Vec::with_capacity(e.operations.len());
    for (index, op) in e.operations.iter().enumerate() {
        ops.push(Op {
            id: OpId {
                counter: e.start_op.get() + index as u64,
                actor,
            },
            object: match &op.obj {
                legacy::ObjectId::Root => ObjectId::Root,
                legacy::ObjectId::Id(id) => ObjectId::Made(from_op_id(id)?),
            },
            key: match &op.key {
                legacy::Key::Map(key) => Key::Map(key.to_string()),
                legacy::Key::Seq(legacy::ElementId::Head) => Key::Head,
                legacy::Key::Seq(legacy::ElementId::Id(id)) => Key::Element(from_op_id(id)?),
            },
            action: match &op.action {
                legacy::OpType::Make(ObjType::Map) => Action::MakeMap,
                legacy::OpType::Make(ObjType::Text) => Action::MakeText,
                legacy::OpType::Put(value) => Action::Put(match value {
                    ScalarValue::Null => Scalar::Null,
                    ScalarValue::Boolean(b) => Scalar::Bool(*b),
                    ScalarValue::Int(i) => Scalar::Int(*i),
                    ScalarValue::Uint(u) => Scalar::Uint(*u),
                    ScalarValue::F64(f) => Scalar::F64(*f),
                    ScalarValue::Str(s) => Scalar::Str(s.to_string()),
                    ScalarValue::Timestamp(t) => Scalar::Timestamp(*t),
                    ScalarValue::Bytes(b) => Scalar::Bytes(b.clone()),
                    _ => return Err(ChangeError::Malformed("value")),
                }),
                legacy::OpType::Delete => Action::Delete,
                _ => return Err(ChangeError::Malformed("action")),
            },
            insert: op.insert,
            pred: op.pred.iter().map(from_op_id).collect::<Result<_, _>>()?,
        });
    }
    Ok(Change {
        actor,
        seq: e.seq,
        start_op: e.start_op.get(),
        time_s: e.time,
        message: e.message.clone(),
        deps: e.deps.iter().map(|h| ChangeHash(h.0)).collect(),
        ops,
    })
}

fn from_actor(actor: &automerge::ActorId) -> Result<ActorId, ChangeError> {
    ActorId::try_from(actor.to_bytes()).map_err(|_| ChangeError::Malformed("actor"))
}

fn from_op_id(id: &legacy::OpId) -> Result<OpId, ChangeError> {
    Ok(OpId {
        counter: id.0,
        actor: from_actor(&id.1)?,
    })
}
