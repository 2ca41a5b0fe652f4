//! What this relay keeps of a person: all of it as one document, and its end.

use axum::extract::State;
use poo_core::identity::Did;
use poo_core::model::{Answer, ExportFormat, Query};
use rusqlite::params;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::agents::{self, Agent};
use super::auth::{Caller, Scope};
use super::hooks::Webhook;
use super::key_routes::{self, ApiKey, AuditEntry};
use super::pages::{Denied, Faults};
use super::problem::{Code, Problem};
use super::reply::Reply;
use super::{Api, View, unexpected};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(export, delete))
}

/// Everything that this relay shows of somebody.
#[derive(Serialize, ToSchema)]
struct Account {
    /// Who.
    did: Did,
    /// Their lists, deleted ones too, each with its tasks and comments, as `poo export` writes
    /// them.
    #[schema(value_type = Vec<Object>)]
    lists: Vec<Value>,
    /// How they use this API. Only whom it is about sees that: not an agent, nor a key for some
    /// lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

/// How somebody uses this API.
#[derive(Serialize, ToSchema)]
struct Usage {
    /// The agents that they connected.
    agents: Vec<Agent>,
    /// The keys that they made, without secrets.
    keys: Vec<ApiKey>,
    /// Their endpoints of webhooks, without secrets.
    webhooks: Vec<Webhook>,
    /// What was done with keys and agents, the latest first.
    audit: Vec<AuditEntry>,
}

/// Export the caller's lists, and how they use this API.
#[utoipa::path(
    get, path = "/account", tag = "account",
    responses((status = OK, body = Account), Denied, Faults),
)]
async fn export(State(api): State<Api>, caller: Caller) -> Result<Reply, Problem> {
    caller.needs(Scope::AccountManage)?;
    let who = caller.did;
    let endpoints = api
        .webhooks()
        .look(move |store, _| store.endpoints(Some(&who)));
    let webhooks = endpoints.await?.into_iter().map(Webhook::from).collect();
    api.read(&caller, |view| {
        let lists = lists(view)?;
        let usage = match view.caller.is_whole_person() {
            true => Some(usage(view, webhooks)?),
            false => None,
        };
        let did = view.caller.did;
        Reply::ok(&Account { did, lists, usage })
    })
    .await
}

fn lists(view: &mut View<'_>) -> Result<Vec<Value>, Problem> {
    let Answer::Lists(page) = view.query(&Query::Lists { all: true })? else {
        return Err(unexpected());
    };
    let mut lists = Vec::new();
    for list in page.items {
        let (list, format) = (list.id, ExportFormat::Json);
        let Answer::Text(text) = view.query(&Query::Export { list, format })? else {
            return Err(unexpected());
        };
        let list = serde_json::from_str(&text).map_err(|error| {
            tracing::error!(%error, "an export is no JSON");
            Problem::new(Code::Internal, "a list cannot be exported")
        })?;
        lists.push(list);
    }
    Ok(lists)
}

fn usage(view: &mut View<'_>, webhooks: Vec<Webhook>) -> Result<Usage, Problem> {
    let who = view.caller.did;
    let agents = agents::all(view.replica, &who, view.now)?;
    let conn = view.replica.host_tables();
    let audit = key_routes::audit(conn, &who, i64::MAX, i64::MAX)?;
    Ok(Usage {
        agents,
        keys: key_routes::all(conn, &who)?,
        webhooks,
        audit: audit.into_iter().map(|(_, entry)| entry).collect(),
    })
}

/// Delete what this relay keeps for the caller's use of the API: agents and the keys with which it
/// signed for them, keys, sessions, webhooks with what waits for them, kept answers, the audit log.
/// What was written into lists is no one person's: it stays for the others, and comes back with
/// every device that has it; delete a list, or leave it, on a device.
#[utoipa::path(
    delete, path = "/account", tag = "account",
    responses((status = NO_CONTENT, description = "It is gone"), Denied, Faults),
)]
async fn delete(State(api): State<Api>, caller: Caller) -> Result<Reply, Problem> {
    caller.needs(Scope::AccountManage)?;
    if !caller.is_whole_person() {
        let detail = "only a person does that, with a session or a key for everything";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let webhooks = api.webhooks().clone();
    let gone = api.write(&caller, Default::default(), move |hand| {
        let owner = hand.caller.did;
        let now = hand.turn.env.now;
        let mut all = vec![owner];
        let agents = agents::all(hand.turn.replica, &owner, now)?;
        all.extend(agents.iter().map(Agent::did));
        // Theirs lie in a database of their own. Should what follows fail, it is asked for again.
        webhooks.now(|store, _| {
            all.iter()
                .try_for_each(|who| store.remove(who, None).map(drop))
        })?;
        let conn = hand.turn.replica.host_tables();
        for statement in [
            "DELETE FROM host_reply WHERE did = ?1
                 OR did IN (SELECT did FROM host_agent WHERE owner = ?1)",
            "DELETE FROM host_agent WHERE owner = ?1",
            "DELETE FROM host_key WHERE owner = ?1",
            "DELETE FROM host_session WHERE did = ?1",
            "DELETE FROM host_audit WHERE owner = ?1",
        ] {
            conn.execute(statement, params![owner.key().as_ref()])?;
        }
        Ok(Reply::done())
    });
    let gone = gone.await;
    api.taken_away();
    gone
}
