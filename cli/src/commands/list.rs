//! `poo list`.

use clap::Subcommand;
use poo_core::document::DocumentId;
use poo_core::model::{Answer, Command, List, Query};

use crate::app::App;
use crate::find::{self, answer};
use crate::problem::Problem;
use crate::screen::{Look, Screen, count};

/// What to do with lists.
#[derive(Debug, Subcommand)]
pub(crate) enum ListCommand {
    /// Make a list
    Create {
        /// Its title
        title: String,
    },
    /// Show your lists
    Ls {
        /// Also deleted lists and those that you lost access to
        #[arg(long)]
        all: bool,
    },
    /// Give a list another title
    Rename {
        /// The list: its title, the beginning of it, or its id
        list: String,
        /// The new title
        title: String,
    },
    /// Put a list away, for everybody; `restore` brings it back
    Delete {
        /// The list: its title, the beginning of it, or its id
        list: String,
    },
    /// Bring a deleted list back
    Restore {
        /// The list: its title, the beginning of it, or its id
        list: String,
    },
}

/// Runs `poo list`.
pub(crate) fn run(app: &mut App, command: ListCommand) -> Result<(), Problem> {
    match command {
        ListCommand::Create { title } => {
            let mut home = app.home.open_to_write(&mut app.moment)?;
            let shown = title.trim().to_owned();
            let command = Command::CreateList { title };
            let outcome = home.replica.execute(&command, &mut app.moment.env())?;
            app.print(&outcome, |screen| {
                screen
                    .plain("Made the list ")
                    .put(Look::Strong, &shown)
                    .end();
            })
        }
        ListCommand::Ls { all } => ls(app, all),
        ListCommand::Rename { list, title } => {
            let shown = title.trim().to_owned();
            change(
                app,
                &list,
                |list| Command::RenameList { list, title },
                |screen, old| {
                    screen.line(&format!("{} is now called {shown}", old.title));
                },
            )
        }
        ListCommand::Delete { list } => change(
            app,
            &list,
            |list| Command::DeleteList { list },
            |screen, list| {
                screen.line(&format!("Deleted {}", list.title));
                screen
                    .put(
                        Look::Dim,
                        &format!("Bring it back with: poo list restore {}", list.id),
                    )
                    .end();
            },
        ),
        ListCommand::Restore { list } => change(
            app,
            &list,
            |list| Command::RestoreList { list },
            |screen, list| {
                screen.line(&format!("{} is back", list.title));
            },
        ),
    }
}

/// Carries out a command on the list that a text names.
fn change(
    app: &mut App,
    text: &str,
    command: impl FnOnce(DocumentId) -> Command,
    human: impl FnOnce(&mut Screen, &List),
) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let list = find::list(&home.replica, &app.moment, text)?;
    let outcome = home
        .replica
        .execute(&command(list.id), &mut app.moment.env())?;
    app.print(&outcome, |screen| human(screen, &list))
}

fn ls(app: &App, all: bool) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let lists = answer!(
        home.replica,
        app.moment,
        Query::Lists { all },
        Lists,
        "lists"
    )?;
    app.print(&lists, |screen| {
        if lists.items.is_empty() {
            screen.line("No lists yet. Make one with: poo list create \"Groceries\"");
        }
        let rows: Vec<_> = lists.items.iter().map(row).collect();
        screen.table(&rows);
    })
}

fn row(list: &List) -> Vec<(Look, String)> {
    let shared = if list.members > 1 {
        format!("{} members", list.members)
    } else {
        String::new()
    };
    let role = match (list.deleted_at, list.role) {
        (Some(_), _) => "deleted".to_owned(),
        (None, None) => "no access".to_owned(),
        (None, Some(role)) => super::members::role_name(role).to_owned(),
    };
    vec![
        (Look::Strong, list.title.clone()),
        (Look::Plain, count_open(list)),
        (Look::Dim, role),
        (Look::Dim, shared),
    ]
}

fn count_open(list: &List) -> String {
    match (list.open, list.total) {
        (_, 0) => "empty".to_owned(),
        (0, total) => format!("all {total} done"),
        (open, total) if open == total => count(open, "task"),
        (open, total) => format!("{open} of {total} open"),
    }
}
