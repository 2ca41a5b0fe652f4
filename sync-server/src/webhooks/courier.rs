//! Puts events into deliveries and deliveries on their way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::model::{Event, EventId};
use poo_core::replica::EventsError;
use sha2::{Digest as _, Sha256};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};

use super::client::Client;
use super::endpoint::Endpoint;
use super::store::{Delivery, HooksError, Outcome, Queued};
use super::{Desk, Retries, payload};
use crate::events::{Feed, FeedError};
use crate::metrics::{Attempt, Metrics};
use crate::socket::stopped;

/// Events that are put into deliveries in one transaction.
const EVENTS_TOGETHER: usize = 500;
/// Deliveries to one endpoint that are under way at a time.
const UNDER_WAY_PER_ENDPOINT: usize = 4;
/// Deliveries to all endpoints that are under way at a time.
const UNDER_WAY_MAX: usize = 64;
/// The longest sleep: due times are looked at again then, whatever happens.
const SLEEP_MAX: Duration = Duration::from_secs(60);
/// How often what is too old is forgotten.
const PRUNE_INTERVAL: Duration = Duration::from_secs(60 * 60);
/// The status by which an endpoint says that it is gone for good.
const GONE: u16 = 410;
/// How long to wait after the database has failed.
const PAUSE: Duration = Duration::from_secs(5);

