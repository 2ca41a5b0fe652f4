//! Walking a list from a task on, without reading more of it than is asked for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Place, ancestry};
use crate::model::{Status, TaskId};
use crate::store::{DocumentRow, StoreError, lifted, parsed};

/// So many siblings are read at a time.
const SIBLINGS: usize = 128;

/// Where a task stands among its siblings.
type Key = (String, TaskId);

/// A task that the walk comes to.
struct Step {
    key: Key,
    deleted: bool,
    status: Status,
    /// Whether tasks name it as their parent.
    has_children: bool,
}

/// The siblings below one task, or at the top, from some place on.
struct Level {
    parent: Option<TaskId>,
    /// Behind this one.
    after: Option<Key>,
    read: VecDeque<Step>,
    /// Nothing is behind those that were read.
    ended: bool,
}

/// The tasks of a list that are not in the trash, in the order in which they stand: the same as in
/// [`places`](super::places), read as far as the walk is followed.
pub(in crate::replica) struct Walk<'a> {
    conn: &'a Connection,
    doc: i64,
    /// Those at the top that name a parent.
    lifted: BTreeMap<Key, Step>,
    /// Of the same, who they are.
    lifted_ids: BTreeSet<TaskId>,
    levels: Vec<Level>,
}

impl<'a> Walk<'a> {
    /// From the beginning of a list, or from a task of it. `None` if that is not there, or is in
    /// the trash.
    pub(in crate::replica) fn new(
        conn: &'a Connection,
        document: &DocumentRow,
        start: Option<TaskId>,
    ) -> Result<Option<Self>, StoreError> {
        let mut walk = Self {
            conn,
            doc: document.row,
            lifted: BTreeMap::new(),
            lifted_ids: BTreeSet::new(),
            levels: Vec::new(),
        };
        for task in lifted(conn, document.row)? {
            if let Some(step) = walk.step(&task)? {
                walk.lifted_ids.insert(step.key.1);
                walk.lifted.insert(step.key.clone(), step);
            }
        }
        let Some(start) = start else {
            walk.levels.push(Level::below(None));
            return Ok(Some(walk));
        };
        let path = ancestry(conn, document.row, &start)?;
        if path.is_empty() || path.iter().any(|(_, deleted)| *deleted) {
            return Ok(None);
        }
        // From the top down, behind each task that the one to start from is below.
        let mut parent = None;
        for (task, _) in path.iter().rev() {
            let Some(step) = walk.step(&task.to_string())? else {
                return Ok(None);
            };
            walk.levels.push(Level {
                parent,
                after: Some(step.key.clone()),
                read: if *task == start {
                    VecDeque::from([step])
                } else {
                    VecDeque::new()
                },
                ended: false,
            });
            parent = Some(*task);
        }
        Ok(Some(walk))
    }

    fn step(&self, task: &str) -> Result<Option<Step>, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT task, ord, deleted_at IS NOT NULL, iif(done, 'done', status),
                 EXISTS (SELECT 1 FROM item AS child INDEXED BY item_order
                         WHERE child.doc = item.doc AND child.parent = item.task)
             FROM item WHERE doc = ?1 AND task = ?2",
        )?;
        Ok(statement
            .query_row(params![self.doc, task], Step::read)
            .optional()?)
    }

    /// The next place.
    fn advance(&mut self) -> Result<Option<Place>, StoreError> {
        loop {
            let depth = self.levels.len();
            let Some(level) = self.levels.last_mut() else {
                return Ok(None);
            };
            let Some(step) = level.read.pop_front() else {
                if level.ended {
                    self.levels.pop();
                } else {
                    level.read_on(self.conn, self.doc, &self.lifted, &self.lifted_ids)?;
                }
                continue;
            };
            // What is below goes into the trash with it.
            if step.deleted {
                continue;
            }
            let task = step.key.1;
            if step.has_children {
                self.levels.push(Level::below(Some(task)));
            }
            return Ok(Some(Place {
                task,
                depth: u32::try_from(depth).unwrap_or(u32::MAX).saturating_sub(1),
                deleted_at: None,
                status: step.status,
            }));
        }
    }
}

impl Iterator for Walk<'_> {
    type Item = Result<Place, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}

impl Step {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            key: (row.get(1)?, parsed(row, 0)?),
            deleted: row.get(2)?,
            status: parsed(row, 3)?,
            has_children: row.get(4)?,
        })
    }
}

impl Level {
    fn below(parent: Option<TaskId>) -> Self {
        Self {
            parent,
            after: None,
            read: VecDeque::new(),
            ended: false,
        }
    }

    /// Reads the siblings that come next. All that it reads is in one index.
    fn read_on(
        &mut self,
        conn: &Connection,
        doc: i64,
        lifted: &BTreeMap<Key, Step>,
        lifted_ids: &BTreeSet<TaskId>,
    ) -> Result<(), StoreError> {
        let mut statement = conn.prepare_cached(
            "SELECT task, ord, deleted_at IS NOT NULL, iif(done, 'done', status),
                 EXISTS (SELECT 1 FROM item AS child INDEXED BY item_order
                         WHERE child.doc = item.doc AND child.parent = item.task)
             FROM item INDEXED BY item_order
             WHERE doc = ?1 AND parent IS ?2 AND (ord, task) > (?3, ?4)
             ORDER BY ord, task LIMIT ?5",
        )?;
        let parent = self.parent.map(|parent| parent.to_string());
        // No task has an id that is empty: everything is behind it.
        let (ord, task) = match &self.after {
            Some((ord, task)) => (ord.as_str(), task.to_string()),
            None => ("", String::new()),
        };
        let siblings = i64::try_from(SIBLINGS).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![doc, parent, ord, task, siblings], Step::read)?;
        let mut read: Vec<Step> = rows.collect::<Result<_, _>>()?;
        self.ended = read.len() < SIBLINGS;
        let last = read.last().map(|step| step.key.clone());
        if self.parent.is_none() {
            let until = |key: &Key| self.ended || Some(key) < last.as_ref();
            let from = |key: &Key| Some(key) > self.after.as_ref();
            let here = lifted.iter().filter(|(key, _)| from(key) && until(key));
            read.extend(here.map(|(_, step)| step.copy()));
            read.sort_by(|a, b| a.key.cmp(&b.key));
        }
        // Whoever stands at the top stands nowhere else.
        let nested = self.parent.is_some();
        read.retain(|step| !nested || !lifted_ids.contains(&step.key.1));
        self.after = last.or(self.after.take());
        self.read = read.into();
        Ok(())
    }
}

impl Step {
    fn copy(&self) -> Self {
        Self {
            key: self.key.clone(),
            deleted: self.deleted,
            status: self.status,
            has_children: self.has_children,
        }
    }
}
