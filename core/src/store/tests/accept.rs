//! One test for each part of the accept rule: the change that breaks it, and its refusal.

use rusqlite::params;

use super::super::ops::OpError;
use super::super::quarantine::{QUARANTINE_BYTES_MAX, QUARANTINE_CHANGES_MAX};
use super::*;

fn put(text: &str) -> Action {
    Action::Put(Scalar::Str(text.to_owned()))
}

/// The object that the `index`-th operation of a change made.
fn made(change: &Change, index: usize) -> ObjectId {
    ObjectId::Made(change.ops[index].id)
}

#[test]
fn an_honest_change_is_added_once() {
    let mut bed = Bed::new();
    let owner = bed.owner.clone();
    let change = bed.item(&owner, 1);
    assert_eq!(bed.try_one(&owner, change.clone()), Ok(()));
    let encoded = change.encode();
    let tip = bed.tip(&owner, &encoded);
    assert_eq!(bed.offer(vec![encoded], vec![tip], true), (0, vec![]));
}

#[test]
fn a_change_that_comes_twice_at_once_is_added_once_and_nothing_is_refused() {
    let mut bed = Bed::new();
    let owner = bed.owner.clone();
    let change = bed.item(&owner, 1).encode();
    let tip = bed.tip(&owner, &change);
    let twice = vec![change.clone(), change];
    assert_eq!(bed.offer(twice, vec![tip], true), (1, vec![]));
}

#[test]
fn a_change_needs_a_signature_that_covers_it() {
    let mut bed = Bed::new();
    let (owner, stranger) = (bed.owner.clone(), bed.stranger.clone());
    let change = bed.item(&owner, 1).encode();
    let (added, refused) = bed.offer(vec![change.clone()], vec![], true);
    assert_eq!(
        (added, refused),
        (0, vec![(change.hash(), Refusal::Unsigned)])
    );
    // Somebody else's signature is about somebody else's actor.
    let forged = bed.tip(&stranger, &change);
    let (added, refused) = bed.offer(vec![change.clone()], vec![forged], true);
    assert_eq!((added, refused[0].1), (0, Refusal::Unsigned));
    // The owner's own signature over another change does not cover this one.
    let other = bed.item(&owner, 2).encode();
    let tip = bed.tip(&owner, &other);
    let (added, refused) = bed.offer(vec![change], vec![tip], true);
    assert_eq!((added, refused[0].1), (0, Refusal::Unsigned));
}

#[test]
fn a_change_waits_for_its_signature_while_more_is_on_its_way() {
    let mut bed = Bed::new();
    let owner = bed.owner.clone();
    let change = bed.item(&owner, 1).encode();
    assert_eq!(bed.offer(vec![change.clone()], vec![], false), (0, vec![]));
    let tip = bed.tip(&owner, &change);
    assert_eq!(bed.offer(vec![], vec![tip], true), (1, vec![]));
}

#[test]
fn what_waits_is_bounded() {
    let bed = Bed::new();
    let owner = bed.owner.clone();
    let mut change = bed.item(&owner, 1);
    let mut at = |time_s| {
        change.time_s = time_s;
        change.clone().encode()
    };
    let mut waiting = Quarantine::default();
    for time_s in 0..QUARANTINE_CHANGES_MAX as i64 {
        assert!(waiting.push(at(time_s)));
    }
    // What waits already takes no more room.
    assert!(waiting.push(at(0)));
    assert!(!waiting.push(at(-1)));
    assert_eq!(waiting.drain().len(), QUARANTINE_CHANGES_MAX + 1);
    assert_eq!((waiting.len(), waiting.bytes()), (0, 0));
    // And by its size.
    change.ops[1].action = put(&"x".repeat(64 * 1024));
    let mut pushed = 0;
    loop {
        change.time_s = pushed;
        pushed += 1;
        if !waiting.push(change.clone().encode()) {
            break;
        }
    }
    assert!(waiting.bytes() > QUARANTINE_BYTES_MAX);
    assert!(waiting.bytes() - 70 * 1024 <= QUARANTINE_BYTES_MAX);
    // Signatures that come before what they sign are kept for one message's worth of history.
    for seq in 1..=300 {
        change.seq = seq;
        change.ops[1].action = put("x");
        waiting.push_tip(bed.tip(&owner, &change.clone().encode()));
    }
    assert_eq!(waiting.tips(&bed.actor(&owner)).len(), 256);
}

#[test]
fn a_stranger_writes_nothing() {
    let mut bed = Bed::new();
    let stranger = bed.stranger.clone();
    let change = bed.item(&stranger, 1);
    assert_eq!(bed.try_one(&stranger, change), Err(Refusal::Forbidden));
}

