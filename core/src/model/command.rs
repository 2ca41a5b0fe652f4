//! Every command: what a person or an agent may do.

use serde::{Deserialize, Serialize};

use super::{Due, ImportedTask, Priority, Status, TaskId};
use crate::document::DocumentId;
use crate::identity::Did;
use crate::membership::Role;

/// Something to do. Every command works offline; sharing, linking and revoking take effect for
/// others when this replica has synced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Command {
    /// Makes a list. Outcome: [`Outcome::List`].
    CreateList {
        /// Its title, 1 to 200 characters.
        title: String,
    },
    /// Gives a list another title.
    RenameList {
        /// The list.
        list: DocumentId,
        /// The new title, 1 to 200 characters.
        title: String,
    },
    /// Puts a list away for everybody; its content stays and [`Command::RestoreList`] brings
    /// it back.
    DeleteList {
        /// The list.
        list: DocumentId,
    },
    /// Brings a deleted list back.
    RestoreList {
        /// The list.
        list: DocumentId,
    },
    /// Makes a task, on top of its siblings. Outcome: [`Outcome::Task`].
    CreateTask {
        /// The list that it goes to.
        list: DocumentId,
        /// What it says and has.
        #[serde(flatten)]
        task: NewTask,
    },
    /// Changes fields of a task; what is not named stays untouched.
    EditTask {
        /// The list.
        list: DocumentId,
        /// The task.
        task: TaskId,
        /// The fields.
        #[serde(flatten)]
        patch: TaskPatch,
    },
    /// Marks a task as done.
    CompleteTask {
        /// The list.
        list: DocumentId,
        /// The task.
        task: TaskId,
    },
    /// Marks a task as open again.
    ReopenTask {
        /// The list.
        list: DocumentId,
        /// The task.
        task: TaskId,
    },
    /// Moves a task under another parent or to another place among its siblings.
    MoveTask {
        /// The list.
        list: DocumentId,
        /// The task.
        task: TaskId,
        /// Where to.
        #[serde(flatten)]
        place: MovePlace,
    },
    /// Puts a task, with its subtasks, into the trash.
    DeleteTask {
        /// The list.
        list: DocumentId,
        /// The task.
        task: TaskId,
    },
    /// Takes a task out of the trash.
    RestoreTask {
        /// The list.
        list: DocumentId,
        /// The task.
        task: TaskId,
    },
    /// Adds many tasks at once, below those that are there, in their given order.
    /// Outcome: [`Outcome::Tasks`].
    ImportTasks {
        /// The list.
        list: DocumentId,
        /// What to add.
        tasks: Vec<ImportedTask>,
    },
    /// Sets how this identity is shown to others.
    SetProfile {
        /// The name, 1 to 100 characters.
        name: String,
        /// The colour of the avatar, up to 32 characters; it stays where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        color: Option<String>,
    },
    /// Makes a single-use invite to a list. Outcome: [`Outcome::Invite`].
    Share {
        /// The list.
        list: DocumentId,
        /// What the joiner will be allowed to do.
        role: Role,
        /// For how long the invite is good, in seconds; 7 days unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_in_s: Option<u32>,
    },
    /// Takes a member's access to a list away. What they wrote so far stays.
    RevokeMember {
        /// The list.
        list: DocumentId,
        /// Who.
        member: Did,
    },
    /// Ends a device of this identity. What it wrote so far stays.
    RevokeDevice {
        /// The device's id, as [`Query::Devices`](super::Query::Devices) lists it.
        device: String,
    },
    /// Prepares a link for another device of the same person. Outcome: [`Outcome::DeviceLink`].
    LinkDevice,
    /// Gives up one's own access to a list. What one wrote stays, and a copy is kept here. The
    /// only owner passes the list on first.
    LeaveList {
        /// The list.
        list: DocumentId,
    },
    /// Makes a member the owner of a list in one's own place, and oneself an editor.
    TransferOwnership {
        /// The list.
        list: DocumentId,
        /// Who shall own it.
        to: Did,
    },
    /// Gives a member another role. What they wrote so far stays.
    ChangeRole {
        /// The list.
        list: DocumentId,
        /// Who.
        member: Did,
        /// What they may do from now on.
        role: Role,
    },
    /// Takes back an invite that nobody used yet, or a public link with the access of all who
    /// joined by it.
    RevokeInvite {
        /// The list.
        list: DocumentId,
        /// The invite's id or the beginning of it, as [`Query::Invites`](super::Query::Invites)
        /// lists it.
        invite: String,
    },
    /// Makes a public link: whoever has it may read the list. A list has one, and asking again
    /// gives the same. Outcome: [`Outcome::Invite`].
    Publish {
        /// The list.
        list: DocumentId,
    },
    /// Ends a list's public link, and the access of those who joined by it.
    Unpublish {
        /// The list.
        list: DocumentId,
    },
}

/// What a new task has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
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
}

/// The fields to change. `None` leaves a field alone; `Some(None)` (JSON `null`) empties it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
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
}

/// Tells an absent field from one that is `null`.
fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// Where a task goes. Without `before` and `after` it goes on top.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
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

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Outcome {
    /// A list was made.
    List {
        /// Its id.
        list: DocumentId,
    },
    /// A task was made.
    Task {
        /// Its list.
        list: DocumentId,
        /// Its id.
        task: TaskId,
    },
    /// Tasks were made.
    Tasks {
        /// Their list.
        list: DocumentId,
        /// Their ids, parents before children.
        tasks: Vec<TaskId>,
    },
    /// An invite was made. Whoever has the link can use it, once.
    Invite {
        /// The list.
        list: DocumentId,
        /// The link.
        link: String,
        /// When it ends.
        #[serde(serialize_with = "super::time::milliseconds")]
        expires_at: jiff::Timestamp,
    },
    /// A link for another device was made. Whoever has it can ask to become a device of this
    /// identity while it is good.
    DeviceLink {
        /// The link.
        link: String,
        /// When it ends.
        #[serde(serialize_with = "super::time::milliseconds")]
        expires_at: jiff::Timestamp,
    },
    /// It is done; `changed` is false where everything was as asked already.
    Done {
        /// Whether anything was written.
        changed: bool,
    },
}
