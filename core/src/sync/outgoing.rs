//! What the other side of a session still gets: statements first, then changes in causal order,
//! or the whole document as one compressed chunk where it lacks most of it.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::exchange::{DocumentState, hash_at, relevant, short};
use super::wire::{Changes, Chunk};
use crate::document::{ActorId, ChangeHash, DocumentChunk, TIP_INTERVAL, Tip, UnverifiedTip};
use crate::replica::Replica;
use crate::store::{Actors, DocumentRow, StoreError, nearest_tip, statements};

/// About how many bytes of changes go into one message.
const MESSAGE_TARGET_BYTES: usize = 256 * 1024;
/// The most changes in one message.
const MESSAGE_CHANGES_MAX: usize = 4_000;
/// Who lacks at least so many changes, and more than a third of all, gets the document as one
/// compressed chunk: a fraction of the bytes.
const BULK_CHANGES_MIN: u64 = 2_000;
/// A chunk is made again once one in so many changes is not in it.
const KEPT_SHARE: u64 = 5;

/// A part of what there is to send.
pub(super) enum Part {
    Changes(Changes),
    Chunk(Chunk),
}

/// A chunk on its way out.
#[derive(Debug)]
pub(super) struct BulkOut {
    bytes: Vec<u8>,
    at: usize,
    index: u32,
}

impl DocumentState {
    /// The next part of what the other side lacks: all statements first, then changes in causal
    /// order with the tips that vouch for them. What it gets it is taken to have.
    pub(super) fn next_part(
        &mut self,
        replica: &Replica,
        row: &DocumentRow,
    ) -> Result<Option<Part>, StoreError> {
        if let Some(chunk) = self.next_of_bulk(row) {
            return Ok(Some(Part::Chunk(chunk)));
        }
        let conn = replica.conn();
        let Some(peer) = &mut self.peer else {
            return Ok(None);
        };
        let known = relevant(conn, &row.id)?;
        if let Some((judged_by, at_refusal)) = self.refused {
            // Offered again only when more is known than when it was refused, and that is not
            // just what it was refused by: else two peers would talk for ever.
            let now = statements::authority(conn, &row.id)?.digest_set_fingerprint();
            if now == judged_by || now == at_refusal {
                return Ok(None);
            }
            self.refused = None;
        }
        let mut out = Changes {
            document: Some(row.id),
            ..Changes::default()
        };
        for statement in &known {
            if peer.statements.insert(short(statement)) {
                out.statements.push(statement.to_wire().into());
            }
        }
        let actors = Actors::load(conn, row.row)?;
        let mut behind: BTreeMap<i64, (ActorId, u64)> = BTreeMap::new();
        for actor in actors.iter().filter(|actor| actor.device.is_some()) {
            let theirs = peer.tips.get(&actor.id).copied().unwrap_or_default();
            if actor.seq > theirs {
                behind.insert(actor.row, (actor.id, theirs));
            }
        }
        if behind.is_empty() {
            return Ok((!out.statements.is_empty()).then_some(Part::Changes(out)));
        }
        if is_bulk(&actors, &behind) {
            let kept = chunk_of(replica, row, &actors)?;
            for (actor, seq, _) in kept.ends {
                let theirs = peer.tips.entry(actor).or_default();
                *theirs = (*theirs).max(seq);
            }
            out.tips = kept.tips;
            self.bulk = Some(BulkOut {
                bytes: kept.bytes,
                at: 0,
                index: 0,
            });
            out.more = true;
            return Ok(Some(Part::Changes(out)));
        }
        let mut last: BTreeMap<i64, u64> = BTreeMap::new();
        let mut bytes = 0;
        let first = first_missing(conn, &behind)?;
        let mut statement = conn.prepare_cached(
            "SELECT actor, seq, bytes FROM change WHERE doc = ?1 AND id >= ?2 ORDER BY id",
        )?;
        let mut rows = statement.query(params![row.row, first])?;
        while let Some(found) = rows.next()? {
            let actor: i64 = found.get(0)?;
            let seq = found.get::<_, i64>(1)?.unsigned_abs();
            match behind.get(&actor) {
                Some((_, theirs)) if seq > *theirs => {}
                _ => continue,
            }
            if bytes >= MESSAGE_TARGET_BYTES || out.changes.len() >= MESSAGE_CHANGES_MAX {
                out.more = true;
                break;
            }
            let change: Vec<u8> = found.get(2)?;
            bytes += change.len();
            out.changes.push(change.into());
            last.insert(actor, seq);
        }
        for (actor, seq) in last {
            out.tips.extend(covering_tips(conn, row, actor, seq)?);
            if let Some((id, _)) = behind.get(&actor) {
                peer.tips.insert(*id, seq);
            }
        }
        Ok(Some(Part::Changes(out)))
    }

    /// The next part of a chunk that is on its way.
    fn next_of_bulk(&mut self, row: &DocumentRow) -> Option<Chunk> {
        let bulk = self.bulk.as_mut()?;
        let end = (bulk.at + MESSAGE_TARGET_BYTES).min(bulk.bytes.len());
        let chunk = Chunk {
            document: row.id,
            index: bulk.index,
            last: end == bulk.bytes.len(),
            bytes: bulk
                .bytes
                .get(bulk.at..end)
                .unwrap_or_default()
                .to_vec()
                .into(),
        };
        bulk.at = end;
        bulk.index += 1;
        if chunk.last {
            self.bulk = None;
        }
        Some(chunk)
    }
}

