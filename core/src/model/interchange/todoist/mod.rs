//! The CSV of Todoist's project export and templates.
//!
//! - A `task` row is a task; `INDENT` puts it below the one above. `@label` in its text is a tag
//!   (at the end it is only that, within it stays readable in the title too); `DESCRIPTION` is its
//!   notes, `RESPONSIBLE` its assignee (without the number behind the name).
//! - `PRIORITY` 1 is the highest here, unlike in Todoist's own API: 1 is high, 2 medium, 3 low,
//!   4 or nothing none.
//! - `DATE` is a due date where it is `2026-12-01` or `2026-12-01 15:00`, in the zone of `TIMEZONE`.
//!   Anything else (`every day`, `Dec 24`) is passed on as `due_text`. A `DEADLINE` is the due date
//!   where `DATE` is empty.
//! - A `note` row is a comment on the task above; a file in it becomes a link.
//! - A `section` row is a tag on the tasks of the top level that follow. Not a task around them: a
//!   section is nothing that can be done, and would stand among what is to be done for ever.
//! - A `meta` row says how the project is shown and is left out.
//!
//! What has no field (`DURATION`, a `DEADLINE` beside a `DATE`, columns that are not known) goes
//! to the notes. A row with too many cells, of an unknown type, or in a file without the header is
//! a task with the row as its title; so is a line with a quote that is never closed. Who made a
//! task (`AUTHOR`) and the language of its date are left out.
//!
//! This format is only read.

mod cells;
mod date;
mod note;
mod read;

#[cfg(test)]
mod samples;

pub use read::import_todoist_csv;
