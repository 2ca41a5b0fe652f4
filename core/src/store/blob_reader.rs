//! Reading a file that is in the database by ranges: one part of it is in memory at a time.

use std::io::{self, Read, Seek, SeekFrom};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use super::blobs::PART_BYTES;

/// The bytes of a file, at any place of it.
#[derive(Debug)]
pub struct BlobReader<'a> {
    conn: &'a Connection,
    id: i64,
    size: u64,
    at: u64,
    /// The part that was read last, and where it begins.
    part: (u64, Vec<u8>),
}

impl<'a> BlobReader<'a> {
    pub(super) fn new(conn: &'a Connection, id: i64, size: u64) -> Self {
        Self {
            conn,
            id,
            size,
            at: 0,
            part: (0, Vec::new()),
        }
    }

    /// How many bytes the file has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    fn load(&mut self, begin: u64) -> Result<(), StoreError> {
        let found: Option<Vec<u8>> = self
            .conn
            .prepare_cached("SELECT bytes FROM blob_part WHERE blob = ?1 AND at = ?2")?
            .query_row(params![self.id, begin as i64], |row| row.get(0))
            .optional()?;
        let expected = PART_BYTES.min(self.size - begin);
        match found {
            Some(bytes) if bytes.len() as u64 == expected => self.part = (begin, bytes),
            // It was dropped meanwhile, or something else wrote here.
            _ => {
                return Err(StoreError::Damaged(format!(
                    "the part of a file at {begin} is missing"
                )));
            }
        }
        Ok(())
    }
}

impl Read for BlobReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() || self.at >= self.size {
            return Ok(0);
        }
        let begin = self.at - self.at % PART_BYTES;
        if self.part.1.is_empty() || self.part.0 != begin {
            self.load(begin).map_err(io::Error::other)?;
        }
        // A part has as many bytes as fit in memory.
        let from = usize::try_from(self.at - begin).unwrap_or(usize::MAX);
        let rest = self.part.1.get(from..).unwrap_or_default();
        let count = rest.len().min(into.len());
        for (to, byte) in into.iter_mut().zip(rest) {
            *to = *byte;
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for BlobReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
