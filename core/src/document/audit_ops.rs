//! The operations of a foreign change, decoded from their columns row by row.

use super::limits::{CHANGE_KEY_BYTES_MAX, CHANGE_OPS_MAX, CHANGE_PREDS_MAX, COUNTER_MAX};
use super::rows::{
    ACTION, Actors, Bodies, BodyColumns, EXPAND, INSERT, IdLists, KEY_ACTOR, KEY_COUNTER, KEY_TEXT,
    MARK_NAME, OBJECT_ACTOR, OBJECT_COUNTER, VALUE, VALUE_META, earlier,
};
use super::{Action, ActorId, ChangeError, Key, ObjectId, Op, OpFault, OpId};

const PRED_COUNT: u32 = 112;
const PRED_ACTOR: u32 = 113;
const PRED_COUNTER: u32 = 115;

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
    body: BodyColumns<'a>,
    pred_count: &'a [u8],
    pred_actor: &'a [u8],
    pred_counter: &'a [u8],
}

impl<'a> OpColumns<'a> {
    /// Gives a column of [`KNOWN_COLUMNS`] its data.
    pub(super) fn set(&mut self, spec: u32, data: &'a [u8]) {
        match spec {
            PRED_COUNT => self.pred_count = data,
            PRED_ACTOR => self.pred_actor = data,
            PRED_COUNTER => self.pred_counter = data,
            other => {
                self.body.set(other, data);
            }
        }
    }

    /// Decodes all rows. The author is the first of `all_actors`.
    pub(super) fn decode(
        &self,
        author: ActorId,
        all_actors: &[ActorId],
        start_op: u64,
    ) -> Result<Vec<Op>, ChangeError> {
        let kinds = self.body.kinds(CHANGE_OPS_MAX)?;
        let rows = kinds.len();
        let last = start_op.saturating_add(rows as u64).saturating_sub(1);
        if last > COUNTER_MAX {
            return Err(ChangeError::Range {
                field: "last counter",
                found: last.into(),
            });
        }
        let mut actors = Actors::new(all_actors);
        let mut bodies = Bodies::new(&self.body, rows, CHANGE_KEY_BYTES_MAX);
        let mut preds = IdLists::new(
            self.pred_count,
            self.pred_actor,
            self.pred_counter,
            rows,
            CHANGE_PREDS_MAX,
        );
        let mut ops = Vec::with_capacity(rows);
        for (index, kind) in kinds.into_iter().enumerate() {
            let id = OpId {
                counter: start_op + index as u64,
                actor: author,
            };
            let mut op = bodies.next(&mut actors, index, id, kind)?;
            op.pred = read_preds(&mut preds, &mut actors, index, id)?;
            check_shape(&op, index)?;
            ops.push(op);
        }
        bodies.finish()?;
        preds.finish()?;
        if !actors.others_named() {
            return Err(ChangeError::ActorUnused);
        }
        Ok(ops)
    }
}

fn read_preds(
    lists: &mut IdLists<'_>,
    actors: &mut Actors<'_>,
    index: usize,
    id: OpId,
) -> Result<Vec<OpId>, ChangeError> {
    let count = lists.next_count()?;
    let mut preds: Vec<OpId> = Vec::with_capacity(count.min(8));
    for _ in 0..count {
        let (actor, counter) = lists.next_id()?;
        let pred = earlier(actors, index, id, actor, counter)?;
        if preds.last().is_some_and(|last| *last >= pred) {
            return Err(ChangeError::Op {
                index,
                fault: OpFault::PredOrder,
            });
        }
        preds.push(pred);
    }
    Ok(preds)
}

/// Whether the parts of an operation fit one another.
fn check_shape(op: &Op, index: usize) -> Result<(), ChangeError> {
    let deletes = matches!(op.action, Action::Delete | Action::Increment(_));
    let fault = match &op.key {
        Key::Map(_) if op.insert => Some(OpFault::InsertIntoMap),
        Key::Map(_) => None,
        _ if op.object == ObjectId::Root => Some(OpFault::ElementOfRoot),
        Key::Head if !op.insert => Some(OpFault::HeadOverwritten),
        Key::Head | Key::Element(_) => None,
    };
    let fault = fault.or(match (op.insert, deletes, op.pred.is_empty()) {
        (true, true, _) => Some(OpFault::InsertedDelete),
        (true, _, false) => Some(OpFault::InsertWithPred),
        (_, true, true) => Some(OpFault::DeleteOfNothing),
        _ => None,
    });
    match fault {
        Some(fault) => Err(ChangeError::Op { index, fault }),
        None => Ok(()),
    }
}
