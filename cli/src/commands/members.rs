//! `poo share`, `poo join`, `poo members` and `poo revoke`.

use clap::{Args, ValueEnum};
use poo_core::identity::Did;
use poo_core::membership::Role;
use poo_core::model::{Answer, Command, Member, Outcome, Query};
use poo_core::replica::Link;

use crate::app::App;
use crate::find::{self, answer};
use crate::home::Opened;
use crate::net::{self, SyncReport};
use crate::problem::Problem;
use crate::progress::Progress;
use crate::screen::{Look, Screen};

/// How to share.
#[derive(Debug, Args)]
pub(crate) struct ShareArgs {
    /// The list: its title, the beginning of it, or its id
    list: String,
    /// What the joiner may do
    #[arg(long, value_enum)]
    role: ShareRole,
    /// For how long the link is good, such as 30m, 12h, 7d or 2w [default: 7d]
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    expires: Option<u32>,
}

/// What a joiner may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShareRole {
    /// Reads and writes
    Editor,
    /// Reads
    Viewer,
}

/// By which link to join.
#[derive(Debug, Args)]
pub(crate) struct JoinArgs {
    /// The link; - reads it from stdin
    link: String,
    /// Let the connection to a relay on another machine go unencrypted
    #[arg(long)]
    insecure: bool,
}

/// Whose members.
#[derive(Debug, Args)]
pub(crate) struct MembersArgs {
    /// The list: its title, the beginning of it, or its id
    list: String,
    /// Show with which devices, and since when
    #[arg(long)]
    devices: bool,
}

/// Whose access to take away.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// The list: its title, the beginning of it, or its id
    list: String,
    /// Who: a name, the beginning of one, or a DID
    member: String,
}

/// A role as people read it.
pub(super) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Editor => "editor",
        Role::Owner => "owner",
    }
}

/// Reads `30m`, `12h`, `7d`, `2w`.
fn seconds(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is no length of time: use 30m, 12h, 7d or 2w");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        'w' => 7 * 24 * 3600,
        _ => return Err(wrong()),
    };
    let number = text.strip_suffix(unit).unwrap_or_default();
    let number: u32 = number.parse().map_err(|_| wrong())?;
    number
        .checked_mul(factor)
        .filter(|seconds| *seconds > 0)
        .ok_or_else(wrong)
}

/// Runs `poo share`.
pub(crate) fn share(app: &mut App, args: &ShareArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let list = find::list(&home.replica, &app.moment, &args.list)?;
    super::sync::meet(app, &mut home.replica)?;
    let command = Command::Share {
        list: list.id,
        role: match args.role {
            ShareRole::Editor => Role::Editor,
            ShareRole::Viewer => Role::Viewer,
        },
        expires_in_s: args.expires,
    };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    let Outcome::Invite {
        link, expires_at, ..
    } = &outcome
    else {
        return Err(Problem::Unexpected("invite"));
    };
    // The relay must know of the invite before anybody can use it.
    let synced = super::sync::once(app, &mut home.replica);
    app.print(&outcome, |screen| {
        let may = match args.role {
            ShareRole::Editor => "read and change",
            ShareRole::Viewer => "read",
        };
        screen.line(&format!(
            "Whoever opens this link first can {may} {}, until {}. They will see its history from before they joined.",
            list.title,
            super::task::view::day(*expires_at)
        ));
        screen.line(link);
    })?;
    push(app, synced)
}

/// What became of telling the relay about a link at once.
pub(super) fn push(app: &App, synced: Result<SyncReport, Problem>) -> Result<(), Problem> {
    match synced {
        Ok(report) if report.refused.is_empty() => Ok(()),
        Ok(report) => Err(Problem::RelayRefused {
            count: report.refused.len(),
        }),
        Err(Problem::Net(error)) if error.is_offline() => {
            let text = "The relay cannot be reached now. The link works once this device has synced: poo sync";
            app.warn(
                &serde_json::json!({ "code": "offline", "message": text }),
                text,
            );
            Ok(())
        }
        Err(problem) => Err(problem),
    }
}

/// Runs `poo join`.
pub(crate) fn join(app: &mut App, args: &JoinArgs) -> Result<(), Problem> {
    let text = super::transfer::text_or_stdin(args.link.clone())?;
    let link: Link = text.parse()?;
    if matches!(link, Link::Device { .. }) {
        return Err(Problem::Usage(
            "this link is for another device of the same person: use `poo device join LINK --name NAME` in an empty home".to_owned(),
        ));
    }
    // The engine takes the link's relay where none is set; here its address is agreed to.
    super::sync::relay_url(link.relay_url(), args.insecure)?;
    let mut home = app.home.open_to_write(&mut app.moment)?;
    if matches!(link, Link::Setup { .. }) {
        return set_up(app, &mut home, &link);
    }
    let id = {
        let _progress = Progress::start("Joining", app.json);
        net::block_on(net::redeem(
            &mut home.replica,
            &link,
            &super::sync::options(),
        ))?
    };
    let list = answer!(
        home.replica,
        app.moment,
        Query::List { list: id },
        List,
        "list"
    )?;
    app.print(&list, |screen| {
        let role = list.role.map_or("member", role_name);
        screen
            .plain("You joined ")
            .put(Look::Strong, &list.title)
            .line(&format!(" as {role}."));
    })
}

