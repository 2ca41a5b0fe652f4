//! What native programs share: the websocket client loop of the command line and the phone, and
//! the machine's clock and randomness, which the relay needs too.
//!
//! Here, and only here, the engine meets the clock and the network. Each function drives a
//! [`Session`](crate::sync::Session) and returns when its goal is reached.

mod attend;
mod connection;
mod error;
mod files;
mod goals;
mod system;

use core::time::Duration;

pub use attend::{News, attend};
pub use error::NetError;
pub use files::{fetch_file, sync_with_files};
pub use goals::{admit, await_device, join_device, redeem, sync, watch};
pub use system::System;

use crate::replica::FetchFiles;

/// How a relay is reached.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long the relay may be silent before it counts as away.
    pub timeout: Duration,
    /// Whether an unencrypted connection may leave this machine.
    pub allow_insecure: bool,
    /// Which files are fetched that nobody asked for yet.
    pub files: FetchFiles,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(20),
            allow_insecure: false,
            files: FetchFiles::default(),
        }
    }
}

/// What one sync did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SyncReport {
    /// Changes that came.
    pub received: u64,
    /// Changes that went.
    pub sent: u64,
    /// Documents of which the relay has everything now.
    pub acknowledged: u64,
    /// Commands that were made again, since another copy of this device had written.
    pub reauthored: u64,
    /// The names of those that could not be made again, since what they worked on is gone.
    pub lost: Vec<String>,
    /// Files that the relay keeps since now.
    pub files_sent: u64,
    /// Files that were fetched.
    pub files_received: u64,
    /// What the relay refused, and why.
    pub refused: Vec<Refused>,
    /// How far the relay's clock is ahead of this one, in milliseconds.
    pub clock_offset_ms: i64,
}

/// Something that the relay refused.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    /// Of which document.
    pub document: crate::document::DocumentId,
    /// A short name that does not change between versions.
    pub code: String,
    /// In words.
    pub message: String,
}
