//! A document as one compressed chunk, in parts: for who lacks most of it.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::SessionError;
use super::exchange::{hash_at, may_read, unavailable};
use super::outgoing::{Behind, Packing};
use super::session::{Session, Side};
use super::wire::Chunk;
use crate::document::{
    ActorId, ChangeHash, ChunkLimits, DocumentChunk, DocumentId, UnverifiedTip, limits,
};
use crate::replica::{Incoming, Replica};
use crate::store::{Actors, DocumentRow, Store, StoreError, nearest_tip, read_tip};

/// Who lacks at least so many changes, and more than a third of all, gets the document as one
/// compressed chunk: a fraction of the bytes.
pub(super) const BULK_CHANGES_MIN: u64 = 2_000;
/// A chunk is made again once more than one in so many changes is not in it.
const KEPT_SHARE: u64 = 5;
/// About how many bytes of a chunk go into one message.
const PART_BYTES: usize = 256 * 1024;

/// A chunk on its way out.
#[derive(Debug)]
pub(super) struct BulkOut {
    bytes: Vec<u8>,
    at: usize,
    index: u32,
}

impl BulkOut {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            at: 0,
            index: 0,
        }
    }

    /// The next part.
    pub(super) fn next(&mut self, row: &DocumentRow) -> Chunk {
        let end = (self.at + PART_BYTES).min(self.bytes.len());
        let part = self.bytes.get(self.at..end).unwrap_or_default();
        let chunk = Chunk {
            document: row.id,
            index: self.index,
            last: end == self.bytes.len(),
            bytes: part.to_vec().into(),
        };
        self.at = end;
        self.index += 1;
        chunk
    }
}

/// Whether the other side lacks so much that a chunk is the shorter way.
pub(super) fn is_bulk(actors: &Actors, behind: &BTreeMap<i64, Behind>) -> bool {
    let all: u64 = actors.iter().map(|actor| actor.seq).sum();
    let lacking: u64 = behind.values().map(|lack| lack.upto - lack.after).sum();
    lacking >= BULK_CHANGES_MIN && lacking * 3 > all
}

/// A document as it was when its chunk was made.
pub(super) struct Kept {
    /// Where each history in it ends.
    pub(super) ends: BTreeMap<ActorId, End>,
    pub(super) bytes: Vec<u8>,
}

/// The end of a history in a chunk.
#[derive(minicbor::Encode, minicbor::Decode)]
pub(super) struct End {
    #[n(0)]
    pub(super) seq: u64,
    #[n(1)]
    hash: ChangeHash,
    /// The signature just there; later ones take its place in the document.
    #[n(2)]
    pub(super) tip: Option<UnverifiedTip>,
}

impl Kept {
    /// Whether the chunk is still a part of the document, signed up to its ends, and most of the
    /// document: the rest goes as single changes.
    fn is_good(&self, conn: &Connection, actors: &Actors) -> Result<bool, StoreError> {
        let mut held = 0;
        for (id, end) in &self.ends {
            let Some(actor) = actors.get(id) else {
                return Ok(false);
            };
            // What fell out of the document since must not be sent.
            if hash_at(conn, actor.row, end.seq)? != Some(end.hash) {
                return Ok(false);
            }
            if end.seq < actor.seq && end.tip.is_none() {
                return Ok(false);
            }
            held += end.seq;
        }
        let all: u64 = actors.iter().map(|actor| actor.seq).sum();
        Ok(all.saturating_sub(held).saturating_mul(KEPT_SHARE) <= all)
    }
}

/// The chunk that is kept of a document, if it is good enough to be sent.
pub(super) fn kept_chunk(
    conn: &Connection,
    row: &DocumentRow,
    actors: &Actors,
) -> Result<Option<Kept>, StoreError> {
    let kept: Option<(Vec<u8>, Vec<u8>)> = conn
        .prepare_cached("SELECT ends, bytes FROM chunk WHERE doc = ?1")?
        .query_row(params![row.row], |found| Ok((found.get(0)?, found.get(1)?)))
        .optional()?;
    let Some((ends, bytes)) = kept else {
        return Ok(None);
    };
    let Ok(ends) = minicbor::decode(&ends) else {
        return Ok(None);
    };
    let kept = Kept { ends, bytes };
    Ok(kept.is_good(conn, actors)?.then_some(kept))
}

/// Makes the document one compressed chunk, on the spot, and keeps that.
pub(super) fn make_chunk(replica: &Replica, row: &DocumentRow) -> Result<Kept, StoreError> {
    let packed = pack(replica.conn(), row)?;
    keep(replica, row, &packed.kept)?;
    Ok(packed.kept)
}

fn keep(replica: &Replica, row: &DocumentRow, kept: &Kept) -> Result<(), StoreError> {
    // Writing to memory cannot fail.
    let ends = minicbor::to_vec(&kept.ends).unwrap_or_default();
    replica.store().write(|conn| {
        conn.prepare_cached("INSERT OR REPLACE INTO chunk (doc, ends, bytes) VALUES (?1, ?2, ?3)")?
            .execute(params![row.row, ends, kept.bytes])?;
        Ok::<_, StoreError>(())
    })
}

