//! What one change did to one subject, and the rows that say so.

use std::collections::BTreeMap;

use crate::document::{self, Scalar};
use crate::model::{ActivityAction as Action, ActivityDetail as Detail, FieldEdit};

/// Values are cut to so many characters: a feed shows what changed, not all of it.
pub(super) const VALUE_CHARS_MAX: usize = 200;

/// An entry of a top-level map that a change touched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Subject {
    pub(super) map: String,
    pub(super) key: String,
}

/// What a change did to one subject.
#[derive(Debug, Default)]
pub(super) struct Deeds {
    /// The subject's map.
    pub(super) object: Option<i64>,
    pub(super) created: bool,
    pub(super) completed: Option<Option<String>>,
    pub(super) day: Option<String>,
    pub(super) skipped: Option<String>,
    pub(super) reopened: bool,
    pub(super) assigned: Option<Option<String>>,
    pub(super) deleted: bool,
    pub(super) restored: bool,
    pub(super) reordered: bool,
    pub(super) moved: bool,
    pub(super) fields: BTreeMap<String, FieldEdit>,
    /// Fields of what is created, where a row shows them.
    pub(super) title: Option<String>,
    pub(super) text: String,
    pub(super) task: Option<String>,
}

#[derive(PartialEq)]
pub(super) struct Row {
    pub(super) action: Action,
    pub(super) task: Option<String>,
    pub(super) comment: Option<String>,
    pub(super) day: Option<String>,
    pub(super) detail: Detail,
}

fn shown(value: &Scalar) -> Option<String> {
    let text = match value {
        Scalar::Str(text) => text.clone(),
        Scalar::Bool(true) => return None,
        other => other.as_i64()?.to_string(),
    };
    Some(text.chars().take(VALUE_CHARS_MAX).collect())
}

impl Deeds {
    pub(super) fn edit(&mut self, field: &str, old: Option<String>, new: Option<String>) {
        let entry = self
            .fields
            .entry(field.to_owned())
            .or_insert_with(|| FieldEdit {
                field: field.to_owned(),
                old: None,
                new: None,
            });
        entry.old = entry.old.take().or(old);
        entry.new = entry.new.take().or(new);
    }

    pub(super) fn note(&mut self, key: &str, action: &document::Action, old: Option<Scalar>) {
        let new = match action {
            document::Action::Put(value) => Some(value),
            _ => None,
        };
        let words = |value: Option<&Scalar>| value.and_then(shown);
        let is_done = |value: Option<&Scalar>| value.and_then(Scalar::as_str) == Some("done");
        match key {
            "status" if is_done(new) && !is_done(old.as_ref()) => {
                self.completed.get_or_insert(None);
            }
            "status" if is_done(old.as_ref()) && !is_done(new) => self.reopened = true,
            "status" => self.edit("status", words(old.as_ref()), words(new)),
            "assigneeDid" => self.assigned = Some(words(new)),
            "assignedAt" | "createdAt" | "editedAt" => {}
            "deletedAt" if new.is_some() => self.deleted = true,
            "deletedAt" => self.restored = true,
            "order" => self.reordered = true,
            "parent" => self.moved = true,
            "title" | "name" => {
                self.title = words(new);
                self.edit("title", words(old.as_ref()), words(new));
            }
            "body" => self.edit("body", None, None),
            "task" => self.task = words(new),
            "series" => self.edit("recurrence", recurrence(old.as_ref()), recurrence(new)),
            _ => self.note_member(key, new, old.as_ref()),
        }
    }

    /// A member of a set that is kept as flat keys, or a plain field.
    pub(super) fn note_member(&mut self, key: &str, new: Option<&Scalar>, old: Option<&Scalar>) {
        let words = |value: Option<&Scalar>| value.and_then(shown);
        let Some((set, member)) = key.split_once('/') else {
            return self.edit(key, words(old), words(new));
        };
        let field = match set {
            "done" => {
                let occurrence = member.split_once('/').map(|(_, at)| at.to_owned());
                match new.and_then(Scalar::as_str) {
                    Some("skip") => self.skipped = occurrence,
                    Some(day) => {
                        self.completed = Some(occurrence);
                        self.day = Some(day.to_owned());
                    }
                    None => self.reopened = true,
                }
                return;
            }
            "tag" => "tags",
            "remind" => "reminders",
            "blockedBy" => "blockedBy",
            "attachment" => "attachments",
            "aisle" => "aisles",
            _ => set,
        };
        let member = member.chars().take(VALUE_CHARS_MAX).collect::<String>();
        match new {
            Some(_) => self.edit(field, None, Some(member)),
            None => self.edit(field, Some(member), None),
        }
    }

