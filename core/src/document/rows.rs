//! Rows of operations, as changes and documents both store them.

use super::columns::{Boolean, ColumnFault, Delta, Rle};
use super::leb::Reader;
use super::limits::{MAP_KEY_BYTES_MAX, VALUE_BYTES_MAX};
use super::{Action, ActorId, ChangeError, Key, ObjectId, Op, OpFault, OpId, Scalar, Unsupported};

pub(super) const OBJECT_ACTOR: u32 = 1;
pub(super) const OBJECT_COUNTER: u32 = 2;
pub(super) const KEY_ACTOR: u32 = 17;
pub(super) const KEY_COUNTER: u32 = 19;
pub(super) const KEY_TEXT: u32 = 21;
pub(super) const INSERT: u32 = 52;
pub(super) const ACTION: u32 = 66;
pub(super) const VALUE_META: u32 = 86;
pub(super) const VALUE: u32 = 87;
pub(super) const EXPAND: u32 = 148;
pub(super) const MARK_NAME: u32 = 165;

/// The columns that changes and documents have in common; empty if left out.
#[derive(Debug, Default)]
pub(super) struct BodyColumns<'a> {
    pub(super) object_actor: &'a [u8],
    pub(super) object_counter: &'a [u8],
    pub(super) key_actor: &'a [u8],
    pub(super) key_counter: &'a [u8],
    pub(super) key_text: &'a [u8],
    pub(super) insert: &'a [u8],
    pub(super) action: &'a [u8],
    pub(super) value_meta: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) marks: bool,
}

impl<'a> BodyColumns<'a> {
    /// Gives a column its data; false if it is none of these.
    pub(super) fn set(&mut self, spec: u32, data: &'a [u8]) -> bool {
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
            EXPAND | MARK_NAME => self.marks = true,
            _ => return false,
        }
        true
    }

    /// The column of actions, which decides how many rows there are: at most `rows_max`.
    pub(super) fn kinds(&self, rows_max: usize) -> Result<Vec<Kind>, ChangeError> {
        if self.marks {
            return Err(Unsupported::Mark.into());
        }
        let mut column = Rle::<u64>::new(self.action, rows_max);
        let mut kinds = Vec::new();
        while column.has_more() {
            let code = column.next_value().map_err(|fault| match fault {
                ColumnFault::TooManyRows => ChangeError::TooLarge {
                    what: "operations",
                    found: rows_max as u64 + 1,
                    max: rows_max as u64,
                },
                fault => in_column("actions", fault),
            })?;
            kinds.push(Kind::new(code)?);
        }
        Ok(kinds)
    }
}

pub(super) fn in_column(column: &'static str, fault: ColumnFault) -> ChangeError {
    ChangeError::Column { column, fault }
}

/// Names the column in which a fault was found.
pub(super) trait In<T> {
    fn within(self, column: &'static str) -> Result<T, ChangeError>;
}

impl<T> In<T> for Result<T, ColumnFault> {
    fn within(self, column: &'static str) -> Result<T, ChangeError> {
        self.map_err(|fault| in_column(column, fault))
    }
}

/// What an operation does, its value not yet read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    MakeMap,
    MakeList,
    MakeText,
    Put,
    Increment,
    Delete,
}

impl Kind {
    fn new(code: u64) -> Result<Self, Unsupported> {
        match code {
            0 => Ok(Self::MakeMap),
            1 => Ok(Self::Put),
            2 => Ok(Self::MakeList),
            3 => Ok(Self::Delete),
            4 => Ok(Self::MakeText),
            5 => Ok(Self::Increment),
            6 => Err(Unsupported::Table),
            7 => Err(Unsupported::Mark),
            other => Err(Unsupported::Action(other)),
        }
    }
}

/// The actors of a chunk, and which of them were named.
pub(super) struct Actors<'a> {
    all: &'a [ActorId],
    named: Vec<bool>,
}

impl<'a> Actors<'a> {
    pub(super) fn new(all: &'a [ActorId]) -> Self {
        Self {
            all,
            named: vec![false; all.len()],
        }
    }

    /// Whether every actor but the first was named.
    pub(super) fn others_named(&self) -> bool {
        self.named.iter().skip(1).all(|named| *named)
    }

    /// The actor in this place.
    pub(super) fn get(&mut self, place: u64) -> Result<ActorId, OpFault> {
        let place = usize::try_from(place).map_err(|_| OpFault::UnknownActor)?;
        let actor = self.all.get(place).ok_or(OpFault::UnknownActor)?;
        if let Some(named) = self.named.get_mut(place) {
            *named = true;
        }
        Ok(*actor)
    }
}

/// The columns of objects, keys, insertions and values, in step.
pub(super) struct Bodies<'a> {
    object_actor: Rle<'a, u64>,
    object_counter: Rle<'a, u64>,
    key_actor: Rle<'a, u64>,
    key_counter: Delta<'a>,
    key_text: Rle<'a, &'a str>,
    key_bytes: usize,
    key_bytes_max: usize,
    insert: Boolean<'a>,
    value_meta: Rle<'a, u64>,
    value: Reader<'a>,
}

impl<'a> Bodies<'a> {
    pub(super) fn new(columns: &BodyColumns<'a>, rows: usize, key_bytes_max: usize) -> Self {
        Self {
            object_actor: Rle::new(columns.object_actor, rows),
            object_counter: Rle::new(columns.object_counter, rows),
            key_actor: Rle::new(columns.key_actor, rows),
            key_counter: Delta::new(columns.key_counter, rows),
            key_text: Rle::new(columns.key_text, rows),
            key_bytes: 0,
            key_bytes_max,
            insert: Boolean::new(columns.insert, rows),
            value_meta: Rle::new(columns.value_meta, rows),
            value: Reader::new(columns.value),
        }
    }

