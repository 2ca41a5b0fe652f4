//! `poo task`.

mod course;
mod create;
mod edit;
mod list;
mod place;
mod show;
pub(super) mod view;

use clap::{Args, Subcommand};
use poo_core::document::DocumentId;
use poo_core::model::{Task, TaskId};

use crate::app::App;
use crate::find;
use crate::home::Opened;
use crate::problem::Problem;
use crate::screen::{Look, Screen};

/// What to do with tasks.
#[derive(Debug, Subcommand)]
pub(crate) enum TaskCommand {
    /// Make a task
    Create(create::CreateArgs),
    /// Show tasks, as they stand under one another
    List(list::ListArgs),
    /// Show all of one task
    Show(TaskArg),
    /// Change a task
    Edit(edit::EditArgs),
    /// Mark tasks as done; of one that recurs, this time
    Complete(TasksArg),
    /// Leave out one time of tasks that recur
    Skip(TasksArg),
    /// Mark tasks as open again
    Reopen(TasksArg),
    /// Move a task to another place in its list
    Move(place::MoveArgs),
    /// Put tasks, with what is below them, into the trash
    Delete(TasksArg),
    /// Take tasks out of the trash
    Restore(TasksArg),
}

/// Which task.
#[derive(Debug, Args)]
pub(crate) struct TaskArg {
    /// The task: its id, or the last 6 or more characters of it
    #[arg(value_name = "ID")]
    pub(super) task: String,
    /// The list to look in: its title, the beginning of it, or its id
    #[arg(long)]
    pub(super) list: Option<String>,
}

/// Which tasks.
#[derive(Debug, Args)]
pub(crate) struct TasksArg {
    /// The tasks: their ids, or the last 6 or more characters of each
    #[arg(value_name = "ID", required = true)]
    tasks: Vec<String>,
    /// The list to look in: its title, the beginning of it, or its id
    #[arg(long)]
    list: Option<String>,
}

/// Runs `poo task`.
pub(crate) fn run(app: &mut App, command: TaskCommand) -> Result<(), Problem> {
    match command {
        TaskCommand::Create(args) => create::create(app, args),
        TaskCommand::List(args) => list::list(app, args),
        TaskCommand::Show(which) => show::show(app, &which),
        TaskCommand::Edit(args) => edit::edit(app, args),
        TaskCommand::Complete(which) => course::run(app, &which, course::Step::Complete),
        TaskCommand::Skip(which) => course::run(app, &which, course::Step::Skip),
        TaskCommand::Reopen(which) => course::run(app, &which, course::Step::Reopen),
        TaskCommand::Move(args) => place::move_task(app, &args),
        TaskCommand::Delete(which) => course::run(app, &which, course::Step::Delete),
        TaskCommand::Restore(which) => course::run(app, &which, course::Step::Restore),
    }
}

/// The task that is named, in the list that is named if one is.
pub(super) fn find_which(app: &App, home: &Opened, which: &TaskArg) -> Result<Task, Problem> {
    let list = find::list_if(&home.replica, &app.moment, which.list.as_deref())?;
    find::task(&home.replica, &app.moment, &which.task, list)
}

/// Other tasks of a command: they must be in the same list.
fn in_list<'a>(
    app: &App,
    home: &Opened,
    list: DocumentId,
    texts: impl IntoIterator<Item = &'a String>,
) -> Result<Vec<TaskId>, Problem> {
    let find = |text: &String| find::task(&home.replica, &app.moment, text, Some(list));
    texts
        .into_iter()
        .map(|text| find(text).map(|task| task.id))
        .collect()
}

/// A field to empty, to set, or to leave alone.
fn taken_or_given<T>(take: bool, given: Option<T>) -> Option<Option<T>> {
    if take { Some(None) } else { given.map(Some) }
}

fn said(screen: &mut Screen, word: &str, task: &Task) {
    screen.put(Look::Dim, &task.short_id);
    screen.line(&format!("  {word}: {}", task.title));
}
