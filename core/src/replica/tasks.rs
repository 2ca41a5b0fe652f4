//! Commands on items.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::order::{Sibling, behind, place};
use super::write::{Opened, Run, line, text};
use super::{CommandError, Replica};
use crate::document::{DocumentId, Scalar};
use crate::model::interchange::{NOTES_CHARS_MAX, TAG_CHARS_MAX, TITLE_CHARS_MAX, URL_CHARS_MAX};
use crate::model::{
    ImportedTask, MovePlace, NewTask, Outcome, Priority, Status, TaskId, TaskPatch,
};
use crate::store::{Draft, StoreError, Target, parsed};

/// The most tags on one task.
const TAGS_MAX: usize = 50;
/// An import is written in changes of at most so many tasks,
const IMPORT_TASKS_PER_CHANGE: usize = 1_000;
/// and of about so many characters, so that no change reaches its limit.
const IMPORT_CHARS_PER_CHANGE: usize = 50_000;

/// A task as the commands need it.
struct Stored {
    object: i64,
    parent: Option<TaskId>,
}

fn stored(conn: &Connection, doc: i64, task: &TaskId) -> Result<Stored, CommandError> {
    conn.prepare_cached("SELECT obj, parent FROM item WHERE doc = ?1 AND task = ?2")?
        .query_row(params![doc, task.to_string()], |row| {
            let parent = match row.get_ref(1)? {
                rusqlite::types::ValueRef::Null => None,
                _ => Some(parsed(row, 1)?),
            };
            Ok(Stored {
                object: row.get(0)?,
                parent,
            })
        })
        .optional()?
        .ok_or(CommandError::NotFound("task"))
}

/// The siblings below `parent`, in their order, without `except`. Those in the trash keep their
/// place.
fn siblings(
    conn: &Connection,
    doc: i64,
    parent: Option<&TaskId>,
    except: Option<&TaskId>,
) -> Result<Vec<Sibling>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT task, ord FROM item WHERE doc = ?1 AND parent IS ?2 ORDER BY ord, task",
    )?;
    let rows = statement.query_map(params![doc, parent.map(TaskId::to_string)], |row| {
        Ok(Sibling {
            task: parsed(row, 0)?,
            key: row.get(1)?,
        })
    })?;
    let mut all: Vec<Sibling> = rows.collect::<Result<_, _>>()?;
    all.retain(|sibling| Some(&sibling.task) != except);
    Ok(all)
}

