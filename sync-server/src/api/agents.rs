//! Agents: programs that act here for somebody, under a key that this relay keeps for them.

use axum::extract::State;
use poo_core::document::DocumentId;
use poo_core::identity::{Did, Keypair, PublicKey};
use poo_core::model::{Answer, List, Query};
use poo_core::replica::Replica;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{Caller, Scope, keys};
use super::input::{Once, Part};
use super::pages::{Denied, Faults, Rejected};
use super::problem::{Code, Problem};
use super::reply::Reply;
use super::{Api, time, unexpected};
use jiff::Timestamp;

/// The most agents that one person connects here.
const AGENTS_MAX: i64 = 1_000;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_agents, connect))
        .routes(routes!(get_agent, disconnect))
}

/// An agent that is to be connected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Connect {
    /// How the agent introduces itself: a profile that its own key signed, which says that it is an
    /// agent and that the caller connected it. `poo agent connect` makes it.
    profile: String,
}

/// How an agent stands to this relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Standing {
    /// No list lets it in yet.
    Waiting,
    /// It may act.
    Connected,
    /// Its keys were revoked.
    Disconnected,
}

/// An agent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Agent {
    /// Who it is.
    did: Did,
    /// Its name.
    name: String,
    /// What it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    /// The colour of its avatar.
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<String>,
    /// Who connected it.
    connected_by: Did,
    /// The key with which this relay signs for it: a list that lets the agent in names it.
    signer: Did,
    /// How it stands.
    status: Standing,
    /// The lists in which it has a role.
    lists: Vec<DocumentId>,
    /// When it was connected.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it last did something here, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    last_active_at: Option<String>,
}

impl Agent {
    pub(super) fn did(&self) -> Did {
        self.did
    }
}

/// Agents.
#[derive(Serialize, ToSchema)]
struct AgentPage {
    items: Vec<Agent>,
}

struct AgentRow {
    did: Did,
    owner: Did,
    signer: PublicKey,
    created_at: i64,
    last_active_at: Option<i64>,
    disconnected_at: Option<i64>,
}

const COLUMNS: &str = "did, owner, signer, created_at, last_active_at, disconnected_at";

impl AgentRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            did: keys::did(row, 0)?,
            owner: keys::did(row, 1)?,
            signer: keys::key(row, 2)?,
            created_at: row.get(3)?,
            last_active_at: row.get(4)?,
            disconnected_at: row.get(5)?,
        })
    }

    fn find(conn: &Connection, did: &Did, owner: &Did) -> rusqlite::Result<Option<Self>> {
        conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM host_agent WHERE did = ?1 AND owner = ?2"
        ))?
        .query_row(
            params![did.key().as_ref(), owner.key().as_ref()],
            Self::read,
        )
        .optional()
    }

    fn of(conn: &Connection, owner: &Did) -> rusqlite::Result<Vec<Self>> {
        conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM host_agent WHERE owner = ?1 ORDER BY created_at, did"
        ))?
        .query_map(params![owner.key().as_ref()], Self::read)?
        .collect()
    }

    /// As its owner sees it.
    fn show(self, replica: &mut Replica, now: Timestamp) -> Result<Agent, Problem> {
        let behalf = replica.on_behalf_of(self.did, None);
        let Answer::Identity(who) = behalf.query(&Query::Whoami, now)? else {
            return Err(unexpected());
        };
        let Answer::Lists(lists) = behalf.query(&Query::Lists { all: false }, now)? else {
            return Err(unexpected());
        };
        let lists: Vec<DocumentId> = lists.items.iter().map(|list: &List| list.id).collect();
        let status = match (self.disconnected_at, lists.is_empty()) {
            (Some(_), _) => Standing::Disconnected,
            (None, true) => Standing::Waiting,
            (None, false) => Standing::Connected,
        };
        Ok(Agent {
            did: self.did,
            name: who.name,
            platform: who.agent_platform,
            color: who.color,
            connected_by: self.owner,
            signer: Did::from_key(self.signer),
            status,
            lists,
            created_at: time(self.created_at),
            last_active_at: self.last_active_at.map(time),
        })
    }
}

/// The agents that somebody connected, the first one first.
pub(super) fn all(
    replica: &mut Replica,
    owner: &Did,
    now: Timestamp,
) -> Result<Vec<Agent>, Problem> {
    let rows = AgentRow::of(replica.host_tables(), owner)?;
    rows.into_iter().map(|row| row.show(replica, now)).collect()
}

/// Whether somebody has connected an agent here that was not disconnected.
pub(super) fn is_connected(conn: &Connection, did: &Did, owner: &Did) -> rusqlite::Result<bool> {
    let found = AgentRow::find(conn, did, owner)?;
    Ok(found.is_some_and(|row| row.disconnected_at.is_none()))
}

