//! The latest events, read once for all who listen.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::model::{Event, EventId};
use tokio::time::Instant;

/// So many events are held. Who is further behind is served from the database.
const EVENTS_MAX: usize = 4_096;

/// An event, written out once.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) event: Event,
    /// As JSON, without line breaks.
    pub(crate) json: String,
    /// When it was read, if it was read as it came.
    pub(crate) read_at: Option<Instant>,
}

impl Told {
    pub(crate) fn new(event: Event, read_at: Option<Instant>) -> Self {
        // Texts, numbers and names always serialize.
        let json = serde_json::to_string(&event).unwrap_or_default();
        Self {
            event,
            json,
            read_at,
        }
    }
}

/// The end of the stream.
#[derive(Debug)]
pub(super) struct Recent {
    events: VecDeque<Arc<Told>>,
    /// All events behind this one are held.
    begin: EventId,
    /// Behind the last of them.
    pub(super) end: EventId,
    /// Who may read the lists that they are of.
    pub(super) readers: BTreeMap<DocumentId, BTreeSet<Did>>,
}

/// A part of what is recent.
pub(crate) struct Part {
    /// Those that are wanted.
    pub(crate) told: Vec<Arc<Told>>,
    /// Where to go on.
    pub(crate) next: EventId,
}

impl Recent {
    /// Nothing yet: the stream begins behind `end`.
    pub(super) fn new(end: EventId) -> Self {
        Self {
            events: VecDeque::new(),
            begin: end,
            end,
            readers: BTreeMap::new(),
        }
    }

    /// Takes in what came; `end` is behind it.
    pub(super) fn extend(&mut self, events: Vec<Event>, end: EventId) {
        let now = Some(Instant::now());
        for event in events {
            self.events.push_back(Arc::new(Told::new(event, now)));
        }
        self.end = end;
        while self.events.len() > EVENTS_MAX {
            if let Some(gone) = self.events.pop_front() {
                self.begin = gone.event.id;
            }
        }
        if self.readers.len() > EVENTS_MAX {
            let held = self.events.iter().map(|told| told.event.activity.list);
            let held: BTreeSet<DocumentId> = held.collect();
            self.readers.retain(|list, _| held.contains(list));
        }
    }

    /// What is behind `after` and wanted by somebody, at most `limit`. `None` if not all of that
    /// is held.
    pub(super) fn after(
        &self,
        after: &EventId,
        who: &Did,
        wanted: impl Fn(&Event) -> bool,
        limit: usize,
    ) -> Option<Part> {
        if after.order() < self.begin.order() || after.order() > self.end.order() {
            return None;
        }
        let mut part = Part {
            told: Vec::new(),
            next: self.end,
        };
        let first = (self.events).partition_point(|told| told.event.id.order() <= after.order());
        for told in self.events.range(first..) {
            let event = &told.event;
            let readers = self.readers.get(&event.activity.list);
            if !readers.is_some_and(|readers| readers.contains(who)) || !wanted(event) {
                continue;
            }
            part.told.push(Arc::clone(told));
            if part.told.len() >= limit {
                part.next = event.id;
                break;
            }
        }
        Some(part)
    }
}
