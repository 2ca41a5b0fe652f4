//! Sessions that a hostile peer drives: with any bytes, and with any messages that are sealed as
//! they should be, since whoever attacks has keys too. Everything happens in a transaction that is
//! taken back, so each input meets the same two replicas.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use automerge::sync::{State, SyncDoc as _};
use jiff::Timestamp;
use minicbor::{Decoder, Encoder};
use poo_core::document::DocumentId;
use poo_core::membership::Role;
use poo_core::model::{Answer, Command, NewTask, Outcome, Query, TaskFilter};
use poo_core::replica::{Env, Keyring, Replica, Ticket};
use poo_core::store::StoreError;
use poo_core::sync::{Admission, Fanout, Session, SessionError, TokenSession};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

/// The most steps of one input.
const STEPS_MAX: usize = 24;
/// The most frames that two sides exchange because of one input.
const FRAMES_MAX: usize = 20_000;

struct Moment {
    rng: ChaCha20Rng,
    now_ms: i64,
}

impl Moment {
    fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha20Rng::seed_from_u64(seed),
            now_ms: 1_790_000_000_000,
        }
    }

    fn env(&mut self) -> Env<'_> {
        self.now_ms += 1_000;
        Env {
            now: Timestamp::from_millisecond(self.now_ms).unwrap(),
            rng: &mut self.rng,
        }
    }
}

/// What two honest sides said to one another, and what stood in it.
#[derive(Debug, Default)]
struct Transcript {
    list: Option<DocumentId>,
    to_relay: Vec<Vec<u8>>,
    to_client: Vec<Vec<u8>>,
    links: Vec<String>,
}

/// A relay and a client that has something which the relay does not.
struct Pair {
    relay: Replica,
    sam: Replica,
    list: DocumentId,
    ticket: Ticket,
}

fn task(sam: &mut Replica, list: DocumentId, title: &str, moment: &mut Moment) {
    let task = NewTask {
        title: title.to_owned(),
        notes: Some("With notes".to_owned()),
        tags: vec!["home".to_owned()],
        ..NewTask::default()
    };
    let command = Command::CreateTask { list, task };
    sam.execute(&command, &mut moment.env()).unwrap();
}

impl Pair {
    fn new() -> (Self, Transcript) {
        let moment = &mut Moment::new(1);
        let keys = Keyring::generate(&mut moment.env());
        let mut relay = Replica::in_memory(keys).unwrap();
        relay.begin_epoch(&mut moment.env()).unwrap();
        let keys = Keyring::generate(&mut moment.env());
        let mut sam = Replica::in_memory(keys).unwrap();
        sam.found("Sam", &mut moment.env()).unwrap();
        sam.set_relay("ws://127.0.0.1:1", Some(relay.did()))
            .unwrap();
        let title = "Plans".to_owned();
        let made = sam.execute(&Command::CreateList { title }, &mut moment.env());
        let Ok(Outcome::List { list }) = made else {
            panic!("{made:?}")
        };
        task(&mut sam, list, "Acknowledged", moment);
        let ticket = Command::CreateTicket {
            list: None,
            uses: Some(1_000),
            expires_in_s: None,
        };
        let made = sam.execute(&ticket, &mut moment.env());
        let Ok(Outcome::Ticket { url, .. }) = made else {
            panic!("{made:?}")
        };
        let ticket: Ticket = url.rsplit_once('/').unwrap().1.parse().unwrap();
        let mut links = vec![ticket.to_string()];
        let share = Command::Share {
            list,
            role: Role::Editor,
            expires_in_s: None,
        };
        for command in [share, Command::LinkDevice] {
            match sam.execute(&command, &mut moment.env()) {
                Ok(Outcome::Invite { link, .. } | Outcome::DeviceLink { link, .. }) => {
                    links.push(link.to_string());
                }
                other => panic!("{other:?}"),
            }
        }
        let mut transcript = Transcript {
            list: Some(list),
            links,
            ..Transcript::default()
        };
        let mut wire = Wire::open(&mut relay, &mut sam, moment);
        wire.exchange(&mut relay, &mut sam, moment, Some(&mut transcript));
        assert!(wire.client.is_in_sync());
        task(&mut sam, list, "Fresh", moment);
        wire.client.notify_document(&list);
        // What comes next is heard by nobody.
        while let Some(frame) = wire.client.poll_transmit(&sam).unwrap() {
            transcript.to_relay.push(frame);
        }
        let pair = Self {
            relay,
            sam,
            list,
            ticket,
        };
        (pair, transcript)
    }
}

