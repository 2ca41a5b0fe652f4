//! Clients that run Automerge's own sync and show a ticket instead of a key.

use automerge::sync::{Message, State, SyncDoc as _};
use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{ActorId, AutoCommit, ChangeHash, ObjType, ROOT, ReadDoc as _};
use minicbor::{Decoder, Encoder};
use poo_core::document::DocumentId;
use poo_core::model::{Command, Outcome};
use poo_core::replica::Ticket;
use rand_core::Rng as _;

use super::ledger;
use super::machine::Machine;
use super::network::{Conn, End};
use super::world::{Happening, World};

pub(super) struct Stock {
    pub(super) name: String,
    ticket: Ticket,
    /// For whom it acts.
    pub(super) person: usize,
    /// Whether the relay may sign for it.
    pub(super) writes: bool,
    pub(super) document: DocumentId,
    pub(super) doc: AutoCommit,
    state: State,
    pub(super) conn: Option<u64>,
    pub(super) ending: bool,
    machine: Machine,
    joined: bool,
}

impl Stock {
    fn says(&mut self) -> Option<Vec<u8>> {
        let message = self.doc.sync().generate_sync_message(&mut self.state)?;
        let kind = match self.doc.get_heads().is_empty() {
            true => "request",
            false => "sync",
        };
        let mut e = Encoder::new(Vec::new());
        e.map(5).unwrap().str("type").unwrap().str(kind).unwrap();
        e.str("senderId").unwrap().str(&self.name).unwrap();
        e.str("targetId").unwrap().str("relay").unwrap();
        e.str("documentId").unwrap();
        e.str(&self.document.to_string()).unwrap();
        e.str("data").unwrap().bytes(&message.encode()).unwrap();
        Some(e.into_writer())
    }

    fn join(&self) -> Vec<u8> {
        let mut e = Encoder::new(Vec::new());
        e.map(4).unwrap().str("type").unwrap().str("join").unwrap();
        e.str("senderId").unwrap().str(&self.name).unwrap();
        e.str("peerMetadata").unwrap().map(0).unwrap();
        e.str("supportedProtocolVersions").unwrap();
        e.array(1).unwrap().str("1").unwrap();
        e.into_writer()
    }
}

/// The type of a message, and its document and data where it has them.
fn read(frame: &[u8]) -> Option<(String, Option<String>, Option<Vec<u8>>)> {
    let mut d = Decoder::new(frame);
    let (mut kind, mut document, mut data) = (None, None, None);
    for _ in 0..d.map().ok()?? {
        match d.str().ok()? {
            "type" => kind = Some(d.str().ok()?.to_owned()),
            "documentId" => document = Some(d.str().ok()?.to_owned()),
            "data" => data = Some(d.bytes().ok()?.to_vec()),
            _ => d.skip().ok()?,
        }
    }
    Some((kind?, document, data))
}

/// The document that a frame of a token session tells changes of, as far as its length shows:
/// a message without changes is short.
pub(super) fn document_told(frame: &[u8]) -> Option<DocumentId> {
    let (kind, document, data) = read(frame)?;
    let message = Message::decode(&data?).ok()?;
    let tells = !message.changes.is_empty() || !message.heads.is_empty();
    match kind.as_str() {
        "sync" | "request" if tells => document?.parse().ok(),
        _ => None,
    }
}

impl World {
    /// Somebody makes a ticket for a client of theirs.
    pub(super) fn set_up_stock(&mut self, number: usize) {
        let person = match self.rng.chance(60) {
            true => 0,
            false => self.rng.below(self.config.devices.len()),
        };
        let at = (self
            .devices
            .iter()
            .position(|device| device.person == person))
        .unwrap();
        let command = Command::CreateTicket {
            list: self.rng.chance(50).then_some(self.plans),
            uses: Some(1_000),
            expires_in_s: Some(300 * 86_400),
        };
        let Some(Outcome::Ticket { url, writes, .. }) = self.execute(at, &command) else {
            panic!("no ticket");
        };
        self.settle();
        let seed = self.rng.below(usize::MAX) as u64;
        let mut machine = Machine::new(&self.time, seed);
        let mut actor = [0; 16];
        machine.rng.fill_bytes(&mut actor);
        let stock = Stock {
            name: format!("stock-{number}-of-{}", self.people[person].name),
            ticket: url.rsplit_once('/').unwrap().1.parse().unwrap(),
            person,
            // One for all documents lets the relay sign in those that its maker owns.
            writes: writes && person == 0,
            document: self.plans,
            doc: AutoCommit::new().with_actor(ActorId::from(actor.to_vec())),
            state: State::new(),
            conn: None,
            ending: false,
            machine,
            joined: false,
        };
        self.stocks.push(stock);
    }

    /// Whether the relay knows that a client's ticket was taken back.
    pub(super) fn is_taken_back(&mut self, at: usize) -> bool {
        let ticket = &self.stocks[at].ticket;
        let disk = &mut self.relays[0].disk;
        disk.read(|conn| ledger::is_taken_back(conn, ticket))
    }

    /// A relay that knows that a ticket was taken back tells nothing to whoever came with it.
    pub(super) fn check_let_in(&mut self, at: usize) {
        // What waits for a slow reader was said before.
        assert!(
            self.config.slow || !self.is_taken_back(at),
            "{} is told something after its ticket was taken back",
            self.stocks[at].name
        );
    }

