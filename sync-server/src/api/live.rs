//! What happens now: the stream of events, and waiting for work.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::model::{EventFilter, EventId, Task};
use poo_core::replica::{EventsError, Wanted};
use serde::Deserialize;
use tokio::time::{Instant, timeout};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::auth::keys;
use super::auth::{Caller, Scope};
use super::input::{Params, number, truth};
use super::pages::{Denied, Faults, Rejected};
use super::problem::{Code, Problem};
use super::reply::Reply;
use crate::events::{Ended, Feed, FeedError, Filter, Seat, Stream, until_work};
use crate::metrics::Metrics;
use crate::socket::stopped;
use crate::webhooks::Webhooks;

/// The most lists or kinds of events that a filter names.
pub(super) const NAMED_MAX: usize = 100;
/// The longest that somebody may wait for work, in seconds: less than a request may take.
const WAIT_S_MAX: u32 = 25;
/// The most streams and waiting requests of one identity.
const LISTENING_MAX: usize = 64;
/// How long a stream lasts whose caller signed a token of their own: such are short-lived.
const SIGNED_MAX: Duration = Duration::from_secs(5 * 60);
/// How often it is looked at whether credentials still hold that can expire.
const HOLDS_INTERVAL: Duration = Duration::from_secs(10);

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(events))
        .routes(routes!(next_task))
}

/// Which events.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct WhichEvents {
    /// Of these lists only: ids, separated by commas.
    list: Option<String>,
    /// Of these kinds only, separated by commas: `task.completed`, or `task.*` for all about tasks.
    #[serde(rename = "type")]
    #[param(rename = "type")]
    kind: Option<String>,
    /// Only what gives a task to this member: a DID, or `me`.
    assignee: Option<String>,
    /// Behind this event, as the header `Last-Event-ID` says it too; `0` for the beginning of
    /// what this relay has. Without either the stream begins now.
    after: Option<String>,
}

/// Which work, and how long to wait for it.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct WhichWork {
    /// In these lists only: ids, separated by commas.
    list: Option<String>,
    /// Whether a task that nobody has will do, where none is assigned to the caller.
    #[serde(deserialize_with = "truth")]
    unassigned: bool,
    /// How many seconds to wait until there is one: none unless told.
    #[serde(deserialize_with = "number")]
    #[param(value_type = Option<u32>, minimum = 0, maximum = 25)]
    wait: Option<u32>,
}

/// Follow what happens, as server-sent events (text/event-stream). Each has an `id`; a client that
/// comes back with the last one as `Last-Event-ID` gets exactly what it missed, as a browser's
/// `EventSource` does by itself. Data is JSON: the event with its `id`, `type`, `listTitle`,
/// `position` and `activity`. Comments keep a silent stream alive. The stream ends when the
/// credentials do.
#[utoipa::path(
    get, path = "/events", tag = "live", params(WhichEvents, (
        "Last-Event-ID" = Option<String>, Header, description = "The last event that was got."
    )),
    responses(
        (status = OK, content_type = "text/event-stream", body = String),
        (status = GONE, description = "That event is not in this relay's history: begin anew.",
         content_type = "application/problem+json", body = super::problem::ProblemBody),
        Rejected, Denied, Faults
    ),
)]
async fn events(
    State(api): State<Api>,
    caller: Caller,
    headers: HeaderMap,
    which: Params<WhichEvents>,
) -> Result<Response, Problem> {
    caller.needs(Scope::TasksRead)?;
    let which = which.0;
    let filter = Filter {
        lists: lists(which.list.as_deref(), &caller)?,
        kinds: kinds(which.kind.as_deref())?,
        assignee: (which.assignee.as_deref())
            .map(|text| member(text, &caller))
            .transpose()?,
    };
    let feed = api.feed();
    let resumed = match headers.get("last-event-id") {
        Some(value) => Some((value.to_str().unwrap_or("?"), "Last-Event-ID")),
        None => which.after.as_deref().map(|after| (after, "after")),
    };
    let after = match resumed {
        None => feed.end(),
        Some(("0", _)) => EventId::START,
        Some((text, field)) => {
            let id: EventId = text
                .parse()
                .map_err(|error| Problem::invalid(field, format!("{error}")))?;
            // Whether it is of this history is better said with a status than by silence.
            feed.page(&id, None, None, 0).await.map_err(Problem::from)?;
            id
        }
    };
    let Some(place) = api.listen(&caller.did) else {
        let detail = format!("at most {LISTENING_MAX} streams of one identity: end another one");
        return Err(Problem::new(Code::RateLimited, detail).after(10));
    };
    let stream = Stream {
        feed,
        metrics: api.metrics(),
        who: caller.did,
        filter,
        after,
        ended: api.ended(&caller),
    };
    let guard = (place, api.metrics().stream());
    let mut response = Response::new(stream.into_body(guard));
    let sent = response.headers_mut();
    sent.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    sent.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather what is small would hold events back.
    let name = HeaderName::from_static("x-accel-buffering");
    sent.insert(name, HeaderValue::from_static("no"));
    Ok(response)
}

