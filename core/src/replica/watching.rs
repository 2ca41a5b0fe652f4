//! What whoever watches a list asks: did something come, and whose was it?

use rusqlite::{OptionalExtension as _, params};

use super::Replica;
use crate::document::DocumentId;
use crate::identity::{Did, PublicKey};
use crate::model::TaskId;
use crate::store::{DocumentRow, StoreError, opt_blob, statements};

/// How far a list's log is here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The place of its last change in this replica's own order.
    pub upto: i64,
    /// Who wrote since the place that was asked about, by DID.
    pub by: Vec<Did>,
}

impl Replica {
    /// Who wrote in a list since a place in this replica's log. The place says nothing on
    /// another replica.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn written(&self, list: &DocumentId, since: i64) -> Result<Written, StoreError> {
        let conn = self.conn();
        let Some(document) = DocumentRow::find(conn, list)? else {
            return Ok(Written::default());
        };
        let upto = conn
            .prepare_cached("SELECT coalesce(max(id), 0) FROM change WHERE doc = ?1")?
            .query_row(params![document.row], |row| row.get(0))?;
        let mut devices = conn.prepare_cached(
            "SELECT DISTINCT actor.device FROM change JOIN actor ON actor.id = change.actor
             WHERE change.doc = ?1 AND change.id > ?2 AND actor.device IS NOT NULL",
        )?;
        let devices: Vec<PublicKey> = devices
            .query_map(params![document.row, since], |row| {
                crate::store::blob(row, 0)
            })?
            .collect::<Result<_, _>>()?;
        let authority = statements::authority(conn, list)?;
        let mut by: Vec<Did> = devices
            .iter()
            .filter_map(|device| authority.identity_of(device))
            .collect();
        by.sort_unstable();
        by.dedup();
        Ok(Written { upto, by })
    }

    /// Who set a field of a task last, in the order of the document and not by any clock.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn last_writer(&self, list: &DocumentId, task: &TaskId) -> Result<Option<Did>, StoreError> {
        let conn = self.conn();
        let Some(document) = DocumentRow::find(conn, list)? else {
            return Ok(None);
        };
        let device: Option<Option<PublicKey>> = conn
            .prepare_cached(
                "SELECT actor.device FROM item JOIN op ON op.obj = item.obj
                 JOIN actor ON actor.id = op.actor
                 WHERE item.doc = ?1 AND item.task = ?2
                 ORDER BY op.ctr DESC, actor.actor DESC LIMIT 1",
            )?
            .query_row(params![document.row, task.to_string()], |row| {
                opt_blob(row, 0)
            })
            .optional()?;
        let authority = statements::authority(conn, list)?;
        Ok(device
            .flatten()
            .and_then(|device| authority.identity_of(&device)))
    }
}
