//! How people see tasks.

use std::collections::BTreeMap;

use poo_core::identity::Did;
use poo_core::model::{List, Member, Page, Priority, Status, Task, TaskId};

use super::show::Whole;
use crate::screen::{Look, Screen, count};
use crate::when::Here;

/// Deeper than this, tasks are no longer indented further.
const INDENT_DEPTH_MAX: usize = 20;

/// Tasks under their lists and parents.
pub(in crate::commands) fn tree(
    screen: &mut Screen,
    tasks: &Page<Task>,
    lists: &[List],
    here: &Here,
) {
    if tasks.items.is_empty() {
        screen.line("Nothing here.");
        return;
    }
    let mut start = 0;
    for part in tasks.items.chunk_by(|a, b| a.list == b.list) {
        if start > 0 {
            screen.end();
        }
        start += part.len();
        let list = part.first().map(|task| task.list);
        let title = lists.iter().find(|of| Some(of.id) == list);
        let title = title.map(|list| list.title.clone());
        let title = title.or(list.map(|list| list.to_string()));
        screen.put(Look::Strong, &title.unwrap_or_default()).end();
        lines(screen, part, here);
    }
    if let Some(cursor) = &tasks.next_cursor {
        screen
            .end()
            .put(Look::Dim, &format!("There are more: --cursor {cursor}"))
            .end();
    }
}

/// Tasks of one list, those under others that are shown indented.
pub(in crate::commands) fn lines(screen: &mut Screen, tasks: &[Task], here: &Here) {
    let done: BTreeMap<TaskId, bool> = tasks.iter().map(|task| (task.id, task.done)).collect();
    let mut depths: BTreeMap<TaskId, usize> = BTreeMap::new();
    for task in tasks {
        // What stands above may have been left out of what is shown.
        let above = task.parent.and_then(|parent| depths.get(&parent));
        let depth = above.map_or(0, |above| above + 1);
        depths.insert(task.id, depth);
        screen.put(Look::Dim, &task.short_id).plain("  ");
        screen.plain(&"  ".repeat(depth.min(INDENT_DEPTH_MAX)));
        title(screen, task);
        let waits = task.blocked_by.iter();
        let waits = waits.filter(|id| !done.get(*id).copied().unwrap_or_default());
        details(screen, task, waits.count(), here);
        screen.end();
    }
}

/// A task on a line of its own, away from its list, which is named.
pub(in crate::commands) fn alone(screen: &mut Screen, task: &Task, lists: &[List], here: &Here) {
    screen.put(Look::Dim, &task.short_id).plain("  ");
    title(screen, task);
    details(screen, task, task.blocked_by.len(), here);
    if let Some(list) = lists.iter().find(|list| list.id == task.list) {
        screen.put(Look::Dim, &format!("  in {}", list.title));
    }
    screen.end();
}

/// The box and what is to be done.
fn title(screen: &mut Screen, task: &Task) {
    let (mark, look) = match task.status {
        _ if task.done => ("[x]", Look::Good),
        Status::Open | Status::Done => ("[ ]", Look::Plain),
        Status::InProgress => ("[~]", Look::Plain),
        Status::Blocked => ("[!]", Look::Warm),
    };
    screen.put(look, mark).plain(" ");
    let look = if task.done { Look::Dim } else { Look::Plain };
    screen.put(look, &task.title);
}

/// What else there is to a task, in a few words.
fn details(screen: &mut Screen, task: &Task, waits: usize, here: &Here) {
    if let Some(due) = &task.due {
        let late = task.overdue && !task.done;
        let look = if late { Look::Warm } else { Look::Dim };
        screen.plain("  ").put(look, &here.due(due));
    }
    if let Some(rule) = &task.recurrence {
        screen.put(Look::Dim, &format!("  \u{21bb} {}", rule.describe()));
    }
    match task.priority {
        Priority::None => {}
        Priority::High => {
            screen.plain("  ").put(Look::Warm, "high");
        }
        other => {
            screen.put(Look::Dim, &format!("  {other}"));
        }
    }
    for tag in &task.tags {
        screen.put(Look::Dim, &format!("  #{tag}"));
    }
    if let Some(assignee) = &task.assignee {
        screen.put(Look::Dim, &format!("  @{}", assignee.name));
        if assignee.left {
            screen.put(Look::Warm, " (left)");
        }
    }
    if let Some(progress) = task.progress {
        let text = format!("  {}/{}", progress.done, progress.total);
        screen.put(Look::Dim, &text);
    }
    if waits > 0 && !task.done {
        screen.put(Look::Warm, &format!("  waits for {waits}"));
    }
    let files = task.attachments.len() as u64;
    if files > 0 {
        screen.put(Look::Dim, &format!("  {}", count(files, "file")));
    }
}

