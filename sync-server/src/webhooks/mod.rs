//! Webhooks: events that go out to other people's programs.
//!
//! A delivery is a row in a database before anything is sent, and it is put there in the same
//! transaction that moves on in the stream of events: so whatever happens to this program, an
//! event reaches its endpoint at least once, always under the same id.

mod client;
mod courier;
mod endpoint;
mod guard;
mod payload;
mod retry;
mod signature;
mod store;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use poo_core::net::System;
use poo_core::replica::Env;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use guard::{Network, NetworkError};
pub use retry::Retries;

pub(crate) use endpoint::{Endpoint, Format, Wish};
pub(crate) use guard::{GuardError, Target};
pub(crate) use signature::Secret;
pub(crate) use store::{HooksError, Logged, Registered, State, Waiting};

use client::Client;
use courier::Courier;
use guard::Guard;
use store::{Queued, Store};

use crate::api::Sealer;
use crate::engine::EngineError;
use crate::events::Feed;
use crate::metrics::Metrics;

/// How webhooks behave.
#[derive(Debug, Clone, Default)]
pub struct WebhookSettings {
    /// Where they may go beyond the public network.
    pub networks: Vec<Network>,
    /// A file of certificates, as PEM, of authorities that they trust beside the public ones.
    pub roots: Option<PathBuf>,
    /// How often, and when, a delivery is tried again.
    pub retries: Retries,
}

/// The database of webhooks, for whoever needs it, one at a time.
#[derive(Debug, Clone)]
pub(super) struct Desk {
    inner: Arc<Mutex<(Store, System)>>,
}

impl Desk {
    /// Does something with the database, on a thread that may wait for the disk.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store, &mut Env<'_>) -> Result<T, HooksError> + Send + 'static,
    ) -> Result<T, HooksError> {
        let desk = self.clone();
        let done = tokio::task::spawn_blocking(move || desk.now(work));
        match done.await {
            Ok(done) => done,
            Err(error) => Err(HooksError::File(std::io::Error::other(error))),
        }
    }

    /// The same on a thread that may wait for the disk.
    fn now<T>(
        &self,
        work: impl FnOnce(&Store, &mut Env<'_>) -> Result<T, HooksError>,
    ) -> Result<T, HooksError> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let (store, system) = &mut *inner;
        work(store, &mut system.env())
    }
}

/// Webhooks, for those who register and look after them.
#[derive(Debug, Clone)]
pub(crate) struct Webhooks {
    desk: Desk,
    client: Client,
    nudge: Arc<watch::Sender<u64>>,
}

impl Webhooks {
    /// Opens the database at `path` and begins to deliver.
    pub(crate) fn start(
        path: &Path,
        (sealer, before): (Arc<Sealer>, Option<&Sealer>),
        settings: &WebhookSettings,
        feed: Feed,
        metrics: Arc<Metrics>,
        stop: watch::Receiver<bool>,
    ) -> Result<(Self, JoinHandle<()>), EngineError> {
        let refused = |e: &dyn std::fmt::Display| EngineError::System(e.to_string());
        let mut system = System::new().map_err(|e| refused(&e))?;
        let store =
            Store::open(path, sealer, before, &mut system.env()).map_err(|e| refused(&e))?;
        let guard = Guard {
            allowed: settings.networks.clone(),
        };
        let roots = settings.roots.as_deref();
        let client = Client::new(guard, roots).map_err(|e| refused(&e))?;
        let desk = Desk {
            inner: Arc::new(Mutex::new((store, system))),
        };
        let (nudge, nudged) = watch::channel(0);
        let courier = Courier {
            desk: desk.clone(),
            feed,
            client: client.clone(),
            retries: settings.retries.clone(),
            metrics,
            nudged,
            stop,
        };
        let carrying = tokio::spawn(courier.run());
        let webhooks = Self {
            desk,
            client,
            nudge: Arc::new(nudge),
        };
        Ok((webhooks, carrying))
    }

    /// Looks something up.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store, &mut Env<'_>) -> Result<T, HooksError> + Send + 'static,
    ) -> Result<T, HooksError> {
        self.desk.with(work).await
    }

    /// Changes something. What waits is looked at again afterwards.
    pub(crate) async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store, &mut Env<'_>) -> Result<T, HooksError> + Send + 'static,
    ) -> Result<T, HooksError> {
        let done = self.desk.with(work).await;
        self.look_again();
        done
    }

    /// The same on a thread that may wait for the disk.
    pub(crate) fn now<T>(
        &self,
        work: impl FnOnce(&Store, &mut Env<'_>) -> Result<T, HooksError>,
    ) -> Result<T, HooksError> {
        let done = self.desk.now(work);
        self.look_again();
        done
    }

    fn look_again(&self) {
        self.nudge
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Whether an endpoint may be called, as things are now.
    ///
    /// # Errors
    /// [`GuardError`] says why not.
    pub(crate) async fn check(&self, target: &Target) -> Result<(), GuardError> {
        self.client.check(target).await
    }

    /// Sends an endpoint something that only shows that it can be reached. Gives its id.
    pub(crate) fn ping(&self, endpoint: Endpoint) -> Result<String, HooksError> {
        self.now(|store, env| {
            let mut bytes = [0; 16];
            env.rng.fill_bytes(&mut bytes);
            let digits: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
            let id = format!("msg_{digits}");
            let queued = Queued {
                body: payload::ping(&endpoint, &id, env.now),
                endpoint: endpoint.id,
                id: id.clone(),
                kind: "webhook.ping".to_owned(),
                list: None,
            };
            store.enqueue(&[queued], None, env.now)?;
            Ok(id)
        })
    }

    /// How much waits.
    pub(crate) async fn waiting(&self) -> Result<Waiting, HooksError> {
        self.desk.with(|store, _| store.waiting()).await
    }
}
