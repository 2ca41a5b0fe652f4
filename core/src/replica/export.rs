//! A list as text for other programs.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::model::interchange::{
    ExportList, ExportTask, ImportedComment, ListLook, to_icalendar, to_json, to_markdown,
    to_todotxt,
};
use crate::model::{Attachment, Comment, ExportFormat, List, NewFile, Status, Task, TaskId};

/// Writes what is not in the trash.
pub(super) fn export(
    list: &List,
    look: ListLook,
    tasks: Vec<Task>,
    trashed: &BTreeSet<TaskId>,
    mut comments: BTreeMap<TaskId, Vec<Comment>>,
    completed: &BTreeMap<TaskId, Date>,
    format: ExportFormat,
) -> String {
    let live = tasks.into_iter().filter(|task| !trashed.contains(&task.id));
    let list = ExportList {
        id: list.id.to_string(),
        title: list.title.clone(),
        look,
        tasks: nest_with(
            live,
            |task| {
                let day = completed.get(&task.id).copied();
                exported(task, &mut comments, day)
            },
            |task| &mut task.children,
        ),
    };
    match format {
        ExportFormat::Json => to_json(&list),
        ExportFormat::Markdown => to_markdown(&list),
        ExportFormat::TodoTxt => to_todotxt(&list),
        ExportFormat::Icalendar => to_icalendar(&list),
    }
}

/// Brings tasks that stand in their order, each with its depth, back into a tree.
pub(super) fn nest_with<T>(
    tasks: impl Iterator<Item = Task>,
    mut node: impl FnMut(Task) -> T,
    children: impl Fn(&mut T) -> &mut Vec<T>,
) -> Vec<T> {
    let mut top = Vec::new();
    // The tasks above the next one, each with its depth.
    let mut open: Vec<(u32, T)> = Vec::new();
    let close = |open: &mut Vec<(u32, T)>, top: &mut Vec<T>, depth: u32| {
        while open.last().is_some_and(|(d, _)| *d >= depth) {
            if let Some((_, task)) = open.pop() {
                match open.last_mut() {
                    Some((_, parent)) => children(parent).push(task),
                    None => top.push(task),
                }
            }
        }
    };
    for task in tasks {
        close(&mut open, &mut top, task.depth);
        open.push((task.depth, node(task)));
    }
    close(&mut open, &mut top, 0);
    top
}

fn exported(
    task: Task,
    comments: &mut BTreeMap<TaskId, Vec<Comment>>,
    completed: Option<Date>,
) -> ExportTask {
    ExportTask {
        id: task.id.to_string(),
        title: task.title,
        notes: Some(task.notes).filter(|notes| !notes.is_empty()),
        url: task.url,
        status: task.status,
        priority: task.priority,
        due: task.due,
        recurrence: task.recurrence.map(|rule| rule.to_string()),
        reminders: task.reminders.iter().map(ToString::to_string).collect(),
        assignee: task.assignee.map(|assignee| assignee.name),
        comments: comments
            .remove(&task.id)
            .unwrap_or_default()
            .into_iter()
            .map(|comment| ImportedComment {
                text: comment.text,
                author: Some(comment.author_name).filter(|name| !name.is_empty()),
                created: comment.created_at,
            })
            .collect(),
        blocked_by: task.blocked_by.iter().map(ToString::to_string).collect(),
        tags: task.tags,
        aisle: task.aisle,
        attachments: task.attachments.into_iter().filter_map(named).collect(),
        created_at: task.created_at,
        completed: completed.filter(|_| task.status == Status::Done),
        children: Vec::new(),
    }
}

/// A file as a task names it.
fn named(file: Attachment) -> Option<NewFile> {
    Some(NewFile {
        hash: file.id.parse().ok()?,
        name: file.name,
        mime: file.mime,
        size: file.size,
    })
}
