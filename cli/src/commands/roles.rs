//! `poo leave`, `poo transfer` and `poo role`.

use clap::{Args, ValueEnum};
use poo_core::membership::Role;
use poo_core::model::Command;

use super::members::role_name;
use crate::app::App;
use crate::find;
use crate::problem::Problem;

/// What others learn when this device has exchanged changes.
pub(super) const LATER: &str = "Others learn of it with the next `poo sync`.";

/// Which list to leave.
#[derive(Debug, Args)]
pub(crate) struct LeaveArgs {
    /// The list: its title, the beginning of it, or its id
    list: String,
}

/// Which list to pass on.
#[derive(Debug, Args)]
pub(crate) struct TransferArgs {
    /// The list: its title, the beginning of it, or its id
    list: String,
    /// To whom: a name, the beginning of one, or a DID
    member: String,
}

/// Whose role to change.
#[derive(Debug, Args)]
pub(crate) struct RoleArgs {
    /// The list: its title, the beginning of it, or its id
    list: String,
    /// Who: a name, the beginning of one, or a DID
    member: String,
    /// What they may do from now on
    #[arg(value_enum)]
    role: AnyRole,
}

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnyRole {
    /// Reads, writes, and decides who else may
    Owner,
    /// Reads and writes
    Editor,
    /// Reads
    Viewer,
}

impl From<AnyRole> for Role {
    fn from(role: AnyRole) -> Self {
        match role {
            AnyRole::Owner => Self::Owner,
            AnyRole::Editor => Self::Editor,
            AnyRole::Viewer => Self::Viewer,
        }
    }
}

/// Runs `poo leave`.
pub(crate) fn leave(app: &mut App, args: &LeaveArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let list = find::list(&home.replica, &app.moment, &args.list)?;
    let command = Command::LeaveList { list: list.id };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    app.print(&outcome, |screen| {
        screen.line(&format!(
            "You left {}. What you wrote stays with the others, and a copy stays here: poo list ls --all",
            list.title
        ));
        screen.line(LATER);
    })
}

/// Runs `poo transfer`.
pub(crate) fn transfer(app: &mut App, args: &TransferArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let list = find::list(&home.replica, &app.moment, &args.list)?;
    let member = find::member(&home.replica, &app.moment, list.id, &args.member)?;
    let command = Command::TransferOwnership {
        list: list.id,
        to: member.did,
    };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    app.print(&outcome, |screen| {
        screen.line(&format!(
            "{} owns {} now. You are an editor of it.",
            member.name, list.title
        ));
        screen.line(LATER);
    })
}

/// Runs `poo role`.
pub(crate) fn role(app: &mut App, args: &RoleArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let list = find::list(&home.replica, &app.moment, &args.list)?;
    let member = find::member(&home.replica, &app.moment, list.id, &args.member)?;
    let role = Role::from(args.role);
    let command = Command::ChangeRole {
        list: list.id,
        member: member.did,
        role,
    };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    app.print(&outcome, |screen| {
        let who = if member.me { "You are" } else { "is" };
        let name = if member.me { "" } else { &member.name };
        let sentence = format!("{name} {who} {} of {} now.", role_name(role), list.title);
        screen.line(sentence.trim_start());
        screen.line(LATER);
    })
}
