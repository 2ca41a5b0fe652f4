//! Invites: redeemed at the relay they name, by whoever holds their key.

use super::*;

struct Scene {
    ann: Person,
    bob: Person,
    cas: Person,
    relay: Person,
    secret: Keypair,
    id: DocumentId,
    start: Statement,
}

fn scene() -> Scene {
    let ann = person(1);
    Scene {
        id: document(&ann),
        start: genesis(&ann),
        ann,
        bob: person(2),
        cas: person(3),
        relay: person(4),
        secret: Keypair::from_seed(&[50; 32]),
    }
}

impl Scene {
    fn invite(&self, role: Role, single_use: bool) -> Statement {
        let invite = Invite {
            key: self.secret.public(),
            expires_at_ms: 100,
            single_use,
            relay: self.relay.did,
        };
        grant_to(self.id, Grantee::Invite(invite), role, 0, &self.ann.key)
    }

    fn redeem(&self, grant: &Statement, joiner: &Person, at_ms: i64) -> Statement {
        self.redeem_by(grant, joiner, at_ms, &self.secret, &self.relay.key)
    }

    fn redeem_by(
        &self,
        grant: &Statement,
        joiner: &Person,
        at_ms: i64,
        secret: &Keypair,
        signer: &Keypair,
    ) -> Statement {
        let body = Redeem {
            document: self.id,
            grant: grant.digest(),
            joiner: joiner.did,
            invite: secret.public(),
            proof: Redeem::proof(secret, &self.id, &grant.digest(), &joiner.did),
            redeemed_at_ms: at_ms,
        };
        sign(Payload::Redeem(body), signer)
    }
}

#[test]
fn a_redeem_gives_the_role_of_its_invite() {
    let s = scene();
    let invite = s.invite(Role::Editor, true);
    let redeem = s.redeem(&invite, &s.bob, 100);
    let authority = evaluate(s.id, &[&redeem, &invite, &s.start]);
    assert_eq!(authority.role(&s.bob.did), Some(Role::Editor));
    assert_eq!(authority.members()[&s.bob.did].grants, [redeem.digest()]);
    let state = &authority.invites()[&invite.digest()];
    assert_eq!(state.redeemed_by, BTreeSet::from([s.bob.did]));
    assert!(!state.revoked);
    assert!(authority.evidence().is_empty());
    assert!(authority.ineffective().is_empty());
    assert_eq!(evaluate(s.id, &[&invite, &s.start]).members().len(), 1);
}

#[test]
fn a_wrong_redeem_gives_nothing() {
    let s = scene();
    let invite = s.invite(Role::Editor, true);
    let other_key = Keypair::from_seed(&[51; 32]);
    let direct = grant(s.id, &s.cas, Role::Viewer, &s.ann.key);
    let strangers = grant_to(
        s.id,
        Grantee::Invite(Invite {
            key: s.secret.public(),
            expires_at_ms: 100,
            single_use: false,
            relay: s.relay.did,
        }),
        Role::Owner,
        1,
        &s.cas.key,
    );
    for (bad, why) in [
        (
            s.redeem_by(&invite, &s.bob, 1, &s.secret, &s.cas.key),
            IneffectiveReason::WrongRelay,
        ),
        (
            s.redeem_by(&invite, &s.bob, 1, &other_key, &s.relay.key),
            IneffectiveReason::WrongInvite,
        ),
        (s.redeem(&invite, &s.bob, 101), IneffectiveReason::Expired),
        (
            s.redeem(&direct, &s.bob, 1),
            IneffectiveReason::UnknownInvite,
        ),
        (
            s.redeem(&strangers, &s.bob, 1),
            IneffectiveReason::UnknownInvite,
        ),
        (
            s.redeem(&s.start, &s.bob, 1),
            IneffectiveReason::UnknownInvite,
        ),
    ] {
        let authority = evaluate(s.id, &[&s.start, &invite, &direct, &strangers, &bad]);
        assert_eq!(authority.role(&s.bob.did), None, "{why}");
        assert_eq!(reason(&authority, &bad), Some(why));
    }
}

#[test]
fn another_documents_invite_opens_nothing_here() {
    let s = scene();
    let theirs = document(&s.cas);
    let foreign = grant_to(
        theirs,
        Grantee::Invite(Invite {
            key: s.secret.public(),
            expires_at_ms: 100,
            single_use: false,
            relay: s.relay.did,
        }),
        Role::Owner,
        0,
        &s.cas.key,
    );
    let redeem = s.redeem(&foreign, &s.bob, 1);
    let authority = evaluate(s.id, &[&s.start, &foreign, &genesis(&s.cas), &redeem]);
    assert_eq!(authority.role(&s.bob.did), None);
    assert_eq!(
        reason(&authority, &redeem),
        Some(IneffectiveReason::UnknownInvite)
    );
}

