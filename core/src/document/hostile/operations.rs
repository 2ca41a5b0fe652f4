//! Hostile columns and operations: each is built whole, with the right checksum, and refused by
//! name.

use super::forge::{Forge, seal, uleb};
use super::refusal::{
    ACTION, INSERT, KEY_ACTOR, KEY_COUNTER, KEY_TEXT, OBJECT_ACTOR, OBJECT_COUNTER, PRED_ACTOR,
    PRED_COUNT, PRED_COUNTER, VALUE, VALUE_META, element_op, op, refusal, refused, run, too_large,
};
use crate::document::limits::{CHANGE_OPS_MAX, MAP_KEY_BYTES_MAX, VALUE_BYTES_MAX};
use crate::document::{
    ChangeError, ColumnFault, EncodedChange, LayoutFault, OpFault, ReadFault, Unsupported,
};

#[test]
fn unknown_unordered_empty_and_deflated_columns_are_refused() {
    let forge = Forge::put().column(200, &[1]);
    assert_eq!(refused(&forge), LayoutFault::Unknown(200 & !8).into());
    let forge = Forge::put().column(192, &[1]);
    assert_eq!(refused(&forge), LayoutFault::Unknown(192).into());
    assert!(refused(&forge).is_unsupported());
    let mut forge = Forge::put();
    forge.columns.swap(0, 1);
    assert!(matches!(
        refused(&forge),
        ChangeError::Layout(LayoutFault::Order(_))
    ));
    let mut forge = Forge::put();
    forge.columns.insert(0, (OBJECT_ACTOR, Vec::new()));
    assert_eq!(refused(&forge), LayoutFault::Empty(OBJECT_ACTOR).into());
    let mut forge = Forge::put();
    forge.columns[0].0 |= 8;
    assert_eq!(refused(&forge), LayoutFault::Deflated(KEY_TEXT).into());
}

#[test]
fn a_column_longer_than_the_chunk_is_refused() {
    let mut data = Forge::put().data();
    let len = data.len();
    data.truncate(len - 1);
    assert_eq!(
        refusal(&seal(1, &data)),
        LayoutFault::Read(ReadFault::End).into()
    );
}

#[test]
fn a_run_length_bomb_is_refused_before_it_grows() {
    for count in [CHANGE_OPS_MAX as i64 + 1, 1 << 40, i64::MAX] {
        let forge = Forge::put()
            .column(ACTION, &run(count, &[1]))
            .column(VALUE_META, &run(count, &[0]))
            .column(PRED_COUNT, &run(count, &[0]));
        assert_eq!(too_large(&refused(&forge)), "operations");
    }
}

#[test]
fn a_run_of_the_smallest_number_is_refused() {
    // Automerge panics on it, or takes it for a literal, as its arithmetic is checked or not.
    let forge = Forge::put().column(ACTION, &run(i64::MIN, &[1]));
    assert_eq!(too_large(&refused(&forge)), "operations");
}

#[test]
fn a_bomb_of_predecessors_is_refused_before_it_grows() {
    let mut count = Vec::new();
    uleb(&mut count, u64::MAX);
    let forge = Forge::put().column(PRED_COUNT, &run(-1, &count));
    assert_eq!(too_large(&refused(&forge)), "predecessors");
    let mut rows = Vec::new();
    uleb(&mut rows, 1_000);
    let forge = Forge::put()
        .column(KEY_TEXT, &run(1_000, &[1, b'k']))
        .column(INSERT, &rows)
        .column(ACTION, &run(1_000, &[1]))
        .column(VALUE_META, &run(1_000, &[0]))
        .column(PRED_COUNT, &run(1_000, &[0xe8, 7]))
        .column(PRED_ACTOR, &run(1 << 40, &[0]))
        .column(PRED_COUNTER, &run(1 << 40, &[1]));
    assert!(matches!(
        refused(&forge),
        ChangeError::Column {
            fault: ColumnFault::TooManyRows,
            ..
        }
    ));
}

