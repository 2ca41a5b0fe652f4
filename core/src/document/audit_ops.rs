//! The operations of a foreign change, decoded from their columns row by row.

use super::columns::{Boolean, ColumnFault, Delta, Rle};
use super::leb::Reader;
use super::limits::{
    CHANGE_KEY_BYTES_MAX, CHANGE_OPS_MAX, CHANGE_PREDS_MAX, COUNTER_MAX, MAP_KEY_BYTES_MAX,
    VALUE_BYTES_MAX,
};
use super::{Action, ActorId, ChangeError, Key, ObjectId, Op, OpFault, OpId, Scalar, Unsupported};

const OBJECT_ACTOR: u32 = 1;
const OBJECT_COUNTER: u32 = 2;
const KEY_ACTOR: u32 = 17;
const KEY_COUNTER: u32 = 19;
const KEY_TEXT: u32 = 21;
const INSERT: u32 = 52;
const ACTION: u32 = 66;
const VALUE_META: u32 = 86;
const VALUE: u32 = 87;
const PRED_COUNT: u32 = 112;
const PRED_ACTOR: u32 = 113;
const PRED_COUNTER: u32 = 115;
const EXPAND: u32 = 148;
const MARK_NAME: u32 = 165;

/// The columns that a change may have.
pub(super) const KNOWN_COLUMNS: [u32; 14] = [
    OBJECT_ACTOR,
    OBJECT_COUNTER,
    KEY_ACTOR,
    KEY_COUNTER,
    KEY_TEXT,
    INSERT,
    ACTION,
    VALUE_META,
    VALUE,
    PRED_COUNT,
    PRED_ACTOR,
    PRED_COUNTER,
    EXPAND,
    MARK_NAME,
];

/// The data of each column; empty if it is left out.
#[derive(Debug, Default)]
pub(super) struct OpColumns<'a> {
    object_actor: &'a [u8],
    object_counter: &'a [u8],
    key_actor: &'a [u8],
    key_counter: &'a [u8],
    key_text: &'a [u8],
    insert: &'a [u8],
    action: &'a [u8],
    value_meta: &'a [u8],
    value: &'a [u8],
    pred_count: &'a [u8],
    pred_actor: &'a [u8],
    pred_counter: &'a [u8],
    marks: bool,
}

impl<'a> OpColumns<'a> {
    /// Gives a column of [`KNOWN_COLUMNS`] its data.
    pub(super) fn set(&mut self, spec: u32, data: &'a [u8]) {
        match spec {
            OBJECT_ACTOR => self.object_actor = data,
            OBJECT_COUNTER => self.object_counter = data,
            KEY_ACTOR => self.key_actor = data,
            KEY_COUNTER => self.key_counter = data,
            KEY_TEXT => self.key_text = data,
            INSERT => self.insert = data,
            ACTION => self.action = data,
            VALUE_META => self.value_meta = data,
            VALUE => self.value = data,
            PRED_COUNT => self.pred_count = data,
            PRED_ACTOR => self.pred_actor = data,
            PRED_COUNTER => self.pred_counter = data,
            _ => self.marks = true,
        }
    }

    /// Decodes all rows. The author is the first of `actors`.
    pub(super) fn decode(&self, actors: &[ActorId], start_op: u64) -> Result<Vec<Op>, ChangeError> {
        if self.marks {
            return Err(Unsupported::Mark.into());
        }
        let actions = self.actions()?;
        let last = start_op
            .saturating_add(actions.len() as u64)
            .saturating_sub(1);
        if last > COUNTER_MAX {
            return Err(ChangeError::Range {
                field: "last counter",
                found: last.into(),
            });
        }
        let mut rows = Rows::new(self, actors, actions.len());
        let mut ops = Vec::with_capacity(actions.len());
        for (index, kind) in actions.into_iter().enumerate() {
            let id = OpId {
                counter: start_op + index as u64,
                actor: rows.actors.author,
            };
            ops.push(rows.next(index, id, kind)?);
        }
        rows.finish()?;
        Ok(ops)
    }

