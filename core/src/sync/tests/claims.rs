//! What a relay says without proof.

use std::ops::Range;

use super::common::{Bench, Wire, list, person, relay, sync, task, titles, two};
use crate::document::ChangeHash;
use crate::replica::{Keyring, Replica};
use crate::sync::Event;
use crate::sync::exchange::make_have;
use crate::sync::wire::{Control, Data, decode_data};

#[test]
fn a_relay_that_claims_another_history_and_shows_none_takes_nothing_from_a_client() {
    let bench = &mut Bench::new(33);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let plans = list(sam, bench, "Plans");
    task(sam, bench, plans, "Acknowledged", None);
    let mut wire = sync(sam, relay, bench);
    task(sam, bench, plans, "Fresh", None);
    // The client asks again for every claim; the relay answers honestly in between.
    for _ in 0..2 {
        let mut have = make_have(relay.conn(), &plans, false).unwrap();
        for tip in &mut have.tips {
            tip.hash = ChangeHash::from_bytes([7; 32]);
        }
        wire.relay.send(Control::Have(have)).unwrap();
        wire.run(sam, relay, bench);
    }
    assert_eq!(titles(sam, plans), ["Fresh", "Acknowledged"]);
    assert!(
        !wire
            .events
            .iter()
            .any(|event| matches!(event, Event::Reauthored { .. }))
    );
    sync(sam, relay, bench);
    assert_eq!(titles(relay, plans), ["Fresh", "Acknowledged"]);
}

/// Carries frames like [`Wire::run`], but for some of the messages with changes that come from the
/// relay: somebody in between keeps them back.
fn run_withheld(
    wire: &mut Wire,
    client: &mut Replica,
    relay: &mut Replica,
    bench: &mut Bench,
    withheld: Range<usize>,
) {
    let mut told = 0;
    loop {
        let mut quiet = true;
        while let Some(frame) = wire.relay.poll_transmit(relay).unwrap() {
            quiet = false;
            if matches!(decode_data(&frame), Some(Data::Changes(_))) {
                told += 1;
                if withheld.contains(&(told - 1)) {
                    continue;
                }
            }
            let taken =
                client.batch(|client| (wire.client).handle_frame(client, &frame, &mut bench.env()));
            taken.unwrap();
        }
        while let Some(frame) = wire.client.poll_transmit(client).unwrap() {
            quiet = false;
            let taken =
                relay.batch(|relay| wire.relay.handle_frame(relay, &frame, &mut bench.env()));
            taken.unwrap();
        }
        while let Some(event) = wire.client.poll_event() {
            wire.events.push(event);
        }
        if quiet {
            break;
        }
    }
    assert!(wire.client.is_in_sync(), "nobody waits for ever");
    wire.client.note_in_sync(client).unwrap();
}

#[test]
fn what_was_kept_back_on_the_way_is_asked_for_again() {
    for withheld in 0..4 {
        let bench = &mut Bench::new(34);
        let (mut relay, mut sam, mut ann, plans) = two(bench);
        let (relay, sam, ann) = (&mut relay, &mut sam, &mut ann);
        task(sam, bench, plans, "Milk", None);
        sync(sam, relay, bench);
        let mut wire = Wire::new(ann, relay, bench);
        run_withheld(&mut wire, ann, relay, bench, 0..withheld);
        let told = wire
            .events
            .iter()
            .any(|event| matches!(event, Event::Refused { code, .. } if code == "incomplete"));
        match withheld {
            // Asked once more in the same session.
            0 | 1 => {
                assert_eq!(titles(ann, plans), ["Milk"], "{withheld}");
                assert!(!told);
            }
            // What never came is said, and comes with the next connection.
            _ => {
                assert!(titles(ann, plans).is_empty(), "{withheld}");
                assert!(told);
                sync(ann, relay, bench);
                assert_eq!(titles(ann, plans), ["Milk"]);
            }
        }
    }
}

