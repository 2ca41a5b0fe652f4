//! Ids, changes, tips, statements: each as the engine writes it, checked against a second
//! construction by hand from the words of docs/PROTOCOL.md.

use core::convert::Infallible;
use std::collections::{BTreeMap, BTreeSet};

use hmac::{Hmac, KeyInit as _, Mac as _};
use minicbor::Encoder;
use poo_core::document::{
    Action, ActorId, ActorNonce, BIRTH_VERSION, Change, ChangeHash, DocumentId, DocumentKind,
    DocumentNonce, EncodedChange, Key, ObjectId, Op, OpId, Scalar, Tip,
};
use poo_core::identity::Did;
use poo_core::membership::{
    Authority, Device, Genesis, Grant, GrantNonce, Grantee, Invite, Payload, Profile, Redeem,
    Revoke, Role, Scope, Statement, Witness,
};
use poo_core::replica::{Link, Ticket, TicketTerms};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{
    ANN, ANN_DEVICE, INVITE, NOW_MS, RELAY, SAM, SAM_DEVICE, diagnostic, did, hex, key, sha256,
};

const DOCUMENT_NONCE: [u8; 16] = [0x11; 16];
pub(crate) const ACTOR_NONCE: [u8; 16] = [0x22; 16];

pub(crate) fn document() -> DocumentId {
    DocumentId::derive(&did(SAM), &DocumentNonce::Random(DOCUMENT_NONCE))
}

fn actor() -> ActorId {
    let nonce = ActorNonce::from_bytes(ACTOR_NONCE);
    ActorId::derive(&key(SAM_DEVICE).public(), &document(), &nonce)
}

pub(crate) fn documents() -> Value {
    let vector = |name: &str, nonce: DocumentNonce| {
        let id = DocumentId::derive(&did(SAM), &nonce);
        let owner = key(SAM).public();
        let by_hand = sha256(&[b"poo/document/v1", owner.as_ref(), nonce.as_bytes()]);
        assert_eq!(id.as_bytes(), &by_hand[..16]);
        json!({
            "name": name,
            "owner": hex(owner),
            "nonce": hex(nonce.as_bytes()),
            "id": hex(id),
            "text": id.to_string(),
        })
    };
    json!([
        vector("list", DocumentNonce::Random(DOCUMENT_NONCE)),
        vector("space", DocumentNonce::Space),
    ])
}

pub(crate) fn actors() -> Value {
    let device = key(SAM_DEVICE).public();
    let by_hand = sha256(&[
        b"poo/actor/v1",
        device.as_ref(),
        document().as_ref(),
        &ACTOR_NONCE,
    ]);
    assert_eq!(actor().as_bytes(), &by_hand[..16]);
    json!([{
        "device": hex(device),
        "document": hex(document()),
        "nonce": hex(ACTOR_NONCE),
        "id": hex(actor()),
    }])
}

pub(crate) fn births() -> Value {
    DocumentKind::ALL
        .into_iter()
        .filter_map(|kind| Some((kind, kind.birth()?)))
        .map(|(kind, birth)| {
            let name = kind.as_str();
            let version = BIRTH_VERSION.to_be_bytes();
            let by_hand = sha256(&[b"poo/birth/v1", name.as_bytes(), &version]);
            assert_eq!(birth.change().actor.as_bytes(), &by_hand[..16]);
            json!({
                "kind": name,
                "version": BIRTH_VERSION,
                "actor": hex(birth.change().actor),
                "maps": kind.maps(),
                "bytes": hex(birth.bytes()),
                "hash": hex(birth.hash()),
            })
        })
        .collect()
}

