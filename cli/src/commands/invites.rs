//! `poo invites` and `poo publish`.

use clap::Args;
use poo_core::model::{Answer, Command, InviteView, Outcome, Query};

use super::members::{push, role_name};
use super::roles::LATER;
use crate::app::App;
use crate::find::{self, answer};
use crate::problem::Problem;
use crate::screen::{Look, count};

/// Whose invites.
#[derive(Debug, Args)]
pub(crate) struct InvitesArgs {
    /// The list: its title, the beginning of it, or its id
    list: String,
    /// Take one back: its id, or the beginning of it
    #[arg(long, value_name = "ID")]
    revoke: Option<String>,
}

/// What to publish.
#[derive(Debug, Args)]
pub(crate) struct PublishArgs {
    /// The list: its title, the beginning of it, or its id
    list: String,
    /// End the public link, and the access of those who joined by it
    #[arg(long)]
    stop: bool,
}

/// How many characters of an invite's id are shown.
const ID_CHARS: usize = 12;

/// Runs `poo invites`.
pub(crate) fn invites(app: &mut App, args: &InvitesArgs) -> Result<(), Problem> {
    if let Some(invite) = &args.revoke {
        return revoke(app, &args.list, invite);
    }
    let home = app.home.open_to_read()?;
    let list = find::list(&home.replica, &app.moment, &args.list)?;
    let query = Query::Invites { list: list.id };
    let invites = answer!(home.replica, app.moment, query, Invites, "invites")?;
    let members = find::members(&home.replica, &app.moment, list.id)?;
    app.print(&invites, |screen| {
        if invites.items.is_empty() {
            screen.line("There is no open invite.");
        }
        let maker = |invite: &InviteView| {
            let by = members.items.iter().find(|m| Some(m.did) == invite.made_by);
            by.map(|member| format!("by {}", member.name))
                .unwrap_or_default()
        };
        let rows: Vec<_> = invites
            .items
            .iter()
            .map(|invite| {
                let terms = if invite.single_use {
                    format!("until {}", super::task::view::day(invite.expires_at))
                } else {
                    format!("public link, {} joined", invite.joined)
                };
                vec![
                    (Look::Strong, invite.id.chars().take(ID_CHARS).collect()),
                    (Look::Plain, role_name(invite.role).to_owned()),
                    (Look::Plain, terms),
                    (Look::Dim, maker(invite)),
                ]
            })
            .collect();
        screen.table(&rows);
        for link in invites.items.iter().filter_map(|it| it.link.as_deref()) {
            screen.line(link);
        }
    })
}

fn revoke(app: &mut App, list: &str, invite: &str) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let list = find::list(&home.replica, &app.moment, list)?;
    let command = Command::RevokeInvite {
        list: list.id,
        invite: invite.to_owned(),
    };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    app.print(&outcome, |screen| {
        screen.line("The invite lets nobody in any more, once your relay knows.");
        screen.line(LATER);
    })
}

/// Runs `poo publish`.
pub(crate) fn publish(app: &mut App, args: &PublishArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let list = find::list(&home.replica, &app.moment, &args.list)?;
    if args.stop {
        let query = Query::Invites { list: list.id };
        let open = answer!(home.replica, app.moment, query, Invites, "invites")?;
        let joined = open.items.iter().filter(|invite| !invite.single_use);
        let joined = joined.map(|invite| invite.joined).sum();
        let command = Command::Unpublish { list: list.id };
        let outcome = home.replica.execute(&command, &mut app.moment.env())?;
        return app.print(&outcome, |screen| {
            if outcome == (Outcome::Done { changed: false }) {
                screen.line(&format!("{} is not public.", list.title));
                return;
            }
            screen.line(&format!(
                "{} is public no longer. Access ends for {} who came by the link.",
                list.title,
                count(joined, "reader")
            ));
            screen.line(LATER);
        });
    }
    super::sync::meet(app, &mut home.replica)?;
    let command = Command::Publish { list: list.id };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    let Outcome::Invite { link, .. } = &outcome else {
        return Err(Problem::Unexpected("invite"));
    };
    // The relay must know of the link before anybody can use it.
    let synced = super::sync::once(app, &mut home.replica);
    app.print(&outcome, |screen| {
        screen.line(&format!(
            "Whoever has this link can read {}, its history from before they joined, and who its members are. It ends with: poo publish {} --stop",
            list.title, args.list
        ));
        screen.line(link);
    })?;
    push(app, synced)
}
