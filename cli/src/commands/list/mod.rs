//! `poo list`.

mod ls;
mod place;
mod show;

use clap::Subcommand;
use poo_core::document::DocumentId;
use poo_core::model::{Command, List, Outcome, Sort};

use crate::app::App;
use crate::args;
use crate::find;
use crate::problem::Problem;
use crate::screen::{Look, Screen};

/// What to do with lists.
#[derive(Debug, Subcommand)]
pub(crate) enum ListCommand {
    /// Make a list
    Create {
        /// Its title
        title: String,
    },
    /// Show your lists by folder, favourites first
    Ls {
        /// Also archived and deleted lists, and those that you lost access to
        #[arg(long)]
        all: bool,
    },
    /// Show a list with its tasks, sorted as you keep it
    Show {
        /// The list: its title, the beginning of it, or its id
        list: String,
        /// By where things stand in the shop
        #[arg(long)]
        aisles: bool,
    },
    /// Give a list another title
    Rename {
        /// The list: its title, the beginning of it, or its id
        list: String,
        /// The new title
        title: String,
    },
    /// Change how a list looks, for everybody
    Look(place::LookArgs),
    /// Keep a list with your favourites
    Favorite {
        /// The list: its title, the beginning of it, or its id
        list: String,
    },
    /// Keep it with the others again
    Unfavorite {
        /// The list: its title, the beginning of it, or its id
        list: String,
    },
    /// Put a list out of your way
    Archive {
        /// The list: its title, the beginning of it, or its id
        list: String,
    },
    /// Bring an archived list back
    Unarchive {
        /// The list: its title, the beginning of it, or its id
        list: String,
    },
    /// Put a list into a folder of yours
    Move(place::MoveArgs),
    /// Sort a list's tasks, for you
    Sort {
        /// The list: its title, the beginning of it, or its id
        list: String,
        /// The order
        #[arg(value_parser = args::sort())]
        order: Sort,
    },
    /// Make a copy of what is to do in a list
    Duplicate {
        /// The list: its title, the beginning of it, or its id
        list: String,
        /// The copy's title
        #[arg(long)]
        title: Option<String>,
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
        ListCommand::Create { title } => create(app, title),
        ListCommand::Ls { all } => ls::ls(app, all),
        ListCommand::Show { list, aisles } => show::show(app, &list, aisles),
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
        ListCommand::Look(args) => place::look(app, args),
        ListCommand::Favorite { list } => place::favorite(app, &list, true),
        ListCommand::Unfavorite { list } => place::favorite(app, &list, false),
        ListCommand::Archive { list } => place::archive(app, &list, true),
        ListCommand::Unarchive { list } => place::archive(app, &list, false),
        ListCommand::Move(args) => place::to_folder(app, &args),
        ListCommand::Sort { list, order } => place::sort(app, &list, order),
        ListCommand::Duplicate { list, title } => duplicate(app, &list, title),
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

fn create(app: &mut App, title: String) -> Result<(), Problem> {
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

fn duplicate(app: &mut App, list: &str, title: Option<String>) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let list = find::list(&home.replica, &app.moment, list)?;
    let command = Command::DuplicateList {
        list: list.id,
        title,
    };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    let Outcome::List { list: made } = &outcome else {
        return Err(Problem::Unexpected("list"));
    };
    let made = find::list(&home.replica, &app.moment, &made.to_string())?;
    app.print(&outcome, |screen| {
        screen
            .plain("Made the list ")
            .put(Look::Strong, &made.title);
        screen.line(&format!(" from {}", list.title));
        // Two of one title are told apart by their ids only.
        if made.title == list.title {
            screen
                .put(Look::Dim, &format!("Its id is {}", made.id))
                .end();
        }
    })
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
