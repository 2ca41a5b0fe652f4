//! What fields hold: read from the operation index, where every value stands with the operation
//! that put it there.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::actors::Actors;
use super::ops::Kind;
use super::{StoreError, value};
use crate::document::{OpId, Scalar};
use crate::model::{Closed, Due};

/// A value that a field holds, with the operation that put it there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Held {
    pub(crate) counter: u64,
    pub(crate) actor: i64,
    pub(crate) value: HeldValue,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum HeldValue {
    Scalar(Scalar),
    Made(Kind),
}

/// What one field of a map holds: the winner first, then what was put there concurrently.
pub(crate) fn field(
    conn: &Connection,
    object: i64,
    key: &str,
    actors: &Actors,
) -> Result<Vec<Held>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT ctr, actor, kind, value FROM op WHERE obj = ?1 AND key = ?2 AND over = 0",
    )?;
    let mut rows = statement.query(params![object, key])?;
    let mut held = Vec::new();
    while let Some(row) = rows.next()? {
        held.push(read_held(row, 0)?);
    }
    sort_held(&mut held, actors);
    Ok(held)
}

/// What every field of a map holds.
pub(crate) fn fields(
    conn: &Connection,
    object: i64,
    actors: &Actors,
) -> Result<BTreeMap<String, Vec<Held>>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT key, ctr, actor, kind, value FROM op WHERE obj = ?1 AND over = 0",
    )?;
    let mut rows = statement.query(params![object])?;
    let mut fields: BTreeMap<String, Vec<Held>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        fields
            .entry(row.get(0)?)
            .or_default()
            .push(read_held(row, 1)?);
    }
    for held in fields.values_mut() {
        sort_held(held, actors);
    }
    Ok(fields)
}

/// What a field held where an operation wrote over it: of the values that it names as overwritten
/// the one that had won, as the operation's author knew it.
pub(crate) fn overwritten(
    conn: &Connection,
    actors: &Actors,
    object: i64,
    key: &str,
    pred: &[OpId],
) -> Result<Option<Scalar>, StoreError> {
    let Some(winner) = pred.iter().max() else {
        return Ok(None);
    };
    let Some(actor) = actors.get(&winner.actor) else {
        return Ok(None);
    };
    let bytes: Option<Option<Vec<u8>>> = conn
        .prepare_cached(
            "SELECT value FROM op WHERE obj = ?1 AND key = ?2 AND ctr = ?3 AND actor = ?4",
        )?
        .query_row(
            params![object, key, winner.counter as i64, actor.row],
            |row| row.get(0),
        )
        .optional()?;
    bytes
        .flatten()
        .map(|bytes| value::decode(&bytes))
        .transpose()
}

/// Which times of a series a task's map closes, and how.
pub(crate) fn closed_times(
    conn: &Connection,
    object: i64,
    series: &str,
) -> Result<BTreeMap<Due, Closed>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT key, value FROM op
         WHERE obj = ?1 AND key >= ?2 AND key < ?3 AND over = 0 AND kind = 0",
    )?;
    let prefix = format!("done/{series}/");
    // The character behind the slash.
    let mut rows = statement.query(params![object, prefix, format!("done/{series}0")])?;
    let mut closed = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let key: String = row.get(0)?;
        let value = value::decode(&row.get::<_, Vec<u8>>(1)?)?;
        let due = key.strip_prefix(&prefix).and_then(|due| due.parse().ok());
        let how = value.as_str().and_then(|how| how.parse().ok());
        if let (Some(due), Some(how)) = (due, how) {
            closed.insert(due, how);
        }
    }
    Ok(closed)
}

fn read_held(row: &rusqlite::Row<'_>, at: usize) -> Result<Held, StoreError> {
    let kind: i64 = row.get(at + 2)?;
    Ok(Held {
        counter: row.get::<_, i64>(at)?.unsigned_abs(),
        actor: row.get(at + 1)?,
        value: match kind {
            0 => HeldValue::Scalar(value::decode(&row.get::<_, Vec<u8>>(at + 3)?)?),
            code => HeldValue::Made(Kind::from_code(code - 1)),
        },
    })
}

fn sort_held(held: &mut [Held], actors: &Actors) {
    held.sort_by(|a, b| {
        b.counter
            .cmp(&a.counter)
            .then_with(|| actors.compare(b.actor, a.actor))
    });
}
