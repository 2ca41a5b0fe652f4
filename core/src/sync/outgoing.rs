//! What one side of a session still owes the other of one document.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minicbor::bytes::ByteVec;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::bulk::{BulkOut, Kept, is_bulk, kept_chunk, make_chunk};
use super::order::{StatementsPart, next_statements};
use super::wire::{Changes, Chunk};
use crate::document::{ActorId, ChangeHash, DocumentId, Mark, TIP_INTERVAL, Tip, UnverifiedTip};
use crate::identity::Did;
use crate::membership::Statement;
use crate::mutants::{self, Mutant};
use crate::replica::Replica;
use crate::store::{
    Actors, DocumentRow, Quarantine, Refusal, StoreError, evidence, find_change, nearest_tip,
    read_tip, statements,
};

/// About how many bytes of changes go into one message.
const MESSAGE_TARGET_BYTES: usize = 256 * 1024;
/// The most changes in one message.
const MESSAGE_CHANGES_MAX: usize = 4_000;

/// How often a client asks for more of one document because something came that builds on what is
/// not here.
pub(super) const LACKS_MAX: u8 = 8;

/// A part of what there is to send.
pub(super) enum Part {
    Changes(Changes),
    Chunk(Chunk),
}

/// How it stands with making a chunk of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Packing {
    /// Nobody is at it. It is done on the spot when one is needed.
    #[default]
    Here,
    /// Nobody is at it. Somebody else is asked when one is needed.
    Idle,
    /// One is needed, and somebody else has still to be asked.
    Wanted,
    /// Somebody else is at it: until then nothing is said of the document.
    Asked,
    /// It failed: the document goes out change by change.
    Failed,
}

/// The first 16 bytes of a statement's digest.
pub(super) type Short = [u8; 16];

pub(super) fn short(statement: &Statement) -> Short {
    short_digest(statement.digest().as_bytes())
}

pub(super) fn short_digest(digest: &[u8]) -> Short {
    crate::bytes::prefix(digest)
}

/// What a session knows of one document.
#[derive(Debug, Default)]
pub(super) struct DocumentState {
    pub(super) waiting: Quarantine,
    /// What the other side has, once it has said so.
    pub(super) peer: Option<Arc<PeerView>>,
    /// A chunk that is on its way to the other side.
    pub(super) bulk: Option<BulkOut>,
    pub(super) packing: Packing,
    /// The other side waits for our `Have`.
    pub(super) reply_due: bool,
    /// We want the other side's `Have`: said (true) or still to say.
    pub(super) asked: Option<bool>,
    /// The other side refused the whole document.
    refused: Option<Judged>,
    /// The other side's answer is under way in parts, and its first part showed that it may.
    pub(super) entered: bool,
    /// On a client: where the relay's history of an actor was seen to part from the one here.
    pub(super) forks: BTreeMap<ActorId, u64>,
    /// On a client: actors of which the relay says that it has another history, and has still to
    /// show it.
    pub(super) doubted: BTreeSet<ActorId>,
    /// On a client: how often something that the relay has did not come and was asked for again.
    pub(super) asked_again: u8,
    /// On a client: how often something came that builds on what is not here. It is asked for
    /// again each time, up to [`LACKS_MAX`].
    pub(super) lacked: u8,
    /// On a client: something that the relay has was judged, and is not taken.
    pub(super) judged: bool,
    /// Actors whose history was sent from its beginning since it is signed here by somebody whose
    /// word goes before: once in a session.
    pub(super) shown: BTreeSet<ActorId>,
    /// On a client: the next `Have` may speak of what was here before this side gave way.
    pub(super) stale: bool,
    /// From where on it refused what an actor wrote.
    held_back: BTreeMap<ActorId, HeldBack>,
    /// Up to where it was sent again what the other side lacked something for.
    resent: BTreeMap<ActorId, u64>,
}

/// By which statements the other side judged, and which were here then.
#[derive(Debug, Clone, Copy)]
struct Judged {
    by: [u8; 32],
    here: [u8; 32],
}

