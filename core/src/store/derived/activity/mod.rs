//! Who did what: one row per action of a person or an agent, from the operations of their signed
//! changes. Nothing here looks at how things stand now, only at what a change did and what it
//! knew: so the rows are the same on every replica, whenever they are made.

mod deeds;
mod members;

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, params};

use self::deeds::{Deeds, Row, Subject, VALUE_CHARS_MAX};
use self::members::move_members_behind;
pub(crate) use self::members::refresh_members;
use super::Model;
use crate::document::{self, Change, Key, ObjectId, OpId, Scalar};
use crate::store::StoreError;
use crate::store::held::overwritten;
use crate::store::ops::find_object;
use crate::store::sql::blob;
use crate::store::{statements, value};

/// Derives from the changes that came since the last time.
pub(in crate::store::derived) fn catch_up(model: &Model<'_>) -> Result<(), StoreError> {
    let conn = model.conn;
    let done: i64 = conn
        .prepare_cached("SELECT change FROM activity_end WHERE doc = ?1")?
        .query_row(params![model.row()], |row| row.get(0))
        .optional()?
        .unwrap_or_default();
    let mut last = done;
    let mut statement = conn.prepare_cached(
        "SELECT id, actor, hash, bytes, received FROM change
         WHERE doc = ?1 AND id > ?2 ORDER BY id",
    )?;
    let mut rows = statement.query(params![model.row(), done])?;
    let mut reader = Reader {
        model,
        objects: BTreeMap::new(),
    };
    let birth = model.document.kind.birth().map(|birth| birth.hash());
    while let Some(row) = rows.next()? {
        last = row.get(0)?;
        let hash: document::ChangeHash = blob(row, 2)?;
        if Some(hash) == birth {
            continue;
        }
        let bytes = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
        let change = Change::decode_stored(bytes)
            .map_err(|e| StoreError::Damaged(format!("a stored change cannot be read: {e}")))?;
        let actor: i64 = row.get(1)?;
        let at = change.time_s.saturating_mul(1_000);
        let received: Option<i64> = row.get(4)?;
        let placed = received.map_or(at, |received| received.min(at));
        let pos = change.start_op as i64;
        for (n, row) in reader.rows(&change)?.into_iter().enumerate() {
            if n == 0 && done > 0 {
                move_members_behind(conn, model.row(), at, pos)?;
            }
            conn.prepare_cached(
                "INSERT OR REPLACE INTO activity
                     (doc, pos, hash, n, actor, at, placed, action, task, comment, day, detail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                model.row(),
                pos,
                hash.as_ref(),
                n as i64,
                actor,
                at,
                placed,
                row.action.as_str(),
                row.task,
                row.comment,
                row.day,
                serde_json::to_string(&row.detail).unwrap_or_default(),
            ])?;
        }
    }
    drop(rows);
    if done == 0 {
        let authority = statements::authority(conn, &model.document.id)?;
        refresh_members(conn, model.document, &authority)?;
    }
    if last > done {
        conn.prepare_cached("INSERT OR REPLACE INTO activity_end (doc, change) VALUES (?1, ?2)")?
            .execute(params![model.row(), last])?;
    }
    Ok(())
}

/// An object as deriving sees it: the subject that it belongs to, and its field there if it is
/// not the subject's own map.
#[derive(Debug, Clone)]
enum Place {
    /// A top-level map.
    Top(String),
    /// The map of one subject.
    Subject(Subject),
    /// A text in a field of a subject.
    Field(Subject, String),
    /// Something that lists know nothing of.
    Other,
}

struct Reader<'a, 'm> {
    model: &'a Model<'m>,
    objects: BTreeMap<OpId, (Place, Option<i64>)>,
}

impl Reader<'_, '_> {
    fn place(&mut self, id: OpId) -> Result<(Place, Option<i64>), StoreError> {
        if let Some(found) = self.objects.get(&id) {
            return Ok(found.clone());
        }
        let model = self.model;
        let actor = model.actors.get(&id.actor).map(|actor| actor.row);
        let object = match actor {
            Some(actor) => find_object(model.conn, model.row(), id.counter, actor)?,
            None => None,
        };
        let found = match object {
            None => (Place::Other, None),
            Some(object) => (
                self.name(object.row, object.parent, &object.key)?,
                Some(object.row),
            ),
        };
        self.objects.insert(id, found.clone());
        Ok(found)
    }

