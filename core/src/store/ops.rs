//! The operation index: which operations hold the value of each field, without a loaded
//! document. Applying a change here checks that every operation fits what it refers to.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::actors::Actors;
use super::clock::{Clock, max_op_at};
use super::documents::DocumentRow;
use super::text::{ElementId, TextRuns};
use super::{StoreError, value};
use crate::document::{Action, Change, DocumentKind, Key, ObjectId, OpId, Scalar};

/// Why an operation does not fit the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpError {
    /// The object does not exist in what the change builds on.
    #[error("it works on an object that is not there")]
    UnknownObject,
    /// A map key on a text, or a text position on a map.
    #[error("its key does not fit its object")]
    WrongKey,
    /// It overwrites an operation that is not there, or not on the same field.
    #[error("it overwrites something that is not there")]
    UnknownPred,
    /// It names a character that is not there.
    #[error("it names a character that is not there")]
    UnknownElement,
    /// It would replace a top-level map.
    #[error("it would replace a top-level map, and those are fixed")]
    FixedRoot,
    /// A text holds characters only; characters are inserted and deleted.
    #[error("a text takes insertions and deletions of characters only")]
    NotText,
    /// A list or a counter in a document whose kind has none.
    #[error("documents of this kind have maps, texts and plain values only")]
    NotOfKind,
    /// It counts where no counter is.
    #[error("it counts where no counter is")]
    NotCounter,
}

/// Applying a change failed: it does not fit, or the database failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplyError {
    #[error(transparent)]
    Op(#[from] OpError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for ApplyError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Map,
    Text,
    List,
}

impl Kind {
    /// As it is stored with an object; with an operation it is one more, for 0 is a scalar.
    const fn code(self) -> i64 {
        match self {
            Self::Map => 0,
            Self::Text => 1,
            Self::List => 2,
        }
    }

    pub(super) const fn from_code(code: i64) -> Self {
        match code {
            1 => Self::Text,
            2 => Self::List,
            _ => Self::Map,
        }
    }
}

/// An object as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) row: i64,
    pub(crate) parent: i64,
    pub(crate) key: String,
    pub(crate) kind: Kind,
}

/// Finds an object by the operation that made it; `(0, 0)` is the root.
pub(crate) fn find_object(
    conn: &Connection,
    doc: i64,
    counter: u64,
    actor: i64,
) -> Result<Option<Object>, StoreError> {
    let found = conn
        .prepare_cached(
            "SELECT id, parent, key, kind FROM object WHERE doc = ?1 AND ctr = ?2 AND actor = ?3",
        )?
        .query_row(params![doc, counter as i64, actor], |row| {
            Ok(Object {
                row: row.get(0)?,
                parent: row.get(1)?,
                key: row.get(2)?,
                kind: Kind::from_code(row.get(3)?),
            })
        })
        .optional()?;
    Ok(found)
}

/// The text of a text object.
pub(crate) fn text_runs(conn: &Connection, object: i64) -> Result<TextRuns, StoreError> {
    let bytes: Option<Vec<u8>> = conn
        .prepare_cached("SELECT runs FROM text WHERE obj = ?1")?
        .query_row(params![object], |row| row.get(0))
        .optional()?;
    match bytes {
        None => Ok(TextRuns::default()),
        Some(bytes) => minicbor::decode(&bytes)
            .map_err(|_| StoreError::Damaged("a text cannot be read".into())),
    }
}

/// The key under which an element of a list stands.
fn element_key(counter: u64, actor: i64) -> String {
    format!("{counter}@{actor}")
}

/// A map entry or a text that operations touched: what read models look at again.
pub(crate) type Touched = BTreeSet<(i64, String)>;

/// Applies changes to the index of one document.
pub(crate) struct Applier<'a> {
    conn: &'a Connection,
    doc: i64,
    /// Any shape goes, the root included.
    any_shape: bool,
    objects: BTreeMap<(u64, i64), Object>,
    texts: BTreeMap<i64, TextRuns>,
    /// Which operations of which actors are in the past: actor row -> last counter.
    past: BTreeMap<i64, u64>,
    /// Where the histories that were asked for end: actor row and seq -> last counter.
    ends: BTreeMap<(i64, u64), u64>,
    pub(crate) touched: Touched,
}

impl<'a> Applier<'a> {
    pub(crate) fn new(conn: &'a Connection, document: &DocumentRow) -> Self {
        Self {
            conn,
            doc: document.row,
            any_shape: document.kind == DocumentKind::Plain,
            objects: BTreeMap::new(),
            texts: BTreeMap::new(),
            past: BTreeMap::new(),
            ends: BTreeMap::new(),
            touched: Touched::new(),
        }
    }

