//! Unmodified samod connects with a ticket, and edits at once with another samod and with a signed
//! peer.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use automerge::transaction::Transactable as _;
use automerge::{Automerge, ObjType, ROOT, ReadDoc as _};
use poo_examples::Websocket;
use poo_tests::harness::{PATIENCE, Stage};
use poo_tests::programs;
use samod::{BackoffConfig, ConnectionId, DocHandle, DocumentId, Repo};

async fn repo(ticket: &str) -> (Repo, ConnectionId) {
    let repo = Repo::build_tokio().load().await;
    let dialer = std::sync::Arc::new(Websocket(ticket.parse().unwrap()));
    let dialed = repo.dial(BackoffConfig::default(), dialer).unwrap();
    tokio::time::timeout(PATIENCE, dialed.established())
        .await
        .unwrap()
        .unwrap_or_else(|_| panic!("samod does not connect"));
    let connection = dialed.connection_id().unwrap();
    (repo, connection)
}

fn put(handle: &DocHandle, key: &str, value: i64) {
    handle.with_document(|doc| {
        doc.transact::<_, _, automerge::AutomergeError>(|tx| tx.put(ROOT, key, value))
            .unwrap();
    });
}

fn get(handle: &DocHandle, key: &str) -> Option<i64> {
    handle.with_document(|doc| doc.get(ROOT, key).unwrap()?.0.as_i64())
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "waited in vain: {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn samod_clients_share_a_document_and_a_list() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let sam = stage.person("Sam", &relay);
    sam.ok(&["list", "create", "Plans"]);
    let task = sam.task("Plans", "Milk", &[]);
    let made = sam.json(&["ticket", "create", "--uses", "2"]);
    let ticket = made["url"].as_str().unwrap();

    // A document of their own, which one makes and both edit at once.
    let (one, to_relay) = repo(ticket).await;
    let (two, _) = repo(ticket).await;
    let mut doc = Automerge::new();
    doc.transact::<_, _, automerge::AutomergeError>(|tx| {
        let rows = tx.put_object(ROOT, "rows", ObjType::List)?;
        tx.insert(&rows, 0, "first")
    })
    .unwrap();
    let ours = one.create(doc).await.unwrap();
    // samod does not ask again for what was not there when it asked first.
    let acknowledged = ours.they_have_our_changes(to_relay);
    tokio::time::timeout(PATIENCE, acknowledged).await.unwrap();
    let theirs = two.find(ours.document_id().clone()).await.unwrap().unwrap();
    for n in 0..20 {
        put(&ours, "one", n);
        put(&theirs, "two", n);
    }
    until("both have both", || {
        get(&ours, "two") == Some(19) && get(&theirs, "one") == Some(19)
    })
    .await;

    // A list that a signed peer edits too.
    let lists = sam.json(&["list", "ls"]);
    let list: DocumentId = lists["items"][0]["id"].as_str().unwrap().parse().unwrap();
    let plans = one.find(list).await.unwrap().unwrap();
    plans.with_document(|doc| {
        let (_, items) = doc.get(ROOT, "items").unwrap().unwrap();
        let (_, item) = doc.get(&items, task.as_str()).unwrap().unwrap();
        doc.transact::<_, _, automerge::AutomergeError>(|tx| tx.put(&item, "title", "Oat milk"))
            .unwrap();
    });
    until("Sam has it", || {
        sam.ok(&["sync"]);
        sam.titles("Plans") == ["Oat milk"]
    })
    .await;

    // What nobody has is not found.
    let missing = "bH8pjscq1pb1vojBed8kZv3hxMw";
    let missing: DocumentId = missing.parse().unwrap_or_else(|_| panic!("no id"));
    assert!(two.find(missing).await.unwrap().is_none());
    one.stop().await;
    two.stop().await;
}
