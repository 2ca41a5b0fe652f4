//! `poo ticket`: lets other programs sync by Automerge's own protocol.

use clap::{Args, Subcommand};
use jiff::SignedDuration;
use poo_core::model::{Answer, Command, Outcome, Query};

use crate::app::App;
use crate::find::{self, answer};
use crate::problem::Problem;
use crate::screen::count;

/// What to do with tickets.
#[derive(Debug, Subcommand)]
pub(crate) enum TicketCommand {
    /// Make an address at which automerge-repo and samod clients sync your documents
    Create(CreateArgs),
    /// The tickets made on this device that have not ended
    Ls,
    /// Take a ticket back: whoever came with it is cut off
    Revoke(RevokeArgs),
}

/// Which ticket to take back.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// The ticket's id or the beginning of it, or the whole address of one made on another device
    ticket: String,
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
        TicketCommand::Ls => list(app),
        TicketCommand::Revoke(args) => revoke(app, args.ticket),
    }
}

fn list(app: &mut App) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let tickets = answer!(home.replica, app.moment, Query::Tickets, Tickets, "tickets")?;
    let lists = answer!(
        home.replica,
        app.moment,
        Query::Lists { all: true },
        Lists,
        "lists"
    )?;
    let now = app.moment.time();
    app.print(&tickets, |screen| {
        if tickets.items.is_empty() {
            screen.line("No ticket made on this device is good. Make one: poo ticket create");
        }
        for ticket in &tickets.items {
            let what = match ticket.list {
                Some(id) => lists.items.iter().find(|list| list.id == id),
                None => None,
            };
            let what = match (what, ticket.list) {
                (Some(list), _) => list.title.as_str(),
                (None, Some(_)) => "a list that is not here",
                (None, None) => "all your documents",
            };
            let ends = if ticket.revoked {
                "taken back".to_owned()
            } else {
                format!(
                    "ends in {:#}",
                    rounded(ticket.expires_at.duration_since(now))
                )
            };
            screen.line(&format!(
                "{}  {}  {what}  {ends}",
                ticket.id.get(..8).unwrap_or_default(),
                count(u64::from(ticket.uses), "client"),
            ));
        }
    })
}

/// To whole minutes, or seconds of what is less.
fn rounded(duration: SignedDuration) -> SignedDuration {
    let seconds = duration.as_secs().max(0);
    SignedDuration::from_secs(if seconds < 60 {
        seconds
    } else {
        seconds / 60 * 60
    })
}

fn revoke(app: &mut App, ticket: String) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let command = Command::RevokeTicket { ticket };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    let synced = super::sync::once(app, &mut home.replica);
    app.print(&outcome, |screen| {
        screen.line(if outcome == (Outcome::Done { changed: false }) {
            "The ticket was taken back before."
        } else if synced.is_ok() {
            "The ticket lets nobody in any more; who came with it was cut off."
        } else {
            "The ticket lets nobody in any more, once your relay knows."
        });
    })?;
    match synced {
        // That is what the line above says.
        Err(Problem::Net(error)) if error.is_offline() => Ok(()),
        synced => super::members::push(app, synced),
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
