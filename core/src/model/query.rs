//! Every query: what an application may ask. All are answered from SQLite, offline.

use serde::{Deserialize, Serialize};

use super::{Device, Identity, InviteView, List, Member, Status, Task, TaskId, VerifyReport};
use crate::document::DocumentId;

/// Something to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Query {
    /// Who this replica acts for. Answer: [`Answer::Identity`].
    Whoami,
    /// The lists, by title. Answer: [`Answer::Lists`].
    Lists {
        /// Also deleted lists and those that access was lost to.
        #[serde(default)]
        all: bool,
    },
    /// One list. Answer: [`Answer::List`].
    List {
        /// The list.
        list: DocumentId,
    },
    /// The list that a person means by a title, the beginning of one, or an id.
    /// Answer: [`Answer::List`].
    FindList {
        /// What the person typed.
        text: String,
    },
    /// Tasks in the order in which they stand: by list, parents before their children.
    /// Answer: [`Answer::Tasks`].
    Tasks {
        /// Of this list only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<DocumentId>,
        /// With this status only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<Status>,
        /// Those in the trash instead of those that are not.
        #[serde(default)]
        deleted: bool,
        /// At most so many; 1,000 unless told, 10,000 at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
        /// Where the page before ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    },
    /// One task. Answer: [`Answer::Task`].
    Task {
        /// The list.
        list: DocumentId,
        /// The task.
        task: TaskId,
    },
    /// The task that a person means by an id or the last 6 or more characters of one.
    /// Answer: [`Answer::Task`].
    FindTask {
        /// What the person typed.
        text: String,
        /// In this list only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<DocumentId>,
    },
    /// Who has access to a list. Answer: [`Answer::Members`].
    Members {
        /// The list.
        list: DocumentId,
    },
    /// The member that a person means by a name, the beginning of one, or a DID.
    /// Answer: [`Answer::Member`].
    FindMember {
        /// The list.
        list: DocumentId,
        /// What the person typed.
        text: String,
    },
    /// The invites to a list that nobody used yet. Answer: [`Answer::Invites`].
    Invites {
        /// The list.
        list: DocumentId,
    },
    /// The devices of this identity. Answer: [`Answer::Devices`].
    Devices,
    /// Checks a list's whole history again, from its first statement, and names every author.
    /// Answer: [`Answer::Verified`].
    Verify {
        /// The list.
        list: DocumentId,
    },
    /// A list as text. Answer: [`Answer::Text`].
    Export {
        /// The list.
        list: DocumentId,
        /// In which form.
        format: ExportFormat,
    },
    /// Lists with changes that no relay has acknowledged. Answer: [`Answer::Pending`].
    Pending,
}

/// The forms in which a list can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// JSON with every field.
    Json,
    /// A Markdown task list.
    Markdown,
    /// todo.txt.
    #[serde(rename = "todo.txt")]
    TodoTxt,
    /// iCalendar (RFC 5545), a to-do for each task.
    Icalendar,
}

/// A part of a collection.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The part.
    pub items: Vec<T>,
    /// What to ask for the next part with; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl<T> From<Vec<T>> for Page<T> {
    fn from(items: Vec<T>) -> Self {
        Self {
            items,
            next_cursor: None,
        }
    }
}

/// A list that waits for its relay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingList {
    /// The list.
    pub list: DocumentId,
    /// How many local changes no relay has acknowledged.
    pub changes: u64,
    /// Why the relay refused, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[allow(
    clippy::large_enum_variant,
    reason = "an answer is made once and taken apart at once"
)]
pub enum Answer {
    /// To [`Query::Whoami`].
    Identity(Identity),
    /// To [`Query::Lists`].
    Lists(Page<List>),
    /// To [`Query::List`] and [`Query::FindList`].
    List(List),
    /// To [`Query::Tasks`].
    Tasks(Page<Task>),
    /// To [`Query::Task`] and [`Query::FindTask`].
    Task(Task),
    /// To [`Query::Members`].
    Members(Page<Member>),
    /// To [`Query::FindMember`].
    Member(Member),
    /// To [`Query::Invites`].
    Invites(Page<InviteView>),
    /// To [`Query::Devices`].
    Devices(Page<Device>),
    /// To [`Query::Verify`].
    Verified(VerifyReport),
    /// To [`Query::Export`].
    Text(String),
    /// To [`Query::Pending`].
    Pending(Page<PendingList>),
}
