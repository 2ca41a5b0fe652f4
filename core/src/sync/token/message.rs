//! Automerge's own sync messages, read within bounds and written from the change index.
//!
//! What Automerge's decoder trusts is never handed to it: the filters of a client are skipped, for
//! a relay asks for what it lacks by name and knows from the heads what the client has.

use automerge::sync::BloomFilter;

use crate::document::limits::{CHANGE_DEPS_MAX, STOCK_MESSAGE_BYTES_MAX};
use crate::document::{ChangeHash, ReadFault, Reader, put_uleb};
use crate::sync::SessionError;

/// The first byte of a message whose changes stand one by one.
const V1: u8 = 0x42;
/// The first byte of a message whose changes are one chunk of any kind.
const V2: u8 = 0x43;
/// The most changes in one message: each has at least this many bytes.
const CHANGES_MAX: usize = STOCK_MESSAGE_BYTES_MAX / 10;
/// Marks the byte of flags.
const FLAGS: u8 = 0x80;
/// Asks the other side to forget what it has sent.
const SYNC_RESET: u8 = 1;

/// What a client says of a document.
#[derive(Debug, Default, PartialEq)]
pub(super) struct SyncMessage<'a> {
    pub(super) heads: Vec<ChangeHash>,
    pub(super) need: Vec<ChangeHash>,
    /// The state that both had, as the client remembers it.
    pub(super) last_sync: Vec<ChangeHash>,
    pub(super) changes: Vec<&'a [u8]>,
    /// The client begins anew: nothing is known to be there.
    pub(super) reset: bool,
    /// The client takes changes as one chunk of any kind: whoever sends flags does.
    pub(super) takes_chunks: bool,
}

impl From<ReadFault> for SessionError {
    fn from(_: ReadFault) -> Self {
        Self::Malformed
    }
}

impl<'a> SyncMessage<'a> {
    /// Reads a message.
    ///
    /// # Errors
    /// [`SessionError::Malformed`] if it is none, or beyond the limits.
    pub(super) fn decode(data: &'a [u8]) -> Result<Self, SessionError> {
        let mut reader = Reader::new(data);
        if !matches!(reader.byte()?, V1 | V2) {
            return Err(SessionError::Malformed);
        }
        let mut message = Self {
            heads: hashes(&mut reader)?,
            need: hashes(&mut reader)?,
            ..Self::default()
        };
        for place in 0..count(&mut reader, 16)? {
            let last_sync = hashes(&mut reader)?;
            if place == 0 {
                message.last_sync = last_sync;
            }
            let filter = reader.length()?;
            reader.take(filter)?;
        }
        for _ in 0..count(&mut reader, CHANGES_MAX)? {
            let len = reader.length()?;
            message.changes.push(reader.take(len)?);
        }
        if !reader.is_empty() {
            let flags = reader.length()?;
            message.takes_chunks = flags > 0;
            for byte in reader.take(flags)? {
                if byte & FLAGS != 0 {
                    message.reset = byte & SYNC_RESET != 0;
                }
            }
        }
        Ok(message)
    }
}

fn count(reader: &mut Reader<'_>, max: usize) -> Result<usize, SessionError> {
    let count = reader.length()?;
    if count > max {
        return Err(SessionError::TooMany("parts of a sync message"));
    }
    Ok(count)
}

fn hashes(reader: &mut Reader<'_>) -> Result<Vec<ChangeHash>, SessionError> {
    (0..count(reader, CHANGE_DEPS_MAX)?)
        .map(|_| Ok(ChangeHash::from_bytes(reader.array()?)))
        .collect()
}

/// What the relay says it has, so that a client sends the rest.
pub(super) enum Have {
    /// Nothing: more is on its way, and the client waits.
    Later,
    /// Everything up to these heads.
    UpTo(Vec<ChangeHash>),
    /// Everything up to these heads, and perhaps some of what came after.
    Filtered(Vec<ChangeHash>, Vec<ChangeHash>),
}

/// Writes a message. No flags: then the client sends every change by itself.
pub(super) fn encode(
    heads: &[ChangeHash],
    need: &[ChangeHash],
    have: &Have,
    changes: &[Vec<u8>],
) -> Vec<u8> {
    encode_as(V1, heads, need, have, changes)
}

/// Writes a message with a chunk that holds most of a document, behind which more follows.
pub(super) fn encode_chunk(heads: &[ChangeHash], chunk: Vec<u8>) -> Vec<u8> {
    encode_as(V2, heads, &[], &Have::Later, &[chunk])
}

fn encode_as(
    version: u8,
    heads: &[ChangeHash],
    need: &[ChangeHash],
    have: &Have,
    changes: &[Vec<u8>],
) -> Vec<u8> {
    let mut out = vec![version];
    put_hashes(&mut out, heads);
    put_hashes(&mut out, need);
    match have {
        Have::Later => put_uleb(&mut out, 0),
        Have::UpTo(last_sync) => {
            put_uleb(&mut out, 1);
            put_hashes(&mut out, last_sync);
            put_uleb(&mut out, 0);
        }
        Have::Filtered(last_sync, here) => {
            put_uleb(&mut out, 1);
            put_hashes(&mut out, last_sync);
            let here = here
                .iter()
                .map(|hash| automerge::ChangeHash(*hash.as_bytes()));
            let here: Vec<_> = here.collect();
            let filter = BloomFilter::from_hashes(here.iter()).to_bytes();
            put_uleb(&mut out, filter.len() as u64);
            out.extend_from_slice(&filter);
        }
    }
    put_uleb(&mut out, changes.len() as u64);
    for change in changes {
        put_uleb(&mut out, change.len() as u64);
        out.extend_from_slice(change);
    }
    out
}

fn put_hashes(out: &mut Vec<u8>, hashes: &[ChangeHash]) {
    put_uleb(out, hashes.len() as u64);
    for hash in hashes {
        out.extend_from_slice(hash.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_would_divide_by_zero_or_fill_the_memory_is_not_looked_into() {
        for (entries, bits_per_entry, probes) in [
            (1, 0, 7),
            (u32::MAX, u32::MAX, u32::MAX),
            (0, 0, 0),
            (1, 10, 1 << 30),
        ] {
            let mut filter = Vec::new();
            for number in [entries, bits_per_entry, probes] {
                put_uleb(&mut filter, u64::from(number));
            }
            filter.push(0xff);
            let head = ChangeHash::from_bytes([7; 32]);
            let mut bytes = vec![V1];
            put_hashes(&mut bytes, &[head]);
            put_hashes(&mut bytes, &[]);
            put_uleb(&mut bytes, 1);
            put_hashes(&mut bytes, &[head]);
            put_uleb(&mut bytes, filter.len() as u64);
            bytes.extend_from_slice(&filter);
            put_uleb(&mut bytes, 0);
            let message = SyncMessage::decode(&bytes).unwrap();
            assert_eq!((message.heads, message.last_sync), (vec![head], vec![head]));
        }
    }

    #[test]
    fn a_filter_that_claims_to_be_longer_than_its_message_is_refused() {
        let mut bytes = vec![V1];
        put_hashes(&mut bytes, &[]);
        put_hashes(&mut bytes, &[]);
        put_uleb(&mut bytes, 1);
        put_hashes(&mut bytes, &[]);
        put_uleb(&mut bytes, u64::from(u32::MAX));
        assert!(SyncMessage::decode(&bytes).is_err());
    }
}
