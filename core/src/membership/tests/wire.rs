//! Statements on the wire: what is read is what was signed, and nothing else is read.

use proptest::prelude::*;

use super::*;
use crate::identity::{Domain, Signature};

fn wire(payload: &[u8], signer: &Keypair, domain: Domain) -> Vec<u8> {
    let message = [signer.public().as_ref(), payload].concat();
    envelope(payload, signer, &signer.sign(domain, &message))
}

fn envelope(payload: &[u8], signer: &Keypair, signature: &Signature) -> Vec<u8> {
    let mut out = Vec::new();
    let mut e = minicbor::Encoder::new(&mut out);
    e.array(3).unwrap().bytes(payload).unwrap();
    e.encode(signer.public())
        .unwrap()
        .encode(signature)
        .unwrap();
    out
}

fn profile_body(name: &str) -> Profile {
    Profile {
        identity: person(1).did,
        version: 1,
        name: name.into(),
        color: None,
        is_agent: false,
        agent_platform: None,
        connected_by: None,
    }
}

fn one_of_each() -> Vec<Statement> {
    let (owner, joiner, relay) = (person(1), person(2), person(3));
    let id = document(&owner);
    let secret = Keypair::from_seed(&[50; 32]);
    let invite = Invite {
        key: secret.public(),
        expires_at_ms: 10,
        single_use: true,
        relay: relay.did,
    };
    let offer = grant_to(id, Grantee::Invite(invite), Role::Editor, 0, &owner.key);
    let redeem = Redeem {
        document: id,
        grant: offer.digest(),
        joiner: joiner.did,
        invite: secret.public(),
        proof: Redeem::proof(&secret, &id, &offer.digest(), &joiner.did),
        redeemed_at_ms: 5,
    };
    let witness = Witness {
        document: Some(id),
        relay: relay.did,
        for_: Some(joiner.did),
        issued_at_ms: 1,
    };
    let full = Profile {
        color: Some("#102030".into()),
        agent_platform: Some("a platform".into()),
        connected_by: Some(joiner.did),
        is_agent: true,
        ..profile_body("Ä name")
    };
    vec![
        genesis(&owner),
        device(&owner, &owner.phone, true, &owner.key),
        sign(Payload::Profile(full), &owner.key),
        grant(id, &joiner, Role::Viewer, &owner.key),
        sign(Payload::Redeem(redeem), &relay.key),
        sign(Payload::Witness(witness), &owner.key),
        revoke_with(
            Scope::Document(id),
            &[&offer],
            &[(ACTOR, 3)],
            &[&offer],
            &owner.key,
        ),
        revoke_with(Scope::Identity(owner.did), &[&offer], &[], &[], &owner.key),
        offer,
    ]
}

#[test]
fn every_kind_comes_back_as_it_was() {
    for statement in one_of_each() {
        let bytes = statement.to_wire();
        let back = Statement::from_wire(&bytes).unwrap();
        assert_eq!(back.payload(), statement.payload());
        assert_eq!(back.digest(), statement.digest());
        assert_eq!(back.scope(), statement.scope());
        assert_eq!(back.to_wire(), bytes);
    }
}

#[test]
fn truncated_or_extended_bytes_are_refused() {
    for statement in one_of_each() {
        let mut bytes = statement.to_wire();
        for len in 0..bytes.len() {
            assert!(Statement::from_wire(&bytes[..len]).is_err());
        }
        bytes.push(0);
        assert_eq!(Statement::from_wire(&bytes), Err(StatementError::Malformed));
    }
}

#[test]
fn every_changed_bit_is_noticed() {
    let good = grant(
        document(&person(1)),
        &person(2),
        Role::Viewer,
        &person(1).key,
    )
    .to_wire();
    for position in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[position] ^= 1 << bit;
            assert!(Statement::from_wire(&bad).is_err());
        }
    }
}

#[test]
fn a_forged_signer_or_another_domain_is_refused() {
    let (owner, thief) = (person(1), person(2));
    let payload = minicbor::to_vec(Payload::Genesis(genesis_body(&owner))).unwrap();
    let good = wire(&payload, &owner.key, Domain::STATEMENT);
    assert!(Statement::from_wire(&good).is_ok());
    let other_domain = wire(&payload, &owner.key, Domain::TIP);
    assert_eq!(
        Statement::from_wire(&other_domain),
        Err(StatementError::Signature)
    );
    let message = [thief.key.public().as_ref(), &payload].concat();
    let by_thief = thief.key.sign(Domain::STATEMENT, &message);
    let forged = envelope(&payload, &owner.key, &by_thief);
    assert_eq!(
        Statement::from_wire(&forged),
        Err(StatementError::Signature)
    );
}

