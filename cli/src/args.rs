//! The words of the command line.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use poo_core::model::{Due, Priority, Status};

use crate::commands::{
    attach::{AttachArgs, AttachmentsArgs, WhichArgs},
    device::DeviceCommand,
    doctor::DoctorArgs,
    identity::{InitArgs, WhoamiArgs},
    invites::{InvitesArgs, PublishArgs},
    list::ListCommand,
    members::{JoinArgs, MembersArgs, RevokeArgs, ShareArgs},
    roles::{LeaveArgs, RoleArgs, TransferArgs},
    sync::{RelayArgs, SyncArgs},
    task::TaskCommand,
    transfer::{ExportArgs, ImportArgs},
    verify::VerifyArgs,
    watch::WatchArgs,
};

/// Lists that work offline. What you do is on this device at once; `poo sync` exchanges it,
/// signed, with your relay.
#[derive(Debug, Parser)]
#[command(name = "poo", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Print JSON for programs; errors too, on stderr
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The folder with the keys and the database [default: ~/.local/share/poo]
    #[arg(long, global = true, value_name = "FOLDER", env = "POO_HOME")]
    pub(crate) home: Option<PathBuf>,
    /// Print without colours
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make an identity on this device, or restore one from its recovery phrase
    Init(InitArgs),
    /// Show who you are
    Whoami(WhoamiArgs),
    /// Make and manage lists
    #[command(subcommand)]
    List(ListCommand),
    /// Make and manage tasks
    #[command(subcommand)]
    Task(TaskCommand),
    /// Attach files to a task
    Attach(AttachArgs),
    /// Show the files of a task, or get one
    Attachments(AttachmentsArgs),
    /// Take a file off a task
    Detach(WhichArgs),
    /// Exchange changes with the relay
    Sync(SyncArgs),
    /// Set the relay that this device syncs with
    Relay(RelayArgs),
    /// Use more than one device
    #[command(subcommand)]
    Device(DeviceCommand),
    /// Make a link that lets somebody into a list
    Share(ShareArgs),
    /// Join a list by a link
    Join(JoinArgs),
    /// Show who is in a list
    Members(MembersArgs),
    /// Take somebody's access to a list away
    Revoke(RevokeArgs),
    /// Change what somebody may do in a list
    Role(RoleArgs),
    /// Make somebody else the owner of a list
    Transfer(TransferArgs),
    /// Give up your own access to a list
    Leave(LeaveArgs),
    /// Show open invites to a list, or take one back
    Invites(InvitesArgs),
    /// Make a public link by which everybody can read a list
    Publish(PublishArgs),
    /// Show what happens in a list and who looks at it, until Ctrl-C
    Watch(WatchArgs),
    /// Check a list's whole history and name its authors
    Verify(VerifyArgs),
    /// Add the tasks of a file to a list
    Import(ImportArgs),
    /// Write a list as text
    Export(ExportArgs),
    /// Check this device's data
    Doctor(DoctorArgs),
    /// Print completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Reads a priority.
pub(crate) fn priority() -> impl TypedValueParser<Value = Priority> {
    PossibleValuesParser::new(["high", "medium", "low", "none"])
        .try_map(|text| text.parse::<Priority>())
}

/// Reads a status. People also write it with a hyphen.
pub(crate) fn status() -> impl TypedValueParser<Value = Status> {
    PossibleValuesParser::new([
        clap::builder::PossibleValue::new("open"),
        clap::builder::PossibleValue::new("in_progress").alias("in-progress"),
        clap::builder::PossibleValue::new("blocked"),
        clap::builder::PossibleValue::new("done"),
    ])
    .try_map(|text| text.replace('-', "_").parse::<Status>())
}

/// Reads a due date.
pub(crate) fn due(text: &str) -> Result<Due, String> {
    text.parse::<Due>().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
