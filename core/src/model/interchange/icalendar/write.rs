//! Writes iCalendar.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimePrinter;

use super::UID_SUFFIX;
use super::text::{encode, escape, quote, raw_parameter};
use super::time::{write_day, write_local, write_utc};
use super::vtimezone::{Used, tzid};
use crate::model::interchange::bytes::readable;
use crate::model::interchange::comment::ImportedComment;
use crate::model::interchange::export::{ExportList, ExportTask, Names, Visit, walk};
use crate::model::interchange::lines::visible;
use crate::model::interchange::percent::push_encoded;
use crate::model::interchange::reminder;
use crate::model::{Due, Priority, Status};

/// The most bytes of a line (RFC 5545 section 3.1).
const LINE_BYTES_MAX: usize = 75;
/// Times as parameters have them.
const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// Writes a list as iCalendar. `DTSTAMP` is when a task was made, so that the same list gives the
/// same text.
#[must_use]
pub fn to_icalendar(list: &ExportList) -> String {
    let mut out = Out::default();
    out.line("BEGIN:VCALENDAR");
    out.line("VERSION:2.0");
    out.line("PRODID:-//Poo App//poo//EN");
    if !list.title.is_empty() {
        text(&mut out, "X-WR-CALNAME", "", &list.title);
    }
    let mut used = Used::default();
    let mut names = Names::default();
    let mut uids = Vec::new();
    let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, Visit { task, .. }) in walk(&list.tasks).enumerate() {
        if let Some(due) = &task.due
            && let Some(zone) = due.zone()
        {
            used.add(zone, due.date(), task.some_recurrence().is_some());
        }
        uids.push(names.unique(&readable(&task.id)) + UID_SUFFIX);
        by_id.entry(&task.id).or_insert(place);
    }
    used.write(&mut out);
    // The places of the tasks above, by depth.
    let mut above: Vec<usize> = Vec::new();
    for (place, Visit { task, depth }) in walk(&list.tasks).enumerate() {
        above.truncate(depth);
        let uid_at = |place: usize| uids.get(place).map(String::as_str).unwrap_or_default();
        out.line("BEGIN:VTODO");
        out.line(&format!("UID:{}", escape(uid_at(place))));
        write_task(&mut out, task);
        if let Some(parent) = above.last() {
            let uid = escape(uid_at(*parent));
            out.line(&format!("RELATED-TO;RELTYPE=PARENT:{uid}"));
        }
        for id in &task.blocked_by {
            let uid = match by_id.get(id.as_str()) {
                Some(place) => Cow::Borrowed(uid_at(*place)),
                None => Cow::Owned(format!("{}{UID_SUFFIX}", readable(id))),
            };
            out.line(&format!("RELATED-TO;RELTYPE=DEPENDS-ON:{}", escape(&uid)));
        }
        write_reminders(&mut out, task);
        out.line("END:VTODO");
        above.push(place);
    }
    out.line("END:VCALENDAR");
    out.text
}

/// The text so far.
#[derive(Debug, Default)]
pub(super) struct Out {
    text: String,
}

impl Out {
    /// Adds a line, folded between characters.
    pub(super) fn line(&mut self, content: &str) {
        let mut room = LINE_BYTES_MAX;
        for c in content.chars() {
            if c.len_utf8() > room {
                self.text.push_str("\r\n ");
                room = LINE_BYTES_MAX.saturating_sub(1);
            }
            room = room.saturating_sub(c.len_utf8());
            self.text.push(c);
        }
        self.text.push_str("\r\n");
    }
}

/// Writes a property of type TEXT.
fn text(out: &mut Out, name: &str, parameters: &str, text: &str) {
    let shown = readable(text);
    let raw = raw_parameter(text, &shown);
    out.line(&format!("{name}{parameters}{raw}:{}", escape(&shown)));
}

