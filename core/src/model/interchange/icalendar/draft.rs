//! A component while it is being read.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::alarm::Alarm;
use super::file::File;
use super::line::Property;
use super::text::{exact, unescape, unescape_list};
use super::time::{Length, Stamp, length, stamp};
use super::write::{show_tag, show_url};
use super::{UID_SUFFIX, time};
use crate::model::interchange::bytes::readable;
use crate::model::interchange::comment::ImportedComment;
use crate::model::interchange::percent::decode;
use crate::model::interchange::task::ImportedTask;
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
    /// Whether it is one instance of a recurring one.
    pub(super) is_instance: bool,
    /// Names of properties that can be there once, and were.
    seen: BTreeSet<String>,
    /// What goes to the end of the notes.
    pub(super) left: Vec<String>,
    /// When it begins, and where that stands.
    pub(super) start: Option<(usize, Due, String)>,
    /// How long it takes, and where that stands.
    pub(super) length: Option<(usize, Length, String)>,
    /// What `STATUS` says.
    pub(super) status: Option<Status>,
    /// Whether `X-POO-STATUS` says so.
    pub(super) is_blocked: bool,
    /// How much of it is done.
    pub(super) percent: u8,
    /// Who called for it.
    pub(super) organizer: Option<String>,
    /// Its alarms.
    pub(super) alarms: Vec<Alarm>,
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

    /// Whether it is of a kind.
    pub(super) fn is(&self, kind: &str) -> bool {
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
            "X-POO-AISLE" => self.task.aisle = Some(file.text(line, property)),
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
