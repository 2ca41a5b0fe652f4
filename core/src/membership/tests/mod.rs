//! Rules of membership, one test for each, the hostile ones included.

mod devices;
mod invites;
mod laws;
mod revocations;
mod roles;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::document::{ActorId, DocumentId, DocumentKind, DocumentNonce};
use crate::identity::{Did, Keypair};

/// Somebody with an identity key and two device keys, all from one small number.
pub(super) struct Person {
    pub(super) key: Keypair,
    pub(super) did: Did,
    pub(super) phone: Keypair,
    pub(super) laptop: Keypair,
}

pub(super) fn person(number: u8) -> Person {
    let key = Keypair::from_seed(&[number; 32]);
    Person {
        did: Did::from_key(key.public()),
        key,
        phone: Keypair::from_seed(&[number.wrapping_add(100); 32]),
        laptop: Keypair::from_seed(&[number.wrapping_add(200); 32]),
    }
}

pub(super) fn sign(payload: Payload, signer: &Keypair) -> Statement {
    Statement::sign(payload, signer).unwrap()
}

pub(super) fn genesis(owner: &Person) -> Statement {
    sign(Payload::Genesis(genesis_body(owner)), &owner.key)
}

pub(super) fn genesis_body(owner: &Person) -> Genesis {
    Genesis {
        owner: owner.did,
        nonce: DocumentNonce::Random([1; 16]),
        kind: DocumentKind::List,
        version: 1,
        home: None,
        created_at_ms: 1,
        chosen_id: None,
    }
}

pub(super) fn document(owner: &Person) -> DocumentId {
    genesis_body(owner).document()
}

pub(super) fn device(of: &Person, device: &Keypair, can_link: bool, signer: &Keypair) -> Statement {
    let body = Device {
        identity: of.did,
        device: device.public(),
        name: "a device".into(),
        can_link,
        issued_at_ms: 1,
        consent: Device::consent(device, &of.did),
    };
    sign(Payload::Device(body), signer)
}

pub(super) fn grant_to(
    document: DocumentId,
    to: Grantee,
    role: Role,
    nonce: u8,
    signer: &Keypair,
) -> Statement {
    let body = Grant {
        document,
        to,
        role,
        nonce: GrantNonce::from_bytes([nonce; 16]),
        issued_at_ms: 1,
    };
    sign(Payload::Grant(body), signer)
}

pub(super) fn grant(document: DocumentId, to: &Person, role: Role, signer: &Keypair) -> Statement {
    grant_to(document, Grantee::Did(to.did), role, 0, signer)
}

pub(super) fn revoke_with(
    scope: Scope,
    targets: &[&Statement],
    marks: &[(ActorId, u64)],
    keep: &[&Statement],
    signer: &Keypair,
) -> Statement {
    let body = Revoke {
        scope,
        targets: targets.iter().map(|s| s.digest()).collect(),
        marks: marks.iter().copied().collect(),
        keep: keep.iter().map(|s| s.digest()).collect(),
        issued_at_ms: 1,
    };
    sign(Payload::Revoke(body), signer)
}

pub(super) fn revoke(document: DocumentId, target: &Statement, signer: &Keypair) -> Statement {
    revoke_with(Scope::Document(document), &[target], &[], &[], signer)
}

pub(super) fn evaluate(document: DocumentId, statements: &[&Statement]) -> Authority {
    Authority::evaluate(&document, statements.iter().copied())
}

pub(super) fn reason(authority: &Authority, statement: &Statement) -> Option<IneffectiveReason> {
    authority.ineffective().get(&statement.digest()).copied()
}

pub(super) const ACTOR: ActorId = ActorId::from_bytes([7; 16]);
pub(super) const OTHER_ACTOR: ActorId = ActorId::from_bytes([8; 16]);
