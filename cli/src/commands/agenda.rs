//! `poo today`, `poo upcoming` and `poo focus`: what is to be done, of all lists.

use clap::Args;
use poo_core::model::{Answer, Query};

use super::task::view;
use crate::app::App;
use crate::find::{self, answer};
use crate::problem::Problem;
use crate::screen::{Look, Screen};
use crate::when::Here;

/// How far to look.
#[derive(Debug, Args)]
pub(crate) struct UpcomingArgs {
    /// For so many days [default: 7]
    #[arg(long, value_name = "DAYS")]
    days: Option<u32>,
}

/// Runs `poo today`.
pub(crate) fn today(app: &App) -> Result<(), Problem> {
    let zone = crate::moment::zone();
    show(app, &Query::Today { zone }, "Nothing is due today.", false)
}

/// Runs `poo upcoming`.
pub(crate) fn upcoming(app: &App, args: &UpcomingArgs) -> Result<(), Problem> {
    let zone = crate::moment::zone();
    let days = args.days;
    let query = Query::Upcoming { days, zone };
    show(app, &query, "Nothing is due in these days.", true)
}

/// Runs `poo focus`.
pub(crate) fn focus(app: &App) -> Result<(), Problem> {
    let zone = crate::moment::zone();
    let nothing = "Nothing is urgent. Mark what is with: poo task edit ID --priority high";
    show(app, &Query::Focus { zone }, nothing, false)
}

fn show(app: &App, query: &Query, nothing: &str, by_day: bool) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let query = query.clone();
    let tasks = answer!(home.replica, app.moment, query, Tasks, "tasks")?;
    if app.json {
        return app.print_json(&tasks);
    }
    let lists = find::lists(&home.replica, &app.moment, false)?;
    let here = Here::of(&app.moment);
    let mut screen = Screen::default();
    if tasks.items.is_empty() {
        screen.line(nothing);
    }
    let mut day = None;
    for task in &tasks.items {
        let date = task.due.as_ref().map(|due| here.place(due).0);
        if let (true, Some(date)) = (by_day, date)
            && day.replace(date) != Some(date)
        {
            screen.put(Look::Strong, &here.day(date));
            screen
                .put(Look::Dim, &date.strftime("  %a %d %b").to_string())
                .end();
        }
        view::alone(&mut screen, task, &lists, &here);
    }
    app.show(&screen)
}
