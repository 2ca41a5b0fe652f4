//! The way to the relay: the engine's client loop, run to its end on this thread.

use std::future::Future;

pub(crate) use poo_core::net::{
    NetError, Options, SyncReport, admit, await_device, join_device, redeem, sync, watch,
};
use poo_core::sync::Event;

use crate::problem::Problem;

/// Runs network work to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, NetError>>) -> Result<T, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Problem::Runtime)?;
    Ok(runtime.block_on(work)?)
}

/// Something that happened while watching, as it is printed.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(
    tag = "event",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub(crate) enum Seen {
    /// The relay answers.
    Connected {
        /// How far its clock is ahead, in milliseconds.
        clock_offset_ms: i64,
    },
    /// Changes came.
    Changed {
        /// To which document.
        document: String,
        /// How many.
        added: usize,
    },
    /// The relay has everything of a document.
    Acknowledged {
        /// Which document.
        document: String,
    },
    /// The relay refused something.
    Refused {
        /// Of which document.
        document: String,
        /// A short name.
        code: String,
        /// In words.
        message: String,
    },
    /// Commands were made again, since another copy of this device had written.
    Reauthored {
        /// In which document.
        document: String,
        /// How many.
        commands: usize,
    },
}

impl Seen {
    /// What of an event a person wants to see.
    pub(crate) fn of(event: Event) -> Option<Self> {
        Some(match event {
            Event::Connected {
                clock_offset_ms, ..
            } => Self::Connected { clock_offset_ms },
            Event::Changed { document, added } => Self::Changed {
                document: document.to_string(),
                added,
            },
            Event::Acknowledged { document } => Self::Acknowledged {
                document: document.to_string(),
            },
            Event::Refused {
                document,
                code,
                message,
            } => Self::Refused {
                document: document.to_string(),
                code,
                message,
            },
            Event::Reauthored { document, commands } => Self::Reauthored {
                document: document.to_string(),
                commands,
            },
            Event::Ephemeral { .. } | Event::Box { .. } | Event::Admitted { .. } => return None,
        })
    }

    /// What a person reads about it.
    pub(crate) fn said(&self) -> String {
        match self {
            Self::Connected { .. } => "Connected".to_owned(),
            Self::Changed { added, .. } => {
                format!("Received {}", crate::screen::count(*added as u64, "change"))
            }
            Self::Acknowledged { .. } => "All changes saved".to_owned(),
            Self::Refused { message, .. } => format!("Refused: {message}"),
            Self::Reauthored { commands, .. } => format!(
                "Another copy of this device had written: {} made again",
                crate::screen::count(*commands as u64, "command")
            ),
        }
    }
}
