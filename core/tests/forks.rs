//! Copies of one device: whatever was restored or copied, nothing acknowledged is lost and every
//! replica agrees in the end.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Bench, edit_title, list, relay, sync, task, tasks, titles, verify};
use poo_core::document::DocumentId;
use poo_core::model::interchange::ListLook;
use poo_core::model::{Command, ImportedTask, Outcome, TaskId, TaskPatch};
use poo_core::replica::{Instance, Keyring, Replica};
use poo_core::sync::Event;

fn import(replica: &mut Replica, bench: &mut Bench, list: DocumentId, title: &str) -> TaskId {
    let task = ImportedTask {
        title: title.into(),
        ..ImportedTask::default()
    };
    let command = Command::ImportTasks {
        list,
        tasks: vec![task],
        look: ListLook::default(),
        zone: None,
    };
    match replica.execute(&command, &mut bench.env()).unwrap() {
        Outcome::Tasks { tasks, .. } => tasks[0],
        other => panic!("{other:?}"),
    }
}

#[test]
fn two_copies_that_both_wrote_converge_and_lose_nothing() {
    let bench = &mut Bench::new(21);
    let relay = &mut relay(bench);
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (dir.path().join("one.db"), dir.path().join("two.db"));
    let keys = Keyring::generate(&mut bench.env());
    let mut first = Replica::open(&one, keys.clone()).unwrap();
    first.found("Sam", &mut bench.env()).unwrap();
    first
        .set_relay("ws://127.0.0.1:1", Some(relay.did()))
        .unwrap();
    let plans = list(&mut first, bench, "Plans");
    let shared = task(&mut first, bench, plans, "Before the copy", None);
    sync(&mut first, relay, bench);
    drop(first);
    // The connection is closed: nothing is left in the write-ahead log.
    std::fs::copy(&one, &two).unwrap();
    let mut first = Replica::open(&one, keys.clone()).unwrap();
    let mut second = Replica::open(&two, keys).unwrap();
    // Both go on under the same actor: each signs other changes for the same places.
    task(&mut first, bench, plans, "From the first", None);
    edit_title(&mut first, bench, plans, shared, "Renamed by the first");
    let made = [
        task(&mut second, bench, plans, "From the second", None),
        task(&mut second, bench, plans, "And another", None),
        import(&mut second, bench, plans, "From a file"),
    ];
    sync(&mut first, relay, bench);
    let wire = sync(&mut second, relay, bench);
    assert!(
        wire.events
            .iter()
            .any(|e| matches!(e, Event::Reauthored { commands: 3, .. })),
        "{:?}",
        wire.events
    );
    sync(&mut first, relay, bench);
    sync(&mut second, relay, bench);
    let mut all = titles(&first, plans);
    // What was made again has the ids that were given out the first time.
    let ids: Vec<_> = tasks(&first, plans, false)
        .iter()
        .map(|task| task.id)
        .collect();
    assert!(made.iter().all(|id| ids.contains(id)));
    assert_eq!(tasks(&first, plans, false), tasks(&second, plans, false));
    assert_eq!(tasks(&first, plans, false), tasks(relay, plans, false));
    all.sort();
    assert_eq!(
        all,
        [
            "And another",
            "From a file",
            "From the first",
            "From the second",
            "Renamed by the first"
        ]
    );
    for replica in [&first, &second, &*relay] {
        let report = verify(replica, plans);
        assert!(report.ok, "{report:?}");
    }
    // From here on the two are different actors: no second fork.
    task(&mut first, bench, plans, "Later", None);
    task(&mut second, bench, plans, "Later too", None);
    sync(&mut first, relay, bench);
    let wire = sync(&mut second, relay, bench);
    assert!(
        !wire
            .events
            .iter()
            .any(|e| matches!(e, Event::Reauthored { .. })),
        "{:?}",
        wire.events
    );
    sync(&mut first, relay, bench);
    assert_eq!(tasks(&first, plans, false), tasks(&second, plans, false));
    assert_eq!(titles(&first, plans).len(), 7);
}

