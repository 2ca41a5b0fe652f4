//! Tasks: making, reading, changing, and who does them.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::response::{IntoResponse as _, Response};
use jiff::civil::Date;
use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::model::{
    Answer, Assignee, Command, NewTask, Outcome, Priority, Query, Sort, Status, Task, TaskFilter,
    TaskId, TaskPatch,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{Caller, Scope};
use super::input::{Body, Key, Nothing, Once, Params, Part, nullable, number, truth};
use super::pages::{Denied, Faults, Rejected};
use super::problem::{Code, Problem};
use super::reply::{Known, Reply, tag_of};
use super::{Api, Hand, View, unexpected};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_tasks, create_task))
        .routes(routes!(get_task, edit_task, delete_task))
        .routes(routes!(claim))
        .routes(routes!(release))
        .routes(routes!(complete))
        .routes(routes!(reopen))
        .routes(routes!(reassign))
}

/// A task that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateTask {
    /// The list that it goes to.
    list: DocumentId,
    #[serde(flatten)]
    task: NewTask,
}

/// What changes of a task. What is not named stays; `null` empties a field.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditTask {
    #[serde(flatten)]
    patch: TaskPatch,
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

/// Which tasks. Everything that is said must fit.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
#[derive(Default)]
struct Which {
    /// Of this list only.
    list: Option<DocumentId>,
    /// With this status.
    status: Option<Status>,
    /// With this priority.
    priority: Option<Priority>,
    /// For this member: a DID, `me`, or `none` for those that nobody has.
    assignee: Option<String>,
    /// With a tag of this name.
    tag: Option<String>,
    /// Due on this day or later.
    #[param(value_type = Option<String>, format = Date)]
    due_from: Option<Date>,
    /// Due on this day or earlier.
    #[param(value_type = Option<String>, format = Date)]
    due_to: Option<Date>,
    /// With words in title, notes or comments that begin with all of these.
    text: Option<String>,
    /// Those in the trash.
    #[serde(deserialize_with = "truth")]
    deleted: bool,
    /// In this order instead of the one in which they stand.
    sort: Option<Sort>,
    /// The reader's time zone, an IANA name; UTC unless told.
    zone: Option<String>,
    /// At most so many; 100 unless told.
    #[serde(deserialize_with = "number")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1_000)]
    limit: Option<u32>,
    /// Where the page before ended.
    cursor: Option<String>,
}

/// In which list, where an id exists in several.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct Where {
    /// The list that the task is in.
    pub(super) list: Option<DocumentId>,
}

/// Tasks, and where the next page begins.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it describes what core's own type says")]
#[schema(rename_all = "camelCase")]
struct TaskPage {
    items: Vec<Task>,
    next_cursor: Option<String>,
}

/// How many tasks a page has unless told, and at most.
const TASKS: u32 = 100;
const TASKS_MAX: u32 = 1_000;

/// List tasks.
#[utoipa::path(
    get, path = "/tasks", tag = "tasks", params(Which),
    responses((status = OK, body = TaskPage), Rejected, Denied, Faults),
)]
async fn list_tasks(
    State(api): State<Api>,
    caller: Caller,
    Params(which): Params<Which>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksRead)?;
    let limit = which.limit.unwrap_or(TASKS);
    if !(1..=TASKS_MAX).contains(&limit) {
        return Err(Problem::invalid("limit", format!("is 1 to {TASKS_MAX}")));
    }
    let (assignee, unassigned) = match which.assignee.as_deref() {
        None => (None, false),
        Some("none") => (None, true),
        Some("me") => (Some(caller.did), false),
        Some(text) => (
            Some(
                text.parse()
                    .map_err(|_| Problem::invalid("assignee", "is a DID, or `me`, or `none`"))?,
            ),
            false,
        ),
    };
    api.read(&caller, move |view| {
        if let Some(list) = &which.list {
            view.check(list)?;
        }
        let query = Query::Tasks {
            list: which.list,
            filter: TaskFilter {
                status: which.status,
                priority: which.priority,
                assignee,
                tag: which.tag,
                due_from: which.due_from,
                due_to: which.due_to,
                text: which.text,
                deleted: which.deleted,
                sort: which.sort,
                zone: which.zone,
            },
            limit: Some(limit),
            cursor: which.cursor,
        };
        let Answer::Tasks(mut page) = view.query(&query)? else {
            return Err(unexpected());
        };
        page.items.retain(|task| {
            view.caller.may_touch(&task.list) && !(unassigned && task.assignee.is_some())
        });
        Reply::ok(&page)
    })
    .await
}

