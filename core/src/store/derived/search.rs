//! The full-text index over titles, notes and comments.

use rusqlite::{Connection, params};

use super::Model;
use crate::model::TaskId;
use crate::store::StoreError;

/// How many tasks of one millisecond have rows in order, as a power of two. With the 48 bits of the
/// time they fill the positive numbers.
const ROW_BITS: u32 = 15;

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
        task: &TaskId,
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
            .prepare_cached(
                "INSERT INTO search (rowid, title, notes, comments) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![self.free_row(task)?, title, notes, comments])?;
        Ok(self.conn.last_insert_rowid())
    }

    /// A row for a new task. Rows are in the order in which tasks were made, so that the newest
    /// are found first, the same ones on every replica: the time that the id begins with, then a
    /// number among those of one millisecond. `None`, which takes any row that is free, if they are
    /// used up.
    fn free_row(&self, task: &TaskId) -> Result<Option<i64>, StoreError> {
        let [a, b, c, d, e, f, ..] = *task.as_bytes();
        let ms = i64::from_be_bytes([0, 0, a, b, c, d, e, f]);
        let (first, last) = (ms << ROW_BITS, (ms << ROW_BITS) | ((1 << ROW_BITS) - 1));
        let taken: Option<i64> = self
            .conn
            .prepare_cached("SELECT max(texts) FROM item WHERE texts BETWEEN ?1 AND ?2")?
            .query_row(params![first.max(1), last], |row| row.get(0))?;
        let next = taken.map_or(first.max(1), |taken| taken + 1);
        Ok((next <= last).then_some(next))
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
