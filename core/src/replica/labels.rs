//! Commands on what a list offers its tasks: tags and aisles.

use rusqlite::{Connection, params};

use super::lists::Meta;
use super::tasks::{Tags, tag_name};
use super::write::{Opened, Run, line};
use super::{CommandError, Replica};
use crate::document::{DocumentId, Scalar};
use crate::membership::COLOR_CHARS_MAX;
use crate::model::interchange::{
    AISLE_CHARS_MAX, AISLES_MAX, ICON_CHARS_MAX, KEYWORD_CHARS_MAX, KEYWORDS_MAX, ListLook,
    TagColor,
};
use crate::model::{Aisle, ListView, Outcome};
use crate::store::{Draft, StoreError, Target};

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
            let ((), changed) = opened.change(conn, keys, run, json, |draft, run| {
                for target in tags.targets(draft, run, &tag, &objects)? {
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
        let keywords = keywords.map(checked_keywords).transpose()?;
        self.change_meta(list, run, json, |conn, draft, run, meta| {
            let known = aisles(conn, meta.document)?;
            let mut ids = known
                .iter()
                .filter(|(_, known)| is_same(known, &name))
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
                None if known.len() >= AISLES_MAX => return Err(too_many_aisles()),
                None => run.task_id().to_string(),
            };
            put_aisle(draft, meta.map, &id, &Aisle { name, keywords })
        })
    }
}

/// A look within the limits of lists.
pub(super) fn checked_look(look: &ListLook) -> Result<ListLook, CommandError> {
    let or_none = |field, text: &Option<String>, max| {
        let text = text.as_deref();
        text.map(|text| line(field, text, max)).transpose()
    };
    let tag = |tag: &TagColor| {
        Ok(TagColor {
            name: tag_name(&tag.name)?,
            color: line("color", &tag.color, COLOR_CHARS_MAX)?,
        })
    };
    let aisle = |aisle: &Aisle| {
        Ok(Aisle {
            name: line("name", &aisle.name, AISLE_CHARS_MAX)?,
            keywords: checked_keywords(&aisle.keywords)?,
        })
    };
    Ok(ListLook {
        icon: or_none("icon", &look.icon, ICON_CHARS_MAX)?,
        color: or_none("color", &look.color, COLOR_CHARS_MAX)?,
        view: look.view,
        tags: look
            .tags
            .iter()
            .map(tag)
            .collect::<Result<_, CommandError>>()?,
        aisles: look
            .aisles
            .iter()
            .map(aisle)
            .collect::<Result<_, CommandError>>()?,
    })
}

/// Gives a list the look of another, as far as it has none of its own. `meta` is the map in which
/// it says so.
pub(super) fn adopt_look(
    conn: &Connection,
    draft: &mut Draft<'_>,
    run: &mut Run,
    meta: Meta,
    tags: &mut Tags,
    look: &ListLook,
) -> Result<(), CommandError> {
    let view = (look.view != ListView::default()).then(|| look.view.as_str().to_owned());
    for (key, value) in [
        ("icon", look.icon.clone()),
        ("color", look.color.clone()),
        ("view", view),
    ] {
        if let Some(value) = value
            && !draft.is_set(meta.map, key)?
        {
            draft.put(meta.map, key, Scalar::Str(value))?;
        }
    }
    for tag in &look.tags {
        let objects = objects(conn, meta.document, &tag.name)?;
        let targets = tags.targets(draft, run, &tag.name, &objects)?;
        let mut colored = false;
        for target in &targets {
            colored |= draft.is_set(*target, "color")?;
        }
        if let Some(target) = targets.first().filter(|_| !colored) {
            draft.put(*target, "color", Scalar::Str(tag.color.clone()))?;
        }
    }
    let mut known = aisles(conn, meta.document)?;
    for aisle in &look.aisles {
        if known.iter().any(|(_, name)| is_same(name, &aisle.name)) {
            continue;
        }
        if known.len() >= AISLES_MAX {
            return Err(too_many_aisles());
        }
        let id = run.task_id().to_string();
        put_aisle(draft, meta.map, &id, aisle)?;
        known.push((id, aisle.name.clone()));
    }
    Ok(())
}

/// The ids and names of a list's own aisles.
fn aisles(conn: &Connection, doc: i64) -> Result<Vec<(String, String)>, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT aisle, name FROM aisle WHERE doc = ?1 ORDER BY aisle")?;
    let rows = statement.query_map(params![doc], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether two names of aisles are one to people.
fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn put_aisle(
    draft: &mut Draft<'_>,
    meta: Target,
    id: &str,
    aisle: &Aisle,
) -> Result<(), CommandError> {
    let body = serde_json::json!({ "name": aisle.name, "keywords": aisle.keywords });
    Ok(draft.put(meta, &format!("aisle/{id}"), Scalar::Str(body.to_string()))?)
}

fn too_many_aisles() -> CommandError {
    CommandError::invalid(
        "name",
        format!("a list can have at most {AISLES_MAX} aisles of its own"),
    )
}

fn checked_keywords(keywords: &[String]) -> Result<Vec<String>, CommandError> {
    if keywords.len() > KEYWORDS_MAX {
        return Err(CommandError::invalid(
            "keywords",
            format!("{} were given; at most {KEYWORDS_MAX} fit", keywords.len()),
        ));
    }
    let each = |word: &String| line("keywords", word, KEYWORD_CHARS_MAX);
    keywords.iter().map(each).collect()
}
