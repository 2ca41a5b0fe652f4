//! A component while it is being read.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::alarm::Alarm;
use super::definitions::Zones;
use super::line::Property;
use super::text::{exact, unescape, unescape_list};
use super::time::{Length, Stamp, length, stamp};
use super::write::{show_tag, show_url};
use super::{UID_SUFFIX, time};
use crate::model::interchange::bytes::readable;
use crate::model::interchange::comment::ImportedComment;
use crate::model::interchange::percent::decode;
use crate::model::interchange::task::ImportedTask;
use crate::model::interchange::warnings::Warnings;
use crate::model::{Due, Priority, Status};

/// What goes to the notes by its name.
const NOTED: [&str; 10] = [
    "LOCATION",
    "CONTACT",
    "GEO",
    "RESOURCES",
    "EXDATE",
    "RDATE",
    "EXRULE",
    "REQUEST-STATUS",
    "CONFERENCE",
    "STRUCTURED-DATA",
];

/// What is about the file rather than the task.
const LEFT_OUT: [&str; 7] = [
    "DTSTAMP",
    "LAST-MODIFIED",
    "SEQUENCE",
    "CLASS",
    "TRANSP",
    "COLOR",
    "ACKNOWLEDGED",
];

/// What holds for all components of a file.
pub(super) struct File<'a> {
    /// The zone of times that have none.
    pub(super) zone: &'a TimeZone,
    /// The zones that the file defines.
    pub(super) zones: Zones,
    /// What to tell.
    pub(super) warnings: Warnings,
    /// Properties that were named as left out.
    pub(super) named: BTreeSet<String>,
}

impl File<'_> {
    /// Says once that a property is left out wherever it stands.
    pub(super) fn left_out(&mut self, name: &str, line: usize, text: &str) {
        if self.named.insert(name.to_owned()) {
            let reason = "this property has no field; it was left out everywhere";
            self.warnings.add(line, text, reason);
        }
    }

    /// The text as it can be seen, with a warning where that is another.
    pub(super) fn shown(&mut self, line: usize, text: &str) -> String {
        let shown = readable(text);
        if shown != text.replace("\r\n", "\n").replace('\r', "\n") {
            let reason = "it has control characters; they are now shown as signs such as ␛";
            self.warnings.add(line, text, reason);
        }
        shown.into_owned()
    }

    /// A value of type TEXT.
    pub(super) fn text(&mut self, line: usize, property: &Property<'_>) -> String {
        let text = unescape(property.value);
        let shown = readable(&text);
        exact(property, &shown, |text| readable(text).into_owned())
            .unwrap_or_else(|| self.shown(line, &text))
    }

    fn stamp(&mut self, line: usize, property: &Property<'_>) -> Option<Due> {
        let name = property.parameter("TZID");
        let at = stamp(property.value);
        let zone = match (name, at) {
            (Some(name), Some(Stamp::Local(_))) => self.zones.find(name).unwrap_or_else(|| {
                let reason = "this time zone is not known; the time is in your own";
                self.warnings.add(line, name, reason);
                self.zone.clone()
            }),
            _ => self.zone.clone(),
        };
        match at {
            Some(at) => at.due(&zone),
            // Some write 2026-11-23.
            None => property.value.trim().parse().ok(),
        }
    }
}

/// A component.
pub(super) struct Draft {
    /// What it is, as it stands.
    pub(super) kind: String,
    /// The task that it becomes.
    pub(super) task: ImportedTask,
    /// Its id.
    pub(super) uid: Option<String>,
    /// The id of the task that it stands below.
    pub(super) parent: Option<String>,
    /// The ids of tasks that stand below it.
    pub(super) children: Vec<String>,
    /// The ids of tasks that it waits for.
    pub(super) blockers: Vec<String>,
    is_instance: bool,
    /// Names of properties that can be there once, and were.
    seen: BTreeSet<String>,
    /// What goes to the end of the notes.
    left: Vec<String>,
    start: Option<(usize, Due, String)>,
    length: Option<(usize, Length, String)>,
    status: Option<Status>,
    is_blocked: bool,
    percent: u8,
    organizer: Option<String>,
    alarms: Vec<Alarm>,
}