/// Get the next task to do, and wait for one if need be: open, blocked by nothing, in a list where
/// the caller may write; the most urgent first. It is not claimed by this: `claim` does that, and
/// says who was faster. No content: there is nothing to do.
#[utoipa::path(
    get, path = "/tasks/next", tag = "live", params(WhichWork),
    responses(
        (status = OK, body = Task), (status = NO_CONTENT), Rejected, Denied, Faults
    ),
)]
async fn next_task(
    State(api): State<Api>,
    caller: Caller,
    which: Params<WhichWork>,
) -> Result<Response, Problem> {
    caller.needs(Scope::TasksRead)?;
    let which = which.0;
    let wait = which.wait.unwrap_or_default();
    if wait > WAIT_S_MAX {
        let detail = format!("is at most {WAIT_S_MAX} seconds: ask again for more");
        return Err(Problem::invalid("wait", detail));
    }
    let wanted = Wanted {
        who: caller.did,
        lists: lists(which.list.as_deref(), &caller)?,
        unassigned: which.unassigned,
    };
    let Some(_place) = api.listen(&caller.did) else {
        let detail = format!("at most {LISTENING_MAX} requests of one identity wait");
        return Err(Problem::new(Code::RateLimited, detail).after(10));
    };
    let mut ended = api.ended(&caller);
    let wait = Duration::from_secs(wait.into());
    match until_work(&api.feed(), &wanted, wait, &mut ended).await? {
        Some(task) => Ok(Reply::ok(&task)?.into_response()),
        None => Ok(Reply::done().into_response()),
    }
}

impl Api {
    pub(super) fn feed(&self) -> Feed {
        self.inner.feed.clone()
    }

    pub(super) fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.inner.metrics)
    }

    pub(super) fn webhooks(&self) -> &Webhooks {
        &self.inner.webhooks
    }

    /// Credentials were taken away: whoever listens with them hears no more.
    pub(super) fn taken_away(&self) {
        (self.inner.taken_away).send_modify(|count| *count = count.wrapping_add(1));
    }

    fn listen(&self, who: &Did) -> Option<Seat> {
        self.inner.listeners.sit(who, LISTENING_MAX)
    }

    /// Done when somebody may listen no longer: their credentials do not hold, or the relay stops.
    fn ended(&self, caller: &Caller) -> Ended {
        let (api, caller) = (self.clone(), caller.clone());
        let mut stop = self.inner.stop.clone();
        let mut taken_away = self.inner.taken_away.subscribe();
        let begun = Instant::now();
        Box::pin(async move {
            let lapsed = async {
                loop {
                    let looked = timeout(HOLDS_INTERVAL, taken_away.changed()).await;
                    let gone = matches!(looked, Ok(Err(_)));
                    if gone || !api.holds(&caller, begun).await {
                        return;
                    }
                }
            };
            tokio::select! {
                () = stopped(&mut stop) => {}
                () = lapsed => {}
            }
        })
    }

    /// Whether a caller's credentials still hold. Where nobody can tell right now, they do not.
    async fn holds(&self, caller: &Caller, begun: Instant) -> bool {
        if caller.key.is_none() && caller.session.is_none() {
            return begun.elapsed() < SIGNED_MAX;
        }
        let caller = caller.clone();
        let held = self.inner.readers.ask(move |replica, now| {
            let conn = replica.host_tables();
            if let Some(key) = &caller.key {
                return keys::key_holds(conn, key, now);
            }
            match &caller.session {
                Some(session) => match keys::session_of(conn, session, now)? {
                    Some((did, device)) => Ok(replica.speaks_for(&device, &did)?),
                    None => Ok(false),
                },
                None => Ok(false),
            }
        });
        matches!(held.await, Ok(Ok::<_, Problem>(true)))
    }
}

impl From<FeedError> for Problem {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::Events(EventsError::Unknown) => {
                Self::new(Code::Gone, EventsError::Unknown.to_string()).at("Last-Event-ID")
            }
            FeedError::Events(EventsError::Store(error)) | FeedError::Store(error) => error.into(),
            FeedError::Query(error) => error.into(),
            FeedError::Unavailable => Self::unavailable(),
        }
    }
}

/// The lists that a filter names, of those that the key is for.
fn lists(text: Option<&str>, caller: &Caller) -> Result<Option<BTreeSet<DocumentId>>, Problem> {
    let own = caller.lists();
    let Some(text) = text else {
        return Ok(own.cloned());
    };
    let named: BTreeSet<DocumentId> = split(text, "list")?;
    // One that is not theirs to see gives no events, as one that is not there gives none.
    Ok(Some(match own {
        Some(own) => named.intersection(own).copied().collect(),
        None => named,
    }))
}

fn kinds(text: Option<&str>) -> Result<Vec<EventFilter>, Problem> {
    text.map(|text| split(text, "type"))
        .transpose()
        .map(Option::unwrap_or_default)
}

/// Refuses a field that names too many things.
pub(super) fn few(named: usize, field: &str) -> Result<(), Problem> {
    if named <= NAMED_MAX {
        return Ok(());
    }
    let detail = format!("names at most {NAMED_MAX}");
    Err(Problem::invalid(field, detail))
}

fn split<T, C>(text: &str, field: &str) -> Result<C, Problem>
where
    T: core::str::FromStr<Err: core::fmt::Display>,
    C: FromIterator<T>,
{
    let parts: Vec<&str> = text.split(',').collect();
    few(parts.len(), field)?;
    parts
        .into_iter()
        .map(|part| {
            let part = part.trim().parse();
            part.map_err(|error: T::Err| Problem::invalid(field, error.to_string()))
        })
        .collect()
}

/// A member, by DID or as the caller themselves.
pub(super) fn member(text: &str, caller: &Caller) -> Result<Did, Problem> {
    if text == "me" {
        return Ok(caller.did);
    }
    let wrong = |_| Problem::invalid("assignee", "is a DID (did:key:...) or `me`");
    text.parse().map_err(wrong)
}
