//! Stored tips: where the signatures under a history are.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use super::documents::DocumentRow;
use crate::document::{TIP_INTERVAL, Tip, UnverifiedTip};

/// Stores a tip and drops the one that it replaces.
pub(crate) fn put_tip(conn: &Connection, row: i64, tip: &Tip) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM tip WHERE actor = ?1 AND seq < ?2 AND seq % ?3 <> 0")?
        .execute(params![row, tip.seq() as i64, TIP_INTERVAL as i64])?;
    conn.prepare_cached(
        "INSERT OR REPLACE INTO tip (actor, seq, hash, bytes) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![
        row,
        tip.seq() as i64,
        tip.hash().as_ref(),
        tip.to_bytes()
    ])?;
    Ok(())
}

/// The stored tip that vouches for an actor's change at `seq`: the first one at or after it.
pub(crate) fn nearest_tip(
    conn: &Connection,
    row: i64,
    seq: u64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found = conn
        .prepare_cached(
            "SELECT bytes FROM tip WHERE actor = ?1 AND seq >= ?2 ORDER BY seq LIMIT 1",
        )?
        .query_row(params![row, seq as i64], |r| r.get(0))
        .optional()?;
    Ok(found)
}

/// Reads a tip that this replica stored.
pub(crate) fn read_tip(document: &DocumentRow, bytes: &[u8]) -> Result<Tip, StoreError> {
    minicbor::decode::<UnverifiedTip>(bytes)
        .map(|tip| tip.stored(&document.id))
        .map_err(|_| StoreError::Damaged("a tip cannot be read".into()))
}
