//! `poo template`: lists to start from.

use clap::Subcommand;
use poo_core::model::{Answer, Command, Outcome, Page, Query, TemplateView};
use poo_core::replica::Replica;

use crate::app::App;
use crate::find::{self, answer};
use crate::moment::Moment;
use crate::problem::Problem;
use crate::screen::{Look, count};

/// What to do with templates.
#[derive(Debug, Subcommand)]
pub(crate) enum TemplateCommand {
    /// Show what lists can be made from
    Ls,
    /// Keep a copy of a list as a template
    Save {
        /// The list: its title, the beginning of it, or its id
        list: String,
        /// What to call it; as the list unless told
        #[arg(long)]
        title: Option<String>,
    },
    /// Make a list from a template
    Use {
        /// The template: its title, the beginning of it, or its id
        template: String,
        /// The list's title; the template's unless told
        #[arg(long)]
        title: Option<String>,
    },
    /// Put a saved template away
    Delete {
        /// The template: its title, the beginning of it, or its id
        template: String,
    },
}

fn all(replica: &Replica, moment: &Moment) -> Result<Page<TemplateView>, Problem> {
    answer!(replica, moment, Query::Templates, Templates, "templates")
}

fn find(replica: &Replica, moment: &Moment, text: &str) -> Result<TemplateView, Problem> {
    let templates = all(replica, moment)?.items;
    find::named("template", templates, text, |template| {
        (template.id.clone(), template.title.clone())
    })
}

/// Runs `poo template`.
pub(crate) fn run(app: &mut App, command: TemplateCommand) -> Result<(), Problem> {
    match command {
        TemplateCommand::Ls => {
            let home = app.home.open_to_read()?;
            let templates = all(&home.replica, &app.moment)?;
            app.print(&templates, |screen| {
                let rows: Vec<_> = templates
                    .items
                    .iter()
                    .map(|template| {
                        let own = if template.built_in { "" } else { "yours" };
                        vec![
                            (Look::Strong, template.title.clone()),
                            (Look::Plain, count(template.tasks, "task")),
                            (Look::Dim, own.to_owned()),
                        ]
                    })
                    .collect();
                screen.table(&rows);
            })
        }
        TemplateCommand::Save { list, title } => {
            let mut home = app.home.open_to_write(&mut app.moment)?;
            let list = find::list(&home.replica, &app.moment, &list)?;
            let shown = title.clone().unwrap_or_else(|| list.title.clone());
            let command = Command::SaveTemplate {
                list: list.id,
                title,
            };
            let outcome = home.replica.execute(&command, &mut app.moment.env())?;
            app.print(&outcome, |screen| {
                screen.line(&format!("Saved the template {}", shown.trim()));
            })
        }
        TemplateCommand::Use { template, title } => {
            let mut home = app.home.open_to_write(&mut app.moment)?;
            let template = find(&home.replica, &app.moment, &template)?;
            let command = Command::CreateFromTemplate {
                template: template.id,
                title,
            };
            let outcome = home.replica.execute(&command, &mut app.moment.env())?;
            let Outcome::List { list } = &outcome else {
                return Err(Problem::Unexpected("list"));
            };
            let made = find::list(&home.replica, &app.moment, &list.to_string())?;
            app.print(&outcome, |screen| {
                screen
                    .plain("Made the list ")
                    .put(Look::Strong, &made.title);
                screen.line(&format!(" with {}", count(made.total, "task")));
            })
        }
        TemplateCommand::Delete { template } => {
            let mut home = app.home.open_to_write(&mut app.moment)?;
            let template = find(&home.replica, &app.moment, &template)?;
            if template.built_in {
                return Err(Problem::Usage(format!(
                    "{} comes with the program and stays: only those that you saved can be deleted",
                    template.title
                )));
            }
            let command = Command::DeleteTemplate {
                template: template.id,
            };
            let outcome = home.replica.execute(&command, &mut app.moment.env())?;
            app.print(&outcome, |screen| {
                screen.line(&format!("Deleted the template {}", template.title));
            })
        }
    }
}
