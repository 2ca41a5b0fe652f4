//! `poo agent`: programs that work in one's lists over HTTP.

use clap::{Args, Subcommand, ValueEnum};
use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::membership::Role;
use poo_core::model::{Command, Outcome};
use serde_json::{Value, json};

use crate::api::{Api, text};
use crate::app::App;
use crate::find;
use crate::problem::Problem;
use crate::screen::Look;

/// What to do with agents.
#[derive(Debug, Subcommand)]
pub(crate) enum AgentCommand {
    /// Connect an agent: let it into lists and make a key for it
    Connect(ConnectArgs),
    /// List your agents
    Ls,
    /// Show an agent
    Show(WhichArgs),
    /// Disconnect an agent: end its keys and take its roles away
    Disconnect(WhichArgs),
}

/// An agent that is to be connected.
#[derive(Debug, Args)]
pub(crate) struct ConnectArgs {
    /// The name that others see
    name: String,
    /// What it runs on, such as openclaw
    #[arg(long)]
    platform: Option<String>,
    /// The colour of its avatar
    #[arg(long)]
    color: Option<String>,
    /// A list that it works in, by its title, the beginning of it, or its id; may be given again
    #[arg(long, required_unless_present = "all")]
    list: Vec<String>,
    /// Every list that you own now
    #[arg(long, conflicts_with = "list")]
    all: bool,
    /// What it may do in them
    #[arg(long, value_enum, default_value_t = AgentRole::Editor)]
    role: AgentRole,
    /// What its key allows, such as tasks:read; unless told it reads and changes tasks and writes
    /// notes; may be given again
    #[arg(long)]
    scope: Vec<String>,
    /// The DID of an agent that has keys of its own: it signs in with them, and no key is made
    #[arg(long, value_name = "DID", conflicts_with_all = ["platform", "color", "scope"])]
    own_key: Option<Did>,
}

/// What an agent may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum AgentRole {
    /// Read and write
    Editor,
    /// Read
    Viewer,
}

/// Which agent.
#[derive(Debug, Args)]
pub(crate) struct WhichArgs {
    /// Its name, the beginning of it, or its DID
    agent: String,
}

/// Runs `poo agent`.
pub(crate) fn run(app: &mut App, command: AgentCommand) -> Result<(), Problem> {
    match command {
        AgentCommand::Connect(args) => connect(app, &args),
        AgentCommand::Ls => ls(app),
        AgentCommand::Show(args) => show(app, &args),
        AgentCommand::Disconnect(args) => disconnect(app, &args),
    }
}

fn connect(app: &mut App, args: &ConnectArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    super::sync::meet(app, &mut home.replica)?;
    let mut lists = Vec::new();
    match args.all {
        true => {
            let all = find::lists(&home.replica, &app.moment, false)?.into_iter();
            lists.extend(all.filter(|list| list.role == Some(Role::Owner)));
        }
        false => {
            for text in &args.list {
                lists.push(find::list(&home.replica, &app.moment, text)?);
            }
        }
    }
    let role = match args.role {
        AgentRole::Editor => Role::Editor,
        AgentRole::Viewer => Role::Viewer,
    };
    // The relay has to know this device before it lets it sign in.
    super::sync::once(app, &mut home.replica)?;
    let api = Api::sign_in(&home.replica)?;
    let (agent, witness, key) = match args.own_key {
        Some(agent) => {
            let relay = home.replica.relay_did()?.ok_or(Problem::NoRelay)?;
            (agent, relay, None)
        }
        None => {
            let (agent, signer) = introduce(app, &mut home.replica, &api, args)?;
            (agent, signer, Some(()))
        }
    };
    for list in &lists {
        let command = Command::AddMember {
            list: list.id,
            member: agent,
            role,
            witness: Some(witness),
        };
        home.replica.execute(&command, &mut app.moment.env())?;
    }
    // What lets it in has to be there before it comes.
    let synced = super::sync::once(app, &mut home.replica);
    let key = match key {
        Some(()) => Some(make_key(&api, &agent, args)?),
        None => None,
    };
    let ids: Vec<DocumentId> = lists.iter().map(|list| list.id).collect();
    let answer = json!({
        "agent": agent, "name": args.name, "lists": ids, "key": key, "url": api.base(),
    });
    app.print(&answer, |screen| {
        screen.put(Look::Strong, &args.name).plain(" works in ");
        let titles: Vec<&str> = lists.iter().map(|list| &*list.title).collect();
        screen.plain(&titles.join(", ")).end();
        screen.line(&format!("It is {agent}"));
        match &key {
            Some(key) => {
                screen.line("This is its key. It is shown only now:");
                screen.line(key);
                screen.line(&format!(
                    "The API is at {}/api/v1 and described at {}/api",
                    api.base(),
                    api.base()
                ));
            }
            None => {
                screen.line("It syncs, or signs in to the API, with its own key.");
            }
        }
    })?;
    super::members::push(app, synced)
}

