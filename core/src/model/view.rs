//! What queries answer with.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Due, ListView, Priority, Recurrence, Reminder, Sort, Status, TaskId};
use crate::document::DocumentId;
use crate::identity::Did;
use crate::membership::Role;

/// Who a replica acts for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The identity.
    pub did: Did,
    /// How others see it.
    pub name: String,
    /// This device's id.
    pub device: String,
    /// Whether the identity secret rests on this device.
    pub holds_identity: bool,
    /// The colour of the avatar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// Whether this is an agent.
    pub is_agent: bool,
    /// What the agent runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_platform: Option<String>,
    /// Who connected the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_by: Option<Did>,
    /// The relay that this replica syncs with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relay: Option<String>,
}

/// A list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct List {
    /// Its id.
    pub id: DocumentId,
    /// Its title.
    pub title: String,
    /// What this identity may do; absent when access was lost and a copy is kept.
    pub role: Option<Role>,
    /// Tasks that are not done.
    pub open: u64,
    /// Tasks that are not in the trash.
    pub total: u64,
    /// How many members it has.
    pub members: u64,
    /// When it was made, by its author's clock.
    #[serde(serialize_with = "super::time::milliseconds_or_null")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub created_at: Option<Timestamp>,
    /// When it was deleted, if it was.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "super::time::milliseconds_or_null"
    )]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub deleted_at: Option<Timestamp>,
    /// A picture for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Its colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// How its tasks are laid out.
    pub view: ListView,
    /// Whether it is one of this person's favourites.
    pub favorite: bool,
    /// Whether this person put it out of the way.
    pub archived: bool,
    /// The folder that this person keeps it in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// How this person sorts its tasks.
    pub sort: Sort,
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// The short form of its id.
    pub short_id: String,
    /// The list that it is in.
    pub list: DocumentId,
    /// What is to be done.
    pub title: String,
    /// Markdown.
    pub notes: String,
    /// A link.
    pub url: Option<String>,
    /// How far it is.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// Whether nothing of it is left to do, for this time where it recurs.
    pub done: bool,
    /// When it is due; of one that recurs, the time that completing it closes.
    pub due: Option<Due>,
    /// Whether that is past, for the reader.
    pub overdue: bool,
    /// How it recurs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<Recurrence>,
    /// When to be reminded before it is due.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reminders: Vec<Reminder>,
    /// Who is to do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Assignee>,
    /// Tasks of the list that come first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked_by: Vec<TaskId>,
    /// Where it stands in the shop, if it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aisle: Option<String>,
    /// The files that it carries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// How many of the tasks right below it there are, and how many of those are done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// The task that it is a part of.
    pub parent: Option<TaskId>,
    /// How deep it stands below the top level.
    pub depth: u32,
    /// Names of its tags, sorted.
    pub tags: Vec<String>,
    /// When it was made, by its author's clock.
    #[serde(serialize_with = "super::time::milliseconds_or_null")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub created_at: Option<Timestamp>,
    /// Who made it: whose signature covers the change that did.
    pub created_by: Option<Did>,
    /// When it was put into the trash, if it was.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "super::time::milliseconds_or_null"
    )]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub deleted_at: Option<Timestamp>,
    /// In the trash: who else changed it without knowing that it is there, or later.
    /// What they wrote comes back with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed_since: Vec<Person>,
    /// Fields that two people set at once: the value that lost is offered here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
}

/// Somebody, as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Person {
    /// Who.
    pub did: Did,
    /// Their name.
    pub name: String,
}

/// Who a task is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Assignee {
    /// Who.
    pub did: Did,
    /// Their name.
    pub name: String,
    /// Since when, by the clock of whoever assigned it.
    #[serde(serialize_with = "super::time::milliseconds_or_null")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub assigned_at: Option<Timestamp>,
    /// Whether they have left the list: somebody else has to be found.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub left: bool,
}

/// A file that a task carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Attachment {
    /// Its id: the SHA-256 of the file, in hexadecimal.
    pub id: String,
    /// What the file is called.
    pub name: String,
    /// Its media type: what whoever attached it claims, or `application/octet-stream` if the file is
    /// here and is something else. Until it is here, the claim is all that is known.
    pub mime: String,
    /// Its size in bytes.
    pub size: u64,
    /// Whether the file itself is on this device.
    pub here: bool,
}

/// How far the tasks below one are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Progress {
    /// How many are done.
    pub done: u32,
    /// How many there are.
    pub total: u32,
}

/// Something that was said about a task, or noted about a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Comment {
    /// Its id.
    pub id: TaskId,
    /// Who said it: whose signature covers the change that did.
    pub author: Option<Did>,
    /// Their name.
    pub author_name: String,
    /// Markdown.
    pub text: String,
    /// When, by the author's clock.
    #[serde(serialize_with = "super::time::milliseconds_or_null")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub created_at: Option<Timestamp>,
    /// When it was last changed, by its author's clock.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "super::time::milliseconds_or_null"
    )]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub edited_at: Option<Timestamp>,
}

/// A tag of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Tag {
    /// Its name.
    pub name: String,
    /// Its colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// On how many tasks it is that are not in the trash.
    pub tasks: u64,
}

