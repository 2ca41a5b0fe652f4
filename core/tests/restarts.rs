//! A relay that starts again, and one that is put back from a backup.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::Path;

use common::{Bench, Wire, invite, join, list, person, sync, task, titles, verify};
use poo_core::document::DocumentId;
use poo_core::membership::Role;
use poo_core::replica::{Keyring, Replica};
use poo_core::sync::Event;

const LISTS: usize = 60;

/// A relay on disk that can be copied while it runs.
struct Disk {
    folder: tempfile::TempDir,
    keys: Keyring,
}

impl Disk {
    fn new(bench: &mut Bench) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            keys: Keyring::generate(&mut bench.env()),
        }
    }

    /// Starts on a database, as the relay does.
    fn start(&self, name: &str, bench: &mut Bench) -> Replica {
        let path = self.folder.path().join(name);
        let mut relay = Replica::open(&path, self.keys.clone()).unwrap();
        relay.begin_epoch(&mut bench.env()).unwrap();
        relay
    }

    fn back_up(&self, name: &str, to: &str) {
        let conn = rusqlite::Connection::open(self.folder.path().join(name)).unwrap();
        let to: &Path = &self.folder.path().join(to);
        conn.execute("VACUUM INTO ?1", [to.to_str().unwrap()])
            .unwrap();
    }
}

#[test]
fn after_a_restart_only_what_changed_is_named() {
    let bench = &mut Bench::new(1);
    let disk = Disk::new(bench);
    let mut relay = disk.start("a.db", bench);
    let sam = &mut person(bench, &relay, "Sam");
    let ann = &mut person(bench, &relay, "Ann");
    let lists: Vec<_> = (0..LISTS)
        .map(|n| list(sam, bench, &format!("List {n}")))
        .collect();
    let shared = lists[7];
    let link = invite(sam, bench, shared, Role::Editor);
    sync(sam, &mut relay, bench);
    join(ann, &mut relay, bench, &link);
    sync(ann, &mut relay, bench);
    sync(sam, &mut relay, bench);
    let quiet = sync(sam, &mut relay, bench).bytes;

    for round in 0..3 {
        drop(relay);
        relay = disk.start("a.db", bench);
        let again = sync(sam, &mut relay, bench);
        assert!(
            again.bytes <= quiet + 20,
            "round {round}: {} and {quiet} bytes",
            again.bytes
        );
    }
    // What others wrote meanwhile comes, though the relay started again before and after.
    task(ann, bench, shared, "Pack", None);
    sync(ann, &mut relay, bench);
    drop(relay);
    relay = disk.start("a.db", bench);
    task(sam, bench, lists[9], "Mine", None);
    let wire = sync(sam, &mut relay, bench);
    assert!(wire.bytes < quiet + 3_000, "{} bytes", wire.bytes);
    assert_eq!(titles(sam, shared), ["Pack"]);
    assert_eq!(titles(&relay, lists[9]), ["Mine"]);
}

/// Puts a relay back to where it had not heard of a task: it gets that again.
fn put_back(
    disk: &Disk,
    name: &str,
    client: &mut Replica,
    (list, title): (DocumentId, &str),
    bench: &mut Bench,
) -> Replica {
    let mut relay = disk.start(name, bench);
    assert_eq!(titles(&relay, list), Vec::<String>::new());
    sync(client, &mut relay, bench);
    assert_eq!(titles(&relay, list), [title]);
    relay
}

#[test]
fn a_relay_that_was_put_back_gets_what_it_had_acknowledged_since() {
    let bench = &mut Bench::new(2);
    let disk = Disk::new(bench);
    let mut relay = disk.start("a.db", bench);
    let sam = &mut person(bench, &relay, "Sam");
    let eve = &mut person(bench, &relay, "Eve");
    let lists: Vec<_> = (0..LISTS)
        .map(|n| list(sam, bench, &format!("List {n}")))
        .collect();
    let mut session = sync(sam, &mut relay, bench);

    // The backup is taken while somebody is connected; what they write then is acknowledged.
    disk.back_up("a.db", "b.db");
    task(sam, bench, lists[3], "Same session", None);
    session.client.notify_document(&lists[3]);
    session.run(sam, &mut relay, bench);
    assert!(session.client.is_in_sync());
    assert_eq!(titles(&relay, lists[3]), ["Same session"]);

    drop(relay);
    let mut relay = put_back(&disk, "b.db", sam, (lists[3], "Same session"), bench);

    // What waited when they connected came after the place that the relay named first.
    disk.back_up("b.db", "waited.db");
    task(sam, bench, lists[4], "Written offline", None);
    sync(sam, &mut relay, bench);
    assert_eq!(titles(&relay, lists[4]), ["Written offline"]);
    drop(relay);
    let mut relay = put_back(
        &disk,
        "waited.db",
        sam,
        (lists[4], "Written offline"),
        bench,
    );
    assert!(verify(&relay, lists[3]).ok);

    // What the relay had lost once came after the place that it named when it got that again.
    disk.back_up("waited.db", "lost.db");
    task(sam, bench, lists[5], "Lost twice", None);
    sync(sam, &mut relay, bench);
    drop(relay);
    let mut relay = disk.start("lost.db", bench);
    disk.back_up("lost.db", "again.db");
    sync(sam, &mut relay, bench);
    assert_eq!(titles(&relay, lists[5]), ["Lost twice"]);
    drop(relay);
    let mut relay = put_back(&disk, "again.db", sam, (lists[5], "Lost twice"), bench);

    // Once more, with later sessions and a restart behind the backup, and with others' changes
    // that take the relay's sequence past the place that the client knows.
    disk.back_up("b.db", "c.db");
    for list in &lists[10..15] {
        task(sam, bench, *list, "Later session", None);
        sync(sam, &mut relay, bench);
    }
    drop(relay);
    let mut relay = disk.start("b.db", bench);
    task(sam, bench, lists[20], "Behind a restart", None);
    sync(sam, &mut relay, bench);
    drop(relay);
    let mut relay = disk.start("c.db", bench);
    for n in 0..30 {
        list(eve, bench, &format!("Eve's {n}"));
    }
    sync(eve, &mut relay, bench);
    sync(sam, &mut relay, bench);
    for list in &lists[10..15] {
        assert_eq!(titles(&relay, *list), ["Later session"]);
    }
    assert_eq!(titles(&relay, lists[20]), ["Behind a restart"]);
}

#[test]
fn who_was_away_for_very_many_starts_compares_everything() {
    let bench = &mut Bench::new(3);
    let disk = Disk::new(bench);
    let mut relay = disk.start("a.db", bench);
    let sam = &mut person(bench, &relay, "Sam");
    let plans = list(sam, bench, "Plans");
    sync(sam, &mut relay, bench);
    for _ in 0..1_100 {
        relay.begin_epoch(&mut bench.env()).unwrap();
    }
    let conn = rusqlite::Connection::open(disk.folder.path().join("a.db")).unwrap();
    let kept: i64 = conn
        .query_row(
            "SELECT count(*) FROM meta WHERE key LIKE 'epoch/%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(kept, 1_000);
    task(sam, bench, plans, "Pack", None);
    let mut wire = Wire::new(sam, &relay, bench);
    wire.run(sam, &mut relay, bench);
    assert!(wire.client.is_in_sync());
    assert!(
        wire.events
            .iter()
            .any(|event| matches!(event, Event::Acknowledged { document } if *document == plans))
    );
    assert_eq!(titles(&relay, plans), ["Pack"]);
}
