//! Token sessions against Automerge's own sync, as stock clients run it: whatever they and signed
//! peers do, all end with the same document, nobody talks for ever, and nothing is said of what
//! is not theirs.

use std::collections::{BTreeMap, BTreeSet};

use automerge::sync::{Message, MessageVersion, State, SyncDoc as _};
use automerge::transaction::Transactable as _;
use automerge::{ActorId, AutoCommit, ObjType, ROOT, ReadDoc as _, ScalarValue};
use rand_chacha::rand_core::Rng as _;

use super::common::{
    Bench, edit_title, invite, join, list, person, relay, sync, task, titles, verify,
};
use crate::document::{DocumentId, DocumentKind};
use crate::membership::{Payload, Revoke, Role, Scope, Statement};
use crate::model::{Command, Outcome, Via};
use crate::replica::{Replica, Ticket};
use crate::store::{DocumentRow, statements};
use crate::sync::session::CONTROLS_MAX;
use crate::sync::token::frame::{self, Incoming, Route};
use crate::sync::{Admission, Effect, Fanout, TicketRefusal, TokenSession};

/// The most frames that any exchange here may take. Talking for ever would take more.
const FRAMES_MAX: usize = 400;

/// Makes a ticket and lets the relay know of it.
fn ticket(
    who: &mut Replica,
    relay: &mut Replica,
    bench: &mut Bench,
    only: Option<DocumentId>,
    uses: u32,
) -> Ticket {
    let command = Command::CreateTicket {
        list: only,
        uses: Some(uses),
        expires_in_s: Some(3600),
    };
    let Outcome::Ticket { url, .. } = who.execute(&command, &mut bench.env()).unwrap() else {
        panic!("no ticket");
    };
    sync(who, relay, bench);
    url.rsplit_once('/').unwrap().1.parse().unwrap()
}

/// A client that runs Automerge's own sync.
struct Client {
    name: String,
    doc: AutoCommit,
    state: State,
    session: TokenSession,
    /// Documents that the relay said it has nothing of.
    unavailable: Vec<DocumentId>,
    /// What the relay said that is neither.
    heard: Vec<Incoming>,
    frames: usize,
    /// Messages that brought most of a document at once.
    chunks: usize,
}

impl Client {
    fn connect(name: &str, ticket: &Ticket, relay: &mut Replica, bench: &mut Bench) -> Self {
        let session =
            TokenSession::new(relay, ticket.clone(), Admission::Open, &bench.env()).unwrap();
        let mut client = Self {
            name: name.to_owned(),
            doc: AutoCommit::new(),
            state: State::new(),
            session: session.unwrap(),
            unavailable: Vec::new(),
            heard: Vec::new(),
            frames: 0,
            chunks: 0,
        };
        client.join(relay, bench);
        client
    }

    fn join(&mut self, relay: &mut Replica, bench: &mut Bench) {
        let frame = join_frame(&self.name);
        self.session
            .handle_frame(relay, &frame, &bench.env())
            .unwrap();
        let answer = self
            .session
            .poll_transmit(relay, &mut Fanout::default())
            .unwrap()
            .unwrap();
        assert_eq!(frame::decode(&answer).unwrap(), Incoming::Other);
    }

    /// A new connection; what the client knows of the relay is kept as clients keep it, or lost.
    fn reconnect(&mut self, ticket: &Ticket, relay: &mut Replica, bench: &mut Bench, keep: bool) {
        let session =
            TokenSession::new(relay, ticket.clone(), Admission::Open, &bench.env()).unwrap();
        self.session = session.unwrap();
        self.state = match keep {
            true => State::decode(&self.state.encode()).unwrap(),
            false => State::new(),
        };
        self.join(relay, bench);
    }

    fn says(&mut self, document: &DocumentId) -> Option<Vec<u8>> {
        let message = self.doc.sync().generate_sync_message(&mut self.state)?;
        self.frames += 1;
        Some(frame::sync(self.route(), document, &message.encode()))
    }

    fn route(&self) -> Route<'_> {
        Route {
            sender: &self.name,
            target: "relay",
        }
    }

    fn hears(&mut self, document: &DocumentId, bytes: &[u8]) {
        self.frames += 1;
        match frame::decode(bytes).unwrap() {
            Incoming::Sync {
                document: of, data, ..
            } => {
                assert_eq!(of, *document);
                let message = Message::decode(&data).unwrap();
                self.chunks += usize::from(message.version == MessageVersion::V2);
                self.doc
                    .sync()
                    .receive_sync_message(&mut self.state, message)
                    .unwrap();
            }
            Incoming::Unavailable => self.unavailable.push(*document),
            other => self.heard.push(other),
        }
    }
}