/// Create a task.
#[utoipa::path(
    post, path = "/tasks", tag = "tasks", request_body = CreateTask,
    responses((status = CREATED, body = Task), Rejected, Denied, Faults),
)]
async fn create_task(
    State(api): State<Api>,
    caller: Caller,
    request: Once<CreateTask>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksWrite)?;
    let CreateTask { list, task } = request.body;
    api.write(&caller, request.once, move |hand| {
        let made = hand.execute(&list, &Command::CreateTask { list, task })?;
        let Outcome::Task { task, .. } = made else {
            return Err(unexpected());
        };
        let task = one(&mut hand.view(), list, task)?;
        let reply = Reply::created(&task, format!("/api/v1/tasks/{}", task.id))?;
        Ok(reply.tagged(tag(&task)?))
    })
    .await
}

/// Get a task.
#[utoipa::path(
    get, path = "/tasks/{task}", tag = "tasks",
    params(("task" = String, Path, description = "A task's id, or its last 6 or more characters"), Where),
    responses(
        (status = OK, body = Task, headers(("ETag" = String, description = "Names this state of the task"))),
        (status = NOT_MODIFIED, description = "It is as the header If-None-Match says"),
        Rejected, Denied, Faults,
    ),
)]
async fn get_task(
    State(api): State<Api>,
    caller: Caller,
    Part(id): Part<String>,
    Params(place): Params<Where>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.needs(Scope::TasksRead)?;
    let known = Known::from(&headers, IF_NONE_MATCH);
    let reply = api
        .read(&caller, move |view| {
            let task = find(view, &id, place.list)?;
            Ok(Reply::ok(&task)?.tagged(tag(&task)?))
        })
        .await?;
    if reply.etag.as_ref().is_some_and(|tag| known.names(tag)) {
        let unchanged = Reply {
            status: StatusCode::NOT_MODIFIED,
            body: None,
            ..reply
        };
        return Ok(unchanged.into_response());
    }
    Ok(reply.into_response())
}

/// Change a task. What is not named stays untouched, so that two who change different fields do
/// not undo one another; with If-Match it changes only in the state that the caller knows.
#[utoipa::path(
    patch, path = "/tasks/{task}", tag = "tasks", request_body = EditTask,
    params(("task" = String, Path, description = "A task's id, or its last 6 or more characters"), Where,
        ("If-Match" = Option<String>, Header, description = "The ETag of the state that is to be changed")),
    responses((status = OK, body = Task), Rejected, Denied, Faults),
)]
async fn edit_task(
    State(api): State<Api>,
    caller: Caller,
    Part(id): Part<String>,
    Params(place): Params<Where>,
    headers: HeaderMap,
    Body(EditTask { patch }): Body<EditTask>,
) -> Result<Reply, Problem> {
    let known = Known::from(&headers, IF_MATCH);
    api.write_task(
        &caller,
        Default::default(),
        (id, place),
        move |hand, found| {
            known.require(&tag(&found)?)?;
            change(hand, found, patch)
        },
    )
    .await
}

/// Put a task, with its subtasks, into the trash.
#[utoipa::path(
    delete, path = "/tasks/{task}", tag = "tasks",
    params(("task" = String, Path, description = "A task's id, or its last 6 or more characters"), Where,
        ("If-Match" = Option<String>, Header, description = "The ETag of the state that is to be deleted")),
    responses((status = NO_CONTENT, description = "It is in the trash"), Rejected, Denied, Faults),
)]
async fn delete_task(
    State(api): State<Api>,
    caller: Caller,
    Part(id): Part<String>,
    Params(place): Params<Where>,
    headers: HeaderMap,
) -> Result<Reply, Problem> {
    let known = Known::from(&headers, IF_MATCH);
    api.write_task(
        &caller,
        Default::default(),
        (id, place),
        move |hand, found| {
            known.require(&tag(&found)?)?;
            let (list, task) = (found.list, found.id);
            hand.execute(&list, &Command::DeleteTask { list, task })?;
            Ok(Reply::done())
        },
    )
    .await
}

