//! What is taken back is as it was, and what is made again is as it had become.

use std::collections::BTreeMap;

use jiff::Timestamp;
use poo_core::model::{Command, Outcome};
use serde_json::Value;

use crate::converge::same;

use crate::workload::random::each_seed;
use crate::workload::view::{ask, fields, visible};
use crate::world::World;

/// Commands in one history.
const COMMANDS_EACH: usize = 40;
/// So many actions are taken back in a row.
const DEEP: usize = 4;

/// What somebody sees that undoing brings back, as it looks at one moment: what recurs is due by the
/// clock, which goes on while actions are taken back.
fn seen(world: &World, who: usize, at: Timestamp) -> BTreeMap<String, Value> {
    let replica = world.replica(who);
    let mut seen = visible(replica, world.plans, at);
    for query in [
        poo_core::model::Query::Folders,
        poo_core::model::Query::Templates,
        poo_core::model::Query::Settings,
        poo_core::model::Query::Lists { all: false },
    ] {
        seen.insert(format!("{query:?}"), ask(replica, &query, at));
    }
    // What is overdue follows from the time alone.
    for task in seen
        .get_mut("by manual")
        .and_then(|tasks| tasks["items"].as_array_mut())
        .unwrap()
    {
        task.as_object_mut().unwrap().remove("overdue");
    }
    seen
}

fn is_action(command: &Command) -> bool {
    !matches!(
        command,
        Command::Undo
            | Command::Redo
            | Command::SetProfile { .. }
            | Command::Share { .. }
            | Command::CreateAgent { .. }
            | Command::AddMember { .. }
            | Command::RevokeMember { .. }
            | Command::RevokeDevice { .. }
            | Command::LinkDevice
            | Command::LeaveList { .. }
            | Command::TransferOwnership { .. }
            | Command::ChangeRole { .. }
            | Command::RevokeInvite { .. }
            | Command::Publish { .. }
            | Command::CreateTicket { .. }
            | Command::RevokeTicket { .. }
            | Command::Unpublish { .. }
    )
}

/// Turns one action, and says whether there was one.
fn turn(world: &mut World, who: usize, command: &Command) -> bool {
    let outcome = world.execute(who, command);
    matches!(
        outcome,
        Some(Outcome::Undone {
            action: Some(_),
            ..
        })
    )
}

#[test]
fn several_actions_are_taken_back_one_by_one_and_made_again() {
    each_seed(6, |seed| {
        let mut world = World::new(seed);
        let moment = world.now();
        let mut stages = vec![seen(&world, 0, moment)];
        for _ in 0..COMMANDS_EACH {
            let Some(command) = world.draw(0).filter(is_action) else {
                continue;
            };
            world.execute(0, &command);
            let after = seen(&world, 0, moment);
            if stages.last() != Some(&after) {
                stages.push(after);
            }
            if !world.rng.chance(25) {
                continue;
            }
            // Some actions change nothing that is looked at here: those are passed over.
            let deepest = stages.len().saturating_sub(1 + DEEP);
            for (at, stage) in stages.iter().enumerate().rev().skip(1) {
                if at < deepest {
                    break;
                }
                let mut went = true;
                while went && seen(&world, 0, moment) == stages[at + 1] {
                    went = turn(&mut world, 0, &Command::Undo);
                }
                same(&format!("undo to {at}"), stage, &seen(&world, 0, moment));
            }
            for (at, stage) in stages.iter().enumerate().skip(deepest + 1) {
                let mut went = true;
                while went && seen(&world, 0, moment) == stages[at - 1] {
                    went = turn(&mut world, 0, &Command::Redo);
                }
                same(&format!("redo to {at}"), stage, &seen(&world, 0, moment));
            }
        }
    });
}

#[test]
fn taking_back_leaves_what_somebody_else_changed_since() {
    each_seed(4, |seed| {
        let mut world = World::new(seed);
        world.calm = true;
        for _ in 0..COMMANDS_EACH {
            let Some(command) = world.draw(0).filter(is_action) else {
                continue;
            };
            let list = world.plans;
            let before = fields(world.replica(0), list, world.now());
            world.execute(0, &command);
            let mine = fields(world.replica(0), list, world.now());
            // Ann, who knows of it or not, does something of her own.
            if world.rng.chance(50) {
                world.exchange(0);
                world.exchange(2);
            }
            let anns_before = fields(world.replica(2), list, world.now());
            for _ in 0..2 {
                if let Some(command) = world.draw(2).filter(is_action) {
                    world.execute(2, &command);
                }
            }
            let anns = fields(world.replica(2), list, world.now());
            let hers: Vec<_> = anns
                .keys()
                .chain(anns_before.keys())
                .filter(|field| anns.get(field) != anns_before.get(field))
                .collect();
            world.exchange(2);
            world.exchange(0);
            let merged = fields(world.replica(0), list, world.now());
            let is_mine = before != mine;
            if is_mine && !turn(&mut world, 0, &Command::Undo) {
                continue;
            }
            let after = fields(world.replica(0), list, world.now());
            for field in hers {
                // What she put where nothing was stays; what she took away does not come back.
                assert_eq!(after.get(field), merged.get(field), "{field:?} was Ann's");
            }
            // What was made goes to the trash, now.
            for (field, value) in after.iter().filter(|(field, _)| field.1 != "deleted") {
                let known = [before.get(field), merged.get(field)].contains(&Some(value));
                assert!(known, "{field:?} holds {value:?}, which it never did");
            }
        }
    });
}
