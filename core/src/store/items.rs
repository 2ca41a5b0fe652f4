//! The read model: lists and items as queries want them, brought up to date field by field from
//! the operation index.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use super::actors::Actors;
use super::documents::DocumentRow;
use super::ops::{Held, HeldValue, Kind, Touched, field, fields, find_object};
use crate::document::{DocumentKind, Scalar};
use crate::model::{Due, Priority, Status, TaskId};

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
    if touched.is_empty() {
        return Ok(());
    }
    let maps = maps(conn, document)?;
    let named = |name: &str| maps.get(name).copied().unwrap_or(-1);
    let model = Model {
        conn,
        document,
        actors,
    };
    match document.kind {
        DocumentKind::List => {
            let (meta, items, tags) = (named("meta"), named("items"), named("tags"));
            let mut list = false;
            let mut item_keys = BTreeSet::new();
            let mut tag_keys = BTreeSet::new();
            for (object, key) in touched {
                match *object {
                    o if o == meta => list = true,
                    o if o == items => {
                        item_keys.insert(key.clone());
                    }
                    o if o == tags => {
                        tag_keys.insert(key.clone());
                    }
                    o => match parent_of(conn, o)? {
                        Some((parent, key)) if parent == items => {
                            item_keys.insert(key);
                        }
                        Some((parent, key)) if parent == tags => {
                            tag_keys.insert(key);
                        }
                        _ => {}
                    },
                }
            }
            if list {
                model.refresh_list(meta)?;
            }
            for key in tag_keys {
                model.refresh_tag(tags, &key)?;
            }
            for key in item_keys {
                model.refresh_item(items, &key)?;
            }
        }
        DocumentKind::Space => {
            let lists = named("lists");
            for (object, key) in touched.iter().filter(|(object, _)| *object == lists) {
                model.refresh_space_list(*object, key)?;
            }
        }
    }
    Ok(())
}

/// Removes the read model of a document.
pub(crate) fn clear(conn: &Connection, doc: i64) -> Result<(), StoreError> {
    for table in ["list", "item", "tag", "space_list"] {
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

/// The text of a value, whether it was written as a scalar or as a text object.
pub(crate) fn text_of(
    conn: &Connection,
    doc: i64,
    held: &Held,
) -> Result<Option<String>, StoreError> {
    match &held.value {
        HeldValue::Scalar(Scalar::Str(text)) => Ok(Some(text.clone())),
        HeldValue::Made(Kind::Text) => {
            let Some(object) = find_object(conn, doc, held.counter, held.actor)? else {
                return Ok(None);
            };
            let text: Option<String> = conn
                .prepare_cached("SELECT value FROM text WHERE obj = ?1")?
                .query_row(params![object.row], |row| row.get(0))
                .optional()?;
            Ok(Some(text.unwrap_or_default()))
        }
        _ => Ok(None),
    }
}

struct Model<'a> {
    conn: &'a Connection,
    document: &'a DocumentRow,
    actors: &'a Actors,
}

/// The fields of one map.
struct Fields<'a> {
    model: &'a Model<'a>,
    held: BTreeMap<String, Vec<Held>>,
}

impl Fields<'_> {
    fn text(&self, key: &str) -> Result<Option<String>, StoreError> {
        match self.held.get(key).and_then(|held| held.first()) {
            Some(held) => text_of(self.model.conn, self.model.document.row, held),
            None => Ok(None),
        }
    }

    /// A text that must be one of a type's values; anything else counts as absent.
    fn parsed<T: core::str::FromStr>(&self, key: &str) -> Result<Option<T>, StoreError> {
        Ok(self.text(key)?.and_then(|text| text.parse().ok()))
    }

    fn number(&self, key: &str) -> Option<i64> {
        match &self.held.get(key)?.first()?.value {
            HeldValue::Scalar(scalar) => scalar.as_i64(),
            HeldValue::Made(_) => None,
        }
    }
}

/// A value that lost to a concurrent one, as the read model stores it.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct StoredConflict {
    pub(crate) field: String,
    pub(crate) value: String,
    pub(crate) actor: i64,
}

/// The fields whose concurrent values are offered.
const CONFLICT_FIELDS: [&str; 7] = [
    "title",
    "url",
    "status",
    "priority",
    "due",
    "parent",
    "deletedAt",
];

