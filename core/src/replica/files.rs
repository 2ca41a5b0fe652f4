//! The bytes of files that tasks carry. Tasks name them by their hash; the bytes come and go
//! beside the documents.

use jiff::Timestamp;

use super::tasks::check_size;
use super::{CommandError, Replica};
use crate::document::DocumentId;
use crate::model::{BlobHash, FileKind};
use crate::store::{StoreError, blobs};

impl Replica {
    /// Keeps a file, so that [`Command::Attach`](crate::model::Command::Attach) can name it. One
    /// that nothing names is dropped after 30 days.
    ///
    /// # Errors
    /// [`CommandError`] if it is too large, empty, or of a kind that is not taken.
    pub fn put_blob(&mut self, bytes: &[u8]) -> Result<BlobHash, CommandError> {
        check_size("file", bytes.len() as u64)?;
        if !FileKind::ALL.iter().any(|kind| kind.fits(bytes)) {
            return Err(CommandError::invalid(
                "file",
                "is of no kind that is taken: JPEG, PNG, GIF, WebP, PDF, plain text in UTF-8 or JSON",
            ));
        }
        let me = self.did();
        Ok(self.store().write(|conn| blobs::put(conn, bytes, &me))?)
    }

    /// The bytes of a file that a task of `list` names, if they are here.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn blob(&self, list: &DocumentId, hash: &BlobHash) -> Result<Option<Vec<u8>>, StoreError> {
        if !blobs::is_named_in(self.conn(), list, hash)? {
            return Ok(None);
        }
        blobs::read(self.conn(), hash)
    }

    /// The files that tasks name and that are not here, each with a list that names it. Those of
    /// tasks in the trash are left out.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn missing_blobs(&self) -> Result<Vec<(DocumentId, BlobHash)>, StoreError> {
        blobs::missing(self.conn(), &self.did())
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
