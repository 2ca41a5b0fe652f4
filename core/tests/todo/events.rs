//! The stream of what comes to a replica: every event once, under an id that stays its own.

use std::collections::BTreeSet;

use super::*;
use poo_core::model::{Event, EventId};
use poo_core::replica::{EventsError, Wanted};

/// Everything behind an event, so many at a time.
fn stream(replica: &Replica, bench: &Bench, after: &EventId, limit: usize) -> Vec<Event> {
    let mut all = Vec::new();
    let mut next = *after;
    loop {
        let page = replica
            .events_after(&next, None, limit, now(bench))
            .unwrap();
        assert!(page.events.len() <= limit);
        all.extend(page.events);
        next = page.next;
        if page.complete {
            assert_eq!(next, replica.last_event().unwrap());
            return all;
        }
    }
}

fn kinds(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| event.kind.to_string()).collect()
}

#[test]
fn events_come_in_the_order_in_which_things_came_and_can_be_taken_up_at_each() {
    let bench = &mut Bench::new(81);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let milk = create(&mut ann, bench, plans, titled("Milk"));
    create(&mut sam, bench, plans, titled("Eggs"));
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    run(
        &mut ann,
        bench,
        Command::CompleteTask {
            list: plans,
            task: milk,
            zone: None,
        },
    );
    sync(&mut ann, &mut relay, bench);
    let all = stream(&relay, bench, &EventId::START, 100);
    assert_eq!(
        kinds(&all),
        [
            "list.created",
            "member.joined",
            "task.created",
            "task.created",
            "task.completed"
        ]
    );
    assert_eq!(all[2].activity.detail.title.as_deref(), Some("Eggs"));
    assert_eq!(all[4].activity.task, Some(milk));
    let orders: Vec<_> = all.iter().map(|event| event.id.order()).collect();
    assert!(orders.is_sorted());
    // However many at a time, and from whichever on.
    for limit in 1..=6 {
        assert_eq!(stream(&relay, bench, &EventId::START, limit), all);
    }
    for (index, event) in all.iter().enumerate() {
        let read: EventId = event.id.to_string().parse().unwrap();
        assert_eq!(stream(&relay, bench, &read, 2), all[index + 1..]);
    }
    // Made anew, all of it is the same.
    relay.rebuild().unwrap();
    assert_eq!(stream(&relay, bench, &EventId::START, 100), all);

    // Of some lists only, and only for who may read them.
    let none = BTreeSet::new();
    let page = relay.events_after(&EventId::START, Some(&none), 9, now(bench));
    assert_eq!(page.unwrap().events, []);
    assert_eq!(relay.readable(&ann.did()).unwrap(), BTreeSet::from([plans]));
    let readers = relay.readers(&plans).unwrap();
    assert_eq!(readers, BTreeSet::from([sam.did(), ann.did()]));
}

#[test]
fn what_fell_out_is_gone_and_its_place_is_not_given_again() {
    let bench = &mut Bench::new(82);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let member = ann.did();
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
    let before = stream(&relay, bench, &EventId::START, 100);
    let late = before.last().unwrap().clone();
    assert_eq!(late.activity.detail.title.as_deref(), Some("Too late"));
    create(&mut sam, bench, plans, titled("In its place"));
    sync(&mut sam, &mut relay, bench);
    let after = stream(&relay, bench, &EventId::START, 100);
    assert!(!after.iter().any(|event| event.id == late.id));
    // Who had it goes on behind it.
    let news = stream(&relay, bench, &late.id, 100);
    assert_eq!(kinds(&news), ["member.removed", "task.created"]);
    assert_eq!(news, after[after.len() - 2..]);
    assert!(news[0].id.order() > late.id.order());
    assert_eq!(relay.readers(&plans).unwrap(), BTreeSet::from([sam.did()]));
}

