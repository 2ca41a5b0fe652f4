//! Reads the CSV of Todoist.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::cells::{Row, Rows};
use super::{date, note};
use crate::model::Priority;
use crate::model::interchange::bytes::{NOT_UTF8, readable, text_of};
use crate::model::interchange::comment::ImportedComment;
use crate::model::interchange::fit::finish;
use crate::model::interchange::forest::Forest;
use crate::model::interchange::lines::visible;
use crate::model::interchange::task::{Import, ImportError, ImportedTask, check_size};
use crate::model::interchange::warnings::Warnings;
use crate::model::interchange::words::{Meaning, fold, words};
use crate::model::interchange::zones::find_zone;

/// The most columns that a header can have.
const COLUMNS_MAX: usize = 100;

/// Columns whose cells need no place of their own in a task.
const LEFT_OUT: [&str; 4] = ["TYPE", "AUTHOR", "DATE_LANG", "DEADLINE_LANG"];

/// Reads the CSV of a Todoist project or template. Times without a `TIMEZONE` are in `zone`.
///
/// # Errors
/// [`ImportError::TooLarge`] and [`ImportError::TooManyTasks`].
pub fn import_todoist_csv(bytes: &[u8], zone: &TimeZone) -> Result<Import, ImportError> {
    check_size(bytes)?;
    let mut reader = Reader {
        zone,
        columns: Vec::new(),
        forest: Forest::default(),
        warnings: Warnings::default(),
        above: Vec::new(),
        last: None,
        section: None,
        named: BTreeSet::new(),
    };
    for (number, (line, row)) in Rows::new(bytes).enumerate() {
        match row {
            Row::Cells(cells) if number == 0 && reader.header(line, &cells) => {}
            Row::Cells(cells) => reader.cells(line, &cells)?,
            Row::Broken(raw) => {
                let raw = reader.text(line, &raw).into_owned();
                let reason = "it cannot be cut into cells (is a quote never closed?); it is a task as it stands";
                reader.plain(line, raw, reason)?;
            }
        }
    }
    reader.close_section();
    let tasks = reader.forest.grow(&mut reader.warnings);
    Ok(finish(None, tasks, reader.warnings))
}

struct Section {
    line: usize,
    name: String,
    is_empty: bool,
}

struct Reader<'a> {
    zone: &'a TimeZone,
    /// The names of the columns; none where the file has no header.
    columns: Vec<String>,
    forest: Forest,
    warnings: Warnings,
    /// The tasks that the next one can stand below, from the top level down.
    above: Vec<usize>,
    /// The task that the next comment is about.
    last: Option<usize>,
    section: Option<Section>,
    /// Columns that were warned of.
    named: BTreeSet<String>,
}

/// The cells of a row that are not empty, by column. They are taken out where they are read.
struct Cells(Vec<(String, String)>);

impl Cells {
    fn take(&mut self, column: &str) -> String {
        self.0
            .iter_mut()
            .find(|(name, _)| name == column)
            .map(|(_, value)| core::mem::take(value))
            .unwrap_or_default()
    }
}

