//! One replica on its own: every command works offline, survives a restart, and can be checked.

mod common;

use common::{Bench, found, list, task, verify};
use poo_core::document::DocumentId;
use poo_core::model::{Command, MovePlace, Outcome, Status, Task, TaskPatch};
use poo_core::replica::{CommandError, Keyring, Replica};

fn tasks(replica: &Replica, _: &mut Bench, list: DocumentId, deleted: bool) -> Vec<Task> {
    common::tasks(replica, list, deleted)
}

fn titles(tasks: &[Task]) -> Vec<&str> {
    tasks.iter().map(|t| t.title.as_str()).collect()
}

#[test]
fn every_item_command_does_what_it_says() {
    let bench = &mut Bench::new(1);
    let sam = &mut found(bench, "Sam");
    let groceries = list(sam, bench, "Groceries");
    let milk = task(sam, bench, groceries, "Milk", None);
    let eggs = task(sam, bench, groceries, "Eggs", None);
    let oats = task(sam, bench, groceries, "Oat milk", Some(milk));
    assert_eq!(
        titles(&tasks(sam, bench, groceries, false)),
        ["Eggs", "Milk", "Oat milk"]
    );

    let patch = TaskPatch {
        title: Some("Whole milk".into()),
        notes: Some("two litres".into()),
        url: Some(Some("https://example.org/milk".into())),
        status: Some(Status::InProgress),
        add_tags: vec!["dairy".into()],
        ..TaskPatch::default()
    };
    sam.execute(
        &Command::EditTask {
            list: groceries,
            task: milk,
            patch,
        },
        &mut bench.env(),
    )
    .unwrap();
    let shown = tasks(sam, bench, groceries, false);
    let edited = shown.iter().find(|t| t.id == milk).unwrap();
    assert_eq!(edited.title, "Whole milk");
    assert_eq!(edited.notes, "two litres");
    assert_eq!(edited.url.as_deref(), Some("https://example.org/milk"));
    assert_eq!(edited.status, Status::InProgress);
    assert_eq!(edited.tags, ["dairy"]);
    assert_eq!(edited.created_by, Some(sam.did()));

    let patch = TaskPatch {
        notes: Some("two big litres!".into()),
        url: Some(None),
        ..TaskPatch::default()
    };
    sam.execute(
        &Command::EditTask {
            list: groceries,
            task: milk,
            patch: patch.clone(),
        },
        &mut bench.env(),
    )
    .unwrap();
    let again = sam
        .execute(
            &Command::EditTask {
                list: groceries,
                task: milk,
                patch,
            },
            &mut bench.env(),
        )
        .unwrap();
    assert_eq!(again, Outcome::Done { changed: false });
    let shown = tasks(sam, bench, groceries, false);
    let edited = shown.iter().find(|t| t.id == milk).unwrap();
    assert_eq!(
        (edited.notes.as_str(), edited.url.as_deref()),
        ("two big litres!", None)
    );

    let place = MovePlace {
        after: Some(milk),
        ..MovePlace::default()
    };
    sam.execute(
        &Command::MoveTask {
            list: groceries,
            task: eggs,
            place,
        },
        &mut bench.env(),
    )
    .unwrap();
    assert_eq!(
        titles(&tasks(sam, bench, groceries, false)),
        ["Whole milk", "Oat milk", "Eggs"]
    );
    let place = MovePlace {
        parent: Some(Some(oats)),
        ..MovePlace::default()
    };
    let cycle = sam.execute(
        &Command::MoveTask {
            list: groceries,
            task: milk,
            place,
        },
        &mut bench.env(),
    );
    assert!(matches!(
        cycle,
        Err(CommandError::Invalid {
            field: "parent",
            ..
        })
    ));

    sam.execute(
        &Command::CompleteTask {
            list: groceries,
            task: eggs,
            zone: None,
        },
        &mut bench.env(),
    )
    .unwrap();
    assert_eq!(tasks(sam, bench, groceries, false)[2].status, Status::Done);
    sam.execute(
        &Command::ReopenTask {
            list: groceries,
            task: eggs,
        },
        &mut bench.env(),
    )
    .unwrap();
    assert_eq!(tasks(sam, bench, groceries, false)[2].status, Status::Open);

    sam.execute(
        &Command::DeleteTask {
            list: groceries,
            task: milk,
        },
        &mut bench.env(),
    )
    .unwrap();
    assert_eq!(titles(&tasks(sam, bench, groceries, false)), ["Eggs"]);
    assert_eq!(
        titles(&tasks(sam, bench, groceries, true)),
        ["Whole milk", "Oat milk"]
    );
    sam.execute(
        &Command::RestoreTask {
            list: groceries,
            task: milk,
        },
        &mut bench.env(),
    )
    .unwrap();
    assert_eq!(
        titles(&tasks(sam, bench, groceries, false)),
        ["Whole milk", "Oat milk", "Eggs"]
    );

    let report = verify(sam, groceries);
    assert!(report.ok, "{report:?}");
    assert_eq!(report.authors.len(), 1);
    assert_eq!(report.authors[0].name, "Sam");
    let health = sam.health().unwrap();
    assert!(health.ok, "{health:?}");
    let before = tasks(sam, bench, groceries, false);
    sam.rebuild().unwrap();
    assert_eq!(tasks(sam, bench, groceries, false), before);
}

#[test]
fn what_is_written_survives_a_restart() {
    let bench = &mut Bench::new(2);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("poo.db");
    let keys = Keyring::generate(&mut bench.env());
    let mut sam = Replica::open(&path, keys.clone()).unwrap();
    sam.found("Sam", &mut bench.env()).unwrap();
    let work = list(&mut sam, bench, "Work");
    task(&mut sam, bench, work, "Write", None);
    drop(sam);
    let mut sam = Replica::open(&path, keys).unwrap();
    task(&mut sam, bench, work, "Read", None);
    assert_eq!(titles(&tasks(&sam, bench, work, false)), ["Read", "Write"]);
    let other = Keyring::generate(&mut bench.env());
    assert!(Replica::open(&path, other).is_err());
}

#[test]
fn a_subscription_tells_what_changed_whoever_wrote_it() {
    let bench = &mut Bench::new(3);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("poo.db");
    let keys = Keyring::generate(&mut bench.env());
    let mut sam = Replica::open(&path, keys.clone()).unwrap();
    sam.found("Sam", &mut bench.env()).unwrap();
    let work = list(&mut sam, bench, "Work");
    let mut subscription = sam.subscribe().unwrap();
    assert_eq!(sam.poll_changes(&mut subscription).unwrap(), []);
    task(&mut sam, bench, work, "One", None);
    task(&mut sam, bench, work, "Two", None);
    assert_eq!(sam.poll_changes(&mut subscription).unwrap(), [work]);
    // Another process on the same database.
    let mut other = Replica::open(&path, keys).unwrap();
    task(&mut other, bench, work, "Three", None);
    assert_eq!(sam.poll_changes(&mut subscription).unwrap(), [work]);
    assert_eq!(sam.poll_changes(&mut subscription).unwrap(), []);
}
