//! Document chunks: a whole document, compressed, for bulk transfer.
//!
//! The audit does not load the document into Automerge. Its loader trusts what it reads, and
//! recurses over the graph of changes: a document made for it exhausts the stack, which ends the
//! process and cannot be caught. Instead the rows are sorted back into the changes that made
//! them. Each of those is encoded, audited like any other change, and hashed; what results must
//! end in the heads that the document names.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{Automerge, ReadDoc as _, SaveOptions};

use super::chunk_history::{History, KNOWN_CHANGE_COLUMNS, entry};
use super::chunk_ops::{self, KNOWN_OP_COLUMNS, Placed};
use super::chunk_sections::Sections;
use super::frame::{self, Frame, FrameError};
use super::limits::{
    ACTORS_MAX, DOCUMENT_BYTES_MAX, DOCUMENT_CHANGES_MAX, DOCUMENT_LOG_BYTES_MAX, DOCUMENT_OPS_MAX,
};
use super::{Change, ChangeHash, ChunkError, EncodedChange, EntryFault};

/// How many changes Automerge gets at a time. All at once takes more than twenty times the memory.
const BATCH_CHANGES: usize = 1_000;

/// What a document chunk may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkLimits {
    /// The largest chunk.
    pub bytes_max: usize,
    /// How large its columns may be, inflated and together.
    pub inflated_bytes_max: usize,
    /// The most changes.
    pub changes_max: usize,
    /// The most operations, deletions included.
    pub ops_max: usize,
    /// The most actors.
    pub actors_max: usize,
    /// How many bytes the changes may have when each is encoded on its own.
    pub log_bytes_max: usize,
}

impl Default for ChunkLimits {
    fn default() -> Self {
        Self {
            bytes_max: DOCUMENT_BYTES_MAX,
            inflated_bytes_max: DOCUMENT_BYTES_MAX,
            changes_max: DOCUMENT_CHANGES_MAX,
            ops_max: DOCUMENT_OPS_MAX,
            actors_max: ACTORS_MAX,
            log_bytes_max: DOCUMENT_LOG_BYTES_MAX,
        }
    }
}

/// A whole document in one chunk (Automerge binary format, chunk type 0).
#[derive(Debug, Clone, Copy)]
pub struct DocumentChunk;

impl DocumentChunk {
    /// Audits a foreign document chunk and takes it apart: its changes, each one audited, in an
    /// order in which every change follows those that it builds on.
    ///
    /// As with [`EncodedChange::audit`], who may have written them is for others to check. Keep
    /// the changes and not the chunk: what they say is certain, how the chunk orders them is not.
    ///
    /// # Errors
    /// [`ChunkError`] says which check failed. Then nothing of the document is to be believed.
    pub fn audit(bytes: &[u8], limits: &ChunkLimits) -> Result<Vec<EncodedChange>, ChunkError> {
        let frame = Frame::parse(bytes, frame::DOCUMENT, limits.bytes_max)?;
        let sections =
            Sections::parse(frame.data, &KNOWN_CHANGE_COLUMNS, &KNOWN_OP_COLUMNS, limits)?;
        let history = History::decode(&sections.changes, sections.actors.len(), limits)?;
        let ops = chunk_ops::decode(&sections.ops, &sections.actors, &history, limits)?;
        let changes = rebuild(&sections, &history, ops, limits)?;
        check_heads(&sections, &changes)?;
        Ok(changes)
    }

    /// Packs changes into a document chunk. They are changes that were audited, in any order.
    ///
    /// Automerge recurses over the graph of changes here. With many thousands of concurrent
    /// changes call this where the stack has [`AUTOMERGE_STACK_BYTES`].
    ///
    /// [`AUTOMERGE_STACK_BYTES`]: super::limits::AUTOMERGE_STACK_BYTES
    ///
    /// # Errors
    /// [`ChunkError`] if a change is missing that others build on, if Automerge refuses one, or
    /// if the chunk is larger than a document may be.
    pub fn build<'a>(changes: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, ChunkError> {
        let changes = changes.into_iter();
        // The document is dropped when Automerge panics: nobody sees it broken.
        catch_unwind(AssertUnwindSafe(|| build(changes))).unwrap_or(Err(ChunkError::Crashed))
    }
}

