//! What was said and done: comments, and the activity of lists.

use axum::extract::State;
use poo_core::document::DocumentId;
use poo_core::model::{Activity, ActivityKind, Answer, Command, Comment, Outcome, Query, TaskId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::auth::{Caller, Scope};
use super::input::{Body, Once, Params, Part, number};
use super::pages::{Denied, Faults, Rejected, page};
use super::problem::Problem;
use super::reply::Reply;
use super::tasks::{TaskAt, find};
use super::unexpected;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_comments, add_comment))
        .routes(routes!(edit_comment, delete_comment))
        .routes(routes!(list_activity, log_note))
}

/// Something to say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Say {
    /// Markdown, 1 to 10,000 characters.
    #[schema(min_length = 1, max_length = 10_000)]
    text: String,
}

/// A note for the activity of a list.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LogNote {
    /// The list.
    list: DocumentId,
    /// 1 to 10,000 characters.
    #[schema(min_length = 1, max_length = 10_000)]
    text: String,
}

/// Something that was made.
#[derive(Serialize, ToSchema)]
struct Made {
    /// Its id.
    id: TaskId,
    /// The list that it is in.
    list: DocumentId,
}

/// Which of what happened.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct Happened {
    /// In this list only.
    list: Option<DocumentId>,
    /// With this task of the list only.
    task: Option<TaskId>,
    /// `note` for what was written by hand, `derived` for what follows from changes; both unless
    /// told.
    #[param(inline)]
    kind: Option<ActivityKind>,
    /// At most so many; 100 unless told.
    #[serde(deserialize_with = "number")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1_000)]
    limit: Option<u32>,
    /// Where the page before ended.
    cursor: Option<String>,
}

page!(
    /// Comments on a task.
    CommentPage, Comment
);
page!(
    /// What happened, the latest first, and where the next page begins.
    ActivityPage, Activity
);

/// List what was said about a task.
#[utoipa::path(
    get, path = "/tasks/{task}/comments", tag = "comments",
    params(TaskAt),
    responses((status = OK, body = CommentPage), Rejected, Denied, Faults),
)]
async fn list_comments(
    State(api): State<Api>,
    caller: Caller,
    at: TaskAt,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksRead)?;
    api.read(&caller, move |view| {
        let task = find(view, &at)?;
        let (list, task) = (task.list, task.id);
        match view.query(&Query::Comments { list, task })? {
            Answer::Comments(page) => Reply::ok(&page),
            _ => Err(unexpected()),
        }
    })
    .await
}

/// Say something about a task.
#[utoipa::path(
    post, path = "/tasks/{task}/comments", tag = "comments", request_body = Say,
    params(TaskAt),
    responses((status = CREATED, body = Made), Rejected, Denied, Faults),
)]
async fn add_comment(
    State(api): State<Api>,
    caller: Caller,
    at: TaskAt,
    request: Once<Say>,
) -> Result<Reply, Problem> {
    let text = request.body.text;
    api.write_task(&caller, request.once, at, move |hand, task| {
        let (list, task) = (task.list, task.id);
        let outcome = hand.execute(&list, &Command::AddComment { list, task, text })?;
        made(outcome, |id| format!("/api/v1/lists/{list}/comments/{id}"))
    })
    .await
}

/// Change what the caller said.
#[utoipa::path(
    patch, path = "/lists/{list}/comments/{comment}", tag = "comments", request_body = Say,
    params(("list" = DocumentId, Path), ("comment" = TaskId, Path)),
    responses((status = NO_CONTENT, description = "It is changed"), Rejected, Denied, Faults),
)]
async fn edit_comment(
    State(api): State<Api>,
    caller: Caller,
    Part((list, comment)): Part<(DocumentId, TaskId)>,
    Body(Say { text }): Body<Say>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksWrite)?;
    api.write(&caller, Default::default(), move |hand| {
        let command = Command::EditComment {
            list,
            comment,
            text,
        };
        hand.execute(&list, &command)?;
        Ok(Reply::done())
    })
    .await
}

/// Take back what the caller said; an owner of the list can take back anything.
#[utoipa::path(
    delete, path = "/lists/{list}/comments/{comment}", tag = "comments",
    params(("list" = DocumentId, Path), ("comment" = TaskId, Path)),
    responses((status = NO_CONTENT, description = "It is gone"), Denied, Faults),
)]
async fn delete_comment(
    State(api): State<Api>,
    caller: Caller,
    Part((list, comment)): Part<(DocumentId, TaskId)>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksWrite)?;
    api.write(&caller, Default::default(), move |hand| {
        hand.execute(&list, &Command::DeleteComment { list, comment })?;
        Ok(Reply::done())
    })
    .await
}

/// List what happened, the latest first. Rows whose action is `note` were written by somebody; the
/// others follow from what was done.
#[utoipa::path(
    get, path = "/activity", tag = "activity", params(Happened),
    responses((status = OK, body = ActivityPage), Rejected, Denied, Faults),
)]
async fn list_activity(
    State(api): State<Api>,
    caller: Caller,
    Params(which): Params<Happened>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksRead)?;
    if which.task.is_some() && which.list.is_none() {
        return Err(Problem::invalid("list", "says in which list the task is"));
    }
    api.read(&caller, move |view| {
        let query = Query::Activity {
            list: which.list,
            task: which.task,
            kind: which.kind,
            limit: which.limit,
            cursor: which.cursor,
        };
        match view.query(&query)? {
            Answer::Activity(page) => Reply::ok(&page),
            _ => Err(unexpected()),
        }
    })
    .await
}

/// Write a note into the activity of a list: a signed change like any other.
#[utoipa::path(
    post, path = "/activity", tag = "activity", request_body = LogNote,
    responses((status = CREATED, body = Made), Rejected, Denied, Faults),
)]
async fn log_note(
    State(api): State<Api>,
    caller: Caller,
    request: Once<LogNote>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::ActivityWrite)?;
    api.take_note(&caller)?;
    let LogNote { list, text } = request.body;
    api.write(&caller, request.once, move |hand| {
        let outcome = hand.execute(&list, &Command::LogNote { list, text })?;
        made(outcome, |_| format!("/api/v1/activity?list={list}"))
    })
    .await
}

fn made(outcome: Outcome, place: impl FnOnce(&TaskId) -> String) -> Result<Reply, Problem> {
    let Outcome::Comment { list, comment } = outcome else {
        return Err(unexpected());
    };
    let place = place(&comment);
    Reply::created(&Made { id: comment, list }, place)
}
