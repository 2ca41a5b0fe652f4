//! What people do with tasks and lists, through the one door, and that every replica shows the
//! same of it: the same tasks, the same activity, whatever came first.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::*;
use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::membership::Role;
use poo_core::model::{
    Activity, ActivityAction as Did, Answer, Command, ListPlace, NewTask, Outcome, Query, Sort,
    Status, Task, TaskFilter, TaskId, TaskPatch,
};
use poo_core::replica::{CommandError, Replica};

fn now(bench: &Bench) -> Timestamp {
    Timestamp::from_millisecond(bench.now_ms).unwrap()
}

fn run(replica: &mut Replica, bench: &mut Bench, command: Command) -> Outcome {
    replica.execute(&command, &mut bench.env()).unwrap()
}

fn create(replica: &mut Replica, bench: &mut Bench, list: DocumentId, task: NewTask) -> TaskId {
    match run(replica, bench, Command::CreateTask { list, task }) {
        Outcome::Task { task, .. } => task,
        other => panic!("{other:?}"),
    }
}

fn titled(title: &str) -> NewTask {
    NewTask {
        title: title.into(),
        ..NewTask::default()
    }
}

fn one(replica: &Replica, bench: &Bench, list: DocumentId, task: TaskId) -> Task {
    match replica.query(&Query::Task { list, task }, now(bench)) {
        Ok(Answer::Task(task)) => task,
        other => panic!("{other:?}"),
    }
}

fn complete(replica: &mut Replica, bench: &mut Bench, list: DocumentId, task: TaskId) {
    let zone = Some("UTC".into());
    run(replica, bench, Command::CompleteTask { list, task, zone });
}

fn activity(replica: &Replica, bench: &Bench, list: DocumentId) -> Vec<Activity> {
    let query = Query::Activity {
        list: Some(list),
        task: None,
        limit: Some(1_000),
        cursor: None,
    };
    match replica.query(&query, now(bench)) {
        Ok(Answer::Activity(page)) => page.items,
        other => panic!("{other:?}"),
    }
}

/// What was done, the latest first.
fn deeds(replica: &Replica, bench: &Bench, list: DocumentId) -> Vec<Did> {
    let rows = activity(replica, bench, list);
    rows.into_iter().map(|row| row.action).collect()
}

/// Sam and Ann share a list over a relay.
fn two(bench: &mut Bench) -> (Replica, Replica, Replica, DocumentId) {
    let mut relay = relay(bench);
    let mut sam = person(bench, &relay, "Sam");
    let mut ann = person(bench, &relay, "Ann");
    let plans = list(&mut sam, bench, "Plans");
    let link = invite(&mut sam, bench, plans, Role::Editor);
    sync(&mut sam, &mut relay, bench);
    join(&mut ann, &mut relay, bench, &link);
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    (relay, sam, ann, plans)
}