impl Judged {
    /// Whether it may be judged otherwise now: more is known than then, and that is not just what
    /// it was judged by. Else two peers would talk for ever.
    fn is_over(&self, now: &[u8; 32]) -> bool {
        *now != self.by && *now != self.here
    }
}

/// Changes of one actor that the other side refused, and all after them.
#[derive(Debug, Clone, Copy)]
struct HeldBack {
    seq: u64,
    judged: Judged,
}

/// How much of an actor's history the other side has, and by which relay it has it signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reached {
    pub(super) seq: u64,
    pub(super) mark: Option<Mark>,
}

impl Reached {
    /// What somebody has who sends a tip.
    pub(super) fn by(tip: &UnverifiedTip) -> Self {
        Self {
            seq: tip.seq(),
            mark: tip.signer().mark(),
        }
    }
}

/// What the other side of a session has of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PeerView {
    pub(super) tips: BTreeMap<ActorId, Reached>,
    pub(super) statements: BTreeSet<Short>,
    /// How much it got of what leads to a signature behind the end of a history.
    evidence: BTreeMap<ActorId, u64>,
}

/// What an actor wrote and the other side lacks: after `after`, up to `upto`.
pub(super) struct Behind {
    pub(super) id: ActorId,
    pub(super) after: u64,
    pub(super) upto: u64,
    /// Where the history ends.
    pub(super) end: u64,
    /// Which relay signs it, if one does.
    mark: Option<Mark>,
}

impl Behind {
    fn reached(&self, seq: u64) -> Reached {
        let mark = self.mark;
        Reached { seq, mark }
    }
}

/// One change of the log that may go out.
struct LogRow {
    actor: i64,
    seq: u64,
    bytes: Vec<u8>,
    deps: Vec<u8>,
}

impl DocumentState {
    /// What the other side has, to note more of it. Sessions that know the same share it.
    pub(super) fn peer_mut(&mut self) -> Option<&mut PeerView> {
        self.peer.as_mut().map(Arc::make_mut)
    }

    /// Whether what goes out next follows from the document and from what the other side has, and
    /// from nothing else that this session knows.
    pub(super) fn is_plain(&self) -> bool {
        self.bulk.is_none()
            && self.refused.is_none()
            && self.held_back.is_empty()
            && matches!(self.packing, Packing::Here | Packing::Idle)
    }

    /// Whether everything that was asked about this document has been answered.
    pub(super) fn is_settled(&self) -> bool {
        self.asked.is_none()
    }

    /// What the other side has must be asked again before anything is sent.
    pub(super) fn ask_anew(&mut self) {
        self.peer = None;
        self.asked = Some(false);
    }

    /// Notes that the other side refused changes, or without any named the whole document.
    pub(super) fn note_refusal(
        &mut self,
        conn: &Connection,
        document: &DocumentId,
        (code, hashes): (&str, &[ChangeHash]),
        by: [u8; 32],
    ) -> Result<(), StoreError> {
        if mutants::is(Mutant::RefusedSpins) {
            return Ok(());
        }
        let here = statements::authority(conn, document)?.digest_set_fingerprint();
        let judged = Judged { by, here };
        if hashes.is_empty() {
            self.refused = Some(judged);
            return Ok(());
        }
        let Some(row) = DocumentRow::find(conn, document)? else {
            return Ok(());
        };
        let actors = Actors::load(conn, row.row)?;
        for hash in hashes {
            let known = find_change(conn, row.row, hash)?;
            let Some((actor, seq)) =
                known.and_then(|known| Some((actors.by_row(known.actor)?.id, known.seq)))
            else {
                continue;
            };
            if code != Refusal::MissingDeps.code() || !self.resends(actor, seq) {
                let held = (self.held_back.entry(actor)).or_insert(HeldBack { seq, judged });
                held.seq = held.seq.min(seq);
                held.judged = judged;
            }
            // It was taken to have what it got.
            if let Some(theirs) = self.peer_mut().and_then(|p| p.tips.get_mut(&actor)) {
                theirs.seq = theirs.seq.min(seq.saturating_sub(1));
            }
        }
        Ok(())
    }