#[test]
fn an_old_backup_takes_what_it_lost_from_the_relay_and_goes_on_under_a_fresh_actor() {
    let bench = &mut Bench::new(22);
    let relay = &mut relay(bench);
    let dir = tempfile::tempdir().unwrap();
    let (live, backup) = (dir.path().join("live.db"), dir.path().join("backup.db"));
    let keys = Keyring::generate(&mut bench.env());
    let mut sam = Replica::open(&live, keys.clone()).unwrap();
    sam.found("Sam", &mut bench.env()).unwrap();
    sam.set_relay("ws://127.0.0.1:1", Some(relay.did()))
        .unwrap();
    let marks = sam.check_instance(None, &mut bench.env()).unwrap();
    let plans = list(&mut sam, bench, "Plans");
    sync(&mut sam, relay, bench);
    drop(sam);
    std::fs::copy(&live, &backup).unwrap();
    let mut sam = Replica::open(&live, keys.clone()).unwrap();
    let marks = sam.check_instance(Some(marks), &mut bench.env()).unwrap();
    task(&mut sam, bench, plans, "After the backup", None);
    sync(&mut sam, relay, bench);
    drop(sam);
    std::fs::copy(&backup, &live).unwrap();
    let mut sam = Replica::open(&live, keys).unwrap();
    // The mark beside the database is ahead of the one in it.
    let now = sam.check_instance(Some(marks), &mut bench.env()).unwrap();
    assert_ne!(now.id, marks.id);
    task(&mut sam, bench, plans, "After the restore", None);
    sync(&mut sam, relay, bench);
    let mut all = titles(&sam, plans);
    all.sort();
    assert_eq!(all, ["After the backup", "After the restore"]);
    assert_eq!(tasks(&sam, plans, false), tasks(relay, plans, false));
    assert!(verify(&sam, plans).ok);
}

#[test]
fn a_crash_between_the_two_marks_is_no_restore() {
    let bench = &mut Bench::new(23);
    let keys = Keyring::generate(&mut bench.env());
    let mut sam = Replica::in_memory(keys).unwrap();
    let first = sam.check_instance(None, &mut bench.env()).unwrap();
    let second = sam.check_instance(Some(first), &mut bench.env()).unwrap();
    assert_eq!(first.id, second.id);
    // The process died after the database had the next mark, before the file had it.
    let third = sam.check_instance(Some(first), &mut bench.env()).unwrap();
    assert_eq!(third.id, second.id);
    // Two behind is another matter, and so is another home's mark.
    let older = Instance {
        opened: third.opened - 2,
        ..third
    };
    assert_ne!(
        sam.check_instance(Some(older), &mut bench.env())
            .unwrap()
            .id,
        third.id
    );
}

/// Opens copies of the closed database `one`, each under a name of its own.
fn copies(dir: &std::path::Path, keys: &Keyring, names: &[&str]) -> Vec<Replica> {
    let copy = |name: &&str| {
        let path = dir.join(format!("{name}.db"));
        std::fs::copy(dir.join("one.db"), &path).unwrap();
        Replica::open(&path, keys.clone()).unwrap()
    };
    names.iter().map(copy).collect()
}

#[test]
fn a_copy_that_wrote_less_than_the_other_gives_way_too() {
    let bench = &mut Bench::new(24);
    let relay = &mut relay(bench);
    let dir = tempfile::tempdir().unwrap();
    let keys = Keyring::generate(&mut bench.env());
    let mut first = Replica::open(&dir.path().join("one.db"), keys.clone()).unwrap();
    first.found("Sam", &mut bench.env()).unwrap();
    first
        .set_relay("ws://127.0.0.1:1", Some(relay.did()))
        .unwrap();
    let plans = list(&mut first, bench, "Plans");
    sync(&mut first, relay, bench);
    drop(first);
    let mut both = copies(dir.path(), &keys, &["two", "three"]);
    let (mut second, mut first) = (both.pop().unwrap(), both.pop().unwrap());
    for n in 0..70 {
        task(&mut first, bench, plans, &format!("First {n}"), None);
    }
    task(&mut second, bench, plans, "From the second", None);
    sync(&mut first, relay, bench);
    let wire = sync(&mut second, relay, bench);
    assert!(
        wire.events
            .iter()
            .any(|e| matches!(e, Event::Reauthored { commands: 1, .. })),
        "{:?}",
        wire.events
    );
    assert!(
        !wire
            .events
            .iter()
            .any(|e| matches!(e, Event::Refused { .. })),
        "{:?}",
        wire.events
    );
    assert_eq!(titles(&second, plans).len(), 71);
    assert_eq!(tasks(&second, plans, false), tasks(relay, plans, false));
    sync(&mut first, relay, bench);
    assert_eq!(tasks(&first, plans, false), tasks(relay, plans, false));
    for replica in [&first, &second, &*relay] {
        assert!(verify(replica, plans).ok);
    }
}

/// A relay with Sam's list, and copies of his database: two of them share a command that no relay
/// had seen, and one of those two has given way to what the early copy wrote.
struct Sharing {
    relay: Replica,
    plans: DocumentId,
    /// What the shared command made.
    shared: TaskId,
    early: Replica,
    second: Replica,
    third: Replica,
}

