//! The subcommands, one file for each group.

pub(crate) mod attach;
pub(crate) mod device;
pub(crate) mod doctor;
pub(crate) mod identity;
pub(crate) mod invites;
pub(crate) mod list;
pub(crate) mod members;
pub(crate) mod roles;
pub(crate) mod sync;
pub(crate) mod task;
mod task_view;
pub(crate) mod transfer;
pub(crate) mod verify;
pub(crate) mod watch;
