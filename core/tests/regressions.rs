//! What random histories found wrong once, each by itself.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Bench, found, invite, join, list, person, relay, sync, task, tasks};
use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::membership::Role;
use poo_core::model::{
    ActivityAction as Action, Answer, Command, MovePlace, NewTask, Priority, Query, TaskFilter,
    TaskId, TaskPatch,
};
use poo_core::replica::Replica;

fn run(replica: &mut Replica, bench: &mut Bench, command: &Command) {
    replica.execute(command, &mut bench.env()).unwrap();
}

fn edit(
    replica: &mut Replica,
    bench: &mut Bench,
    list: DocumentId,
    task: TaskId,
    patch: TaskPatch,
) {
    run(replica, bench, &Command::EditTask { list, task, patch });
}

fn now(bench: &Bench) -> Timestamp {
    Timestamp::from_millisecond(bench.now_ms).unwrap()
}

fn tagged(tag: &str) -> TaskPatch {
    TaskPatch {
        add_tags: vec![tag.into()],
        ..TaskPatch::default()
    }
}

#[test]
fn what_is_in_the_trash_with_its_parent_counts_nowhere() {
    let bench = &mut Bench::new(1);
    let sam = &mut found(bench, "Sam");
    let plans = list(sam, bench, "Plans");
    let party = task(sam, bench, plans, "Party", None);
    let cake = task(sam, bench, plans, "Cake", Some(party));
    edit(sam, bench, plans, cake, tagged("shop"));
    run(
        sam,
        bench,
        &Command::DeleteTask {
            list: plans,
            task: party,
        },
    );
    let Ok(Answer::List(shown)) = sam.query(&Query::List { list: plans }, now(bench)) else {
        panic!("no list");
    };
    assert_eq!((shown.total, shown.open), (0, 0));
    let Ok(Answer::Tags(tags)) = sam.query(&Query::Tags { list: plans }, now(bench)) else {
        panic!("no tags");
    };
    assert_eq!(tags.items[0].tasks, 0);
}

#[test]
fn the_trash_of_a_circle_does_not_reach_who_stands_at_the_top() {
    let bench = &mut Bench::new(2);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let plans = list(sam, bench, "Plans");
    let one = task(sam, bench, plans, "One", None);
    let two = task(sam, bench, plans, "Two", None);
    let link = invite(sam, bench, plans, Role::Editor);
    sync(sam, relay, bench);
    join(ann, relay, bench, &link);
    let below = |task, parent| Command::MoveTask {
        list: plans,
        task,
        place: MovePlace {
            parent: Some(Some(parent)),
            ..MovePlace::default()
        },
    };
    run(sam, bench, &below(one, two));
    run(ann, bench, &below(two, one));
    sync(sam, relay, bench);
    sync(ann, relay, bench);
    sync(sam, relay, bench);
    let patch = TaskPatch {
        priority: Some(Priority::High),
        ..TaskPatch::default()
    };
    edit(sam, bench, plans, one, patch);
    run(
        sam,
        bench,
        &Command::DeleteTask {
            list: plans,
            task: two,
        },
    );
    let shown = tasks(sam, plans, false);
    assert_eq!((shown.len(), shown[0].id, shown[0].depth), (1, one, 0));
    let Ok(Answer::Tasks(focus)) = sam.query(&Query::Focus { zone: None }, now(bench)) else {
        panic!("no focus");
    };
    assert_eq!(focus.items.len(), 1);
}

#[test]
fn a_tag_that_two_made_is_one_to_people() {
    let bench = &mut Bench::new(3);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let plans = list(sam, bench, "Plans");
    let milk = task(sam, bench, plans, "Milk", None);
    let link = invite(sam, bench, plans, Role::Editor);
    sync(sam, relay, bench);
    join(ann, relay, bench, &link);
    edit(sam, bench, plans, milk, tagged("shop"));
    edit(ann, bench, plans, milk, tagged("shop"));
    sync(sam, relay, bench);
    sync(ann, relay, bench);
    sync(sam, relay, bench);
    let (tag, name) = ("shop".to_owned(), Some("buy".to_owned()));
    run(
        sam,
        bench,
        &Command::EditTag {
            list: plans,
            tag,
            name,
            color: None,
        },
    );
    assert_eq!(tasks(sam, plans, false)[0].tags, ["buy"]);
    let query = Query::Activity {
        list: Some(plans),
        task: None,
        kind: None,
        limit: None,
        cursor: None,
    };
    let Ok(Answer::Activity(rows)) = sam.query(&query, now(bench)) else {
        panic!("no activity");
    };
    let edited = rows.items.iter().filter(|row| row.action == Action::Edited);
    assert_eq!(edited.count(), 3, "Sam's tag, Ann's tag, and one new name");
    let patch = TaskPatch {
        remove_tags: vec!["buy".into()],
        ..TaskPatch::default()
    };
    edit(sam, bench, plans, milk, patch);
    assert!(tasks(sam, plans, false)[0].tags.is_empty());
}

