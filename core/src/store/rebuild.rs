//! Making everything that follows from the log and the statements again.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::accept::{Accepted, Acceptor};
use super::actors::Actors;
use super::clock::Clock;
use super::documents::DocumentRow;
use super::log::insert_row;
use super::ops::{Applier, ApplyError};
use super::quarantine::Quarantine;
use super::sql::blob;
use super::tips::read_tip;
use super::{StoreError, derived};
use crate::document::{ActorId, ChangeHash, DocumentKind, EncodedChange};
use crate::membership::{Authority, ChangeNode, counts};
use crate::mutants::{self, Mutant};

/// Gives a new document its birth change.
pub(crate) fn give_birth(
    conn: &Connection,
    document: &mut DocumentRow,
    actors: &mut Actors,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO object (doc, ctr, actor, parent, key, kind) VALUES (?1, 0, 0, 0, '', 0)",
    )?
    .execute(params![document.row])?;
    let Some(birth) = document.kind.birth() else {
        return Ok(());
    };
    let row = actors.ensure(conn, document.row, birth.change().actor, None)?;
    let mut clock = Clock::default();
    clock.set(row, 1);
    let mut applier = Applier::new(conn, document);
    applier
        .apply(row, birth.change(), &clock, actors, true)
        .map_err(unfit)?;
    insert_row(conn, document, row, &birth, Some(&clock), None)?;
    actors.advance(conn, row, 1, Some(birth.hash()))?;
    if document.kind == DocumentKind::List {
        conn.prepare_cached("INSERT OR IGNORE INTO list (doc, title) VALUES (?1, '')")?
            .execute(params![document.row])?;
    }
    Ok(())
}

fn unfit(error: ApplyError) -> StoreError {
    match error {
        ApplyError::Store(error) => error,
        ApplyError::Op(error) => StoreError::Damaged(format!(
            "a stored change does not fit its document: {error}"
        )),
    }
}

/// What a change of the statements did to the document.
#[derive(Debug, Default)]
pub(crate) struct Recounted {
    /// Changes that count no longer: actor and seq.
    pub(crate) fell: Vec<(ActorId, u64)>,
    /// What came back.
    pub(crate) accepted: Accepted,
}

/// Makes the document hold exactly what counts, after its statements changed.
pub(crate) fn recount(
    conn: &Connection,
    document: &mut DocumentRow,
    actors: &mut Actors,
    authority: &Authority,
) -> Result<Recounted, StoreError> {
    let mut recounted = Recounted::default();
    let over_limit = actors
        .iter()
        .any(|actor| actor.device.is_some() && !actor.write_limit(authority).admits(actor.seq));
    if over_limit {
        recounted.fell = drop_uncounted(conn, document, actors, authority)?;
    }
    recounted.accepted = take_back_fallen(conn, document, actors, authority)?;
    Ok(recounted)
}

/// Changes of the log, in causal order, with what the counting rule needs.
struct LogRow {
    id: i64,
    actor: i64,
    seq: u64,
    hash: ChangeHash,
}

fn drop_uncounted(
    conn: &Connection,
    document: &mut DocumentRow,
    actors: &mut Actors,
    authority: &Authority,
) -> Result<Vec<(ActorId, u64)>, StoreError> {
    let mut rows = Vec::new();
    let mut nodes = Vec::new();
    let mut places: BTreeMap<ChangeHash, usize> = BTreeMap::new();
    let mut statement = conn.prepare_cached(
        "SELECT id, actor, seq, hash, deps FROM change WHERE doc = ?1 ORDER BY id",
    )?;
    let mut result = statement.query(params![document.row])?;
    while let Some(row) = result.next()? {
        let log = LogRow {
            id: row.get(0)?,
            actor: row.get(1)?,
            seq: row.get::<_, i64>(2)?.unsigned_abs(),
            hash: blob(row, 3)?,
        };
        let deps: Vec<u8> = row.get(4)?;
        let within_limit = match actors.by_row(log.actor) {
            Some(actor) => actor.write_limit(authority).admits(log.seq),
            None => false,
        };
        let deps = deps
            .chunks_exact(ChangeHash::LEN)
            .filter_map(|chunk| places.get(&ChangeHash::try_from(chunk).ok()?).copied())
            .collect();
        places.insert(log.hash, rows.len());
        nodes.push(ChangeNode { within_limit, deps });
        rows.push(log);
    }
    drop(result);
    let counted = counts(&nodes);
    let mut fell = Vec::new();
    for (row, _) in rows.iter().zip(&counted).filter(|(_, counts)| !**counts) {
        let Some(actor) = actors.by_row(row.actor) else {
            continue;
        };
        fell.push((actor.id, row.seq));
        conn.prepare_cached(
            "INSERT OR REPLACE INTO fallen (doc, hash, actor, seq, bytes, received)
             SELECT ?1, hash, ?2, seq, bytes, received FROM change WHERE id = ?3",
        )?
        .execute(params![document.row, actor.id.as_ref(), row.id])?;
        conn.prepare_cached("DELETE FROM change WHERE id = ?1")?
            .execute(params![row.id])?;
    }
    if !fell.is_empty() {
        rewind_actors(conn, document, actors)?;
        replay(conn, document, actors)?;
    }
    Ok(fell)
}

