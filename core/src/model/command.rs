//! Every command: what a person or an agent may do.

use serde::{Deserialize, Serialize};

use super::fields::present;
use super::interchange::ListLook;
use super::{
    BlobHash, ImportedTask, ListPatch, ListPlace, MovePlace, NewFile, NewTask, TaskId, TaskPatch,
};
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
    /// Changes how a list looks, for everybody; what is not named stays untouched.
    EditList {
        /// The list.
        list: DocumentId,
        /// The fields.
        #[serde(flatten)]
        patch: ListPatch,
    },
    /// Changes where a list stands among one's own lists; nobody else sees it.
    PlaceList {
        /// The list.
        list: DocumentId,
        /// The fields.
        #[serde(flatten)]
        place: ListPlace,
    },
    /// Makes a list that looks like another one, with a copy of everything that is to do there.
    /// Comments, files and history stay behind. Outcome: [`Outcome::List`].
    DuplicateList {
        /// The list to copy.
        list: DocumentId,
        /// The copy's title; that of the original unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// Makes a list from a template. Outcome: [`Outcome::List`].
    CreateFromTemplate {
        /// The id of a built-in or saved template.
        template: String,
        /// The list's title; the template's unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// Keeps a copy of a list as a template of one's own. Outcome: [`Outcome::Made`].
    SaveTemplate {
        /// The list.
        list: DocumentId,
        /// What to call it; as the list unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// Puts a saved template away.
    DeleteTemplate {
        /// Its id.
        template: String,
    },
    /// Makes a folder for lists. Outcome: [`Outcome::Made`].
    CreateFolder {
        /// Its name, 1 to 200 characters.
        name: String,
    },
    /// Gives a folder another name.
    RenameFolder {
        /// Its id.
        folder: String,
        /// The new name, 1 to 200 characters.
        name: String,
    },
    /// Takes a folder away; the lists in it stay, outside of any folder.
    DeleteFolder {
        /// Its id.
        folder: String,
    },
    /// Sets a preference of this person, on all of their devices.
    SetSetting {
        /// Which: up to 100 characters.
        name: String,
        /// Its value, up to 10,000 characters; none takes it off.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
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
    /// Marks a task as done. Of one that recurs it closes the latest time that has come, or the
    /// next one where none has; what was missed before is not queued.
    CompleteTask {
        /// The list.
        list: DocumentId,
        /// The task.
        task: TaskId,
        /// The person's time zone, an IANA name: it says which day it is; UTC unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// Leaves out one time of a task that recurs: the one that completing would close.
    SkipTask {
        /// The list.
        list: DocumentId,
        /// The task.
        task: TaskId,
        /// The person's time zone, an IANA name; UTC unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
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
    /// Attaches a file to a task. Its bytes are here already
    /// ([`Replica::put_blob`](crate::replica::Replica::put_blob)); a file that the task carries
    /// already gets the new name.
    Attach {
        /// The list.
        list: DocumentId,
        /// The task.
        task: TaskId,
        /// The file.
        #[serde(flatten)]
        file: NewFile,
    },
    /// Takes a file off a task.
    Detach {
        /// The list.
        list: DocumentId,
        /// The task.
        task: TaskId,
        /// The attachment's id.
        attachment: BlobHash,
    },
    /// Adds many tasks at once, below those that are there, in their given order.
    /// Outcome: [`Outcome::Tasks`].
    ImportTasks {
        /// The list.
        list: DocumentId,
        /// What to add.
        tasks: Vec<ImportedTask>,
        /// How the list they come from looks: a list that has no icon, colour or layout of its
        /// own takes that over, and so do its tags, and it gets the aisles that it lacks.
        #[serde(default, skip_serializing_if = "ListLook::is_plain")]
        look: ListLook,
        /// The person's time zone, an IANA name: for due dates in words; UTC unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// Changes a tag of a list, wherever it is; what is not named stays untouched. A tag that is
    /// not there yet is made.
    EditTag {
        /// The list.
        list: DocumentId,
        /// The tag's name.
        tag: String,
        /// Another name, 1 to 50 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Its colour; `null` takes it off.
        #[serde(
            default,
            skip_serializing_if = "Option::is_none",
            deserialize_with = "present"
        )]
        color: Option<Option<String>>,
    },
    /// Takes a tag off a list and all its tasks.
    DeleteTag {
        /// The list.
        list: DocumentId,
        /// The tag's name.
        tag: String,
    },
    /// Adds an aisle of its own to a grocery list, or gives one other keywords.
    SetAisle {
        /// The list.
        list: DocumentId,
        /// Its name, 1 to 50 characters.
        name: String,
        /// What belongs there: up to 200 words or phrases.
        #[serde(default)]
        keywords: Vec<String>,
    },
    /// Takes an aisle of its own off a list.
    RemoveAisle {
        /// The list.
        list: DocumentId,
        /// Its name.
        name: String,
    },
    /// Says something about a task. Outcome: [`Outcome::Comment`].
    AddComment {
        /// The list.
        list: DocumentId,
        /// The task.
        task: TaskId,
        /// Markdown, 1 to 10,000 characters.
        text: String,
    },
    /// Changes what one said.
    EditComment {
        /// The list.
        list: DocumentId,
        /// The comment.
        comment: TaskId,
        /// Markdown, 1 to 10,000 characters.
        text: String,
    },
    /// Takes back what one said; an owner of the list can take back anything.
    DeleteComment {
        /// The list.
        list: DocumentId,
        /// The comment.
        comment: TaskId,
    },
    /// Writes a note into the activity of a list. Outcome: [`Outcome::Comment`].
    LogNote {
        /// The list.
        list: DocumentId,
        /// 1 to 10,000 characters.
        text: String,
    },
    /// Takes back this device's last action that has not been taken back: what it changed is again
    /// as it was, except where somebody changed it since. Outcome: [`Outcome::Undone`].
    Undo,
    /// Makes the action again that was taken back last. Outcome: [`Outcome::Undone`].
    Redo,
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
    /// Makes an identity for an agent that has no keys of its own, and its profile. Outcome:
    /// [`Outcome::Agent`].
    CreateAgent {
        /// The name that others see, 1 to 100 characters.
        name: String,
        /// What it runs on, 1 to 100 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        platform: Option<String>,
        /// The colour of its avatar, up to 32 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        color: Option<String>,
    },
    /// Gives somebody a role in a list by their DID, without an invite: an agent, say.
    AddMember {
        /// The list.
        list: DocumentId,
        /// Who.
        member: Did,
        /// What they may do.
        role: Role,
        /// Who may sign for them there, since they cannot: a key of a relay's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        witness: Option<Did>,
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
    /// Makes a ticket: an address at which programs that speak Automerge's own sync, and cannot
    /// sign, act for this identity. The relay signs for them, which this lets it do. Outcome:
    /// [`Outcome::Ticket`].
    CreateTicket {
        /// The one list that it is for; all documents of this identity unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<DocumentId>,
        /// How many clients it serves, 1 to 10,000; one unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uses: Option<u32>,
        /// For how long it is good, in seconds; a day unless told, at most a year.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_in_s: Option<u32>,
    },
    /// Takes a ticket back: whoever came with it is cut off, and it lets nobody in, as soon as
    /// the relay knows. Outcome: [`Outcome::Done`].
    RevokeTicket {
        /// The ticket's id or the beginning of it, as [`Query::Tickets`](super::Query::Tickets)
        /// lists it; or the address itself, of a ticket made on another device of this identity.
        ticket: String,
    },
    /// Ends a list's public link, and the access of those who joined by it.
    Unpublish {
        /// The list.
        list: DocumentId,
    },
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
    /// Something beside lists and tasks was made: a folder, a template.
    Made {
        /// Its id.
        id: String,
    },
    /// A comment or a note was made.
    Comment {
        /// Its list.
        list: DocumentId,
        /// Its id.
        comment: TaskId,
    },
    /// An action was taken back, or made again.
    Undone {
        /// Which: the name of its command; absent where there was none.
        action: Option<String>,
        /// Whether anything was written.
        changed: bool,
    },
    /// Tasks were made.
    Tasks {
        /// Their list.
        list: DocumentId,
        /// Their ids, parents before children.
        tasks: Vec<TaskId>,
    },
    /// An identity was made for an agent.
    Agent {
        /// Who it is.
        agent: Did,
        /// Its profile, signed: by it a relay takes the agent in.
        profile: String,
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
    /// A ticket was made. Whoever has the address can act with it until it ends.
    Ticket {
        /// Its name in hexadecimal, by which it is taken back.
        id: String,
        /// Where a client connects.
        url: String,
        /// When it ends.
        #[serde(serialize_with = "super::time::milliseconds")]
        expires_at: jiff::Timestamp,
        /// How many clients it serves.
        uses: u32,
        /// Whether its bearers can change what it is for, beside reading.
        writes: bool,
    },
    /// It is done; `changed` is false where everything was as asked already.
    Done {
        /// Whether anything was written.
        changed: bool,
    },
}
