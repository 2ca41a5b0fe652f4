//! All who are members see the same in the end.

use std::collections::{BTreeMap, BTreeSet};

use poo_core::document::DocumentId;
use poo_core::model::{Answer, Query};
use poo_core::replica::Replica;
use serde_json::Value;

use crate::audit::Audit;
use crate::common::verify;
use crate::workload::commands::COMMANDS;
use crate::workload::draw::{did_something, number};
use crate::workload::random::each_seed;
use crate::workload::view::{ask, check_fits, personal, shared};
use crate::world::World;

/// Commands in one history.
const COMMANDS_EACH: usize = 60;

/// Fails with the part that differs, and what differs in it.
pub(crate) fn same(what: &str, one: &BTreeMap<String, Value>, other: &BTreeMap<String, Value>) {
    for name in one.keys().chain(other.keys()) {
        let (one, other) = (one.get(name), other.get(name));
        if one == other {
            continue;
        }
        let parts = |of: Option<&Value>| -> Vec<String> {
            let items = of.and_then(|of| of.get("items")?.as_array().cloned());
            let items = items.unwrap_or_else(|| of.into_iter().cloned().collect());
            items.iter().map(ToString::to_string).collect()
        };
        let (one, other) = (parts(one), parts(other));
        let missing = |a: &[String], b: &[String]| -> String {
            a.iter()
                .filter(|part| !b.contains(part))
                .cloned()
                .collect::<Vec<_>>()
                .join("\n  ")
        };
        panic!(
            "{what}: {name} differs ({} and {})\n  {}\nagainst\n  {}",
            one.len(),
            other.len(),
            missing(&one, &other),
            missing(&other, &one)
        );
    }
}

fn lists(replica: &Replica, world: &World) -> Vec<DocumentId> {
    match replica.query(&Query::Lists { all: true }, world.now()) {
        Ok(Answer::Lists(page)) => page.items.into_iter().map(|list| list.id).collect(),
        other => panic!("{other:?}"),
    }
}

fn is_member(replica: &Replica, list: DocumentId, world: &World) -> bool {
    match replica.query(&Query::List { list }, world.now()) {
        Ok(Answer::List(list)) => list.role.is_some(),
        _ => false,
    }
}

fn check_replicas(world: &mut World) {
    let now = world.now();
    let mut seen: BTreeMap<DocumentId, (usize, BTreeMap<String, Value>)> = BTreeMap::new();
    for who in 0..world.members.len() {
        let replica = world.replica(who);
        for list in lists(replica, world) {
            if !is_member(replica, list, world) {
                continue;
            }
            let report = verify(replica, list);
            assert!(report.ok, "{:?}", report.problems);
            check_fits(replica, list, now);
            let mine = shared(replica, list, now);
            match seen.get(&list) {
                Some((other, theirs)) => same(&format!("{other} and {who}"), theirs, &mine),
                None => _ = seen.insert(list, (who, mine)),
            }
        }
    }
    same(
        "Sam's devices",
        &personal(world.replica(0), now),
        &personal(world.replica(1), now),
    );
    let streak = |who: usize| ask(world.replica(who), &Query::Streak { zone: None }, now);
    // What was done in a list that was left counts where it is known.
    if (0..2).all(|who| is_member(world.replica(who), world.office, world)) {
        assert_eq!(streak(0), streak(1));
    }
    // Making everything again from the log changes nothing.
    for who in 0..world.members.len() {
        let before = personal(world.replica(who), now);
        world.members[who].replica.rebuild().unwrap();
        same("a rebuild", &before, &personal(world.replica(who), now));
        for list in lists(world.replica(who), world) {
            if let Some((_, theirs)) = seen.get(&list)
                && is_member(world.replica(who), list, world)
            {
                same("a rebuild", theirs, &shared(world.replica(who), list, now));
            }
        }
    }
}

#[test]
fn whatever_is_done_apart_all_see_the_same_and_nothing_is_lost() {
    each_seed(6, |seed| {
        let mut world = World::new(seed);
        let mut audit = Audit::new(&world);
        for _ in 0..COMMANDS_EACH {
            let who = world.rng.below(4);
            if let Some(command) = world.draw(who) {
                let before = audit.before(&world, who);
                let outcome = world.execute(who, &command);
                audit.after(&world, who, before, &command, outcome.as_ref());
                check_fits(world.replica(who), world.plans, world.now());
            }
            match world.rng.below(8) {
                0 | 1 => world.exchange(who),
                2 => world.begin_exchange(who),
                _ => {}
            }
        }
        world.heal();
        check_replicas(&mut world);
        audit.check(&world);
    });
}

#[test]
fn every_command_is_drawn_and_does_something() {
    let mut done = BTreeSet::new();
    // Several small worlds: in one, somebody may lose early what most commands need.
    let mut world = World::new(0);
    for at in 0..8_000 {
        if at % 800 == 799 {
            world = World::new(at);
        }
        let who = world.rng.below(3);
        if let Some(command) = world.draw(who) {
            let outcome = world.execute(who, &command);
            if did_something(outcome.as_ref()) {
                done.insert(COMMANDS[number(&command)]);
            }
        }
        if world.rng.chance(3) {
            world.exchange(who);
        }
        world.log.clear();
        if done.len() == COMMANDS.len() {
            return;
        }
    }
    let missing: Vec<_> = COMMANDS
        .iter()
        .filter(|name| !done.contains(*name))
        .collect();
    panic!("never did anything: {missing:?}");
}