#[test]
fn a_small_change_cannot_grow_by_repeating_a_long_key() {
    let rows = CHANGE_OPS_MAX as i64;
    let mut key = Vec::new();
    uleb(&mut key, MAP_KEY_BYTES_MAX as u64);
    key.extend([b'k'; MAP_KEY_BYTES_MAX]);
    let mut count = Vec::new();
    uleb(&mut count, rows as u64);
    let forge = Forge::put()
        .column(KEY_TEXT, &run(rows, &key))
        .column(INSERT, &count)
        .column(ACTION, &run(rows, &[1]))
        .column(VALUE_META, &run(rows, &[0]))
        .column(PRED_COUNT, &run(rows, &[0]));
    assert!(forge.seal().len() < 400);
    assert_eq!(too_large(&refused(&forge)), "bytes of all keys");
}

#[test]
fn columns_of_different_length_are_refused() {
    for (column, data) in [
        (KEY_TEXT, &[2, 1, b'k'][..]),
        (INSERT, &[2]),
        (VALUE_META, &[2, 0]),
        (PRED_COUNT, &[2, 0]),
    ] {
        assert!(matches!(
            refused(&Forge::put().column(column, data)),
            ChangeError::Column {
                fault: ColumnFault::TooManyRows,
                ..
            }
        ));
    }
    for column in [VALUE_META, PRED_COUNT] {
        assert!(matches!(
            refused(&Forge::put().column(column, &[])),
            ChangeError::Column {
                fault: ColumnFault::TooFewRows,
                ..
            }
        ));
    }
    assert!(matches!(
        refused(&Forge::put().column(VALUE, &[9])),
        ChangeError::Column {
            fault: ColumnFault::Leftover,
            ..
        }
    ));
}

#[test]
fn the_same_operations_in_another_encoding_are_refused() {
    // Two literals instead of one run: Automerge reads both alike, but hashes them apart.
    let forge = Forge::put()
        .column(KEY_TEXT, &[2, 1, b'k'])
        .column(INSERT, &[2])
        .column(ACTION, &[0x7e, 1, 1])
        .column(VALUE_META, &[2, 0])
        .column(PRED_COUNT, &[2, 0]);
    assert!(automerge::Change::from_bytes(forge.seal()).is_ok());
    assert_eq!(
        refused(&forge),
        ChangeError::Column {
            column: "actions",
            fault: ColumnFault::SplitRun
        }
    );
    // A run of one instead of a literal.
    let forge = Forge::put().column(ACTION, &[1, 1]);
    assert!(automerge::Change::from_bytes(forge.seal()).is_ok());
    assert!(matches!(
        refused(&forge),
        ChangeError::Column {
            fault: ColumnFault::ShortRun,
            ..
        }
    ));
    // A column of falsehood that is left out.
    let forge = Forge::put().column(INSERT, &[]);
    assert_eq!(refused(&forge), ChangeError::NotCanonical);
}

#[test]
fn an_unknown_other_actor_is_refused() {
    // Automerge panics in `decode` on this one.
    let forge = Forge::put()
        .column(OBJECT_ACTOR, &[0x7f, 5])
        .column(OBJECT_COUNTER, &[0x7f, 1]);
    assert!(automerge::Change::from_bytes(forge.seal()).is_ok());
    assert_eq!(refused(&forge), op(OpFault::UnknownActor));
    let mut huge = Vec::new();
    uleb(&mut huge, u64::MAX);
    let forge = element_op().column(KEY_ACTOR, &run(-1, &huge));
    assert_eq!(refused(&forge), op(OpFault::UnknownActor));
    let forge = element_op()
        .column(PRED_COUNT, &[0x7f, 1])
        .column(PRED_ACTOR, &[0x7f, 1])
        .column(PRED_COUNTER, &[0x7f, 1]);
    assert_eq!(refused(&forge), op(OpFault::UnknownActor));
}

