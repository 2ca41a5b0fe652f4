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

use super::auth::{Caller, Scope};
use super::pages::{Denied, Faults};
use super::problem::{Code, Problem};
use super::reply::Reply;
use super::{Api, unexpected};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(export, delete))
}

/// Everything that this relay shows of somebody.
#[derive(Serialize, ToSchema)]
struct Account {
    /// Who.
    did: Did,
    /// Their lists, each with its tasks and comments, as `poo export` writes them.
    #[schema(value_type = Vec<Object>)]
    lists: Vec<Value>,
}

/// Export the caller's lists.
#[utoipa::path(
    get, path = "/account", tag = "account",
    responses((status = OK, body = Account), Denied, Faults),
)]
async fn export(State(api): State<Api>, caller: Caller) -> Result<Reply, Problem> {
    caller.needs(Scope::AccountManage)?;
    api.read(&caller, |view| {
        let Answer::Lists(page) = view.query(&Query::Lists { all: true })? else {
            return Err(unexpected());
        };
        let mut lists = Vec::new();
        for list in page.items.iter().filter(|it| view.caller.may_touch(&it.id)) {
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
        let did = view.caller.did;
        Reply::ok(&Account { did, lists })
    })
    .await
}

/// Delete what this relay keeps for the caller's use of the API: agents and the keys with which it
/// signed for them, keys, sessions, kept answers, the audit log. What was written into lists is
/// theirs and stays; delete a list, or leave it, on a device.
#[utoipa::path(
    delete, path = "/account", tag = "account",
    responses((status = NO_CONTENT, description = "It is gone"), Denied, Faults),
)]
async fn delete(State(api): State<Api>, caller: Caller) -> Result<Reply, Problem> {
    caller.needs(Scope::AccountManage)?;
    if caller.did != caller.owner || caller.lists().is_some() {
        let detail = "only a person does that, with a session or a key for everything";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    api.write(&caller, Default::default(), |hand| {
        let owner = hand.caller.owner;
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
    })
    .await
}
