//! Reads Markdown.

use super::block::{Block, Fence, Mark, indent, is_underline, scan};
use super::escape::unescape;
use super::inline::read_inline;
use super::notes::Notes;
use crate::model::Status;
use crate::model::interchange::fit::finish;
use crate::model::interchange::forest::Forest;
use crate::model::interchange::lines::{Line, lines, visible};
use crate::model::interchange::task::{Import, ImportError, ImportedTask, check_size};
use crate::model::interchange::warnings::Warnings;
use crate::model::interchange::words::trimmed;

/// Reads a Markdown file, its list items and headings as tasks and the text under them as their
/// notes.
///
/// # Errors
/// [`ImportError::TooLarge`] and [`ImportError::TooManyTasks`].
pub fn import_markdown(text: &str) -> Result<Import, ImportError> {
    check_size(text)?;
    let mut reader = Reader::default();
    let mut list = lines(text).peekable();
    while let Some(line) = list.next() {
        let is_title =
            reader.could_be_title(line) && list.peek().is_some_and(|next| is_underline(next.text));
        if is_title {
            list.next();
            reader.heading(1, trimmed(line.text), line)?;
        } else {
            reader.line(line)?;
        }
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    forest: Forest,
    warnings: Warnings,
    /// The items that the next line can stand in, from the outermost.
    items: Vec<OpenItem>,
    /// The headings that the next line stands under, by level.
    headings: Vec<(usize, usize)>,
    /// The paragraph outside of everything that the next line can continue.
    loose: Option<usize>,
    /// Notes that the next line can continue, and whose they are.
    notes: Option<(usize, Notes)>,
    fence: Option<OpenFence>,
    /// Blank lines since the last other one.
    blanks: usize,
    /// Whether anything but blank lines was there.
    has_begun: bool,
    /// The heading of the first line, if it is one of the first level.
    title: Option<String>,
    /// Where the text begins that stands right under it.
    title_text: usize,
    /// How many headings of the first level there are.
    titles: usize,
}

struct OpenItem {
    indent: usize,
    content: usize,
    place: usize,
}

struct OpenFence {
    fence: Fence,
    line: usize,
    /// Where the item's content begins: what stands left of it ends the code.
    content: usize,
}

impl Reader {
    fn line(&mut self, line: Line<'_>) -> Result<(), ImportError> {
        let columns = indent(line.text);
        if let Some(open) = &self.fence {
            let is_blank = trimmed(line.text).is_empty();
            if is_blank || columns >= open.content {
                if open.fence.is_closed_by(line.text) {
                    self.fence = None;
                }
                if let Some((_, notes)) = &mut self.notes {
                    notes.push(line.text);
                }
                return Ok(());
            }
            self.leave_fence();
        }
        match scan(line.text) {
            Block::Blank => {
                self.blanks = self.blanks.saturating_add(1);
                return Ok(());
            }
            Block::Heading { level, text } if !self.is_within_item(columns) => {
                self.heading(level, text, line)?;
            }
            Block::Rule if !self.is_within_item(columns) => {
                self.close_notes();
                self.items.clear();
                self.loose = None;
            }
            Block::Item { mark, width, text } => {
                self.item(mark, text, line.number, columns, width)?;
            }
            Block::Fence(fence) => {
                self.note(line, columns, true)?;
                let content = self.items.last().map_or(0, |item| item.content);
                self.fence = Some(OpenFence {
                    fence,
                    line: line.number,
                    content: if columns >= content { content } else { 0 },
                });
            }
            Block::Text | Block::Heading { .. } | Block::Rule => self.note(line, columns, false)?,
        }
        self.blanks = 0;
        self.has_begun = true;
        Ok(())
    }

    fn is_within_item(&self, columns: usize) -> bool {
        self.items
            .first()
            .is_some_and(|item| columns >= item.content)
    }

    /// Whether a line is text that `===` under it would make a heading.
    fn could_be_title(&self, line: Line<'_>) -> bool {
        let is_outside = self.items.is_empty() || (self.blanks > 0 && indent(line.text) == 0);
        self.fence.is_none()
            && is_outside
            && (self.blanks > 0 || (self.loose.is_none() && self.notes.is_none()))
            && scan(line.text) == Block::Text
    }

    fn heading(&mut self, level: usize, text: &str, line: Line<'_>) -> Result<(), ImportError> {
        self.close_notes();
        self.items.clear();
        self.loose = None;
        while self
            .headings
            .last()
            .is_some_and(|(other, _)| *other >= level)
        {
            self.headings.pop();
        }
        let parent = self.headings.last().map(|(_, place)| *place);
        if level == 1 {
            self.titles = self.titles.saturating_add(1);
            if !self.has_begun {
                self.title = Some(unescape(&visible(text)));
            }
        }
        let task = read_inline(text, line.number, &mut self.warnings).task;
        if !(level == 1 && self.title.is_some() && self.titles == 1) {
            self.warn_heading(line.number, text);
        }
        let place = self.forest.add(task, parent)?;
        self.headings.push((level, place));
        self.blanks = 0;
        self.has_begun = true;
        Ok(())
    }

    fn warn_heading(&mut self, line: usize, text: &str) {
        self.warnings.add(
            line,
            text,
            "a heading is a task now; what follows it stands below it",
        );
    }

    fn item(
        &mut self,
        mark: Mark,
        text: &str,
        line: usize,
        columns: usize,
        width: usize,
    ) -> Result<(), ImportError> {
        self.close_notes();
        self.loose = None;
        while self
            .items
            .last()
            .is_some_and(|item| columns < item.indent.saturating_add(2))
        {
            self.items.pop();
        }
        let heading = self.headings.last().map(|(_, place)| *place);
        let parent = self.items.last().map(|item| item.place).or(heading);
        let mut read = read_inline(text, line, &mut self.warnings);
        let marked = match mark {
            Mark::Open if read.is_struck => Some(Status::Done),
            Mark::Open => None,
            Mark::Done => Some(Status::Done),
            Mark::InProgress => Some(Status::InProgress),
            Mark::Cancelled => {
                self.warnings
                    .add(line, text, "it was cancelled; it is done now");
                Some(Status::Done)
            }
        };
        if let Some(status) = marked {
            if read.has_status && read.task.status != status {
                let reason = format!("it is {status} by its box; its status: word was left out");
                self.warnings.add(line, text, reason);
            }
            read.task.status = status;
        }
        let place = self.forest.add(read.task, parent)?;
        self.items.push(OpenItem {
            indent: columns,
            content: columns.saturating_add(width),
            place,
        });
        Ok(())
    }

    /// Adds a line to the notes of what it stands under.
    fn note(&mut self, line: Line<'_>, columns: usize, is_code: bool) -> Result<(), ImportError> {
        let Some(place) = self.owner(columns, is_code) else {
            return self.paragraph(line, is_code);
        };
        if self.notes.as_ref().is_none_or(|(owner, _)| *owner != place) {
            self.close_notes();
            self.notes = Some((place, Notes::new(columns)));
            self.blanks = 0;
            if place == 0 && self.title_text == 0 {
                self.title_text = line.number;
            }
        }
        if let Some((_, notes)) = &mut self.notes {
            for _ in 0..self.blanks {
                notes.push("");
            }
            notes.push(line.text);
        }
        Ok(())
    }

    /// The task that a line of text belongs to.
    fn owner(&mut self, columns: usize, is_code: bool) -> Option<usize> {
        let around = self.items.iter().rposition(|item| item.indent < columns);
        if let Some(around) = around {
            self.items.truncate(around.saturating_add(1));
        } else if self.blanks > 0 && !is_code {
            self.items.clear();
        }
        if let Some(item) = self.items.last() {
            return Some(item.place);
        }
        if let Some(loose) = self.loose
            && (self.blanks == 0 || is_code)
        {
            return Some(loose);
        }
        self.headings.last().map(|(_, place)| *place)
    }

    /// Text that stands under nothing becomes a task.
    fn paragraph(&mut self, line: Line<'_>, is_code: bool) -> Result<(), ImportError> {
        self.close_notes();
        let title = if is_code {
            "Code".to_owned()
        } else {
            visible(trimmed(line.text)).into_owned()
        };
        self.warnings.add(
            line.number,
            line.text,
            "text outside of a list is a task now",
        );
        let task = ImportedTask {
            title,
            line: line.number,
            ..ImportedTask::default()
        };
        let place = self.forest.add(task, None)?;
        self.loose = Some(place);
        if is_code {
            let mut notes = Notes::new(0);
            notes.push(line.text);
            self.notes = Some((place, notes));
        }
        Ok(())
    }

    fn close_notes(&mut self) {
        if let Some((place, notes)) = self.notes.take()
            && let Some(task) = self.forest.task_mut(place)
        {
            task.add_notes(&notes.finish());
        }
    }

    fn leave_fence(&mut self) {
        if let Some(open) = self.fence.take() {
            self.warnings.add(
                open.line,
                "",
                "this code is never closed; it ends where its item ends",
            );
        }
    }

    fn finish(mut self) -> Result<Import, ImportError> {
        self.leave_fence();
        self.close_notes();
        if self.titles > 1 && self.title.take().is_some() {
            let first = self
                .forest
                .task_mut(0)
                .map(|task| (task.line, task.title.clone()));
            if let Some((line, text)) = first {
                self.warn_heading(line, &text);
            }
        }
        if self.title.is_some() {
            let notes = self.forest.lift(0).and_then(|task| task.notes);
            if let Some(notes) = notes {
                let line = self.title_text;
                let (first, rest) = notes.split_once('\n').unwrap_or((&notes, ""));
                self.warnings
                    .add(line, first, "text outside of a list is a task now");
                let task = ImportedTask {
                    title: visible(trimmed(first)).into_owned(),
                    notes: Some(rest.to_owned()),
                    line,
                    ..ImportedTask::default()
                };
                self.forest.put_back(0, task);
            }
        }
        let tasks = self.forest.grow(&mut self.warnings);
        Ok(finish(self.title, tasks, self.warnings))
    }
}
