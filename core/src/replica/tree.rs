//! Where the items of a list stand: which below which, in which order, and which of them are in
//! the trash.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::query::{name_of, time};
use crate::identity::Did;
use crate::membership::Authority;
use crate::model::{
    Assignee, Attachment, Closed, Conflict, Due, Progress, Series, Status, Task, TaskId,
    is_listed_in_trash,
};
use crate::store::{
    Actors, DocumentRow, StoreError, StoredAttachment, StoredConflict, parsed, statements,
};

/// The columns that [`Pages::task`] reads.
macro_rules! columns {
    () => {
        "task, title, notes, url, status, priority, next, parent, tags, created_at, deleted_at,
             conflicts, author, done, series, last, assignee, assigned_at, aisle, reminders,
             blocked_by, attachments"
    };
}

/// From so many tasks on, all of a list are read in one go instead of one by one.
const SCAN_MIN: usize = 2_000;

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
    let path = ancestry(conn, doc, task)?;
    Ok(path.iter().any(|(_, deleted)| *deleted))
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

/// How many tasks one task is below.
fn depth(conn: &Connection, doc: i64, task: &TaskId) -> Result<u32, StoreError> {
    let above = ancestry(conn, doc, task)?.len().saturating_sub(1);
    Ok(u32::try_from(above).unwrap_or(u32::MAX))
}

fn parent(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<TaskId>> {
    // What is no id counts as no parent.
    opt(row, index)
}

/// One task.
pub(super) fn one(
    conn: &Connection,
    document: &DocumentRow,
    task: &TaskId,
    reader: &Reader,
) -> Result<Option<Task>, StoreError> {
    Pages::load(conn, document, reader)?.find_placed(conn, task)
}

/// Finds tasks of several documents, each of which is prepared once.
pub(super) struct Finder<'a> {
    documents: BTreeMap<i64, &'a DocumentRow>,
    reader: &'a Reader,
    pages: BTreeMap<i64, Pages<'a>>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(documents: &'a [DocumentRow], reader: &'a Reader) -> Self {
        let rows = documents.iter().map(|document| (document.row, document));
        Self {
            documents: rows.collect(),
            reader,
            pages: BTreeMap::new(),
        }
    }

    /// A task, unless it or one above it is in the trash, or its document none of those asked.
    pub(super) fn live(
        &mut self,
        conn: &Connection,
        doc: i64,
        task: &TaskId,
    ) -> Result<Option<Task>, StoreError> {
        let Some(document) = self.documents.get(&doc) else {
            return Ok(None);
        };
        let pages = match self.pages.entry(doc) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Pages::load(conn, document, self.reader)?),
        };
        let Some(found) = pages.find_placed(conn, task)? else {
            return Ok(None);
        };
        Ok((!is_trashed(conn, doc, task)?).then_some(found))
    }
}

/// The tasks at some places.
pub(super) fn read(
    conn: &Connection,
    document: &DocumentRow,
    places: &[Place],
    reader: &Reader,
) -> Result<Vec<Task>, StoreError> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let mut pages = Pages::load(conn, document, reader)?;
    let mut tasks = Vec::with_capacity(places.len());
    let mut all = if places.len() < SCAN_MIN {
        BTreeMap::new()
    } else {
        pages.all(conn)?
    };
    for place in places {
        let task = match all.remove(&place.task) {
            None => pages.find(conn, &place.task)?,
            read => read,
        };
        tasks.extend(task.map(|task| Task {
            depth: place.depth,
            ..task
        }));
    }
    Ok(tasks)
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

/// A column that holds a text of some type, or nothing that can be read as one.
fn opt<T: core::str::FromStr>(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<T>> {
    let text = row.get_ref(at)?.as_str_or_null();
    Ok(text.ok().flatten().and_then(|text| text.parse().ok()))
}

fn parse_all<T: core::str::FromStr>(texts: &[String]) -> Vec<T> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

fn attachment(conn: &Connection, file: StoredAttachment) -> Result<Attachment, StoreError> {
    let here = conn
        .prepare_cached("SELECT 1 FROM blob WHERE hash = unhex(?1)")?
        .exists(params![file.hash])?;
    Ok(Attachment {
        id: file.hash,
        name: file.name,
        mime: file.mime,
        size: file.size,
        here,
    })
}

/// How far the tasks right below one are, if there are any.
fn progress(conn: &Connection, doc: i64, task: &TaskId) -> Result<Option<Progress>, StoreError> {
    let (total, done): (u32, u32) = conn
        .prepare_cached(
            "SELECT count(*), count(*) FILTER (WHERE done = 1) FROM item INDEXED BY item_order
             WHERE doc = ?1 AND parent = ?2 AND deleted_at IS NULL",
        )?
        .query_row(params![doc, task.to_string()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    Ok((total > 0).then_some(Progress { done, total }))
}

/// The same of every task that has others below it, in one go.
fn all_progress(conn: &Connection, doc: i64) -> Result<BTreeMap<TaskId, Progress>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT parent, count(*), count(*) FILTER (WHERE done = 1) FROM item INDEXED BY item_order
         WHERE doc = ?1 AND parent IS NOT NULL AND deleted_at IS NULL GROUP BY parent",
    )?;
    let mut rows = statement.query(params![doc])?;
    let mut all = BTreeMap::new();
    while let Some(row) = rows.next()? {
        if let Some(task) = parent(row, 0)? {
            let (total, done) = (row.get(1)?, row.get(2)?);
            all.insert(task, Progress { done, total });
        }
    }
    Ok(all)
}

/// What it takes to read a document's items.
struct Pages<'a> {
    document: &'a DocumentRow,
    reader: &'a Reader,
    actors: Actors,
    authority: Rc<Authority>,
    /// The names of tags by their ids.
    tags: BTreeMap<String, String>,
    /// How far all tasks are that have others below them, once all of them are read.
    progress: Option<BTreeMap<TaskId, Progress>>,
}

