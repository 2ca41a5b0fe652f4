//! Giving way to another copy of a device that wrote under the same actor.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::execute::{Recorded, Resting, begin, name};
use super::undo::{forget, remember, unturn};
use super::{CommandError, Replica};
use crate::document::{ActorId, DocumentId};
use crate::model::Command;
use crate::mutants::{self, Mutant};
use crate::store::{
    Actors, DocumentRow, StoreError, dependents, replay, rewind_actors, statements,
};

/// In place of an actor in the outbox: a command whose change had to go, and that is to be made
/// again.
const TO_BE_MADE_AGAIN: i64 = 0;

/// What became of commands whose changes had to go.
#[derive(Debug, Default)]
pub(crate) struct MadeAgain {
    /// How many were carried out again.
    pub(crate) made: usize,
    /// What those are called that could not be: what they worked on is gone.
    pub(crate) lost: Vec<String>,
}

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
        let device = self.keys.device.public();
        let own: BTreeSet<i64> = (actors.iter())
            .filter(|actor| actor.device == Some(device))
            .map(|actor| actor.row)
            .collect();
        let mut places = Vec::new();
        for id in dependents(conn, row.row, target, from)? {
            let (change_actor, seq): (i64, i64) = conn
                .prepare_cached("SELECT actor, seq FROM change WHERE id = ?1")?
                .query_row(params![id], |r| Ok((r.get(0)?, r.get(1)?)))?;
            if own.contains(&change_actor) {
                let place = (row.row, change_actor, seq);
                places.push((place, set_aside(conn, place)?));
            }
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
        // The last first: a turn of what gave way too goes back to that, and then with it.
        for (place, command) in places.into_iter().rev() {
            match serde_json::from_str(&command) {
                Ok(Resting::Turn(turned)) => unturn(conn, &turned, place)?,
                _ => forget(conn, place)?,
            }
        }
        conn.prepare_cached("DELETE FROM tip WHERE actor = ?1 AND seq >= ?2")?
            .execute(params![target, from as i64])?;
        rewind_actors(conn, &row, &mut actors)?;
        actors.set_mine(conn, row.row, None)?;
        replay(conn, &mut row, &mut actors)?;
        let authority = statements::authority(conn, document)?;
        row.save(conn, &actors, &authority.digest_set_fingerprint())
    }

    /// Carries out again, under a fresh actor, what had to go. The other history must be here by
    /// now: what it did already is not done twice.
    pub(crate) fn make_again(&mut self, document: &DocumentId) -> Result<MadeAgain, StoreError> {
        let mut again = MadeAgain::default();
        let Some(row) = DocumentRow::find(self.conn(), document)? else {
            return Ok(again);
        };
        let waiting: BTreeMap<i64, String> = self
            .conn()
            .prepare_cached(
                "DELETE FROM outbox WHERE doc = ?1 AND actor = ?2 RETURNING seq, command",
            )?
            .query_map(params![row.row, TO_BE_MADE_AGAIN], |r| {
                Ok((r.get(0)?, r.get(1)?))
            })?
            .collect::<Result<_, _>>()?;
        for command in waiting.into_values() {
            if mutants::is(Mutant::NothingIsMadeAgain) {
                continue;
            }
            let Ok(resting) = serde_json::from_str::<Resting>(&command) else {
                // The relay had acknowledged it, so the command behind it was forgotten here.
                again.lost.push("acknowledged".to_owned());
                continue;
            };
            match self.once_more(row.row, &resting) {
                Ok(true) => again.made += 1,
                Ok(false) => {}
                Err(CommandError::Store(error)) => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, "something could not be made again");
                    again.lost.extend(called(&resting));
                }
            }
        }
        Ok(again)
    }

    /// True if there was anything left to do.
    fn once_more(&mut self, doc: i64, resting: &Resting) -> Result<bool, CommandError> {
        match resting {
            Resting::Command(recorded) => {
                let mut run = recorded.begin()?;
                run.again = true;
                if let Some(there) = is_done(self.conn(), doc, recorded)? {
                    // What took it back here is still to be made again, and has to find it.
                    if let (Some((actor, seq)), Some(name)) = (there, name(&recorded.command)) {
                        let action = (run.action_id(), name);
                        remember(self.conn(), &action, true, (doc, actor, seq))?;
                    }
                    return Ok(false);
                }
                self.run(recorded, &mut run)?;
                Ok(true)
            }
            Resting::Turn(turned) => self.turn_again(turned, doc),
            Resting::Note(noted) => {
                let mut run = begin(noted.now_ms, noted.seed)?;
                self.note_in_space(&noted.noted, &mut run)?;
                // No command of the person's, and so none that they want to hear of.
                Ok(false)
            }
        }
    }
}

