//! What lists offer their tasks, and a person's space beside lists.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use crate::derive::aisles::{self, Thing};
use crate::document::DocumentId;
use crate::model::interchange::{ListLook, TagColor};
use crate::model::{Aisle, Folder, ImportedTask, Stand, Tag, TemplateView, built_in_templates};
use crate::replica::QueryError;
use crate::replica::tree::{self, Reader, Tree};
use crate::store::{DocumentRow, StoreError};

pub(super) fn tags(conn: &Connection, document: &DocumentRow) -> Result<Vec<Tag>, StoreError> {
    // Two devices may each have made one of a name: they are shown as one, and a task that has
    // both has it once.
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    // In this order: each task's few tags are looked up, not each tag in every task.
    let mut statement = conn.prepare_cached(
        "SELECT tag.name, count(DISTINCT item.task)
         FROM item CROSS JOIN json_each(item.tags) AS mine
         CROSS JOIN tag ON tag.doc = item.doc AND tag.tag = mine.value
         WHERE item.doc = ?1 AND item.deleted_at IS NULL GROUP BY tag.name",
    )?;
    let mut rows = statement.query(params![document.row])?;
    while let Some(row) = rows.next()? {
        counts.insert(row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs());
    }
    // What is below a task in the trash is there too.
    let mut statement = conn.prepare_cached(
        "SELECT DISTINCT tag.name FROM item CROSS JOIN json_each(item.tags) AS mine
         CROSS JOIN tag ON tag.doc = item.doc AND tag.tag = mine.value
         WHERE item.doc = ?1 AND item.task = ?2",
    )?;
    for task in tree::trashed_with_others(conn, document.row)? {
        let mut names = statement.query(params![document.row, task.to_string()])?;
        while let Some(row) = names.next()? {
            let name: String = row.get(0)?;
            counts.entry(name).and_modify(|count| *count -= 1);
        }
    }
    let mut tags: BTreeMap<String, Tag> = BTreeMap::new();
    let mut statement =
        conn.prepare_cached("SELECT name, color FROM tag WHERE doc = ?1 ORDER BY tag")?;
    let mut rows = statement.query(params![document.row])?;
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let color: Option<String> = row.get(1)?;
        let tasks = counts.get(&name).copied().unwrap_or_default();
        let tag = tags.entry(name.clone()).or_insert(Tag {
            name,
            color: None,
            tasks,
        });
        tag.color = tag.color.take().or(color);
    }
    Ok(tags.into_values().collect())
}

/// The names of a list's tags.
pub(super) fn tag_names(
    conn: &Connection,
    document: &DocumentRow,
) -> Result<Vec<String>, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT DISTINCT name FROM tag WHERE doc = ?1 ORDER BY name")?;
    let rows = statement.query_map([document.row], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn own_aisles(
    conn: &Connection,
    document: &DocumentRow,
) -> Result<Vec<Aisle>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT name, keywords FROM aisle WHERE doc = ?1 ORDER BY name COLLATE NOCASE, aisle",
    )?;
    let rows = statement.query_map(params![document.row], |row| {
        Ok(Aisle {
            name: row.get(0)?,
            keywords: serde_json::from_str(&row.get::<_, String>(1)?).unwrap_or_default(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How a list looks.
pub(in crate::replica) fn look(
    conn: &Connection,
    document: &DocumentRow,
) -> Result<ListLook, StoreError> {
    // Of a name that several tags have the first that has a colour says it, as in `tags`.
    let mut colors: BTreeMap<String, String> = BTreeMap::new();
    let mut statement = conn.prepare_cached(
        "SELECT name, color FROM tag WHERE doc = ?1 AND color IS NOT NULL ORDER BY tag",
    )?;
    let mut rows = statement.query(params![document.row])?;
    while let Some(row) = rows.next()? {
        colors.entry(row.get(0)?).or_insert(row.get(1)?);
    }
    let (icon, color, view): (_, _, String) = conn
        .prepare_cached("SELECT icon, color, view FROM list WHERE doc = ?1")?
        .query_row(params![document.row], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
    Ok(ListLook {
        icon,
        color,
        view: view.parse().unwrap_or_default(),
        tags: colors
            .into_iter()
            .map(|(name, color)| TagColor { name, color })
            .collect(),
        aisles: own_aisles(conn, document)?,
    })
}

/// A list by the aisles of a shop.
pub(super) fn stands(conn: &Connection, document: &DocumentRow) -> Result<Vec<Stand>, StoreError> {
    let own = own_aisles(conn, document)?;
    // Where something stands hangs on no clock.
    let tree = Tree::load(conn, document, &Reader::nobody())?;
    let things = tree.tasks.iter().map(|task| Thing {
        id: task.id,
        parent: task.parent,
        title: &task.title,
        said: task.aisle.as_deref(),
    });
    Ok(aisles::stands(things, &own))
}

pub(super) fn folders(conn: &Connection, space: &DocumentId) -> Result<Vec<Folder>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT folder.folder, folder.name,
             (SELECT count(*) FROM space_list
                 WHERE space_list.doc = folder.doc AND space_list.folder = folder.folder)
         FROM document JOIN folder ON folder.doc = document.id
         WHERE document.doc = ?1 ORDER BY folder.name COLLATE NOCASE, folder.folder",
    )?;
    let rows = statement.query_map(params![space.as_ref()], |row| {
        Ok(Folder {
            id: row.get(0)?,
            name: row.get(1)?,
            lists: row.get::<_, i64>(2)?.unsigned_abs(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn count(tasks: &[ImportedTask]) -> u64 {
    tasks.iter().map(|task| 1 + count(&task.children)).sum()
}

pub(super) fn templates(
    conn: &Connection,
    space: &DocumentId,
) -> Result<Vec<TemplateView>, QueryError> {
    let built_in = built_in_templates().into_iter();
    let mut found: Vec<TemplateView> = built_in
        .map(|template| TemplateView {
            id: template.id,
            title: template.title,
            built_in: true,
            tasks: count(&template.tasks),
        })
        .collect();
    let mut statement = conn.prepare_cached(
        "SELECT template.template, template.title, template.body
         FROM document JOIN template ON template.doc = document.id
         WHERE document.doc = ?1 ORDER BY template.title COLLATE NOCASE, template.template",
    )?;
    let mut rows = statement.query(params![space.as_ref()])?;
    while let Some(row) = rows.next()? {
        let body: String = row.get(2)?;
        let tasks: Vec<ImportedTask> = serde_json::from_str(&body).unwrap_or_default();
        found.push(TemplateView {
            id: row.get(0)?,
            title: row.get(1)?,
            built_in: false,
            tasks: count(&tasks),
        });
    }
    Ok(found)
}

pub(super) fn settings(
    conn: &Connection,
    space: &DocumentId,
) -> Result<BTreeMap<String, String>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT setting.name, setting.value
         FROM document JOIN setting ON setting.doc = document.id WHERE document.doc = ?1",
    )?;
    let rows = statement.query_map(params![space.as_ref()], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
