//! iCalendar (RFC 5545): the to-dos of Apple Reminders, Tasks.org, Thunderbird, Nextcloud...
//!
//! - A `VTODO` is a task. `SUMMARY`, `DESCRIPTION`, `URL`, `STATUS`, `PRIORITY` (1 to 4 high, 5
//!   medium, 6 to 9 low), `DUE`, `RRULE`, `CATEGORIES` (tags), `CREATED`, `COMPLETED`, `COMMENT`,
//!   `ATTENDEE` or else `ORGANIZER` (the assignee) are fields. Without `DUE`, `DTSTART` (with
//!   `DURATION`) is the due date. `STATUS:CANCELLED` is done, with a warning.
//! - `RELATED-TO` makes subtasks (`RELTYPE=PARENT`, `CHILD`) and tasks that wait for others
//!   (`DEPENDS-ON`, RFC 9253 section 5).
//! - A `VALARM` some time before the due date is a reminder.
//! - A `VEVENT` becomes a task that is due when it begins, any other component one without a due
//!   date; a warning says so. An instance that was moved (`RECURRENCE-ID`) is a task of its own.
//! - A `TZID` is understood as [`find_zone`](super::zones::find_zone) has it, or by the `VTIMEZONE`
//!   that goes with it; times without a zone are in that of the caller.
//! - `X-WR-CALNAME` is the list's title.
//!
//! What has no field goes to the notes as `NAME: value`, and so does what cannot be read; text
//! outside of any component becomes a task. Left out are: `X-` properties, what is about the file
//! rather than the task (`DTSTAMP`, `SEQUENCE`, `CLASS` and so on), `ORGANIZER` beside `ATTENDEE`,
//! `PERCENT-COMPLETE` beside `STATUS`, the sound and text of alarms, and the bytes of attachments.
//!
//! Every field of a task is written. iCalendar text has no control characters: they are shown as
//! signs such as `␛`, and the exact text goes along as a parameter, `X-POO-RAW`, that counts for
//! as long as it fits to the value. `X-POO-STATUS` (blocked), `X-POO-DAY` (the calendar day of
//! `COMPLETED`, which is a moment), `X-POO-AUTHOR` and `X-POO-CREATED` (of a comment), `X-POO-AISLE`, and
//! `X-POO-RRULE` and `X-POO-REMINDERS` (of a task without a due date, where the RFC has no place
//! for them) carry what else has no name. A recurring task has a `DTSTART` equal to its `DUE`, as
//! the RFC wants a `DTSTART` beside `RRULE`; it also wants `DUE` to be later, but every known
//! program writes them equal and reads them so.
//!
//! The lines are cut by hand, not by a library: `calcard` and `icalendar` bring chrono with a clock
//! and a second copy of the zone rules, `ical` is no longer kept, and none of them tells the line
//! of what it could not read. Content lines are a small grammar (section 3.1).

mod alarm;
mod definitions;
mod draft;
mod file;
mod line;
mod read;
mod settle;
mod text;
mod time;
mod vtimezone;
mod write;

#[cfg(test)]
mod samples;

pub use read::import_icalendar;
pub use write::to_icalendar;

/// What a `UID` of ours ends with, behind the task's id.
const UID_SUFFIX: &str = "@poo";

/// The parameter with a text that the value cannot hold exactly.
const RAW: &str = "X-POO-RAW";