struct Wire {
    client: Session,
    relay: Session,
    frames: usize,
}

impl Wire {
    fn open(relay: &mut Replica, sam: &mut Replica, moment: &mut Moment) -> Self {
        Self {
            client: Session::client(sam, Some(relay.did()), &mut moment.env()),
            relay: Session::relay(relay, Admission::Open, &mut moment.env()).unwrap(),
            frames: 0,
        }
    }

    fn exchange(
        &mut self,
        relay: &mut Replica,
        sam: &mut Replica,
        moment: &mut Moment,
        mut transcript: Option<&mut Transcript>,
    ) {
        loop {
            let mut quiet = true;
            while let Some(frame) = self.relay.poll_transmit(relay).unwrap() {
                quiet = false;
                self.count();
                if let Some(transcript) = &mut transcript {
                    transcript.to_client.push(frame.clone());
                }
                judge(self.client.handle_frame(sam, &frame, &mut moment.env()));
            }
            while let Some(frame) = self.client.poll_transmit(sam).unwrap() {
                quiet = false;
                self.count();
                if let Some(transcript) = &mut transcript {
                    transcript.to_relay.push(frame.clone());
                }
                judge(self.relay.handle_frame(relay, &frame, &mut moment.env()));
            }
            while self.client.poll_event().is_some() {}
            let _heard = self.relay.take_effects();
            if quiet {
                return;
            }
        }
    }

    fn count(&mut self) {
        self.frames += 1;
        assert!(self.frames < FRAMES_MAX, "the two sides talk for ever");
    }
}

/// Nothing that comes from outside may be a failure of the database. Whether the session goes on.
fn judge(handled: Result<(), SessionError>) -> bool {
    match handled {
        Ok(()) => true,
        Err(SessionError::Store(error)) => panic!("a frame made the database fail: {error}"),
        Err(_) => false,
    }
}

thread_local! {
    static PAIR: RefCell<Pair> = RefCell::new(Pair::new().0);
}

/// Fails what ran, so that nothing of it stays.
struct TakeBack;

impl From<StoreError> for TakeBack {
    fn from(error: StoreError) -> Self {
        panic!("the database fails: {error}");
    }
}

fn with_pair(work: impl FnOnce(&mut Replica, &mut Replica, DocumentId, &Ticket)) {
    PAIR.with_borrow_mut(|pair| {
        let (list, ticket) = (pair.list, pair.ticket.clone());
        let (relay, sam) = (&mut pair.relay, &mut pair.sam);
        let _taken_back: Result<(), TakeBack> = relay.batch(|relay| {
            sam.batch(|sam| -> Result<(), TakeBack> {
                work(relay, sam, list, &ticket);
                Err(TakeBack)
            })
        });
    });
}

fn titles(replica: &Replica, list: DocumentId) -> BTreeSet<String> {
    let query = Query::Tasks {
        list: Some(list),
        filter: TaskFilter::default(),
        limit: None,
        cursor: None,
    };
    match replica.query(&query, Timestamp::UNIX_EPOCH) {
        Ok(Answer::Tasks(page)) => page.items.into_iter().map(|task| task.title).collect(),
        Ok(other) => panic!("{other:?}"),
        Err(_) => BTreeSet::new(),
    }
}

/// The parts of an input: a kind and some bytes each.
fn steps(data: &[u8]) -> Vec<(u8, &[u8])> {
    let mut all = Vec::new();
    let mut rest = data;
    while let [kind, high, low, more @ ..] = rest {
        if all.len() == STEPS_MAX {
            break;
        }
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(more.len());
        let (part, next) = more.split_at(length);
        all.push((*kind, part));
        rest = next;
    }
    all
}

fn step(kind: u8, part: &[u8]) -> Vec<u8> {
    let length = u16::try_from(part.len()).unwrap_or(u16::MAX);
    let mut out = vec![kind];
    out.extend(length.to_be_bytes());
    out.extend(&part[..usize::from(length)]);
    out
}

