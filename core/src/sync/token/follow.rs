//! One document in one token session: what the client has, and what it still gets.
//!
//! Automerge's sync goes back and forth until both sides have the same heads. Here the relay
//! reads from its change index what a client's heads stand for, so that it sends what is missing
//! once, asks by name for what it lacks, and owes an answer only to news.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::super::bulk::{BULK_CHANGES_MIN, Kept, kept_chunk};
use super::super::fanout::Recent;
use super::message::{Have, SyncMessage, encode, encode_chunk};
use crate::document::ChangeHash;
use crate::store::{Actors, Clock, DocumentRow, StoreError, find_change};

/// About how many bytes of changes go into one message.
const MESSAGE_TARGET_BYTES: usize = 1 << 20;
/// The most changes in one message.
const MESSAGE_CHANGES_MAX: usize = 8_000;
/// The most refused changes that a session remembers of one document.
const REFUSED_MAX: usize = 10_000;

/// A larger chunk goes change by change: what a stock client takes in one message is its own
/// affair, and many take no more than 16 MiB.
const CHUNK_BYTES_MAX: usize = 8 << 20;

/// Changes in causal order, and whether there are more.
type Part = (Vec<Vec<u8>>, bool);

/// Actor row -> how much of its history: what somebody has.
type Reached = BTreeMap<i64, u64>;

fn reach(reached: &mut Reached, more: impl Iterator<Item = (i64, u64)>) {
    for (actor, seq) in more {
        let known = reached.entry(actor).or_default();
        *known = (*known).max(seq);
    }
}

/// Adds what a head that is here stands for: it and all before it. False if it is not here.
fn reach_head(
    conn: &Connection,
    doc: i64,
    head: &ChangeHash,
    reached: &mut Reached,
) -> Result<bool, StoreError> {
    let Some(known) = find_change(conn, doc, head)? else {
        return Ok(false);
    };
    // Of what is reached already everything before it is too.
    if reached.get(&known.actor).is_none_or(|seq| *seq < known.seq) {
        reach(reached, Clock::load(conn, known.actor, known.seq)?.iter());
    }
    Ok(true)
}

/// A message that one session said and others may say too, for clients that had as much of the
/// document: a change to many readers is read and encoded once.
#[derive(Debug)]
pub(in crate::sync) struct SaidToMany {
    doc: i64,
    heads: Vec<ChangeHash>,
    before: Reached,
    after: Reached,
    data: Vec<u8>,
}

#[derive(Debug, Default)]
pub(super) struct Follow {
    /// What the client has, as far as its heads tell, and what it was sent.
    has: Reached,
    heads: Vec<ChangeHash>,
    last_sync: Vec<ChangeHash>,
    /// Heads of the client that are not here, and for which nothing was refused.
    unknown: Vec<ChangeHash>,
    /// Those that it was asked for last.
    asked: Vec<ChangeHash>,
    /// The heads that it was told last.
    told: Option<Vec<ChangeHash>>,
    /// What it said was not looked up yet.
    heard: bool,
    /// At these heads it has, or was sent, everything.
    level_at: Option<Vec<ChangeHash>>,
    /// It may lack something that it was not sent.
    look: bool,
    /// The client waits to hear what became of what it sent.
    answer_due: bool,
    /// The client takes most of a document as one chunk.
    takes_chunks: bool,
    /// There is no chunk yet of a document that would go as one.
    pub(super) wants_chunk: bool,
    /// What the client sent before is to be sent again.
    again: bool,
    /// So it was asked for these heads.
    again_for: Vec<ChangeHash>,
    /// Changes that were refused, with what of them is here: the accepted part of the history
    /// below each.
    refused: BTreeMap<ChangeHash, Reached>,
    /// The statements by which they were.
    judged_by: [u8; 32],
}

impl Follow {
    /// Notes what a client says of itself.
    pub(super) fn hear(&mut self, message: &SyncMessage<'_>) {
        if message.reset || message.heads.is_empty() {
            self.has.clear();
            self.told = None;
            self.level_at = None;
        }
        self.heard = true;
        self.heads.clone_from(&message.heads);
        self.last_sync.clone_from(&message.last_sync);
        self.answer_due |= !message.changes.is_empty();
        self.takes_chunks = message.takes_chunks;
    }

    /// Notes that a change was refused, by which statements, and what is here of what it builds on.
    pub(super) fn refuse(
        &mut self,
        conn: &Connection,
        doc: i64,
        hash: ChangeHash,
        deps: &[ChangeHash],
        judged_by: [u8; 32],
    ) -> Result<(), StoreError> {
        if self.refused.len() >= REFUSED_MAX {
            self.refused.clear();
        }
        let mut below = Reached::new();
        for dep in deps {
            self.reach_below(conn, doc, dep, &mut below)?;
        }
        self.refused.insert(hash, below);
        self.judged_by = judged_by;
        Ok(())
    }

