//! The full-text index over titles, notes and comments.

use rusqlite::{Connection, params};

use super::Model;
use crate::store::StoreError;

/// Takes a document's texts out of the index.
pub(super) fn clear(conn: &Connection, doc: i64) -> Result<(), StoreError> {
    conn.prepare_cached(
        "DELETE FROM search WHERE rowid IN (SELECT texts FROM item WHERE doc = ?1)",
    )?
    .execute(params![doc])?;
    Ok(())
}

impl Model<'_> {
    /// Puts a task's texts into the index, and gives the row that holds them.
    pub(super) fn index_texts(
        &self,
        row: Option<i64>,
        title: &str,
        notes: &str,
        comments: &str,
    ) -> Result<i64, StoreError> {
        if let Some(row) = row {
            self.conn
                .prepare_cached(
                    "UPDATE search SET title = ?2, notes = ?3, comments = ?4 WHERE rowid = ?1",
                )?
                .execute(params![row, title, notes, comments])?;
            return Ok(row);
        }
        self.conn
            .prepare_cached("INSERT INTO search (title, notes, comments) VALUES (?1, ?2, ?3)")?
            .execute(params![title, notes, comments])?;
        Ok(self.conn.last_insert_rowid())
    }

    pub(super) fn forget_texts(&self, row: i64) -> Result<(), StoreError> {
        self.conn
            .prepare_cached("DELETE FROM search WHERE rowid = ?1")?
            .execute(params![row])?;
        Ok(())
    }

    /// The comments on a task, as the index holds them.
    pub(super) fn comment_texts(&self, task: &str) -> Result<String, StoreError> {
        let mut statement = self.conn.prepare_cached(
            "SELECT body FROM comment WHERE doc = ?1 AND task = ?2 AND deleted_at IS NULL
             ORDER BY comment",
        )?;
        let rows = statement.query_map(params![self.row(), task], |row| row.get(0))?;
        let bodies: Vec<String> = rows.collect::<Result<_, _>>()?;
        Ok(bodies.join("\n"))
    }
}
