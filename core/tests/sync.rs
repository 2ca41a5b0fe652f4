//! Two people, their devices and a relay: signed sessions over a wire in memory.

mod common;

use common::{
    Bench, Wire, edit_title, invite, join, list, person, relay, sync, task, tasks, titles, verify,
};
use poo_core::membership::Role;
use poo_core::model::{Command, TaskPatch};
use poo_core::sync::Event;

#[test]
fn a_list_reaches_who_was_invited_and_comes_back_changed() {
    let bench = &mut Bench::new(1);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let groceries = list(sam, bench, "Groceries");
    let milk = task(sam, bench, groceries, "Milk", None);
    let link = invite(sam, bench, groceries, Role::Editor);
    sync(sam, relay, bench);
    join(ann, relay, bench, &link);
    assert_eq!(titles(ann, groceries), ["Milk"]);
    edit_title(ann, bench, groceries, milk, "Oat milk");
    task(ann, bench, groceries, "Eggs", None);
    task(sam, bench, groceries, "Bread", None);
    sync(ann, relay, bench);
    sync(sam, relay, bench);
    sync(ann, relay, bench);
    let mut all = titles(sam, groceries);
    assert_eq!(all, titles(ann, groceries));
    all.sort();
    assert_eq!(all, ["Bread", "Eggs", "Oat milk"]);
    for replica in [&*sam, &*ann, &*relay] {
        let report = verify(replica, groceries);
        assert!(report.ok, "{report:?}");
        assert_eq!(report.authors.len(), 2);
    }
    assert_eq!(verify(sam, groceries).authors[0].name, "Sam");
}

#[test]
fn a_second_sync_says_almost_nothing() {
    let bench = &mut Bench::new(2);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    for n in 0..20 {
        let list = list(sam, bench, &format!("List {n}"));
        for _ in 0..10 {
            task(sam, bench, list, "Something", None);
        }
    }
    let first = sync(sam, relay, bench);
    let second = sync(sam, relay, bench);
    assert!(
        second.bytes < 2_000,
        "{} bytes in {} frames",
        second.bytes,
        second.frames
    );
    assert!(first.bytes > 20 * second.bytes);
}

#[test]
fn a_viewer_reads_and_a_revoked_editor_keeps_a_copy() {
    let bench = &mut Bench::new(3);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let vic = &mut person(bench, relay, "Vic");
    let plans = list(sam, bench, "Plans");
    let first = task(sam, bench, plans, "First", None);
    let for_ann = invite(sam, bench, plans, Role::Editor);
    let for_vic = invite(sam, bench, plans, Role::Viewer);
    sync(sam, relay, bench);
    join(ann, relay, bench, &for_ann);
    join(vic, relay, bench, &for_vic);
    assert_eq!(titles(vic, plans), ["First"]);
    let patch = TaskPatch {
        title: Some("Mine".into()),
        ..TaskPatch::default()
    };
    assert!(
        vic.execute(
            &Command::EditTask {
                list: plans,
                task: first,
                patch
            },
            &mut bench.env()
        )
        .is_err()
    );
    task(ann, bench, plans, "Known", None);
    sync(ann, relay, bench);
    sync(sam, relay, bench);
    sam.execute(
        &Command::RevokeMember {
            list: plans,
            member: ann.did(),
        },
        &mut bench.env(),
    )
    .unwrap();
    // Ann does not know yet: what she writes now is past the mark.
    task(ann, bench, plans, "Late", None);
    sync(sam, relay, bench);
    let wire = sync(ann, relay, bench);
    assert!(
        wire.events
            .iter()
            .any(|e| matches!(e, Event::Refused { .. })),
        "{:?}",
        wire.events
    );
    sync(vic, relay, bench);
    for replica in [&*sam, &*vic, &*relay] {
        let mut all = titles(replica, plans);
        all.sort();
        assert_eq!(all, ["First", "Known"]);
        assert!(verify(replica, plans).ok);
    }
    // Ann keeps what was hers to see, without the late write.
    assert!(titles(ann, plans).contains(&"Known".to_owned()));
    assert!(
        ann.execute(
            &Command::CreateTask {
                list: plans,
                task: poo_core::model::NewTask {
                    title: "More".into(),
                    ..Default::default()
                }
            },
            &mut bench.env()
        )
        .is_err()
    );
    // And a further sync neither loops nor fails.
    sync(ann, relay, bench);
}

