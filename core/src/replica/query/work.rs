//! What somebody who looks for work is to do next.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::reader;
use crate::document::DocumentId;
use crate::identity::Did;
use crate::membership::Role;
use crate::model::{Task, TaskId};
use crate::replica::tree::Finder;
use crate::replica::{QueryError, Replica};
use crate::store::{DocumentRow, StoreError, parsed};

/// What is open, waits for nothing, and lies in nobody's way: the condition that both look for.
const OPEN: &str = "status = 'open' AND done = 0 AND deleted_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM json_each(item.blocked_by) AS needed
        CROSS JOIN item AS first ON first.doc = item.doc AND first.task = needed.value
        WHERE first.done = 0 AND first.deleted_at IS NULL)";
/// The most urgent first, then what is due first, then the oldest.
const ORDER: &str = "CASE priority WHEN 'high' THEN 0 WHEN 'medium' THEN 1 WHEN 'low' THEN 2
    ELSE 3 END, coalesce(day, '9999'), coalesce(created_at, 0), task";

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Who looks for work. They have to be allowed to write where it is.
    pub who: Did,
    /// In these lists only.
    pub lists: Option<BTreeSet<DocumentId>>,
    /// Whether what nobody is assigned to will do where nothing is assigned to them.
    pub unassigned: bool,
}

impl Replica {
    /// The task that somebody is to do next, if there is one: open, in no trash, blocked by none
    /// that is open, in a list where they may write. What is assigned to them comes first.
    ///
    /// # Errors
    /// [`QueryError`] if the database fails.
    pub fn next_task(&self, wanted: &Wanted, now: Timestamp) -> Result<Option<Task>, QueryError> {
        self.store().read(|conn| {
            let documents = documents(conn, wanted)?;
            let reader = reader(now, None)?;
            let mut finder = Finder::new(&documents, &reader);
            let assigned = format!(
                "SELECT doc, task FROM item INDEXED BY item_assignee
                 WHERE assignee = ?1 AND {OPEN} ORDER BY {ORDER}"
            );
            let mut statement = conn.prepare_cached(&assigned)?;
            let mut rows = statement.query(params![wanted.who.to_string()])?;
            while let Some(row) = rows.next()? {
                if let Some(found) = finder.live(conn, row.get(0)?, &id(row)?)? {
                    return Ok(Some(found));
                }
            }
            if !wanted.unassigned {
                return Ok(None);
            }
            let free = format!(
                "SELECT doc, task FROM item WHERE doc = ?1 AND assignee IS NULL AND {OPEN}
                 ORDER BY {ORDER}"
            );
            let mut statement = conn.prepare_cached(&free)?;
            for document in &documents {
                let mut rows = statement.query(params![document.row])?;
                while let Some(row) = rows.next()? {
                    if let Some(found) = finder.live(conn, document.row, &id(row)?)? {
                        return Ok(Some(found));
                    }
                }
            }
            Ok(None)
        })
    }
}

fn id(row: &rusqlite::Row<'_>) -> Result<TaskId, StoreError> {
    Ok(parsed(row, 1)?)
}

/// The lists in which somebody may write, without those that were deleted.
fn documents(conn: &Connection, wanted: &Wanted) -> Result<Vec<DocumentRow>, StoreError> {
    let rows: Vec<i64> = conn
        .prepare_cached(
            "SELECT who.doc FROM document_identity AS who JOIN list ON list.doc = who.doc
             WHERE who.did = ?1 AND who.role >= ?2 AND list.deleted_at IS NULL ORDER BY who.doc",
        )?
        .query_map(
            params![wanted.who.key().as_ref(), Role::Editor as i64],
            |row| row.get(0),
        )?
        .collect::<Result<_, _>>()?;
    let mut found = Vec::new();
    for row in rows {
        let document = DocumentRow::at(conn, row)?;
        let fits = |document: &DocumentRow| match &wanted.lists {
            Some(lists) => lists.contains(&document.id),
            None => true,
        };
        found.extend(document.filter(fits));
    }
    Ok(found)
}
