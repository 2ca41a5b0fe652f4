//! Work for sessions: batches, what a relay keeps, and giving way to another copy of a device.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::execute::Recorded;
use super::{CommandError, Env, Replica};
use crate::document::{ActorId, ActorNonce, DocumentId};
use crate::identity::Did;
use crate::store::{Actors, DocumentRow, StoreError, parsed, replay, rewind_actors, statements};

/// How long something lies at a meeting point of two devices.
const BOX_TTL: SignedDuration = SignedDuration::from_mins(20);
/// The most meeting points in use at a time.
const BOXES_MAX: i64 = 10_000;

/// A place in what happened to a database: see [`Replica::subscribe`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    seen: u64,
}

impl Replica {
    /// Runs `work` in one transaction and waits until it is on disk: all of it, or nothing. Any
    /// number of frames of any number of sessions can share one batch.
    ///
    /// # Errors
    /// What `work` fails with, or the failure to commit; nothing of the batch remains then.
    pub fn batch<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.store.begin()?;
        match work(self) {
            Ok(value) => {
                self.store.commit()?;
                Ok(value)
            }
            Err(error) => {
                self.store.rollback()?;
                Err(error)
            }
        }
    }

    /// Runs `work` so that its failure undoes only what it did, inside a batch.
    pub(crate) fn savepoint<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let run =
            |replica: &Self, sql: &str| replica.conn().execute_batch(sql).map_err(StoreError::from);
        run(self, "SAVEPOINT frame")?;
        match work(self) {
            Ok(value) => {
                run(self, "RELEASE frame")?;
                Ok(value)
            }
            Err(error) => {
                run(self, "ROLLBACK TO frame; RELEASE frame")?;
                Err(error)
            }
        }
    }

    /// Runs `work` whole or not at all, whether a batch goes on or not.
    pub(super) fn whole<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        if self.conn().is_autocommit() {
            self.batch(work)
        } else {
            self.savepoint(work)
        }
    }

    /// After a panic inside a frame: undoes what the frame did, as far as SQLite has not already.
    ///
    /// # Errors
    /// [`StoreError`] if even that fails; the database must be opened again then.
    pub fn abandon_frame(&mut self) -> Result<(), StoreError> {
        match self
            .conn()
            .execute_batch("ROLLBACK TO frame; RELEASE frame")
        {
            Ok(()) => Ok(()),
            // The panic came outside of a savepoint: there is nothing to undo.
            Err(error) if error.to_string().contains("no such savepoint") => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Begins to follow what changes here: by commands, by sessions, by other processes on the
    /// same database.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn subscribe(&self) -> Result<Subscription, StoreError> {
        Ok(Subscription {
            seen: DocumentRow::latest_version(self.conn())?,
        })
    }

    /// The documents that changed since the last call, each once. It costs one look at an index
    /// where nothing did; call it as often as a view wants to be fresh.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn poll_changes(
        &self,
        subscription: &mut Subscription,
    ) -> Result<Vec<DocumentId>, StoreError> {
        let changed = DocumentRow::changed_since(self.conn(), subscription.seen)?;
        if let Some((_, version)) = changed.last() {
            subscription.seen = *version;
        }
        Ok(changed.into_iter().map(|(row, _)| row.id).collect())
    }

    pub(crate) fn conn(&self) -> &Connection {
        self.store.conn()
    }

    /// Drops this device's claim to its actor in a document: the next command takes a fresh one.
    pub(crate) fn retire_actor(&mut self, document: &DocumentId) -> Result<(), StoreError> {
        if let Some(row) = DocumentRow::find(self.conn(), document)? {
            Actors::load(self.conn(), row.row)?.set_mine(self.conn(), row.row, None)?;
        }
        Ok(())
    }

    /// The relay holds another history of an actor than this replica. Its variant stays: what is
    /// here of that actor and no relay has acknowledged goes, with everything that builds on it.
    /// This device's own commands among that are carried out again under a fresh actor. Gives
    /// the number of those.
    pub(crate) fn yield_to(
        &mut self,
        document: &DocumentId,
        actor: &ActorId,
    ) -> Result<usize, StoreError> {
        let Some(mut row) = DocumentRow::find(self.conn(), document)? else {
            return Ok(0);
        };
        let conn = self.store.conn();
        let mut actors = Actors::load(conn, row.row)?;
        let Some(target) = actors.get(actor).map(|actor| actor.row) else {
            return Ok(0);
        };
        let unacknowledged: Option<i64> = conn
            .prepare_cached("SELECT min(seq) FROM outbox WHERE doc = ?1 AND actor = ?2")?
            .query_row(params![row.row, target], |r| r.get(0))?;
        let from = unacknowledged.unwrap_or(1);
        let gone = dependents(conn, row.row, target, from)?;
        let mut lost: Vec<(i64, Recorded)> = Vec::new();
        for id in gone {
            let (change_actor, seq): (i64, i64) = conn
                .prepare_cached("SELECT actor, seq FROM change WHERE id = ?1")?
                .query_row(params![id], |r| Ok((r.get(0)?, r.get(1)?)))?;
            let command: Option<String> = conn
                .prepare_cached(
                    "DELETE FROM outbox WHERE doc = ?1 AND actor = ?2 AND seq = ?3 RETURNING command",
                )?
                .query_row(params![row.row, change_actor, seq], |r| r.get(0))
                .optional()?;
            // Notes in the space are made again by themselves; everything else is recorded.
            if let Some(recorded) = command.and_then(|json| serde_json::from_str(&json).ok()) {
                lost.push((id, recorded));
            }
            conn.prepare_cached(
                "INSERT OR REPLACE INTO fallen (doc, hash, actor, seq, bytes)
                 SELECT change.doc, change.hash, actor.actor, change.seq, change.bytes
                 FROM change JOIN actor ON actor.id = change.actor WHERE change.id = ?1",
            )?
            .execute(params![id])?;
            conn.prepare_cached("DELETE FROM change WHERE id = ?1")?
                .execute(params![id])?;
        }
        conn.prepare_cached("DELETE FROM tip WHERE actor = ?1 AND seq >= ?2")?
            .execute(params![target, from])?;
        rewind_actors(conn, &row, &mut actors)?;
        actors.set_mine(conn, row.row, None)?;
        replay(conn, &mut row, &mut actors)?;
        let authority = statements::authority(conn, document)?;
        row.save(conn, &actors, &authority.digest_set_fingerprint())?;
        // They would only fork again: the commands speak for them.
        conn.prepare_cached("DELETE FROM fallen WHERE doc = ?1 AND actor = ?2 AND seq >= ?3")?
            .execute(params![row.row, actor.as_ref(), from])?;
        lost.sort_by_key(|(id, _)| *id);
        let count = lost.len();
        for (_, recorded) in lost {
            self.run_nested(&recorded)?;
        }
        Ok(count)
    }

    /// Carries out a recorded command inside a batch. One that is no longer possible is skipped:
    /// what it worked on is gone.
    fn run_nested(&mut self, recorded: &Recorded) -> Result<(), StoreError> {
        match self.run(recorded) {
            Ok(_) => Ok(()),
            Err(CommandError::Store(error)) => Err(error),
            Err(error) => {
                tracing::warn!(%error, "a command could not be made again");
                Ok(())
            }
        }
    }

    /// Changes whenever another connection has written to the database.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn data_version(&self) -> Result<i64, StoreError> {
        Ok(self
            .conn()
            .query_row("PRAGMA data_version", [], |row| row.get(0))?)
    }

    /// Documents of which the relay has not acknowledged everything.
    #[cfg(feature = "net")]
    pub(crate) fn unsynced(&self) -> Result<Vec<DocumentId>, StoreError> {
        let documents = DocumentRow::all(self.conn())?;
        Ok(documents
            .into_iter()
            .filter(|d| d.digest != d.synced)
            .map(|d| d.id)
            .collect())
    }

    /// Notes a list that was joined in the person's space.
    #[cfg(feature = "net")]
    pub(crate) fn note_joined(
        &mut self,
        list: &DocumentId,
        env: &mut Env<'_>,
    ) -> Result<(), CommandError> {
        let mut run = super::write::Run::new(env.now, env.random());
        self.note_in_space(list, &mut run)
    }

    pub(crate) fn pin_relay(&self, relay: &Did) -> Result<(), StoreError> {
        self.set_meta_text("relay_did", Some(&relay.to_string()))
    }

    /// Notes which relay is met. What another one acknowledged says nothing about this one: all
    /// documents are compared anew.
    pub(crate) fn meet_relay(&self, relay: &Did) -> Result<(), StoreError> {
        let relay = relay.to_string();
        if self.meta_text("relay_met")?.as_deref() == Some(&*relay) {
            return Ok(());
        }
        self.conn()
            .execute("UPDATE document SET synced = x'', refused = NULL", [])?;
        self.set_catalog_cursor(&[0; 16], 0)?;
        self.set_meta_text("relay_met", Some(&relay))
    }

    /// How far this replica is in its relay's sequence.
    pub(crate) fn catalog_cursor(&self) -> Result<([u8; 16], u64), StoreError> {
        let epoch: Option<ActorNonce> = self.meta_blob("catalog_epoch")?;
        let since = self
            .meta_text("catalog_since")?
            .and_then(|text| text.parse().ok());
        Ok((
            epoch.map_or([0; 16], |e| *e.as_bytes()),
            since.unwrap_or_default(),
        ))
    }

    pub(crate) fn set_catalog_cursor(
        &self,
        epoch: &[u8; 16],
        since: u64,
    ) -> Result<(), StoreError> {
        self.set_meta("catalog_epoch", epoch)?;
        self.set_meta_text("catalog_since", Some(&since.to_string()))
    }

    /// Names this replica's sequence of commits: another one after a database was restored.
    pub(crate) fn epoch(&self) -> Result<[u8; 16], StoreError> {
        let epoch: Option<ActorNonce> = self.meta_blob("epoch")?;
        Ok(epoch.map_or([0; 16], |e| *e.as_bytes()))
    }

    /// Begins a new epoch: the first thing that a relay does when it starts, since nothing tells
    /// it whether its database was put back from a backup meanwhile. Each client then compares
    /// once what it has.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn begin_epoch(&mut self, env: &mut Env<'_>) -> Result<(), StoreError> {
        self.set_meta("epoch", &env.random::<16>())
    }

    pub(crate) fn is_admitted(&self, did: &Did) -> Result<bool, StoreError> {
        Ok(self
            .conn()
            .prepare_cached("SELECT 1 FROM admitted WHERE did = ?1")?
            .exists(params![did.key().as_ref()])?)
    }

    pub(crate) fn admit(&self, did: &Did) -> Result<(), StoreError> {
        self.conn()
            .prepare_cached("INSERT OR IGNORE INTO admitted (did) VALUES (?1)")?
            .execute(params![did.key().as_ref()])?;
        Ok(())
    }

    /// Whether anybody was ever admitted here.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn has_admitted(&self) -> Result<bool, StoreError> {
        Ok(self
            .conn()
            .prepare_cached("SELECT 1 FROM admitted LIMIT 1")?
            .exists([])?)
    }

    /// The secret of the set-up link, if it has not been used yet.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn setup_secret(&self) -> Result<Option<[u8; 32]>, StoreError> {
        let secret: Option<crate::document::ChangeHash> = self.meta_blob("setup_secret")?;
        Ok(secret.map(|secret| *secret.as_bytes()))
    }

    /// Makes a set-up link's secret.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn make_setup_secret(&mut self, env: &mut Env<'_>) -> Result<[u8; 32], StoreError> {
        let secret = env.random();
        self.set_meta("setup_secret", &secret)?;
        Ok(secret)
    }

    pub(crate) fn clear_setup_secret(&self) -> Result<(), StoreError> {
        self.set_meta_text("setup_secret", None)
    }

    /// Leaves something at a meeting point. False if too many are in use.
    pub(crate) fn put_box(
        &self,
        id: &[u8; 16],
        content: &[u8],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let conn = self.conn();
        conn.prepare_cached("DELETE FROM box WHERE expires_at < ?1")?
            .execute(params![now.as_millisecond()])?;
        let used: i64 = conn.query_row("SELECT count(*) FROM box", [], |row| row.get(0))?;
        if used >= BOXES_MAX {
            return Ok(false);
        }
        let expires = now.checked_add(BOX_TTL).unwrap_or(now).as_millisecond();
        // First come, first served: what lies there cannot be replaced by who guesses the place.
        conn.prepare_cached(
            "INSERT OR IGNORE INTO box (id, content, expires_at) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![id, content, expires])?;
        Ok(true)
    }

    pub(crate) fn get_box(
        &self,
        id: &[u8; 16],
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self
            .conn()
            .prepare_cached("SELECT content FROM box WHERE id = ?1 AND expires_at >= ?2")?
            .query_row(params![id, now.as_millisecond()], |row| row.get(0))
            .optional()?;
        Ok(found)
    }

    /// The lists that this replica holds or that the person's space names.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn space_lists(&self) -> Result<Vec<DocumentId>, StoreError> {
        let mut statement = self
            .conn()
            .prepare_cached("SELECT DISTINCT list FROM space_list ORDER BY list")?;
        let rows = statement.query_map([], |row| parsed(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The changes of an actor from a place on, and everything that builds on one of them.
fn dependents(conn: &Connection, doc: i64, actor: i64, from: i64) -> Result<Vec<i64>, StoreError> {
    let mut gone = std::collections::BTreeSet::new();
    let mut ids = Vec::new();
    let mut statement = conn.prepare_cached(
        "SELECT id, actor, seq, hash, deps FROM change WHERE doc = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query(params![doc])?;
    while let Some(row) = rows.next()? {
        let hash: Vec<u8> = row.get(3)?;
        let deps: Vec<u8> = row.get(4)?;
        let own = row.get::<_, i64>(1)? == actor && row.get::<_, i64>(2)? >= from;
        if own || deps.chunks_exact(32).any(|dep| gone.contains(dep)) {
            ids.push(row.get(0)?);
            gone.insert(hash);
        }
    }
    Ok(ids)
}