#[test]
fn an_invite_is_good_once() {
    let bench = &mut Bench::new(4);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let eve = &mut person(bench, relay, "Eve");
    let plans = list(sam, bench, "Plans");
    let link = invite(sam, bench, plans, Role::Editor);
    // Not known to the relay yet.
    let early = join(ann, relay, bench, &link);
    assert!(
        early
            .events
            .iter()
            .any(|e| matches!(e, Event::Refused { code, .. } if code == "invite-unknown"))
    );
    sync(sam, relay, bench);
    join(ann, relay, bench, &link);
    assert_eq!(titles(ann, plans), Vec::<String>::new());
    let late = join(eve, relay, bench, &link);
    assert!(
        late.events
            .iter()
            .any(|e| matches!(e, Event::Refused { code, .. } if code == "invite-used")),
        "{:?}",
        late.events
    );
    // A stranger who knows the id gets what somebody who made it up gets.
    let mut wire = Wire::new(eve, relay, bench);
    wire.run(eve, relay, bench);
    assert!(
        eve.query(
            &poo_core::model::Query::List { list: plans },
            jiff::Timestamp::UNIX_EPOCH
        )
        .is_err()
    );
}

#[test]
fn concurrent_edits_converge_whatever_their_order() {
    let bench = &mut Bench::new(5);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let plans = list(sam, bench, "Plans");
    let ids: Vec<_> = ["c", "b", "a"]
        .iter()
        .map(|t| task(sam, bench, plans, t, None))
        .collect();
    let link = invite(sam, bench, plans, Role::Editor);
    sync(sam, relay, bench);
    join(ann, relay, bench, &link);
    edit_title(sam, bench, plans, ids[0], "Sam's");
    edit_title(ann, bench, plans, ids[0], "Ann's");
    sam.execute(
        &Command::DeleteTask {
            list: plans,
            task: ids[1],
        },
        &mut bench.env(),
    )
    .unwrap();
    edit_title(ann, bench, plans, ids[1], "Edited");
    for (replica, text) in [(&mut *sam, "from Sam. "), (&mut *ann, "from Ann. ")] {
        let patch = TaskPatch {
            notes: Some(text.into()),
            add_tags: vec![text.trim().into()],
            ..TaskPatch::default()
        };
        replica
            .execute(
                &Command::EditTask {
                    list: plans,
                    task: ids[2],
                    patch,
                },
                &mut bench.env(),
            )
            .unwrap();
    }
    sync(ann, relay, bench);
    sync(sam, relay, bench);
    sync(ann, relay, bench);
    assert_eq!(tasks(sam, plans, false), tasks(ann, plans, false));
    assert_eq!(tasks(sam, plans, true), tasks(ann, plans, true));
    let shown = tasks(sam, plans, false);
    let first = shown.iter().find(|t| t.id == ids[0]).unwrap();
    assert_eq!(first.conflicts.len(), 1, "the other title is offered");
    let last = shown.iter().find(|t| t.id == ids[2]).unwrap();
    assert!(
        last.notes.contains("from Sam. ") && last.notes.contains("from Ann. "),
        "{}",
        last.notes
    );
    assert_eq!(last.tags.len(), 2);
    assert_eq!(tasks(sam, plans, true)[0].title, "Edited");
    assert!(verify(sam, plans).ok);
    assert!(verify(relay, plans).ok);
}

#[test]
fn who_lacks_most_of_a_document_gets_it_as_one_chunk() {
    let bench = &mut Bench::new(6);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let plans = list(sam, bench, "Plans");
    let link = invite(sam, bench, plans, Role::Editor);
    sync(sam, relay, bench);
    join(ann, relay, bench, &link);
    for n in 0..1_100 {
        task(sam, bench, plans, &format!("Sam's task number {n}"), None);
        task(ann, bench, plans, &format!("Ann's task number {n}"), None);
    }
    sync(sam, relay, bench);
    // Half of it is here: plain changes are the shorter way.
    let plain = sync(ann, relay, bench);
    // A new device of Ann's that has nothing, as after a lost database.
    let bob = &mut person(bench, relay, "Bob");
    sync(sam, relay, bench);
    let for_bob = invite(sam, bench, plans, Role::Viewer);
    sync(sam, relay, bench);
    let bulk = join(bob, relay, bench, &for_bob);
    assert_eq!(titles(bob, plans), titles(sam, plans));
    assert_eq!(titles(bob, plans).len(), 2_200);
    assert!(
        bulk.bytes < plain.bytes,
        "twice the changes in {} bytes, and half of them in {}",
        bulk.bytes,
        plain.bytes
    );
    let report = verify(bob, plans);
    assert!(report.ok, "{report:?}");
    assert_eq!(report.changes, 2_201);
    // The chunk is kept and serves the next one too; what was written since comes behind it.
    task(sam, bench, plans, "One more", None);
    let again = &mut person(bench, relay, "Cid");
    let for_cid = invite(sam, bench, plans, Role::Viewer);
    sync(sam, relay, bench);
    join(again, relay, bench, &for_cid);
    assert_eq!(titles(again, plans), titles(sam, plans));
}
