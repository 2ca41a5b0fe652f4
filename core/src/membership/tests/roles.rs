//! Roles: who gives them, and who only tries to.

use super::*;

#[test]
fn the_genesis_makes_an_owner() {
    let ann = person(1);
    let id = document(&ann);
    let authority = evaluate(id, &[&genesis(&ann)]);
    assert_eq!(authority.owner(), Some(ann.did));
    assert_eq!(authority.role(&ann.did), Some(Role::Owner));
    assert!(authority.can_write(&ann.did) && authority.can_read(&ann.did));
    assert_eq!(
        authority.write_limit(&ann.key.public(), &ACTOR),
        WriteLimit::Unlimited
    );
    assert_eq!(authority.identity_of(&ann.key.public()), Some(ann.did));
    assert!(authority.ineffective().is_empty());
}

#[test]
fn a_genesis_needs_its_owner() {
    let (ann, eve) = (person(1), person(2));
    let id = document(&ann);
    let forged = sign(Payload::Genesis(genesis_body(&ann)), &eve.key);
    let authority = evaluate(id, &[&forged]);
    assert_eq!(authority.owner(), None);
    assert_eq!(
        reason(&authority, &forged),
        Some(IneffectiveReason::NoRight)
    );
    // A certified device may sign it.
    let phone = device(&ann, &ann.phone, false, &ann.key);
    let by_phone = sign(Payload::Genesis(genesis_body(&ann)), &ann.phone);
    assert_eq!(evaluate(id, &[&by_phone]).owner(), None);
    assert_eq!(evaluate(id, &[&by_phone, &phone]).owner(), Some(ann.did));
}

#[test]
fn of_two_geneses_the_smaller_digest_counts() {
    let ann = person(1);
    let id = document(&ann);
    let first = genesis(&ann);
    let mut body = genesis_body(&ann);
    body.home = Some(person(3).did);
    let second = sign(Payload::Genesis(body), &ann.key);
    let authority = evaluate(id, &[&first, &second]);
    let (less, more) = if first < second {
        (&first, &second)
    } else {
        (&second, &first)
    };
    assert_eq!(
        &Payload::Genesis(authority.genesis().unwrap().clone()),
        less.payload()
    );
    assert_eq!(
        reason(&authority, more),
        Some(IneffectiveReason::Superseded)
    );
}

#[test]
fn the_highest_role_counts_and_viewers_do_not_write() {
    let (ann, bob, cas) = (person(1), person(2), person(3));
    let id = document(&ann);
    let phone = device(&bob, &bob.phone, false, &bob.key);
    let viewer = grant(id, &bob, Role::Viewer, &ann.key);
    let editor = grant(id, &bob, Role::Editor, &ann.key);
    let authority = evaluate(id, &[&genesis(&ann), &viewer, &phone]);
    assert_eq!(authority.role(&bob.did), Some(Role::Viewer));
    assert!(authority.can_read(&bob.did) && !authority.can_write(&bob.did));
    assert_eq!(
        authority.write_limit(&bob.phone.public(), &ACTOR),
        WriteLimit::Nothing
    );
    let authority = evaluate(id, &[&genesis(&ann), &viewer, &editor, &phone]);
    assert_eq!(authority.role(&bob.did), Some(Role::Editor));
    assert_eq!(
        authority.write_limit(&bob.phone.public(), &ACTOR),
        WriteLimit::Unlimited
    );
    assert_eq!(
        authority.write_limit(&bob.laptop.public(), &ACTOR),
        WriteLimit::Nothing
    );
    let member = &authority.members()[&bob.did];
    assert_eq!(member.devices, [bob.phone.public()]);
    assert_eq!(member.grants.len(), 2);
    assert_eq!(authority.role(&cas.did), None);
    assert!(!authority.can_read(&cas.did) && !authority.can_write(&cas.did));
}

#[test]
fn only_owners_grant() {
    let (ann, bob, eve) = (person(1), person(2), person(3));
    let id = document(&ann);
    let editor = grant(id, &bob, Role::Editor, &ann.key);
    let climbs = grant(id, &bob, Role::Owner, &bob.key);
    let stranger = grant(id, &eve, Role::Owner, &eve.key);
    let by_phone = grant(id, &eve, Role::Editor, &ann.phone);
    let authority = evaluate(
        id,
        &[&genesis(&ann), &editor, &climbs, &stranger, &by_phone],
    );
    assert_eq!(authority.role(&bob.did), Some(Role::Editor));
    assert_eq!(authority.role(&eve.did), None);
    for bad in [&climbs, &stranger, &by_phone] {
        assert_eq!(reason(&authority, bad), Some(IneffectiveReason::NoRight));
    }
    // The owner's device, once certified, is as good as the owner.
    let phone = device(&ann, &ann.phone, false, &ann.key);
    assert_eq!(
        evaluate(id, &[&genesis(&ann), &by_phone, &phone]).role(&eve.did),
        Some(Role::Editor)
    );
}