/// Sets the end of each history to what the log holds. A device whose own changes fell must not
/// use their places again: it goes on under a fresh actor.
pub(crate) fn rewind_actors(
    conn: &Connection,
    document: &DocumentRow,
    actors: &mut Actors,
) -> Result<(), StoreError> {
    let ends: BTreeMap<i64, (u64, ChangeHash)> = conn
        .prepare_cached("SELECT actor, max(seq), hash FROM change WHERE doc = ?1 GROUP BY actor")?
        .query_map(params![document.row], |row| {
            Ok((
                row.get(0)?,
                (row.get::<_, i64>(1)?.unsigned_abs(), blob(row, 2)?),
            ))
        })?
        .collect::<Result<_, _>>()?;
    let before: Vec<(i64, u64, bool)> = actors
        .iter()
        .map(|actor| (actor.row, actor.seq, actor.mine))
        .collect();
    let mut lost_own = false;
    for (row, seq, mine) in before {
        let end = ends.get(&row);
        let now = end.map_or(0, |(seq, _)| *seq);
        if now != seq {
            lost_own |= mine;
            actors.advance(conn, row, now, end.map(|(_, hash)| *hash))?;
        }
    }
    if lost_own && !mutants::is(Mutant::PlacesAreReused) {
        actors.set_mine(conn, document.row, None)?;
    }
    Ok(())
}

/// Offers changes that once fell to the accept rule again: a new grant may make them count.
fn take_back_fallen(
    conn: &Connection,
    document: &mut DocumentRow,
    actors: &mut Actors,
    authority: &Authority,
) -> Result<Accepted, StoreError> {
    let mut waiting = Quarantine::default();
    let mut rows: Vec<i64> = Vec::new();
    let mut received = None;
    {
        let mut statement = conn.prepare_cached(
            "SELECT actor, bytes, received FROM fallen WHERE doc = ?1 ORDER BY actor, seq",
        )?;
        let mut result = statement.query(params![document.row])?;
        while let Some(row) = result.next()? {
            let bytes: Vec<u8> = row.get(1)?;
            received = received.max(row.get(2)?);
            let change = EncodedChange::audit(&bytes)
                .map_err(|e| StoreError::Damaged(format!("a kept change cannot be read: {e}")))?;
            if let Some(actor) = actors.get(&blob(row, 0)?) {
                rows.push(actor.row);
            }
            if !waiting.push(change) {
                waiting.clear();
                break;
            }
        }
    }
    if waiting.is_empty() {
        return Ok(Accepted::default());
    }
    rows.dedup();
    for row in rows {
        let mut statement = conn.prepare_cached("SELECT bytes FROM tip WHERE actor = ?1")?;
        let mut result = statement.query(params![row])?;
        while let Some(found) = result.next()? {
            waiting.push_tip(read_tip(document, &found.get::<_, Vec<u8>>(0)?)?);
        }
    }
    let mut acceptor = Acceptor {
        conn,
        document,
        actors,
        authority,
        received,
    };
    let accepted = acceptor.run(&mut waiting, true)?;
    Ok(accepted)
}

/// Makes the operation index, the heads and the read model of a document again from its log.
pub(crate) fn replay(
    conn: &Connection,
    document: &mut DocumentRow,
    actors: &mut Actors,
) -> Result<(), StoreError> {
    clear_caches(conn, document.row)?;
    document.heads.clear();
    document.max_op = 0;
    document.ops = 0;
    document.bytes = 0;
    conn.prepare_cached(
        "INSERT INTO object (doc, ctr, actor, parent, key, kind) VALUES (?1, 0, 0, 0, '', 0)",
    )?
    .execute(params![document.row])?;
    if document.kind == DocumentKind::List {
        conn.prepare_cached("INSERT OR IGNORE INTO list (doc, title) VALUES (?1, '')")?
            .execute(params![document.row])?;
    }
    let birth = document.kind.birth().map(|birth| birth.hash());
    let mut applier = Applier::new(conn, document);
    let mut statement =
        conn.prepare_cached("SELECT actor, seq, bytes FROM change WHERE doc = ?1 ORDER BY id")?;
    let mut rows = statement.query(params![document.row])?;
    while let Some(row) = rows.next()? {
        let actor: i64 = row.get(0)?;
        let seq = row.get::<_, i64>(1)?.unsigned_abs();
        let bytes = row.get_ref(2)?;
        let bytes = bytes.as_blob().map_err(rusqlite::Error::from)?;
        let encoded = EncodedChange::audit(bytes)
            .map_err(|e| StoreError::Damaged(format!("a stored change cannot be read: {e}")))?;
        let change = encoded.change();
        let clock = Clock::load(conn, actor, seq)?;
        applier
            .apply(actor, change, &clock, actors, Some(encoded.hash()) == birth)
            .map_err(unfit)?;
        document.heads.retain(|head| !change.deps.contains(head));
        document.heads.push(encoded.hash());
        document.max_op = document.max_op.max(change.max_op());
        document.ops += change.ops.len() as u64;
        document.bytes += bytes.len() as u64;
    }
    document.heads.sort_unstable();
    applier.flush()?;
    derived::refresh(conn, document, actors, &applier.touched)
}

fn clear_caches(conn: &Connection, doc: i64) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM op WHERE obj IN (SELECT id FROM object WHERE doc = ?1)",
        "DELETE FROM text WHERE obj IN (SELECT id FROM object WHERE doc = ?1)",
        "DELETE FROM object WHERE doc = ?1",
    ] {
        conn.execute(sql, params![doc])?;
    }
    derived::clear(conn, doc)
}
