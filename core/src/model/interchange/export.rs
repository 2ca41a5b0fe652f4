//! What is exported.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::comment::ImportedComment;
use super::look::ListLook;
use crate::model::{Due, NewFile, Priority, Status};

/// A list to be written as text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportList {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// How it looks. Written as JSON.
    #[serde(flatten)]
    pub look: ListLook,
    /// The tasks of the top level, in their order.
    pub tasks: Vec<ExportTask>,
}

/// A task to be written as text, with the tasks below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportTask {
    /// Its id, which is also what `blocked_by` of other tasks names.
    pub id: String,
    /// What is to be done.
    pub title: String,
    /// Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// A link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How far it is.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// When it is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// How it repeats: an RRULE (RFC 5545 section 3.3.10) as text, without `RRULE:`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<String>,
    /// When to remind, before it is due: a number and `m` (minutes), `h` or `d`, such as `15m`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reminders: Vec<String>,
    /// Whose task it is: a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// What was said about it, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<ImportedComment>,
    /// The ids of tasks of the same list that must be done before it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked_by: Vec<String>,
    /// Names of its tags.
    pub tags: Vec<String>,
    /// Where it stands in a shop, if somebody said so. Written as JSON and iCalendar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aisle: Option<String>,
    /// The files that it carries. Written as JSON.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<NewFile>,
    /// When it was made. Markdown and todo.txt keep the day, in UTC.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::model::time::milliseconds_or_null"
    )]
    pub created_at: Option<Timestamp>,
    /// The day on which it was done, as its completer's calendar had it. Written for tasks that
    /// are done only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<Date>,
    /// The tasks below it, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<ExportTask>,
}

impl ExportTask {
    /// The UTC day on which it was made.
    pub(super) fn created_day(&self) -> Option<Date> {
        let day = TimeZone::UTC.to_datetime(self.created_at?).date();
        // Where a year has no four digits it cannot be written as a day.
        (day.year() >= 1).then_some(day)
    }

    /// The day on which it was done, if it is.
    pub(super) fn completed_day(&self) -> Option<Date> {
        self.completed
            .filter(|day| self.status == Status::Done && day.year() >= 1)
    }

    /// Its tags, each once, without empty ones.
    pub(super) fn unique_tags(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        self.tags
            .iter()
            .map(String::as_str)
            .filter(|tag| !tag.is_empty() && seen.insert(*tag))
            .collect()
    }

    /// Its notes, if there are any.
    pub(super) fn some_notes(&self) -> Option<&str> {
        self.notes.as_deref().filter(|notes| !notes.is_empty())
    }

    /// How it repeats, if it does.
    pub(super) fn some_recurrence(&self) -> Option<&str> {
        self.recurrence.as_deref().filter(|rule| !rule.is_empty())
    }

    /// Whose it is, if it is anybody's.
    pub(super) fn some_assignee(&self) -> Option<&str> {
        self.assignee.as_deref().filter(|name| !name.is_empty())
    }

    /// Its link, if there is one.
    pub(super) fn some_url(&self) -> Option<&str> {
        self.url.as_deref().filter(|url| !url.is_empty())
    }
}

/// The names by which a text calls its tasks: made from their ids, each there once.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
    /// The last number that an id was given, so that many equal ids take linear time.
    numbers: BTreeMap<String, usize>,
}

impl Names {
    /// A name for an id that no other task of the text has.
    pub(super) fn unique(&mut self, id: &str) -> String {
        let base = if id.is_empty() { "task" } else { id };
        if self.taken.insert(base.to_owned()) {
            return base.to_owned();
        }
        let number = self.numbers.entry(base.to_owned()).or_insert(1);
        loop {
            *number = number.saturating_add(1);
            let candidate = format!("{base}-{number}");
            if self.taken.insert(candidate.clone()) {
                return candidate;
            }
        }
    }
}

/// A task on the way through a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visit<'a> {
    /// The task.
    pub(super) task: &'a ExportTask,
    /// How many tasks stand above it.
    pub(super) depth: usize,
}

/// Every task of a list, parents before their children, with no recursion.
pub(super) fn walk(tasks: &[ExportTask]) -> impl Iterator<Item = Visit<'_>> {
    let mut ways = vec![tasks.iter()];
    core::iter::from_fn(move || {
        loop {
            match ways.last_mut()?.next() {
                Some(task) => {
                    let depth = ways.len().saturating_sub(1);
                    ways.push(task.children.iter());
                    return Some(Visit { task, depth });
                }
                None => ways.pop(),
            };
        }
    })
}
