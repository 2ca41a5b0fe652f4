//! A document as one compressed chunk, in parts: for who lacks most of it.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, params};

use super::error::SessionError;
use super::exchange::{may_read, unavailable};
use super::outgoing::Behind;
use super::session::{Session, Side};
use super::wire::Chunk;
use crate::document::{ChunkLimits, DocumentChunk, limits};
use crate::replica::{Incoming, Replica};
use crate::store::{Actors, DocumentRow, StoreError};

/// Who lacks at least so many changes, and more than a third of all, gets the document as one
/// compressed chunk: a fraction of the bytes.
const BULK_CHANGES_MIN: u64 = 2_000;
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

/// The document as one compressed chunk. It is kept until the document changes: who comes after
/// a break of the network comes with others.
pub(super) fn chunk_of(replica: &Replica, row: &DocumentRow) -> Result<Vec<u8>, StoreError> {
    let conn = replica.conn();
    let kept: Option<Vec<u8>> = conn
        .prepare_cached("SELECT bytes FROM chunk WHERE doc = ?1 AND digest = ?2")?
        .query_row(params![row.row, row.digest], |found| found.get(0))
        .optional()?;
    if let Some(bytes) = kept {
        return Ok(bytes);
    }
    let changes: Vec<Vec<u8>> = conn
        .prepare_cached("SELECT bytes FROM change WHERE doc = ?1 ORDER BY id")?
        .query_map(params![row.row], |found| found.get(0))?
        .collect::<Result<_, _>>()?;
    let bytes = DocumentChunk::build(changes.iter().map(Vec::as_slice))
        .map_err(|e| StoreError::Damaged(format!("the log of {}: {e}", row.id)))?;
    replica.store().write(|conn| {
        conn.prepare_cached(
            "INSERT OR REPLACE INTO chunk (doc, digest, bytes) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![row.row, row.digest, bytes])?;
        Ok::<_, StoreError>(())
    })?;
    Ok(bytes)
}

impl Session {
    /// Takes in a part of a chunk; with the last one the chunk is audited and its changes are
    /// judged like any others. One chunk at a time, and only by somebody who may send it: else
    /// anybody could fill the memory.
    pub(super) fn on_chunk(
        &mut self,
        replica: &mut Replica,
        part: &Chunk,
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
                complete: true,
                ..Incoming::default()
            },
        )
    }
}
