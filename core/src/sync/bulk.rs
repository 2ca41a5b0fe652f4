//! A document that comes in as one compressed chunk, in parts.

use super::error::SessionError;
use super::exchange::{may_read, unavailable};
use super::session::{Session, Side};
use super::wire::Chunk;
use crate::document::{ChunkLimits, DocumentChunk, limits};
use crate::replica::{Incoming, Replica};

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
