//! What a relay says and takes: nothing twice, nothing out of place, nobody new when it is closed.

mod common;

use common::{Bench, Wire, invite, join, list, person, relay, sync, task, titles};
use poo_core::membership::Role;
use poo_core::model::Command;
use poo_core::replica::Link;
use poo_core::sync::{Admission, Event, Session};

#[test]
fn what_a_client_brings_is_not_sent_back_to_it() {
    let bench = &mut Bench::new(1);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let plans = list(sam, bench, "Plans");
    for _ in 0..100 {
        task(sam, bench, plans, "Something", None);
    }
    let wire = sync(sam, relay, bench);
    assert_eq!(wire.client.changes_sent(), 102);
    assert_eq!(wire.relay.changes_sent(), 0);
}

#[test]
fn an_announcement_out_of_turn_leaves_the_place_in_the_catalog() {
    let bench = &mut Bench::new(2);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    for n in 0..30 {
        list(ann, bench, &format!("List {n}"));
    }
    let plans = list(sam, bench, "Plans");
    let link = invite(sam, bench, plans, Role::Editor);
    sync(sam, relay, bench);
    join(ann, relay, bench, &link);
    sync(ann, relay, bench);

    let mut watching = sync(ann, relay, bench);
    task(sam, bench, plans, "Pack", None);
    sync(sam, relay, bench);
    watching.relay.notify_document(&plans);
    watching.run(ann, relay, bench);
    assert_eq!(titles(ann, plans), ["Pack"]);
    let again = sync(ann, relay, bench);
    assert!(again.bytes < 2_000, "{} bytes", again.bytes);
}

#[test]
fn a_closed_relay_lets_invited_people_into_a_list_and_takes_nothing_else_of_theirs() {
    let bench = &mut Bench::new(3);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let plans = list(sam, bench, "Plans");
    let secret = relay.make_setup_secret(&mut bench.env()).unwrap();
    let link = invite(sam, bench, plans, Role::Editor);
    sync(sam, relay, bench);

    let Link::Invite {
        grant, secret: key, ..
    } = &link
    else {
        panic!()
    };
    let mut wire = Wire::new(ann, relay, bench);
    wire.relay = Session::relay(relay, Admission::Closed, &mut bench.env()).unwrap();
    wire.run(ann, relay, bench);
    wire.client.redeem(plans, *grant, key).unwrap();
    wire.run(ann, relay, bench);
    assert_eq!(titles(ann, plans), Vec::<String>::new());
    task(ann, bench, plans, "Pack", None);
    wire.client.notify_document(&plans);
    wire.client.admit(&secret).unwrap();
    wire.run(ann, relay, bench);
    assert_eq!(titles(relay, plans), ["Pack"]);
    assert!(wire.events.contains(&Event::Admitted { admitted: false }));
    let of_her_own = list(ann, bench, "Mine");
    wire.client.notify_document(&of_her_own);
    wire.run(ann, relay, bench);
    assert!(wire.events.iter().any(|event| matches!(
        event,
        Event::Refused { document, code, .. } if *document == of_her_own && code == "not-admitted"
    )));
}

#[test]
fn nobody_fills_a_relay_with_parts_of_what_they_may_not_read() {
    let bench = &mut Bench::new(4);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let eve = &mut person(bench, relay, "Eve");
    let plans = list(sam, bench, "Plans");
    sync(sam, relay, bench);

    let mut wire = sync(eve, relay, bench);
    let mut part = Vec::new();
    let mut e = minicbor::Encoder::new(&mut part);
    e.array(2).unwrap().u8(3).unwrap().array(1).unwrap();
    e.map(4).unwrap();
    e.u8(0).unwrap().bytes(plans.as_ref()).unwrap();
    e.u8(1).unwrap().u8(0).unwrap();
    e.u8(2).unwrap().bool(false).unwrap();
    e.u8(3).unwrap().bytes(&[0; 1024]).unwrap();
    relay
        .batch(|relay| wire.relay.handle_frame(relay, &part, &mut bench.env()))
        .unwrap();
    wire.run(eve, relay, bench);
    assert!(wire.events.iter().any(|event| matches!(
        event,
        Event::Refused { document, code, .. } if *document == plans && code == "unavailable"
    )));
}

#[test]
fn who_leaves_in_the_session_in_which_they_brought_a_list_is_answered() {
    let bench = &mut Bench::new(5);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let plans = list(sam, bench, "Plans");
    let link = invite(sam, bench, plans, Role::Editor);
    let mut wire = sync(sam, relay, bench);
    join(ann, relay, bench, &link);
    wire.relay.notify_document(&plans);
    wire.run(sam, relay, bench);

    let to = ann.did();
    let pass_on = Command::TransferOwnership { list: plans, to };
    for command in [pass_on, Command::LeaveList { list: plans }] {
        sam.execute(&command, &mut bench.env()).unwrap();
        wire.client.notify_document(&plans);
        wire.run(sam, relay, bench);
        assert!(wire.client.is_in_sync(), "{command:?}");
    }
}
