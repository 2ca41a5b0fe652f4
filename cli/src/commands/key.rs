//! `poo key`: the keys with which programs use the relay's API.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::agent::{field, items};
use crate::api::{Api, text};
use crate::app::App;
use crate::find;
use crate::problem::Problem;
use crate::screen::Look;

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key that acts as you, or for an agent of yours
    Create(CreateArgs),
    /// List your keys and those of your agents
    Ls,
    /// Make a new key in place of one, which works on for a while
    Rotate(RotateArgs),
    /// End a key at once
    Revoke(WhichArgs),
}

/// A key that is to be made.
#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// What to call it
    name: String,
    /// The agent that it is for: its DID
    #[arg(long, value_name = "DID")]
    agent: Option<String>,
    /// What it allows, such as tasks:read; may be given again
    #[arg(long)]
    scope: Vec<String>,
    /// A list that it is for, by its title, the beginning of it, or its id; may be given again.
    /// Without any it is for all
    #[arg(long)]
    list: Vec<String>,
}

/// Which key, and for how long.
#[derive(Debug, Args)]
pub(crate) struct RotateArgs {
    /// The id of the key, as `poo key ls` shows it
    key: String,
    /// For how many seconds the old key works on
    #[arg(long, value_name = "SECONDS", default_value_t = 86_400)]
    overlap: u32,
}

/// Which key.
#[derive(Debug, Args)]
pub(crate) struct WhichArgs {
    /// The id of the key, as `poo key ls` shows it
    key: String,
}

/// Runs `poo key`.
pub(crate) fn run(app: &mut App, command: KeyCommand) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let api = Api::sign_in(&home.replica)?;
    match command {
        KeyCommand::Create(args) => {
            let mut body = json!({ "name": args.name });
            let mut lists = Vec::new();
            for list in &args.list {
                lists.push(find::list(&home.replica, &app.moment, list)?.id);
            }
            let more = [
                ("agent", args.agent.map(Value::from)),
                (
                    "scopes",
                    (!args.scope.is_empty()).then(|| json!(args.scope)),
                ),
                ("lists", (!lists.is_empty()).then(|| json!(lists))),
            ];
            if let Some(fields) = body.as_object_mut() {
                for (name, value) in more {
                    fields.extend(value.map(|value| (name.to_owned(), value)));
                }
            }
            made(app, &api.post("/keys", &body)?)
        }
        KeyCommand::Rotate(args) => {
            let path = format!("/keys/{}/rotate", plain(&args.key)?);
            made(app, &api.post(&path, &json!({ "overlapS": args.overlap }))?)
        }
        KeyCommand::Revoke(args) => {
            api.delete(&format!("/keys/{}", plain(&args.key)?))?;
            app.print(&json!({ "revoked": args.key }), |screen| {
                screen.line("The key has ended.");
            })
        }
        KeyCommand::Ls => {
            let keys = api.get("/keys")?;
            app.print(&keys, |screen| {
                let rows: Vec<_> = items(&keys).map(row).collect();
                if rows.is_empty() {
                    screen.line("No keys yet. Make one with `poo key create NAME`.");
                }
                screen.table(&rows);
            })
        }
    }
}

fn made(app: &App, key: &Value) -> Result<(), Problem> {
    let secret = text(key, "secret")?;
    app.print(key, |screen| {
        screen.line("This is the key. It is shown only now:");
        screen.line(&secret);
    })
}

/// An id as it may stand in an address.
fn plain(id: &str) -> Result<&str, Problem> {
    match !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric()) {
        true => Ok(id),
        false => Err(Problem::Usage(format!(
            "`{id}` is no key's id: `poo key ls` shows them"
        ))),
    }
}

fn row(key: &Value) -> Vec<(Look, String)> {
    let state = match key.get("revokedAt") {
        Some(_) => "revoked",
        None => "",
    };
    vec![
        (Look::Strong, field(key, "id")),
        (Look::Plain, field(key, "name")),
        (Look::Dim, field(key, "lastUsedAt")),
        (Look::Warm, state.to_owned()),
    ]
}
