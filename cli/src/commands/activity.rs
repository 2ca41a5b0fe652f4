//! `poo activity`: who did what.

use std::time::Duration;

use clap::{Args, Subcommand};
use poo_core::model::{Activity, Answer, Command, List, Query};
use poo_core::replica::Replica;

use super::task::TaskArg;
use super::task::find_which;
use super::transfer::text_or_stdin;
use crate::app::App;
use crate::feed::Feed;
use crate::find::{self, answer};
use crate::moment::Moment;
use crate::net;
use crate::problem::Problem;
use crate::screen::{Look, Screen};
use crate::told;
use crate::when::Here;

/// How often it is asked whether something came.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// What to do with the record of who did what.
#[derive(Debug, Subcommand)]
pub(crate) enum ActivityCommand {
    /// Show what happened, the latest first
    Ls(LsArgs),
    /// Write a note into the activity of a list
    Log {
        /// The note; - reads it from stdin
        #[arg(allow_hyphen_values = true)]
        text: String,
        /// The list: its title, the beginning of it, or its id
        #[arg(long)]
        list: String,
    },
}

/// What to show.
#[derive(Debug, Args)]
pub(crate) struct LsArgs {
    /// Of this list only: its title, the beginning of it, or its id
    list: Option<String>,
    /// With this task only: its id, or the last 6 or more characters of it
    #[arg(long, value_name = "ID", conflicts_with = "follow")]
    task: Option<String>,
    /// At most so many [default: 100]
    #[arg(long, value_name = "COUNT", conflicts_with = "follow")]
    limit: Option<u32>,
    /// Go on where the page before ended
    #[arg(long, conflicts_with = "follow")]
    cursor: Option<String>,
    /// Show what comes from now on, until Ctrl-C; with --json one value on each line
    #[arg(long)]
    follow: bool,
}

/// Runs `poo activity`.
pub(crate) fn run(app: &mut App, command: ActivityCommand) -> Result<(), Problem> {
    match command {
        ActivityCommand::Ls(args) if args.follow => follow(app, args.list.as_deref()),
        ActivityCommand::Ls(args) => ls(app, args),
        ActivityCommand::Log { text, list } => {
            let text = text_or_stdin(text)?;
            let mut home = app.home.open_to_write(&mut app.moment)?;
            let list = find::list(&home.replica, &app.moment, &list)?;
            let command = Command::LogNote {
                list: list.id,
                text,
            };
            let outcome = home.replica.execute(&command, &mut app.moment.env())?;
            app.print(&outcome, |screen| {
                screen.line(&format!("Noted in {}", list.title));
            })
        }
    }
}

fn ls(app: &App, args: LsArgs) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let mut list = find::list_if(&home.replica, &app.moment, args.list.as_deref())?;
    let mut task = None;
    if let Some(text) = args.task {
        let which = TaskArg {
            task: text,
            list: args.list,
        };
        let found = find_which(app, &home, &which)?;
        list = Some(found.list);
        task = Some(found.id);
    }
    let query = Query::Activity {
        list,
        task,
        kind: None,
        limit: args.limit,
        cursor: args.cursor,
    };
    let page = answer!(home.replica, app.moment, query, Activity, "activity")?;
    if app.json {
        return app.print_json(&page);
    }
    let lists = named_lists(&home.replica, &app.moment, list.is_none())?;
    let here = Here::of(&app.moment);
    let mut screen = Screen::default();
    if page.items.is_empty() {
        screen.line("Nothing happened yet.");
    }
    for row in &page.items {
        told::row(&mut screen, row, &lists, &here);
    }
    if let Some(cursor) = &page.next_cursor {
        screen
            .put(Look::Dim, &format!("There is more: --cursor {cursor}"))
            .end();
    }
    app.show(&screen)
}

/// The lists, where rows have to say in which one they are.
fn named_lists(replica: &Replica, moment: &Moment, several: bool) -> Result<Vec<List>, Problem> {
    if several {
        find::lists(replica, moment, true)
    } else {
        Ok(Vec::new())
    }
}

fn follow(app: &App, list: Option<&str>) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let replica = &home.replica;
    let list = find::list_if(replica, &app.moment, list)?;
    let mut changes = replica.subscribe()?;
    let mut feed = Feed::start(replica, list)?;
    app.note("Waiting for what happens. Ctrl-C ends it.");
    let mut look = || -> Result<(), Problem> {
        // Other processes write too: the database is where all of it comes together.
        if replica.poll_changes(&mut changes)?.is_empty() {
            return Ok(());
        }
        let new = feed.news(replica)?;
        let lists = named_lists(replica, &Moment::now(), list.is_none())?;
        new.iter().try_for_each(|row| tell(app, row, &lists))
    };
    net::look_until_asked(LOOK_INTERVAL, &mut look)
}

fn tell(app: &App, row: &Activity, lists: &[List]) -> Result<(), Problem> {
    app.print(row, |screen| {
        told::row(screen, row, lists, &Here::of(&Moment::now()));
    })
}