fn write_task(out: &mut Out, task: &ExportTask) {
    let made = task.created_at.filter(|_| task.created_day().is_some());
    out.line(&format!(
        "DTSTAMP:{}",
        write_utc(made.unwrap_or(Timestamp::UNIX_EPOCH))
    ));
    if let Some(made) = made {
        out.line(&format!("CREATED:{}", write_utc(made)));
    }
    text(out, "SUMMARY", "", &task.title);
    if let Some(notes) = task.some_notes() {
        text(out, "DESCRIPTION", "", notes);
    }
    if let Some(url) = task.some_url() {
        let shown = show_url(url);
        out.line(&format!("URL{}:{shown}", raw_parameter(url, &shown)));
    }
    write_status(out, task);
    match task.priority {
        Priority::High => out.line("PRIORITY:1"),
        Priority::Medium => out.line("PRIORITY:5"),
        Priority::Low => out.line("PRIORITY:9"),
        Priority::None => {}
    }
    if let Some(due) = &task.due {
        let due = write_due(due);
        if task.some_recurrence().is_some() {
            out.line(&format!("DTSTART{due}"));
        }
        out.line(&format!("DUE{due}"));
    }
    if let Some(rule) = task.some_recurrence() {
        let name = if task.due.is_some() {
            "RRULE"
        } else {
            "X-POO-RRULE"
        };
        out.line(&format!("{name}:{}", visible(rule)));
    }
    write_tags(out, task);
    if let Some(aisle) = task.aisle.as_deref().filter(|aisle| !aisle.is_empty()) {
        text(out, "X-POO-AISLE", "", aisle);
    }
    if let Some(name) = task.some_assignee() {
        let shown = readable(name);
        let raw = raw_parameter(name, &shown);
        // The value must be an address; this one says that there is none.
        out.line(&format!(
            "ATTENDEE;CN={}{raw}:invalid:nomail",
            quote(&shown)
        ));
    }
    for comment in &task.comments {
        write_comment(out, comment);
    }
}

/// A link on one line: what a URI cannot have is written as bytes.
pub(super) fn show_url(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        if c.is_control() || c == ' ' {
            push_encoded(&mut out, c);
        } else {
            out.push(c);
        }
    }
    out
}

fn write_status(out: &mut Out, task: &ExportTask) {
    match task.status {
        Status::Open => out.line("STATUS:NEEDS-ACTION"),
        Status::InProgress => out.line("STATUS:IN-PROCESS"),
        Status::Blocked => {
            out.line("STATUS:NEEDS-ACTION");
            out.line("X-POO-STATUS:blocked");
        }
        Status::Done => out.line("STATUS:COMPLETED"),
    }
    if let Some(day) = task.completed_day() {
        let day = write_day(day);
        // Noon in UTC is that day in nearly every zone; the parameter makes it all.
        out.line(&format!("COMPLETED;X-POO-DAY={day}:{day}T120000Z"));
    }
}

/// Parameters and value of a due date.
fn write_due(due: &Due) -> String {
    let (Some(time), Some(zone)) = (due.time(), due.zone()) else {
        return format!(";VALUE=DATE:{}", write_day(due.date()));
    };
    let local = write_local(DateTime::from_parts(due.date(), time));
    match tzid(zone) {
        Some(name) => format!(";TZID={name}:{local}"),
        None => format!(":{local}Z"),
    }
}

/// A tag as others see it.
pub(super) fn show_tag(tag: &str) -> String {
    readable(tag).trim().to_owned()
}

fn write_tags(out: &mut Out, task: &ExportTask) {
    let tags = task.unique_tags();
    let shows = |tag: &&str| show_tag(tag) == **tag;
    if tags.iter().all(shows) {
        if !tags.is_empty() {
            let tags: Vec<String> = tags.into_iter().map(escape).collect();
            out.line(&format!("CATEGORIES:{}", tags.join(",")));
        }
        return;
    }
    for tag in tags {
        let shown = show_tag(tag);
        out.line(&format!(
            "CATEGORIES{}:{}",
            raw_parameter(tag, &shown),
            escape(&shown)
        ));
    }
}

fn write_comment(out: &mut Out, comment: &ImportedComment) {
    if comment.text.is_empty() {
        return;
    }
    let mut parameters = String::new();
    if let Some(author) = comment
        .author
        .as_deref()
        .filter(|author| !author.is_empty())
    {
        parameters.push_str(&format!(";X-POO-AUTHOR={}", encode(author)));
    }
    if let Some(created) = &comment.created {
        let created = encode(&PRINTER.timestamp_to_string(created));
        parameters.push_str(&format!(";X-POO-CREATED={created}"));
    }
    text(out, "COMMENT", &parameters, &comment.text);
}

fn write_reminders(out: &mut Out, task: &ExportTask) {
    let reminders: Vec<(u32, char)> = task
        .reminders
        .iter()
        .filter_map(|text| reminder::parts(text))
        .collect();
    if reminders.is_empty() {
        return;
    }
    if task.due.is_none() {
        // An alarm before the end needs a DUE.
        let all: Vec<String> = reminders
            .iter()
            .map(|(number, unit)| format!("{number}{unit}"))
            .collect();
        out.line(&format!("X-POO-REMINDERS:{}", all.join(",")));
        return;
    }
    for (number, unit) in reminders {
        out.line("BEGIN:VALARM");
        out.line("ACTION:DISPLAY");
        out.line(&format!("DESCRIPTION:{}", escape(&readable(&task.title))));
        let before = match unit {
            'd' => format!("-P{number}D"),
            'h' => format!("-PT{number}H"),
            _ => format!("-PT{number}M"),
        };
        out.line(&format!("TRIGGER;RELATED=END:{before}"));
        out.line("END:VALARM");
    }
}
