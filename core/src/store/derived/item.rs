//! Items, each with what follows from its place: when it is due next, and whether it is done.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension as _, params};

use super::fields::{Fields, text_of};
use super::lifted::{Moved, refresh_lifted};
use super::{Model, json};
use crate::document::Scalar;
use crate::identity::Did;
use crate::model::{BlobHash, Closed, Due, Priority, Series, Status, TaskId, is_sound_file};
use crate::store::StoreError;
use crate::store::held::{Held, HeldValue};

/// How far above a task one that recurs is looked for. Deeper ones stand for themselves.
const ANCESTORS_MAX: usize = 256;
/// The files of a task that has none, as they are stored.
const NO_FILES: &str = "[]";

/// A value that lost to a concurrent one, as the read model stores it.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct StoredConflict {
    pub(crate) field: String,
    pub(crate) value: String,
    pub(crate) actor: i64,
}

/// A file that a task carries, as the document and the read model store it.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct StoredAttachment {
    /// SHA-256 of the file, in hexadecimal. In the document it is part of the key.
    #[serde(default)]
    pub(crate) hash: String,
    pub(crate) name: String,
    pub(crate) mime: String,
    pub(crate) size: u64,
}

/// The fields whose concurrent values are offered, as documents and as applications name them.
const CONFLICT_FIELDS: [(&str, &str); 9] = [
    ("title", "title"),
    ("url", "url"),
    ("status", "status"),
    ("priority", "priority"),
    ("due", "due"),
    ("series", "recurrence"),
    ("parent", "parent"),
    ("assigneeDid", "assignee"),
    ("deletedAt", "deletedAt"),
];

/// What is known of an item from before.
struct Before {
    context: Option<String>,
    parent: Option<String>,
    title: String,
    notes: String,
    attachments: String,
    search: i64,
}

/// When a task is due and whether it is done.
struct Course {
    last: Option<Due>,
    next: Option<Due>,
    context: Option<String>,
    done: bool,
}

