//! A grocery list as one walks through the shop.

use std::collections::BTreeMap;

use poo_core::document::DocumentId;
use poo_core::model::{Answer, Query, Task, TaskId};
use poo_core::replica::Replica;
use serde::Serialize;

use super::task::view;
use crate::find::answer;
use crate::moment::Moment;
use crate::problem::Problem;
use crate::screen::{Look, Screen};
use crate::when::Here;

/// What stands in one aisle.
#[derive(Debug, Serialize)]
pub(super) struct Stand {
    aisle: String,
    tasks: Vec<Task>,
}

/// Brings tasks of a list into the order of a walk through the shop.
pub(super) fn stands(
    replica: &Replica,
    moment: &Moment,
    list: DocumentId,
    tasks: Vec<Task>,
) -> Result<Vec<Stand>, Problem> {
    let walk = answer!(replica, moment, Query::Stands { list }, Stands, "stands")?;
    let mut places: BTreeMap<TaskId, usize> = BTreeMap::new();
    let mut stands: Vec<Stand> = Vec::new();
    for (at, stand) in walk.items.into_iter().enumerate() {
        places.extend(stand.tasks.into_iter().map(|task| (task, at)));
        let aisle = stand.aisle;
        let tasks = Vec::new();
        stands.push(Stand { aisle, tasks });
    }
    let last = stands.len().saturating_sub(1);
    for task in tasks {
        // What is in the trash stands nowhere.
        let at = places.get(&task.id).copied().unwrap_or(last);
        if let Some(stand) = stands.get_mut(at) {
            stand.tasks.push(task);
        }
    }
    stands.retain(|stand| !stand.tasks.is_empty());
    Ok(stands)
}

/// Shows it.
pub(super) fn show(screen: &mut Screen, stands: &[Stand], here: &Here) {
    if stands.is_empty() {
        screen.line("Nothing here.");
    }
    for (at, stand) in stands.iter().enumerate() {
        if at > 0 {
            screen.end();
        }
        screen.put(Look::Strong, &stand.aisle).end();
        view::lines(screen, &stand.tasks, here);
    }
}
