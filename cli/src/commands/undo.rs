//! `poo undo` and `poo redo`.

use std::collections::BTreeSet;

use poo_core::model::{Command, Outcome};
use poo_core::replica::CommandError;

use crate::app::App;
use crate::feed::Feed;
use crate::problem::Problem;

/// Runs `poo undo`.
pub(crate) fn undo(app: &mut App) -> Result<(), Problem> {
    turn(app, &Command::Undo, "Taken back", "take back")
}

/// Runs `poo redo`.
pub(crate) fn redo(app: &mut App) -> Result<(), Problem> {
    turn(app, &Command::Redo, "Made again", "make again")
}

fn turn(app: &mut App, command: &Command, done: &str, what: &'static str) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let mut feed = Feed::start(&home.replica, None)?;
    let outcome = home
        .replica
        .execute(command, &mut app.moment.env())
        .map_err(|error| match error {
            CommandError::CannotTurn {
                action,
                back,
                reason,
            } => Problem::CannotTurn {
                what: words(&action),
                back,
                reason,
            },
            error => error.into(),
        })?;
    let Outcome::Undone { action, changed } = &outcome else {
        return Err(Problem::Unexpected("outcome"));
    };
    let Some(action) = action else {
        return Err(Problem::NothingToTurn(what));
    };
    let mut words = words(action);
    // What was turned is told by what that did: to one task, or to many.
    let rows = feed.news(&home.replica)?;
    let titles: BTreeSet<&String> = rows
        .iter()
        .filter_map(|row| row.task_title.as_ref())
        .collect();
    let mut titles = titles.into_iter();
    if let (Some(only), None) = (titles.next(), titles.next()) {
        words.push_str(&format!(" ({only})"));
    }
    app.print(&outcome, |screen| {
        if *changed {
            screen.line(&format!("{done}: {words}"));
        } else {
            screen.line(&format!(
                "Nothing is left of it, others have changed it since: {words}"
            ));
        }
    })
}

/// A command in words.
fn words(action: &str) -> String {
    let words = match action {
        "create_list" => "making a list",
        "rename_list" => "renaming a list",
        "edit_list" => "changing how a list looks",
        "place_list" => "placing a list among yours",
        "duplicate_list" => "copying a list",
        "create_from_template" => "making a list from a template",
        "save_template" => "saving a template",
        "delete_template" => "deleting a template",
        "create_folder" => "making a folder",
        "rename_folder" => "renaming a folder",
        "delete_folder" => "deleting a folder",
        "set_setting" => "changing a setting",
        "delete_list" => "deleting a list",
        "restore_list" => "restoring a list",
        "create_task" => "adding a task",
        "edit_task" => "changing a task",
        "complete_task" => "completing a task",
        "skip_task" => "skipping a task once",
        "reopen_task" => "reopening a task",
        "move_task" => "moving a task",
        "delete_task" => "deleting a task",
        "restore_task" => "restoring a task",
        "import_tasks" => "importing tasks",
        "edit_tag" => "changing a tag",
        "delete_tag" => "deleting a tag",
        "set_aisle" => "setting an aisle",
        "remove_aisle" => "removing an aisle",
        "add_comment" => "a comment",
        "edit_comment" => "changing a comment",
        "delete_comment" => "deleting a comment",
        "log_note" => "a note",
        other => return other.replace('_', " "),
    };
    words.to_owned()
}
