//! What was deleted: how long it is listed, and that it can be brought back after that.

use super::*;
use poo_core::model::ExportFormat;

const DAY_MS: i64 = 24 * 3_600_000;

fn in_trash(replica: &Replica, bench: &Bench, list: DocumentId) -> Vec<String> {
    let query = Query::Tasks {
        list: Some(list),
        filter: TaskFilter {
            deleted: true,
            ..TaskFilter::default()
        },
        limit: None,
        cursor: None,
    };
    match replica.query(&query, now(bench)) {
        Ok(Answer::Tasks(page)) => page.items.into_iter().map(|task| task.title).collect(),
        other => panic!("{other:?}"),
    }
}

fn exported(replica: &Replica, bench: &Bench, list: DocumentId) -> String {
    let format = ExportFormat::Json;
    match replica.query(&Query::Export { list, format }, now(bench)) {
        Ok(Answer::Text(text)) => text,
        other => panic!("{other:?}"),
    }
}

/// A task with another one below it.
fn trip_and_ticket(sam: &mut Replica, bench: &mut Bench, plans: DocumentId) -> [TaskId; 2] {
    let trip = create(sam, bench, plans, titled("Trip"));
    let below = NewTask {
        parent: Some(trip),
        ..titled("Ticket")
    };
    [trip, create(sam, bench, plans, below)]
}

#[test]
fn the_trash_lists_what_was_deleted_for_thirty_days_and_keeps_it_for_ever() {
    let bench = &mut Bench::new(81);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let [trip, ticket] = trip_and_ticket(&mut sam, bench, plans);
    let milk = create(&mut sam, bench, plans, titled("Milk"));
    let delete = |task| Command::DeleteTask { list: plans, task };
    run(&mut sam, bench, delete(trip));
    let deleted_at = bench.now_ms;
    bench.now_ms += 10 * DAY_MS;
    run(&mut sam, bench, delete(milk));
    let before = exported(&sam, bench, plans);

    bench.now_ms = deleted_at + 30 * DAY_MS - 1;
    assert_eq!(in_trash(&sam, bench, plans), ["Milk", "Trip", "Ticket"]);
    bench.now_ms += 1;
    assert_eq!(in_trash(&sam, bench, plans), ["Milk"]);
    assert_eq!(titles(&sam, plans), [""; 0]);

    // Nothing of it is lost.
    assert_eq!(exported(&sam, bench, plans), before);
    bench.now_ms += 1_000 * DAY_MS;
    assert_eq!(in_trash(&sam, bench, plans), [""; 0]);
    assert!(one(&sam, bench, plans, ticket).deleted_at.is_none());
    let restore = Command::RestoreTask {
        list: plans,
        task: trip,
    };
    run(&mut sam, bench, restore);
    assert_eq!(titles(&sam, plans), ["Trip", "Ticket"]);
}

#[test]
fn what_goes_into_the_trash_again_is_listed_again() {
    let bench = &mut Bench::new(82);
    let mut sam = found(bench, "Sam");
    let plans = list(&mut sam, bench, "Plans");
    let [trip, ticket] = trip_and_ticket(&mut sam, bench, plans);
    let delete = |task| Command::DeleteTask { list: plans, task };
    run(&mut sam, bench, delete(ticket));
    bench.now_ms += 40 * DAY_MS;
    // What it is below goes later: the ticket itself was deleted long ago.
    run(&mut sam, bench, delete(trip));
    assert_eq!(in_trash(&sam, bench, plans), ["Trip"]);
    for task in [trip, ticket] {
        run(&mut sam, bench, Command::RestoreTask { list: plans, task });
    }
    run(&mut sam, bench, delete(ticket));
    assert_eq!(in_trash(&sam, bench, plans), ["Ticket"]);
}
