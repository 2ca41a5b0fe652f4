//! Devices: certified from the identity key outwards, revoked by it or by one another.

use super::*;

fn identities(statements: &[&Statement]) -> Identities {
    Identities::evaluate(statements.iter().copied())
}

fn revoke_device(of: &Person, target: &Statement, keep: &[&Statement], by: &Keypair) -> Statement {
    revoke_with(Scope::Identity(of.did), &[target], &[], keep, by)
}

#[test]
fn a_device_that_may_link_certifies_another() {
    let ann = person(1);
    let phone = device(&ann, &ann.phone, true, &ann.key);
    let laptop = device(&ann, &ann.laptop, false, &ann.phone);
    let all = identities(&[&laptop, &phone]);
    assert_eq!(all.identity_of(&ann.laptop.public()), Some(ann.did));
    assert!(all.is_live(&ann.did, &ann.laptop.public()));
    assert!(all.ineffective().is_empty());
    let chain = all.chain(&ann.did, &ann.laptop.public()).unwrap();
    assert_eq!(chain, [phone, laptop]);
    assert_eq!(
        verify_device_chain(&ann.did, &ann.laptop.public(), &chain),
        Ok(())
    );
    assert_eq!(all.chain(&ann.did, &ann.key.public()), Some(vec![]));
    assert_eq!(
        verify_device_chain(&ann.did, &ann.key.public(), &[]),
        Ok(())
    );
    assert_eq!(
        verify_device_chain(&ann.did, &ann.laptop.public(), &chain[1..]),
        Err(DeviceChainError::NotCertified)
    );
    assert_eq!(
        verify_device_chain(&person(2).did, &ann.laptop.public(), &chain),
        Err(DeviceChainError::NotCertified)
    );
}

#[test]
fn a_device_that_may_not_link_certifies_nothing() {
    let ann = person(1);
    let phone = device(&ann, &ann.phone, false, &ann.key);
    let laptop = device(&ann, &ann.laptop, true, &ann.phone);
    let all = identities(&[&phone, &laptop]);
    assert_eq!(all.identity_of(&ann.laptop.public()), None);
    assert!(!all.is_live(&ann.did, &ann.laptop.public()));
    assert_eq!(all.devices(&ann.did).count(), 1);
}

#[test]
fn a_stranger_certifies_nothing_and_a_loop_hangs_in_the_air() {
    let (ann, eve) = (person(1), person(2));
    let by_stranger = device(&ann, &ann.phone, true, &eve.key);
    let a = device(&ann, &ann.phone, true, &ann.laptop);
    let b = device(&ann, &ann.laptop, true, &ann.phone);
    let all = identities(&[&by_stranger, &a, &b]);
    assert_eq!(all.devices(&ann.did).count(), 0);
    assert_eq!(all.ineffective().len(), 3);
}

#[test]
fn a_revoked_device_falls_with_all_it_signed_but_what_was_kept() {
    let ann = person(1);
    let third = Keypair::from_seed(&[77; 32]);
    let phone = device(&ann, &ann.phone, true, &ann.key);
    let kept = device(&ann, &ann.laptop, false, &ann.phone);
    let lost = device(&ann, &third, false, &ann.phone);
    let revoke = revoke_device(&ann, &phone, &[&kept], &ann.key);
    let all = identities(&[&phone, &kept, &lost, &revoke]);
    assert!(all.is_revoked(&ann.phone.public()));
    assert_eq!(all.identity_of(&ann.phone.public()), Some(ann.did));
    assert!(all.is_live(&ann.did, &ann.laptop.public()));
    assert!(!all.is_live(&ann.did, &third.public()));
    let chain = all.chain(&ann.did, &ann.laptop.public()).unwrap();
    assert_eq!(
        verify_device_chain(&ann.did, &ann.laptop.public(), &chain),
        Ok(())
    );
    assert_eq!(all.chain(&ann.did, &ann.phone.public()), None);
    assert_eq!(
        verify_device_chain(&ann.did, &ann.phone.public(), &[phone, revoke]),
        Err(DeviceChainError::Revoked)
    );
}

#[test]
fn the_identity_key_outranks_devices() {
    let ann = person(1);
    let phone = device(&ann, &ann.phone, true, &ann.key);
    let laptop = device(&ann, &ann.laptop, true, &ann.key);
    let by_root = revoke_device(&ann, &phone, &[], &ann.key);
    let revenge = revoke_device(&ann, &laptop, &[], &ann.phone);
    let all = identities(&[&phone, &laptop, &by_root, &revenge]);
    assert!(all.is_live(&ann.did, &ann.laptop.public()));
    assert!(!all.is_live(&ann.did, &ann.phone.public()));
    assert_eq!(
        all.ineffective(),
        [Ineffective {
            statement: revenge.digest(),
            reason: IneffectiveReason::SignerFell
        }]
    );
    // What the fallen device had revoked before, its revocation can keep.
    let keeping = revoke_device(&ann, &phone, &[&revenge], &ann.key);
    let all = identities(&[&phone, &laptop, &keeping, &revenge]);
    assert!(!all.is_live(&ann.did, &ann.laptop.public()));
}

