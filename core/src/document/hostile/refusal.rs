//! What the tests of hostile changes share: columns by name, and the refusals they expect.

use super::forge::{Forge, sleb};
use crate::document::{ChangeError, EncodedChange, OpFault};

pub(super) const OBJECT_ACTOR: u32 = 1;
pub(super) const OBJECT_COUNTER: u32 = 2;
pub(super) const KEY_ACTOR: u32 = 17;
pub(super) const KEY_COUNTER: u32 = 19;
pub(super) const KEY_TEXT: u32 = 21;
pub(super) const INSERT: u32 = 52;
pub(super) const ACTION: u32 = 66;
pub(super) const VALUE_META: u32 = 86;
pub(super) const VALUE: u32 = 87;
pub(super) const PRED_COUNT: u32 = 112;
pub(super) const PRED_ACTOR: u32 = 113;
pub(super) const PRED_COUNTER: u32 = 115;

pub(super) fn refusal(bytes: &[u8]) -> ChangeError {
    EncodedChange::audit(bytes).expect_err("hostile bytes passed the audit")
}

pub(super) fn refused(forge: &Forge) -> ChangeError {
    refusal(&forge.seal())
}

pub(super) fn too_large(error: &ChangeError) -> &'static str {
    match error {
        ChangeError::TooLarge { what, .. } => what,
        other => panic!("{other:?}"),
    }
}

pub(super) fn op(fault: OpFault) -> ChangeError {
    ChangeError::Op { index: 0, fault }
}

/// A run of `count` rows with the value that `value` encodes.
pub(super) fn run(count: i64, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    sleb(&mut out, count);
    out.extend(value);
    out
}

/// A put to one element of a text that actor 1 made as operation 1.
pub(super) fn element_op() -> Forge {
    let mut forge = Forge::put()
        .column(KEY_TEXT, &[])
        .column(OBJECT_ACTOR, &[0x7f, 0])
        .column(OBJECT_COUNTER, &[0x7f, 1])
        .column(KEY_ACTOR, &[0x7f, 0])
        .column(KEY_COUNTER, &[0x7f, 2]);
    forge.start_op = 9;
    forge.seq = 2;
    forge
}
