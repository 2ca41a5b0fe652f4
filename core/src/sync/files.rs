//! Files in a session: offered, asked for, and sent in parts behind everything else.
//!
//! A file goes only between two who may both read a document that names it, and what came is a
//! file only once its hash was checked. An upload goes on where it was cut.

use std::collections::{BTreeSet, VecDeque};

use super::error::SessionError;
use super::event::Event;
use super::exchange::may_read;
use super::session::{Session, Side};
use super::wire::{BlobChunk, Control, Data, encode};
use crate::document::DocumentId;
use crate::model::{BlobHash, FILE_BYTES_MAX};
use crate::replica::{Env, Replica};
use crate::store::StoreError;
use crate::store::blobs::{self, Appended, PART_BYTES, Partial};

/// The most files that one side may have asked for and not got yet.
const SENDING_MAX: usize = 16;
/// The most files that a client may want at a time.
const WANTED_MAX: usize = 100_000;
/// How many bytes of files a relay keeps for one identity, unless it is told otherwise: 1 GiB.
pub const FILE_QUOTA_DEFAULT: u64 = 1 << 30;

/// A file, and a document that names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct File {
    document: DocumentId,
    hash: BlobHash,
    size: u64,
}

/// A file that comes in.
#[derive(Debug, Clone, Copy)]
struct Arriving {
    file: File,
    partial: Partial,
}

/// What a session knows of files.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Files that go out, each with the place of its next part.
    sending: VecDeque<(File, u64)>,
    /// The one that comes in.
    arriving: Option<Arriving>,
    /// On a client: whether the relay knows of files at all.
    pub(super) supported: bool,
    /// On a client: whether there may be something new to offer.
    pub(super) due: bool,
    /// On a client: what is still to be offered, and what the relay was offered last.
    offers: VecDeque<File>,
    offered: Option<File>,
    /// On a client: what the relay did not take in this session.
    refused: BTreeSet<BlobHash>,
    /// On a client: what is still to be asked for, and what was asked for last.
    wanted: VecDeque<(DocumentId, BlobHash)>,
    asked: Option<(DocumentId, BlobHash)>,
}

impl Session {
    /// Asks for a file that a document names. [`Event::BlobFetched`] or [`Event::BlobRefused`]
    /// tells what came of it.
    ///
    /// # Errors
    /// [`SessionError`] if too many are wanted already, or the database fails.
    pub fn fetch_blob(
        &mut self,
        replica: &Replica,
        document: DocumentId,
        hash: BlobHash,
    ) -> Result<(), SessionError> {
        if blobs::size(replica.conn(), &hash)?.is_some() {
            self.event(Event::BlobFetched { document, hash });
            return Ok(());
        }
        if !self.files.supported {
            self.event(Event::BlobRefused {
                document,
                hash,
                code: "unsupported".to_owned(),
                message: "the relay keeps no files yet: ask who runs it for an update".to_owned(),
            });
            return Ok(());
        }
        if self.files.wanted.len() >= WANTED_MAX {
            return Err(SessionError::TooMany("wanted files"));
        }
        self.files.wanted.push_back((document, hash));
        Ok(())
    }

    /// Whether the relay has, or does not want, every file that it can be offered, and every file
    /// that was asked for is here or refused.
    #[must_use]
    pub fn files_are_settled(&self) -> bool {
        let files = &self.files;
        !files.supported
            || !files.due
                && files.offers.is_empty()
                && files.offered.is_none()
                && files.wanted.is_empty()
                && files.asked.is_none()
    }

    /// Whether the other side may have a file, and get it, by naming this document. Missing and
    /// forbidden are the same.
    fn may_have(
        &self,
        replica: &Replica,
        document: &DocumentId,
        hash: &BlobHash,
    ) -> Result<bool, StoreError> {
        let Some((did, _)) = self.peer else {
            return Ok(false);
        };
        Ok(may_read(replica.conn(), document, &did)?
            && blobs::is_named_in(replica.conn(), document, hash)?)
    }