    /// Asks a client once to send again what it sent before something else that it builds on.
    pub(super) fn ask_again(&mut self) {
        if self.again_for != self.heads {
            self.again_for.clone_from(&self.heads);
            self.again = true;
        }
    }

    /// Other statements may let through what was refused.
    pub(super) fn judge_anew(&mut self, fingerprint: [u8; 32]) {
        if !self.refused.is_empty() && self.judged_by != fingerprint {
            self.refused.clear();
            self.again = true;
        }
    }

    /// Adds what a head stands for; false if it is not known.
    fn reach_below(
        &self,
        conn: &Connection,
        doc: i64,
        head: &ChangeHash,
        reached: &mut Reached,
    ) -> Result<bool, StoreError> {
        if reach_head(conn, doc, head, reached)? {
            return Ok(true);
        }
        let below = self.refused.get(head);
        if let Some(below) = below {
            reach(reached, below.iter().map(|(actor, seq)| (*actor, *seq)));
        }
        Ok(below.is_some())
    }

    /// Learns from the client's heads what it has.
    fn learn(&mut self, conn: &Connection, row: &DocumentRow) -> Result<(), StoreError> {
        if !core::mem::take(&mut self.heard) {
            return Ok(());
        }
        let doc = row.row;
        if self.heads == row.heads && self.level_at.as_ref() == Some(&row.heads) {
            // It says that it has what it was sent.
            self.unknown.clear();
            self.last_sync.clear();
            self.look = false;
            return Ok(());
        }
        let mut has = core::mem::take(&mut self.has);
        self.unknown.clear();
        for head in self.heads.clone() {
            if !self.reach_below(conn, doc, &head, &mut has)? {
                self.unknown.push(head);
            }
        }
        let mut shared = Vec::with_capacity(self.last_sync.len());
        for head in core::mem::take(&mut self.last_sync) {
            if self.reach_below(conn, doc, &head, &mut has)? {
                shared.push(head);
            }
        }
        self.last_sync = shared;
        self.has = has;
        // With the same heads both have the same.
        self.look = self.heads != row.heads;
        Ok(())
    }

    /// A document that is not here: all of it is asked for.
    pub(super) fn next_of_nothing(&mut self) -> Option<Vec<u8>> {
        if self.told.is_some() && self.asked == self.heads {
            return None;
        }
        self.told = Some(Vec::new());
        self.asked.clone_from(&self.heads);
        Some(encode(&[], &self.heads, &Have::UpTo(Vec::new()), &[]))
    }

    /// What there is to say next; `None` when all is said.
    pub(super) fn next(
        &mut self,
        conn: &Connection,
        row: &DocumentRow,
        said: &mut Recent<SaidToMany>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.learn(conn, row)?;
        if !self.unknown.is_empty() && self.asked != self.unknown {
            // First what the client has: then its heads tell what it lacks.
            self.asked.clone_from(&self.unknown);
            self.told = Some(row.heads.clone());
            let have = self.what_is_here(conn, row)?;
            return Ok(Some(encode(&row.heads, &self.unknown, &have, &[])));
        }
        if core::mem::take(&mut self.again) {
            // No heads: to the client that is a relay which lost everything.
            self.asked.clear();
            self.told = Some(Vec::new());
            let have = Have::Filtered(Vec::new(), hashes_after(conn, row, &Reached::new())?);
            return Ok(Some(encode(&[], &[], &have, &[])));
        }
        let is_told = self.told.as_ref() == Some(&row.heads);
        let looks = !is_told || self.look;
        let is_it =
            |it: &SaidToMany| it.doc == row.row && it.heads == row.heads && it.before == self.has;
        if looks && let Some(said) = said.find(is_it) {
            self.has.clone_from(&said.after);
            self.tell(row);
            return Ok(Some(said.data.clone()));
        }
        if looks && let Some(kept) = self.whole(conn, row)? {
            return Ok(Some(encode_chunk(&row.heads, kept.bytes)));
        }
        let before = self.has.clone();
        let part = if looks {
            self.next_part(conn, row)?
        } else {
            None
        };
        match part {
            Some((changes, true)) => Ok(Some(encode(&row.heads, &[], &Have::Later, &changes))),
            None if is_told && !self.answer_due => {
                self.look = false;
                Ok(None)
            }
            part => {
                self.tell(row);
                let changes = part.map(|(changes, _)| changes).unwrap_or_default();
                let have = Have::UpTo(row.heads.clone());
                let data = encode(&row.heads, &[], &have, &changes);
                if !changes.is_empty() {
                    let made = SaidToMany {
                        doc: row.row,
                        heads: row.heads.clone(),
                        before,
                        after: self.has.clone(),
                        data: data.clone(),
                    };
                    said.note(made, data.len());
                }
                Ok(Some(data))
            }
        }
    }