impl Draft {
    /// A component that begins on a line.
    pub(super) fn new(kind: &str, line: usize) -> Self {
        Self {
            kind: kind.to_owned(),
            task: ImportedTask {
                line,
                ..ImportedTask::default()
            },
            uid: None,
            parent: None,
            children: Vec::new(),
            blockers: Vec::new(),
            is_instance: false,
            seen: BTreeSet::new(),
            left: Vec::new(),
            start: None,
            length: None,
            status: None,
            is_blocked: false,
            percent: 0,
            organizer: None,
            alarms: Vec::new(),
        }
    }

    fn is(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind)
    }

    /// Keeps a line for the notes.
    pub(super) fn keep(&mut self, file: &mut File<'_>, line: usize, text: &str, reason: &str) {
        file.warnings
            .add(line, text, format!("{reason}; it is in the notes"));
        self.left.push(readable(text).into_owned());
    }

    /// Adds an alarm.
    pub(super) fn alarm(&mut self, alarm: Alarm) {
        if !alarm.is_empty() {
            self.alarms.push(alarm);
        }
    }

    /// Reads a property. `text` is the line that it stands on.
    pub(super) fn property(
        &mut self,
        file: &mut File<'_>,
        line: usize,
        property: &Property<'_>,
        text: &str,
    ) {
        let name = property.name.as_str();
        match name {
            "CATEGORIES" => return self.tags(file, line, property),
            "COMMENT" => return self.comment(file, line, property),
            "RELATED-TO" => return self.relation(file, line, property, text),
            "ATTENDEE" | "ORGANIZER" => return self.person(file, line, property, text),
            "ATTACH" if property.parameter("VALUE").is_none() => {
                return self.keep(file, line, text, "an attachment has no field");
            }
            "ATTACH" => return file.left_out(name, line, text),
            _ if NOTED.contains(&name) => {
                let value = file.text(line, property);
                let text = format!("{name}: {value}");
                return self.keep(file, line, &text, "it has no field");
            }
            _ if LEFT_OUT.contains(&name) => return,
            _ if name.starts_with("X-") && !name.starts_with("X-POO-") => {
                let vendors = [
                    "X-APPLE-",
                    "X-MOZ-",
                    "X-MICROSOFT-",
                    "X-OC-",
                    "X-LIC-",
                    "X-WR-",
                ];
                if !vendors.iter().any(|vendor| name.starts_with(vendor)) {
                    file.left_out(name, line, text);
                }
                return;
            }
            _ => {}
        }
        if !self.seen.insert(property.name.clone()) {
            return self.keep(file, line, text, "this property is there twice");
        }
        if !self.single(file, line, property, text) {
            self.keep(file, line, text, "this cannot be read");
        }
    }

    /// Reads a property that is there once; says whether it could.
    fn single(
        &mut self,
        file: &mut File<'_>,
        line: usize,
        property: &Property<'_>,
        text: &str,
    ) -> bool {
        let value = property.value.trim();
        match property.name.as_str() {
            "SUMMARY" => self.task.title = file.text(line, property),
            "DESCRIPTION" => self.task.notes = Some(file.text(line, property)),
            "URL" => {
                // No other spaces: ours are written as they are.
                let value = property.value.trim_matches([' ', '\t']);
                let exact = exact(property, value, show_url);
                self.task.url = Some(exact.unwrap_or_else(|| file.shown(line, value)));
            }
            "UID" => self.uid = Some(id(property.value)),
            "RECURRENCE-ID" => {
                self.is_instance = true;
                self.keep(
                    file,
                    line,
                    text,
                    "one instance of a recurring task is a task of its own",
                );
            }
            "STATUS" => return self.status(file, line, value),
            "X-POO-STATUS" => {
                self.is_blocked = value == "blocked";
                return self.is_blocked;
            }
            "PERCENT-COMPLETE" => match value.parse() {
                Ok(percent) => self.percent = percent,
                Err(_) => return false,
            },
            "PRIORITY" => {
                self.task.priority = match value.parse::<u8>() {
                    Ok(0) => Priority::None,
                    Ok(1..=4) => Priority::High,
                    Ok(5) => Priority::Medium,
                    Ok(6..=9) => Priority::Low,
                    _ => return false,
                }
            }
            "DUE" => {
                self.task.due = file.stamp(line, property);
                return self.task.due.is_some();
            }
            "DTSTART" => {
                self.start = file
                    .stamp(line, property)
                    .map(|due| (line, due, text.to_owned()));
                return self.start.is_some();
            }
            "DTEND" => self.keep(file, line, text, "the end has no field"),
            "DURATION" => {
                self.length = length(value).map(|length| (line, length, text.to_owned()));
                return self.length.is_some();
            }
            "RRULE" | "X-POO-RRULE" if self.task.recurrence.is_none() && !value.is_empty() => {
                self.task.recurrence = Some(property.value.to_owned());
            }
            "X-POO-REMINDERS" => {
                self.task.reminders = value.split(',').map(str::to_owned).collect();
            }
            "CREATED" => {
                self.task.created = stamp(value).and_then(|at| at.day(&TimeZone::UTC));
                return self.task.created.is_some();
            }
            "COMPLETED" => {
                self.task.completed = completed(property, file.zone);
                return self.task.completed.is_some();
            }
            _ => return false,
        }
        true
    }

    fn status(&mut self, file: &mut File<'_>, line: usize, value: &str) -> bool {
        self.status = Some(match value.to_ascii_uppercase().as_str() {
            "COMPLETED" => Status::Done,
            "IN-PROCESS" => Status::InProgress,
            "NEEDS-ACTION" | "CONFIRMED" | "TENTATIVE" | "DRAFT" | "FINAL" => Status::Open,
            "CANCELLED" => {
                file.warnings
                    .add(line, value, "it was cancelled; it is done now");
                Status::Done
            }
            _ => return false,
        });
        true
    }

    fn tags(&mut self, file: &mut File<'_>, line: usize, property: &Property<'_>) {
        let shown = show_tag(&unescape(property.value));
        if let Some(tag) = exact(property, &shown, show_tag) {
            self.task.tags.push(tag);
            return;
        }
        for tag in unescape_list(property.value) {
            let tag = file.shown(line, tag.trim());
            self.task.tags.push(show_tag(&tag));
        }
    }

    fn comment(&mut self, file: &mut File<'_>, line: usize, property: &Property<'_>) {
        let created = property.parameter("X-POO-CREATED").and_then(decode);
        let author = property.parameter("X-POO-AUTHOR").and_then(decode);
        self.task.comments.push(ImportedComment {
            text: file.text(line, property),
            author,
            created: created.and_then(|at| at.parse().ok()),
        });
    }

    fn relation(&mut self, file: &mut File<'_>, line: usize, property: &Property<'_>, text: &str) {
        let kind = property
            .parameter("RELTYPE")
            .unwrap_or("PARENT")
            .to_ascii_uppercase();
        let id = id(property.value);
        match kind.as_str() {
            _ if id.is_empty() => {}
            "PARENT" if self.parent.is_none() => self.parent = Some(id),
            "CHILD" => self.children.push(id),
            "DEPENDS-ON" => self.blockers.push(id),
            _ => self.keep(file, line, text, "this relation has no field"),
        }
    }

    fn person(&mut self, file: &mut File<'_>, line: usize, property: &Property<'_>, text: &str) {
        let name = property.parameter("CN").map_or("", str::trim);
        let address = property.value.trim();
        let is_mail = address
            .get(..7)
            .is_some_and(|begin| begin.eq_ignore_ascii_case("mailto:"));
        let mail = if is_mail {
            address.get(7..).unwrap_or_default()
        } else {
            ""
        };
        let shown = property.parameter("CN").unwrap_or_default();
        let person =
            exact(property, shown, |text| readable(text).into_owned()).unwrap_or_else(|| {
                // Our own names keep the spaces around them; they go with no address.
                let name = if address == "invalid:nomail" {
                    shown
                } else {
                    name
                };
                file.shown(line, if name.is_empty() { mail } else { name })
            });
        if property.name == "ORGANIZER" {
            self.organizer.get_or_insert(person);
        } else if person.is_empty() || self.task.assignee.is_some() {
            self.keep(file, line, text, "a task has one assignee, with a name");
        } else {
            self.task.assignee = Some(person);
        }
    }

    /// Puts the task together.
    pub(super) fn finish(&mut self, file: &mut File<'_>) -> ImportedTask {
        let line = self.task.line;
        let is_todo = self.is("VTODO");
        if !is_todo {
            let kind = readable(&self.kind).into_owned();
            let reason = format!("{kind} is no to-do; it is a task now");
            file.warnings.add(line, &self.task.title, reason);
            if self.task.title.is_empty() {
                self.task.title = kind;
            }
        }
        if self.is_instance {
            self.uid = None;
        }
        if self.task.assignee.is_none() {
            self.task.assignee = self.organizer.take();
        }
        let is_from_end = self.settle_due(file, is_todo);
        self.settle_alarms(file, is_from_end);
        self.settle_status(file);
        let tags = core::mem::take(&mut self.task.tags);
        self.task.set_tags(tags);
        self.task.notes = self.task.notes.take().filter(|notes| !notes.is_empty());
        for text in core::mem::take(&mut self.left) {
            self.task.add_notes(&text);
        }
        core::mem::take(&mut self.task)
    }

    /// Finds the due date; says whether it is the end rather than the beginning.
    fn settle_due(&mut self, file: &mut File<'_>, is_todo: bool) -> bool {
        let length = self.length.take();
        let Some((line, start, text)) = self.start.clone() else {
            if let Some((line, _, text)) = length {
                self.keep(
                    file,
                    line,
                    &text,
                    "a duration without a beginning has no field",
                );
            }
            return true;
        };
        if let Some(due) = &self.task.due {
            if *due != start {
                self.keep(
                    file,
                    line,
                    &text,
                    "the beginning has no field beside the due date",
                );
            }
            if let Some((line, _, text)) = length {
                self.keep(
                    file,
                    line,
                    &text,
                    "a duration has no field beside the due date",
                );
            }
            return true;
        }
        if let Some((length_line, length, length_text)) = length {
            let end = length.after(&start).filter(|_| is_todo);
            if end.is_some() {
                self.keep(
                    file,
                    line,
                    &text,
                    "the beginning has no field beside the due date",
                );
                self.task.due = end;
                return true;
            }
            self.keep(
                file,
                length_line,
                &length_text,
                "this duration has no field",
            );
        }
        self.task.due = Some(start);
        false
    }

    fn settle_alarms(&mut self, file: &mut File<'_>, is_from_end: bool) {
        let is_same = match &self.start {
            None => true,
            Some((_, start, _)) => self.task.due.as_ref() == Some(start) && is_from_end,
        };
        for alarm in core::mem::take(&mut self.alarms) {
            let due = self.task.due.as_ref();
            match alarm.reminder(due, file.zone, is_from_end, is_same) {
                Some(reminder) => self.task.reminders.push(reminder),
                None => {
                    let reason = "a reminder rings some minutes, hours or days before the due date";
                    self.keep(file, alarm.line, &alarm.trigger, reason);
                }
            }
        }
    }

    fn settle_status(&mut self, file: &mut File<'_>) {
        let completed = self.task.completed.is_some() || self.percent >= 100;
        self.task.status = match self.status {
            Some(Status::Open) if self.is_blocked => Status::Blocked,
            Some(status) => status,
            None if completed => Status::Done,
            None if self.percent > 0 => Status::InProgress,
            None => Status::Open,
        };
        if self.task.status != Status::Done
            && let Some(day) = self.task.completed.take()
        {
            let line = self.task.line;
            self.keep(
                file,
                line,
                &format!("COMPLETED: {day}"),
                "it is not done by its STATUS",
            );
        }
    }
}

/// An id without what ours end with.
fn id(value: &str) -> String {
    let id = readable(&unescape(value)).into_owned();
    id.strip_suffix(UID_SUFFIX).map(str::to_owned).unwrap_or(id)
}

/// The day on which a task was done.
fn completed(property: &Property<'_>, zone: &TimeZone) -> Option<jiff::civil::Date> {
    let value = property.value.trim();
    let own = property.parameter("X-POO-DAY").and_then(stamp);
    if let Some(Stamp::Day(day)) = own
        && value == format!("{}T120000Z", time::write_day(day))
    {
        return Some(day);
    }
    stamp(value)?.day(zone)
}