#[test]
fn two_joiners_of_a_single_use_invite_both_join_and_the_relay_is_shown() {
    let s = scene();
    let invite = s.invite(Role::Viewer, true);
    let (first, second) = (s.redeem(&invite, &s.bob, 1), s.redeem(&invite, &s.cas, 2));
    let again = s.redeem(&invite, &s.bob, 3);
    let authority = evaluate(s.id, &[&s.start, &invite, &first, &again]);
    assert!(authority.evidence().is_empty(), "one joiner, twice written");
    let authority = evaluate(s.id, &[&s.start, &invite, &first, &second]);
    assert!(authority.can_read(&s.bob.did) && authority.can_read(&s.cas.did));
    let evidence = &authority.evidence()[0];
    assert_eq!(evidence.relay, s.relay.did);
    assert_eq!(evidence.grant, invite.digest());
    assert_eq!(evidence.redeems.len(), 2);
    let open = s.invite(Role::Viewer, false);
    let (first, second) = (s.redeem(&open, &s.bob, 1), s.redeem(&open, &s.cas, 2));
    assert!(
        evaluate(s.id, &[&s.start, &open, &first, &second])
            .evidence()
            .is_empty()
    );
}

#[test]
fn a_revoked_invite_takes_its_joiners_along_but_those_kept() {
    let s = scene();
    let invite = s.invite(Role::Editor, false);
    let (bob, cas) = (s.redeem(&invite, &s.bob, 1), s.redeem(&invite, &s.cas, 2));
    let gone = revoke_with(
        Scope::Document(s.id),
        &[&invite],
        &[(ACTOR, 5)],
        &[&bob],
        &s.ann.key,
    );
    let authority = evaluate(s.id, &[&s.start, &invite, &bob, &cas, &gone]);
    assert!(authority.can_write(&s.bob.did));
    assert!(!authority.can_read(&s.cas.did));
    assert!(authority.invites()[&invite.digest()].revoked);
    assert_eq!(
        authority.write_limit(&s.cas.key.public(), &ACTOR),
        WriteLimit::UpTo(5)
    );
    assert_eq!(
        authority.write_limit(&s.cas.key.public(), &OTHER_ACTOR),
        WriteLimit::Nothing
    );
}

#[test]
fn one_joiner_is_removed_or_leaves_and_the_others_stay() {
    let s = scene();
    let invite = s.invite(Role::Viewer, false);
    let (bob, cas) = (s.redeem(&invite, &s.bob, 1), s.redeem(&invite, &s.cas, 2));
    for by in [&s.ann.key, &s.bob.key] {
        let gone = revoke(s.id, &bob, by);
        let authority = evaluate(s.id, &[&s.start, &invite, &bob, &cas, &gone]);
        assert!(!authority.can_read(&s.bob.did));
        assert!(authority.can_read(&s.cas.did));
        assert!(!authority.invites()[&invite.digest()].revoked);
    }
    let not_theirs = revoke(s.id, &bob, &s.cas.key);
    let authority = evaluate(s.id, &[&s.start, &invite, &bob, &cas, &not_theirs]);
    assert!(authority.can_read(&s.bob.did));
    assert_eq!(
        reason(&authority, &not_theirs),
        Some(IneffectiveReason::NoRight)
    );
}

#[test]
fn an_owner_by_invite_is_an_equal_of_those_named_owner() {
    let s = scene();
    let invite = s.invite(Role::Owner, true);
    let bob = s.redeem(&invite, &s.bob, 1);
    let cas = grant(s.id, &s.cas, Role::Owner, &s.ann.key);
    let by_bob = grant(s.id, &s.relay, Role::Editor, &s.bob.key);
    // The redeem falls with its invite, in time for what Bob granted.
    let gone = revoke(s.id, &invite, &s.cas.key);
    let statements = [&s.start, &invite, &bob, &cas, &by_bob];
    assert!(evaluate(s.id, &statements).can_write(&s.relay.did));
    let authority = evaluate(s.id, &[&statements[..], &[&gone]].concat());
    assert_eq!(authority.role(&s.bob.did), None);
    assert_eq!(authority.role(&s.relay.did), None);
    assert_eq!(
        reason(&authority, &by_bob),
        Some(IneffectiveReason::SignerFell)
    );
}
