//! What happened in all lists: in which order, and what a clock that is wrong does to it.

use super::*;

const YEAR_MS: i64 = 365 * 24 * 3_600_000;

/// What happened in all lists, the latest first, so many rows at a time.
fn feed(replica: &Replica, bench: &Bench, rows: u32) -> Vec<Activity> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let query = Query::Activity {
            list: None,
            task: None,
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
