//! A history that Automerge cannot load on a small stack, and the audit can.
//!
//! Automerge remembers what came before at every 16th change, and looks back from each of those
//! by recursion until it meets another. Here just these are by a second actor, who never looks at
//! the first. The last change builds on both, and recurses through all that the first one wrote.
//! A stack that overflows ends the process: nothing can catch it.

use super::forge::{sleb, uleb};
use super::parts::{Parts, audit, loads_in_automerge};
use crate::document::{Action, ActorId, Change, EncodedChange, Key, ObjectId, Op, OpId, Scalar};

/// A change that puts to one key, by one of two actors.
fn put(
    who: usize,
    before: Option<&EncodedChange>,
    beside: Option<&EncodedChange>,
) -> EncodedChange {
    let actor = ActorId::from_bytes([who as u8 + 1; 16]);
    let on = [before, beside];
    let on = on.iter().flatten();
    let start_op = on
        .clone()
        .map(|dep| dep.change().max_op())
        .max()
        .unwrap_or(0)
        + 1;
    let mut deps: Vec<_> = on.map(|dep| dep.hash()).collect();
    deps.sort_unstable();
    Change {
        actor,
        seq: before.map_or(0, |before| before.change().seq) + 1,
        start_op,
        time_s: 0,
        message: None,
        deps,
        ops: vec![Op {
            id: OpId {
                counter: start_op,
                actor,
            },
            object: ObjectId::Root,
            key: Key::Map("k".into()),
            action: Action::Put(Scalar::Null),
            insert: false,
            pred: Vec::new(),
        }],
    }
    .encode()
}

/// A document of this history.
fn braid(total: usize) -> Vec<u8> {
    let mut last: [Option<(EncodedChange, usize)>; 2] = [None, None];
    let (mut actors, mut seqs, mut max_ops) = (Vec::new(), Vec::new(), Vec::new());
    let (mut counts, mut deps, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for place in 0..total {
        let who = usize::from(place % 16 == 15);
        let before = last[who].take();
        let beside = last[1 - who].as_ref().filter(|_| place + 1 == total);
        // Dependencies stand in the order of their hashes.
        let mut on: Vec<_> = before.iter().chain(beside).collect();
        on.sort_unstable_by_key(|(change, _)| change.hash());
        let on: Vec<i64> = on.iter().map(|(_, at)| *at as i64).collect();
        let change = put(
            who,
            before.as_ref().map(|(change, _)| change),
            beside.map(|(change, _)| change),
        );
        let start_op = change.change().start_op as i64;
        actors.push(who as i64);
        seqs.push(change.change().seq as i64);
        max_ops.push(start_op);
        counts.push(on.len() as i64);
        deps.extend(on);
        ids.push((start_op, who as i64));
        last[who] = Some((change, place));
    }
    ids.sort_unstable();
    let head = last
        .iter()
        .flatten()
        .max_by_key(|(_, place)| *place)
        .unwrap();
    let mut rows = Vec::new();
    uleb(&mut rows, total as u64);
    let every = |value: &[u8]| {
        let mut out = Vec::new();
        sleb(&mut out, total as i64);
        out.extend(value);
        out
    };
    let mut parts = Parts::small();
    parts.actors = vec![vec![1; 16], vec![2; 16]];
    parts.heads = vec![*head.0.hash().as_bytes()];
    parts.head_places = vec![head.1 as u64];
    parts
        .change_column(1, &runs(&actors, uleb_of))
        .change_column(3, &delta(&seqs))
        .change_column(19, &delta(&max_ops))
        .change_column(35, &every(&[0]))
        .change_column(64, &runs(&counts, uleb_of))
        .change_column(67, &delta(&deps))
        .change_column(86, &every(&[7]))
        .op_column(21, &every(b"\x01k"))
        .op_column(
            33,
            &runs(&ids.iter().map(|id| id.1).collect::<Vec<_>>(), uleb_of),
        )
        .op_column(35, &delta(&ids.iter().map(|id| id.0).collect::<Vec<_>>()))
        .op_column(52, &rows)
        .op_column(66, &every(&[1]))
        .op_column(86, &every(&[0]))
        .op_column(87, &[])
        .op_column(128, &every(&[0]))
        .op_column(129, &[])
        .op_column(131, &[])
        .seal()
}

fn uleb_of(out: &mut Vec<u8>, value: i64) {
    uleb(out, value as u64);
}

fn delta(values: &[i64]) -> Vec<u8> {
    let before = core::iter::once(0).chain(values.iter().copied());
    let steps: Vec<i64> = values
        .iter()
        .zip(before)
        .map(|(now, then)| now - then)
        .collect();
    runs(&steps, sleb)
}

/// Values in runs and literals, as Automerge writes them.
fn runs(values: &[i64], write: fn(&mut Vec<u8>, i64)) -> Vec<u8> {
    let mut out = Vec::new();
    let mut alone: Vec<i64> = Vec::new();
    let flush = |out: &mut Vec<u8>, alone: &mut Vec<i64>| {
        if !alone.is_empty() {
            sleb(out, -(alone.len() as i64));
            alone.drain(..).for_each(|value| write(out, value));
        }
    };
    for same in values.chunk_by(|one, other| one == other) {
        if let [value] = same {
            alone.push(*value);
            continue;
        }
        flush(&mut out, &mut alone);
        sleb(&mut out, same.len() as i64);
        write(&mut out, same[0]);
    }
    flush(&mut out, &mut alone);
    out
}

#[test]
fn a_history_that_exhausts_automerges_stack_is_taken_apart_on_a_small_one() {
    // Automerge loads a short one. The long one ends the process when it is loaded here.
    let short = braid(320);
    assert_eq!(audit(&short).map(|changes| changes.len()), Ok(320));
    assert!(loads_in_automerge(&short));
    let long = braid(32_000);
    let taken_apart = std::thread::Builder::new()
        .stack_size(128 << 10)
        .spawn(move || audit(&long).map(|changes| changes.len()));
    assert_eq!(taken_apart.unwrap().join().unwrap(), Ok(32_000));
}
