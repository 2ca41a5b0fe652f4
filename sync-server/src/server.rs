//! The HTTP side: the websocket endpoint, health, and a page for browsers.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use poo_core::document::limits::{MESSAGE_BYTES_MAX, STOCK_MESSAGE_BYTES_MAX};
use poo_core::identity::Did;
use poo_core::replica::Ticket;
use poo_core::sync::SUBPROTOCOL;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::api::{self, Api, Ground, Peer, Sealer};
use crate::engine::{Engine, EngineError, Input};
use crate::flow::Flow;
use crate::memory;
use crate::metrics::{self, Sources};
use crate::patience::PatientListener;
use crate::webhooks::Webhooks;
use crate::{Config, pages, socket, web};

/// Connections that may be open beside those that sync: for pages, for questions about health, and
/// for telling somebody that there is no room.
const CONNECTIONS_BESIDE: usize = 256;
/// How long the engine may take to say that it is well.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// What a websocket reads at a time, and holds while it is idle.
const READ_BUFFER_BYTES: usize = 2 * 1024;
/// Bytes that wait in a websocket's write buffer at most.
const WRITE_BUFFER_BYTES_MAX: usize = 2 * MESSAGE_BYTES_MAX;

/// The relay cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The engine cannot start.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Serving failed.
    #[error("serving failed: {0}")]
    Serve(#[source] std::io::Error),
}

/// A relay that is ready to serve.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    url: String,
    api: Api,
    api_origins: Vec<String>,
    engine: Engine,
    handshake_timeout: Duration,
    tickets: bool,
    connections: usize,
    webhooks: Webhooks,
    carrying: JoinHandle<()>,
    metrics_listener: Option<TcpListener>,
    stopper: watch::Sender<bool>,
    stop: watch::Receiver<bool>,
}

#[derive(Clone)]
struct Shared {
    engine: mpsc::Sender<Input>,
    stop: watch::Receiver<bool>,
    next: Arc<AtomicU64>,
    /// Room for connections.
    room: Arc<Semaphore>,
    flow: Flow,
    handshake_timeout: Duration,
    tickets: bool,
}

impl Server {
    /// Opens the data and the port.
    ///
    /// # Errors
    /// [`ServerError`] says what is in the way.
    pub async fn bind(config: &Config) -> Result<Self, ServerError> {
        let listen = |source| ServerError::Listen {
            address: config.listen,
            source,
        };
        let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let metrics_listener = match config.metrics_listen {
            None => None,
            Some(address) => {
                let listening = TcpListener::bind(address).await;
                Some(listening.map_err(|source| ServerError::Listen { address, source })?)
            }
        };
        let engine = Engine::start(config)?;
        let url = config
            .public_url
            .clone()
            .unwrap_or_else(|| format!("ws://{address}"));
        let (stopper, stop) = watch::channel(false);
        let before = config.master_key_before.as_deref();
        let before = before.map(Sealer::from_file).transpose();
        let before = before.map_err(EngineError::from)?;
        let (webhooks, carrying) = Webhooks::start(
            &config.data.join("webhooks.db"),
            (Arc::clone(&engine.sealer), before.as_ref()),
            &config.webhooks,
            engine.feed.clone(),
            Arc::clone(&engine.metrics),
            stop.clone(),
        )?;
        let api = Api::start(Ground {
            engine: engine.inputs.clone(),
            readers: engine.readers.clone(),
            relay: engine.did,
            url: url.clone(),
            sealer: Arc::clone(&engine.sealer),
            feed: engine.feed.clone(),
            webhooks: webhooks.clone(),
            metrics: Arc::clone(&engine.metrics),
            stop: stop.clone(),
            requests: config.api_requests,
        });
        let api = api.map_err(|error| EngineError::System(error.to_string()))?;
        Ok(Self {
            listener,
            address,
            url,
            api,
            api_origins: config.api_origins.clone(),
            engine,
            handshake_timeout: config.handshake_timeout,
            tickets: config.tickets,
            connections: config.connections,
            webhooks,
            carrying,
            metrics_listener,
            stopper,
            stop,
        })
    }
    /// Where it serves its metrics, if it does.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_listener.as_ref()?.local_addr().ok()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address for clients.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Who it is.
    #[must_use]
    pub fn did(&self) -> Did {
        self.engine.did
    }

    /// The link for the first person, until it is used.
    #[must_use]
    pub fn setup_link(&self) -> Option<String> {
        self.engine.setup_link(&self.url)
    }

