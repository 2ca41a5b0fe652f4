//! `poo task create`.

use clap::Args;
use poo_core::model::{Command, NewTask, Outcome, Priority, Reminder};

use super::super::transfer::text_or_stdin;
use crate::app::App;
use crate::args;
use crate::find;
use crate::problem::Problem;
use crate::screen::Look;
use crate::understand;

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
    /// When it is due: 2026-11-23, 2026-11-23T09:00[Europe/Berlin], or words such as "tomorrow 9am"
    #[arg(long)]
    due: Option<String>,
    /// How it recurs: a rule such as FREQ=WEEKLY;BYDAY=MO, or words such as "every 2 weeks"
    #[arg(long, value_name = "RULE")]
    recur: Option<String>,
    /// How long before it is due to remind of it: 15m, 2h, 1d; can be given several times
    #[arg(long = "remind", value_name = "TIME", value_parser = args::reminder)]
    reminders: Vec<Reminder>,
    /// Who is to do it: `me`, or a member's name or the beginning of it
    #[arg(long, value_name = "MEMBER")]
    assign: Option<String>,
    /// A task that comes first; can be given several times
    #[arg(long, value_name = "ID")]
    blocked_by: Vec<String>,
    /// Where it stands in the shop, if not where its name says
    #[arg(long, value_name = "NAME")]
    aisle: Option<String>,
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

/// Runs `poo task create`.
pub(super) fn create(app: &mut App, args: CreateArgs) -> Result<(), Problem> {
    let notes = args.notes.map(text_or_stdin).transpose()?;
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let (replica, moment) = (&home.replica, &app.moment);
    let list = find::list(replica, moment, &args.list)?;
    let due = args.due.as_deref();
    let due = due.map(|text| understand::due(replica, moment, text));
    let recurrence = args.recur.as_deref();
    let recurrence = recurrence.map(|text| understand::recurrence(replica, moment, text));
    let (recurrence, first) = recurrence.transpose()?.unzip();
    let assignee = args.assign.as_deref();
    let assignee = assignee.map(|text| find::member(replica, moment, list.id, text));
    let shown = args.title.trim().to_owned();
    let task = NewTask {
        title: args.title,
        notes,
        url: args.url,
        status: None,
        priority: args.priority,
        due: due.transpose()?.or(first.flatten()),
        parent: super::in_list(app, &home, list.id, &args.parent)?.pop(),
        tags: args.tags.iter().map(|tag| find::tag(tag)).collect(),
        recurrence,
        reminders: args.reminders,
        assignee: assignee.transpose()?.map(|member| member.did),
        blocked_by: super::in_list(app, &home, list.id, &args.blocked_by)?,
        aisle: args.aisle,
    };
    let command = Command::CreateTask {
        list: list.id,
        task,
    };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    app.print(&outcome, |screen| {
        if let Outcome::Task { task, .. } = &outcome {
            screen.put(Look::Dim, &task.short()).plain("  ");
        }
        screen.plain(&shown);
        screen.put(Look::Dim, &format!("  in {}", list.title)).end();
    })
}
