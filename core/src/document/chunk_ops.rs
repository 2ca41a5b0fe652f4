//! The operations of a document chunk, sorted back into the changes that made them.
//!
//! A document keeps its operations by place, each with its *successors*: what overwrote or
//! deleted it. A deletion has no row of its own; it is known from the successors alone.

use super::chunk::ChunkLimits;
use super::chunk_history::{History, entry};
use super::chunk_sections::Table;
use super::columns::{Delta, Rle};
use super::limits::{COUNTER_MAX, DOCUMENT_KEY_BYTES_MAX};
use super::rows::{
    ACTION, Actors, Bodies, BodyColumns, EXPAND, INSERT, IdLists, In as _, KEY_ACTOR, KEY_COUNTER,
    KEY_TEXT, MARK_NAME, OBJECT_ACTOR, OBJECT_COUNTER, VALUE, VALUE_META,
};
use super::{
    Action, ActorId, ChangeError, ChunkError, ColumnFault, EntryFault, Key, ObjectId, Op, OpFault,
    OpId,
};

const ID_ACTOR: u32 = 33;
const ID_COUNTER: u32 = 35;
const SUCC_COUNT: u32 = 128;
const SUCC_ACTOR: u32 = 129;
const SUCC_COUNTER: u32 = 131;

/// The columns that the operations of a document may have.
pub(super) const KNOWN_OP_COLUMNS: [u32; 16] = [
    OBJECT_ACTOR,
    OBJECT_COUNTER,
    KEY_ACTOR,
    KEY_COUNTER,
    KEY_TEXT,
    ID_ACTOR,
    ID_COUNTER,
    INSERT,
    ACTION,
    VALUE_META,
    VALUE,
    SUCC_COUNT,
    SUCC_ACTOR,
    SUCC_COUNTER,
    EXPAND,
    MARK_NAME,
];

/// An operation and the place of its change.
pub(super) struct Placed {
    pub(super) change: usize,
    pub(super) op: Op,
}

/// An operation's counter and the place of its actor: the order of operation ids, as actors are
/// sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Id {
    counter: u32,
    actor: u32,
}

/// `succ` overwrote or deleted `pred`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Edge {
    succ: Id,
    pred: Id,
}

struct Row {
    id: Id,
    op: Op,
}

/// Decodes all operations, ordered by change and counter.
pub(super) fn decode(
    table: &Table<'_>,
    actors: &[ActorId],
    history: &History<'_>,
    limits: &ChunkLimits,
) -> Result<Vec<Placed>, ChunkError> {
    let (mut rows, mut edges) = read_rows(table, actors, limits).map_err(ChunkError::Rows)?;
    rows.sort_unstable_by_key(|row| row.id);
    edges.sort_unstable();
    let deletions = link(&mut rows, &edges, actors, history)?;
    if rows.len() + deletions.len() > limits.ops_max {
        return Err(ChunkError::TooLarge {
            what: "operations",
            found: (rows.len() + deletions.len()) as u64,
            max: limits.ops_max as u64,
        });
    }
    drop(edges);
    let mut placed = Vec::with_capacity(rows.len() + deletions.len());
    for row in rows.into_iter().chain(deletions) {
        let change = change_of(history, row.id)?;
        placed.push(Placed { change, op: row.op });
    }
    placed.sort_unstable_by_key(|placed| (placed.change, placed.op.id.counter));
    Ok(placed)
}

fn change_of(history: &History<'_>, id: Id) -> Result<usize, ChunkError> {
    history
        .change_of(id.actor as usize, id.counter.into())
        .ok_or(entry(history.entries.len(), EntryFault::Operations))
}

fn op_id(actors: &[ActorId], id: Id) -> OpId {
    OpId {
        counter: id.counter.into(),
        // Every id was checked when it was read.
        actor: actors
            .get(id.actor as usize)
            .copied()
            .unwrap_or(ActorId::from_bytes([0; 16])),
    }
}

