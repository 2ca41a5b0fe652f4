//! Documents at rest: one SQLite file that holds the log, the signatures and what follows.
//!
//! The log is the document. Beside every change's own bytes stands an index of operations, so
//! that checking, applying and writing a change needs no loaded Automerge document. Read models
//! follow from the index and can be made again at any time.

mod accept;
mod actors;
mod blob_reader;
pub(crate) mod blobs;
mod causal;
mod clock;
mod derived;
mod documents;
mod draft;
mod fallen;
mod forks;
mod held;
mod invert;
mod log;
mod ops;
mod outrank;
mod quarantine;
mod rebuild;
mod refusal;
mod schema;
mod sql;
pub(crate) mod statements;
#[cfg(test)]
mod tests;
mod text;
mod tips;
mod value;

use std::path::Path;

use rusqlite::Connection;

pub use blob_reader::BlobReader;

pub(crate) use accept::Acceptor;
pub(crate) use actors::{ActorRow, Actors};
pub(crate) use clock::{Clock, find_change};
#[cfg(test)]
pub(crate) use derived::{Moved, refresh_lifted};
pub(crate) use derived::{
    StoredAttachment, StoredConflict, digests, lifted, maps, refresh, refresh_members,
};
pub(crate) use documents::DocumentRow;
pub(crate) use draft::{Draft, Target};
pub(crate) use fallen::evidence;
pub(crate) use forks::dependents;
pub(crate) use held::closed_times;
pub(crate) use invert::invert;
pub use ops::OpError;
pub(crate) use ops::Touched;
pub(crate) use outrank::{Terms, outrank};
pub(crate) use quarantine::Quarantine;
pub(crate) use rebuild::{give_birth, recount, replay, rewind_actors};
pub use refusal::Refusal;
pub(crate) use sql::{blob, opt_blob, parsed, run};
pub(crate) use tips::{nearest_tip, put_tip, read_tip};

/// The database cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Written by a newer version.
    #[error(
        "the database has schema version {found} and this program knows {known}: update the program; the data is untouched"
    )]
    Newer {
        /// The version in the file.
        found: i64,
        /// The latest that is known here.
        known: i64,
    },
    /// Not a database of this program.
    #[error("the file is not a Poo App database; it is left as it is")]
    Foreign,
    /// A file without content, where a database is expected.
    #[error(
        "the database file is empty: something has emptied it, or it was never finished. Put a backup in its place, or remove it to begin with none"
    )]
    Empty,
    /// What is stored contradicts itself.
    #[error("the database is damaged ({0})")]
    Damaged(String),
    /// No room is left on the disk.
    #[error("the disk is full: make room and try again; nothing was changed")]
    Full,
    /// The disk cannot be read or written.
    #[error(
        "the disk cannot be read or written ({0}): see that it is in order and has room, then try again; nothing was changed"
    )]
    Disk(String),
    /// Another process holds the write lock for too long.
    #[error("another program is writing to the database: try again")]
    Busy,
    /// The system does not let this program write there.
    #[error("the database cannot be opened or written: {0}")]
    Denied(String),
    /// SQLite failed in another way.
    #[error("the database failed: {0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl StoreError {
    /// Whether trying again later can help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Full | Self::Busy)
    }
}

/// One replica's database.
#[derive(Debug)]
pub(crate) struct Store {
    conn: Connection,
}

impl Store {
    /// Opens the database at `path`, or makes it where there is no file.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        // SQLite would take it for a new database, and what was in it would be missed by nobody.
        if std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() == 0) {
            return Err(StoreError::Empty);
        }
        Self::create(path)
    }

    /// The same, where an empty file may be there for it.
    pub(crate) fn create(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            conn: schema::open(path)?,
        })
    }

    /// Opens the database at `path` beside another connection that has it open, to read only.
    pub(crate) fn open_to_read(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            conn: schema::open_to_read(path)?,
        })
    }

    pub(crate) fn open_in_memory() -> Result<Self, StoreError> {
        Ok(Self {
            conn: schema::open_in_memory()?,
        })
    }

    /// To watch what SQLite does.
    #[cfg(test)]
    pub(crate) fn conn_mut(&mut self) -> &mut Connection {
        &mut self.conn
    }

    pub(crate) fn conn(&self) -> &Connection {
        &self.conn
    }

    /// Begins a transaction that may write. What other processes committed is seen from here on.
    pub(crate) fn begin(&self) -> Result<(), StoreError> {
        sql::run(&self.conn, "BEGIN IMMEDIATE")
    }

    /// Begins a transaction that reads. What others commit from here on is not seen.
    pub(crate) fn begin_reading(&self) -> Result<(), StoreError> {
        sql::run(&self.conn, "BEGIN")
    }

    /// Moves what stands in the write-ahead log to the database file, and empties the log, as far
    /// as nobody else reads from it.
    pub(crate) fn checkpoint(&self) -> Result<(), StoreError> {
        let moved = "PRAGMA wal_checkpoint(TRUNCATE)";
        Ok(self.conn.query_row(moved, [], |_| Ok(()))?)
    }

    /// Commits, and waits until it is on disk.
    pub(crate) fn commit(&self) -> Result<(), StoreError> {
        sql::run(&self.conn, "COMMIT").inspect_err(|_| {
            // A commit that failed leaves the transaction open: nothing of it may stay.
            if !self.conn.is_autocommit() {
                let rolled_back = sql::run(&self.conn, "ROLLBACK");
                debug_assert!(rolled_back.is_ok());
            }
        })
    }

    pub(crate) fn rollback(&self) -> Result<(), StoreError> {
        if self.conn.is_autocommit() {
            // SQLite rolled back by itself, as it does when the disk is full.
            return Ok(());
        }
        sql::run(&self.conn, "ROLLBACK")
    }

    /// Runs `work` in one transaction: all of it is committed, or nothing. Inside a batch it is
    /// committed with the batch.
    pub(crate) fn write<T, E>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        if !self.conn.is_autocommit() {
            return sql::savepoint(&self.conn, || work(&self.conn));
        }
        self.begin()?;
        match work(&self.conn) {
            Ok(value) => {
                self.commit()?;
                Ok(value)
            }
            Err(error) => {
                self.rollback()?;
                Err(error)
            }
        }
    }

    /// Runs `work`, which may write, and undoes all that it wrote. Writers wait meanwhile.
    pub(crate) fn trial<T, E>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        // A transaction that only later begins to write fails where another one wrote since.
        self.begin()?;
        let result = work(&self.conn);
        self.rollback()?;
        result
    }

    /// Runs `work` on one consistent state of the database.
    pub(crate) fn read<T, E>(&self, work: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E>
    where
        E: From<StoreError>,
    {
        if !self.conn.is_autocommit() {
            return work(&self.conn);
        }
        self.begin_reading()?;
        let result = work(&self.conn);
        self.rollback()?;
        result
    }
}
