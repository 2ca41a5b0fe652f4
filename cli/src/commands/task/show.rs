//! `poo task show`.

use poo_core::model::{Answer, Comment, Due, Query, Series, SeriesId, Task};
use serde::Serialize;

use super::{TaskArg, find_which, view};
use crate::app::App;
use crate::find::{self, answer};
use crate::problem::Problem;
use crate::screen::Screen;

/// How many times of a task that recurs are shown.
const NEXT_TIMES: usize = 3;

/// A task with what belongs to it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Whole {
    #[serde(flatten)]
    pub(super) task: Task,
    /// What was said about it.
    pub(super) comments: Vec<Comment>,
    /// When it is due next, of one that recurs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) next: Vec<Due>,
}

/// Runs `poo task show`.
pub(super) fn show(app: &App, which: &TaskArg) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let task = find_which(app, &home, which)?;
    let list = task.list;
    let query = Query::Comments {
        list,
        task: task.id,
    };
    let comments = answer!(home.replica, app.moment, query, Comments, "comments")?.items;
    let whole = Whole {
        next: next(&task),
        comments,
        task,
    };
    if app.json {
        return app.print_json(&whole);
    }
    let of_list = answer!(home.replica, app.moment, Query::List { list }, List, "list")?;
    let others = whole.task.blocked_by.iter().chain(&whole.task.parent);
    let others = others.filter_map(|other| {
        let query = Query::Task { list, task: *other };
        // Another task may be missing here: it is then shown by its id.
        match home.replica.query(&query, app.moment.time()) {
            Ok(Answer::Task(task)) => Some(task),
            _ => None,
        }
    });
    let others: Vec<Task> = others.collect();
    let members = find::members(&home.replica, &app.moment, list)?.items;
    let mut screen = Screen::default();
    let here = crate::when::Here::of(&app.moment);
    view::whole(&mut screen, &whole, &of_list, &others, &members, &here);
    app.show(&screen)
}

/// The next times of a task that recurs, the one that is due first.
fn next(task: &Task) -> Vec<Due> {
    let (Some(due), Some(rule), false) = (&task.due, &task.recurrence, task.done) else {
        return Vec::new();
    };
    // Only a rule that counts its times depends on where it began, and then the engine knows
    // better than this: such a rule is shown by its next time alone.
    let counted = rule.to_string().contains("COUNT=");
    let series = Series::new(SeriesId::new([0; 8]), due.clone(), rule.clone());
    let mut times = vec![due.clone()];
    while let (Ok(series), false) = (&series, counted || times.len() == NEXT_TIMES) {
        match series.first_after(times.last()) {
            Some(next) => times.push(next),
            None => break,
        }
    }
    times
}
