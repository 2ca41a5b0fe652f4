//! The fields of one map, read leniently: a value of the wrong kind counts as absent, and a text
//! is a text whether it was written as a scalar or as a text object.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::Model;
use crate::document::Scalar;
use crate::store::StoreError;
use crate::store::held::{Held, HeldValue, fields};
use crate::store::ops::{Kind, find_object};

/// The text of a value, whether it was written as a scalar or as a text object.
pub(in crate::store) fn text_of(
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

/// The fields of one map.
pub(super) struct Fields<'a> {
    model: &'a Model<'a>,
    pub(super) held: BTreeMap<String, Vec<Held>>,
}

impl<'a> Fields<'a> {
    pub(super) fn load(model: &'a Model<'a>, object: i64) -> Result<Self, StoreError> {
        Ok(Self {
            model,
            held: fields(model.conn, object, model.actors)?,
        })
    }

    /// The value that won.
    pub(super) fn winner(&self, key: &str) -> Option<&Held> {
        self.held.get(key).and_then(|held| held.first())
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<String>, StoreError> {
        match self.winner(key) {
            Some(held) => text_of(self.model.conn, self.model.row(), held),
            None => Ok(None),
        }
    }

    /// A text that says something.
    pub(super) fn words(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.text(key)?.filter(|text| !text.is_empty()))
    }

    /// A text that must be one of a type's values; anything else counts as absent.
    pub(super) fn parsed<T: core::str::FromStr>(&self, key: &str) -> Result<Option<T>, StoreError> {
        Ok(self.text(key)?.and_then(|text| text.parse().ok()))
    }

    pub(super) fn number(&self, key: &str) -> Option<i64> {
        match &self.winner(key)?.value {
            HeldValue::Scalar(scalar) => scalar.as_i64(),
            HeldValue::Made(_) => None,
        }
    }

    /// The rest of every key that begins with `prefix` and holds something, in order.
    pub(super) fn below<'b>(
        &'b self,
        prefix: &'b str,
    ) -> impl Iterator<Item = (&'b str, &'b Held)> + 'b {
        self.held
            .range(prefix.to_owned()..)
            .map_while(move |(key, held)| Some((key.strip_prefix(prefix)?, held)))
            .filter_map(|(key, held)| Some((key, held.first()?)))
    }

    /// The members of a set that is kept as flat keys.
    pub(super) fn set(&self, prefix: &str) -> Vec<String> {
        self.below(prefix)
            .filter(|(_, held)| held.value == HeldValue::Scalar(Scalar::Bool(true)))
            .map(|(key, _)| key.to_owned())
            .collect()
    }
}
