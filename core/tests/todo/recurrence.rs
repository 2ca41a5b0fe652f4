//! Tasks that recur: one tap catches up, and what is done is done once.

use super::*;

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
