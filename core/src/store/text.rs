//! The order of a text's characters when several people type at once (RGA, as in Automerge).
//!
//! A text is a sequence of runs: characters that one actor typed one after the other.

use minicbor::{Decode, Encode};

use super::actors::Actors;

/// The id of a character inside this replica: counter and actor row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ElementId {
    pub(super) counter: u64,
    pub(super) actor: i64,
}

/// Characters with consecutive counters by one actor, all visible or all deleted.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
struct Run {
    #[n(0)]
    actor: i64,
    #[n(1)]
    counter: u64,
    #[n(2)]
    elements: u64,
    /// The characters; one element with several characters is a run of its own.
    #[n(3)]
    text: String,
    #[n(4)]
    deleted: bool,
}

impl Run {
    fn end(&self) -> u64 {
        self.counter + self.elements
    }

    fn contains(&self, id: ElementId) -> bool {
        self.actor == id.actor && (self.counter..self.end()).contains(&id.counter)
    }

    /// Cuts the run before its `at`-th element; both parts have at least one.
    fn split(mut self, at: u64) -> (Self, Self) {
        let byte = self
            .text
            .char_indices()
            .nth(usize::try_from(at).unwrap_or(usize::MAX))
            .map_or(self.text.len(), |(byte, _)| byte);
        let tail = Self {
            actor: self.actor,
            counter: self.counter + at,
            elements: self.elements - at,
            text: self.text.split_off(byte),
            deleted: self.deleted,
        };
        self.elements = at;
        (self, tail)
    }

    fn takes(&self, next: &Self) -> bool {
        self.actor == next.actor
            && self.end() == next.counter
            && self.deleted == next.deleted
            && self.elements == self.text.chars().count() as u64
            && next.elements == next.text.chars().count() as u64
    }
}

/// A text with everything that was ever typed into it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct TextRuns {
    #[n(0)]
    runs: Vec<Run>,
}

impl TextRuns {
    /// The visible text.
    pub(super) fn value(&self) -> String {
        self.runs
            .iter()
            .filter(|run| !run.deleted)
            .map(|run| run.text.as_str())
            .collect()
    }

    /// The visible characters, each with the element that holds it.
    pub(super) fn visible(&self) -> Vec<(ElementId, String)> {
        let mut out = Vec::new();
        for run in self.runs.iter().filter(|run| !run.deleted) {
            if run.elements == 1 {
                let id = ElementId {
                    counter: run.counter,
                    actor: run.actor,
                };
                out.push((id, run.text.clone()));
                continue;
            }
            for (offset, c) in run.text.chars().enumerate() {
                let counter = run.counter + offset as u64;
                out.push((
                    ElementId {
                        counter,
                        actor: run.actor,
                    },
                    c.to_string(),
                ));
            }
        }
        out
    }

    /// What an element holds or held, and whether it is still visible.
    pub(super) fn element(&self, id: ElementId) -> Option<(String, bool)> {
        let run = self.runs.get(self.find(id)?)?;
        if run.elements == 1 {
            return Some((run.text.clone(), !run.deleted));
        }
        let offset = usize::try_from(id.counter - run.counter).ok()?;
        let found = run.text.chars().nth(offset)?;
        Some((found.to_string(), !run.deleted))
    }

    fn find(&self, id: ElementId) -> Option<usize> {
        // Edits cluster at the end of what was typed last: look from the back.
        self.runs.iter().rposition(|run| run.contains(id))
    }

    /// Inserts an element behind `after` (`None`: at the beginning). False if `after` is unknown.
    ///
    /// Whatever stands there with a larger id was typed concurrently and comes first.
    pub(super) fn insert(
        &mut self,
        after: Option<ElementId>,
        id: ElementId,
        text: &str,
        actors: &Actors,
    ) -> bool {
        let new = Run {
            actor: id.actor,
            counter: id.counter,
            elements: 1,
            text: text.to_owned(),
            deleted: false,
        };
        let mut place = match after {
            None => 0,
            Some(after) => {
                let Some(index) = self.find(after) else {
                    return false;
                };
                let Some(run) = self.runs.get(index) else {
                    return false;
                };
                let offset = after.counter - run.counter + 1;
                if offset < run.elements {
                    // Behind an element in the middle of a run. What follows there has a larger
                    // counter, or the same one and then the actors decide.
                    let next = ElementId {
                        counter: after.counter + 1,
                        actor: run.actor,
                    };
                    if !larger(next, id, actors) {
                        let run = self.runs.remove(index);
                        let (head, tail) = run.split(offset);
                        self.runs.insert(index, tail);
                        self.runs.insert(index, head);
                    }
                }
                index + 1
            }
        };
        while let Some(run) = self.runs.get(place) {
            let first = ElementId {
                counter: run.counter,
                actor: run.actor,
            };
            if !larger(first, id, actors) {
                break;
            }
            place += 1;
        }
        match place.checked_sub(1).and_then(|i| self.runs.get_mut(i)) {
            Some(before) if before.takes(&new) => {
                before.elements += 1;
                before.text.push_str(text);
            }
            _ => self.runs.insert(place, new),
        }
        true
    }

    /// Deletes an element; deleting it twice is no harm. False if it is unknown.
    pub(super) fn delete(&mut self, id: ElementId) -> bool {
        let Some(index) = self.find(id) else {
            return false;
        };
        if self.runs.get(index).is_some_and(|run| run.deleted) {
            return true;
        }
        let run = self.runs.remove(index);
        let offset = id.counter - run.counter;
        let mut parts = Vec::with_capacity(3);
        let rest = if offset > 0 {
            let (head, rest) = run.split(offset);
            parts.push(head);
            rest
        } else {
            run
        };
        let (mut gone, tail) = if rest.elements > 1 {
            let (gone, tail) = rest.split(1);
            (gone, Some(tail))
        } else {
            (rest, None)
        };
        gone.deleted = true;
        parts.push(gone);
        parts.extend(tail);
        self.runs.splice(index..index, parts);
        self.join_around(index);
        true
    }

    /// Joins runs that became alike around `index`, so that a text deleted backwards or
    /// forwards stays short.
    fn join_around(&mut self, index: usize) {
        let mut at = (index + 2).min(self.runs.len().saturating_sub(1));
        let floor = index.saturating_sub(1);
        while at > floor {
            let joins = match (self.runs.get(at - 1), self.runs.get(at)) {
                (Some(before), Some(after)) => before.takes(after),
                _ => false,
            };
            if joins {
                let after = self.runs.remove(at);
                if let Some(before) = self.runs.get_mut(at - 1) {
                    before.elements += after.elements;
                    before.text.push_str(&after.text);
                }
            }
            at -= 1;
        }
    }
}

fn larger(a: ElementId, b: ElementId, actors: &Actors) -> bool {
    a.counter
        .cmp(&b.counter)
        .then_with(|| actors.compare(a.actor, b.actor))
        .is_gt()
}
