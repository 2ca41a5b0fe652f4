//! Reads the stream from the database, beside the engine that writes it: once for all, as it grows,
//! and again for who is further behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::model::{EventId, Task};
use poo_core::net::System;
use poo_core::replica::{
    EventPage, EventsError, Integrity, Keyring, QueryError, Replica, Subscription, Wanted,
};
use poo_core::store::StoreError;
use tokio::sync::{mpsc, watch};

use super::filter::Filter;
use super::recent::{Part, Recent, Told};
use crate::api::Readers;
use crate::engine::EngineError;
use crate::metrics::Metrics;

/// Events that are read at a time.
const PAGE: usize = 1_000;
/// A pause after each reading: what is committed within it is read together.
const PAUSE: Duration = Duration::from_millis(2);

/// The stream cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FeedError {
    /// The id is of another history.
    #[error(transparent)]
    Events(#[from] EventsError),
    /// A query failed.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Too many ask, or the relay stops.
    #[error("the relay is busy or stops: try again")]
    Unavailable,
}

/// Where the engine says that it has committed something.
#[derive(Debug, Clone)]
pub(crate) struct Bell(mpsc::Sender<()>);

impl Bell {
    /// One that nobody hears.
    pub(crate) fn silent() -> Self {
        Self(mpsc::channel(1).0)
    }

    /// Something was committed.
    pub(crate) fn ring(&self) {
        // One that waits already stands for this one too; and where the relay stops, nobody hears.
        let _waiting: Result<(), mpsc::error::TrySendError<()>> = self.0.try_send(());
    }
}

/// The stream, for all who listen.
#[derive(Clone)]
pub(crate) struct Feed {
    recent: Arc<RwLock<Recent>>,
    end: watch::Receiver<EventId>,
    readers: Readers,
}

impl Feed {
    /// Begins to read the stream of the database at `database`, which the engine has open, until
    /// the bell is gone.
    pub(crate) fn start(
        database: &Path,
        keys: &Keyring,
        readers: Readers,
        metrics: Arc<Metrics>,
    ) -> Result<(Self, Bell), EngineError> {
        let refused = |e: &dyn std::fmt::Display| EngineError::System(e.to_string());
        let replica = Replica::open_to_read(database, keys.clone())?;
        let end = replica.last_event()?;
        let recent = Arc::new(RwLock::new(Recent::new(end)));
        let (latest, latest_seen) = watch::channel(end);
        let (bell, rung) = mpsc::channel(1);
        let follower = Follower {
            replica,
            system: System::new().map_err(|e| refused(&e))?,
            recent: Arc::clone(&recent),
            latest,
            metrics,
        };
        std::thread::Builder::new()
            .name("events".to_owned())
            .spawn(move || follower.run(rung))
            .map_err(|e| refused(&e))?;
        let feed = Self {
            recent,
            end: latest_seen,
            readers,
        };
        Ok((feed, Bell(bell)))
    }

    /// Where the stream ends now.
    pub(crate) fn end(&self) -> EventId {
        *self.end.borrow()
    }

    /// Told whenever the stream has grown.
    pub(crate) fn grown(&self) -> watch::Receiver<EventId> {
        let mut end = self.end.clone();
        end.mark_changed();
        end
    }

    /// What is behind `after`, wanted, and for `who` to see, at most `limit`.
    pub(crate) async fn after(
        &self,
        after: &EventId,
        who: &Did,
        filter: &Filter,
        limit: usize,
    ) -> Result<Part, FeedError> {
        let recent = {
            let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
            recent.after(after, who, |event| filter.admits(event), limit)
        };
        if let Some(part) = recent {
            return Ok(part);
        }
        let page = self
            .page(after, Some(*who), filter.lists.clone(), limit)
            .await?;
        let wanted = page.events.into_iter().filter(|event| filter.admits(event));
        Ok(Part {
            told: wanted
                .map(|event| Arc::new(Told::new(event, None)))
                .collect(),
            next: page.next,
        })
    }

    /// A part of the stream from the database: of what one may see, or of everything.
    pub(crate) async fn page(
        &self,
        after: &EventId,
        who: Option<Did>,
        lists: Option<BTreeSet<DocumentId>>,
        limit: usize,
    ) -> Result<EventPage, FeedError> {
        let after = *after;
        self.ask(move |replica, now| page(replica, &after, who, lists, limit, now))
            .await
    }

    /// What somebody who looks for work is to do next.
    pub(crate) async fn work(&self, wanted: Wanted) -> Result<Option<Task>, FeedError> {
        self.ask(move |replica, now| Ok(replica.next_task(&wanted, now)?))
            .await
    }

