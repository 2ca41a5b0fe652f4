//! Documents as ordinary Automerge transactions make them.

use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{ActorId, AutoCommit, ObjId, ObjType, ROOT, ScalarValue};

fn replica(of: Option<&mut AutoCommit>, actor: u8) -> AutoCommit {
    let doc = of.map_or_else(AutoCommit::new, AutoCommit::fork);
    doc.with_actor(ActorId::from([actor; 16]))
}

fn commit(doc: &mut AutoCommit, time: i64) {
    doc.commit_with(CommitOptions::default().with_time(time));
}

/// Two replicas of a list of items: nested maps, texts, every type of scalar, concurrent edits of
/// one key and one text, deletions of one and of several values, unicode, empty changes.
pub(super) fn document() -> AutoCommit {
    let mut one = replica(None, 0x11);
    let items = one.put_object(ROOT, "items", ObjType::Map).unwrap();
    let meta = one.put_object(ROOT, "meta", ObjType::Map).unwrap();
    commit(&mut one, 1_700_000_000);
    let mut texts: Vec<ObjId> = Vec::new();
    for number in 0..6_u64 {
        let item = one
            .put_object(&items, format!("item-{number}"), ObjType::Map)
            .unwrap();
        one.put(&item, "title", format!("Item {number} \u{2014} \u{1f9ed}"))
            .unwrap();
        one.put(&item, "status", "open").unwrap();
        // Written twice in one transaction: the second names the first as what it overwrites.
        one.put(&item, "status", "done").unwrap();
        let notes = one.put_object(&item, "notes", ObjType::Text).unwrap();
        one.splice_text(&notes, 0, 0, "Grüße, \u{1f468}\u{200d}\u{1f469} and more")
            .unwrap();
        texts.push(notes);
        commit(&mut one, 1_700_000_001 + number as i64);
    }
    for (key, value) in scalars() {
        one.put(&meta, key, value).unwrap();
    }
    one.commit_with(
        CommitOptions::default()
            .with_message("all scalars")
            .with_time(-5),
    );
    let rows = one.put_object(ROOT, "rows", ObjType::List).unwrap();
    one.put(&meta, "count", ScalarValue::counter(3)).unwrap();
    for number in 0..4_usize {
        one.insert(&rows, number, number as i64).unwrap();
    }
    let row = one.insert_object(&rows, 1, ObjType::Map).unwrap();
    one.put(&row, "title", "in a list").unwrap();
    commit(&mut one, 1_700_000_050);
    one.increment(&meta, "count", -2).unwrap();
    one.put(&rows, 2, "over").unwrap();
    one.delete(&rows, 3).unwrap();
    one.insert(&rows, 0, ScalarValue::counter(1)).unwrap();
    commit(&mut one, 1_700_000_051);
    let mut two = replica(Some(&mut one), 0x05);
    let mut three = replica(Some(&mut one), 0xee);
    for (doc, word) in [(&mut one, "one"), (&mut two, "two"), (&mut three, "three")] {
        doc.put(ROOT, "winner", word).unwrap();
        doc.splice_text(&texts[0], 3, 2, word).unwrap();
        commit(doc, 1_700_000_100);
        doc.put(&meta, "int", word.len() as i64).unwrap();
        doc.increment(&meta, "count", word.len() as i64).unwrap();
        doc.insert(&rows, 1, word).unwrap();
        doc.splice_text(&texts[1], 0, 0, word).unwrap();
        doc.delete(&items, format!("item-{}", word.len())).unwrap();
        commit(doc, 1_700_000_101);
    }
    one.merge(&mut two).unwrap();
    one.merge(&mut three).unwrap();
    one.empty_change(CommitOptions::default().with_time(1_700_000_102));
    // Deletes three values at once, and overwrites three at once.
    one.delete(ROOT, "winner").unwrap();
    one.put(&meta, "int", 9_i64).unwrap();
    one.splice_text(&texts[0], 1, 6, "").unwrap();
    one.put(&texts[1], 0, "x").unwrap();
    commit(&mut one, 1_700_000_103);
    two.merge(&mut one).unwrap();
    two.splice_text(&texts[2], 4, 0, &"long ".repeat(60))
        .unwrap();
    commit(&mut two, 1_700_000_104);
    two
}

/// One value of every type that a list may hold.
pub(super) fn scalars() -> Vec<(&'static str, ScalarValue)> {
    vec![
        ("null", ScalarValue::Null),
        ("true", ScalarValue::Boolean(true)),
        ("false", ScalarValue::Boolean(false)),
        ("int", ScalarValue::Int(i64::MIN)),
        ("uint", ScalarValue::Uint(u64::MAX)),
        ("float", ScalarValue::F64(-0.0)),
        ("infinite", ScalarValue::F64(f64::NEG_INFINITY)),
        ("text", ScalarValue::Str("\u{1f600} text".into())),
        ("empty", ScalarValue::Str("".into())),
        ("bytes", ScalarValue::Bytes(vec![0, 255, 128])),
        ("time", ScalarValue::Timestamp(-1)),
        ("counter", ScalarValue::counter(i64::MAX)),
    ]
}

/// The raw bytes of every change of [`document`], in causal order.
pub(super) fn changes() -> Vec<Vec<u8>> {
    document()
        .get_changes(&[])
        .iter()
        .map(|change| change.raw_bytes().to_vec())
        .collect()
}
