//! What happened in a list: rows for people to read, derived from signed changes.

use core::fmt;
use core::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::values::words;
use super::{TaskId, ValueError};
use crate::document::DocumentId;
use crate::identity::Did;
use crate::membership::Role;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum ActivityAction {
    /// Something was made.
    Created,
    /// A task was completed, or this time of one that recurs.
    Completed,
    /// This time of a task that recurs was left out.
    Skipped,
    /// A task is to be done again.
    Reopened,
    /// A task was given to somebody, or taken from them.
    Assigned,
    /// Somebody said something about a task.
    Commented,
    /// Fields were changed.
    Edited,
    /// A task got another place.
    Moved,
    /// Something was put away.
    Deleted,
    /// Something was brought back.
    Restored,
    /// Somebody came into the list.
    Joined,
    /// Somebody gave up their access to the list.
    Left,
    /// Somebody's access to the list was taken from them.
    Removed,
    /// Somebody may do more or less in the list.
    RoleChanged,
    /// Something was written into the activity of a list.
    Note,
}

words!(
    ActivityAction,
    "action",
    "created, completed, skipped, reopened, assigned, commented, edited, moved, deleted, \
     restored, joined, left, removed, role_changed, note",
    Created => "created", Completed => "completed", Skipped => "skipped", Reopened => "reopened",
    Assigned => "assigned", Commented => "commented", Edited => "edited", Moved => "moved",
    Deleted => "deleted", Restored => "restored", Joined => "joined",
    Left => "left", Removed => "removed", RoleChanged => "role_changed", Note => "note"
);

/// Where a row of the activity comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum ActivityKind {
    /// Somebody wrote it.
    Note,
    /// It follows from what somebody did.
    Derived,
}

/// A field that was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct FieldEdit {
    /// The field.
    pub field: String,
    /// What it held before, as its author knew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// What it was set to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// What else is to be said of an action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ActivityDetail {
    /// The title that something was created with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The fields that were edited.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldEdit>,
    /// Which time of a task that recurs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurrence: Option<String>,
    /// Who a task was given to, absent where it was taken from somebody; or the member who came,
    /// went or has another role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// What a member may do since they came or their role was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The text of a comment or a note, shortened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Activity {
    /// Names the row: the same on every replica.
    pub id: String,
    /// The list.
    pub list: DocumentId,
    /// When, as its author claims.
    #[serde(serialize_with = "super::time::milliseconds")]
    #[cfg_attr(feature = "schema", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// Whether that claim lies more than ten minutes ahead of the reader's clock.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub ahead: bool,
    /// Who did it: whose signature covers the change, or who said so in a statement.
    pub actor: Option<Did>,
    /// Their name.
    pub actor_name: String,
    /// What was done.
    pub action: ActivityAction,
    /// With which task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// What that task is called now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_title: Option<String>,
    /// With which comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// With which member, by name: the assignee, or who came, went or has another role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_name: Option<String>,
    /// The rest.
    #[serde(flatten)]
    pub detail: ActivityDetail,
}
