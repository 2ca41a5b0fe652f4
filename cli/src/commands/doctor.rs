//! `poo doctor`.

use clap::Args;
use poo_core::identity::Did;
use poo_core::model::{AgentProfile, Answer, Query};
use poo_core::replica::{Health, Introduction, Keyring, OpenError, Replica};
use poo_core::store::StoreError;

use crate::app::App;
use crate::find::{self, answer};
use crate::moment::Moment;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::screen::{Look, Screen, count};

/// What to do about it.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Make everything that is shown again from the log of changes
    #[arg(long)]
    rebuild: bool,
    /// If the database is damaged, fetch everything again from the relay, and save what can still
    /// be read and was never sent; the old file is kept
    #[arg(long)]
    repair: bool,
    /// The relay to fetch from, where the damaged database no longer tells
    #[arg(long, value_name = "URL", requires = "repair")]
    relay: Option<String>,
    /// The name that others see, where the damaged database no longer tells
    #[arg(long, requires = "repair")]
    name: Option<String>,
    /// Let the connection to a relay on another machine go unencrypted
    #[arg(long, requires = "relay")]
    insecure: bool,
}

/// Runs `poo doctor`.
pub(crate) fn doctor(app: &mut App, args: &DoctorArgs) -> Result<(), Problem> {
    let mut health = {
        let _progress = Progress::start("Checking", app.json);
        examine(app, args.rebuild)?
    };
    if !health.ok && args.repair {
        repair(app, args)?;
        health = examine(app, false)?;
    }
    let around = if app.json {
        None
    } else {
        surroundings(app).ok()
    };
    app.print(&health, |screen| {
        show(screen, &health);
        for line in around.unwrap_or_default() {
            screen.put(Look::Dim, &line).end();
        }
    })?;
    if health.ok {
        return Ok(());
    }
    Err(Problem::Unwell(
        "not all is well here: each line above says what to do".to_owned(),
    ))
}

/// The state of the database, also of one that does not even open.
fn examine(app: &mut App, rebuild: bool) -> Result<Health, Problem> {
    let look = |app: &mut App| -> Result<Health, Problem> {
        if rebuild {
            let mut home = app.home.open_to_write(&mut app.moment)?;
            home.replica.rebuild()?;
            return Ok(home.replica.health()?);
        }
        Ok(app.home.open_to_read()?.replica.health()?)
    };
    match look(app) {
        Err(problem) if is_damage(&problem) => Ok(Health {
            ok: false,
            documents: 0,
            changes: 0,
            problems: vec![
                problem.to_string(),
                "put a backup of poo.db back, or fetch everything again from your relay with `poo doctor --repair`; the old file is kept".to_owned(),
            ],
        }),
        other => other,
    }
}

fn is_damage(problem: &Problem) -> bool {
    match problem {
        Problem::DatabaseLost { .. } => true,
        Problem::Open(OpenError::Store(error)) | Problem::Store(error) => {
            matches!(error, StoreError::Damaged(_) | StoreError::Foreign)
        }
        _ => false,
    }
}