fn rebuild(
    sections: &Sections<'_>,
    history: &History<'_>,
    ops: Vec<Placed>,
    limits: &ChunkLimits,
) -> Result<Vec<EncodedChange>, ChunkError> {
    let mut ops = ops.into_iter().peekable();
    let mut changes: Vec<EncodedChange> = Vec::with_capacity(history.entries.len());
    let mut log_bytes = 0_usize;
    for (index, row) in history.entries.iter().enumerate() {
        let mut own = Vec::new();
        while let Some(placed) = ops.next_if(|placed| placed.change == index) {
            own.push(placed.op);
        }
        let start_op = own.first().map_or(row.max_op + 1, |op| op.id.counter);
        let counters = own.iter().map(|op| op.id.counter);
        if !counters.eq(start_op..=row.max_op) {
            return Err(entry(index, EntryFault::Operations));
        }
        let mut deps = Vec::new();
        for dep in history.deps(row) {
            let change = changes.get(*dep);
            deps.push(change.ok_or(entry(index, EntryFault::Dependency))?.hash());
        }
        let actor = sections.actors.get(row.actor).copied();
        let change = Change {
            actor: actor.ok_or(entry(index, EntryFault::UnknownActor))?,
            seq: row.seq,
            start_op,
            time_s: row.time_s,
            message: row.message.map(str::to_owned),
            deps,
            ops: own,
        };
        let change = EncodedChange::audit_rebuilt(&change)
            .map_err(|error| ChunkError::Change { index, error })?;
        log_bytes += change.bytes().len();
        if log_bytes > limits.log_bytes_max {
            return Err(ChunkError::TooLarge {
                what: "bytes of all changes",
                found: log_bytes as u64,
                max: limits.log_bytes_max as u64,
            });
        }
        changes.push(change);
    }
    Ok(changes)
}

/// Whether the changes that nothing builds on are the heads that the document names.
fn check_heads(sections: &Sections<'_>, changes: &[EncodedChange]) -> Result<(), ChunkError> {
    let mut heads = BTreeSet::new();
    for change in changes {
        for dep in &change.change().deps {
            heads.remove(dep);
        }
        heads.insert(change.hash());
    }
    let places_fit = sections.heads.iter().zip(&sections.head_places).all(
        |(head, place): (&ChangeHash, &u64)| {
            usize::try_from(*place)
                .ok()
                .and_then(|place| changes.get(place))
                .is_some_and(|change| change.hash() == *head)
        },
    );
    if !places_fit || !heads.iter().eq(&sections.heads) {
        return Err(ChunkError::Heads);
    }
    Ok(())
}

fn build<'a>(mut changes: impl Iterator<Item = &'a [u8]>) -> Result<Vec<u8>, ChunkError> {
    let refused = |error: &dyn core::fmt::Display| ChunkError::Refused(error.to_string());
    let mut document = Automerge::new();
    loop {
        let mut batch = Vec::with_capacity(BATCH_CHANGES);
        for bytes in changes.by_ref().take(BATCH_CHANGES) {
            let change = automerge::Change::try_from(bytes).map_err(|e| refused(&e))?;
            batch.push(change);
        }
        if batch.is_empty() {
            break;
        }
        document.apply_changes(batch).map_err(|e| refused(&e))?;
    }
    // Changes that wait for others are in no document.
    if let Some(missing) = document.get_missing_deps(&[]).first() {
        return Err(ChunkError::MissingDependency(ChangeHash(missing.0)));
    }
    let bytes = document.save_with_options(SaveOptions {
        deflate: true,
        retain_orphans: false,
    });
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(FrameError::TooLarge {
            found: bytes.len(),
            bytes_max: DOCUMENT_BYTES_MAX,
        }
        .into());
    }
    Ok(bytes)
}