    pub(super) fn connect_stock(&mut self, at: usize) {
        let stock = &mut self.stocks[at];
        if stock.conn.is_some() {
            return;
        }
        let again = 2_000 + self.rng.below(20_000);
        let Some(desk) = &mut self.relays[0].desk else {
            if self.rough {
                self.after(again as i64, Happening::ConnectStock(at));
            }
            return;
        };
        let line = desk.connect(Some(stock.ticket.clone()));
        if desk.has_ended(line) {
            desk.disconnect(line);
            if self.rough {
                self.after(again as i64, Happening::ConnectStock(at));
            }
            return;
        }
        stock.joined = false;
        stock.ending = false;
        stock.state = match self.rng.chance(50) {
            // What a client keeps of a relay, or nothing.
            true => State::decode(&stock.state.encode()).unwrap(),
            false => State::new(),
        };
        let join = stock.join();
        let conn = self.number();
        self.stocks[at].conn = Some(conn);
        self.conns.insert(conn, Conn::new(End::Stock(at), 0, line));
        self.tell(|| format!("{} connects as {conn}", self.stocks[at].name));
        self.send(conn, true, join);
    }

    pub(super) fn hear_stock(&mut self, at: usize, conn: u64, frame: &[u8]) {
        let stock = &mut self.stocks[at];
        if stock.conn != Some(conn) {
            return;
        }
        if frame.is_empty() {
            self.close(conn, "is ended by the relay");
            return;
        }
        let is_fair = self.conns.get(&conn).is_some_and(|conn| !conn.tampered);
        let Some((kind, _, data)) = read(frame) else {
            assert!(!is_fair, "a relay says what no stock client reads");
            self.close(conn, "cannot read a frame");
            return;
        };
        match kind.as_str() {
            "peer" => stock.joined = true,
            "sync" => {
                let message = data.and_then(|data| Message::decode(&data).ok());
                let taken = message.is_some_and(|message| {
                    let sync = &mut stock.doc.sync();
                    sync.receive_sync_message(&mut stock.state, message).is_ok()
                });
                if !taken {
                    assert!(!is_fair, "a relay says what Automerge does not take");
                    self.close(conn, "cannot read a message");
                    return;
                }
            }
            "error" => {
                let name = stock.name.clone();
                let is_over = self.is_taken_back(at);
                assert!(
                    !is_fair || is_over,
                    "the session of {name} ended for nothing"
                );
            }
            _ => {}
        }
        self.flush_stock(at);
    }

    fn flush_stock(&mut self, at: usize) {
        let stock = &mut self.stocks[at];
        let (Some(conn), true) = (stock.conn, stock.joined) else {
            return;
        };
        // One message for each that came, as clients do.
        if let Some(frame) = self.stocks[at].says() {
            self.send(conn, true, frame);
        }
    }

    /// Somebody uses a stock client: they change titles and what stands beside them.
    pub(super) fn act_stock(&mut self, at: usize) {
        let pause = 1 + self.rng.below(self.config.pause_ms);
        self.after(pause as i64, Happening::ActStock(at));
        let stock = &mut self.stocks[at];
        let Some((_, items)) = stock.doc.get(ROOT, "items").unwrap() else {
            return;
        };
        let keys: Vec<String> = stock.doc.keys(&items).collect();
        let Some(key) = self.rng.pick(&keys) else {
            return;
        };
        let Some((_, item)) = stock.doc.get(&items, key).unwrap() else {
            return;
        };
        match self.rng.below(3) {
            0 => {
                // As JavaScript writes strings.
                let text = stock.doc.put_object(&item, "title", ObjType::Text).unwrap();
                let word = format!("stock {}", self.rng.below(1_000));
                stock.doc.splice_text(&text, 0, 0, &word).unwrap();
            }
            1 => stock.doc.put(&item, "priority", "high").unwrap(),
            _ => stock.doc.put(&item, "status", "in_progress").unwrap(),
        }
        let time = stock.machine.now().as_second();
        stock
            .doc
            .commit_with(CommitOptions::default().with_time(time));
        self.tell(|| format!("{} writes", self.stocks[at].name));
        self.flush_stock(at);
    }

    /// In the end a client has all that the relay has, and the relay what the client may write.
    pub(super) fn check_stock(&mut self) {
        for at in 0..self.stocks.len() {
            let did = self.people[self.stocks[at].person].did;
            let is_over = self.is_taken_back(at);
            let stock = &mut self.stocks[at];
            let relay = &mut self.relays[0];
            let role = relay
                .disk
                .read(|conn| ledger::role(conn, &stock.document, &did));
            let there = (relay.disk).read(|conn| ledger::changes_of(conn, &stock.document));
            assert!(
                stock.conn.is_none() || !is_over,
                "{} is let in with a ticket that was taken back",
                stock.name
            );
            assert!(
                stock.conn.is_some() || is_over,
                "{} could not connect again",
                stock.name
            );
            if role.is_none() || is_over {
                continue;
            }
            for hash in &there {
                let known = stock.doc.get_change_by_hash(&ChangeHash(*hash));
                assert!(known.is_some(), "{} lacks a change", stock.name);
            }
            if role >= Some(1) && stock.writes {
                let own = stock.doc.get_actor().clone();
                for change in stock.doc.get_changes(&[]) {
                    // What builds on a signed change that is gone cannot be taken without it.
                    let takes = change.deps().iter().all(|dep| there.contains(&dep.0));
                    assert!(
                        there.contains(&change.hash().0) || !takes || *change.actor_id() != own,
                        "change {} of {} did not come through; it has {:?} of its own",
                        change.seq(),
                        stock.name,
                        (stock.doc.get_changes(&[]).iter())
                            .filter(|it| *it.actor_id() == own)
                            .map(|it| (it.seq(), there.contains(&it.hash().0)))
                            .collect::<Vec<_>>()
                    );
                }
            }
        }
    }
}
