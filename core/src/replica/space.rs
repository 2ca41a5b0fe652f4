//! Commands on a person's own space: where lists stand, folders, templates, settings. Nobody else
//! sees any of it.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::write::{Opened, Run, line, text};
use super::{CommandError, Replica};
use crate::document::{DocumentId, Scalar};
use crate::model::interchange::LIST_TITLE_CHARS_MAX;
use crate::model::{ImportedTask, ListPlace, Outcome};
use crate::store::{Draft, Target};

/// The most folders, and the most saved templates.
const ENTRIES_MAX: i64 = 1_000;
/// The largest template, in bytes of JSON.
const TEMPLATE_BYTES_MAX: usize = 200_000;
/// The longest name of a setting, in characters.
const SETTING_NAME_CHARS_MAX: usize = 100;
/// The longest value of a setting, in characters.
const SETTING_CHARS_MAX: usize = 10_000;

/// The object of an entry of the space.
fn entry(conn: &Connection, table: &'static str, doc: i64, id: &str) -> Result<i64, CommandError> {
    conn.prepare_cached(&format!(
        "SELECT obj FROM {table} WHERE doc = ?1 AND {table} = ?2"
    ))?
    .query_row(params![doc, id], |row| row.get(0))
    .optional()?
    .ok_or(CommandError::NotFound(table))
}

impl Replica {
    /// Writes one change to the space.
    fn change_space<T>(
        &mut self,
        map: &'static str,
        run: &mut Run,
        json: &str,
        fill: impl FnOnce(&Connection, i64, &mut Draft<'_>, &mut Run, Target) -> Result<T, CommandError>,
    ) -> Result<(T, bool), CommandError> {
        let space = self.space_id();
        let keys = &self.keys;
        self.store.write(|conn| {
            let mut opened = Opened::find(conn, &space, "space")?;
            let row = opened.document.row;
            let map = opened.map(conn, map)?;
            opened.change(conn, keys, run, json, |draft, run| {
                let target = draft.stored(map)?;
                fill(conn, row, draft, run, target)
            })
        })
    }

    pub(super) fn place_list(
        &mut self,
        list: &DocumentId,
        place: &ListPlace,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        self.store
            .write(|conn| Opened::find(conn, list, "list").map(drop))?;
        let ((), changed) =
            self.change_space("lists", run, json, |conn, doc, draft, run, lists| {
                let key = list.to_string();
                if !draft.is_set(lists, &key)? {
                    draft.put(lists, &key, Scalar::Timestamp(run.now_ms()))?;
                }
                for (what, value) in [("favorite", place.favorite), ("archived", place.archived)] {
                    let key = format!("{list}/{what}");
                    match value {
                        Some(true) => draft.put(lists, &key, Scalar::Bool(true))?,
                        Some(false) => draft.delete(lists, &key)?,
                        None => {}
                    }
                }
                let folder = format!("{list}/folder");
                match &place.folder {
                    Some(Some(id)) => {
                        entry(conn, "folder", doc, id)?;
                        draft.put(lists, &folder, Scalar::Str(id.clone()))?;
                    }
                    Some(None) => draft.delete(lists, &folder)?,
                    None => {}
                }
                if let Some(sort) = place.sort {
                    draft.put_or_default(
                        lists,
                        &format!("{list}/sort"),
                        sort.as_str(),
                        "manual",
                    )?;
                }
                Ok(())
            })?;
        Ok(Outcome::Done { changed })
    }

    pub(super) fn create_folder(
        &mut self,
        name: &str,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let name = line("name", name, LIST_TITLE_CHARS_MAX)?;
        let (id, _) =
            self.change_space("folders", run, json, |conn, doc, draft, run, folders| {
                check_room(conn, "folder", doc)?;
                let id = run.task_id().to_string();
                let folder = draft.make_map(folders, &id)?;
                draft.put(folder, "name", Scalar::Str(name))?;
                Ok(id)
            })?;
        Ok(Outcome::Made { id })
    }

    pub(super) fn rename_folder(
        &mut self,
        folder: &str,
        name: &str,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let name = line("name", name, LIST_TITLE_CHARS_MAX)?;
        let ((), changed) = self.change_space("folders", run, json, |conn, doc, draft, _, _| {
            let target = draft.stored(entry(conn, "folder", doc, folder)?)?;
            Ok(draft.put(target, "name", Scalar::Str(name))?)
        })?;
        Ok(Outcome::Done { changed })
    }

    /// Puts a folder or a template away.
    pub(super) fn delete_entry(
        &mut self,
        table: &'static str,
        map: &'static str,
        id: &str,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let ((), changed) = self.change_space(map, run, json, |conn, doc, draft, run, _| {
            let target = draft.stored(entry(conn, table, doc, id)?)?;
            Ok(draft.put(target, "deletedAt", Scalar::Timestamp(run.now_ms()))?)
        })?;
        Ok(Outcome::Done { changed })
    }

    pub(super) fn set_setting(
        &mut self,
        name: &str,
        value: Option<&str>,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let name = line("name", name, SETTING_NAME_CHARS_MAX)?;
        let value = value
            .map(|value| text("value", value, SETTING_CHARS_MAX))
            .transpose()?;
        let ((), changed) =
            self.change_space("settings", run, json, |_, _, draft, _, settings| {
                match value {
                    Some(value) => draft.put(settings, &name, Scalar::Str(value.to_owned()))?,
                    None => draft.delete(settings, &name)?,
                }
                Ok(())
            })?;
        Ok(Outcome::Done { changed })
    }

    pub(super) fn save_template(
        &mut self,
        title: &str,
        tasks: &[ImportedTask],
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let title = line("title", title, LIST_TITLE_CHARS_MAX)?;
        // Texts and numbers always serialize.
        let body = serde_json::to_string(tasks).unwrap_or_default();
        if body.len() > TEMPLATE_BYTES_MAX {
            return Err(CommandError::invalid(
                "list",
                format!(
                    "has {} bytes of text; a template holds {TEMPLATE_BYTES_MAX}: take a shorter list",
                    body.len()
                ),
            ));
        }
        let (id, _) = self.change_space(
            "templates",
            run,
            json,
            |conn, doc, draft, run, templates| {
                check_room(conn, "template", doc)?;
                let id = run.task_id().to_string();
                let template = draft.make_map(templates, &id)?;
                draft.put(template, "title", Scalar::Str(title))?;
                draft.put(template, "body", Scalar::Str(body))?;
                Ok(id)
            },
        )?;
        Ok(Outcome::Made { id })
    }
}

fn check_room(conn: &Connection, table: &'static str, doc: i64) -> Result<(), CommandError> {
    let count: i64 = conn
        .prepare_cached(&format!("SELECT count(*) FROM {table} WHERE doc = ?1"))?
        .query_row(params![doc], |row| row.get(0))?;
    if count >= ENTRIES_MAX {
        return Err(CommandError::invalid(
            "name",
            format!("there are {count} already, and no more fit: delete one first"),
        ));
    }
    Ok(())
}
