//! `poo task`.

use clap::{ArgGroup, Args, Subcommand};
use poo_core::document::DocumentId;
use poo_core::model::{
    Answer, Command, Due, MovePlace, NewTask, Priority, Query, Status, Task, TaskFilter, TaskId,
    TaskPatch,
};

use super::task_view;
use super::transfer::text_or_stdin;
use crate::app::App;
use crate::args;
use crate::find::{self, answer};
use crate::home::Opened;
use crate::problem::Problem;
use crate::screen::{Look, Screen};

/// What to do with tasks.
#[derive(Debug, Subcommand)]
pub(crate) enum TaskCommand {
    /// Make a task
    Create(CreateArgs),
    /// Show tasks, as they stand under one another
    List(ListArgs),
    /// Show all of one task
    Show(TaskArg),
    /// Change a task
    Edit(EditArgs),
    /// Mark a task as done
    Complete(TaskArg),
    /// Mark a task as open again
    Reopen(TaskArg),
    /// Move a task to another place in its list
    Move(MoveArgs),
    /// Put a task, with what is below it, into the trash
    Delete(TaskArg),
    /// Take a task out of the trash
    Restore(TaskArg),
}

/// Which task.
#[derive(Debug, Args)]
pub(crate) struct TaskArg {
    /// The task: its id, or the last 6 or more characters of it
    #[arg(value_name = "ID")]
    task: String,
    /// The list to look in: its title, the beginning of it, or its id
    #[arg(long)]
    list: Option<String>,
}

/// A new task.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// What is to be done
    title: String,
    /// The list: its title, the beginning of it, or its id
    #[arg(long)]
    list: String,
    /// How urgent it is
    #[arg(long, value_parser = args::priority())]
    priority: Option<Priority>,
    /// When it is due: 2026-11-23, or 2026-11-23T09:00[Europe/Berlin]
    #[arg(long, value_parser = args::due)]
    due: Option<Due>,
    /// The task that it is a part of
    #[arg(long, value_name = "ID")]
    parent: Option<String>,
    /// Notes in Markdown; - reads them from stdin
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    notes: Option<String>,
    /// A link
    #[arg(long)]
    url: Option<String>,
    /// A tag; can be given several times
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
}

/// Which tasks to show.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Of this list only: its title, the beginning of it, or its id
    #[arg(long)]
    list: Option<String>,
    /// With this status only
    #[arg(long, value_parser = args::status())]
    status: Option<Status>,
    /// Those in the trash instead
    #[arg(long)]
    deleted: bool,
    /// At most so many [default: 1000]
    #[arg(long, value_name = "COUNT")]
    limit: Option<u32>,
    /// Go on where the page before ended
    #[arg(long)]
    cursor: Option<String>,
}

/// What to change.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true))]
pub(crate) struct EditArgs {
    #[command(flatten)]
    which: TaskArg,
    /// A new title
    #[arg(long, group = "change")]
    title: Option<String>,
    /// New notes in Markdown; - reads them from stdin
    #[arg(
        long,
        value_name = "TEXT",
        allow_hyphen_values = true,
        group = "change"
    )]
    notes: Option<String>,
    /// A new link
    #[arg(long, group = "change")]
    url: Option<String>,
    /// Take the link off
    #[arg(long, group = "change", conflicts_with = "url")]
    no_url: bool,
    /// A new status
    #[arg(long, group = "change", value_parser = args::status())]
    status: Option<Status>,
    /// A new priority
    #[arg(long, group = "change", value_parser = args::priority())]
    priority: Option<Priority>,
    /// A new due date: 2026-11-23, or 2026-11-23T09:00[Europe/Berlin]
    #[arg(long, group = "change", value_parser = args::due)]
    due: Option<Due>,
    /// Take the due date off
    #[arg(long, group = "change", conflicts_with = "due")]
    no_due: bool,
    /// A tag to add; can be given several times
    #[arg(long = "tag", value_name = "TAG", group = "change")]
    tags: Vec<String>,
    /// A tag to take off; can be given several times
    #[arg(long = "untag", value_name = "TAG", group = "change")]
    untags: Vec<String>,
}

/// Where to move a task.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("place").required(true).multiple(true))]
pub(crate) struct MoveArgs {
    #[command(flatten)]
    which: TaskArg,
    /// Below this task
    #[arg(long, value_name = "ID", group = "place")]
    parent: Option<String>,
    /// Out of its parent, to the top level
    #[arg(long, group = "place", conflicts_with = "parent")]
    top: bool,
    /// Right after this one of its siblings
    #[arg(long, value_name = "ID", group = "place", conflicts_with = "before")]
    after: Option<String>,
    /// Right before this one of its siblings
    #[arg(long, value_name = "ID", group = "place")]
    before: Option<String>,
}

/// Runs `poo task`.
pub(crate) fn run(app: &mut App, command: TaskCommand) -> Result<(), Problem> {
    match command {
        TaskCommand::Create(args) => create(app, args),
        TaskCommand::List(args) => list(app, args),
        TaskCommand::Show(which) => show(app, &which),
        TaskCommand::Edit(args) => edit(app, args),
        TaskCommand::Complete(which) => {
            simple(app, &which, "Done", |list, task| Command::CompleteTask {
                list,
                task,
                zone: crate::moment::zone(),
            })
        }
        TaskCommand::Reopen(which) => simple(app, &which, "Open again", |list, task| {
            Command::ReopenTask { list, task }
        }),
        TaskCommand::Move(args) => move_task(app, &args),
        TaskCommand::Delete(which) => simple(app, &which, "In the trash", |list, task| {
            Command::DeleteTask { list, task }
        }),
        TaskCommand::Restore(which) => simple(app, &which, "Back", |list, task| {
            Command::RestoreTask { list, task }
        }),
    }
}

