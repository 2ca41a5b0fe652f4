//! `poo tag`.

use clap::{ArgGroup, Args, Subcommand};
use poo_core::model::{Answer, Command, Query};
use poo_core::replica::QueryError;

use crate::app::App;
use crate::find::{self, answer};
use crate::problem::Problem;
use crate::screen::{Look, count};

/// What to do with the tags of a list.
#[derive(Debug, Subcommand)]
pub(crate) enum TagCommand {
    /// Show the tags of a list
    Ls {
        /// The list: its title, the beginning of it, or its id
        #[arg(long)]
        list: String,
    },
    /// Change a tag wherever it is
    Edit(EditArgs),
    /// Take a tag off a list and all its tasks
    Delete {
        /// The tag
        tag: String,
        /// The list: its title, the beginning of it, or its id
        #[arg(long)]
        list: String,
    },
}

/// What to change of a tag.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true))]
pub(crate) struct EditArgs {
    /// The tag; it is made if it is not there
    tag: String,
    /// The list: its title, the beginning of it, or its id
    #[arg(long)]
    list: String,
    /// Another name
    #[arg(long, group = "change")]
    name: Option<String>,
    /// Its colour, such as red or #ff8800
    #[arg(long, group = "change")]
    color: Option<String>,
    /// Take the colour off
    #[arg(long, group = "change", conflicts_with = "color")]
    without_color: bool,
}

/// Runs `poo tag`.
pub(crate) fn run(app: &mut App, command: TagCommand) -> Result<(), Problem> {
    match command {
        TagCommand::Ls { list } => ls(app, &list),
        TagCommand::Edit(args) => {
            let mut home = app.home.open_to_write(&mut app.moment)?;
            let list = find::list(&home.replica, &app.moment, &args.list)?;
            let tag = find::tag(&args.tag);
            let name = args.name.as_deref().map(find::tag);
            let shown = name.clone().unwrap_or_else(|| tag.clone());
            let color = if args.without_color {
                Some(None)
            } else {
                args.color.map(Some)
            };
            let list = list.id;
            let command = Command::EditTag {
                list,
                tag,
                name,
                color,
            };
            let outcome = home.replica.execute(&command, &mut app.moment.env())?;
            app.print(&outcome, |screen| {
                screen.line(&format!("Changed the tag #{shown}"));
            })
        }
        TagCommand::Delete { tag, list } => {
            let mut home = app.home.open_to_write(&mut app.moment)?;
            let list = find::list(&home.replica, &app.moment, &list)?;
            let tag = find::tag(&tag);
            let tags = Query::Tags { list: list.id };
            let tags = answer!(home.replica, app.moment, tags, Tags, "tags")?;
            if !tags.items.iter().any(|known| known.name == tag) {
                return Err(QueryError::NotFound {
                    what: "tag",
                    text: tag,
                }
                .into());
            }
            let command = Command::DeleteTag {
                list: list.id,
                tag: tag.clone(),
            };
            let outcome = home.replica.execute(&command, &mut app.moment.env())?;
            app.print(&outcome, |screen| {
                screen.line(&format!("#{tag} is off {} and all its tasks", list.title));
            })
        }
    }
}

fn ls(app: &App, list: &str) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let list = find::list(&home.replica, &app.moment, list)?;
    let query = Query::Tags { list: list.id };
    let tags = answer!(home.replica, app.moment, query, Tags, "tags")?;
    app.print(&tags, |screen| {
        if tags.items.is_empty() {
            screen.line("No tags yet. Give a task one with: poo task edit ID --tag TAG");
        }
        let rows: Vec<_> = tags
            .items
            .iter()
            .map(|tag| {
                vec![
                    (Look::Strong, format!("#{}", tag.name)),
                    (Look::Plain, count(tag.tasks, "task")),
                    (Look::Dim, tag.color.clone().unwrap_or_default()),
                ]
            })
            .collect();
        screen.table(&rows);
    })
}
