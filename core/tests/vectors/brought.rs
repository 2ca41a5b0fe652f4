//! Data messages that a client brings, right ones and wrong ones.

use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{AutoCommit, ObjType, ROOT, ReadDoc as _};
use minicbor::{Decoder, Encoder};
use poo_core::document::{
    ActorNonce, Change, ChangeHash, DocumentChunk, DocumentKind, EncodedChange, Tip,
};
use poo_core::membership::{Payload, Profile, Statement};
use serde_json::Value;

use crate::bench::{Bench, case, flipped, statement, with_order};
use crate::parts::{self, ACTOR_NONCE, cbor, signature};
use crate::{RELAY, SAM, SAM_DEVICE, VIC_DEVICE, did, key, sha256};

/// A `changes` message about the document of the vectors.
fn bring(more: bool, statements: &[Vec<u8>], tips: &[Vec<u8>], changes: &[Vec<u8>]) -> Vec<u8> {
    let list = |e: &mut Encoder<&mut Vec<u8>>, all: &[Vec<u8>]| {
        e.array(all.len() as u64)?;
        for bytes in all {
            e.bytes(bytes)?;
        }
        e.ok()
    };
    cbor(|e| {
        e.array(2)?.u8(1)?.array(1)?.map(5)?;
        e.u8(0)?.bytes(parts::document().as_ref())?;
        e.u8(1)?.bool(more)?;
        e.u8(2)?;
        list(e, statements)?;
        e.u8(3)?.array(tips.len() as u64)?;
        for tip in tips {
            e.writer_mut().extend_from_slice(tip);
        }
        e.u8(4)?;
        list(e, changes)
    })
}

fn tip(device: u8, seq: u64, hash: ChangeHash) -> Vec<u8> {
    let nonce = ActorNonce::from_bytes(ACTOR_NONCE);
    let device = key(device);
    Tip::sign(&device, &parts::document(), nonce, seq, hash, None).to_bytes()
}

pub(crate) fn base() -> Vec<u8> {
    let [first, last] = parts::chain();
    let changes = [first.bytes().to_vec(), last.bytes().to_vec()];
    let statements = [statement("genesis"), statement("device")];
    let tips = [tip(SAM_DEVICE, 2, last.hash())];
    bring(false, &statements, &tips, &changes)
}

/// A change behind the two of the base, made of the second by `change`.
fn third(change: impl FnOnce(&mut Change)) -> EncodedChange {
    let [_, last] = parts::chain();
    let mut next = last.change().clone();
    next.seq = 3;
    next.start_op += 1;
    next.deps = vec![last.hash()];
    next.ops[0].id.counter += 1;
    next.ops[0].pred[0].counter += 1;
    change(&mut next);
    next.encode()
}

/// A change with the checksum that its bytes should have.
fn rechecked(mut chunk: Vec<u8>) -> Vec<u8> {
    let hash = sha256(&[&chunk[8..]]);
    chunk[4..8].copy_from_slice(&hash[..4]);
    chunk
}

/// A change that names its dependencies in the wrong order.
fn unordered() -> Vec<u8> {
    let [_, last] = parts::chain();
    let change = third(|change| {
        change.deps = vec![DocumentKind::List.birth().unwrap().hash(), last.hash()];
        change.deps.sort_unstable();
    });
    let mut bytes = change.bytes().to_vec();
    // Behind frame and count.
    let deps = bytes
        .windows(32)
        .position(|it| change.change().deps[0].as_ref() == it);
    let (first, second) = bytes[deps.unwrap()..].split_at_mut(32);
    first.swap_with_slice(&mut second[..32]);
    rechecked(bytes)
}

/// A sound change of Automerge's with something that documents do not have.
fn unsupported() -> Vec<u8> {
    let [first, last] = parts::chain();
    let actor = last.change().actor;
    let mut doc = AutoCommit::new().with_actor(actor.as_ref().into());
    let birth = DocumentKind::List.birth().unwrap();
    let known = [birth.bytes(), first.bytes(), last.bytes()].map(|it| it.try_into().unwrap());
    doc.apply_changes(known).unwrap();
    let (_, meta) = doc.get(ROOT, "meta").unwrap().unwrap();
    doc.put_object(&meta, "table", ObjType::Table).unwrap();
    doc.commit_with(CommitOptions::default().with_time(0));
    doc.get_last_local_change().unwrap().raw_bytes().to_vec()
}

/// The change behind the two of the base, and nothing that vouches for it.
pub(crate) fn unsigned() -> Vec<u8> {
    bring(false, &[], &[], &[third(|_| ()).bytes().to_vec()])
}