/// List the agents that the caller connected.
#[utoipa::path(
    get, path = "/agents", tag = "agents",
    responses((status = OK, body = AgentPage), Denied, Faults),
)]
async fn list_agents(State(api): State<Api>, caller: Caller) -> Result<Reply, Problem> {
    caller.needs(Scope::AgentsManage)?;
    api.read(&caller, |view| {
        let items = all(view.replica, &view.caller.owner, view.now)?;
        Reply::ok(&AgentPage { items })
    })
    .await
}

/// Connect an agent. The relay makes a key for it, `signer`, which a list has to name before what
/// the agent writes there counts: `poo agent connect` does all of it.
#[utoipa::path(
    post, path = "/agents", tag = "agents", request_body = Connect,
    responses((status = CREATED, body = Agent), Rejected, Denied, Faults),
)]
async fn connect(
    State(api): State<Api>,
    caller: Caller,
    request: Once<Connect>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::AgentsManage)?;
    let profile = request.body.profile;
    let sealer = api.sealer();
    api.write(&caller, request.once, move |hand| {
        let owner = hand.caller.owner;
        let (did, connected_by) = hand.turn.replica.take_introduction(&profile)?;
        if connected_by != owner {
            let detail = "names somebody else as who connected it";
            return Err(Problem::invalid("profile", detail));
        }
        let now = hand.turn.env.now;
        let mut seed = [0; 32];
        hand.turn.env.rng.fill_bytes(&mut seed);
        let key = Keypair::from_seed(&seed);
        zeroize::Zeroize::zeroize(&mut seed);
        let signer = key.public();
        let bound = [did.key().as_ref(), signer.as_ref()].concat();
        let sealed = sealer.seal(&key, &bound, &mut hand.turn.env);
        let sealed = sealed.map_err(|error| {
            tracing::error!(%error, "an agent's key cannot be sealed");
            Problem::new(Code::Internal, "the agent's key cannot be kept")
        })?;
        let conn = hand.turn.replica.host_tables();
        let had: i64 = conn.query_row(
            "SELECT count(*) FROM host_agent WHERE owner = ?1 AND disconnected_at IS NULL",
            params![owner.key().as_ref()],
            |row| row.get(0),
        )?;
        if had >= AGENTS_MAX {
            let detail = format!("one person connects at most {AGENTS_MAX} agents here");
            return Err(Problem::new(Code::LimitReached, detail));
        }
        let added = conn.execute(
            "INSERT OR IGNORE INTO host_agent (did, owner, signer, sealed, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                did.key().as_ref(),
                owner.key().as_ref(),
                signer.as_ref(),
                sealed,
                now.as_millisecond()
            ],
        )?;
        if added == 0 {
            return Err(
                Problem::new(Code::Conflict, "this agent was connected before").at("profile"),
            );
        }
        keys::audit(conn, hand.caller, "agent.connect", &did.to_string(), now)?;
        let row = AgentRow::find(conn, &did, &owner)?.ok_or_else(unexpected)?;
        let agent = row.show(hand.turn.replica, now)?;
        Reply::created(&agent, format!("/api/v1/agents/{did}"))
    })
    .await
}

/// Get an agent.
#[utoipa::path(
    get, path = "/agents/{agent}", tag = "agents", params(("agent" = Did, Path)),
    responses((status = OK, body = Agent), Denied, Faults),
)]
async fn get_agent(
    State(api): State<Api>,
    caller: Caller,
    Part(agent): Part<Did>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::AgentsManage)?;
    api.read(&caller, move |view| {
        let row = AgentRow::find(view.replica.host_tables(), &agent, &view.caller.owner)?;
        let row = row.ok_or_else(|| Problem::not_found("agent"))?;
        Reply::ok(&row.show(view.replica, view.now)?)
    })
    .await
}

/// Disconnect an agent: all its keys end at once, and this relay forgets the key with which it
/// signed. What it wrote stays. `poo agent disconnect` takes its roles away too.
#[utoipa::path(
    delete, path = "/agents/{agent}", tag = "agents", params(("agent" = Did, Path)),
    responses((status = NO_CONTENT, description = "It is disconnected"), Denied, Faults),
)]
async fn disconnect(
    State(api): State<Api>,
    caller: Caller,
    Part(agent): Part<Did>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::AgentsManage)?;
    let done = api.write(&caller, Default::default(), move |hand| {
        let now = hand.turn.env.now;
        let conn = hand.turn.replica.host_tables();
        if AgentRow::find(conn, &agent, &hand.caller.owner)?.is_none() {
            return Err(Problem::not_found("agent"));
        }
        conn.execute(
            "UPDATE host_agent SET disconnected_at = coalesce(disconnected_at, ?2), sealed = x''
             WHERE did = ?1",
            params![agent.key().as_ref(), now.as_millisecond()],
        )?;
        conn.execute(
            "UPDATE host_key SET revoked_at = ?2 WHERE subject = ?1 AND revoked_at IS NULL",
            params![agent.key().as_ref(), now.as_millisecond()],
        )?;
        keys::audit(
            conn,
            hand.caller,
            "agent.disconnect",
            &agent.to_string(),
            now,
        )?;
        Ok(Reply::done())
    });
    let done = done.await;
    api.taken_away();
    done
}