    /// The column of actions decides how many rows there are.
    fn actions(&self) -> Result<Vec<Kind>, ChangeError> {
        let mut column = Rle::<u64>::new(self.action, CHANGE_OPS_MAX);
        let mut actions = Vec::new();
        while column.has_more() {
            let code = column.next_value().map_err(|fault| match fault {
                ColumnFault::TooManyRows => ChangeError::TooLarge {
                    what: "operations",
                    found: CHANGE_OPS_MAX as u64 + 1,
                    max: CHANGE_OPS_MAX as u64,
                },
                fault => in_column("actions", fault),
            })?;
            actions.push(Kind::new(code)?);
        }
        Ok(actions)
    }
}

fn in_column(column: &'static str, fault: ColumnFault) -> ChangeError {
    ChangeError::Column { column, fault }
}

/// Names the column in which a fault was found.
trait In<T> {
    fn within(self, column: &'static str) -> Result<T, ChangeError>;
}

impl<T> In<T> for Result<T, ColumnFault> {
    fn within(self, column: &'static str) -> Result<T, ChangeError> {
        self.map_err(|fault| in_column(column, fault))
    }
}

/// What an operation does, its value not yet read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    MakeMap,
    MakeText,
    Put,
    Delete,
}

impl Kind {
    fn new(code: u64) -> Result<Self, Unsupported> {
        match code {
            0 => Ok(Self::MakeMap),
            1 => Ok(Self::Put),
            2 => Err(Unsupported::List),
            3 => Ok(Self::Delete),
            4 => Ok(Self::MakeText),
            5 => Err(Unsupported::Counter),
            6 => Err(Unsupported::Table),
            7 => Err(Unsupported::Mark),
            other => Err(Unsupported::Action(other)),
        }
    }
}

/// The actors of a change, and which of them were named.
struct Actors<'a> {
    author: ActorId,
    all: &'a [ActorId],
    named: Vec<bool>,
}

impl Actors<'_> {
    fn get(&mut self, place: u64) -> Result<ActorId, OpFault> {
        let place = usize::try_from(place).map_err(|_| OpFault::UnknownActor)?;
        let actor = self.all.get(place).ok_or(OpFault::UnknownActor)?;
        if let Some(named) = self.named.get_mut(place) {
            *named = true;
        }
        Ok(*actor)
    }
}

/// All columns but the actions, in step.
struct Rows<'a> {
    actors: Actors<'a>,
    object_actor: Rle<'a, u64>,
    object_counter: Rle<'a, u64>,
    key_actor: Rle<'a, u64>,
    key_counter: Delta<'a>,
    key_text: Rle<'a, &'a str>,
    key_bytes: usize,
    insert: Boolean<'a>,
    value_meta: Rle<'a, u64>,
    value: Reader<'a>,
    pred_count: Rle<'a, u64>,
    pred_actor: Rle<'a, u64>,
    pred_counter: Delta<'a>,
    preds_left: usize,
}

impl<'a> Rows<'a> {
    fn new(columns: &OpColumns<'a>, actors: &'a [ActorId], rows: usize) -> Self {
        let mut named = vec![false; actors.len()];
        if let Some(author) = named.first_mut() {
            *author = true;
        }
        Self {
            actors: Actors {
                author: actors.first().copied().unwrap_or(ActorId([0; 16])),
                all: actors,
                named,
            },
            object_actor: Rle::new(columns.object_actor, rows),
            object_counter: Rle::new(columns.object_counter, rows),
            key_actor: Rle::new(columns.key_actor, rows),
            key_counter: Delta::new(columns.key_counter, rows),
            key_text: Rle::new(columns.key_text, rows),
            key_bytes: 0,
            insert: Boolean::new(columns.insert, rows),
            value_meta: Rle::new(columns.value_meta, rows),
            value: Reader::new(columns.value),
            pred_count: Rle::new(columns.pred_count, rows),
            pred_actor: Rle::new(columns.pred_actor, CHANGE_PREDS_MAX),
            pred_counter: Delta::new(columns.pred_counter, CHANGE_PREDS_MAX),
            preds_left: CHANGE_PREDS_MAX,
        }
    }

    fn next(&mut self, index: usize, id: OpId, kind: Kind) -> Result<Op, ChangeError> {
        let op_fault = |fault| ChangeError::Op { index, fault };
        let object = self.object(index, id)?;
        let key = self.key(index, id)?;
        let insert = self.insert.next().within("insertions")?;
        let action = self.action(index, kind)?;
        let pred = self.pred(index, id)?;
        let op = Op {
            id,
            object,
            key,
            action,
            insert,
            pred,
        };
        if !matches!(op.key, Key::Map(_)) && matches!(kind, Kind::MakeMap | Kind::MakeText) {
            return Err(Unsupported::ObjectInText.into());
        }
        check_shape(&op).map_err(op_fault)?;
        Ok(op)
    }