impl Reader<'_> {
    fn text<'b>(&mut self, line: usize, raw: &'b [u8]) -> Cow<'b, str> {
        let (text, is_guess) = text_of(raw);
        if is_guess {
            self.warnings.add(line, &text, NOT_UTF8);
        }
        text
    }

    /// Reads the first row as the header, if it is one.
    fn header(&mut self, line: usize, cells: &[Vec<u8>]) -> bool {
        let names: Vec<String> = cells
            .iter()
            .take(COLUMNS_MAX)
            .map(|cell| text_of(cell).0.trim().to_ascii_uppercase())
            .collect();
        let is_header = names.iter().any(|name| name == "CONTENT");
        if is_header {
            self.columns = names;
        } else {
            let reason = "the header with TYPE, CONTENT and so on is missing; every row is a task as it stands";
            self.warnings.add(line, "", reason);
        }
        is_header
    }

    /// A row that cannot be read as what it was meant becomes a task as it stands.
    fn plain(&mut self, line: usize, title: String, reason: &str) -> Result<(), ImportError> {
        if title.trim().is_empty() {
            return Ok(());
        }
        self.warnings.add(line, &title, reason);
        let title = visible(title.trim()).into_owned();
        let task = ImportedTask {
            title,
            line,
            ..ImportedTask::default()
        };
        let place = self.forest.add(task, None)?;
        self.above = vec![place];
        self.last = Some(place);
        Ok(())
    }

    fn cells(&mut self, line: usize, raw: &[Vec<u8>]) -> Result<(), ImportError> {
        let texts: Vec<String> = raw
            .iter()
            .map(|cell| self.text(line, cell).into_owned())
            .collect();
        if texts.iter().all(|text| text.trim().is_empty()) {
            return Ok(());
        }
        let whole = |texts: &[String]| {
            let filled: Vec<&str> = texts
                .iter()
                .map(|text| text.trim())
                .filter(|text| !text.is_empty())
                .collect();
            filled.join(", ")
        };
        if self.columns.is_empty() {
            let whole = whole(&texts);
            return self.plain(line, whole, "without a header it is a task as it stands");
        }
        let extra = texts.get(self.columns.len()..).unwrap_or_default();
        if extra.iter().any(|text| !text.trim().is_empty()) {
            let reason = "it has more cells than the header; it is a task as it stands";
            return self.plain(line, whole(&texts), reason);
        }
        let kind = self
            .columns
            .iter()
            .position(|column| column == "TYPE")
            .map_or("task", |at| texts.get(at).map_or("", |text| text.trim()));
        let kind = kind.to_ascii_lowercase();
        if !matches!(kind.as_str(), "task" | "note" | "section" | "meta") {
            let reason = "its TYPE is not task, note or section; it is a task as it stands";
            return self.plain(line, whole(&texts), reason);
        }
        let all = whole(&texts);
        let mut cells = Cells(self.columns.iter().cloned().zip(texts).collect());
        match kind.as_str() {
            "task" => self.task(line, cells),
            "note" => self.note(line, cells),
            "section" => {
                self.section(line, cells.take("CONTENT"));
                Ok(())
            }
            _ if cells.take("CONTENT").trim().starts_with("view_style=") => Ok(()),
            _ => self.plain(
                line,
                all,
                "this meta row is not known; it is a task as it stands",
            ),
        }
    }

    fn section(&mut self, line: usize, name: String) {
        self.close_section();
        self.above.clear();
        let name = visible(name.trim()).into_owned();
        self.section = Some(name)
            .filter(|name| !name.is_empty())
            .map(|name| Section {
                line,
                name,
                is_empty: true,
            });
    }

    /// A section is nothing but a tag here, so one without tasks leaves no trace.
    fn close_section(&mut self) {
        if let Some(section) = self.section.take().filter(|section| section.is_empty) {
            let reason = "there is no task in this section; it was left out";
            self.warnings.add(section.line, &section.name, reason);
        }
    }

    fn note(&mut self, line: usize, mut cells: Cells) -> Result<(), ImportError> {
        let raw = cells.take("CONTENT");
        let Some(last) = self.last else {
            return self.plain(
                line,
                raw,
                "there is no task above this comment; it is a task now",
            );
        };
        let at = cells.take("DATE");
        let created = date::timestamp(at.trim());
        let mut text = self.readable(line, &note::text(&raw));
        if created.is_none() && !at.trim().is_empty() {
            let reason = "the date of this comment cannot be read; it is in the comment";
            self.warnings.add(line, &at, reason);
            text = format!("{text}\n\n{}", readable(at.trim()));
        }
        let author = cells.take("AUTHOR");
        let author = Some(visible(note::person(&author)).into_owned()).filter(|a| !a.is_empty());
        if let Some(task) = self.forest.task_mut(last) {
            task.comments.push(ImportedComment {
                text,
                author,
                created,
            });
        }
        Ok(())
    }

    fn readable(&mut self, line: usize, text: &str) -> String {
        let shown = readable(text);
        if shown != text.replace("\r\n", "\n").replace('\r', "\n") {
            let reason = "it has control characters; they are now shown as signs such as ␛";
            self.warnings.add(line, text, reason);
        }
        shown.into_owned()
    }

    fn task(&mut self, line: usize, mut cells: Cells) -> Result<(), ImportError> {
        let mut task = ImportedTask {
            line,
            ..ImportedTask::default()
        };
        let content = cells.take("CONTENT");
        let content = self.readable(line, content.trim());
        let folded = fold(words(&content), |word| match word.text.strip_prefix('@') {
            Some(name) if !name.is_empty() => Meaning::Tag(name.to_owned()),
            _ => Meaning::Title(word.text.to_owned()),
        });
        task.title = if folded.has_title {
            folded.title
        } else {
            content
        };
        let mut tags = folded.tags;
        let description = cells.take("DESCRIPTION");
        task.notes = Some(self.readable(line, &description));
        let responsible = cells.take("RESPONSIBLE");
        task.assignee = Some(visible(note::person(&responsible)).into_owned());
        let priority = cells.take("PRIORITY");
        task.priority = match priority.trim() {
            "1" => Priority::High,
            "2" => Priority::Medium,
            "3" => Priority::Low,
            "4" | "" => Priority::None,
            other => {
                self.left(
                    &mut task,
                    "PRIORITY",
                    other,
                    "a priority is a number from 1 to 4",
                );
                Priority::None
            }
        };
        self.due(&mut task, &mut cells);
        let indent = cells.take("INDENT");
        let depth = match indent.trim() {
            "" => 1,
            text => text
                .parse::<usize>()
                .ok()
                .filter(|depth| *depth > 0)
                .unwrap_or_else(|| {
                    self.left(&mut task, "INDENT", text, "an indent is a number from 1 on");
                    1
                }),
        };
        self.above.truncate(depth.saturating_sub(1));
        if self.above.len() < depth.saturating_sub(1) {
            let reason = "there is no task above it to stand below; it stands higher now";
            self.warnings.add(line, &task.title, reason);
        }
        if self.above.is_empty()
            && let Some(section) = &mut self.section
        {
            section.is_empty = false;
            tags.push(section.name.clone());
        }
        task.set_tags(tags);
        self.rest(&mut task, cells);
        let place = self.forest.add(task, self.above.last().copied())?;
        self.above.push(place);
        self.last = Some(place);
        Ok(())
    }

    fn due(&mut self, task: &mut ImportedTask, cells: &mut Cells) {
        let name = cells.take("TIMEZONE");
        let zone = match name.trim() {
            "" => self.zone.clone(),
            name => find_zone(name).unwrap_or_else(|| {
                let reason = "this time zone is not known; times are in your own";
                self.warnings.add(task.line, name, reason);
                self.zone.clone()
            }),
        };
        let date = cells.take("DATE");
        let date = visible(date.trim());
        task.due = date::due(&date, &zone);
        if task.due.is_none() {
            task.due_text = Some(date.into_owned()).filter(|text| !text.is_empty());
        }
        let deadline = cells.take("DEADLINE");
        let deadline = deadline.trim();
        let taken = date::due(deadline, &zone).filter(|_| task.due_text.is_none());
        match (taken, &task.due) {
            (Some(due), None) => task.due = Some(due),
            (Some(due), Some(other)) if due == *other => {}
            _ if deadline.is_empty() => {}
            _ => self.left(task, "DEADLINE", deadline, "there is one due date only"),
        }
    }

    /// A cell goes to the notes.
    fn left(&mut self, task: &mut ImportedTask, column: &str, value: &str, reason: &str) {
        let value = self.readable(task.line, value);
        self.warnings.add(
            task.line,
            &value,
            format!("{reason}; {column} is in the notes"),
        );
        task.notes = task.notes.take().filter(|notes| !notes.is_empty());
        task.add_notes(&format!("{column}: {value}"));
    }

    /// What is in no field of a task goes to its notes.
    fn rest(&mut self, task: &mut ImportedTask, mut cells: Cells) {
        let duration = cells.take("DURATION");
        if !duration.trim().is_empty() {
            let unit = cells.take("DURATION_UNIT");
            let value = format!("{} {}", duration.trim(), unit.trim());
            self.left(task, "DURATION", value.trim(), "a task has no duration");
        }
        for (column, value) in cells.0 {
            if value.trim().is_empty() || LEFT_OUT.contains(&column.as_str()) {
                continue;
            }
            let value = self.readable(task.line, value.trim());
            if self.named.insert(column.clone()) {
                let reason = "this column is not known; its cells are in the notes";
                self.warnings.add(task.line, &column, reason);
            }
            task.notes = task.notes.take().filter(|notes| !notes.is_empty());
            let column = visible(&column);
            task.add_notes(&format!("{column}: {value}"));
        }
    }
}
