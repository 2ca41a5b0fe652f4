//! The REST API under `/api/v1`: the engine's commands and queries for callers who speak HTTP and
//! cannot sign. What they write becomes changes like any other, witnessed by this relay.
//!
//! What only reads is answered by reader threads from committed state; what writes is carried out
//! by the engine's thread in its next batch, and answered when that is on disk.

mod account;
mod agents;
mod auth;
mod hooks;
mod input;
mod key_routes;
mod lists;
mod live;
mod pages;
mod presence;
mod problem;
mod readers;
mod reply;
mod said;
mod sealing;
mod tasks;
mod telemetry;
mod tickets;
mod work;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, IF_MATCH, IF_NONE_MATCH};
use axum::http::{Method, StatusCode};
use axum::middleware;
use axum::routing::any;
use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::model::{Answer, Command, Outcome, Query};
use poo_core::replica::{Env, Replica};
use poo_core::store::StoreError;
use poo_core::sync::PersonHere;
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use rusqlite::{OptionalExtension as _, params};
use tokio::sync::{mpsc, oneshot, watch};
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};
use tower_http::timeout::TimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

pub(crate) use self::auth::Peer;
pub(crate) use self::auth::keys::hosted;
use self::auth::token::Kind;
use self::auth::{Caller, Credential, Limits, keys};
use self::input::Key;
use self::problem::{Code, Problem};
pub(crate) use self::readers::Readers;
use self::reply::Reply;
pub(crate) use self::sealing::Sealer;
pub use self::sealing::{MasterKeyError, MasterKeySource};
use crate::engine::{Input, Turn, work};
use crate::events::{Feed, Listeners};
use crate::metrics::{Door, Metrics};
use crate::webhooks::Webhooks;

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long the answer to a POST is kept under its key, in milliseconds: a day.
const REPLY_KEPT_MS: i64 = 24 * 3_600_000;

/// Makes the tables that the API keeps beside the documents.
pub(crate) fn prepare(replica: &Replica) -> Result<(), StoreError> {
    let conn = replica.host_tables();
    Ok(conn.execute_batch(include_str!("schema.sql"))?)
}

/// Takes the master key from where it is, and sees that it opens what is sealed.
pub(crate) fn open_sealer(
    replica: &mut Replica,
    data: &Path,
    source: &MasterKeySource,
    before: Option<&Path>,
    env: &mut Env<'_>,
) -> Result<Sealer, MasterKeyError> {
    let sealer = Sealer::open(source, data, env)?;
    let before = before.map(Sealer::from_file).transpose()?;
    let conn = replica.host_tables();
    let transaction = conn.unchecked_transaction()?;
    sealer.take_over(&transaction, before.as_ref(), env)?;
    transaction.commit()?;
    Ok(sealer)
}

/// What every handler shares.
#[derive(Clone)]
pub(crate) struct Api {
    inner: Arc<Inner>,
}

struct Inner {
    engine: mpsc::Sender<Input>,
    readers: Readers,
    relay: Did,
    url: String,
    sealer: Arc<Sealer>,
    limits: Limits,
    random: SystemRandom,
    /// Seals challenges; another one after every start.
    challenges: hmac::Key,
    feed: Feed,
    webhooks: Webhooks,
    metrics: Arc<Metrics>,
    listeners: Listeners,
    /// Moves on when credentials were taken away.
    taken_away: watch::Sender<u64>,
    stop: watch::Receiver<bool>,
}

/// What the API stands on.
pub(crate) struct Ground {
    pub(crate) engine: mpsc::Sender<Input>,
    pub(crate) readers: Readers,
    pub(crate) relay: Did,
    pub(crate) url: String,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) feed: Feed,
    pub(crate) webhooks: Webhooks,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) stop: watch::Receiver<bool>,
    /// How many requests one caller has in a minute.
    pub(crate) requests: u32,
}

impl Api {
    pub(crate) fn start(ground: Ground) -> std::io::Result<Self> {
        let random = SystemRandom::new();
        let challenges = hmac::Key::generate(hmac::HMAC_SHA256, &random)
            .map_err(|_| std::io::Error::other("the system gives no randomness"))?;
        Ok(Self {
            inner: Arc::new(Inner {
                engine: ground.engine,
                readers: ground.readers,
                relay: ground.relay,
                url: ground.url,
                sealer: ground.sealer,
                limits: Limits::new(ground.requests),
                random,
                challenges,
                feed: ground.feed,
                webhooks: ground.webhooks,
                metrics: ground.metrics,
                listeners: Listeners::default(),
                taken_away: watch::channel(0).0,
                stop: ground.stop,
            }),
        })
    }

    fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    fn sealer(&self) -> Arc<Sealer> {
        Arc::clone(&self.inner.sealer)
    }

    /// Where clients reach this relay.
    fn url(&self) -> &str {
        &self.inner.url
    }

    /// Counts a note that a caller writes.
    fn take_note(&self, caller: &Caller) -> Result<(), Problem> {
        self.inner.limits.take_note(&caller.did)
    }

    /// Who this relay is.
    fn relay(&self) -> Did {
        self.inner.relay
    }

    /// A challenge to sign, and when it ends.
    fn challenge(&self) -> (String, i64) {
        let mut nonce = [0; 16];
        if self.inner.random.fill(&mut nonce).is_err() {
            tracing::error!("the system gives no randomness");
        }
        auth::sign_in::make_challenge(&self.inner.challenges, nonce, now())
    }

    /// When a challenge ends, if it is one of ours.
    fn challenge_ends(&self, challenge: &str) -> Option<i64> {
        auth::sign_in::read_challenge(&self.inner.challenges, challenge)
    }

    /// A name for a request.
    fn request_name(&self) -> String {
        let mut bytes = [0; 12];
        if self.inner.random.fill(&mut bytes).is_err() {
            tracing::error!("the system gives no randomness");
        }
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whose credentials these are, if they hold.
    async fn resolve(&self, credential: Credential) -> Result<Option<Caller>, Problem> {
        let token = match credential {
            Credential::Token(token) => token,
            Credential::Signed(text) => return self.resolve_signed(text).await,
            Credential::Unknown => return Ok(None),
        };
        let sealer = Arc::clone(&self.inner.sealer);
        let resolved =
            self.inner
                .readers
                .ask(move |replica: &mut Replica, now| -> Result<_, Problem> {
                    match token.kind {
                        Kind::Key => keys::bearer(replica.host_tables(), &token, &sealer, now),
                        Kind::Session => {
                            let Some((did, device)) =
                                keys::session(replica.host_tables(), &token, now)?
                            else {
                                return Ok(None);
                            };
                            // It ends with the device that began it.
                            let holds = replica.speaks_for(&device, &did)?;
                            Ok(holds.then(|| (Caller::person(did, Some(token.id)), false)))
                        }
                    }
                });
        let Some((caller, worth_noting)) = resolved.await?? else {
            return Ok(None);
        };
        if worth_noting {
            self.note_use(caller.clone());
        }
        Ok(Some(caller))
    }

    async fn resolve_signed(&self, text: String) -> Result<Option<Caller>, Problem> {
        let relay = self.inner.relay;
        self.work(move |turn| {
            let now = turn.env.now;
            let Some(signed) = auth::read_signed(&text, &relay, now.as_millisecond()) else {
                return Ok(None);
            };
            let holds = turn
                .replica
                .speaks_for(&signed.signer.key(), &signed.issuer)?;
            let conn = turn.replica.host_tables();
            let first = holds && keys::spend(conn, &signed.name, signed.expires_at_ms, now)?;
            Ok(first.then(|| Caller::person(signed.issuer, None)))
        })
        .await
    }

    /// Notes that a key was used, when the engine has time. Nobody waits for it.
    fn note_use(&self, caller: Caller) {
        let (work, _) = work(move |turn: &mut Turn<'_>| {
            let now = turn.env.now;
            keys::note_use(turn.replica.host_tables(), &caller, now).map_err(StoreError::from)
        });
        if self.inner.engine.try_send(Input::Work(work)).is_err() {
            tracing::debug!("the use of a key is not noted: the engine is busy");
        }
    }

