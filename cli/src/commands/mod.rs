//! The subcommands, one file for each group.

pub(crate) mod activity;
pub(crate) mod add;
pub(crate) mod agenda;
pub(crate) mod aisle;
pub(crate) mod calendar;
pub(crate) mod comment;
pub(crate) mod device;
pub(crate) mod doctor;
pub(crate) mod folder;
pub(crate) mod identity;
pub(crate) mod invites;
pub(crate) mod list;
pub(crate) mod members;
pub(crate) mod roles;
pub(crate) mod search;
pub(crate) mod settings;
mod shop;
pub(crate) mod streak;
pub(crate) mod sync;
pub(crate) mod tag;
pub(crate) mod task;
pub(crate) mod template;
pub(crate) mod transfer;
pub(crate) mod trash;
pub(crate) mod undo;
pub(crate) mod verify;
pub(crate) mod watch;