#[test]
fn what_a_newer_version_wrote_is_told_apart_from_damage() {
    let key = &person(1).key;
    let mut payload = Vec::new();
    minicbor::Encoder::new(&mut payload)
        .array(2)
        .unwrap()
        .u64(99)
        .unwrap()
        .map(0)
        .unwrap();
    let unknown_kind = wire(&payload, key, Domain::STATEMENT);
    assert_eq!(
        Statement::from_wire(&unknown_kind),
        Err(StatementError::Newer)
    );
    let damaged = wire(&[0x82, 0x03, 0x01], key, Domain::STATEMENT);
    assert_eq!(
        Statement::from_wire(&damaged),
        Err(StatementError::Malformed)
    );
    let body = Grant {
        document: document(&person(1)),
        to: Grantee::Did(person(2).did),
        role: Role::Viewer,
        nonce: GrantNonce::from_bytes([0; 16]),
        issued_at_ms: 1,
    };
    let mut payload = minicbor::to_vec(Payload::Grant(body)).unwrap();
    // The role is the byte after key 2, which follows the grantee's 32 bytes.
    let role = payload.windows(3).position(|w| w == [2, 0, 3]).unwrap() + 1;
    payload[role] = 9;
    let unknown_role = wire(&payload, key, Domain::STATEMENT);
    assert_eq!(
        Statement::from_wire(&unknown_role),
        Err(StatementError::Newer)
    );
}

#[test]
fn fields_of_a_newer_version_are_skipped_and_kept() {
    let owner = person(1);
    let body = profile_body("Ann");
    let mut payload = minicbor::to_vec(Payload::Profile(body.clone())).unwrap();
    // The body's map header: one entry more, at the end.
    payload[2] += 1;
    payload.extend([0x18, 0x63, 0x61, b'x']);
    let bytes = wire(&payload, &owner.key, Domain::STATEMENT);
    let statement = Statement::from_wire(&bytes).unwrap();
    assert_eq!(statement.payload(), &Payload::Profile(body));
    assert_eq!(statement.payload_bytes(), payload);
    assert_eq!(statement.to_wire(), bytes);
}

#[test]
fn texts_are_bounded_when_made_and_when_read() {
    let owner = person(1);
    for (name, fine) in [
        ("ä".repeat(100), true),
        ("x".repeat(101), false),
        (String::new(), false),
        ("red\u{1b}[31m".into(), false),
    ] {
        let payload = Payload::Profile(profile_body(&name));
        let bytes = wire(
            &minicbor::to_vec(&payload).unwrap(),
            &owner.key,
            Domain::STATEMENT,
        );
        let expected = if fine {
            None
        } else {
            Some(StatementError::Payload(PayloadProblem::Name))
        };
        assert_eq!(Statement::from_wire(&bytes).err(), expected);
        assert_eq!(Statement::sign(payload, &owner.key).err(), expected);
    }
}

#[test]
fn revocations_are_bounded() {
    let owner = person(1);
    let digest = |n: usize| {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&n.to_be_bytes());
        StatementDigest::from_bytes(bytes)
    };
    let actor = |n: usize| {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&n.to_be_bytes());
        ActorId::from_bytes(bytes)
    };
    let revoke = |targets, marks, keep| {
        Statement::sign(
            Payload::Revoke(Revoke {
                scope: Scope::Identity(owner.did),
                targets: (0..targets).map(digest).collect(),
                marks: (0..marks).map(|n| (actor(n), u64::MAX)).collect(),
                keep: (0..keep).map(digest).collect(),
                issued_at_ms: 1,
            }),
            &owner.key,
        )
    };
    let full = revoke(64, REVOKE_MARKS_MAX, REVOKE_KEEP_MAX).unwrap();
    assert!(full.to_wire().len() < STATEMENT_LEN_MAX);
    assert_eq!(Statement::from_wire(&full.to_wire()), Ok(full));
    let problem = |p| Some(StatementError::Payload(p));
    assert_eq!(revoke(65, 0, 0).err(), problem(PayloadProblem::Targets));
    assert_eq!(revoke(0, 0, 0).err(), problem(PayloadProblem::Targets));
    assert_eq!(
        revoke(1, REVOKE_MARKS_MAX + 1, 0).err(),
        problem(PayloadProblem::Marks)
    );
    assert_eq!(
        revoke(1, 0, REVOKE_KEEP_MAX + 1).err(),
        problem(PayloadProblem::Keep)
    );
}