    /// Serves until `shutdown` is done, then lets every batch finish and closes in order.
    ///
    /// # Errors
    /// [`ServerError::Serve`] if the listener fails.
    pub async fn run(
        self,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), ServerError> {
        let (stopper, stop) = (self.stopper, self.stop);
        let metrics = self.metrics_listener.map(|listener| {
            if let Ok(address) = listener.local_addr() {
                tracing::info!("metrics at http://{address}/metrics");
            }
            let sources = Sources {
                metrics: Arc::clone(&self.engine.metrics),
                engine: self.engine.inputs.clone(),
                feed: self.engine.feed.clone(),
                webhooks: self.webhooks,
            };
            tokio::spawn(metrics::serve(listener, sources, stop.clone()))
        });
        let giving_back = tokio::spawn(memory::give_back(stop.clone()));
        let shared = Shared {
            engine: self.engine.inputs.clone(),
            stop,
            next: Arc::new(AtomicU64::new(1)),
            room: Arc::new(Semaphore::new(self.connections)),
            flow: Flow::new(),
            handshake_timeout: self.handshake_timeout,
            tickets: self.tickets,
        };
        let router = Router::new()
            .route(
                "/",
                get(async |headers: HeaderMap| web::app_or(pages::home(), &headers)),
            )
            .route(
                "/join",
                get(async |headers: HeaderMap| web::app_or(pages::join(), &headers)),
            )
            .route(
                "/link",
                get(async |headers: HeaderMap| web::app_or(pages::link(), &headers)),
            )
            .route(
                "/setup",
                get(async |headers: HeaderMap| web::app_or(pages::setup(), &headers)),
            )
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .route("/sync", get(sync))
            .route("/ticket/{ticket}", get(stock))
            .route("/{*file}", get(web::file))
            .with_state(shared)
            .merge(api::router(&self.api, &self.api_origins))
            .layer(from_fn_with_state(
                Arc::clone(&self.engine.metrics),
                metrics::timed,
            ));
        let graceful = async move {
            shutdown.await;
            tracing::info!("stopping");
            if stopper.send(true).is_err() {
                tracing::debug!("no connection is open");
            }
        };
        let most = self.connections + CONNECTIONS_BESIDE;
        let listener = PatientListener::new(self.listener, self.handshake_timeout, most);
        drop(self.api);
        let router = router.into_make_service_with_connect_info::<Peer>();
        let served = axum::serve(listener, router)
            .with_graceful_shutdown(graceful)
            .await
            .map_err(ServerError::Serve);
        let beside = [Some(self.carrying), metrics, Some(giving_back)];
        for beside in beside.into_iter().flatten() {
            if let Err(error) = beside.await {
                tracing::error!(%error, "a part of the relay did not end in order");
            }
        }
        self.engine.stop().await;
        served
    }
}

async fn ready(State(shared): State<Shared>) -> Response {
    let (answer, answered) = oneshot::channel();
    let asked = shared.engine.try_send(Input::Probe { answer }).is_ok();
    let well = asked
        && matches!(
            tokio::time::timeout(PROBE_TIMEOUT, answered).await,
            Ok(Ok(true))
        );
    if well {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
    }
}

async fn sync(State(shared): State<Shared>, upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade.protocols([SUBPROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        return (
            StatusCode::BAD_REQUEST,
            format!("this relay speaks the websocket subprotocol {SUBPROTOCOL}\n"),
        )
            .into_response();
    }
    serve(shared, upgrade, None)
}

/// A client that speaks the automerge-repo protocol. Whether its ticket still holds is judged by
/// the engine, which knows the device that signed it.
async fn stock(
    State(shared): State<Shared>,
    Path(ticket): Path<String>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !shared.tickets {
        return (StatusCode::NOT_FOUND, "this relay takes no tickets\n").into_response();
    }
    match ticket.parse::<Ticket>() {
        Ok(ticket) => serve(shared, upgrade, Some(ticket)),
        Err(error) => (StatusCode::UNAUTHORIZED, format!("{error}\n")).into_response(),
    }
}

fn serve(shared: Shared, upgrade: WebSocketUpgrade, ticket: Option<Ticket>) -> Response {
    let Ok(room) = Arc::clone(&shared.room).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many connections\n").into_response();
    };
    let largest = match ticket {
        Some(_) => STOCK_MESSAGE_BYTES_MAX,
        None => MESSAGE_BYTES_MAX,
    };
    let upgrade = upgrade
        .max_message_size(largest)
        .max_frame_size(largest)
        .read_buffer_size(READ_BUFFER_BYTES)
        // Each frame goes out at once, so there is nothing to gather.
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX);
    upgrade.on_upgrade(move |websocket| async move {
        let id = shared.next.fetch_add(1, Ordering::Relaxed);
        let line = socket::Line {
            id,
            engine: shared.engine,
            flow: shared.flow.connection(),
            ticket,
            handshake_timeout: shared.handshake_timeout,
            room,
        };
        // A task of its own: this one holds what the handshake needed, and ends here.
        tokio::spawn(socket::serve(websocket, line, shared.stop));
    })
}
