//! Work for sessions: batches, and what a relay keeps.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::CommandError;
use super::ticket::Ticket;
use super::{Env, Replica};
use crate::document::{ActorNonce, DocumentId};
use crate::identity::Did;
use crate::store::{DocumentRow, StoreError, parsed, run};

/// How long something lies at a meeting point of two devices.
const BOX_TTL: SignedDuration = SignedDuration::from_mins(20);
/// The most meeting points in use at a time.
const BOXES_MAX: i64 = 10_000;
/// How many of a relay's former epochs it remembers: one for each of its last starts.
const EPOCHS_MAX: i64 = 1_000;

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

    /// Begins to read one state of the database, where many small questions follow: each would
    /// otherwise begin and end for itself, which costs more than most answers.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn begin_reading(&self) -> Result<(), StoreError> {
        self.store.begin_reading()
    }

    /// Ends what [`Replica::begin_reading`] began.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn end_reading(&self) -> Result<(), StoreError> {
        // Whatever was noted meanwhile stays.
        self.store.commit()
    }

    /// Puts everything into the database file itself, where other connections would keep it in the
    /// log beside it: for the end, so that the one file is a whole backup.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        self.store.checkpoint()
    }

    /// Runs `work` so that its failure undoes only what it did, inside a batch. After a panic in
    /// it [`Replica::abandon_frame`] does.
    ///
    /// # Errors
    /// What `work` fails with, or [`StoreError`] if the database does.
    pub fn savepoint<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        run(self.conn(), "SAVEPOINT frame")?;
        let result = work(self);
        if result.is_err() {
            run(self.conn(), "ROLLBACK TO frame")?;
        }
        run(self.conn(), "RELEASE frame")?;
        result
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

    /// The database, for tables of the program around the engine, whose names begin with `host_`:
    /// what it notes of a command inside a [`Replica::batch`] is committed with the command.
    #[must_use]
    pub fn host_tables(&self) -> &Connection {
        self.conn()
    }

    pub(crate) fn conn(&self) -> &Connection {
        self.store.conn()
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
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn unsynced(&self) -> Result<Vec<DocumentId>, StoreError> {
        let documents = DocumentRow::unsynced(self.conn())?;
        Ok(documents.into_iter().map(|d| d.id).collect())
    }

    /// Notes a list that was joined by an invite in the person's space, so that their other
    /// devices find it.
    ///
    /// # Errors
    /// [`CommandError`] if the database fails.
    pub fn note_joined(
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
        self.set_catalog_cursor(&[0; 16], 0, 0)?;
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

    /// Notes how far this replica is in its relay's sequence, and up to which place in its own one
    /// the relay had all of it there: should the relay be put back, it names nothing that came
    /// later.
    pub(crate) fn set_catalog_cursor(
        &self,
        epoch: &[u8; 16],
        since: u64,
        settled: u64,
    ) -> Result<(), StoreError> {
        self.store.write(|conn| {
            let settled = settled.min(DocumentRow::settled_version(conn)?).to_string();
            if self.catalog_cursor()? == (*epoch, since)
                && self.meta_text("catalog_settled")?.as_ref() == Some(&settled)
            {
                return Ok(());
            }
            self.set_meta("catalog_epoch", epoch)?;
            self.set_meta_text("catalog_since", Some(&since.to_string()))?;
            self.set_meta_text("catalog_settled", Some(&settled))
        })
    }

    /// The place in this replica's own sequence up to which the relay had everything at the place
    /// that [`Replica::set_catalog_cursor`] noted.
    pub(crate) fn catalog_settled(&self) -> Result<u64, StoreError> {
        let settled = self.meta_text("catalog_settled")?;
        Ok(settled
            .and_then(|text| text.parse().ok())
            .unwrap_or_default())
    }

    /// Names this replica's sequence of commits since its last start.
    pub(crate) fn epoch(&self) -> Result<[u8; 16], StoreError> {
        let epoch: Option<ActorNonce> = self.meta_blob("epoch")?;
        Ok(epoch.map_or([0; 16], |e| *e.as_bytes()))
    }

    /// Whether a place in an epoch lies in what led to this database: in its own epoch, or in a
    /// former one before that ended. What an epoch brought after a backup was taken is not in
    /// the backup, and is in none of the epochs that follow once that is put back.
    pub(crate) fn leads_here(&self, epoch: &[u8; 16], since: u64) -> Result<bool, StoreError> {
        if *epoch == self.epoch()? {
            return Ok(true);
        }
        let ended: Option<ActorNonce> = self.meta_blob(&former_epoch(epoch))?;
        Ok(ended.is_some_and(|ended| {
            let [_, place] = halves(ended.as_bytes());
            since <= place
        }))
    }

    /// Begins a new epoch: the first thing that a relay does when it starts, since nothing tells
    /// it whether its database was put back from a backup meanwhile. It remembers where the
    /// epoch before ended, so a client that was no further goes on from there; every other one
    /// compares once what it has.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn begin_epoch(&mut self, env: &mut Env<'_>) -> Result<(), StoreError> {
        let next: [u8; 16] = env.random();
        self.store.write(|conn| {
            if let Some(ended) = self.meta_blob::<ActorNonce>("epoch")? {
                let last: Option<Vec<u8>> = conn.query_row(
                    "SELECT max(value) FROM meta WHERE key >= 'epoch/' AND key < 'epoch0'",
                    [],
                    |row| row.get(0),
                )?;
                let last: ActorNonce = last
                    .and_then(|bytes| ActorNonce::try_from(&*bytes).ok())
                    .unwrap_or(ActorNonce::from_bytes([0; 16]));
                let [number, _] = halves(last.as_bytes());
                let place = DocumentRow::latest_version(conn)?;
                let mark = (u128::from(number.saturating_add(1)) << 64) | u128::from(place);
                self.set_meta(&former_epoch(ended.as_bytes()), &mark.to_be_bytes())?;
                conn.execute(
                    "DELETE FROM meta WHERE key IN (
                         SELECT key FROM meta WHERE key >= 'epoch/' AND key < 'epoch0'
                         ORDER BY value DESC LIMIT -1 OFFSET ?1)",
                    params![EPOCHS_MAX],
                )?;
            }
            self.set_meta("epoch", &next)
        })
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

    /// How many new documents an identity has put here.
    pub(crate) fn documents_brought(&self, did: &Did) -> Result<u64, StoreError> {
        let count = self.meta_text(&brought_by(did))?;
        Ok(count.and_then(|text| text.parse().ok()).unwrap_or_default())
    }

    pub(crate) fn note_document_brought(&self, did: &Did) -> Result<(), StoreError> {
        let count = self.documents_brought(did)?.saturating_add(1);
        self.set_meta_text(&brought_by(did), Some(&count.to_string()))
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

    /// Notes that a client comes with a ticket. False if the ticket has served as many others as
    /// it is good for.
    pub(crate) fn use_ticket(
        &self,
        ticket: &Ticket,
        sender: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let conn = self.conn();
        conn.prepare_cached("DELETE FROM ticket_use WHERE expires_at < ?1")?
            .execute(params![now.as_millisecond()])?;
        let id = ticket.id();
        let known = conn
            .prepare_cached("SELECT 1 FROM ticket_use WHERE ticket = ?1 AND sender = ?2")?
            .exists(params![id, sender])?;
        if known {
            return Ok(true);
        }
        let used: u32 = conn
            .prepare_cached("SELECT count(*) FROM ticket_use WHERE ticket = ?1")?
            .query_row(params![id], |row| row.get(0))?;
        if used >= ticket.terms().uses {
            return Ok(false);
        }
        conn.prepare_cached(
            "INSERT INTO ticket_use (ticket, sender, expires_at) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![id, sender, ticket.terms().expires_at_ms])?;
        Ok(true)
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

/// Where a relay notes an epoch that has ended: which in order it was, and at which place it ended.
fn former_epoch(epoch: &[u8; 16]) -> String {
    format!("epoch/{:032x}", u128::from_be_bytes(*epoch))
}

fn halves(mark: &[u8; 16]) -> [u64; 2] {
    let mark = u128::from_be_bytes(*mark);
    [mark >> 64, mark & u128::from(u64::MAX)].map(|half| u64::try_from(half).unwrap_or(u64::MAX))
}

/// Where a relay counts the documents that somebody put there.
fn brought_by(did: &Did) -> String {
    format!("brought/{}", did.key().to_hex())
}