/// Notes that what led to a change is to be made again, and gives it. The text is empty where it
/// was forgotten, since the relay had acknowledged the change.
fn set_aside(conn: &Connection, (doc, actor, seq): (i64, i64, i64)) -> Result<String, StoreError> {
    let command: Option<String> = conn
        .prepare_cached(
            "DELETE FROM outbox WHERE doc = ?1 AND actor = ?2 AND seq = ?3 RETURNING command",
        )?
        .query_row(params![doc, actor, seq], |row| row.get(0))
        .optional()?;
    let command = command.unwrap_or_default();
    conn.prepare_cached(
        "INSERT INTO outbox (doc, actor, seq, command) SELECT ?1, ?2,
             (SELECT coalesce(max(seq), 0) + 1 FROM outbox WHERE doc = ?1 AND actor = ?2), ?3",
    )?
    .execute(params![doc, TO_BE_MADE_AGAIN, command])?;
    Ok(command)
}

/// What is told of something that could not be made again.
fn called(resting: &Resting) -> Option<String> {
    match resting {
        Resting::Command(recorded) => name(&recorded.command),
        Resting::Turn(turned) if turned.back => Some(format!("undo {}", turned.what)),
        Resting::Turn(turned) => Some(format!("redo {}", turned.what)),
        Resting::Note(_) => Some("create_list".to_owned()),
    }
}

/// Whether a command that makes something has its effect already: another copy of this device had
/// recorded it too, and made it again before. Made twice, the second would hide the first, with
/// all that was done to it since. Gives the change that made it, where that is one of this device.
#[allow(clippy::type_complexity, reason = "a place in a history")]
fn is_done(
    conn: &Connection,
    doc: i64,
    recorded: &Recorded,
) -> Result<Option<Option<(i64, u64)>>, StoreError> {
    let found = match &recorded.command {
        Command::CreateTask { .. } => "SELECT obj FROM item WHERE doc = ?1 AND task = ?2",
        Command::AddComment { .. } | Command::LogNote { .. } => {
            "SELECT obj FROM comment WHERE doc = ?1 AND comment = ?2"
        }
        Command::CreateFolder { .. } => "SELECT obj FROM folder WHERE doc = ?1 AND folder = ?2",
        Command::SaveTemplate { .. } => "SELECT obj FROM template WHERE doc = ?1 AND template = ?2",
        Command::CreateList { .. } => {
            let made: Option<Option<i64>> = conn
                .prepare_cached("SELECT created_at FROM list WHERE doc = ?1")?
                .query_row(params![doc], |row| row.get(0))
                .optional()?;
            return Ok(made.flatten().map(|_| None));
        }
        _ => return Ok(None),
    };
    // The id of what a command makes is the first thing that it draws.
    let Ok(mut run) = recorded.begin() else {
        return Ok(None);
    };
    let object: Option<i64> = conn
        .prepare_cached(found)?
        .query_row(params![doc, run.task_id().to_string()], |row| row.get(0))
        .optional()?;
    let Some(object) = object else {
        return Ok(None);
    };
    let maker = conn
        .prepare_cached(
            "SELECT change.actor, change.seq FROM object JOIN change
             ON change.actor = object.actor AND object.ctr BETWEEN change.start_op AND change.max_op
             WHERE object.id = ?1",
        )?
        .query_row(params![object], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
        })
        .optional()?;
    Ok(Some(maker))
}