fn due(task: &Task) -> String {
    task.due
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// 2026-09-21 is the day on which these tests happen.
const TODAY: &str = "2026-09-21";

#[test]
fn a_daily_task_ignored_for_a_month_takes_one_tap() {
    let bench = &mut Bench::new(1);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let task = create(
        &mut sam,
        bench,
        plans,
        NewTask {
            due: Some("2026-08-20".parse().unwrap()),
            recurrence: Some("FREQ=DAILY".parse().unwrap()),
            ..titled("Water the plants")
        },
    );
    let before = one(&sam, bench, plans, task);
    assert_eq!((due(&before).as_str(), before.done), (TODAY, false));
    complete(&mut sam, bench, plans, task);
    let after = one(&sam, bench, plans, task);
    assert_eq!((due(&after).as_str(), after.done), ("2026-09-22", false));
    assert!(!after.overdue);
    // Completing once more does tomorrow's today.
    complete(&mut sam, bench, plans, task);
    assert_eq!(due(&one(&sam, bench, plans, task)), "2026-09-23");
    run(&mut sam, bench, Command::ReopenTask { list: plans, task });
    assert_eq!(due(&one(&sam, bench, plans, task)), "2026-09-22");
    let zone = None;
    run(
        &mut sam,
        bench,
        Command::SkipTask {
            list: plans,
            task,
            zone,
        },
    );
    assert_eq!(due(&one(&sam, bench, plans, task)), "2026-09-23");
    assert_eq!(
        deeds(&sam, bench, plans),
        [
            Did::Skipped,
            Did::Reopened,
            Did::Completed,
            Did::Completed,
            Did::Created,
            Did::Created
        ]
    );
}

#[test]
fn two_devices_completing_one_occurrence_is_one_completion() {
    let bench = &mut Bench::new(2);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let task = create(
        &mut sam,
        bench,
        plans,
        NewTask {
            due: Some(TODAY.parse().unwrap()),
            recurrence: Some("FREQ=WEEKLY".parse().unwrap()),
            ..titled("Bins out")
        },
    );
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    complete(&mut sam, bench, plans, task);
    complete(&mut ann, bench, plans, task);
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    for replica in [&sam, &ann] {
        assert_eq!(due(&one(replica, bench, plans, task)), "2026-09-28");
    }
    assert_eq!(activity(&sam, bench, plans), activity(&ann, bench, plans));
}

#[test]
fn parts_of_a_task_that_recurs_are_done_for_this_time() {
    let bench = &mut Bench::new(3);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let clean = create(&mut sam, bench, plans, titled("Clean"));
    let part = |title: &str| NewTask {
        parent: Some(clean),
        ..titled(title)
    };
    let floor = create(&mut sam, bench, plans, part("Floor"));
    let sink = create(&mut sam, bench, plans, part("Sink"));
    complete(&mut sam, bench, plans, floor);
    let patch = TaskPatch {
        due: Some(Some(TODAY.parse().unwrap())),
        recurrence: Some(Some("FREQ=DAILY".parse().unwrap())),
        ..TaskPatch::default()
    };
    run(
        &mut sam,
        bench,
        Command::EditTask {
            list: plans,
            task: clean,
            patch,
        },
    );
    // Done is done, also since it recurs.
    assert!(one(&sam, bench, plans, floor).done);
    complete(&mut sam, bench, plans, sink);
    let progress = one(&sam, bench, plans, clean).progress.unwrap();
    assert_eq!((progress.done, progress.total), (2, 2));
    complete(&mut sam, bench, plans, clean);
    for part in [floor, sink] {
        assert!(!one(&sam, bench, plans, part).done);
    }
    complete(&mut sam, bench, plans, floor);
    assert!(one(&sam, bench, plans, floor).done);
    // It ends: what is done for this time stays due and open.
    let patch = TaskPatch {
        recurrence: Some(None),
        ..TaskPatch::default()
    };
    run(
        &mut sam,
        bench,
        Command::EditTask {
            list: plans,
            task: clean,
            patch,
        },
    );
    let ended = one(&sam, bench, plans, clean);
    assert_eq!(
        (due(&ended).as_str(), ended.recurrence),
        ("2026-09-22", None)
    );
    complete(&mut sam, bench, plans, clean);
    assert_eq!(one(&sam, bench, plans, clean).status, Status::Done);
}

#[test]
fn another_date_or_rule_starts_a_series_anew() {
    let bench = &mut Bench::new(4);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let rent = create(
        &mut sam,
        bench,
        plans,
        NewTask {
            due: Some("2026-10-31".parse().unwrap()),
            recurrence: Some("FREQ=MONTHLY".parse().unwrap()),
            ..titled("Rent")
        },
    );
    complete(&mut sam, bench, plans, rent);
    assert_eq!(due(&one(&sam, bench, plans, rent)), "2026-11-30");
    // Earlier than what is done already.
    let patch = TaskPatch {
        due: Some(Some("2026-10-15".parse().unwrap())),
        ..TaskPatch::default()
    };
    run(
        &mut sam,
        bench,
        Command::EditTask {
            list: plans,
            task: rent,
            patch,
        },
    );
    assert_eq!(due(&one(&sam, bench, plans, rent)), "2026-10-15");
    let patch = TaskPatch {
        recurrence: Some(Some("FREQ=MONTHLY;COUNT=2".parse().unwrap())),
        ..TaskPatch::default()
    };
    run(
        &mut sam,
        bench,
        Command::EditTask {
            list: plans,
            task: rent,
            patch,
        },
    );
    complete(&mut sam, bench, plans, rent);
    assert_eq!(due(&one(&sam, bench, plans, rent)), "2026-11-15");
    complete(&mut sam, bench, plans, rent);
    assert!(one(&sam, bench, plans, rent).done);
    let error = sam
        .execute(
            &Command::EditTask {
                list: plans,
                task: rent,
                patch: TaskPatch {
                    due: Some(None),
                    recurrence: Some(Some("FREQ=DAILY".parse().unwrap())),
                    ..TaskPatch::default()
                },
            },
            &mut bench.env(),
        )
        .unwrap_err();
    assert!(matches!(
        error,
        CommandError::Invalid {
            field: "recurrence",
            ..
        }
    ));
}

#[test]
fn only_members_are_given_tasks_and_who_leaves_is_shown() {
    let bench = &mut Bench::new(5);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let stranger = found(bench, "Stranger");
    let task = create(&mut sam, bench, plans, titled("Call the bank"));
    let assign = |did| Command::EditTask {
        list: plans,
        task,
        patch: TaskPatch {
            assignee: Some(Some(did)),
            ..TaskPatch::default()
        },
    };
    let refused = sam.execute(&assign(stranger.did()), &mut bench.env());
    assert!(matches!(
        refused,
        Err(CommandError::Invalid {
            field: "assignee",
            ..
        })
    ));
    run(&mut sam, bench, assign(ann.did()));
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    let assignee = one(&ann, bench, plans, task).assignee.unwrap();
    assert_eq!((assignee.name.as_str(), assignee.left), ("Ann", false));
    let row = activity(&ann, bench, plans).swap_remove(0);
    assert_eq!(
        (row.action, row.member_name.as_deref()),
        (Did::Assigned, Some("Ann"))
    );
    assert_eq!(row.actor_name, "Sam");
    let mine = Query::Tasks {
        list: None,
        filter: TaskFilter {
            assignee: Some(ann.did()),
            ..TaskFilter::default()
        },
        limit: None,
        cursor: None,
    };
    let Ok(Answer::Tasks(page)) = ann.query(&mine, now(bench)) else {
        panic!()
    };
    assert_eq!(page.items.len(), 1);
    run(
        &mut sam,
        bench,
        Command::RevokeMember {
            list: plans,
            member: ann.did(),
        },
    );
    assert!(one(&sam, bench, plans, task).assignee.unwrap().left);
}

#[test]
fn nothing_waits_for_itself() {
    let bench = &mut Bench::new(6);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let [paint, sand, buy] =
        ["Paint", "Sand", "Buy"].map(|title| create(&mut sam, bench, plans, titled(title)));
    let wait = |task, other| Command::EditTask {
        list: plans,
        task,
        patch: TaskPatch {
            add_blocked_by: vec![other],
            ..TaskPatch::default()
        },
    };
    run(&mut sam, bench, wait(paint, sand));
    run(&mut sam, bench, wait(sand, buy));
    for (task, other) in [(buy, paint), (buy, buy), (sand, paint)] {
        let refused = sam.execute(&wait(task, other), &mut bench.env());
        assert!(matches!(
            refused,
            Err(CommandError::Invalid {
                field: "blockedBy",
                ..
            })
        ));
    }
    assert_eq!(one(&sam, bench, plans, paint).blocked_by, [sand]);
}

#[test]
fn comments_are_said_changed_and_taken_back_by_their_author() {
    let bench = &mut Bench::new(7);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let task = create(&mut sam, bench, plans, titled("Cake"));
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    let say = Command::AddComment {
        list: plans,
        task,
        text: "With chérries".into(),
    };
    let Outcome::Comment { comment, .. } = run(&mut ann, bench, say) else {
        panic!()
    };
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    let edit = Command::EditComment {
        list: plans,
        comment,
        text: "With plums".into(),
    };
    assert!(matches!(
        sam.execute(&edit, &mut bench.env()),
        Err(CommandError::Forbidden { needed: "author" })
    ));
    let found = |replica: &Replica, text: &str| {
        let query = Query::Search {
            text: text.into(),
            list: None,
            limit: None,
        };
        match replica.query(&query, Timestamp::UNIX_EPOCH).unwrap() {
            Answer::Found(page) => page.items.len(),
            other => panic!("{other:?}"),
        }
    };
    // Without accents, and by the beginning of the word.
    assert_eq!(found(&sam, "cherr"), 1);
    run(&mut ann, bench, edit);
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    assert_eq!((found(&sam, "cherr"), found(&sam, "PLUM")), (0, 1));
    let comments = match sam.query(&Query::Comments { list: plans, task }, now(bench)) {
        Ok(Answer::Comments(page)) => page.items,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (comments[0].text.as_str(), comments[0].author_name.as_str()),
        ("With plums", "Ann")
    );
    assert!(comments[0].edited_at.is_some());
    // An owner of the list takes back anything.
    run(
        &mut sam,
        bench,
        Command::DeleteComment {
            list: plans,
            comment,
        },
    );
    assert_eq!(found(&sam, "plum"), 0);
    assert_eq!(
        deeds(&sam, bench, plans)[..3],
        [Did::Deleted, Did::Edited, Did::Commented]
    );
}

#[test]
fn undo_gives_back_what_was_unless_somebody_changed_it_since() {
    let bench = &mut Bench::new(8);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let task = create(
        &mut sam,
        bench,
        plans,
        NewTask {
            notes: Some("one two three".into()),
            ..titled("Milk")
        },
    );
    let edit = |patch| Command::EditTask {
        list: plans,
        task,
        patch,
    };
    run(
        &mut sam,
        bench,
        edit(TaskPatch {
            title: Some("Oat milk".into()),
            notes: Some("one 2 three four".into()),
            add_tags: vec!["dairy".into()],
            ..TaskPatch::default()
        }),
    );
    let undone = run(&mut sam, bench, Command::Undo);
    assert_eq!(
        undone,
        Outcome::Undone {
            action: Some("edit_task".into()),
            changed: true
        }
    );
    let back = one(&sam, bench, plans, task);
    assert_eq!(
        (back.title.as_str(), back.notes.as_str()),
        ("Milk", "one two three")
    );
    assert_eq!(back.tags, [""; 0]);
    run(&mut sam, bench, Command::Redo);
    let again = one(&sam, bench, plans, task);
    assert_eq!(
        (again.title.as_str(), again.notes.as_str()),
        ("Oat milk", "one 2 three four")
    );
    assert_eq!(again.tags, ["dairy"]);
    // Ann changes one of the fields: that one stays as she wants it.
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    edit_title(&mut ann, bench, plans, task, "Soy milk");
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    run(&mut sam, bench, Command::Undo);
    let mixed = one(&sam, bench, plans, task);
    assert_eq!(
        (mixed.title.as_str(), mixed.notes.as_str()),
        ("Soy milk", "one two three")
    );
    // What was made goes to the trash, and comes back.
    run(&mut sam, bench, Command::Undo);
    assert_eq!(titles(&sam, plans), [""; 0]);
    run(&mut sam, bench, Command::Redo);
    assert_eq!(titles(&sam, plans), ["Soy milk"]);
    // A list that is not wanted after all.
    for _ in 0..2 {
        run(&mut sam, bench, Command::Undo);
    }
    let Ok(Answer::Lists(page)) = sam.query(&Query::Lists { all: false }, now(bench)) else {
        panic!()
    };
    assert_eq!(page.items.len(), 0);
    let nothing = run(&mut sam, bench, Command::Undo);
    assert_eq!(
        nothing,
        Outcome::Undone {
            action: None,
            changed: false
        }
    );
    // A new action ends what could be made again.
    run(&mut sam, bench, Command::Redo);
    create(&mut sam, bench, plans, titled("Eggs"));
    let Outcome::Undone { action: None, .. } = run(&mut sam, bench, Command::Redo) else {
        panic!()
    };
    assert!(verify(&sam, plans).ok);
}

#[test]
fn activity_is_the_same_everywhere_also_for_who_comes_late() {
    let bench = &mut Bench::new(9);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let task = create(&mut sam, bench, plans, titled("Milk"));
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    // Both at once, on the same thing.
    complete(&mut sam, bench, plans, task);
    edit_title(&mut ann, bench, plans, task, "Oat milk");
    run(&mut ann, bench, Command::DeleteTask { list: plans, task });
    run(
        &mut ann,
        bench,
        Command::LogNote {
            list: plans,
            text: "Bought at the market".into(),
        },
    );
    for _ in 0..2 {
        sync(&mut ann, &mut relay, bench);
        sync(&mut sam, &mut relay, bench);
    }
    let link = invite(&mut sam, bench, plans, Role::Viewer);
    sync(&mut sam, &mut relay, bench);
    let mut vic = person(bench, &relay, "Vic");
    join(&mut vic, &mut relay, bench, &link);
    for replica in [&mut vic, &mut sam, &mut ann] {
        sync(replica, &mut relay, bench);
    }
    let rows = activity(&sam, bench, plans);
    for replica in [&ann, &vic] {
        assert_eq!(activity(replica, bench, plans), rows);
    }
    sam.rebuild().unwrap();
    assert_eq!(activity(&sam, bench, plans), rows);
    let mut actions: Vec<Did> = rows.iter().map(|row| row.action).collect();
    actions.sort();
    assert_eq!(
        actions,
        [
            Did::Created,
            Did::Created,
            Did::Completed,
            Did::Edited,
            Did::Deleted,
            Did::Joined,
            Did::Joined,
            Did::Note
        ]
    );
    // Page by page it is the same.
    let mut paged = Vec::new();
    let mut cursor = None;
    loop {
        let query = Query::Activity {
            list: Some(plans),
            task: None,
            limit: Some(3),
            cursor,
        };
        let Ok(Answer::Activity(page)) = sam.query(&query, now(bench)) else {
            panic!()
        };
        paged.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, rows);
    // Over all lists it holds the same.
    let query = Query::Activity {
        list: None,
        task: None,
        limit: None,
        cursor: None,
    };
    let Ok(Answer::Activity(page)) = sam.query(&query, now(bench)) else {
        panic!()
    };
    assert_eq!(page.items.len(), rows.len());
}

#[test]
fn edits_of_one_field_in_a_row_are_shown_as_one() {
    let bench = &mut Bench::new(10);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let task = create(&mut sam, bench, plans, titled("M"));
    for title in ["Mi", "Mil", "Milk"] {
        edit_title(&mut sam, bench, plans, task, title);
    }
    bench.now_ms += 11 * 60 * 1_000;
    edit_title(&mut sam, bench, plans, task, "Oat milk");
    let rows = activity(&sam, bench, plans);
    let edits: Vec<_> = rows
        .iter()
        .filter(|row| row.action == Did::Edited)
        .map(|row| {
            let edit = &row.detail.fields[0];
            (edit.old.as_deref().unwrap(), edit.new.as_deref().unwrap())
        })
        .collect();
    assert_eq!(edits, [("Milk", "Oat milk"), ("M", "Milk")]);
}

#[test]
fn the_agenda_is_that_of_the_reader_s_zone() {
    let bench = &mut Bench::new(11);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let dated = |title: &str, due: &str, high: bool| NewTask {
        due: (!due.is_empty()).then(|| due.parse().unwrap()),
        priority: high.then_some(poo_core::model::Priority::High),
        ..titled(title)
    };
    for task in [
        dated("Overdue", "2026-09-20", false),
        dated("Today", TODAY, true),
        dated(
            "Tonight in Auckland",
            "2026-09-22T01:00[Pacific/Auckland]",
            false,
        ),
        dated("Tomorrow", "2026-09-22", false),
        dated("Some day", "", true),
        dated("In a month", "2026-10-21", false),
    ] {
        create(&mut sam, bench, plans, task);
    }
    let ask = |query: Query| match sam.query(&query, now(bench)).unwrap() {
        Answer::Tasks(page) => {
            let titles = page.items.into_iter().map(|task| task.title);
            titles.collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let zone = |name: &str| Some(name.to_owned());
    // It is 13:53 in London, and 02:13 on the next day in Auckland.
    assert_eq!(
        ask(Query::Today {
            zone: zone("Europe/London")
        }),
        ["Overdue", "Today", "Tonight in Auckland"]
    );
    assert_eq!(
        ask(Query::Today {
            zone: zone("Pacific/Auckland")
        }),
        ["Overdue", "Today", "Tomorrow", "Tonight in Auckland"]
    );
    let week = ask(Query::Upcoming {
        days: None,
        zone: zone("Europe/London"),
    });
    assert_eq!(week, ["Tomorrow"]);
    assert_eq!(ask(Query::Focus { zone: None }), ["Today", "Some day"]);
    let bad = Query::Today {
        zone: zone("Mars/Olympus"),
    };
    assert!(sam.query(&bad, now(bench)).is_err());
}

#[test]
fn a_calendar_has_every_time_of_a_task_that_recurs() {
    let bench = &mut Bench::new(12);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let task = create(
        &mut sam,
        bench,
        plans,
        NewTask {
            due: Some("2026-09-14".parse().unwrap()),
            recurrence: Some("FREQ=WEEKLY".parse().unwrap()),
            ..titled("Bins out")
        },
    );
    complete(&mut sam, bench, plans, task);
    let query = Query::Calendar {
        list: None,
        from: "2026-09-01".parse().unwrap(),
        to: "2026-10-06".parse().unwrap(),
        zone: None,
    };
    let Ok(Answer::Calendar(page)) = sam.query(&query, now(bench)) else {
        panic!()
    };
    let entries: Vec<_> = page
        .items
        .iter()
        .map(|entry| (entry.due.to_string(), entry.done))
        .collect();
    // The 14th was missed: the 21st was done in its stead.
    assert_eq!(
        entries,
        [
            ("2026-09-21".to_owned(), true),
            ("2026-09-28".to_owned(), false),
            ("2026-10-05".to_owned(), false)
        ]
    );
    let streak = match sam.query(&Query::Streak { zone: None }, now(bench)) {
        Ok(Answer::Streak(streak)) => streak,
        other => panic!("{other:?}"),
    };
    assert_eq!((streak.current, streak.days), (1, 1));
}

#[test]
fn lists_stand_where_their_person_puts_them_on_every_device() {
    let bench = &mut Bench::new(13);
    let mut relay = relay(bench);
    let mut sam = person(bench, &relay, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let Outcome::Made { id } = run(
        &mut sam,
        bench,
        Command::CreateFolder {
            name: "Home".into(),
        },
    ) else {
        panic!()
    };
    let place = ListPlace {
        favorite: Some(true),
        archived: None,
        folder: Some(Some(id.clone())),
        sort: Some(Sort::Due),
    };
    run(&mut sam, bench, Command::PlaceList { list: plans, place });
    run(
        &mut sam,
        bench,
        Command::SetSetting {
            name: "zone".into(),
            value: Some("Europe/Berlin".into()),
        },
    );
    sync(&mut sam, &mut relay, bench);
    let identity = sam.keys().identity.clone().unwrap();
    let keys = poo_core::replica::Keyring::of(identity, &mut bench.env());
    let mut phone = Replica::in_memory(keys).unwrap();
    phone.found("Sam", &mut bench.env()).unwrap();
    phone
        .set_relay("ws://127.0.0.1:1", Some(relay.did()))
        .unwrap();
    sync(&mut phone, &mut relay, bench);
    sync(&mut phone, &mut relay, bench);
    let found = |replica: &Replica| match replica.query(&Query::List { list: plans }, now(bench)) {
        Ok(Answer::List(list)) => list,
        other => panic!("{other:?}"),
    };
    let there = found(&phone);
    assert!(there.favorite);
    assert_eq!((there.folder.as_ref(), there.sort), (Some(&id), Sort::Due));
    assert_eq!(there, found(&sam));
    run(&mut sam, bench, Command::DeleteFolder { folder: id });
    let there = match sam.query(&Query::List { list: plans }, now(bench)) {
        Ok(Answer::List(list)) => list,
        other => panic!("{other:?}"),
    };
    assert_eq!(there.folder, None);
}

#[test]
fn a_copy_of_a_list_and_a_template_begin_anew() {
    let bench = &mut Bench::new(14);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Packing");
    let bag = create(&mut sam, bench, plans, titled("Bag"));
    create(
        &mut sam,
        bench,
        plans,
        NewTask {
            parent: Some(bag),
            due: Some(TODAY.parse().unwrap()),
            tags: vec!["clothes".into()],
            ..titled("Socks")
        },
    );
    complete(&mut sam, bench, plans, bag);
    let copy = Command::DuplicateList {
        list: plans,
        title: Some("Packing again".into()),
    };
    let Outcome::List { list: copy } = run(&mut sam, bench, copy) else {
        panic!()
    };
    let copied = tasks(&sam, copy, false);
    assert_eq!(titles(&sam, copy), ["Bag", "Socks"]);
    assert!(copied.iter().all(|task| !task.done));
    assert_eq!(
        (copied[1].depth, copied[1].tags.clone()),
        (1, vec!["clothes".to_owned()])
    );
    let save = Command::SaveTemplate {
        list: plans,
        title: None,
    };
    let Outcome::Made { id } = run(&mut sam, bench, save) else {
        panic!()
    };
    let make = Command::CreateFromTemplate {
        template: id.clone(),
        title: Some("Paris".into()),
    };
    let Outcome::List { list: paris } = run(&mut sam, bench, make) else {
        panic!()
    };
    assert_eq!(titles(&sam, paris), ["Bag", "Socks"]);
    assert!(tasks(&sam, paris, false)[1].due.is_none());
    run(&mut sam, bench, Command::DeleteTemplate { template: id });
    // One action made the whole copy: one takes it back.
    run(&mut sam, bench, Command::Undo);
    let Ok(Answer::Templates(page)) = sam.query(&Query::Templates, now(bench)) else {
        panic!()
    };
    assert_eq!(page.items.iter().filter(|t| !t.built_in).count(), 1);
}

#[test]
fn tags_have_a_colour_and_one_name() {
    let bench = &mut Bench::new(15);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let task = create(
        &mut sam,
        bench,
        plans,
        NewTask {
            tags: vec!["home".into()],
            ..titled("Dust")
        },
    );
    let edit = |tag: &str, name: Option<&str>, color: Option<Option<&str>>| Command::EditTag {
        list: plans,
        tag: tag.into(),
        name: name.map(str::to_owned),
        color: color.map(|color| color.map(str::to_owned)),
    };
    run(
        &mut sam,
        bench,
        edit("home", Some("house"), Some(Some("teal"))),
    );
    run(&mut sam, bench, edit("work", None, Some(Some("red"))));
    let tags = |sam: &Replica, bench: &Bench| match sam
        .query(&Query::Tags { list: plans }, now(bench))
        .unwrap()
    {
        Answer::Tags(page) => page
            .items
            .into_iter()
            .map(|tag| (tag.name, tag.color.unwrap_or_default(), tag.tasks))
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        tags(&sam, bench),
        [
            ("house".into(), "teal".into(), 1),
            ("work".into(), "red".into(), 0)
        ]
    );
    assert_eq!(one(&sam, bench, plans, task).tags, ["house"]);
    let taken = sam.execute(&edit("work", Some("house"), None), &mut bench.env());
    assert!(matches!(
        taken,
        Err(CommandError::Invalid { field: "name", .. })
    ));
    run(
        &mut sam,
        bench,
        Command::DeleteTag {
            list: plans,
            tag: "house".into(),
        },
    );
    assert_eq!(tags(&sam, bench), [("work".into(), "red".into(), 0)]);
    assert_eq!(one(&sam, bench, plans, task).tags, [""; 0]);
    assert!(matches!(
        sam.execute(
            &Command::DeleteTag {
                list: plans,
                tag: "house".into()
            },
            &mut bench.env()
        ),
        Err(CommandError::NotFound("tag"))
    ));
}
