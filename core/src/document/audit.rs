//! The audit of a foreign change: what it takes before bytes are believed to be one.
//!
//! Nothing here is Automerge's own decoder, which trusts what it reads. Every count is bounded
//! before memory is taken for it, every field has one form, and at the end the change is encoded
//! again and must give the same bytes: then those bytes mean to Automerge what they mean here.

use super::audit_ops::{KNOWN_COLUMNS, OpColumns};
use super::frame::{self, Frame, FrameError};
use super::layout::{LayoutFault, read_layout};
use super::leb::{ReadFault, Reader};
use super::limits::{
    ACTORS_MAX, CHANGE_BYTES_MAX, CHANGE_DEPS_MAX, CHANGE_NOTE_BYTES_MAX, COUNTER_MAX, SEQ_MAX,
    TIME_SECONDS_MAX,
};
use super::{ActorId, Change, ChangeError, ChangeHash, EncodedChange, Unsupported};

impl EncodedChange {
    /// Encodes a change that was put together from foreign parts, and audits it.
    pub(super) fn audit_rebuilt(change: &Change) -> Result<Self, ChangeError> {
        let (bytes, hash) = change.automerge_bytes();
        let frame = Frame::parse(&bytes, frame::CHANGE, CHANGE_BYTES_MAX)?;
        let change = decode(frame.data)?;
        Ok(Self {
            change,
            hash,
            bytes,
        })
    }

    /// Audits the bytes of a foreign change: one plain change chunk and nothing else.
    ///
    /// This is about the change alone. Whether its dependencies are here, whether its operations
    /// fit the document, and who may have written it, is for others to check.
    ///
    /// # Errors
    /// [`ChangeError`] says which check failed.
    pub fn audit(bytes: &[u8]) -> Result<Self, ChangeError> {
        let frame = Frame::parse(bytes, frame::CHANGE, CHANGE_BYTES_MAX).map_err(|e| match e {
            FrameError::Type {
                found: frame::DEFLATED_CHANGE,
                ..
            } => ChangeError::Deflated,
            other => ChangeError::Frame(other),
        })?;
        let change = decode(frame.data)?;
        let (canonical, hash) = change.automerge_bytes();
        if canonical != bytes {
            return Err(ChangeError::NotCanonical);
        }
        Ok(Self {
            change,
            hash,
            bytes: canonical,
        })
    }
}

impl Change {
    /// Reads a change that was audited before it was stored. Its bytes are not encoded again.
    ///
    /// # Errors
    /// [`ChangeError`] if the bytes were damaged since.
    pub(crate) fn decode_stored(bytes: &[u8]) -> Result<Self, ChangeError> {
        decode(Frame::parse(bytes, frame::CHANGE, CHANGE_BYTES_MAX)?.data)
    }
}

/// Names the field in which reading failed.
fn field<T>(field: &'static str, read: Result<T, ReadFault>) -> Result<T, ChangeError> {
    read.map_err(|fault| ChangeError::Field { field, fault })
}

fn within(what: &'static str, found: u64, max: usize) -> Result<usize, ChangeError> {
    usize::try_from(found)
        .ok()
        .filter(|count| *count <= max)
        .ok_or(ChangeError::TooLarge {
            what,
            found,
            max: max as u64,
        })
}

fn decode(data: &[u8]) -> Result<Change, ChangeError> {
    let mut reader = Reader::new(data);
    let deps = read_deps(&mut reader)?;
    let actor = read_actor(&mut reader)?;
    let seq = field("sequence number", reader.uleb())?;
    if seq == 0 || seq > SEQ_MAX {
        return Err(ChangeError::Range {
            field: "sequence number",
            found: seq.into(),
        });
    }
    let start_op = field("first counter", reader.uleb())?;
    if start_op == 0 || start_op > COUNTER_MAX {
        return Err(ChangeError::Range {
            field: "first counter",
            found: start_op.into(),
        });
    }
    let time_s = field("time", reader.sleb())?;
    if time_s.unsigned_abs() > TIME_SECONDS_MAX.unsigned_abs() {
        return Err(ChangeError::Range {
            field: "time",
            found: time_s.into(),
        });
    }
    let message = read_note(&mut reader)?;
    let actors = read_other_actors(&mut reader, actor)?;
    let layout = read_layout(&mut reader, &KNOWN_COLUMNS)?;
    let mut columns = OpColumns::default();
    for column in layout {
        if column.deflated {
            return Err(LayoutFault::Deflated(column.spec).into());
        }
        columns.set(
            column.spec,
            reader.take(column.len).map_err(LayoutFault::Read)?,
        );
    }
    if !reader.is_empty() {
        return Err(Unsupported::ExtraBytes(reader.len()).into());
    }
    let ops = columns.decode(actor, &actors, start_op)?;
    Ok(Change {
        actor,
        seq,
        start_op,
        time_s,
        message,
        deps,
        ops,
    })
}

fn read_deps(reader: &mut Reader<'_>) -> Result<Vec<ChangeHash>, ChangeError> {
    const FIELD: &str = "dependencies";
    let count = within(FIELD, field(FIELD, reader.uleb())?, CHANGE_DEPS_MAX)?;
    let mut deps: Vec<ChangeHash> = Vec::with_capacity(count);
    for _ in 0..count {
        let dep = ChangeHash(field(FIELD, reader.array())?);
        if deps.last().is_some_and(|last| *last >= dep) {
            return Err(ChangeError::DepsOrder);
        }
        deps.push(dep);
    }
    Ok(deps)
}

fn read_actor(reader: &mut Reader<'_>) -> Result<ActorId, ChangeError> {
    let len = field("actor", reader.uleb())?;
    if !(ActorId::LEN as u64..=ActorId::LEN_MAX as u64).contains(&len) {
        return Err(ChangeError::ActorLength { found: len });
    }
    let bytes = field("actor", reader.take(len as usize))?;
    ActorId::try_from(bytes).map_err(|_| ChangeError::ActorLength { found: len })
}

fn read_note(reader: &mut Reader<'_>) -> Result<Option<String>, ChangeError> {
    let len = field("message", reader.uleb())?;
    let len = within("bytes of the message", len, CHANGE_NOTE_BYTES_MAX)?;
    let bytes = field("message", reader.take(len))?;
    let note = core::str::from_utf8(bytes).map_err(|_| ChangeError::NoteUtf8)?;
    Ok((!note.is_empty()).then(|| note.to_owned()))
}

/// The actors that operations name by their place: the author first.
fn read_other_actors(
    reader: &mut Reader<'_>,
    author: ActorId,
) -> Result<Vec<ActorId>, ChangeError> {
    const FIELD: &str = "other actors";
    let count = within(FIELD, field(FIELD, reader.uleb())?, ACTORS_MAX)?;
    // Every actor takes 17 bytes, so that a count alone takes no memory.
    let mut actors = Vec::with_capacity(1 + count.min(reader.len() / 17));
    actors.push(author);
    for _ in 0..count {
        let actor = read_actor(reader)?;
        let after_last = match actors.as_slice() {
            [_author] => true,
            [.., last] => *last < actor,
            [] => false,
        };
        if actor == author || !after_last {
            return Err(ChangeError::ActorsOrder);
        }
        actors.push(actor);
    }
    Ok(actors)
}
