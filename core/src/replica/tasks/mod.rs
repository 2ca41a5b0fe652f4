//! Commands on tasks.

mod course;
mod create;
mod edit;
mod files;
mod import;
mod place;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use files::check_size;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::write::{Opened, Run, line};
use super::{CommandError, Replica};
use crate::document::{DocumentId, Scalar};
use crate::identity::Did;
use crate::model::interchange::TAG_CHARS_MAX;
use crate::model::{Closed, Due, Outcome, Reminder, Series, SeriesId, Status, TaskId};
use crate::store::{Draft, StoreError, Target, parsed};

/// The most tags on one task.
const TAGS_MAX: usize = 50;
/// The most reminders of one task.
const REMINDERS_MAX: usize = 20;
/// The most tasks that one may wait for.
const BLOCKED_BY_MAX: usize = 50;

/// A task as the commands need it.
struct Stored {
    object: i64,
    parent: Option<TaskId>,
    status: Status,
    due: Option<Due>,
    series: Option<Series>,
    next: Option<Due>,
    last: Option<Due>,
    /// What a part of a task that recurs is done for.
    context: Option<String>,
    done: bool,
}

fn stored(conn: &Connection, doc: i64, task: &TaskId) -> Result<Stored, CommandError> {
    conn.prepare_cached(
        "SELECT obj, parent, status, due, series, next, last, context, done
         FROM item WHERE doc = ?1 AND task = ?2",
    )?
    .query_row(params![doc, task.to_string()], |row| {
        fn opt<T: core::str::FromStr>(
            row: &rusqlite::Row<'_>,
            at: usize,
        ) -> rusqlite::Result<Option<T>> {
            let text: Option<String> = row.get(at)?;
            Ok(text.and_then(|text| text.parse().ok()))
        }
        Ok(Stored {
            object: row.get(0)?,
            parent: opt(row, 1)?,
            status: parsed(row, 2)?,
            due: opt(row, 3)?,
            series: opt(row, 4)?,
            next: opt(row, 5)?,
            last: opt(row, 6)?,
            context: row.get(7)?,
            done: row.get(8)?,
        })
    })
    .optional()?
    .ok_or(CommandError::NotFound("task"))
}

/// Refuses a task that is not there.
pub(super) fn check_task(conn: &Connection, doc: i64, task: &TaskId) -> Result<(), CommandError> {
    stored(conn, doc, task).map(drop)
}