pub(super) fn session(data: &[u8]) {
    with_pair(|relay, sam, list, _| {
        let moment = &mut Moment::new(2);
        let before = titles(relay, list);
        let mut wire = Wire::open(relay, sam, moment);
        for (kind, part) in steps(data) {
            let goes_on = match kind % 7 {
                0 => judge(wire.relay.handle_frame(relay, part, &mut moment.env())),
                1 => judge(wire.client.handle_frame(sam, part, &mut moment.env())),
                2 => match wire.client.seal_by_hand(part) {
                    Some(frame) => judge(wire.relay.handle_frame(relay, &frame, &mut moment.env())),
                    None => true,
                },
                3 => match wire.relay.seal_by_hand(part) {
                    Some(frame) => judge(wire.client.handle_frame(sam, &frame, &mut moment.env())),
                    None => true,
                },
                4 => {
                    // A frame is lost.
                    let _lost = wire.client.poll_transmit(sam).unwrap();
                    true
                }
                5 => {
                    let _lost = wire.relay.poll_transmit(relay).unwrap();
                    true
                }
                _ => {
                    wire.exchange(relay, sam, moment, None);
                    true
                }
            };
            if !goes_on {
                wire = Wire::open(relay, sam, moment);
            }
        }
        wire.exchange(relay, sam, moment, None);
        // Nobody but Sam can write, and an honest session brings all of that.
        let mut wire = Wire::open(relay, sam, moment);
        wire.exchange(relay, sam, moment, None);
        let all: BTreeSet<String> = titles(sam, list);
        assert!(all.is_superset(&before));
        assert_eq!(all.len(), before.len() + 1);
        let after = titles(relay, list);
        assert!(after == all || after == before, "{after:?}");
    });
}

fn transcript() -> &'static Transcript {
    static MADE: OnceLock<Transcript> = OnceLock::new();
    MADE.get_or_init(|| Pair::new().1)
}

/// What is inside a sealed frame.
fn unsealed(frame: &[u8]) -> Option<Vec<u8>> {
    let mut message = Decoder::new(frame);
    message.tag().ok()?;
    message.array().ok()?;
    message.skip().ok()?;
    message.skip().ok()?;
    let payload = message.bytes().ok()?;
    let mut fields = Decoder::new(payload);
    fields.array().ok()?;
    for _ in 0..3 {
        fields.skip().ok()?;
    }
    payload.get(fields.position()..).map(<[u8]>::to_vec)
}

pub(super) fn session_seeds() -> Vec<Vec<u8>> {
    let transcript = transcript();
    let honest = step(6, &[]);
    let mut seeds = vec![honest.clone()];
    for (frames, raw, sealed) in [(&transcript.to_relay, 0, 2), (&transcript.to_client, 1, 3)] {
        for frame in frames {
            let frame = match unsealed(frame) {
                Some(message) => step(sealed, &message),
                None => step(raw, frame),
            };
            seeds.push([honest.clone(), frame.clone(), step(4, &[]), frame].concat());
        }
    }
    seeds
}

pub(super) fn token(data: &[u8]) {
    with_pair(|relay, _, list, ticket| {
        let moment = &mut Moment::new(3);
        let before = titles(relay, list);
        let env = moment.env();
        let session = TokenSession::new(relay, ticket.clone(), Admission::Open, &env).unwrap();
        let mut session = session.unwrap();
        let mut fanout = Fanout::default();
        let mut frames = 0;
        for (_, part) in steps(data) {
            if !judge(session.handle_frame(relay, part, &moment.env())) {
                break;
            }
            session.settle(relay, &mut moment.env()).unwrap();
            while session.poll_transmit(relay, &mut fanout).unwrap().is_some() {
                frames += 1;
                assert!(frames < FRAMES_MAX, "it talks for ever");
            }
            let _heard = session.take_effects();
        }
        // A ticket lets its bearer write: what was there stays in the document all the same.
        let read = titles(relay, list);
        assert!(read.len() <= before.len() + STEPS_MAX * 1_000);
    });
}

