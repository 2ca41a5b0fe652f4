//! The log of a document: its changes in their own bytes, and the signatures that vouch for them.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use super::clock::Clock;
use super::documents::DocumentRow;
use crate::document::{EncodedChange, TIP_INTERVAL, Tip, UnverifiedTip};

/// Writes a change into the log and moves the document's heads.
pub(crate) fn insert_row(
    conn: &Connection,
    document: &mut DocumentRow,
    row: i64,
    encoded: &EncodedChange,
    clock: Option<&Clock>,
) -> Result<(), StoreError> {
    let change = encoded.change();
    let deps: Vec<u8> = change
        .deps
        .iter()
        .flat_map(|hash| *hash.as_bytes())
        .collect();
    conn.prepare_cached(
        "INSERT INTO change (doc, actor, seq, hash, start_op, max_op, deps, clock, bytes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        document.row,
        row,
        change.seq as i64,
        encoded.hash().as_ref(),
        change.start_op as i64,
        change.max_op() as i64,
        deps,
        clock.map(Clock::encode),
        encoded.bytes()
    ])?;
    document.heads.retain(|head| !change.deps.contains(head));
    document.heads.push(encoded.hash());
    document.heads.sort_unstable();
    document.max_op = document.max_op.max(change.max_op());
    document.ops += change.ops.len() as u64;
    document.bytes += encoded.bytes().len() as u64;
    Ok(())
}

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
