//! What is to be done when, across lists.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, ToSpan as _};
use rusqlite::{Connection, params};

use crate::model::{CalendarEntry, Closed, Due, Page, Series, Task, TaskId};
use crate::replica::QueryError;
use crate::replica::tree::{Finder, Reader};
use crate::store::{DocumentRow, StoreError, parsed};

/// Days that are looked ahead unless told.
const UPCOMING_DAYS: u32 = 7;
/// Days that are looked at, at most.
const DAYS_MAX: u32 = 366;
/// Entries of a calendar at most.
const ENTRIES_MAX: usize = 5_000;

/// Tasks of high priority that are not done: the ones with a due date first.
pub(super) fn focus(
    conn: &Connection,
    documents: &[DocumentRow],
    reader: &Reader,
) -> Result<Page<Task>, QueryError> {
    let mut statement = conn.prepare_cached(
        "SELECT doc, task FROM item INDEXED BY item_urgent
         WHERE priority = 'high' AND done = 0 AND deleted_at IS NULL AND (parent IS NULL OR EXISTS
             (SELECT 1 FROM lifted WHERE lifted.doc = item.doc AND lifted.task = item.task))",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, parsed(row, 1)?)))?;
    collect(conn, documents, reader, rows, |_| true)
}

/// What is due today or overdue.
pub(super) fn today(
    conn: &Connection,
    documents: &[DocumentRow],
    reader: &Reader,
) -> Result<Page<Task>, QueryError> {
    let today = reader.today();
    // A time in another zone can be on another day there.
    due_by(conn, documents, reader, Date::MIN, plus(today, 1), |day| {
        day <= today
    })
}

/// What is due from tomorrow on.
pub(super) fn upcoming(
    conn: &Connection,
    documents: &[DocumentRow],
    reader: &Reader,
    days: Option<u32>,
) -> Result<Page<Task>, QueryError> {
    let days = days.unwrap_or(UPCOMING_DAYS);
    if days == 0 || days > DAYS_MAX {
        return Err(QueryError::Invalid {
            field: "days",
            reason: format!("must be from 1 to {DAYS_MAX}"),
        });
    }
    let today = reader.today();
    let last = plus(today, days);
    due_by(conn, documents, reader, today, plus(last, 1), |day| {
        day > today && day <= last
    })
}

fn plus(date: Date, days: u32) -> Date {
    let span = Span::new().try_days(i64::from(days)).unwrap_or_default();
    date.checked_add(span).unwrap_or(Date::MAX)
}

fn due_by(
    conn: &Connection,
    documents: &[DocumentRow],
    reader: &Reader,
    from: Date,
    to: Date,
    fits: impl Fn(Date) -> bool,
) -> Result<Page<Task>, QueryError> {
    let mut statement = conn.prepare_cached(
        "SELECT doc, task FROM item INDEXED BY item_day
         WHERE day >= ?1 AND day <= ?2 AND done = 0 AND deleted_at IS NULL",
    )?;
    // Years are written with four digits, so the order of texts is that of days.
    let from = from.max(jiff::civil::date(1, 1, 1));
    let rows = statement.query_map(params![from.to_string(), to.to_string()], |row| {
        Ok((row.get(0)?, parsed(row, 1)?))
    })?;
    collect(conn, documents, reader, rows, |task| {
        task.due
            .as_ref()
            .is_some_and(|due| fits(reader.day_of(due)))
    })
}

/// Reads tasks and brings them into the order of an agenda: by day and time, then by urgency.
fn collect(
    conn: &Connection,
    documents: &[DocumentRow],
    reader: &Reader,
    rows: impl Iterator<Item = rusqlite::Result<(i64, TaskId)>>,
    fits: impl Fn(&Task) -> bool,
) -> Result<Page<Task>, QueryError> {
    let mut tasks = Vec::new();
    let mut finder = Finder::new(documents, reader);
    for row in rows {
        let (doc, task) = row?;
        tasks.extend(finder.live(conn, doc, &task)?.filter(&fits));
    }
    tasks.sort_by_cached_key(|task| key(task, reader));
    Ok(tasks.into())
}

fn key(task: &Task, reader: &Reader) -> impl Ord + use<> {
    let due = task.due.as_ref();
    (
        due.is_none(),
        due.map(|due| (reader.day_of(due), due.time())),
        task.priority,
        task.list,
        task.title.clone(),
        task.id,
    )
}

/// What is due in a range of days, each time of a task that recurs for itself.
pub(super) fn calendar(
    conn: &Connection,
    documents: &[DocumentRow],
    reader: &Reader,
    from: Date,
    to: Date,
) -> Result<Page<CalendarEntry>, QueryError> {
    if to < from || plus(from, DAYS_MAX) < to {
        return Err(QueryError::Invalid {
            field: "to",
            reason: format!("must be `from` or up to {DAYS_MAX} days later"),
        });
    }
    let mut entries = Vec::new();
    let mut finder = Finder::new(documents, reader);
    for document in documents {
        let mut statement = conn.prepare_cached(
            "SELECT task, obj, series, last, next, done FROM item
             WHERE doc = ?1 AND deleted_at IS NULL AND next IS NOT NULL OR
                 doc = ?1 AND deleted_at IS NULL AND series IS NOT NULL",
        )?;
        let mut rows = statement.query(params![document.row])?;
        while let Some(row) = rows.next()? {
            let task: TaskId = parsed(row, 0)?;
            let times = match parsed::<Series>(row, 2) {
                Ok(series) => {
                    let closed = closed(conn, row.get(1)?, &series)?;
                    let ended: bool = row.get(5)?;
                    let last: Option<Due> = parsed(row, 3).ok();
                    times(&series, &closed, last.as_ref(), ended, from, to)
                }
                Err(_) => vec![(parsed::<Due>(row, 4)?, row.get::<_, bool>(5)?)],
            };
            let within = |due: &Due| (from..=to).contains(&reader.day_of(due));
            let times: Vec<_> = times.into_iter().filter(|(due, _)| within(due)).collect();
            if times.is_empty() {
                continue;
            }
            let Some(task) = finder.live(conn, document.row, &task)? else {
                continue;
            };
            for (due, done) in times {
                let task = task.clone();
                entries.push(CalendarEntry { due, done, task });
            }
            if entries.len() > ENTRIES_MAX {
                return Err(QueryError::Invalid {
                    field: "to",
                    reason: format!(
                        "there are more than {ENTRIES_MAX} entries: ask for fewer days"
                    ),
                });
            }
        }
    }
    entries.sort_by(|a, b| {
        (
            reader.day_of(&a.due),
            a.due.time(),
            &a.task.title,
            a.task.id,
        )
            .cmp(&(
                reader.day_of(&b.due),
                b.due.time(),
                &b.task.title,
                b.task.id,
            ))
    });
    Ok(entries.into())
}

/// The times of a series in a range: those that were done, and those that are still to come.
fn times(
    series: &Series,
    closed: &BTreeMap<Due, Closed>,
    last: Option<&Due>,
    ended: bool,
    from: Date,
    to: Date,
) -> Vec<(Due, bool)> {
    // A time in another zone can be on another day there.
    let (from, to) = (
        from.checked_sub(1.days()).unwrap_or(from),
        to.checked_add(1.days()).unwrap_or(to),
    );
    series
        .occurrences_between(from, to, ENTRIES_MAX)
        .into_iter()
        .filter_map(|due| match closed.get(&due) {
            Some(Closed::Done(_)) => Some((due, true)),
            Some(Closed::Skipped) => None,
            None => (!ended && last.is_none_or(|last| due > *last)).then_some((due, false)),
        })
        .collect()
}

/// Which times of a series were closed, and how.
fn closed(
    conn: &Connection,
    object: i64,
    series: &Series,
) -> Result<BTreeMap<Due, Closed>, StoreError> {
    crate::store::closed_times(conn, object, &series.id().to_string())
}
