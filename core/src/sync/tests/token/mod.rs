//! Token sessions against Automerge's own sync, as stock clients run it: whatever they and signed
//! peers do, all end with the same document, nobody talks for ever, and nothing is said of what
//! is not theirs.

mod authors;
mod client;

use std::collections::{BTreeMap, BTreeSet};

use automerge::transaction::Transactable as _;
use automerge::{ActorId, ObjType, ROOT, ReadDoc as _};

use self::client::{Client, begin, chosen, client_heads, edit, heads, join_frame, talk, ticket};
use super::common::{
    Bench, edit_title, invite, join, list, person, relay, sync, task, titles, verify,
};
use crate::document::{DocumentId, DocumentKind};
use crate::membership::{Payload, Revoke, Role, Scope, Statement};
use crate::model::{Answer, Command, Outcome, Query, Via};
use crate::replica::{Replica, Ticket};
use crate::store::{DocumentRow, statements};
use crate::sync::session::CONTROLS_MAX;
use crate::sync::token::frame::{self, Incoming};
use crate::sync::{Admission, Fanout, TicketRefusal, TokenSession};

#[test]
fn stock_clients_converge_on_a_document_of_any_shape() {
    for seed in 0..12 {
        println!("SEED={seed}");
        let bench = &mut Bench::new(900 + seed);
        let relay = &mut relay(bench);
        let sam = &mut person(bench, relay, "Sam");
        let ticket = ticket(sam, relay, bench, None, 2);
        let id = chosen(bench);
        let mut one = Client::connect("one", &ticket, relay, bench);
        let mut two = Client::connect("two", &ticket, relay, bench);
        begin(&mut one);
        talk(&mut [&mut one], relay, bench, &id);
        talk(&mut [&mut two], relay, bench, &id);
        two.doc.set_actor(ActorId::random());
        for round in 0..8 {
            edit(&mut one, bench);
            edit(&mut two, bench);
            match round % 4 {
                // Both at once, one after the other, or after they were away for a while.
                0 => talk(&mut [&mut one, &mut two], relay, bench, &id),
                1 => {
                    talk(&mut [&mut two], relay, bench, &id);
                    one.reconnect(&ticket, relay, bench, true);
                }
                2 => {
                    one.reconnect(&ticket, relay, bench, false);
                    talk(&mut [&mut one], relay, bench, &id);
                }
                _ => two.reconnect(&ticket, relay, bench, round % 8 == 3),
            }
        }
        talk(&mut [&mut one, &mut two], relay, bench, &id);
        assert_eq!(client_heads(&mut one), heads(relay, &id));
        assert_eq!(client_heads(&mut two), heads(relay, &id));
        let report = verify(relay, id);
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert!(
            report
                .authors
                .iter()
                .all(|author| author.via == Via::Witnessed)
        );
        // Another replica of the same person takes it in, signatures and all.
        sync(sam, relay, bench);
        assert_eq!(heads(sam, &id), heads(relay, &id));
        assert!(verify(sam, id).problems.is_empty());
        // Nothing is left to say.
        let before = one.frames;
        talk(&mut [&mut one, &mut two], relay, bench, &id);
        assert_eq!(one.frames, before);
    }
}

