//! Writing a change: the fewest operations that say what a command means.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::StoreError;
use super::actors::Actors;
use super::documents::DocumentRow;
use super::held::{Held, HeldValue, field};
use super::ops::{Kind, text_runs};
use crate::document::{Action, ActorId, Change, EncodedChange, Key, ObjectId, Op, OpId, Scalar};

/// An object that a draft writes to: one of the document, or one that the draft makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Target {
    pub(super) id: OpId,
    /// Where it is stored, if it is.
    pub(super) row: Option<i64>,
}

/// A change in the making.
pub(crate) struct Draft<'a> {
    pub(super) conn: &'a Connection,
    pub(super) document: &'a DocumentRow,
    pub(super) actors: &'a Actors,
    actor: ActorId,
    start_op: u64,
    ops: Vec<Op>,
    /// What the draft itself put where.
    written: BTreeMap<(OpId, String), Vec<OpId>>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(
        conn: &'a Connection,
        document: &'a DocumentRow,
        actors: &'a Actors,
        actor: ActorId,
    ) -> Self {
        Self {
            conn,
            document,
            actors,
            actor,
            start_op: document.max_op + 1,
            ops: Vec::new(),
            written: BTreeMap::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// How many operations it has.
    pub(crate) fn len(&self) -> usize {
        self.ops.len()
    }

    /// The object that the draft itself made in a field.
    pub(crate) fn made(&self, target: Target, key: &str) -> Option<Target> {
        match self.written.get(&(target.id, key.to_owned()))?.as_slice() {
            [id] => Some(Target { id: *id, row: None }),
            _ => None,
        }
    }

    /// A stored object, by its row.
    pub(crate) fn stored(&self, row: i64) -> Result<Target, StoreError> {
        let (counter, actor): (i64, i64) = self
            .conn
            .prepare_cached("SELECT ctr, actor FROM object WHERE id = ?1")?
            .query_row(params![row], |r| Ok((r.get(0)?, r.get(1)?)))?;
        Ok(Target {
            id: self.op_id(counter.unsigned_abs(), actor)?,
            row: Some(row),
        })
    }

    fn op_id(&self, counter: u64, actor: i64) -> Result<OpId, StoreError> {
        let actor = self
            .actors
            .by_row(actor)
            .ok_or_else(|| StoreError::Damaged("an operation without an actor".into()))?;
        Ok(OpId {
            counter,
            actor: actor.id,
        })
    }

    pub(super) fn push(
        &mut self,
        object: OpId,
        key: Key,
        action: Action,
        insert: bool,
        pred: Vec<OpId>,
    ) -> OpId {
        let id = OpId {
            counter: self.start_op + self.ops.len() as u64,
            actor: self.actor,
        };
        self.ops.push(Op {
            id,
            object: ObjectId::Made(object),
            key,
            action,
            insert,
            pred,
        });
        id
    }

    /// What a field holds now: by the draft if it wrote there, else by the document.
    fn held(&self, target: Target, key: &str) -> Result<(Vec<OpId>, Vec<Held>), StoreError> {
        if let Some(ids) = self.written.get(&(target.id, key.to_owned())) {
            return Ok((ids.clone(), Vec::new()));
        }
        let Some(row) = target.row else {
            return Ok((Vec::new(), Vec::new()));
        };
        let held = field(self.conn, row, key, self.actors)?;
        let mut ids = Vec::with_capacity(held.len());
        for value in &held {
            ids.push(self.op_id(value.counter, value.actor)?);
        }
        ids.sort_unstable();
        Ok((ids, held))
    }

    /// Sets a field. Nothing is written if it holds just that value already.
    pub(crate) fn put(
        &mut self,
        target: Target,
        key: &str,
        value: Scalar,
    ) -> Result<(), StoreError> {
        let (pred, held) = self.held(target, key)?;
        if let [only] = held.as_slice()
            && only.value == HeldValue::Scalar(value.clone())
        {
            return Ok(());
        }
        let id = self.push(
            target.id,
            Key::Map(key.to_owned()),
            Action::Put(value),
            false,
            pred,
        );
        self.written.insert((target.id, key.to_owned()), vec![id]);
        Ok(())
    }

    /// Sets a text field of which absence means `default`: that is written only over another
    /// value.
    pub(crate) fn put_or_default(
        &mut self,
        target: Target,
        key: &str,
        value: &str,
        default: &str,
    ) -> Result<(), StoreError> {
        if value == default && !self.is_set(target, key)? {
            return Ok(());
        }
        self.put(target, key, Scalar::Str(value.to_owned()))
    }

    /// Whether a field holds anything.
    pub(crate) fn is_set(&self, target: Target, key: &str) -> Result<bool, StoreError> {
        Ok(!self.held(target, key)?.0.is_empty())
    }

    /// Whether a field holds just this value.
    pub(crate) fn holds(
        &self,
        target: Target,
        key: &str,
        value: &Scalar,
    ) -> Result<bool, StoreError> {
        let (_, held) = self.held(target, key)?;
        Ok(matches!(held.as_slice(), [only] if only.value == HeldValue::Scalar(value.clone())))
    }

    /// Empties a field. Nothing is written if it is empty.
    pub(crate) fn delete(&mut self, target: Target, key: &str) -> Result<(), StoreError> {
        let (pred, _) = self.held(target, key)?;
        if !pred.is_empty() {
            self.push(
                target.id,
                Key::Map(key.to_owned()),
                Action::Delete,
                false,
                pred,
            );
            self.written.insert((target.id, key.to_owned()), Vec::new());
        }
        Ok(())
    }

    /// Makes a map in a field.
    pub(crate) fn make_map(&mut self, target: Target, key: &str) -> Result<Target, StoreError> {
        self.make(target, key, Action::MakeMap)
    }

    /// Makes a text in a field.
    pub(crate) fn make_text(&mut self, target: Target, key: &str) -> Result<Target, StoreError> {
        self.make(target, key, Action::MakeText)
    }

    fn make(&mut self, target: Target, key: &str, action: Action) -> Result<Target, StoreError> {
        let (pred, _) = self.held(target, key)?;
        let id = self.push(target.id, Key::Map(key.to_owned()), action, false, pred);
        self.written.insert((target.id, key.to_owned()), vec![id]);
        Ok(Target { id, row: None })
    }

    /// Types a text into an object that this draft made.
    pub(crate) fn type_new(&mut self, text: Target, value: &str) {
        let mut at = Key::Head;
        for c in value.chars() {
            let value = Scalar::Str(c.to_string());
            at = Key::Element(self.push(text.id, at, Action::Put(value), true, Vec::new()));
        }
    }

    /// Makes a text field hold `value`, writing only the characters that differ. A field that
    /// holds no text object yet gets one.
    pub(crate) fn edit_text(
        &mut self,
        target: Target,
        key: &str,
        value: &str,
    ) -> Result<(), StoreError> {
        let (_, held) = self.held(target, key)?;
        let object = match held.first() {
            Some(Held {
                counter,
                actor,
                value: HeldValue::Made(Kind::Text),
            }) => {
                let row = super::ops::find_object(self.conn, self.document.row, *counter, *actor)?;
                row.map(|object| (object.row, self.op_id(*counter, *actor)))
            }
            _ => None,
        };
        let Some((row, id)) = object else {
            let text = self.make_text(target, key)?;
            self.type_new(text, value);
            return Ok(());
        };
        let text = id?;
        let runs = text_runs(self.conn, row)?;
        let visible = runs.visible();
        let mut elements = Vec::with_capacity(visible.len());
        let mut old = Vec::with_capacity(visible.len());
        for (element, chars) in visible {
            elements.push(self.op_id(element.counter, element.actor)?);
            old.push(chars);
        }
        let new: Vec<String> = value.chars().map(String::from).collect();
        for step in capture_diff_slices(Algorithm::Myers, &old, &new) {
            let (old_range, new_range) = match step {
                DiffOp::Equal { .. } => continue,
                DiffOp::Delete {
                    old_index, old_len, ..
                } => (old_index..old_index + old_len, 0..0),
                DiffOp::Insert {
                    old_index,
                    new_index,
                    new_len,
                } => (old_index..old_index, new_index..new_index + new_len),
                DiffOp::Replace {
                    old_index,
                    old_len,
                    new_index,
                    new_len,
                } => (
                    old_index..old_index + old_len,
                    new_index..new_index + new_len,
                ),
            };
            let before = old_range.start.checked_sub(1).and_then(|i| elements.get(i));
            let mut at = before.map_or(Key::Head, |id| Key::Element(*id));
            for c in new.get(new_range).unwrap_or_default() {
                let value = Scalar::Str(c.clone());
                at = Key::Element(self.push(text, at, Action::Put(value), true, Vec::new()));
            }
            for id in elements.get(old_range).unwrap_or_default() {
                self.push(text, Key::Element(*id), Action::Delete, false, vec![*id]);
            }
        }
        Ok(())
    }

    /// The finished change, on top of everything that is in the document.
    pub(crate) fn finish(self, now_s: i64) -> EncodedChange {
        let previous = self.actors.get(&self.actor);
        let mut deps = self.document.heads.clone();
        if let Some(hash) = previous.and_then(|actor| actor.hash)
            && !deps.contains(&hash)
        {
            deps.push(hash);
        }
        deps.sort_unstable();
        Change {
            actor: self.actor,
            seq: previous.map_or(0, |actor| actor.seq) + 1,
            start_op: self.start_op,
            time_s: now_s,
            message: None,
            deps,
            ops: self.ops,
        }
        .encode()
    }
}
