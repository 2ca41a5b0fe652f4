//! Out and in again is the same, for every format.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::export::walk;
use super::strategies::some_list;
use super::*;
use crate::model::Status;

/// What an import of an export must give, but for lines.
pub(super) fn expected(tasks: &[ExportTask], notes_of: fn(&str) -> String) -> Vec<ImportedTask> {
    let awaited: BTreeSet<String> = walk(tasks)
        .flat_map(|visit| visit.task.blocked_by.clone())
        .collect();
    expected_tree(tasks, notes_of, &awaited)
}

pub(super) fn expected_tree(
    tasks: &[ExportTask],
    notes_of: fn(&str) -> String,
    awaited: &BTreeSet<String>,
) -> Vec<ImportedTask> {
    tasks
        .iter()
        .map(|task| ImportedTask {
            title: task.title.clone(),
            notes: task.some_notes().map(notes_of),
            url: task.url.clone(),
            status: task.status,
            priority: task.priority,
            due: task.due.clone(),
            due_text: None,
            recurrence: task.recurrence.clone(),
            reminders: task.reminders.clone(),
            assignee: task.assignee.clone(),
            comments: task.comments.clone(),
            key: Some(task.id.clone()).filter(|id| awaited.contains(id)),
            blocked_by: task.blocked_by.clone(),
            tags: task.unique_tags().into_iter().map(str::to_owned).collect(),
            aisle: task.aisle.clone().filter(|aisle| !aisle.is_empty()),
            attachments: task.attachments.clone(),
            created_at: None,
            created: task.created_day(),
            completed: task.completed_day(),
            line: 0,
            children: expected_tree(&task.children, notes_of, awaited),
        })
        .collect()
}

pub(super) fn without_lines(mut tasks: Vec<ImportedTask>) -> Vec<ImportedTask> {
    for task in &mut tasks {
        task.line = 0;
        // Of JSON alone, which has a test of that.
        task.created_at = None;
        task.children = without_lines(core::mem::take(&mut task.children));
    }
    tasks
}

/// What is left where a format has no place for files.
fn without_files(mut tasks: Vec<ImportedTask>) -> Vec<ImportedTask> {
    for task in &mut tasks {
        task.attachments = Vec::new();
        task.children = without_files(core::mem::take(&mut task.children));
    }
    tasks
}

/// What is left where a format has no place for comments and aisles.
pub(super) fn without_comments(mut tasks: Vec<ImportedTask>) -> Vec<ImportedTask> {
    for task in &mut tasks {
        task.comments.clear();
        task.aisle = None;
        task.attachments = Vec::new();
        task.children = without_comments(core::mem::take(&mut task.children));
    }
    tasks
}

pub(super) fn without_links(mut tasks: Vec<ImportedTask>) -> Vec<ImportedTask> {
    for task in &mut tasks {
        task.key = None;
        task.blocked_by.clear();
        task.children = without_links(core::mem::take(&mut task.children));
    }
    tasks
}

/// What an import gave, to be exported.
pub(super) fn exportable(tasks: &[ImportedTask]) -> Vec<ExportTask> {
    tasks
        .iter()
        .map(|task| ExportTask {
            id: task.key.clone().unwrap_or_else(|| "same".to_owned()),
            title: task.title.clone(),
            notes: task.notes.clone(),
            url: task.url.clone(),
            status: task.status,
            priority: task.priority,
            due: task.due.clone(),
            recurrence: task.recurrence.clone(),
            reminders: task.reminders.clone(),
            assignee: task.assignee.clone(),
            comments: task.comments.clone(),
            blocked_by: task.blocked_by.clone(),
            tags: task.tags.clone(),
            aisle: task.aisle.clone(),
            attachments: task.attachments.clone(),
            created_at: task
                .created
                .and_then(|day| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()),
            completed: task.completed,
            children: exportable(&task.children),
        })
        .collect()
}

pub(super) fn as_is(notes: &str) -> String {
    notes.to_owned()
}

pub(super) fn with_line_feeds(notes: &str) -> String {
    notes.replace("\r\n", "\n").replace('\r', "\n")
}

pub(super) fn import_ics(text: &str) -> Result<Import, ImportError> {
    import_icalendar(text.as_bytes(), &zone())
}

pub(super) fn import_csv(text: &str) -> Result<Import, ImportError> {
    import_todoist_csv(text.as_bytes(), &zone())
}

pub(super) fn zone() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(13))
}

proptest! {
    #[test]
    fn json_is_read_back(list in some_list()) {
        let written = to_json(&list);
        let import = import_json(&written).unwrap();
        prop_assert_eq!(import.title.as_ref(), Some(&list.title));
        prop_assert_eq!(&import.look, &list.look);
        let completed = import.tasks;
        prop_assert_eq!(strip_undone(without_lines(completed)), expected(&list.tasks, as_is));
        prop_assert_eq!(import.warnings, []);
    }

    #[test]
    fn markdown_is_read_back(list in some_list()) {
        let written = to_markdown(&list);
        let import = import_markdown(&written).unwrap();
        prop_assert_eq!(import.title.as_ref(), Some(&list.title), "{}", written);
        prop_assert_eq!(
            without_lines(import.tasks),
            without_links(without_comments(expected(&list.tasks, with_line_feeds))),
            "{}", written
        );
        prop_assert_eq!(import.warnings, [], "{}", written);
    }

    #[test]
    fn todotxt_is_read_back(list in some_list()) {
        let written = to_todotxt(&list);
        let import = import_todotxt(&written).unwrap();
        prop_assert_eq!(
            without_lines(import.tasks),
            without_comments(expected(&list.tasks, as_is)),
            "{}", written
        );
    }

    #[test]
    fn icalendar_is_read_back(list in some_list()) {
        let written = to_icalendar(&list);
        let import = import_ics(&written).unwrap();
        prop_assert_eq!(import.title.as_ref(), Some(&list.title), "{}", written);
        prop_assert_eq!(
            without_lines(import.tasks),
            without_files(expected(&list.tasks, as_is)),
            "{}", written
        );
        prop_assert_eq!(import.warnings, [], "{}", written);
        prop_assert!(written.split_inclusive("\r\n").all(|line| line.len() <= 77));
    }
}

/// JSON keeps a day of completion whatever the status; the other formats have no place for it.
fn strip_undone(mut tasks: Vec<ImportedTask>) -> Vec<ImportedTask> {
    for task in &mut tasks {
        task.completed = task.completed.filter(|_| task.status == Status::Done);
        task.children = strip_undone(core::mem::take(&mut task.children));
    }
    tasks
}