#[test]
fn edits_of_one_field_are_taken_back_one_after_the_other() {
    let bench = &mut Bench::new(4);
    let sam = &mut found(bench, "Sam");
    let plans = list(sam, bench, "Plans");
    let milk = task(sam, bench, plans, "One", None);
    let texts = ["One", "Two", "One and two", "Three"];
    for text in &texts[1..] {
        let patch = TaskPatch {
            title: Some((*text).into()),
            notes: Some((*text).into()),
            ..TaskPatch::default()
        };
        edit(sam, bench, plans, milk, patch);
    }
    let shown = |sam: &Replica| {
        let task = tasks(sam, plans, false).remove(0);
        (task.title, task.notes)
    };
    for _ in 0..2 {
        for text in [texts[2], texts[1]] {
            run(sam, bench, &Command::Undo);
            assert_eq!(shown(sam), (text.to_owned(), text.to_owned()));
        }
        run(sam, bench, &Command::Undo);
        assert_eq!(shown(sam), ("One".to_owned(), String::new()));
        for text in &texts[1..] {
            run(sam, bench, &Command::Redo);
            assert_eq!(shown(sam), ((*text).to_owned(), (*text).to_owned()));
        }
    }
}

#[test]
fn a_range_of_days_is_of_when_tasks_are_shown_as_due() {
    let bench = &mut Bench::new(5);
    let sam = &mut found(bench, "Sam");
    let plans = list(sam, bench, "Plans");
    let new = NewTask {
        title: "Water the plants".into(),
        due: Some("2026-08-20".parse().unwrap()),
        recurrence: Some("FREQ=DAILY".parse().unwrap()),
        ..NewTask::default()
    };
    run(
        sam,
        bench,
        &Command::CreateTask {
            list: plans,
            task: new,
        },
    );
    let today = jiff::tz::TimeZone::UTC.to_datetime(now(bench)).date();
    let filter = TaskFilter {
        due_from: Some(today),
        due_to: Some(today),
        ..TaskFilter::default()
    };
    let query = Query::Tasks {
        list: Some(plans),
        filter,
        limit: None,
        cursor: None,
    };
    let Ok(Answer::Tasks(page)) = sam.query(&query, now(bench)) else {
        panic!("no tasks");
    };
    assert_eq!(page.items.len(), 1);
}

#[test]
fn pages_of_what_nobody_has_are_full() {
    let bench = &mut Bench::new(6);
    let sam = &mut found(bench, "Sam");
    let me = sam.did();
    let mut free = Vec::new();
    for title in ["One", "Two", "Three"] {
        let list = list(sam, bench, title);
        for number in 0..6 {
            let id = task(sam, bench, list, &format!("{title} {number}"), None);
            if number % 3 == 0 {
                free.push(id);
                continue;
            }
            let mine = TaskPatch {
                assignee: Some(Some(me)),
                ..TaskPatch::default()
            };
            edit(sam, bench, list, id, mine);
        }
    }
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let query = Query::Tasks {
            list: None,
            filter: TaskFilter {
                unassigned: true,
                ..TaskFilter::default()
            },
            limit: Some(4),
            cursor,
        };
        let Ok(Answer::Tasks(page)) = sam.query(&query, now(bench)) else {
            panic!("no tasks");
        };
        assert!(page.items.iter().all(|task| task.assignee.is_none()));
        seen.push(page.items.len());
        free.retain(|id| !page.items.iter().any(|task| task.id == *id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, [4, 2]);
    assert_eq!(free, []);
    let both = Query::Tasks {
        list: None,
        filter: TaskFilter {
            unassigned: true,
            assignee: Some(me),
            ..TaskFilter::default()
        },
        limit: None,
        cursor: None,
    };
    assert_eq!(
        sam.query(&both, now(bench)).unwrap(),
        Answer::Tasks(Vec::new().into())
    );
}

#[test]
fn pages_of_notes_are_full() {
    use poo_core::model::ActivityKind as Kind;

    let bench = &mut Bench::new(7);
    let sam = &mut found(bench, "Sam");
    let list = list(sam, bench, "Plans");
    for number in 0..5 {
        task(sam, bench, list, "Between", None);
        let text = format!("Note {number}");
        run(sam, bench, &Command::LogNote { list, text });
    }
    for in_list in [Some(list), None] {
        let page = |kind, cursor| {
            let query = Query::Activity {
                list: in_list,
                task: None,
                kind,
                limit: Some(3),
                cursor,
            };
            match sam.query(&query, now(bench)) {
                Ok(Answer::Activity(page)) => page,
                other => panic!("{other:?}"),
            }
        };
        let first = page(Some(Kind::Note), None);
        assert_eq!(first.items.len(), 3);
        let second = page(Some(Kind::Note), first.next_cursor.clone());
        assert_eq!((second.items.len(), &second.next_cursor), (2, &None));
        let notes = first.items.iter().chain(&second.items);
        assert!(notes.clone().all(|row| row.action == Action::Note));
        assert_eq!(notes.count(), 5);
        let derived = page(Some(Kind::Derived), None);
        assert_eq!(derived.items.len(), 3);
        assert!(
            derived
                .items
                .iter()
                .all(|row| row.action == Action::Created)
        );
    }
}
