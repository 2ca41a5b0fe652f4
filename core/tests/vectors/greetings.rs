//! What a relay may get wrong before a client believes it. The relay here is written by hand from
//! docs/PROTOCOL.md; the client is the engine's, and has pinned the relay of the vectors.

use coset::{CoseSign1, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable as _, iana};
use minicbor::Decoder;
use poo_core::replica::Replica;
use poo_core::sync::Session;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};

use crate::parts::{cbor, signature};
use crate::session::{Clock, keyring};
use crate::{NOW_MS, RELAY, SAM_DEVICE, VIC, did, hex, key, sha256};

const RELAY_NONCE: [u8; 32] = [0x88; 32];

/// A client that waits for a greeting: the same each time, down to its nonce.
struct Guest {
    replica: Replica,
    session: Session,
    clock: Clock,
}

impl Guest {
    fn new() -> Self {
        let mut clock = Clock {
            rng: ChaCha20Rng::seed_from_u64(8),
        };
        // A device that nobody certified joins as its own identity.
        let replica = Replica::in_memory(keyring(SAM_DEVICE, SAM_DEVICE)).unwrap();
        let session = Session::client(&replica, Some(did(RELAY)), &mut clock.env());
        Self {
            replica,
            session,
            clock,
        }
    }

    /// Gives it a frame; the code with which it ends the session, if it does.
    fn hear(&mut self, frame: &[u8]) -> Option<String> {
        let (session, clock) = (&mut self.session, &mut self.clock);
        let taken =
            (self.replica).batch(|replica| session.handle_frame(replica, frame, &mut clock.env()));
        taken.err().map(|error| error.code().to_owned())
    }

    fn join(&mut self) -> Vec<u8> {
        assert_eq!(self.hear(&challenge(1, RELAY)), None);
        self.session.poll_transmit(&self.replica).unwrap().unwrap()
    }
}

fn challenge(version: u8, relay: u8) -> Vec<u8> {
    cbor(|e| {
        e.array(2)?.u8(0)?.array(3)?.u8(version)?;
        e.bytes(did(relay).key().as_ref())?
            .bytes(&RELAY_NONCE)?
            .ok()
    })
}

/// The nonce in a join.
fn nonce_of(join: &[u8]) -> [u8; 32] {
    let payload = CoseSign1::from_tagged_slice(join).unwrap().payload.unwrap();
    let mut d = Decoder::new(&payload);
    d.array().unwrap();
    for _ in 0..3 {
        d.skip().unwrap();
    }
    d.array().unwrap();
    d.skip().unwrap();
    d.array().unwrap();
    d.skip().unwrap();
    d.skip().unwrap();
    d.bytes().unwrap().try_into().unwrap()
}

fn sealed(by: u8, client_nonce: &[u8; 32], direction: u8, counter: u64, body: &[u8]) -> Vec<u8> {
    let session = sha256(&[client_nonce, &RELAY_NONCE]);
    let mut payload = cbor(|e| {
        e.array(4)?.bytes(did(RELAY).key().as_ref())?;
        e.bytes(&session[..16])?.u64(counter)?.ok()
    });
    payload.extend_from_slice(body);
    let external = cbor(|e| {
        e.array(7)?.str("poo/session/v1")?;
        e.bytes(key(SAM_DEVICE).public().as_ref())?;
        e.str(&did(RELAY).to_string())?;
        e.bytes(client_nonce)?.bytes(&RELAY_NONCE)?;
        e.u8(direction)?.u64(counter)?.ok()
    });
    let by = key(by);
    let header = HeaderBuilder::new()
        .algorithm(iana::Algorithm::EdDSA)
        .key_id(by.public().as_ref().to_vec())
        .build();
    CoseSign1Builder::new()
        .protected(header)
        .payload(payload)
        .create_signature(&external, |message| signature(&by, message).to_vec())
        .build()
        .to_tagged_vec()
        .unwrap()
}

pub(crate) fn greetings() -> Value {
    let join = Guest::new().join();
    let nonce = nonce_of(&join);
    let peer = cbor(|e| {
        let e = e.array(2)?.u8(1)?.array(3)?;
        e.i64(NOW_MS)?.bool(true)?.bool(true)?.ok()
    });
    let admitted = cbor(|e| e.array(2)?.u8(11)?.array(1)?.bool(true)?.ok());
    let bye = cbor(|e| {
        e.array(2)?
            .u8(12)?
            .array(2)?
            .str("bad-device")?
            .str("")?
            .ok()
    });
    let first: [(&str, Option<&str>, Vec<u8>); 4] = [
        ("right", None, challenge(1, RELAY)),
        ("another version", Some("version"), challenge(2, RELAY)),
        ("another relay", Some("wrong-relay"), challenge(1, VIC)),
        ("no challenge", Some("malformed"), vec![0]),
    ];
    let second: [(&str, Option<&str>, Vec<u8>); 7] = [
        ("right", None, sealed(RELAY, &nonce, 1, 0, &peer)),
        (
            "by another key",
            Some("wrong-key"),
            sealed(VIC, &nonce, 1, 0, &peer),
        ),
        (
            "counted from 1",
            Some("out-of-place"),
            sealed(RELAY, &nonce, 1, 1, &peer),
        ),
        (
            "for another nonce",
            Some("wrong-session"),
            sealed(RELAY, &[9; 32], 1, 0, &peer),
        ),
        (
            "signed for the other direction",
            Some("bad-signature"),
            sealed(RELAY, &nonce, 0, 0, &peer),
        ),
        (
            "another message",
            Some("unexpected"),
            sealed(RELAY, &nonce, 1, 0, &admitted),
        ),
        (
            "a goodbye",
            Some("bad-device"),
            sealed(RELAY, &nonce, 1, 0, &bye),
        ),
    ];
    let case = |mut guest: Guest, name: &str, expected: Option<&str>, frame: &[u8]| {
        let code = guest.hear(frame);
        assert_eq!(code.as_deref(), expected, "{name}");
        json!({ "name": name, "frame": hex(frame), "code": code })
    };
    let challenges = first.map(|(name, code, frame)| case(Guest::new(), name, code, &frame));
    let peers = second.map(|(name, code, frame)| {
        let mut guest = Guest::new();
        guest.join();
        case(guest, name, code, &frame)
    });
    json!({
        "says": "A client that pinned the relay ends the session with `code` when the relay \
                 begins with a frame of `challenges`, or answers its `join` with one of `peers`; \
                 without a code it goes on.",
        "relay": hex(key(RELAY).public()),
        "clientDevice": hex(key(SAM_DEVICE).public()),
        "clientNonce": hex(nonce),
        "relayNonce": hex(RELAY_NONCE),
        "join": hex(join),
        "challenges": challenges,
        "peers": peers,
    })
}
