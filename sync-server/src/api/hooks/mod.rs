//! Webhooks: registering, changing and removing endpoints, and what became of deliveries.

mod views;

use axum::extract::State;
use jiff::SignedDuration;
use poo_core::document::DocumentId;
use poo_core::model::EventFilter;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) use self::views::Webhook;
use self::views::{
    Accepted, CreateWebhook, DeliveryPage, DeliveryState, DeliveryView, EditWebhook, FormatName,
    Redelivered, RotateWebhook, WebhookPage, WhichDeliveries, with_secret,
};
use super::Api;
use super::auth::{Caller, Scope};
use super::input::{Body, Nothing, Once, Params, Part};
use super::live::{NAMED_MAX, few, member};
use super::pages::{Denied, Faults, Rejected};
use super::problem::{Code, Problem};
use super::reply::Reply;
use crate::webhooks::{
    Endpoint, Format, GuardError, Registered, Secret, State as Went, Target, Wish,
};

/// The longest description, in characters.
const DESCRIPTION_CHARS_MAX: usize = 200;
/// The longest token of the other side, in bytes.
const TOKEN_BYTES_MAX: usize = 1_000;
/// How long the secret before still signs unless told, and at most, in seconds.
const OVERLAP_S: u32 = 24 * 3_600;
const OVERLAP_S_MAX: u32 = 30 * 24 * 3_600;
/// How many deliveries a page of a log has unless told, and at most.
const LOG: u32 = 50;
const LOG_MAX: u32 = 200;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_webhooks, create_webhook))
        .routes(routes!(get_webhook, edit_webhook, delete_webhook))
        .routes(routes!(rotate_webhook))
        .routes(routes!(test_webhook))
        .routes(routes!(list_deliveries))
        .routes(routes!(redeliver_all))
        .routes(routes!(redeliver))
}

fn line(field: &str, text: &str, most: usize) -> Result<String, Problem> {
    if text.chars().count() > most || text.chars().any(char::is_control) {
        return Err(Problem::invalid(
            field,
            format!("is one line of at most {most} characters"),
        ));
    }
    Ok(text.trim().to_owned())
}

/// Whether a key may see an endpoint: one for some lists neither sees nor changes what is for
/// others.
fn is_for(endpoint: &Endpoint, caller: &Caller) -> bool {
    let lists = &endpoint.wish.lists;
    match caller.lists() {
        Some(own) => !lists.is_empty() && lists.iter().all(|list| own.contains(list)),
        None => true,
    }
}

fn token(text: &str) -> Result<Secret, Problem> {
    if text.is_empty()
        || text.len() > TOKEN_BYTES_MAX
        || !text.bytes().all(|b| b.is_ascii_graphic())
    {
        let detail = format!("is 1 to {TOKEN_BYTES_MAX} printable ASCII characters");
        return Err(Problem::invalid("token", detail));
    }
    Ok(Secret::new(text.as_bytes().to_vec()))
}

fn lists(lists: Vec<DocumentId>, caller: &Caller) -> Result<Vec<DocumentId>, Problem> {
    few(lists.len(), "lists")?;
    // A key that is for some lists registers nothing for others.
    match caller.lists() {
        Some(own) if lists.is_empty() => Ok(own.iter().copied().take(NAMED_MAX).collect()),
        Some(own) if !lists.iter().all(|list| own.contains(list)) => {
            Err(Problem::not_found("list").at("lists"))
        }
        _ => Ok(lists),
    }
}

fn events(events: &[String]) -> Result<Vec<EventFilter>, Problem> {
    few(events.len(), "events")?;
    let parse = |text: &String| {
        let parsed = text.parse();
        parsed.map_err(|error| Problem::invalid("events", format!("`{text}`: {error}")))
    };
    events.iter().map(parse).collect()
}

impl Api {
    /// Reads where an endpoint is, and refuses what may not be called.
    async fn target(&self, url: &str) -> Result<(), Problem> {
        let target: Target = url
            .parse()
            .map_err(|error: GuardError| Problem::from(error))?;
        Ok(self.webhooks().check(&target).await?)
    }

