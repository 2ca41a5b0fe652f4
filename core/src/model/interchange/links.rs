//! Parents and other tasks that are named by id.

use std::collections::{BTreeMap, BTreeSet};

use super::export::Names;
use super::forest::Forest;
use super::limits::KEY_CHARS_MAX;

/// The ids that tasks have, the parents that they name, and the tasks that they wait for.
#[derive(Debug, Default)]
pub(super) struct Links {
    ids: BTreeMap<String, Vec<usize>>,
    parents: Vec<(usize, String)>,
    children: Vec<(usize, String)>,
    blockers: Vec<(usize, String)>,
}

/// What was found when all tasks were known.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    /// Tasks whose id nobody names.
    pub(super) unused: Vec<(usize, String)>,
    /// Tasks whose parent is not there.
    pub(super) missing: Vec<(usize, String)>,
    /// Tasks that name a child that is not there.
    pub(super) missing_children: Vec<(usize, String)>,
    /// Tasks that wait for one that is not there.
    pub(super) missing_blockers: Vec<(usize, String)>,
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

    /// The task with an id stands below the one at a place, unless it says itself where.
    pub(super) fn child(&mut self, place: usize, id: String) {
        self.children.push((place, id));
    }

    /// The task at a place waits for the one with an id.
    pub(super) fn blocker(&mut self, place: usize, id: String) {
        self.blockers.push((place, id));
    }

    /// The other task with an id. Where it is there more than once, as after joining two files,
    /// the nearest above is meant.
    fn find(&self, place: usize, id: &str) -> Option<usize> {
        let places = self.ids.get(id).map(Vec::as_slice).unwrap_or_default();
        let later = places.partition_point(|other| *other < place);
        let nearest = later.checked_sub(1).and_then(|at| places.get(at));
        let found = nearest.or_else(|| places.get(later)).copied()?;
        (found != place).then_some(found)
    }

    /// Puts the tasks below their parents, and gives those that others wait for their keys.
    pub(super) fn resolve(self, forest: &mut Forest) -> Resolved {
        let mut resolved = Resolved::default();
        let mut used = BTreeSet::new();
        let mut placed = BTreeSet::new();
        for (place, id) in &self.parents {
            match self.find(*place, id) {
                Some(parent) => {
                    forest.set_parent(*place, parent);
                    used.insert(parent);
                    placed.insert(*place);
                }
                None => resolved.missing.push((*place, id.clone())),
            }
        }
        for (place, id) in &self.children {
            match self.find(*place, id) {
                Some(child) => {
                    used.insert(child);
                    if placed.insert(child) {
                        forest.set_parent(child, *place);
                    }
                }
                None => resolved.missing_children.push((*place, id.clone())),
            }
        }
        self.block(forest, &mut used, &mut resolved);
        for (id, places) in self.ids {
            for place in places {
                if !used.contains(&place) {
                    resolved.unused.push((place, id.clone()));
                }
            }
        }
        resolved
    }

    fn block(&self, forest: &mut Forest, used: &mut BTreeSet<usize>, resolved: &mut Resolved) {
        let mut names = Names::default();
        let mut keys: BTreeMap<usize, String> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for (place, id) in &self.blockers {
            let Some(blocker) = self.find(*place, id) else {
                resolved.missing_blockers.push((*place, id.clone()));
                continue;
            };
            used.insert(blocker);
            if !seen.insert((*place, blocker)) {
                continue;
            }
            let key = keys.entry(blocker).or_insert_with(|| {
                let fits = id.chars().nth(KEY_CHARS_MAX).is_none();
                names.unique(if fits { id } else { "" })
            });
            if let Some(task) = forest.task_mut(*place) {
                task.blocked_by.push(key.clone());
            }
            if let Some(task) = forest.task_mut(blocker) {
                task.key = Some(key.clone());
            }
        }
    }
}
