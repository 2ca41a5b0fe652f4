//! Hostile histories in document chunks: each is built whole, with the right checksum, and refused
//! by name.

use automerge::AutoCommit;
use automerge::transaction::Transactable as _;

use super::forge::sleb;
use super::parts::{Parts, audit, entry_fault, loads_in_automerge, refusal};
use crate::document::{ChangeError, ChunkError, EntryFault, OpFault, Unsupported};

// The list of changes.

#[test]
fn a_dependency_out_of_range_is_refused() {
    // The second change builds on itself, on a third, on one far away.
    for dep in [1, 2, 0x3f] {
        let parts = Parts::small().change_column(67, &[0x7f, dep]);
        assert!(!loads_in_automerge(&parts.seal()));
        assert_eq!(entry_fault(refusal(&parts.seal())), EntryFault::Dependency);
    }
    let parts = Parts::small()
        .change_column(64, &[0x7e, 0, 2])
        .change_column(67, &[2, 0]);
    assert!(matches!(
        refusal(&parts.seal()),
        ChunkError::Change {
            error: ChangeError::DepsOrder,
            ..
        }
    ));
}

#[test]
fn sequence_numbers_have_no_gaps() {
    for seq in [
        &[0x7e, 1, 2][..],
        &[0x7e, 2, 1],
        &[0x7e, 0, 1],
        &[0x7e, 1, 0],
    ] {
        let parts = Parts::small().change_column(3, seq);
        assert_eq!(entry_fault(refusal(&parts.seal())), EntryFault::Sequence);
    }
}

#[test]
fn counters_neither_fall_nor_overflow() {
    let parts = Parts::small().change_column(19, &[0x7e, 2, 0x7f]);
    assert_eq!(entry_fault(refusal(&parts.seal())), EntryFault::Counter);
    let mut poisoned = vec![0x7e, 1];
    sleb(&mut poisoned, 4_294_967_290);
    let parts = Parts::small().change_column(19, &poisoned);
    assert_eq!(entry_fault(refusal(&parts.seal())), EntryFault::Counter);
}

#[test]
fn an_unknown_actor_is_refused() {
    let parts = Parts::small().change_column(1, &[0x7e, 0, 1]);
    assert_eq!(
        entry_fault(refusal(&parts.seal())),
        EntryFault::UnknownActor
    );
    for column in [1, 17, 33, 129] {
        let two = if column == 129 {
            &[0x7f, 9][..]
        } else {
            &[2, 9]
        };
        let mut parts = Parts::small().op_column(column, two);
        if column == 1 {
            parts = parts.op_column(2, &[2, 1]);
        }
        if column == 17 {
            parts = parts.op_column(19, &[2, 1]).op_column(21, &[]);
        }
        assert!(
            matches!(
                refusal(&parts.seal()),
                ChunkError::Rows(ChangeError::Op {
                    fault: OpFault::UnknownActor,
                    ..
                })
            ),
            "{column}"
        );
    }
}

#[test]
fn an_author_footer_is_refused() {
    let parts = Parts::small()
        .change_column(86, &[0x7e, 0x47, 0x07])
        .change_column(87, &[1, 2, b'm', b'e']);
    assert_eq!(entry_fault(refusal(&parts.seal())), EntryFault::ExtraBytes);
    let parts = Parts::small().change_column(86, &[0x7e, 0x47, 0x07]);
    let error = refusal(&parts.seal());
    assert!(error.is_unsupported());
    assert_eq!(entry_fault(error), EntryFault::ExtraBytes);
}

// The operations.

#[test]
fn an_operation_stands_in_its_change_once() {
    // Twice; further than any change; missing.
    let parts = Parts::small().op_column(35, &[2, 1, 0x7f, 0]);
    assert!(audit(&parts.seal()).is_err());
    let parts = Parts::small().op_column(35, &[0x7e, 1, 0]);
    assert!(!loads_in_automerge(&parts.seal()));
    assert!(audit(&parts.seal()).is_err());
    let parts = Parts::small().op_column(35, &[0x7e, 1, 8]);
    assert!(audit(&parts.seal()).is_err());
    let parts = Parts::small().change_column(19, &[0x7e, 1, 3]);
    assert_eq!(entry_fault(refusal(&parts.seal())), EntryFault::Operations);
}

#[test]
fn a_deletion_belongs_to_one_place() {
    // Two rows at different keys name one deletion: Automerge's loader panics.
    let mut document = AutoCommit::new().with_actor(automerge::ActorId::from([1; 16]));
    document.put(automerge::ROOT, "a", 1).unwrap();
    document.put(automerge::ROOT, "b", 1).unwrap();
    document.commit();
    document.delete(automerge::ROOT, "a").unwrap();
    document.commit();
    let parts = Parts::of(&mut document)
        .op_column(128, &[2, 1])
        .op_column(129, &[2, 0])
        .op_column(131, &[0x7e, 3, 0]);
    assert!(!loads_in_automerge(&parts.seal()));
    assert_eq!(entry_fault(refusal(&parts.seal())), EntryFault::Successor);
    // One row names it twice.
    let parts = Parts::of(&mut document)
        .op_column(128, &[0x7e, 2, 0])
        .op_column(129, &[2, 0])
        .op_column(131, &[0x7e, 3, 0]);
    assert_eq!(entry_fault(refusal(&parts.seal())), EntryFault::Successor);
}

#[test]
fn tables_and_marks_are_unsupported() {
    for (action, part) in [(6, Unsupported::Table), (7, Unsupported::Mark)] {
        let error = refusal(&Parts::small().op_column(66, &[2, action]).seal());
        assert_eq!(error, ChunkError::Rows(part.into()));
        assert!(error.is_unsupported());
    }
    let error = refusal(&Parts::small().op_column(148, &[0, 2]).seal());
    assert_eq!(error, ChunkError::Rows(Unsupported::Mark.into()));
}

#[test]
fn every_change_in_a_document_is_audited_as_if_it_came_alone() {
    let parts =
        Parts::small().change_column(35, &[2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f]);
    assert!(matches!(
        refusal(&parts.seal()),
        ChunkError::Change {
            error: ChangeError::Range { field: "time", .. },
            ..
        }
    ));
    // A row that is a deletion, which has no row in a document.
    let parts = Parts::small().op_column(66, &[2, 3]);
    assert!(audit(&parts.seal()).is_err());
}