#[test]
fn a_stock_client_and_a_signed_peer_edit_one_list() {
    let bench = &mut Bench::new(11);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let list = list(sam, bench, "Groceries");
    let milk = task(sam, bench, list, "Milk", None);
    let ticket = ticket(sam, relay, bench, Some(list), 1);
    let mut client = Client::connect("stock", &ticket, relay, bench);
    talk(&mut [&mut client], relay, bench, &list);
    client.doc.set_actor(ActorId::random());
    let (_, items) = client.doc.get(ROOT, "items").unwrap().unwrap();
    let (_, item) = client.doc.get(&items, milk.to_string()).unwrap().unwrap();
    // As JavaScript writes strings.
    let title = client
        .doc
        .put_object(&item, "title", ObjType::Text)
        .unwrap();
    client.doc.splice_text(&title, 0, 0, "Oat milk").unwrap();
    client.doc.commit();
    edit_title(sam, bench, list, milk, "Milk, 2 l");
    sync(sam, relay, bench);
    talk(&mut [&mut client], relay, bench, &list);
    sync(sam, relay, bench);
    assert_eq!(client_heads(&mut client), heads(relay, &list));
    assert_eq!(heads(sam, &list), heads(relay, &list));
    assert_eq!(titles(sam, list), titles(relay, list));
    let report = verify(sam, list);
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    let vias: Vec<Via> = report.authors.iter().map(|author| author.via).collect();
    assert_eq!(vias, [Via::Signed, Via::Witnessed]);
    assert!(report.authors.iter().all(|author| author.did == sam.did()));
}

#[test]
fn what_is_refused_stops_nobody_and_comes_in_once_it_may() {
    let bench = &mut Bench::new(12);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let list = list(sam, bench, "Plans");
    let milk = task(sam, bench, list, "Milk", None);
    sync(sam, relay, bench);
    let link = invite(sam, bench, list, Role::Viewer);
    sync(sam, relay, bench);
    join(ann, relay, bench, &link);
    // Ann only reads, and nobody said that the relay may sign for her there.
    let hers = ticket(ann, relay, bench, Some(list), 1);
    let mut client = Client::connect("hers", &hers, relay, bench);
    talk(&mut [&mut client], relay, bench, &list);
    client.doc.set_actor(ActorId::random());
    let (_, meta) = client.doc.get(ROOT, "meta").unwrap().unwrap();
    for title in ["A", "B", "C"] {
        client.doc.put(&meta, "title", title).unwrap();
        client.doc.commit();
        talk(&mut [&mut client], relay, bench, &list);
    }
    assert!(client.frames < 40, "{}", client.frames);
    // What others write still comes to her.
    edit_title(sam, bench, list, milk, "Bread");
    sync(sam, relay, bench);
    client.session.notify_document(relay, &list).unwrap();
    talk(&mut [&mut client], relay, bench, &list);
    let (_, items) = client.doc.get(ROOT, "items").unwrap().unwrap();
    let (_, item) = client.doc.get(&items, milk.to_string()).unwrap().unwrap();
    let (title, _) = client.doc.get(&item, "title").unwrap().unwrap();
    assert_eq!(title.as_str(), Some("Bread"));
    assert_ne!(client_heads(&mut client), heads(relay, &list));
    // Now she may write, and her relay may sign for her.
    let change = Command::ChangeRole {
        list,
        member: ann.did(),
        role: Role::Owner,
    };
    sam.execute(&change, &mut bench.env()).unwrap();
    sync(sam, relay, bench);
    sync(ann, relay, bench);
    ticket(ann, relay, bench, Some(list), 1);
    client.session.notify_document(relay, &list).unwrap();
    talk(&mut [&mut client], relay, bench, &list);
    assert_eq!(client_heads(&mut client), heads(relay, &list));
    sync(sam, relay, bench);
    let report = verify(sam, list);
    assert!(report.problems.is_empty(), "{:?}", report.problems);
}

#[test]
fn under_somebody_elses_actor_nobody_writes() {
    let bench = &mut Bench::new(13);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let list = list(sam, bench, "Plans");
    task(sam, bench, list, "Milk", None);
    let ticket = ticket(sam, relay, bench, Some(list), 1);
    let before = heads(relay, &list);
    let mut client = Client::connect("stock", &ticket, relay, bench);
    talk(&mut [&mut client], relay, bench, &list);
    let changes = client.doc.get_changes(&[]);
    let sams = changes.last().unwrap().actor_id().clone();
    client.doc.set_actor(sams);
    let (_, meta) = client.doc.get(ROOT, "meta").unwrap().unwrap();
    client.doc.put(&meta, "title", "Forged").unwrap();
    client.doc.commit();
    talk(&mut [&mut client], relay, bench, &list);
    assert_eq!(heads(relay, &list), before);
}