    async fn webhook(&self, caller: &Caller, id: &str) -> Result<Endpoint, Problem> {
        let (owner, id) = (caller.did, id.to_owned());
        let found = self
            .webhooks()
            .look(move |store, _| store.endpoint(&owner, &id))
            .await?;
        found
            .filter(|endpoint| is_for(endpoint, caller))
            .ok_or_else(|| Problem::not_found("webhook"))
    }
}

/// List the caller's endpoints.
#[utoipa::path(
    get, path = "/webhooks", tag = "webhooks",
    responses((status = OK, body = WebhookPage), Denied, Faults),
)]
async fn list_webhooks(State(api): State<Api>, caller: Caller) -> Result<Reply, Problem> {
    caller.needs(Scope::WebhooksManage)?;
    let owner = caller.did;
    let all = api
        .webhooks()
        .look(move |store, _| store.endpoints(Some(&owner)))
        .await?;
    let theirs = all.into_iter().filter(|it| is_for(it, &caller));
    let items = theirs.map(Webhook::from).collect();
    Reply::ok(&WebhookPage { items })
}

/// Register an endpoint. Its secret is in this answer and nowhere else. It gets what the caller
/// may see, from now on.
#[utoipa::path(
    post, path = "/webhooks", tag = "webhooks", request_body = CreateWebhook,
    responses((status = CREATED, body = Webhook), Rejected, Denied, Faults),
)]
async fn create_webhook(
    State(api): State<Api>,
    caller: Caller,
    request: Once<CreateWebhook>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::WebhooksManage)?;
    let wanted = request.body;
    let agent_id = wanted.agent_id.as_deref();
    let agent_id = agent_id.map(|id| line("agentId", id, 100)).transpose()?;
    let format = match (wanted.format, agent_id) {
        (FormatName::OpenclawAgent, agent_id) => Format::OpenclawAgent { agent_id },
        (_, Some(_)) => {
            let detail = "is for the format openclaw_agent";
            return Err(Problem::invalid("agentId", detail));
        }
        (FormatName::OpenclawWake, None) => Format::OpenclawWake,
        (FormatName::Standard, None) => Format::Standard,
    };
    let assignee = wanted.assignee.as_deref();
    let wish = Wish {
        description: line("description", &wanted.description, DESCRIPTION_CHARS_MAX)?,
        format,
        lists: lists(wanted.lists, &caller)?,
        events: events(&wanted.events)?,
        assignee: assignee.map(|text| member(text, &caller)).transpose()?,
        enabled: true,
        url: wanted.url,
    };
    let token = wanted.token.as_deref().map(token).transpose()?;
    api.target(&wish.url).await?;
    let owner = caller.did;
    let webhooks = api.webhooks().clone();
    api.write_secret(&caller, request.once, move |hand| {
        let end = hand.turn.replica.last_event()?;
        let registered = webhooks.now(|store, env| {
            store.begin_at(&end)?;
            store.register(&owner, wish, token, env)
        })?;
        match registered {
            Registered::Here(endpoint) => {
                let location = format!("/api/v1/webhooks/{}", endpoint.id);
                Reply::created(&with_secret(*endpoint), location)
            }
            Registered::TooMany => {
                let detail = "there are as many endpoints as one may have: remove one";
                Err(Problem::new(Code::LimitReached, detail))
            }
        }
    })
    .await
}

/// Get one endpoint.
#[utoipa::path(
    get, path = "/webhooks/{id}", tag = "webhooks", params(("id" = String, Path)),
    responses((status = OK, body = Webhook), Denied, Faults),
)]
async fn get_webhook(
    State(api): State<Api>,
    caller: Caller,
    id: Part<String>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::WebhooksManage)?;
    Reply::ok(&Webhook::from(api.webhook(&caller, &id.0).await?))
}

