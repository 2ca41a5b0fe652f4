//! What was said last, for sessions that have to say the same: a frame is made once for all its
//! receivers.

use std::collections::VecDeque;
use std::sync::Arc;

use super::outgoing::PeerView;
use super::token::SaidToMany;
use crate::document::DocumentId;

/// Frames that are kept for a next receiver.
const SAID_MAX: usize = 16;
/// A larger one is made anew.
const FRAME_BYTES_MAX: usize = 512 * 1024;

/// Frames that one session said and others may say too. One for all sessions of a relay; it is
/// only a cache, so a new one is as good.
#[derive(Debug, Default)]
pub struct Fanout {
    said: VecDeque<Said>,
    made: u64,
    reused: u64,
    /// The same for token sessions.
    pub(super) stock: SaidToMany,
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
        let said = self.said.iter().find(|said| {
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
        if frame.bytes.len() > FRAME_BYTES_MAX {
            return;
        }
        if self.said.len() >= SAID_MAX {
            self.said.pop_front();
        }
        self.said.push_back(Said {
            document: *document,
            digest: digest.to_vec(),
            before,
            after,
            frame: frame.clone(),
        });
    }
}
