//! Commands on what a list offers its tasks: tags and aisles.

use rusqlite::{Connection, params};

use super::tasks::{AISLE_CHARS_MAX, Tags, tag_name};
use super::write::{Opened, Run, line};
use super::{CommandError, Replica};
use crate::document::{DocumentId, Scalar};
use crate::membership::COLOR_CHARS_MAX;
use crate::model::Outcome;
use crate::store::StoreError;

/// The most aisles of its own that a list can have.
const AISLES_MAX: usize = 100;
/// The most keywords of one aisle.
const KEYWORDS_MAX: usize = 200;
/// The longest keyword, in characters.
const KEYWORD_CHARS_MAX: usize = 50;

/// The tags of a name: two devices may each have made one.
fn objects(conn: &Connection, doc: i64, name: &str) -> Result<Vec<i64>, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT obj FROM tag WHERE doc = ?1 AND name = ?2 ORDER BY tag")?;
    let rows = statement.query_map(params![doc, name], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Replica {
    pub(super) fn edit_tag(
        &mut self,
        list: &DocumentId,
        tag: &str,
        name: Option<&str>,
        color: Option<&Option<String>>,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let tag = tag_name(tag)?;
        let name = name.map(tag_name).transpose()?;
        let color = match color {
            Some(Some(color)) => Some(Some(line("color", color, COLOR_CHARS_MAX)?)),
            Some(None) => Some(None),
            None => None,
        };
        let keys = &self.keys;
        let changed = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let mut tags = Tags::load(conn, &opened)?;
            if let Some(name) = &name
                && *name != tag
                && !tags.find(name).is_empty()
            {
                return Err(CommandError::invalid(
                    "name",
                    format!("there is a tag {name} already: put that one on the tasks"),
                ));
            }
            let objects = objects(conn, opened.document.row, &tag)?;
            let map = opened.map(conn, "tags")?;
            let ((), changed) = opened.change(conn, keys, run, json, |draft, run| {
                let mut targets = Vec::with_capacity(objects.len());
                for object in objects {
                    targets.push(draft.stored(object)?);
                }
                if targets.is_empty() {
                    let id = tags.id(draft, run, &tag)?;
                    let map = draft.stored(map)?;
                    targets.push(draft.made(map, &id).ok_or(CommandError::NotFound("tag"))?);
                }
                for target in targets {
                    if let Some(name) = &name {
                        draft.put(target, "name", Scalar::Str(name.clone()))?;
                    }
                    match &color {
                        Some(Some(color)) => {
                            draft.put(target, "color", Scalar::Str(color.clone()))?;
                        }
                        Some(None) => draft.delete(target, "color")?,
                        None => {}
                    }
                }
                Ok(())
            })?;
            Ok::<_, CommandError>(changed)
        })?;
        Ok(Outcome::Done { changed })
    }

    pub(super) fn delete_tag(
        &mut self,
        list: &DocumentId,
        tag: &str,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let tag = tag_name(tag)?;
        let keys = &self.keys;
        let changed = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let objects = objects(conn, opened.document.row, &tag)?;
            if objects.is_empty() {
                return Err(CommandError::NotFound("tag"));
            }
            let ((), changed) = opened.change(conn, keys, run, json, |draft, run| {
                for object in objects {
                    let target = draft.stored(object)?;
                    draft.put(target, "deletedAt", Scalar::Timestamp(run.now_ms()))?;
                }
                Ok(())
            })?;
            Ok::<_, CommandError>(changed)
        })?;
        Ok(Outcome::Done { changed })
    }

    pub(super) fn set_aisle(
        &mut self,
        list: &DocumentId,
        name: &str,
        keywords: Option<&[String]>,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let name = line("name", name, AISLE_CHARS_MAX)?;
        let keywords = keywords
            .map(|keywords| {
                if keywords.len() > KEYWORDS_MAX {
                    return Err(CommandError::invalid(
                        "keywords",
                        format!("{} were given; at most {KEYWORDS_MAX} fit", keywords.len()),
                    ));
                }
                let each = |word: &String| line("keywords", word, KEYWORD_CHARS_MAX);
                keywords.iter().map(each).collect::<Result<Vec<_>, _>>()
            })
            .transpose()?;
        self.change_meta(list, run, json, |conn, draft, run, meta| {
            let known: Vec<(String, String)> = conn
                .prepare_cached("SELECT aisle, name FROM aisle WHERE doc = ?1 ORDER BY aisle")?
                .query_map(params![meta.document], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            let mut ids = known
                .iter()
                .filter(|(_, known)| known.to_lowercase() == name.to_lowercase())
                .map(|(id, _)| id)
                .peekable();
            let Some(keywords) = keywords else {
                if ids.peek().is_none() {
                    return Err(CommandError::NotFound("aisle"));
                }
                for id in ids {
                    draft.delete(meta.map, &format!("aisle/{id}"))?;
                }
                return Ok(());
            };
            let id = match ids.next() {
                Some(id) => id.clone(),
                None if known.len() >= AISLES_MAX => {
                    return Err(CommandError::invalid(
                        "name",
                        format!("a list can have at most {AISLES_MAX} aisles of its own"),
                    ));
                }
                None => run.task_id().to_string(),
            };
            let body = serde_json::json!({ "name": name, "keywords": keywords });
            let body = Scalar::Str(body.to_string());
            Ok(draft.put(meta.map, &format!("aisle/{id}"), body)?)
        })
    }
}
