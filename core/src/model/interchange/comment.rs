//! What people said about a task.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A comment on a task, read from a text or to be written as one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ImportedComment {
    /// What was said, as Markdown.
    pub text: String,
    /// Who said it: a name as it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When it was said. Written with milliseconds; where a text has only a day, its beginning.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::model::time::milliseconds_or_null"
    )]
    pub created: Option<Timestamp>,
}
