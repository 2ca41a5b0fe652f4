//! What an application says to the engine and hears from it: every command and every query
//! once, as data. CLI, REST, FFI and the browser are thin translations of this list.

mod command;
mod due;
mod ids;
pub mod interchange;
mod query;
mod time;
mod values;
mod view;

pub use command::{Command, MovePlace, NewTask, Outcome, TaskPatch};
pub use due::{Due, DueError};
pub use ids::{TaskId, TaskIdError};
pub use interchange::ImportedTask;
pub use query::{Answer, ExportFormat, Page, PendingList, Query};
pub use values::{Priority, Status, ValueError};
pub use view::{
    AgentProfile, AuthorReport, Conflict, Device, Identity, InviteView, List, Member, MemberDevice,
    Task, VerifyReport, Via,
};
