//! A client written by hand from docs/PROTOCOL.md, and a relay of the engine's to talk to.

use coset::{
    CborSerializable as _, CoseSign1, Header, HeaderBuilder, ProtectedHeader,
    TaggedCborSerializable as _, iana,
};
use jiff::Timestamp;
use minicbor::Decoder;
use poo_core::document::ChangeHash;
use poo_core::identity::Keypair;
use poo_core::replica::{Env, Keyring, Replica};
use poo_core::sync::{Admission, Session};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::{Value, json};

use crate::parts::{self, cbor, signature};
use crate::session::Notes;
use crate::{NOW_MS, RELAY, SAM, SAM_DEVICE, diagnostic, did, hex, key, sha256};

/// The nonce of the client in every exchange.
pub(crate) const CLIENT_NONCE: [u8; 32] = [0x77; 32];

/// A relay that has just greeted a client.
pub(crate) struct Bench {
    relay: Replica,
    session: Session,
    rng: ChaCha20Rng,
    pub(crate) nonce: [u8; 32],
    pub(crate) challenge: Vec<u8>,
}

/// Everything that goes into a sealed frame, to be got wrong one by one.
pub(crate) struct Seal<'a> {
    pub(crate) key: &'a Keypair,
    pub(crate) named_key: Vec<u8>,
    pub(crate) relay: u8,
    pub(crate) session: [u8; 16],
    pub(crate) counter: u64,
    pub(crate) signed_counter: u64,
    pub(crate) direction: u8,
    pub(crate) body: Vec<u8>,
    pub(crate) algorithm: iana::Algorithm,
    pub(crate) unprotected: Header,
}

impl Bench {
    /// The same relay each time, down to its nonce.
    pub(crate) fn new() -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        let keys = Keyring {
            did: did(RELAY),
            device: key(RELAY),
            identity: Some(key(RELAY)),
            witnesses: false,
        };
        let mut relay = Replica::in_memory(keys).unwrap();
        relay.begin_epoch(&mut env(&mut rng)).unwrap();
        let mut session = Session::relay(&relay, Admission::Open, &mut env(&mut rng)).unwrap();
        let challenge = session.poll_transmit(&relay).unwrap().unwrap();
        let nonce = challenge[challenge.len() - 32..].try_into().unwrap();
        Self {
            relay,
            session,
            rng,
            nonce,
            challenge,
        }
    }

    fn name(&self) -> [u8; 16] {
        sha256(&[&CLIENT_NONCE, &self.nonce])[..16]
            .try_into()
            .unwrap()
    }

    /// A right frame of Sam's device.
    pub(crate) fn seal<'a>(&self, key: &'a Keypair, counter: u64, body: Vec<u8>) -> Seal<'a> {
        Seal {
            key,
            named_key: key.public().as_ref().to_vec(),
            relay: RELAY,
            session: self.name(),
            counter,
            signed_counter: counter,
            direction: 0,
            body,
            algorithm: iana::Algorithm::EdDSA,
            unprotected: Header::default(),
        }
    }

    fn message(&self, seal: Seal<'_>) -> CoseSign1 {
        let mut payload = cbor(|e| {
            e.array(4)?
                .bytes(did(seal.relay).key().as_ref())?
                .bytes(&seal.session)?
                .u64(seal.counter)?
                .ok()
        });
        payload.extend_from_slice(&seal.body);
        let external = cbor(|e| {
            e.array(7)?
                .str("poo/session/v1")?
                .bytes(seal.key.public().as_ref())?
                .str(&did(seal.relay).to_string())?
                .bytes(&CLIENT_NONCE)?
                .bytes(&self.nonce)?
                .u8(seal.direction)?
                .u64(seal.signed_counter)?
                .ok()
        });
        let header = HeaderBuilder::new()
            .algorithm(seal.algorithm)
            .key_id(seal.named_key)
            .build();
        let protected = header.clone().to_vec().unwrap();
        let signed = cbor(|e| {
            e.array(4)?
                .str("Signature1")?
                .bytes(&protected)?
                .bytes(&external)?
                .bytes(&payload)?
                .ok()
        });
        CoseSign1 {
            protected: ProtectedHeader {
                original_data: None,
                header,
            },
            unprotected: seal.unprotected,
            payload: Some(payload),
            signature: signature(seal.key, &signed).to_vec(),
        }
    }

    pub(crate) fn frame(&self, seal: Seal<'_>) -> Vec<u8> {
        self.message(seal).to_tagged_vec().unwrap()
    }

    pub(crate) fn join(&self) -> Vec<u8> {
        let device = key(SAM_DEVICE);
        self.frame(self.seal(&device, 0, join_body(SAM, &[statement("device")])))
    }

    /// Gives a right frame to the relay, and notes it with all that the relay says then.
    pub(crate) fn exchange(&mut self, notes: &mut Notes, frame: &[u8]) {
        notes.note(frame, false);
        let (session, rng) = (&mut self.session, &mut self.rng);
        let _ended = (self.relay).batch(|relay| session.handle_frame(relay, frame, &mut env(rng)));
        while let Some(frame) = self.session.poll_transmit(&self.relay).unwrap() {
            notes.note(&frame, true);
        }
    }

    /// Gives a frame to the relay, and what it says then, one line for each message.
    pub(crate) fn hear(&mut self, frame: &[u8]) -> Vec<Value> {
        let (session, rng) = (&mut self.session, &mut self.rng);
        let taken = (self.relay).batch(|relay| session.handle_frame(relay, frame, &mut env(rng)));
        let mut said = Vec::new();
        while let Some(frame) = self.session.poll_transmit(&self.relay).unwrap() {
            said.push(told(&frame));
        }
        if let Err(error) = taken {
            assert!(said.len() <= 1, "{said:?}");
            if said.is_empty() {
                // Nothing that it could sign for is known yet.
                said.push(json!({ "says": "closed", "code": error.code() }));
            }
            assert_eq!(said[0]["code"], error.code());
        }
        said
    }
}