    fn refuse_file(
        &mut self,
        document: DocumentId,
        hash: BlobHash,
        code: &str,
        message: &str,
    ) -> Result<(), SessionError> {
        self.send(Control::BlobNack {
            document,
            hash,
            code: code.to_owned(),
            message: message.to_owned(),
        })
    }

    fn file_unavailable(
        &mut self,
        document: DocumentId,
        hash: BlobHash,
    ) -> Result<(), SessionError> {
        let message = "the file is not available to you here: whoever attached it has to sync";
        self.refuse_file(document, hash, "unavailable", message)
    }

    /// The relay is offered a file, or the client hears that the relay has one.
    pub(super) fn on_blob_have(
        &mut self,
        replica: &mut Replica,
        document: DocumentId,
        hash: BlobHash,
        size: u64,
        env: &Env<'_>,
    ) -> Result<(), SessionError> {
        let file = File {
            document,
            hash,
            size,
        };
        match self.side {
            Side::Client(_) => self.hear_of_file(replica, file, env),
            Side::Relay(_) => self.answer_offer(replica, file, env),
        }
    }

    fn answer_offer(
        &mut self,
        replica: &mut Replica,
        file: File,
        env: &Env<'_>,
    ) -> Result<(), SessionError> {
        let File {
            document,
            hash,
            size,
        } = file;
        if !self.may_have(replica, &document, &hash)? {
            return self.file_unavailable(document, hash);
        }
        if size == 0 || size > FILE_BYTES_MAX {
            let message = "a file has from 1 byte to 10 MiB";
            return self.refuse_file(document, hash, "file-size", message);
        }
        let conn = replica.conn();
        if let Some(size) = blobs::size(conn, &hash)? {
            return self.send(Control::BlobHave {
                document,
                hash,
                size,
            });
        }
        let (Side::Relay(relay), Some((did, _))) = (&self.side, self.peer) else {
            return Ok(());
        };
        let used = blobs::used_by(conn, &did, &hash)?;
        if used.saturating_add(size) > relay.file_quota {
            let message = format!(
                "your files on this relay would have more than {} MiB: take some off their tasks, or ask who runs it for more room; the file is kept on your device",
                relay.file_quota >> 20
            );
            return self.refuse_file(document, hash, "file-quota", &message);
        }
        let partial = blobs::begin(conn, &hash, size, &did, env.now)?;
        let offset = partial.received;
        self.files.arriving = Some(Arriving { file, partial });
        self.send(Control::BlobWant {
            document,
            hash,
            offset,
        })
    }

    fn hear_of_file(
        &mut self,
        replica: &mut Replica,
        file: File,
        env: &Env<'_>,
    ) -> Result<(), SessionError> {
        let (document, hash) = (file.document, file.hash);
        let conn = replica.conn();
        if self
            .files
            .offered
            .is_some_and(|offered| offered.hash == hash)
        {
            self.end_offer();
            blobs::acknowledge(conn, &hash)?;
            self.event(Event::BlobStored { document, hash });
            return Ok(());
        }
        if self.files.asked != Some((document, hash)) || self.files.arriving.is_some() {
            return Err(SessionError::Unexpected("a file that nobody asked for"));
        }
        if file.size == 0 || file.size > FILE_BYTES_MAX {
            return Err(SessionError::TooMany("bytes in a file"));
        }
        if !blobs::is_claimed(conn, &document, &hash, file.size)? {
            self.files.asked = None;
            self.event(Event::BlobRefused {
                document,
                hash,
                code: "wrong-size".to_owned(),
                message: "the file has another size than its task says: nothing of it was kept"
                    .to_owned(),
            });
            return Ok(());
        }
        let asked_from = blobs::received(conn, &hash, &self.me)?;
        let partial = blobs::begin(conn, &hash, file.size, &self.me, env.now)?;
        if partial.received != asked_from {
            // What came before was of another size: no bytes of both are one file.
            return Err(SessionError::Unexpected("another size of the same file"));
        }
        self.files.arriving = Some(Arriving { file, partial });
        Ok(())
    }

