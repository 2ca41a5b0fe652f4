//! Statements that do not fit into one message, or not into a replica.

use std::collections::{BTreeMap, BTreeSet};

use super::common::{Bench, Wire, invite, join, list, person, relay, sync, task, titles};
use crate::document::{ActorId, DocumentId, limits};
use crate::membership::{
    Grant, GrantNonce, Grantee, Payload, Revoke, Role, Scope, Statement, StatementDigest,
};
use crate::model::Command;
use crate::replica::{Replica, add_statement};
use crate::store::statements;
use crate::sync::Event;

/// The largest revocation that there can be, of statements that nobody has.
fn large_revocation(by: &Replica, list: DocumentId, number: u8) -> Statement {
    let digest = |n: usize| {
        let mut bytes = [number; 32];
        bytes[..8].copy_from_slice(&n.to_be_bytes());
        StatementDigest::from_bytes(bytes)
    };
    let marks = (0..1_024_usize).map(|n| {
        let mut bytes = [number; 16];
        bytes[..8].copy_from_slice(&n.to_be_bytes());
        (ActorId::from_bytes(bytes), u64::MAX / 2)
    });
    let revoke = Revoke {
        scope: Scope::Document(list),
        targets: (0..64).map(digest).collect(),
        marks: marks.collect::<BTreeMap<_, _>>(),
        keep: (100..1_124).map(digest).collect::<BTreeSet<_>>(),
        issued_at_ms: 0,
    };
    Statement::sign(Payload::Revoke(revoke), by.keys().signer()).unwrap()
}

fn grant(by: &Replica, list: DocumentId, number: u16) -> Statement {
    let mut nonce = [0; 16];
    nonce[..2].copy_from_slice(&number.to_be_bytes());
    let grant = Grant {
        document: list,
        to: Grantee::Did(by.did()),
        role: Role::Viewer,
        nonce: GrantNonce::from_bytes(nonce),
        issued_at_ms: 0,
    };
    Statement::sign(Payload::Grant(grant), by.keys().signer()).unwrap()
}

/// What is here of a document's statements.
fn known(replica: &Replica, list: DocumentId) -> BTreeSet<StatementDigest> {
    let authority = statements::authority(replica.conn(), &list).unwrap();
    authority.statements().keys().copied().collect()
}

#[test]
fn more_statements_than_a_message_holds_go_in_several_and_nothing_is_refused() {
    let bench = &mut Bench::new(31);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let ann = &mut person(bench, relay, "Ann");
    let plans = list(sam, bench, "Plans");
    sam.batch(|sam| {
        for n in 1..120 {
            statements::put(sam.conn(), &large_revocation(sam, plans, n))?;
        }
        add_statement(sam.conn(), &plans, &large_revocation(sam, plans, 0))
    })
    .unwrap();
    let bytes: usize = statements::authority(sam.conn(), &plans)
        .unwrap()
        .statements()
        .values()
        .map(|statement| statement.to_wire().len())
        .sum();
    assert!(bytes > limits::MESSAGE_BYTES_MAX, "{bytes}");
    task(sam, bench, plans, "Pack", None);
    let link = invite(sam, bench, plans, Role::Editor);
    let refused = |wire: &Wire| {
        let is = |event: &Event| matches!(event, Event::Refused { .. });
        wire.events.iter().any(is)
    };
    let wire = sync(sam, relay, bench);
    assert!(!refused(&wire), "{:?}", wire.events);
    assert_eq!(titles(relay, plans), ["Pack"]);
    assert_eq!(known(sam, plans), known(relay, plans));

    let wire = join(ann, relay, bench, &link);
    assert!(!refused(&wire), "{:?}", wire.events);
    assert_eq!(titles(ann, plans), ["Pack"]);
    sync(ann, relay, bench);
    sync(sam, relay, bench);
    // Who is removed learns it by all of them, and stays within the limits too.
    let command = Command::RevokeMember {
        list: plans,
        member: ann.did(),
    };
    sam.execute(&command, &mut bench.env()).unwrap();
    sync(sam, relay, bench);
    let wire = sync(ann, relay, bench);
    assert!(
        wire.events
            .iter()
            .any(|event| matches!(event, Event::Refused { code, .. } if code == "removed"))
    );
    assert_eq!(known(ann, plans), known(relay, plans));
}

#[test]
fn a_full_list_refuses_what_others_sign_and_still_hears_its_owner() {
    let bench = &mut Bench::new(32);
    let relay = &mut relay(bench);
    let sam = &mut person(bench, relay, "Sam");
    let eve = &mut person(bench, relay, "Eve");
    let plans = list(sam, bench, "Plans");
    let link = invite(sam, bench, plans, Role::Editor);
    sync(sam, relay, bench);
    join(eve, relay, bench, &link);
    sync(eve, relay, bench);
    // What Eve signs has no effect, and is kept: it may not fill the list.
    eve.batch(|eve| {
        for number in 0..9_100 {
            statements::put(eve.conn(), &grant(eve, plans, number))?;
        }
        add_statement(eve.conn(), &plans, &grant(eve, plans, 9_100))
    })
    .unwrap();
    let before = known(relay, plans);
    task(eve, bench, plans, "Kept", None);
    let wire = sync(eve, relay, bench);
    assert!(
        wire.events
            .iter()
            .any(|event| matches!(event, Event::Refused { code, .. } if code == "statements-full")),
        "{:?}",
        wire.events
    );
    assert!(titles(eve, plans).contains(&"Kept".to_owned()));
    let after = known(relay, plans);
    assert!(after.len() < 9_100, "{}", after.len());
    assert!(before.is_subset(&after));
    sync(sam, relay, bench);
    invite(sam, bench, plans, Role::Editor);
    let wire = sync(sam, relay, bench);
    assert!(
        !wire
            .events
            .iter()
            .any(|event| matches!(event, Event::Refused { .. })),
        "{:?}",
        wire.events
    );
    assert_eq!(known(sam, plans), known(relay, plans));
}