    fn name(&self, row: i64, parent: i64, key: &str) -> Result<Place, StoreError> {
        if let Some(name) = self.model.name_of(row) {
            return Ok(Place::Top(name.to_owned()));
        }
        if let Some(map) = self.model.name_of(parent) {
            let (map, key) = (map.to_owned(), key.to_owned());
            return Ok(Place::Subject(Subject { map, key }));
        }
        let Some((above, subject)) = super::parent_of(self.model.conn, parent)? else {
            return Ok(Place::Other);
        };
        Ok(match self.model.name_of(above) {
            Some(map) => {
                let map = map.to_owned();
                Place::Field(Subject { map, key: subject }, key.to_owned())
            }
            None => Place::Other,
        })
    }

    /// What an operation overwrote, as its author knew it: the value that had won there.
    fn old(
        &self,
        object: Option<i64>,
        key: &str,
        pred: &[OpId],
    ) -> Result<Option<Scalar>, StoreError> {
        match object {
            Some(object) => overwritten(self.model.conn, self.model.actors, object, key, pred),
            None => Ok(None),
        }
    }

    /// The task that a comment was made on: that never changes.
    fn task_of_comment(
        &self,
        subject: &Subject,
        object: i64,
    ) -> Result<Option<String>, StoreError> {
        if subject.map != "comments" {
            return Ok(None);
        }
        let bytes: Option<Option<Vec<u8>>> = self
            .model
            .conn
            .prepare_cached(
                "SELECT value FROM op WHERE obj = ?1 AND key = 'task' ORDER BY ctr LIMIT 1",
            )?
            .query_row(params![object], |row| row.get(0))
            .optional()?;
        let task = bytes
            .flatten()
            .map(|bytes| value::decode(&bytes))
            .transpose()?;
        Ok(task.and_then(|task| task.as_str().map(str::to_owned)))
    }

    /// The rows of one change, in the order in which it names their subjects.
    fn rows(&mut self, change: &Change) -> Result<Vec<Row>, StoreError> {
        let mut order: Vec<Subject> = Vec::new();
        let mut deeds: BTreeMap<Subject, Deeds> = BTreeMap::new();
        for op in &change.ops {
            let ObjectId::Made(id) = op.object else {
                continue;
            };
            let (place, object) = self.place(id)?;
            let (subject, key) = match (place, &op.key) {
                (Place::Top(map), Key::Map(key)) if map == "meta" => {
                    let subject = Subject {
                        map,
                        key: String::new(),
                    };
                    (subject, key.clone())
                }
                (Place::Top(map), Key::Map(key)) => {
                    let subject = Subject {
                        map,
                        key: key.clone(),
                    };
                    let entry = deeds.entry(subject.clone()).or_default();
                    entry.created |= op.action == document::Action::MakeMap;
                    if !order.contains(&subject) {
                        order.push(subject);
                    }
                    continue;
                }
                (Place::Subject(subject), Key::Map(key)) => (subject, key.clone()),
                (Place::Field(subject, field), key) => {
                    let entry = deeds.entry(subject.clone()).or_default();
                    if let (None, Some(text)) = (entry.object, object) {
                        entry.object =
                            super::parent_of(self.model.conn, text)?.map(|(above, _)| above);
                    }
                    if let (document::Action::Put(Scalar::Str(text)), true) =
                        (&op.action, op.insert)
                        && !matches!(key, Key::Map(_))
                        && entry.text.len() < 4 * VALUE_CHARS_MAX
                    {
                        entry.text.push_str(text);
                    }
                    entry.edit(&field, None, None);
                    if !order.contains(&subject) {
                        order.push(subject);
                    }
                    continue;
                }
                _ => continue,
            };
            let old = self.old(object, &key, &op.pred)?;
            if !order.contains(&subject) {
                order.push(subject.clone());
            }
            let entry = deeds.entry(subject).or_default();
            entry.object = entry.object.or(object);
            entry.note(&key, &op.action, old);
        }
        // Tags come last: whether one is worth a row depends on what else was done.
        order.sort_by_key(|subject| subject.map == "tags");
        // One that is moved may make its neighbours take new keys; only the first was moved.
        let mut moved = false;
        let mut rows = Vec::new();
        for subject in order {
            if let Some(mut entry) = deeds.remove(&subject) {
                if entry.reordered && !entry.created {
                    entry.moved |= !moved;
                    moved = true;
                }
                if let (Some(object), false) = (entry.object, entry.created) {
                    entry.task = self.task_of_comment(&subject, object)?;
                }
                entry.rows(&subject, &mut rows);
            }
        }
        Ok(rows)
    }
}
