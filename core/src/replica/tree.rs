//! Where the items of a list stand: which below which, in which order, and which of them are in
//! the trash.

mod read;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

pub(super) use self::read::{Finder, one, read};
pub(super) use self::walk::Walk;
use super::query::time;
use crate::model::{Closed, Due, Series, Status, Task, TaskId, is_listed_in_trash};
use crate::store::{DocumentRow, StoreError, parsed};

/// Who reads: when it is for them, and where.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    pub(super) now: Timestamp,
    pub(super) zone: TimeZone,
}

impl Reader {
    pub(super) fn new(now: Timestamp, zone: TimeZone) -> Self {
        Self { now, zone }
    }

    /// For where nobody reads: what is due and overdue is the same whenever it is done.
    pub(super) fn nobody() -> Self {
        Self::new(Timestamp::UNIX_EPOCH, TimeZone::UTC)
    }

    pub(super) fn today(&self) -> Date {
        self.zone.to_datetime(self.now).date()
    }

    /// What is due now: of a task that recurs, what completing it would close.
    pub(super) fn due(
        &self,
        next: Option<Due>,
        series: Option<&Series>,
        last: Option<Due>,
        done: bool,
    ) -> Option<Due> {
        let Some(series) = series.filter(|_| !done) else {
            return next;
        };
        let latest = last.map(|last| (last, Closed::Skipped));
        series.closes(&latest.into_iter().collect(), self.now, &self.zone)
    }

    /// Whether something that is not done should be.
    pub(super) fn is_past(&self, due: &Due) -> bool {
        due.deadline(&self.zone) < self.now
    }

    /// The day on which something is due, where the reader is.
    pub(super) fn day_of(&self, due: &Due) -> Date {
        match due.time() {
            None => due.date(),
            Some(_) => self.zone.to_datetime(due.deadline(&self.zone)).date(),
        }
    }
}

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) task: TaskId,
    /// How many tasks it is below.
    pub(super) depth: u32,
    /// Since when it is in the trash, by itself or else with the nearest parent that is.
    pub(super) deleted_at: Option<i64>,
    pub(super) status: Status,
}

impl Place {
    pub(super) fn is_trashed(&self) -> bool {
        self.deleted_at.is_some()
    }

    /// Whether the trash lists it.
    pub(super) fn is_listed_in_trash(&self, now: Timestamp) -> bool {
        // A time beyond the calendar, which only a foreign client can write, is no time that is
        // over.
        self.is_trashed() && time(self.deleted_at).is_none_or(|at| is_listed_in_trash(at, now))
    }
}

/// An item before its place is known.
struct Loose {
    task: TaskId,
    order: String,
    deleted_at: Option<i64>,
    status: Status,
}

/// The places of all items: parents before their children, siblings by their keys. Everything
/// that this reads is in one index; what the items say is not touched.
pub(super) fn places(conn: &Connection, document: &DocumentRow) -> Result<Vec<Place>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT task, parent, ord, deleted_at, iif(done, 'done', status)
         FROM item INDEXED BY item_order WHERE doc = ?1 ORDER BY parent, ord, task",
    )?;
    let mut rows = statement.query(params![document.row])?;
    let mut parents = BTreeMap::new();
    let mut top = Vec::new();
    let mut below: BTreeMap<TaskId, Vec<Loose>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let item = Loose {
            task: parsed(row, 0)?,
            order: row.get(2)?,
            deleted_at: row.get(3)?,
            status: parsed(row, 4)?,
        };
        let parent = parent(row, 1)?;
        parents.insert(item.task, parent);
        match parent {
            None => top.push(item),
            Some(parent) => below.entry(parent).or_default().push(item),
        }
    }
    // A parent that is not there, or a circle, lets its children stand at the top.
    let lifted = roots(&parents);
    if !lifted.is_empty() {
        for children in below.values_mut() {
            let all = core::mem::take(children);
            for item in all {
                let to = if lifted.contains(&item.task) {
                    &mut top
                } else {
                    &mut *children
                };
                to.push(item);
            }
        }
        top.sort_by(|a, b| (&a.order, a.task).cmp(&(&b.order, b.task)));
    }
    let mut places = Vec::with_capacity(parents.len());
    // From the last to the first, so that the first is taken from the stack first.
    let mut stack: Vec<(Loose, u32, Option<i64>)> =
        top.into_iter().rev().map(|item| (item, 0, None)).collect();
    while let Some((item, depth, above)) = stack.pop() {
        let deleted_at = item.deleted_at.or(above);
        places.push(Place {
            task: item.task,
            depth,
            deleted_at,
            status: item.status,
        });
        if let Some(children) = below.remove(&item.task) {
            let children = children.into_iter().rev();
            stack.extend(children.map(|child| (child, depth + 1, deleted_at)));
        }
    }
    Ok(places)
}

