//! Opening the database: pragmas, migrations, and what can be wrong with a file.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _, params};

use super::actors::Actors;
use super::derived::{DERIVED_SQL, DERIVED_TABLES, DERIVED_VERSION};
use super::documents::DocumentRow;
use super::{StoreError, blobs, replay};

/// "poo1" in ASCII: marks a SQLite file as ours.
const APPLICATION_ID: i32 = 0x706f_6f31;
/// How long a writer waits for another process before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// Statements kept prepared per connection.
const PREPARED_STATEMENTS_MAX: usize = 256;

/// Every migration once, in order. The schema's version is how many have run.
const MIGRATIONS: [&str; 8] = [
    include_str!("schema.sql"),
    include_str!("schema_2.sql"),
    include_str!("schema_3.sql"),
    include_str!("schema_4.sql"),
    include_str!("schema_5.sql"),
    include_str!("schema_6.sql"),
    include_str!("schema_7.sql"),
    include_str!("schema_8.sql"),
];

/// The version since which what a file is stands beside it.
const KINDS_KNOWN_SINCE: i64 = 6;
/// The version since which turns in who may do what have places in the log.
const TURNS_PLACED_SINCE: i64 = 8;

/// The schema version that this build writes.
pub(super) const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Opens or makes the database at `path`.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    prepare(Connection::open_with_flags(path, flags).map_err(StoreError::from)?)
}

/// Opens the database at `path`, which another connection has made what it must be.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    settle_plans(&conn)?;
    Ok(conn)
}

/// Keeps statements as they were planned. SQLite would otherwise plan some of them anew at every
/// run, by the values that are bound, which costs more than running them.
fn settle_plans(conn: &Connection) -> Result<(), StoreError> {
    conn.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS_MAX);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Makes a database that lives as long as its connection.
pub(super) fn open_in_memory() -> Result<Connection, StoreError> {
    prepare(Connection::open_in_memory().map_err(StoreError::from)?)
}

fn prepare(conn: Connection) -> Result<Connection, StoreError> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    settle_plans(&conn)?;
    // In a browser no memory is shared between connections, and without that WAL needs the file for
    // itself: said before the first look at it.
    if cfg!(target_family = "wasm") {
        conn.execute_batch("PRAGMA locking_mode = EXCLUSIVE")?;
    }
    // Reading the version first: a file that is no database, or one by a newer version, is left
    // as it is.
    let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > SCHEMA_VERSION {
        return Err(StoreError::Newer {
            found: version,
            known: SCHEMA_VERSION,
        });
    }
    // WAL lets readers go on beside a writer; FULL makes a commit survive a power cut.
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" && mode != "memory" {
        return Err(StoreError::Damaged(format!("the journal mode is {mode}")));
    }
    conn.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -16000;",
    )?;
    if version < SCHEMA_VERSION {
        migrate(&conn)?;
    }
    let id: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    if id != APPLICATION_ID {
        return Err(StoreError::Foreign);
    }
    derive(&conn)?;
    Ok(conn)
}

/// Makes everything that is derived anew, where it is of another version than this program's.
fn derive(conn: &Connection) -> Result<(), StoreError> {
    let is_current = || -> Result<bool, StoreError> {
        let found: Option<String> = conn
            .prepare_cached("SELECT value FROM meta WHERE key = 'derived'")?
            .query_row([], |row| row.get(0))
            .optional()?;
        Ok(found == Some(DERIVED_VERSION.to_string()))
    };
    if is_current()? {
        return Ok(());
    }
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let run = || -> Result<(), StoreError> {
        // Another process may have done it while this one waited for the lock.
        if is_current()? {
            return Ok(());
        }
        for table in DERIVED_TABLES {
            conn.execute_batch(&format!("DROP TABLE IF EXISTS {table}"))?;
        }
        conn.execute_batch(DERIVED_SQL)?;
        for mut document in DocumentRow::all(conn)? {
            let mut actors = Actors::load(conn, document.row)?;
            replay(conn, &mut document, &mut actors)?;
        }
        conn.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES ('derived', ?1)")?
            .execute(params![DERIVED_VERSION.to_string()])?;
        Ok(())
    };
    finish(conn, run())
}

