//! Who is here: signed messages over a wire in memory, and a clock that the test moves.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Bench, Wire, invite, join, list, person, relay, sync};
use jiff::{SignedDuration, Timestamp};
use poo_core::document::DocumentId;
use poo_core::identity::{Did, Keypair};
use poo_core::membership::Role;
use poo_core::model::TaskId;
use poo_core::replica::Replica;
use poo_core::sync::{
    Attendance, Doing, Effect, Ephemeral, Event, PRESENCE_MAX, PRESENCE_TTL, Presence,
    PresenceChange, PresenceMessage, PresenceState, TYPING_TTL,
};

const START: Timestamp = Timestamp::UNIX_EPOCH;

fn at(seconds: i64) -> Timestamp {
    START
        .checked_add(SignedDuration::from_secs(seconds))
        .unwrap()
}

fn say(state: PresenceState) -> Vec<u8> {
    PresenceMessage { state, task: None }.encode()
}

/// Somebody's message as a session would hand it on, once it had verified it.
fn heard(device: u8, session: u8, count: u64, state: PresenceState) -> Ephemeral {
    carrying(device, session, count, say(state))
}

fn carrying(device: u8, session: u8, count: u64, data: Vec<u8>) -> Ephemeral {
    let device = Keypair::from_seed(&[device; 32]);
    Ephemeral {
        document: document(),
        device: device.public(),
        session: [session; 16],
        count,
        data: data.into(),
        signature: device.sign(poo_core::identity::Domain::EPHEMERAL, b"not looked at here"),
    }
}

fn document() -> DocumentId {
    DocumentId::derive(&did(9), &poo_core::document::DocumentNonce::Space)
}

fn did(seed: u8) -> Did {
    Did::from_key(Keypair::from_seed(&[seed; 32]).public())
}

use PresenceState::{Here, Left, Typing};

#[test]
fn silence_ends_presence_and_a_goodbye_ends_it_at_once() {
    let mut table = Presence::default();
    let list = document();
    let (ann, bob) = (did(1), did(2));
    assert!(matches!(
        table.hear(&heard(1, 1, 1, Here), ann, START).as_slice(),
        [PresenceChange::Joined(person)] if person.did == ann
    ));
    assert!(table.hear(&heard(1, 1, 2, Here), ann, at(30)).is_empty());
    table.hear(&heard(2, 1, 1, Here), bob, at(31));
    assert_eq!(table.who(&list).len(), 2);
    let last = at(30).checked_add(PRESENCE_TTL).unwrap();
    assert!(
        table
            .expire(&list, last - SignedDuration::from_nanos(1))
            .is_empty()
    );
    assert_eq!(table.expire(&list, last), [PresenceChange::Left(ann)]);
    assert_eq!(
        table.hear(&heard(2, 1, 2, Left), bob, last),
        [PresenceChange::Left(bob)]
    );
    assert!(table.who(&list).is_empty());
}

#[test]
fn what_was_said_before_brings_nobody_back() {
    let mut table = Presence::default();
    let ann = did(1);
    table.hear(&heard(1, 1, 1, Here), ann, START);
    table.hear(&heard(1, 1, 3, Left), ann, START);
    for (count, seconds) in [(1, 0), (2, 0), (3, 0), (2, 1_000)] {
        let again = table.hear(&heard(1, 1, count, Here), ann, at(seconds));
        assert!(again.is_empty(), "{again:?}");
    }
    // The same program counts on, and another one counts for itself.
    assert_eq!(table.hear(&heard(1, 1, 4, Here), ann, START).len(), 1);
    assert_eq!(table.hear(&heard(1, 1, 5, Left), ann, START).len(), 1);
    assert_eq!(table.hear(&heard(1, 2, 1, Here), ann, START).len(), 1);
}

#[test]
fn one_person_with_several_devices_is_one_person() {
    let mut table = Presence::default();
    let list = document();
    let ann = did(1);
    table.hear(&heard(1, 1, 1, Here), ann, START);
    // A second window of the same device changes nothing that anybody sees.
    assert!(table.hear(&heard(1, 2, 1, Here), ann, START).is_empty());
    let more = table.hear(&heard(3, 1, 1, Typing), ann, START);
    let [PresenceChange::Changed(person)] = more.as_slice() else {
        panic!("{more:?}")
    };
    assert_eq!((person.devices.len(), person.state), (2, Typing));
    assert!(table.hear(&heard(1, 1, 2, Left), ann, START).is_empty());
    assert_eq!(table.hear(&heard(1, 2, 2, Left), ann, START).len(), 1);
    assert_eq!(table.who(&list)[0].devices.len(), 1);
    assert_eq!(
        table.hear(&heard(3, 1, 2, Left), ann, START),
        [PresenceChange::Left(ann)]
    );
}