#[test]
fn counters_follow_from_what_a_change_builds_on() {
    let mut bed = Bed::new();
    let owner = bed.owner.clone();
    for off in [1, 1_000, 2_000_000_000] {
        let mut change = bed.item(&owner, 1);
        change.start_op += off;
        for op in &mut change.ops {
            op.id.counter += off;
            if let ObjectId::Made(id) = &mut op.object
                && id.actor == change.actor
            {
                id.counter += off;
            }
        }
        assert_eq!(bed.try_one(&owner, change), Err(Refusal::Counter), "{off}");
    }
    // What would leave no counters for anybody does not even pass the audit.
    let mut poisoned = bed.item(&owner, 1);
    poisoned.start_op = 4_294_967_290;
    assert!(EncodedChange::audit(poisoned.encode().bytes()).is_err());
    let change = bed.item(&owner, 1);
    assert_eq!(bed.try_one(&owner, change), Ok(()));
}

#[test]
fn a_history_has_no_gap_and_no_second_beginning() {
    let mut bed = Bed::new();
    let owner = bed.owner.clone();
    let first = bed.item(&owner, 1);
    let mut gap = first.clone();
    gap.seq = 2;
    assert_eq!(bed.try_one(&owner, gap), Err(Refusal::MissingDeps));
    assert_eq!(bed.try_one(&owner, first.clone()), Ok(()));
    // The next change must build on the one before it.
    let mut unchained = first.clone();
    unchained.seq = 2;
    assert_eq!(bed.try_one(&owner, unchained), Err(Refusal::BrokenChain));
    let next = bed.item(&owner, 2);
    assert_eq!(bed.try_one(&owner, next), Ok(()));
}

#[test]
fn two_signed_changes_for_one_place_are_evidence() {
    let mut bed = Bed::new();
    let owner = bed.owner.clone();
    let (one, other) = (bed.item(&owner, 1), bed.item(&owner, 2));
    assert_eq!(bed.try_one(&owner, one), Ok(()));
    assert_eq!(bed.try_one(&owner, other.clone()), Err(Refusal::Fork));
    let kept: (i64, Vec<u8>, Vec<u8>) = bed
        .conn()
        .query_row("SELECT seq, ours, theirs FROM fork", [], |r| {
            Ok((r.get(0)?, r.get(1)?, r.get(2)?))
        })
        .unwrap();
    assert_eq!(kept.0, 1);
    // Both signatures, each good for this document.
    for bytes in [&kept.1, &kept.2] {
        let tip: crate::document::UnverifiedTip = minicbor::decode(bytes).unwrap();
        assert!(tip.verify(&bed.id()).is_ok());
    }
    assert_ne!(kept.1, kept.2);
}

#[test]
fn a_change_builds_on_what_is_here() {
    let mut bed = Bed::new();
    let owner = bed.owner.clone();
    let mut change = bed.item(&owner, 1);
    change.deps = vec![ChangeHash::from_bytes([5; 32])];
    assert_eq!(bed.try_one(&owner, change), Err(Refusal::MissingDeps));
}

#[test]
fn order_of_arrival_does_not_matter() {
    let mut bed = Bed::new();
    let owner = bed.owner.clone();
    let mut changes = Vec::new();
    let mut scratch = Bed::new();
    for n in 0..10 {
        let change = scratch.item(&owner, n);
        assert_eq!(scratch.try_one(&owner, change.clone()), Ok(()));
        changes.push(change.encode());
    }
    let tip = bed.tip(&owner, changes.last().unwrap());
    changes.reverse();
    assert_eq!(bed.offer(changes, vec![tip], true), (10, vec![]));
    assert_eq!(bed.heads(), scratch.heads());
}

#[test]
fn what_builds_on_a_refused_change_is_refused_and_the_rest_is_not() {
    let mut bed = Bed::new();
    let (owner, editor) = (bed.owner.clone(), bed.editor.clone());
    let good = bed.item(&editor, 9).encode();
    let bad = bed.next(&owner, |make| {
        let nowhere = ObjectId::Made(OpId {
            counter: 3,
            actor: bed.actor(&owner),
        });
        vec![make.op(0, nowhere, "title", put("x"))]
    });
    let bad = bad.encode();
    let mut child = bed.item(&owner, 2);
    child.seq = 2;
    child.deps = vec![bad.hash()];
    child.start_op = bad.change().max_op() + 1;
    for (index, op) in child.ops.iter_mut().enumerate() {
        op.id.counter = child.start_op + index as u64;
    }
    let item = ObjectId::Made(child.ops[0].id);
    child.ops[1].object = item;
    child.ops[2].object = item;
    let child = child.encode();
    let tips = vec![bed.tip(&owner, &child), bed.tip(&editor, &good)];
    let (added, refused) = bed.offer(vec![bad.clone(), child.clone(), good], tips, true);
    assert_eq!(added, 1);
    assert_eq!(
        refused,
        vec![
            (bad.hash(), Refusal::Op(OpError::UnknownObject)),
            (child.hash(), Refusal::MissingDeps)
        ]
    );
}

