//! `poo folder`: where one keeps one's lists. Nobody else sees it.

use clap::Subcommand;
use poo_core::model::{Answer, Command, Folder, Page, Query};
use poo_core::replica::Replica;

use crate::app::App;
use crate::find::{self, answer};
use crate::moment::Moment;
use crate::problem::Problem;
use crate::screen::{Look, count};

/// What to do with folders.
#[derive(Debug, Subcommand)]
pub(crate) enum FolderCommand {
    /// Show your folders
    Ls,
    /// Make a folder
    Create {
        /// Its name
        name: String,
    },
    /// Give a folder another name
    Rename {
        /// The folder: its name, the beginning of it, or its id
        folder: String,
        /// The new name
        name: String,
    },
    /// Take a folder away; the lists in it stay
    Delete {
        /// The folder: its name, the beginning of it, or its id
        folder: String,
    },
}

/// Every folder.
pub(super) fn all(replica: &Replica, moment: &Moment) -> Result<Page<Folder>, Problem> {
    answer!(replica, moment, Query::Folders, Folders, "folders")
}

/// The folder that a text names.
pub(super) fn find(replica: &Replica, moment: &Moment, text: &str) -> Result<Folder, Problem> {
    let folders = all(replica, moment)?.items;
    find::named("folder", folders, text, |folder| {
        (folder.id.clone(), folder.name.clone())
    })
}

/// Runs `poo folder`.
pub(crate) fn run(app: &mut App, command: FolderCommand) -> Result<(), Problem> {
    match command {
        FolderCommand::Ls => {
            let home = app.home.open_to_read()?;
            let folders = all(&home.replica, &app.moment)?;
            app.print(&folders, |screen| {
                if folders.items.is_empty() {
                    screen.line("No folders yet. Make one with: poo folder create \"Home\"");
                }
                let rows: Vec<_> = folders
                    .items
                    .iter()
                    .map(|folder| {
                        vec![
                            (Look::Strong, folder.name.clone()),
                            (Look::Plain, count(folder.lists, "list")),
                        ]
                    })
                    .collect();
                screen.table(&rows);
            })
        }
        FolderCommand::Create { name } => {
            let mut home = app.home.open_to_write(&mut app.moment)?;
            let shown = name.trim().to_owned();
            let command = Command::CreateFolder { name };
            let outcome = home.replica.execute(&command, &mut app.moment.env())?;
            app.print(&outcome, |screen| {
                screen.line(&format!("Made the folder {shown}"));
                let hint =
                    format!("Put a list into it with: poo list move LIST --folder \"{shown}\"");
                screen.put(Look::Dim, &hint).end();
            })
        }
        FolderCommand::Rename { folder, name } => {
            let mut home = app.home.open_to_write(&mut app.moment)?;
            let folder = find(&home.replica, &app.moment, &folder)?;
            let shown = name.trim().to_owned();
            let command = Command::RenameFolder {
                folder: folder.id,
                name,
            };
            let outcome = home.replica.execute(&command, &mut app.moment.env())?;
            app.print(&outcome, |screen| {
                screen.line(&format!("{} is now called {shown}", folder.name));
            })
        }
        FolderCommand::Delete { folder } => {
            let mut home = app.home.open_to_write(&mut app.moment)?;
            let folder = find(&home.replica, &app.moment, &folder)?;
            let command = Command::DeleteFolder { folder: folder.id };
            let outcome = home.replica.execute(&command, &mut app.moment.env())?;
            app.print(&outcome, |screen| {
                screen.line(&format!("{} is gone; its lists stay", folder.name));
            })
        }
    }
}
