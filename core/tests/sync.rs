//! Two people, their devices and a relay: signed sessions over a wire in memory.

#![allow(clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{
    Bench, Wire, edit_title, invite, join, list, person, relay, sync, task, tasks, titles, verify,
};
use poo_core::membership::Role;
use poo_core::model::{Command, TaskPatch};
use poo_core::replica::{Keyring, Replica};
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

/// Carries what two live sessions have to say, and lets each hear of what the other brought.
fn settle(
    wires: &mut [(&mut Wire, &mut Replica)],
    relay: &mut Replica,
    list: poo_core::document::DocumentId,
    bench: &mut Bench,
) {
    for _ in 0..20 {
        let before: usize = wires.iter().map(|(wire, _)| wire.frames).sum();
        for (wire, client) in &mut *wires {
            wire.client.notify_document(&list);
            wire.relay.notify_document(&list);
            wire.run(client, relay, bench);
        }
        let after: usize = wires.iter().map(|(wire, _)| wire.frames).sum();
        if before == after {
            return;
        }
    }
    panic!("live sessions talk for ever");
}

#[test]
fn a_live_session_goes_on_after_it_refused_late_work() {
    let bench = &mut Bench::new(6);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let bot = &mut person(bench, relay, "Bot");
    let plans = list(sam, bench, "Plans");
    let for_ann = invite(sam, bench, plans, Role::Editor);
    let for_bot = invite(sam, bench, plans, Role::Editor);
    sync(sam, relay, bench);
    join(ann, relay, bench, &for_ann);
    join(bot, relay, bench, &for_bot);
    task(ann, bench, plans, "Known", None);
    sync(ann, relay, bench);
    let mut live = sync(sam, relay, bench);
    let mut other = sync(bot, relay, bench);
    // Sam revokes. Before the relay hears of it, Ann's late work is there, and with Bot.
    sam.execute(
        &Command::RevokeMember {
            list: plans,
            member: ann.did(),
        },
        &mut bench.env(),
    )
    .unwrap();
    let late = task(ann, bench, plans, "Late", None);
    sync(ann, relay, bench);
    other.relay.notify_document(&plans);
    other.run(bot, relay, bench);
    live.relay.notify_document(&plans);
    live.run(sam, relay, bench);
    assert_eq!(
        titles(sam, plans),
        ["Known"],
        "refused: it is past the mark"
    );
    // Bot, who has it, writes something that builds on it: now it counts.
    edit_title(bot, bench, plans, late, "Late, by Bot");
    settle(
        &mut [(&mut live, sam), (&mut other, bot)],
        relay,
        plans,
        bench,
    );
    assert_eq!(titles(sam, plans), ["Late, by Bot", "Known"]);
    // Ann goes on, which counts for nobody; whoever is allowed to goes on as well.
    task(ann, bench, plans, "Last", None);
    sync(ann, relay, bench);
    task(bot, bench, plans, "By Bot", None);
    settle(
        &mut [(&mut live, sam), (&mut other, bot)],
        relay,
        plans,
        bench,
    );
    let vic = &mut person(bench, relay, "Vic");
    let for_vic = invite(sam, bench, plans, Role::Viewer);
    settle(
        &mut [(&mut live, sam), (&mut other, bot)],
        relay,
        plans,
        bench,
    );
    join(vic, relay, bench, &for_vic);
    for replica in [&*sam, &*bot, &*relay, &*vic] {
        assert_eq!(titles(replica, plans), ["By Bot", "Late, by Bot", "Known"]);
        let report = verify(replica, plans);
        assert!(report.ok, "{report:?}");
    }
}