    /// The other side wants a file from some place on.
    pub(super) fn on_blob_want(
        &mut self,
        replica: &Replica,
        document: DocumentId,
        hash: BlobHash,
        offset: u64,
    ) -> Result<(), SessionError> {
        let known = match self.side {
            Side::Client(_) => {
                let offered = self.files.offered.filter(|offered| offered.hash == hash);
                let offered = offered.filter(|_| self.files.sending.is_empty());
                Some(offered.ok_or(SessionError::Unexpected("a wish for a file not offered"))?)
            }
            Side::Relay(_) if self.files.sending.len() >= SENDING_MAX => {
                return Err(SessionError::TooMany("wanted files"));
            }
            Side::Relay(_) if self.may_have(replica, &document, &hash)? => {
                blobs::size(replica.conn(), &hash)?.map(|size| File {
                    document,
                    hash,
                    size,
                })
            }
            Side::Relay(_) => None,
        };
        let Some(file) = known else {
            return self.file_unavailable(document, hash);
        };
        if offset >= file.size || !offset.is_multiple_of(PART_BYTES) {
            return Err(SessionError::Unexpected("such a place in a file"));
        }
        if matches!(self.side, Side::Relay(_)) {
            self.send(Control::BlobHave {
                document,
                hash,
                size: file.size,
            })?;
        }
        self.files.sending.push_back((file, offset));
        Ok(())
    }

    /// The relay does not take or give a file.
    pub(super) fn on_blob_nack(
        &mut self,
        document: DocumentId,
        hash: BlobHash,
        code: String,
        message: String,
    ) -> Result<(), SessionError> {
        if matches!(self.side, Side::Relay(_)) {
            return Err(SessionError::Unexpected("a message for a client"));
        }
        if self.files.asked == Some((document, hash)) {
            self.files.asked = None;
            self.files.arriving = None;
        } else if self
            .files
            .offered
            .is_some_and(|offered| offered.hash == hash)
        {
            self.end_offer();
            self.files.refused.insert(hash);
            if code == "unavailable" {
                // The task that names it was refused or is gone there; that was said before.
                return Ok(());
            }
        } else {
            return Ok(());
        }
        self.event(Event::BlobRefused {
            document,
            hash,
            code,
            message,
        });
        Ok(())
    }

    fn end_offer(&mut self) {
        if let Some(offered) = self.files.offered.take() {
            self.files
                .sending
                .retain(|(file, _)| file.hash != offered.hash);
        }
    }

    /// A part of a file came. Parts of a file that is not under way were sent before a refusal
    /// was heard of, and are skipped.
    pub(super) fn on_blob_chunk(
        &mut self,
        replica: &Replica,
        part: &BlobChunk,
        env: &Env<'_>,
    ) -> Result<(), SessionError> {
        let Some(mut arriving) = self.files.arriving.filter(|a| a.file.hash == part.hash) else {
            return Ok(());
        };
        let File {
            document,
            hash,
            size,
        } = arriving.file;
        let at = arriving.partial.received;
        let length = PART_BYTES.min(size.saturating_sub(at));
        if part.offset != at || part.bytes.len() as u64 != length {
            return Err(SessionError::Unexpected("such a part of a file"));
        }
        let conn = replica.conn();
        let appended = blobs::append(conn, &mut arriving.partial, &part.bytes, env.now)?;
        let is_client = matches!(self.side, Side::Client(_));
        if appended == Appended::More {
            self.files.arriving = Some(arriving);
        } else {
            self.files.arriving = None;
        }
        if is_client && matches!(appended, Appended::More | Appended::Whole) {
            self.event(Event::BlobArriving {
                hash,
                received: arriving.partial.received,
                size,
            });
        }
        if is_client && appended != Appended::More {
            self.files.asked = None;
        }
        match (appended, is_client) {
            (Appended::More, _) => Ok(()),
            (Appended::Whole, true) => {
                blobs::acknowledge(conn, &hash)?;
                self.event(Event::BlobFetched { document, hash });
                Ok(())
            }
            (Appended::Whole, false) => self.send(Control::BlobHave {
                document,
                hash,
                size,
            }),
            (failed, _) => {
                let (code, message) = match failed {
                    Appended::WrongHash => (
                        "wrong-hash",
                        "what came is not the file that was named: nothing of it was kept",
                    ),
                    Appended::WrongKind => (
                        "wrong-kind",
                        "what is in the file is of no kind that is taken: nothing of it was kept",
                    ),
                    _ => (
                        "interrupted",
                        "another session moved the same file meanwhile: sync again",
                    ),
                };
                if !is_client {
                    return self.refuse_file(document, hash, code, message);
                }
                self.event(Event::BlobRefused {
                    document,
                    hash,
                    code: code.to_owned(),
                    message: message.to_owned(),
                });
                Ok(())
            }
        }
    }