/// The key at one end of the siblings.
fn end_key(
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

/// The tags of a list by name, those that a draft makes included.
struct Tags {
    map: i64,
    by_name: BTreeMap<String, String>,
}

impl Tags {
    fn load(conn: &Connection, opened: &Opened) -> Result<Self, StoreError> {
        let mut statement =
            conn.prepare_cached("SELECT name, tag FROM tag WHERE doc = ?1 ORDER BY tag DESC")?;
        let rows = statement.query_map(params![opened.document.row], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        Ok(Self {
            map: opened.map(conn, "tags")?,
            by_name: rows.collect::<Result<_, _>>()?,
        })
    }

    /// The id of a tag, made if the list has none of that name.
    fn id(
        &mut self,
        draft: &mut Draft<'_>,
        run: &mut Run,
        name: &str,
    ) -> Result<String, CommandError> {
        if let Some(id) = self.by_name.get(name) {
            return Ok(id.clone());
        }
        let id = run.task_id().to_string();
        let map = draft.stored(self.map)?;
        let tag = draft.make_map(map, &id)?;
        draft.put(tag, "name", Scalar::Str(name.to_owned()))?;
        self.by_name.insert(name.to_owned(), id.clone());
        Ok(id)
    }
}

fn tag_names(names: &[String]) -> Result<Vec<String>, CommandError> {
    if names.len() > TAGS_MAX {
        return Err(CommandError::invalid(
            "tags",
            format!("at most {TAGS_MAX} fit on a task"),
        ));
    }
    names
        .iter()
        .map(|name| line("tags", name.trim_start_matches('#'), TAG_CHARS_MAX))
        .collect()
}

/// A task about to be written.
struct Fresh {
    id: TaskId,
    title: String,
    notes: String,
    url: Option<String>,
    status: Status,
    priority: Priority,
    due: Option<String>,
    parent: Option<TaskId>,
    order: String,
    tags: Vec<String>,
    created_ms: i64,
}

/// Writes a new item: only the fields that say something.
fn write_item(
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
        ("due", fresh.due.clone()),
        ("parent", fresh.parent.map(|id| id.to_string())),
    ];
    for (key, value) in texts {
        if let Some(value) = value {
            draft.put(item, key, Scalar::Str(value))?;
        }
    }
    for name in &fresh.tags {
        let id = tags.id(draft, run, name)?;
        draft.put(item, &format!("tag/{id}"), Scalar::Bool(true))?;
    }
    Ok(())
}

impl Replica {
    pub(super) fn create_task(
        &mut self,
        list: &DocumentId,
        new: &NewTask,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let title = line("title", &new.title, TITLE_CHARS_MAX)?;
        let notes = text(
            "notes",
            new.notes.as_deref().unwrap_or_default(),
            NOTES_CHARS_MAX,
        )?;
        let url = new
            .url
            .as_deref()
            .map(|url| line("url", url, URL_CHARS_MAX))
            .transpose()?;
        let tag_names = tag_names(&new.tags)?;
        let keys = &self.keys;
        let task = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let doc = opened.document.row;
            if let Some(parent) = &new.parent {
                stored(conn, doc, parent)?;
            }
            let order = top_key(conn, doc, new.parent.as_ref())?;
            let items = opened.map(conn, "items")?;
            let mut tags = Tags::load(conn, &opened)?;
            let (id, _) = opened.change(conn, keys, run, json, |draft, run| {
                let fresh = Fresh {
                    id: run.task_id(),
                    title,
                    notes: notes.to_owned(),
                    url,
                    status: new.status.unwrap_or(Status::Open),
                    priority: new.priority.unwrap_or(Priority::None),
                    due: new.due.as_ref().map(ToString::to_string),
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

    /// Runs `fill` on one stored item in one change.
    fn change_item(
        &mut self,
        list: &DocumentId,
        task: &TaskId,
        run: &mut Run,
        json: &str,
        fill: impl FnOnce(&mut Draft<'_>, &mut Run, Target, &mut Tags) -> Result<(), CommandError>,
    ) -> Result<Outcome, CommandError> {
        let keys = &self.keys;
        let changed = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let item = stored(conn, opened.document.row, task)?;
            let mut tags = Tags::load(conn, &opened)?;
            let ((), changed) = opened.change(conn, keys, run, json, |draft, run| {
                let target = draft.stored(item.object)?;
                fill(draft, run, target, &mut tags)
            })?;
            Ok::<_, CommandError>(changed)
        })?;
        Ok(Outcome::Done { changed })
    }

    pub(super) fn edit_task(
        &mut self,
        list: &DocumentId,
        task: &TaskId,
        patch: &TaskPatch,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let title = patch
            .title
            .as_deref()
            .map(|t| line("title", t, TITLE_CHARS_MAX))
            .transpose()?;
        let notes = patch
            .notes
            .as_deref()
            .map(|n| text("notes", n, NOTES_CHARS_MAX))
            .transpose()?;
        let url = match &patch.url {
            Some(Some(url)) => Some(Some(line("url", url, URL_CHARS_MAX)?)),
            other => other.clone(),
        };
        let due = patch
            .due
            .as_ref()
            .map(|due| due.as_ref().map(ToString::to_string));
        let add = tag_names(&patch.add_tags)?;
        let remove = tag_names(&patch.remove_tags)?;
        self.change_item(list, task, run, json, |draft, run, item, tags| {
            if let Some(title) = title {
                draft.put(item, "title", Scalar::Str(title))?;
            }
            if let Some(notes) = notes {
                draft.edit_text(item, "notes", notes)?;
            }
            if let Some(status) = patch.status {
                draft.put_or_default(item, "status", &status.to_string(), "open")?;
            }
            if let Some(priority) = patch.priority {
                draft.put_or_default(item, "priority", &priority.to_string(), "none")?;
            }
            for (key, value) in [("url", url), ("due", due)] {
                match value {
                    Some(Some(value)) => draft.put(item, key, Scalar::Str(value))?,
                    Some(None) => draft.delete(item, key)?,
                    None => {}
                }
            }
            for name in &add {
                let id = tags.id(draft, run, name)?;
                draft.put(item, &format!("tag/{id}"), Scalar::Bool(true))?;
            }
            for name in &remove {
                if let Some(id) = tags.by_name.get(name) {
                    draft.delete(item, &format!("tag/{id}"))?;
                }
            }
            Ok(())
        })
    }

    pub(super) fn set_status(
        &mut self,
        list: &DocumentId,
        task: &TaskId,
        status: Status,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        self.change_item(list, task, run, json, |draft, _, item, _| {
            Ok(draft.put_or_default(item, "status", &status.to_string(), "open")?)
        })
    }

    pub(super) fn set_deleted(
        &mut self,
        list: &DocumentId,
        task: &TaskId,
        deleted: bool,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        self.change_item(list, task, run, json, |draft, run, item, _| {
            if !deleted {
                return Ok(draft.delete(item, "deletedAt")?);
            }
            if draft.is_set(item, "deletedAt")? {
                return Ok(());
            }
            Ok(draft.put(item, "deletedAt", Scalar::Timestamp(run.now_ms()))?)
        })
    }

    pub(super) fn move_task(
        &mut self,
        list: &DocumentId,
        task: &TaskId,
        to: &MovePlace,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        if to.before.is_some() && to.after.is_some() {
            return Err(CommandError::invalid(
                "after",
                "give either `before` or `after`",
            ));
        }
        let keys = &self.keys;
        let changed = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let doc = opened.document.row;
            let item = stored(conn, doc, task)?;
            let beside = to.after.or(to.before);
            let beside_parent = beside.map(|id| stored(conn, doc, &id)).transpose()?;
            let parent = match (&to.parent, &beside_parent) {
                (Some(parent), _) => *parent,
                (None, Some(sibling)) => sibling.parent,
                (None, None) => item.parent,
            };
            check_parent(conn, doc, task, parent.as_ref())?;
            let siblings = siblings(conn, doc, parent.as_ref(), Some(task))?;
            let index = match beside {
                None => 0,
                Some(beside) => {
                    let at = siblings
                        .iter()
                        .position(|s| s.task == beside)
                        .ok_or_else(|| {
                            CommandError::invalid("after", "that task is not below the same parent")
                        })?;
                    at + usize::from(to.after.is_some())
                }
            };
            let (order, rekeyed) = place(&siblings, index);
            let mut others = Vec::with_capacity(rekeyed.len());
            for (other, key) in rekeyed {
                others.push((stored(conn, doc, &other)?.object, key));
            }
            let ((), changed) = opened.change(conn, keys, run, json, |draft, _| {
                let target = draft.stored(item.object)?;
                if parent != item.parent {
                    match parent {
                        Some(id) => draft.put(target, "parent", Scalar::Str(id.to_string()))?,
                        None => draft.delete(target, "parent")?,
                    }
                }
                draft.put(target, "order", Scalar::Str(order))?;
                for (object, key) in others {
                    let other = draft.stored(object)?;
                    draft.put(other, "order", Scalar::Str(key))?;
                }
                Ok(())
            })?;
            Ok::<_, CommandError>(changed)
        })?;
        Ok(Outcome::Done { changed })
    }

    /// Imports in as few changes as the limits allow, all in one transaction.
    pub(super) fn import_tasks(
        &mut self,
        list: &DocumentId,
        tasks: &[ImportedTask],
        run: &mut Run,
    ) -> Result<Outcome, CommandError> {
        let keys = &self.keys;
        let ids = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let last = end_key(conn, opened.document.row, None, true)?;
            let mut fresh = Vec::new();
            flatten(tasks, None, last.as_deref(), run, &mut fresh)?;
            let mut rest = fresh.as_slice();
            while !rest.is_empty() {
                let mut chars = 0;
                let count = rest
                    .iter()
                    .take(IMPORT_TASKS_PER_CHANGE)
                    .take_while(|task| {
                        let fits = chars < IMPORT_CHARS_PER_CHANGE;
                        chars += task.notes.chars().count() + task.title.len();
                        fits
                    })
                    .count();
                let (part, others) = rest.split_at(count.max(1).min(rest.len()));
                let items = opened.map(conn, "items")?;
                let mut tags = Tags::load(conn, &opened)?;
                opened.change(conn, keys, run, "", |draft, run| {
                    let items = draft.stored(items)?;
                    for task in part {
                        write_item(draft, run, items, &mut tags, task)?;
                    }
                    Ok(())
                })?;
                rest = others;
            }
            Ok::<_, CommandError>(fresh.iter().map(|task| task.id).collect())
        })?;
        Ok(Outcome::Tasks {
            list: *list,
            tasks: ids,
        })
    }
}