#[test]
fn operations_fit_what_they_refer_to() {
    let mut bed = Bed::new();
    let owner = bed.owner.clone();
    let first = bed.item(&owner, 1);
    assert_eq!(bed.try_one(&owner, first.clone()), Ok(()));
    let (item, notes) = (made(&first, 0), made(&first, 2));
    let title = first.ops[1].id;
    let nobody = OpId {
        counter: 2,
        actor: bed.actor(&owner),
    };
    type Case = (OpError, Box<dyn Fn(Maker) -> Op>);
    let cases: Vec<Case> = vec![
        (
            OpError::FixedRoot,
            Box::new(|m| m.op(0, ObjectId::Root, "items", Action::MakeMap)),
        ),
        (
            OpError::FixedRoot,
            Box::new(|m| m.op(0, ObjectId::Root, "mine", put("x"))),
        ),
        (
            OpError::UnknownObject,
            Box::new(move |m| m.op(0, ObjectId::Made(nobody), "title", put("x"))),
        ),
        (
            OpError::UnknownObject,
            // A scalar is no object.
            Box::new(move |m| m.op(0, ObjectId::Made(title), "title", put("x"))),
        ),
        (
            OpError::UnknownPred,
            Box::new(move |m| Op {
                pred: vec![nobody],
                ..m.op(0, item, "title", put("x"))
            }),
        ),
        (
            OpError::UnknownPred,
            // An operation on another key.
            Box::new(move |m| Op {
                pred: vec![title],
                ..m.op(0, item, "url", put("x"))
            }),
        ),
        (
            OpError::WrongKey,
            Box::new(move |m| m.op(0, notes, "title", put("x"))),
        ),
        (
            OpError::WrongKey,
            Box::new(move |m| m.insert(0, item, Key::Head, "x")),
        ),
        (
            OpError::UnknownElement,
            Box::new(move |m| m.insert(0, notes, Key::Element(nobody), "x")),
        ),
        (
            OpError::UnknownElement,
            // An operation that is there, but no character of this text.
            Box::new(move |m| m.insert(0, notes, Key::Element(title), "x")),
        ),
        (
            OpError::NotText,
            Box::new(move |m| Op {
                action: Action::Put(Scalar::Int(5)),
                ..m.insert(0, notes, Key::Head, "x")
            }),
        ),
        (
            OpError::UnknownElement,
            Box::new(move |m| Op {
                id: m.id(0),
                object: notes,
                key: Key::Element(title),
                action: Action::Delete,
                insert: false,
                pred: vec![title],
            }),
        ),
    ];
    for (index, (wanted, make)) in cases.into_iter().enumerate() {
        let change = bed.next(&owner, |maker| vec![make(maker)]);
        let got = bed.try_one(&owner, change);
        assert_eq!(got, Err(Refusal::Op(wanted)), "case {index}");
    }
    // The document is as it was, and goes on.
    let change = bed.next(&owner, |m| vec![m.insert(0, notes, Key::Head, "x")]);
    assert_eq!(bed.try_one(&owner, change), Ok(()));
}

#[test]
fn what_was_not_known_when_a_change_was_made_cannot_be_referred_to() {
    let mut bed = Bed::new();
    let (owner, editor) = (bed.owner.clone(), bed.editor.clone());
    let owners = bed.item(&owner, 2);
    let editors = bed.item(&editor, 1);
    assert_eq!(bed.try_one(&editor, editors), Ok(()));
    // The editor's next change does not build on the owner's, and yet writes into its item.
    // Whether that item is there would depend on the order of arrival.
    let mut sneaky = bed.item(&editor, 3);
    assert_eq!(bed.try_one(&owner, owners.clone()), Ok(()));
    sneaky.ops = vec![Op {
        id: OpId {
            counter: sneaky.start_op,
            actor: sneaky.actor,
        },
        object: made(&owners, 0),
        key: Key::Map("title".to_owned()),
        action: put("x"),
        insert: false,
        pred: vec![],
    }];
    assert_eq!(
        bed.try_one(&editor, sneaky),
        Err(Refusal::Op(OpError::UnknownObject))
    );
}

#[test]
fn half_of_a_bad_change_leaves_nothing_behind() {
    let mut bed = Bed::new();
    let owner = bed.owner.clone();
    let first = bed.item(&owner, 1);
    assert_eq!(bed.try_one(&owner, first.clone()), Ok(()));
    let (item, notes) = (made(&first, 0), made(&first, 2));
    let change = bed.next(&owner, |m| {
        vec![
            Op {
                pred: vec![first.ops[1].id],
                ..m.op(0, item, "title", put("changed"))
            },
            m.insert(1, notes, Key::Head, "y"),
            m.op(2, ObjectId::Root, "items", put("gone")),
        ]
    });
    assert_eq!(
        bed.try_one(&owner, change),
        Err(Refusal::Op(OpError::FixedRoot))
    );
    let row: (String, String) = bed
        .conn()
        .query_row(
            "SELECT title, notes FROM item WHERE doc = ?1",
            params![bed.document().row],
            |r| Ok((r.get(0)?, r.get(1)?)),
        )
        .unwrap();
    assert_eq!(row, ("Item 1".to_owned(), String::new()));
    let next = bed.item(&owner, 2);
    assert_eq!(bed.try_one(&owner, next), Ok(()));
}
