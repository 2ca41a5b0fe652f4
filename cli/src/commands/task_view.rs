//! How people see tasks.

use poo_core::identity::Did;
use poo_core::model::{List, Member, Page, Priority, Status, Task};

use crate::screen::{Look, Screen};

/// Deeper than this, tasks are no longer indented further.
const INDENT_DEPTH_MAX: u32 = 20;

/// Tasks under their lists and parents.
pub(super) fn tree(screen: &mut Screen, tasks: &Page<Task>, lists: &[List]) {
    if tasks.items.is_empty() {
        screen.line("Nothing here.");
        return;
    }
    let mut before = None;
    for task in &tasks.items {
        if before != Some(task.list) {
            if before.is_some() {
                screen.end();
            }
            before = Some(task.list);
            let title = lists.iter().find(|list| list.id == task.list);
            let title = title.map_or_else(|| task.list.to_string(), |list| list.title.clone());
            screen.put(Look::Strong, &title).end();
        }
        line(screen, task);
    }
    if let Some(cursor) = &tasks.next_cursor {
        screen
            .end()
            .put(Look::Dim, &format!("There are more: --cursor {cursor}"))
            .end();
    }
}

/// One task on one line.
fn line(screen: &mut Screen, task: &Task) {
    let indent = usize::try_from(task.depth.min(INDENT_DEPTH_MAX)).unwrap_or_default();
    screen.put(Look::Dim, &task.short_id).plain("  ");
    screen.plain(&"  ".repeat(indent));
    let done = task.status == Status::Done;
    let (mark, look) = match task.status {
        Status::Open => ("[ ]", Look::Plain),
        Status::InProgress => ("[~]", Look::Plain),
        Status::Blocked => ("[!]", Look::Warm),
        Status::Done => ("[x]", Look::Good),
    };
    screen.put(look, mark).plain(" ");
    screen.put(if done { Look::Dim } else { Look::Plain }, &task.title);
    match task.priority {
        Priority::None => {}
        Priority::High => {
            screen.plain("  ").put(Look::Warm, "high");
        }
        other => {
            screen.put(Look::Dim, &format!("  {other}"));
        }
    }
    if let Some(due) = &task.due {
        screen.put(Look::Dim, &format!("  due {due}"));
    }
    for tag in &task.tags {
        screen.put(Look::Dim, &format!("  #{tag}"));
    }
    screen.end();
}

/// Everything about one task.
pub(super) fn whole(
    screen: &mut Screen,
    task: &Task,
    list: &List,
    parent: Option<&Task>,
    members: &[Member],
) {
    screen.put(Look::Strong, &task.title).end();
    let mut rows = Vec::new();
    let mut row = |name: &str, value: String| {
        rows.push(vec![(Look::Dim, name.to_owned()), (Look::Plain, value)]);
    };
    row("id", task.id.to_string());
    row("list", list.title.clone());
    match (task.parent, parent) {
        (_, Some(parent)) => row("part of", format!("{} ({})", parent.title, parent.short_id)),
        (Some(id), None) => row("part of", id.short()),
        (None, None) => {}
    }
    row("status", task.status.to_string().replace('_', " "));
    row("priority", task.priority.to_string());
    if let Some(due) = &task.due {
        row("due", due.to_string());
    }
    if !task.tags.is_empty() {
        row("tags", task.tags.join(", "));
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
    screen.table(&rows);
    // A link stands alone on its line, so that it can be clicked and copied.
    if let Some(url) = &task.url {
        screen.end().line(url);
    }
    if !task.notes.trim().is_empty() {
        screen.end().block(&task.notes);
    }
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
pub(super) fn day(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
