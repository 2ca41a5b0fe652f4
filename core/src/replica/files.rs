//! The bytes of files that tasks carry. Tasks name them by their hash; the bytes come and go
//! beside the documents.

use jiff::Timestamp;

use super::tasks::check_size;
use super::{CommandError, Replica};
use crate::document::DocumentId;
use crate::model::{BlobHash, FileKinds};
use crate::store::{BlobReader, StoreError, blobs};

/// The most bytes of a file that is fetched before anybody asks for it: 1 MiB.
pub const SMALL_FILE_BYTES_MAX: u64 = 1 << 20;
/// No file is fetched before anybody asks for it where those that are here take as much: 256 MiB.
pub const SMALL_FILES_ROOM: u64 = 256 << 20;

/// Which files a sync fetches that are not here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FetchFiles {
    /// None: each when somebody asks for it.
    None,
    /// Those of up to [`SMALL_FILE_BYTES_MAX`], while all that are here take less than
    /// [`SMALL_FILES_ROOM`].
    #[default]
    Small,
    /// Every one.
    All,
}

impl Replica {
    /// Keeps a file, so that [`Command::Attach`](crate::model::Command::Attach) can name it. One
    /// that nothing names is dropped after 30 days.
    ///
    /// # Errors
    /// [`CommandError`] if it is too large, empty, or of a kind that is not taken.
    pub fn put_blob(&mut self, bytes: &[u8]) -> Result<BlobHash, CommandError> {
        check_size("file", bytes.len() as u64)?;
        if FileKinds::of(std::io::Cursor::new(bytes)).is_ok_and(FileKinds::is_empty) {
            return Err(CommandError::invalid(
                "file",
                "is of no kind that is taken: JPEG, PNG, GIF, WebP, PDF, plain text in UTF-8 or JSON",
            ));
        }
        let me = self.did();
        Ok(self.store().write(|conn| blobs::put(conn, bytes, &me))?)
    }

    /// Whether a file is here, whoever names it.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn has_blob(&self, hash: &BlobHash) -> Result<bool, StoreError> {
        Ok(blobs::size(self.conn(), hash)?.is_some())
    }

    /// A file that a task of `list` names, if it is here, to be read at any place: no more than a
    /// part of 256 KiB of it is in memory.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn open_blob(
        &self,
        list: &DocumentId,
        hash: &BlobHash,
    ) -> Result<Option<BlobReader<'_>>, StoreError> {
        if !blobs::is_named_in(self.conn(), list, hash)? {
            return Ok(None);
        }
        blobs::open(self.conn(), hash)
    }

    /// The files that are worth asking the relay for, each with a list that names it: those that
    /// tasks outside of the trash name and that are not here, the smallest first.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn blobs_to_fetch(
        &self,
        which: FetchFiles,
    ) -> Result<Vec<(DocumentId, BlobHash)>, StoreError> {
        let (each_max, mut room) = match which {
            FetchFiles::None => return Ok(Vec::new()),
            FetchFiles::All => (u64::MAX, u64::MAX),
            FetchFiles::Small => {
                let here = blobs::total(self.conn())?;
                (SMALL_FILE_BYTES_MAX, SMALL_FILES_ROOM.saturating_sub(here))
            }
        };
        let missing = blobs::missing(self.conn(), &self.did())?;
        let mut chosen = Vec::new();
        for (list, hash, size) in missing {
            let Some(left) = room.checked_sub(size).filter(|_| size <= each_max) else {
                break;
            };
            room = left;
            chosen.push((list, hash));
        }
        Ok(chosen)
    }

    /// Drops files that no task outside of the trash has named for 30 days. That counts from the
    /// first call that found a file so: call it at each start. Gives the bytes that it freed.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn drop_unnamed_blobs(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        self.store().write(|conn| blobs::drop_unnamed(conn, now))
    }
}