#[test]
fn what_is_not_theirs_and_what_is_not_here_look_the_same() {
    let bench = &mut Bench::new(14);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let hers = list(ann, bench, "Hers");
    sync(ann, relay, bench);
    let other = list(sam, bench, "Another");
    let only = list(sam, bench, "The one");
    let all = ticket(sam, relay, bench, None, 1);
    let one = ticket(sam, relay, bench, Some(only), 1);
    let nothing = chosen(bench);
    let mut request = |ticket: &Ticket, document: DocumentId| {
        let mut client = Client::connect("stock", ticket, relay, bench);
        let frame = client.requests(&document);
        client
            .session
            .handle_frame(relay, &frame, &bench.env())
            .unwrap();
        client.session.settle(relay, &mut bench.env()).unwrap();
        let answer = client
            .session
            .poll_transmit(relay, &mut Fanout::default())
            .unwrap()
            .unwrap();
        assert!(
            client
                .session
                .poll_transmit(relay, &mut Fanout::default())
                .unwrap()
                .is_none()
        );
        (
            frame::decode(&answer).unwrap() == Incoming::Unavailable,
            answer.len(),
        )
    };
    let len = request(&all, nothing);
    assert!(len.0);
    assert_eq!(request(&all, hers).0, len.0);
    assert_eq!(request(&one, other).0, len.0);
    assert!(!request(&all, other).0);
    assert!(!request(&one, only).0);
}

#[test]
fn who_asks_and_never_reads_is_cut_off() {
    let bench = &mut Bench::new(18);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let list = list(sam, bench, "The one");
    let ticket = ticket(sam, relay, bench, Some(list), 1);
    let mut client = Client::connect("stock", &ticket, relay, bench);
    let ask = client.says(&chosen(bench)).unwrap();
    let asked = (0..100_000).take_while(|_| {
        client
            .session
            .handle_frame(relay, &ask, &bench.env())
            .is_ok()
    });
    assert_eq!(asked.count(), CONTROLS_MAX);
}

#[test]
fn a_ticket_serves_as_many_clients_as_it_says_until_it_ends() {
    let bench = &mut Bench::new(15);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ticket = ticket(sam, relay, bench, None, 1);
    Client::connect("first", &ticket, relay, bench);
    // The same client may come back, another may not.
    Client::connect("first", &ticket, relay, bench);
    let second = TokenSession::new(relay, ticket.clone(), Admission::Open, &bench.env()).unwrap();
    let mut second = second.unwrap();
    assert!(
        second
            .handle_frame(relay, &join_frame("second"), &bench.env())
            .is_err()
    );
    let said = second
        .poll_transmit(relay, &mut Fanout::default())
        .unwrap()
        .unwrap();
    assert!(said.windows(5).any(|window| window == b"error"));
    bench.now_ms += 3_600_000;
    let late = TokenSession::new(relay, ticket.clone(), Admission::Open, &bench.env()).unwrap();
    assert_eq!(late.err(), Some(TicketRefusal::Expired));
    let elsewhere = TokenSession::new(sam, ticket, Admission::Open, &bench.env()).unwrap();
    assert_eq!(elsewhere.err(), Some(TicketRefusal::OtherRelay));
}

