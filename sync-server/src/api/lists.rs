//! Lists and what is in them beside tasks: comments, tags, members, what happened.

use axum::extract::State;
use poo_core::document::DocumentId;
use poo_core::membership::Role;
use poo_core::model::{
    Activity, ActivityAction, Answer, Command, Comment, List, ListPatch, Member, Outcome, Query,
    Tag, TaskId,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{Caller, Scope};
use super::input::{Body, Once, Params, Part, number};
use super::pages::{Denied, Faults, Rejected};
use super::problem::Problem;
use super::reply::{Reply, tag_of};
use super::tasks::{Where, find};
use super::{Api, Hand, View, unexpected};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_lists, create_list))
        .routes(routes!(get_list, edit_list, delete_list))
        .routes(routes!(list_members))
        .routes(routes!(list_tags))
        .routes(routes!(edit_tag, delete_tag))
        .routes(routes!(list_comments, add_comment))
        .routes(routes!(edit_comment, delete_comment))
        .routes(routes!(list_activity, log_note))
}

/// A list that is to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateList {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
}

/// What changes of a list. What is not named stays; `null` empties a field.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditList {
    /// Another title.
    title: Option<String>,
    #[serde(flatten)]
    look: ListPatch,
}

/// What changes of a tag.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EditTag {
    /// Another name, 1 to 50 characters.
    name: Option<String>,
    /// Its colour; empty takes it off.
    color: Option<String>,
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
    kind: Option<Kind>,
    /// At most so many; 100 unless told.
    #[serde(deserialize_with = "number")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1_000)]
    limit: Option<u32>,
    /// Where the page before ended.
    cursor: Option<String>,
}

/// Where a row of the activity comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    /// Somebody wrote it.
    Note,
    /// It follows from what somebody did.
    Derived,
}

macro_rules! page {
    ($(#[$about:meta])* $name:ident, $of:ident) => {
        $(#[$about])*
        #[derive(ToSchema)]
        #[allow(dead_code, reason = "it describes what the engine's own type says")]
        #[schema(rename_all = "camelCase")]
        struct $name {
            items: Vec<$of>,
            next_cursor: Option<String>,
        }
    };
}
page!(
    /// Lists.
    ListPage, List
);
page!(
    /// Members of a list.
    MemberPage, Member
);
page!(
    /// Tags of a list.
    TagPage, Tag
);
page!(
    /// Comments on a task.
    CommentPage, Comment
);
page!(
    /// What happened, the latest first, and where the next page begins.
    ActivityPage, Activity
);

/// List the lists that the caller may see.
#[utoipa::path(
    get, path = "/lists", tag = "lists",
    responses((status = OK, body = ListPage), Denied, Faults),
)]
async fn list_lists(State(api): State<Api>, caller: Caller) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksRead)?;
    api.read(&caller, |view| {
        let Answer::Lists(mut page) = view.query(&Query::Lists { all: false })? else {
            return Err(unexpected());
        };
        page.items.retain(|list| view.caller.may_touch(&list.id));
        Reply::ok(&page)
    })
    .await
}

/// Create a list. The relay must be allowed to sign for the caller, as `poo ticket create` lets it.
#[utoipa::path(
    post, path = "/lists", tag = "lists", request_body = CreateList,
    responses((status = CREATED, body = List), Rejected, Denied, Faults),
)]
async fn create_list(
    State(api): State<Api>,
    caller: Caller,
    request: Once<CreateList>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksWrite)?;
    if caller.lists().is_some() {
        let detail = "this key is for some lists only";
        return Err(Problem::new(super::problem::Code::Forbidden, detail));
    }
    let title = request.body.title;
    api.write(&caller, request.once, move |hand| {
        let outcome = hand.begin_list(&Command::CreateList { title })?;
        let Outcome::List { list } = outcome else {
            return Err(unexpected());
        };
        let list = one(&mut hand.view(), list)?;
        let reply = Reply::created(&list, format!("/api/v1/lists/{}", list.id))?;
        Ok(reply.tagged(tag_of(&list)?))
    })
    .await
}

/// Get a list.
#[utoipa::path(
    get, path = "/lists/{list}", tag = "lists", params(("list" = DocumentId, Path)),
    responses((status = OK, body = List), Denied, Faults),
)]
async fn get_list(
    State(api): State<Api>,
    caller: Caller,
    Part(list): Part<DocumentId>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksRead)?;
    api.read(&caller, move |view| {
        let list = one(view, list)?;
        Ok(Reply::ok(&list)?.tagged(tag_of(&list)?))
    })
    .await
}

/// Change a list's title or how it looks.
#[utoipa::path(
    patch, path = "/lists/{list}", tag = "lists", request_body = EditList,
    params(("list" = DocumentId, Path)),
    responses((status = OK, body = List), Rejected, Denied, Faults),
)]
async fn edit_list(
    State(api): State<Api>,
    caller: Caller,
    Part(list): Part<DocumentId>,
    Body(EditList { title, look }): Body<EditList>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksWrite)?;
    api.write(&caller, Default::default(), move |hand| {
        if let Some(title) = title {
            hand.execute(&list, &Command::RenameList { list, title })?;
        }
        if look != ListPatch::default() {
            let patch = look;
            hand.execute(&list, &Command::EditList { list, patch })?;
        }
        let list = one(&mut hand.view(), list)?;
        Ok(Reply::ok(&list)?.tagged(tag_of(&list)?))
    })
    .await
}

