//! Serving the metrics, on an address of their own: they say how much goes on here, which is for
//! whoever runs the relay and for nobody else.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use poo_core::replica::Integrity;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::Metrics;
use crate::engine::{Input, Measured};
use crate::events::Feed;
use crate::socket::stopped;
use crate::webhooks::{Waiting, Webhooks};

/// How long the parts of the relay may take to say how they stand.
const PATIENCE: Duration = Duration::from_secs(5);
/// The format that is written.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// How things stand at a scrape.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scraped {
    pub(crate) engine: Measured,
    pub(crate) engine_queue: u64,
    pub(crate) webhooks: Waiting,
    pub(crate) integrity: Option<Integrity>,
}

/// Whom a scrape asks.
#[derive(Clone)]
pub(crate) struct Sources {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) engine: mpsc::Sender<Input>,
    pub(crate) feed: Feed,
    pub(crate) webhooks: Webhooks,
}

/// Serves until the relay stops.
pub(crate) async fn serve(
    listener: TcpListener,
    sources: Sources,
    mut stop: watch::Receiver<bool>,
) {
    let router = Router::new()
        .route("/metrics", get(scrape))
        .with_state(sources);
    let graceful = async move { stopped(&mut stop).await };
    let served = axum::serve(listener, router).with_graceful_shutdown(graceful);
    if let Err(error) = served.await {
        tracing::error!(%error, "the metrics are served no longer");
    }
}

async fn scrape(State(sources): State<Sources>) -> Response {
    let waiting = sources.engine.max_capacity() - sources.engine.capacity();
    let mut now = Scraped {
        engine_queue: waiting as u64,
        ..Scraped::default()
    };
    let (answer, answered) = oneshot::channel();
    let asked = sources.engine.try_send(Input::Measure { answer }).is_ok();
    match timeout(PATIENCE, answered).await {
        Ok(Ok(measured)) if asked => now.engine = measured,
        // Numbers that nobody gave would look like a relay at rest.
        _ => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
    if let Ok(Ok(found)) = timeout(PATIENCE, sources.feed.integrity()).await {
        now.integrity = Some(found);
    }
    if let Ok(Ok(waiting)) = timeout(PATIENCE, sources.webhooks.waiting()).await {
        now.webhooks = waiting;
    }
    match sources.metrics.write(&now) {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
