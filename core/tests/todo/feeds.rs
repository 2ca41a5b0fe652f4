//! What happened in all lists: in which order, and what a clock that is wrong does to it.

use std::collections::BTreeSet;

use super::*;
use poo_core::model::ImportedTask;
use poo_core::model::interchange::ListLook;
use poo_core::replica::ActivitySubscription;

const YEAR_MS: i64 = 365 * 24 * 3_600_000;

/// What happened in all lists, the latest first, so many rows at a time.
fn feed(replica: &Replica, bench: &Bench, rows: u32) -> Vec<Activity> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let query = Query::Activity {
            list: None,
            task: None,
            kind: None,
            limit: Some(rows),
            cursor,
        };
        let Ok(Answer::Activity(page)) = replica.query(&query, now(bench)) else {
            panic!()
        };
        all.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return all;
        }
    }
}

#[test]
fn a_clock_that_is_a_year_ahead_does_not_stay_on_top() {
    let bench = &mut Bench::new(71);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let other = list(&mut sam, bench, "Other");
    bench.now_ms += YEAR_MS;
    let early = create(&mut ann, bench, plans, titled("From next year"));
    bench.now_ms -= YEAR_MS;
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    let top = feed(&sam, bench, 100);
    assert_eq!((top[0].task, top[0].ahead), (Some(early), true));

    // What comes after it stands above it, whoever wrote it and in whichever list.
    let milk = create(&mut sam, bench, other, titled("Milk"));
    let eggs = create(&mut ann, bench, plans, titled("Eggs"));
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    let rows = feed(&sam, bench, 100);
    let tasks: Vec<_> = rows.iter().filter_map(|row| row.task).collect();
    assert_eq!(tasks, [eggs, milk, early]);
    for rows_at_once in [1, 2, 3] {
        assert_eq!(feed(&sam, bench, rows_at_once), rows);
    }
    // When something came is no part of the list: all who have it see the same there.
    assert_eq!(activity(&sam, bench, plans), activity(&ann, bench, plans));
    let rebuilt = {
        sam.rebuild().unwrap();
        feed(&sam, bench, 100)
    };
    assert_eq!(rebuilt, rows);
}

#[test]
fn what_happened_within_a_second_stays_in_its_order() {
    let bench = &mut Bench::new(73);
    let (_, mut sam, _, plans) = two(bench);
    let other = list(&mut sam, bench, "Other");
    let at = bench.now_ms;
    for round in 0..8 {
        for list in [plans, other] {
            bench.now_ms = at;
            let task = create(&mut sam, bench, list, titled(&format!("Task {round}")));
            bench.now_ms = at;
            complete(&mut sam, bench, list, task);
            bench.now_ms = at;
            run(&mut sam, bench, Command::DeleteTask { list, task });
        }
    }
    let rows = feed(&sam, bench, 100);
    for rows_at_once in [1, 7, 20] {
        assert_eq!(feed(&sam, bench, rows_at_once), rows);
    }
    for list in [plans, other] {
        let of_list: Vec<_> = rows.iter().filter(|row| row.list == list).collect();
        assert_eq!(
            of_list,
            activity(&sam, bench, list).iter().collect::<Vec<_>>()
        );
    }
}

#[test]
fn what_somebody_did_offline_stands_where_they_did_it() {
    let bench = &mut Bench::new(72);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let offline = create(&mut ann, bench, plans, titled("On the train"));
    let later = create(&mut sam, bench, plans, titled("Meanwhile"));
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    let rows = feed(&sam, bench, 100);
    let tasks: Vec<_> = rows.iter().filter_map(|row| row.task).collect();
    assert_eq!(tasks, [later, offline]);
    assert!(rows.iter().all(|row| !row.ahead));
}

/// What comes until nothing does.
fn news(
    replica: &Replica,
    bench: &Bench,
    subscription: &mut ActivitySubscription,
) -> Vec<Activity> {
    let mut all = Vec::new();
    loop {
        let more = replica.poll_activity(subscription, now(bench)).unwrap();
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}

#[test]
fn whoever_follows_gets_each_row_once_however_much_comes_at_once() {
    let bench = &mut Bench::new(73);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let other = list(&mut sam, bench, "Other");
    let mut all = sam.subscribe_activity(None).unwrap();
    let mut only = sam.subscribe_activity(Some(plans)).unwrap();
    assert_eq!(news(&sam, bench, &mut all), []);

    // A burst, from a device that was offline; and what was done here before it came.
    for part in 0..2 {
        let tasks = (0..600)
            .map(|n| ImportedTask {
                title: format!("{part} {n}"),
                ..ImportedTask::default()
            })
            .collect();
        let import = Command::ImportTasks {
            list: plans,
            tasks,
            look: ListLook::default(),
            zone: None,
        };
        run(&mut ann, bench, import);
    }
    for n in 0..20 {
        create(&mut ann, bench, plans, titled(&n.to_string()));
    }
    create(&mut sam, bench, other, titled("Elsewhere"));
    let newest = create(&mut sam, bench, plans, titled("Before the rest"));
    let seen = news(&sam, bench, &mut only);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].task, Some(newest));
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    let came = news(&sam, bench, &mut only);
    assert_eq!(came.len(), 1_220);
    let distinct: BTreeSet<&str> = came.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(distinct.len(), 1_220);
    assert_eq!(news(&sam, bench, &mut all).len(), 1_222);

    // Edits one after the other are told as one, and who came is told once, when that is known.
    for title in ["a", "b", "c"] {
        edit_title(&mut sam, bench, plans, newest, title);
    }
    let link = invite(&mut sam, bench, plans, Role::Viewer);
    sync(&mut sam, &mut relay, bench);
    let mut vic = person(bench, &relay, "Vic");
    join(&mut vic, &mut relay, bench, &link);
    sync(&mut sam, &mut relay, bench);
    let told = news(&sam, bench, &mut only);
    assert_eq!(
        told.iter().map(|row| row.action).collect::<Vec<_>>(),
        [Did::Edited, Did::Joined]
    );
    let edit = &told[0].detail.fields[0];
    assert_eq!(
        (edit.old.as_deref(), edit.new.as_deref()),
        (Some("Before the rest"), Some("c"))
    );
    assert_eq!(news(&sam, bench, &mut only), []);
    sam.rebuild().unwrap();
    assert_eq!(news(&sam, bench, &mut only), []);
}

#[test]
fn what_comes_after_something_fell_is_not_missed() {
    let bench = &mut Bench::new(74);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let member = ann.did();
    // Sam removes Ann without what she does meanwhile, which the relay has already.
    run(
        &mut sam,
        bench,
        Command::RevokeMember {
            list: plans,
            member,
        },
    );
    create(&mut ann, bench, plans, titled("Too late"));
    sync(&mut ann, &mut relay, bench);
    let mut subscription = relay.subscribe_activity(Some(plans)).unwrap();
    create(&mut sam, bench, plans, titled("In its place"));
    sync(&mut sam, &mut relay, bench);
    let told = news(&relay, bench, &mut subscription);
    assert_eq!(
        told.iter().map(|row| row.action).collect::<Vec<_>>(),
        [Did::Removed, Did::Created]
    );
    assert_eq!(titles(&relay, plans), ["In its place"]);
}