/// Fetches everything into a new database and puts it in the place of the old one. Until all of
/// it has come, the old one stays where it is.
fn repair(app: &App, args: &DoctorArgs) -> Result<(), Problem> {
    let keys = app.home.keys()?;
    let _alone = app.home.lock_alone()?;
    let mut old = Old::of(app, keys.clone());
    let given = args
        .relay
        .as_deref()
        .map(|url| super::sync::relay_url(url, args.insecure))
        .transpose()?;
    let (url, relay) = match (given, old.relay) {
        (Some(url), Some((known, relay))) if url == known => (url, relay),
        (Some(url), _) => (url, None),
        (None, Some(known)) => known,
        (None, None) => return Err(Problem::RelayUnknown),
    };
    let name = args.name.clone().or(old.name);
    let damaged = old.replica.take();
    let mut saved = 0;
    let fetched = || -> Result<(), Problem> {
        let mut moment = Moment::now();
        let mut new = app.home.begin_replacement(keys)?;
        new.set_relay(&url, relay)?;
        if new.keys().identity.is_some() {
            // The same name makes the same profile, so that nobody sees another one.
            let name = name.as_deref().ok_or(Problem::NameUnknown)?;
            super::identity::check_name(name)?;
            let introduction = Introduction {
                name: name.to_owned(),
                agent: old.agent.clone(),
            };
            new.found_as(&introduction, &mut moment.env())?;
        }
        super::sync::once(app, &mut new)?;
        let devices = answer!(new, app.moment, Query::Devices, Devices, "devices")?;
        if devices.items.iter().any(|device| device.this) {
            if let Some(damaged) = &damaged {
                saved = new.salvage(damaged, app.moment.time())?;
            }
            return Ok(());
        }
        Err(Problem::Unwell(
            "the relay gives this linked device nothing without its certificate, and that was in the damaged database, which is left as it is: link a new home with `poo device link` on your other device".to_owned(),
        ))
    };
    if let Err(problem) = fetched() {
        app.home.drop_replacement();
        return Err(problem);
    }
    drop(damaged);
    let kept = app.home.replace(&app.moment)?;
    app.note(&format!("The old database is kept at {}", kept.display()));
    if saved > 0 {
        let changes = count(saved, "change");
        app.note(&format!(
            "{changes} that the relay never had could be read there and were saved"
        ));
    }
    if let Some(rest) = old.unsent.checked_sub(saved).filter(|rest| *rest > 0) {
        let changes = count(rest, "change");
        app.note(&format!(
            "{changes} that the relay never had are only in that file"
        ));
    }
    Ok(())
}

/// What a damaged database can still tell.
#[derive(Default)]
struct Old {
    relay: Option<(String, Option<Did>)>,
    name: Option<String>,
    agent: Option<AgentProfile>,
    unsent: u64,
    /// The database itself, if it opens.
    replica: Option<Replica>,
}

impl Old {
    fn of(app: &App, keys: Keyring) -> Self {
        let Ok(old) = app.home.open_locked(keys) else {
            return Self::default();
        };
        let relay = old.relay_url().ok().flatten();
        let me = find::me(&old, &app.moment).ok();
        let agent = me.as_ref().filter(|me| me.is_agent);
        Self {
            relay: relay.map(|url| (url, old.relay_did().ok().flatten())),
            agent: agent.map(|me| AgentProfile {
                platform: me.agent_platform.clone(),
                connected_by: me.connected_by,
            }),
            // Where there is no name, the end of the DID stands in its place.
            name: me.map(|me| me.name).filter(|name| !name.starts_with('…')),
            unsent: unsent(app, &old).unwrap_or_default(),
            replica: Some(old),
        }
    }
}

/// How many changes no relay has acknowledged.
fn unsent(app: &App, replica: &Replica) -> Result<u64, Problem> {
    let pending = answer!(
        replica,
        app.moment,
        Query::Pending,
        Pending,
        "pending lists"
    )?;
    Ok(pending.items.iter().map(|list| list.changes).sum())
}

/// What else there is to know, for people.
fn surroundings(app: &App) -> Result<Vec<String>, Problem> {
    let home = app.home.open_to_read()?;
    let mut lines = vec![format!("home   {}", app.home.path().display())];
    match home.replica.relay_url()? {
        Some(url) => lines.push(format!("relay  {url}")),
        None => lines.push("relay  none: set one with `poo relay URL`".to_owned()),
    }
    if let Some(at) = home.replica.last_synced()? {
        lines.push(format!("synced {}", super::task::view::day(at)));
    }
    match unsent(app, &home.replica)? {
        0 => {}
        changes => lines.push(format!(
            "{} to send with the next `poo sync`",
            count(changes, "change")
        )),
    }
    Ok(lines)
}

fn show(screen: &mut Screen, health: &Health) {
    if health.ok {
        screen.put(Look::Good, "All is well");
    } else {
        screen.put(Look::Warm, "Not all is well");
    }
    let documents = count(health.documents, "document");
    let changes = count(health.changes, "change");
    screen
        .put(Look::Dim, &format!("  {documents}, {changes}"))
        .end();
    for problem in &health.problems {
        screen.put(Look::Warm, "- ").line(problem);
    }
}