    /// Has the engine do something in the transaction of a batch.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Turn<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (work, answer) = work(job);
        let sent = self.inner.engine.send(Input::Work(work)).await;
        sent.map_err(|_| Problem::unavailable())?;
        answer.await.map_err(|_| Problem::unavailable())?
    }

    /// Who looks at a list, as far as they say so.
    pub(crate) async fn who_is_here(&self, list: DocumentId) -> Result<Vec<PersonHere>, Problem> {
        let (answer, asked) = oneshot::channel();
        let sent = self.inner.engine.send(Input::Here { list, answer }).await;
        sent.map_err(|_| Problem::unavailable())?;
        let here = asked.await.map_err(|_| Problem::unavailable())?;
        Ok(here?)
    }

    /// Answers from committed state, in the view of the caller.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        caller: &Caller,
        question: impl FnOnce(&mut View<'_>) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let caller = caller.clone();
        let asked = self.inner.readers.ask(move |replica, now| {
            question(&mut View {
                replica,
                now,
                caller: &caller,
            })
        });
        asked.await?
    }

    /// Does something for the caller, once: with a key that was there before, the answer of then
    /// is given again.
    pub(crate) async fn write(
        &self,
        caller: &Caller,
        once: Key,
        job: impl FnOnce(&mut Hand<'_, '_>) -> Result<Reply, Problem> + Send + 'static,
    ) -> Result<Reply, Problem> {
        self.once(caller, once, job, Reply::clone).await
    }

    /// The same for an answer that holds a secret, which is not kept.
    pub(crate) async fn write_secret(
        &self,
        caller: &Caller,
        once: Key,
        job: impl FnOnce(&mut Hand<'_, '_>) -> Result<Reply, Problem> + Send + 'static,
    ) -> Result<Reply, Problem> {
        self.once(caller, once, job, without_secret).await
    }

    async fn once(
        &self,
        caller: &Caller,
        once: Key,
        job: impl FnOnce(&mut Hand<'_, '_>) -> Result<Reply, Problem> + Send + 'static,
        kept: fn(&Reply) -> Reply,
    ) -> Result<Reply, Problem> {
        let caller = caller.clone();
        let done = self.work(move |turn| {
            if let Some(reply) = replay(turn, &caller, &once)? {
                return Ok(reply);
            }
            let reply = job(&mut Hand {
                turn,
                caller: &caller,
            })?;
            keep(turn, &caller, &once, &kept(&reply))?;
            Ok(reply)
        });
        let done = done.await;
        let failed = done.as_ref().is_err_and(Problem::is_ours);
        self.inner.metrics.mutation(Door::Api, !failed);
        done
    }
}

/// An answer without what is shown once only.
fn without_secret(reply: &Reply) -> Reply {
    let body = reply.body.as_deref().and_then(|body| {
        let mut value: serde_json::Value = serde_json::from_str(body).ok()?;
        value.as_object_mut()?.remove("secret");
        Some(value.to_string())
    });
    Reply {
        body,
        ..reply.clone()
    }
}

fn replay(turn: &mut Turn<'_>, caller: &Caller, once: &Key) -> Result<Option<Reply>, Problem> {
    let Some(key) = &once.key else {
        return Ok(None);
    };
    let found = turn
        .replica
        .host_tables()
        .prepare_cached(
            "SELECT fingerprint, status, body, etag, location FROM host_reply
             WHERE did = ?1 AND key = ?2 AND expires_at > ?3",
        )?
        .query_row(
            params![
                caller.did.key().as_ref(),
                key,
                turn.env.now.as_millisecond()
            ],
            |row| {
                let reply = Reply {
                    status: StatusCode::from_u16(row.get(1)?).unwrap_or(StatusCode::OK),
                    body: row.get(2)?,
                    etag: row.get(3)?,
                    location: row.get(4)?,
                    again: true,
                };
                Ok((row.get::<_, Vec<u8>>(0)?, reply))
            },
        )
        .optional()?;
    match found {
        None => Ok(None),
        Some((fingerprint, reply)) if fingerprint == once.fingerprint => Ok(Some(reply)),
        Some(_) => Err(Problem::new(
            Code::IdempotencyMismatch,
            "this key came with another request before: take a fresh one",
        )
        .at("Idempotency-Key")),
    }
}

fn keep(turn: &mut Turn<'_>, caller: &Caller, once: &Key, reply: &Reply) -> Result<(), Problem> {
    let Some(key) = &once.key else { return Ok(()) };
    let now = turn.env.now.as_millisecond();
    let conn = turn.replica.host_tables();
    conn.prepare_cached("DELETE FROM host_reply WHERE expires_at <= ?1")?
        .execute([now])?;
    conn.prepare_cached(
        "INSERT INTO host_reply (did, key, fingerprint, status, body, etag, location, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        caller.did.key().as_ref(),
        key,
        once.fingerprint,
        reply.status.as_u16(),
        reply.body,
        reply.etag,
        reply.location,
        now + REPLY_KEPT_MS
    ])?;
    Ok(())
}

