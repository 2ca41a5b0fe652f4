//! What the first phase of the product has to hold, as its requirements name it. How long things
//! take is for the benchmark to say: here it counts what is sent, written and read.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::BTreeSet;

use common::{Bench, Wire, found, invite, join, list, person, relay, sync, task};
use jiff::{SignedDuration, Timestamp};
use poo_core::document::DocumentId;
use poo_core::membership::Role;
use poo_core::model::interchange::ListLook;
use poo_core::model::{
    Activity, ActivityAction as Action, Answer, Command, ImportedTask, NewTask, Query, TaskFilter,
    TaskId, TaskPatch,
};
use poo_core::replica::{Keyring, Replica};
use poo_core::sync::{Effect, Event, PRESENCE_TTL, Presence, PresenceMessage, PresenceState};

fn now(bench: &Bench) -> Timestamp {
    Timestamp::from_millisecond(bench.now_ms).unwrap()
}

fn run(replica: &mut Replica, bench: &mut Bench, command: &Command) {
    replica.execute(command, &mut bench.env()).unwrap();
}

fn activity(replica: &Replica, bench: &Bench, list: DocumentId) -> Vec<Activity> {
    let query = Query::Activity {
        list: Some(list),
        task: None,
        kind: None,
        limit: Some(1_000),
        cursor: None,
    };
    match replica.query(&query, now(bench)) {
        Ok(Answer::Activity(page)) => page.items,
        other => panic!("{other:?}"),
    }
}

fn patch(
    replica: &mut Replica,
    bench: &mut Bench,
    list: DocumentId,
    task: TaskId,
    patch: TaskPatch,
) {
    run(replica, bench, &Command::EditTask { list, task, patch });
}

/// Sam and Ann share a list with one task over a relay.
fn shared(bench: &mut Bench) -> (Replica, Replica, Replica, DocumentId, TaskId) {
    let mut relay = relay(bench);
    let mut sam = person(bench, &relay, "Sam");
    let mut ann = person(bench, &relay, "Ann");
    let plans = list(&mut sam, bench, "Plans");
    let milk = task(&mut sam, bench, plans, "Milk", None);
    let link = invite(&mut sam, bench, plans, Role::Editor);
    sync(&mut sam, &mut relay, bench);
    join(&mut ann, &mut relay, bench, &link);
    sync(&mut sam, &mut relay, bench);
    (relay, sam, ann, plans, milk)
}

/// A wire that follows a list.
fn watch(replica: &mut Replica, relay: &mut Replica, bench: &mut Bench, list: DocumentId) -> Wire {
    let mut wire = Wire::new(replica, relay, bench);
    wire.run(replica, relay, bench);
    wire.client.attend(&list).unwrap();
    wire.run(replica, relay, bench);
    wire
}

#[test]
fn assignee_round_trip() {
    let bench = &mut Bench::new(1);
    let (mut relay, mut sam, mut ann, plans, milk) = shared(bench);
    let mut sams = watch(&mut sam, &mut relay, bench, plans);
    let mut anns = watch(&mut ann, &mut relay, bench, plans);
    let rows = activity(&ann, bench, plans).len();
    for assignee in [Some(ann.did()), Some(sam.did()), None] {
        patch(
            &mut sam,
            bench,
            plans,
            milk,
            TaskPatch {
                assignee: Some(assignee),
                ..TaskPatch::default()
            },
        );
        let before = (sams.frames, anns.frames);
        sams.client.notify_document(&plans);
        sams.run(&mut sam, &mut relay, bench);
        assert!(
            sams.effects
                .iter()
                .any(|effect| matches!(effect, Effect::Document(it) if *it == plans))
        );
        anns.relay.notify_document(&plans);
        anns.run(&mut ann, &mut relay, bench);
        // One frame up and its acknowledgement, one frame down: no polling, no second round.
        let frames = (sams.frames - before.0, anns.frames - before.1);
        assert!(frames.0 <= 3 && frames.1 <= 3, "{frames:?} frames");
        for replica in [&sam, &ann] {
            let query = Query::Task {
                list: plans,
                task: milk,
            };
            let Ok(Answer::Task(task)) = replica.query(&query, now(bench)) else {
                panic!("the task is gone");
            };
            assert_eq!(task.assignee.map(|who| who.did), assignee);
            let query = Query::Tasks {
                list: Some(plans),
                filter: TaskFilter {
                    assignee,
                    ..TaskFilter::default()
                },
                limit: None,
                cursor: None,
            };
            let Ok(Answer::Tasks(page)) = replica.query(&query, now(bench)) else {
                panic!("no tasks");
            };
            assert_eq!(page.items.len(), 1);
        }
    }
    let rows = activity(&ann, bench, plans).len() - rows;
    assert_eq!(rows, 3, "one row for each time that it was assigned");
}

