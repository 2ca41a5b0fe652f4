//! Where the items of a list stand: which below which, in which order, and which of them are in
//! the trash.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::query::time;
use crate::identity::Did;
use crate::membership::Authority;
use crate::model::{Conflict, Status, Task, TaskId};
use crate::store::{Actors, DocumentRow, StoreError, StoredConflict, parsed, statements};

/// The columns that [`Reader::task`] reads.
macro_rules! columns {
    () => {
        "task, title, notes, url, status, priority, due, parent, tags, created_at, deleted_at,
             conflicts, author"
    };
}

/// From so many tasks on, all of a list are read in one go instead of one by one.
const SCAN_MIN: usize = 2_000;

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) task: TaskId,
    /// How many tasks it is below.
    pub(super) depth: u32,
    /// Whether it is in the trash, by itself or with a parent.
    pub(super) trashed: bool,
    pub(super) status: Status,
}

/// An item before its place is known.
struct Loose {
    task: TaskId,
    order: String,
    deleted: bool,
    status: Status,
}

/// The places of all items: parents before their children, siblings by their keys. Everything
/// that this reads is in one index; what the items say is not touched.
pub(super) fn places(conn: &Connection, document: &DocumentRow) -> Result<Vec<Place>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT task, parent, ord, deleted_at IS NOT NULL, status
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
            deleted: row.get(3)?,
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
    let mut stack: Vec<(Loose, u32, bool)> =
        top.into_iter().rev().map(|item| (item, 0, false)).collect();
    while let Some((item, depth, trashed)) = stack.pop() {
        let trashed = trashed || item.deleted;
        places.push(Place {
            task: item.task,
            depth,
            trashed,
            status: item.status,
        });
        if let Some(children) = below.remove(&item.task) {
            let children = children.into_iter().rev();
            stack.extend(children.map(|child| (child, depth + 1, trashed)));
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

/// How many tasks one task is below: the same as in [`places`], from its ancestors alone.
fn depth(conn: &Connection, doc: i64, task: &TaskId) -> Result<u32, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT parent FROM item WHERE doc = ?1 AND task = ?2")?;
    let mut path: Vec<TaskId> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut at = *task;
    loop {
        let found = statement
            .query_row(params![doc, at.to_string()], |row| parent(row, 0))
            .optional()?;
        let Some(above) = found else {
            // The parent that the last one names is not there: that one stands at the top.
            break;
        };
        if !seen.insert(at) {
            // A circle: the smallest of those in it stands at the top.
            let from = path.iter().position(|id| *id == at).unwrap_or_default();
            let circle = path.iter().enumerate().skip(from);
            let top = circle.min_by_key(|(_, id)| **id);
            path.truncate(top.map_or(0, |(index, _)| index) + 1);
            break;
        }
        path.push(at);
        match above {
            Some(above) => at = above,
            None => break,
        }
    }
    Ok(u32::try_from(path.len().saturating_sub(1)).unwrap_or(u32::MAX))
}

fn parent(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<TaskId>> {
    // What is no id counts as no parent.
    let text = row.get_ref(index)?.as_str_or_null();
    Ok(text.ok().flatten().and_then(|parent| parent.parse().ok()))
}

/// One task.
pub(super) fn one(
    conn: &Connection,
    document: &DocumentRow,
    task: &TaskId,
) -> Result<Option<Task>, StoreError> {
    let reader = Reader::load(conn, document)?;
    let Some(mut found) = reader.find(conn, task)? else {
        return Ok(None);
    };
    found.depth = depth(conn, document.row, task)?;
    Ok(Some(found))
}

/// The tasks at some places.
pub(super) fn read(
    conn: &Connection,
    document: &DocumentRow,
    places: &[Place],
) -> Result<Vec<Task>, StoreError> {
    if places.is_empty() {
        return Ok(Vec::new());
    }
    let reader = Reader::load(conn, document)?;
    let mut tasks = Vec::with_capacity(places.len());
    let mut all = if places.len() < SCAN_MIN {
        BTreeMap::new()
    } else {
        reader.all(conn)?
    };
    for place in places {
        let task = match all.remove(&place.task) {
            None => reader.find(conn, &place.task)?,
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
    pub(super) fn load(conn: &Connection, document: &DocumentRow) -> Result<Self, StoreError> {
        let places = places(conn, document)?;
        let trashed = places.iter().filter(|place| place.trashed);
        Ok(Self {
            tasks: read(conn, document, &places)?,
            trashed: trashed.map(|place| place.task).collect(),
        })
    }
}

/// What it takes to read a document's items.
struct Reader<'a> {
    document: &'a DocumentRow,
    actors: Actors,
    authority: Rc<Authority>,
    /// The names of tags by their ids.
    tags: BTreeMap<String, String>,
}

impl<'a> Reader<'a> {
    fn load(conn: &Connection, document: &'a DocumentRow) -> Result<Self, StoreError> {
        let mut statement = conn.prepare_cached("SELECT tag, name FROM tag WHERE doc = ?1")?;
        let rows =
            statement.query_map(params![document.row], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Self {
            document,
            actors: Actors::load(conn, document.row)?,
            authority: statements::authority(conn, &document.id)?,
            tags: rows.collect::<Result<_, _>>()?,
        })
    }

    fn find(&self, conn: &Connection, task: &TaskId) -> Result<Option<Task>, StoreError> {
        let mut statement = conn.prepare_cached(concat!(
            "SELECT ",
            columns!(),
            " FROM item WHERE doc = ?1 AND task = ?2"
        ))?;
        let mut rows = statement.query(params![self.document.row, task.to_string()])?;
        rows.next()?.map(|row| self.task(row)).transpose()
    }

    fn all(&self, conn: &Connection) -> Result<BTreeMap<TaskId, Task>, StoreError> {
        let mut statement =
            conn.prepare_cached(concat!("SELECT ", columns!(), " FROM item WHERE doc = ?1"))?;
        let mut rows = statement.query(params![self.document.row])?;
        let mut all = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let task = self.task(row)?;
            all.insert(task.id, task);
        }
        Ok(all)
    }

    fn did_of(&self, actor: i64) -> Option<Did> {
        let device = self.actors.by_row(actor)?.device?;
        self.authority.identity_of(&device)
    }

    /// Reads an item; its depth is for the caller to say.
    fn task(&self, row: &Row<'_>) -> Result<Task, StoreError> {
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
        let due: Option<String> = row.get(6)?;
        Ok(Task {
            id,
            short_id: id.short(),
            list: self.document.id,
            title: row.get(1)?,
            notes: row.get(2)?,
            url: row.get(3)?,
            status: parsed(row, 4)?,
            priority: parsed(row, 5)?,
            due: due.and_then(|due| due.parse().ok()),
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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::document::{DocumentId, DocumentKind};
    use crate::store::Store;

    fn id(n: usize) -> TaskId {
        TaskId::new(n as u64, &[n as u8; 10])
    }

    fn document(conn: &Connection, parents: &[Option<usize>]) -> DocumentRow {
        let document =
            DocumentRow::create(conn, &DocumentId::from_bytes([1; 16]), DocumentKind::List)
                .unwrap();
        for (n, parent) in parents.iter().enumerate() {
            conn.execute(
                "INSERT INTO item (doc, task, obj, author, title, notes, status, priority, parent,
                     ord, tags, conflicts, short)
                 VALUES (?1, ?2, 0, 0, 't', '', 'open', 'none', ?3, ?4, '[]', '[]', '')",
                params![
                    document.row,
                    id(n).to_string(),
                    parent.map(|parent| id(parent).to_string()),
                    // Equal keys too: then the ids decide.
                    format!("{}", n % 3),
                ],
            )
            .unwrap();
        }
        document
    }

    proptest! {
        /// Whatever the parents are, missing, in circles, anything: every item has one place,
        /// and asked for alone it has the depth that it has there.
        #[test]
        fn one_task_is_the_tree_s_entry(
            parents in prop::collection::vec(prop::option::of(0_usize..12), 0..10)
        ) {
            let store = Store::open_in_memory().unwrap();
            let document = document(store.conn(), &parents);
            let tree = Tree::load(store.conn(), &document).unwrap();
            prop_assert_eq!(tree.tasks.len(), parents.len());
            for task in tree.tasks {
                let alone = one(store.conn(), &document, &task.id).unwrap();
                prop_assert_eq!(alone, Some(task));
            }
        }
    }

    #[test]
    fn a_circle_hangs_from_its_smallest_and_a_lost_child_stands_at_the_top() {
        let store = Store::open_in_memory().unwrap();
        let conn = store.conn();
        let document = document(
            conn,
            &[None, Some(3), Some(1), Some(2), Some(3), Some(40), Some(0)],
        );
        let depths: BTreeMap<TaskId, u32> = places(conn, &document)
            .unwrap()
            .into_iter()
            .map(|place| (place.task, place.depth))
            .collect();
        let expected = [0, 0, 1, 2, 3, 0, 1];
        for (n, depth) in expected.into_iter().enumerate() {
            assert_eq!(depths[&id(n)], depth, "{n}");
        }
    }
}
