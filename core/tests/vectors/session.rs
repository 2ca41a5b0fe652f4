//! Whole sessions between clients and a relay, frame by frame. For every sealed frame the
//! external data is put together by hand and the signature checked against it.

use coset::{CoseSign1, TaggedCborSerializable as _};
use jiff::Timestamp;
use minicbor::{Decoder, Encoder};
use poo_core::document::DocumentId;
use poo_core::identity::PublicKey;
use poo_core::membership::Role;
use poo_core::model::{BlobHash, Command, NewFile, NewTask, Outcome, TaskId};
use poo_core::replica::{Env, Keyring, Link, Replica};
use poo_core::sync::{Admission, PresenceMessage, PresenceState, Session, Voice};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};

use crate::{
    ANN, ANN_DEVICE, NOW_MS, RELAY, SAM, SAM_DEVICE, VIC, VIC_DEVICE, diagnostic, did, hex, key,
    sha256,
};

const CONTROLS: [&str; 16] = [
    "join",
    "peer",
    "have",
    "nack",
    "catalog-since",
    "catalog",
    "redeem",
    "box-put",
    "box-get",
    "box-content",
    "admit",
    "admitted",
    "bye",
    "blob-have",
    "blob-want",
    "blob-nack",
];
const DATA: [&str; 5] = ["challenge", "changes", "ephemeral", "chunk", "blob-chunk"];

pub(crate) struct Clock {
    pub(crate) rng: ChaCha20Rng,
}

impl Clock {
    pub(crate) fn env(&mut self) -> Env<'_> {
        Env {
            now: Timestamp::from_millisecond(NOW_MS).unwrap(),
            rng: &mut self.rng,
        }
    }
}

pub(crate) fn keyring(identity: u8, device: u8) -> Keyring {
    Keyring {
        did: did(identity),
        device: key(device),
        identity: Some(key(identity)),
        witnesses: false,
    }
}

pub(crate) fn person(clock: &mut Clock, identity: u8, device: u8, name: &str) -> Replica {
    let mut replica = Replica::in_memory(keyring(identity, device)).unwrap();
    replica
        .set_relay("ws://127.0.0.1:8787", Some(did(RELAY)))
        .unwrap();
    replica.found(name, &mut clock.env()).unwrap();
    replica
}

/// One session and what was said in it.
pub(crate) struct Talk {
    pub(crate) client: Session,
    relay: Session,
    pub(crate) notes: Notes,
}

/// The frames of a session, taken apart.
pub(crate) struct Notes {
    client_key: PublicKey,
    nonces: Vec<[u8; 32]>,
    counters: [u64; 2],
    pub(crate) frames: Vec<Value>,
}

impl Talk {
    pub(crate) fn new(replica: &Replica, relay: &Replica, clock: &mut Clock) -> Self {
        Self {
            client: Session::client(replica, Some(did(RELAY)), &mut clock.env()),
            relay: Session::relay(relay, Admission::Invite, &mut clock.env()).unwrap(),
            notes: Notes::new(replica.keys().device.public()),
        }
    }

    /// Carries the first three frames: challenge, join, peer.
    pub(crate) fn handshake(
        &mut self,
        client: &mut Replica,
        relay: &mut Replica,
        clock: &mut Clock,
    ) {
        for to_client in [true, false, true] {
            if to_client {
                let frame = self.relay.poll_transmit(relay).unwrap().unwrap();
                self.notes.note(&frame, true);
                client
                    .batch(|c| self.client.handle_frame(c, &frame, &mut clock.env()))
                    .unwrap();
            } else {
                let frame = self.client.poll_transmit(client).unwrap().unwrap();
                self.notes.note(&frame, false);
                relay
                    .batch(|r| self.relay.handle_frame(r, &frame, &mut clock.env()))
                    .unwrap();
            }
        }
    }

