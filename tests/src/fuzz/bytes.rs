//! What stands in messages: changes, documents, tips, statements, presence.

use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{AutoCommit, ObjType, ROOT, ReadDoc as _};
use poo_core::document::{ChunkLimits, DocumentChunk, EncodedChange, UnverifiedTip};
use poo_core::membership::UnverifiedStatement;
use poo_core::sync::PresenceMessage;
use sha2::{Digest as _, Sha256};

use super::sessions::World;

/// Automerge's chunks: a magic number, four bytes of a hash, a type, a length, the content.
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const HEAD: usize = 8;
/// The largest document that is tried.
const BYTES_MAX: usize = 1 << 20;

/// The input as a chunk of a type whose checksum is right: whoever makes it up can do the sums.
fn chunk(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut body = vec![kind];
    let mut length = content.len();
    while length >= 0x80 {
        body.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    body.push(length as u8);
    body.extend_from_slice(content);
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&Sha256::digest(&body)[..4]);
    out.extend(body);
    out
}

/// The content of a chunk.
fn content(chunk: &[u8]) -> Vec<u8> {
    let mut at = HEAD + 1;
    while chunk[at] & 0x80 != 0 {
        at += 1;
    }
    chunk[at + 1..].to_vec()
}

/// What is accepted means to Automerge what it means here, and can be written again.
fn holds(change: &EncodedChange) {
    let read = automerge::Change::from_bytes(change.bytes().to_vec()).unwrap();
    assert_eq!(read.hash().0, *change.hash().as_bytes());
    assert_eq!(read.seq(), change.change().seq);
    let again = EncodedChange::audit(change.bytes()).unwrap();
    assert_eq!(again.hash(), change.hash());
}

pub(super) fn change(data: &[u8]) {
    let _refused = EncodedChange::audit(data);
    if let Ok(accepted) = EncodedChange::audit(&chunk(1, data)) {
        holds(&accepted);
    }
}

pub(super) fn document(data: &[u8]) {
    let limits = ChunkLimits {
        bytes_max: BYTES_MAX,
        inflated_bytes_max: BYTES_MAX,
        ..ChunkLimits::default()
    };
    let _refused = DocumentChunk::audit(data, &limits);
    let bytes = chunk(0, data);
    if let Ok(changes) = DocumentChunk::audit(&bytes, &limits) {
        changes.iter().for_each(holds);
        let kept = changes.iter().map(EncodedChange::bytes);
        let packed = DocumentChunk::build(kept).unwrap();
        let again = DocumentChunk::audit(&packed, &limits).unwrap();
        let hashes = |changes: &[EncodedChange]| {
            let mut all: Vec<_> = changes.iter().map(EncodedChange::hash).collect();
            all.sort_unstable();
            all
        };
        assert_eq!(hashes(&again), hashes(&changes));
    }
}

fn history() -> AutoCommit {
    let mut doc = AutoCommit::new().with_actor(automerge::ActorId::from([7; 16]));
    let items = doc.put_object(ROOT, "items", ObjType::Map).unwrap();
    for at in 0..4_i64 {
        let item = doc
            .put_object(&items, format!("{at}"), ObjType::Map)
            .unwrap();
        doc.put(&item, "title", format!("Task {at}")).unwrap();
        doc.put(&item, "createdAt", automerge::ScalarValue::Timestamp(at))
            .unwrap();
        let notes = doc.put_object(&item, "notes", ObjType::Text).unwrap();
        doc.splice_text(&notes, 0, 0, "Grüße").unwrap();
        doc.splice_text(&notes, 1, 2, "x").unwrap();
        if at > 1 {
            doc.delete(&item, "title").unwrap();
        }
        doc.commit_with(CommitOptions::default().with_time(at));
    }
    assert!(doc.get(ROOT, "items").unwrap().is_some());
    doc
}

pub(super) fn change_seeds() -> Vec<Vec<u8>> {
    let mut doc = history();
    let mut all: Vec<Vec<u8>> = doc
        .get_changes(&[])
        .into_iter()
        .map(|change| content(change.raw_bytes()))
        .collect();
    all.extend(World::new().changes().iter().map(|bytes| content(bytes)));
    all.extend(vectors().iter().map(|bytes| content(bytes)));
    all
}

/// Every plain change that stands in the vectors of the protocol. The first is a list's birth.
fn vectors() -> Vec<Vec<u8>> {
    let text = include_str!("../../../docs/vectors.json");
    let unhex = |word: &str| -> Option<Vec<u8>> {
        let digits = (0..word.len()).step_by(2);
        let bytes = digits.map(|at| u8::from_str_radix(word.get(at..at + 2)?, 16).ok());
        bytes.collect()
    };
    let read: serde_json::Value = serde_json::from_str(text).unwrap();
    ["births", "changes"]
        .iter()
        .flat_map(|part| read[part].as_array().unwrap())
        .map(|entry| unhex(entry["bytes"].as_str().unwrap()).unwrap())
        .collect()
}

pub(super) fn document_seeds() -> Vec<Vec<u8>> {
    let mut changes = vec![vectors().remove(0)];
    changes.extend(World::new().list_changes());
    let list = DocumentChunk::build(changes.iter().map(Vec::as_slice)).unwrap();
    vec![content(&list), content(&history().save())]
}

pub(super) fn tip(data: &[u8]) {
    if let Ok(tip) = minicbor::decode::<UnverifiedTip>(data) {
        let document = World::list_id();
        let _actor = tip.actor(&document);
        if let Ok(tip) = tip.verify(&document) {
            let again: UnverifiedTip = minicbor::decode(&tip.to_bytes()).unwrap();
            assert_eq!(again.verify(&document).unwrap(), tip);
        }
    }
}

pub(super) fn tip_seeds() -> Vec<Vec<u8>> {
    World::new().tips()
}

pub(super) fn statement(data: &[u8]) {
    if let Ok(read) = UnverifiedStatement::decode(data) {
        let digest = read.digest();
        let _scope = read.scope();
        if let Ok(statement) = read.verify() {
            // What is signed has one form.
            assert_eq!(statement.to_wire(), data);
            assert_eq!(statement.digest(), digest);
        }
    }
}

pub(super) fn statement_seeds() -> Vec<Vec<u8>> {
    World::new().statements()
}

pub(super) fn presence(data: &[u8]) {
    if let Some(read) = PresenceMessage::decode(data) {
        assert_eq!(PresenceMessage::decode(&read.encode()), Some(read));
    }
}

pub(super) fn presence_seeds() -> Vec<Vec<u8>> {
    use poo_core::model::TaskId;
    use poo_core::sync::PresenceState::{Here, Left, Typing};
    let message = |state, task: Option<u8>| {
        let task = task.map(|byte| TaskId::from_bytes([byte; 16]));
        PresenceMessage { state, task }.encode()
    };
    vec![
        message(Here, None),
        message(Typing, Some(3)),
        message(Left, None),
    ]
}