fn sharing(bench: &mut Bench, dir: &std::path::Path) -> Sharing {
    let mut relay = relay(bench);
    let keys = Keyring::generate(&mut bench.env());
    let one = dir.join("one.db");
    let mut sam = Replica::open(&one, keys.clone()).unwrap();
    sam.found("Sam", &mut bench.env()).unwrap();
    sam.set_relay("ws://127.0.0.1:1", Some(relay.did()))
        .unwrap();
    let plans = list(&mut sam, bench, "Plans");
    sync(&mut sam, &mut relay, bench);
    drop(sam);
    let mut early = copies(dir, &keys, &["early"]).pop().unwrap();
    let mut sam = Replica::open(&one, keys.clone()).unwrap();
    let shared = task(&mut sam, bench, plans, "Shared", None);
    drop(sam);
    let mut late = copies(dir, &keys, &["late", "later"]);
    let (third, mut second) = (late.pop().unwrap(), late.pop().unwrap());
    task(&mut early, bench, plans, "Early", None);
    sync(&mut early, &mut relay, bench);
    sync(&mut second, &mut relay, bench);
    Sharing {
        relay,
        plans,
        shared,
        early,
        second,
        third,
    }
}

#[test]
fn what_another_copy_made_again_is_not_made_a_second_time() {
    let bench = &mut Bench::new(25);
    let dir = tempfile::tempdir().unwrap();
    let Sharing {
        mut relay,
        plans,
        shared,
        mut early,
        mut second,
        mut third,
    } = sharing(bench, dir.path());
    let relay = &mut relay;
    edit_title(&mut second, bench, plans, shared, "Shared and renamed");
    sync(&mut second, relay, bench);
    sync(&mut third, relay, bench);
    sync(&mut second, relay, bench);
    sync(&mut early, relay, bench);
    let mut all = titles(relay, plans);
    all.sort();
    assert_eq!(all, ["Early", "Shared and renamed"]);
    for replica in [&early, &second, &third] {
        assert_eq!(tasks(replica, plans, false), tasks(relay, plans, false));
        assert!(verify(replica, plans).ok);
    }
}

/// Sam with one synced list and a task in it that was renamed, and a relay; then two copies of
/// the closed database. The first copy has written more, and the relay has that.
fn forked(bench: &mut Bench, dir: &std::path::Path) -> (Replica, Vec<Replica>, DocumentId, TaskId) {
    let mut relay = relay(bench);
    let keys = Keyring::generate(&mut bench.env());
    let mut sam = Replica::open(&dir.join("one.db"), keys.clone()).unwrap();
    sam.found("Sam", &mut bench.env()).unwrap();
    sam.set_relay("ws://127.0.0.1:1", Some(relay.did()))
        .unwrap();
    let plans = list(&mut sam, bench, "Plans");
    let shared = task(&mut sam, bench, plans, "Before", None);
    edit_title(&mut sam, bench, plans, shared, "After");
    sync(&mut sam, &mut relay, bench);
    drop(sam);
    let mut both = copies(dir, &keys, &["first", "second"]);
    task(&mut both[0], bench, plans, "From the first", None);
    sync(&mut both[0], &mut relay, bench);
    (relay, both, plans, shared)
}

fn turn(replica: &mut Replica, bench: &mut Bench, command: &Command) -> (Option<String>, bool) {
    match replica.execute(command, &mut bench.env()).unwrap() {
        Outcome::Undone { action, changed } => (action, changed),
        other => panic!("{other:?}"),
    }
}

fn again(wire: &common::Wire) -> Vec<(usize, Vec<String>)> {
    let events = wire.events.iter();
    events
        .filter_map(|event| match event {
            Event::Reauthored { commands, lost, .. } => Some((*commands, lost.clone())),
            _ => None,
        })
        .collect()
}

fn sorted(replica: &Replica, list: DocumentId) -> Vec<String> {
    let mut all = titles(replica, list);
    all.sort();
    all
}

#[test]
fn what_was_taken_back_or_made_again_before_a_fork_is_so_after_it() {
    let bench = &mut Bench::new(26);
    let dir = tempfile::tempdir().unwrap();
    let (mut relay, mut both, plans, shared) = forked(bench, dir.path());
    let relay = &mut relay;
    let second = &mut both[1];
    // The action is one that the relay has; its undo is not.
    assert_eq!(
        turn(second, bench, &Command::Undo),
        (Some("edit_task".into()), true)
    );
    assert_eq!(sorted(second, plans), ["Before"]);
    // An action and its undo, neither of which the relay has.
    let oops = task(second, bench, plans, "Oops", None);
    turn(second, bench, &Command::Undo);
    // One that was taken back and made again.
    edit_title(second, bench, plans, shared, "Later");
    turn(second, bench, &Command::Undo);
    turn(second, bench, &Command::Redo);
    let wire = sync(second, relay, bench);
    assert_eq!(again(&wire), [(6, vec![])]);
    sync(second, relay, bench);
    for replica in [&*second, relay] {
        assert_eq!(sorted(replica, plans), ["From the first", "Later"]);
        assert!(tasks(replica, plans, true).iter().any(|t| t.id == oops));
        assert!(verify(replica, plans).ok);
    }
    // What can be taken back next is this copy's own, and goes back as it would have before.
    assert_eq!(
        turn(second, bench, &Command::Undo),
        (Some("edit_task".into()), true)
    );
    assert_eq!(sorted(second, plans), ["Before", "From the first"]);
    assert_eq!(
        turn(second, bench, &Command::Redo),
        (Some("edit_task".into()), true)
    );
    sync(second, relay, bench);
    let first = &mut both[0];
    sync(first, relay, bench);
    assert_eq!(sorted(first, plans), ["From the first", "Later"]);
    assert_eq!(tasks(first, plans, false), tasks(relay, plans, false));
}

