//! The rows about who did what, by their place in the log: as they came here.

use std::ops::ControlFlow;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::feed;
use crate::store::StoreError;

/// The column behind those of the feed that holds the place.
pub(super) const PLACE: usize = feed::COLUMNS_COUNT;

/// The last place in the log that is taken.
pub(super) fn latest(conn: &Connection) -> Result<i64, StoreError> {
    let latest: Option<i64> = conn
        .prepare_cached("SELECT id - 1 FROM next_change")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(latest.unwrap_or_default())
}

/// Gives `take` each row behind a place, in order, until it has enough: what a change did has the
/// place of the change; that somebody came or went has a place of its own.
pub(super) fn after(
    conn: &Connection,
    place: i64,
    mut take: impl FnMut(&Row<'_>) -> Result<ControlFlow<()>, StoreError>,
) -> Result<(), StoreError> {
    let mut turns = conn.prepare_cached(&format!(
        "SELECT {}, turn_place.place
         FROM turn_place CROSS JOIN activity INDEXED BY activity_members
             ON activity.doc = turn_place.doc AND activity.hash = turn_place.hash
             AND activity.who IS NOT NULL
         WHERE turn_place.place > ?1 ORDER BY turn_place.place",
        feed::COLUMNS
    ))?;
    let mut changes = conn.prepare_cached(&format!(
        "SELECT {}, change.id FROM change CROSS JOIN activity
             ON activity.doc = change.doc AND activity.pos = change.start_op
             AND activity.hash = change.hash
         WHERE change.id > ?1 ORDER BY change.id, activity.n",
        feed::COLUMNS
    ))?;
    let mut turns = turns.query(params![place])?;
    let mut changes = changes.query(params![place])?;
    let mut turn = turns.next()?;
    let mut change = changes.next()?;
    loop {
        let of = |row: Option<&Row<'_>>| row.map(|row| row.get::<_, i64>(PLACE)).transpose();
        let turn_first = match (of(turn)?, of(change)?) {
            (Some(turn), Some(change)) => turn < change,
            (turn, _) => turn.is_some(),
        };
        let Some(row) = (if turn_first { turn } else { change }) else {
            return Ok(());
        };
        if take(row)?.is_break() {
            return Ok(());
        }
        if turn_first {
            turn = turns.next()?;
        } else {
            change = changes.next()?;
        }
    }
}