#[test]
fn another_beginning_of_a_chosen_id_changes_nothing() {
    let bench = &mut Bench::new(16);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let sams = ticket(sam, relay, bench, None, 1);
    let anns = ticket(ann, relay, bench, None, 1);
    let id = chosen(bench);
    let mut one = Client::connect("sams", &sams, relay, bench);
    begin(&mut one);
    talk(&mut [&mut one], relay, bench, &id);
    let row = DocumentRow::find(relay.conn(), &id).unwrap().unwrap();
    assert_eq!(row.kind, DocumentKind::Plain);
    let owner = statements::authority(relay.conn(), &id).unwrap().owner();
    assert_eq!(owner, Some(sam.did()));
    // Somebody else who has the id, and some document of their own under it.
    let mut two = Client::connect("anns", &anns, relay, bench);
    begin(&mut two);
    talk(&mut [&mut two], relay, bench, &id);
    assert_eq!(two.unavailable, [id]);
    assert_eq!(client_heads(&mut one), heads(relay, &id));
    let owner = statements::authority(relay.conn(), &id).unwrap().owner();
    assert_eq!(owner, Some(sam.did()));
}

#[test]
fn with_the_device_that_made_it_a_ticket_ends() {
    let bench = &mut Bench::new(17);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ticket = ticket(sam, relay, bench, None, 1);
    let mut client = Client::connect("stock", &ticket, relay, bench);
    let device = ticket.device();
    let known = statements::of_identity(relay.conn(), &sam.did()).unwrap();
    let certificate = known
        .iter()
        .find(|s| matches!(s.payload(), Payload::Device(it) if it.device == device))
        .unwrap();
    let revoke = Revoke {
        scope: Scope::Identity(sam.did()),
        targets: BTreeSet::from([certificate.digest()]),
        marks: BTreeMap::new(),
        keep: BTreeSet::new(),
        issued_at_ms: 1,
    };
    let revoke = Statement::sign(Payload::Revoke(revoke), sam.keys().signer()).unwrap();
    statements::put(relay.conn(), &revoke).unwrap();
    let told = client.session.notify_document(relay, &sam.space_id());
    assert_eq!(told.unwrap_err().code(), "bad-ticket");
    let again = TokenSession::new(relay, ticket, Admission::Open, &bench.env()).unwrap();
    assert_eq!(again.err(), Some(TicketRefusal::Device));
}

#[test]
fn a_ticket_that_was_taken_back_is_over_and_others_are_not() {
    let bench = &mut Bench::new(18);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let lost = ticket(sam, relay, bench, None, 2);
    let kept = ticket(sam, relay, bench, None, 1);
    let mut lost_one = Client::connect("lost", &lost, relay, bench);
    let mut kept_one = Client::connect("kept", &kept, relay, bench);
    let listed = |sam: &Replica, bench: &mut Bench| -> Vec<(String, bool)> {
        let answer = sam.query(&Query::Tickets, bench.env().now).unwrap();
        let Answer::Tickets(tickets) = answer else {
            panic!("{answer:?}")
        };
        let items = tickets.items.into_iter();
        items.map(|it| (it.id, it.revoked)).collect()
    };
    assert_eq!(listed(sam, bench).len(), 2);
    let mut revoke = |ticket: &str, sam: &mut Replica| {
        let ticket = ticket.to_owned();
        sam.execute(&Command::RevokeTicket { ticket }, &mut bench.env())
    };
    // By what it is called here, or by itself.
    assert!(revoke("00", sam).is_err());
    assert!(revoke("", sam).is_err());
    let name = lost.name().to_hex();
    assert_eq!(
        revoke(&name[..8], sam).unwrap(),
        Outcome::Done { changed: true }
    );
    assert_eq!(
        revoke(&format!("ws://relay/ticket/{lost}"), sam).unwrap(),
        Outcome::Done { changed: false }
    );
    let mut found = listed(sam, bench);
    found.retain(|(_, revoked)| *revoked);
    assert_eq!(found, [(name, true)]);
    sync(sam, relay, bench);
    let space = sam.space_id();
    let told = lost_one.session.notify_document(relay, &space);
    assert_eq!(told.unwrap_err().code(), "bad-ticket");
    kept_one.session.notify_document(relay, &space).unwrap();
    let again = TokenSession::new(relay, lost, Admission::Open, &bench.env()).unwrap();
    assert_eq!(again.err(), Some(TicketRefusal::Revoked));
    // Nobody takes back what is not theirs.
    let ann = &mut person(bench, relay, "Ann");
    let ticket = kept.to_string();
    let stranger = ann.execute(&Command::RevokeTicket { ticket }, &mut bench.env());
    assert!(stranger.is_err());
}

