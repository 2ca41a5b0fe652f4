//! Parents that are named by id.

use std::collections::{BTreeMap, BTreeSet};

use super::forest::Forest;

/// The ids that tasks have, and the parents that they name.
#[derive(Debug, Default)]
pub(super) struct Links {
    ids: BTreeMap<String, Vec<usize>>,
    parents: Vec<(usize, String)>,
}

/// What was found when all tasks were known.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// Tasks whose id nobody names.
    pub(super) unused: Vec<(usize, String)>,
    /// Tasks whose parent is not there.
    pub(super) missing: Vec<(usize, String)>,
}

impl Links {
    /// The task at a place has an id.
    pub(super) fn id(&mut self, place: usize, id: String) {
        self.ids.entry(id).or_default().push(place);
    }

    /// The task at a place stands below the one with an id.
    pub(super) fn parent(&mut self, place: usize, id: String) {
        self.parents.push((place, id));
    }

    /// Puts the tasks below their parents. Where an id is there more than once, as after joining
    /// two files, the nearest above is meant.
    pub(super) fn resolve(self, forest: &mut Forest) -> Resolved {
        let mut resolved = Resolved::default();
        let mut used = BTreeSet::new();
        for (place, id) in self.parents {
            let places = self.ids.get(&id).map(Vec::as_slice).unwrap_or_default();
            let later = places.partition_point(|other| *other < place);
            let nearest = later.checked_sub(1).and_then(|at| places.get(at));
            match nearest.or_else(|| places.get(later)) {
                Some(parent) if *parent != place => {
                    forest.set_parent(place, *parent);
                    used.insert(*parent);
                }
                _ => resolved.missing.push((place, id)),
            }
        }
        for (id, places) in self.ids {
            for place in places {
                if !used.contains(&place) {
                    resolved.unused.push((place, id.clone()));
                }
            }
        }
        resolved
    }
}
