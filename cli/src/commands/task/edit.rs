//! `poo task edit`.

use clap::{ArgGroup, Args};
use poo_core::model::{Command, Outcome, Priority, Reminder, Status, TaskPatch};

use super::super::transfer::text_or_stdin;
use super::{TaskArg, find_which, in_list, said, taken_or_given};
use crate::app::App;
use crate::args;
use crate::find;
use crate::problem::Problem;
use crate::understand;

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
    /// When it is due: 2026-11-23, 2026-11-23T09:00[Europe/Berlin], or words such as "tomorrow 9am"
    #[arg(long, group = "change")]
    due: Option<String>,
    /// Take the due date off
    #[arg(long, group = "change", conflicts_with = "due")]
    no_due: bool,
    /// How it recurs: a rule such as FREQ=WEEKLY;BYDAY=MO, or words such as "every 2 weeks"
    #[arg(long, value_name = "RULE", group = "change")]
    recur: Option<String>,
    /// No longer; what is due next stays due
    #[arg(long, group = "change", conflicts_with = "recur")]
    no_recur: bool,
    /// A reminder to add: 15m, 2h or 1d before it is due; can be given several times
    #[arg(long = "remind", value_name = "TIME", group = "change", value_parser = args::reminder)]
    reminders: Vec<Reminder>,
    /// A reminder to take off; can be given several times
    #[arg(long = "no-remind", value_name = "TIME", group = "change", value_parser = args::reminder)]
    no_reminders: Vec<Reminder>,
    /// Who is to do it: `me`, or a member's name or the beginning of it
    #[arg(long, value_name = "MEMBER", group = "change")]
    assign: Option<String>,
    /// Take it from whoever is to do it
    #[arg(long, group = "change", conflicts_with = "assign")]
    unassign: bool,
    /// A task that comes first; can be given several times
    #[arg(long, value_name = "ID", group = "change")]
    blocked_by: Vec<String>,
    /// A task that does not have to come first; can be given several times
    #[arg(long, value_name = "ID", group = "change")]
    not_blocked_by: Vec<String>,
    /// Where it stands in the shop
    #[arg(long, value_name = "NAME", group = "change")]
    aisle: Option<String>,
    /// Leave that to its name
    #[arg(long, group = "change", conflicts_with = "aisle")]
    no_aisle: bool,
    /// A tag to add; can be given several times
    #[arg(long = "tag", value_name = "TAG", group = "change")]
    tags: Vec<String>,
    /// A tag to take off; can be given several times
    #[arg(long = "untag", value_name = "TAG", group = "change")]
    untags: Vec<String>,
}

/// Runs `poo task edit`.
pub(super) fn edit(app: &mut App, args: EditArgs) -> Result<(), Problem> {
    let notes = args.notes.map(text_or_stdin).transpose()?;
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let task = find_which(app, &home, &args.which)?;
    let (replica, moment, list) = (&home.replica, &app.moment, task.list);
    let due = args.due.as_deref();
    let due = due.map(|text| understand::due(replica, moment, text));
    let recurrence = args.recur.as_deref();
    let recurrence = recurrence.map(|text| understand::recurrence(replica, moment, text));
    let (recurrence, first) = recurrence.transpose()?.unzip();
    // Words say when the first time is; a due date that is there or given says so better.
    let first = first.flatten().filter(|_| task.due.is_none());
    let assignee = args.assign.as_deref();
    let assignee = assignee.map(|text| find::member(replica, moment, list, text));
    let assignee = assignee.transpose()?.map(|member| member.did);
    let patch = TaskPatch {
        title: args.title,
        notes,
        url: taken_or_given(args.no_url, args.url),
        status: args.status,
        priority: args.priority,
        due: taken_or_given(args.no_due, due.transpose()?.or(first)),
        add_tags: args.tags.iter().map(|tag| find::tag(tag)).collect(),
        remove_tags: args.untags.iter().map(|tag| find::tag(tag)).collect(),
        recurrence: taken_or_given(args.no_recur, recurrence),
        add_reminders: args.reminders,
        remove_reminders: args.no_reminders,
        assignee: taken_or_given(args.unassign, assignee),
        add_blocked_by: in_list(app, &home, list, &args.blocked_by)?,
        remove_blocked_by: in_list(app, &home, list, &args.not_blocked_by)?,
        aisle: taken_or_given(args.no_aisle, args.aisle),
    };
    let command = Command::EditTask {
        list,
        task: task.id,
        patch,
    };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    app.print(&outcome, |screen| {
        let unchanged = Outcome::Done { changed: false };
        let word = if outcome == unchanged {
            "As it was"
        } else {
            "Changed"
        };
        said(screen, word, &task);
    })
}