    /// Whether a change is sent again, which the other side lacked something for: each once. It may
    /// have been on its way when they refused what it builds on, which counts there with it.
    fn resends(&mut self, actor: ActorId, seq: u64) -> bool {
        let resent = self.resent.entry(actor).or_default();
        let sends = seq > *resent && !self.held_back.contains_key(&actor);
        if sends {
            *resent = seq;
        }
        sends
    }

    /// The next part of what the other side lacks: all statements first, then changes in causal
    /// order with the tips that vouch for them, or the document as one chunk where most of it is
    /// lacking. What it gets it is taken to have. `reader` is by whose right it is taken there.
    pub(super) fn next_part(
        &mut self,
        replica: &Replica,
        row: &DocumentRow,
        reader: &Did,
    ) -> Result<Option<Part>, StoreError> {
        if let Some(chunk) = self.bulk.as_mut().map(|bulk| bulk.next(row)) {
            if chunk.last {
                self.bulk = None;
            }
            return Ok(Some(Part::Chunk(chunk)));
        }
        let conn = replica.conn();
        if self.peer.is_none() {
            return Ok(None);
        }
        let actors = Actors::load(conn, row.row)?;
        let authority = statements::authority(conn, &row.id)?;
        if self.refused.is_some() || !self.held_back.is_empty() {
            let now = authority.digest_set_fingerprint();
            if self.refused.is_some_and(|refused| !refused.is_over(&now)) {
                return Ok(None);
            }
            self.refused = None;
            // What is no longer here, and comes again, is something new.
            self.held_back.retain(|actor, held| {
                !held.judged.is_over(&now)
                    && actors.get(actor).is_some_and(|known| known.seq >= held.seq)
            });
        }
        let sent = self.peer.as_ref().map(|peer| &peer.statements);
        let known = sent.map(|sent| next_statements(&row.id, &authority, sent, reader));
        let known = known.unwrap_or_default();
        if known.cut {
            // No change may come before a statement by which it is judged.
            return Ok(Some(Part::Changes(self.take_statements(row, known))));
        }
        loop {
            let behind = self.behind(&actors);
            if self.held_back.is_empty()
                && self.packing != Packing::Failed
                && is_bulk(&actors, &behind)
            {
                if let Some(part) = self.leading_evidence(conn, row, &behind)? {
                    return Ok(Some(Part::Changes(part)));
                }
                let kept = match (kept_chunk(conn, row, &actors)?, self.packing) {
                    (Some(kept), _) => kept,
                    (None, Packing::Here) => make_chunk(replica, row)?,
                    (None, _) => {
                        self.packing = Packing::Wanted;
                        return Ok(None);
                    }
                };
                let opening = self.open_bulk(conn, row, &behind, &kept, known)?;
                self.bulk = Some(BulkOut::new(kept.bytes));
                return Ok(Some(Part::Changes(opening)));
            }
            match self.part(conn, row, &actors, &behind, &known)? {
                Ok(part) => return Ok(part.map(Part::Changes)),
                // Something builds on what the other side refused, so that it counts there too.
                Err(actor) => self.held_back.remove(&actor),
            };
        }
    }

    fn behind(&self, actors: &Actors) -> BTreeMap<i64, Behind> {
        let theirs = |id| self.peer.as_ref().and_then(|peer| peer.tips.get(id));
        let mut behind = BTreeMap::new();
        for actor in actors.iter().filter(|actor| actor.device.is_some()) {
            let mark = actor.mark();
            let after = match theirs(&actor.id) {
                // Whose word goes before has no use for what is signed here.
                Some(theirs) if theirs.mark < mark => continue,
                Some(theirs) if theirs.mark == mark => theirs.seq,
                // What they have is here signed by somebody whose word goes before.
                Some(_) | None => 0,
            };
            let held = self.held_back.get(&actor.id);
            let upto = held.map_or(actor.seq, |held| actor.seq.min(held.seq.saturating_sub(1)));
            if upto > after {
                let (id, end) = (actor.id, actor.seq);
                let lack = Behind {
                    id,
                    after,
                    upto,
                    end,
                    mark,
                };
                behind.insert(actor.row, lack);
            }
        }
        behind
    }

