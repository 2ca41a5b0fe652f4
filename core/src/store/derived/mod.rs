//! The read model: lists and items as queries want them, brought up to date field by field from
//! the operation index. All of it can be made again from the log.

mod activity;
mod digest;
mod fields;
mod item;
mod lifted;
mod list;
mod search;
mod space;

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use super::actors::Actors;
use super::documents::DocumentRow;
use super::held::{HeldValue, field};
use super::ops::{Kind, Touched, find_object};
use crate::document::DocumentKind;
use crate::mutants::{self, Mutant};

pub(crate) use activity::refresh_members;
pub(crate) use digest::digests;
#[cfg(test)]
pub(super) use fields::text_of;
pub(crate) use item::{StoredAttachment, StoredConflict};
pub(crate) use lifted::lifted;
#[cfg(test)]
pub(crate) use lifted::{Moved, refresh_lifted};

/// The version of everything that is derived: another one makes it all anew.
pub(super) const DERIVED_VERSION: i64 = 8;
/// The tables.
pub(super) const DERIVED_SQL: &str = include_str!("../derived.sql");
/// Their names.
pub(super) const DERIVED_TABLES: [&str; 18] = [
    "chunk",
    "object",
    "op",
    "text",
    "list",
    "item",
    "lifted",
    "attached",
    "search",
    "comment",
    "tag",
    "aisle",
    "activity",
    "activity_end",
    "space_list",
    "folder",
    "template",
    "setting",
];

/// The rows of a document's top-level maps, by name.
pub(crate) fn maps(
    conn: &Connection,
    document: &DocumentRow,
) -> Result<BTreeMap<String, i64>, StoreError> {
    // Only the birth change makes them, and its counters come before all others.
    let mut statement =
        conn.prepare_cached("SELECT key, id FROM object WHERE doc = ?1 AND ctr BETWEEN 1 AND ?2")?;
    let last = document.kind.birth_ops() as i64;
    let rows = statement.query_map(params![document.row, last], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Brings the read model up to date with what was touched.
pub(crate) fn refresh(
    conn: &Connection,
    document: &DocumentRow,
    actors: &Actors,
    touched: &Touched,
) -> Result<(), StoreError> {
    if touched.is_empty() || document.kind == DocumentKind::Plain {
        // Of a document without a shape nothing is derived.
        return Ok(());
    }
    let model = Model {
        conn,
        document,
        actors,
        maps: maps(conn, document)?,
    };
    // Which entries of which top-level maps have to be looked at again.
    let mut entries: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let forgotten = usize::from(mutants::is(Mutant::ReadModelForgets));
    for (object, key) in touched.iter().skip(forgotten) {
        if let Some(name) = model.name_of(*object) {
            entries.entry(name).or_default().insert(key.clone());
        } else if let Some((parent, key)) = parent_of(conn, *object)?
            && let Some(name) = model.name_of(parent)
        {
            entries.entry(name).or_default().insert(key);
        }
    }
    match document.kind {
        DocumentKind::List => model.refresh_list_document(&entries)?,
        DocumentKind::Space => model.refresh_space_document(&entries)?,
        DocumentKind::Plain => {}
    }
    if document.kind == DocumentKind::List {
        activity::catch_up(&model)?;
    }
    Ok(())
}

/// Removes the read model of a document.
pub(crate) fn clear(conn: &Connection, doc: i64) -> Result<(), StoreError> {
    search::clear(conn, doc)?;
    for table in [
        "list",
        "item",
        "lifted",
        "attached",
        "comment",
        "tag",
        "aisle",
        "activity",
        "activity_end",
        "space_list",
        "folder",
        "template",
        "setting",
    ] {
        conn.execute(&format!("DELETE FROM {table} WHERE doc = ?1"), params![doc])?;
    }
    Ok(())
}

fn parent_of(conn: &Connection, object: i64) -> Result<Option<(i64, String)>, StoreError> {
    let found = conn
        .prepare_cached("SELECT parent, key FROM object WHERE id = ?1")?
        .query_row(params![object], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found)
}

/// What it takes to derive from one document.
struct Model<'a> {
    conn: &'a Connection,
    document: &'a DocumentRow,
    actors: &'a Actors,
    maps: BTreeMap<String, i64>,
}

type Entries<'a> = BTreeMap<&'a str, BTreeSet<String>>;

impl Model<'_> {
    fn map(&self, name: &str) -> i64 {
        self.maps.get(name).copied().unwrap_or(-1)
    }

    fn name_of(&self, object: i64) -> Option<&str> {
        let found = self.maps.iter().find(|(_, row)| **row == object);
        found.map(|(name, _)| name.as_str())
    }

    /// The map that a key of `parent` holds, with the actor that made it.
    fn entry(&self, parent: i64, key: &str) -> Result<Option<(i64, i64)>, StoreError> {
        let held = field(self.conn, parent, key, self.actors)?;
        let Some(held) = held
            .first()
            .filter(|h| h.value == HeldValue::Made(Kind::Map))
        else {
            return Ok(None);
        };
        let object = find_object(self.conn, self.document.row, held.counter, held.actor)?;
        Ok(object.map(|object| (object.row, held.actor)))
    }

    fn row(&self) -> i64 {
        self.document.row
    }

    /// Removes one row of one table.
    fn remove(&self, table: &str, column: &str, key: &str) -> Result<(), StoreError> {
        self.conn
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE doc = ?1 AND {column} = ?2"
            ))?
            .execute(params![self.row(), key])?;
        Ok(())
    }
}

fn json(value: &impl serde::Serialize) -> String {
    // Texts and numbers in vectors always serialize.
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}
