//! Writes Markdown.

use super::escape::{escape_tag, escape_title, escape_url, escape_value};
use crate::model::interchange::export::{ExportList, ExportTask, walk};
use crate::model::{Priority, Status};

/// Writes a list as a Markdown task list.
#[must_use]
pub fn to_markdown(list: &ExportList) -> String {
    let mut out = String::new();
    if !list.title.is_empty() {
        out.push_str("# ");
        out.push_str(&escape_title(&list.title, false));
        out.push('\n');
        if !list.tasks.is_empty() {
            out.push('\n');
        }
    }
    for visit in walk(&list.tasks) {
        let indent = "  ".repeat(visit.depth);
        out.push_str(&indent);
        write_item(&mut out, visit.task);
        out.push('\n');
        if let Some(notes) = visit.task.some_notes() {
            write_notes(&mut out, &indent, notes);
        }
    }
    out
}

fn write_item(out: &mut String, task: &ExportTask) {
    out.push_str(if task.status == Status::Done {
        "- [x] "
    } else {
        "- [ ] "
    });
    match task.some_url() {
        Some(url) => {
            out.push('[');
            out.push_str(&escape_title(&task.title, true));
            out.push_str("](");
            out.push_str(&escape_url(url));
            out.push(')');
        }
        None => out.push_str(&escape_title(&task.title, false)),
    }
    if task.priority != Priority::None {
        push_word(out, "!", task.priority.as_str());
    }
    if let Some(due) = &task.due {
        push_word(out, "due:", &due.to_string());
    }
    if matches!(task.status, Status::InProgress | Status::Blocked) {
        push_word(out, "status:", task.status.as_str());
    }
    if let Some(rule) = task.some_recurrence() {
        push_word(out, "rrule:", &escape_value(rule));
    }
    for reminder in &task.reminders {
        push_word(out, "remind:", &escape_value(reminder));
    }
    if let Some(name) = task.some_assignee() {
        push_word(out, "assignee:", &escape_value(name));
    }
    if let Some(day) = task.created_day() {
        push_word(out, "created:", &day.to_string());
    }
    if let Some(day) = task.completed_day() {
        push_word(out, "done:", &day.to_string());
    }
    for tag in task.unique_tags() {
        push_word(out, "#", &escape_tag(tag));
    }
}

fn push_word(out: &mut String, sign: &str, text: &str) {
    out.push(' ');
    out.push_str(sign);
    out.push_str(text);
}

/// Notes are written as a quote: whatever is in them, it is not taken for a part of the list.
fn write_notes(out: &mut String, indent: &str, notes: &str) {
    let notes = notes.replace("\r\n", "\n").replace('\r', "\n");
    for line in notes.split('\n') {
        out.push_str(indent);
        out.push_str(if line.is_empty() { "  >" } else { "  > " });
        out.push_str(line);
        out.push('\n');
    }
}
