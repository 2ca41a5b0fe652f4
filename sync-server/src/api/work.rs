//! Work on tasks: who does them, how far they are, and where they stand.

use axum::extract::State;
use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::model::{Assignee, Command, MovePlace, Status, Task, TaskId, TaskPatch};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::auth::Caller;
use super::input::{Key, Nothing, Once, nullable};
use super::pages::{Denied, Faults, Rejected};
use super::problem::{Code, Problem};
use super::reply::Reply;
use super::tasks::{TaskAt, as_it_is, change};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(claim))
        .routes(routes!(release))
        .routes(routes!(complete))
        .routes(routes!(skip))
        .routes(routes!(reopen))
        .routes(routes!(reassign))
        .routes(routes!(move_task))
        .routes(routes!(restore))
}

/// Where the caller is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Here {
    /// Their time zone, an IANA name: it says which day it is; UTC unless told.
    zone: Option<String>,
}

/// Where a task goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditPlace {
    #[serde(flatten)]
    place: MovePlace,
}

/// Who shall do a task.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reassign {
    /// A member of the list; `null`: nobody.
    #[serde(deserialize_with = "nullable")]
    #[schema(required = true)]
    assignee: Option<Did>,
}

/// Claim a task that nobody has. Of two who try, one gets it, and the other hears who has it.
#[utoipa::path(
    post, path = "/tasks/{task}/claim", tag = "tasks", request_body = Option<Nothing>,
    params(TaskAt),
    responses((status = OK, body = Task), Rejected, Denied, Faults),
)]
async fn claim(
    State(api): State<Api>,
    caller: Caller,
    at: TaskAt,
    request: Once<Nothing>,
) -> Result<Reply, Problem> {
    api.write_task(&caller, request.once, at, move |hand, found| {
        if let Some(holder) = &found.assignee
            && holder.did != hand.caller.did
            && !holder.left
        {
            return Err(held(holder));
        }
        if found.done || found.deleted_at.is_some() {
            return Err(Problem::new(
                Code::Conflict,
                "there is nothing left to do of it",
            ));
        }
        let patch = TaskPatch {
            assignee: Some(Some(hand.caller.did)),
            status: Some(Status::InProgress),
            ..TaskPatch::default()
        };
        change(hand, found, patch)
    })
    .await
}

/// Give a task back that the caller has.
#[utoipa::path(
    post, path = "/tasks/{task}/release", tag = "tasks", request_body = Option<Nothing>,
    params(TaskAt),
    responses((status = OK, body = Task), Rejected, Denied, Faults),
)]
async fn release(
    State(api): State<Api>,
    caller: Caller,
    at: TaskAt,
    request: Once<Nothing>,
) -> Result<Reply, Problem> {
    api.write_task(&caller, request.once, at, move |hand, found| {
        match &found.assignee {
            Some(holder) if holder.did == hand.caller.did => {}
            Some(holder) => return Err(held(holder)),
            None => return Err(Problem::new(Code::Conflict, "nobody has this task")),
        }
        let status = (found.status == Status::InProgress).then_some(Status::Open);
        let patch = TaskPatch {
            assignee: Some(None),
            status,
            ..TaskPatch::default()
        };
        change(hand, found, patch)
    })
    .await
}

/// Mark a task as done. Of one that recurs it closes the latest time that has come.
#[utoipa::path(
    post, path = "/tasks/{task}/complete", tag = "tasks", request_body = Option<Here>,
    params(TaskAt),
    responses((status = OK, body = Task), Rejected, Denied, Faults),
)]
async fn complete(
    State(api): State<Api>,
    caller: Caller,
    at: TaskAt,
    request: Once<Here>,
) -> Result<Reply, Problem> {
    let zone = request.body.zone;
    api.act_on_task(&caller, request.once, at, move |list, task| {
        Command::CompleteTask { list, task, zone }
    })
    .await
}