#[test]
fn devices_that_revoke_one_another_both_fall() {
    let ann = person(1);
    let phone = device(&ann, &ann.phone, true, &ann.key);
    let laptop = device(&ann, &ann.laptop, true, &ann.key);
    let a = revoke_device(&ann, &laptop, &[], &ann.phone);
    let b = revoke_device(&ann, &phone, &[], &ann.laptop);
    let all = identities(&[&phone, &laptop, &a, &b]);
    assert!(all.is_revoked(&ann.phone.public()));
    assert!(all.is_revoked(&ann.laptop.public()));
    assert!(all.ineffective().is_empty());
}

#[test]
fn a_revoked_device_cannot_certify_itself_anew() {
    let ann = person(1);
    let phone = device(&ann, &ann.phone, true, &ann.key);
    let again = device(&ann, &ann.phone, true, &ann.phone);
    let revoke = revoke_device(&ann, &phone, &[], &ann.key);
    let all = identities(&[&phone, &again, &revoke]);
    assert!(all.is_revoked(&ann.phone.public()));
    // The identity key can, by a new statement.
    let anew = device(&ann, &ann.phone, false, &ann.key);
    let all = identities(&[&phone, &again, &revoke, &anew]);
    assert!(!all.is_revoked(&ann.phone.public()));
    assert!(all.is_live(&ann.did, &ann.phone.public()));
}

#[test]
fn a_device_certified_twice_is_one_device() {
    let ann = person(1);
    let first = device(&ann, &ann.phone, true, &ann.key);
    let second = device(&ann, &ann.phone, false, &ann.key);
    let laptop = device(&ann, &ann.laptop, false, &ann.phone);
    let all = identities(&[&first, &second, &laptop]);
    assert_eq!(all.devices(&ann.did).count(), 2);
    assert!(all.ineffective().is_empty());
    // Whichever certificate is left, the device is live; only the first lets it link.
    let one_gone = revoke_device(&ann, &first, &[&laptop], &ann.key);
    let all = identities(&[&first, &second, &laptop, &one_gone]);
    assert!(all.is_live(&ann.did, &ann.phone.public()));
    assert!(all.is_live(&ann.did, &ann.laptop.public()));
    let both = revoke_with(
        Scope::Identity(ann.did),
        &[&first, &second],
        &[],
        &[],
        &ann.key,
    );
    let all = identities(&[&first, &second, &laptop, &both]);
    assert_eq!(all.devices(&ann.did).count(), 0);
}

#[test]
fn strangers_and_other_identities_revoke_no_device() {
    let (ann, eve) = (person(1), person(2));
    let phone = device(&ann, &ann.phone, true, &ann.key);
    let eves = device(&eve, &eve.phone, true, &eve.key);
    let by_stranger = revoke_device(&ann, &phone, &[], &eve.key);
    let elsewhere = revoke_device(&eve, &phone, &[], &eve.key);
    let all = identities(&[&phone, &eves, &by_stranger, &elsewhere]);
    assert!(all.is_live(&ann.did, &ann.phone.public()));
    let reasons: BTreeMap<_, _> = all
        .ineffective()
        .iter()
        .map(|i| (i.statement, i.reason))
        .collect();
    assert_eq!(
        reasons.get(&by_stranger.digest()),
        Some(&IneffectiveReason::NoRight)
    );
    assert_eq!(
        reasons.get(&elsewhere.digest()),
        Some(&IneffectiveReason::NoTarget)
    );
}

#[test]
fn the_highest_version_of_a_profile_counts() {
    let (ann, eve) = (person(1), person(2));
    let profile = |version, name: &str, signer| {
        let body = Profile {
            identity: ann.did,
            version,
            name: name.into(),
            color: None,
            is_agent: false,
            agent_platform: None,
            connected_by: None,
        };
        sign(Payload::Profile(body), signer)
    };
    let phone = device(&ann, &ann.phone, false, &ann.key);
    let old = profile(1, "old", &ann.key);
    let new = profile(2, "new", &ann.phone);
    let tie = profile(2, "tie", &ann.key);
    let forged = profile(9, "forged", &eve.key);
    let name = |statements: &[&Statement]| {
        identities(statements)
            .profile(&ann.did)
            .map(|p| p.name.clone())
    };
    assert_eq!(name(&[&phone, &new, &old, &forged]).unwrap(), "new");
    let larger = if new > tie { "new" } else { "tie" };
    assert_eq!(name(&[&phone, &tie, &new]).unwrap(), larger);
    assert_eq!(name(&[&new]), None, "a device that nobody certified");
    let revoke = revoke_device(&ann, &phone, &[], &ann.key);
    assert_eq!(name(&[&phone, &new, &old, &revoke]).unwrap(), "old");
}
