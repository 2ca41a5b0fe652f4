//! The words of the command line.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use poo_core::model::{ListView, Priority, Reminder, Sort, Status};

use crate::commands::{
    activity::ActivityCommand,
    add::AddArgs,
    agenda::UpcomingArgs,
    agent::AgentCommand,
    aisle::AisleCommand,
    attach::{AttachArgs, AttachmentsArgs, WhichArgs},
    calendar::CalendarArgs,
    comment::CommentCommand,
    device::DeviceCommand,
    doctor::DoctorArgs,
    folder::FolderCommand,
    identity::{InitArgs, WhoamiArgs},
    invites::{InvitesArgs, PublishArgs},
    key::KeyCommand,
    list::ListCommand,
    members::{JoinArgs, MembersArgs, RevokeArgs, ShareArgs},
    reminders::RemindersArgs,
    roles::{LeaveArgs, RoleArgs, TransferArgs},
    search::SearchArgs,
    settings::SettingsArgs,
    sync::{RelayArgs, SyncArgs},
    tag::TagCommand,
    task::TaskCommand,
    template::TemplateCommand,
    ticket::TicketCommand,
    transfer::{ExportArgs, ImportArgs},
    trash::TrashArgs,
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
#[allow(
    clippy::large_enum_variant,
    reason = "a command is read once and taken apart at once"
)]
pub(crate) enum Command {
    /// Make an identity on this device, or restore one from its recovery phrase
    Init(InitArgs),
    /// Show who you are
    Whoami(WhoamiArgs),
    /// Show or change your preferences
    Settings(SettingsArgs),
    /// Add a task in one line, as you would say it
    Add(AddArgs),
    /// Make and manage tasks
    #[command(subcommand)]
    Task(TaskCommand),
    /// Talk about tasks
    #[command(subcommand)]
    Comment(CommentCommand),
    /// Find tasks by words
    Search(SearchArgs),
    /// Take back what you did last on this device
    Undo,
    /// Make again what you took back
    Redo,
    /// Show what was deleted in the last 30 days, and how to bring it back
    Trash(TrashArgs),
    /// Make and manage lists
    #[command(subcommand)]
    List(ListCommand),
    /// Keep lists in folders
    #[command(subcommand)]
    Folder(FolderCommand),
    /// Make lists from templates
    #[command(subcommand)]
    Template(TemplateCommand),
    /// Manage the tags of a list
    #[command(subcommand)]
    Tag(TagCommand),
    /// Manage the aisles of a grocery list
    #[command(subcommand)]
    Aisle(AisleCommand),
    /// Show what is due today or overdue
    Today,
    /// Show what is due in the next days
    Upcoming(UpcomingArgs),
    /// Show what is urgent
    Focus,
    /// Show of what to be reminded, and when
    Reminders(RemindersArgs),
    /// Show a month and what is due in it
    Calendar(CalendarArgs),
    /// Show on how many days in a row you completed something
    Streak,
    /// Show who did what, or write a note there
    #[command(subcommand)]
    Activity(ActivityCommand),
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
    /// Let other programs sync your documents
    #[command(subcommand)]
    Ticket(TicketCommand),
    /// Let agents work in your lists over HTTP
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Manage the keys with which programs use your relay's API
    #[command(subcommand)]
    Key(KeyCommand),
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

/// Reads an order of tasks. People also write it with a hyphen.
pub(crate) fn sort() -> impl TypedValueParser<Value = Sort> {
    PossibleValuesParser::new([
        clap::builder::PossibleValue::new("manual"),
        clap::builder::PossibleValue::new("newest"),
        clap::builder::PossibleValue::new("oldest"),
        clap::builder::PossibleValue::new("title"),
        clap::builder::PossibleValue::new("title_reversed").alias("title-reversed"),
        clap::builder::PossibleValue::new("due"),
        clap::builder::PossibleValue::new("priority"),
    ])
    .try_map(|text| text.replace('-', "_").parse::<Sort>())
}

/// Reads how a list is laid out.
pub(crate) fn view() -> impl TypedValueParser<Value = ListView> {
    PossibleValuesParser::new(["list", "aisles"]).try_map(|text| text.parse::<ListView>())
}

/// Reads how long before something is due to remind of it.
pub(crate) fn reminder(text: &str) -> Result<Reminder, String> {
    text.parse::<Reminder>().map_err(|error| error.to_string())
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