/// Leave out one time of a task that recurs: the one that `complete` would close.
#[utoipa::path(
    post, path = "/tasks/{task}/skip", tag = "tasks", request_body = Option<Here>,
    params(TaskAt),
    responses((status = OK, body = Task), Rejected, Denied, Faults),
)]
async fn skip(
    State(api): State<Api>,
    caller: Caller,
    at: TaskAt,
    request: Once<Here>,
) -> Result<Reply, Problem> {
    let zone = request.body.zone;
    api.act_on_task(&caller, request.once, at, move |list, task| {
        Command::SkipTask { list, task, zone }
    })
    .await
}

/// Mark a task as open again.
#[utoipa::path(
    post, path = "/tasks/{task}/reopen", tag = "tasks", request_body = Option<Nothing>,
    params(TaskAt),
    responses((status = OK, body = Task), Rejected, Denied, Faults),
)]
async fn reopen(
    State(api): State<Api>,
    caller: Caller,
    at: TaskAt,
    request: Once<Nothing>,
) -> Result<Reply, Problem> {
    api.act_on_task(&caller, request.once, at, move |list, task| {
        Command::ReopenTask { list, task }
    })
    .await
}

/// Give a task to somebody else, or to nobody.
#[utoipa::path(
    post, path = "/tasks/{task}/reassign", tag = "tasks", request_body = Reassign,
    params(TaskAt),
    responses((status = OK, body = Task), Rejected, Denied, Faults),
)]
async fn reassign(
    State(api): State<Api>,
    caller: Caller,
    at: TaskAt,
    request: Once<Reassign>,
) -> Result<Reply, Problem> {
    let assignee = request.body.assignee;
    api.write_task(&caller, request.once, at, move |hand, found| {
        let patch = TaskPatch {
            assignee: Some(assignee),
            ..TaskPatch::default()
        };
        change(hand, found, patch)
    })
    .await
}

/// Move a task below another parent, or to another place among its siblings: without a body on top
/// of them.
#[utoipa::path(
    post, path = "/tasks/{task}/move", tag = "tasks", request_body = Option<EditPlace>,
    params(TaskAt),
    responses((status = OK, body = Task), Rejected, Denied, Faults),
)]
async fn move_task(
    State(api): State<Api>,
    caller: Caller,
    at: TaskAt,
    request: Once<EditPlace>,
) -> Result<Reply, Problem> {
    let place = request.body.place;
    api.act_on_task(&caller, request.once, at, move |list, task| {
        Command::MoveTask { list, task, place }
    })
    .await
}

/// Take a task, with its subtasks, out of the trash.
#[utoipa::path(
    post, path = "/tasks/{task}/restore", tag = "tasks", request_body = Option<Nothing>,
    params(TaskAt),
    responses((status = OK, body = Task), Rejected, Denied, Faults),
)]
async fn restore(
    State(api): State<Api>,
    caller: Caller,
    at: TaskAt,
    request: Once<Nothing>,
) -> Result<Reply, Problem> {
    api.act_on_task(&caller, request.once, at, move |list, task| {
        Command::RestoreTask { list, task }
    })
    .await
}

impl Api {
    /// Carries out a command on the task that the caller means, and shows what it is then.
    async fn act_on_task(
        &self,
        caller: &Caller,
        once: Key,
        at: TaskAt,
        command: impl FnOnce(DocumentId, TaskId) -> Command + Send + 'static,
    ) -> Result<Reply, Problem> {
        self.write_task(caller, once, at, move |hand, found| {
            let (list, task) = (found.list, found.id);
            hand.execute(&list, &command(list, task))?;
            as_it_is(hand, list, task)
        })
        .await
    }
}

/// Somebody else has the task.
fn held(holder: &Assignee) -> Problem {
    let detail = format!("{} has this task", holder.name);
    Problem::new(Code::Claimed, detail).held_by(holder.did.to_string())
}