/// Uses a relay's set-up link.
fn set_up(app: &App, home: &mut Opened, link: &Link) -> Result<(), Problem> {
    {
        let _progress = Progress::start("Joining", app.json);
        net::block_on(net::admit(&mut home.replica, link, &super::sync::options()))?;
    }
    let me = find::me(&home.replica, &app.moment)?;
    app.print(&me, |screen| {
        screen.line("The relay takes your lists from now on. Exchange changes with it: poo sync");
    })
}

/// Runs `poo members`.
pub(crate) fn members(app: &App, args: &MembersArgs) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let list = find::list(&home.replica, &app.moment, &args.list)?;
    let members = find::members(&home.replica, &app.moment, list.id)?;
    if app.json {
        return app.print_json(&members);
    }
    let query = Query::Invites { list: list.id };
    let invites = answer!(home.replica, app.moment, query, Invites, "invites")?;
    app.print(&members, |screen| {
        let rows: Vec<_> = members
            .items
            .iter()
            .map(|member| {
                vec![
                    (Look::Strong, member.name.clone()),
                    (Look::Plain, role_name(member.role).to_owned()),
                    (Look::Dim, about(member)),
                ]
            })
            .collect();
        if args.devices {
            for (member, row) in members.items.iter().zip(rows) {
                screen.table(&[row]);
                with_devices(screen, member, &members.items);
            }
        } else {
            screen.table(&rows);
        }
        for invite in &invites.items {
            let role = role_name(invite.role);
            let until = super::task::view::day(invite.expires_at);
            let line = match invite.single_use {
                true => format!("An open invite as {role}, until {until}"),
                false => "A public link to read it".to_owned(),
            };
            screen.put(Look::Dim, &line).end();
        }
    })
}

/// What else is known of a member, in a few words.
fn about(member: &Member) -> String {
    let agent = match (&member.agent_platform, member.is_agent) {
        (Some(platform), true) => format!("agent on {platform}"),
        (None, true) => "agent".to_owned(),
        (_, false) => String::new(),
    };
    match (member.me, agent.is_empty()) {
        (true, true) => "you".to_owned(),
        (true, false) => format!("you, {agent}"),
        (false, _) => agent,
    }
}

/// Since when and by whom somebody is a member, and their devices.
fn with_devices(screen: &mut Screen, member: &Member, all: &[Member]) {
    let name = |did: Option<Did>| {
        let found = all.iter().find(|member| Some(member.did) == did);
        found.map(|member| member.name.as_str())
    };
    let by = |what: &str, did| name(did).map(|name| format!(", {what} {name}"));
    if let Some(at) = member.joined_at {
        let invited = by("invited by", member.invited_by).unwrap_or_default();
        let connected = by("connected by", member.connected_by).unwrap_or_default();
        let since = super::task::view::day(at);
        let line = format!("  since {since}{invited}{connected}");
        screen.put(Look::Dim, &line).end();
    }
    let rows: Vec<_> = member
        .devices
        .iter()
        .map(|device| {
            let state = if device.revoked { "revoked" } else { "" };
            vec![
                (Look::Dim, format!("  {}", device.id)),
                (Look::Plain, device.name.clone()),
                (Look::Warm, state.to_owned()),
            ]
        })
        .collect();
    screen.table(&rows);
}

/// Runs `poo revoke`.
pub(crate) fn revoke(app: &mut App, args: &RevokeArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let list = find::list(&home.replica, &app.moment, &args.list)?;
    let member = find::member(&home.replica, &app.moment, list.id, &args.member)?;
    let command = Command::RevokeMember {
        list: list.id,
        member: member.did,
    };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    app.print(&outcome, |screen| {
        if member.me {
            screen.line(&format!("You left {}.", list.title));
        } else {
            screen.line(&format!(
                "{} has no access to {} any more. What they wrote so far stays.",
                member.name, list.title
            ));
        }
        screen.line("Others learn of it with the next `poo sync`.");
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read() {
        assert_eq!(seconds("30m"), Ok(1800));
        assert_eq!(seconds("7d"), Ok(604_800));
        for bad in ["", "7", "d", "0d", "-1d", "7 d", "7y", "99999999w", "7ö"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
