//! A home whose database is damaged gets back what its relay has, and what can still be read of
//! the rest.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use poo_tests::harness::{Home, Relay, Stage, sync_until_quiet};
use poo_tests::programs;
use rusqlite::Connection;

const LIST: &str = "Plans";

/// Spoils the first page of a table.
fn spoil(database: &Path, table: &str) {
    let conn = Connection::open(database).unwrap();
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let page: u32 = conn.query_row(sql, [table], |row| row.get(0)).unwrap();
    drop(conn);
    let mut bytes = std::fs::read(database).unwrap();
    let end = page as usize * 4096;
    bytes[end - 4096..end].fill(0x5a);
    std::fs::write(database, bytes).unwrap();
}

/// Sam, with three tasks of which the relay has two, and Ann, who shares the list.
fn meet(stage: &Stage, relay: &Relay) -> (Home, Home) {
    let sam = stage.person("Sam", relay);
    sam.ok(&["list", "create", LIST]);
    sam.task(LIST, "One", &[]);
    let ann = stage.person("Ann", relay);
    ann.ok(&["join", &sam.share(LIST, "editor")]);
    sam.task(LIST, "Two", &[]);
    sync_until_quiet(&[&sam, &ann]);
    sam.task(LIST, "Never sent", &[]);
    (sam, ann)
}

fn repaired(sam: &Home, ann: &Home, more: &[&str]) -> String {
    let said = sam.run(&["doctor"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("poo doctor --re"), "{said:?}");
    let run = sam.run(&[&["doctor", "--repair"], more].concat());
    assert_eq!(run.code, 0, "{run:?}");
    // It goes on, and what it has is what everybody gets.
    sam.task(LIST, "Afterwards", &[]);
    sync_until_quiet(&[sam, ann]);
    assert_eq!(sam.titles(LIST), ann.titles(LIST));
    assert_eq!(sam.json(&["doctor"])["ok"], true);
    assert_eq!(sam.json(&["verify", LIST])["ok"], true);
    run.err
}

#[test]
fn what_was_never_sent_is_saved_if_it_can_be_read() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, ann) = meet(&stage, &relay);
    spoil(&sam.path().join("poo.db"), "item");
    let said = repaired(&sam, &ann, &[]);
    assert!(said.contains("were saved"), "{said}");
    assert_eq!(ann.titles(LIST), ["Afterwards", "Never sent", "Two", "One"]);
}

#[test]
fn what_cannot_be_read_comes_from_the_relay_and_the_rest_is_told() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, ann) = meet(&stage, &relay);
    spoil(&sam.path().join("poo.db"), "change");
    let said = repaired(&sam, &ann, &[]);
    assert!(said.contains("only in that file"), "{said}");
    assert_eq!(ann.titles(LIST), ["Afterwards", "Two", "One"]);
    // Nothing at all is left of it.
    let rubbish = vec![0x5a; 100_000];
    std::fs::write(sam.path().join("poo.db"), rubbish).unwrap();
    repaired(&sam, &ann, &["--relay", relay.url(), "--name", "Sam"]);
    assert_eq!(sam.titles(LIST).len(), 4);
}
