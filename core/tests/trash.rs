//! Who changed what another one had deleted: what knew of what decides, not what clocks said.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Bench, edit_title, sync, task, tasks, two};
use poo_core::document::DocumentId;
use poo_core::model::{Command, TaskId};
use poo_core::replica::Replica;

const HOUR_MS: i64 = 3_600_000;

fn delete(replica: &mut Replica, bench: &mut Bench, list: DocumentId, task: TaskId) {
    let delete = Command::DeleteTask { list, task };
    replica.execute(&delete, &mut bench.env()).unwrap();
}

fn restore(replica: &mut Replica, bench: &mut Bench, list: DocumentId, task: TaskId) {
    let restore = Command::RestoreTask { list, task };
    replica.execute(&restore, &mut bench.env()).unwrap();
}

fn comment(replica: &mut Replica, bench: &mut Bench, list: DocumentId, task: TaskId) {
    let text = "Wait".to_owned();
    let comment = Command::AddComment { list, task, text };
    replica.execute(&comment, &mut bench.env()).unwrap();
}

/// Brings both to the same.
fn meet(sam: &mut Replica, ann: &mut Replica, relay: &mut Replica, bench: &mut Bench) {
    sync(sam, relay, bench);
    sync(ann, relay, bench);
    sync(sam, relay, bench);
}

/// Who is said to have changed a task in the trash, the same to everybody.
fn changed(sam: &Replica, ann: &Replica, list: DocumentId, task: TaskId) -> Vec<String> {
    let said = |replica: &Replica| {
        let trash = tasks(replica, list, true);
        let found = trash.iter().find(|found| found.id == task);
        let people = found.unwrap().changed_since.iter();
        people.map(|person| person.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(said(sam), said(ann));
    said(sam)
}

#[test]
fn an_edit_made_apart_is_told_whatever_the_clocks_say() {
    for (seed, behind) in [(1, true), (2, false)] {
        let bench = &mut Bench::new(seed);
        let (mut relay, mut sam, mut ann, plans) = two(bench);
        let bread = task(&mut sam, bench, plans, "Bread", None);
        let milk = task(&mut sam, bench, plans, "Milk", None);
        meet(&mut sam, &mut ann, &mut relay, bench);

        delete(&mut sam, bench, plans, bread);
        delete(&mut sam, bench, plans, milk);
        let skew = if behind { -HOUR_MS } else { HOUR_MS };
        bench.now_ms += skew;
        edit_title(&mut ann, bench, plans, bread, "Rye bread");
        bench.now_ms -= skew;
        meet(&mut sam, &mut ann, &mut relay, bench);
        assert_eq!(changed(&sam, &ann, plans, bread), ["Ann"], "{behind}");
        assert!(changed(&sam, &ann, plans, milk).is_empty());
    }
}

#[test]
fn what_the_deleter_knew_of_is_not_told_although_its_clock_is_later() {
    let bench = &mut Bench::new(3);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let bread = task(&mut sam, bench, plans, "Bread", None);
    meet(&mut sam, &mut ann, &mut relay, bench);
    bench.now_ms += HOUR_MS;
    edit_title(&mut ann, bench, plans, bread, "Rye bread");
    bench.now_ms -= HOUR_MS;
    meet(&mut sam, &mut ann, &mut relay, bench);
    delete(&mut sam, bench, plans, bread);
    meet(&mut sam, &mut ann, &mut relay, bench);
    assert!(changed(&sam, &ann, plans, bread).is_empty());
}

#[test]
fn a_deletion_that_was_taken_back_says_nothing() {
    let bench = &mut Bench::new(4);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let bread = task(&mut sam, bench, plans, "Bread", None);
    meet(&mut sam, &mut ann, &mut relay, bench);
    delete(&mut sam, bench, plans, bread);
    edit_title(&mut ann, bench, plans, bread, "Rye bread");
    meet(&mut sam, &mut ann, &mut relay, bench);
    restore(&mut sam, bench, plans, bread);
    delete(&mut sam, bench, plans, bread);
    meet(&mut sam, &mut ann, &mut relay, bench);
    assert!(changed(&sam, &ann, plans, bread).is_empty());
    // Nor do the deleter's own words, wherever they were written.
    comment(&mut sam, bench, plans, bread);
    meet(&mut sam, &mut ann, &mut relay, bench);
    assert!(changed(&sam, &ann, plans, bread).is_empty());
    comment(&mut ann, bench, plans, bread);
    meet(&mut sam, &mut ann, &mut relay, bench);
    assert_eq!(changed(&sam, &ann, plans, bread), ["Ann"]);
}

#[test]
fn so_it_is_with_what_went_into_the_trash_with_its_parent() {
    let bench = &mut Bench::new(5);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let party = task(&mut sam, bench, plans, "Party", None);
    let cake = task(&mut sam, bench, plans, "Cake", Some(party));
    meet(&mut sam, &mut ann, &mut relay, bench);
    delete(&mut sam, bench, plans, party);
    bench.now_ms -= HOUR_MS;
    edit_title(&mut ann, bench, plans, cake, "Lemon cake");
    bench.now_ms += HOUR_MS;
    meet(&mut sam, &mut ann, &mut relay, bench);
    assert!(changed(&sam, &ann, plans, party).is_empty());
    assert_eq!(changed(&sam, &ann, plans, cake), ["Ann"]);
}