    /// Checks and applies every operation of `change`, by actor `row`, whose causal past is
    /// `clock` (itself included). On an error the caller rolls back to before the change and
    /// calls [`Self::forget`].
    pub(crate) fn apply(
        &mut self,
        row: i64,
        change: &Change,
        clock: &Clock,
        actors: &Actors,
        birth: bool,
    ) -> Result<(), ApplyError> {
        self.past.clear();
        for op in &change.ops {
            let object = match op.object {
                ObjectId::Root if !birth && !self.any_shape => {
                    return Err(OpError::FixedRoot.into());
                }
                ObjectId::Root => self.object(0, 0)?,
                ObjectId::Made(id) => {
                    let made_by = self.known(row, change, op.id.counter, id, clock, actors)?;
                    let made_by = made_by.ok_or(OpError::UnknownObject)?;
                    self.object(id.counter, made_by)?
                }
            }
            .ok_or(OpError::UnknownObject)?;
            let mut preds = Vec::with_capacity(op.pred.len());
            for pred in &op.pred {
                let actor = self
                    .known(row, change, op.id.counter, *pred, clock, actors)?
                    .ok_or(OpError::UnknownPred)?;
                preds.push(ElementId {
                    counter: pred.counter,
                    actor,
                });
            }
            match (object.kind, &op.key) {
                (Kind::Map, Key::Map(key)) if !op.insert => {
                    self.apply_to_map(row, &object, key, op.id.counter, &op.action, &preds)?;
                }
                (Kind::List, Key::Head | Key::Element(_)) => {
                    let named = match op.key {
                        Key::Element(id) => {
                            let actor = self
                                .known(row, change, op.id.counter, id, clock, actors)?
                                .ok_or(OpError::UnknownElement)?;
                            let element = element_key(id.counter, actor);
                            self.check_element(&object, &element, id.counter, actor)?;
                            Some(element)
                        }
                        _ => None,
                    };
                    let key = if op.insert {
                        element_key(op.id.counter, row)
                    } else {
                        named.ok_or(OpError::UnknownElement)?
                    };
                    self.apply_to_map(row, &object, &key, op.id.counter, &op.action, &preds)?;
                }
                (Kind::Text, Key::Head | Key::Element(_)) => {
                    let element = match op.key {
                        Key::Element(id) => {
                            let actor = self
                                .known(row, change, op.id.counter, id, clock, actors)?
                                .ok_or(OpError::UnknownElement)?;
                            Some(ElementId {
                                counter: id.counter,
                                actor,
                            })
                        }
                        _ => None,
                    };
                    let id = ElementId {
                        counter: op.id.counter,
                        actor: row,
                    };
                    self.apply_to_text(
                        &object, element, id, op.insert, &op.action, &preds, actors,
                    )?;
                }
                _ => return Err(OpError::WrongKey.into()),
            }
        }
        Ok(())
    }

    /// The row of the actor of `id`, if that operation is in the change's past or before
    /// `counter` in the change itself.
    fn known(
        &mut self,
        row: i64,
        change: &Change,
        counter: u64,
        id: OpId,
        clock: &Clock,
        actors: &Actors,
    ) -> Result<Option<i64>, StoreError> {
        if id.actor == change.actor && id.counter >= change.start_op {
            return Ok((id.counter < counter).then_some(row));
        }
        let Some(actor) = actors.get(&id.actor).map(|actor| actor.row) else {
            return Ok(None);
        };
        let last = match self.past.get(&actor) {
            Some(last) => *last,
            None => {
                // A change's own seq is in its clock, but its operations are not "before" it.
                let seq = clock.seq(actor) - u64::from(actor == row && clock.seq(actor) > 0);
                let last = match self.ends.get(&(actor, seq)) {
                    Some(last) => *last,
                    None => {
                        let last = max_op_at(self.conn, actor, seq)?;
                        self.note_end(actor, seq, last);
                        last
                    }
                };
                self.past.insert(actor, last);
                last
            }
        };
        Ok((id.counter <= last).then_some(actor))
    }

    fn object(&mut self, counter: u64, actor: i64) -> Result<Option<Object>, StoreError> {
        if let Some(object) = self.objects.get(&(counter, actor)) {
            return Ok(Some(object.clone()));
        }
        let found = find_object(self.conn, self.doc, counter, actor)?;
        if let Some(object) = &found {
            self.objects.insert((counter, actor), object.clone());
        }
        Ok(found)
    }

