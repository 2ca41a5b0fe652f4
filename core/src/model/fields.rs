//! The fields that commands take: of something new, and of what changes.

use serde::{Deserialize, Serialize};

use super::{Due, ListView, Priority, Recurrence, Reminder, Sort, Status, TaskId};
use crate::identity::Did;

/// What a new task has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct NewTask {
    /// What is to be done, 1 to 500 characters.
    pub title: String,
    /// Markdown, up to 50,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// A link, up to 2,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How far it is; `open` unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// How urgent it is; `none` unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// When it is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// The task that it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<TaskId>,
    /// Names of tags, each 1 to 50 characters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// How it recurs; it takes a due date to begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<Recurrence>,
    /// How long before it is due to remind of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reminders: Vec<Reminder>,
    /// Who is to do it: a member of the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Did>,
    /// Tasks of the same list that come first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked_by: Vec<TaskId>,
    /// Where it stands in the shop, if not where its name says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aisle: Option<String>,
}

/// The fields to change. `None` leaves a field alone; `Some(None)` (JSON `null`) empties it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TaskPatch {
    /// A new title, 1 to 500 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// New notes. Only the characters that differ are written, so that edits by others survive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// A new link.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub url: Option<Option<String>>,
    /// A new status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// A new priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// A new due date.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub due: Option<Option<Due>>,
    /// Names of tags to add.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_tags: Vec<String>,
    /// Names of tags to take off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_tags: Vec<String>,
    /// How it recurs, from the due date on; `null` ends it, and what is due next stays due.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub recurrence: Option<Option<Recurrence>>,
    /// Reminders to add.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_reminders: Vec<Reminder>,
    /// Reminders to take off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_reminders: Vec<Reminder>,
    /// Who is to do it: a member of the list; `null` takes it from them.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub assignee: Option<Option<Did>>,
    /// Tasks of the same list that come first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_blocked_by: Vec<TaskId>,
    /// Tasks that do not have to come first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_blocked_by: Vec<TaskId>,
    /// Where it stands in the shop; `null` leaves it to its name.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub aisle: Option<Option<String>>,
}

/// How a list looks to all its members. `None` leaves a field alone, `Some(None)` (JSON `null`)
/// empties it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ListPatch {
    /// A picture for it: an emoji, up to 20 characters.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub icon: Option<Option<String>>,
    /// Its colour, up to 32 characters.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub color: Option<Option<String>>,
    /// Whether its tasks stand in one row or by aisles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<ListView>,
}

/// Where a list stands among a person's lists. `None` leaves a field alone, `Some(None)` (JSON
/// `null`) empties it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ListPlace {
    /// Whether it is one of the favourites.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub favorite: Option<bool>,
    /// Whether it is out of the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// The folder that it is in, by its id.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub folder: Option<Option<String>>,
    /// How its tasks are sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
}

/// Tells an absent field from one that is `null`.
pub(super) fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// Where a task goes. Without `before` and `after` it goes on top.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct MovePlace {
    /// The new parent; `null` is the top level; absent keeps the parent.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub parent: Option<Option<TaskId>>,
    /// Right below this sibling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<TaskId>,
    /// Right above this sibling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<TaskId>,
}