/// An aisle of a grocery list's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Aisle {
    /// Its name.
    pub name: String,
    /// What belongs there.
    pub keywords: Vec<String>,
}

/// What stands in one aisle of a shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Stand {
    /// The aisle's name.
    pub aisle: String,
    /// The tasks of the list that are found there, in their order.
    pub tasks: Vec<TaskId>,
}

/// A folder of a person's lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Folder {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many lists are in it.
    pub lists: u64,
}

/// What lists can be made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether it comes with the program.
    pub built_in: bool,
    /// How many tasks it has.
    pub tasks: u64,
}

/// A reminder that is to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reminding {
    /// When.
    pub at: Timestamp,
    /// How long before the task is due.
    pub reminder: Reminder,
    /// Of what.
    pub task: Task,
}

/// A time at which something is to be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CalendarEntry {
    /// When.
    pub due: Due,
    /// Whether it is done.
    pub done: bool,
    /// What.
    pub task: Task,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// The task.
    pub task: Task,
    /// Where it was found, with the words that fit between `[` and `]`.
    pub excerpt: String,
}

/// Days in a row on which something was completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Streak {
    /// Days in a row that end today or yesterday.
    pub current: u32,
    /// The most days in a row.
    pub longest: u32,
    /// Days with a completion in all.
    pub days: u32,
    /// The marks that were reached, each with the day on which it was.
    pub milestones: Vec<Milestone>,
}

/// A mark that a streak reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Milestone {
    /// Days in a row.
    pub days: u32,
    /// When it was first reached.
    pub reached: Date,
}

/// A value that lost to a concurrent one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Conflict {
    /// The field.
    pub field: String,
    /// The other value, as text.
    pub value: String,
    /// Who set it.
    pub by: Option<Did>,
}

/// A member of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Member {
    /// Who.
    pub did: Did,
    /// Their name, or the short form of their DID where they have told none.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether it is this identity.
    pub me: bool,
    /// Whether they are an agent.
    pub is_agent: bool,
    /// What the agent runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_platform: Option<String>,
    /// Who connected the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connected_by: Option<Did>,
    /// The colour of their avatar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// Since when they have a role, by the clock of who gave it, or of the relay.
    #[serde(serialize_with = "super::time::milliseconds_or_null")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>, format = DateTime))]
    pub joined_at: Option<Timestamp>,
    /// Who gave them the role or made the invite; nobody did for who made the list.
    pub invited_by: Option<Did>,
    /// Their devices, the revoked ones too, oldest first.
    pub devices: Vec<MemberDevice>,
}

/// A device of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct MemberDevice {
    /// Its id: the short form of its key.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// What makes an identity that of an agent: a program that acts for somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentProfile {
    /// What it runs on, 1 to 100 characters.
    pub platform: Option<String>,
    /// Who connected it.
    pub connected_by: Option<Did>,
}

/// An invite that can still be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InviteView {
    /// The digest of its grant, in hexadecimal.
    pub id: String,
    /// What the joiner will be allowed to do.
    pub role: Role,
    /// When it ends.
    #[serde(serialize_with = "super::time::milliseconds")]
    pub expires_at: Timestamp,
    /// Whether it lets in one person; else it is a public link.
    pub single_use: bool,
    /// How many joined by it so far.
    pub joined: u64,
    /// When it was made, by its maker's clock.
    #[serde(serialize_with = "super::time::milliseconds_or_null")]
    pub made_at: Option<Timestamp>,
    /// Who made it.
    pub made_by: Option<Did>,
    /// The link, of a public one that was made on this device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// A ticket that was made on this device and has not ended. Its address is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TicketView {
    /// Its name in hexadecimal.
    pub id: String,
    /// The one list that it is for; all documents of this identity unless there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<DocumentId>,
    /// How many clients it serves.
    pub uses: u32,
    /// When it was made.
    #[serde(serialize_with = "super::time::milliseconds")]
    pub made_at: Timestamp,
    /// When it ends.
    #[serde(serialize_with = "super::time::milliseconds")]
    pub expires_at: Timestamp,
    /// Whether it was taken back.
    pub revoked: bool,
}

/// A device of this identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// Its id: the short form of its key.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// Whether it is this one.
    pub this: bool,
    /// Whether it was revoked.
    pub revoked: bool,
    /// When it was linked, by its linker's clock.
    #[serde(serialize_with = "super::time::milliseconds_or_null")]
    pub linked_at: Option<Timestamp>,
}

/// What a whole check of a list's history found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyReport {
    /// The list.
    pub list: DocumentId,
    /// Its title.
    pub title: String,
    /// Whether everything holds.
    pub ok: bool,
    /// How many changes were checked.
    pub changes: u64,
    /// How many statements were checked.
    pub statements: u64,
    /// Who wrote what.
    pub authors: Vec<AuthorReport>,
    /// What does not hold, in words.
    pub problems: Vec<String>,
}

/// What one author contributed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorReport {
    /// Who.
    pub did: Did,
    /// Their name.
    pub name: String,
    /// How their authorship is proven.
    pub via: Via,
    /// How many changes.
    pub changes: u64,
    /// Whether they are still allowed to write.
    pub may_write: bool,
}

/// How authorship is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// By the author's own device key.
    Signed,
    /// By a relay that says so.
    Witnessed,
}
