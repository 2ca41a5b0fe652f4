//! What a relay counts and measures, for Prometheus. Every label has a set of values that is known
//! beforehand: nothing that somebody typed becomes one.

mod client;
mod http;
mod serve;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use poo_core::model::ActivityAction;
use poo_core::replica::Integrity;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

pub(crate) use client::{ClientError, ClientTiming, Route, Timed};
pub(crate) use http::timed;
pub(crate) use serve::{Scraped, Sources, serve};

/// Seconds, from a tenth of a millisecond to ten seconds, with the thresholds that alerts and
/// targets speak of among them.
const SECONDS: [f64; 17] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 0.7, 1.0,
    1.2, 2.5, 10.0,
];

/// One label whose values are written in this program.
type Named = [(&'static str, &'static str); 1];

fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

type Timings<L> = Family<L, Histogram, fn() -> Histogram>;

fn timings<L: Clone + std::hash::Hash + Eq>() -> Timings<L> {
    Family::new_with_constructor(seconds)
}

/// A request and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Request {
    method: &'static str,
    /// The route as the program has it, with names where a request has values.
    route: String,
    /// The first digit of the status: `2xx`.
    status: &'static str,
}

/// What came of an attempt to deliver a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// It was taken.
    Delivered,
    /// It is tried again.
    Failed,
    /// It was given up.
    Dead,
}

/// By what way something is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// In a session.
    Sync,
    /// By the API.
    Api,
}

impl Door {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Api => "api",
        }
    }
}

/// Everything that is counted and measured.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Timings<Request>,
    batch: Histogram,
    commit: Histogram,
    subscription: Timings<Named>,
    mutations: Family<Named, Counter>,
    mutation_errors: Family<Named, Counter>,
    refusals: Family<Named, Counter>,
    session_ends: Family<Named, Counter>,
    activity: Family<Named, Counter>,
    attempts: Family<Named, Counter>,
    client_timings: Timings<ClientTiming>,
    client_errors: Family<ClientError, Counter>,
    client_requests: Family<ClientError, Counter>,
    sessions: Family<Named, Gauge>,
    presence: Gauge,
    quarantined: Gauge,
    queues: Family<Named, Gauge>,
    streams: Gauge,
    dead: Gauge,
    disabled: Gauge,
    integrity: Family<Named, Gauge>,
    assigned: Gauge,
    invalid_share: Gauge<f64, AtomicU64>,
}

