//! `poo aisle`: a grocery list's own aisles.

use clap::Subcommand;
use poo_core::model::{Answer, Command, Query};
use poo_core::replica::QueryError;

use crate::app::App;
use crate::find::{self, answer};
use crate::problem::Problem;
use crate::screen::Look;

/// What to do with the aisles of a grocery list.
#[derive(Debug, Subcommand)]
pub(crate) enum AisleCommand {
    /// Show a list's own aisles
    Ls {
        /// The list: its title, the beginning of it, or its id
        #[arg(long)]
        list: String,
    },
    /// Add an aisle, or say anew what belongs there
    Set {
        /// Its name
        name: String,
        /// What belongs there: words or phrases
        #[arg(value_name = "KEYWORD")]
        keywords: Vec<String>,
        /// The list: its title, the beginning of it, or its id
        #[arg(long)]
        list: String,
    },
    /// Take an aisle off
    Remove {
        /// Its name
        name: String,
        /// The list: its title, the beginning of it, or its id
        #[arg(long)]
        list: String,
    },
}

/// Runs `poo aisle`.
pub(crate) fn run(app: &mut App, command: AisleCommand) -> Result<(), Problem> {
    match command {
        AisleCommand::Ls { list } => {
            let home = app.home.open_to_read()?;
            let list = find::list(&home.replica, &app.moment, &list)?.id;
            let query = Query::Aisles { list };
            let aisles = answer!(home.replica, app.moment, query, Aisles, "aisles")?;
            app.print(&aisles, |screen| {
                if aisles.items.is_empty() {
                    screen.line("No aisles of its own: things stand where their names say. Add one with: poo aisle set NAME KEYWORD... --list LIST");
                }
                let rows: Vec<_> = aisles
                    .items
                    .iter()
                    .map(|aisle| {
                        vec![
                            (Look::Strong, aisle.name.clone()),
                            (Look::Plain, aisle.keywords.join(", ")),
                        ]
                    })
                    .collect();
                screen.table(&rows);
            })
        }
        AisleCommand::Set {
            name,
            keywords,
            list,
        } => {
            let mut home = app.home.open_to_write(&mut app.moment)?;
            let list = find::list(&home.replica, &app.moment, &list)?;
            let command = Command::SetAisle {
                list: list.id,
                name: name.clone(),
                keywords,
            };
            let outcome = home.replica.execute(&command, &mut app.moment.env())?;
            app.print(&outcome, |screen| {
                screen.line(&format!("{} has the aisle {}", list.title, name.trim()));
            })
        }
        AisleCommand::Remove { name, list } => {
            let mut home = app.home.open_to_write(&mut app.moment)?;
            let list = find::list(&home.replica, &app.moment, &list)?;
            let query = Query::Aisles { list: list.id };
            let aisles = answer!(home.replica, app.moment, query, Aisles, "aisles")?;
            let folded = name.trim().to_lowercase();
            let mut aisles = aisles.items.into_iter();
            let found = aisles.find(|aisle| aisle.name.to_lowercase() == folded);
            let name = found.map(|aisle| aisle.name).ok_or(QueryError::NotFound {
                what: "aisle",
                text: name,
            })?;
            let command = Command::RemoveAisle {
                list: list.id,
                name: name.clone(),
            };
            let outcome = home.replica.execute(&command, &mut app.moment.env())?;
            app.print(&outcome, |screen| {
                screen.line(&format!("{} no longer has the aisle {name}", list.title));
            })
        }
    }
}
