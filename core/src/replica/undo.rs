//! Taking one's own actions back, and making them again.
//!
//! Which changes an action made is kept on this device. What undoes them follows from the log, so
//! nothing else has to be remembered, and an action can be taken back after it was synced.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::execute::{Turned, begin};
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
pub(super) struct Step {
    id: i64,
    pub(super) action: [u8; 16],
    pub(super) what: String,
    document: DocumentId,
    pub(super) actor: i64,
    pub(super) seq: i64,
}

/// Remembers a change that an action made. What was taken back before cannot be made again then;
/// if the action itself is made `again`, after a fork, that holds for its document only: in others
/// it came before what was taken back there.
pub(super) fn remember(
    conn: &Connection,
    action: &([u8; 16], String),
    again: bool,
    (doc, actor, seq): (i64, i64, u64),
) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM undo WHERE state = ?1 AND (?2 IS NULL OR doc = ?2)")?
        .execute(params![TAKEN_BACK, again.then_some(doc)])?;
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
            match self.turn_action(run, &action, None, (from, to)) {
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

    /// Makes a turn again that had to give way after a fork, with what else of the same turn is in
    /// the document. What was meant since then to be as it is stays so.
    ///
    /// # Errors
    /// [`CommandError::NotFound`] if the action is not known any longer, or why it cannot be turned.
    pub(super) fn turn_again(&mut self, turned: &Turned, doc: i64) -> Result<bool, CommandError> {
        let known = self
            .conn()
            .prepare_cached("SELECT 1 FROM undo WHERE action = ?1 AND doc = ?2")
            .and_then(|mut known| known.exists(params![turned.turned, doc]))
            .map_err(StoreError::from)?;
        if !known {
            return Err(CommandError::NotFound("action"));
        }
        let mut run = begin(turned.now_ms, turned.seed)?;
        self.turn_action(&mut run, &turned.turned, Some(doc), ends(turned.back))
    }

    /// Inverts the changes of an action, in one document or wherever they are, all or none, and
    /// notes what inverts them in turn. True if that changed anything.
    fn turn_action(
        &self,
        run: &mut Run,
        action: &[u8],
        doc: Option<i64>,
        (from, to): (i64, i64),
    ) -> Result<bool, CommandError> {
        let keys = &self.keys;
        self.store.write(|conn| {
            let mut steps = steps(conn, action, doc, from)?;
            if from == DONE {
                steps.reverse();
            }
            let mut changed = false;
            for step in steps {
                match self::invert_step(conn, keys, run, &step, from == DONE)? {
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

/// From which state to which a turn goes.
const fn ends(back: bool) -> (i64, i64) {
    if back {
        (DONE, TAKEN_BACK)
    } else {
        (TAKEN_BACK, DONE)
    }
}

/// A change of a turn's had to give way: what it had turned is again as it was before.
pub(super) fn unturn(
    conn: &Connection,
    turned: &Turned,
    (doc, actor, seq): (i64, i64, i64),
) -> Result<(), StoreError> {
    let (from, _) = ends(turned.back);
    let found = conn
        .prepare_cached(
            "UPDATE undo SET state = ?4, actor = ?5, seq = ?6
             WHERE doc = ?1 AND actor = ?2 AND seq = ?3",
        )?
        .execute(params![doc, actor, seq, from, turned.actor, turned.seq])?;
    if found == 0 {
        // A later action had closed the way back to it.
        conn.prepare_cached(
            "INSERT INTO undo (action, doc, actor, seq, what, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            turned.turned,
            doc,
            turned.actor,
            turned.seq,
            turned.what,
            from
        ])?;
    }
    Ok(())
}

/// A change of an action's had to give way. Its place in the history may be another change's soon,
/// which is not this action's to take back.
pub(super) fn forget(
    conn: &Connection,
    (doc, actor, seq): (i64, i64, i64),
) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM undo WHERE doc = ?1 AND actor = ?2 AND seq = ?3")?
        .execute(params![doc, actor, seq])?;
    Ok(())
}

fn steps(
    conn: &Connection,
    action: &[u8],
    doc: Option<i64>,
    state: i64,
) -> Result<Vec<Step>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT undo.id, undo.action, undo.what, document.doc, undo.actor, undo.seq
         FROM undo JOIN document ON document.id = undo.doc
         WHERE undo.action = ?1 AND undo.state = ?2 AND (?3 IS NULL OR undo.doc = ?3)
         ORDER BY undo.id",
    )?;
    let rows = statement.query_map(params![action, state, doc], |row| {
        Ok(Step {
            id: row.get(0)?,
            action: row.get(1)?,
            what: row.get(2)?,
            document: blob(row, 3)?,
            actor: row.get(4)?,
            seq: row.get(5)?,
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
    back: bool,
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
    let json = run.turning(step, back).to_json();
    let ((), changed) = opened.change(conn, keys, run, &json, |draft, _| {
        let top = |row: i64| names.get(&row).cloned();
        Ok(invert(draft, &change, &top, tombstone)?)
    })?;
    let mine = opened.actors.iter().find(|actor| actor.mine);
    Ok(mine
        .filter(|_| changed)
        .map(|actor| (actor.row, actor.seq as i64)))
}
