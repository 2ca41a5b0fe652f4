//! Reads iCalendar.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::alarm::Alarm;
use super::definitions::Zones;
use super::draft::Draft;
use super::file::File;
use super::line::{Line, Property, unfold};
use crate::model::interchange::bytes::NOT_UTF8;
use crate::model::interchange::fit::finish;
use crate::model::interchange::forest::Forest;
use crate::model::interchange::lines::visible;
use crate::model::interchange::links::Links;
use crate::model::interchange::task::{Import, ImportError, ImportedTask, check_size};
use crate::model::interchange::warnings::Warnings;

/// Properties of a calendar that say nothing about its tasks.
const OF_CALENDAR: [&str; 9] = [
    "VERSION",
    "PRODID",
    "CALSCALE",
    "METHOD",
    "REFRESH-INTERVAL",
    "SOURCE",
    "COLOR",
    "LAST-MODIFIED",
    "UID",
];

/// Reads an iCalendar file. Times without a zone are in `zone`.
///
/// # Errors
/// [`ImportError::TooLarge`] and [`ImportError::TooManyTasks`].
pub fn import_icalendar(bytes: &[u8], zone: &TimeZone) -> Result<Import, ImportError> {
    check_size(bytes)?;
    let mut reader = Reader {
        file: File {
            zone,
            zones: Zones::read(bytes),
            warnings: Warnings::default(),
            named: BTreeSet::new(),
        },
        forest: Forest::default(),
        links: Links::default(),
        title: None,
        is_in_calendar: false,
        draft: None,
        alarm: None,
        skipped: None,
    };
    for line in unfold(bytes) {
        reader.line(&line)?;
    }
    reader.finish()
}

/// A component whose lines are not read.
struct Skipped {
    name: String,
    is_kept: bool,
}

struct Reader<'a> {
    file: File<'a>,
    forest: Forest,
    links: Links,
    title: Option<String>,
    is_in_calendar: bool,
    draft: Option<Draft>,
    alarm: Option<Alarm>,
    skipped: Option<Skipped>,
}

