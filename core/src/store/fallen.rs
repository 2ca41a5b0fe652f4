//! Changes that do not count, kept beside the document: those that fell out of it, and those that
//! lead from what counts to the place that was signed.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use super::actors::Actors;
use super::documents::DocumentRow;
use super::forks::dependents;
use super::quarantine::Quarantine;
use super::sql::blob;
use super::tips::{nearest_tip, read_tip};
use crate::document::{ActorId, ChangeHash, EncodedChange, Tip};
use crate::membership::Authority;

/// Keeps a change that does not count, beside the document.
pub(crate) fn keep_evidence(
    conn: &Connection,
    document: &DocumentRow,
    change: &EncodedChange,
    received: Option<i64>,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT OR REPLACE INTO fallen (doc, hash, actor, seq, bytes, received)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        document.row,
        change.hash().as_ref(),
        change.change().actor.as_ref(),
        change.change().seq as i64,
        change.bytes(),
        received
    ])?;
    Ok(())
}

/// Takes a history out of a document from a place on, with everything that builds on it, and keeps
/// it beside the document. What follows from the log has to be made anew.
pub(crate) fn drop_from(
    conn: &Connection,
    document: &DocumentRow,
    actor: i64,
    from: u64,
) -> Result<(), StoreError> {
    for id in dependents(conn, document.row, actor, from)? {
        conn.prepare_cached(
            "INSERT OR REPLACE INTO fallen (doc, hash, actor, seq, bytes, received)
             SELECT change.doc, change.hash, actor.actor, change.seq, change.bytes,
                 change.received
             FROM change JOIN actor ON actor.id = change.actor WHERE change.id = ?1",
        )?
        .execute(params![id])?;
        conn.prepare_cached("DELETE FROM change WHERE id = ?1")?
            .execute(params![id])?;
    }
    Ok(())
}

/// The changes behind the end of a history that lead to its signature, where nobody signed just
/// there: those after `after`, with their places. Few histories have any, and none more than 64.
pub(crate) fn evidence(
    conn: &Connection,
    document: &DocumentRow,
    actor: &ActorId,
    row: i64,
    end: u64,
    after: u64,
) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    let Some(tip) = nearest_tip(conn, row, end)? else {
        return Ok(Vec::new());
    };
    let signed = read_tip(document, &tip)?.seq();
    if signed <= end.max(after) {
        return Ok(Vec::new());
    }
    conn.prepare_cached(
        "SELECT seq, bytes FROM fallen WHERE doc = ?1 AND actor = ?2 AND seq > ?3 AND seq <= ?4
         ORDER BY seq",
    )?
    .query_map(
        params![
            document.row,
            actor.as_ref(),
            end.max(after) as i64,
            signed as i64
        ],
        |found| Ok((found.get::<_, i64>(0)?.unsigned_abs(), found.get(1)?)),
    )?
    .collect::<Result<_, _>>()
    .map_err(StoreError::from)
}

/// Whether anything is kept beside a document.
pub(crate) fn has_fallen(conn: &Connection, document: &DocumentRow) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached("SELECT 1 FROM fallen WHERE doc = ?1")?
        .exists(params![document.row])?)
}

/// Lets what leads to a signature behind the end of a history wait again, where it is within what
/// its author may write: it was kept since something that it builds on was not here, which may
/// have come. Notes what waits only because of this.
fn recall_ahead(
    conn: &Connection,
    document: &DocumentRow,
    actors: &Actors,
    authority: &Authority,
    waiting: &mut Quarantine,
    present: &mut BTreeSet<ChangeHash>,
    recalled: &mut BTreeSet<ChangeHash>,
) -> Result<(), StoreError> {
    let mut is_kept =
        conn.prepare_cached("SELECT 1 FROM fallen WHERE doc = ?1 AND actor = ?2 AND seq = ?3")?;
    for actor in actors.iter() {
        let next = actor.seq + 1;
        if actor.device.is_none()
            || !actor.write_limit(authority).admits(next)
            || !is_kept.exists(params![document.row, actor.id.as_ref(), next as i64])?
        {
            continue;
        }
        let Some(tip) = nearest_tip(conn, actor.row, next)? else {
            continue;
        };
        let claims = waiting.tips(&actor.id).first().map(Tip::signer);
        if claims.is_some_and(|claims| Some(claims) != actor.signer()) {
            // Somebody else's word on this history waits, and the two are not to be mixed.
            continue;
        }
        for (_, bytes) in evidence(conn, document, &actor.id, actor.row, actor.seq, 0)? {
            let change = kept(&bytes)?;
            if !present.insert(change.hash()) {
                continue;
            }
            recalled.insert(change.hash());
            if !waiting.push(change) {
                return Ok(());
            }
        }
        waiting.push_tip(read_tip(document, &tip)?);
    }
    Ok(())
}

/// Reads a change that is kept.
fn kept(bytes: &[u8]) -> Result<EncodedChange, StoreError> {
    EncodedChange::audit(bytes)
        .map_err(|e| StoreError::Damaged(format!("a kept change cannot be read: {e}")))
}

/// Lets what once fell wait again where something that waits builds on it, for by that it may
/// count, or where it counts and may have missed what has come by now. Gives what waits only
/// because of this.
pub(crate) fn recall(
    conn: &Connection,
    document: &DocumentRow,
    actors: &Actors,
    authority: &Authority,
    waiting: &mut Quarantine,
) -> Result<BTreeSet<ChangeHash>, StoreError> {
    let mut recalled = BTreeSet::new();
    let mut present: BTreeSet<ChangeHash> =
        waiting.changes().iter().map(EncodedChange::hash).collect();
    recall_ahead(
        conn,
        document,
        actors,
        authority,
        waiting,
        &mut present,
        &mut recalled,
    )?;
    let mut asked: Vec<ChangeHash> = (waiting.changes().iter())
        .flat_map(|change| change.change().deps.iter().copied())
        .collect();
    let mut of_actor =
        conn.prepare_cached("SELECT bytes FROM fallen WHERE doc = ?1 AND actor = ?2 ORDER BY seq")?;
    while let Some(hash) = asked.pop() {
        if present.contains(&hash) {
            continue;
        }
        let found: Option<ActorId> = conn
            .prepare_cached("SELECT actor FROM fallen WHERE doc = ?1 AND hash = ?2")?
            .query_row(params![document.row, hash.as_ref()], |row| blob(row, 0))
            .optional()?;
        let Some(actor) = found.and_then(|actor| actors.get(&actor)) else {
            continue;
        };
        let mut rows = of_actor.query(params![document.row, actor.id.as_ref()])?;
        while let Some(row) = rows.next()? {
            let change = kept(&row.get::<_, Vec<u8>>(0)?)?;
            if !present.insert(change.hash()) {
                continue;
            }
            asked.extend(change.change().deps.iter().copied());
            recalled.insert(change.hash());
            if !waiting.push(change) {
                return Ok(recalled);
            }
        }
        if let Some(tip) = nearest_tip(conn, actor.row, actor.seq + 1)? {
            waiting.push_tip(read_tip(document, &tip)?);
        }
    }
    Ok(recalled)
}

/// Forgets what is in the document again.
pub(crate) fn forget_recalled(conn: &Connection, document: &DocumentRow) -> Result<(), StoreError> {
    conn.prepare_cached(
        "DELETE FROM fallen WHERE doc = ?1 AND hash IN (SELECT hash FROM change WHERE doc = ?1)",
    )?
    .execute(params![document.row])?;
    Ok(())
}
