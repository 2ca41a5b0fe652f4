//! What passes the audit says what Automerge reads in the same bytes.

use automerge::legacy;
use automerge::transaction::Transactable as _;
use automerge::{ActorId, AutoCommit, ExpandedChange, ObjType, ROOT, ScalarValue};

use super::corpus;
use crate::document::{Action, Change, EncodedChange, Key, ObjectId, OpId, Scalar};

/// Asserts that `ours` and Automerge's decoding agree in every field.
pub(super) fn assert_equal(ours: &Change, theirs: &ExpandedChange) {
    let id = |id: &legacy::OpId| OpId {
        counter: id.0,
        actor: id.1.to_bytes().try_into().unwrap(),
    };
    assert_eq!(ours.actor.as_bytes(), theirs.actor_id.to_bytes());
    assert_eq!(ours.seq, theirs.seq);
    assert_eq!(ours.start_op, theirs.start_op.get());
    assert_eq!(ours.time_s, theirs.time);
    assert_eq!(ours.message, theirs.message);
    let deps: Vec<_> = ours.deps.iter().map(|dep| dep.0).collect();
    let their_deps: Vec<_> = theirs.deps.iter().map(|dep| dep.0).collect();
    assert_eq!(deps, their_deps);
    assert_eq!(ours.ops.len(), theirs.operations.len());
    for (index, (our, their)) in ours.ops.iter().zip(&theirs.operations).enumerate() {
        assert_eq!(our.id.counter, ours.start_op + index as u64);
        assert_eq!(our.id.actor, ours.actor);
        assert_eq!(
            our.object,
            match &their.obj {
                legacy::ObjectId::Root => ObjectId::Root,
                legacy::ObjectId::Id(made) => ObjectId::Made(id(made)),
            }
        );
        assert_eq!(
            our.key,
            match &their.key {
                legacy::Key::Map(key) => Key::Map(key.to_string()),
                legacy::Key::Seq(legacy::ElementId::Head) => Key::Head,
                legacy::Key::Seq(legacy::ElementId::Id(element)) => Key::Element(id(element)),
            }
        );
        assert_eq!(our.insert, their.insert);
        assert_eq!(our.pred, their.pred.iter().map(id).collect::<Vec<_>>());
        let same = match (&our.action, &their.action) {
            (Action::MakeMap, legacy::OpType::Make(ObjType::Map))
            | (Action::MakeText, legacy::OpType::Make(ObjType::Text))
            | (Action::MakeList, legacy::OpType::Make(ObjType::List))
            | (Action::Delete, legacy::OpType::Delete) => true,
            (Action::Increment(our), legacy::OpType::Increment(their)) => our == their,
            (Action::Put(our), legacy::OpType::Put(their)) => same_scalar(our, their),
            _ => false,
        };
        assert!(same, "{:?} is not {:?}", our.action, their.action);
    }
}

fn same_scalar(ours: &Scalar, theirs: &ScalarValue) -> bool {
    match (ours, theirs) {
        (Scalar::Null, ScalarValue::Null) => true,
        (Scalar::Bool(a), ScalarValue::Boolean(b)) => a == b,
        (Scalar::Int(a), ScalarValue::Int(b)) => a == b,
        (Scalar::Timestamp(a), ScalarValue::Timestamp(b)) => a == b,
        (Scalar::Uint(a), ScalarValue::Uint(b)) => a == b,
        (Scalar::F64(a), ScalarValue::F64(b)) => a.to_bits() == b.to_bits(),
        (Scalar::Str(a), ScalarValue::Str(b)) => a == b.as_str(),
        (Scalar::Bytes(a), ScalarValue::Bytes(b)) => a == b,
        (Scalar::Counter(start), ScalarValue::Counter(_)) => {
            ScalarValue::counter(*start) == *theirs
        }
        _ => false,
    }
}

fn assert_audited_as_read(raw: &[u8]) {
    let theirs = automerge::Change::from_bytes(raw.to_vec()).unwrap();
    let ours = EncodedChange::audit(raw).unwrap();
    assert_eq!(ours.hash().as_bytes(), &theirs.hash().0);
    assert_eq!(ours.bytes(), raw);
    assert_equal(ours.change(), &theirs.decode());
}

#[test]
fn every_ordinary_change_passes_and_says_what_automerge_reads() {
    let changes = corpus::changes();
    assert!(changes.len() > 15);
    for raw in &changes {
        assert_audited_as_read(raw);
    }
}

#[test]
fn nan_passes_with_all_its_bits() {
    let mut doc = AutoCommit::new().with_actor(ActorId::from([7; 16]));
    let nan = f64::from_bits(0x7ff8_dead_beef_0001);
    doc.put(ROOT, "nan", nan).unwrap();
    doc.commit();
    for change in doc.get_changes(&[]) {
        assert_audited_as_read(change.raw_bytes());
    }
}

#[test]
fn a_change_of_more_than_ten_thousand_operations_passes() {
    // Automerge encodes such changes by another path, row by row.
    let mut doc = AutoCommit::new().with_actor(ActorId::from([7; 16]));
    let text = doc.put_object(ROOT, "text", ObjType::Text).unwrap();
    doc.splice_text(&text, 0, 0, &"abcdefghi ".repeat(1_200))
        .unwrap();
    doc.commit();
    doc.splice_text(&text, 3, 11_000, "").unwrap();
    doc.commit();
    for change in doc.get_changes(&[]) {
        assert!(change.len() > 10_000);
        assert_audited_as_read(change.raw_bytes());
    }
}
