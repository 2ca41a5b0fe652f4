//! The tasks that stand at the top of their list although they name a parent.
//!
//! The parent is not there, or they close a circle: of those in a circle the one with the smallest
//! id stands at the top. They are few, and nearly always none; knowing them, a list can be walked
//! from its beginning without all of it being read.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::store::StoreError;

/// Tasks, by their keys, with what happened to them that can lift something: whether they came or
/// went, or only got another parent.
pub(crate) type Moved = BTreeMap<String, bool>;

/// The tasks of a list that are lifted.
pub(crate) fn lifted(conn: &Connection, doc: i64) -> Result<BTreeSet<String>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT task FROM lifted WHERE doc = ?1")?;
    let rows = statement.query_map(params![doc], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Finds out again which tasks are lifted, after some moved.
///
/// Whether a task is lifted changes only with its own parent, with whether that parent is there,
/// or with a circle that it is in. A circle that is new has a task in it that moved; of one that
/// is broken the smallest task was lifted before.
pub(crate) fn refresh_lifted(conn: &Connection, doc: i64, moved: &Moved) -> Result<(), StoreError> {
    if moved.is_empty() {
        return Ok(());
    }
    let before = lifted(conn, doc)?;
    let mut asked = before.clone();
    let mut below = conn.prepare_cached(
        "SELECT task FROM item INDEXED BY item_order WHERE doc = ?1 AND parent = ?2",
    )?;
    for (task, came_or_went) in moved {
        asked.insert(task.clone());
        if *came_or_went {
            let children = below.query_map(params![doc, task], |row| row.get(0))?;
            for child in children {
                asked.insert(child?);
            }
        }
    }
    let mut after = BTreeSet::new();
    let mut known = BTreeSet::new();
    for task in asked {
        after.extend(top_above(conn, doc, task, &mut known)?);
    }
    for task in before.difference(&after) {
        conn.prepare_cached("DELETE FROM lifted WHERE doc = ?1 AND task = ?2")?
            .execute(params![doc, task])?;
    }
    for task in after.difference(&before) {
        conn.prepare_cached("INSERT INTO lifted (doc, task) VALUES (?1, ?2)")?
            .execute(params![doc, task])?;
    }
    Ok(())
}

/// The task at the top of the one asked for, if it is lifted. What is above those in `known` has
/// been looked at.
fn top_above(
    conn: &Connection,
    doc: i64,
    task: String,
    known: &mut BTreeSet<String>,
) -> Result<Option<String>, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT parent FROM item WHERE doc = ?1 AND task = ?2")?;
    let mut path: Vec<String> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut at = task;
    let top = loop {
        if let Some(from) = places.get(&at) {
            break path.get(*from..).unwrap_or_default().iter().min().cloned();
        }
        if known.contains(&at) {
            break None;
        }
        let found: Option<Option<String>> = statement
            .query_row(params![doc, at], |row| row.get(0))
            .optional()?;
        let Some(parent) = found else {
            // The parent that the last one names is not there.
            break path.last().cloned();
        };
        places.insert(at.clone(), path.len());
        path.push(at);
        match parent {
            Some(parent) => at = parent,
            None => break None,
        }
    };
    known.extend(path);
    Ok(top)
}
