//! Tasks: making, reading, changing and deleting them.

use axum::extract::{FromRequestParts, State};
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use jiff::civil::Date;
use poo_core::document::DocumentId;
use poo_core::model::{
    Answer, Command, NewTask, Outcome, Priority, Query, Sort, Status, Task, TaskFilter, TaskId,
    TaskPatch,
};
use serde::{Deserialize, Serialize};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{Caller, Scope};
use super::input::{Body, Key, Once, Params, Part, number, truth};
use super::pages::{Denied, Faults, Rejected};
use super::problem::Problem;
use super::reply::{Known, Reply, tag_of};
use super::{Api, Hand, View, unexpected};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_tasks, create_task))
        .routes(routes!(get_task, edit_task, delete_task))
        .routes(routes!(create_tasks))
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

/// Tasks that are to be made together.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateTasks {
    /// The list that they go to.
    list: DocumentId,
    /// The tasks, each of which goes on top of those before it: at most 100.
    #[schema(min_items = 1, max_items = 100)]
    tasks: Vec<CreateEach>,
}

/// One of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateEach {
    #[serde(flatten)]
    task: NewTask,
}

/// The tasks that were made, in the order in which they were given.
#[derive(Serialize, ToSchema)]
struct TasksMade {
    items: Vec<Task>,
}

/// What changes of a task. What is not named stays; `null` empties a field.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditTask {
    #[serde(flatten)]
    patch: TaskPatch,
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
    /// Not done, and due before now.
    #[serde(deserialize_with = "truth")]
    overdue: bool,
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

/// The task that a request is about: its name in the path, and its list where that is told.
#[derive(Debug)]
pub(super) struct TaskAt {
    id: String,
    list: Option<DocumentId>,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "it only describes")]
struct Name {
    /// A task's id, or its last 6 or more characters
    task: String,
}

/// In which list, where an id exists in several.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct Where {
    /// The list that the task is in.
    list: Option<DocumentId>,
}

impl IntoParams for TaskAt {
    fn into_params(parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut all = Name::into_params(&parameter_in);
        all.extend(Where::into_params(&parameter_in));
        all
    }
}

impl<S: Send + Sync> FromRequestParts<S> for TaskAt {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Part(id) = Part::from_request_parts(parts, state).await?;
        let Params(Where { list }) = Params::from_request_parts(parts, state).await?;
        Ok(Self { id, list })
    }
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
/// The most tasks that are made together.
const TOGETHER_MAX: usize = 100;

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
        let query = Query::Tasks {
            list: which.list,
            filter: TaskFilter {
                status: which.status,
                priority: which.priority,
                assignee,
                unassigned,
                tag: which.tag,
                due_from: which.due_from,
                due_to: which.due_to,
                overdue: which.overdue,
                text: which.text,
                deleted: which.deleted,
                sort: which.sort,
                zone: which.zone,
            },
            limit: Some(limit),
            cursor: which.cursor,
        };
        match view.query(&query)? {
            Answer::Tasks(page) => Reply::ok(&page),
            _ => Err(unexpected()),
        }
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
        let task = create(hand, list, task)?;
        let reply = Reply::created(&task, format!("/api/v1/tasks/{}", task.id))?;
        Ok(reply.tagged(tag(&task)?))
    })
    .await
}

/// Create tasks together: all of them, or none where one is not acceptable.
#[utoipa::path(
    post, path = "/tasks/batch", tag = "tasks", request_body = CreateTasks,
    responses((status = CREATED, body = TasksMade), Rejected, Denied, Faults),
)]
async fn create_tasks(
    State(api): State<Api>,
    caller: Caller,
    request: Once<CreateTasks>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksWrite)?;
    let CreateTasks { list, tasks } = request.body;
    if !(1..=TOGETHER_MAX).contains(&tasks.len()) {
        let detail = format!("are 1 to {TOGETHER_MAX}");
        return Err(Problem::invalid("tasks", detail));
    }
    api.write(&caller, request.once, move |hand| {
        let made = tasks
            .into_iter()
            .enumerate()
            .map(|(index, CreateEach { task })| {
                let created = create(hand, list, task);
                created.map_err(|problem| problem.within(&format!("tasks[{index}]")))
            });
        let items = made.collect::<Result<_, _>>()?;
        let place = format!("/api/v1/tasks?list={list}");
        Reply::created(&TasksMade { items }, place)
    })
    .await
}

