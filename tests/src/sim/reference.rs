//! What is in a document, as Automerge itself reads it: the engine has no say in that.

use std::collections::BTreeMap;

use automerge::{AutoCommit, Change, ChangeHash};

/// Says what is wrong with the changes of a document of ours: each has what it builds on, is the
/// next of its author's and builds on the one before, counts on from all that it builds on, and
/// Automerge takes them all.
pub(super) fn fault_of(log: &[Vec<u8>]) -> Option<String> {
    let mut changes: BTreeMap<ChangeHash, Change> = BTreeMap::new();
    for bytes in log {
        match Change::from_bytes(bytes.clone()) {
            Ok(change) => _ = changes.insert(change.hash(), change),
            Err(error) => return Some(format!("a change cannot be read: {error}")),
        }
    }
    let places: BTreeMap<(Vec<u8>, u64), ChangeHash> = (changes.iter())
        .map(|(hash, change)| (place(change, change.seq()), *hash))
        .collect();
    if places.len() != changes.len() {
        return Some("two changes have one place".to_owned());
    }
    for change in changes.values() {
        let name = format!("change {} of {}", change.seq(), change.actor_id());
        let mut last = 0;
        for dep in change.deps() {
            match changes.get(dep) {
                Some(dep) => last = last.max(dep.max_op()),
                None => return Some(format!("{name} builds on what is not there")),
            }
        }
        if change.seq() > 1 {
            let before = places.get(&place(change, change.seq() - 1));
            if !before.is_some_and(|before| change.deps().contains(before)) {
                return Some(format!("{name} does not follow the one before it"));
            }
        }
        if change.start_op().get() != last + 1 {
            let from = change.start_op();
            return Some(format!(
                "{name} counts from {from} and not from {}",
                last + 1
            ));
        }
    }
    let mut doc = AutoCommit::new();
    if let Err(error) = doc.load_incremental(&log.concat()) {
        return Some(format!("Automerge does not take it: {error}"));
    }
    let taken = doc.get_changes(&[]).len();
    (taken != changes.len())
        .then(|| format!("Automerge takes {taken} of {} changes", changes.len()))
}

fn place(change: &Change, seq: u64) -> (Vec<u8>, u64) {
    (change.actor_id().to_bytes().to_vec(), seq)
}
