//! What somebody did, as a sentence.

use poo_core::membership::Role;
use poo_core::model::{Activity, ActivityAction, List};

use crate::screen::{Look, Screen};
use crate::when::Here;

/// How much of a comment or a note stands on its line.
const TEXT_CHARS_MAX: usize = 100;

/// `Ann completed Milk · in Groceries · 5 min ago`. The list is named where there are several.
pub(crate) fn row(screen: &mut Screen, row: &Activity, lists: &[List], here: &Here) {
    let name = if row.actor_name.is_empty() {
        "Somebody"
    } else {
        &row.actor_name
    };
    screen.put(Look::Strong, name).plain(" ");
    screen.plain(&sentence(row));
    if let Some(list) = lists.iter().find(|list| list.id == row.list) {
        screen.put(Look::Dim, &format!(" · in {}", list.title));
    }
    if row.ahead {
        screen.put(Look::Warm, " · by a clock that is ahead").end();
    } else {
        screen
            .put(Look::Dim, &format!(" · {}", here.ago(row.at)))
            .end();
    }
}

/// What was done, without who did it.
pub(crate) fn sentence(row: &Activity) -> String {
    let title = row.task_title.as_ref().or(row.detail.title.as_ref());
    let what = match (title, row.task, &row.comment) {
        (_, None, Some(_)) => "a note".to_owned(),
        (Some(title), Some(_), None) => title.clone(),
        (Some(title), Some(_), Some(_)) => format!("a comment on {title}"),
        (None, Some(_), _) => "a task".to_owned(),
        (_, None, None) => "the list".to_owned(),
    };
    let text = row.detail.text.as_deref().unwrap_or_default();
    match row.action {
        ActivityAction::Created if row.task.is_none() => {
            format!("made the list {}", title.cloned().unwrap_or_default())
        }
        ActivityAction::Created => format!("added {what}"),
        ActivityAction::Completed => format!("completed {what}"),
        ActivityAction::Skipped => format!("skipped {what} once"),
        ActivityAction::Reopened => format!("reopened {what}"),
        ActivityAction::Assigned => match &row.member_name {
            Some(name) => format!("gave {what} to {name}"),
            None => format!("left {what} to nobody"),
        },
        ActivityAction::Commented => {
            let task = title.map_or("a task", String::as_str);
            format!("commented on {task}: {}", short(text))
        }
        ActivityAction::Edited => edited(row, &what),
        ActivityAction::Moved => format!("moved {what}"),
        ActivityAction::Deleted => format!("deleted {what}"),
        ActivityAction::Restored => format!("restored {what}"),
        ActivityAction::Joined => "joined".to_owned(),
        ActivityAction::Left => "left".to_owned(),
        ActivityAction::Removed => format!("removed {}", member(row)),
        ActivityAction::RoleChanged => {
            let role = row.detail.role.map_or("nothing", with_article);
            if row.detail.assignee == row.actor.map(|did| did.to_string()) {
                format!("is {role} now")
            } else {
                format!("made {} {role}", member(row))
            }
        }
        ActivityAction::Note => format!("noted: {}", short(text)),
    }
}

fn member(row: &Activity) -> &str {
    row.member_name.as_deref().unwrap_or("somebody")
}

fn with_article(role: Role) -> &'static str {
    match role {
        Role::Viewer => "a viewer",
        Role::Editor => "an editor",
        Role::Owner => "an owner",
    }
}

fn edited(row: &Activity, what: &str) -> String {
    match row.detail.fields.as_slice() {
        _ if row.comment.is_some() => format!("changed {what}"),
        [only] if only.field == "title" => match (&only.old, &only.new) {
            (Some(old), Some(new)) if old == new => format!("renamed {what}, and back"),
            (Some(old), Some(new)) => format!("renamed {old} to {new}"),
            _ => format!("renamed {what}"),
        },
        [only] if only.field == "tags" && row.task.is_none() => "changed a tag".to_owned(),
        [only] => match (only.field.as_str(), &only.new) {
            ("priority" | "status" | "due", Some(new)) => {
                let new = new.replace('_', " ");
                format!("set the {} of {what} to {new}", only.field)
            }
            (field, _) => format!("changed the {} of {what}", words(field)),
        },
        fields => {
            let fields: Vec<_> = fields.iter().map(|edit| words(&edit.field)).collect();
            format!("changed {what} ({})", fields.join(", "))
        }
    }
}

fn words(field: &str) -> &str {
    match field {
        "blockedBy" => "blockers",
        "body" => "text",
        other => other,
    }
}

/// The first line of a text, and not all of a long one.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(TEXT_CHARS_MAX).collect();
    if short.len() < text.trim_end().len() {
        short.push('…');
    }
    short
}
