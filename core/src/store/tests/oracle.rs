//! The operation index against Automerge itself: random histories of several writers who edit
//! maps and texts concurrently and merge when they please. Whatever order the changes arrive in,
//! the index holds what Automerge shows.

use automerge::transaction::Transactable as _;
use automerge::{AutoCommit, ObjType, ReadDoc as _};
use proptest::prelude::*;

use super::super::derived::{maps, text_of};
use super::super::held::field;
use super::super::ops::find_object;
use super::*;

/// What a writer does next.
#[derive(Debug, Clone)]
enum Step {
    Make {
        writer: usize,
        item: u8,
    },
    Title {
        writer: usize,
        item: u8,
        text: String,
    },
    Clear {
        writer: usize,
        item: u8,
    },
    Type {
        writer: usize,
        item: u8,
        at: usize,
        delete: usize,
        text: String,
    },
    Merge {
        from: usize,
        into: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let writer = 0..3_usize;
    let item = 0..3_u8;
    prop_oneof![
        1 => (writer.clone(), item.clone()).prop_map(|(writer, item)| Step::Make { writer, item }),
        3 => (writer.clone(), item.clone(), "[a-zé😀]{0,4}")
            .prop_map(|(writer, item, text)| Step::Title { writer, item, text }),
        1 => (writer.clone(), item.clone()).prop_map(|(writer, item)| Step::Clear { writer, item }),
        6 => (writer.clone(), item, 0..12_usize, 0..4_usize, "[a-zé😀]{0,5}").prop_map(
            |(writer, item, at, delete, text)| Step::Type { writer, item, at, delete, text }
        ),
        3 => (writer.clone(), writer).prop_map(|(from, into)| Step::Merge { from, into }),
    ]
}

fn key(item: u8) -> String {
    format!("01890000-0000-7000-8000-0000000000{item:02x}")
}

/// Carries out a step on a writer's own Automerge document.
fn carry_out(docs: &mut [AutoCommit], step: &Step) {
    let items = |doc: &AutoCommit| doc.get(automerge::ROOT, "items").unwrap().unwrap().1;
    let find =
        |doc: &AutoCommit, item: u8| doc.get(items(doc), key(item)).unwrap().map(|(_, id)| id);
    match step {
        Step::Make { writer, item } => {
            let doc = &mut docs[*writer];
            if find(doc, *item).is_none() {
                let items = items(doc);
                let made = doc.put_object(&items, key(*item), ObjType::Map).unwrap();
                doc.put(&made, "title", "new").unwrap();
                doc.put_object(&made, "notes", ObjType::Text).unwrap();
            }
        }
        Step::Title { writer, item, text } => {
            let doc = &mut docs[*writer];
            if let Some(id) = find(doc, *item) {
                doc.put(&id, "title", text.as_str()).unwrap();
            }
        }
        Step::Clear { writer, item } => {
            let doc = &mut docs[*writer];
            if let Some(id) = find(doc, *item) {
                doc.delete(&id, "title").unwrap();
            }
        }
        Step::Type {
            writer,
            item,
            at,
            delete,
            text,
        } => {
            let doc = &mut docs[*writer];
            if let Some(id) = find(doc, *item) {
                let notes = doc.get(&id, "notes").unwrap().unwrap().1;
                let length = doc.length(&notes);
                let at = (*at).min(length);
                let delete = (*delete).min(length - at) as isize;
                doc.splice_text(&notes, at, delete, text).unwrap();
            }
        }
        Step::Merge { from, into } if from != into => {
            let mut other = docs[*from].fork();
            docs[*into].merge(&mut other).unwrap();
        }
        Step::Merge { .. } => {}
    }
    for doc in docs {
        doc.commit();
    }
}

/// Feeds every change into the index, shuffled, and compares.
fn compare(steps: &[Step], seed: u64) {
    let mut bed = Bed::new();
    // Three keys that may write: the owner and the editor, and the owner under another actor.
    let owner = bed.owner.clone();
    let editor = bed.editor.clone();
    let second = ActorNonce::from_bytes([1; 16]);
    let writers = [(owner.clone(), nonce()), (editor, nonce()), (owner, second)];
    let birth = DocumentKind::List.birth().unwrap();
    let born = birth.hash();
    let mut base = AutoCommit::new();
    let birth = automerge::Change::from_bytes(birth.bytes().to_vec()).unwrap();
    base.apply_changes([birth]).unwrap();
    let mut docs: Vec<AutoCommit> = writers
        .iter()
        .map(|(pair, nonce)| {
            let actor = ActorId::derive(&pair.public(), &bed.id(), nonce);
            base.fork()
                .with_actor(automerge::ActorId::from(actor.as_bytes()))
        })
        .collect();
    for step in steps {
        carry_out(&mut docs, step);
    }
    let mut merged = base.fork();
    for doc in &mut docs {
        merged.merge(doc).unwrap();
    }
    let mut changes: Vec<EncodedChange> = merged
        .get_changes(&[])
        .iter()
        .map(|change| EncodedChange::audit(change.raw_bytes()).unwrap())
        .filter(|change| change.hash() != born)
        .collect();
    let tips: Vec<Tip> = changes
        .iter()
        .map(|change| {
            let (pair, nonce) = writers
                .iter()
                .find(|(pair, nonce)| {
                    ActorId::derive(&pair.public(), &bed.id(), nonce) == change.change().actor
                })
                .unwrap();
            Tip::sign(
                pair,
                &bed.id(),
                *nonce,
                change.change().seq,
                change.hash(),
                None,
            )
        })
        .collect();
    shuffle(&mut changes, seed);
    let count = changes.len();
    assert_eq!(bed.offer(changes, tips, true), (count, vec![]));
    let mut heads: Vec<[u8; 32]> = merged.get_heads().iter().map(|h| h.0).collect();
    heads.sort_unstable();
    assert_eq!(
        bed.heads()
            .iter()
            .map(|h| *h.as_bytes())
            .collect::<Vec<_>>(),
        heads
    );
    assert!(bed.max_op() > 0);

    let doc = bed.document().row;
    let items = maps(bed.conn(), bed.document()).unwrap()["items"];
    let theirs = merged.get(automerge::ROOT, "items").unwrap().unwrap().1;
    for item in 0..3 {
        let shown = merged.get(&theirs, key(item)).unwrap();
        let held = field(bed.conn(), items, &key(item), bed.actors()).unwrap();
        let all = merged.get_all(&theirs, key(item)).unwrap();
        assert_eq!(held.len(), all.len(), "as many concurrent values");
        let (Some((_, id)), Some(won)) = (shown, held.first()) else {
            continue;
        };
        let object = find_object(bed.conn(), doc, won.counter, won.actor)
            .unwrap()
            .unwrap();
        let read = |name: &str| {
            let held = field(bed.conn(), object.row, name, bed.actors()).unwrap();
            held.first()
                .and_then(|held| text_of(bed.conn(), doc, held).unwrap())
        };
        let title = merged.get(&id, "title").unwrap();
        assert_eq!(
            read("title"),
            title.map(|(value, _)| value.as_str().unwrap().to_owned())
        );
        let notes = merged.get(&id, "notes").unwrap().unwrap().1;
        assert_eq!(
            read("notes").unwrap_or_default(),
            merged.text(&notes).unwrap()
        );
    }
}

/// A shuffle that its seed repeats (Fisher-Yates on a linear congruential generator).
fn shuffle<T>(values: &mut [T], mut seed: u64) {
    for index in (1..values.len()).rev() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        values.swap(index, (seed >> 33) as usize % (index + 1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_index_holds_what_automerge_shows(
        steps in prop::collection::vec(step(), 1..60),
        seed in any::<u64>(),
    ) {
        compare(&steps, seed);
    }
}