#[test]
fn an_id_of_another_history_is_not_taken_for_one_of_this() {
    let bench = &mut Bench::new(83);
    let (mut relay, mut sam, _, plans) = two(bench);
    create(&mut sam, bench, plans, titled("Milk"));
    sync(&mut sam, &mut relay, bench);
    let last = stream(&relay, bench, &EventId::START, 9).pop().unwrap().id;
    let text = last.to_string();
    let (place, rest) = text.split_once('-').unwrap();
    let row = rest.split_once('-').unwrap().1;
    let beyond = place.parse::<u64>().unwrap() + 1;
    for other in [
        format!("{place}-0badcafe-{row}"),
        format!("{beyond}-0badcafe-{row}"),
    ] {
        let other: EventId = other.parse().unwrap();
        let read = relay.events_after(&other, None, 9, now(bench));
        assert!(matches!(read, Err(EventsError::Unknown)), "{other}");
    }
}

#[test]
fn the_next_task_is_the_most_urgent_that_one_can_do() {
    let bench = &mut Bench::new(84);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let mut wanted = Wanted {
        who: ann.did(),
        lists: None,
        unassigned: true,
    };
    let next = |replica: &Replica, bench: &Bench, wanted: &Wanted| {
        let task = replica.next_task(wanted, now(bench)).unwrap();
        task.map(|task| task.title)
    };
    assert_eq!(next(&ann, bench, &wanted), None);
    let low = create(&mut sam, bench, plans, titled("Low"));
    let high = create(
        &mut sam,
        bench,
        plans,
        NewTask {
            priority: Some(poo_core::model::Priority::High),
            ..titled("High")
        },
    );
    let hers = create(&mut sam, bench, plans, titled("Hers"));
    let assign = TaskPatch {
        assignee: Some(Some(ann.did())),
        ..TaskPatch::default()
    };
    let edit = |patch: TaskPatch, task: TaskId| Command::EditTask {
        list: plans,
        task,
        patch,
    };
    run(&mut sam, bench, edit(assign, hers));
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    assert_eq!(next(&ann, bench, &wanted).as_deref(), Some("Hers"));
    let begin = TaskPatch {
        status: Some(Status::InProgress),
        ..TaskPatch::default()
    };
    run(&mut ann, bench, edit(begin, hers));
    assert_eq!(next(&ann, bench, &wanted).as_deref(), Some("High"));
    let block = TaskPatch {
        add_blocked_by: vec![low],
        ..TaskPatch::default()
    };
    run(&mut ann, bench, edit(block, high));
    assert_eq!(next(&ann, bench, &wanted).as_deref(), Some("Low"));
    wanted.unassigned = false;
    assert_eq!(next(&ann, bench, &wanted), None);
    // A stranger has nothing to do here, nor has who looks elsewhere.
    wanted.unassigned = true;
    wanted.lists = Some(BTreeSet::new());
    assert_eq!(next(&ann, bench, &wanted), None);
    let stranger = found(bench, "Vic");
    let wanted = Wanted {
        who: stranger.did(),
        lists: None,
        unassigned: true,
    };
    assert_eq!(next(&ann, bench, &wanted), None);
}

#[test]
fn what_does_not_hold_together_is_counted() {
    let bench = &mut Bench::new(85);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let task = create(&mut sam, bench, plans, titled("Hers"));
    let patch = TaskPatch {
        assignee: Some(Some(ann.did())),
        ..TaskPatch::default()
    };
    run(
        &mut sam,
        bench,
        Command::EditTask {
            list: plans,
            task,
            patch,
        },
    );
    sync(&mut sam, &mut relay, bench);
    sync(&mut ann, &mut relay, bench);
    let found = relay.integrity(now(bench)).unwrap();
    assert_eq!((found.assigned, found.invalid_assignees), (1, 0));
    assert!(found.activities >= 3);
    assert_eq!(
        (found.duplicate_activities, found.out_of_order, found.ahead),
        (0, 0, 0)
    );
    // A clock that goes wrong, and is put right; and an assignee who goes.
    bench.now_ms += 3_600_000;
    create(&mut ann, bench, plans, titled("Ahead"));
    bench.now_ms -= 3_600_000;
    create(&mut ann, bench, plans, titled("Behind that"));
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    let member = ann.did();
    run(
        &mut sam,
        bench,
        Command::RevokeMember {
            list: plans,
            member,
        },
    );
    sync(&mut sam, &mut relay, bench);
    let found = relay.integrity(now(bench)).unwrap();
    assert_eq!((found.assigned, found.invalid_assignees), (1, 1));
    assert_eq!((found.out_of_order, found.ahead), (1, 1));
    assert_eq!(found.duplicate_activities, 0);
}
