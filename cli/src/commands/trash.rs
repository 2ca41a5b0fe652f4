//! `poo trash`.

use clap::Args;
use poo_core::identity::Did;
use poo_core::model::{Answer, List, Query, Task, TaskFilter, is_listed_in_trash};

use super::task::view;
use crate::app::App;
use crate::find::{self, answer};
use crate::problem::Problem;
use crate::screen::{Look, Screen};
use crate::when::Here;

/// What was deleted in the last 30 days. What was deleted before is kept too: its id brings it back.
#[derive(Debug, Args)]
pub(crate) struct TrashArgs {
    /// Of this list only: its title, the beginning of it, or its id
    #[arg(long)]
    list: Option<String>,
}

/// Runs `poo trash`.
pub(crate) fn trash(app: &App, args: &TrashArgs) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let list = find::list_if(&home.replica, &app.moment, args.list.as_deref())?;
    let query = Query::Tasks {
        list,
        filter: TaskFilter {
            deleted: true,
            zone: crate::moment::zone(),
            ..TaskFilter::default()
        },
        limit: None,
        cursor: None,
    };
    let tasks = answer!(home.replica, app.moment, query, Tasks, "tasks")?;
    let all = find::lists(&home.replica, &app.moment, true)?;
    let mut lists = all.clone();
    let is_listed = |list: &List| {
        let deleted_at = list.deleted_at;
        deleted_at.is_some_and(|at| is_listed_in_trash(at, app.moment.time()))
    };
    lists.retain(|list| args.list.is_none() && is_listed(list));
    if app.json {
        let trash = serde_json::json!({ "tasks": tasks.items, "lists": lists });
        return app.print_json(&trash);
    }
    let mut screen = Screen::default();
    if tasks.items.is_empty() && lists.is_empty() {
        screen.line("Nothing was deleted in the last 30 days.");
        return app.show(&screen);
    }
    if !tasks.items.is_empty() {
        view::tree(&mut screen, &tasks, &all, &Here::of(&app.moment));
        screen.end();
        for task in &tasks.items {
            changed_since(&mut screen, task, &home.replica.keys().did);
        }
        let hint = "Bring tasks back with: poo task restore ID";
        screen.put(Look::Dim, hint).end();
    }
    if !lists.is_empty() {
        screen.put(Look::Strong, "Deleted lists").end();
        let rows: Vec<_> = lists
            .iter()
            .map(|list| {
                vec![
                    (Look::Plain, list.title.clone()),
                    (Look::Dim, list.id.to_string()),
                ]
            })
            .collect();
        screen.table(&rows);
        let hint = "Bring a list back with: poo list restore LIST";
        screen.put(Look::Dim, hint).end();
    }
    app.show(&screen)
}

/// Says who changed a task that somebody else had deleted.
fn changed_since(screen: &mut Screen, task: &Task, me: &Did) {
    let names: Vec<&str> = (task.changed_since.iter())
        .map(|who| if who.did == *me { "you" } else { &who.name })
        .collect();
    if !names.is_empty() {
        let (title, names) = (&task.title, names.join(", "));
        let line = format!("{title}: changed meanwhile by {names}; that comes back with it.");
        screen.line(&line);
    }
}
