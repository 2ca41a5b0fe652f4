//! Changes that wait: for a signature that covers them, or for a change that they build on.
//! Bounded, in memory, one per document and session.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{ActorId, ChangeHash, EncodedChange, Tip};

/// The most changes that wait for one document in one session.
pub(crate) const QUARANTINE_CHANGES_MAX: usize = 8_192;
/// The most bytes of them.
pub(crate) const QUARANTINE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The most tips that wait for the change that they name, for each actor: those of one
/// message's worth of history.
const TIPS_PER_ACTOR_MAX: usize = 256;
/// The most actors with waiting tips.
const TIP_ACTORS_MAX: usize = 4_096;

/// What waits.
#[derive(Debug, Default)]
pub(crate) struct Quarantine {
    changes: Vec<EncodedChange>,
    /// Their hashes: what a peer sends twice waits once.
    hashes: BTreeSet<ChangeHash>,
    bytes: usize,
    /// Verified tips by actor, ordered by seq.
    tips: BTreeMap<ActorId, Vec<Tip>>,
}

impl Quarantine {
    /// Adds a change. False if there is no more room; what waits then is dropped, since nothing
    /// of it can be trusted to become acceptable, and the peer offers it again.
    pub(crate) fn push(&mut self, change: EncodedChange) -> bool {
        self.add(change);
        self.changes.len() <= QUARANTINE_CHANGES_MAX && self.bytes <= QUARANTINE_BYTES_MAX
    }

    /// Adds the changes of an audited chunk. The chunk's own limits bound them.
    pub(crate) fn extend(&mut self, changes: Vec<EncodedChange>) {
        changes.into_iter().for_each(|change| self.add(change));
    }

    fn add(&mut self, change: EncodedChange) {
        if self.hashes.insert(change.hash()) {
            self.bytes += change.bytes().len();
            self.changes.push(change);
        }
    }

    pub(crate) fn push_tip(&mut self, tip: Tip) {
        if self.tips.len() >= TIP_ACTORS_MAX && !self.tips.contains_key(&tip.actor()) {
            return;
        }
        let tips = self.tips.entry(tip.actor()).or_default();
        match tips.binary_search_by_key(&tip.seq(), Tip::seq) {
            // Two tips for one place: the newer one is the peer's current claim.
            Ok(at) => {
                if let Some(place) = tips.get_mut(at) {
                    *place = tip;
                }
            }
            Err(at) if tips.len() < TIPS_PER_ACTOR_MAX => tips.insert(at, tip),
            Err(_) => {}
        }
    }

    pub(crate) fn tips(&self, actor: &ActorId) -> &[Tip] {
        self.tips.get(actor).map_or(&[], Vec::as_slice)
    }

    /// All waiting tips by actor, each actor's ordered by seq and of one signer.
    pub(crate) fn signed(&self) -> impl Iterator<Item = (&ActorId, &[Tip])> {
        self.tips.iter().map(|(actor, tips)| (actor, &**tips))
    }

    /// Drops tips that the stored history has reached.
    pub(crate) fn drop_tips(&mut self, actor: &ActorId, up_to: u64) {
        if let Some(tips) = self.tips.get_mut(actor) {
            tips.retain(|tip| tip.seq() > up_to);
            if tips.is_empty() {
                self.tips.remove(actor);
            }
        }
    }

    /// The bytes of what waits.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn changes(&self) -> &[EncodedChange] {
        &self.changes
    }

    /// Takes out every change for whose place `keep` is false.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(usize, &EncodedChange) -> bool) {
        let mut index = 0;
        self.changes.retain(|change| {
            index += 1;
            keep(index - 1, change)
        });
        self.hashes = self.changes.iter().map(EncodedChange::hash).collect();
        self.bytes = self.changes.iter().map(|c| c.bytes().len()).sum();
    }

    /// Empties it and says what waited.
    pub(crate) fn drain(&mut self) -> Vec<ChangeHash> {
        let hashes = self.changes.iter().map(EncodedChange::hash).collect();
        self.clear();
        hashes
    }

    pub(crate) fn clear(&mut self) {
        self.changes.clear();
        self.hashes.clear();
        self.tips.clear();
        self.bytes = 0;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.changes.len()
    }
}