impl Reader<'_> {
    fn line(&mut self, line: &Line<'_>) -> Result<(), ImportError> {
        let text = line.text.as_ref();
        if text.trim().is_empty() {
            return Ok(());
        }
        if line.is_guess {
            self.file.warnings.add(line.number, text, NOT_UTF8);
        }
        let property = Property::parse(text);
        if let Some(skipped) = &self.skipped {
            let is_kept = skipped.is_kept;
            let ends = property.as_ref().is_some_and(|property| {
                property.name == "END" && property.value.trim().eq_ignore_ascii_case(&skipped.name)
            });
            if ends {
                self.skipped = None;
            }
            if is_kept {
                self.keep(line.number, text, "a component within a task has no field")?;
            }
            return Ok(());
        }
        let Some(property) = property else {
            return self.keep(line.number, text, "this is no line of iCalendar");
        };
        let value = property.value.trim();
        match property.name.as_str() {
            "BEGIN" => self.begin(line.number, value, text),
            "END" => self.end(line.number, value, text),
            _ => self.property(line.number, &property, text),
        }
    }

    /// Keeps a line that means nothing where it stands.
    fn keep(&mut self, line: usize, text: &str, reason: &str) -> Result<(), ImportError> {
        if let Some(draft) = &mut self.draft {
            draft.keep(&mut self.file, line, text, reason);
            return Ok(());
        }
        self.file
            .warnings
            .add(line, text, format!("{reason}; it is a task now"));
        let title = visible(text.trim()).into_owned();
        self.forest.add(
            ImportedTask {
                title,
                line,
                ..ImportedTask::default()
            },
            None,
        )?;
        Ok(())
    }

    fn begin(&mut self, line: usize, name: &str, text: &str) -> Result<(), ImportError> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("VCALENDAR") {
            self.is_in_calendar = true;
            return self.close(line, text);
        }
        if is("VTIMEZONE") {
            self.skipped = Some(Skipped {
                name: name.to_owned(),
                is_kept: false,
            });
            return Ok(());
        }
        let is_task = ["VTODO", "VEVENT", "VJOURNAL"].into_iter().any(is);
        if self.draft.is_some() && is("VALARM") {
            self.close_alarm();
            self.alarm = Some(Alarm::new(line));
            return Ok(());
        }
        if self.draft.is_some() && !is_task {
            self.close_alarm();
            self.keep(line, text, "a component within a task has no field")?;
            self.skipped = Some(Skipped {
                name: name.to_owned(),
                is_kept: true,
            });
            return Ok(());
        }
        self.close(line, text)?;
        self.draft = Some(Draft::new(name, line));
        Ok(())
    }

    fn end(&mut self, line: usize, name: &str, text: &str) -> Result<(), ImportError> {
        if name.eq_ignore_ascii_case("VCALENDAR") && self.is_in_calendar {
            self.is_in_calendar = false;
            return self.close(line, text);
        }
        if self.alarm.is_some() && name.eq_ignore_ascii_case("VALARM") {
            self.close_alarm();
            return Ok(());
        }
        let is_open = self
            .draft
            .as_ref()
            .is_some_and(|draft| draft.kind.eq_ignore_ascii_case(name));
        if is_open {
            return self.close_draft();
        }
        self.keep(line, text, "nothing begins that this ends")
    }

    fn property(
        &mut self,
        line: usize,
        property: &Property<'_>,
        text: &str,
    ) -> Result<(), ImportError> {
        if let Some(alarm) = &mut self.alarm {
            alarm.property(property, text, self.file.zone);
            return Ok(());
        }
        if let Some(draft) = &mut self.draft {
            draft.property(&mut self.file, line, property, text);
            return Ok(());
        }
        let name = property.name.as_str();
        match name {
            "X-WR-CALNAME" | "NAME" => {
                let title = self.file.text(line, property);
                match &self.title {
                    None => self.title = Some(title),
                    Some(other) if *other == title => {}
                    Some(_) => {
                        let reason = "the list has a title already; this one was left out";
                        self.file.warnings.add(line, text, reason);
                    }
                }
            }
            _ if !self.is_in_calendar => {
                return self.keep(line, text, "this is outside of a calendar");
            }
            _ if OF_CALENDAR.contains(&name) || name.starts_with("X-") => {}
            _ => return self.keep(line, text, "this property of the calendar has no field"),
        }
        Ok(())
    }

    fn close_alarm(&mut self) {
        if let Some(alarm) = self.alarm.take()
            && let Some(draft) = &mut self.draft
        {
            draft.alarm(alarm);
        }
    }

    /// Ends what is still open.
    fn close(&mut self, line: usize, text: &str) -> Result<(), ImportError> {
        if self.draft.is_some() {
            let reason = "the component above has no END; it ends here";
            self.file.warnings.add(line, text, reason);
        }
        self.close_draft()
    }

    fn close_draft(&mut self) -> Result<(), ImportError> {
        self.close_alarm();
        let Some(mut draft) = self.draft.take() else {
            return Ok(());
        };
        let task = draft.finish(&mut self.file);
        let place = self.forest.add(task, None)?;
        if let Some(uid) = draft.uid {
            self.links.id(place, uid);
        }
        if let Some(parent) = draft.parent {
            self.links.parent(place, parent);
        }
        for child in draft.children {
            self.links.child(place, child);
        }
        for blocker in draft.blockers {
            self.links.blocker(place, blocker);
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Import, ImportError> {
        if let Some(draft) = &self.draft {
            let (line, text) = (draft.task.line, format!("BEGIN:{}", draft.kind));
            let reason = "this component has no END; it ends with the file";
            self.file.warnings.add(line, &text, reason);
        }
        self.close_draft()?;
        let resolved = self.links.resolve(&mut self.forest);
        let missing = [
            (
                resolved.missing,
                "PARENT",
                "its parent is not there; it is a task of the top level",
            ),
            (
                resolved.missing_children,
                "CHILD",
                "the task below it is not there",
            ),
            (
                resolved.missing_blockers,
                "DEPENDS-ON",
                "the task that it waits for is not there",
            ),
        ];
        for (list, kind, reason) in missing {
            for (place, id) in list {
                if let Some(task) = self.forest.task_mut(place) {
                    let text = format!("RELATED-TO ({kind}): {}", visible(&id));
                    self.file.warnings.add(task.line, &text, reason);
                    task.add_notes(&text);
                }
            }
        }
        let tasks = self.forest.grow(&mut self.file.warnings);
        Ok(finish(self.title, tasks, self.file.warnings))
    }
}
