//! `poo list show`.

use poo_core::model::{Answer, ListView, Query, Sort, TaskFilter};

use super::super::members::role_name;
use super::super::{shop, task::view};
use crate::app::App;
use crate::find::{self, answer};
use crate::problem::Problem;
use crate::screen::{Look, Screen, count};
use crate::when::Here;

/// As many tasks as the engine gives at once.
const TASKS_MAX: u32 = 10_000;

/// Runs `poo list show`.
pub(super) fn show(app: &App, list: &str, aisles: bool) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let list = find::list(&home.replica, &app.moment, list)?;
    let query = Query::Tasks {
        list: Some(list.id),
        filter: TaskFilter {
            sort: Some(list.sort).filter(|sort| *sort != Sort::Manual),
            zone: crate::moment::zone(),
            ..TaskFilter::default()
        },
        limit: Some(TASKS_MAX),
        cursor: None,
    };
    let tasks = answer!(home.replica, app.moment, query, Tasks, "tasks")?;
    let here = Here::of(&app.moment);
    let mut screen = Screen::default();
    screen.put(Look::Strong, &list.title);
    if let Some(icon) = &list.icon {
        screen.plain(&format!(" {icon}"));
    }
    let role = list.role.map_or("no access", role_name);
    let members = count(list.members, "member");
    let about = format!("  {}  {role}  {members}", super::ls::progress(&list));
    screen.put(Look::Dim, &about).end();
    if aisles || list.view == ListView::Aisles {
        let stands = shop::stands(&home.replica, &app.moment, list.id, tasks.items)?;
        if app.json {
            let whole = serde_json::json!({ "list": list, "items": stands });
            return app.print_json(&whole);
        }
        screen.end();
        shop::show(&mut screen, &stands, &here);
    } else if app.json {
        let whole = serde_json::json!({ "list": list, "items": tasks.items });
        return app.print_json(&whole);
    } else if tasks.items.is_empty() {
        screen.line("Nothing here. Add a task with: poo add \"Milk\"");
    } else {
        view::lines(&mut screen, &tasks.items, &here);
    }
    app.show(&screen)
}
