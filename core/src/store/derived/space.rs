//! What a person's space says: about lists, folders, templates, settings.

use std::collections::BTreeSet;

use rusqlite::params;

use super::fields::Fields;
use super::{Entries, Model};
use crate::document::Scalar;
use crate::store::StoreError;
use crate::store::held::HeldValue;

impl Model<'_> {
    pub(super) fn refresh_space_document(&self, entries: &Entries<'_>) -> Result<(), StoreError> {
        // What is said of a list stands in flat keys `<list>/<what>` beside its own.
        let touched = entries.get("lists").into_iter().flatten();
        let lists: BTreeSet<&str> = touched
            .map(|key| key.split('/').next().unwrap_or_default())
            .collect();
        for list in lists {
            self.refresh_space_list(list)?;
        }
        for key in entries.get("folders").into_iter().flatten() {
            self.refresh_folder(key)?;
        }
        for key in entries.get("templates").into_iter().flatten() {
            self.refresh_template(key)?;
        }
        if entries.contains_key("settings") {
            self.refresh_settings()?;
        }
        Ok(())
    }

    fn refresh_space_list(&self, list: &str) -> Result<(), StoreError> {
        let lists = self.map("lists");
        let get = |what: &str| -> Result<Option<Scalar>, StoreError> {
            let key = if what.is_empty() {
                list.to_owned()
            } else {
                format!("{list}/{what}")
            };
            let held = crate::store::held::field(self.conn, lists, &key, self.actors)?;
            Ok(held.into_iter().next().and_then(|held| match held.value {
                HeldValue::Scalar(scalar) => Some(scalar),
                HeldValue::Made(_) => None,
            }))
        };
        let text =
            |value: Option<Scalar>| value.and_then(|value| value.as_str().map(str::to_owned));
        if get("")?.is_none() {
            return self.remove("space_list", "list", list);
        }
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO space_list (doc, list, folder, favorite, archived, sort)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                self.row(),
                list,
                text(get("folder")?),
                get("favorite")? == Some(Scalar::Bool(true)),
                get("archived")? == Some(Scalar::Bool(true)),
                text(get("sort")?),
            ])?;
        Ok(())
    }

    fn refresh_folder(&self, key: &str) -> Result<(), StoreError> {
        let Some((object, _)) = self.entry(self.map("folders"), key)? else {
            return self.remove("folder", "folder", key);
        };
        let fields = Fields::load(self, object)?;
        if fields.number("deletedAt").is_some() {
            return self.remove("folder", "folder", key);
        }
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO folder (doc, folder, obj, name) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                self.row(),
                key,
                object,
                fields.text("name")?.unwrap_or_default()
            ])?;
        Ok(())
    }

    fn refresh_template(&self, key: &str) -> Result<(), StoreError> {
        let Some((object, _)) = self.entry(self.map("templates"), key)? else {
            return self.remove("template", "template", key);
        };
        let fields = Fields::load(self, object)?;
        if fields.number("deletedAt").is_some() {
            return self.remove("template", "template", key);
        }
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO template (doc, template, obj, title, body)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                self.row(),
                key,
                object,
                fields.text("title")?.unwrap_or_default(),
                fields.text("body")?.unwrap_or_default()
            ])?;
        Ok(())
    }

    fn refresh_settings(&self) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("DELETE FROM setting WHERE doc = ?1")?
            .execute(params![self.row()])?;
        let fields = Fields::load(self, self.map("settings"))?;
        for name in fields.held.keys() {
            if let Some(value) = fields.text(name)? {
                self.conn
                    .prepare_cached("INSERT INTO setting (doc, name, value) VALUES (?1, ?2, ?3)")?
                    .execute(params![self.row(), name, value])?;
            }
        }
        Ok(())
    }
}