    /// The next row, its predecessors not yet known.
    pub(super) fn next(
        &mut self,
        actors: &mut Actors<'_>,
        index: usize,
        id: OpId,
        kind: Kind,
    ) -> Result<Op, ChangeError> {
        let object = self.object(actors, index, id)?;
        let key = self.key(actors, index, id)?;
        let insert = self.insert.next().within("insertions")?;
        let action = self.action(index, kind)?;
        Ok(Op {
            id,
            object,
            key,
            action,
            insert,
            pred: Vec::new(),
        })
    }

    fn object(
        &mut self,
        actors: &mut Actors<'_>,
        index: usize,
        id: OpId,
    ) -> Result<ObjectId, ChangeError> {
        let actor = self.object_actor.next().within("objects' actors")?;
        let counter = self.object_counter.next().within("objects' counters")?;
        match (actor, counter) {
            (None, None) => Ok(ObjectId::Root),
            (Some(actor), Some(counter)) => {
                earlier(actors, index, id, actor, counter).map(ObjectId::Made)
            }
            _ => Err(ChangeError::Op {
                index,
                fault: OpFault::HalfId,
            }),
        }
    }

    fn key(&mut self, actors: &mut Actors<'_>, index: usize, id: OpId) -> Result<Key, ChangeError> {
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
                if self.key_bytes > self.key_bytes_max {
                    return Err(too_large(
                        "bytes of all keys",
                        self.key_bytes,
                        self.key_bytes_max,
                    ));
                }
                Ok(Key::Map(key.to_owned()))
            }
            (None, Some(0), None) => Ok(Key::Head),
            (Some(actor), Some(counter), None) => {
                let counter = u64::try_from(counter)
                    .map_err(|_| in_column("elements' counters", ColumnFault::Range))?;
                earlier(actors, index, id, actor, counter).map(Key::Element)
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
            Kind::Increment => {
                return match read_scalar((meta & 15) as u8, bytes)? {
                    Scalar::Int(by) => Ok(Action::Increment(by)),
                    _ => Err(ChangeError::Op {
                        index,
                        fault: OpFault::NotANumber,
                    }),
                };
            }
            Kind::MakeMap => Action::MakeMap,
            Kind::MakeList => Action::MakeList,
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

    /// Checks that nothing is left after the last row.
    pub(super) fn finish(&self) -> Result<(), ChangeError> {
        self.object_actor.finish().within("objects' actors")?;
        self.object_counter.finish().within("objects' counters")?;
        self.key_actor.finish().within("elements' actors")?;
        self.key_counter.finish().within("elements' counters")?;
        self.key_text.finish().within("keys")?;
        self.insert.finish().within("insertions")?;
        self.value_meta.finish().within("value types")?;
        if !self.value.is_empty() {
            return Err(in_column("values", ColumnFault::Leftover));
        }
        Ok(())
    }
}

/// The id of an operation that must come before `id`.
pub(super) fn earlier(
    actors: &mut Actors<'_>,
    index: usize,
    id: OpId,
    actor: u64,
    counter: u64,
) -> Result<OpId, ChangeError> {
    let op_fault = |fault| ChangeError::Op { index, fault };
    let actor = actors.get(actor).map_err(op_fault)?;
    if counter == 0 {
        return Err(op_fault(OpFault::HalfId));
    }
    if counter >= id.counter {
        return Err(op_fault(OpFault::Ahead));
    }
    Ok(OpId { counter, actor })
}

/// A column of lists of ids: how many each row has, and the ids one after another.
pub(super) struct IdLists<'a> {
    count: Rle<'a, u64>,
    actor: Rle<'a, u64>,
    counter: Delta<'a>,
    ids_max: usize,
    ids_left: usize,
}

impl<'a> IdLists<'a> {
    /// Lists for `rows` rows, of at most `ids_max` ids together.
    pub(super) fn new(
        count: &'a [u8],
        actor: &'a [u8],
        counter: &'a [u8],
        rows: usize,
        ids_max: usize,
    ) -> Self {
        Self {
            count: Rle::new(count, rows),
            actor: Rle::new(actor, ids_max),
            counter: Delta::new(counter, ids_max),
            ids_max,
            ids_left: ids_max,
        }
    }

    /// How many ids the next row has.
    pub(super) fn next_count(&mut self) -> Result<usize, ChangeError> {
        let count = self.count.next_value().within("counts of ids")?;
        let too_many = || ChangeError::TooLarge {
            what: "predecessors",
            found: count.saturating_add((self.ids_max - self.ids_left) as u64),
            max: self.ids_max as u64,
        };
        let count = usize::try_from(count).map_err(|_| too_many())?;
        self.ids_left = self.ids_left.checked_sub(count).ok_or_else(too_many)?;
        Ok(count)
    }

    /// The next id: the place of its actor, and its counter.
    pub(super) fn next_id(&mut self) -> Result<(u64, u64), ChangeError> {
        let actor = self.actor.next_value().within("ids' actors")?;
        let counter = self.counter.next_unsigned().within("ids' counters")?;
        Ok((actor, counter))
    }

    /// Checks that nothing is left after the last row.
    pub(super) fn finish(&self) -> Result<(), ChangeError> {
        self.count.finish().within("counts of ids")?;
        self.actor.finish().within("ids' actors")?;
        self.counter.finish().within("ids' counters")
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
        8 => reader.sleb().map(Scalar::Counter),
        9 => reader.sleb().map(Scalar::Timestamp),
        other => return Err(Unsupported::ValueType(other).into()),
    };
    let scalar = scalar.map_err(ColumnFault::Read).within(COLUMN)?;
    if !reader.is_empty() {
        return Err(in_column(COLUMN, ColumnFault::ValueLength));
    }
    Ok(scalar)
}
