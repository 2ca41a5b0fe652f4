//! `poo task list`.

use clap::{Args, ValueEnum};
use poo_core::model::{Answer, Priority, Query, Sort, Status, TaskFilter};

use super::super::shop;
use super::view;
use crate::app::App;
use crate::args;
use crate::find::{self, answer};
use crate::problem::Problem;
use crate::screen::Screen;
use crate::when::Here;

/// Which tasks to show, and how.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Of this list only: its title, the beginning of it, or its id
    #[arg(long)]
    list: Option<String>,
    /// With this status only
    #[arg(long, value_parser = args::status())]
    status: Option<Status>,
    /// For this member only: `me`, or a name or the beginning of it, with --list
    #[arg(long, value_name = "MEMBER")]
    assigned_to: Option<String>,
    /// Those that nobody has only
    #[arg(long, conflicts_with = "assigned_to")]
    unassigned: bool,
    /// With this tag only
    #[arg(long)]
    tag: Option<String>,
    /// With this priority only
    #[arg(long, value_parser = args::priority())]
    priority: Option<Priority>,
    /// Due today, tomorrow, within a week, overdue, on 2026-11-30, or 2026-11-01..2026-11-30
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    due: Option<String>,
    /// With words in title, notes or comments that begin with all of these
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// In this order
    #[arg(long, value_name = "ORDER", value_parser = args::sort())]
    sort: Option<Sort>,
    /// Under headings
    #[arg(long, value_enum, requires = "list", conflicts_with_all = ["limit", "cursor"])]
    by: Option<By>,
    /// Those in the trash instead: what was deleted in the last 30 days
    #[arg(long)]
    deleted: bool,
    /// At most so many [default: 1000]
    #[arg(long, value_name = "COUNT")]
    limit: Option<u32>,
    /// Go on where the page before ended
    #[arg(long)]
    cursor: Option<String>,
}

/// What the headings are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// Where things stand in the shop
    Aisle,
}

/// Runs `poo task list`.
pub(super) fn list(app: &App, args: ListArgs) -> Result<(), Problem> {
    let here = Here::of(&app.moment);
    let due = args.due.as_deref().map(|text| here.range(text));
    let due = due
        .transpose()
        .map_err(|why| Problem::Usage(format!("--due: {why}")))?;
    let home = app.home.open_to_read()?;
    let list = find::list_if(&home.replica, &app.moment, args.list.as_deref())?;
    let assignee = match (args.assigned_to.as_deref(), list) {
        (None, _) => None,
        (Some(text), Some(list)) => Some(find::member(&home.replica, &app.moment, list, text)?.did),
        (Some(text), None) if text.trim_start_matches('@').eq_ignore_ascii_case(find::ME) => {
            Some(home.replica.did())
        }
        (Some(text), None) => Some(find::member_anywhere(&home.replica, &app.moment, text)?),
    };
    let query = Query::Tasks {
        list,
        filter: TaskFilter {
            status: args.status,
            priority: args.priority,
            assignee,
            unassigned: args.unassigned,
            tag: args.tag.as_deref().map(find::tag),
            due_from: due.and_then(|due| due.from),
            due_to: due.and_then(|due| due.to),
            overdue: due.is_some_and(|due| due.overdue),
            text: args.text,
            deleted: args.deleted,
            sort: args.sort,
            zone: crate::moment::zone(),
        },
        limit: args.limit,
        cursor: args.cursor,
    };
    let tasks = answer!(home.replica, app.moment, query, Tasks, "tasks")?;
    if let (Some(By::Aisle), Some(list)) = (args.by, list) {
        let stands = shop::stands(&home.replica, &app.moment, list, tasks.items)?;
        return app.print(&serde_json::json!({ "items": stands }), |screen| {
            shop::show(screen, &stands, &here);
        });
    }
    if app.json {
        return app.print_json(&tasks);
    }
    let lists = find::lists(&home.replica, &app.moment, true)?;
    let mut screen = Screen::default();
    view::tree(&mut screen, &tasks, &lists, &here);
    app.show(&screen)
}