#[test]
fn a_bad_mapping_of_objects_keys_and_predecessors_is_refused() {
    let half = Forge::put().column(OBJECT_COUNTER, &[0x7f, 1]);
    assert_eq!(refused(&half), op(OpFault::HalfId));
    let half = Forge::put().column(OBJECT_ACTOR, &[0x7f, 0]);
    assert_eq!(refused(&half), op(OpFault::HalfId));
    let zero = element_op().column(OBJECT_COUNTER, &[0x7f, 0]);
    assert_eq!(refused(&zero), op(OpFault::HalfId));
    let half = element_op().column(KEY_ACTOR, &[]);
    assert_eq!(refused(&half), op(OpFault::HalfId));
    let none = Forge::put().column(KEY_TEXT, &[]);
    assert_eq!(refused(&none), op(OpFault::NoKey));
    let both = element_op().column(KEY_TEXT, &[0x7f, 1, b'k']);
    assert_eq!(refused(&both), op(OpFault::TwoKeys));
    let negative = element_op().column(KEY_COUNTER, &[0x7f, 0x7f]);
    assert!(matches!(
        refused(&negative),
        ChangeError::Column {
            fault: ColumnFault::Range,
            ..
        }
    ));
    let uneven = Forge::put().column(PRED_COUNT, &[0x7f, 1]);
    assert!(matches!(
        refused(&uneven),
        ChangeError::Column {
            fault: ColumnFault::TooFewRows,
            ..
        }
    ));
}

#[test]
fn operations_build_on_earlier_ones_only() {
    let ahead = element_op().column(OBJECT_COUNTER, &[0x7f, 9]);
    assert_eq!(refused(&ahead), op(OpFault::Ahead));
    let ahead = element_op().column(KEY_COUNTER, &[0x7f, 10]);
    assert_eq!(refused(&ahead), op(OpFault::Ahead));
    let itself = element_op()
        .column(PRED_COUNT, &[0x7f, 1])
        .column(PRED_ACTOR, &[0x7f, 0])
        .column(PRED_COUNTER, &[0x7f, 9]);
    assert_eq!(refused(&itself), op(OpFault::Ahead));
}

#[test]
fn predecessors_are_sorted_and_unique() {
    for counters in [[2, 0x7f], [2, 0]] {
        let forge = element_op()
            .column(PRED_COUNT, &[0x7f, 2])
            .column(PRED_ACTOR, &[2, 0])
            .column(PRED_COUNTER, &[0x7e, counters[0], counters[1]]);
        assert_eq!(refused(&forge), op(OpFault::PredOrder));
    }
}

#[test]
fn keys_are_neither_empty_nor_long() {
    let empty = Forge::put().column(KEY_TEXT, &[0x7f, 0]);
    assert_eq!(refused(&empty), op(OpFault::EmptyKey));
    let key = |len: usize| {
        let mut data = vec![0x7f];
        uleb(&mut data, len as u64);
        data.resize(data.len() + len, b'k');
        Forge::put().column(KEY_TEXT, &data)
    };
    EncodedChange::audit(&key(MAP_KEY_BYTES_MAX).seal()).unwrap();
    assert_eq!(
        too_large(&refused(&key(MAP_KEY_BYTES_MAX + 1))),
        "bytes of a key"
    );
    let broken = Forge::put().column(KEY_TEXT, &[0x7f, 1, 0xff]);
    assert!(matches!(
        refused(&broken),
        ChangeError::Column {
            fault: ColumnFault::Utf8,
            ..
        }
    ));
}