#[test]
fn so_is_what_stands_beside_a_fork_before_anything_is_made_again() {
    for withheld in [0..0, 1..2] {
        let bench = &mut Bench::new(36);
        let relay = &mut relay(bench);
        let dir = tempfile::tempdir().unwrap();
        let keys = Keyring::generate(&mut bench.env());
        let (one, two) = (dir.path().join("one.db"), dir.path().join("two.db"));
        let mut first = Replica::open(&one, keys.clone()).unwrap();
        first.found("Sam", &mut bench.env()).unwrap();
        let plans = list(&mut first, bench, "Plans");
        sync(&mut first, relay, bench);
        drop(first);
        std::fs::copy(&one, &two).unwrap();
        let mut first = Replica::open(&one, keys.clone()).unwrap();
        let mut second = Replica::open(&two, keys).unwrap();
        task(&mut first, bench, plans, "First", None);
        task(&mut second, bench, plans, "Second", None);
        sync(&mut first, relay, bench);
        // What is told for the second time, once the copy gave way, gets lost.
        let mut wire = Wire::new(&second, relay, bench);
        run_withheld(&mut wire, &mut second, relay, bench, withheld.clone());
        let again = |event: &Event| matches!(event, Event::Reauthored { commands: 1, .. });
        assert_eq!(wire.events.iter().filter(|it| again(it)).count(), 1);
        let told = |event: &Event| matches!(event, Event::Refused { .. });
        assert!(
            !wire.events.iter().any(told),
            "{withheld:?}: {:?}",
            wire.events
        );
        assert_eq!(titles(&second, plans), ["Second", "First"], "{withheld:?}");
        assert_eq!(titles(relay, plans), ["Second", "First"]);
    }
}

#[test]
fn so_is_a_document_of_which_nothing_is_here() {
    for withheld in 0..6 {
        let bench = &mut Bench::new(36);
        let relay = &mut relay(bench);
        let sam = &mut person(bench, relay, "Sam");
        let plans = list(sam, bench, "Plans");
        task(sam, bench, plans, "Milk", None);
        sync(sam, relay, bench);
        let identity = sam.keys().identity.clone().unwrap();
        let keys = crate::replica::Keyring::of(identity, &mut bench.env());
        let phone = &mut Replica::in_memory(keys).unwrap();
        phone.found("Sam", &mut bench.env()).unwrap();
        phone
            .set_relay("ws://127.0.0.1:1", Some(relay.did()))
            .unwrap();
        let mut wire = Wire::new(phone, relay, bench);
        run_withheld(&mut wire, phone, relay, bench, 0..withheld);
        sync(phone, relay, bench);
        assert_eq!(titles(phone, plans), ["Milk"], "{withheld}");
    }
}

#[test]
fn a_client_that_gives_way_waits_for_no_answer_that_was_given_with_another() {
    for one_at_a_time in [false, true] {
        let bench = &mut Bench::new(35);
        let relay = &mut relay(bench);
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
        let keys = crate::replica::Keyring::generate(&mut bench.env());
        let mut sam = Replica::open(&first, keys.clone()).unwrap();
        sam.found("Sam", &mut bench.env()).unwrap();
        sam.set_relay("ws://127.0.0.1:1", Some(relay.did()))
            .unwrap();
        let plans = list(&mut sam, bench, "Plans");
        sync(&mut sam, relay, bench);
        drop(sam);
        std::fs::copy(&first, &second).unwrap();
        let mut sam = Replica::open(&first, keys.clone()).unwrap();
        let mut copy = Replica::open(&second, keys).unwrap();
        let mut wire = sync(&mut copy, relay, bench);
        task(&mut sam, bench, plans, "Here", None);
        sync(&mut sam, relay, bench);
        // The copy is connected all the while, and writes at the same place.
        task(&mut copy, bench, plans, "There", None);
        wire.client.notify_document(&plans);
        loop {
            let mut quiet = true;
            while let Some(frame) = wire.relay.poll_transmit(relay).unwrap() {
                quiet = false;
                let client = &mut wire.client;
                let taken = copy.batch(|copy| client.handle_frame(copy, &frame, &mut bench.env()));
                taken.unwrap();
                if one_at_a_time {
                    // A slow line: what the client says to it comes before the relay goes on.
                    break;
                }
            }
            while let Some(frame) = wire.client.poll_transmit(&copy).unwrap() {
                quiet = false;
                let end = &mut wire.relay;
                let taken = relay.batch(|relay| end.handle_frame(relay, &frame, &mut bench.env()));
                taken.unwrap();
            }
            if quiet {
                break;
            }
        }
        assert!(wire.client.is_in_sync(), "one at a time: {one_at_a_time}");
        for replica in [&copy, &*relay] {
            let mut there = titles(replica, plans);
            there.sort();
            assert_eq!(there, ["Here", "There"]);
        }
    }
}
