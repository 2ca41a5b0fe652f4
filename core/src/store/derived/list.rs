//! What a list document says beside its items: itself, its tags, its own aisles, its comments.

use std::collections::BTreeSet;

use rusqlite::params;

use super::fields::Fields;
use super::{Entries, Model, json};
use crate::store::StoreError;

/// An aisle as the document holds it: one scalar, since nobody edits parts of it apart.
#[derive(serde::Serialize, serde::Deserialize)]
struct OwnAisle {
    name: String,
    #[serde(default)]
    keywords: Vec<String>,
}

impl Model<'_> {
    pub(super) fn refresh_list_document(&self, entries: &Entries<'_>) -> Result<(), StoreError> {
        if entries.contains_key("meta") {
            self.refresh_list()?;
        }
        for key in entries.get("tags").into_iter().flatten() {
            self.refresh_tag(key)?;
        }
        let mut items = entries.get("items").cloned().unwrap_or_default();
        let mut commented = BTreeSet::new();
        for key in entries.get("comments").into_iter().flatten() {
            commented.extend(self.refresh_comment(key)?);
        }
        items.extend(commented.iter().cloned());
        self.refresh_items(items, &commented)
    }

    fn refresh_list(&self) -> Result<(), StoreError> {
        let fields = Fields::load(self, self.map("meta"))?;
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO list (doc, title, created_at, deleted_at, icon, color, view)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                self.row(),
                fields.text("title")?.unwrap_or_default(),
                fields.number("createdAt"),
                fields.number("deletedAt"),
                fields.words("icon")?,
                fields.words("color")?,
                fields
                    .words("view")?
                    .filter(|view| view == "aisles")
                    .unwrap_or_else(|| "list".to_owned()),
            ])?;
        self.conn
            .prepare_cached("DELETE FROM aisle WHERE doc = ?1")?
            .execute(params![self.row()])?;
        for (id, _) in fields.below("aisle/") {
            let text = fields.text(&format!("aisle/{id}"))?.unwrap_or_default();
            let Ok(aisle) = serde_json::from_str::<OwnAisle>(&text) else {
                continue;
            };
            self.conn
                .prepare_cached(
                    "INSERT INTO aisle (doc, aisle, name, keywords) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![self.row(), id, aisle.name, json(&aisle.keywords)])?;
        }
        Ok(())
    }

    fn refresh_tag(&self, key: &str) -> Result<(), StoreError> {
        let found = match self.entry(self.map("tags"), key)? {
            Some((object, _)) => {
                let fields = Fields::load(self, object)?;
                let deleted = fields.number("deletedAt").is_some();
                let name = fields.text("name")?.filter(|_| !deleted);
                name.map(|name| Ok::<_, StoreError>((object, name, fields.words("color")?)))
                    .transpose()?
            }
            None => None,
        };
        let Some((object, name, color)) = found else {
            return self.remove("tag", "tag", key);
        };
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO tag (doc, tag, obj, name, color)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![self.row(), key, object, name, color])?;
        Ok(())
    }

    /// Gives the task whose comment it is: its texts are looked for together.
    fn refresh_comment(&self, key: &str) -> Result<Option<String>, StoreError> {
        let Some((object, author)) = self.entry(self.map("comments"), key)? else {
            self.remove("comment", "comment", key)?;
            return Ok(None);
        };
        let fields = Fields::load(self, object)?;
        let task = fields.words("task")?;
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO comment
                     (doc, comment, obj, author, task, body, created_at, edited_at, deleted_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                self.row(),
                key,
                object,
                author,
                task,
                fields.text("body")?.unwrap_or_default(),
                fields.number("createdAt"),
                fields.number("editedAt"),
                fields.number("deletedAt"),
            ])?;
        Ok(task)
    }
}