    /// A message with nothing but statements, behind which more follows.
    fn take_statements(&mut self, row: &DocumentRow, known: StatementsPart) -> Changes {
        if let Some(peer) = self.peer_mut() {
            peer.statements.extend(known.shorts);
        }
        Changes {
            document: Some(row.id),
            more: true,
            statements: known.statements,
            ..Changes::default()
        }
    }

    /// Evidence that is too much to go along with the opening of a chunk: a message of it.
    fn leading_evidence(
        &mut self,
        conn: &Connection,
        row: &DocumentRow,
        behind: &BTreeMap<i64, Behind>,
    ) -> Result<Option<Changes>, StoreError> {
        let Some(peer) = self.peer_mut() else {
            return Ok(None);
        };
        let gathered = gather_evidence(conn, row, behind, peer, 0)?;
        if !gathered.cut {
            return Ok(None);
        }
        peer.evidence.extend(gathered.proofs);
        Ok(Some(Changes {
            document: Some(row.id),
            more: true,
            changes: gathered.changes,
            ..Changes::default()
        }))
    }

    /// What comes before a chunk: all that vouches for its changes.
    fn open_bulk(
        &mut self,
        conn: &Connection,
        row: &DocumentRow,
        behind: &BTreeMap<i64, Behind>,
        kept: &Kept,
        known: StatementsPart,
    ) -> Result<Changes, StoreError> {
        let mut out = self.take_statements(row, known);
        let Some(peer) = self.peer_mut() else {
            return Ok(out);
        };
        for (actor, lack) in behind {
            let Some(end) = kept.ends.get(&lack.id).filter(|end| end.seq > lack.after) else {
                continue;
            };
            if end.seq < lack.end {
                // What was written since comes behind the chunk, with signatures of its own.
                out.tips.extend(end.tip.clone());
                peer.tips.insert(lack.id, lack.reached(end.seq));
                continue;
            }
            let sent = peer.evidence.get(&lack.id).copied().unwrap_or_default();
            for (seq, change) in evidence(conn, row, &lack.id, *actor, lack.end, sent)? {
                out.changes.push(change.into());
                peer.evidence.insert(lack.id, seq);
            }
            out.tips.extend(covering_tips(conn, row, *actor, lack.end)?);
            peer.tips.insert(lack.id, lack.reached(lack.end));
        }
        Ok(out)
    }

    /// One message, or the actor that must be held back no longer.
    fn part(
        &mut self,
        conn: &Connection,
        row: &DocumentRow,
        actors: &Actors,
        behind: &BTreeMap<i64, Behind>,
        known: &StatementsPart,
    ) -> Result<Result<Option<Changes>, ActorId>, StoreError> {
        let Some(peer) = self.peer.as_mut().map(Arc::make_mut) else {
            return Ok(Ok(None));
        };
        let mut out = Changes {
            document: Some(row.id),
            ..Changes::default()
        };
        let mut last: BTreeMap<i64, u64> = BTreeMap::new();
        let gathered = gather_evidence(conn, row, behind, peer, known.bytes)?;
        let mut bytes = gathered.bytes;
        out.changes = gathered.changes;
        out.more = gathered.cut;
        if !out.more {
            let mut statement = conn.prepare_cached(
                "SELECT actor, seq, bytes, deps FROM change WHERE doc = ?1 AND id >= ?2 ORDER BY id",
            )?;
            let mut rows = statement.query(params![row.row, first_missing(conn, behind)?])?;
            while let Some(found) = rows.next()? {
                let actor: i64 = found.get(0)?;
                let seq = found.get::<_, i64>(1)?.unsigned_abs();
                match behind.get(&actor) {
                    Some(lack) if seq > lack.after && seq <= lack.upto => {}
                    _ => continue,
                }
                if bytes >= MESSAGE_TARGET_BYTES || out.changes.len() >= MESSAGE_CHANGES_MAX {
                    out.more = true;
                    break;
                }
                let log = LogRow {
                    actor,
                    seq,
                    bytes: found.get(2)?,
                    deps: found.get(3)?,
                };
                if let Some(held) = builds_on(conn, row, actors, &self.held_back, &log)? {
                    return Ok(Err(held));
                }
                bytes += log.bytes.len();
                out.changes.push(log.bytes.into());
                last.insert(log.actor, log.seq);
            }
        }
        out.statements.clone_from(&known.statements);
        peer.statements.extend(known.shorts.iter().copied());
        peer.evidence.extend(gathered.proofs);
        for (actor, seq) in last {
            out.tips.extend(covering_tips(conn, row, actor, seq)?);
            if let Some(lack) = behind.get(&actor) {
                peer.tips.insert(lack.id, lack.reached(seq));
            }
        }
        let empty = out.changes.is_empty() && out.statements.is_empty();
        Ok(Ok((!empty).then_some(out)))
    }
}

