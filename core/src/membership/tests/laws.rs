//! Laws that hold for every set of statements: no order, no duplicate and no stranger matters.

use proptest::prelude::*;

use super::*;

/// Everything that an authority says about a few people and actors.
fn said(authority: &Authority, people: &[Person]) -> String {
    let mut out = format!(
        "{:?} {:?} {:?} {:?}",
        authority.owner(),
        authority.members(),
        authority.invites(),
        authority.evidence(),
    );
    for person in people {
        for key in [&person.key, &person.phone, &person.laptop] {
            for actor in [&ACTOR, &OTHER_ACTOR] {
                out += &format!(
                    " {:?} {:?} {}",
                    authority.write_limit(&key.public(), actor),
                    authority.identity_of(&key.public()),
                    authority.is_revoked(&key.public()),
                );
            }
        }
        let witnessed: Vec<bool> = people
            .iter()
            .map(|author| authority.may_witness(&person.did, &author.did))
            .collect();
        out += &format!(" {:?} {witnessed:?}", authority.profile(&person.did));
    }
    out
}

fn crowd() -> Vec<Person> {
    (1..=5).map(person).collect()
}

/// One statement to make: kind, who signs with which key, about whom, and what it refers to.
type Step = (
    u8,
    usize,
    u8,
    usize,
    u8,
    prop::sample::Index,
    prop::sample::Index,
);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (
        0..10_u8,
        0..5_usize,
        0..3_u8,
        0..5_usize,
        0..3_u8,
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
    );
    prop::collection::vec(step, 0..25)
}

