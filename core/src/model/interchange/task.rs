//! What an import gives.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::comment::ImportedComment;
use super::limits::{INPUT_BYTES_MAX, JSON_DEPTH_MAX, JSON_VALUES_MAX, TASKS_MAX};
use super::look::ListLook;
use crate::model::{Due, NewFile, Priority, Status};

/// A task that was read from a text, with the tasks below it. It keeps the bounds of
/// [`limits`](super), so that it can be added to a list as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImportedTask {
    /// What is to be done.
    pub title: String,
    /// Markdown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// A link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How far it is.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// When it is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// When it is due, in words that the format allows and only a reader of the user's language
    /// understands: `every day`, `tomorrow at 9`. The caller reads it. Never exported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_text: Option<String>,
    /// How it repeats: an RRULE (RFC 5545 section 3.3.10) as text, without `RRULE:`. Its length
    /// and characters are bounded, its meaning is not checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<String>,
    /// When to remind, before it is due: a number and `m` (minutes), `h` or `d`, such as `15m`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reminders: Vec<String>,
    /// Whose task it is: a name as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// What was said about it, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<ImportedComment>,
    /// What other tasks of the same import call it in `blocked_by`; each key is there once. Only
    /// where one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The keys of tasks of the same import that must be done before it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked_by: Vec<String>,
    /// Names of tags without `#`, `+` or `@`, each once, in the order in which they stood.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Where it stands in a shop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aisle: Option<String>,
    /// The files that it carries. Their bytes come apart from the text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<NewFile>,
    /// When it was made, where the text says more than a day.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::model::time::milliseconds_or_null"
    )]
    pub created_at: Option<Timestamp>,
    /// The day on which it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Date>,
    /// The day on which it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed: Option<Date>,
    /// The line that it was read from, counted from 1.
    pub line: usize,
    /// The tasks below it, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<ImportedTask>,
}

impl ImportedTask {
    /// Adds to the notes, as a paragraph of its own.
    pub(super) fn add_notes(&mut self, text: &str) {
        match &mut self.notes {
            None => self.notes = Some(text.to_owned()),
            Some(notes) => {
                notes.push_str("\n\n");
                notes.push_str(text);
            }
        }
    }

    /// Sets the tags, each once.
    pub(super) fn set_tags(&mut self, tags: Vec<String>) {
        let mut seen = BTreeSet::new();
        self.tags = tags
            .into_iter()
            .filter(|tag| !tag.is_empty() && seen.insert(tag.clone()))
            .collect();
    }
}

/// Something in a text that was not taken as it was meant, and how it was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportWarning {
    /// The line, counted from 1.
    pub line: usize,
    /// What stands there, shortened.
    pub text: String,
    /// What is the matter and what became of it.
    pub reason: String,
}

/// A text that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    /// The list's title, where the text has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How the list looks, as far as the text says.
    #[serde(skip_serializing_if = "ListLook::is_plain")]
    pub look: ListLook,
    /// The tasks of the top level, in their order.
    pub tasks: Vec<ImportedTask>,
    /// What to tell whoever imports, by line.
    pub warnings: Vec<ImportWarning>,
}

/// A text cannot be imported at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is too large.
    #[error("the text has {bytes} bytes: split it into parts of at most {INPUT_BYTES_MAX}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It has too many tasks.
    #[error("there are more than {TASKS_MAX} tasks (line {line}): split the text")]
    TooManyTasks {
        /// The line at which there were too many.
        line: usize,
    },
    /// It has more JSON values than any list of [`TASKS_MAX`] tasks needs.
    #[error("there are more than {JSON_VALUES_MAX} JSON values: split the text")]
    TooManyValues,
    /// Its JSON is nested too deeply.
    #[error(
        "line {line}: arrays and objects are nested deeper than {JSON_DEPTH_MAX}: flatten them"
    )]
    TooDeep {
        /// The line at which it is too deep.
        line: usize,
    },
    /// It is no JSON.
    #[error("this is no JSON, or it is damaged: {reason}")]
    NotJson {
        /// What the parser says, with line and column.
        reason: String,
    },
    /// It is JSON, but no list of tasks.
    #[error(
        "this JSON is no list: it must be an object with \"tasks\" (as `export` writes it) or \"items\", or an array of tasks"
    )]
    NotAList,
    /// It was written by a later version, in a form unknown to this one.
    #[error(
        "this export has format version {version}, which is newer than this program: update it"
    )]
    NewerVersion {
        /// Its version.
        version: String,
    },
}

/// Refuses what is too large before anything looks at it.
pub(super) fn check_size(text: impl AsRef<[u8]>) -> Result<(), ImportError> {
    let bytes = text.as_ref().len();
    if bytes > INPUT_BYTES_MAX {
        return Err(ImportError::TooLarge { bytes });
    }
    Ok(())
}
