//! Revocations: who may make them, what falls with whom, and what stays up to the marks.

use super::*;

#[test]
fn what_a_revoked_editor_wrote_stays_up_to_the_mark() {
    let (ann, bob) = (person(1), person(2));
    let id = document(&ann);
    let scope = Scope::Document(id);
    let start = genesis(&ann);
    let phone = device(&bob, &bob.phone, false, &bob.key);
    let editor = grant(id, &bob, Role::Editor, &ann.key);
    let gone = revoke_with(scope, &[&editor], &[(ACTOR, 5)], &[], &ann.key);
    let authority = evaluate(id, &[&start, &phone, &editor, &gone]);
    assert_eq!(authority.role(&bob.did), None);
    let limit = authority.write_limit(&bob.phone.public(), &ACTOR);
    assert_eq!(limit, WriteLimit::UpTo(5));
    assert!(limit.admits(5) && !limit.admits(6));
    assert_eq!(
        authority.write_limit(&bob.phone.public(), &OTHER_ACTOR),
        WriteLimit::Nothing
    );
    assert_eq!(reason(&authority, &editor), None);

    // Of two revocations of one grant the smaller mark holds.
    let harder = revoke_with(scope, &[&editor], &[(ACTOR, 3)], &[], &ann.key);
    let authority = evaluate(id, &[&start, &phone, &editor, &gone, &harder]);
    assert_eq!(
        authority.write_limit(&bob.phone.public(), &ACTOR),
        WriteLimit::UpTo(3)
    );

    // Of two grants the larger.
    let second = grant_to(id, Grantee::Did(bob.did), Role::Editor, 1, &ann.key);
    let later = revoke_with(scope, &[&second], &[(ACTOR, 9)], &[], &ann.key);
    let all = [&start, &phone, &editor, &gone, &harder, &second, &later];
    assert_eq!(
        evaluate(id, &all).write_limit(&bob.phone.public(), &ACTOR),
        WriteLimit::UpTo(9)
    );

    // A viewer who was an editor keeps what was marked; a new grant lifts every limit.
    let viewer = grant(id, &bob, Role::Viewer, &ann.key);
    let authority = evaluate(id, &[&start, &phone, &editor, &gone, &viewer]);
    assert!(authority.can_read(&bob.did));
    assert_eq!(
        authority.write_limit(&bob.phone.public(), &ACTOR),
        WriteLimit::UpTo(5)
    );
    let authority = evaluate(id, &[&start, &phone, &editor, &gone, &second]);
    assert_eq!(
        authority.write_limit(&bob.phone.public(), &ACTOR),
        WriteLimit::Unlimited
    );
}

#[test]
fn a_revoked_device_is_limited_too() {
    let (ann, bob) = (person(1), person(2));
    let id = document(&ann);
    let start = genesis(&ann);
    let phone = device(&bob, &bob.phone, false, &bob.key);
    let editor = grant(id, &bob, Role::Editor, &ann.key);
    let lost = revoke_with(
        Scope::Identity(bob.did),
        &[&phone],
        &[(ACTOR, 4)],
        &[],
        &bob.key,
    );
    let authority = evaluate(id, &[&start, &phone, &editor, &lost]);
    assert!(authority.can_write(&bob.did));
    assert!(authority.is_revoked(&bob.phone.public()));
    assert_eq!(authority.identity_of(&bob.phone.public()), Some(bob.did));
    assert_eq!(
        authority.write_limit(&bob.phone.public(), &ACTOR),
        WriteLimit::UpTo(4)
    );
    assert_eq!(
        authority.write_limit(&bob.key.public(), &ACTOR),
        WriteLimit::Unlimited
    );
    assert!(authority.members()[&bob.did].devices.is_empty());
    let gone = revoke_with(
        Scope::Document(id),
        &[&editor],
        &[(ACTOR, 2)],
        &[],
        &ann.key,
    );
    let authority = evaluate(id, &[&start, &phone, &editor, &lost, &gone]);
    assert_eq!(
        authority.write_limit(&bob.phone.public(), &ACTOR),
        WriteLimit::UpTo(2)
    );
}

#[test]
fn what_a_lost_device_of_the_owner_granted_falls_unless_kept() {
    let (ann, bob, eve) = (person(1), person(2), person(3));
    let id = document(&ann);
    let start = genesis(&ann);
    let phone = device(&ann, &ann.phone, false, &ann.key);
    let honest = grant(id, &bob, Role::Editor, &ann.phone);
    let theft = grant(id, &eve, Role::Owner, &ann.phone);
    let lost = revoke_with(
        Scope::Identity(ann.did),
        &[&phone],
        &[],
        &[&honest],
        &ann.key,
    );
    let authority = evaluate(id, &[&start, &phone, &honest, &theft, &lost]);
    assert!(authority.can_write(&bob.did));
    assert_eq!(authority.role(&eve.did), None);
    assert_eq!(
        reason(&authority, &theft),
        Some(IneffectiveReason::SignerFell)
    );
}