#[test]
fn insertions_and_deletions_have_their_shape() {
    let insert = |forge: Forge| forge.column(INSERT, &[0, 1]);
    let with_pred = |forge: Forge| {
        forge
            .column(PRED_COUNT, &[0x7f, 1])
            .column(PRED_ACTOR, &[0x7f, 0])
            .column(PRED_COUNTER, &[0x7f, 2])
    };
    let head = || {
        element_op()
            .column(KEY_ACTOR, &[])
            .column(KEY_COUNTER, &[0x7f, 0])
    };
    EncodedChange::audit(&insert(element_op()).seal()).unwrap();
    EncodedChange::audit(&insert(head()).seal()).unwrap();
    EncodedChange::audit(&with_pred(element_op()).column(ACTION, &[0x7f, 3]).seal()).unwrap();
    assert_eq!(refused(&insert(Forge::put())), op(OpFault::InsertIntoMap));
    assert_eq!(refused(&head()), op(OpFault::HeadOverwritten));
    assert_eq!(
        refused(&insert(with_pred(element_op()))),
        op(OpFault::InsertWithPred)
    );
    assert_eq!(
        refused(&insert(element_op().column(ACTION, &[0x7f, 3]))),
        op(OpFault::InsertedDelete)
    );
    assert_eq!(
        refused(&Forge::put().column(ACTION, &[0x7f, 3])),
        op(OpFault::DeleteOfNothing)
    );
    let root = element_op()
        .column(OBJECT_ACTOR, &[])
        .column(OBJECT_COUNTER, &[]);
    assert_eq!(refused(&root), op(OpFault::ElementOfRoot));
    let stray = Forge::put()
        .column(ACTION, &[0x7f, 0])
        .column(VALUE_META, &[0x7f, 0x16])
        .column(VALUE, b"v");
    assert_eq!(refused(&stray), op(OpFault::StrayValue));
}

#[test]
fn tables_and_marks_are_unsupported() {
    for (action, part) in [
        (6, Unsupported::Table),
        (7, Unsupported::Mark),
        (8, Unsupported::Action(8)),
    ] {
        let error = refused(&Forge::put().column(ACTION, &[0x7f, action]));
        assert_eq!(error, part.into());
        assert!(error.is_unsupported());
        assert_eq!(error.code(), "unsupported");
    }
    for marks in [(148, &[0, 1][..]), (165, &[0x7f, 1, b'b'])] {
        let forge = Forge::put().column(marks.0, marks.1);
        assert_eq!(refused(&forge), Unsupported::Mark.into());
    }
    let value = |meta: u8| {
        Forge::put()
            .column(VALUE_META, &[0x7f, meta])
            .column(VALUE, &[1])
    };
    for code in 10..16 {
        assert_eq!(
            refused(&value(0x10 | code)),
            Unsupported::ValueType(code).into()
        );
    }
}

#[test]
fn values_have_the_length_of_their_type() {
    let value = |meta: u64, bytes: &[u8]| {
        let mut column = vec![0x7f];
        uleb(&mut column, meta);
        Forge::put()
            .column(VALUE_META, &column)
            .column(VALUE, bytes)
    };
    for (type_code, bytes) in [
        (0, 1),
        (1, 1),
        (2, 1),
        (3, 2),
        (4, 2),
        (5, 7),
        (5, 9),
        (9, 2),
    ] {
        let forge = value(bytes << 4 | type_code, &vec![0; bytes as usize]);
        assert!(
            matches!(
                refused(&forge),
                ChangeError::Column {
                    column: "values",
                    ..
                }
            ),
            "{type_code}"
        );
    }
    assert!(matches!(
        refused(&value(u64::MAX, &[1])),
        ChangeError::Column {
            column: "values",
            ..
        }
    ));
    assert!(matches!(
        refused(&value(0x16, &[0xff])),
        ChangeError::Column {
            fault: ColumnFault::Utf8,
            ..
        }
    ));
    let long = VALUE_BYTES_MAX + 1;
    for type_code in [6, 7] {
        let forge = value((long as u64) << 4 | type_code, &vec![b'v'; long]);
        assert_eq!(too_large(&refused(&forge)), "bytes of a value");
    }
}