/// Put a list away, for everybody. An owner can bring it back.
#[utoipa::path(
    delete, path = "/lists/{list}", tag = "lists", params(("list" = DocumentId, Path)),
    responses((status = NO_CONTENT, description = "It is put away"), Denied, Faults),
)]
async fn delete_list(
    State(api): State<Api>,
    caller: Caller,
    Part(list): Part<DocumentId>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksWrite)?;
    api.write(&caller, Default::default(), move |hand| {
        let known = one(&mut hand.view(), list)?;
        if known.role != Some(Role::Owner) {
            let detail = "only an owner puts a list away";
            return Err(Problem::new(super::problem::Code::Forbidden, detail));
        }
        hand.execute(&list, &Command::DeleteList { list })?;
        Ok(Reply::done())
    })
    .await
}

/// List who is in a list.
#[utoipa::path(
    get, path = "/lists/{list}/members", tag = "lists", params(("list" = DocumentId, Path)),
    responses((status = OK, body = MemberPage), Denied, Faults),
)]
async fn list_members(
    State(api): State<Api>,
    caller: Caller,
    Part(list): Part<DocumentId>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksRead)?;
    api.read(&caller, move |view| {
        view.check(&list)?;
        match view.query(&Query::Members { list })? {
            Answer::Members(page) => Reply::ok(&page),
            _ => Err(unexpected()),
        }
    })
    .await
}

/// List the tags of a list.
#[utoipa::path(
    get, path = "/lists/{list}/tags", tag = "tags", params(("list" = DocumentId, Path)),
    responses((status = OK, body = TagPage), Denied, Faults),
)]
async fn list_tags(
    State(api): State<Api>,
    caller: Caller,
    Part(list): Part<DocumentId>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksRead)?;
    api.read(&caller, move |view| tags(view, list)).await
}

/// Change a tag of a list, wherever it is. One that is not there yet is made.
#[utoipa::path(
    patch, path = "/lists/{list}/tags/{tag}", tag = "tags", request_body = EditTag,
    params(("list" = DocumentId, Path), ("tag" = String, Path, description = "Its name")),
    responses((status = OK, body = TagPage), Rejected, Denied, Faults),
)]
async fn edit_tag(
    State(api): State<Api>,
    caller: Caller,
    Part((list, tag)): Part<(DocumentId, String)>,
    Body(EditTag { name, color }): Body<EditTag>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksWrite)?;
    let color = color.map(|color| Some(color).filter(|color| !color.is_empty()));
    api.write(&caller, Default::default(), move |hand| {
        let command = Command::EditTag {
            list,
            tag,
            name,
            color,
        };
        hand.execute(&list, &command)?;
        tags(&mut hand.view(), list)
    })
    .await
}

/// Take a tag off a list and all its tasks.
#[utoipa::path(
    delete, path = "/lists/{list}/tags/{tag}", tag = "tags",
    params(("list" = DocumentId, Path), ("tag" = String, Path, description = "Its name")),
    responses((status = NO_CONTENT, description = "It is gone"), Denied, Faults),
)]
async fn delete_tag(
    State(api): State<Api>,
    caller: Caller,
    Part((list, tag)): Part<(DocumentId, String)>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksWrite)?;
    api.write(&caller, Default::default(), move |hand| {
        hand.execute(&list, &Command::DeleteTag { list, tag })?;
        Ok(Reply::done())
    })
    .await
}

/// List what was said about a task.
#[utoipa::path(
    get, path = "/tasks/{task}/comments", tag = "comments",
    params(("task" = String, Path, description = "A task's id, or its last 6 or more characters"), Where),
    responses((status = OK, body = CommentPage), Rejected, Denied, Faults),
)]
async fn list_comments(
    State(api): State<Api>,
    caller: Caller,
    Part(id): Part<String>,
    Params(place): Params<Where>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksRead)?;
    api.read(&caller, move |view| {
        let task = find(view, &id, place.list)?;
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
    params(("task" = String, Path, description = "A task's id, or its last 6 or more characters"), Where),
    responses((status = CREATED, body = Made), Rejected, Denied, Faults),
)]
async fn add_comment(
    State(api): State<Api>,
    caller: Caller,
    Part(id): Part<String>,
    Params(place): Params<Where>,
    request: Once<Say>,
) -> Result<Reply, Problem> {
    let text = request.body.text;
    api.write_task(&caller, request.once, (id, place), move |hand, task| {
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
        if let Some(list) = &which.list {
            view.check(list)?;
        }
        let query = Query::Activity {
            list: which.list,
            task: which.task,
            limit: which.limit,
            cursor: which.cursor,
        };
        let Answer::Activity(mut page) = view.query(&query)? else {
            return Err(unexpected());
        };
        page.items.retain(|row| {
            let kind = match row.action {
                ActivityAction::Note => Kind::Note,
                _ => Kind::Derived,
            };
            view.caller.may_touch(&row.list) && which.kind.is_none_or(|wanted| wanted == kind)
        });
        Reply::ok(&page)
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

pub(super) fn one(view: &mut View<'_>, list: DocumentId) -> Result<List, Problem> {
    view.check(&list)?;
    match view.query(&Query::List { list })? {
        Answer::List(list) => Ok(list),
        _ => Err(unexpected()),
    }
}

fn tags(view: &mut View<'_>, list: DocumentId) -> Result<Reply, Problem> {
    view.check(&list)?;
    match view.query(&Query::Tags { list })? {
        Answer::Tags(page) => Reply::ok(&page),
        _ => Err(unexpected()),
    }
}

impl Hand<'_, '_> {
    /// Makes a list for the caller, who hears of it in their space.
    fn begin_list(&mut self, command: &Command) -> Result<Outcome, Problem> {
        let (outcome, space) = self.act(command)?;
        if let Outcome::List { list } = &outcome {
            self.turn.changed(*list);
        }
        self.turn.changed(space);
        Ok(outcome)
    }
}