fn create(app: &mut App, args: CreateArgs) -> Result<(), Problem> {
    let notes = args.notes.map(text_or_stdin).transpose()?;
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let list = find::list(&home.replica, &app.moment, &args.list)?;
    let parent = in_list(app, &home, list.id, args.parent.as_deref())?;
    let shown = args.title.trim().to_owned();
    let task = NewTask {
        title: args.title,
        notes,
        url: args.url,
        status: None,
        priority: args.priority,
        due: args.due,
        parent,
        tags: args.tags,
        ..NewTask::default()
    };
    let command = Command::CreateTask {
        list: list.id,
        task,
    };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    app.print(&outcome, |screen| {
        if let poo_core::model::Outcome::Task { task, .. } = &outcome {
            screen.put(Look::Dim, &task.short()).plain("  ");
        }
        screen.plain(&shown);
        screen.put(Look::Dim, &format!("  in {}", list.title)).end();
    })
}

/// A second task of a command: it must be in the same list.
fn in_list(
    app: &App,
    home: &Opened,
    list: DocumentId,
    text: Option<&str>,
) -> Result<Option<TaskId>, Problem> {
    let found = text
        .map(|text| find::task(&home.replica, &app.moment, text, Some(list)))
        .transpose()?;
    Ok(found.map(|task| task.id))
}

fn find_which(app: &App, home: &Opened, which: &TaskArg) -> Result<Task, Problem> {
    let list = find::list_if(&home.replica, &app.moment, which.list.as_deref())?;
    find::task(&home.replica, &app.moment, &which.task, list)
}

fn edit(app: &mut App, args: EditArgs) -> Result<(), Problem> {
    let patch = TaskPatch {
        title: args.title,
        notes: args.notes.map(text_or_stdin).transpose()?,
        url: taken_or_given(args.no_url, args.url),
        status: args.status,
        priority: args.priority,
        due: taken_or_given(args.no_due, args.due),
        add_tags: args.tags,
        remove_tags: args.untags,
        ..TaskPatch::default()
    };
    simple(app, &args.which, "Changed", |list, task| {
        Command::EditTask { list, task, patch }
    })
}

/// A field to empty, to set, or to leave alone.
fn taken_or_given<T>(take: bool, given: Option<T>) -> Option<Option<T>> {
    if take { Some(None) } else { given.map(Some) }
}

fn move_task(app: &mut App, args: &MoveArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let task = find_which(app, &home, &args.which)?;
    let parent = in_list(app, &home, task.list, args.parent.as_deref())?;
    let place = MovePlace {
        parent: taken_or_given(args.top, parent),
        after: in_list(app, &home, task.list, args.after.as_deref())?,
        before: in_list(app, &home, task.list, args.before.as_deref())?,
    };
    let command = Command::MoveTask {
        list: task.list,
        task: task.id,
        place,
    };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    app.print(&outcome, |screen| said(screen, "Moved", &task))
}

/// A command on one task.
fn simple(
    app: &mut App,
    which: &TaskArg,
    word: &str,
    command: impl FnOnce(DocumentId, TaskId) -> Command,
) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let task = find_which(app, &home, which)?;
    let command = command(task.list, task.id);
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    app.print(&outcome, |screen| {
        let unchanged = poo_core::model::Outcome::Done { changed: false };
        let word = if outcome == unchanged {
            "As it was"
        } else {
            word
        };
        said(screen, word, &task);
    })
}

fn said(screen: &mut Screen, word: &str, task: &Task) {
    screen.put(Look::Dim, &task.short_id);
    screen.line(&format!("  {word}: {}", task.title));
}

fn list(app: &App, args: ListArgs) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let list = find::list_if(&home.replica, &app.moment, args.list.as_deref())?;
    let query = Query::Tasks {
        list,
        filter: TaskFilter {
            status: args.status,
            deleted: args.deleted,
            zone: crate::moment::zone(),
            ..TaskFilter::default()
        },
        limit: args.limit,
        cursor: args.cursor,
    };
    let tasks = answer!(home.replica, app.moment, query, Tasks, "tasks")?;
    if app.json {
        return app.print_json(&tasks);
    }
    let all = Query::Lists { all: true };
    let lists = answer!(home.replica, app.moment, all, Lists, "lists")?;
    let mut screen = Screen::default();
    task_view::tree(&mut screen, &tasks, &lists.items);
    app.show(&screen)
}

fn show(app: &App, which: &TaskArg) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let task = find_which(app, &home, which)?;
    if app.json {
        return app.print_json(&task);
    }
    let list = task.list;
    let of_list = answer!(home.replica, app.moment, Query::List { list }, List, "list")?;
    let parent = match task.parent {
        Some(parent) => {
            let query = Query::Task { list, task: parent };
            // A parent may be missing here: it is then shown by its id.
            home.replica.query(&query, app.moment.time()).ok()
        }
        None => None,
    };
    let parent = match parent {
        Some(Answer::Task(parent)) => Some(parent),
        _ => None,
    };
    let members = find::members(&home.replica, &app.moment, list)?.items;
    let mut screen = Screen::default();
    task_view::whole(&mut screen, &task, &of_list, parent.as_ref(), &members);
    app.show(&screen)
}