#[test]
fn the_genesis_owner_cannot_be_revoked() {
    let (ann, bob) = (person(1), person(2));
    let id = document(&ann);
    let start = genesis(&ann);
    let owner = grant(id, &bob, Role::Owner, &ann.key);
    for by in [&bob.key, &ann.key] {
        let coup = revoke(id, &start, by);
        let authority = evaluate(id, &[&start, &owner, &coup]);
        assert_eq!(authority.role(&ann.did), Some(Role::Owner));
        assert_eq!(authority.role(&bob.did), Some(Role::Owner));
        assert_eq!(
            reason(&authority, &coup),
            Some(IneffectiveReason::GenesisOwner)
        );
    }
}

#[test]
fn the_genesis_owner_passes_the_document_on() {
    let (ann, bob, cas) = (person(1), person(2), person(3));
    let id = document(&ann);
    let start = genesis(&ann);
    let owner = grant(id, &bob, Role::Owner, &ann.key);
    let editor = grant(id, &cas, Role::Editor, &ann.key);
    let transfer = revoke_with(
        Scope::Document(id),
        &[&start],
        &[(ACTOR, 8)],
        &[&owner],
        &ann.key,
    );
    let authority = evaluate(id, &[&start, &owner, &editor, &transfer]);
    assert_eq!(authority.owner(), Some(ann.did));
    assert_eq!(authority.role(&ann.did), None);
    assert_eq!(authority.role(&bob.did), Some(Role::Owner));
    assert_eq!(authority.role(&cas.did), None);
    assert_eq!(
        authority.write_limit(&ann.key.public(), &ACTOR),
        WriteLimit::UpTo(8)
    );
    assert_eq!(reason(&authority, &transfer), None);
    // Nobody else passes it on, and not to anybody who is no owner by it.
    let coup = revoke_with(Scope::Document(id), &[&start], &[], &[&owner], &bob.key);
    let void = revoke_with(Scope::Document(id), &[&start], &[], &[&editor], &ann.key);
    let authority = evaluate(id, &[&start, &owner, &editor, &coup, &void]);
    assert_eq!(authority.role(&ann.did), Some(Role::Owner));
}

#[test]
fn equals_who_revoke_one_another_both_fall() {
    let (ann, bob, cas) = (person(1), person(2), person(3));
    let id = document(&ann);
    let start = genesis(&ann);
    let to_bob = grant(id, &bob, Role::Owner, &ann.key);
    let to_cas = grant(id, &cas, Role::Owner, &ann.key);
    let a = revoke(id, &to_cas, &bob.key);
    let b = revoke(id, &to_bob, &cas.key);
    let authority = evaluate(id, &[&start, &to_bob, &to_cas, &a, &b]);
    assert_eq!(
        authority.members().keys().copied().collect::<Vec<_>>(),
        [ann.did]
    );
    assert!(authority.ineffective().is_empty());
}

#[test]
fn seniors_are_out_of_a_juniors_reach() {
    let (ann, bob, cas, dan) = (person(1), person(2), person(3), person(4));
    let id = document(&ann);
    let start = genesis(&ann);
    let to_bob = grant(id, &bob, Role::Owner, &ann.key);
    let to_cas = grant(id, &cas, Role::Owner, &bob.key);
    let to_dan = grant(id, &dan, Role::Editor, &ann.key);
    let coup = revoke(id, &to_bob, &cas.key);
    let authority = evaluate(id, &[&start, &to_bob, &to_cas, &coup]);
    assert_eq!(authority.role(&bob.did), Some(Role::Owner));
    assert_eq!(
        reason(&authority, &coup),
        Some(IneffectiveReason::Outranked)
    );
    // A mere member is in reach of every owner.
    let gone = revoke(id, &to_dan, &cas.key);
    let authority = evaluate(id, &[&start, &to_bob, &to_cas, &to_dan, &gone]);
    assert_eq!(authority.role(&dan.did), None);
    // And a senior's word fells a junior with what the junior said against it.
    let down = revoke(id, &to_cas, &ann.key);
    let authority = evaluate(id, &[&start, &to_bob, &to_cas, &to_dan, &gone, &down]);
    assert_eq!(authority.role(&dan.did), Some(Role::Editor));
    assert_eq!(
        reason(&authority, &gone),
        Some(IneffectiveReason::SignerFell)
    );
}

