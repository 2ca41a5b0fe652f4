//! Fields as `key:value` words, shared by Markdown and todo.txt.

use core::str::FromStr;

use jiff::civil::Date;

use super::limits::REMINDERS_MAX;
use super::reminder::is_reminder;
use super::task::ImportedTask;
use crate::model::{Due, Priority, Status};

/// The fields that words of a line have set. Each can be set once.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// How far it is.
    pub(super) status: Option<Status>,
    /// How urgent it is.
    pub(super) priority: Option<Priority>,
    /// When it is due.
    pub(super) due: Option<Due>,
    /// When it was made.
    pub(super) created: Option<Date>,
    /// When it was done.
    pub(super) completed: Option<Date>,
    /// A link.
    pub(super) url: Option<String>,
    /// Notes.
    pub(super) notes: Option<String>,
    /// How it repeats.
    pub(super) recurrence: Option<String>,
    /// Whose task it is.
    pub(super) assignee: Option<String>,
    /// When to remind. These can be set more than once.
    pub(super) reminders: Vec<String>,
}

/// Sets a field, or says that it is set already.
pub(super) fn put<T>(slot: &mut Option<T>, value: T) -> Result<(), String> {
    if slot.is_some() {
        return Err("the field is there twice; this one stays in the title".to_owned());
    }
    *slot = Some(value);
    Ok(())
}

/// Reads a value and sets a field with it, or says why not.
pub(super) fn put_parsed<T>(slot: &mut Option<T>, value: &str) -> Result<(), String>
where
    T: FromStr,
    T::Err: core::fmt::Display,
{
    let value = value
        .parse()
        .map_err(|error| format!("it stays in the title: {error}"))?;
    put(slot, value)
}

/// Reads a day and sets a field with it, or says why not.
pub(super) fn put_day(slot: &mut Option<Date>, value: &str) -> Result<(), String> {
    let day = day(value).ok_or_else(|| {
        format!("it stays in the title: {value:?} is no day; write one as 2026-11-23")
    })?;
    put(slot, day)
}

/// Sets a recurrence rule, or says why not.
pub(super) fn put_rule(slot: &mut Option<String>, value: String) -> Result<(), String> {
    if !value.to_ascii_uppercase().contains("FREQ=") {
        return Err(format!(
            "it stays in the title: {value:?} is no rule; write one as FREQ=WEEKLY;INTERVAL=2"
        ));
    }
    put(slot, value)
}

/// Adds a reminder, or says why not.
pub(super) fn put_reminder(reminders: &mut Vec<String>, value: &str) -> Result<(), String> {
    if !is_reminder(value) {
        return Err(format!(
            "it stays in the title: {value:?} is no reminder; write one as 15m, 1h or 1d"
        ));
    }
    if reminders.len() >= REMINDERS_MAX {
        return Err(format!(
            "it stays in the title: a task has at most {REMINDERS_MAX} reminders"
        ));
    }
    reminders.push(value.to_owned());
    Ok(())
}

/// Whether a word looks like a day: `2026-11-23`, be there such a day or not.
pub(super) fn is_day_shaped(word: &str) -> bool {
    word.len() == 10
        && word.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// The day that a word names.
pub(super) fn day(word: &str) -> Option<Date> {
    if !is_day_shaped(word) {
        return None;
    }
    word.parse().ok().filter(|day: &Date| day.year() >= 1)
}

impl Fields {
    /// Gives a task the fields that were set.
    pub(super) fn apply(self, task: &mut ImportedTask) {
        task.status = self.status.unwrap_or(task.status);
        task.priority = self.priority.unwrap_or(task.priority);
        task.due = self.due.or(task.due.take());
        task.created = self.created.or(task.created);
        task.completed = self.completed.or(task.completed);
        task.url = self.url.or(task.url.take());
        task.notes = self.notes.or(task.notes.take());
        task.recurrence = self.recurrence.or(task.recurrence.take());
        task.assignee = self.assignee.or(task.assignee.take());
        task.reminders.extend(self.reminders);
    }
}