/// A message of automerge-repo's protocol.
fn repo(fields: &[(&str, &str)], document: Option<(&DocumentId, &[u8])>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut e = Encoder::new(&mut out);
    let extra = if document.is_some() { 2 } else { 1 };
    e.map(fields.len() as u64 + extra).unwrap();
    for (name, value) in fields {
        e.str(name).unwrap().str(value).unwrap();
    }
    match document {
        Some((id, data)) => {
            e.str("documentId").unwrap().str(&id.to_string()).unwrap();
            e.str("data").unwrap().bytes(data).unwrap();
        }
        None => {
            let versions = e.str("supportedProtocolVersions").unwrap();
            versions.array(1).unwrap().str("1").unwrap();
        }
    }
    out
}

pub(super) fn token_seeds() -> Vec<Vec<u8>> {
    let transcript = transcript();
    let list = transcript.list.unwrap();
    let join = step(0, &repo(&[("type", "join"), ("senderId", "me")], None));
    let route = |kind| [("type", kind), ("senderId", "me"), ("targetId", "relay")];
    let mut seeds = vec![join.clone()];
    let mut doc = automerge::AutoCommit::new();
    let empty = doc.sync().generate_sync_message(&mut State::new());
    let mut data = vec![empty.unwrap().encode()];
    for change in World::new().changes() {
        let change = automerge::Change::from_bytes(change).unwrap();
        if doc.apply_changes([change]).is_err() {
            continue;
        }
        let message = doc.sync().generate_sync_message(&mut State::new());
        data.push(message.unwrap().encode());
    }
    for data in &data {
        for kind in ["request", "sync", "ephemeral"] {
            let frame = step(0, &repo(&route(kind), Some((&list, data))));
            seeds.push([join.clone(), frame].concat());
        }
    }
    seeds
}

/// What stood in the messages of two honest sides.
pub(super) struct World {
    statements: Vec<Vec<u8>>,
    tips: Vec<Vec<u8>>,
    /// Each with its document.
    changes: Vec<(Vec<u8>, Vec<u8>)>,
}

impl World {
    pub(super) fn new() -> Self {
        let mut world = Self {
            statements: Vec::new(),
            tips: Vec::new(),
            changes: Vec::new(),
        };
        for frame in &transcript().to_relay {
            let _other_message = world.read(frame);
        }
        assert!(!world.changes.is_empty() && !world.tips.is_empty());
        assert!(!world.statements.is_empty());
        world
    }

    /// Takes apart a message with changes: `[1, [{2: statements, 3: tips, 4: changes}]]`.
    fn read(&mut self, frame: &[u8]) -> Option<()> {
        let mut d = Decoder::new(frame);
        d.array().ok()?;
        if d.u8().ok()? != 1 {
            return None;
        }
        d.array().ok()?;
        let mut document = Vec::new();
        for _ in 0..d.map().ok()?? {
            let key = d.u8().ok()?;
            match key {
                0 => {
                    document = d.bytes().ok()?.to_vec();
                    continue;
                }
                1 => {
                    d.skip().ok()?;
                    continue;
                }
                _ => {}
            }
            for _ in 0..d.array().ok()?? {
                let begin = d.position();
                d.skip().ok()?;
                let item = frame.get(begin..d.position())?;
                match key {
                    2 => self
                        .statements
                        .push(Decoder::new(item).bytes().ok()?.to_vec()),
                    3 => self.tips.push(item.to_vec()),
                    _ => {
                        let bytes = Decoder::new(item).bytes().ok()?.to_vec();
                        self.changes.push((document.clone(), bytes));
                    }
                }
            }
        }
        Some(())
    }

    pub(super) fn list_id() -> DocumentId {
        transcript().list.unwrap()
    }

    pub(super) fn links(&self) -> Vec<String> {
        transcript().links.clone()
    }

    pub(super) fn changes(&self) -> Vec<Vec<u8>> {
        self.changes
            .iter()
            .map(|(_, bytes)| bytes.clone())
            .collect()
    }

    pub(super) fn list_changes(&self) -> Vec<Vec<u8>> {
        let list = Self::list_id();
        let of_list = |change: &&(Vec<u8>, Vec<u8>)| change.0 == list.as_bytes();
        let all = self.changes.iter().filter(of_list);
        all.map(|(_, bytes)| bytes.clone()).collect()
    }

    pub(super) fn tips(&self) -> Vec<Vec<u8>> {
        self.tips.clone()
    }

    pub(super) fn statements(&self) -> Vec<Vec<u8>> {
        self.statements.clone()
    }
}
