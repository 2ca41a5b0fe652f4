//! The way to the relay: the engine's client loop, run to its end on this thread.

use std::future::Future;
use std::time::Duration;

use poo_core::document::DocumentId;
use poo_core::replica::{Keyring, Link, Replica};

/// How a relay is reached.
#[derive(Debug, Clone)]
#[allow(dead_code, reason = "read once the client loop is here")]
pub(crate) struct Options {
    /// How long to wait for an answer.
    pub(crate) timeout: Duration,
    /// Whether an unencrypted connection may leave this machine.
    pub(crate) allow_insecure: bool,
}

/// What one sync did.
#[derive(Debug, Clone, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SyncReport {
    /// Changes that came.
    pub(crate) received: u64,
    /// Changes that went.
    pub(crate) sent: u64,
    /// What the relay refused, and why.
    pub(crate) refused: Vec<String>,
}

/// Something that happened while watching.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {}

/// The relay could not be reached, or did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NetError {
    /// There is no connection.
    #[error("the relay cannot be reached")]
    Offline,
    /// The runtime could not start.
    #[error("cannot start networking: {0}")]
    Runtime(std::io::Error),
}

impl NetError {
    /// Whether the relay could not be reached.
    pub(crate) fn is_offline(&self) -> bool {
        matches!(self, Self::Offline)
    }

    /// Whether the relay said no.
    pub(crate) fn is_refused(&self) -> bool {
        false
    }
}

/// Runs network work to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, NetError>>) -> Result<T, NetError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(NetError::Runtime)?
        .block_on(work)
}

/// Exchanges everything with the relay, once.
pub(crate) async fn sync(_: &mut Replica, _: &Options) -> Result<SyncReport, NetError> {
    Err(NetError::Offline)
}

/// Stays connected until `stop` is done.
pub(crate) async fn watch(
    _: &mut Replica,
    _: &Options,
    _on_event: impl FnMut(Event),
    _stop: impl Future,
) -> Result<(), NetError> {
    Err(NetError::Offline)
}

/// Uses an invite.
pub(crate) async fn redeem(_: &mut Replica, _: &Link, _: &Options) -> Result<DocumentId, NetError> {
    Err(NetError::Offline)
}

/// Asks to become a device of the identity that gave the link, and waits until it is.
pub(crate) async fn join_device(
    _: &Keyring,
    _: &str,
    _: &Link,
    _: &Options,
) -> Result<(), NetError> {
    Err(NetError::Offline)
}

/// Waits for the device that uses the link, and certifies it. Gives its name.
pub(crate) async fn await_device(
    _: &mut Replica,
    _: &Link,
    _: &Options,
) -> Result<String, NetError> {
    Err(NetError::Offline)
}

/// What a person reads about an event.
pub(crate) fn said(_: &Event) -> String {
    String::new()
}