/// The tasks that stand at the top although they name a parent: it is missing, or they close a
/// circle. Of a circle the task with the smallest id is lifted out, on every replica the same.
fn roots(parents: &BTreeMap<TaskId, Option<TaskId>>) -> BTreeSet<TaskId> {
    let mut roots = BTreeSet::new();
    let mut safe: BTreeSet<TaskId> = BTreeSet::new();
    let nested = parents.iter().filter(|(_, parent)| parent.is_some());
    for (start, _) in nested {
        let mut path = Vec::new();
        let mut at = *start;
        loop {
            if safe.contains(&at) {
                break;
            }
            if let Some(from) = path.iter().position(|id| *id == at) {
                roots.extend(path.get(from..).unwrap_or_default().iter().min().copied());
                break;
            }
            path.push(at);
            match parents.get(&at) {
                Some(Some(parent)) if parents.contains_key(parent) => at = *parent,
                Some(Some(_)) => {
                    roots.insert(at);
                    break;
                }
                _ => break,
            }
        }
        safe.extend(path);
    }
    roots
}

/// A task and those that it stands below, itself first, each with whether it was deleted: the
/// same as in [`places`], from these tasks alone. Empty where there is no such task.
fn ancestry(conn: &Connection, doc: i64, task: &TaskId) -> Result<Vec<(TaskId, bool)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT parent, deleted_at IS NOT NULL FROM item WHERE doc = ?1 AND task = ?2",
    )?;
    let mut path: Vec<(TaskId, bool)> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut at = *task;
    loop {
        let found = statement
            .query_row(params![doc, at.to_string()], |row| {
                Ok((parent(row, 0)?, row.get(1)?))
            })
            .optional()?;
        let Some((above, deleted)) = found else {
            // The parent that the last one names is not there: that one stands at the top.
            break;
        };
        if !seen.insert(at) {
            // A circle: the smallest of those in it stands at the top.
            let from = path.iter().position(|(id, _)| *id == at);
            let circle = path.iter().enumerate().skip(from.unwrap_or_default());
            let top = circle.min_by_key(|(_, (id, _))| *id);
            path.truncate(top.map_or(0, |(index, _)| index) + 1);
            break;
        }
        path.push((at, deleted));
        match above {
            Some(above) => at = above,
            None => break,
        }
    }
    Ok(path)
}

/// Whether a task, or one that it is below, is in the trash.
pub(super) fn is_trashed(conn: &Connection, doc: i64, task: &TaskId) -> Result<bool, StoreError> {
    Ok(trashed_with(conn, doc, task)?.is_some())
}

/// The task by whose deletion one is in the trash: itself, or else the nearest that it is below.
pub(super) fn trashed_with(
    conn: &Connection,
    doc: i64,
    task: &TaskId,
) -> Result<Option<TaskId>, StoreError> {
    let path = ancestry(conn, doc, task)?;
    let mut deleted = path.into_iter().filter(|(_, deleted)| *deleted);
    Ok(deleted.next().map(|(id, _)| id))
}

/// The tasks that one stands below, the nearest first.
pub(super) fn above(conn: &Connection, doc: i64, task: &TaskId) -> Result<Vec<TaskId>, StoreError> {
    let path = ancestry(conn, doc, task)?;
    Ok(path.into_iter().skip(1).map(|(id, _)| id).collect())
}

/// The tasks that are in the trash only because they are below one that was deleted.
pub(super) fn trashed_with_others(conn: &Connection, doc: i64) -> Result<Vec<TaskId>, StoreError> {
    let mut statement = conn.prepare_cached(
        "WITH RECURSIVE below (task) AS (
             SELECT task FROM item INDEXED BY item_order
                 WHERE doc = ?1 AND deleted_at IS NOT NULL
             UNION
             SELECT item.task FROM below JOIN item INDEXED BY item_order
                 ON item.doc = ?1 AND item.parent = below.task
         )
         SELECT item.task FROM below JOIN item ON item.doc = ?1 AND item.task = below.task
         WHERE item.deleted_at IS NULL",
    )?;
    let rows = statement.query_map(params![doc], |row| parsed(row, 0))?;
    let mut found: Vec<TaskId> = rows.collect::<Result<_, _>>()?;
    // One that closes a circle stands at the top, whatever it names as its parent.
    let mut failed = None;
    found.retain(|task| match is_trashed(conn, doc, task) {
        Ok(trashed) => trashed,
        Err(error) => {
            failed = Some(error);
            false
        }
    });
    failed.map_or(Ok(found), Err)
}

/// A column that holds a text of some type, or nothing that can be read as one.
fn opt<T: core::str::FromStr>(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<T>> {
    let text = row.get_ref(at)?.as_str_or_null();
    Ok(text.ok().flatten().and_then(|text| text.parse().ok()))
}

fn parent(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<TaskId>> {
    // What is no id counts as no parent.
    opt(row, index)
}

/// The items of a list in the order in which they stand.
pub(super) struct Tree {
    /// Parents before their children, siblings by their keys.
    pub(super) tasks: Vec<Task>,
    /// Those in the trash, by themselves or with a parent.
    pub(super) trashed: BTreeSet<TaskId>,
}

impl Tree {
    pub(super) fn load(
        conn: &Connection,
        document: &DocumentRow,
        reader: &Reader,
    ) -> Result<Self, StoreError> {
        let places = places(conn, document)?;
        let trashed = places.iter().filter(|place| place.is_trashed());
        Ok(Self {
            tasks: read(conn, document, &places, reader)?,
            trashed: trashed.map(|place| place.task).collect(),
        })
    }
}

#[cfg(test)]
mod tests;