    fn object(&mut self, index: usize, id: OpId) -> Result<ObjectId, ChangeError> {
        let actor = self.object_actor.next().within("objects' actors")?;
        let counter = self.object_counter.next().within("objects' counters")?;
        match (actor, counter) {
            (None, None) => Ok(ObjectId::Root),
            (Some(actor), Some(counter)) => {
                self.earlier(index, id, actor, counter).map(ObjectId::Made)
            }
            _ => Err(ChangeError::Op {
                index,
                fault: OpFault::HalfId,
            }),
        }
    }

    fn key(&mut self, index: usize, id: OpId) -> Result<Key, ChangeError> {
        let actor = self.key_actor.next().within("elements' actors")?;
        let counter = self.key_counter.next().within("elements' counters")?;
        let text = self.key_text.next().within("keys")?;
        let op_fault = |fault| Err(ChangeError::Op { index, fault });
        match (actor, counter, text) {
            (None, None, Some("")) => op_fault(OpFault::EmptyKey),
            (None, None, Some(key)) => {
                self.key_bytes += key.len();
                let too_large = |what, found: usize, max: usize| ChangeError::TooLarge {
                    what,
                    found: found as u64,
                    max: max as u64,
                };
                if key.len() > MAP_KEY_BYTES_MAX {
                    return Err(too_large("bytes of a key", key.len(), MAP_KEY_BYTES_MAX));
                }
                if self.key_bytes > CHANGE_KEY_BYTES_MAX {
                    return Err(too_large(
                        "bytes of all keys",
                        self.key_bytes,
                        CHANGE_KEY_BYTES_MAX,
                    ));
                }
                Ok(Key::Map(key.to_owned()))
            }
            (None, Some(0), None) => Ok(Key::Head),
            (Some(actor), Some(counter), None) => {
                let counter = u64::try_from(counter)
                    .map_err(|_| in_column("elements' counters", ColumnFault::Range))?;
                self.earlier(index, id, actor, counter).map(Key::Element)
            }
            (None, None, None) => op_fault(OpFault::NoKey),
            (_, _, Some(_)) => op_fault(OpFault::TwoKeys),
            _ => op_fault(OpFault::HalfId),
        }
    }

    /// The action, with the value of a put. Every other kind has an empty value.
    fn action(&mut self, index: usize, kind: Kind) -> Result<Action, ChangeError> {
        let meta = self.value_meta.next_value().within("value types")?;
        let bytes = usize::try_from(meta >> 4)
            .map_err(|_| ColumnFault::Range)
            .and_then(|len| Ok(self.value.take(len)?))
            .within("values")?;
        let action = match kind {
            Kind::Put => return read_scalar((meta & 15) as u8, bytes).map(Action::Put),
            Kind::MakeMap => Action::MakeMap,
            Kind::MakeText => Action::MakeText,
            Kind::Delete => Action::Delete,
        };
        if meta != 0 {
            return Err(ChangeError::Op {
                index,
                fault: OpFault::StrayValue,
            });
        }
        Ok(action)
    }

    fn pred(&mut self, index: usize, id: OpId) -> Result<Vec<OpId>, ChangeError> {
        let count = self.pred_count.next_value().within("predecessor counts")?;
        let too_many = || ChangeError::TooLarge {
            what: "predecessors",
            found: count.saturating_add((CHANGE_PREDS_MAX - self.preds_left) as u64),
            max: CHANGE_PREDS_MAX as u64,
        };
        let count = usize::try_from(count).map_err(|_| too_many())?;
        self.preds_left = self.preds_left.checked_sub(count).ok_or_else(too_many)?;
        let mut pred: Vec<OpId> = Vec::with_capacity(count.min(8));
        for _ in 0..count {
            let actor = self
                .pred_actor
                .next_value()
                .within("predecessors' actors")?;
            let counter = self
                .pred_counter
                .next_unsigned()
                .within("predecessors' counters")?;
            let earlier = self.earlier(index, id, actor, counter)?;
            if pred.last().is_some_and(|last| *last >= earlier) {
                return Err(ChangeError::Op {
                    index,
                    fault: OpFault::PredOrder,
                });
            }
            pred.push(earlier);
        }
        Ok(pred)
    }

