//! Writes todo.txt.

use std::collections::BTreeSet;

use super::escape::{Place, escape};
use crate::model::interchange::export::{ExportList, ExportTask, Names, walk};
use crate::model::{Priority, Status};

/// Writes a list as todo.txt. The format has no place for the list's title.
#[must_use]
pub fn to_todotxt(list: &ExportList) -> String {
    let mut out = String::new();
    let mut names = Names::default();
    let awaited: BTreeSet<&str> = walk(&list.tasks)
        .flat_map(|visit| &visit.task.blocked_by)
        .map(String::as_str)
        .collect();
    // The ids of the tasks above, by depth.
    let mut above: Vec<String> = Vec::new();
    for visit in walk(&list.tasks) {
        let task = visit.task;
        above.truncate(visit.depth);
        let parent = above.last().cloned();
        let id = if task.children.is_empty() && !awaited.contains(task.id.as_str()) {
            String::new()
        } else {
            names.unique(&task.id)
        };
        write_start(&mut out, task);
        write_title(&mut out, &task.title);
        write_fields(&mut out, task);
        if !id.is_empty() {
            push_pair(&mut out, "id", &id);
        }
        if let Some(parent) = parent {
            push_pair(&mut out, "parent", &parent);
        }
        for blocker in &task.blocked_by {
            push_pair(&mut out, "dep", blocker);
        }
        above.push(id);
        out.push('\n');
    }
    out
}

fn write_start(out: &mut String, task: &ExportTask) {
    if task.status == Status::Done {
        out.push_str("x ");
        if let Some(day) = task.completed_day() {
            out.push_str(&format!("{day} "));
            if let Some(day) = task.created_day() {
                out.push_str(&format!("{day} "));
            }
        }
        return;
    }
    if let Some(letter) = letter(task.priority) {
        out.push_str(&format!("({letter}) "));
    }
    if let Some(day) = task.created_day() {
        out.push_str(&format!("{day} "));
    }
}

fn letter(priority: Priority) -> Option<char> {
    match priority {
        Priority::High => Some('A'),
        Priority::Medium => Some('B'),
        Priority::Low => Some('C'),
        Priority::None => None,
    }
}

fn write_title(out: &mut String, title: &str) {
    // Spaces at the ends would be trimmed: they belong to the words there.
    let inner = title.trim_matches(' ');
    let begin = title
        .len()
        .saturating_sub(title.trim_start_matches(' ').len());
    let spaces = inner
        .match_indices(' ')
        .map(|(space, _)| begin.saturating_add(space));
    let mut place = Place::First;
    let mut at = 0;
    for end in spaces.chain([title.len()]) {
        if at > 0 {
            out.push(' ');
        }
        out.push_str(&escape(title.get(at..end).unwrap_or_default(), place));
        place = Place::Title;
        at = end.saturating_add(1);
    }
}

fn write_fields(out: &mut String, task: &ExportTask) {
    for tag in task.unique_tags() {
        out.push_str(" +");
        out.push_str(&escape(tag, Place::Value));
    }
    if let Some(due) = &task.due {
        push_pair(out, "due", &due.to_string());
    }
    if matches!(task.status, Status::InProgress | Status::Blocked) {
        push_pair(out, "status", task.status.as_str());
    }
    if task.status == Status::Done {
        if let Some(letter) = letter(task.priority) {
            push_pair(out, "pri", &letter.to_string());
        }
        if let (Some(day), None) = (task.created_day(), task.completed_day()) {
            push_pair(out, "created", &day.to_string());
        }
    }
    if let Some(rule) = task.some_recurrence() {
        push_pair(out, "rrule", rule);
    }
    for reminder in &task.reminders {
        push_pair(out, "remind", reminder);
    }
    if let Some(name) = task.some_assignee() {
        push_pair(out, "assignee", name);
    }
    if let Some(url) = task.some_url() {
        push_pair(out, "url", url);
    }
    if let Some(notes) = task.some_notes() {
        push_pair(out, "note", notes);
    }
}

fn push_pair(out: &mut String, key: &str, value: &str) {
    out.push(' ');
    out.push_str(key);
    out.push(':');
    out.push_str(&escape(value, Place::Value));
}