fn join_frame(name: &str) -> Vec<u8> {
    let mut e = minicbor::Encoder::new(Vec::new());
    e.map(3).unwrap().str("type").unwrap().str("join").unwrap();
    e.str("senderId").unwrap().str(name).unwrap();
    e.str("supportedProtocolVersions").unwrap();
    e.array(1).unwrap().str("1").unwrap();
    e.into_writer()
}

/// Lets clients and the relay talk until nobody has anything to say.
fn talk(
    clients: &mut [&mut Client],
    relay: &mut Replica,
    bench: &mut Bench,
    document: &DocumentId,
) {
    let before: usize = clients.iter().map(|client| client.frames).sum();
    loop {
        let mut quiet = true;
        let mut effects = Vec::new();
        relay
            .batch(|relay| {
                for client in clients.iter_mut() {
                    while let Some(frame) = client.says(document) {
                        quiet = false;
                        let handled = client.session.handle_frame(relay, &frame, &bench.env());
                        handled.unwrap();
                    }
                    client.session.settle(relay, &mut bench.env())?;
                    effects.extend(client.session.take_effects());
                }
                Ok::<_, crate::store::StoreError>(())
            })
            .unwrap();
        for effect in &effects {
            if let Effect::Document(document) = effect {
                for client in clients.iter_mut() {
                    client.session.notify_document(relay, document).unwrap();
                }
            }
        }
        let mut fanout = Fanout::default();
        for client in clients.iter_mut() {
            while let Some(frame) = client.session.poll_transmit(relay, &mut fanout).unwrap() {
                quiet = false;
                client.hears(document, &frame);
            }
        }
        let frames: usize = clients.iter().map(|client| client.frames).sum();
        assert!(frames - before < FRAMES_MAX, "they talk for ever");
        if quiet {
            return;
        }
    }
}

fn heads(relay: &Replica, document: &DocumentId) -> Vec<[u8; 32]> {
    let row = DocumentRow::find(relay.conn(), document).unwrap().unwrap();
    row.heads.iter().map(|head| *head.as_bytes()).collect()
}

fn client_heads(client: &mut Client) -> Vec<[u8; 32]> {
    let mut heads: Vec<_> = client.doc.get_heads().iter().map(|head| head.0).collect();
    heads.sort_unstable();
    heads
}

fn edit(client: &mut Client, bench: &mut Bench) {
    let pick = |bench: &mut Bench, max: usize| bench.rng.next_u32() as usize % max;
    for _ in 0..1 + pick(bench, 3) {
        let doc = &mut client.doc;
        let Some((_, rows)) = doc.get(ROOT, "rows").unwrap() else {
            return;
        };
        let len = doc.length(&rows);
        match pick(bench, 8) {
            0 => doc.put(ROOT, "title", bench.rng.next_u32() as i64).unwrap(),
            1 => doc.insert(&rows, pick(bench, len + 1), "row").unwrap(),
            2 if len > 0 => doc.delete(&rows, pick(bench, len)).unwrap(),
            3 if len > 0 => doc.put(&rows, pick(bench, len), "over").unwrap(),
            4 => doc.increment(ROOT, "count", 1).unwrap(),
            5 => {
                let row = doc.insert_object(&rows, 0, ObjType::Map).unwrap();
                doc.put(&row, "k", 1_i64).unwrap();
            }
            6 => {
                let (_, text) = doc.get(ROOT, "text").unwrap().unwrap();
                doc.splice_text(&text, 0, 0, "word ").unwrap();
            }
            _ => {
                let text = "a long text that is deflated ".repeat(20);
                doc.put(ROOT, "long", text).unwrap();
            }
        }
        client.doc.commit();
    }
}

fn begin(client: &mut Client) {
    client.doc = AutoCommit::new().with_actor(ActorId::random());
    let doc = &mut client.doc;
    doc.put_object(ROOT, "rows", ObjType::List).unwrap();
    doc.put_object(ROOT, "text", ObjType::Text).unwrap();
    doc.put(ROOT, "count", ScalarValue::counter(0)).unwrap();
    doc.commit();
}

/// A document whose id no owner chose.
fn chosen(bench: &mut Bench) -> DocumentId {
    let mut bytes = [0; 16];
    bench.rng.fill_bytes(&mut bytes);
    DocumentId::from_bytes(bytes)
}

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
        let message = client.doc.sync().generate_sync_message(&mut client.state);
        let frame = frame::sync(client.route(), &document, &message.unwrap().encode());
        // The kind of a message that obliges the relay to answer.
        let frame: Vec<u8> = replace(&frame, b"dsync", b"grequest");
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

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|w| w == from).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
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
    assert_eq!(told.unwrap_err().code(), "bad-device");
    let again = TokenSession::new(relay, ticket, Admission::Open, &bench.env()).unwrap();
    assert_eq!(again.err(), Some(TicketRefusal::Device));
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
