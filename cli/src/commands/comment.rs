//! `poo comment`.

use clap::Subcommand;
use poo_core::model::{Answer, Command, Comment, Page, Query, Task};
use poo_core::replica::Replica;

use super::task::{TaskArg, find_which};
use super::transfer::text_or_stdin;
use crate::app::App;
use crate::find::{self, answer};
use crate::moment::Moment;
use crate::problem::Problem;
use crate::screen::{Look, Screen};
use crate::when::Here;

/// What to do with comments.
#[derive(Debug, Subcommand)]
pub(crate) enum CommentCommand {
    /// Say something about a task
    Add {
        #[command(flatten)]
        which: TaskArg,
        /// Markdown; - reads it from stdin
        #[arg(allow_hyphen_values = true)]
        text: String,
    },
    /// Show what was said about a task
    Ls(TaskArg),
    /// Change what you said
    Edit {
        #[command(flatten)]
        which: TaskArg,
        /// The comment: its id, or the last 6 or more characters of it
        comment: String,
        /// Markdown; - reads it from stdin
        #[arg(allow_hyphen_values = true)]
        text: String,
    },
    /// Take back what you said
    Delete {
        #[command(flatten)]
        which: TaskArg,
        /// The comment: its id, or the last 6 or more characters of it
        comment: String,
    },
}

/// Runs `poo comment`.
pub(crate) fn run(app: &mut App, command: CommentCommand) -> Result<(), Problem> {
    match command {
        CommentCommand::Add { which, text } => {
            let text = text_or_stdin(text)?;
            let mut home = app.home.open_to_write(&mut app.moment)?;
            let task = find_which(app, &home, &which)?;
            let command = Command::AddComment {
                list: task.list,
                task: task.id,
                text,
            };
            let outcome = home.replica.execute(&command, &mut app.moment.env())?;
            app.print(&outcome, |screen| {
                screen.line(&format!("Commented on {}", task.title));
            })
        }
        CommentCommand::Ls(which) => {
            let home = app.home.open_to_read()?;
            let task = find_which(app, &home, &which)?;
            let comments = of_task(&home.replica, &app.moment, &task)?;
            app.print(&comments, |screen| {
                if comments.items.is_empty() {
                    screen.line("Nothing was said yet.");
                }
                lines(screen, &comments.items, &Here::of(&app.moment));
            })
        }
        CommentCommand::Edit {
            which,
            comment,
            text,
        } => {
            let text = text_or_stdin(text)?;
            change(
                app,
                &which,
                &comment,
                "Changed the comment on",
                |task, comment| Command::EditComment {
                    list: task.list,
                    comment: comment.id,
                    text,
                },
            )
        }
        CommentCommand::Delete { which, comment } => change(
            app,
            &which,
            &comment,
            "Deleted the comment on",
            |task, comment| Command::DeleteComment {
                list: task.list,
                comment: comment.id,
            },
        ),
    }
}

fn change(
    app: &mut App,
    which: &TaskArg,
    comment: &str,
    word: &str,
    command: impl FnOnce(&Task, &Comment) -> Command,
) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let task = find_which(app, &home, which)?;
    let comments = of_task(&home.replica, &app.moment, &task)?.items;
    // A comment has no name: only its id says which.
    let comment = find::named("comment", comments, comment, |comment| {
        (comment.id.to_string(), String::new())
    })?;
    let command = command(&task, &comment);
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    app.print(&outcome, |screen| {
        screen.line(&format!("{word} {}", task.title));
    })
}

fn of_task(replica: &Replica, moment: &Moment, task: &Task) -> Result<Page<Comment>, Problem> {
    let query = Query::Comments {
        list: task.list,
        task: task.id,
    };
    answer!(replica, moment, query, Comments, "comments")
}

/// Comments, each under who said it when.
pub(super) fn lines(screen: &mut Screen, comments: &[Comment], here: &Here) {
    for comment in comments {
        let name = match comment.author_name.as_str() {
            "" => "Somebody",
            name => name,
        };
        screen.put(Look::Dim, &comment.id.short()).plain("  ");
        screen.put(Look::Strong, name);
        if let Some(at) = comment.created_at {
            screen.put(Look::Dim, &format!(" · {}", here.ago(at)));
        }
        if comment.edited_at.is_some() {
            screen.put(Look::Dim, " · changed since");
        }
        screen.end();
        for line in comment.text.trim_end().split('\n') {
            screen.line(&format!("        {}", line.replace('\t', "    ")));
        }
    }
}
