//! What was said last, for sessions that have to say the same: a frame is made once for all its
//! receivers.

use std::collections::VecDeque;
use std::sync::Arc;

use super::outgoing::PeerView;
use super::seen::Seen;
use super::token::SaidToMany;
use crate::document::DocumentId;

/// How much is kept for a next receiver.
const SAID_MAX: usize = 16;
/// What is larger is made anew.
const SAID_BYTES_MAX: usize = 512 * 1024;

/// The last things that were said, for who has to say one of them again.
#[derive(Debug)]
pub(super) struct Recent<T>(VecDeque<T>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Recent<T> {
    pub(super) fn find(&self, is_it: impl Fn(&T) -> bool) -> Option<&T> {
        self.0.iter().find(|said| is_it(said))
    }

    /// Keeps one of so many bytes, for the oldest.
    pub(super) fn note(&mut self, said: T, bytes: usize) {
        if bytes > SAID_BYTES_MAX {
            return;
        }
        if self.0.len() >= SAID_MAX {
            self.0.pop_front();
        }
        self.0.push_back(said);
    }
}

/// Frames that one session said and others may say too. One for all sessions of a relay; it is
/// only a cache, so a new one is as good.
#[derive(Debug, Default)]
pub struct Fanout {
    said: Recent<Said>,
    made: u64,
    reused: u64,
    /// The same for token sessions.
    pub(super) stock: Recent<SaidToMany>,
    /// What was looked up for it.
    pub(super) seen: Seen,
}

/// A frame of changes, for whom it is right, and what they have after it.
#[derive(Debug)]
struct Said {
    document: DocumentId,
    digest: Vec<u8>,
    before: Arc<PeerView>,
    after: Arc<PeerView>,
    frame: Frame,
}

/// A frame of changes that is ready to go.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) bytes: Vec<u8>,
    pub(super) changes: u64,
    /// More follows that this part waits for.
    pub(super) more: bool,
}

impl Fanout {
    /// Forgets what was looked up: somebody else may have written to the database since.
    pub fn look_again(&mut self) {
        self.seen.forget();
    }

    /// How many frames of changes were made.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.made
    }

    /// How many went out again as they were.
    #[must_use]
    pub fn reused(&self) -> u64 {
        self.reused
    }

    /// What was said of a document in this state to somebody who had just as much.
    pub(super) fn find(
        &mut self,
        document: &DocumentId,
        digest: &[u8],
        view: &Arc<PeerView>,
    ) -> Option<(Frame, Arc<PeerView>)> {
        let said = self.said.find(|said| {
            said.document == *document
                && said.digest == digest
                && (Arc::ptr_eq(&said.before, view) || said.before == *view)
        })?;
        self.reused += 1;
        Some((said.frame.clone(), Arc::clone(&said.after)))
    }

    pub(super) fn note(
        &mut self,
        document: &DocumentId,
        digest: &[u8],
        before: Arc<PeerView>,
        after: Arc<PeerView>,
        frame: &Frame,
    ) {
        self.made += 1;
        let said = Said {
            document: *document,
            digest: digest.to_vec(),
            before,
            after,
            frame: frame.clone(),
        };
        self.said.note(said, frame.bytes.len());
    }
}
