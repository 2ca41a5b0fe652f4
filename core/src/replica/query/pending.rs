//! What waits for the relay.

use rusqlite::{Connection, params};

use crate::document::DocumentKind;
use crate::model::PendingList;
use crate::replica::QueryError;
use crate::store::DocumentRow;

pub(super) fn pending(conn: &Connection) -> Result<Vec<PendingList>, QueryError> {
    let mut pending = Vec::new();
    for document in DocumentRow::all(conn)? {
        if document.kind != DocumentKind::List || document.digest == document.synced {
            continue;
        }
        let changes: i64 = conn
            .prepare_cached("SELECT count(*) FROM outbox WHERE doc = ?1")?
            .query_row(params![document.row], |row| row.get(0))?;
        if changes > 0 || document.refused.is_some() {
            pending.push(PendingList {
                list: document.id,
                changes: changes.unsigned_abs(),
                refused: document.refused,
            });
        }
    }
    Ok(pending)
}
