//! The way to the relay: the engine's client loop, run to its end on this thread.

use std::future::Future;

use poo_core::document::DocumentId;
use poo_core::identity::Did;
pub(crate) use poo_core::net::{
    NetError, News, Options, SyncReport, admit, attend, await_device, fetch_file, join_device,
    redeem, sync_with_files, watch,
};
use poo_core::sync::Event;
use serde::Serialize;

use crate::problem::Problem;

/// Runs network work to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, NetError>>) -> Result<T, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Problem::Runtime)?;
    Ok(runtime.block_on(work)?)
}

/// Done when the person, or the system, asks the program to end.
pub(crate) async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler, only the system's own way to end a process is left.
        std::future::pending::<()>().await;
    }
}

/// Something that happened while watching, as programs read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "event",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub(crate) enum Happening {
    /// The relay answered.
    Connected {
        /// Who it is.
        peer: Did,
        /// How far its clock is ahead of this one, in milliseconds.
        clock_offset_ms: i64,
    },
    /// Changes came.
    Changed {
        /// Of which document.
        document: DocumentId,
        /// How many.
        added: usize,
    },
    /// The relay has everything that is here of a document.
    Acknowledged {
        /// The document.
        document: DocumentId,
    },
    /// The relay refused something.
    Refused {
        /// Of which document.
        document: DocumentId,
        /// A short name that does not change between versions.
        code: String,
        /// In words.
        message: String,
    },
    /// Commands were made again, since another copy of this device had written.
    Reauthored {
        /// In which document.
        document: DocumentId,
        /// How many.
        commands: usize,
    },
}

impl Happening {
    /// What concerns whoever watches; the rest is the engine's own business.
    pub(crate) fn of(event: Event) -> Option<Self> {
        match event {
            Event::Connected {
                peer,
                clock_offset_ms,
            } => Some(Self::Connected {
                peer,
                clock_offset_ms,
            }),
            Event::Changed { document, added } => Some(Self::Changed { document, added }),
            Event::Acknowledged { document } => Some(Self::Acknowledged { document }),
            Event::Refused {
                document,
                code,
                message,
            } => Some(Self::Refused {
                document,
                code,
                message,
            }),
            Event::Reauthored { document, commands } => {
                Some(Self::Reauthored { document, commands })
            }
            Event::BlobRefused {
                document,
                code,
                message,
                ..
            } => Some(Self::Refused {
                document,
                code,
                message,
            }),
            Event::Ephemeral { .. }
            | Event::Box { .. }
            | Event::Admitted { .. }
            | Event::BlobProgress { .. }
            | Event::BlobStored { .. }
            | Event::BlobArriving { .. }
            | Event::BlobFetched { .. } => None,
        }
    }
}