/// Get a task.
#[utoipa::path(
    get, path = "/tasks/{task}", tag = "tasks",
    params(TaskAt),
    responses(
        (status = OK, body = Task, headers(("ETag" = String, description = "Names this state of the task"))),
        (status = NOT_MODIFIED, description = "It is as the header If-None-Match says"),
        Rejected, Denied, Faults,
    ),
)]
async fn get_task(
    State(api): State<Api>,
    caller: Caller,
    at: TaskAt,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.needs(Scope::TasksRead)?;
    let known = Known::from(&headers, IF_NONE_MATCH);
    let reply = api
        .read(&caller, move |view| {
            let task = find(view, &at)?;
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
    params(TaskAt,
        ("If-Match" = Option<String>, Header, description = "The ETag of the state that is to be changed")),
    responses((status = OK, body = Task), Rejected, Denied, Faults),
)]
async fn edit_task(
    State(api): State<Api>,
    caller: Caller,
    at: TaskAt,
    headers: HeaderMap,
    Body(EditTask { patch }): Body<EditTask>,
) -> Result<Reply, Problem> {
    let known = Known::from(&headers, IF_MATCH);
    api.write_task(&caller, Default::default(), at, move |hand, found| {
        known.require(&tag(&found)?)?;
        change(hand, found, patch)
    })
    .await
}

/// Put a task, with its subtasks, into the trash.
#[utoipa::path(
    delete, path = "/tasks/{task}", tag = "tasks",
    params(TaskAt,
        ("If-Match" = Option<String>, Header, description = "The ETag of the state that is to be deleted")),
    responses((status = NO_CONTENT, description = "It is in the trash"), Rejected, Denied, Faults),
)]
async fn delete_task(
    State(api): State<Api>,
    caller: Caller,
    at: TaskAt,
    headers: HeaderMap,
) -> Result<Reply, Problem> {
    let known = Known::from(&headers, IF_MATCH);
    api.write_task(&caller, Default::default(), at, move |hand, found| {
        known.require(&tag(&found)?)?;
        let (list, task) = (found.list, found.id);
        hand.execute(&list, &Command::DeleteTask { list, task })?;
        Ok(Reply::done())
    })
    .await
}

impl Api {
    /// Does something with the task that the caller means.
    pub(super) async fn write_task(
        &self,
        caller: &Caller,
        once: Key,
        at: TaskAt,
        job: impl FnOnce(&mut Hand<'_, '_>, Task) -> Result<Reply, Problem> + Send + 'static,
    ) -> Result<Reply, Problem> {
        caller.needs(Scope::TasksWrite)?;
        let job = move |hand: &mut Hand<'_, '_>| {
            let found = find(&mut hand.view(), &at)?;
            job(hand, found)
        };
        self.write(caller, once, job).await
    }
}

fn create(hand: &mut Hand<'_, '_>, list: DocumentId, task: NewTask) -> Result<Task, Problem> {
    match hand.execute(&list, &Command::CreateTask { list, task })? {
        Outcome::Task { task, .. } => one(&mut hand.view(), list, task),
        _ => Err(unexpected()),
    }
}

/// Changes a task and shows it.
pub(super) fn change(
    hand: &mut Hand<'_, '_>,
    found: Task,
    patch: TaskPatch,
) -> Result<Reply, Problem> {
    let (list, task) = (found.list, found.id);
    hand.execute(&list, &Command::EditTask { list, task, patch })?;
    as_it_is(hand, list, task)
}

pub(super) fn as_it_is(
    hand: &mut Hand<'_, '_>,
    list: DocumentId,
    task: TaskId,
) -> Result<Reply, Problem> {
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
pub(super) fn find(view: &mut View<'_>, at: &TaskAt) -> Result<Task, Problem> {
    let TaskAt { id, list } = at;
    // In the trash too: what a caller has an id of, they can look at.
    let digits = id.chars().filter(char::is_ascii_hexdigit).count();
    if digits < 6 || !id.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
        return Err(Problem::not_found("task"));
    }
    let (text, list) = (id.clone(), *list);
    match view.query(&Query::FindTask { text, list })? {
        Answer::Task(task) => Ok(task),
        _ => Err(unexpected()),
    }
}