/// Change an endpoint. Switching it on again also forgets that it failed.
#[utoipa::path(
    patch, path = "/webhooks/{id}", tag = "webhooks", params(("id" = String, Path)),
    request_body = EditWebhook,
    responses((status = OK, body = Webhook), Rejected, Denied, Faults),
)]
async fn edit_webhook(
    State(api): State<Api>,
    caller: Caller,
    id: Part<String>,
    patch: Body<EditWebhook>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::WebhooksManage)?;
    let patch = patch.0;
    let mut endpoint = api.webhook(&caller, &id.0).await?;
    let wish = &mut endpoint.wish;
    if let Some(url) = patch.url {
        api.target(&url).await?;
        wish.url = url;
    }
    if let Some(description) = patch.description {
        wish.description = line("description", &description, DESCRIPTION_CHARS_MAX)?;
    }
    if let Some(wanted) = patch.lists {
        wish.lists = lists(wanted, &caller)?;
    }
    if let Some(wanted) = patch.events {
        wish.events = events(&wanted)?;
    }
    if let Some(assignee) = patch.assignee {
        wish.assignee = Some(member(&assignee, &caller)?);
    }
    if let Some(text) = patch.token {
        endpoint.token = Some(token(&text)?);
    }
    let begins = patch.enabled == Some(true) && !wish.enabled;
    if let Some(enabled) = patch.enabled {
        wish.enabled = enabled;
        endpoint.disabled_reason = None;
        endpoint.failing_since = None;
    }
    let end = match begins {
        true => {
            let asked = api.read(&caller, |view| Ok(view.replica.last_event()?));
            Some(asked.await?)
        }
        false => None,
    };
    let written = endpoint.clone();
    api.webhooks()
        .with(move |store, env| {
            if let Some(end) = end {
                store.begin_at(&end)?;
            }
            store.write(&written, env)
        })
        .await?;
    Reply::ok(&Webhook::from(endpoint))
}

/// Remove an endpoint with all that waits for it.
#[utoipa::path(
    delete, path = "/webhooks/{id}", tag = "webhooks", params(("id" = String, Path)),
    responses((status = NO_CONTENT), Denied, Faults),
)]
async fn delete_webhook(
    State(api): State<Api>,
    caller: Caller,
    id: Part<String>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::WebhooksManage)?;
    let endpoint = api.webhook(&caller, &id.0).await?;
    let removed = api
        .webhooks()
        .with(move |store, _| store.remove(&endpoint.owner, Some(&endpoint.id)))
        .await?;
    match removed {
        0 => Err(Problem::not_found("webhook")),
        _ => Ok(Reply::done()),
    }
}

/// Give an endpoint a new secret. The old one signs beside it for a while: deliveries carry both
/// signatures then.
#[utoipa::path(
    post, path = "/webhooks/{id}/rotate", tag = "webhooks", params(("id" = String, Path)),
    request_body = Option<RotateWebhook>,
    responses((status = OK, body = Webhook), Rejected, Denied, Faults),
)]
async fn rotate_webhook(
    State(api): State<Api>,
    caller: Caller,
    id: Part<String>,
    request: Once<RotateWebhook>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::WebhooksManage)?;
    let overlap = request.body.overlap_s.unwrap_or(OVERLAP_S);
    if overlap > OVERLAP_S_MAX {
        let detail = format!("is at most {OVERLAP_S_MAX} seconds");
        return Err(Problem::invalid("overlapS", detail));
    }
    let overlap = SignedDuration::from_secs(overlap.into());
    let endpoint = api.webhook(&caller, &id.0).await?;
    let webhooks = api.webhooks().clone();
    api.write_secret(&caller, request.once, move |_| {
        let rotated =
            webhooks.now(|store, env| store.rotate(&endpoint.owner, &endpoint.id, overlap, env))?;
        let rotated = rotated.ok_or_else(|| Problem::not_found("webhook"))?;
        Reply::ok(&with_secret(rotated))
    })
    .await
}