#[test]
fn owners_make_owners_and_cycles_hang_in_the_air() {
    let (ann, bob, cas, eve) = (person(1), person(2), person(3), person(4));
    let id = document(&ann);
    let to_bob = grant(id, &bob, Role::Owner, &ann.key);
    let to_cas = grant(id, &cas, Role::Owner, &bob.key);
    let back = grant(id, &ann, Role::Owner, &cas.key);
    let authority = evaluate(id, &[&genesis(&ann), &back, &to_cas, &to_bob]);
    assert_eq!(authority.role(&cas.did), Some(Role::Owner));
    assert!(authority.ineffective().is_empty());
    let a = grant(id, &eve, Role::Owner, &cas.key);
    let b = grant(id, &cas, Role::Owner, &eve.key);
    let authority = evaluate(id, &[&genesis(&ann), &a, &b]);
    assert_eq!(authority.members().len(), 1);
}

#[test]
fn statements_of_other_documents_mean_nothing_here() {
    let (ann, bob) = (person(1), person(2));
    let id = document(&ann);
    let elsewhere = grant(document(&bob), &bob, Role::Owner, &ann.key);
    let theirs = genesis(&bob);
    let authority = evaluate(id, &[&genesis(&ann), &elsewhere, &theirs]);
    assert_eq!(authority.role(&bob.did), None);
    assert_eq!(authority.statements().len(), 1);
    assert_eq!(
        authority.digest_set_fingerprint(),
        evaluate(id, &[&genesis(&ann)]).digest_set_fingerprint()
    );
}

#[test]
fn the_identities_that_a_document_names_belong_to_its_set() {
    let (ann, bob, cas, eve) = (person(1), person(2), person(3), person(4));
    let id = document(&ann);
    let phone = device(&ann, &ann.phone, false, &ann.key);
    let by_phone = grant(id, &bob, Role::Editor, &ann.phone);
    let bobs = device(&bob, &bob.phone, false, &bob.key);
    let relays = device(&cas, &cas.phone, false, &cas.key);
    let strangers = device(&eve, &eve.phone, false, &eve.key);
    let witness = Witness {
        document: Some(id),
        relay: cas.did,
        for_: None,
        issued_at_ms: 1,
    };
    let witness = sign(Payload::Witness(witness), &ann.key);
    let start = genesis(&ann);
    let all = [
        &start, &phone, &by_phone, &bobs, &relays, &strangers, &witness,
    ];
    let set = relevant(&id, all);
    assert_eq!(set.len(), 6);
    assert!(!set.contains(&strangers));
    assert_eq!(evaluate(id, &all).statements().len(), 6);
}

#[test]
fn a_witness_is_named_by_an_owner() {
    let (ann, bob, relay) = (person(1), person(2), person(3));
    let id = document(&ann);
    let witness = |for_, signer| {
        let body = Witness {
            document: Some(id),
            relay: relay.did,
            for_,
            issued_at_ms: 1,
        };
        sign(Payload::Witness(body), signer)
    };
    let start = genesis(&ann);
    let editor = grant(id, &bob, Role::Editor, &ann.key);
    let by_editor = witness(None, &bob.key);
    let authority = evaluate(id, &[&start, &editor, &by_editor]);
    assert!(!authority.may_witness(&relay.did, &bob.did));
    assert_eq!(
        reason(&authority, &by_editor),
        Some(IneffectiveReason::NoRight)
    );
    let for_bob = witness(Some(bob.did), &ann.key);
    let authority = evaluate(id, &[&start, &editor, &for_bob]);
    assert!(authority.may_witness(&relay.did, &bob.did));
    assert!(!authority.may_witness(&relay.did, &ann.did));
    assert!(!authority.may_witness(&bob.did, &bob.did));
    let for_all = witness(None, &ann.key);
    assert!(evaluate(id, &[&start, &for_all]).may_witness(&relay.did, &ann.did));
    let gone = revoke(id, &for_bob, &ann.key);
    assert!(!evaluate(id, &[&start, &for_bob, &gone]).may_witness(&relay.did, &bob.did));
}
