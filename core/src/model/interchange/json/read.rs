//! Reads JSON.

use core::fmt::Display;
use core::str::FromStr;
use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::node::{Node, Object};
use super::{FORMAT, VERSION};
use crate::model::interchange::comment::ImportedComment;
use crate::model::interchange::fields::day;
use crate::model::interchange::fit::finish;
use crate::model::interchange::forest::Forest;
use crate::model::interchange::links::Links;
use crate::model::interchange::look::{ListLook, TagColor};
use crate::model::interchange::task::{Import, ImportError, ImportedTask, check_size};
use crate::model::interchange::warnings::Warnings;
use crate::model::{Aisle, NewFile};

/// Fields that say where a task was, or that follow from others: they mean nothing elsewhere.
const FIELDS_OF_PLACE: [&str; 9] = [
    "shortId",
    "list",
    "depth",
    "order",
    "createdBy",
    "assigneeDid",
    "assignedAt",
    "conflicts",
    "line",
];

/// Fields of a list that say how it looks.
const LOOK: [&str; 5] = ["icon", "color", "view", "tags", "aisles"];

/// Reads a JSON export. A value that cannot be read goes to the notes as `field: value`, and a
/// warning names it; a field that is not known is named by a warning once.
///
/// # Errors
/// [`ImportError`] where the text is too large, no JSON, or no list.
pub fn import_json(text: &str) -> Result<Import, ImportError> {
    check_size(text)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::default();
    let (mut title, mut look) = (None, ListLook::default());
    let tasks = match Node::read(text)? {
        Node::List(tasks) => tasks,
        Node::Object(list) => reader.list(list, &mut title, &mut look)?,
        Node::Null | Node::Plain(_) | Node::Text(_) => return Err(ImportError::NotAList),
    };
    reader.tasks(tasks, None, 1)?;
    let resolved = reader.links.resolve(&mut reader.forest);
    for (place, id) in resolved.missing_blockers {
        if let Some(task) = reader.forest.task_mut(place) {
            let reason = format!("the task {id} that it waits for is not there; see the notes");
            reader.warnings.add(task.line, &task.title, reason);
            task.add_notes(&format!("blockedBy: {id}"));
        }
    }
    for (place, id) in resolved.missing {
        if let Some(task) = reader.forest.task_mut(place) {
            let reason = format!("its parent {id} is not there; it is a task of the top level");
            reader.warnings.add(task.line, &task.title, reason);
        }
    }
    let tasks = reader.forest.grow(&mut reader.warnings);
    Ok(Import {
        look,
        ..finish(title, tasks, reader.warnings)
    })
}

#[derive(Default)]
struct Reader {
    forest: Forest,
    links: Links,
    warnings: Warnings,
    unknown: BTreeSet<String>,
}

impl Reader {
    fn list(
        &mut self,
        list: Object,
        title: &mut Option<String>,
        look: &mut ListLook,
    ) -> Result<Vec<Node>, ImportError> {
        let mut tasks = None;
        for (key, value) in list.fields {
            match (key.as_str(), value) {
                ("tasks" | "items", Node::List(items)) => tasks = Some(items),
                ("title" | "name", Node::Text(text)) => *title = Some(text),
                ("version", value) => {
                    let version = value.describe();
                    if version.parse::<u64>().is_ok_and(|number| number > VERSION) {
                        return Err(ImportError::NewerVersion { version });
                    }
                }
                ("format", value) if value.describe() != FORMAT => {
                    let reason = format!("this is no {FORMAT}; it is read as if it were one");
                    self.warnings.add(list.line, &value.describe(), reason);
                }
                ("id" | "format" | "nextCursor", _) => {}
                (key, value) if LOOK.contains(&key) => {
                    if let Err(reason) = look_at(look, key, &value) {
                        self.warnings.add(
                            list.line,
                            &format!("{key}: {}", value.describe()),
                            reason,
                        );
                    }
                }
                (key, value) => self.unknown_field(key, &value, list.line),
            }
        }
        look.fit(|text, reason| self.warnings.add(list.line, text, reason));
        tasks.ok_or(ImportError::NotAList)
    }

