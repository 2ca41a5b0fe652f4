//! What is on its way in one direction while the other side says something that bears on it.

use std::collections::VecDeque;

use super::common::{Bench, Wire, edit_title, invite, join, person, sync, task, titles, two};
use crate::membership::Role;
use crate::model::Command;
use crate::sync::wire::{Data, decode_data};

#[test]
fn what_builds_on_something_refused_comes_with_it() {
    let bench = &mut Bench::new(47);
    let (mut relay, mut sam, mut ann, plans) = two(bench);
    let (relay, sam, ann) = (&mut relay, &mut sam, &mut ann);
    let bob = &mut person(bench, relay, "Bob");
    let link = invite(sam, bench, plans, Role::Editor);
    sync(sam, relay, bench);
    join(bob, relay, bench, &link);
    sync(sam, relay, bench);

    // Sam does not know what Bob writes, and that Ann goes on from it.
    let role = Command::ChangeRole {
        list: plans,
        member: bob.keys().did,
        role: Role::Viewer,
    };
    sam.execute(&role, &mut bench.env()).unwrap();
    let milk = task(bob, bench, plans, "Milk", None);
    sync(bob, relay, bench);
    sync(ann, relay, bench);
    edit_title(ann, bench, plans, milk, "Oat milk");

    // Sam is told of Bob's change, and what Sam has to say to that takes a while.
    let mut wire = Wire::new(sam, relay, bench);
    let mut late = VecDeque::new();
    let mut heard = false;
    while !heard {
        while let Some(frame) = wire.relay.poll_transmit(relay).unwrap() {
            heard |= matches!(decode_data(&frame), Some(Data::Changes(_)));
            sam.batch(|sam| wire.client.handle_frame(sam, &frame, &mut bench.env()))
                .unwrap();
        }
        while let Some(frame) = wire.client.poll_transmit(sam).unwrap() {
            late.push_back(frame);
        }
        while !heard && let Some(frame) = late.pop_front() {
            relay
                .batch(|relay| wire.relay.handle_frame(relay, &frame, &mut bench.env()))
                .unwrap();
        }
    }
    assert!(titles(sam, plans).is_empty());

    // Meanwhile Ann's change crosses it.
    sync(ann, relay, bench);
    wire.relay.notify_document(&plans);
    while let Some(frame) = wire.relay.poll_transmit(relay).unwrap() {
        sam.batch(|sam| wire.client.handle_frame(sam, &frame, &mut bench.env()))
            .unwrap();
    }
    assert!(titles(sam, plans).is_empty());
    while let Some(frame) = wire.client.poll_transmit(sam).unwrap() {
        late.push_back(frame);
    }
    for frame in late {
        relay
            .batch(|relay| wire.relay.handle_frame(relay, &frame, &mut bench.env()))
            .unwrap();
    }
    wire.run(sam, relay, bench);
    assert!(wire.client.is_in_sync());
    assert_eq!(titles(relay, plans), ["Oat milk"]);
    assert_eq!(titles(sam, plans), ["Oat milk"]);
}