/// Send an endpoint something that only shows that it can be reached. What came of it stands in
/// the log, under this id.
#[utoipa::path(
    post, path = "/webhooks/{id}/test", tag = "webhooks", params(("id" = String, Path)),
    request_body = Option<Nothing>,
    responses((status = ACCEPTED, body = Accepted), Rejected, Denied, Faults),
)]
async fn test_webhook(
    State(api): State<Api>,
    caller: Caller,
    id: Part<String>,
    request: Once<Nothing>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::WebhooksManage)?;
    let endpoint = api.webhook(&caller, &id.0).await?;
    let webhooks = api.webhooks().clone();
    api.write(&caller, request.once, move |_| {
        let id = webhooks.ping(endpoint)?;
        Reply::accepted(&Accepted { id })
    })
    .await
}

/// List what became of deliveries, the latest first.
#[utoipa::path(
    get, path = "/webhooks/{id}/deliveries", tag = "webhooks",
    params(("id" = String, Path), WhichDeliveries),
    responses((status = OK, body = DeliveryPage), Rejected, Denied, Faults),
)]
async fn list_deliveries(
    State(api): State<Api>,
    caller: Caller,
    id: Part<String>,
    which: Params<WhichDeliveries>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::WebhooksManage)?;
    let which = which.0;
    let limit = which.limit.unwrap_or(LOG);
    if !(1..=LOG_MAX).contains(&limit) {
        return Err(Problem::invalid(
            "limit",
            format!("is a number from 1 to {LOG_MAX}"),
        ));
    }
    let before = which.cursor.map(|cursor| {
        let wrong = |_| Problem::invalid("cursor", "is not one that a page ended with");
        cursor.parse::<i64>().map_err(wrong)
    });
    let before = before.transpose()?;
    let state = which.state.map(|state| match state {
        DeliveryState::Waiting => Went::Waiting,
        DeliveryState::Delivered => Went::Delivered,
        DeliveryState::Dead => Went::Dead,
    });
    let limit = limit as usize;
    let endpoint = api.webhook(&caller, &id.0).await?;
    let mut found = api
        .webhooks()
        .look(move |store, _| store.log(&endpoint.id, state, before, limit + 1))
        .await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next_cursor = found.last().filter(|_| more).map(|last| last.n.to_string());
    let items = found.into_iter().map(DeliveryView::from).collect();
    Reply::ok(&DeliveryPage { items, next_cursor })
}

/// Try all dead deliveries of an endpoint again.
#[utoipa::path(
    post, path = "/webhooks/{id}/redeliver", tag = "webhooks", params(("id" = String, Path)),
    request_body = Option<Nothing>,
    responses((status = OK, body = Redelivered), Rejected, Denied, Faults),
)]
async fn redeliver_all(
    State(api): State<Api>,
    caller: Caller,
    id: Part<String>,
    request: Once<Nothing>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::WebhooksManage)?;
    let endpoint = api.webhook(&caller, &id.0).await?;
    let webhooks = api.webhooks().clone();
    api.write(&caller, request.once, move |_| {
        let count = webhooks.now(|store, env| store.redeliver(&endpoint.id, None, env.now))?;
        Reply::ok(&Redelivered { count })
    })
    .await
}

/// Try a delivery again, whatever became of it. It keeps its id.
#[utoipa::path(
    post, path = "/webhooks/{id}/deliveries/{delivery}/redeliver", tag = "webhooks",
    params(("id" = String, Path), ("delivery" = String, Path)), request_body = Option<Nothing>,
    responses((status = OK, body = Redelivered), Rejected, Denied, Faults),
)]
async fn redeliver(
    State(api): State<Api>,
    caller: Caller,
    id: Part<(String, String)>,
    request: Once<Nothing>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::WebhooksManage)?;
    let (id, delivery) = id.0;
    let endpoint = api.webhook(&caller, &id).await?;
    let webhooks = api.webhooks().clone();
    api.write(&caller, request.once, move |_| {
        let count =
            webhooks.now(|store, env| store.redeliver(&endpoint.id, Some(&delivery), env.now))?;
        match count {
            0 => Err(Problem::not_found("delivery")),
            count => Reply::ok(&Redelivered { count }),
        }
    })
    .await
}
