//! Who did what: one row per action of a person or an agent, from the operations of their signed
//! changes. Nothing here looks at how things stand now, only at what a change did and what it
//! knew: so the rows are the same on every replica, whenever they are made.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::Model;
use crate::document::{self, Change, Key, ObjectId, OpId, Scalar};
use crate::identity::Did;
use crate::membership::{Grant, Grantee, Payload, StatementDigest};
use crate::model::{ActivityAction as Action, ActivityDetail as Detail, FieldEdit};
use crate::store::documents::DocumentRow;
use crate::store::ops::find_object;
use crate::store::sql::blob;
use crate::store::value;
use crate::store::{StoreError, statements};

/// Values are cut to so many characters: a feed shows what changed, not all of it.
const VALUE_CHARS_MAX: usize = 200;

/// An entry of a top-level map that a change touched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Subject {
    map: String,
    key: String,
}

/// What a change did to one subject.
#[derive(Debug, Default)]
struct Deeds {
    /// The subject's map.
    object: Option<i64>,
    created: bool,
    completed: Option<Option<String>>,
    day: Option<String>,
    skipped: Option<String>,
    reopened: bool,
    assigned: Option<Option<String>>,
    deleted: bool,
    restored: bool,
    reordered: bool,
    moved: bool,
    fields: BTreeMap<String, FieldEdit>,
    /// Fields of what is created, where a row shows them.
    title: Option<String>,
    text: String,
    task: Option<String>,
}

#[derive(PartialEq)]
struct Row {
    action: Action,
    task: Option<String>,
    comment: Option<String>,
    day: Option<String>,
    detail: Detail,
}

/// Derives from the changes that came since the last time.
pub(super) fn catch_up(model: &Model<'_>) -> Result<(), StoreError> {
    let conn = model.conn;
    let done: i64 = conn
        .prepare_cached("SELECT change FROM activity_end WHERE doc = ?1")?
        .query_row(params![model.row()], |row| row.get(0))
        .optional()?
        .unwrap_or_default();
    let mut last = done;
    let mut statement = conn.prepare_cached(
        "SELECT id, actor, hash, bytes FROM change WHERE doc = ?1 AND id > ?2 ORDER BY id",
    )?;
    let mut rows = statement.query(params![model.row(), done])?;
    let mut reader = Reader {
        model,
        objects: BTreeMap::new(),
    };
    let birth = model.document.kind.birth().hash();
    let mut earliest = None;
    while let Some(row) = rows.next()? {
        last = row.get(0)?;
        let hash: document::ChangeHash = blob(row, 2)?;
        if hash == birth {
            continue;
        }
        let bytes = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
        let change = Change::decode_stored(bytes)
            .map_err(|e| StoreError::Damaged(format!("a stored change cannot be read: {e}")))?;
        let actor: i64 = row.get(1)?;
        let at = change.time_s.saturating_mul(1_000);
        earliest = Some(earliest.map_or(at, |earliest: i64| earliest.min(at)));
        for (n, row) in reader.rows(&change)?.into_iter().enumerate() {
            conn.prepare_cached(
                "INSERT OR REPLACE INTO activity
                     (doc, pos, hash, n, actor, at, action, task, comment, day, detail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                model.row(),
                change.start_op as i64,
                hash.as_ref(),
                n as i64,
                actor,
                at,
                row.action.as_str(),
                row.task,
                row.comment,
                row.day,
                serde_json::to_string(&row.detail).unwrap_or_default(),
            ])?;
        }
    }
    drop(rows);
    if done == 0 || earliest.is_some_and(|at| knows_joined_after(conn, model.row(), at)) {
        refresh_joined(conn, model.document)?;
    }
    if last > done {
        conn.prepare_cached("INSERT OR REPLACE INTO activity_end (doc, change) VALUES (?1, ?2)")?
            .execute(params![model.row(), last])?;
    }
    Ok(())
}

/// Whether somebody joined after a time: their place in the order has to be found again then.
fn knows_joined_after(conn: &Connection, doc: i64, at: i64) -> bool {
    conn.prepare_cached(
        "SELECT 1 FROM activity INDEXED BY activity_joined
         WHERE doc = ?1 AND action = 'joined' AND at >= ?2",
    )
    .and_then(|mut statement| statement.exists(params![doc, at]))
    .unwrap_or(true)
}

