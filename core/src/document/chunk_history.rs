//! The list of changes in a document chunk.

use core::ops::Range;

use super::chunk::ChunkLimits;
use super::chunk_sections::Table;
use super::columns::{ColumnFault, Delta, Rle};
use super::limits::{COUNTER_MAX, DOCUMENT_DEPS_MAX, SEQ_MAX};
use super::{ChunkError, EntryFault};

const ACTOR: u32 = 1;
const SEQ: u32 = 3;
const MAX_OP: u32 = 19;
const TIME: u32 = 35;
const MESSAGE: u32 = 53;
const DEPS_COUNT: u32 = 64;
const DEPS: u32 = 67;
const EXTRA_META: u32 = 86;
const EXTRA: u32 = 87;

/// The columns that the list of changes may have.
pub(super) const KNOWN_CHANGE_COLUMNS: [u32; 9] = [
    ACTOR, SEQ, MAX_OP, TIME, MESSAGE, DEPS_COUNT, DEPS, EXTRA_META, EXTRA,
];

/// A change without its operations.
pub(super) struct Entry<'a> {
    /// The place of its actor.
    pub(super) actor: usize,
    pub(super) seq: u64,
    pub(super) max_op: u64,
    pub(super) time_s: i64,
    pub(super) message: Option<&'a str>,
    deps: Range<usize>,
}

/// The list of changes: each one builds only on those before it.
pub(super) struct History<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    deps: Vec<usize>,
    /// For each actor its changes: their last counters, ascending, and their places.
    by_actor: Vec<Vec<(u64, usize)>>,
}

impl<'a> History<'a> {
    /// Decodes the list of changes of a document with so many actors.
    pub(super) fn decode(
        table: &'a Table<'_>,
        actors: usize,
        limits: &ChunkLimits,
    ) -> Result<Self, ChunkError> {
        let places = read_actors(table.get(ACTOR), limits.changes_max)?;
        let rows = places.len();
        if !table.get(EXTRA).is_empty() {
            return Err(entry(0, EntryFault::ExtraBytes));
        }
        let mut seq = Delta::new(table.get(SEQ), rows);
        let mut max_op = Delta::new(table.get(MAX_OP), rows);
        let mut time = Delta::new(table.get(TIME), rows);
        let mut message = Rle::<&str>::new(table.get(MESSAGE), rows);
        let mut deps_count = Rle::<u64>::new(table.get(DEPS_COUNT), rows);
        let mut deps = Delta::new(table.get(DEPS), DOCUMENT_DEPS_MAX);
        let mut extra = Rle::<u64>::new(table.get(EXTRA_META), rows);
        let mut history = Self {
            entries: Vec::with_capacity(rows),
            deps: Vec::new(),
            by_actor: vec![Vec::new(); actors],
        };
        for (index, place) in places.into_iter().enumerate() {
            let actor = usize::try_from(place).unwrap_or(usize::MAX);
            let count = within("counts of dependencies", deps_count.next_value())?;
            let range = history.read_deps(index, count, &mut deps)?;
            let new = Entry {
                actor,
                seq: within("sequence numbers", seq.next_unsigned())?,
                max_op: within("last counters", max_op.next_unsigned())?,
                time_s: within("times", time.next())?.unwrap_or(0),
                message: within("messages", message.next())?.filter(|text| !text.is_empty()),
                deps: range,
            };
            // The upper bits are a length.
            if within("extra bytes", extra.next())?.is_some_and(|meta| meta >> 4 != 0) {
                return Err(entry(index, EntryFault::ExtraBytes));
            }
            history.push(index, new)?;
        }
        within("sequence numbers", seq.finish())?;
        within("last counters", max_op.finish())?;
        within("times", time.finish())?;
        within("messages", message.finish())?;
        within("counts of dependencies", deps_count.finish())?;
        within("dependencies", deps.finish())?;
        within("extra bytes", extra.finish())?;
        if history.by_actor.iter().any(Vec::is_empty) {
            return Err(ChunkError::Order { field: "actors" });
        }
        Ok(history)
    }

    /// The places of the changes that this one builds on.
    pub(super) fn deps(&self, entry: &Entry<'_>) -> &[usize] {
        self.deps.get(entry.deps.clone()).unwrap_or_default()
    }

    /// The place of the change that has this operation.
    pub(super) fn change_of(&self, actor: usize, counter: u64) -> Option<usize> {
        let changes = self.by_actor.get(actor)?;
        let first = changes.partition_point(|(max_op, _)| *max_op < counter);
        changes.get(first).map(|(_, place)| *place)
    }

    fn read_deps(
        &mut self,
        index: usize,
        count: u64,
        column: &mut Delta<'_>,
    ) -> Result<Range<usize>, ChunkError> {
        let start = self.deps.len();
        let left = (DOCUMENT_DEPS_MAX - start) as u64;
        if count > left {
            return Err(ChunkError::TooLarge {
                what: "dependencies",
                found: count.saturating_add(start as u64),
                max: DOCUMENT_DEPS_MAX as u64,
            });
        }
        for _ in 0..count {
            let dep = within("dependencies", column.next_unsigned())?;
            let dep = usize::try_from(dep)
                .ok()
                .filter(|dep| *dep < index)
                .ok_or(entry(index, EntryFault::Dependency))?;
            self.deps.push(dep);
        }
        Ok(start..self.deps.len())
    }

    fn push(&mut self, index: usize, new: Entry<'a>) -> Result<(), ChunkError> {
        let of_actor = self
            .by_actor
            .get_mut(new.actor)
            .ok_or(entry(index, EntryFault::UnknownActor))?;
        if new.seq != of_actor.len() as u64 + 1 || new.seq > SEQ_MAX {
            return Err(entry(index, EntryFault::Sequence));
        }
        let last = of_actor.last().map_or(0, |(max_op, _)| *max_op);
        if new.max_op < last || new.max_op > COUNTER_MAX {
            return Err(entry(index, EntryFault::Counter));
        }
        of_actor.push((new.max_op, index));
        self.entries.push(new);
        Ok(())
    }
}

/// Names the entry in which a fault was found.
pub(super) fn entry(index: usize, fault: EntryFault) -> ChunkError {
    ChunkError::Entry { index, fault }
}

fn within<T>(column: &'static str, read: Result<T, ColumnFault>) -> Result<T, ChunkError> {
    read.map_err(|fault| ChunkError::Column { column, fault })
}

/// The column of actors decides how many changes there are.
fn read_actors(bytes: &[u8], changes_max: usize) -> Result<Vec<u64>, ChunkError> {
    let mut column = Rle::<u64>::new(bytes, changes_max);
    let mut actors = Vec::new();
    while column.has_more() {
        actors.push(column.next_value().map_err(|fault| match fault {
            ColumnFault::TooManyRows => ChunkError::TooLarge {
                what: "changes",
                found: changes_max as u64 + 1,
                max: changes_max as u64,
            },
            fault => ChunkError::Column {
                column: "actors",
                fault,
            },
        })?);
    }
    Ok(actors)
}
