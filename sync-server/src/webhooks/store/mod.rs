//! Endpoints and deliveries at rest, in a database of their own: so that what has to go out costs
//! those who sync nothing. How far the stream of events was put into deliveries stands beside
//! them and moves in the same transaction, so each event is put there once.

mod deliveries;
mod endpoints;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use poo_core::model::EventId;
use poo_core::replica::Env;
use rusqlite::{Connection, OptionalExtension as _, params};

pub(crate) use deliveries::{Delivery, Logged, Outcome, Queued, State, Waiting};
pub(crate) use endpoints::Registered;

use crate::api::Sealer;

/// "poow" in ASCII: marks a SQLite file as one of webhooks.
const APPLICATION_ID: i32 = 0x706f_6f77;
/// The version of the schema.
const VERSION: i64 = 2;
/// The one in which secrets were not sealed.
const UNSEALED: i64 = 1;
/// How long a writer waits for another one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// The database of webhooks cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HooksError {
    /// The file is of another program, or of a newer version of this one.
    #[error("the file is not a database of webhooks that this version knows")]
    Foreign,
    /// Secrets in it were sealed with another key.
    #[error(
        "secrets of webhooks are sealed with another master key: start with that one, or name it with --master-key-before"
    )]
    Sealed,
    /// A secret cannot be sealed or opened.
    #[error("a secret of a webhook cannot be sealed or opened")]
    Cipher,
    /// SQLite failed.
    #[error("the database of webhooks failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The file cannot be made.
    #[error("the database of webhooks cannot be made: {0}")]
    File(#[from] std::io::Error),
}

/// Endpoints and deliveries.
#[derive(Debug)]
pub(crate) struct Store {
    conn: Connection,
    sealer: Arc<Sealer>,
}

impl Store {
    /// Opens or makes the database at `path`. It says who is told of what: only its owner can read
    /// it. The secrets in it are sealed; what `before` sealed is sealed anew.
    pub(crate) fn open(
        path: &Path,
        sealer: Arc<Sealer>,
        before: Option<&Sealer>,
        env: &mut Env<'_>,
    ) -> Result<Self, HooksError> {
        let mut options = std::fs::OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        drop(options.open(path)?);
        let conn = Connection::open(path)?;
        conn.busy_timeout(BUSY_TIMEOUT)?;
        conn.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA secure_delete = ON;
             PRAGMA temp_store = MEMORY;",
        )?;
        let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let id: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        let store = Self { conn, sealer };
        let tx = store.conn.unchecked_transaction()?;
        match (version, id) {
            (0, 0) => {
                tx.execute_batch(include_str!("schema.sql"))?;
                tx.pragma_update(None, "application_id", APPLICATION_ID)?;
            }
            (UNSEALED | VERSION, APPLICATION_ID) => {
                store.take_over(before, version == UNSEALED, env)?;
            }
            _ => return Err(HooksError::Foreign),
        }
        tx.pragma_update(None, "user_version", VERSION)?;
        tx.commit()?;
        // What lay open before is in the log no longer, either.
        let emptied = store
            .conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        emptied.optional()?;
        Ok(store)
    }

    /// Up to which event the stream was put into deliveries.
    pub(crate) fn progress(&self) -> Result<Option<EventId>, HooksError> {
        let text: Option<String> = self
            .conn
            .prepare_cached("SELECT event FROM progress")?
            .query_row([], |row| row.get(0))
            .optional()?;
        Ok(text.and_then(|text| text.parse().ok()))
    }

    /// Before an endpoint begins to get events: where none did so far, the stream begins here.
    pub(crate) fn begin_at(&self, end: &EventId) -> Result<(), HooksError> {
        let busy = self
            .conn
            .prepare_cached("SELECT 1 FROM endpoint WHERE enabled = 1")?
            .exists([])?;
        match busy {
            true => Ok(()),
            false => self.set_progress(end),
        }
    }

    /// Moves on without deliveries.
    pub(crate) fn set_progress(&self, event: &EventId) -> Result<(), HooksError> {
        set_progress(&self.conn, event)
    }
}

fn set_progress(conn: &Connection, event: &EventId) -> Result<(), HooksError> {
    conn.prepare_cached("INSERT OR REPLACE INTO progress (only, event) VALUES (1, ?1)")?
        .execute(params![event.to_string()])?;
    Ok(())
}