    fn tasks(
        &mut self,
        nodes: Vec<Node>,
        parent: Option<usize>,
        line: usize,
    ) -> Result<(), ImportError> {
        for node in nodes {
            match node {
                Node::Object(object) => self.task(object, parent)?,
                Node::Null => {}
                other => {
                    // A list of titles.
                    let title = other.describe();
                    if !matches!(other, Node::Text(_)) {
                        let reason = "this is no task; it became a title";
                        self.warnings.add(line, &title, reason);
                    }
                    let task = ImportedTask {
                        title,
                        line,
                        ..ImportedTask::default()
                    };
                    self.forest.add(task, parent)?;
                }
            }
        }
        Ok(())
    }

    fn task(&mut self, object: Object, parent: Option<usize>) -> Result<(), ImportError> {
        let line = object.line;
        let place = self.forest.add(
            ImportedTask {
                line,
                ..ImportedTask::default()
            },
            parent,
        )?;
        let mut task = ImportedTask {
            line,
            ..ImportedTask::default()
        };
        let mut children = Vec::new();
        // What could not be read, for the end of the notes.
        let mut left = Vec::new();
        for (key, value) in object.fields {
            match (key.as_str(), value) {
                (_, Node::Null) => {}
                ("title", Node::Text(text)) => task.title = text,
                ("notes", Node::Text(text)) => task.notes = Some(text),
                ("url", Node::Text(text)) => task.url = Some(text),
                ("status", Node::Text(text)) => {
                    keep(text.parse(), &mut task.status, "status", text, &mut left);
                }
                ("priority", Node::Text(text)) => {
                    keep(
                        text.parse(),
                        &mut task.priority,
                        "priority",
                        text,
                        &mut left,
                    );
                }
                ("due", Node::Text(text)) => {
                    keep(parsed(&text), &mut task.due, "due", text, &mut left);
                }
                ("created", Node::Text(text)) => {
                    keep(
                        some_day(&text),
                        &mut task.created,
                        "created",
                        text,
                        &mut left,
                    );
                }
                ("createdAt", Node::Text(text)) => {
                    keep(
                        parsed(&text),
                        &mut task.created_at,
                        "createdAt",
                        text,
                        &mut left,
                    );
                    let day = |at| TimeZone::UTC.to_datetime(at).date();
                    task.created = task.created_at.map(day).or(task.created);
                }
                ("completed", Node::Text(text)) => {
                    keep(
                        some_day(&text),
                        &mut task.completed,
                        "completed",
                        text,
                        &mut left,
                    );
                }
                ("tags", Node::List(tags)) => {
                    task.set_tags(tags.iter().map(Node::describe).collect());
                }
                ("aisle", Node::Text(text)) => task.aisle = Some(text),
                ("recurrence", Node::Text(text)) => task.recurrence = Some(text),
                ("assignee", Node::Text(text)) => task.assignee = Some(text),
                ("reminders", Node::List(list)) => {
                    task.reminders = list.iter().map(Node::describe).collect();
                }
                ("attachments", Node::List(list)) => {
                    for file in list {
                        match attachment(&file) {
                            Some(file) => task.attachments.push(file),
                            None => left.push((
                                "attachments".to_owned(),
                                file.describe(),
                                "a file has `hash`, `name`, `mime` and `size`".to_owned(),
                            )),
                        }
                    }
                }
                ("comments", Node::List(list)) => {
                    self.comments(list, &mut task, &mut left);
                }
                ("blockedBy", Node::List(ids)) => {
                    for id in ids {
                        self.links.blocker(place, id.describe());
                    }
                }
                ("children", Node::List(list)) => children = list,
                ("id", Node::Text(id)) => self.links.id(place, id),
                ("parent", Node::Text(id)) => {
                    if parent.is_none() {
                        self.links.parent(place, id);
                    }
                }
                ("deletedAt", _) => {
                    self.warnings
                        .add(line, &task.title, "it was in the trash; it no longer is");
                }
                (
                    "title" | "notes" | "url" | "status" | "priority" | "due" | "tags"
                    | "recurrence" | "assignee" | "reminders" | "comments" | "blockedBy"
                    | "attachments" | "aisle",
                    value,
                ) => {
                    left.push((key, value.describe(), "it has another type".to_owned()));
                }
                (key, value) => self.unknown_field(key, &value, line),
            }
        }
        for (key, value, error) in left {
            let reason = format!("{key} cannot be read and is in the notes: {error}");
            self.warnings.add(line, &value, reason);
            task.add_notes(&format!("{key}: {value}"));
        }
        if let Some(kept) = self.forest.task_mut(place) {
            *kept = task;
        }
        self.tasks(children, Some(place), line)
    }