    /// What there is to say about files, once all is said about documents.
    pub(super) fn next_of_files(
        &mut self,
        replica: &Replica,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(control) = self.next_request(replica)? {
            return Ok(Some(self.seal(control)));
        }
        while let Some((file, offset)) = self.files.sending.front().copied() {
            let is_relay = matches!(self.side, Side::Relay(_));
            let allowed = !is_relay || self.may_have(replica, &file.document, &file.hash)?;
            let bytes = blobs::part(replica.conn(), &file.hash, offset)?.filter(|_| allowed);
            let Some(bytes) = bytes else {
                // It was dropped here, or the right to read ended, in the middle of it.
                self.files.sending.pop_front();
                if is_relay {
                    return Ok(Some(self.seal(Control::BlobNack {
                        document: file.document,
                        hash: file.hash,
                        code: "unavailable".to_owned(),
                        message: "the file is not available to you here any longer".to_owned(),
                    })));
                }
                self.end_offer();
                continue;
            };
            let next = offset + bytes.len() as u64;
            if next >= file.size {
                self.files.sending.pop_front();
            } else if let Some(front) = self.files.sending.front_mut() {
                front.1 = next;
            }
            if !is_relay {
                self.event(Event::BlobProgress {
                    hash: file.hash,
                    sent: next,
                    size: file.size,
                });
            }
            return Ok(Some(encode(&Data::BlobChunk(BlobChunk {
                hash: file.hash,
                offset,
                bytes: bytes.into(),
            }))));
        }
        Ok(None)
    }

    /// A client offers its files one by one, and asks for those that it wants one by one.
    fn next_request(&mut self, replica: &Replica) -> Result<Option<Control>, StoreError> {
        if !self.files.supported {
            return Ok(None);
        }
        if core::mem::take(&mut self.files.due) {
            let known = blobs::unacknowledged(replica.conn(), &self.me)?;
            let files = &mut self.files;
            files.offers = known
                .into_iter()
                .map(|(document, hash, size)| File {
                    document,
                    hash,
                    size,
                })
                .filter(|file| !files.refused.contains(&file.hash))
                .filter(|file| files.offered.is_none_or(|known| known.hash != file.hash))
                .collect();
        }
        let files = &mut self.files;
        if files.offered.is_none()
            && let Some(file) = files.offers.pop_front()
        {
            files.offered = Some(file);
            return Ok(Some(Control::BlobHave {
                document: file.document,
                hash: file.hash,
                size: file.size,
            }));
        }
        if files.asked.is_none()
            && let Some((document, hash)) = files.wanted.pop_front()
        {
            files.asked = Some((document, hash));
            return Ok(Some(Control::BlobWant {
                document,
                hash,
                offset: blobs::received(replica.conn(), &hash, &self.me)?,
            }));
        }
        Ok(None)
    }
}