    fn apply_to_map(
        &mut self,
        row: i64,
        object: &Object,
        key: &str,
        counter: u64,
        action: &Action,
        preds: &[ElementId],
    ) -> Result<(), ApplyError> {
        if !self.any_shape
            && matches!(
                action,
                Action::MakeList | Action::Increment(_) | Action::Put(Scalar::Counter(_))
            )
        {
            return Err(OpError::NotOfKind.into());
        }
        if let Action::Increment(_) = action {
            return self.check_counters(object, key, preds);
        }
        for pred in preds {
            let overwritten = self
                .conn
                .prepare_cached(
                    "UPDATE op SET over = 1
                     WHERE obj = ?1 AND key = ?2 AND ctr = ?3 AND actor = ?4",
                )?
                .execute(params![object.row, key, pred.counter as i64, pred.actor])?;
            if overwritten == 0 {
                return Err(OpError::UnknownPred.into());
            }
        }
        let (made, stored) = match action {
            Action::Put(scalar) => (None, Some(value::encode(scalar))),
            Action::MakeMap => (Some(Kind::Map), None),
            Action::MakeText => (Some(Kind::Text), None),
            Action::MakeList => (Some(Kind::List), None),
            Action::Delete | Action::Increment(_) => {
                self.touched.insert((object.row, key.to_owned()));
                return Ok(());
            }
        };
        self.conn
            .prepare_cached(
                "INSERT INTO op (obj, key, ctr, actor, kind, value)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                object.row,
                key,
                counter as i64,
                row,
                made.map_or(0, |kind| kind.code() + 1),
                stored
            ])?;
        if let Some(kind) = made {
            // Not by RETURNING: SQLite runs that like a trigger, each time in a journal of its own.
            self.conn
                .prepare_cached(
                    "INSERT INTO object (doc, ctr, actor, parent, key, kind)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    self.doc,
                    counter as i64,
                    row,
                    object.row,
                    key,
                    kind.code()
                ])?;
            let made = self.conn.last_insert_rowid();
            self.objects.insert(
                (counter, row),
                Object {
                    row: made,
                    parent: object.row,
                    key: key.to_owned(),
                    kind,
                },
            );
        }
        self.touched.insert((object.row, key.to_owned()));
        Ok(())
    }

    /// Whether a list has an element: the operation that inserted it stands under its key.
    fn check_element(
        &self,
        object: &Object,
        key: &str,
        counter: u64,
        actor: i64,
    ) -> Result<(), ApplyError> {
        let known = self
            .conn
            .prepare_cached(
                "SELECT 1 FROM op WHERE obj = ?1 AND key = ?2 AND ctr = ?3 AND actor = ?4",
            )?
            .exists(params![object.row, key, counter as i64, actor])?;
        if known {
            Ok(())
        } else {
            Err(OpError::UnknownElement.into())
        }
    }

    /// Counting overwrites nothing: it needs a counter that is there.
    fn check_counters(
        &self,
        object: &Object,
        key: &str,
        preds: &[ElementId],
    ) -> Result<(), ApplyError> {
        for pred in preds {
            let held: Option<Option<Vec<u8>>> = self
                .conn
                .prepare_cached(
                    "SELECT value FROM op WHERE obj = ?1 AND key = ?2 AND ctr = ?3 AND actor = ?4",
                )?
                .query_row(
                    params![object.row, key, pred.counter as i64, pred.actor],
                    |row| row.get(0),
                )
                .optional()?;
            let value = held.ok_or(OpError::UnknownPred)?;
            let value = value.map(|bytes| value::decode(&bytes)).transpose()?;
            if !matches!(value, Some(Scalar::Counter(_))) {
                return Err(OpError::NotCounter.into());
            }
        }
        Ok(())
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "one operation has this many parts"
    )]
    fn apply_to_text(
        &mut self,
        object: &Object,
        element: Option<ElementId>,
        id: ElementId,
        insert: bool,
        action: &Action,
        preds: &[ElementId],
        actors: &Actors,
    ) -> Result<(), ApplyError> {
        let conn = self.conn;
        let runs = match self.texts.entry(object.row) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(text_runs(conn, object.row)?)
            }
        };
        match (insert, action, element) {
            (true, Action::Put(Scalar::Str(text)), after) if preds.is_empty() => {
                if !runs.insert(after, id, text, actors) {
                    return Err(OpError::UnknownElement.into());
                }
            }
            (false, Action::Delete, Some(element)) => {
                // A character has one writer, so deleting it overwrites exactly that.
                if preds != [element] {
                    return Err(OpError::UnknownPred.into());
                }
                if !runs.delete(element) {
                    return Err(OpError::UnknownElement.into());
                }
            }
            _ => return Err(OpError::NotText.into()),
        }
        self.touched.insert((object.parent, object.key.clone()));
        Ok(())
    }

    /// Notes the last counter of an actor's history up to `seq`.
    pub(crate) fn note_end(&mut self, actor: i64, seq: u64, last: u64) {
        self.ends.insert((actor, seq), last);
    }

    /// Forgets what was read and not yet written, after the caller rolled a change back. Texts
    /// of earlier changes must have been flushed before.
    pub(crate) fn forget(&mut self) {
        self.objects.clear();
        self.texts.clear();
        self.ends.clear();
    }

    /// Writes texts back.
    pub(crate) fn flush(&mut self) -> Result<(), StoreError> {
        for (object, runs) in core::mem::take(&mut self.texts) {
            // Writing to memory cannot fail.
            let bytes = minicbor::to_vec(&runs).unwrap_or_default();
            self.conn
                .prepare_cached(
                    "INSERT INTO text (obj, runs, value) VALUES (?1, ?2, ?3)
                     ON CONFLICT (obj) DO UPDATE SET runs = excluded.runs, value = excluded.value",
                )?
                .execute(params![object, bytes, runs.value()])?;
        }
        Ok(())
    }
}
