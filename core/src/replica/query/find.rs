//! What a person means by a few characters: a list, a task, a member.

use rusqlite::{Connection, Row, params};

use super::lists::{Named, Viewer};
use super::not_found;
use crate::document::DocumentId;
use crate::identity::Did;
use crate::model::{List, Member, TaskId};
use crate::replica::QueryError;
use crate::store::{StoreError, parsed};

/// The fewest characters of a task's id that name it.
const SHORT_ID_CHARS_MIN: usize = 6;
/// The most candidates that an ambiguous name lists.
const CANDIDATES_MAX: usize = 5;

pub(super) fn find_list(
    conn: &Connection,
    all: Vec<Named>,
    text: &str,
) -> Result<List, QueryError> {
    let text = text.trim();
    let counted = |named: &Named| {
        let mut found = named.clone();
        found.count(conn)?;
        Ok(found.list)
    };
    if let Ok(id) = text.parse::<DocumentId>()
        && let Some(found) = all.iter().find(|named| named.list.id == id)
    {
        return counted(found);
    }
    let folded = text.to_lowercase();
    let live = |named: &&Named| named.is_live();
    let exact = |named: &&Named| named.list.title.to_lowercase() == folded;
    let begins = |named: &&Named| {
        let list = &named.list;
        list.title.to_lowercase().starts_with(&folded) || list.id.to_string().starts_with(text)
    };
    for candidates in [
        all.iter().filter(live).filter(exact).collect::<Vec<_>>(),
        all.iter().filter(exact).collect(),
        all.iter().filter(live).filter(begins).collect(),
    ] {
        match candidates.as_slice() {
            [] => {}
            [only] => return counted(only),
            several => {
                return Err(QueryError::Ambiguous {
                    what: "list",
                    text: text.to_owned(),
                    candidates: several
                        .iter()
                        .take(CANDIDATES_MAX)
                        .map(|named| format!("{} ({})", named.list.title, named.list.id))
                        .collect(),
                });
            }
        }
    }
    Err(not_found("list", text))
}

/// Finds a task by its id or by the end of one.
pub(super) fn find_task(
    conn: &Connection,
    viewer: &Viewer<'_>,
    text: &str,
    list: Option<&DocumentId>,
) -> Result<(DocumentId, TaskId), QueryError> {
    let digits: String = text
        .trim()
        .to_lowercase()
        .chars()
        .filter(|c| *c != '-')
        .collect();
    if digits.len() < SHORT_ID_CHARS_MIN || !digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Err(QueryError::Invalid {
            field: "task",
            reason: format!(
                "`{}` is no task id: give it whole, or its last {SHORT_ID_CHARS_MIN} or more characters",
                text.chars().take(50).collect::<String>()
            ),
        });
    }
    let backwards: String = digits.chars().rev().collect();
    let mut statement = conn.prepare_cached(
        "SELECT document.doc, item.task, item.title FROM item
         JOIN document ON document.id = item.doc
         WHERE item.short >= ?1 AND item.short < ?1 || 'g' AND (?2 IS NULL OR document.doc = ?2)
             AND (?3 IS NULL OR EXISTS (SELECT 1 FROM document_identity AS who
                 WHERE who.doc = item.doc AND who.did = ?3 AND who.role IS NOT NULL))
         ORDER BY item.doc, item.task",
    )?;
    let rows = statement.query_map(
        params![backwards, list.map(AsRef::as_ref), viewer.limited_to()],
        |row: &Row<'_>| {
            Ok((
                crate::store::blob(row, 0)?,
                parsed(row, 1)?,
                row.get::<_, String>(2)?,
            ))
        },
    )?;
    let mut found: Vec<(DocumentId, TaskId, String)> = Vec::new();
    for row in rows {
        let row: (DocumentId, _, _) = row.map_err(StoreError::from)?;
        if viewer.looks_at(&row.0) {
            found.push(row);
        }
        if found.len() > CANDIDATES_MAX {
            break;
        }
    }
    match found.as_slice() {
        [] => Err(not_found("task", text)),
        [(list, task, _)] => Ok((*list, *task)),
        several => {
            let one_task = several
                .iter()
                .all(|(_, task, _)| Some(task) == several.first().map(|f| &f.1));
            Err(QueryError::Ambiguous {
                what: if one_task { "list" } else { "task" },
                text: text.to_owned(),
                candidates: several
                    .iter()
                    .take(CANDIDATES_MAX)
                    .map(|(list, task, title)| format!("{title} ({task} in {list})"))
                    .collect(),
            })
        }
    }
}

pub(super) fn find_member(members: Vec<Member>, text: &str) -> Result<Member, QueryError> {
    let text = text.trim();
    let folded = text.to_lowercase();
    let did = text.parse::<Did>().ok();
    let exact = |m: &&Member| Some(m.did) == did || m.name.to_lowercase() == folded;
    let begins = |m: &&Member| m.name.to_lowercase().starts_with(&folded);
    for candidates in [
        members.iter().filter(exact).collect::<Vec<_>>(),
        members.iter().filter(begins).collect(),
    ] {
        match candidates.as_slice() {
            [] => {}
            [only] => return Ok((*only).clone()),
            several => {
                return Err(QueryError::Ambiguous {
                    what: "member",
                    text: text.to_owned(),
                    candidates: several
                        .iter()
                        .take(CANDIDATES_MAX)
                        .map(|m| format!("{} ({})", m.name, m.did))
                        .collect(),
                });
            }
        }
    }
    Err(not_found("member", text))
}