fn pack(conn: &Connection, row: &DocumentRow) -> Result<Packed, StoreError> {
    let mut ends = BTreeMap::new();
    let actors = Actors::load(conn, row.row)?;
    for actor in actors.iter().filter(|actor| actor.device.is_some()) {
        if let Some(hash) = actor.hash.filter(|_| actor.seq > 0) {
            let seq = actor.seq;
            let tip = nearest_tip(conn, actor.row, seq)?
                .map(|bytes| read_tip(row, &bytes))
                .transpose()?
                .filter(|tip| tip.seq() == seq)
                .map(|tip| tip.as_unverified().clone());
            ends.insert(actor.id, End { seq, hash, tip });
        }
    }
    let changes: Vec<Vec<u8>> = conn
        .prepare_cached("SELECT bytes FROM change WHERE doc = ?1 ORDER BY id")?
        .query_map(params![row.row], |found| found.get(0))?
        .collect::<Result<_, _>>()?;
    let bytes = DocumentChunk::build(changes.iter().map(Vec::as_slice))
        .map_err(|e| StoreError::Damaged(format!("the log of {}: {e}", row.id)))?;
    Ok(Packed {
        document: row.id,
        kept: Kept { ends, bytes },
    })
}

/// A document as one compressed chunk, made beside the sessions that wait for it.
pub struct Packed {
    document: DocumentId,
    kept: Kept,
}

impl Packed {
    /// Which document it is.
    #[must_use]
    pub fn document(&self) -> DocumentId {
        self.document
    }
}

impl core::fmt::Debug for Packed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Packed")
            .field("document", &self.document)
            .field("bytes", &self.kept.bytes.len())
            .finish()
    }
}

/// Packs documents from a database that others write to meanwhile. It has a connection of its
/// own, which sees only what has been committed, and it can go to another thread.
#[derive(Debug)]
pub struct Packer {
    store: Store,
}

impl Packer {
    /// Reads from the database at `path`, which must be there.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            store: Store::open_to_read(path)?,
        })
    }

    /// Makes a document, as it is now, one compressed chunk: see [`Replica::keep_packed`].
    ///
    /// # Errors
    /// [`StoreError`] if the database fails, or has no such document.
    pub fn pack(&self, document: &DocumentId) -> Result<Packed, StoreError> {
        self.store.read(|conn| {
            let row = DocumentRow::find(conn, document)?.ok_or_else(|| {
                StoreError::Damaged(format!("there is no document {document} to pack"))
            })?;
            pack(conn, &row)
        })
    }
}

impl Replica {
    /// Keeps what was packed elsewhere. Whether it is still good is looked at whenever it is
    /// about to be sent: the document may have changed since, or lost a part.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn keep_packed(&self, packed: &Packed) -> Result<(), StoreError> {
        match DocumentRow::find(self.conn(), &packed.document)? {
            Some(row) => keep(self, &row, &packed.kept),
            None => Ok(()),
        }
    }
}

impl Session {
    /// Leaves it to the loop around this session to make chunks of large documents: it is asked by
    /// [`Effect::Pack`](super::Effect::Pack), and answers by [`Session::notify_packed`]. Until
    /// then the session says nothing of that document, and all else goes on.
    pub fn pack_elsewhere(&mut self) {
        self.packs_elsewhere = true;
    }

    /// Tells the session that a document it asked for was packed and kept, or (false) that this
    /// failed: then it goes out change by change.
    pub fn notify_packed(&mut self, document: &DocumentId, packed: bool) {
        if let Some(state) = self.documents.get_mut(document)
            && state.packing == Packing::Asked
        {
            state.packing = if packed {
                Packing::Idle
            } else {
                Packing::Failed
            };
            self.dirty.insert(*document);
        }
    }

    /// Takes in a part of a chunk; with the last one the chunk is audited and its changes are
    /// judged like any others. One chunk at a time, and only by somebody who may send it: else
    /// anybody could fill the memory.
    pub(super) fn on_chunk(
        &mut self,
        replica: &mut Replica,
        part: &Chunk,
        now: Timestamp,
    ) -> Result<(), SessionError> {
        if part.index == 0 {
            self.bulk_in = None;
            if let Some(refusal) = self.refuse_new_document(replica, &part.document)? {
                return self.send(refusal);
            }
            // Statements come before a chunk: who may read it is known by now.
            if let (Side::Relay(_), Some((did, _))) = (&self.side, self.peer)
                && !may_read(replica.conn(), &part.document, &did)?
            {
                return self.send(unavailable(&part.document));
            }
            self.bulk_in = Some((part.document, 0, Vec::new()));
        }
        let Some((document, next, bytes)) = &mut self.bulk_in else {
            // The beginning was refused; the rest may still be under way.
            return Ok(());
        };
        if *document != part.document || *next != part.index {
            return Err(SessionError::Unexpected("a part of another chunk"));
        }
        if bytes.len() + part.bytes.len() > limits::DOCUMENT_BYTES_MAX {
            return Err(SessionError::TooMany("bytes in a chunk"));
        }
        bytes.extend_from_slice(&part.bytes);
        *next += 1;
        if !part.last {
            return Ok(());
        }
        let Some((document, _, bytes)) = self.bulk_in.take() else {
            return Ok(());
        };
        let audited = DocumentChunk::audit(&bytes, &ChunkLimits::default())?;
        drop(bytes);
        self.take_in(
            replica,
            &document,
            Incoming {
                audited,
                received: Some(now.as_millisecond()),
                complete: true,
                ..Incoming::default()
            },
        )
    }
}