#[test]
fn whoever_is_cut_off_hears_why_and_nothing_else() {
    let bench = &mut Bench::new(19);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let list = list(sam, bench, "Plans");
    let lost = ticket(sam, relay, bench, None, 1);
    let mut client = Client::connect("lost", &lost, relay, bench);
    talk(&mut [&mut client], relay, bench, &list);
    // What changed, and that the ticket is over, come to the relay together.
    task(sam, bench, list, "Not for them", None);
    let ticket = lost.name().to_hex();
    let revoke = Command::RevokeTicket { ticket };
    sam.execute(&revoke, &mut bench.env()).unwrap();
    sync(sam, relay, bench);
    client.session.notify_document(relay, &list).unwrap();
    let told = client.session.notify_document(relay, &sam.space_id());
    assert_eq!(told.unwrap_err().code(), "bad-ticket");
    let fanout = &mut Fanout::default();
    let mut said = Vec::new();
    while let Some(frame) = client.session.poll_transmit(relay, fanout).unwrap() {
        said.push(frame);
    }
    let said: Vec<Incoming> = (said.iter())
        .map(|frame| frame::decode(frame).unwrap())
        .collect();
    assert_eq!(said, [Incoming::Other]);
}

#[test]
fn a_large_document_comes_as_one_chunk_and_what_came_later_behind_it() {
    let bench = &mut Bench::new(19);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ticket = ticket(sam, relay, bench, None, 2);
    let id = chosen(bench);
    let mut writer = Client::connect("writer", &ticket, relay, bench);
    begin(&mut writer);
    for count in 0..2_100 {
        writer.doc.put(ROOT, "count", count).unwrap();
        writer.doc.commit();
    }
    talk(&mut [&mut writer], relay, bench, &id);
    let row = DocumentRow::find(relay.conn(), &id).unwrap().unwrap();
    crate::sync::bulk::make_chunk(relay, &row).unwrap();
    writer.doc.put(ROOT, "count", "later").unwrap();
    writer.doc.commit();
    talk(&mut [&mut writer], relay, bench, &id);
    let mut reader = Client::connect("reader", &ticket, relay, bench);
    talk(&mut [&mut reader], relay, bench, &id);
    assert_eq!(client_heads(&mut reader), heads(relay, &id));
    assert!(reader.frames < 12, "{}", reader.frames);
    assert_eq!(reader.chunks, 1);
}

#[test]
fn who_asked_for_what_was_not_here_gets_it_once_it_is() {
    let bench = &mut Bench::new(20);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let sams = ticket(sam, relay, bench, None, 2);
    let anns = ticket(ann, relay, bench, None, 1);
    let id = chosen(bench);
    let mut reader = Client::connect("reader", &sams, relay, bench);
    let mut stranger = Client::connect("stranger", &anns, relay, bench);
    for client in [&mut reader, &mut stranger] {
        let request = client.requests(&id);
        let handled = client.session.handle_frame(relay, &request, &bench.env());
        handled.unwrap();
        talk(&mut [client], relay, bench, &id);
        assert_eq!(client.unavailable, [id]);
    }
    let mut writer = Client::connect("writer", &sams, relay, bench);
    begin(&mut writer);
    talk(
        &mut [&mut writer, &mut reader, &mut stranger],
        relay,
        bench,
        &id,
    );
    assert_eq!(client_heads(&mut reader), heads(relay, &id));
    // To whom it is not theirs it stays as if it were not here.
    assert!(client_heads(&mut stranger).is_empty());
    assert_eq!(stranger.unavailable, [id]);
}
