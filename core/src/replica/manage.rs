//! Looking after a database: is it whole, and is it still the one that it was?

use jiff::Timestamp;
use rusqlite::Connection;

use super::{CommandError, Env, Replica};
use crate::store::{Actors, DocumentRow, StoreError, digests, replay, statements};

/// The state of a database.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// Whether nothing is wrong.
    pub ok: bool,
    /// Documents in the database.
    pub documents: u64,
    /// Changes in the log.
    pub changes: u64,
    /// What is wrong, in words, with what to do about it.
    pub problems: Vec<String>,
}

/// Two marks that must agree: one in the database, one beside it. A database that was restored
/// from a backup, or copied, stands out by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance {
    /// Made once, when the home was made. Another one: the database came from elsewhere.
    pub id: [u8; 16],
    /// How often the home was opened for writing.
    pub opened: u64,
}

impl Replica {
    /// Checks the database file and, for each document, that what follows from the log is what
    /// is stored.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot even be read.
    pub fn health(&self) -> Result<Health, StoreError> {
        self.store().trial(|conn| {
            let mut problems = Vec::new();
            let mut check = conn.prepare("PRAGMA integrity_check(20)")?;
            let lines: Vec<String> = check
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            if lines != ["ok"] {
                problems.extend(lines.into_iter().map(|line| format!("SQLite: {line}")));
            }
            let documents = DocumentRow::all(conn)?;
            let changes: i64 =
                conn.query_row("SELECT count(*) FROM change", [], |row| row.get(0))?;
            for document in &documents {
                check_document(conn, document, &mut problems)?;
            }
            Ok(Health {
                ok: problems.is_empty(),
                documents: documents.len() as u64,
                changes: changes.unsigned_abs(),
                problems,
            })
        })
    }

    /// Reads the whole file once and looks only for damage of the file itself.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with what SQLite says.
    pub fn check_file(&self) -> Result<(), StoreError> {
        let said: String =
            (self.conn()).query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        match said.as_str() {
            "ok" => Ok(()),
            _ => Err(StoreError::Damaged(said)),
        }
    }

    /// Makes every read model again from the log. Gives the number of documents.
    ///
    /// # Errors
    /// [`StoreError`] if the log itself is damaged; then nothing is changed.
    pub fn rebuild(&mut self) -> Result<u64, StoreError> {
        self.store().write(|conn| {
            let documents = DocumentRow::all(conn)?;
            let count = documents.len() as u64;
            for mut document in documents {
                let mut actors = Actors::load(conn, document.row)?;
                replay(conn, &mut document, &mut actors)?;
                let authority = statements::authority(conn, &document.id)?;
                statements::index(conn, document.row, &authority)?;
                document.save(conn, &actors, &authority.digest_set_fingerprint())?;
            }
            Ok(count)
        })
    }

    /// Compares the marks of this database with those kept beside it, and gives the marks to
    /// keep from now on. If they do not fit, this device goes on under fresh actors: another
    /// copy of it may already have used the places that come next.
    ///
    /// # Errors
    /// [`CommandError`] if the database fails.
    pub fn check_instance(
        &mut self,
        beside: Option<Instance>,
        env: &mut Env<'_>,
    ) -> Result<Instance, CommandError> {
        let id: Option<crate::document::ActorNonce> = self.meta_blob("instance")?;
        let opened: Option<u64> = self.meta_text("opened")?.and_then(|text| text.parse().ok());
        let (id, opened, fits) = match (id, opened, beside) {
            (Some(id), Some(opened), Some(beside)) => {
                // One ahead: the process died between the two writes.
                let fits = *id.as_bytes() == beside.id
                    && (beside.opened == opened || beside.opened.checked_add(1) == Some(opened));
                (id, opened, fits)
            }
            (None, None, None) => (
                crate::document::ActorNonce::from_bytes(env.random()),
                0,
                true,
            ),
            (id, opened, _) => (
                id.unwrap_or(crate::document::ActorNonce::from_bytes(env.random())),
                opened.unwrap_or_default(),
                false,
            ),
        };
        let id = if fits {
            id
        } else {
            crate::document::ActorNonce::from_bytes(env.random())
        };
        let opened = opened.saturating_add(1);
        self.store().write(|conn| {
            if !fits {
                for document in DocumentRow::all(conn)? {
                    Actors::load(conn, document.row)?.set_mine(conn, document.row, None)?;
                }
            }
            self.set_meta("instance", id.as_ref())?;
            self.set_meta_text("opened", Some(&opened.to_string()))?;
            Ok::<_, CommandError>(())
        })?;
        Ok(Instance {
            id: *id.as_bytes(),
            opened,
        })
    }

    /// When this replica last heard that everything is in sync.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn last_synced(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self
            .meta_text("last_synced")?
            .and_then(|text| text.parse().ok()))
    }
}

/// Compares stored caches with what a scratch replay of the same log gives.
fn check_document(
    conn: &Connection,
    document: &DocumentRow,
    problems: &mut Vec<String>,
) -> Result<(), StoreError> {
    let before = digests(conn, document.row)?;
    conn.execute_batch("SAVEPOINT health")?;
    let mut copy = document.clone();
    let outcome = (|| {
        let mut actors = Actors::load(conn, document.row)?;
        replay(conn, &mut copy, &mut actors)?;
        digests(conn, copy.row)
    })();
    conn.execute_batch("ROLLBACK TO health; RELEASE health")?;
    match outcome {
        Ok(after) if after == before && copy.heads == document.heads => {}
        Ok(after) => {
            let differs = after
                .iter()
                .filter(|(table, digest)| before.get(*table) != Some(digest));
            let tables: Vec<&str> = differs.map(|(table, _)| *table).collect();
            problems.push(format!(
                "{}: what is shown differs from the log ({}): run `poo doctor --rebuild`",
                document.id,
                tables.join(", ")
            ));
        }
        Err(StoreError::Damaged(what)) => problems.push(format!(
            "{}: {what}: run `poo doctor --repair` to fetch it again from the relay",
            document.id
        )),
        Err(error) => return Err(error),
    }
    Ok(())
}
