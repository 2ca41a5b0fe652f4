//! How much a session holds in memory for its other side.

use super::session::Session;
use super::token::TokenSession;
use crate::store::Quarantine;

/// What a session holds for its other side beside what is on disk. Every part of it is bounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// Changes and signatures that wait for one another, or for what they build on.
    pub waiting: usize,
    /// Bytes of such changes, and of parts of what is still coming.
    pub bytes: usize,
    /// Messages that wait to be sent.
    pub messages: usize,
}

impl core::ops::AddAssign for Held {
    fn add_assign(&mut self, other: Self) {
        self.waiting += other.waiting;
        self.bytes += other.bytes;
        self.messages += other.messages;
    }
}

impl Session {
    /// What is held for the other side now.
    #[must_use]
    pub fn held(&self) -> Held {
        let mut held = Held {
            waiting: 0,
            bytes: self.bulk_in.as_ref().map_or(0, |(.., bytes)| bytes.len()),
            messages: self.queued(),
        };
        for state in self.documents.values() {
            held += of_quarantine(&state.waiting);
        }
        if let Some(gathered) = &self.gathered {
            held += gathered.held();
        }
        held
    }
}

impl TokenSession {
    /// What is held for the client now.
    #[must_use]
    pub fn held(&self) -> Held {
        Held {
            messages: self.queued(),
            ..Held::default()
        }
    }
}

fn of_quarantine(quarantine: &Quarantine) -> Held {
    let tips: usize = quarantine.signed().map(|(_, tips)| tips.len()).sum();
    Held {
        waiting: quarantine.changes().len() + tips,
        bytes: quarantine.bytes(),
        messages: 0,
    }
}