/// Makes an identity for the agent and makes it known to the relay. Gives who it is and the key
/// with which the relay signs for it.
fn introduce(
    app: &mut App,
    replica: &mut poo_core::replica::Replica,
    api: &Api,
    args: &ConnectArgs,
) -> Result<(Did, Did), Problem> {
    let command = Command::CreateAgent {
        name: args.name.clone(),
        platform: args.platform.clone(),
        color: args.color.clone(),
    };
    let outcome = replica.execute(&command, &mut app.moment.env())?;
    let Outcome::Agent { agent, profile } = outcome else {
        return Err(Problem::Unexpected("agent"));
    };
    let connected = api.post("/agents", &json!({ "profile": profile }))?;
    let signer = text(&connected, "signer")?;
    Ok((agent, signer.parse().map_err(|_| Problem::NoApi)?))
}

fn make_key(api: &Api, agent: &Did, args: &ConnectArgs) -> Result<String, Problem> {
    let mut body = json!({ "name": args.name, "agent": agent });
    if !args.scope.is_empty()
        && let Some(fields) = body.as_object_mut()
    {
        fields.insert("scopes".to_owned(), json!(args.scope));
    }
    text(&api.post("/keys", &body)?, "secret")
}

fn ls(app: &mut App) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let api = Api::sign_in(&home.replica)?;
    let agents = api.get("/agents")?;
    app.print(&agents, |screen| {
        let rows: Vec<_> = items(&agents).map(row).collect();
        if rows.is_empty() {
            screen.line("No agents yet. Connect one with `poo agent connect NAME --list LIST`.");
        }
        screen.table(&rows);
    })
}

fn show(app: &mut App, args: &WhichArgs) -> Result<(), Problem> {
    let home = app.home.open_to_read()?;
    let api = Api::sign_in(&home.replica)?;
    let agents = api.get("/agents")?;
    let agent = which(&agents, &args.agent)?;
    let lists = find::lists(&home.replica, &app.moment, true)?;
    app.print(&agent, |screen| {
        screen.table(&[row(&agent)]);
        screen.line(&field(&agent, "did"));
        for id in agent
            .get("lists")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let id = id.as_str().unwrap_or_default();
            let list = lists.iter().find(|list| list.id.to_string() == id);
            screen.line(&format!(
                "works in {}",
                list.map_or(id, |list| &*list.title)
            ));
        }
    })
}

fn disconnect(app: &mut App, args: &WhichArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    super::sync::meet(app, &mut home.replica)?;
    let api = Api::sign_in(&home.replica)?;
    let agents = api.get("/agents")?;
    let agent = which(&agents, &args.agent)?;
    let did: Did = field(&agent, "did").parse().map_err(|_| Problem::NoApi)?;
    api.delete(&format!("/agents/{did}"))?;
    // What it wrote until now stays: it has to be here before its roles are taken.
    super::sync::once(app, &mut home.replica)?;
    let mut ended = Vec::new();
    for list in find::lists(&home.replica, &app.moment, true)? {
        let members = find::members(&home.replica, &app.moment, list.id)?.items;
        let is_in = members.iter().any(|member| member.did == did);
        if !is_in || list.role != Some(Role::Owner) {
            continue;
        }
        let command = Command::RevokeMember {
            list: list.id,
            member: did,
        };
        home.replica.execute(&command, &mut app.moment.env())?;
        ended.push(list.title);
    }
    let synced = super::sync::once(app, &mut home.replica);
    let answer = json!({ "agent": did, "lists": ended });
    app.print(&answer, |screen| {
        let name = field(&agent, "name");
        screen.line(&format!("{name} is disconnected: its keys have ended, and it is in none of your lists. What it wrote stays."));
    })?;
    super::members::push(app, synced)
}

/// The agent that a text names.
fn which(agents: &Value, wanted: &str) -> Result<Value, Problem> {
    let all: Vec<Value> = items(agents).cloned().collect();
    find::named("agent", all, wanted, |agent| {
        (field(agent, "did"), field(agent, "name"))
    })
}

fn row(agent: &Value) -> Vec<(Look, String)> {
    vec![
        (Look::Strong, field(agent, "name")),
        (Look::Plain, field(agent, "platform")),
        (Look::Plain, field(agent, "status")),
        (Look::Dim, field(agent, "lastActiveAt")),
    ]
}

/// The items of a page.
pub(super) fn items(page: &Value) -> impl Iterator<Item = &Value> {
    page.get("items")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// A field of an answer that may lack it.
pub(super) fn field(answer: &Value, name: &str) -> String {
    text(answer, name).unwrap_or_default()
}