    pub(super) fn rows(self, subject: &Subject, out: &mut Vec<Row>) {
        let text = Some(self.text.chars().take(VALUE_CHARS_MAX).collect::<String>());
        match subject.map.as_str() {
            "items" => self.task_rows(&subject.key, out),
            "comments" => {
                let is_note = self.created && self.task.is_none();
                let action = match (self.created, self.deleted, self.restored) {
                    (true, _, _) if is_note => Action::Note,
                    (true, _, _) => Action::Commented,
                    (_, true, _) => Action::Deleted,
                    (_, _, true) => Action::Restored,
                    _ => Action::Edited,
                };
                let detail = Detail {
                    text: text.filter(|text| self.created && !text.is_empty()),
                    ..Detail::default()
                };
                out.push(Row {
                    action,
                    task: self.task,
                    comment: Some(subject.key.clone()),
                    day: None,
                    detail,
                });
            }
            "meta" => self.list_rows(out),
            // A tag that is made with the task that first has it is no action of its own.
            "tags" if !self.created || out.is_empty() => {
                let edit = FieldEdit {
                    field: "tags".to_owned(),
                    old: None,
                    new: self.title,
                };
                let row = Row::of_list(Action::Edited, vec![edit]);
                // Several tags of one name are one to people.
                if out.last() != Some(&row) {
                    out.push(row);
                }
            }
            _ => {}
        }
    }

    pub(super) fn task_rows(self, task: &str, out: &mut Vec<Row>) {
        let row = |action, day, detail| Row {
            action,
            task: Some(task.to_owned()),
            comment: None,
            day,
            detail,
        };
        if self.created {
            let detail = Detail {
                title: self.title,
                ..Detail::default()
            };
            out.push(row(Action::Created, None, detail));
            return;
        }
        // Both at once: it only changed how it is written that the task is done.
        match (self.completed, self.reopened) {
            (Some(occurrence), false) => {
                let detail = Detail {
                    occurrence,
                    ..Detail::default()
                };
                out.push(row(Action::Completed, self.day, detail));
            }
            (None, true) => out.push(row(Action::Reopened, None, Detail::default())),
            _ => {}
        }
        if let Some(occurrence) = self.skipped {
            let detail = Detail {
                occurrence: Some(occurrence),
                ..Detail::default()
            };
            out.push(row(Action::Skipped, None, detail));
        }
        if let Some(assignee) = self.assigned {
            let detail = Detail {
                assignee,
                ..Detail::default()
            };
            out.push(row(Action::Assigned, None, detail));
        }
        if self.moved {
            out.push(row(Action::Moved, None, Detail::default()));
        }
        if self.deleted {
            out.push(row(Action::Deleted, None, Detail::default()));
        }
        if self.restored {
            out.push(row(Action::Restored, None, Detail::default()));
        }
        if !self.fields.is_empty() {
            let detail = Detail {
                fields: self.fields.into_values().collect(),
                ..Detail::default()
            };
            out.push(row(Action::Edited, None, detail));
        }
    }

    pub(super) fn list_rows(self, out: &mut Vec<Row>) {
        // A list is created by the change that says when.
        let title = self.fields.get("title");
        let created = title.is_some_and(|title| title.old.is_none()) && !self.deleted;
        if created {
            let detail = Detail {
                title: self.title,
                ..Detail::default()
            };
            out.push(Row {
                detail,
                ..Row::of_list(Action::Created, Vec::new())
            });
            return;
        }
        if self.deleted {
            out.push(Row::of_list(Action::Deleted, Vec::new()));
        }
        if self.restored {
            out.push(Row::of_list(Action::Restored, Vec::new()));
        }
        if !self.fields.is_empty() {
            let fields = self.fields.into_values().collect();
            out.push(Row::of_list(Action::Edited, fields));
        }
    }
}

impl Row {
    pub(super) fn of_list(action: Action, fields: Vec<FieldEdit>) -> Self {
        Self {
            action,
            task: None,
            comment: None,
            day: None,
            detail: Detail {
                fields,
                ..Detail::default()
            },
        }
    }
}

/// The rule of a series, as people know it; its id and start say nothing to them.
fn recurrence(series: Option<&Scalar>) -> Option<String> {
    let text = series?.as_str()?;
    let series: crate::model::Series = text.parse().ok()?;
    Some(series.rule().to_string())
}