/// Whether the other side lacks so much that a chunk is the shorter way.
fn is_bulk(actors: &Actors, behind: &BTreeMap<i64, (ActorId, u64)>) -> bool {
    let all: u64 = actors.iter().map(|actor| actor.seq).sum();
    let lacking: u64 = actors
        .iter()
        .filter_map(|actor| Some(actor.seq - behind.get(&actor.row)?.1))
        .sum();
    lacking >= BULK_CHANGES_MIN && lacking * 3 > all
}

/// A document, as it was when the chunk was made.
struct Kept {
    /// Where each history in it ends.
    ends: Vec<(ActorId, u64, ChangeHash)>,
    /// What vouches for those.
    tips: Vec<UnverifiedTip>,
    bytes: Vec<u8>,
}

impl Kept {
    /// Whether the chunk is still a part of the document and most of it: the rest goes as
    /// single changes.
    fn is_good(&self, conn: &Connection, actors: &Actors) -> Result<bool, StoreError> {
        let mut held = 0;
        for (id, seq, hash) in &self.ends {
            // What fell out of the document since must not be sent.
            match actors.get(id) {
                Some(actor) if hash_at(conn, actor.row, *seq)? == Some(*hash) => held += seq,
                _ => return Ok(false),
            }
        }
        let all: u64 = actors.iter().map(|actor| actor.seq).sum();
        Ok((all - held.min(all)).saturating_mul(KEPT_SHARE) <= all)
    }
}

/// The document as one compressed chunk. Making one takes long, so it is kept, and made again
/// only when too much was written since.
fn chunk_of(replica: &Replica, row: &DocumentRow, actors: &Actors) -> Result<Kept, StoreError> {
    let conn = replica.conn();
    let kept: Option<(Vec<u8>, Vec<u8>)> = conn
        .prepare_cached("SELECT tips, bytes FROM chunk WHERE doc = ?1")?
        .query_row(params![row.row], |found| Ok((found.get(0)?, found.get(1)?)))
        .optional()?;
    if let Some((tips, bytes)) = kept
        && let Ok((ends, tips)) = minicbor::decode(&tips)
    {
        let kept = Kept { ends, tips, bytes };
        if kept.is_good(conn, actors)? {
            return Ok(kept);
        }
    }
    let (mut ends, mut tips) = (Vec::new(), Vec::new());
    for actor in actors.iter().filter(|actor| actor.device.is_some()) {
        if let Some(hash) = actor.hash {
            ends.push((actor.id, actor.seq, hash));
            tips.extend(covering_tips(conn, row, actor.row, actor.seq)?);
        }
    }
    let changes: Vec<Vec<u8>> = conn
        .prepare_cached("SELECT bytes FROM change WHERE doc = ?1 ORDER BY id")?
        .query_map(params![row.row], |found| found.get(0))?
        .collect::<Result<_, _>>()?;
    let bytes = DocumentChunk::build(changes.iter().map(Vec::as_slice))
        .map_err(|e| StoreError::Damaged(format!("the log of {}: {e}", row.id)))?;
    let kept = Kept { ends, tips, bytes };
    // Writing to memory cannot fail.
    let tips = minicbor::to_vec((&kept.ends, &kept.tips)).unwrap_or_default();
    replica.store().write(|conn| {
        conn.prepare_cached("INSERT OR REPLACE INTO chunk (doc, tips, bytes) VALUES (?1, ?2, ?3)")?
            .execute(params![row.row, tips, kept.bytes])?;
        Ok::<_, StoreError>(())
    })?;
    Ok(kept)
}

/// Where in the log the other side begins to lack something.
fn first_missing(
    conn: &Connection,
    behind: &BTreeMap<i64, (ActorId, u64)>,
) -> Result<i64, StoreError> {
    let mut first = i64::MAX;
    for (actor, (_, theirs)) in behind {
        let id: Option<i64> = conn
            .prepare_cached("SELECT id FROM change WHERE actor = ?1 AND seq = ?2")?
            .query_row(params![actor, *theirs as i64 + 1], |row| row.get(0))
            .optional()?;
        first = first.min(id.unwrap_or(i64::MAX));
    }
    Ok(first)
}

/// The tips that let a receiver take an actor's changes up to `seq`: the last one at or before
/// it, and the next one behind it.
fn covering_tips(
    conn: &Connection,
    row: &DocumentRow,
    actor: i64,
    seq: u64,
) -> Result<Vec<UnverifiedTip>, StoreError> {
    let mut tips = Vec::with_capacity(2);
    let read = |bytes: Vec<u8>| {
        crate::store::read_tip(row, &bytes).map(|tip: Tip| tip.as_unverified().clone())
    };
    if !seq.is_multiple_of(TIP_INTERVAL) {
        let before: Option<Vec<u8>> = conn
            .prepare_cached(
                "SELECT bytes FROM tip WHERE actor = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT 1",
            )?
            .query_row(params![actor, seq as i64], |r| r.get(0))
            .optional()?;
        if let Some(bytes) = before {
            tips.push(read(bytes)?);
        }
    }
    if let Some(bytes) = nearest_tip(conn, actor, seq)? {
        tips.push(read(bytes)?);
    }
    Ok(tips)
}