#[test]
fn what_was_signed_behind_the_end_of_a_history_still_vouches_for_it() {
    let bench = &mut Bench::new(7);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let plans = list(sam, bench, "Plans");
    let for_ann = invite(sam, bench, plans, Role::Editor);
    sync(sam, relay, bench);
    join(ann, relay, bench, &for_ann);
    task(ann, bench, plans, "Known", None);
    sync(ann, relay, bench);
    sync(sam, relay, bench);
    // The relay has Ann's signature over "Late" only when it learns that "Late" does not count.
    task(ann, bench, plans, "Late", None);
    task(ann, bench, plans, "Later", None);
    sync(ann, relay, bench);
    sam.execute(
        &Command::RevokeMember {
            list: plans,
            member: ann.did(),
        },
        &mut bench.env(),
    )
    .unwrap();
    sync(sam, relay, bench);
    assert_eq!(titles(relay, plans), ["Known"]);
    let vic = &mut person(bench, relay, "Vic");
    let for_vic = invite(sam, bench, plans, Role::Viewer);
    sync(sam, relay, bench);
    join(vic, relay, bench, &for_vic);
    for replica in [&*sam, &*relay, &*vic] {
        assert_eq!(titles(replica, plans), ["Known"]);
        let report = verify(replica, plans);
        assert!(report.ok, "{report:?}");
    }
    // Whoever got it that way can pass it on, and in time it is no news to anybody.
    let quiet = sync(vic, relay, bench);
    assert!(quiet.client.changes_sent() == 0, "{:?}", quiet.events);
}

#[test]
fn another_relay_gets_everything() {
    let bench = &mut Bench::new(31);
    let first = &mut relay(bench);
    let sam = &mut person(bench, first, "Sam");
    let plans = list(sam, bench, "Plans");
    task(sam, bench, plans, "Move to another relay", None);
    sync(sam, first, bench);
    let second = &mut relay(bench);
    sam.set_relay("ws://127.0.0.1:2", Some(second.did()))
        .unwrap();
    sync(sam, second, bench);
    let identity = sam.keys().identity.clone().unwrap();
    let keys = Keyring::of(identity, &mut bench.env());
    let phone = &mut Replica::in_memory(keys).unwrap();
    phone.found("Sam", &mut bench.env()).unwrap();
    phone
        .set_relay("ws://127.0.0.1:2", Some(second.did()))
        .unwrap();
    sync(phone, second, bench);
    assert_eq!(titles(phone, plans), ["Move to another relay"]);
}

#[test]
fn a_clock_that_is_a_day_off_harms_nobody_and_is_told() {
    const DAY_MS: i64 = 24 * 3600 * 1000;
    for skew in [-DAY_MS, DAY_MS] {
        let bench = &mut Bench::new(8);
        let relay = &mut relay(bench);
        let sam = &mut person(bench, relay, "Sam");
        let ann = &mut person(bench, relay, "Ann");
        let plans = list(sam, bench, "Plans");
        let milk = task(sam, bench, plans, "Milk", None);
        let link = invite(sam, bench, plans, Role::Editor);
        sync(sam, relay, bench);
        join(ann, relay, bench, &link);
        // Everything that Ann does is a day off; the relay and Sam are right.
        bench.now_ms += skew;
        edit_title(ann, bench, plans, milk, "Oat milk");
        task(ann, bench, plans, "Eggs", None);
        let mut wire = Wire::new(ann, relay, bench);
        bench.now_ms -= skew;
        while let Some(frame) = wire.relay.poll_transmit(relay).unwrap() {
            ann.batch(|ann| wire.client.handle_frame(ann, &frame, &mut bench.env()))
                .unwrap();
        }
        let join = wire.client.poll_transmit(ann).unwrap().unwrap();
        relay
            .batch(|relay| wire.relay.handle_frame(relay, &join, &mut bench.env()))
            .unwrap();
        let peer = wire.relay.poll_transmit(relay).unwrap().unwrap();
        bench.now_ms += skew;
        ann.batch(|ann| wire.client.handle_frame(ann, &peer, &mut bench.env()))
            .unwrap();
        wire.run(ann, relay, bench);
        bench.now_ms -= skew;
        let offset = wire.events.iter().find_map(|event| match event {
            Event::Connected {
                clock_offset_ms, ..
            } => Some(*clock_offset_ms),
            _ => None,
        });
        let told = offset.unwrap() + skew;
        assert!(told.abs() < 60_000, "{told} ms beside {skew}");
        // What came later in fact comes later for all, whatever the clocks said.
        sync(sam, relay, bench);
        assert_eq!(titles(sam, plans), ["Eggs", "Oat milk"]);
        edit_title(sam, bench, plans, milk, "Soy milk");
        sync(sam, relay, bench);
        sync(ann, relay, bench);
        for replica in [&*sam, &*ann, &*relay] {
            assert_eq!(titles(replica, plans), ["Eggs", "Soy milk"]);
            assert!(verify(replica, plans).ok);
        }
    }
}
