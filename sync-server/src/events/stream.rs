//! One listener: a place in the stream that moves on, as server-sent events; and one who waits for
//! work.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream::unfold;
use poo_core::identity::Did;
use poo_core::model::{EventId, Task};
use poo_core::replica::Wanted;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::feed::{Feed, FeedError};
use super::filter::Filter;
use super::recent::Told;
use crate::metrics::Metrics;

/// Events that are written at a time. No more of a stream is held for a listener, however slow.
const EVENTS_TOGETHER: usize = 64;
/// How often a silent stream shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// How soon a client comes back that lost its stream.
const RETRY_MS: u32 = 2_000;
/// Events that are looked at together while somebody waits for work.
const LOOKED_AT: usize = 1_000;

/// Done when a listener may listen no longer.
pub(crate) type Ended = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A stream of events for one listener.
pub(crate) struct Stream {
    pub(crate) feed: Feed,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) who: Did,
    pub(crate) filter: Filter,
    /// Behind which event it begins.
    pub(crate) after: EventId,
    /// When it ends: access was taken away, or the relay stops.
    pub(crate) ended: Ended,
}

struct Listening<G> {
    stream: Stream,
    grown: watch::Receiver<EventId>,
    begun: bool,
    /// The last id that the listener was told.
    told: EventId,
    _guard: G,
}

impl Stream {
    /// The stream as the body of an answer. `guard` is held as long as it lasts.
    pub(crate) fn into_body(self, guard: impl Send + 'static) -> Body {
        let listening = Listening {
            grown: self.feed.grown(),
            told: self.after,
            begun: false,
            stream: self,
            _guard: guard,
        };
        Body::from_stream(unfold(listening, |mut listening| async move {
            let next = listening.next().await?;
            Some((Ok::<_, Infallible>(Bytes::from(next)), listening))
        }))
    }
}

impl<G> Listening<G> {
    /// What is to be written next; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        if !self.begun {
            self.begun = true;
            // A client that breaks off before the first event comes back to this place.
            return Some(format!("retry: {RETRY_MS}\nid: {}\n\n", self.stream.after));
        }
        let keep_alive = Instant::now() + KEEP_ALIVE;
        loop {
            // Before it is read: what comes meanwhile wakes this up again.
            self.grown.borrow_and_update();
            let Stream {
                feed,
                who,
                filter,
                after,
                ended,
                ..
            } = &mut self.stream;
            let part = tokio::select! {
                biased;
                () = ended.as_mut() => return None,
                part = feed.after(after, who, filter, EVENTS_TOGETHER) => part,
            };
            let part = match part {
                Ok(part) => part,
                Err(error) => {
                    tracing::info!(%error, "a stream of events ends");
                    return None;
                }
            };
            *after = part.next;
            if !part.told.is_empty() {
                return Some(self.write(&part.told));
            }
            if part.next.order() < feed.end().order() {
                continue;
            }
            tokio::select! {
                biased;
                () = ended.as_mut() => return None,
                grown = self.grown.changed() => grown.ok()?,
                () = sleep_until(keep_alive) => return Some(self.keep_alive()),
            }
        }
    }

    fn write(&mut self, told: &[Arc<Told>]) -> String {
        let mut text = String::new();
        for told in told {
            let Told { event, json, .. } = &**told;
            // Writing to a string does not fail.
            let _written = write!(
                text,
                "id: {}\nevent: {}\ndata: {json}\n\n",
                event.id, event.kind
            );
            self.told = event.id;
            if let Some(since) = told.read_at {
                self.stream.metrics.told_of_event(since.elapsed());
            }
        }
        text
    }

    /// A comment; and the place, where the stream has moved on by what is not for this listener.
    fn keep_alive(&mut self) -> String {
        if self.told == self.stream.after {
            return ":\n\n".to_owned();
        }
        self.told = self.stream.after;
        format!(":\nid: {}\n\n", self.told)
    }
}

/// Waits until there is something to do for somebody, so long at most.
pub(crate) async fn until_work(
    feed: &Feed,
    wanted: &Wanted,
    wait: Duration,
    ended: &mut Ended,
) -> Result<Option<Task>, FeedError> {
    let mut grown = feed.grown();
    // Before it is asked: what comes meanwhile is looked at.
    let mut after = feed.end();
    let first = feed.work(wanted.clone()).await?;
    if first.is_some() || wait.is_zero() {
        return Ok(first);
    }
    let filter = Filter {
        lists: wanted.lists.clone(),
        ..Filter::default()
    };
    let found = async {
        loop {
            grown.borrow_and_update();
            let part = feed.after(&after, &wanted.who, &filter, LOOKED_AT).await?;
            after = part.next;
            if !part.told.is_empty() {
                if let Some(task) = feed.work(wanted.clone()).await? {
                    return Ok(Some(task));
                }
                continue;
            }
            if part.next.order() < feed.end().order() {
                continue;
            }
            grown.changed().await.map_err(|_| FeedError::Unavailable)?;
        }
    };
    tokio::select! {
        biased;
        () = ended.as_mut() => Ok(None),
        found = timeout(wait, found) => found.unwrap_or(Ok(None)),
    }
}
