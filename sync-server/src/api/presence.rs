//! Who looks at a list now. Nothing of it is kept.

use axum::extract::State;
use poo_core::document::DocumentId;
use poo_core::model::{Answer, Query, TaskId};
use poo_core::sync::{PersonHere, PresenceMessage, PresenceState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{Caller, Scope};
use super::input::{Body, Part};
use super::pages::{Denied, Faults, Rejected};
use super::problem::Problem;
use super::reply::Reply;
use super::{Api, unexpected};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list_presence, say_presence))
}

/// What the caller does in a list.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SayPresence {
    state: PresenceState,
    /// The task that they look at.
    task: Option<TaskId>,
}

/// Who looks at a list.
#[derive(Serialize, ToSchema)]
struct Presences {
    items: Vec<PersonHere>,
}

/// List who looks at a list now.
#[utoipa::path(
    get, path = "/lists/{list}/presence", tag = "presence",
    params(("list" = DocumentId, Path)),
    responses((status = OK, body = Presences), Rejected, Denied, Faults),
)]
async fn list_presence(
    State(api): State<Api>,
    caller: Caller,
    Part(list): Part<DocumentId>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksRead)?;
    api.read(&caller, move |view| {
        match view.query(&Query::List { list })? {
            Answer::List(_) => Ok(()),
            _ => Err(unexpected()),
        }
    })
    .await?;
    let items = api.who_is_here(list).await?;
    Reply::ok(&Presences { items })
}

/// Say that the caller looks at a list. It holds for 90 seconds: say it again every 30, and `left`
/// when they go.
#[utoipa::path(
    put, path = "/lists/{list}/presence", tag = "presence", request_body = SayPresence,
    params(("list" = DocumentId, Path)),
    responses((status = NO_CONTENT, description = "It is said"), Rejected, Denied, Faults),
)]
async fn say_presence(
    State(api): State<Api>,
    caller: Caller,
    Part(list): Part<DocumentId>,
    Body(SayPresence { state, task }): Body<SayPresence>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksRead)?;
    api.work(move |turn| {
        let behalf = caller.behalf(turn.replica);
        let said = behalf.presence(list, &PresenceMessage { state, task })?;
        drop(behalf);
        turn.say(said);
        Ok(Reply::done())
    })
    .await
}