impl Metrics {
    /// All of it, at nothing.
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("poo"),
            requests: timings(),
            batch: seconds(),
            commit: seconds(),
            subscription: timings(),
            mutations: Family::default(),
            mutation_errors: Family::default(),
            refusals: Family::default(),
            session_ends: Family::default(),
            activity: Family::default(),
            attempts: Family::default(),
            client_timings: timings(),
            client_errors: Family::default(),
            client_requests: Family::default(),
            sessions: Family::default(),
            presence: Gauge::default(),
            quarantined: Gauge::default(),
            queues: Family::default(),
            streams: Gauge::default(),
            dead: Gauge::default(),
            disabled: Gauge::default(),
            integrity: Family::default(),
            assigned: Gauge::default(),
            invalid_share: Gauge::default(),
        };
        metrics.register();
        // A rate over what has never been counted is none: begin with 0, not with nothing.
        for door in [Door::Sync, Door::Api] {
            drop(metrics.mutations.get_or_create(&[("door", door.as_str())]));
            drop(
                metrics
                    .mutation_errors
                    .get_or_create(&[("door", door.as_str())]),
            );
        }
        for outcome in ["delivered", "failed", "dead"] {
            drop(metrics.attempts.get_or_create(&[("outcome", outcome)]));
        }
        drop(metrics.refusals.get_or_create(&[("reason", "forbidden")]));
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        let unit = Unit::Seconds;
        registry.register_with_unit(
            "http_request",
            "From a request's head to the head of its answer, by route",
            unit.clone(),
            self.requests.clone(),
        );
        registry.register_with_unit(
            "sync_batch",
            "From taking in a batch of frames until what follows from it is on its way to sockets",
            unit.clone(),
            self.batch.clone(),
        );
        registry.register_with_unit(
            "commit",
            "One transaction of the engine, until it is on disk",
            unit.clone(),
            self.commit.clone(),
        );
        registry.register_with_unit(
            "subscription_latency",
            "From when a change came here, or was read, until those who follow are told",
            unit.clone(),
            self.subscription.clone(),
        );
        registry.register(
            "mutations",
            "Writes that were taken or refused, by the way they came",
            self.mutations.clone(),
        );
        registry.register(
            "mutation_errors",
            "Writes that were refused, by the way they came",
            self.mutation_errors.clone(),
        );
        registry.register(
            "refusals",
            "Refused changes, by reason",
            self.refusals.clone(),
        );
        registry.register(
            "session_ends",
            "Sessions that this relay ended, by reason",
            self.session_ends.clone(),
        );
        registry.register(
            "activity_events",
            "What people and agents did, by action",
            self.activity.clone(),
        );
        registry.register(
            "webhook_attempts",
            "Attempts to deliver webhooks, by what came of them",
            self.attempts.clone(),
        );
        registry.register_with_unit(
            "client",
            "What clients that opted in measured, by what and route",
            unit,
            self.client_timings.clone(),
        );
        registry.register(
            "client_errors",
            "Errors that clients that opted in met, by route",
            self.client_errors.clone(),
        );
        registry.register(
            "client_views",
            "Views that clients that opted in opened, by route",
            self.client_requests.clone(),
        );
        registry.register("sessions", "Open sessions, by kind", self.sessions.clone());
        registry.register(
            "presence_sessions",
            "Sessions that said in the last 90 seconds that somebody is there",
            self.presence.clone(),
        );
        registry.register(
            "quarantined_changes",
            "Changes that wait for a signature or for what they build on",
            self.quarantined.clone(),
        );
        registry.register("queue_depth", "What waits, by queue", self.queues.clone());
        registry.register(
            "event_streams",
            "Clients that listen to the stream of events",
            self.streams.clone(),
        );
        registry.register(
            "webhook_dead",
            "Deliveries that were given up and can be asked for again",
            self.dead.clone(),
        );
        registry.register(
            "webhook_disabled_endpoints",
            "Endpoints that get nothing since they failed for too long",
            self.disabled.clone(),
        );
        registry.register(
            "data_integrity_anomalies",
            "What does not hold together: counted at each scrape",
            self.integrity.clone(),
        );
        registry.register(
            "assigned_tasks",
            "Open tasks that are assigned to somebody",
            self.assigned.clone(),
        );
        registry.register(
            "invalid_assignee_ratio",
            "The share of those whose assignee is not in the list",
            self.invalid_share.clone(),
        );
    }

    /// A request was answered.
    pub(crate) fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let methods = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"];
        let method = methods.into_iter().find(|known| *known == method);
        let request = Request {
            method: method.unwrap_or("other"),
            route: route.to_owned(),
            status: match status / 100 {
                1 => "1xx",
                2 => "2xx",
                3 => "3xx",
                4 => "4xx",
                _ => "5xx",
            },
        };
        let timing = self.requests.get_or_create(&request);
        timing.observe(took.as_secs_f64());
    }

    /// A batch was taken in and answered.
    pub(crate) fn batch(&self, took: Duration) {
        self.batch.observe(took.as_secs_f64());
    }

    /// A transaction was committed.
    pub(crate) fn committed(&self, took: Duration) {
        self.commit.observe(took.as_secs_f64());
    }

    /// Those who follow a document in sessions were told of a change.
    pub(crate) fn told_of_change(&self, after: Duration) {
        let timing = self.subscription.get_or_create(&[("to", "session")]);
        timing.observe(after.as_secs_f64());
    }

    /// Somebody who listens was told of an event.
    pub(crate) fn told_of_event(&self, after: Duration) {
        let timing = self.subscription.get_or_create(&[("to", "stream")]);
        timing.observe(after.as_secs_f64());
    }

    /// Something was written, or was to be.
    pub(crate) fn mutation(&self, door: Door, taken: bool) {
        let door = [("door", door.as_str())];
        self.mutations.get_or_create(&door).inc();
        if !taken {
            self.mutation_errors.get_or_create(&door).inc();
        }
    }

    /// Changes were refused.
    pub(crate) fn refused(&self, reason: &'static str) {
        self.refusals.get_or_create(&[("reason", reason)]).inc();
    }

    /// A session was ended.
    pub(crate) fn session_ended(&self, reason: &'static str) {
        self.session_ends.get_or_create(&[("reason", reason)]).inc();
    }

    /// Somebody did something.
    pub(crate) fn activity(&self, action: ActivityAction) {
        let action = [("action", action.as_str())];
        self.activity.get_or_create(&action).inc();
    }

    /// A webhook was tried.
    pub(crate) fn attempted(&self, attempt: Attempt) {
        let outcome = match attempt {
            Attempt::Delivered => "delivered",
            Attempt::Failed => "failed",
            Attempt::Dead => "dead",
        };
        self.attempts.get_or_create(&[("outcome", outcome)]).inc();
    }

    /// What a client measured.
    pub(crate) fn client_timing(&self, what: Timed, route: Route, took: Duration) {
        let labels = ClientTiming::new(what, route);
        let timing = self.client_timings.get_or_create(&labels);
        timing.observe(took.as_secs_f64());
    }

    /// How many views a client opened and how many errors it met.
    pub(crate) fn client_counts(&self, route: Route, views: u64, errors: u64) {
        let labels = ClientError::new(route);
        self.client_requests.get_or_create(&labels).inc_by(views);
        self.client_errors.get_or_create(&labels).inc_by(errors);
    }

    /// Counts a listener for as long as what it gives is held.
    pub(crate) fn stream(self: &Arc<Self>) -> Listener {
        self.streams.inc();
        Listener(Arc::clone(self))
    }

    /// Notes what stands at a scrape, and writes everything in the OpenMetrics text format.
    pub(crate) fn write(&self, now: &Scraped) -> Result<String, std::fmt::Error> {
        let set = |gauge: &Gauge, value: u64| {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        for (kind, sessions) in [("signed", now.engine.signed), ("token", now.engine.token)] {
            set(&self.sessions.get_or_create(&[("kind", kind)]), sessions);
        }
        set(&self.presence, now.engine.present);
        set(&self.quarantined, now.engine.quarantined);
        for (queue, depth) in [
            ("engine", now.engine_queue),
            ("webhooks", now.webhooks.waiting),
        ] {
            set(&self.queues.get_or_create(&[("queue", queue)]), depth);
        }
        set(&self.dead, now.webhooks.dead);
        set(&self.disabled, now.webhooks.disabled);
        if let Some(found) = &now.integrity {
            self.note_integrity(found);
        }
        let mut written = String::new();
        text::encode(&mut written, &self.registry)?;
        Ok(written)
    }

    fn note_integrity(&self, found: &Integrity) {
        let set = |gauge: &Gauge, value: u64| {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        for (kind, count) in [
            ("invalid_assignee", found.invalid_assignees),
            ("duplicate_activity", found.duplicate_activities),
            ("out_of_order_timestamp", found.out_of_order),
            ("timestamp_ahead", found.ahead),
        ] {
            set(&self.integrity.get_or_create(&[("kind", kind)]), count);
        }
        set(&self.assigned, found.assigned);
        let share = match found.assigned {
            0 => 0.0,
            #[allow(clippy::cast_precision_loss, reason = "a share needs no more")]
            assigned => found.invalid_assignees as f64 / assigned as f64,
        };
        self.invalid_share.set(share);
    }
}

/// Counts one who listens, as long as it is held.
#[derive(Debug)]
pub(crate) struct Listener(Arc<Metrics>);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.streams.dec();
    }
}
