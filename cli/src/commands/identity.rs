//! `poo init` and `poo whoami`.

use std::io::{IsTerminal as _, Read as _};

use clap::Args;
use poo_core::identity::{Did, KeyFileError, Keypair, RecoveryPhrase};
use poo_core::model::{AgentProfile, Answer, Identity, Query};
use poo_core::replica::{Introduction, Keyring};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::app::App;
use crate::find::{self, answer};
use crate::home::{Opened, exists, file_problem};
use crate::problem::Problem;
use crate::screen::{Look, Screen};

/// A phrase of 24 words is shorter than this.
const PHRASE_LEN_MAX: u64 = 4096;

/// How to make an identity.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The name that others see
    #[arg(long)]
    name: String,
    /// The relay to sync with
    #[arg(long, value_name = "URL")]
    relay: Option<String>,
    /// Let the connection to a relay on another machine go unencrypted
    #[arg(long, requires = "relay")]
    insecure: bool,
    /// Restore an identity: reads its 24 words from stdin
    #[arg(long)]
    restore: bool,
    /// This is an agent: a program that acts for somebody
    #[arg(long, conflicts_with = "restore")]
    agent: bool,
    /// What the agent runs on, such as openclaw
    #[arg(long, requires = "agent")]
    platform: Option<String>,
    /// Who connected the agent: their DID
    #[arg(long, requires = "agent", value_name = "DID")]
    owner: Option<Did>,
}

/// What to show of oneself.
#[derive(Debug, Args)]
pub(crate) struct WhoamiArgs {
    /// Show the recovery phrase too: whoever reads it can act as you
    #[arg(long)]
    phrase: bool,
}

/// The identity, and the phrase where it was asked for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    #[serde(flatten)]
    identity: &'a Identity,
    #[serde(skip_serializing_if = "Option::is_none")]
    phrase: Option<&'a str>,
}

/// Runs `poo init`.
pub(crate) fn init(app: &mut App, args: InitArgs) -> Result<(), Problem> {
    let relay = args
        .relay
        .map(|url| super::sync::relay_url(&url, args.insecure))
        .transpose()?;
    let restored = if args.restore {
        Some(read_phrase()?)
    } else {
        None
    };
    check_name(&args.name)?;
    if let Some(platform) = &args.platform {
        check_line("platform", platform)?;
    }
    let introduction = Introduction {
        name: args.name,
        agent: args.agent.then_some(AgentProfile {
            platform: args.platform,
            connected_by: args.owner,
        }),
    };
    let keys = match app.home.key_file().load() {
        Ok(keys) => Keyring::from(keys),
        Err(KeyFileError::Missing { .. }) => make_keys(app, restored.as_ref())?,
        Err(error) => return Err(error.into()),
    };
    let mut home = found(app, keys, restored.as_ref(), &introduction)?;
    if let Some(url) = relay {
        home.replica.set_relay(&url, None)?;
    }
    let me = find::me(&home.replica, &app.moment)?;
    app.print(&me, |screen| {
        let verb = if args.restore {
            "restored on"
        } else {
            "ready on"
        };
        screen.put(Look::Strong, &me.name);
        screen.line(&format!(" is {verb} this device."));
        if !args.restore {
            screen.line("Keep your recovery phrase on paper: poo whoami --phrase");
        }
        match &me.relay {
            Some(_) => screen.line("Exchange changes with your relay: poo sync"),
            None => screen.line("Make a first list: poo list create \"Groceries\""),
        };
    })
}

/// The engine checks the name too, but only after the keys are written.
pub(super) fn check_name(name: &str) -> Result<(), Problem> {
    check_line("name", name)
}

fn check_line(what: &str, text: &str) -> Result<(), Problem> {
    let text = text.trim();
    let chars = text.chars().count();
    if (1..=100).contains(&chars) && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(Problem::Usage(format!(
        "{what}: must be one line of 1 to 100 characters"
    )))
}

fn make_keys(app: &mut App, restored: Option<&Keypair>) -> Result<Keyring, Problem> {
    if exists(&app.home.database()) {
        return Err(Problem::KeysLost {
            home: app.home.path().to_owned(),
        });
    }
    let keys = match restored {
        Some(identity) => Keyring::of(identity.clone(), &mut app.moment.env()),
        None => Keyring::generate(&mut app.moment.env()),
    };
    app.home.create(&keys)?;
    Ok(keys)
}

/// Makes the identity's part of the database. A home where that was cut short is completed, any
/// other one that is in use is left alone.
fn found(
    app: &mut App,
    keys: Keyring,
    restored: Option<&Keypair>,
    introduction: &Introduction,
) -> Result<Opened, Problem> {
    let taken = |name| Problem::HomeTaken {
        home: app.home.path().to_owned(),
        name,
    };
    let another = restored.is_some_and(|pair| Did::from_key(pair.public()) != keys.did);
    if another || keys.identity.is_none() {
        return Err(taken(None));
    }
    let mut home = app.home.create_database(keys, &mut app.moment)?;
    let devices = answer!(home.replica, app.moment, Query::Devices, Devices, "devices")?;
    if devices.items.iter().any(|device| device.this) {
        let me = find::me(&home.replica, &app.moment)?;
        return Err(taken(Some(me.name)));
    }
    (home.replica).found_as(introduction, &mut app.moment.env())?;
    Ok(home)
}

fn read_phrase() -> Result<Keypair, Problem> {
    let stdin = std::io::stdin();
    let mut words = Zeroizing::new(String::new());
    if stdin.is_terminal() {
        let mut screen = Screen::default();
        screen.line("Type the 24 words of the recovery phrase, then Enter:");
        crate::app::prompt(&screen);
        stdin.read_line(&mut words)
    } else {
        stdin.lock().take(PHRASE_LEN_MAX).read_to_string(&mut words)
    }
    .map_err(|source| file_problem("stdin".as_ref(), source))?;
    Ok(RecoveryPhrase::restore(&words)?)
}

/// Runs `poo whoami`.
pub(crate) fn whoami(app: &App, args: &WhoamiArgs) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let identity = find::me(&home.replica, &app.moment)?;
    let phrase = if args.phrase {
        let secret = home.replica.keys().identity.as_ref();
        let secret = secret.ok_or(poo_core::replica::CommandError::NoIdentitySecret)?;
        app.note("Whoever reads these words can act as you. Keep them on paper, not in a file.");
        Some(RecoveryPhrase::of(secret))
    } else {
        None
    };
    let shown = Shown {
        identity: &identity,
        phrase: phrase.as_ref().map(RecoveryPhrase::words),
    };
    app.print(&shown, |screen| {
        let row = |name: &str, value: &str| (Look::Dim, name.to_owned(), value.to_owned());
        let mut rows = vec![
            row("name", &identity.name),
            row("did", &identity.did.to_string()),
            row("device", &identity.device),
            row(
                "keys",
                if identity.holds_identity {
                    "this device holds your identity"
                } else {
                    "linked device: your identity rests on another one"
                },
            ),
        ];
        if identity.is_agent {
            let platform = identity.agent_platform.as_deref();
            rows.push(row("agent", platform.unwrap_or("yes")));
        }
        if let Some(did) = &identity.connected_by {
            rows.push(row("owner", &did.to_string()));
        }
        rows.push(row("relay", identity.relay.as_deref().unwrap_or("none")));
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(look, name, value)| vec![(look, name), (Look::Plain, value)])
            .collect();
        screen.table(&rows);
        if let Some(words) = shown.phrase {
            screen.end().line(words);
        }
    })
}