/// A history in which people grant, invite, link and revoke at random, allowed or not.
fn history(steps: &[Step], people: &[Person]) -> Vec<Statement> {
    let id = document(&people[0]);
    let mut all = vec![genesis(&people[0])];
    for person in people {
        all.push(device(person, &person.phone, true, &person.key));
    }
    let mut invites: Vec<Statement> = Vec::new();
    let secret = Keypair::from_seed(&[50; 32]);
    for (n, (what, who, which, whom, role, refer, keep)) in steps.iter().enumerate() {
        let (who, whom) = (&people[*who], &people[*whom]);
        let signer = match which {
            0 => &who.key,
            1 => &who.phone,
            _ => &who.laptop,
        };
        let nonce = u8::try_from(n).unwrap();
        let role = [Role::Viewer, Role::Editor, Role::Owner][usize::from(*role)];
        let target = all[refer.index(all.len())].clone();
        let kept = all[keep.index(all.len())].clone();
        let marks = [(ACTOR, u64::from(nonce))];
        let made = match what {
            0..3 => grant_to(id, Grantee::Did(whom.did), role, nonce, signer),
            3 => {
                let invite = Invite {
                    key: secret.public(),
                    expires_at_ms: 10,
                    single_use: true,
                    relay: people[4].did,
                };
                let made = grant_to(id, Grantee::Invite(invite), role, nonce, signer);
                invites.push(made.clone());
                made
            }
            4 if !invites.is_empty() => {
                let grant = invites[refer.index(invites.len())].digest();
                let body = Redeem {
                    document: id,
                    grant,
                    joiner: whom.did,
                    invite: secret.public(),
                    proof: Redeem::proof(&secret, &id, &grant, &whom.did),
                    redeemed_at_ms: 1,
                };
                sign(Payload::Redeem(body), &people[4].key)
            }
            5 => device(who, &who.laptop, *which == 0, signer),
            6 => {
                let scope = Scope::Identity(who.did);
                revoke_with(scope, &[&target], &marks, &[&kept], signer)
            }
            _ => revoke_with(Scope::Document(id), &[&target], &marks, &[&kept], signer),
        };
        all.push(made);
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn neither_order_nor_duplicates_matter(
        steps in steps(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 40),
    ) {
        let people = crowd();
        let all = history(&steps, &people);
        let id = document(&people[0]);
        let straight = Authority::evaluate(&id, &all);
        let mut shuffled = all.clone();
        for (n, index) in order.iter().enumerate() {
            let len = shuffled.len();
            shuffled.swap(n % len, index.index(len));
            if n % 3 == 0 {
                shuffled.push(shuffled[index.index(len)].clone());
            }
        }
        let other = Authority::evaluate(&id, &shuffled);
        prop_assert_eq!(said(&straight, &people), said(&other, &people));
        prop_assert_eq!(straight.ineffective(), other.ineffective());
        prop_assert_eq!(straight.digest_set_fingerprint(), other.digest_set_fingerprint());
    }

    /// Whatever a stranger says changes nothing for anybody.
    #[test]
    fn a_stranger_changes_nothing(steps in steps(), evil in steps()) {
        let people = crowd();
        let mut all = history(&steps, &people);
        let id = document(&people[0]);
        // A name that nobody with a right mentioned would become known by the stranger's
        // mention, so all are mentioned.
        for person in &people {
            let to = Grantee::Did(person.did);
            all.push(grant_to(id, to, Role::Viewer, 200, &people[0].key));
        }
        let eve = person(60);
        let accomplice = [person(60), person(60), person(60), person(60), person(60)];
        let before = Authority::evaluate(&id, &all);
        let mut more = all.clone();
        for (what, _, _, whom, role, refer, _) in &evil {
            let target = all[refer.index(all.len())].clone();
            let role = [Role::Viewer, Role::Editor, Role::Owner][usize::from(*role)];
            more.push(match what {
                0..4 => grant(id, &people[*whom], role, &eve.key),
                4..6 => grant(id, &accomplice[*whom], role, &eve.key),
                6 => revoke_with(Scope::Identity(people[*whom].did), &[&target], &[], &[], &eve.key),
                7 => device(&people[*whom], &eve.phone, true, &eve.key),
                _ => revoke(id, &target, &eve.key),
            });
        }
        let after = Authority::evaluate(&id, &more);
        prop_assert_eq!(said(&before, &people), said(&after, &people));
        prop_assert_eq!(after.role(&eve.did), None);
        for statement in more.iter().filter(|s| s.signer() == eve.key.public()) {
            prop_assert!(reason(&after, statement).is_some());
        }
    }

    /// A statement that evaluation calls ineffective for want of a right can be left out, as
    /// long as nobody refers to it.
    #[test]
    fn what_nobody_had_the_right_to_say_can_be_left_out(steps in steps()) {
        let people = crowd();
        let all = history(&steps, &people);
        let id = document(&people[0]);
        let before = Authority::evaluate(&id, &all);
        let without: Vec<Statement> = all
            .iter()
            .filter(|s| reason(&before, s) != Some(IneffectiveReason::NoRight))
            .cloned()
            .collect();
        let after = Authority::evaluate(&id, &without);
        prop_assert_eq!(before.members(), after.members());
    }

    /// The genesis owner is an owner unless they passed the document on, and somebody always is.
    #[test]
    fn there_is_always_somebody_in_charge(steps in steps()) {
        let people = crowd();
        let all = history(&steps, &people);
        let authority = Authority::evaluate(&document(&people[0]), &all);
        let own = [&people[0].key, &people[0].phone, &people[0].laptop].map(Keypair::public);
        let transfers = all.iter().any(|s| {
            own.contains(&s.signer())
                && matches!(s.payload(), Payload::Revoke(r) if r.targets.contains(&all[0].digest()))
        });
        prop_assert!(transfers || authority.role(&people[0].did) == Some(Role::Owner));
        prop_assert!(authority.members().values().any(|m| m.role == Role::Owner));
        for member in authority.members().values() {
            prop_assert!(!member.grants.is_empty());
        }
    }
}

/// A chain of owners as long as the set, a crowd of members, and a set made to be slow: a revoked
/// owner and an accomplice who give one another roles and give them up again. Evaluation that is
/// quadratic in any of them makes this test the slowest by far.
#[test]
fn long_chains_and_large_crowds_are_evaluated() {
    let (ann, bob, cas) = (person(1), person(2), person(3));
    let id = document(&ann);
    let start = genesis(&ann);
    let people: Vec<Keypair> = (0..1000_u32)
        .map(|n| {
            let mut seed = [9; 32];
            seed[..4].copy_from_slice(&n.to_be_bytes());
            Keypair::from_seed(&seed)
        })
        .collect();
    let to_key = |pair: &Keypair| Grantee::Did(Did::from_key(pair.public()));
    let mut chain = vec![start.clone()];
    let mut crowd = vec![start.clone()];
    let mut signer = &ann.key;
    for pair in &people {
        chain.push(grant_to(id, to_key(pair), Role::Owner, 0, signer));
        crowd.push(grant_to(id, to_key(pair), Role::Editor, 0, &ann.key));
        signer = pair;
    }
    for statements in [chain, crowd] {
        let authority = Authority::evaluate(&id, &statements);
        assert_eq!(authority.members().len(), 1001);
        assert!(authority.ineffective().is_empty());
    }
    let to_bob = grant(id, &bob, Role::Owner, &ann.key);
    let gone = revoke(id, &to_bob, &ann.key);
    let mut hostile = vec![start, to_bob, gone];
    for issued_at_ms in 0..1000 {
        let body = Grant {
            document: id,
            to: Grantee::Did(cas.did),
            role: Role::Owner,
            nonce: GrantNonce::from_bytes([0; 16]),
            issued_at_ms,
        };
        let grant = sign(Payload::Grant(body.clone()), &bob.key);
        hostile.push(revoke(id, &grant, &cas.key));
        hostile.push(grant);
        hostile.push(sign(Payload::Grant(body), &cas.key));
    }
    assert_eq!(Authority::evaluate(&id, &hostile).members().len(), 1);
}