fn read_rows(
    table: &Table<'_>,
    all_actors: &[ActorId],
    limits: &ChunkLimits,
) -> Result<(Vec<Row>, Vec<Edge>), ChangeError> {
    let mut columns = BodyColumns::default();
    for (spec, data) in table.iter() {
        columns.set(spec, data);
    }
    let kinds = columns.kinds(limits.ops_max)?;
    let count = kinds.len();
    let mut actors = Actors::new(all_actors);
    let mut bodies = Bodies::new(&columns, count, DOCUMENT_KEY_BYTES_MAX);
    let mut id_actor = Rle::<u64>::new(table.get(ID_ACTOR), count);
    let mut id_counter = Delta::new(table.get(ID_COUNTER), count);
    let mut succs = IdLists::new(
        table.get(SUCC_COUNT),
        table.get(SUCC_ACTOR),
        table.get(SUCC_COUNTER),
        count,
        limits.ops_max,
    );
    let mut rows = Vec::with_capacity(count);
    let mut edges = Vec::new();
    for (index, kind) in kinds.into_iter().enumerate() {
        let actor = id_actor.next_value().within("operations' actors")?;
        let counter = id_counter.next_unsigned().within("operations' counters")?;
        let id = checked_id(&mut actors, index, actor, counter)?;
        let op = bodies.next(&mut actors, index, op_id(all_actors, id), kind)?;
        for _ in 0..succs.next_count()? {
            let (actor, counter) = succs.next_id()?;
            let succ = checked_id(&mut actors, index, actor, counter)?;
            edges.push(Edge { succ, pred: id });
        }
        rows.push(Row { id, op });
    }
    bodies.finish()?;
    succs.finish()?;
    id_actor.finish().within("operations' actors")?;
    id_counter.finish().within("operations' counters")?;
    Ok((rows, edges))
}

fn checked_id(
    actors: &mut Actors<'_>,
    index: usize,
    actor: u64,
    counter: u64,
) -> Result<Id, ChangeError> {
    let unknown = ChangeError::Op {
        index,
        fault: OpFault::UnknownActor,
    };
    if actors.get(actor).is_err() {
        return Err(unknown);
    }
    if counter == 0 || counter > COUNTER_MAX {
        return Err(ChangeError::Column {
            column: "operations' counters",
            fault: ColumnFault::Range,
        });
    }
    match (u32::try_from(counter), u32::try_from(actor)) {
        (Ok(counter), Ok(actor)) => Ok(Id { counter, actor }),
        _ => Err(unknown),
    }
}

/// Gives every row its predecessors, and returns the deletions. Rows and edges are sorted.
fn link(
    rows: &mut [Row],
    edges: &[Edge],
    actors: &[ActorId],
    history: &History<'_>,
) -> Result<Vec<Row>, ChunkError> {
    let mut deletions = Vec::new();
    let mut key_bytes = 0;
    for group in edges.chunk_by(|one, other| one.succ == other.succ) {
        let Some(first) = group.first() else {
            continue;
        };
        let id = first.succ;
        let fault = |fault| match change_of(history, id) {
            Ok(change) => entry(change, fault),
            Err(error) => error,
        };
        if group.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(fault(EntryFault::Successor));
        }
        let own = rows.binary_search_by_key(&id, |row| row.id).ok();
        let (object, key) = match own.and_then(|own| rows.get(own)) {
            Some(row) => (row.op.object, row.op.key.clone()),
            None => find(rows, first.pred)
                .map(target)
                .ok_or_else(|| fault(EntryFault::Successor))?,
        };
        let fits = |edge: &Edge| find(rows, edge.pred).is_some_and(|op| is_at(op, &object, &key));
        if !group.iter().all(fits) {
            return Err(fault(EntryFault::Successor));
        }
        let pred = group.iter().map(|edge| op_id(actors, edge.pred)).collect();
        if let Some(row) = own.and_then(|own| rows.get_mut(own)) {
            row.op.pred = pred;
        } else {
            if let Key::Map(key) = &key {
                key_bytes += key.len();
            }
            if key_bytes > DOCUMENT_KEY_BYTES_MAX {
                return Err(ChunkError::TooLarge {
                    what: "bytes of all deleted keys",
                    found: key_bytes as u64,
                    max: DOCUMENT_KEY_BYTES_MAX as u64,
                });
            }
            let op = Op {
                id: op_id(actors, id),
                object,
                key,
                action: Action::Delete,
                insert: false,
                pred,
            };
            deletions.push(Row { id, op });
        }
    }
    Ok(deletions)
}

fn find(rows: &[Row], id: Id) -> Option<&Op> {
    let place = rows.binary_search_by_key(&id, |row| row.id).ok()?;
    rows.get(place).map(|row| &row.op)
}

/// Where to write in order to overwrite `op`.
fn target(op: &Op) -> (ObjectId, Key) {
    let key = if op.insert {
        Key::Element(op.id)
    } else {
        op.key.clone()
    };
    (op.object, key)
}

fn is_at(op: &Op, object: &ObjectId, key: &Key) -> bool {
    let same_key = match key {
        Key::Element(element) if op.insert => *element == op.id,
        key => !op.insert && op.key == *key,
    };
    same_key && op.object == *object
}
