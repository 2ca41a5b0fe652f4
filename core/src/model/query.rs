//! Every query: what an application may ask. All are answered from SQLite, offline.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Activity, ActivityKind, Aisle, CalendarEntry, Comment, Device, Folder, Found, Identity,
    InviteView, List, Member, Priority, QuickAdd, Reminding, Sort, Stand, Status, Streak, Tag,
    Task, TaskId, TemplateView, TicketView, VerifyReport,
};
use crate::document::DocumentId;
use crate::identity::Did;

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
        /// Those that fit only.
        #[serde(flatten)]
        filter: TaskFilter,
        /// At most so many; 1,000 unless told, 10,000 at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
        /// Where the page before ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    },
    /// What is urgent, of all lists: tasks of high priority that are not done and no part of
    /// another task, those with a due date first. Answer: [`Answer::Tasks`].
    Focus {
        /// The reader's time zone, an IANA name; UTC unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// What is due today or overdue, of all lists. Answer: [`Answer::Tasks`].
    Today {
        /// The reader's time zone, an IANA name; UTC unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// What is due from tomorrow on, of all lists. Answer: [`Answer::Tasks`].
    Upcoming {
        /// For so many days; 7 unless told, 366 at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        days: Option<u32>,
        /// The reader's time zone, an IANA name; UTC unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// Which reminders of open tasks are to be shown within some time, of all lists, the earliest
    /// first. Answer: [`Answer::Reminders`].
    Reminders {
        /// From this moment on.
        from: Timestamp,
        /// And before this one; at most 366 days later.
        to: Timestamp,
        /// The reader's time zone, an IANA name; UTC unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// What is due in a range of days, tasks that recur once for each time. Answer:
    /// [`Answer::Calendar`].
    Calendar {
        /// Of this list only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<DocumentId>,
        /// The first day.
        from: Date,
        /// The last day; at most 366 days later.
        to: Date,
        /// The reader's time zone, an IANA name; UTC unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// Tasks in whose title, notes or comments all the words of a text begin words, whatever their
    /// accents: open ones before done ones, and of each those first where the words weigh most. Of
    /// more than 1,000 that fit, the newest are weighed. Answer: [`Answer::Found`].
    Search {
        /// The words.
        text: String,
        /// Of this list only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<DocumentId>,
        /// At most so many; 50 unless told, 500 at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
    },
    /// What was said about a task, the earliest first. Answer: [`Answer::Comments`].
    Comments {
        /// The list.
        list: DocumentId,
        /// The task.
        task: TaskId,
    },
    /// The tags of a list, by name. Answer: [`Answer::Tags`].
    Tags {
        /// The list.
        list: DocumentId,
    },
    /// A list's own aisles, by name. Answer: [`Answer::Aisles`].
    Aisles {
        /// The list.
        list: DocumentId,
    },
    /// A list by the aisles of a shop, in the order of a walk through it: the list's own first, and
    /// those in which nothing stands, too. Answer: [`Answer::Stands`].
    Stands {
        /// The list.
        list: DocumentId,
    },
    /// What happened, the latest first. Answer: [`Answer::Activity`].
    Activity {
        /// In this list only, in causal order; else in all, by time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<DocumentId>,
        /// With this task of the list only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskId>,
        /// Rows of this kind only.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<ActivityKind>,
        /// At most so many; 100 unless told, 1,000 at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
        /// Where the page before ended.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cursor: Option<String>,
    },
    /// This person's folders, by name. Answer: [`Answer::Folders`].
    Folders,
    /// What lists can be made from: what comes with the program, then what was saved, by title.
    /// Answer: [`Answer::Templates`].
    Templates,
    /// This person's preferences. Answer: [`Answer::Settings`].
    Settings,
    /// Days in a row on which this person completed something. Answer: [`Answer::Streak`].
    Streak {
        /// The person's time zone, an IANA name; UTC unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
    },
    /// What a line of text says, as a person types it to add a task. Answer: [`Answer::QuickAdd`].
    QuickAdd {
        /// The line.
        text: String,
        /// The list whose tags and members are meant, if no other is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        list: Option<DocumentId>,
        /// Whether `1/2` is the first of February rather than the second of January.
        #[serde(default)]
        day_first: bool,
        /// The person's time zone, an IANA name; UTC unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
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
    /// The tickets made on this device that have not ended. Answer: [`Answer::Tickets`].
    Tickets,
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

/// Which tasks. Everything that is said must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TaskFilter {
    /// With this status. `done` is what nothing is left to do of, and the others are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// With this priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// For this member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Did>,
    /// For nobody: those that no member has.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub unassigned: bool,
    /// With a tag of this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Due on this day or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_from: Option<Date>,
    /// Due on this day or earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_to: Option<Date>,
    /// Not done, and due before now.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub overdue: bool,
    /// With words in title, notes or comments that begin with all of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Those in the trash instead of those that are not: what was deleted in the last 30 days, as
    /// [`is_listed_in_trash`] has it.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pub deleted: bool,
    /// In this order instead of the one in which they stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
    /// The reader's time zone, an IANA name; UTC unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// How long the trash lists what was deleted.
const TRASH_LISTS_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Whether the trash still lists what was deleted at some time. What it does not list any more is
/// kept all the same, and can be brought back by its id.
#[must_use]
pub fn is_listed_in_trash(deleted_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(deleted_at) < TRASH_LISTS_FOR
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
    /// To [`Query::Tasks`], [`Query::Focus`], [`Query::Today`] and [`Query::Upcoming`].
    Tasks(Page<Task>),
    /// To [`Query::Task`] and [`Query::FindTask`].
    Task(Task),
    /// To [`Query::Reminders`].
    Reminders(Page<Reminding>),
    /// To [`Query::Calendar`].
    Calendar(Page<CalendarEntry>),
    /// To [`Query::Search`].
    Found(Page<Found>),
    /// To [`Query::Comments`].
    Comments(Page<Comment>),
    /// To [`Query::Tags`].
    Tags(Page<Tag>),
    /// To [`Query::Aisles`].
    Aisles(Page<Aisle>),
    /// To [`Query::Stands`].
    Stands(Page<Stand>),
    /// To [`Query::Activity`].
    Activity(Page<Activity>),
    /// To [`Query::Folders`].
    Folders(Page<Folder>),
    /// To [`Query::Templates`].
    Templates(Page<TemplateView>),
    /// To [`Query::Settings`].
    Settings(BTreeMap<String, String>),
    /// To [`Query::Streak`].
    Streak(Streak),
    /// To [`Query::QuickAdd`].
    QuickAdd(QuickAdd),
    /// To [`Query::Members`].
    Members(Page<Member>),
    /// To [`Query::FindMember`].
    Member(Member),
    /// To [`Query::Tickets`].
    Tickets(Page<TicketView>),
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