/// Makes the rows of who joined anew from the statements. Those have no place in the causal order
/// of changes: each stands behind what was done, as far as authors claim, until then.
pub(crate) fn refresh_joined(conn: &Connection, document: &DocumentRow) -> Result<(), StoreError> {
    conn.prepare_cached(
        "DELETE FROM activity INDEXED BY activity_joined WHERE doc = ?1 AND action = 'joined'",
    )?
    .execute(params![document.row])?;
    let mut joined: BTreeMap<Did, (i64, StatementDigest)> = BTreeMap::new();
    for statement in statements::of_document(conn, &document.id)? {
        let (did, at) = match statement.payload() {
            Payload::Redeem(redeem) => (redeem.joiner, redeem.redeemed_at_ms),
            Payload::Grant(Grant {
                to: Grantee::Did(did),
                issued_at_ms,
                ..
            }) => (*did, *issued_at_ms),
            _ => continue,
        };
        let found = (at, statement.digest());
        let first = joined.entry(did).or_insert(found);
        *first = (*first).min(found);
    }
    for (did, (at, digest)) in joined {
        let pos: Option<i64> = conn
            .prepare_cached("SELECT max(pos) FROM activity WHERE doc = ?1 AND at <= ?2")?
            .query_row(params![document.row, at], |row| row.get(0))?;
        let detail = Detail {
            assignee: Some(did.to_string()),
            ..Detail::default()
        };
        conn.prepare_cached(
            "INSERT OR REPLACE INTO activity (doc, pos, hash, n, actor, at, action, detail)
             VALUES (?1, ?2, ?3, 0, 0, ?4, ?5, ?6)",
        )?
        .execute(params![
            document.row,
            pos.unwrap_or_default(),
            digest.as_ref(),
            at,
            Action::Joined.as_str(),
            serde_json::to_string(&detail).unwrap_or_default(),
        ])?;
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
        let (Some(object), Some(last)) = (object, pred.iter().max()) else {
            return Ok(None);
        };
        let Some(actor) = self.model.actors.get(&last.actor) else {
            return Ok(None);
        };
        let bytes: Option<Option<Vec<u8>>> = self
            .model
            .conn
            .prepare_cached(
                "SELECT value FROM op WHERE obj = ?1 AND key = ?2 AND ctr = ?3 AND actor = ?4",
            )?
            .query_row(
                params![object, key, last.counter as i64, actor.row],
                |row| row.get(0),
            )
            .optional()?;
        bytes
            .flatten()
            .map(|bytes| value::decode(&bytes))
            .transpose()
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

fn shown(value: &Scalar) -> Option<String> {
    let text = match value {
        Scalar::Str(text) => text.clone(),
        Scalar::Bool(true) => return None,
        other => other.as_i64()?.to_string(),
    };
    Some(text.chars().take(VALUE_CHARS_MAX).collect())
}

impl Deeds {
    fn edit(&mut self, field: &str, old: Option<String>, new: Option<String>) {
        let entry = self
            .fields
            .entry(field.to_owned())
            .or_insert_with(|| FieldEdit {
                field: field.to_owned(),
                old: None,
                new: None,
            });
        entry.old = entry.old.take().or(old);
        entry.new = entry.new.take().or(new);
    }

    fn note(&mut self, key: &str, action: &document::Action, old: Option<Scalar>) {
        let new = match action {
            document::Action::Put(value) => Some(value),
            _ => None,
        };
        let words = |value: Option<&Scalar>| value.and_then(shown);
        let is_done = |value: Option<&Scalar>| value.and_then(Scalar::as_str) == Some("done");
        match key {
            "status" if is_done(new) && !is_done(old.as_ref()) => {
                self.completed.get_or_insert(None);
            }
            "status" if is_done(old.as_ref()) && !is_done(new) => self.reopened = true,
            "status" => self.edit("status", words(old.as_ref()), words(new)),
            "assigneeDid" => self.assigned = Some(words(new)),
            "assignedAt" | "createdAt" | "editedAt" => {}
            "deletedAt" if new.is_some() => self.deleted = true,
            "deletedAt" => self.restored = true,
            "order" => self.reordered = true,
            "parent" => self.moved = true,
            "title" | "name" => {
                self.title = words(new);
                self.edit("title", words(old.as_ref()), words(new));
            }
            "body" => self.edit("body", None, None),
            "task" => self.task = words(new),
            "series" => self.edit("recurrence", recurrence(old.as_ref()), recurrence(new)),
            _ => self.note_member(key, new, old.as_ref()),
        }
    }

    /// A member of a set that is kept as flat keys, or a plain field.
    fn note_member(&mut self, key: &str, new: Option<&Scalar>, old: Option<&Scalar>) {
        let words = |value: Option<&Scalar>| value.and_then(shown);
        let Some((set, member)) = key.split_once('/') else {
            return self.edit(key, words(old), words(new));
        };
        let field = match set {
            "done" => {
                let occurrence = member.split_once('/').map(|(_, at)| at.to_owned());
                match new.and_then(Scalar::as_str) {
                    Some("skip") => self.skipped = occurrence,
                    Some(day) => {
                        self.completed = Some(occurrence);
                        self.day = Some(day.to_owned());
                    }
                    None => self.reopened = true,
                }
                return;
            }
            "tag" => "tags",
            "remind" => "reminders",
            "blockedBy" => "blockedBy",
            "attachment" => "attachments",
            "aisle" => "aisles",
            _ => set,
        };
        let member = member.chars().take(VALUE_CHARS_MAX).collect::<String>();
        match new {
            Some(_) => self.edit(field, None, Some(member)),
            None => self.edit(field, Some(member), None),
        }
    }

    fn rows(self, subject: &Subject, out: &mut Vec<Row>) {
        let text = Some(self.text.chars().take(VALUE_CHARS_MAX).collect::<String>());
        match subject.map.as_str() {
            "items" => self.task_rows(&subject.key, out),
            "comments" => {
                let is_note = self.created && self.task.is_none();
                let action = match (self.created, self.deleted, self.restored) {
                    (true, _, _) if is_note => Action::Note,
                    (true, _, _) => Action::Commented,
                    (_, true, _) => Action::Deleted,
                    (_, _, true) => Action::Restored,
                    _ => Action::Edited,
                };
                let detail = Detail {
                    text: text.filter(|text| self.created && !text.is_empty()),
                    ..Detail::default()
                };
                out.push(Row {
                    action,
                    task: self.task,
                    comment: Some(subject.key.clone()),
                    day: None,
                    detail,
                });
            }
            "meta" => self.list_rows(out),
            // A tag that is made with the task that first has it is no action of its own.
            "tags" if !self.created || out.is_empty() => {
                let edit = FieldEdit {
                    field: "tags".to_owned(),
                    old: None,
                    new: self.title,
                };
                let row = Row::of_list(Action::Edited, vec![edit]);
                // Several tags of one name are one to people.
                if out.last() != Some(&row) {
                    out.push(row);
                }
            }
            _ => {}
        }
    }

    fn task_rows(self, task: &str, out: &mut Vec<Row>) {
        let row = |action, day, detail| Row {
            action,
            task: Some(task.to_owned()),
            comment: None,
            day,
            detail,
        };
        if self.created {
            let detail = Detail {
                title: self.title,
                ..Detail::default()
            };
            out.push(row(Action::Created, None, detail));
            return;
        }
        // Both at once: it only changed how it is written that the task is done.
        match (self.completed, self.reopened) {
            (Some(occurrence), false) => {
                let detail = Detail {
                    occurrence,
                    ..Detail::default()
                };
                out.push(row(Action::Completed, self.day, detail));
            }
            (None, true) => out.push(row(Action::Reopened, None, Detail::default())),
            _ => {}
        }
        if let Some(occurrence) = self.skipped {
            let detail = Detail {
                occurrence: Some(occurrence),
                ..Detail::default()
            };
            out.push(row(Action::Skipped, None, detail));
        }
        if let Some(assignee) = self.assigned {
            let detail = Detail {
                assignee,
                ..Detail::default()
            };
            out.push(row(Action::Assigned, None, detail));
        }
        if self.moved {
            out.push(row(Action::Moved, None, Detail::default()));
        }
        if self.deleted {
            out.push(row(Action::Deleted, None, Detail::default()));
        }
        if self.restored {
            out.push(row(Action::Restored, None, Detail::default()));
        }
        if !self.fields.is_empty() {
            let detail = Detail {
                fields: self.fields.into_values().collect(),
                ..Detail::default()
            };
            out.push(row(Action::Edited, None, detail));
        }
    }

    fn list_rows(self, out: &mut Vec<Row>) {
        // A list is created by the change that says when.
        let title = self.fields.get("title");
        let created = title.is_some_and(|title| title.old.is_none()) && !self.deleted;
        if created {
            let detail = Detail {
                title: self.title,
                ..Detail::default()
            };
            out.push(Row {
                detail,
                ..Row::of_list(Action::Created, Vec::new())
            });
            return;
        }
        if self.deleted {
            out.push(Row::of_list(Action::Deleted, Vec::new()));
        }
        if self.restored {
            out.push(Row::of_list(Action::Restored, Vec::new()));
        }
        if !self.fields.is_empty() {
            let fields = self.fields.into_values().collect();
            out.push(Row::of_list(Action::Edited, fields));
        }
    }
}

impl Row {
    fn of_list(action: Action, fields: Vec<FieldEdit>) -> Self {
        Self {
            action,
            task: None,
            comment: None,
            day: None,
            detail: Detail {
                fields,
                ..Detail::default()
            },
        }
    }
}

/// The rule of a series, as people know it; its id and start say nothing to them.
fn recurrence(series: Option<&Scalar>) -> Option<String> {
    let text = series?.as_str()?;
    let series: crate::model::Series = text.parse().ok()?;
    Some(series.rule().to_string())
}