    /// Carries frames until both are quiet.
    pub(crate) fn run(&mut self, client: &mut Replica, relay: &mut Replica, clock: &mut Clock) {
        loop {
            let mut quiet = true;
            while let Some(frame) = self.relay.poll_transmit(relay).unwrap() {
                quiet = false;
                self.notes.note(&frame, true);
                // A goodbye ends the client's session, which is what it says.
                let _taken =
                    client.batch(|c| self.client.handle_frame(c, &frame, &mut clock.env()));
            }
            while let Some(frame) = self.client.poll_transmit(client).unwrap() {
                quiet = false;
                self.notes.note(&frame, false);
                relay
                    .batch(|r| self.relay.handle_frame(r, &frame, &mut clock.env()))
                    .unwrap();
            }
            if quiet {
                return;
            }
        }
    }

    fn done(self, name: &str, says: &str, secret: Option<String>) -> Value {
        self.notes.done(name, says, secret)
    }
}

impl Notes {
    pub(crate) fn new(client_key: PublicKey) -> Self {
        Self {
            client_key,
            nonces: Vec::new(),
            counters: [0, 0],
            frames: Vec::new(),
        }
    }

    pub(crate) fn note(&mut self, frame: &[u8], to_client: bool) {
        let direction = if to_client { "toClient" } else { "toRelay" };
        let noted = if frame.first() == Some(&0xd2) {
            self.sealed(frame, to_client)
        } else {
            let mut d = Decoder::new(frame);
            assert_eq!(d.array().unwrap(), Some(2));
            let kind = DATA[d.u32().unwrap() as usize];
            if kind == "challenge" {
                assert_eq!(d.array().unwrap(), Some(3));
                assert_eq!(d.u32().unwrap(), 1);
                assert_eq!(d.bytes().unwrap(), did(RELAY).key().as_ref());
                self.nonces.push(d.bytes().unwrap().try_into().unwrap());
            }
            json!({
                "direction": direction,
                "kind": kind,
                "frame": hex(frame),
                "diagnostic": diagnostic(frame),
                "signedBytes": (kind == "ephemeral").then(|| hex(ephemeral_signed(frame))),
            })
        };
        self.frames.push(noted);
    }

    fn sealed(&mut self, frame: &[u8], to_client: bool) -> Value {
        let message = CoseSign1::from_tagged_slice(frame).unwrap();
        let payload = message.payload.clone().unwrap();
        let mut d = Decoder::new(&payload);
        assert_eq!(d.array().unwrap(), Some(4));
        assert_eq!(d.bytes().unwrap(), did(RELAY).key().as_ref());
        let session: [u8; 16] = d.bytes().unwrap().try_into().unwrap();
        let counter = d.u64().unwrap();
        assert_eq!(d.array().unwrap(), Some(2));
        let kind = CONTROLS[d.u32().unwrap() as usize];
        if kind == "join" {
            assert_eq!(d.array().unwrap(), Some(3));
            d.skip().unwrap();
            d.skip().unwrap();
            self.nonces.push(d.bytes().unwrap().try_into().unwrap());
        }
        let (relay_nonce, client_nonce) = (self.nonces[0], self.nonces[1]);
        assert_eq!(session, sha256(&[&client_nonce, &relay_nonce])[..16]);
        let expected = &mut self.counters[usize::from(to_client)];
        assert_eq!(counter, *expected);
        *expected += 1;

        let mut external = Vec::new();
        let mut e = Encoder::new(&mut external);
        e.array(7).unwrap();
        e.str("poo/session/v1").unwrap();
        e.bytes(self.client_key.as_ref()).unwrap();
        e.str(&did(RELAY).to_string()).unwrap();
        e.bytes(&client_nonce).unwrap();
        e.bytes(&relay_nonce).unwrap();
        e.u8(u8::from(to_client)).unwrap();
        e.u64(counter).unwrap();
        let signer = if to_client {
            did(RELAY).key()
        } else {
            self.client_key
        };
        let signed = sig_structure(&message, &external, &payload);
        let verifying = ed25519_dalek::VerifyingKey::from_bytes(signer.as_bytes()).unwrap();
        let signature = ed25519_dalek::Signature::from_slice(&message.signature).unwrap();
        verifying.verify_strict(&signed, &signature).unwrap();
        json!({
            "direction": if to_client { "toClient" } else { "toRelay" },
            "kind": kind,
            "counter": counter,
            "frame": hex(frame),
            "payload": hex(&payload),
            "diagnostic": diagnostic(&payload),
            "externalData": hex(&external),
            "signedBytes": hex(&signed),
        })
    }

