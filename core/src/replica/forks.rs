//! Giving way to another copy of a device that wrote under the same actor.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::execute::Recorded;
use super::write::Run;
use super::{CommandError, Replica};
use crate::document::{ActorId, DocumentId};
use crate::model::Command;
use crate::store::{
    Actors, DocumentRow, StoreError, dependents, replay, rewind_actors, statements,
};

/// In place of an actor in the outbox: a command whose change had to go, and that is to be made
/// again.
const TO_BE_MADE_AGAIN: i64 = 0;

impl Replica {
    /// Drops this device's claim to its actor in a document: the next command takes a fresh one.
    pub(crate) fn retire_actor(&mut self, document: &DocumentId) -> Result<(), StoreError> {
        if let Some(row) = DocumentRow::find(self.conn(), document)? {
            Actors::load(self.conn(), row.row)?.set_mine(self.conn(), row.row, None)?;
        }
        Ok(())
    }

    /// The relay holds another history of an actor than this replica, and its author signed both.
    /// What is here of that actor from where they part goes, with everything that builds on it.
    /// This device's own commands among that wait for [`Replica::make_again`].
    pub(crate) fn give_way(
        &mut self,
        document: &DocumentId,
        actor: &ActorId,
        from: u64,
    ) -> Result<(), StoreError> {
        let Some(mut row) = DocumentRow::find(self.conn(), document)? else {
            return Ok(());
        };
        let conn = self.store.conn();
        let mut actors = Actors::load(conn, row.row)?;
        let Some(target) = actors.get(actor).map(|actor| actor.row) else {
            return Ok(());
        };
        for id in dependents(conn, row.row, target, from)? {
            let (change_actor, seq): (i64, i64) = conn
                .prepare_cached("SELECT actor, seq FROM change WHERE id = ?1")?
                .query_row(params![id], |r| Ok((r.get(0)?, r.get(1)?)))?;
            conn.prepare_cached(
                "UPDATE outbox SET actor = ?4, seq =
                   (SELECT coalesce(max(seq), 0) + 1 FROM outbox WHERE doc = ?1 AND actor = ?4)
                 WHERE doc = ?1 AND actor = ?2 AND seq = ?3",
            )?
            .execute(params![row.row, change_actor, seq, TO_BE_MADE_AGAIN])?;
            // What others wrote is kept: it may count again.
            conn.prepare_cached(
                "INSERT OR REPLACE INTO fallen (doc, hash, actor, seq, bytes, received)
                 SELECT change.doc, change.hash, actor.actor, change.seq, change.bytes,
                     change.received
                 FROM change JOIN actor ON actor.id = change.actor
                 WHERE change.id = ?1 AND change.actor <> ?2",
            )?
            .execute(params![id, target])?;
            conn.prepare_cached("DELETE FROM change WHERE id = ?1")?
                .execute(params![id])?;
        }
        conn.prepare_cached("DELETE FROM tip WHERE actor = ?1 AND seq >= ?2")?
            .execute(params![target, from as i64])?;
        rewind_actors(conn, &row, &mut actors)?;
        actors.set_mine(conn, row.row, None)?;
        replay(conn, &mut row, &mut actors)?;
        let authority = statements::authority(conn, document)?;
        row.save(conn, &actors, &authority.digest_set_fingerprint())
    }

    /// Carries out again, under a fresh actor, the commands whose changes had to go. The other
    /// history must be here by now: what it did already is not done twice. Gives the number of
    /// commands that were made again.
    pub(crate) fn make_again(&mut self, document: &DocumentId) -> Result<usize, StoreError> {
        let Some(row) = DocumentRow::find(self.conn(), document)? else {
            return Ok(0);
        };
        let lost: Vec<String> = self
            .conn()
            .prepare_cached(
                "DELETE FROM outbox WHERE doc = ?1 AND actor = ?2 RETURNING seq, command",
            )?
            .query_map(params![row.row, TO_BE_MADE_AGAIN], |r| {
                Ok((r.get(0)?, r.get(1)?))
            })?
            .collect::<Result<std::collections::BTreeMap<i64, String>, _>>()?
            .into_values()
            .collect();
        let mut count = 0;
        for command in lost {
            // Notes in the space are made again by themselves; everything else is recorded.
            let Ok(recorded) = serde_json::from_str::<Recorded>(&command) else {
                continue;
            };
            if is_done(self.conn(), row.row, &recorded)? {
                continue;
            }
            match self.run(&recorded) {
                Ok(_) => count += 1,
                Err(CommandError::Store(error)) => return Err(error),
                // What it worked on is gone.
                Err(error) => tracing::warn!(%error, "a command could not be made again"),
            }
        }
        Ok(count)
    }
}

/// Whether a command that makes something has its effect already: another copy of this device had
/// recorded it too, and made it again before. Made twice, the second would hide the first, with
/// all that was done to it since.
fn is_done(conn: &Connection, doc: i64, recorded: &Recorded) -> Result<bool, StoreError> {
    let table = match &recorded.command {
        Command::CreateTask { .. } => Some("SELECT 1 FROM item WHERE doc = ?1 AND task = ?2"),
        Command::AddComment { .. } | Command::LogNote { .. } => {
            Some("SELECT 1 FROM comment WHERE doc = ?1 AND comment = ?2")
        }
        Command::CreateFolder { .. } => Some("SELECT 1 FROM folder WHERE doc = ?1 AND folder = ?2"),
        Command::SaveTemplate { .. } => {
            Some("SELECT 1 FROM template WHERE doc = ?1 AND template = ?2")
        }
        _ => None,
    };
    if let Some(sql) = table {
        let Ok(now) = Timestamp::from_millisecond(recorded.now_ms) else {
            return Ok(false);
        };
        // The id of what a command makes is the first thing that it draws.
        let id = Run::new(now, recorded.seed).task_id();
        return Ok(conn
            .prepare_cached(sql)?
            .exists(params![doc, id.to_string()])?);
    }
    match &recorded.command {
        Command::CreateList { .. } => {
            let made: Option<Option<i64>> = conn
                .prepare_cached("SELECT created_at FROM list WHERE doc = ?1")?
                .query_row(params![doc], |row| row.get(0))
                .optional()?;
            Ok(made.flatten().is_some())
        }
        _ => Ok(false),
    }
}