#[test]
fn what_a_revoked_owner_granted_falls_unless_kept() {
    let (ann, bob, cas, dan) = (person(1), person(2), person(3), person(4));
    let id = document(&ann);
    let start = genesis(&ann);
    let to_bob = grant(id, &bob, Role::Owner, &ann.key);
    let kept = grant(id, &cas, Role::Owner, &bob.key);
    let lost = grant(id, &dan, Role::Editor, &bob.key);
    let by_kept = grant(id, &dan, Role::Viewer, &cas.key);
    let gone = revoke_with(
        Scope::Document(id),
        &[&to_bob],
        &[(ACTOR, 6)],
        &[&kept],
        &ann.key,
    );
    let authority = evaluate(id, &[&start, &to_bob, &kept, &lost, &by_kept, &gone]);
    assert_eq!(authority.role(&bob.did), None);
    assert_eq!(authority.role(&cas.did), Some(Role::Owner));
    assert_eq!(authority.role(&dan.did), Some(Role::Viewer));
    assert_eq!(
        reason(&authority, &lost),
        Some(IneffectiveReason::SignerFell)
    );
    // Whoever fell along with the grantor keeps what the revocation marks.
    assert_eq!(
        authority.write_limit(&dan.key.public(), &ACTOR),
        WriteLimit::UpTo(6)
    );
    // A second owner's grant of the same role stands on its own.
    let other = grant_to(id, Grantee::Did(dan.did), Role::Editor, 1, &ann.key);
    let authority = evaluate(id, &[&start, &to_bob, &lost, &gone, &other]);
    assert_eq!(authority.role(&dan.did), Some(Role::Editor));
}

#[test]
fn old_revocations_by_a_revoked_owner_can_be_kept() {
    let (ann, bob, eve) = (person(1), person(2), person(3));
    let id = document(&ann);
    let start = genesis(&ann);
    let to_bob = grant(id, &bob, Role::Owner, &ann.key);
    let to_eve = grant(id, &eve, Role::Editor, &ann.key);
    let good = revoke(id, &to_eve, &bob.key);
    let keeping = revoke_with(Scope::Document(id), &[&to_bob], &[], &[&good], &ann.key);
    let authority = evaluate(id, &[&start, &to_bob, &to_eve, &good, &keeping]);
    assert_eq!(authority.role(&eve.did), None);
}

#[test]
fn everybody_may_leave_and_nobody_else_sends_them() {
    let (ann, bob, eve) = (person(1), person(2), person(3));
    let id = document(&ann);
    let start = genesis(&ann);
    let phone = device(&bob, &bob.phone, false, &bob.key);
    let viewer = grant(id, &bob, Role::Viewer, &ann.key);
    let leaves = revoke(id, &viewer, &bob.phone);
    let authority = evaluate(id, &[&start, &phone, &viewer, &leaves]);
    assert_eq!(authority.role(&bob.did), None);
    assert_eq!(reason(&authority, &leaves), None);
    let sent = revoke(id, &viewer, &eve.key);
    let authority = evaluate(id, &[&start, &phone, &viewer, &sent]);
    assert_eq!(authority.role(&bob.did), Some(Role::Viewer));
    assert_eq!(reason(&authority, &sent), Some(IneffectiveReason::NoRight));
    // An owner leaves too; coming back takes a new grant.
    let owner = grant(id, &bob, Role::Owner, &ann.key);
    let leaves = revoke(id, &owner, &bob.key);
    let again = grant_to(id, Grantee::Did(bob.did), Role::Owner, 1, &ann.key);
    assert_eq!(
        evaluate(id, &[&start, &owner, &leaves]).role(&bob.did),
        None
    );
    let back = evaluate(id, &[&start, &owner, &leaves, &again]);
    assert_eq!(back.role(&bob.did), Some(Role::Owner));
}

#[test]
fn an_editor_revokes_nobody() {
    let (ann, bob, cas) = (person(1), person(2), person(3));
    let id = document(&ann);
    let start = genesis(&ann);
    let to_bob = grant(id, &bob, Role::Editor, &ann.key);
    let to_cas = grant(id, &cas, Role::Editor, &ann.key);
    let bad = revoke(id, &to_cas, &bob.key);
    let authority = evaluate(id, &[&start, &to_bob, &to_cas, &bad]);
    assert!(authority.can_write(&cas.did));
    assert_eq!(reason(&authority, &bad), Some(IneffectiveReason::NoRight));
    let nothing = revoke(id, &bad, &ann.key);
    let authority = evaluate(id, &[&start, &nothing]);
    assert_eq!(
        reason(&authority, &nothing),
        Some(IneffectiveReason::NoTarget)
    );
}