impl Model<'_> {
    /// Refreshes items, and those below whose course follows from theirs. Of those in `commented`
    /// what was said has changed.
    pub(super) fn refresh_items(
        &self,
        mut waiting: BTreeSet<String>,
        commented: &BTreeSet<String>,
    ) -> Result<(), StoreError> {
        let mut below: BTreeSet<String> = BTreeSet::new();
        let mut moved = Moved::new();
        loop {
            while let Some(key) = waiting.pop_first() {
                if self.refresh_item(&key, commented.contains(&key), &mut moved)? {
                    let mut statement = self
                        .conn
                        .prepare_cached("SELECT task FROM item WHERE doc = ?1 AND parent = ?2")?;
                    let rows = statement.query_map(params![self.row(), key], |row| row.get(0))?;
                    for child in rows {
                        below.insert(child?);
                    }
                }
            }
            if below.is_empty() {
                return refresh_lifted(self.conn, self.row(), &moved);
            }
            core::mem::swap(&mut waiting, &mut below);
        }
    }

    /// Refreshes one item. True if what those below it are done for has changed.
    fn refresh_item(
        &self,
        key: &str,
        commented: bool,
        moved: &mut Moved,
    ) -> Result<bool, StoreError> {
        let before = self
            .conn
            .prepare_cached(
                "SELECT item.context, item.title, item.notes, item.attachments, item.texts,
                     item.parent
                 FROM item WHERE doc = ?1 AND task = ?2",
            )?
            .query_row(params![self.row(), key], |row| {
                Ok(Before {
                    context: row.get(0)?,
                    title: row.get(1)?,
                    notes: row.get(2)?,
                    attachments: row.get(3)?,
                    search: row.get(4)?,
                    parent: row.get(5)?,
                })
            })
            .optional()?;
        let entry = match key.parse::<TaskId>() {
            Ok(task) => self
                .entry(self.map("items"), key)?
                .map(|(object, author)| (task, object, author)),
            // Not an item's key: whatever a foreign client keeps there stays in the document.
            Err(_) => None,
        };
        let Some((task, object, author)) = entry else {
            if let Some(before) = &before {
                self.forget_texts(before.search)?;
                moved.insert(key.to_owned(), true);
            }
            self.remove("item", "task", key)?;
            self.remove("attached", "task", key)?;
            return Ok(before.is_some());
        };
        let fields = Fields::load(self, object)?;
        let title = fields.text("title")?.unwrap_or_default();
        let notes = fields.text("notes")?.unwrap_or_default();
        let status = fields.parsed("status")?.unwrap_or(Status::Open);
        let priority: Option<Priority> = fields.parsed("priority")?;
        let due: Option<Due> = fields.parsed("due")?;
        let series: Option<Series> = fields.parsed("series")?;
        let parent: Option<TaskId> = fields.parsed("parent")?;
        let parent_key = parent.map(|id| id.to_string());
        if before
            .as_ref()
            .is_none_or(|before| before.parent != parent_key)
        {
            let came = moved.entry(key.to_owned()).or_default();
            *came |= before.is_none();
        }
        let course = self.course(key, &fields, status, series.as_ref(), due.as_ref(), parent)?;
        let search = match &before {
            Some(before) if !commented && before.title == title && before.notes == notes => {
                before.search
            }
            before => self.index_texts(
                &task,
                before.as_ref().map(|before| before.search),
                &title,
                &notes,
                &self.comment_texts(key)?,
            )?,
        };
        let files = attachments(&fields);
        let stored_files = json(&files);
        // Most tasks have none, before and after.
        if stored_files != NO_FILES || before.as_ref().is_some_and(|b| b.attachments != NO_FILES) {
            self.index_files(key, &files, fields.number("deletedAt").is_some())?;
        }
        let short: String = task
            .to_string()
            .chars()
            .filter(|c| *c != '-')
            .rev()
            .collect();
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO item (doc, task, obj, author, title, notes, url, status,
                     priority, due, series, next, day, context, done, last, parent, ord, assignee,
                     assigned_at, aisle, tags, reminders, blocked_by, attachments, created_at,
                     deleted_at, conflicts, short, texts)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
                     ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30)",
            )?
            .execute(params![
                self.row(),
                key,
                object,
                author,
                title,
                notes,
                fields.words("url")?,
                status.as_str(),
                priority.unwrap_or(Priority::None).as_str(),
                due.map(|due| due.to_string()),
                series.map(|series| series.to_string()),
                course.next.as_ref().map(ToString::to_string),
                course.next.as_ref().map(|next| next.date().to_string()),
                course.context,
                course.done,
                course.last.map(|last| last.to_string()),
                parent_key,
                fields.text("order")?.unwrap_or_default(),
                fields
                    .parsed::<Did>("assigneeDid")?
                    .map(|did| did.to_string()),
                fields.number("assignedAt"),
                fields.words("aisle")?,
                json(&fields.set("tag/")),
                json(&fields.set("remind/")),
                json(&fields.set("blockedBy/")),
                stored_files,
                fields.number("createdAt"),
                fields.number("deletedAt"),
                json(&self.conflicts(&fields)?),
                short,
                search,
            ])?;
        Ok(before.is_none_or(|before| before.context != course.context))
    }

    /// Notes which files a task names.
    fn index_files(
        &self,
        key: &str,
        files: &[StoredAttachment],
        trashed: bool,
    ) -> Result<(), StoreError> {
        self.remove("attached", "task", key)?;
        let mut statement = self.conn.prepare_cached(
            "INSERT INTO attached (hash, doc, task, trashed, size)
             VALUES (unhex(?1), ?2, ?3, ?4, ?5)",
        )?;
        for file in files {
            statement.execute(params![
                file.hash,
                self.row(),
                key,
                trashed,
                file.size as i64
            ])?;
        }
        Ok(())
    }

    fn course(
        &self,
        key: &str,
        fields: &Fields<'_>,
        status: Status,
        series: Option<&Series>,
        due: Option<&Due>,
        parent: Option<TaskId>,
    ) -> Result<Course, StoreError> {
        let is_done = status == Status::Done;
        let Some(series) = series else {
            let context = match parent {
                Some(parent) => self.recurring_above(key, &parent)?,
                None => None,
            };
            let closed = context
                .as_ref()
                .is_some_and(|context| fields.winner(&format!("done/{context}")).is_some());
            return Ok(Course {
                last: None,
                next: due.cloned(),
                context,
                done: is_done || closed,
            });
        };
        let prefix = format!("done/{}/", series.id());
        let closed: BTreeMap<Due, Closed> = fields
            .below(&prefix)
            .filter_map(|(occurrence, held)| {
                let HeldValue::Scalar(value) = &held.value else {
                    return None;
                };
                Some((occurrence.parse().ok()?, value.as_str()?.parse().ok()?))
            })
            .collect();
        let last = series.latest_closed(&closed).cloned();
        let next = series.first_after(last.as_ref());
        let context = next.as_ref().map(|next| format!("{}/{next}", series.id()));
        Ok(Course {
            done: is_done || next.is_none(),
            last,
            next,
            context,
        })
    }

    /// What the nearest task above that recurs is waiting for.
    fn recurring_above(&self, key: &str, parent: &TaskId) -> Result<Option<String>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT series, context, parent FROM item WHERE doc = ?1 AND task = ?2",
        )?;
        let mut seen = BTreeSet::from([key.to_owned()]);
        let mut at = Some(parent.to_string());
        while let Some(task) = at
            && seen.len() <= ANCESTORS_MAX
            && seen.insert(task.clone())
        {
            let found: Option<(Option<String>, Option<String>, Option<String>)> = statement
                .query_row(params![self.row(), task], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .optional()?;
            match found {
                None => break,
                Some((Some(_), context, _)) => return Ok(context),
                Some((None, _, above)) => at = above,
            }
        }
        Ok(None)
    }

    fn conflicts(&self, fields: &Fields<'_>) -> Result<Vec<StoredConflict>, StoreError> {
        let mut conflicts = Vec::new();
        for (key, name) in CONFLICT_FIELDS {
            let Some([winner, others @ ..]) = fields.held.get(key).map(Vec::as_slice) else {
                continue;
            };
            let won = self.shown(winner)?;
            for other in others {
                let value = self.shown(other)?;
                if value != won {
                    conflicts.push(StoredConflict {
                        field: name.to_owned(),
                        value,
                        actor: other.actor,
                    });
                }
            }
        }
        Ok(conflicts)
    }

    fn shown(&self, held: &Held) -> Result<String, StoreError> {
        if let Some(text) = text_of(self.conn, self.row(), held)? {
            return Ok(text);
        }
        Ok(match &held.value {
            HeldValue::Scalar(scalar) => scalar.as_i64().map(|n| n.to_string()).unwrap_or_default(),
            HeldValue::Made(_) => String::new(),
        })
    }
}

fn attachments(fields: &Fields<'_>) -> Vec<StoredAttachment> {
    fields
        .below("attachment/")
        .filter_map(|(hash, held)| match &held.value {
            HeldValue::Scalar(Scalar::Str(text)) => {
                let found: StoredAttachment = serde_json::from_str(text).ok()?;
                // What does not keep to the rules stays in the document and is shown to nobody.
                hash.parse::<BlobHash>().ok()?;
                if !is_sound_file(&found.name, &found.mime, found.size) {
                    return None;
                }
                Some(StoredAttachment {
                    hash: hash.to_owned(),
                    ..found
                })
            }
            _ => None,
        })
        .collect()
}