    /// Reads comments: objects, or texts alone.
    fn comments(
        &mut self,
        nodes: Vec<Node>,
        task: &mut ImportedTask,
        left: &mut Vec<(String, String, String)>,
    ) {
        for node in nodes {
            let object = match node {
                Node::Object(object) => object,
                Node::Null => continue,
                other => {
                    task.comments.push(ImportedComment {
                        text: other.describe(),
                        ..ImportedComment::default()
                    });
                    continue;
                }
            };
            let mut comment = ImportedComment::default();
            for (key, value) in object.fields {
                match (key.as_str(), value) {
                    (_, Node::Null) => {}
                    ("text", Node::Text(text)) => comment.text = text,
                    ("author", Node::Text(text)) => comment.author = Some(text),
                    ("created", Node::Text(text)) => {
                        let at = parsed(&text);
                        keep(at, &mut comment.created, "created of a comment", text, left);
                    }
                    (key @ ("text" | "author" | "created"), value) => {
                        let key = format!("{key} of a comment");
                        left.push((key, value.describe(), "it has another type".to_owned()));
                    }
                    (key, value) => self.unknown_field(key, &value, object.line),
                }
            }
            task.comments.push(comment);
        }
    }

    fn unknown_field(&mut self, key: &str, value: &Node, line: usize) {
        if FIELDS_OF_PLACE.contains(&key) || !self.unknown.insert(key.to_owned()) {
            return;
        }
        let text = format!("{key}: {}", value.describe());
        self.warnings.add(
            line,
            &text,
            "this field is not known; it was left out everywhere",
        );
    }
}

/// Takes in one field of a list's look.
fn look_at(look: &mut ListLook, key: &str, value: &Node) -> Result<(), &'static str> {
    match (key, value) {
        (_, Node::Null) => {}
        ("icon", Node::Text(text)) => look.icon = Some(text.clone()),
        ("color", Node::Text(text)) => look.color = Some(text.clone()),
        ("view", Node::Text(text)) => {
            look.view = text.parse().map_err(|_| "a layout is `list` or `aisles`")?;
        }
        ("tags", Node::List(tags)) => {
            let tag = |tag: &Node| {
                Some(TagColor {
                    name: tag.text("name")?.to_owned(),
                    color: tag.text("color")?.to_owned(),
                })
            };
            let tags: Option<Vec<_>> = tags.iter().map(tag).collect();
            look.tags = tags.ok_or("each tag has a `name` and a `color`")?;
        }
        ("aisles", Node::List(aisles)) => {
            let aisle = |aisle: &Node| {
                let Some(Node::List(keywords)) = aisle.field("keywords") else {
                    return None;
                };
                Some(Aisle {
                    name: aisle.text("name")?.to_owned(),
                    keywords: keywords.iter().map(Node::describe).collect(),
                })
            };
            let aisles: Option<Vec<_>> = aisles.iter().map(aisle).collect();
            look.aisles = aisles.ok_or("each aisle has a `name` and `keywords`")?;
        }
        _ => return Err("it has another type; it was left out"),
    }
    Ok(())
}

/// A file as a task names it; in what a query answers its hash is called its id.
fn attachment(node: &Node) -> Option<NewFile> {
    let size = match node.field("size")? {
        Node::Plain(number) => number.parse().ok()?,
        _ => return None,
    };
    Some(NewFile {
        hash: node.text("hash").or(node.text("id"))?.parse().ok()?,
        name: node.text("name")?.to_owned(),
        mime: node.text("mime")?.to_owned(),
        size,
    })
}

fn parsed<T>(text: &str) -> Result<Option<T>, T::Err>
where
    T: FromStr,
{
    text.parse().map(Some)
}

fn some_day(text: &str) -> Result<Option<jiff::civil::Date>, &'static str> {
    day(text).map(Some).ok_or("write a day as 2026-11-23")
}

/// Takes a value over, or keeps its text for the notes.
fn keep<T, E: Display>(
    value: Result<T, E>,
    slot: &mut T,
    key: &str,
    text: String,
    left: &mut Vec<(String, String, String)>,
) {
    match value {
        Ok(value) => *slot = value,
        Err(error) => left.push((key.to_owned(), text, error.to_string())),
    }
}