    pub(crate) fn done(self, name: &str, says: &str, secret: Option<String>) -> Value {
        json!({
            "secret": secret,
            "name": name,
            "says": says,
            "clientDevice": hex(self.client_key),
            "relayNonce": hex(self.nonces[0]),
            "clientNonce": hex(self.nonces[1]),
            "session": hex(&sha256(&[&self.nonces[1], &self.nonces[0]])[..16]),
            "frames": self.frames,
        })
    }
}

/// What an ephemeral's signature is over, put together from its fields.
fn ephemeral_signed(frame: &[u8]) -> Vec<u8> {
    let mut d = Decoder::new(frame);
    d.array().unwrap();
    d.skip().unwrap();
    d.array().unwrap();
    assert_eq!(d.map().unwrap(), Some(6));
    let mut fields = vec![0x85];
    for index in 0..5 {
        assert_eq!(d.u8().unwrap(), index);
        let from = d.position();
        d.skip().unwrap();
        fields.extend_from_slice(&frame[from..d.position()]);
    }
    d.skip().unwrap();
    let signature: [u8; 64] = d.bytes().unwrap().try_into().unwrap();
    let signed = [b"poo/ephemeral/v1\0", &fields[..]].concat();
    let mut d = Decoder::new(&fields);
    d.array().unwrap();
    d.skip().unwrap();
    let device: [u8; 32] = d.bytes().unwrap().try_into().unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&device).unwrap();
    let signature = ed25519_dalek::Signature::from_bytes(&signature);
    key.verify_strict(&signed, &signature).unwrap();
    signed
}

/// The `Sig_structure` of RFC 9052, section 4.4.
fn sig_structure(message: &CoseSign1, external: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut e = Encoder::new(&mut out);
    let protected = message.protected.original_data.clone().unwrap();
    e.array(4).unwrap();
    e.str("Signature1").unwrap();
    e.bytes(&protected).unwrap();
    e.bytes(external).unwrap();
    e.bytes(payload).unwrap();
    out
}

fn groceries(sam: &mut Replica, clock: &mut Clock) -> (DocumentId, TaskId) {
    let title = "Groceries".to_owned();
    let made = sam.execute(&Command::CreateList { title }, &mut clock.env());
    let Outcome::List { list } = made.unwrap() else {
        panic!("no list");
    };
    let task = NewTask {
        title: "Milk".to_owned(),
        ..NewTask::default()
    };
    let made = sam.execute(&Command::CreateTask { list, task }, &mut clock.env());
    let Outcome::Task { task, .. } = made.unwrap() else {
        panic!("no task");
    };
    (list, task)
}

/// What the relay says where Sam is here by other means than a signature.
fn said_for_sam(relay: &mut Replica, list: DocumentId, clock: &mut Clock) -> Vec<u8> {
    let here = PresenceMessage {
        state: PresenceState::Here,
        task: None,
    };
    let said = relay.on_behalf_of(did(SAM), None).presence(list, &here);
    let mut voice = Voice::begin(relay, &mut clock.env()).unwrap();
    voice.say(&said.unwrap()).unwrap().for_signed().to_vec()
}