#[test]
fn activity_log_completeness() {
    let bench = &mut Bench::new(2);
    let (mut relay, mut sam, mut ann, plans, milk) = shared(bench);
    let start = activity(&sam, bench, plans).len();
    let bread = task(&mut ann, bench, plans, "Bread", None);
    run(
        &mut ann,
        bench,
        &Command::CompleteTask {
            list: plans,
            task: milk,
            zone: None,
        },
    );
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    let assignee = Some(Some(ann.did()));
    patch(
        &mut sam,
        bench,
        plans,
        bread,
        TaskPatch {
            assignee,
            ..TaskPatch::default()
        },
    );
    let text = "Rye, please".into();
    run(
        &mut sam,
        bench,
        &Command::AddComment {
            list: plans,
            task: bread,
            text,
        },
    );
    let title = Some("Rye bread".into());
    patch(
        &mut sam,
        bench,
        plans,
        bread,
        TaskPatch {
            title,
            ..TaskPatch::default()
        },
    );
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    let rows = activity(&ann, bench, plans);
    assert_eq!(rows, activity(&sam, bench, plans));
    let rows = &rows[..rows.len() - start];
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.action, row.actor, row.task))
        .collect();
    assert_eq!(
        told,
        [
            (Action::Edited, Some(sam.did()), Some(bread)),
            (Action::Commented, Some(sam.did()), Some(bread)),
            (Action::Assigned, Some(sam.did()), Some(bread)),
            (Action::Completed, Some(ann.did()), Some(milk)),
            (Action::Created, Some(ann.did()), Some(bread)),
        ]
    );
    assert!(
        rows.windows(2).all(|pair| pair[0].at >= pair[1].at),
        "the latest first"
    );
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids.len(), rows.len());
    // Syncing again adds none.
    sync(&mut ann, &mut relay, bench);
    assert_eq!(activity(&ann, bench, plans).len(), start + rows.len());
}

#[test]
fn what_is_said_again_of_a_comment_names_its_task() {
    let bench = &mut Bench::new(3);
    let (_, mut sam, _, plans, milk) = shared(bench);
    let say = Command::AddComment {
        list: plans,
        task: milk,
        text: "Oat".into(),
    };
    let Ok(poo_core::model::Outcome::Comment { comment, .. }) = sam.execute(&say, &mut bench.env())
    else {
        panic!("no comment");
    };
    run(
        &mut sam,
        bench,
        &Command::EditComment {
            list: plans,
            comment,
            text: "Soy".into(),
        },
    );
    run(
        &mut sam,
        bench,
        &Command::DeleteComment {
            list: plans,
            comment,
        },
    );
    let rows = activity(&sam, bench, plans);
    for (row, action) in rows
        .iter()
        .zip([Action::Deleted, Action::Edited, Action::Commented])
    {
        assert_eq!((row.action, row.task), (action, Some(milk)));
    }
}

#[test]
fn presence_freshness() {
    assert!(PRESENCE_TTL <= SignedDuration::from_secs(90));
    let bench = &mut Bench::new(4);
    let (mut relay, mut sam, mut ann, plans, _) = shared(bench);
    let mut sams = watch(&mut sam, &mut relay, bench, plans);
    let mut anns = watch(&mut ann, &mut relay, bench, plans);
    let here = PresenceMessage {
        state: PresenceState::Here,
        task: None,
    }
    .encode();
    anns.client.send_ephemeral(&ann, plans, &here).unwrap();
    anns.run(&mut ann, &mut relay, bench);
    for effect in &anns.effects {
        if let Effect::Ephemeral(said) = effect {
            sams.relay.forward(said.for_signed().to_vec());
        }
    }
    sams.run(&mut sam, &mut relay, bench);
    let mut table = Presence::default();
    let heard = now(bench);
    for event in &sams.events {
        if let Event::Ephemeral { message, from } = event {
            table.hear(message, *from, heard);
        }
    }
    assert_eq!(table.who(&plans)[0].did, ann.did());
    // Ann closes the list without a word: her device is off.
    drop(anns);
    let later = heard.checked_add(SignedDuration::from_secs(90)).unwrap();
    table.expire(&plans, later);
    assert!(table.who(&plans).is_empty(), "still shown after 90 seconds");
}

