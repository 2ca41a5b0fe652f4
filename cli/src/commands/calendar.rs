//! `poo calendar`: a month with what is due on each day, and what that is.

use std::collections::BTreeMap;

use clap::Args;
use jiff::ToSpan as _;
use jiff::civil::Date;
use poo_core::model::{Answer, CalendarEntry, List, Query};

use crate::app::App;
use crate::find::{self, answer};
use crate::problem::Problem;
use crate::screen::{Look, Screen};
use crate::when::{Here, clock};

/// Cells are as wide as a day and up to three digits.
const CELL: usize = 8;

/// Which days.
#[derive(Debug, Args)]
pub(crate) struct CalendarArgs {
    /// A month, such as 2026-11; this one unless told
    #[arg(long, value_parser = month, conflicts_with_all = ["from", "to"])]
    month: Option<Date>,
    /// The first day, such as 2026-11-23
    #[arg(long, value_parser = day, requires = "to")]
    from: Option<Date>,
    /// The last day
    #[arg(long, value_parser = day, requires = "from")]
    to: Option<Date>,
    /// Of this list only: its title, the beginning of it, or its id
    #[arg(long)]
    list: Option<String>,
}

fn month(text: &str) -> Result<Date, String> {
    let first = format!("{text}-01").parse::<Date>();
    first.map_err(|_| format!("`{text}` is no month: write it as 2026-11"))
}

fn day(text: &str) -> Result<Date, String> {
    let day = text.parse::<Date>();
    day.map_err(|_| format!("`{text}` is no day: write it as 2026-11-23"))
}

/// Runs `poo calendar`.
pub(crate) fn calendar(app: &App, args: &CalendarArgs) -> Result<(), Problem> {
    let here = Here::of(&app.moment);
    let (from, to) = match (args.from, args.to) {
        (Some(from), Some(to)) => (from, to),
        _ => {
            let month = args.month.unwrap_or_else(|| here.today());
            (month.first_of_month(), month.last_of_month())
        }
    };
    let home = app.home.open_to_read()?;
    let query = Query::Calendar {
        list: find::list_if(&home.replica, &app.moment, args.list.as_deref())?,
        from,
        to,
        zone: crate::moment::zone(),
    };
    let entries = answer!(home.replica, app.moment, query, Calendar, "calendar")?;
    if app.json {
        return app.print_json(&entries);
    }
    let lists = find::lists(&home.replica, &app.moment, false)?;
    let mut counts: BTreeMap<Date, usize> = BTreeMap::new();
    for entry in entries.items.iter().filter(|entry| !entry.done) {
        *counts.entry(here.place(&entry.due).0).or_default() += 1;
    }
    let mut screen = Screen::default();
    let mut first = from.first_of_month();
    while first <= to {
        grid(&mut screen, first, &counts, &here);
        let Ok(next) = first.checked_add(1.month()) else {
            break;
        };
        first = next;
    }
    agenda(&mut screen, &entries.items, &lists, &here);
    app.show(&screen)
}

/// One month, weeks from Monday; behind a day how much is to be done.
fn grid(screen: &mut Screen, first: Date, counts: &BTreeMap<Date, usize>, here: &Here) {
    let heading = first.strftime("%B %Y").to_string();
    screen.put(Look::Strong, &heading).end();
    let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let names: String = names.iter().map(|name| format!("{name:<CELL$}")).collect();
    screen.put(Look::Dim, names.trim_end()).end();
    // What goes before a cell, so that no line ends in spaces.
    let before = usize::try_from(first.weekday().to_monday_zero_offset()).unwrap_or_default();
    let mut space = before * CELL;
    let mut date = first;
    loop {
        screen.plain(&" ".repeat(space));
        let number = format!("{:>2}", date.day());
        let look = match date == here.today() {
            true => Look::Good,
            false => Look::Plain,
        };
        screen.put(look, &number);
        let count = counts.get(&date).map(|count| format!(" ({count})"));
        let count = count.unwrap_or_default();
        screen.put(Look::Warm, &count);
        space = CELL.saturating_sub(number.len() + count.len());
        let last = date == date.last_of_month();
        if last || date.weekday() == jiff::civil::Weekday::Sunday {
            screen.end();
            space = 0;
        }
        match date.tomorrow() {
            Ok(next) if !last => date = next,
            _ => break,
        }
    }
    screen.end();
}

/// What is due, under its days.
fn agenda(screen: &mut Screen, entries: &[CalendarEntry], lists: &[List], here: &Here) {
    if entries.is_empty() {
        screen.line("Nothing is due in these days.");
    }
    let mut day = None;
    for entry in entries {
        let (date, time) = here.place(&entry.due);
        if day.replace(date) != Some(date) {
            let heading = date.strftime("%a %d %b").to_string();
            screen.put(Look::Strong, &heading);
            if date == here.today() {
                screen.put(Look::Good, "  today");
            }
            screen.end();
        }
        let task = &entry.task;
        screen.put(Look::Dim, &task.short_id).plain("  ");
        let time = time.map(clock).unwrap_or_default();
        screen.put(Look::Dim, &format!("{time:>5}  "));
        let (mark, look) = match entry.done {
            true => ("[x] ", Look::Dim),
            false => ("[ ] ", Look::Plain),
        };
        screen.put(look, mark).put(look, &task.title);
        if let Some(rule) = &task.recurrence {
            screen.put(Look::Dim, &format!("  \u{21bb} {}", rule.describe()));
        }
        if let Some(list) = lists.iter().find(|list| list.id == task.list) {
            screen.put(Look::Dim, &format!("  in {}", list.title));
        }
        screen.end();
    }
}