/// What the courier was stopped by.
#[derive(Debug, thiserror::Error)]
enum CourierError {
    #[error(transparent)]
    Hooks(#[from] HooksError),
    #[error(transparent)]
    Feed(#[from] FeedError),
}

/// What there is to wait for when all is done.
struct Rest {
    /// The longest that may be slept.
    wait: Duration,
    /// Whether anybody wants to hear of events.
    listens: bool,
}

/// Carries deliveries. One for a relay.
pub(super) struct Courier {
    pub(super) desk: Desk,
    pub(super) feed: Feed,
    pub(super) client: Client,
    pub(super) retries: Retries,
    pub(super) metrics: Arc<Metrics>,
    /// Told when endpoints or deliveries were changed by hand.
    pub(super) nudged: watch::Receiver<u64>,
    pub(super) stop: watch::Receiver<bool>,
}

impl Courier {
    /// Carries until the relay stops. What is under way then is tried again after the next start.
    pub(super) async fn run(self) {
        let (mut stop, mut nudged) = (self.stop.clone(), self.nudged.clone());
        let (done, mut outcomes) = mpsc::channel::<Outcome>(UNDER_WAY_MAX);
        let mut under_way: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        let mut grown = self.feed.grown();
        let mut pruned: Option<Instant> = None;
        loop {
            grown.borrow_and_update();
            nudged.borrow_and_update();
            let rest = match self.work(&mut under_way, &done, &mut pruned).await {
                Ok(rest) => rest,
                Err(error) => {
                    tracing::error!(%error, "webhooks wait");
                    Rest {
                        wait: PAUSE,
                        listens: true,
                    }
                }
            };
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                outcome = outcomes.recv() => {
                    let mut next = outcome;
                    while let Some(outcome) = next {
                        if let Some(of_endpoint) = under_way.get_mut(&outcome.delivery.endpoint) {
                            of_endpoint.remove(&outcome.delivery.n);
                        }
                        self.note(outcome).await;
                        next = outcomes.try_recv().ok();
                    }
                    under_way.retain(|_, of_endpoint| !of_endpoint.is_empty());
                }
                grown = grown.changed(), if rest.listens => if grown.is_err() { return },
                nudged = nudged.changed() => if nudged.is_err() { return },
                () = sleep(rest.wait) => {}
            }
        }
    }

    /// Does what there is to do.
    async fn work(
        &self,
        under_way: &mut BTreeMap<String, BTreeSet<i64>>,
        done: &mpsc::Sender<Outcome>,
        pruned: &mut Option<Instant>,
    ) -> Result<Rest, CourierError> {
        if pruned.is_none_or(|at| at.elapsed() > PRUNE_INTERVAL) {
            *pruned = Some(Instant::now());
            self.desk.with(|store, env| store.prune(env.now)).await?;
        }
        let endpoints = self.desk.with(|store, _| store.endpoints(None)).await?;
        let endpoints: Vec<Endpoint> = (endpoints.into_iter())
            .filter(|endpoint| endpoint.wish.enabled)
            .collect();
        self.take_in(&endpoints).await?;
        for endpoint in &endpoints {
            let all: usize = under_way.values().map(BTreeSet::len).sum();
            let own = under_way.entry(endpoint.id.clone()).or_default();
            let room = UNDER_WAY_PER_ENDPOINT.saturating_sub(own.len());
            let room = room.min(UNDER_WAY_MAX.saturating_sub(all));
            if room == 0 {
                continue;
            }
            let (id, known) = (endpoint.id.clone(), own.clone());
            let (due, now, chance) = self
                .desk
                .with(move |store, env| {
                    let due = store.due(&id, env.now, room, &known)?;
                    let mut chance = vec![[0; 4]; due.len()];
                    for bytes in &mut chance {
                        env.rng.fill_bytes(bytes);
                    }
                    Ok((due, env.now, chance))
                })
                .await?;
            for (delivery, chance) in due.into_iter().zip(chance) {
                own.insert(delivery.n);
                let parcel = Parcel {
                    endpoint: endpoint.clone(),
                    delivery,
                    now,
                    chance: u32::from_be_bytes(chance),
                };
                self.send(parcel, done.clone()).await;
            }
        }
        let next = self
            .desk
            .with(|store, env| Ok((store.next_due(env.now)?, env.now)))
            .await?;
        let wait = match next {
            (None, _) => SLEEP_MAX,
            (Some(next), now) => {
                let wait = Duration::try_from(next.duration_since(now)).unwrap_or_default();
                (wait + Duration::from_millis(1)).min(SLEEP_MAX)
            }
        };
        Ok(Rest {
            wait,
            listens: !endpoints.is_empty(),
        })
    }

    /// Puts the events that came into deliveries.
    async fn take_in(&self, endpoints: &[Endpoint]) -> Result<(), CourierError> {
        if endpoints.is_empty() {
            return Ok(());
        }
        let end = self.feed.end();
        let progress = self.desk.with(|store, _| store.progress()).await?;
        let mut after = progress.unwrap_or(end);
        while after.order() < end.order() {
            let page = match self.feed.page(&after, None, None, EVENTS_TOGETHER).await {
                Ok(page) => page,
                Err(FeedError::Events(EventsError::Unknown)) => {
                    tracing::warn!(
                        %after,
                        "webhooks go on from here: the relay's database is not the one that they followed"
                    );
                    self.desk
                        .with(move |store, _| store.set_progress(&end))
                        .await?;
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            };
            let queued = self.queue(endpoints, &page.events).await?;
            let next = page.next;
            self.desk
                .with(move |store, env| store.enqueue(&queued, Some(&next), env.now))
                .await?;
            after = next;
            if page.complete {
                break;
            }
        }
        Ok(())
    }

    /// What of some events goes to which endpoint: what it wants, of what its owner may see.
    async fn queue(
        &self,
        endpoints: &[Endpoint],
        events: &[Event],
    ) -> Result<Vec<Queued>, CourierError> {
        let lists: BTreeSet<DocumentId> = events.iter().map(|it| it.activity.list).collect();
        let readers = self.feed.readers(lists).await?;
        let mut queued = Vec::new();
        for endpoint in endpoints {
            let filter = endpoint.filter();
            for event in events {
                let list = event.activity.list;
                let sees = readers
                    .get(&list)
                    .is_some_and(|readers| readers.contains(&endpoint.owner));
                if !sees || !filter.admits(event) {
                    continue;
                }
                let id = message_id(&endpoint.id, &event.id);
                queued.push(Queued {
                    endpoint: endpoint.id.clone(),
                    kind: event.kind.to_string(),
                    list: Some(list.to_string()),
                    body: payload::body(endpoint, event, &id),
                    id,
                });
            }
        }
        Ok(queued)
    }

    /// Puts a delivery on its way.
    async fn send(&self, parcel: Parcel, done: mpsc::Sender<Outcome>) {
        let may = self.still_sees(&parcel.endpoint, &parcel.delivery).await;
        let client = self.client.clone();
        let retries = self.retries.clone();
        tokio::spawn(async move {
            let began = Instant::now();
            let went = match may {
                Ok(true) => attempt(&client, &parcel).await,
                Ok(false) => Went::refused(
                    "whoever registered the endpoint may not see this list any longer",
                ),
                Err(_) => Went {
                    error: Some("the relay was busy".to_owned()),
                    ..Went::default()
                },
            };
            let Parcel {
                delivery,
                now,
                chance,
                ..
            } = parcel;
            let gone = went.status == Some(GONE);
            let attempts = delivery.attempts.saturating_add(1);
            let again_in = match went.error {
                Some(_) if !gone && !went.for_good => retries.delay(attempts, went.asked, chance),
                _ => None,
            };
            let outcome = Outcome {
                delivery,
                at: now,
                took: began.elapsed(),
                status: went.status,
                error: went.error,
                again_in,
                gone,
            };
            if done.send(outcome).await.is_err() {
                tracing::debug!("the relay stops: a delivery is made again later");
            }
        });
    }

    /// Whether the endpoint's owner may still see what a delivery speaks of.
    async fn still_sees(
        &self,
        endpoint: &Endpoint,
        delivery: &Delivery,
    ) -> Result<bool, FeedError> {
        let Some(list) = &delivery.list else {
            return Ok(true);
        };
        let Ok(list) = list.parse::<DocumentId>() else {
            return Ok(false);
        };
        let readers = self.feed.readers(BTreeSet::from([list])).await?;
        Ok(readers
            .get(&list)
            .is_some_and(|readers| readers.contains(&endpoint.owner)))
    }

    async fn note(&self, outcome: Outcome) {
        self.metrics
            .attempted(match (&outcome.error, outcome.again_in) {
                (None, _) => Attempt::Delivered,
                (Some(_), Some(_)) => Attempt::Failed,
                (Some(_), None) => Attempt::Dead,
            });
        let endpoint = outcome.delivery.endpoint.clone();
        let noted = self.desk.with(move |store, _| store.record(&outcome)).await;
        match noted {
            Ok(false) => {}
            Ok(true) => tracing::warn!(endpoint, "a webhook is disabled: it failed for too long"),
            // It is tried again: its receiver knows it by its id.
            Err(error) => tracing::error!(%error, "what came of a webhook is not noted"),
        }
    }
}

/// A delivery on its way.
struct Parcel {
    endpoint: Endpoint,
    delivery: Delivery,
    /// When it was taken.
    now: Timestamp,
    /// By which its next attempt is put off a little more or less.
    chance: u32,
}

/// How an attempt went.
#[derive(Default)]
struct Went {
    /// Of the answer.
    status: Option<u16>,
    /// Why it came to nothing.
    error: Option<String>,
    /// How long the endpoint wants to be left alone.
    asked: Option<Duration>,
    /// Whether another attempt cannot help.
    for_good: bool,
}

impl Went {
    fn refused(why: &str) -> Self {
        Self {
            error: Some(why.to_owned()),
            for_good: true,
            ..Self::default()
        }
    }
}

async fn attempt(client: &Client, parcel: &Parcel) -> Went {
    let Parcel {
        endpoint, delivery, ..
    } = parcel;
    let headers = payload::headers(endpoint, &delivery.id, &delivery.body, parcel.now);
    let (Some(target), Some(headers)) = (endpoint.target(), headers) else {
        return Went::refused("the endpoint's address or token cannot be used");
    };
    let body = Bytes::from(delivery.body.clone());
    match client.post(&target, headers, body).await {
        Ok(answered) => Went {
            status: Some(answered.status.as_u16()),
            error: (!answered.status.is_success())
                .then(|| format!("the answer was {}", answered.status)),
            asked: answered.retry_after,
            for_good: false,
        },
        Err(error) => Went {
            error: Some(error.to_string()),
            ..Went::default()
        },
    }
}

/// The webhook-id: the same whenever this event is put before this endpoint.
fn message_id(endpoint: &str, event: &EventId) -> String {
    let digest = Sha256::new()
        .chain_update(endpoint)
        .chain_update([0])
        .chain_update(event.to_string())
        .finalize();
    let digits: String = digest.iter().take(16).map(|b| format!("{b:02x}")).collect();
    format!("msg_{digits}")
}