#[test]
fn no_regression_core_ux() {
    let bench = &mut Bench::new(5);
    // Nobody to share with, no relay, nothing but a title.
    let mut sam = found(bench, "Sam");
    let from_json = |text: &str| -> Command { serde_json::from_str(text).unwrap() };
    run(
        &mut sam,
        bench,
        &from_json(r#"{"type":"create_list","title":"Groceries"}"#),
    );
    let Ok(Answer::Lists(lists)) = sam.query(&Query::Lists { all: false }, now(bench)) else {
        panic!("no lists");
    };
    let groceries = lists.items[0].id;
    let say = |what: &str, rest: &str| {
        from_json(&format!(
            r#"{{"type":"{what}","list":"{groceries}"{rest}}}"#
        ))
    };
    run(&mut sam, bench, &say("create_task", r#","title":"Milk""#));
    let milk = common::tasks(&sam, groceries, false)[0].id;
    let of = format!(r#","task":"{milk}""#);
    run(
        &mut sam,
        bench,
        &say("edit_task", &format!(r#"{of},"title":"Oat milk""#)),
    );
    run(&mut sam, bench, &say("complete_task", &of));
    assert!(common::tasks(&sam, groceries, false)[0].done);
    let tasks = Query::Tasks {
        list: None,
        filter: TaskFilter::default(),
        limit: None,
        cursor: None,
    };
    let queries = [
        Query::Lists { all: true },
        Query::List { list: groceries },
        tasks,
        Query::Task {
            list: groceries,
            task: milk,
        },
        Query::Today { zone: None },
        Query::Focus { zone: None },
        Query::Templates,
        Query::Settings,
        Query::Tags { list: groceries },
        Query::Streak { zone: None },
        Query::Activity {
            list: Some(groceries),
            task: None,
            kind: None,
            limit: None,
            cursor: None,
        },
        Query::Activity {
            list: None,
            task: None,
            kind: None,
            limit: None,
            cursor: None,
        },
    ];
    for query in queries {
        let answer = serde_json::to_string(&sam.query(&query, now(bench)).unwrap()).unwrap();
        let answer = answer.to_lowercase();
        for word in ["agent", "assign", "heartbeat", "mission", "webhook"] {
            assert!(
                !answer.contains(word),
                "{query:?} speaks of {word}: {answer}"
            );
        }
    }
}

/// How SQLite goes about a query.
fn plans_of(path: &std::path::Path, sql: &str) -> Vec<String> {
    let conn = rusqlite::Connection::open(path).unwrap();
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let rows = statement.query_map([], |row| row.get(3)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn perf_floor_reads_by_index() {
    let bench = &mut Bench::new(6);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("poo.db");
    let keys = Keyring::generate(&mut bench.env());
    let mut sam = Replica::open(&path, keys).unwrap();
    sam.found("Sam", &mut bench.env()).unwrap();
    let big = list(&mut sam, bench, "Big");
    let small = list(&mut sam, bench, "Small");
    let many = |count: usize| -> Vec<ImportedTask> {
        let titled = |n| ImportedTask {
            title: format!("Task {n}"),
            ..ImportedTask::default()
        };
        (0..count).map(titled).collect()
    };
    run(
        &mut sam,
        bench,
        &Command::ImportTasks {
            zone: None,
            list: big,
            tasks: many(1_500),
            look: ListLook::default(),
        },
    );
    run(
        &mut sam,
        bench,
        &Command::ImportTasks {
            zone: None,
            list: small,
            tasks: many(3),
            look: ListLook::default(),
        },
    );
    // A page of a large list, and of its activity, ends where it was asked to end.
    let page = Query::Tasks {
        list: Some(big),
        filter: TaskFilter::default(),
        limit: Some(50),
        cursor: None,
    };
    let Ok(Answer::Tasks(tasks)) = sam.query(&page, now(bench)) else {
        panic!("no tasks");
    };
    assert_eq!(tasks.items.len(), 50);
    assert!(tasks.next_cursor.is_some());
    let page = Query::Activity {
        list: Some(big),
        task: None,
        kind: None,
        limit: Some(50),
        cursor: None,
    };
    let Ok(Answer::Activity(rows)) = sam.query(&page, now(bench)) else {
        panic!("no activity");
    };
    assert_eq!(rows.items.len(), 50);
    assert!(rows.next_cursor.is_some());
    // What opening a list and its activity asks of SQLite searches by an index; it never walks
    // a table, nor sorts what it found.
    for sql in [
        "SELECT task, parent, ord, deleted_at IS NOT NULL, iif(done, 'done', status)
         FROM item INDEXED BY item_order WHERE doc = 1 ORDER BY parent, ord, task",
        "SELECT title FROM item WHERE doc = 1 AND task = 'x'",
        "SELECT count(*) FROM item INDEXED BY item_order
         WHERE doc = 1 AND parent = 'x' AND deleted_at IS NULL",
        "SELECT pos, hash, n FROM activity WHERE doc = 1 ORDER BY pos DESC, hash DESC, n DESC",
        "SELECT pos, hash, n FROM activity WHERE doc = 1 AND (pos, hash, n) < (9, x'00', 0)
         ORDER BY pos DESC, hash DESC, n DESC",
    ] {
        for step in plans_of(&path, sql) {
            assert!(step.starts_with("SEARCH"), "{sql}: {step}");
        }
    }
    // Another list's size makes no difference to a small one: what was made there is not read.
    let own = NewTask {
        title: "One more".into(),
        ..NewTask::default()
    };
    run(
        &mut sam,
        bench,
        &Command::CreateTask {
            list: small,
            task: own,
        },
    );
    assert_eq!(common::tasks(&sam, small, false).len(), 4);
}
