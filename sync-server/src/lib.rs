//! The relay: one more peer of everybody, one that never sleeps.
//!
//! Sockets live on tokio's threads and the engine on a thread of its own, so that neither SQLite
//! nor a large merge holds up a socket. The engine's thread takes in the frames of all
//! connections in batches; a batch is one transaction, and nothing leaves before it is on disk.

mod api;
mod config;
mod desk;
mod engine;
mod events;
mod flow;
mod identities;
mod memory;
mod metrics;
mod packing;
mod pages;
mod patience;
mod server;
mod socket;
mod speaker;
mod web;
mod webhooks;

pub use api::{MasterKeyError, MasterKeySource};
pub use config::{Config, ConfigError, Settings};
pub use desk::{Desk, Machine};
pub use engine::EngineError;
pub use identities::Share;
pub use memory::spare_memory;
pub use server::{Server, ServerError};
pub use webhooks::{Network, NetworkError, Retries, WebhookSettings};
