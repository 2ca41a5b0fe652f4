//! `poo reminders`: of what to be reminded, and when.

use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use poo_core::model::{Answer, Page, Query, Reminding};
use poo_core::replica::Replica;

use crate::app::App;
use crate::find::answer;
use crate::moment::Moment;
use crate::net;
use crate::problem::Problem;
use crate::screen::{Look, Screen};
use crate::when::Here;

/// Days that are looked ahead unless told.
const DAYS: u32 = 7;
/// How often to look whether it is time.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// What was to be shown while nothing ran is still worth saying for so long.
const LATE: SignedDuration = SignedDuration::from_hours(1);

/// Which reminders to show.
#[derive(Debug, Args)]
pub(crate) struct RemindersArgs {
    /// For so many days [default: 7]
    #[arg(long, value_name = "DAYS", conflicts_with = "follow",
        value_parser = clap::value_parser!(u32).range(1..=366))]
    days: Option<u32>,
    /// Wait, and show each when it is time, until Ctrl-C; with --json one value on each line
    #[arg(long)]
    follow: bool,
}

/// Runs `poo reminders`.
pub(crate) fn run(app: &App, args: &RemindersArgs) -> Result<(), Problem> {
    if args.follow {
        return follow(app);
    }
    let home = app.home.open_to_read()?;
    let now = app.moment.time();
    let days = args.days.unwrap_or(DAYS);
    let ahead = SignedDuration::from_hours(i64::from(days) * 24);
    let to = now.checked_add(ahead).unwrap_or(Timestamp::MAX);
    let page = between(&home.replica, &app.moment, now, to)?;
    app.print(&page, |screen| {
        if page.items.is_empty() {
            screen.line("No reminders in these days. Set one with: poo task edit ID --remind 1h");
        }
        for reminding in &page.items {
            line(screen, reminding);
        }
    })
}

fn between(
    replica: &Replica,
    moment: &Moment,
    from: Timestamp,
    to: Timestamp,
) -> Result<Page<Reminding>, Problem> {
    let zone = crate::moment::zone();
    let query = Query::Reminders { from, to, zone };
    answer!(replica, moment, query, Reminders, "reminders")
}

fn line(screen: &mut Screen, reminding: &Reminding) {
    let here = Here::of(&Moment::now());
    let at = crate::moment::local_zone().to_datetime(reminding.at);
    screen.put(Look::Strong, &here.day(at.date()));
    screen.put(Look::Dim, &at.strftime("  %H:%M  ").to_string());
    screen.plain(&reminding.task.title).end();
}

/// Shows each reminder when it is time.
fn follow(app: &App) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let mut shown_until = app
        .moment
        .time()
        .checked_sub(LATE)
        .unwrap_or(Timestamp::MIN);
    app.note("Waiting for what is to be remembered. Ctrl-C ends it.");
    let mut look = || -> Result<(), Problem> {
        let moment = Moment::now();
        let now = moment.time();
        if now <= shown_until {
            return Ok(());
        }
        let due = between(&home.replica, &moment, shown_until, now)?;
        shown_until = now;
        due.items
            .iter()
            .try_for_each(|reminding| app.print(reminding, |screen| line(screen, reminding)))
    };
    net::look_until_asked(LOOK_INTERVAL, &mut look)
}
