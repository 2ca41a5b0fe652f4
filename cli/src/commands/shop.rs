//! A grocery list as one walks through the shop.

use poo_core::derive::aisles::{Aisle, OwnAisle, guess_aisle};
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

/// Brings tasks into the order of a shop: the list's own aisles first, "Other" last. What
/// somebody said outranks the list's own keywords, and those outrank what the name tells. What is
/// below a task stays with it.
pub(super) fn stands(
    replica: &Replica,
    moment: &Moment,
    list: DocumentId,
    tasks: Vec<Task>,
) -> Result<Vec<Stand>, Problem> {
    let own = answer!(replica, moment, Query::Aisles { list }, Aisles, "aisles")?;
    let own: Vec<OwnAisle> = own
        .items
        .into_iter()
        .map(|aisle| OwnAisle {
            name: aisle.name,
            keywords: aisle.keywords,
        })
        .collect();
    let mut stands: Vec<Stand> = Vec::new();
    let mut placed: Vec<(TaskId, usize)> = Vec::new();
    for task in tasks {
        let above = task.parent.and_then(|parent| {
            let found = placed.iter().rev().find(|(id, _)| *id == parent);
            found.map(|(_, at)| *at)
        });
        let at = above.unwrap_or_else(|| {
            let guessed = || guess_aisle(&task.title, &own).to_owned();
            let aisle = task.aisle.clone().unwrap_or_else(guessed);
            let known = stands.iter().position(|stand| stand.aisle == aisle);
            known.unwrap_or_else(|| {
                let tasks = Vec::new();
                stands.push(Stand { aisle, tasks });
                stands.len() - 1
            })
        });
        placed.push((task.id, at));
        if let Some(stand) = stands.get_mut(at) {
            stand.tasks.push(task);
        }
    }
    let place = |stand: &Stand| {
        let built_in = Aisle::ALL.iter().position(|a| a.name() == stand.aisle);
        (built_in.map_or(0, |at| at + 1), stand.aisle.to_lowercase())
    };
    stands.sort_by_key(place);
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