/// Data messages behind a join and the base.
pub(crate) fn data() -> Vec<Value> {
    let [first, last] = parts::chain();
    let right = third(|_| ());
    let with = |change: &EncodedChange, device: u8| {
        let tip = tip(device, change.change().seq, change.hash());
        bring(false, &[], &[tip], &[change.bytes().to_vec()])
    };
    let raw = |bytes: Vec<u8>| bring(false, &[], &[], &[bytes]);
    let by_vic = third(|change| {
        let device = key(VIC_DEVICE).public();
        let nonce = ActorNonce::from_bytes(ACTOR_NONCE);
        let vic = poo_core::document::ActorId::derive(&device, &parts::document(), &nonce);
        change.actor = vic;
        change.seq = 1;
        change.ops[0].id.actor = vic;
    });
    let fourth = third(|change| {
        change.seq = 4;
        change.deps = vec![right.hash()];
    });
    let broken_chain = third(|change| change.deps = vec![first.hash()]);
    let counter = third(|change| {
        change.start_op += 1;
        change.ops[0].id.counter += 1;
    });
    let bad_op = third(|change| {
        change.ops[0].object = poo_core::document::ObjectId::Root;
        change.ops[0].pred.clear();
    });
    let fork = third(|change| {
        change.seq = 2;
        change.deps.clone_from(&last.change().deps);
        change.time_s += 1;
        change.start_op = last.change().start_op;
        change.ops.clone_from(&last.change().ops);
    });
    let good_tip = tip(SAM_DEVICE, 3, right.hash());
    let signature_at = good_tip.len() - 64;
    let forged = flipped(&good_tip, signature_at);
    let not_canonical = [
        &good_tip[..signature_at],
        &with_order(&good_tip[signature_at..]),
    ]
    .concat();
    let plain = right.bytes();
    let mut deflated = plain.to_vec();
    deflated[8] = 2;
    let mut whole = plain.to_vec();
    whole[8] = 0;
    let device = statement("device");
    let redeem = statement("redeem");
    let nameless = Statement::sign(
        Payload::Profile(Profile {
            identity: did(SAM),
            version: 1,
            name: "?".to_owned(),
            color: None,
            is_agent: false,
            agent_platform: None,
            connected_by: None,
        }),
        &key(SAM),
    )
    .unwrap();
    // Payloads that the engine would not sign, signed all the same.
    let signed = |payload: Vec<u8>, by: u8| {
        let by = key(by);
        let message = [b"poo/statement/v1\0", by.public().as_ref(), &payload].concat();
        cbor(|e| {
            e.array(3)?
                .bytes(&payload)?
                .bytes(by.public().as_ref())?
                .bytes(&signature(&by, &message))?
                .ok()
        })
    };
    let inner = |wire: &[u8], at_from_end: usize, by: u8| {
        let mut d = Decoder::new(wire);
        d.array().unwrap();
        let payload = d.bytes().unwrap();
        signed(flipped(payload, payload.len() - at_from_end), by)
    };
    let no_name = {
        let payload = nameless.payload_bytes();
        let at = payload.iter().position(|byte| *byte == b'?').unwrap();
        let mut shorter = payload.to_vec();
        shorter.remove(at);
        shorter[at - 1] = 0x60;
        signed(shorter, SAM)
    };
    let newer = signed(cbor(|e| e.array(2)?.u8(7)?.map(0)?.ok()), SAM);
    let only = |statement: Vec<u8>| bring(false, &[statement], &[], &[]);
    let ephemeral = {
        let data = parts::cbor(|e| e.array(2)?.u8(0)?.array(1)?.map(1)?.u8(0)?.u8(0)?.ok());
        ephemeral(SAM_DEVICE, 1, &data)
    };
    let foreign = {
        let mut message = base();
        let at = 6;
        assert_eq!(message[at..at + 16], *parts::document().as_ref());
        message[at] ^= 1;
        message
    };
    let chunk = {
        let birth = DocumentKind::List.birth().unwrap();
        let changes = [birth.bytes(), first.bytes(), last.bytes()];
        let bytes = DocumentChunk::build(changes).unwrap();
        let (head, rest) = bytes.split_at(100);
        [(0, false, head), (1, true, rest)].map(|(index, last, bytes)| {
            cbor(|e| {
                e.array(2)?.u8(3)?.array(1)?.map(4)?;
                e.u8(0)?.bytes(parts::document().as_ref())?;
                e.u8(1)?.u8(index)?;
                e.u8(2)?.bool(last)?;
                e.u8(3)?.bytes(bytes)?.ok()
            })
        })
    };
    let cases: Vec<(&str, &str, Vec<Vec<u8>>)> = vec![
        ("the next change", "have", vec![with(&right, SAM_DEVICE)]),
        (
            "the document as a chunk in two parts",
            "have",
            chunk.to_vec(),
        ),
        (
            "a part of a chunk out of order",
            "bye unexpected",
            vec![chunk[0].clone(), with_index(&chunk[1], 2)],
        ),
        ("a change without a tip", "nack unsigned", vec![unsigned()]),
        (
            "a tip with a broken signature",
            "bye forged-author",
            vec![bring(false, &[], &[forged], &[plain.to_vec()])],
        ),
        (
            "a tip with a signature that is not canonical",
            "bye forged-author",
            vec![bring(false, &[], &[not_canonical], &[plain.to_vec()])],
        ),
        (
            "a tip for change 0",
            "bye forged-author",
            vec![bring(false, &[], &[tip(SAM_DEVICE, 0, right.hash())], &[])],
        ),
        (
            "a change by somebody who is no member",
            "nack forbidden",
            vec![with(&by_vic, VIC_DEVICE)],
        ),
        (
            "a change of which the one before is not there",
            "nack missing-deps",
            vec![with(&fourth, SAM_DEVICE)],
        ),
        (
            "a change that does not name the one before",
            "nack broken-chain",
            vec![with(&broken_chain, SAM_DEVICE)],
        ),
        (
            "a change that skips a counter",
            "nack counter",
            vec![with(&counter, SAM_DEVICE)],
        ),
        (
            "a change of a top-level field",
            "nack bad-op",
            vec![with(&bad_op, SAM_DEVICE)],
        ),
        (
            "another change 2",
            "nack fork",
            vec![with(&fork, SAM_DEVICE)],
        ),
        (
            "a document without a beginning",
            "nack unavailable",
            vec![foreign],
        ),
        (
            "a change with a wrong checksum",
            "bye checksum",
            vec![raw(flipped(plain, 4))],
        ),
        (
            "a change of which the last byte differs",
            "bye checksum",
            vec![raw(flipped(plain, plain.len() - 1))],
        ),
        (
            "a change with wrong magic bytes",
            "bye magic",
            vec![raw(flipped(plain, 0))],
        ),
        ("a deflated change", "bye deflated", vec![raw(deflated)]),
        (
            "a document chunk as a change",
            "bye chunk_type",
            vec![raw(whole)],
        ),
        (
            "a change that is cut off",
            "bye truncated",
            vec![raw(plain[..plain.len() - 1].to_vec())],
        ),
        (
            "a byte behind a change",
            "bye trailing",
            vec![raw([plain, &[0]].concat())],
        ),
        (
            "a change with its dependencies out of order",
            "bye deps_order",
            vec![raw(unordered())],
        ),
        (
            "a change that makes a table",
            "bye unsupported",
            vec![raw(unsupported())],
        ),
        (
            "a statement with a broken signature",
            "bye bad-statement",
            vec![only(flipped(&redeem, redeem.len() - 1))],
        ),
        (
            "a device that did not consent",
            "bye bad-statement",
            vec![only(inner(&device, 1, SAM))],
        ),
        (
            "an invite redeemed without its key",
            "bye bad-statement",
            vec![only(inner(&redeem, 20, RELAY))],
        ),
        (
            "a profile without a name",
            "bye bad-statement",
            vec![only(no_name)],
        ),
        (
            "a statement of an unknown kind",
            "bye bad-statement",
            vec![only(newer)],
        ),
        (
            "an ephemeral with a broken signature",
            "bye bad-ephemeral",
            vec![flipped(&ephemeral, ephemeral.len() - 1)],
        ),
        ("nothing", "bye malformed", vec![Vec::new()]),
        ("one byte", "bye malformed", vec![vec![0]]),
        (
            "a data message of an unknown kind",
            "bye malformed",
            vec![cbor(|e| e.array(2)?.u8(9)?.array(1)?.map(0)?.ok())],
        ),
        (
            "a message without its document",
            "bye malformed",
            vec![cbor(|e| e.array(2)?.u8(1)?.array(1)?.map(0)?.ok())],
        ),
        (
            "a second challenge",
            "bye unexpected",
            vec![Bench::new().challenge],
        ),
    ];
    cases
        .into_iter()
        .map(|(name, expected, frames)| {
            let mut bench = Bench::new();
            bench.hear(&bench.join());
            bench.hear(&base());
            case(&mut bench, name, expected, frames)
        })
        .collect()
}