impl<'a> Pages<'a> {
    fn load(
        conn: &Connection,
        document: &'a DocumentRow,
        reader: &'a Reader,
    ) -> Result<Self, StoreError> {
        let mut statement = conn.prepare_cached("SELECT tag, name FROM tag WHERE doc = ?1")?;
        let rows =
            statement.query_map(params![document.row], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self {
            document,
            reader,
            actors: Actors::load(conn, document.row)?,
            authority: statements::authority(conn, &document.id)?,
            tags: rows.collect::<Result<_, _>>()?,
            progress: None,
        })
    }

    /// A task with its depth.
    fn find_placed(&self, conn: &Connection, task: &TaskId) -> Result<Option<Task>, StoreError> {
        let mut found = self.find(conn, task)?;
        if let Some(found) = &mut found
            && found.parent.is_some()
        {
            found.depth = depth(conn, self.document.row, task)?;
        }
        Ok(found)
    }

    fn find(&self, conn: &Connection, task: &TaskId) -> Result<Option<Task>, StoreError> {
        let mut statement = conn.prepare_cached(concat!(
            "SELECT ",
            columns!(),
            " FROM item WHERE doc = ?1 AND task = ?2"
        ))?;
        let mut rows = statement.query(params![self.document.row, task.to_string()])?;
        rows.next()?.map(|row| self.task(conn, row)).transpose()
    }

    fn all(&mut self, conn: &Connection) -> Result<BTreeMap<TaskId, Task>, StoreError> {
        self.progress = Some(all_progress(conn, self.document.row)?);
        let mut statement =
            conn.prepare_cached(concat!("SELECT ", columns!(), " FROM item WHERE doc = ?1"))?;
        let mut rows = statement.query(params![self.document.row])?;
        let mut all = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let task = self.task(conn, row)?;
            all.insert(task.id, task);
        }
        Ok(all)
    }

    fn assignee(&self, did: Option<Did>, assigned_ms: Option<i64>) -> Option<Assignee> {
        let did = did?;
        let profile = self.authority.profile(&did);
        Some(Assignee {
            did,
            name: name_of(profile.map(|profile| profile.name.as_str()), &did),
            assigned_at: time(assigned_ms),
            left: !self.authority.members().contains_key(&did),
        })
    }

    fn did_of(&self, actor: i64) -> Option<Did> {
        let device = self.actors.by_row(actor)?.device?;
        self.authority.identity_of(&device)
    }

    /// Reads an item; its depth is for the caller to say.
    fn task(&self, conn: &Connection, row: &Row<'_>) -> Result<Task, StoreError> {
        let damaged = |_| StoreError::Damaged("an item cannot be read".into());
        let id: TaskId = parsed(row, 0)?;
        let tags: String = row.get(8)?;
        let tags: Vec<String> = serde_json::from_str(&tags).map_err(damaged)?;
        let mut tags: Vec<String> = tags
            .iter()
            .filter_map(|tag| self.tags.get(tag).cloned())
            .collect();
        tags.sort_unstable();
        tags.dedup();
        let conflicts: String = row.get(11)?;
        let conflicts: Vec<StoredConflict> = serde_json::from_str(&conflicts).map_err(damaged)?;
        let list = |at: usize| -> Result<Vec<String>, StoreError> {
            serde_json::from_str(&row.get::<_, String>(at)?).map_err(damaged)
        };
        let done = row.get(13)?;
        let series: Option<Series> = opt(row, 14)?;
        let due = self
            .reader
            .due(opt(row, 6)?, series.as_ref(), opt(row, 15)?, done);
        let files: String = row.get(21)?;
        let files: Vec<StoredAttachment> = serde_json::from_str(&files).map_err(damaged)?;
        let status: Status = parsed(row, 4)?;
        Ok(Task {
            id,
            short_id: id.short(),
            list: self.document.id,
            title: row.get(1)?,
            notes: row.get(2)?,
            url: row.get(3)?,
            status: if done { Status::Done } else { status },
            priority: parsed(row, 5)?,
            done,
            overdue: !done
                && due
                    .as_ref()
                    .is_some_and(|due| due.deadline(&self.reader.zone) < self.reader.now),
            due,
            recurrence: series.map(|series| series.rule().clone()),
            reminders: parse_all(&list(19)?),
            assignee: self.assignee(opt(row, 16)?, row.get(17)?),
            blocked_by: parse_all(&list(20)?),
            aisle: row.get(18)?,
            attachments: files
                .into_iter()
                .map(|file| attachment(conn, file))
                .collect::<Result<_, _>>()?,
            progress: match &self.progress {
                Some(known) => known.get(&id).copied(),
                None => progress(conn, self.document.row, &id)?,
            },
            parent: parent(row, 7)?,
            depth: 0,
            tags,
            created_at: time(row.get(9)?),
            created_by: self.did_of(row.get(12)?),
            deleted_at: time(row.get(10)?),
            conflicts: conflicts
                .into_iter()
                .map(|conflict| Conflict {
                    field: conflict.field,
                    value: conflict.value,
                    by: self.did_of(conflict.actor),
                })
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests;