/// The first two changes of an actor: the list gets a title, then another one.
pub(crate) fn chain() -> [EncodedChange; 2] {
    let birth = DocumentKind::List.birth().unwrap();
    let maps = DocumentKind::List.maps();
    let meta = maps.iter().position(|name| *name == "meta").unwrap() as u64 + 3;
    let put = |counter, title: &str, pred: Vec<OpId>| Op {
        id: OpId {
            counter,
            actor: actor(),
        },
        object: ObjectId::Made(OpId {
            counter: meta,
            actor: birth.change().actor,
        }),
        key: Key::Map("title".to_owned()),
        action: Action::Put(Scalar::Str(title.to_owned())),
        insert: false,
        pred,
    };
    let change = |seq, op: Op, dep: ChangeHash| {
        Change {
            actor: actor(),
            seq,
            start_op: op.id.counter,
            time_s: NOW_MS / 1000,
            message: None,
            deps: vec![dep],
            ops: vec![op],
        }
        .encode()
    };
    let start = birth.change().max_op() + 1;
    let first = put(start, "Groceries", Vec::new());
    let overwritten = first.id;
    let first = change(1, first, birth.hash());
    let second = put(start + 1, "Food", vec![overwritten]);
    let second = change(2, second, first.hash());
    [first, second]
}

pub(crate) fn changes() -> Value {
    chain()
        .into_iter()
        .map(|change| {
            let inner = change.change();
            json!({
                "actor": hex(inner.actor),
                "seq": inner.seq,
                "startOp": inner.start_op,
                "deps": inner.deps.iter().map(hex).collect::<Vec<_>>(),
                "bytes": hex(change.bytes()),
                "hash": hex(change.hash()),
            })
        })
        .collect()
}