/// A part of a chunk under another index.
fn with_index(part: &[u8], index: u8) -> Vec<u8> {
    let mut out = part.to_vec();
    // Behind the key 1, which follows the document.
    assert_eq!(out[22..24], [1, 1]);
    out[23] = index;
    out
}

fn ephemeral(device: u8, count: u64, data: &[u8]) -> Vec<u8> {
    let session = [0x11; 16];
    let device = key(device);
    let fields = |e: &mut Encoder<&mut Vec<u8>>| {
        e.bytes(parts::document().as_ref())?
            .bytes(device.public().as_ref())?
            .bytes(&session)?
            .u64(count)?
            .bytes(data)?
            .ok()
    };
    let message = cbor(|e| {
        e.array(5)?;
        fields(e)
    });
    let signed = [b"poo/ephemeral/v1\0", &message[..]].concat();
    cbor(|e| {
        e.array(2)?.u8(2)?.array(1)?.map(6)?;
        e.u8(0)?.bytes(parts::document().as_ref())?;
        e.u8(1)?.bytes(device.public().as_ref())?;
        e.u8(2)?.bytes(&session)?;
        e.u8(3)?.u64(count)?;
        e.u8(4)?.bytes(data)?;
        e.u8(5)?.bytes(&signature(&device, &signed))?.ok()
    })
}