/// Evidence that goes into one message.
struct Gathered {
    changes: Vec<ByteVec>,
    /// How far each actor's goes.
    proofs: Vec<(ActorId, u64)>,
    /// What is in the message so far.
    bytes: usize,
    /// Whether more has to follow.
    cut: bool,
}

/// What leads to signatures behind the ends of histories and was not sent yet, as far as it fits
/// into a message that holds `bytes` already.
fn gather_evidence(
    conn: &Connection,
    row: &DocumentRow,
    behind: &BTreeMap<i64, Behind>,
    peer: &PeerView,
    bytes: usize,
) -> Result<Gathered, StoreError> {
    let mut out = Gathered {
        changes: Vec::new(),
        proofs: Vec::new(),
        bytes,
        cut: false,
    };
    for (actor, lack) in behind.iter().filter(|(_, lack)| lack.upto == lack.end) {
        let sent = peer.evidence.get(&lack.id).copied().unwrap_or_default();
        for (seq, change) in evidence(conn, row, &lack.id, *actor, lack.end, sent)? {
            if out.bytes >= MESSAGE_TARGET_BYTES || out.changes.len() >= MESSAGE_CHANGES_MAX {
                out.cut = true;
                return Ok(out);
            }
            out.bytes += change.len();
            out.changes.push(change.into());
            out.proofs.push((lack.id, seq));
        }
    }
    Ok(out)
}

/// The actor of a change that is held back and that `log` builds on.
fn builds_on(
    conn: &Connection,
    row: &DocumentRow,
    actors: &Actors,
    held_back: &BTreeMap<ActorId, HeldBack>,
    log: &LogRow,
) -> Result<Option<ActorId>, StoreError> {
    if held_back.is_empty() {
        return Ok(None);
    }
    for dep in log.deps.chunks_exact(ChangeHash::LEN) {
        let Ok(dep) = ChangeHash::try_from(dep) else {
            continue;
        };
        let Some(known) = find_change(conn, row.row, &dep)? else {
            continue;
        };
        let Some(actor) = actors.by_row(known.actor) else {
            continue;
        };
        if held_back
            .get(&actor.id)
            .is_some_and(|held| known.seq >= held.seq)
        {
            return Ok(Some(actor.id));
        }
    }
    Ok(None)
}

/// Where in the log the other side begins to lack something.
fn first_missing(conn: &Connection, behind: &BTreeMap<i64, Behind>) -> Result<i64, StoreError> {
    let mut first = i64::MAX;
    for (actor, lack) in behind {
        let id: Option<i64> = conn
            .prepare_cached("SELECT id FROM change WHERE actor = ?1 AND seq = ?2")?
            .query_row(params![actor, lack.after as i64 + 1], |row| row.get(0))
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
    let read = |bytes: Vec<u8>| read_tip(row, &bytes).map(|tip: Tip| tip.as_unverified().clone());
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