/// CBOR, put together by hand.
pub(crate) fn cbor(
    fill: impl FnOnce(&mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<Infallible>>,
) -> Vec<u8> {
    let mut out = Vec::new();
    fill(&mut Encoder::new(&mut out)).unwrap();
    out
}

fn tagged(tag: &str, message: &[u8]) -> Vec<u8> {
    [tag.as_bytes(), &[0], message].concat()
}

pub(crate) fn tips() -> Value {
    let [_, last] = chain();
    let nonce = ActorNonce::from_bytes(ACTOR_NONCE);
    let sign = |device: u8, witnessed: Option<Did>| {
        Tip::sign(&key(device), &document(), nonce, 2, last.hash(), witnessed)
    };
    let foreign = ActorId::try_from(&[0x66; 32][..]).unwrap();
    let since = ActorNonce::from_bytes([0; 16]);
    let for_ann = (did(ANN), since);
    let under_foreign = Tip::witness(&key(RELAY), &document(), foreign, 2, last.hash(), for_ann);
    let vector = |name: &str, device: u8, tip: &Tip| {
        let (device, nonce, witnessed) = (key(device), tip.nonce(), tip.witnessed());
        let mut message = Vec::new();
        let mut e = Encoder::new(&mut message);
        e.array(if witnessed.is_some() { 6 } else { 5 }).unwrap();
        e.bytes(document().as_ref()).unwrap();
        e.bytes(tip.actor().as_ref()).unwrap();
        e.bytes(nonce.as_ref()).unwrap();
        e.u64(2).unwrap();
        e.bytes(last.hash().as_ref()).unwrap();
        if let Some(did) = witnessed {
            e.bytes(did.key().as_ref()).unwrap();
        }
        let signed = tagged("poo/tip/v1", &message);
        let signature = signature(&device, &signed);
        let bytes = tip.to_bytes();
        assert!(bytes.windows(64).any(|window| window == signature));
        json!({
            "name": name,
            "document": hex(document()),
            "actor": hex(tip.actor()),
            "signedBytes": hex(signed),
            "signature": hex(signature),
            "bytes": hex(&bytes),
            "diagnostic": diagnostic(&bytes),
        })
    };
    json!([
        vector("by a device", SAM_DEVICE, &sign(SAM_DEVICE, None)),
        vector(
            "by a relay for somebody",
            RELAY,
            &sign(RELAY, Some(did(ANN)))
        ),
        vector(
            "by a relay under a client's own actor",
            RELAY,
            &under_foreign
        ),
    ])
}

/// A signature by an implementation that knows nothing of domains.
pub(crate) fn signature(by: &poo_core::identity::Keypair, message: &[u8]) -> [u8; 64] {
    use ed25519_dalek::Signer as _;
    ed25519_dalek::SigningKey::from_bytes(&by.seed())
        .sign(message)
        .to_bytes()
}

/// One of each kind, in an order in which each makes sense.
pub(crate) fn every_statement() -> Vec<(&'static str, Statement)> {
    let sign = |payload, by| Statement::sign(payload, &key(by)).unwrap();
    let device = |identity: u8, device: u8, name: &str| {
        Payload::Device(Device {
            identity: did(identity),
            device: key(device).public(),
            name: name.to_owned(),
            can_link: true,
            issued_at_ms: NOW_MS,
            consent: Device::consent(&key(device), &did(identity)),
        })
    };
    let genesis = Payload::Genesis(Genesis {
        owner: did(SAM),
        nonce: DocumentNonce::Random(DOCUMENT_NONCE),
        kind: DocumentKind::List,
        version: BIRTH_VERSION,
        home: Some(did(RELAY)),
        created_at_ms: NOW_MS,
        chosen_id: None,
    });
    let profile = Payload::Profile(Profile {
        identity: did(ANN),
        version: 1,
        name: "Ann".to_owned(),
        color: Some("#6b3cff".to_owned()),
        is_agent: true,
        agent_platform: Some("cron".to_owned()),
        connected_by: Some(did(SAM)),
    });
    let grant = |to: Grantee, role: Role, nonce: u8| {
        Payload::Grant(Grant {
            document: document(),
            to,
            role,
            nonce: GrantNonce::from_bytes([nonce; 16]),
            issued_at_ms: NOW_MS,
        })
    };
    let invite = Grantee::Invite(Invite {
        key: key(INVITE).public(),
        expires_at_ms: NOW_MS + 604_800_000,
        single_use: true,
        relay: did(RELAY),
    });
    let by_did = sign(grant(Grantee::Did(did(ANN)), Role::Viewer, 0x33), SAM);
    let by_invite = sign(grant(invite, Role::Editor, 0x44), SAM_DEVICE);
    let redeem = Payload::Redeem(Redeem {
        document: document(),
        grant: by_invite.digest(),
        joiner: did(ANN),
        invite: key(INVITE).public(),
        proof: Redeem::proof(&key(INVITE), &document(), &by_invite.digest(), &did(ANN)),
        redeemed_at_ms: NOW_MS + 60_000,
    });
    let witness = Payload::Witness(Witness {
        document: Some(document()),
        relay: did(RELAY),
        for_: Some(did(ANN)),
        issued_at_ms: NOW_MS,
    });
    let witness_everywhere = Payload::Witness(Witness {
        document: None,
        relay: did(RELAY),
        for_: Some(did(ANN)),
        issued_at_ms: NOW_MS,
    });
    let chosen = Payload::Genesis(Genesis {
        owner: did(ANN),
        nonce: DocumentNonce::Random([0x12; 16]),
        kind: DocumentKind::Plain,
        version: BIRTH_VERSION,
        home: Some(did(RELAY)),
        created_at_ms: NOW_MS,
        chosen_id: Some(chosen_id()),
    });
    let of_ticket = Payload::Revoke(Revoke {
        scope: Scope::Identity(did(ANN)),
        targets: BTreeSet::from([ticket(None).name()]),
        marks: BTreeMap::new(),
        keep: BTreeSet::new(),
        issued_at_ms: NOW_MS + 180_000,
    });
    let of_document = Payload::Revoke(Revoke {
        scope: Scope::Document(document()),
        targets: BTreeSet::from([by_did.digest()]),
        marks: BTreeMap::from([(actor(), 2)]),
        keep: BTreeSet::new(),
        issued_at_ms: NOW_MS + 120_000,
    });
    let anns = sign(device(ANN, ANN_DEVICE, "laptop"), ANN);
    let of_device = Payload::Revoke(Revoke {
        scope: Scope::Identity(did(ANN)),
        targets: BTreeSet::from([anns.digest()]),
        marks: BTreeMap::new(),
        keep: BTreeSet::from([by_did.digest()]),
        issued_at_ms: NOW_MS + 120_000,
    });
    vec![
        ("genesis", sign(genesis, SAM)),
        ("device", sign(device(SAM, SAM_DEVICE, "phone"), SAM)),
        ("device of Ann", anns),
        ("profile", sign(profile, ANN)),
        ("grant to a DID", by_did),
        ("grant to an invite", by_invite),
        ("redeem", sign(redeem, RELAY)),
        ("witness", sign(witness, SAM)),
        ("revoke in a document", sign(of_document, SAM)),
        ("revoke of a device", sign(of_device, ANN)),
        ("witness in all documents", sign(witness_everywhere, ANN)),
        ("genesis of a chosen id", sign(chosen, RELAY)),
        ("revoke of a ticket", sign(of_ticket, ANN)),
    ]
}

/// An id that another program chose.
fn chosen_id() -> DocumentId {
    DocumentId::from_bytes([0x77; 16])
}

fn ticket(document: Option<DocumentId>) -> Ticket {
    let terms = TicketTerms {
        identity: did(ANN),
        relay: did(RELAY),
        document,
        uses: 2,
        expires_at_ms: NOW_MS + 86_400_000,
        nonce: [0x88; 16],
    };
    Ticket::sign(terms, &key(ANN_DEVICE))
}

/// Tickets for all documents and for one, put together a second time by hand.
pub(crate) fn tickets() -> Value {
    let vector = |name: &str, only: Option<DocumentId>| {
        let device = key(ANN_DEVICE);
        let payload = cbor(|e| {
            e.map(if only.is_some() { 6 } else { 5 })?;
            e.u8(0)?.bytes(did(ANN).key().as_ref())?;
            e.u8(1)?.bytes(did(RELAY).key().as_ref())?;
            if let Some(only) = only {
                e.u8(2)?.bytes(only.as_ref())?;
            }
            e.u8(3)?.u8(2)?;
            e.u8(4)?.i64(NOW_MS + 86_400_000)?;
            e.u8(5)?.bytes(&[0x88; 16])?.ok()
        });
        let signed = tagged("poo/ticket/v1", &payload);
        let signature = signature(&device, &signed);
        let wire = cbor(|e| {
            e.array(3)?.bytes(&payload)?;
            e.bytes(device.public().as_ref())?.bytes(&signature)?.ok()
        });
        let ticket = ticket(only);
        let text = ticket.to_string();
        assert_eq!(text, bs58::encode(&wire).with_check().into_string());
        let named = [device.public().as_ref(), &payload[..]].concat();
        let digest = sha256(&[&tagged("poo/ticket/v1", &named)]);
        assert_eq!(ticket.name().as_bytes(), &digest);
        json!({
            "name": name,
            "device": hex(device.public()),
            "payload": hex(&payload),
            "payloadDiagnostic": diagnostic(&payload),
            "signedBytes": hex(&signed),
            "text": text,
            "digest": hex(digest),
        })
    };
    json!([
        vector("for all documents", None),
        vector("for one document", Some(document())),
    ])
}

/// What the two devices of a link leave for one another, by hand: a test beside the code of links
/// holds the engine to it.
pub(crate) fn meetings() -> Value {
    let secret = [0x55; 32];
    let point = |tag: &str| hex(&sha256(&[tag.as_bytes(), &secret])[..16]);
    let device = key(ANN_DEVICE);
    let consent = Device::consent(&device, &did(ANN));
    let name = "laptop";
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
    mac.update(device.public().as_ref());
    mac.update(consent.as_ref());
    mac.update(name.as_bytes());
    let mac: [u8; 32] = mac.finalize().into_bytes().into();
    let request = cbor(|e| {
        e.map(4)?.u8(0)?.bytes(device.public().as_ref())?;
        e.u8(1)?.str(name)?;
        e.u8(2)?.bytes(consent.as_ref())?;
        e.u8(3)?.bytes(&mac)?.ok()
    });
    let certificate = every_statement()
        .into_iter()
        .find(|(name, _)| *name == "device of Ann")
        .map(|(_, statement)| statement.to_wire())
        .unwrap();
    let reply = cbor(|e| e.array(1)?.bytes(&certificate)?.ok());
    json!({
        "secret": hex(secret),
        "identity": hex(key(ANN).public()),
        "device": hex(device.public()),
        "name": name,
        "requestPoint": point("poo/link/v1"),
        "request": hex(&request),
        "requestDiagnostic": diagnostic(&request),
        "replyPoint": point("poo/link-reply/v1"),
        "reply": hex(&reply),
    })
}

/// The signatures inside a payload: by whom, over what.
fn proof(statement: &Statement) -> Option<Value> {
    let (by, message, proof) = match statement.payload() {
        Payload::Device(it) => (
            it.device,
            tagged("poo/device/v1", it.identity.key().as_ref()),
            it.consent,
        ),
        Payload::Redeem(it) => {
            let joiner = it.joiner.key();
            let parts: [&[u8]; 3] = [it.document.as_ref(), it.grant.as_ref(), joiner.as_ref()];
            let message = tagged("poo/redeem/v1", &parts.concat());
            (it.invite, message, it.proof)
        }
        _ => return None,
    };
    let key = ed25519_dalek::VerifyingKey::from_bytes(by.as_bytes()).unwrap();
    let signature = ed25519_dalek::Signature::from_bytes(proof.as_bytes());
    key.verify_strict(&message, &signature).unwrap();
    Some(json!({ "by": hex(by), "signedBytes": hex(message), "signature": hex(proof) }))
}

pub(crate) fn statements() -> Value {
    every_statement()
        .into_iter()
        .map(|(name, statement)| {
            let signer = statement.signer();
            let payload = statement.payload_bytes();
            let signed = tagged("poo/statement/v1", &[signer.as_ref(), payload].concat());
            assert_eq!(statement.digest().as_bytes(), &sha256(&[&signed]));
            let wire = statement.to_wire();
            let verifying = ed25519_dalek::VerifyingKey::from_bytes(signer.as_bytes()).unwrap();
            let last: [u8; 64] = wire[wire.len() - 64..].try_into().unwrap();
            let signature = ed25519_dalek::Signature::from_bytes(&last);
            verifying.verify_strict(&signed, &signature).unwrap();
            json!({
                "name": name,
                "signer": hex(signer),
                "payload": hex(payload),
                "payloadDiagnostic": diagnostic(payload),
                "signedBytes": hex(&signed),
                "digest": hex(statement.digest()),
                "wire": hex(&wire),
                "inner": proof(&statement),
            })
        })
        .collect()
}

/// The fingerprint of the statements above, and the digest of a document with them and one actor.
pub(crate) fn digests() -> Value {
    let statements: Vec<Statement> = every_statement().into_iter().map(|(_, s)| s).collect();
    let authority = Authority::evaluate(&document(), &statements);
    let fingerprint = authority.digest_set_fingerprint();
    let sorted: BTreeSet<_> = authority.statements().keys().copied().collect();
    let mut hashed = b"poo/statements/v1\0".to_vec();
    for digest in &sorted {
        hashed.extend_from_slice(digest.as_ref());
    }
    assert_eq!(fingerprint, sha256(&[&hashed]));
    let [_, last] = chain();
    let digest = sha256(&[
        b"poo/digest/v1",
        &fingerprint,
        actor().as_ref(),
        &2_u64.to_be_bytes(),
        last.hash().as_ref(),
    ]);
    json!({
        "document": hex(document()),
        "statements": sorted.iter().map(hex).collect::<Vec<_>>(),
        "fingerprint": hex(fingerprint),
        "ends": [{ "actor": hex(actor()), "seq": 2, "hash": hex(last.hash()) }],
        "digest": hex(&digest[..16]),
    })
}

pub(crate) fn links() -> Value {
    let secret = [0x55; 32];
    let grant = every_statement()
        .into_iter()
        .find(|(name, _)| *name == "grant to an invite")
        .map(|(_, statement)| statement.digest())
        .unwrap();
    let vector = |name: &str, link: Link| {
        let text = link.to_string();
        let (_, behind) = text.split_once('#').unwrap();
        let body = bs58::decode(behind).with_check(None).into_vec().unwrap();
        json!({ "name": name, "text": text, "body": hex(&body), "diagnostic": diagnostic(&body) })
    };
    json!([
        vector(
            "invite",
            Link::Invite {
                relay_url: "wss://relay.example.org".to_owned(),
                relay: did(RELAY),
                document: document(),
                grant,
                secret: [INVITE; 32],
            },
        ),
        vector(
            "device",
            Link::Device {
                relay_url: "wss://relay.example.org".to_owned(),
                relay: did(RELAY),
                did: did(SAM),
                secret,
            },
        ),
        vector(
            "setup",
            Link::Setup {
                relay_url: "ws://127.0.0.1:8787".to_owned(),
                relay: did(RELAY),
                secret,
            },
        ),
    ])
}