#[test]
fn after_a_fork_undo_never_takes_back_what_the_other_copy_did() {
    let bench = &mut Bench::new(27);
    let dir = tempfile::tempdir().unwrap();
    let (mut relay, mut both, plans, _) = forked(bench, dir.path());
    let second = &mut both[1];
    task(second, bench, plans, "Mine", None);
    sync(second, &mut relay, bench);
    assert_eq!(sorted(second, plans), ["After", "From the first", "Mine"]);
    assert_eq!(
        turn(second, bench, &Command::Undo),
        (Some("create_task".into()), true)
    );
    assert_eq!(sorted(second, plans), ["After", "From the first"]);
    assert_eq!(
        turn(second, bench, &Command::Undo),
        (Some("edit_task".into()), true)
    );
    assert_eq!(sorted(second, plans), ["Before", "From the first"]);
}

#[test]
fn an_undo_of_what_another_copy_made_again_is_made_again_too() {
    let bench = &mut Bench::new(28);
    let dir = tempfile::tempdir().unwrap();
    let Sharing {
        mut relay,
        plans,
        shared,
        mut third,
        ..
    } = sharing(bench, dir.path());
    let relay = &mut relay;
    assert_eq!(sorted(relay, plans), ["Early", "Shared"]);
    turn(&mut third, bench, &Command::Undo);
    sync(&mut third, relay, bench);
    assert_eq!(sorted(relay, plans), ["Early"]);
    assert!(tasks(relay, plans, true).iter().any(|t| t.id == shared));
}

#[test]
fn lists_that_two_copies_made_are_both_in_the_space() {
    let bench = &mut Bench::new(29);
    let dir = tempfile::tempdir().unwrap();
    let (mut relay, mut both, ..) = forked(bench, dir.path());
    let relay = &mut relay;
    let one = list(&mut both[0], bench, "Of the first");
    sync(&mut both[0], relay, bench);
    let two = list(&mut both[1], bench, "Of the second");
    sync(&mut both[1], relay, bench);
    sync(&mut both[0], relay, bench);
    for replica in &both {
        let noted = replica.space_lists().unwrap();
        assert!(noted.contains(&one) && noted.contains(&two), "{noted:?}");
    }
}

#[test]
fn what_cannot_be_made_again_is_told() {
    let bench = &mut Bench::new(30);
    let dir = tempfile::tempdir().unwrap();
    let mut relay = relay(bench);
    let relay = &mut relay;
    let keys = Keyring::generate(&mut bench.env());
    let mut sam = Replica::open(&dir.path().join("one.db"), keys.clone()).unwrap();
    sam.found("Sam", &mut bench.env()).unwrap();
    sam.set_relay("ws://127.0.0.1:1", Some(relay.did()))
        .unwrap();
    let plans = list(&mut sam, bench, "Plans");
    let shared = task(&mut sam, bench, plans, "Paint", None);
    let ann = &mut common::person(bench, relay, "Ann");
    let link = common::invite(&mut sam, bench, plans, poo_core::membership::Role::Editor);
    sync(&mut sam, relay, bench);
    common::join(ann, relay, bench, &link);
    sync(&mut sam, relay, bench);
    drop(sam);
    let mut both = copies(dir.path(), &keys, &["first", "second"]);
    let assign = Command::EditTask {
        list: plans,
        task: shared,
        patch: TaskPatch {
            assignee: Some(Some(ann.did())),
            ..TaskPatch::default()
        },
    };
    both[1].execute(&assign, &mut bench.env()).unwrap();
    // Meanwhile the other copy shows Ann the door.
    let revoke = Command::RevokeMember {
        list: plans,
        member: ann.did(),
    };
    both[0].execute(&revoke, &mut bench.env()).unwrap();
    task(&mut both[0], bench, plans, "Without Ann", None);
    sync(&mut both[0], relay, bench);
    let wire = sync(&mut both[1], relay, bench);
    assert_eq!(again(&wire), [(0, vec!["edit_task".to_owned()])]);
}