/// Claim a task that nobody has. Of two who try, one gets it, and the other hears who has it.
#[utoipa::path(
    post, path = "/tasks/{task}/claim", tag = "tasks", request_body = Option<Nothing>,
    params(("task" = String, Path, description = "A task's id, or its last 6 or more characters"), Where),
    responses((status = OK, body = Task), Rejected, Denied, Faults),
)]
async fn claim(
    State(api): State<Api>,
    caller: Caller,
    Part(id): Part<String>,
    Params(place): Params<Where>,
    request: Once<Nothing>,
) -> Result<Reply, Problem> {
    api.write_task(&caller, request.once, (id, place), move |hand, found| {
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
    params(("task" = String, Path, description = "A task's id, or its last 6 or more characters"), Where),
    responses((status = OK, body = Task), Rejected, Denied, Faults),
)]
async fn release(
    State(api): State<Api>,
    caller: Caller,
    Part(id): Part<String>,
    Params(place): Params<Where>,
    request: Once<Nothing>,
) -> Result<Reply, Problem> {
    api.write_task(&caller, request.once, (id, place), move |hand, found| {
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
    post, path = "/tasks/{task}/complete", tag = "tasks", request_body = Option<Nothing>,
    params(("task" = String, Path, description = "A task's id, or its last 6 or more characters"), Where),
    responses((status = OK, body = Task), Rejected, Denied, Faults),
)]
async fn complete(
    State(api): State<Api>,
    caller: Caller,
    Part(id): Part<String>,
    Params(place): Params<Where>,
    request: Once<Nothing>,
) -> Result<Reply, Problem> {
    api.write_task(&caller, request.once, (id, place), move |hand, found| {
        let (list, task, zone) = (found.list, found.id, None);
        hand.execute(&list, &Command::CompleteTask { list, task, zone })?;
        as_it_is(hand, list, task)
    })
    .await
}

/// Mark a task as open again.
#[utoipa::path(
    post, path = "/tasks/{task}/reopen", tag = "tasks", request_body = Option<Nothing>,
    params(("task" = String, Path, description = "A task's id, or its last 6 or more characters"), Where),
    responses((status = OK, body = Task), Rejected, Denied, Faults),
)]
async fn reopen(
    State(api): State<Api>,
    caller: Caller,
    Part(id): Part<String>,
    Params(place): Params<Where>,
    request: Once<Nothing>,
) -> Result<Reply, Problem> {
    api.write_task(&caller, request.once, (id, place), move |hand, found| {
        let (list, task) = (found.list, found.id);
        hand.execute(&list, &Command::ReopenTask { list, task })?;
        as_it_is(hand, list, task)
    })
    .await
}

/// Give a task to somebody else, or to nobody.
#[utoipa::path(
    post, path = "/tasks/{task}/reassign", tag = "tasks", request_body = Reassign,
    params(("task" = String, Path, description = "A task's id, or its last 6 or more characters"), Where),
    responses((status = OK, body = Task), Rejected, Denied, Faults),
)]
async fn reassign(
    State(api): State<Api>,
    caller: Caller,
    Part(id): Part<String>,
    Params(place): Params<Where>,
    request: Once<Reassign>,
) -> Result<Reply, Problem> {
    let assignee = request.body.assignee;
    api.write_task(&caller, request.once, (id, place), move |hand, found| {
        let patch = TaskPatch {
            assignee: Some(assignee),
            ..TaskPatch::default()
        };
        change(hand, found, patch)
    })
    .await
}

impl Api {
    /// Does something with the task that the caller means.
    pub(super) async fn write_task(
        &self,
        caller: &Caller,
        once: Key,
        (id, place): (String, Where),
        job: impl FnOnce(&mut Hand<'_, '_>, Task) -> Result<Reply, Problem> + Send + 'static,
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::TasksWrite)?;
        let job = move |hand: &mut Hand<'_, '_>| {
            let found = find(&mut hand.view(), &id, place.list)?;
            job(hand, found)
        };
        self.write(caller, once, job).await
    }
}

/// Somebody else has the task.
fn held(holder: &Assignee) -> Problem {
    let detail = format!("{} has this task", holder.name);
    Problem::new(Code::Claimed, detail).held_by(holder.did.to_string())
}

/// Changes a task and shows it.
fn change(hand: &mut Hand<'_, '_>, found: Task, patch: TaskPatch) -> Result<Reply, Problem> {
    let (list, task) = (found.list, found.id);
    hand.execute(&list, &Command::EditTask { list, task, patch })?;
    as_it_is(hand, list, task)
}

fn as_it_is(hand: &mut Hand<'_, '_>, list: DocumentId, task: TaskId) -> Result<Reply, Problem> {
    let task = one(&mut hand.view(), list, task)?;
    Ok(Reply::ok(&task)?.tagged(tag(&task)?))
}

/// The tag of a task's state. That its day has come is no change of it.
fn tag(task: &Task) -> Result<String, Problem> {
    tag_of(&Task {
        overdue: false,
        ..task.clone()
    })
}

fn one(view: &mut View<'_>, list: DocumentId, task: TaskId) -> Result<Task, Problem> {
    match view.query(&Query::Task { list, task })? {
        Answer::Task(task) => Ok(task),
        _ => Err(unexpected()),
    }
}

/// The task that a caller means. What is none of theirs is not there.
pub(super) fn find(
    view: &mut View<'_>,
    id: &str,
    list: Option<DocumentId>,
) -> Result<Task, Problem> {
    // In the trash too: what a caller has an id of, they can look at.
    let digits = id.chars().filter(char::is_ascii_hexdigit).count();
    if digits < 6 || !id.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
        return Err(Problem::not_found("task"));
    }
    let text = id.to_owned();
    match view.query(&Query::FindTask { text, list })? {
        Answer::Task(task) if view.caller.may_touch(&task.list) => Ok(task),
        Answer::Task(_) => Err(Problem::not_found("task")),
        _ => Err(unexpected()),
    }
}
