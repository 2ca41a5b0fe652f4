//! `poo device`.

use clap::{Args, Subcommand};
use poo_core::model::{Answer, Command, Outcome, Query};
use poo_core::replica::{Keyring, Link};

use crate::app::App;
use crate::find::{self, answer};
use crate::home::{Opened, exists};
use crate::net;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::screen::Look;

/// What to do with devices.
#[derive(Debug, Subcommand)]
pub(crate) enum DeviceCommand {
    /// Print a link for another device of yours, and wait for it
    Link,
    /// Make this a device of yours, by the link that another one printed
    Join(JoinArgs),
    /// Show your devices
    Ls,
    /// End a device, for instance a lost one
    Revoke {
        /// Its id, the beginning of it, or its name, as `device ls` shows them
        device: String,
    },
}

/// How to join.
#[derive(Debug, Args)]
pub(crate) struct JoinArgs {
    /// The link; - reads it from stdin
    link: String,
    /// What to call this device
    #[arg(long)]
    name: String,
    /// Let the connection to a relay on another machine go unencrypted
    #[arg(long)]
    insecure: bool,
}

/// Runs `poo device`.
pub(crate) fn run(app: &mut App, command: DeviceCommand) -> Result<(), Problem> {
    match command {
        DeviceCommand::Link => link(app),
        DeviceCommand::Join(args) => join(app, &args),
        DeviceCommand::Ls => ls(app),
        DeviceCommand::Revoke { device } => revoke(app, device),
    }
}

fn link(app: &mut App) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    super::sync::meet(app, &mut home.replica)?;
    let outcome = home
        .replica
        .execute(&Command::LinkDevice, &mut app.moment.env())?;
    let Outcome::DeviceLink { link, .. } = &outcome else {
        return Err(Problem::Unexpected("link"));
    };
    app.print(&outcome, |screen| {
        screen.line("On the other device run `poo device join LINK --name NAME` with this link, within 15 minutes:");
        screen.line(link);
    })?;
    app.note("Waiting for the other device. Ctrl-C ends it.");
    let link: Link = link.parse()?;
    let options = super::sync::options();
    let name = net::block_on(net::await_device(&mut home.replica, &link, &options))?;
    let linked = serde_json::json!({ "linked": name });
    app.print(&linked, |screen| {
        screen.line(&format!("{name} is now a device of yours."));
    })
}

fn join(app: &mut App, args: &JoinArgs) -> Result<(), Problem> {
    let text = super::transfer::text_or_stdin(args.link.clone())?;
    let link: Link = text.parse()?;
    let Link::Device { did, .. } = &link else {
        return Err(Problem::Usage(
            "this link is not for another device of yours: use `poo join LINK`".to_owned(),
        ));
    };
    let url = super::sync::relay_url(link.relay_url(), args.insecure)?;
    super::identity::check_name(&args.name)?;
    let mut home = begin(app, *did, &url, link.relay())?;
    let joined = {
        let _progress = Progress::start("Waiting for the other device", app.json);
        let options = super::sync::options();
        net::block_on(net::join_device(
            &mut home.replica,
            &args.name,
            &link,
            &options,
        ))
    };
    if let Err(error) = joined {
        // Nothing was made under these keys yet, so the home is empty again for the next try.
        drop(home);
        app.home.clear();
        return Err(error);
    }
    super::sync::once(app, &mut home.replica)?;
    let me = find::me(&home.replica, &app.moment)?;
    app.print(&me, |screen| {
        screen
            .plain("This is now a device of ")
            .put(Look::Strong, &me.name)
            .line(".");
    })
}

/// Keys and a database for a device that is not certified yet.
fn begin(
    app: &mut App,
    did: poo_core::identity::Did,
    url: &str,
    relay: poo_core::identity::Did,
) -> Result<Opened, Problem> {
    if exists(app.home.key_file().path()) || exists(&app.home.database()) {
        return Err(Problem::HomeTaken {
            home: app.home.path().to_owned(),
            name: None,
        });
    }
    let keys = Keyring::device_of(did, &mut app.moment.env());
    app.home.create(&keys)?;
    let mut home = app.home.create_database(keys, &mut app.moment)?;
    home.replica.set_relay(url, Some(relay))?;
    Ok(home)
}

fn ls(app: &App) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let devices = answer!(home.replica, app.moment, Query::Devices, Devices, "devices")?;
    app.print(&devices, |screen| {
        let rows: Vec<_> = devices
            .items
            .iter()
            .map(|device| {
                let state = match (device.revoked, device.this) {
                    (true, _) => "revoked",
                    (false, true) => "this device",
                    (false, false) => "",
                };
                let since = device.linked_at.map(super::task::view::day);
                vec![
                    (Look::Dim, device.id.clone()),
                    (Look::Strong, device.name.clone()),
                    (Look::Dim, since.unwrap_or_default()),
                    (Look::Plain, state.to_owned()),
                ]
            })
            .collect();
        screen.table(&rows);
    })
}

fn revoke(app: &mut App, device: String) -> Result<(), Problem> {
    if device.trim().is_empty() {
        return Err(Problem::Usage(
            "name a device as `poo device ls` shows it".to_owned(),
        ));
    }
    let mut home = app.home.open_to_write(&mut app.moment)?;
    let shown = device.clone();
    let command = Command::RevokeDevice { device };
    let outcome = home.replica.execute(&command, &mut app.moment.env())?;
    app.print(&outcome, |screen| {
        screen.line(&format!(
            "{shown} is no longer a device of yours. What it wrote so far stays."
        ));
        screen.line("Others learn of it with the next `poo sync`.");
    })
}
