//! What an application says to the engine and hears from it: every command and every query
//! once, as data. CLI, REST, FFI and the browser are thin translations of this list.

mod activity;
mod command;
mod due;
mod event;
mod fields;
mod file_kinds;
mod files;
mod ids;
pub mod interchange;
mod query;
mod quick_add;
mod recurrence;
mod reminder;
#[cfg(feature = "schema")]
mod schema;
mod templates;
mod time;
mod values;
mod view;

pub use activity::{Activity, ActivityAction, ActivityDetail, ActivityKind, FieldEdit};
pub use command::{Command, Outcome};
pub(crate) use due::zone;
pub use due::{Due, DueError};
pub use event::{
    Event, EventFilter, EventFilterError, EventId, EventIdError, EventSubject, EventType,
};
pub use fields::{ListPatch, ListPlace, MovePlace, NewTask, TaskPatch};
pub use file_kinds::FileKinds;
pub use files::{
    BlobHash, BlobHashError, FILE_BYTES_MAX, FILE_NAME_CHARS_MAX, FileKind, NewFile,
    TASK_FILES_MAX, file_name_fault,
};
pub(crate) use files::{UNKNOWN_MIME, is_sound as is_sound_file};
pub use ids::{TaskId, TaskIdError};
pub use interchange::ImportedTask;
pub use query::{Answer, ExportFormat, Page, PendingList, Query, TaskFilter, is_listed_in_trash};
pub use quick_add::{QuickAdd, QuickAddContext, Span, SpanKind, quick_add};
pub use recurrence::{
    Allowed, Closed, ClosedError, Recurrence, RecurrenceError, Series, SeriesError, SeriesId,
    SeriesIdError,
};
pub use reminder::{DAY_STARTS_AT, Reminder, ReminderError, remind_at};
pub use templates::{Template, built_in_templates, getting_started};
pub use values::{ListView, Priority, Sort, Status, ValueError};
pub use view::{
    AgentProfile, Aisle, Assignee, Attachment, AuthorReport, CalendarEntry, Comment, Conflict,
    Device, Folder, Found, Identity, InviteView, List, Member, MemberDevice, Milestone, Person,
    Progress, Reminding, Stand, Streak, Tag, Task, TemplateView, TicketView, VerifyReport, Via,
};