/// The tasks right below one.
fn children(conn: &Connection, doc: i64, task: &TaskId) -> Result<Vec<TaskId>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT task FROM item WHERE doc = ?1 AND parent = ?2 ORDER BY ord, task",
    )?;
    let rows = statement.query_map(params![doc, task.to_string()], |row| parsed(row, 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// All tasks below one, each once whatever circles there are.
fn descendants(conn: &Connection, doc: i64, task: &TaskId) -> Result<Vec<TaskId>, StoreError> {
    let mut seen = BTreeSet::from([*task]);
    let mut found = Vec::new();
    let mut waiting = vec![*task];
    while let Some(task) = waiting.pop() {
        for child in children(conn, doc, &task)? {
            if seen.insert(child) {
                found.push(child);
                waiting.push(child);
            }
        }
    }
    Ok(found)
}

/// The tags of a list by name, those that a draft makes included.
pub(super) struct Tags {
    map: i64,
    /// The ids of each name, the smallest first: two devices may each have made one.
    by_name: BTreeMap<String, Vec<String>>,
}

impl Tags {
    pub(super) fn load(conn: &Connection, opened: &Opened) -> Result<Self, StoreError> {
        let mut statement =
            conn.prepare_cached("SELECT name, tag FROM tag WHERE doc = ?1 ORDER BY tag")?;
        let mut rows = statement.query(params![opened.document.row])?;
        let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            by_name.entry(row.get(0)?).or_default().push(row.get(1)?);
        }
        Ok(Self {
            map: opened.map(conn, "tags")?,
            by_name,
        })
    }

    /// The ids of a tag that the list has.
    pub(super) fn find(&self, name: &str) -> &[String] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// The maps of a tag: those at `stored`, or the one of a tag that is made now.
    pub(super) fn targets(
        &mut self,
        draft: &mut Draft<'_>,
        run: &mut Run,
        name: &str,
        stored: &[i64],
    ) -> Result<Vec<Target>, CommandError> {
        if stored.is_empty() {
            let id = self.id(draft, run, name)?;
            let map = draft.stored(self.map)?;
            let made = draft.made(map, &id).ok_or(CommandError::NotFound("tag"))?;
            return Ok(vec![made]);
        }
        let each = stored.iter().map(|object| draft.stored(*object));
        Ok(each.collect::<Result<_, _>>()?)
    }

    /// The id of a tag, made if the list has none of that name.
    pub(super) fn id(
        &mut self,
        draft: &mut Draft<'_>,
        run: &mut Run,
        name: &str,
    ) -> Result<String, CommandError> {
        if let Some(id) = self.find(name).first() {
            return Ok(id.clone());
        }
        let id = run.task_id().to_string();
        let map = draft.stored(self.map)?;
        let tag = draft.make_map(map, &id)?;
        draft.put(tag, "name", Scalar::Str(name.to_owned()))?;
        self.by_name.insert(name.to_owned(), vec![id.clone()]);
        Ok(id)
    }
}

/// A tag's name as it is kept.
pub(super) fn tag_name(name: &str) -> Result<String, CommandError> {
    line("tags", name.trim().trim_start_matches('#'), TAG_CHARS_MAX)
}

fn tag_names(names: &[String]) -> Result<Vec<String>, CommandError> {
    at_most("tags", names.len(), TAGS_MAX)?;
    names.iter().map(|name| tag_name(name)).collect()
}

fn at_most(field: &'static str, count: usize, max: usize) -> Result<(), CommandError> {
    if count > max {
        return Err(CommandError::invalid(
            field,
            format!("{count} were given; at most {max} fit on a task"),
        ));
    }
    Ok(())
}

fn reminders(reminders: &[Reminder]) -> Result<&[Reminder], CommandError> {
    at_most("reminders", reminders.len(), REMINDERS_MAX)?;
    Ok(reminders)
}

/// Only members can be given a task.
fn check_assignee(opened: &Opened, assignee: Option<&Did>) -> Result<(), CommandError> {
    match assignee {
        Some(did) if !opened.authority.members().contains_key(did) => Err(CommandError::invalid(
            "assignee",
            "is no member of this list: share it with them first",
        )),
        _ => Ok(()),
    }
}

/// Tasks that come first must be there, and must not wait for `task` themselves.
fn check_blocked_by(
    conn: &Connection,
    doc: i64,
    task: Option<&TaskId>,
    blocked_by: &[TaskId],
) -> Result<(), CommandError> {
    at_most("blockedBy", blocked_by.len(), BLOCKED_BY_MAX)?;
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<TaskId> = blocked_by.to_vec();
    for other in blocked_by {
        stored(conn, doc, other)?;
    }
    while let Some(next) = waiting.pop() {
        if Some(&next) == task {
            return Err(CommandError::invalid(
                "blockedBy",
                "a task cannot wait for itself, nor for one that waits for it",
            ));
        }
        if !seen.insert(next) {
            continue;
        }
        let list: Option<String> = conn
            .prepare_cached("SELECT blocked_by FROM item WHERE doc = ?1 AND task = ?2")?
            .query_row(params![doc, next.to_string()], |row| row.get(0))
            .optional()?;
        let list: Vec<String> = serde_json::from_str(&list.unwrap_or_default()).unwrap_or_default();
        waiting.extend(list.iter().filter_map(|id| id.parse::<TaskId>().ok()));
    }
    Ok(())
}

/// The rules of the zone that a person is in.
pub(super) fn zone(name: Option<&str>) -> Result<TimeZone, CommandError> {
    match name {
        None => Ok(TimeZone::UTC),
        Some(name) => crate::model::zone(name)
            .map_err(|error| CommandError::invalid("zone", error.to_string())),
    }
}

fn series(
    run: &mut Run,
    start: Option<Due>,
    rule: crate::model::Recurrence,
) -> Result<Series, CommandError> {
    let start = start.ok_or_else(|| {
        CommandError::invalid(
            "recurrence",
            "takes a due date to begin with: give one as well",
        )
    })?;
    Series::new(SeriesId::new(run.random()), start, rule)
        .map_err(|error| CommandError::invalid("recurrence", error.to_string()))
}

/// What a completion of a task that recurs closes now.
fn closes(item: &Stored, series: &Series, run: &Run, zone: &TimeZone) -> Option<Due> {
    // How the latest was closed makes no difference to what comes next.
    let latest = item
        .last
        .iter()
        .cloned()
        .map(|last| (last, Closed::Skipped));
    series.closes(&latest.collect(), run.now, zone)
}

impl Replica {
    /// Runs `fill` on one stored task in one change.
    fn change_task(
        &mut self,
        list: &DocumentId,
        task: &TaskId,
        run: &mut Run,
        json: &str,
        fill: impl FnOnce(
            &Connection,
            &mut Draft<'_>,
            &mut Run,
            Target,
            &Stored,
        ) -> Result<(), CommandError>,
    ) -> Result<Outcome, CommandError> {
        let keys = &self.keys;
        let changed = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let item = stored(conn, opened.document.row, task)?;
            let ((), changed) = opened.change(conn, keys, run, json, |draft, run| {
                let target = draft.stored(item.object)?;
                fill(conn, draft, run, target, &item)
            })?;
            Ok::<_, CommandError>(changed)
        })?;
        Ok(Outcome::Done { changed })
    }
}