#[test]
fn the_table_is_bounded_and_who_went_makes_room() {
    let mut table = Presence::default();
    let list = document();
    for session in 0..=u8::MAX {
        for device in [1, 2] {
            table.hear(&heard(device, session, 1, Here), did(device), START);
        }
    }
    assert!(table.hear(&heard(3, 1, 1, Here), did(3), START).is_empty());
    let windows = (0..=u8::MAX).map(|session| heard(1, session, 2, Left));
    for message in windows.take(PRESENCE_MAX) {
        table.hear(&message, did(1), START);
    }
    assert_eq!(table.hear(&heard(3, 1, 1, Here), did(3), START).len(), 1);
    assert!(table.who(&list).iter().any(|person| person.did == did(3)));
}

#[test]
fn the_data_is_small_cbor_and_everything_else_is_ignored() {
    let task = TaskId::from_bytes([7; 16]);
    let message = PresenceMessage {
        state: Typing,
        task: Some(task),
    };
    let data = message.encode();
    assert_eq!(PresenceMessage::decode(&data), Some(message));
    assert_eq!(say(Here), [0x82, 0x00, 0x81, 0xa1, 0x00, 0x00]);
    for bad in [
        &b""[..],
        b"\x82\x01\x81\xa0",
        b"\x82\x00\x81\xa1\x00\x09",
        b"\xff",
    ] {
        assert_eq!(PresenceMessage::decode(bad), None, "{bad:?}");
    }
}

/// A wire that follows a list and carries what others say there.
fn watch(replica: &mut Replica, relay: &mut Replica, bench: &mut Bench, list: DocumentId) -> Wire {
    let mut wire = Wire::new(replica, relay, bench);
    wire.run(replica, relay, bench);
    wire.client.attend(&list).unwrap();
    wire.run(replica, relay, bench);
    wire
}

#[test]
fn members_hear_of_one_another_through_the_relay_and_strangers_do_not() {
    let bench = &mut Bench::new(1);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let plans = list(sam, bench, "Plans");
    let link = invite(sam, bench, plans, Role::Viewer);
    sync(sam, relay, bench);
    join(ann, relay, bench, &link);
    sync(sam, relay, bench);
    let mut sams = watch(sam, relay, bench, plans);
    let mut anns = watch(ann, relay, bench, plans);
    (anns.client.send_ephemeral(ann, plans, &say(Here))).unwrap();
    anns.run(ann, relay, bench);
    let said: Vec<Vec<u8>> = anns
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Ephemeral(said) => Some(said.for_signed().to_vec()),
            _ => None,
        })
        .collect();
    assert_eq!(said.len(), 1, "a viewer is heard too");
    assert!(sams.relay.follows(relay, &plans).unwrap());
    sams.relay.forward(said[0].clone());
    sams.run(sam, relay, bench);
    let mut table = Presence::default();
    for event in &sams.events {
        if let Event::Ephemeral { message, from } = event {
            table.hear(message, *from, START);
        }
    }
    assert_eq!(table.who(&plans).len(), 1);
    assert_eq!(table.who(&plans)[0].did, ann.did());
    // Somebody who is no member is not heard.
    let eve = &mut person(bench, relay, "Eve");
    let mut eves = Wire::new(eve, relay, bench);
    eves.run(eve, relay, bench);
    (eves.client.send_ephemeral(eve, plans, &say(Here))).unwrap();
    eves.run(eve, relay, bench);
    assert!(
        !eves
            .effects
            .iter()
            .any(|e| matches!(e, Effect::Ephemeral { .. }))
    );
}

/// What whoever is at the end of `to` makes of what was said at the end of `from`.
fn carry(
    from: &mut Wire,
    (author, to): (&mut Replica, &mut Wire),
    (reader, table): (&mut Replica, &mut Presence),
    relay: &mut Replica,
    bench: &mut Bench,
) -> Vec<PresenceChange> {
    from.run(author, relay, bench);
    for effect in from.effects.drain(..) {
        if let Effect::Ephemeral(said) = effect {
            to.relay.forward(said.for_signed().to_vec());
        }
    }
    to.run(reader, relay, bench);
    let mut changes = Vec::new();
    for event in to.events.drain(..) {
        if let Event::Ephemeral { message, from } = event {
            changes.extend(table.hear(&message, from, START));
        }
    }
    changes
}