#[test]
fn an_actor_marked_twice_is_refused() {
    let owner = person(1);
    let statement = revoke_with(
        Scope::Identity(owner.did),
        &[&genesis(&owner)],
        &[(ACTOR, 1)],
        &[],
        &owner.key,
    );
    let mut payload = statement.payload_bytes().to_vec();
    let entry: Vec<u8> = [&[0x50][..], ACTOR.as_ref(), &[1]].concat();
    let at = payload
        .windows(entry.len())
        .position(|w| w == entry)
        .unwrap();
    assert_eq!(payload[at - 1], 0xa1);
    payload[at - 1] = 0xa2;
    payload.splice(at..at, entry);
    let bytes = wire(&payload, &owner.key, Domain::STATEMENT);
    assert_eq!(Statement::from_wire(&bytes), Err(StatementError::Malformed));
}

#[test]
fn oversized_statements_are_refused_unread() {
    let key = &person(1).key;
    let mut payload = vec![0x82, 0x02];
    payload.resize(PAYLOAD_LEN_MAX + 1, 0);
    let bytes = wire(&payload, key, Domain::STATEMENT);
    assert!(matches!(
        Statement::from_wire(&bytes),
        Err(StatementError::TooLarge { .. })
    ));
    let bytes = vec![0; STATEMENT_LEN_MAX + 1];
    assert!(matches!(
        Statement::from_wire(&bytes),
        Err(StatementError::TooLarge { .. })
    ));
}

#[test]
fn a_device_that_did_not_consent_cannot_be_claimed() {
    let (owner, thief) = (person(1), person(2));
    let body = Device {
        identity: thief.did,
        device: owner.phone.public(),
        name: "mine now".into(),
        can_link: false,
        issued_at_ms: 1,
        consent: Device::consent(&owner.phone, &owner.did),
    };
    assert_eq!(
        Statement::sign(Payload::Device(body), &thief.key).err(),
        Some(StatementError::Consent)
    );
}

#[test]
fn a_proof_of_redeeming_holds_for_its_three_only() {
    let (relay, joiner) = (person(3), person(2));
    let secret = Keypair::from_seed(&[50; 32]);
    let (id, other) = (document(&person(1)), document(&person(4)));
    let digest = genesis(&person(1)).digest();
    let body = Redeem {
        document: id,
        grant: digest,
        joiner: joiner.did,
        invite: secret.public(),
        proof: Redeem::proof(&secret, &id, &digest, &joiner.did),
        redeemed_at_ms: 1,
    };
    assert!(Statement::sign(Payload::Redeem(body.clone()), &relay.key).is_ok());
    for wrong in [
        Redeem {
            joiner: relay.did,
            ..body.clone()
        },
        Redeem {
            document: other,
            ..body.clone()
        },
        Redeem {
            grant: genesis(&person(4)).digest(),
            ..body.clone()
        },
        Redeem {
            invite: relay.key.public(),
            ..body
        },
    ] {
        assert_eq!(
            Statement::sign(Payload::Redeem(wrong), &relay.key).err(),
            Some(StatementError::Proof)
        );
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Statement::from_wire(&bytes);
        let _ = Statement::from_wire(&wire(&bytes, &person(1).key, Domain::STATEMENT));
    }

    /// Past the signature too: payloads near good ones are read, or refused, without a panic.
    #[test]
    fn payloads_near_good_ones_never_panic(
        which in 0..9_usize,
        position in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let statement = &one_of_each()[which];
        let mut payload = statement.payload_bytes().to_vec();
        let position = position.index(payload.len());
        payload[position] = byte;
        let read = Statement::from_wire(&wire(&payload, &person(1).key, Domain::STATEMENT));
        if let Ok(read) = read {
            prop_assert_eq!(read.payload_bytes(), payload);
            let _ = evaluate(document(&person(1)), &[&genesis(&person(1)), &read]);
        }
    }
}
