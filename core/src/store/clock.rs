//! What a change knew: for each actor the last of its changes in the causal past.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use crate::document::ChangeHash;

/// Actor row -> seq. The causal past of a change, itself included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Clock(BTreeMap<i64, u64>);

impl Clock {
    /// How far this clock reaches into an actor's history.
    pub(crate) fn seq(&self, actor: i64) -> u64 {
        self.0.get(&actor).copied().unwrap_or_default()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, u64)> {
        self.0.iter().map(|(actor, seq)| (*actor, *seq))
    }

    pub(crate) fn set(&mut self, actor: i64, seq: u64) {
        self.0.insert(actor, seq);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (actor, seq) in &other.0 {
            let mine = self.0.entry(*actor).or_default();
            *mine = (*mine).max(*seq);
        }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let pairs: Vec<(i64, u64)> = self.0.iter().map(|(a, s)| (*a, *s)).collect();
        // Writing to memory cannot fail.
        minicbor::to_vec(&pairs).unwrap_or_default()
    }

    fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let pairs: Vec<(i64, u64)> = minicbor::decode(bytes)
            .map_err(|_| StoreError::Damaged("a clock cannot be read".into()))?;
        Ok(Self(pairs.into_iter().collect()))
    }

    /// The clock of a stored change. Most changes build on their author's last one only and
    /// store none: theirs is the nearest one before, moved on.
    pub(crate) fn load(conn: &Connection, actor: i64, seq: u64) -> Result<Self, StoreError> {
        let bytes: Option<Vec<u8>> = conn
            .prepare_cached(
                "SELECT clock FROM change WHERE actor = ?1 AND seq <= ?2 AND clock IS NOT NULL
                 ORDER BY seq DESC LIMIT 1",
            )?
            .query_row(params![actor, seq as i64], |row| row.get(0))
            .optional()?;
        let mut clock = match bytes {
            Some(bytes) => Self::decode(&bytes)?,
            None => Self::default(),
        };
        clock.set(actor, seq);
        Ok(clock)
    }
}

/// What the accept rule needs to know of a change that is there already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) actor: i64,
    pub(crate) seq: u64,
    pub(crate) max_op: u64,
}

/// Finds a change of a document by its hash.
pub(crate) fn find_change(
    conn: &Connection,
    doc: i64,
    hash: &ChangeHash,
) -> Result<Option<Known>, StoreError> {
    let found = conn
        .prepare_cached("SELECT actor, seq, max_op FROM change WHERE doc = ?1 AND hash = ?2")?
        .query_row(params![doc, hash.as_ref()], |row| {
            Ok(Known {
                actor: row.get(0)?,
                seq: row.get::<_, i64>(1)?.unsigned_abs(),
                max_op: row.get::<_, i64>(2)?.unsigned_abs(),
            })
        })
        .optional()?;
    Ok(found)
}

/// The counter at which an actor's history up to `seq` ends.
pub(crate) fn max_op_at(conn: &Connection, actor: i64, seq: u64) -> Result<u64, StoreError> {
    if seq == 0 {
        return Ok(0);
    }
    let found: Option<i64> = conn
        .prepare_cached("SELECT max_op FROM change WHERE actor = ?1 AND seq = ?2")?
        .query_row(params![actor, seq as i64], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or_default().unsigned_abs())
}