/// What a caller may see.
pub(crate) struct View<'a> {
    pub(crate) replica: &'a mut Replica,
    pub(crate) now: Timestamp,
    pub(crate) caller: &'a Caller,
}

impl View<'_> {
    /// Answers a query as it looks to the caller.
    pub(crate) fn query(&mut self, query: &Query) -> Result<Answer, Problem> {
        Ok(self.caller.behalf(self.replica).query(query, self.now)?)
    }
}

/// What acts for a caller.
pub(crate) struct Hand<'a, 'b> {
    pub(crate) turn: &'a mut Turn<'b>,
    pub(crate) caller: &'a Caller,
}

impl Hand<'_, '_> {
    /// What the caller sees now.
    pub(crate) fn view(&mut self) -> View<'_> {
        View {
            now: self.turn.env.now,
            replica: self.turn.replica,
            caller: self.caller,
        }
    }

    /// Carries out a command on a list; everybody who follows the list hears of it.
    pub(crate) fn execute(
        &mut self,
        list: &DocumentId,
        command: &Command,
    ) -> Result<Outcome, Problem> {
        let (outcome, _) = self.act(command)?;
        self.turn.changed(*list);
        Ok(outcome)
    }

    /// Carries out a command for the caller, and says which space is theirs.
    fn act(&mut self, command: &Command) -> Result<(Outcome, DocumentId), Problem> {
        let mut behalf = self.caller.behalf(self.turn.replica);
        let outcome = behalf.execute(command, &mut self.turn.env)?;
        Ok((outcome, behalf.space()))
    }
}

/// The time now.
#[allow(
    clippy::disallowed_methods,
    reason = "the edge where the relay meets the clock"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

/// A time as it stands in JSON.
fn time(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{at:.3}")
}

/// An answer to a query was not the one that the query asks for: which cannot be.
pub(crate) fn unexpected() -> Problem {
    Problem::new(Code::Internal, "the engine answered another question")
}

/// The routes, and the pages that describe them.
pub(crate) fn router(api: &Api, origins: &[String]) -> Router {
    let (router, document) = routes().split_for_parts();
    let documents = pages::router(&document);
    let router = router
        .with_state(api.clone())
        .merge(documents)
        .route(
            "/api/v1/{*rest}",
            any(|| async { Problem::not_found("address") }),
        )
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            TIMEOUT,
        ))
        .layer(middleware::from_fn_with_state(api.clone(), auth::layer))
        .layer(CompressionLayer::new());
    match origins {
        [] => router,
        origins => router.layer(cors(origins)),
    }
}

/// The routes with what describes them.
fn routes() -> OpenApiRouter<Api> {
    let all = OpenApiRouter::new()
        .merge(auth::sign_in::routes())
        .merge(tasks::routes())
        .merge(work::routes())
        .merge(lists::routes())
        .merge(presence::routes())
        .merge(said::routes())
        .merge(agents::routes())
        .merge(key_routes::routes())
        .merge(live::routes())
        .merge(hooks::routes())
        .merge(telemetry::routes())
        .merge(tickets::routes())
        .merge(account::routes());
    OpenApiRouter::with_openapi(pages::about()).nest("/api/v1", all)
}

fn cors(origins: &[String]) -> CorsLayer {
    let allowed = match origins.iter().any(|origin| origin == "*") {
        true => AllowOrigin::any(),
        false => AllowOrigin::list(origins.iter().filter_map(|origin| origin.parse().ok())),
    };
    // The wildcard would not stand for `Authorization`.
    let headers = [
        AUTHORIZATION,
        CONTENT_TYPE,
        IF_MATCH,
        IF_NONE_MATCH,
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("last-event-id"),
        HeaderName::from_static("x-api-key"),
    ];
    CorsLayer::new()
        .allow_origin(allowed)
        .allow_methods([Method::GET, Method::POST, Method::PATCH, Method::DELETE])
        .allow_headers(headers)
        .expose_headers(Any)
        .max_age(Duration::from_secs(3_600))
}