/// Everything about one task.
pub(super) fn whole(
    screen: &mut Screen,
    whole: &Whole,
    list: &List,
    others: &[Task],
    members: &[Member],
    here: &Here,
) {
    let task = &whole.task;
    screen.put(Look::Strong, &task.title).end();
    screen.table(&rows(whole, list, others, members, here));
    // A link stands alone on its line, so that it can be clicked and copied.
    if let Some(url) = &task.url {
        screen.end().line(url);
    }
    if !task.notes.trim().is_empty() {
        screen.end().block(&task.notes);
    }
    if !whole.comments.is_empty() {
        screen.end();
        super::super::comment::lines(screen, &whole.comments, here);
    }
}

fn rows(
    whole: &Whole,
    list: &List,
    others: &[Task],
    members: &[Member],
    here: &Here,
) -> Vec<Vec<(Look, String)>> {
    let task = &whole.task;
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String| {
        rows.push(vec![(Look::Dim, name.to_owned()), (Look::Plain, value)]);
    };
    let other = |id: TaskId| match others.iter().find(|task| task.id == id) {
        Some(task) => format!("{} ({})", task.title, task.short_id),
        None => id.short(),
    };
    row("id", task.id.to_string());
    row("list", list.title.clone());
    if let Some(parent) = task.parent {
        row("part of", other(parent));
    }
    let done = match (task.done, task.status) {
        (true, Status::Done) | (false, _) => "",
        (true, _) => " (done for this time)",
    };
    let status = task.status.to_string().replace('_', " ");
    row("status", format!("{status}{done}"));
    row("priority", task.priority.to_string());
    if let Some(due) = &task.due {
        let (words, exact) = (here.due(due), due.to_string());
        let late = if task.overdue && !task.done {
            ", overdue"
        } else {
            ""
        };
        row(
            "due",
            match words == exact {
                true => format!("{exact}{late}"),
                false => format!("{words}{late} ({exact})"),
            },
        );
    }
    if let Some(rule) = &task.recurrence {
        row("repeats", rule.describe());
        let next: Vec<String> = whole.next.iter().map(|due| here.due(due)).collect();
        if next.len() > 1 {
            row("next", next.join(", "));
        }
    }
    if !task.reminders.is_empty() {
        let reminders = task
            .reminders
            .iter()
            .map(|reminder| match reminder.minutes() {
                0 => "when it is due".to_owned(),
                _ => format!("{reminder} before"),
            });
        row("reminders", reminders.collect::<Vec<_>>().join(", "));
    }
    if let Some(assignee) = &task.assignee {
        let left = if assignee.left {
            " (left the list)"
        } else {
            ""
        };
        row("for", format!("{}{left}", assignee.name));
    }
    for blocker in &task.blocked_by {
        let done = others.iter().any(|task| task.id == *blocker && task.done);
        let done = if done { ", done" } else { "" };
        row("waits for", format!("{}{done}", other(*blocker)));
    }
    if let Some(progress) = task.progress {
        row(
            "below",
            format!("{}/{} done", progress.done, progress.total),
        );
    }
    if let Some(aisle) = &task.aisle {
        row("aisle", aisle.clone());
    }
    if !task.tags.is_empty() {
        row("tags", task.tags.join(", "));
    }
    for file in &task.attachments {
        row("file", format!("{} ({} bytes)", file.name, file.size));
    }
    if let Some(at) = task.created_at {
        let by = task.created_by.as_ref();
        let by = by.map(|did| format!(" by {}", name(did, members)));
        row("made", format!("{}{}", day(at), by.unwrap_or_default()));
    }
    if let Some(at) = task.deleted_at {
        row("deleted", day(at));
    }
    for conflict in &task.conflicts {
        let by = conflict.by.as_ref();
        let by = by.map_or_else(|| "somebody".to_owned(), |did| name(did, members));
        row(
            "also set",
            format!(
                "{}: {} (by {by}, at the same time)",
                conflict.field, conflict.value
            ),
        );
    }
    rows
}

/// A member's name; who is none any more is not named by a DID.
fn name(did: &Did, members: &[Member]) -> String {
    members
        .iter()
        .find(|member| member.did == *did)
        .map_or_else(
            || "a former member".to_owned(),
            |member| member.name.clone(),
        )
}

/// A time as a person needs it.
pub(in crate::commands) fn day(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
