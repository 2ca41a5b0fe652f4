//! People who do not keep to the protocol, against a real relay: a viewer who writes, a stranger
//! who asks, somebody revoked, replayed and misplaced frames, a relay in the middle, forged
//! authors, poisoned counters, garbage. Each is refused with its own code; the session ends or
//! the change does; everybody else goes on, and all that is stored still holds.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod files;
mod raw;

use ed25519_dalek::SigningKey;
use poo_core::document::{
    Action, ActorId, ActorNonce, Change, ChangeHash, DocumentId, DocumentKind, EncodedChange, Key,
    ObjectId, Op, OpId, Scalar, Tip,
};
use poo_core::identity::{KeyFile, Keypair};
use poo_core::model::{Answer, Query};
use poo_core::replica::Replica;
use poo_tests::harness::{Home, Relay, Stage, sync_until_quiet};
use poo_tests::programs;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use raw::{EPHEMERAL, HAVE, Heard, MESSAGE_BYTES_MAX, REDEEM, Raw, cbor, message};

const LIST: &str = "Plans";

/// A list of Sam's with an editor and a viewer, and somebody who has nothing to do with it.
struct World {
    stage: Stage,
    relay: Relay,
    sam: Home,
    ann: Home,
    vic: Home,
    eve: Home,
    list: DocumentId,
    /// What Sam saw at first.
    before: String,
    /// A session that must live through everything.
    live: Raw,
}

/// The identity key of a home.
fn identity(home: &Home) -> Keypair {
    let keys = KeyFile::at(home.path().join("keys")).load().unwrap();
    keys.identity.unwrap()
}

fn signing_key(pair: &Keypair) -> SigningKey {
    SigningKey::from_bytes(&pair.seed())
}

fn export(home: &Home) -> String {
    home.ok(&["export", LIST, "--format", "json"])
}

/// A change in the making: by default one that is right.
struct Forgery {
    actor: ActorId,
    seq: u64,
    start_op: u64,
    deps: Vec<ChangeHash>,
}

impl Forgery {
    fn change(self) -> EncodedChange {
        let birth = DocumentKind::List.birth().unwrap();
        let meta = (birth.change().ops.iter())
            .find(|op| op.key == Key::Map("meta".into()))
            .unwrap()
            .id;
        let op = Op {
            id: OpId {
                counter: self.start_op,
                actor: self.actor,
            },
            object: ObjectId::Made(meta),
            key: Key::Map("title".into()),
            action: Action::Put(Scalar::Str("Taken over".into())),
            insert: false,
            pred: Vec::new(),
        };
        Change {
            actor: self.actor,
            seq: self.seq,
            start_op: self.start_op,
            time_s: 1_790_000_000,
            message: None,
            deps: self.deps,
            ops: vec![op],
        }
        .encode()
    }
}

impl World {
    fn new() -> Self {
        let stage = Stage::new(programs!());
        let relay = stage.relay("relay");
        let sam = stage.person("Sam", &relay);
        sam.write(&["list", "create", LIST]);
        sam.task(LIST, "First", &[]);
        let [ann, vic] = [("Ann", "editor"), ("Vic", "viewer")].map(|(name, role)| {
            let link = sam.share(LIST, role);
            let home = stage.person(name, &relay);
            home.ok(&["join", &link]);
            home
        });
        let eve = stage.person("Eve", &relay);
        ann.task(LIST, "Second", &[]);
        sync_until_quiet(&[&ann, &sam, &vic]);
        let list = sam.json(&["list", "ls"])["items"][0]["id"].clone();
        let live = Raw::join(relay.address(), signing_key(&identity(&ann)));
        Self {
            before: export(&sam),
            list: list.as_str().unwrap().parse().unwrap(),
            stage,
            relay,
            sam,
            ann,
            vic,
            eve,
            live,
        }
    }