    /// The id of an operation that must come before `id`.
    fn earlier(
        &mut self,
        index: usize,
        id: OpId,
        actor: u64,
        counter: u64,
    ) -> Result<OpId, ChangeError> {
        let op_fault = |fault| ChangeError::Op { index, fault };
        let actor = self.actors.get(actor).map_err(op_fault)?;
        if counter == 0 {
            return Err(op_fault(OpFault::HalfId));
        }
        if counter >= id.counter {
            return Err(op_fault(OpFault::Ahead));
        }
        Ok(OpId { counter, actor })
    }

    fn finish(&self) -> Result<(), ChangeError> {
        self.object_actor.finish().within("objects' actors")?;
        self.object_counter.finish().within("objects' counters")?;
        self.key_actor.finish().within("elements' actors")?;
        self.key_counter.finish().within("elements' counters")?;
        self.key_text.finish().within("keys")?;
        self.insert.finish().within("insertions")?;
        self.value_meta.finish().within("value types")?;
        self.pred_count.finish().within("predecessor counts")?;
        self.pred_actor.finish().within("predecessors' actors")?;
        self.pred_counter
            .finish()
            .within("predecessors' counters")?;
        if !self.value.is_empty() {
            return Err(in_column("values", ColumnFault::Leftover));
        }
        if self.actors.named.contains(&false) {
            return Err(ChangeError::ActorUnused);
        }
        Ok(())
    }
}

fn read_scalar(type_code: u8, bytes: &[u8]) -> Result<Scalar, ChangeError> {
    const COLUMN: &str = "values";
    if bytes.len() > VALUE_BYTES_MAX {
        return Err(ChangeError::TooLarge {
            what: "bytes of a value",
            found: bytes.len() as u64,
            max: VALUE_BYTES_MAX as u64,
        });
    }
    let mut reader = Reader::new(bytes);
    let fixed = |len: usize, scalar: Scalar| {
        if bytes.len() == len {
            Ok(scalar)
        } else {
            Err(in_column(COLUMN, ColumnFault::ValueLength))
        }
    };
    let scalar = match type_code {
        0 => return fixed(0, Scalar::Null),
        1 => return fixed(0, Scalar::Bool(false)),
        2 => return fixed(0, Scalar::Bool(true)),
        3 => reader.uleb().map(Scalar::Uint),
        4 => reader.sleb().map(Scalar::Int),
        5 => reader.array().map(|le| Scalar::F64(f64::from_le_bytes(le))),
        6 => {
            return core::str::from_utf8(bytes)
                .map(|text| Scalar::Str(text.to_owned()))
                .map_err(|_| in_column(COLUMN, ColumnFault::Utf8));
        }
        7 => return Ok(Scalar::Bytes(bytes.to_vec())),
        8 => return Err(Unsupported::Counter.into()),
        9 => reader.sleb().map(Scalar::Timestamp),
        other => return Err(Unsupported::ValueType(other).into()),
    };
    let scalar = scalar.map_err(ColumnFault::Read).within(COLUMN)?;
    if !reader.is_empty() {
        return Err(in_column(COLUMN, ColumnFault::ValueLength));
    }
    Ok(scalar)
}

/// Whether the parts of an operation fit one another.
fn check_shape(op: &Op) -> Result<(), OpFault> {
    let deletes = op.action == Action::Delete;
    match &op.key {
        Key::Map(_) if op.insert => return Err(OpFault::InsertIntoMap),
        Key::Map(_) => {}
        _ if op.object == ObjectId::Root => return Err(OpFault::ElementOfRoot),
        Key::Head if !op.insert => return Err(OpFault::HeadOverwritten),
        Key::Head | Key::Element(_) => {}
    }
    if op.insert && deletes {
        return Err(OpFault::InsertedDelete);
    }
    if op.insert && !op.pred.is_empty() {
        return Err(OpFault::InsertWithPred);
    }
    if deletes && op.pred.is_empty() {
        return Err(OpFault::DeleteOfNothing);
    }
    Ok(())
}