#[test]
fn two_windows_of_one_device_speak_for_themselves() {
    let bench = &mut Bench::new(2);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let plans = list(sam, bench, "Plans");
    let link = invite(sam, bench, plans, Role::Editor);
    sync(sam, relay, bench);
    join(ann, relay, bench, &link);
    sync(sam, relay, bench);
    let mut sams = watch(sam, relay, bench, plans);
    // Two processes on one database: the second connects later.
    let mut first = watch(ann, relay, bench, plans);
    let mut second = watch(ann, relay, bench, plans);
    let mut table = Presence::default();
    let say = |state, task: u8| said(state, task);
    let mut turn = |window: &mut Wire, ann: &mut Replica, message| {
        window.client.send_presence(ann, plans, &message).unwrap();
        let changes = carry(window, (ann, &mut sams), (sam, &mut table), relay, bench);
        (changes, table.who(&plans))
    };
    let (changes, _) = turn(&mut first, ann, say(Here, 1));
    assert!(matches!(changes.as_slice(), [PresenceChange::Joined(_)]));
    turn(&mut second, ann, say(Here, 1));
    // The first is still heard, and it is one person on one device.
    let (_, who) = turn(&mut first, ann, say(Typing, 2));
    assert_eq!((who[0].state, who[0].task), (Typing, say(Typing, 2).task));
    assert_eq!((who.len(), who[0].devices.len()), (1, 1));
    // One goes: the other is still here.
    let (changes, who) = turn(&mut second, ann, say(Left, 1));
    assert!(changes.is_empty(), "{changes:?}");
    assert_eq!(who.len(), 1);
    let (_, who) = turn(&mut first, ann, say(Here, 3));
    assert_eq!(who[0].task, say(Here, 3).task);
    let (changes, _) = turn(&mut first, ann, say(Left, 3));
    assert_eq!(changes, [PresenceChange::Left(ann.did())]);
}

fn said(state: PresenceState, task: u8) -> PresenceMessage {
    PresenceMessage {
        state,
        task: Some(TaskId::from_bytes([task; 16])),
    }
}

#[test]
fn others_see_which_task_somebody_looks_at_and_writes_in_until_they_fall_silent() {
    let mut table = Presence::default();
    let (list, ann) = (document(), did(1));
    let mut hear = |device, count, message: PresenceMessage, seconds| {
        let message = carrying(device, 1, count, message.encode());
        let changes = table.hear(&message, ann, at(seconds));
        (changes, table.who(&list))
    };
    let (_, who) = hear(1, 1, said(Here, 1), 0);
    assert_eq!((who[0].state, who[0].task), (Here, said(Here, 1).task));
    let (changes, who) = hear(1, 2, said(Typing, 1), 5);
    assert!(matches!(changes.as_slice(), [PresenceChange::Changed(_)]));
    assert_eq!((who[0].state, who[0].task), (Typing, said(Here, 1).task));
    // Another window that only looks does not take the task away from the one that writes.
    let (_, who) = hear(2, 1, said(Here, 2), 10);
    assert_eq!((who[0].state, who[0].task), (Typing, said(Here, 1).task));
    // The program that wrote dies without a word: 90 s after it was heard, only the other is here.
    hear(2, 2, said(Here, 2), 60);
    let gone = at(5).checked_add(PRESENCE_TTL).unwrap();
    assert_eq!(
        table.expire(&list, gone - SignedDuration::from_nanos(1)),
        []
    );
    let changes = table.expire(&list, gone);
    let [PresenceChange::Changed(person)] = changes.as_slice() else {
        panic!("{changes:?}")
    };
    assert_eq!((person.state, person.task), (Here, said(Here, 2).task));
    assert_eq!(person.devices.len(), 1);
}

#[test]
fn whoever_looks_says_so_when_it_changes_and_every_half_minute() {
    let mut mine = Attendance::default();
    assert_eq!(mine.leave(), None);
    let nothing = PresenceMessage {
        state: Here,
        task: None,
    };
    assert_eq!(mine.poll(at(0)), Some(nothing));
    assert_eq!(mine.poll(at(0)), None);
    let task = said(Here, 1).task;
    mine.set(Doing::looking_at(task));
    // Not more than one in a second.
    assert_eq!(mine.poll(at(0)), None);
    assert_eq!(mine.poll(at(1)), Some(said(Here, 1)));
    mine.set(Doing::typing_in(task, at(2)));
    assert_eq!(mine.poll(at(2)), Some(said(Typing, 1)));
    mine.set(Doing::typing_in(task, at(8)));
    assert_eq!(mine.poll(at(8)), None);
    // Nobody has to say that they stopped.
    let stopped = at(8).checked_add(TYPING_TTL).unwrap();
    assert_eq!(mine.poll(stopped - SignedDuration::from_nanos(1)), None);
    assert_eq!(mine.poll(stopped), Some(said(Here, 1)));
    assert_eq!(mine.poll(at(47)), None);
    assert_eq!(mine.poll(at(48)), Some(said(Here, 1)));
    mine.greet();
    assert_eq!(mine.poll(at(50)), Some(said(Here, 1)));
    // A clock that is put back silences nobody.
    assert_eq!(mine.poll(at(-1_000)), Some(said(Here, 1)));
    let goodbye = PresenceMessage {
        state: Left,
        task: None,
    };
    assert_eq!((mine.leave(), mine.leave()), (Some(goodbye), None));
}