/// Commits what went well, and takes back what did not.
fn finish(conn: &Connection, outcome: Result<(), StoreError>) -> Result<(), StoreError> {
    match outcome {
        Ok(()) => conn.execute_batch("COMMIT").map_err(StoreError::from),
        Err(error) => {
            if !conn.is_autocommit() {
                conn.execute_batch("ROLLBACK").map_err(StoreError::from)?;
            }
            Err(error)
        }
    }
}

/// Runs the migrations that are missing, each whole or not at all.
fn migrate(conn: &Connection) -> Result<(), StoreError> {
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let run = || -> Result<(), StoreError> {
        // Another process may have migrated while this one waited for the lock.
        let version: i64 = conn.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if version == 0 {
            let tables: i64 =
                conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
            if tables > 0 {
                return Err(StoreError::Foreign);
            }
            conn.pragma_update(None, "application_id", APPLICATION_ID)?;
        }
        for sql in MIGRATIONS
            .iter()
            .skip(usize::try_from(version).unwrap_or_default())
        {
            conn.execute_batch(sql)?;
        }
        if version < KINDS_KNOWN_SINCE {
            blobs::recognize_all(conn)?;
        }
        if version < TURNS_PLACED_SINCE {
            place_turns(conn)?;
        }
        conn.pragma_update(None, "user_version", SCHEMA_VERSION)?;
        Ok(())
    };
    finish(conn, run())
}

/// Gives the turns that are known already their places, behind everything that is here.
fn place_turns(conn: &Connection) -> Result<(), StoreError> {
    let derived = conn
        .prepare("SELECT 1 FROM pragma_table_info('activity') WHERE name = 'who'")?
        .exists([])?;
    if derived {
        conn.execute_batch(
            "INSERT OR IGNORE INTO turn_place (place, doc, hash)
             SELECT (SELECT id FROM next_change) - 1 + row_number() OVER (ORDER BY placed, hash),
                 doc, hash
             FROM activity WHERE who IS NOT NULL",
        )?;
    }
    Ok(())
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            // The file that processes share beside the log cannot grow.
            Some(ErrorCode::SystemIoFailure)
                if error.sqlite_error().is_some_and(|error| {
                    error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
                }) =>
            {
                Self::Full
            }
            Some(ErrorCode::SystemIoFailure) => Self::Disk(error.to_string()),
            Some(ErrorCode::NotADatabase) => Self::Foreign,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(error.to_string()),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::Denied(error.to_string())
            }
            _ => Self::Sqlite(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_wait_for_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let conn = open(&dir.path().join("poo.db")).unwrap();
        let mode: String = conn
            .query_row("PRAGMA journal_mode", [], |r| r.get(0))
            .unwrap();
        let sync: i64 = conn
            .query_row("PRAGMA synchronous", [], |r| r.get(0))
            .unwrap();
        assert_eq!((mode.as_str(), sync), ("wal", 2));
    }

    #[test]
    fn a_newer_or_foreign_or_broken_file_is_named_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("poo.db");
        drop(open(&path).unwrap());
        let conn = Connection::open(&path).unwrap();
        conn.pragma_update(None, "user_version", 999).unwrap();
        drop(conn);
        assert!(matches!(
            open(&path),
            Err(StoreError::Newer { found: 999, .. })
        ));

        let other = dir.path().join("other.db");
        let conn = Connection::open(&other).unwrap();
        conn.execute_batch("CREATE TABLE recipes (name TEXT)")
            .unwrap();
        drop(conn);
        assert!(matches!(open(&other), Err(StoreError::Foreign)));

        let text = dir.path().join("notes.txt");
        std::fs::write(&text, "milk, eggs, flour\n".repeat(100)).unwrap();
        assert!(matches!(open(&text), Err(StoreError::Foreign)));
        assert!(std::fs::read_to_string(&text).unwrap().starts_with("milk"));
    }
}