    /// Who may read each of some lists.
    pub(crate) async fn readers(&self, lists: BTreeSet<DocumentId>) -> Result<WhoReads, FeedError> {
        self.ask(move |replica, _| {
            let readers = lists.into_iter();
            let readers = readers.map(|list| Ok((list, replica.readers(&list)?)));
            readers.collect()
        })
        .await
    }

    /// Whether what people are shown holds together.
    pub(crate) async fn integrity(&self) -> Result<Integrity, FeedError> {
        self.ask(|replica, now| Ok(replica.integrity(now)?)).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Replica, Timestamp) -> Result<T, FeedError> + Send + 'static,
    ) -> Result<T, FeedError> {
        let answer = self.readers.ask(question).await;
        answer.map_err(|_| FeedError::Unavailable)?
    }
}

/// Who may read some lists.
type WhoReads = BTreeMap<DocumentId, BTreeSet<Did>>;

/// Reads the stream as it grows.
struct Follower {
    replica: Replica,
    system: System,
    recent: Arc<RwLock<Recent>>,
    latest: watch::Sender<EventId>,
    metrics: Arc<Metrics>,
}

impl Follower {
    fn run(mut self, mut rung: mpsc::Receiver<()>) {
        let mut changes = match self.replica.subscribe() {
            Ok(changes) => changes,
            Err(error) => {
                tracing::error!(%error, "the stream of events cannot be followed");
                return;
            }
        };
        // What was committed since the threads were made.
        let mut waits = true;
        while waits || rung.blocking_recv().is_some() {
            match self.read(&mut changes) {
                Ok(complete) => waits = !complete,
                Err(error) => {
                    waits = false;
                    // With the next commit it is tried again, from the same place.
                    tracing::error!(%error, "the stream of events could not be read");
                }
            }
            if !waits {
                std::thread::sleep(PAUSE);
            }
        }
    }

    /// Reads on. Who may read what is read with it, as of the same moment: nobody sees what came
    /// after they were removed.
    fn read(&mut self, changes: &mut Subscription) -> Result<bool, FeedError> {
        let now = self.system.env().now;
        let end = *self.latest.borrow();
        self.replica.begin_reading()?;
        let mut seen = changes.clone();
        let read = self.read_once(&mut seen, &end, now);
        self.replica.end_reading()?;
        let (page, readers) = read?;
        *changes = seen;
        let (next, complete) = (page.next, page.complete);
        for event in &page.events {
            self.metrics.activity(event.activity.action);
        }
        {
            let mut recent = self.recent.write().unwrap_or_else(PoisonError::into_inner);
            recent.readers.extend(readers);
            recent.extend(page.events, next);
        }
        self.latest.send_if_modified(|latest| {
            let grown = latest.order() != next.order();
            *latest = next;
            grown
        });
        Ok(complete)
    }

    fn read_once(
        &self,
        changes: &mut Subscription,
        end: &EventId,
        now: Timestamp,
    ) -> Result<(EventPage, WhoReads), FeedError> {
        let changed = self.replica.poll_changes(changes)?;
        let page = self.replica.events_after(end, None, PAGE, now)?;
        let known: BTreeSet<DocumentId> = {
            let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
            recent.readers.keys().copied().collect()
        };
        let mut asked: BTreeSet<DocumentId> = changed
            .into_iter()
            .filter(|document| known.contains(document))
            .collect();
        let new = page.events.iter().map(|event| event.activity.list);
        asked.extend(new.filter(|list| !known.contains(list)));
        let readers = asked.into_iter();
        let readers = readers.map(|list| Ok((list, self.replica.readers(&list)?)));
        let readers: Result<WhoReads, FeedError> = readers.collect();
        Ok((page, readers?))
    }
}

fn page(
    replica: &Replica,
    after: &EventId,
    who: Option<Did>,
    lists: Option<BTreeSet<DocumentId>>,
    limit: usize,
    now: Timestamp,
) -> Result<EventPage, FeedError> {
    // What they may see is asked as of the moment of which the events are.
    replica.begin_reading()?;
    let read = || -> Result<EventPage, FeedError> {
        let readable = who.map(|who| replica.readable(&who)).transpose()?;
        let lists = match (readable, lists) {
            (Some(readable), Some(lists)) => Some(readable.intersection(&lists).copied().collect()),
            (Some(only), None) | (None, Some(only)) => Some(only),
            (None, None) => None,
        };
        Ok(replica.events_after(after, lists.as_ref(), limit, now)?)
    };
    let read = read();
    replica.end_reading()?;
    read
}
