//! Making tasks, one or many.

use rusqlite::{Connection, params};

use super::super::order::{Sibling, place};
use super::super::write::{Opened, Run, line, text};
use super::super::{CommandError, Replica};
use super::files::write_file;
use super::{Tags, check_assignee, check_blocked_by, reminders, series, stored, tag_names};
use crate::document::{DocumentId, Scalar};
use crate::identity::Did;
use crate::model::interchange::{AISLE_CHARS_MAX, NOTES_CHARS_MAX, TITLE_CHARS_MAX, URL_CHARS_MAX};
use crate::model::{Due, NewFile, NewTask, Outcome, Priority, Reminder, Series, Status, TaskId};
use crate::store::{Draft, StoreError, Target};

/// A task about to be written.
pub(super) struct Fresh {
    pub(super) id: TaskId,
    pub(super) title: String,
    pub(super) notes: String,
    pub(super) url: Option<String>,
    pub(super) status: Status,
    pub(super) priority: Priority,
    pub(super) due: Option<Due>,
    pub(super) series: Option<Series>,
    pub(super) reminders: Vec<Reminder>,
    pub(super) assignee: Option<Did>,
    pub(super) blocked_by: Vec<TaskId>,
    pub(super) attachments: Vec<NewFile>,
    pub(super) aisle: Option<String>,
    pub(super) parent: Option<TaskId>,
    pub(super) order: String,
    pub(super) tags: Vec<String>,
    pub(super) created_ms: i64,
}

/// Writes a new item: only the fields that say something.
pub(super) fn write_item(
    draft: &mut Draft<'_>,
    run: &mut Run,
    items: Target,
    tags: &mut Tags,
    fresh: &Fresh,
) -> Result<(), CommandError> {
    let item = draft.make_map(items, &fresh.id.to_string())?;
    draft.put(item, "title", Scalar::Str(fresh.title.clone()))?;
    draft.put(item, "order", Scalar::Str(fresh.order.clone()))?;
    draft.put(item, "createdAt", Scalar::Timestamp(fresh.created_ms))?;
    // Always made with the item: made on demand, two devices would hide one another's.
    let notes = draft.make_text(item, "notes")?;
    draft.type_new(notes, &fresh.notes);
    if fresh.status != Status::Open {
        draft.put(item, "status", Scalar::Str(fresh.status.to_string()))?;
    }
    if fresh.priority != Priority::None {
        draft.put(item, "priority", Scalar::Str(fresh.priority.to_string()))?;
    }
    let texts = [
        ("url", fresh.url.clone()),
        ("due", fresh.due.as_ref().map(ToString::to_string)),
        ("series", fresh.series.as_ref().map(ToString::to_string)),
        ("parent", fresh.parent.map(|id| id.to_string())),
        ("aisle", fresh.aisle.clone()),
        ("assigneeDid", fresh.assignee.map(|did| did.to_string())),
    ];
    for (key, value) in texts {
        if let Some(value) = value {
            draft.put(item, key, Scalar::Str(value))?;
        }
    }
    if fresh.assignee.is_some() {
        draft.put(item, "assignedAt", Scalar::Timestamp(run.now_ms()))?;
    }
    for name in &fresh.tags {
        let id = tags.id(draft, run, name)?;
        draft.put(item, &format!("tag/{id}"), Scalar::Bool(true))?;
    }
    for reminder in &fresh.reminders {
        draft.put(item, &format!("remind/{reminder}"), Scalar::Bool(true))?;
    }
    for file in &fresh.attachments {
        write_file(draft, item, file)?;
    }
    for other in &fresh.blocked_by {
        draft.put(item, &format!("blockedBy/{other}"), Scalar::Bool(true))?;
    }
    Ok(())
}

/// The key at one end of the siblings.
pub(super) fn end_key(
    conn: &Connection,
    doc: i64,
    parent: Option<&TaskId>,
    last: bool,
) -> Result<Option<String>, StoreError> {
    let sql = if last {
        "SELECT max(ord) FROM item WHERE doc = ?1 AND parent IS ?2"
    } else {
        "SELECT min(ord) FROM item WHERE doc = ?1 AND parent IS ?2"
    };
    let parent = parent.map(TaskId::to_string);
    Ok(conn
        .prepare_cached(sql)?
        .query_row(params![doc, parent], |row| row.get(0))?)
}

/// A key above all siblings.
fn top_key(conn: &Connection, doc: i64, parent: Option<&TaskId>) -> Result<String, StoreError> {
    let first = end_key(conn, doc, parent, false)?;
    let first: Vec<Sibling> = first
        .map(|key| Sibling {
            task: TaskId::new(0, &[0; 10]),
            key,
        })
        .into_iter()
        .collect();
    Ok(place(&first, 0).0)
}

impl Replica {
    pub(in crate::replica) fn create_task(
        &mut self,
        list: &DocumentId,
        new: &NewTask,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let title = line("title", &new.title, TITLE_CHARS_MAX)?;
        let notes = new.notes.as_deref().unwrap_or_default();
        let notes = text("notes", notes, NOTES_CHARS_MAX)?.to_owned();
        let url = new
            .url
            .as_deref()
            .map(|url| line("url", url, URL_CHARS_MAX))
            .transpose()?;
        let aisle = new
            .aisle
            .as_deref()
            .map(|aisle| line("aisle", aisle, AISLE_CHARS_MAX))
            .transpose()?;
        let tag_names = tag_names(&new.tags)?;
        let reminders = reminders(&new.reminders)?.to_vec();
        let keys = &self.keys;
        let task = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let doc = opened.document.row;
            if let Some(parent) = &new.parent {
                stored(conn, doc, parent)?;
            }
            check_assignee(&opened, new.assignee.as_ref())?;
            check_blocked_by(conn, doc, None, &new.blocked_by)?;
            let order = top_key(conn, doc, new.parent.as_ref())?;
            let items = opened.map(conn, "items")?;
            let mut tags = Tags::load(conn, &opened)?;
            let (id, _) = opened.change(conn, keys, run, json, |draft, run| {
                let fresh = Fresh {
                    id: run.task_id(),
                    title,
                    notes,
                    url,
                    status: new.status.unwrap_or(Status::Open),
                    priority: new.priority.unwrap_or(Priority::None),
                    due: new.due.clone(),
                    series: match &new.recurrence {
                        Some(rule) => Some(series(run, new.due.clone(), rule.clone())?),
                        None => None,
                    },
                    reminders,
                    assignee: new.assignee,
                    blocked_by: new.blocked_by.clone(),
                    attachments: Vec::new(),
                    aisle,
                    parent: new.parent,
                    order,
                    tags: tag_names,
                    created_ms: run.now_ms(),
                };
                let items = draft.stored(items)?;
                write_item(draft, run, items, &mut tags, &fresh)?;
                Ok(fresh.id)
            })?;
            Ok::<_, CommandError>(id)
        })?;
        Ok(Outcome::Task { list: *list, task })
    }
}