fn env(rng: &mut ChaCha20Rng) -> Env<'_> {
    Env {
        now: Timestamp::from_millisecond(NOW_MS).unwrap(),
        rng,
    }
}

/// A message of the relay's in a line: what a client has to make of it.
fn told(frame: &[u8]) -> Value {
    if frame[0] != 0xd2 {
        return json!({ "says": "data", "diagnostic": diagnostic(frame) });
    }
    let payload = CoseSign1::from_tagged_slice(frame)
        .unwrap()
        .payload
        .unwrap();
    let mut d = Decoder::new(&payload);
    d.array().unwrap();
    for _ in 0..3 {
        d.skip().unwrap();
    }
    d.array().unwrap();
    let kind = d.u32().unwrap();
    match kind {
        2 => {
            d.array().unwrap();
            let from = d.position();
            d.skip().unwrap();
            json!({ "says": "have", "map": hex(&payload[from..d.position()]) })
        }
        3 => {
            d.array().unwrap();
            d.skip().unwrap();
            let code = d.str().unwrap().to_owned();
            d.skip().unwrap();
            let hashes: Vec<String> = d
                .array_iter::<ChangeHash>()
                .unwrap()
                .map(|hash| hex(hash.unwrap()))
                .collect();
            json!({ "says": "nack", "code": code, "hashes": hashes })
        }
        12 => {
            d.array().unwrap();
            json!({ "says": "bye", "code": d.str().unwrap() })
        }
        other => json!({ "says": "control", "kind": other }),
    }
}

pub(crate) fn statement(name: &str) -> Vec<u8> {
    let mut all = parts::every_statement().into_iter();
    all.find(|(known, _)| *known == name).unwrap().1.to_wire()
}

pub(crate) fn join_body(identity: u8, chain: &[Vec<u8>]) -> Vec<u8> {
    cbor(|e| {
        e.array(2)?.u8(0)?.array(3)?;
        e.bytes(did(identity).key().as_ref())?;
        e.array(chain.len() as u64)?;
        for statement in chain {
            e.bytes(statement)?;
        }
        e.bytes(&CLIENT_NONCE)?.ok()
    })
}

/// `box-get` of a meeting point: the shortest control message that a relay takes.
pub(crate) fn box_get() -> Vec<u8> {
    cbor(|e| e.array(2)?.u8(8)?.array(1)?.bytes(&[0x66; 16])?.ok())
}

/// The same signature with the group's order added to its second half: it verifies where nobody
/// looks whether the number is the smallest.
pub(crate) fn with_order(signature: &[u8]) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut out = signature.to_vec();
    let mut carry = 0;
    for (byte, order) in out[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    out
}

pub(crate) fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out[at] ^= 1;
    out
}

/// A case: what is sent, and the first that the relay says to the last of it.
pub(crate) fn case(bench: &mut Bench, name: &str, expected: &str, frames: Vec<Vec<u8>>) -> Value {
    let mut said = Vec::new();
    for frame in &frames {
        said = bench.hear(frame);
    }
    let answer = said.first().unwrap_or(&Value::Null).clone();
    let text = |field: &str| answer[field].as_str().unwrap_or_default().to_owned();
    let found = format!("{} {}", text("says"), text("code"));
    assert_eq!(found.trim_end(), expected, "{name}: {said:?}");
    json!({
        "name": name,
        "frames": frames.iter().map(hex).collect::<Vec<_>>(),
        "answer": answer,
    })
}
