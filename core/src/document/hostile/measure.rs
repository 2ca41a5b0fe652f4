//! How long an audit takes. Prints and asserts nothing: `cargo test --release -- --ignored
//! --nocapture measure`.

#![allow(clippy::disallowed_methods, reason = "a measurement asks the clock")]

use std::time::Instant;

use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{ActorId, AutoCommit, ObjType, ROOT};

use crate::document::{ChunkLimits, DocumentChunk, EncodedChange};

#[test]
#[ignore = "a measurement"]
fn measure_audits() {
    let mut document = AutoCommit::new().with_actor(ActorId::from([3; 16]));
    let items = document.put_object(ROOT, "items", ObjType::Map).unwrap();
    document.commit();
    for number in 0..10_000 {
        let key = format!("0198c0de-0000-7000-8000-{number:012}");
        let item = document.put_object(&items, key, ObjType::Map).unwrap();
        document.put(&item, "title", "Buy milk").unwrap();
        document.put(&item, "status", "open").unwrap();
        document.commit_with(CommitOptions::default().with_time(1_700_000_000 + number));
    }
    let changes: Vec<Vec<u8>> = document
        .get_changes(&[])
        .iter()
        .map(|change| change.raw_bytes().to_vec())
        .collect();
    let bytes: usize = changes.iter().map(Vec::len).sum();
    let count = changes.len() as u32;
    let start = Instant::now();
    for change in &changes {
        EncodedChange::audit(change).unwrap();
    }
    println!(
        "audit: {:?} per change of {} bytes",
        start.elapsed() / count,
        bytes / changes.len()
    );
    let start = Instant::now();
    for change in &changes {
        automerge::Change::from_bytes(change.clone())
            .unwrap()
            .decode();
    }
    println!(
        "Automerge from_bytes and decode: {:?}",
        start.elapsed() / count
    );
    let start = Instant::now();
    let chunk = DocumentChunk::build(changes.iter().map(Vec::as_slice)).unwrap();
    println!(
        "build {} changes: {:?}, {} bytes",
        count,
        start.elapsed(),
        chunk.len()
    );
    let start = Instant::now();
    let audited = DocumentChunk::audit(&chunk, &ChunkLimits::default()).unwrap();
    println!(
        "audit a document of {} changes: {:?}",
        audited.len(),
        start.elapsed()
    );
    let start = Instant::now();
    let loaded = automerge::Automerge::load(&chunk).unwrap();
    let found = loaded.get_changes(&[]).len();
    println!(
        "Automerge load and get_changes of {found}: {:?}",
        start.elapsed()
    );
}
