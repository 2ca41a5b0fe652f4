//! Stock clients as tests run them: Automerge's own sync over a token session.

use automerge::sync::{Message, MessageVersion, State, SyncDoc as _};
use automerge::transaction::Transactable as _;
use automerge::{ActorId, AutoCommit, ObjType, ROOT, ReadDoc as _, ScalarValue};
use rand_chacha::rand_core::Rng as _;

use super::super::common::{Bench, sync};
use crate::document::DocumentId;
use crate::model::{Command, Outcome};
use crate::replica::{Replica, Ticket};
use crate::store::DocumentRow;
use crate::sync::token::frame::{self, Incoming, Route};
use crate::sync::{Admission, Effect, Fanout, TokenSession};

/// The most frames that any exchange here may take. Talking for ever would take more.
const FRAMES_MAX: usize = 400;

/// Makes a ticket and lets the relay know of it.
pub(super) fn ticket(
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
pub(super) struct Client {
    pub(super) name: String,
    pub(super) doc: AutoCommit,
    pub(super) state: State,
    pub(super) session: TokenSession,
    /// Documents that the relay said it has nothing of.
    pub(super) unavailable: Vec<DocumentId>,
    /// What the relay said that is neither.
    pub(super) heard: Vec<Incoming>,
    pub(super) frames: usize,
    /// Messages that brought most of a document at once.
    pub(super) chunks: usize,
}

impl Client {
    pub(super) fn connect(
        name: &str,
        ticket: &Ticket,
        relay: &mut Replica,
        bench: &mut Bench,
    ) -> Self {
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

    pub(super) fn join(&mut self, relay: &mut Replica, bench: &mut Bench) {
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
    pub(super) fn reconnect(
        &mut self,
        ticket: &Ticket,
        relay: &mut Replica,
        bench: &mut Bench,
        keep: bool,
    ) {
        let session =
            TokenSession::new(relay, ticket.clone(), Admission::Open, &bench.env()).unwrap();
        self.session = session.unwrap();
        self.state = match keep {
            true => State::decode(&self.state.encode()).unwrap(),
            false => State::new(),
        };
        self.join(relay, bench);
    }

    pub(super) fn says(&mut self, document: &DocumentId) -> Option<Vec<u8>> {
        let message = self.doc.sync().generate_sync_message(&mut self.state)?;
        self.frames += 1;
        Some(frame::sync(self.route(), document, &message.encode()))
    }

    /// Asks for a document: the kind of a message that obliges the relay to answer.
    pub(super) fn requests(&mut self, document: &DocumentId) -> Vec<u8> {
        let frame = self.says(document).unwrap();
        replace(&frame, b"dsync", b"grequest")
    }

    pub(super) fn route(&self) -> Route<'_> {
        Route {
            sender: &self.name,
            target: "relay",
        }
    }

    pub(super) fn hears(&mut self, document: &DocumentId, bytes: &[u8]) {
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

pub(super) fn join_frame(name: &str) -> Vec<u8> {
    let mut e = minicbor::Encoder::new(Vec::new());
    e.map(3).unwrap().str("type").unwrap().str("join").unwrap();
    e.str("senderId").unwrap().str(name).unwrap();
    e.str("supportedProtocolVersions").unwrap();
    e.array(1).unwrap().str("1").unwrap();
    e.into_writer()
}

/// Lets clients and the relay talk until nobody has anything to say.
pub(super) fn talk(
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

pub(super) fn heads(relay: &Replica, document: &DocumentId) -> Vec<[u8; 32]> {
    let row = DocumentRow::find(relay.conn(), document).unwrap().unwrap();
    row.heads.iter().map(|head| *head.as_bytes()).collect()
}

pub(super) fn client_heads(client: &mut Client) -> Vec<[u8; 32]> {
    let mut heads: Vec<_> = client.doc.get_heads().iter().map(|head| head.0).collect();
    heads.sort_unstable();
    heads
}

pub(super) fn edit(client: &mut Client, bench: &mut Bench) {
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

pub(super) fn begin(client: &mut Client) {
    client.doc = AutoCommit::new().with_actor(ActorId::random());
    let doc = &mut client.doc;
    doc.put_object(ROOT, "rows", ObjType::List).unwrap();
    doc.put_object(ROOT, "text", ObjType::Text).unwrap();
    doc.put(ROOT, "count", ScalarValue::counter(0)).unwrap();
    doc.commit();
}

/// A document whose id no owner chose.
pub(super) fn chosen(bench: &mut Bench) -> DocumentId {
    let mut bytes = [0; 16];
    bench.rng.fill_bytes(&mut bytes);
    DocumentId::from_bytes(bytes)
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|w| w == from).unwrap();
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}
