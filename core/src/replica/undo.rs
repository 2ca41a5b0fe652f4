//! Taking one's own actions back, and making them again.
//!
//! Which changes an action made is kept on this device. What undoes them follows from the log, so
//! nothing else has to be remembered, and an action can be taken back after it was synced.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::write::{Opened, Run};
use super::{CommandError, Replica};
use crate::document::{Change, DocumentId, Scalar};
use crate::model::Outcome;
use crate::store::{StoreError, blob, invert, maps};

/// How many changes are remembered at most.
const REMEMBERED_MAX: i64 = 1_000;

/// What an action can be in.
const DONE: i64 = 0;
const TAKEN_BACK: i64 = 1;

/// A change of an action.
struct Step {
    id: i64,
    document: DocumentId,
    actor: i64,
    seq: i64,
}

/// Remembers a change that an action made. What was taken back before cannot be made again then.
pub(super) fn remember(
    conn: &Connection,
    action: &([u8; 16], String),
    doc: i64,
    actor: i64,
    seq: u64,
) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM undo WHERE state = ?1")?
        .execute(params![TAKEN_BACK])?;
    conn.prepare_cached(
        "INSERT INTO undo (action, doc, actor, seq, what) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![action.0, doc, actor, seq as i64, action.1])?;
    let newest = conn.last_insert_rowid();
    conn.prepare_cached("DELETE FROM undo WHERE id <= ?1")?
        .execute(params![newest - REMEMBERED_MAX])?;
    Ok(())
}

impl Replica {
    pub(super) fn undo(&mut self, run: &mut Run) -> Result<Outcome, CommandError> {
        self.turn(run, DONE, TAKEN_BACK)
    }

    pub(super) fn redo(&mut self, run: &mut Run) -> Result<Outcome, CommandError> {
        self.turn(run, TAKEN_BACK, DONE)
    }

    /// Turns the action that is next. One that the rules of its list do not let through is no longer
    /// next after that: it would stand before all others for ever.
    fn turn(&mut self, run: &mut Run, from: i64, to: i64) -> Result<Outcome, CommandError> {
        self.store.write(|conn| {
            // The last one done, or the one that was taken back last: that is the earliest.
            let sql = if from == DONE {
                "SELECT action, what FROM undo WHERE state = ?1 ORDER BY id DESC LIMIT 1"
            } else {
                "SELECT action, what FROM undo WHERE state = ?1 ORDER BY id LIMIT 1"
            };
            let next: Option<(Vec<u8>, String)> = conn
                .prepare_cached(sql)?
                .query_row(params![from], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((action, what)) = next else {
                return Ok(Ok(Outcome::Undone {
                    action: None,
                    changed: false,
                }));
            };
            match self.turn_action(run, &action, from, to) {
                Ok(changed) => Ok(Ok(Outcome::Undone {
                    action: Some(what),
                    changed,
                })),
                Err(reason @ (CommandError::Forbidden { .. } | CommandError::Refused(_))) => {
                    conn.prepare_cached("DELETE FROM undo WHERE action = ?1")?
                        .execute(params![action])?;
                    // What was written for it is undone already; that it is gone stays.
                    Ok(Err(CommandError::CannotTurn {
                        action: what,
                        back: from == DONE,
                        reason: Box::new(reason),
                    }))
                }
                Err(error) => Err(error),
            }
        })?
    }

    /// Inverts the changes of an action, all or none, and notes what inverts them in turn. True if
    /// that changed anything.
    fn turn_action(
        &self,
        run: &mut Run,
        action: &[u8],
        from: i64,
        to: i64,
    ) -> Result<bool, CommandError> {
        let keys = &self.keys;
        self.store.write(|conn| {
            let mut steps = steps(conn, action)?;
            if from == DONE {
                steps.reverse();
            }
            let mut changed = false;
            for step in steps {
                match self::invert_step(conn, keys, run, &step)? {
                    Some((actor, seq)) => {
                        changed = true;
                        conn.prepare_cached(
                            "UPDATE undo SET state = ?2, actor = ?3, seq = ?4 WHERE id = ?1",
                        )?
                        .execute(params![step.id, to, actor, seq])?;
                    }
                    // Nothing of it is left to turn.
                    None => {
                        conn.prepare_cached("DELETE FROM undo WHERE id = ?1")?
                            .execute(params![step.id])?;
                    }
                }
            }
            Ok(changed)
        })
    }
}

fn steps(conn: &Connection, action: &[u8]) -> Result<Vec<Step>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT undo.id, document.doc, undo.actor, undo.seq
         FROM undo JOIN document ON document.id = undo.doc
         WHERE undo.action = ?1 ORDER BY undo.id",
    )?;
    let rows = statement.query_map(params![action], |row| {
        Ok(Step {
            id: row.get(0)?,
            document: blob(row, 1)?,
            actor: row.get(2)?,
            seq: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes what inverts one change, and gives where that stands in the history.
fn invert_step(
    conn: &Connection,
    keys: &super::Keyring,
    run: &mut Run,
    step: &Step,
) -> Result<Option<(i64, i64)>, CommandError> {
    let bytes: Option<Vec<u8>> = conn
        .prepare_cached("SELECT bytes FROM change WHERE actor = ?1 AND seq = ?2")?
        .query_row(params![step.actor, step.seq], |row| row.get(0))
        .optional()?;
    // It fell out of the document since.
    let Some(bytes) = bytes else {
        return Ok(None);
    };
    let change = Change::decode_stored(&bytes)
        .map_err(|e| StoreError::Damaged(format!("a stored change cannot be read: {e}")))?;
    let mut opened = Opened::find(conn, &step.document, "list")?;
    let names: BTreeMap<i64, String> = maps(conn, &opened.document)?
        .into_iter()
        .map(|(name, row)| (row, name))
        .collect();
    // The turn itself is no action that could be taken back: it moves between those that can.
    run.action = None;
    let tombstone = Scalar::Timestamp(run.now_ms());
    let ((), changed) = opened.change(conn, keys, run, "", |draft, _| {
        let top = |row: i64| names.get(&row).cloned();
        Ok(invert(draft, &change, &top, tombstone)?)
    })?;
    let mine = opened.actors.iter().find(|actor| actor.mine);
    Ok(mine
        .filter(|_| changed)
        .map(|actor| (actor.row, actor.seq as i64)))
}