    /// A session of somebody who knows the protocol by heart.
    fn join(&self, home: &Home) -> Raw {
        Raw::join(self.relay.address(), signing_key(&identity(home)))
    }

    /// A change by a new actor of `author` on top of everything.
    fn forgery(&self, author: &Keypair, nonce: ActorNonce) -> Forgery {
        let conn = rusqlite::Connection::open(self.relay.database()).unwrap();
        let (heads, max_op): (Vec<u8>, i64) = conn
            .query_row(
                "SELECT heads, max_op FROM document WHERE doc = ?1",
                [self.list.as_bytes().as_slice()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        let hash = |bytes: &[u8]| ChangeHash::try_from(bytes).unwrap();
        Forgery {
            actor: ActorId::derive(&author.public(), &self.list, &nonce),
            seq: 1,
            start_op: max_op.unsigned_abs() + 1,
            deps: heads.chunks(32).map(hash).collect(),
        }
    }

    /// A change with the tip that its author signs over it, as a message.
    fn signed(&self, author: &Keypair, forge: impl FnOnce(&mut Forgery)) -> Vec<u8> {
        let nonce = ActorNonce::from_bytes([9; 16]);
        let mut forgery = self.forgery(author, nonce);
        forge(&mut forgery);
        let seq = forgery.seq;
        let change = forgery.change();
        let tip = Tip::sign(author, &self.list, nonce, seq, change.hash(), None);
        self.offer(&tip.to_bytes(), &change)
    }

    fn offer(&self, tip: &[u8], change: &EncodedChange) -> Vec<u8> {
        let (tips, changes) = ([tip.to_vec()], [change.bytes().to_vec()]);
        raw::changes(self.list.as_bytes(), &[], &tips, &changes)
    }

    /// Everybody has what they had, other sessions go on, and what is stored holds everywhere.
    fn assert_intact(mut self) {
        self.live.say(&raw::have(self.list.as_bytes()));
        let heard = self.live.hear_all();
        let answered = |heard: &Heard| matches!(heard, Heard::Control { kind: HAVE, .. });
        assert!(heard.iter().any(answered), "{heard:?}");
        self.sam.task(LIST, "Business goes on", &[]);
        sync_until_quiet(&[&self.sam, &self.vic]);
        let all = export(&self.sam);
        assert!(all.contains("Business goes on") && !all.contains("Taken over"));
        assert_eq!(export(&self.vic), all);
        for home in [&self.sam, &self.ann, &self.vic] {
            assert_eq!(home.json(&["verify", LIST])["ok"], true);
            assert_eq!(home.json(&["doctor"])["ok"], true);
        }
        self.relay.terminate();
        let keys = KeyFile::at(self.relay.data().join("keys")).load().unwrap();
        let replica = Replica::open(&self.relay.database(), keys.into()).unwrap();
        let health = replica.health().unwrap();
        assert!(health.ok, "{health:?}");
        let verify = Query::Verify { list: self.list };
        match replica.query(&verify, jiff::Timestamp::UNIX_EPOCH).unwrap() {
            Answer::Verified(report) => assert!(report.ok, "{report:?}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_editor_who_keeps_to_the_rules_may_write() {
    // What the other tests break is right as long as nothing in it is broken.
    let world = World::new();
    let ann = identity(&world.ann);
    let mut raw = world.join(&world.ann);
    raw.send(world.signed(&ann, |_| {}));
    assert_eq!(raw.nacks(), [] as [String; 0]);
    world.sam.json(&["sync"]);
    assert_eq!(
        world.sam.json(&["list", "ls"])["items"][0]["title"],
        "Taken over"
    );
}

#[test]
fn a_viewers_writes_are_refused_and_the_session_goes_on() {
    let world = World::new();
    let mut raw = world.join(&world.vic);
    raw.send(world.signed(&identity(&world.vic), |_| {}));
    assert_eq!(raw.nacks(), ["forbidden"]);
    raw.say(&raw::have(world.list.as_bytes()));
    let heard = raw.hear_all();
    assert!(
        heard.iter().any(|heard| matches!(
            heard,
            Heard::Data {
                kind: raw::CHANGES,
                ..
            }
        )),
        "a viewer reads: {heard:?}"
    );
    world.assert_intact();
}

#[test]
fn to_a_stranger_missing_and_forbidden_look_the_same() {
    let world = World::new();
    let eve = identity(&world.eve);
    let secret = *world.list.as_bytes();
    let missing = [0x77; 16];
    let answers = [secret, missing].map(|document| {
        let mut raw = world.join(&world.eve);
        raw.say(&raw::have(&document));
        let id = DocumentId::from_bytes(document);
        let nonce = ActorNonce::from_bytes([1; 16]);
        let mut forgery = world.forgery(&eve, nonce);
        forgery.actor = ActorId::derive(&eve.public(), &id, &nonce);
        let change = forgery.change();
        let tip = Tip::sign(&eve, &id, nonce, 1, change.hash(), None).to_bytes();
        let bytes = change.bytes().to_vec();
        raw.send(raw::changes(&document, &[], &[tip], &[bytes]));
        raw.say(&message(REDEEM, |e| {
            e.array(3)?
                .bytes(&document)?
                .bytes(&[3; 32])?
                .bytes(&[4; 64])?
                .ok()
        }));
        raw.say(&raw::have(&document));
        let heard = raw.hear_all();
        let hide = |fields: &[u8]| {
            let mut fields = fields.to_vec();
            for at in 0..fields.len().saturating_sub(15) {
                if fields[at..at + 16] == document {
                    fields[at..at + 16].fill(0);
                }
            }
            fields
        };
        let told: Vec<_> = heard
            .iter()
            .map(|heard| match heard {
                Heard::Control { kind, fields } => (true, *kind, hide(fields)),
                Heard::Data { kind, fields } => (false, *kind, hide(fields)),
                Heard::Closed => panic!("the session ended"),
            })
            .collect();
        let codes: Vec<_> = heard.iter().filter_map(Heard::nack).collect();
        assert_eq!(codes, ["unavailable", "invite-unknown"], "{heard:?}");
        told
    });
    assert_eq!(answers[0], answers[1]);
    world.assert_intact();
}

#[test]
fn who_was_revoked_reads_and_writes_no_more() {
    let world = World::new();
    let ann = identity(&world.ann);
    world.sam.json(&["revoke", LIST, "Ann"]);
    world.sam.json(&["sync"]);
    world.sam.task(LIST, "Not for Ann", &[]);
    world.sam.json(&["sync"]);
    let mut raw = world.join(&world.ann);
    raw.say(&raw::have(world.list.as_bytes()));
    let heard = raw.hear_all();
    let codes: Vec<_> = heard.iter().filter_map(Heard::nack).collect();
    assert_eq!(codes, ["removed"]);
    let told = format!("{heard:?}");
    assert!(!told.contains(&format!("{:?}", b"Not for Ann").replace(['[', ']'], "")));
    raw.send(world.signed(&ann, |_| {}));
    assert_eq!(raw.nacks(), ["unavailable"]);
    let World {
        stage,
        relay,
        sam,
        vic,
        ..
    } = world;
    sync_until_quiet(&[&sam, &vic]);
    assert!(!export(&sam).contains("Taken over") && !export(&vic).contains("Taken over"));
    drop((relay, stage));
}

#[test]
fn a_control_frame_is_good_once_and_in_its_place_only() {
    let world = World::new();
    let key = || signing_key(&identity(&world.ann));
    let ask = raw::have(world.list.as_bytes());
    // Replayed.
    let mut raw = world.join(&world.ann);
    let frame = raw.seal(&ask);
    raw.send(frame.clone());
    raw.hear_all();
    raw.send(frame);
    assert_eq!(raw.ending().as_deref(), Some("replayed"));
    // One left out.
    let mut raw = world.join(&world.ann);
    raw.sent += 1;
    raw.say(&ask);
    assert_eq!(raw.ending().as_deref(), Some("out-of-place"));
    // From another session of the same person.
    let mut other = world.join(&world.ann);
    let mut raw = world.join(&world.ann);
    raw.send(other.seal(&ask));
    assert_eq!(raw.ending().as_deref(), Some("wrong-session"));
    // By another key.
    let mut raw = world.join(&world.ann);
    raw.key = signing_key(&identity(&world.sam));
    raw.say(&ask);
    assert_eq!(raw.ending().as_deref(), Some("wrong-key"));
    // In the other direction: what the relay says is not what a client says.
    let mut raw = world.join(&world.ann);
    raw.send(raw.binding.seal(&key(), true, raw.sent, &ask));
    assert_eq!(raw.ending().as_deref(), Some("bad-signature"));
    // Joining twice.
    let mut raw = world.join(&world.ann);
    let body = raw.join_body();
    raw.say(&body);
    assert_eq!(raw.ending().as_deref(), Some("unexpected"));
    // As somebody else, with one's own key.
    let mut raw = Raw::connect(world.relay.address(), key());
    let sam = identity(&world.sam).public();
    let nonce = raw.binding.client_nonce;
    raw.say(&message(raw::JOIN, |e| {
        e.array(3)?
            .bytes(sam.as_ref())?
            .array(0)?
            .bytes(&nonce)?
            .ok()
    }));
    assert_eq!(raw.ending().as_deref(), Some("bad-device"));
    world.assert_intact();
}

#[test]
fn a_relay_in_the_middle_gets_nowhere() {
    let mut world = World::new();
    // It takes what a client says to it, and says it to the relay that the client belongs to.
    let middle = world.stage.relay("middle");
    let at_middle = Raw::connect(middle.address(), signing_key(&identity(&world.ann)));
    let mut raw = Raw::connect(world.relay.address(), signing_key(&identity(&world.ann)));
    let mut meant_for_middle = raw.binding.clone();
    meant_for_middle.relay = at_middle.binding.relay;
    let body = raw.join_body();
    raw.send(meant_for_middle.seal(&raw.key, false, 0, &body));
    assert_eq!(raw.ending().as_deref(), Some("wrong-relay"));
    // With the relay's name on it and signed for the middle, it is no better.
    let mut raw = Raw::connect(world.relay.address(), signing_key(&identity(&world.ann)));
    let mut stale = raw.binding.clone();
    stale.relay_nonce = at_middle.binding.relay_nonce;
    let body = raw.join_body();
    raw.send(stale.seal(&raw.key, false, 0, &body));
    assert_eq!(raw.ending().as_deref(), Some("wrong-session"));

    // A real client comes to an address that it knows, and another relay answers.
    let (expected, found) = (world.relay.did().to_owned(), middle.did().to_owned());
    world.relay.kill();
    drop(middle);
    let data = world.stage.path().join("middle");
    let mut taken = Relay::try_start(programs!(), &data, world.relay.address()).unwrap();
    let said = world.ann.fails(&["sync"], 4, "refused");
    assert!(said.contains(&expected) && said.contains(&found), "{said}");
    taken.kill();
    world.relay.restart();
    world.live = world.join(&world.ann);
    world.ann.ok(&["sync"]);
    world.assert_intact();
}

#[test]
fn nobody_writes_in_somebody_elses_name() {
    let world = World::new();
    let (ann, sam) = (identity(&world.ann), identity(&world.sam));
    let nonce = ActorNonce::from_bytes([2; 16]);
    // Sam's key on it, Ann's signature under it.
    let change = world.forgery(&sam, nonce).change();
    let by_ann = Tip::sign(&ann, &world.list, nonce, 1, change.hash(), None);
    let signature = minicbor::decode::<(
        &minicbor::bytes::ByteSlice,
        &minicbor::bytes::ByteSlice,
        u64,
        &minicbor::bytes::ByteSlice,
        Option<u8>,
        minicbor::bytes::ByteVec,
    )>(&by_ann.to_bytes())
    .unwrap()
    .5;
    let forged = raw::tip(
        sam.public().as_ref(),
        nonce.as_ref(),
        1,
        change.hash().as_ref(),
        &signature,
    );
    let mut raw = world.join(&world.ann);
    raw.send(world.offer(&forged, &change));
    assert_eq!(raw.ending().as_deref(), Some("forged-author"));
    // Sam's actor, and Ann's own tip beside it.
    let mut raw = world.join(&world.ann);
    raw.send(world.offer(&by_ann.to_bytes(), &change));
    assert_eq!(raw.nacks(), ["unsigned"]);
    // Sam's real signature, for another list.
    let elsewhere = DocumentId::from_bytes([5; 16]);
    let tip = Tip::sign(&sam, &elsewhere, nonce, 1, change.hash(), None);
    raw.send(world.offer(&tip.to_bytes(), &change));
    assert_eq!(raw.ending().as_deref(), Some("forged-author"));
    // In Sam's name, a message that is not kept.
    let mut raw = world.join(&world.ann);
    let list = *world.list.as_bytes();
    raw.send(message(EPHEMERAL, |e| {
        e.array(1)?.map(6)?.u8(0)?.bytes(&list)?;
        e.u8(1)?.bytes(sam.public().as_ref())?;
        e.u8(2)?.bytes(&[1; 16])?.u8(3)?.u64(1)?;
        e.u8(4)?.bytes(b"typing")?.u8(5)?.bytes(&signature)?.ok()
    }));
    assert_eq!(raw.ending().as_deref(), Some("bad-ephemeral"));
    world.assert_intact();
}

#[test]
fn a_poisoned_counter_or_a_broken_chain_is_refused() {
    let world = World::new();
    let ann = identity(&world.ann);
    // Near the end of 32 bits, where Automerge would stop for ever.
    for start_op in [(1 << 32) - 6, (1 << 31) - 1, 1 << 31] {
        let mut raw = world.join(&world.ann);
        raw.send(world.signed(&ann, |forgery| forgery.start_op = start_op));
        let heard = raw.hear();
        let code = heard.nack().or(heard.bye());
        let wanted = if start_op < 1 << 31 {
            "counter"
        } else {
            "range"
        };
        assert_eq!(code.as_deref(), Some(wanted), "{start_op}: {heard:?}");
    }
    let mut raw = world.join(&world.ann);
    // One too many, one too few.
    raw.send(world.signed(&ann, |forgery| forgery.start_op += 1));
    assert_eq!(raw.nacks(), ["counter"]);
    raw.send(world.signed(&ann, |forgery| forgery.start_op -= 1));
    assert_eq!(raw.nacks(), ["counter"]);
    // A place in the history that does not follow.
    raw.send(world.signed(&ann, |forgery| forgery.seq = 2));
    assert_eq!(raw.nacks().len(), 1);
    // On something that nobody has.
    raw.send(world.signed(&ann, |forgery| {
        forgery.deps = vec![ChangeHash::from_bytes([8; 32])];
    }));
    assert_eq!(raw.nacks(), ["missing-deps"]);
    world.assert_intact();
}

#[test]
fn garbage_ends_the_session_that_sends_it_and_no_other() {
    let world = World::new();
    let ann = identity(&world.ann);
    let good = world.signed(&ann, |_| {});
    for seed in 0..20 {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut raw = world.join(&world.ann);
        let mut frame = match seed % 4 {
            // Cut off.
            0 => good[..1 + rng.next_u32() as usize % (good.len() - 1)].to_vec(),
            // Followed by something.
            1 => [good.clone(), vec![0]].concat(),
            // Sealed, and cut off.
            2 => {
                let frame = raw.seal(&raw::have(world.list.as_bytes()));
                frame[..1 + rng.next_u32() as usize % (frame.len() - 1)].to_vec()
            }
            _ => vec![0; 1 + rng.next_u32() as usize % 2_000],
        };
        if seed % 4 == 3 {
            rng.fill_bytes(&mut frame);
        }
        raw.send(frame);
        assert_eq!(raw.ending().as_deref(), Some("malformed"), "seed {seed}");
    }
    // Unknown messages.
    let mut raw = world.join(&world.ann);
    raw.say(&message(99, |e| e.array(0)?.ok()));
    assert_eq!(raw.ending().as_deref(), Some("malformed"));
    // An empty frame, a text frame, one that is larger than any may be.
    let mut raw = world.join(&world.ann);
    raw.send(Vec::new());
    assert_eq!(raw.ending().as_deref(), Some("malformed"));
    let mut raw = world.join(&world.ann);
    raw.send_text("{\"type\": \"join\"}");
    assert_eq!(raw.ending(), None);
    let mut raw = world.join(&world.ann);
    raw.send(vec![0; MESSAGE_BYTES_MAX + 1]);
    assert_eq!(raw.ending(), None);
    // Anything but a join at first: nobody is known yet who could be told why, so the log says.
    for frame in [good.clone(), vec![0xd2, 0x84], Vec::new()] {
        let mut raw = Raw::connect(world.relay.address(), signing_key(&ann));
        raw.send(frame);
        assert_eq!(raw.ending(), None);
    }
    let mut raw = Raw::connect(world.relay.address(), signing_key(&ann));
    raw.say(&raw::have(world.list.as_bytes()));
    assert_eq!(raw.ending(), None);
    assert!(world.relay.logged().contains("code=\"unexpected\""));
    // A change that is none.
    for bytes in [vec![0; 40], vec![0x85, 0x6f, 0x4a, 0x83]] {
        let mut raw = world.join(&world.ann);
        raw.send(raw::changes(world.list.as_bytes(), &[], &[], &[bytes]));
        assert!(raw.ending().is_some());
    }
    world.assert_intact();
}

#[test]
fn statements_that_nobody_knows_or_signed_are_refused() {
    let world = World::new();
    let ann = identity(&world.ann);
    let statement = |payload: Vec<u8>, by: &Keypair| {
        let key = by.public();
        let signed = [key.as_ref(), &payload].concat();
        let signature = by.sign(poo_core::identity::Domain::STATEMENT, &signed);
        cbor(|e| {
            e.array(3)?.bytes(&payload)?.bytes(key.as_ref())?;
            e.bytes(signature.as_ref())?.ok()
        })
    };
    let unknown = cbor(|e| e.array(2)?.u8(99)?.map(0)?.ok());
    // A witness for everybody, by somebody who only edits: well signed, and without effect.
    let list = *world.list.as_bytes();
    let powerless = cbor(|e| {
        e.array(2)?.u8(5)?.map(3)?.u8(0)?.bytes(&list)?;
        e.u8(1)?.bytes(ann.public().as_ref())?.u8(3)?.i64(0)?.ok()
    });
    let mut forged = statement(powerless.clone(), &ann);
    *forged.last_mut().unwrap() ^= 1;
    for bytes in [statement(unknown, &ann), forged, vec![0x83, 0x40]] {
        let mut raw = world.join(&world.ann);
        raw.send(raw::changes(&list, &[bytes], &[], &[]));
        assert_eq!(raw.ending().as_deref(), Some("bad-statement"));
    }
    let mut raw = world.join(&world.ann);
    raw.send(raw::changes(&list, &[statement(powerless, &ann)], &[], &[]));
    assert_eq!(raw.nacks(), [] as [String; 0]);
    assert_eq!(world.before, export(&world.sam));
    world.assert_intact();
}
