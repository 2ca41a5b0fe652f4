//! `poo ticket`: lets other programs sync by Automerge's own protocol.

use clap::{Args, Subcommand};
use jiff::SignedDuration;
use poo_core::model::{Command, Outcome};

use crate::app::App;
use crate::find;
use crate::problem::Problem;
use crate::screen::count;

/// What to do with tickets.
#[derive(Debug, Subcommand)]
pub(crate) enum TicketCommand {
    /// Make an address at which automerge-repo and samod clients sync your documents
    Create(CreateArgs),
}

/// What the ticket is good for.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// How many clients it serves; each may come back as often as it likes
    #[arg(long, value_name = "CLIENTS", default_value_t = 1)]
    uses: u32,
    /// How long it is good: 60s, 15m, 24h
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = seconds)]
    ttl: u32,
    /// Only for one list: its title, the beginning of it, or its id
    #[arg(long)]
    list: Option<String>,
}

fn seconds(text: &str) -> Result<u32, String> {
    let duration: SignedDuration = text
        .parse()
        .map_err(|_| "write a duration such as 60s, 15m or 24h".to_owned())?;
    u32::try_from(duration.as_secs())
        .ok()
        .filter(|seconds| *seconds > 0)
        .ok_or_else(|| "write a duration of at least one second".to_owned())
}

/// Runs `poo ticket`.
pub(crate) fn run(app: &mut App, command: TicketCommand) -> Result<(), Problem> {
    match command {
        TicketCommand::Create(args) => create(app, &args),
    }
}

fn create(app: &mut App, args: &CreateArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let list = match &args.list {
        Some(list) => Some(find::list(&home.replica, &app.moment, list)?),
        None => None,
    };
    super::sync::meet(app, &mut home.replica)?;
    let command = Command::CreateTicket {
        list: list.as_ref().map(|list| list.id),
        uses: Some(args.uses),
        expires_in_s: Some(args.ttl),
    };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    let Outcome::Ticket { url, writes, .. } = &outcome else {
        return Err(Problem::Unexpected("ticket"));
    };
    // The relay must know that it may sign before anybody comes with the ticket.
    let synced = super::sync::once(app, &mut home.replica);
    app.print(&outcome, |screen| {
        let what = list.as_ref().map_or("your documents", |list| &list.title);
        let may = if *writes { "read and change" } else { "read" };
        screen.line(&format!(
            "{} with this address can {may} {what}, as you, for {}. The relay signs for them: `poo verify` tells what was written so.",
            count(u64::from(args.uses), "client"),
            format_args!("{:#}", SignedDuration::from_secs(i64::from(args.ttl))),
        ));
        screen.line(url);
    })?;
    super::members::push(app, synced)
}