impl Model<'_> {
    fn fields(&self, object: i64) -> Result<Fields<'_>, StoreError> {
        Ok(Fields {
            model: self,
            held: fields(self.conn, object, self.actors)?,
        })
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

    fn refresh_list(&self, meta: i64) -> Result<(), StoreError> {
        let fields = self.fields(meta)?;
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO list (doc, title, created_at, deleted_at)
                 VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                self.document.row,
                fields.text("title")?.unwrap_or_default(),
                fields.number("createdAt"),
                fields.number("deletedAt")
            ])?;
        Ok(())
    }

    fn refresh_tag(&self, tags: i64, key: &str) -> Result<(), StoreError> {
        let name = match self.entry(tags, key)? {
            Some((object, _)) => self.fields(object)?.text("name")?,
            None => None,
        };
        match name {
            Some(name) => self
                .conn
                .prepare_cached("INSERT OR REPLACE INTO tag (doc, tag, name) VALUES (?1, ?2, ?3)")?
                .execute(params![self.document.row, key, name])?,
            None => self
                .conn
                .prepare_cached("DELETE FROM tag WHERE doc = ?1 AND tag = ?2")?
                .execute(params![self.document.row, key])?,
        };
        Ok(())
    }

    fn refresh_item(&self, items: i64, key: &str) -> Result<(), StoreError> {
        let entry = match key.parse::<TaskId>() {
            Ok(task) => self
                .entry(items, key)?
                .map(|(object, author)| (task, object, author)),
            // Not an item's key: whatever a foreign client keeps there stays in the document.
            Err(_) => None,
        };
        let Some((task, object, author)) = entry else {
            self.conn
                .prepare_cached("DELETE FROM item WHERE doc = ?1 AND task = ?2")?
                .execute(params![self.document.row, key])?;
            return Ok(());
        };
        let fields = self.fields(object)?;
        let tags: Vec<&str> = fields
            .held
            .iter()
            .filter_map(|(key, held)| Some((key.strip_prefix("tag/")?, held.first()?)))
            .filter(|(_, held)| held.value == HeldValue::Scalar(Scalar::Bool(true)))
            .map(|(tag, _)| tag)
            .collect();
        let conflicts = self.conflicts(&fields)?;
        let short: String = task
            .to_string()
            .chars()
            .filter(|c| *c != '-')
            .rev()
            .collect();
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO item (doc, task, obj, author, title, notes, url, status,
                     priority, due, parent, ord, tags, created_at, deleted_at, conflicts, short)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
            )?
            .execute(params![
                self.document.row,
                key,
                object,
                author,
                fields.text("title")?.unwrap_or_default(),
                fields.text("notes")?.unwrap_or_default(),
                fields.text("url")?.filter(|url| !url.is_empty()),
                fields.parsed("status")?.unwrap_or(Status::Open).to_string(),
                fields.parsed("priority")?.unwrap_or(Priority::None).to_string(),
                fields.parsed::<Due>("due")?.map(|due| due.to_string()),
                fields.parsed::<TaskId>("parent")?.map(|id| id.to_string()),
                fields.text("order")?.unwrap_or_default(),
                json(&tags),
                fields.number("createdAt"),
                fields.number("deletedAt"),
                json(&conflicts),
                short
            ])?;
        Ok(())
    }

    fn conflicts(&self, fields: &Fields<'_>) -> Result<Vec<StoredConflict>, StoreError> {
        let mut conflicts = Vec::new();
        for name in CONFLICT_FIELDS {
            let Some([winner, others @ ..]) = fields.held.get(name).map(Vec::as_slice) else {
                continue;
            };
            let won = self.shown(winner)?;
            for other in others {
                let value = self.shown(other)?;
                if value != won {
                    conflicts.push(StoredConflict {
                        field: name.to_owned(),
                        value,
                        actor: other.actor,
                    });
                }
            }
        }
        Ok(conflicts)
    }

    fn shown(&self, held: &Held) -> Result<String, StoreError> {
        if let Some(text) = text_of(self.conn, self.document.row, held)? {
            return Ok(text);
        }
        Ok(match &held.value {
            HeldValue::Scalar(scalar) => scalar.as_i64().map(|n| n.to_string()).unwrap_or_default(),
            HeldValue::Made(_) => String::new(),
        })
    }

    fn refresh_space_list(&self, lists: i64, key: &str) -> Result<(), StoreError> {
        let held = field(self.conn, lists, key, self.actors)?;
        let sql = if held.is_empty() {
            "DELETE FROM space_list WHERE doc = ?1 AND list = ?2"
        } else {
            "INSERT OR IGNORE INTO space_list (doc, list) VALUES (?1, ?2)"
        };
        self.conn
            .prepare_cached(sql)?
            .execute(params![self.document.row, key])?;
        Ok(())
    }
}

fn json(value: &impl serde::Serialize) -> String {
    // Texts and numbers in vectors always serialize.
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}
