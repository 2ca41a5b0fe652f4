//! What tasks say: reading those whose places are known.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::rc::Rc;

use rusqlite::{CachedStatement, Connection, Params, Row, params};

use super::{Place, Reader, ancestry, opt, parent};
use crate::identity::Did;
use crate::membership::Authority;
use crate::model::{
    Assignee, Attachment, Conflict, FileKind, Progress, Series, Status, Task, TaskId, UNKNOWN_MIME,
};
use crate::replica::query::{name_of, time};
use crate::store::{
    Actors, DocumentRow, StoreError, StoredAttachment, StoredConflict, blobs, parsed, statements,
};

/// The columns that [`Pages::task`] reads.
macro_rules! columns {
    () => {
        "task, title, notes, url, status, priority, next, parent, tags, created_at, deleted_at,
             conflicts, author, done, series, last, assignee, assigned_at, aisle, reminders,
             blocked_by, attachments"
    };
}

/// From so many tasks on, all of a list are read instead of those that are asked for.
const SCAN_MIN: usize = 2_000;

/// One task.
pub(in crate::replica) fn one(
    conn: &Connection,
    document: &DocumentRow,
    task: &TaskId,
    reader: &Reader,
) -> Result<Option<Task>, StoreError> {
    Pages::load(conn, document, reader)?.find_placed(conn, task)
}

/// Finds tasks of several documents, each of which is prepared once.
pub(in crate::replica) struct Finder<'a> {
    documents: BTreeMap<i64, &'a DocumentRow>,
    reader: &'a Reader,
    pages: BTreeMap<i64, Pages<'a>>,
}

impl<'a> Finder<'a> {
    pub(in crate::replica) fn new(documents: &'a [DocumentRow], reader: &'a Reader) -> Self {
        let rows = documents.iter().map(|document| (document.row, document));
        Self {
            documents: rows.collect(),
            reader,
            pages: BTreeMap::new(),
        }
    }

    /// A task, unless it or one above it is in the trash, or its document none of those asked.
    pub(in crate::replica) fn live(
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
        let Some(mut found) = pages.find(conn, task)? else {
            return Ok(None);
        };
        // One that names no parent is in the trash by itself or not at all.
        if found.parent.is_none() {
            return Ok(found.deleted_at.is_none().then_some(found));
        }
        let path = ancestry(conn, doc, task)?;
        found.depth = depth(&path);
        let trashed = path.iter().any(|(_, deleted)| *deleted);
        Ok((!trashed).then_some(found))
    }
}

/// The tasks at some places.
pub(in crate::replica) fn read(
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
    let mut all = match places.len() {
        1 => BTreeMap::new(),
        count if count < SCAN_MIN => pages.some(conn, places)?,
        _ => pages.all(conn)?,
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

/// How many tasks one is below, by the path from it to the top.
fn depth(path: &[(TaskId, bool)]) -> u32 {
    u32::try_from(path.len().saturating_sub(1)).unwrap_or(u32::MAX)
}

fn parse_all<T: core::str::FromStr>(texts: &[String]) -> Vec<T> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

fn attachment(conn: &Connection, file: StoredAttachment) -> Result<Attachment, StoreError> {
    let kinds = match file.hash.parse() {
        Ok(hash) => blobs::kinds(conn, &hash)?,
        Err(_) => None,
    };
    let here = kinds.is_some();
    let claimed = FileKind::of_mime(&file.mime);
    let is_other = kinds.is_some_and(|kinds| !claimed.is_some_and(|kind| kinds.contains(kind)));
    Ok(Attachment {
        id: file.hash,
        name: file.name,
        mime: if is_other {
            UNKNOWN_MIME.to_owned()
        } else {
            file.mime
        },
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

/// The same of every parent that a statement finds.
fn progress_of(
    mut statement: CachedStatement<'_>,
    params: impl Params,
) -> Result<BTreeMap<TaskId, Progress>, StoreError> {
    let mut rows = statement.query(params)?;
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
            found.depth = depth(&ancestry(conn, self.document.row, task)?);
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
        let statement = conn.prepare_cached(
            "SELECT parent, count(*), count(*) FILTER (WHERE done = 1)
             FROM item INDEXED BY item_order
             WHERE doc = ?1 AND parent IS NOT NULL AND deleted_at IS NULL GROUP BY parent",
        )?;
        self.progress = Some(progress_of(statement, params![self.document.row])?);
        let statement =
            conn.prepare_cached(concat!("SELECT ", columns!(), " FROM item WHERE doc = ?1"))?;
        self.tasks(conn, statement, params![self.document.row])
    }

    /// Those at some places, in two statements instead of two for each.
    fn some(
        &mut self,
        conn: &Connection,
        places: &[Place],
    ) -> Result<BTreeMap<TaskId, Task>, StoreError> {
        let ids: Vec<String> = places.iter().map(|place| place.task.to_string()).collect();
        let ids = serde_json::json!(ids).to_string();
        let statement = conn.prepare_cached(
            "SELECT parent, count(*), count(*) FILTER (WHERE done = 1)
             FROM item INDEXED BY item_order
             WHERE doc = ?1 AND parent IN (SELECT value FROM json_each(?2))
                 AND deleted_at IS NULL
             GROUP BY parent",
        )?;
        self.progress = Some(progress_of(statement, params![self.document.row, ids])?);
        let statement = conn.prepare_cached(concat!(
            "SELECT ",
            columns!(),
            " FROM item WHERE doc = ?1 AND task IN (SELECT value FROM json_each(?2))"
        ))?;
        self.tasks(conn, statement, params![self.document.row, ids])
    }

    fn tasks(
        &self,
        conn: &Connection,
        mut statement: CachedStatement<'_>,
        params: impl Params,
    ) -> Result<BTreeMap<TaskId, Task>, StoreError> {
        let mut rows = statement.query(params)?;
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
        self.actors.by_row(actor)?.author(&self.authority)
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
            overdue: !done && due.as_ref().is_some_and(|due| self.reader.is_past(due)),
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
            changed_since: Vec::new(),
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