pub(crate) fn sessions() -> Value {
    let clock = &mut Clock {
        rng: ChaCha20Rng::seed_from_u64(1),
    };
    let relay = &mut Replica::in_memory(keyring(RELAY, RELAY)).unwrap();
    relay.begin_epoch(&mut clock.env()).unwrap();
    let setup = relay.make_setup_secret(&mut clock.env()).unwrap();
    let sam = &mut person(clock, SAM, SAM_DEVICE, "Sam");
    let ann = &mut person(clock, ANN, ANN_DEVICE, "Ann");
    let vic = &mut person(clock, VIC, VIC_DEVICE, "Vic");
    let (list, task) = groceries(sam, clock);
    let share = Command::Share {
        list,
        role: Role::Editor,
        expires_in_s: None,
    };
    let Outcome::Invite { link, .. } = sam.execute(&share, &mut clock.env()).unwrap() else {
        panic!("no invite");
    };
    let Link::Invite { grant, secret, .. } = &link.parse().unwrap() else {
        panic!("no invite link");
    };
    // What lets the relay speak for Sam.
    let ticket = Command::CreateTicket {
        list: Some(list),
        uses: None,
        expires_in_s: None,
    };
    sam.execute(&ticket, &mut clock.env()).unwrap();

    let mut first = Talk::new(sam, relay, clock);
    first.handshake(sam, relay, clock);
    first.client.admit(&setup).unwrap();
    first.run(sam, relay, clock);
    assert!(first.client.is_in_sync());
    let first = first.done(
        "Sam",
        "Sam uses the relay's set-up link and brings his space and a list with one task",
        Some(hex(setup)),
    );

    let mut second = Talk::new(ann, relay, clock);
    second.run(ann, relay, clock);
    second.client.redeem(list, *grant, secret).unwrap();
    second.run(ann, relay, clock);
    assert!(second.client.is_in_sync());
    for (state, task) in [
        (PresenceState::Here, None),
        (PresenceState::Typing, Some(task)),
        (PresenceState::Left, None),
    ] {
        let said = PresenceMessage { state, task }.encode();
        (second.client.send_ephemeral(ann, list, &said)).unwrap();
    }
    let other = [0x82, 1, 0x81, 0x44, 0x83, 1, 2, 3];
    second.client.send_ephemeral(ann, list, &other).unwrap();
    second.relay.forward(said_for_sam(relay, list, clock));
    second.client.watch_box([0x66; 16]).unwrap();
    second
        .client
        .put_box([0x66; 16], b"anything".to_vec())
        .unwrap();
    second.client.watch_box([0x66; 16]).unwrap();
    second.run(ann, relay, clock);
    let second = second.done(
        "Ann",
        "Ann's space is refused, then she uses the invite to Sam's list, says that she is here, \
         that she writes, and that she left, and `[1, 2, 3]` for other programs, hears from the \
         relay that Sam is here, and leaves something at a meeting point",
        Some(hex(secret)),
    );

    let mut third = Talk::new(vic, relay, clock);
    third.run(vic, relay, clock);
    let refused = relay.batch(|r| third.relay.handle_frame(r, b"\x00", &mut clock.env()));
    assert!(refused.is_err());
    third.run(vic, relay, clock);
    let third = third.done(
        "Vic",
        "A stranger's space is refused; a frame that cannot be read ends the session",
        None,
    );

    // A text, so that the vector stays short: what is in a file makes no difference here.
    let text = b"Passport\n";
    let hash = sam.put_blob(text).unwrap();
    let file = NewFile {
        hash,
        name: "List.txt".to_owned(),
        mime: "text/plain".to_owned(),
        size: text.len() as u64,
    };
    let attach = Command::Attach { list, task, file };
    sam.execute(&attach, &mut clock.env()).unwrap();
    let mut fourth = Talk::new(sam, relay, clock);
    fourth.run(sam, relay, clock);
    assert!(fourth.client.files_are_settled());
    let fourth = fourth.done(
        "Sam",
        "Sam attaches a file, and the relay asks for it",
        None,
    );

    let mut fifth = Talk::new(ann, relay, clock);
    fifth.run(ann, relay, clock);
    fifth.client.fetch_blob(ann, list, hash).unwrap();
    let missing = BlobHash::of(b"no such file");
    fifth.client.fetch_blob(ann, list, missing).unwrap();
    fifth.run(ann, relay, clock);
    assert_eq!(
        std::io::read_to_string(ann.open_blob(&list, &hash).unwrap().unwrap())
            .unwrap()
            .into_bytes(),
        text
    );
    let fifth = fifth.done(
        "Ann",
        "Ann fetches the file, and is refused one that nothing names",
        None,
    );
    json!([first, second, third, fourth, fifth])
}
