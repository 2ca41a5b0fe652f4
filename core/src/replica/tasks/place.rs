//! Moving tasks, and putting them away.

use rusqlite::{Connection, params};

use super::super::order::{Sibling, before, place};
use super::super::write::{Opened, Run};
use super::super::{CommandError, Replica, tree};
use super::stored;
use crate::document::{DocumentId, Scalar};
use crate::model::{MovePlace, Outcome, TaskId};
use crate::store::{StoreError, parsed};

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

impl Replica {
    pub(in crate::replica) fn set_deleted(
        &mut self,
        list: &DocumentId,
        task: &TaskId,
        deleted: bool,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        self.change_task(list, task, run, json, |_, draft, run, item, _| {
            if !deleted {
                return Ok(draft.delete(item, "deletedAt")?);
            }
            if draft.is_set(item, "deletedAt")? {
                return Ok(());
            }
            Ok(draft.put(item, "deletedAt", Scalar::Timestamp(run.now_ms()))?)
        })
    }

    pub(in crate::replica) fn move_task(
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
            if let Some(beside) = &beside {
                stored(conn, doc, beside)?;
            }
            // Where a task stands: one that closes a circle stands at the top, whatever parent
            // it names.
            let below = |task: &TaskId| -> Result<Option<TaskId>, StoreError> {
                Ok(tree::above(conn, doc, task)?.first().copied())
            };
            let parent = match (to.parent, &beside) {
                (Some(parent), _) => parent,
                (None, Some(sibling)) => below(sibling)?,
                (None, None) => below(task)?,
            };
            check_parent(conn, doc, task, parent.as_ref())?;
            let mut siblings = siblings(conn, doc, parent.as_ref(), Some(task))?;
            if let Some(beside) = &beside
                && beside != task
                && below(beside)? == parent
                && siblings.iter().all(|sibling| sibling.task != *beside)
            {
                let key = conn
                    .prepare_cached("SELECT ord FROM item WHERE doc = ?1 AND task = ?2")?
                    .query_row(params![doc, beside.to_string()], |row| row.get(0))?;
                siblings.push(Sibling { task: *beside, key });
                siblings.sort_by(|a, b| (&a.key, a.task).cmp(&(&b.key, b.task)));
            }
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
            let (mut order, rekeyed) = place(&siblings, index);
            let own: String = conn
                .prepare_cached("SELECT ord FROM item WHERE doc = ?1 AND task = ?2")?
                .query_row(params![doc, task.to_string()], |row| row.get(0))?;
            if order == own && !rekeyed.is_empty() {
                // Who moves writes to what is moved, and not to its neighbours alone: the
                // history would tell that those were moved.
                let low = index.checked_sub(1).and_then(|at| siblings.get(at));
                order = before(low.map(|sibling| sibling.key.as_str()), &order);
            }
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
}

/// Refuses a parent that is not there, or that is the task itself or below it.
fn check_parent(
    conn: &Connection,
    doc: i64,
    task: &TaskId,
    parent: Option<&TaskId>,
) -> Result<(), CommandError> {
    let Some(parent) = parent else {
        return Ok(());
    };
    stored(conn, doc, parent)?;
    if parent == task || tree::above(conn, doc, parent)?.contains(task) {
        return Err(CommandError::invalid(
            "parent",
            "a task cannot be moved below itself",
        ));
    }
    Ok(())
}
