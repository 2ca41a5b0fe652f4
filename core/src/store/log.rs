//! The log: every change's own bytes, in causal order.

use rusqlite::{Connection, params};

use super::StoreError;
use super::clock::Clock;
use super::documents::DocumentRow;
use crate::document::EncodedChange;

/// Writes a change into the log and moves the document's heads.
pub(crate) fn insert_row(
    conn: &Connection,
    document: &mut DocumentRow,
    row: i64,
    encoded: &EncodedChange,
    clock: Option<&Clock>,
    received: Option<i64>,
) -> Result<(), StoreError> {
    let change = encoded.change();
    let deps: Vec<u8> = change
        .deps
        .iter()
        .flat_map(|hash| *hash.as_bytes())
        .collect();
    conn.prepare_cached(
        "INSERT INTO change
             (id, doc, actor, seq, hash, start_op, max_op, deps, clock, bytes, received)
         VALUES ((SELECT id FROM next_change), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
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
        encoded.bytes(),
        received
    ])?;
    document.heads.retain(|head| !change.deps.contains(head));
    document.heads.push(encoded.hash());
    document.heads.sort_unstable();
    document.max_op = document.max_op.max(change.max_op());
    document.ops += change.ops.len() as u64;
    document.bytes += encoded.bytes().len() as u64;
    Ok(())
}
