//! Whatever members do to one another's roles, apart and at the same time, and in whatever order
//! it arrives: all who are members in the end agree on who may do what, somebody is an owner, and
//! what happened reads the same.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod common;

use common::{Bench, Wire, invite, join, list, person, relay, sync, titles, verify};
use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::membership::Role;
use poo_core::model::{Activity, Answer, Command, NewTask, Query};
use poo_core::replica::{CommandError, Replica};
use proptest::prelude::*;

const PEOPLE: usize = 4;

/// What somebody does: who, what, to whom, and with which role.
type Step = (usize, u8, usize, u8);

fn roles(replica: &Replica, list: DocumentId) -> Vec<(Did, Role)> {
    let query = Query::Members { list };
    let Answer::Members(page) = replica.query(&query, Timestamp::UNIX_EPOCH).unwrap() else {
        panic!("no members");
    };
    let mut roles: Vec<_> = page.items.iter().map(|m| (m.did, m.role)).collect();
    roles.sort_unstable();
    roles
}

/// What happened in a list, as people read it.
fn record(replica: &Replica, list: DocumentId) -> Vec<Activity> {
    let query = Query::Activity {
        list: Some(list),
        task: None,
        kind: None,
        limit: Some(1_000),
        cursor: None,
    };
    let Answer::Activity(page) = replica.query(&query, Timestamp::UNIX_EPOCH).unwrap() else {
        panic!("no activity");
    };
    page.items
}

/// Takes in what the relay has, and gives what is here; being refused is a normal answer.
fn exchange(replica: &mut Replica, relay: &mut Replica, bench: &mut Bench) {
    let mut wire = Wire::new(replica, relay, bench);
    wire.run(replica, relay, bench);
}

fn act(replica: &mut Replica, bench: &mut Bench, list: DocumentId, all: &[Did], step: &Step) {
    let (_, what, whom, role) = *step;
    let member = all[whom];
    let role = [Role::Viewer, Role::Editor, Role::Owner][usize::from(role)];
    let command = match what {
        0..4 => Command::ChangeRole { list, member, role },
        4 => Command::LeaveList { list },
        5 => Command::TransferOwnership { list, to: member },
        6 => Command::RevokeMember { list, member },
        _ => {
            let task = NewTask {
                title: "A task".into(),
                ..NewTask::default()
            };
            Command::CreateTask { list, task }
        }
    };
    match replica.execute(&command, &mut bench.env()) {
        Ok(_)
        | Err(
            CommandError::Forbidden { .. }
            | CommandError::NotFound(_)
            | CommandError::OnlyOwner
            | CommandError::Outranked
            | CommandError::Invalid { .. },
        ) => {}
        Err(other) => panic!("{command:?}: {other}"),
    }
    let owner = roles(replica, list).iter().any(|(_, r)| *r == Role::Owner);
    assert!(owner, "{command:?} left nobody in charge");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        max_shrink_iters: 600,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn roles_converge_and_somebody_is_in_charge(
        steps in prop::collection::vec(
            (0..PEOPLE, 0..9_u8, 0..PEOPLE, 0..3_u8),
            1..30,
        ),
        exchanges in prop::collection::vec(any::<bool>(), 30),
        seed in any::<u64>(),
    ) {
        let bench = &mut Bench::new(seed);
        let relay = &mut relay(bench);
        let mut people: Vec<Replica> = ["Sam", "Ann", "Vic", "Kim"]
            .into_iter()
            .map(|name| person(bench, relay, name))
            .collect();
        let all: Vec<Did> = people.iter().map(Replica::did).collect();
        let plans = list(&mut people[0], bench, "Plans");
        for at in 1..PEOPLE {
            let role = if at == 1 { Role::Owner } else { Role::Editor };
            let link = invite(&mut people[0], bench, plans, role);
            sync(&mut people[0], relay, bench);
            join(&mut people[at], relay, bench, &link);
        }
        for replica in &mut people {
            exchange(replica, relay, bench);
        }
        for (step, exchanges) in steps.iter().zip(&exchanges) {
            let replica = &mut people[step.0];
            act(replica, bench, plans, &all, step);
            if *exchanges {
                exchange(replica, relay, bench);
            }
        }
        for _ in 0..3 {
            for replica in &mut people {
                exchange(replica, relay, bench);
            }
        }
        let agreed = roles(relay, plans);
        prop_assert!(agreed.iter().any(|(_, role)| *role == Role::Owner));
        let report = verify(relay, plans);
        prop_assert!(report.ok, "{:?}", report.problems);
        for replica in &people {
            if agreed.iter().any(|(did, _)| *did == replica.did()) {
                prop_assert_eq!(&roles(replica, plans), &agreed);
                prop_assert_eq!(titles(replica, plans), titles(relay, plans));
                prop_assert_eq!(record(replica, plans), record(relay, plans));
            }
        }
    }
}
