//! Of what somebody is to be reminded, and when.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use rusqlite::{Connection, params};

use crate::model::{Page, Reminder, Reminding, TaskId, remind_at};
use crate::replica::QueryError;
use crate::replica::tree::{Finder, Reader};
use crate::store::{DocumentRow, parsed};

/// How much time is looked at, at most.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// The reminders of open tasks that are to be shown from one moment on and before another.
pub(super) fn due(
    conn: &Connection,
    documents: &[DocumentRow],
    reader: &Reader,
    from: Timestamp,
    to: Timestamp,
) -> Result<Page<Reminding>, QueryError> {
    if to < from || to.duration_since(from) > LONGEST {
        return Err(QueryError::Invalid {
            field: "to",
            reason: "must be `from` or up to 366 days later".to_owned(),
        });
    }
    // A task of these days can have one then; a time in another zone can be on another day there.
    let longest = i64::from(Reminder::MAX.minutes()).minutes();
    let first = TimeZone::UTC.to_datetime(from).date();
    let first = first.checked_sub(2.days()).unwrap_or(first);
    let last = TimeZone::UTC.to_datetime(to).date();
    let last = last.checked_add(longest).unwrap_or(last);
    let last = last.checked_add(2.days()).unwrap_or(last);
    let mut statement = conn.prepare_cached(
        "SELECT doc, task FROM item INDEXED BY item_day
         WHERE day >= ?1 AND day <= ?2 AND done = 0 AND deleted_at IS NULL AND reminders <> '[]'",
    )?;
    let rows = statement.query_map(params![first.to_string(), last.to_string()], |row| {
        Ok((row.get(0)?, parsed::<TaskId>(row, 1)?))
    })?;
    let mut all = Vec::new();
    let mut finder = Finder::new(documents, reader);
    for row in rows {
        let (doc, task) = row?;
        let Some(task) = finder.live(conn, doc, &task)? else {
            continue;
        };
        let Some(due) = &task.due else { continue };
        for reminder in &task.reminders {
            let at = remind_at(due, *reminder, &reader.zone);
            if at >= from && at < to {
                all.push(Reminding {
                    at,
                    reminder: *reminder,
                    task: task.clone(),
                });
            }
        }
    }
    all.sort_by_key(|it| (it.at, it.task.list, it.task.id, it.reminder));
    Ok(all.into())
}