/// Refuses a parent that is not there, or that is the task itself or below it.
fn check_parent(
    conn: &Connection,
    doc: i64,
    task: &TaskId,
    parent: Option<&TaskId>,
) -> Result<(), CommandError> {
    let mut seen = std::collections::BTreeSet::new();
    let mut next = parent.copied();
    while let Some(id) = next {
        if id == *task {
            return Err(CommandError::invalid(
                "parent",
                "a task cannot be moved below itself",
            ));
        }
        if !seen.insert(id) {
            break;
        }
        next = stored(conn, doc, &id)?.parent;
    }
    Ok(())
}

/// Brings a tree of imported tasks into one row, parents first, each with id and key.
fn flatten(
    tasks: &[ImportedTask],
    parent: Option<TaskId>,
    last: Option<&str>,
    run: &mut Run,
    out: &mut Vec<Fresh>,
) -> Result<(), CommandError> {
    for (task, order) in tasks.iter().zip(behind(last, tasks.len())) {
        let id = run.task_id();
        out.push(Fresh {
            id,
            title: line("title", &task.title, TITLE_CHARS_MAX)?,
            notes: text(
                "notes",
                task.notes.as_deref().unwrap_or_default(),
                NOTES_CHARS_MAX,
            )?
            .to_owned(),
            url: task.url.clone(),
            status: task.status,
            priority: task.priority,
            due: task.due.as_ref().map(ToString::to_string),
            parent,
            order,
            tags: tag_names(&task.tags)?,
            created_ms: created_ms(task).unwrap_or(run.now_ms()),
        });
        flatten(&task.children, Some(id), None, run, out)?;
    }
    Ok(())
}

/// The beginning of the day on which an imported task says it was made, in UTC.
fn created_ms(task: &ImportedTask) -> Option<i64> {
    let midnight = task.created?.to_datetime(jiff::civil::Time::midnight());
    let at = jiff::tz::TimeZone::UTC.to_timestamp(midnight).ok()?;
    Some(at.as_millisecond())
}
