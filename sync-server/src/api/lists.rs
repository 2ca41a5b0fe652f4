//! Lists, and what they have beside tasks: members and tags.

use axum::extract::State;
use poo_core::document::DocumentId;
use poo_core::membership::Role;
use poo_core::model::{Answer, Command, List, ListPatch, Member, Outcome, Query, Tag};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{Caller, Scope};
use super::input::{Body, Nothing, Once, Part};
use super::pages::{Denied, Faults, Rejected, page};
use super::problem::{Code, Problem};
use super::reply::{Reply, tag_of};
use super::{Api, Hand, View, unexpected};

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_lists, create_list))
        .routes(routes!(get_list, edit_list, delete_list))
        .routes(routes!(restore_list))
        .routes(routes!(list_members))
        .routes(routes!(list_tags))
        .routes(routes!(edit_tag, delete_tag))
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

/// List the lists that the caller may see.
#[utoipa::path(
    get, path = "/lists", tag = "lists",
    responses((status = OK, body = ListPage), Denied, Faults),
)]
async fn list_lists(State(api): State<Api>, caller: Caller) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksRead)?;
    api.read(&caller, |view| {
        match view.query(&Query::Lists { all: false })? {
            Answer::Lists(page) => Reply::ok(&page),
            _ => Err(unexpected()),
        }
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
        return Err(Problem::new(Code::Forbidden, detail));
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
        hand.as_owner(list, &Command::DeleteList { list })?;
        Ok(Reply::done())
    })
    .await
}

/// Bring a list back that was put away.
#[utoipa::path(
    post, path = "/lists/{list}/restore", tag = "lists", request_body = Option<Nothing>,
    params(("list" = DocumentId, Path)),
    responses((status = OK, body = List), Rejected, Denied, Faults),
)]
async fn restore_list(
    State(api): State<Api>,
    caller: Caller,
    Part(list): Part<DocumentId>,
    request: Once<Nothing>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TasksWrite)?;
    api.write(&caller, request.once, move |hand| {
        hand.as_owner(list, &Command::RestoreList { list })?;
        let list = one(&mut hand.view(), list)?;
        Ok(Reply::ok(&list)?.tagged(tag_of(&list)?))
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

pub(super) fn one(view: &mut View<'_>, list: DocumentId) -> Result<List, Problem> {
    match view.query(&Query::List { list })? {
        Answer::List(list) => Ok(list),
        _ => Err(unexpected()),
    }
}

fn tags(view: &mut View<'_>, list: DocumentId) -> Result<Reply, Problem> {
    match view.query(&Query::Tags { list })? {
        Answer::Tags(page) => Reply::ok(&page),
        _ => Err(unexpected()),
    }
}

impl Hand<'_, '_> {
    /// Carries out what only an owner of a list may do.
    fn as_owner(&mut self, list: DocumentId, command: &Command) -> Result<(), Problem> {
        if one(&mut self.view(), list)?.role != Some(Role::Owner) {
            let detail = "only an owner puts a list away, or brings it back";
            return Err(Problem::new(Code::Forbidden, detail));
        }
        self.execute(&list, command).map(drop)
    }

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
