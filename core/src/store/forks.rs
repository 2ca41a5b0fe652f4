//! Two histories under one actor: finding them, and keeping the proof.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::StoreError;
use super::actors::Actors;
use super::documents::DocumentRow;
use super::tips::nearest_tip;
use crate::document::{ChangeHash, EncodedChange, Tip};

/// The changes of one actor for which a verified tip vouches: those that a tip names, and those
/// from which a chain of changes leads there. Only such a change proves that its author signed
/// two histories; any other may have been made up by whoever sent it.
pub(super) fn vouched(
    changes: &[EncodedChange],
    places: &BTreeMap<u64, Vec<usize>>,
    tips: &[Tip],
) -> BTreeMap<ChangeHash, Tip> {
    let mut vouched: BTreeMap<ChangeHash, Tip> = BTreeMap::new();
    let mut following: Vec<(&EncodedChange, Tip)> = Vec::new();
    let mut following_seq = 0;
    for (seq, indices) in places.iter().rev() {
        let mut here = Vec::new();
        for change in indices.iter().filter_map(|index| changes.get(*index)) {
            let named = tips
                .iter()
                .find(|tip| tip.seq() == *seq && tip.hash() == change.hash());
            let led = following.iter().find(|(next, _)| {
                following_seq == seq + 1 && next.change().deps.contains(&change.hash())
            });
            if let Some(tip) = named.or(led.map(|(_, tip)| tip)) {
                vouched.insert(change.hash(), tip.clone());
                here.push((change, tip.clone()));
            }
        }
        following = here;
        following_seq = *seq;
    }
    vouched
}

/// Keeps the proof of a fork: a tip that vouches for another change at a place that is taken.
pub(super) fn keep_fork(
    conn: &Connection,
    document: &DocumentRow,
    actors: &Actors,
    change: &EncodedChange,
    theirs: &Tip,
) -> Result<(), StoreError> {
    let inner = change.change();
    let Some(actor) = actors.get(&inner.actor) else {
        return Ok(());
    };
    let ours = nearest_tip(conn, actor.row, inner.seq)?;
    conn.prepare_cached(
        "INSERT OR IGNORE INTO fork (doc, actor, seq, ours, theirs) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        document.row,
        inner.actor.as_ref(),
        inner.seq as i64,
        ours.unwrap_or_default(),
        theirs.to_bytes()
    ])?;
    Ok(())
}

/// The changes of an actor from a place on, and everything that builds on one of them, in the
/// order of the log.
pub(crate) fn dependents(
    conn: &Connection,
    doc: i64,
    actor: i64,
    from: u64,
) -> Result<Vec<i64>, StoreError> {
    let mut gone = BTreeSet::new();
    let mut ids = Vec::new();
    let mut statement = conn.prepare_cached(
        "SELECT id, actor, seq, hash, deps FROM change WHERE doc = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query(params![doc])?;
    while let Some(row) = rows.next()? {
        let hash: Vec<u8> = row.get(3)?;
        let deps: Vec<u8> = row.get(4)?;
        let own = row.get::<_, i64>(1)? == actor && row.get::<_, i64>(2)?.unsigned_abs() >= from;
        if own
            || deps
                .chunks_exact(ChangeHash::LEN)
                .any(|dep| gone.contains(dep))
        {
            ids.push(row.get(0)?);
            gone.insert(hash);
        }
    }
    Ok(ids)
}