    fn tell(&mut self, row: &DocumentRow) {
        self.answer_due = false;
        self.look = false;
        self.told = Some(row.heads.clone());
        self.level_at = Some(row.heads.clone());
    }

    /// From which state on the client is to send: the latest that both know, with a filter over
    /// what came after it here, so that little of that is sent in vain.
    fn what_is_here(&self, conn: &Connection, row: &DocumentRow) -> Result<Have, StoreError> {
        let mut shared = Vec::new();
        let mut reached = Reached::new();
        for head in self.heads.iter().chain(&self.last_sync) {
            if !shared.contains(head) && reach_head(conn, row.row, head, &mut reached)? {
                shared.push(*head);
            }
        }
        let after = hashes_after(conn, row, &reached)?;
        Ok(Have::Filtered(shared, after))
    }

    /// The chunk of a large document of which the client has nothing. What is in it the client is
    /// taken to have; what came later follows.
    fn whole(&mut self, conn: &Connection, row: &DocumentRow) -> Result<Option<Kept>, StoreError> {
        if !self.takes_chunks || !self.has.is_empty() {
            return Ok(None);
        }
        let actors = Actors::load(conn, row.row)?;
        let all: u64 = actors.iter().map(|actor| actor.seq).sum();
        if all < BULK_CHANGES_MIN {
            return Ok(None);
        }
        let kept = kept_chunk(conn, row, &actors)?;
        self.wants_chunk = kept.is_none();
        let kept = kept.filter(|kept| kept.bytes.len() <= CHUNK_BYTES_MAX);
        if let Some(kept) = &kept {
            // The first change of a list nobody signs: it is in every chunk.
            let ends = actors.iter().map(|actor| match kept.ends.get(&actor.id) {
                Some(end) => (actor.row, end.seq),
                None if actor.device.is_none() => (actor.row, actor.seq),
                None => (actor.row, 0),
            });
            reach(&mut self.has, ends);
        }
        Ok(kept)
    }

    /// The next changes that the client lacks, in causal order, and whether there are more.
    fn next_part(
        &mut self,
        conn: &Connection,
        row: &DocumentRow,
    ) -> Result<Option<Part>, StoreError> {
        let actors = Actors::load(conn, row.row)?;
        let mut found: Vec<(i64, i64, u64, Vec<u8>)> = Vec::new();
        // Behind the last row of a history that was cut short nothing may go: it may build on it.
        let mut upto = i64::MAX;
        let mut statement = conn.prepare_cached(
            "SELECT id, seq, bytes FROM change WHERE actor = ?1 AND seq > ?2 ORDER BY seq",
        )?;
        for actor in actors.iter() {
            let has = self.has.get(&actor.row).copied().unwrap_or_default();
            if has >= actor.seq {
                continue;
            }
            let mut rows = statement.query(params![actor.row, has as i64])?;
            let (mut bytes, mut count) = (0, 0);
            while let Some(change) = rows.next()? {
                let id: i64 = change.get(0)?;
                let chunk: Vec<u8> = change.get(2)?;
                bytes += chunk.len();
                count += 1;
                let seq = change.get::<_, i64>(1)?.unsigned_abs();
                found.push((id, actor.row, seq, chunk));
                if bytes > MESSAGE_TARGET_BYTES || count >= MESSAGE_CHANGES_MAX {
                    upto = upto.min(id);
                    break;
                }
            }
        }
        if found.is_empty() {
            return Ok(None);
        }
        found.sort_unstable_by_key(|(id, ..)| *id);
        let mut changes = Vec::new();
        let mut bytes = 0;
        let all = found.len();
        for (id, actor, seq, chunk) in found {
            if id > upto || bytes > MESSAGE_TARGET_BYTES || changes.len() >= MESSAGE_CHANGES_MAX {
                break;
            }
            bytes += chunk.len();
            self.has.insert(actor, seq);
            changes.push(chunk);
        }
        let more = changes.len() < all || upto != i64::MAX;
        Ok(Some((changes, more)))
    }
}

/// The hashes of what is here beyond what is reached.
fn hashes_after(
    conn: &Connection,
    row: &DocumentRow,
    reached: &Reached,
) -> Result<Vec<ChangeHash>, StoreError> {
    let mut hashes = Vec::new();
    let mut statement =
        conn.prepare_cached("SELECT hash FROM change WHERE actor = ?1 AND seq > ?2")?;
    for actor in Actors::load(conn, row.row)?.iter() {
        let after = reached.get(&actor.row).copied().unwrap_or_default();
        let mut rows = statement.query(params![actor.row, after as i64])?;
        while let Some(found) = rows.next()? {
            hashes.push(crate::store::blob(found, 0)?);
        }
    }
    Ok(hashes)
}
