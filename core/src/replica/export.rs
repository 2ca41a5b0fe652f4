//! A list as text for other programs.

use std::collections::BTreeSet;

use crate::model::interchange::{
    ExportList, ExportTask, to_icalendar, to_json, to_markdown, to_todotxt,
};
use crate::model::{ExportFormat, List, Task, TaskId};

/// Writes what is not in the trash.
pub(super) fn export(
    list: &List,
    tasks: Vec<Task>,
    trashed: &BTreeSet<TaskId>,
    format: ExportFormat,
) -> String {
    let live = tasks.into_iter().filter(|task| !trashed.contains(&task.id));
    let list = ExportList {
        id: list.id.to_string(),
        title: list.title.clone(),
        tasks: nest_with(live, exported, |task| &mut task.children),
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
    node: impl Fn(Task) -> T,
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

fn exported(task: Task) -> ExportTask {
    ExportTask {
        id: task.id.to_string(),
        title: task.title,
        notes: Some(task.notes).filter(|notes| !notes.is_empty()),
        url: task.url,
        status: task.status,
        priority: task.priority,
        due: task.due,
        tags: task.tags,
        created_at: task.created_at,
        children: Vec::new(),
        ..ExportTask::default()
    }
}
