//! Keys: making, listing, rotating and revoking them, and what was done with them.

use std::collections::BTreeSet;

use axum::extract::State;
use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::identity::Did;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::keys::{self, KeyRow, NewKey};
use super::auth::token::{Kind, Token};
use super::auth::{Caller, Scope};
use super::input::{Once, Params, Part, number};
use super::pages::{Denied, Faults, Rejected};
use super::problem::{Code, Problem};
use super::reply::Reply;
use super::{Api, Hand, agents, time};

/// The longest name of a key, in characters.
const NAME_CHARS_MAX: usize = 100;
/// The most keys of one person that work at a time.
const KEYS_MAX: usize = 1_000;
/// How many lists a key can be restricted to.
const LISTS_MAX: usize = 1_000;
/// How long a rotated key works on unless told, in seconds: a day.
const OVERLAP_S: u32 = 24 * 3_600;
/// The longest, in seconds: thirty days.
const OVERLAP_S_MAX: u32 = 30 * 24 * 3_600;
/// How many entries of the audit log a page has unless told, and at most.
const AUDIT: u32 = 100;
const AUDIT_MAX: u32 = 1_000;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_keys, create_key))
        .routes(routes!(revoke_key))
        .routes(routes!(rotate_key))
        .routes(routes!(list_audit))
}

/// A key that is to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateKey {
    /// What it is called, 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// The agent that it is for; without one it acts for whoever makes it.
    agent: Option<Did>,
    /// What it allows; unless told, to read and change tasks and to write notes.
    scopes: Option<BTreeSet<Scope>>,
    /// The only lists that it is for.
    lists: Option<BTreeSet<DocumentId>>,
    /// When it ends.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// How a key is rotated.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RotateKey {
    /// For how many seconds the old key works on: a day unless told, at most thirty.
    #[schema(maximum = 2_592_000)]
    overlap_s: Option<u32>,
}

/// A key without its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiKey {
    /// Names it.
    id: String,
    /// What it is called.
    name: String,
    /// For whom it acts.
    subject: Did,
    /// What it allows.
    scopes: BTreeSet<Scope>,
    /// The only lists that it is for; absent: all that its subject may see.
    #[serde(skip_serializing_if = "Option::is_none")]
    lists: Option<BTreeSet<DocumentId>>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    expires_at: Option<String>,
    /// When it was last used, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    last_used_at: Option<String>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    revoked_at: Option<String>,
    /// The key itself: only in the answer that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// Keys.
#[derive(Serialize, ToSchema)]
struct KeyPage {
    items: Vec<ApiKey>,
}

/// Something that was done with a key or an agent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditEntry {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// By whom.
    actor: Did,
    /// What.
    action: String,
    /// With which.
    target: String,
}

/// What was done, the latest first, and where the next page begins.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuditPage {
    items: Vec<AuditEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Which part of the log.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct AuditPart {
    /// At most so many; 100 unless told.
    #[serde(deserialize_with = "number")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1_000)]
    limit: Option<u32>,
    /// Where the page before ended.
    cursor: Option<String>,
}

impl From<KeyRow> for ApiKey {
    fn from(row: KeyRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            subject: row.subject,
            scopes: row.scopes,
            lists: row.lists,
            created_at: time(row.created_at),
            expires_at: row.expires_at.map(time),
            last_used_at: row.last_used_at.map(time),
            revoked_at: row.revoked_at.map(time),
            secret: None,
        }
    }
}

/// List the keys that the caller made.
#[utoipa::path(
    get, path = "/keys", tag = "keys",
    responses((status = OK, body = KeyPage), Denied, Faults),
)]
async fn list_keys(State(api): State<Api>, caller: Caller) -> Result<Reply, Problem> {
    caller.needs(Scope::AgentsManage)?;
    api.read(&caller, |view| {
        let items = all(view.replica.host_tables(), &view.caller.owner)?;
        Reply::ok(&KeyPage { items })
    })
    .await
}

/// Make a key. Its secret is in this answer and nowhere else; it is not kept, so an answer that is
/// given again under the same Idempotency-Key lacks it.
#[utoipa::path(
    post, path = "/keys", tag = "keys", request_body = CreateKey,
    responses((status = CREATED, body = ApiKey), Rejected, Denied, Faults),
)]
async fn create_key(
    State(api): State<Api>,
    caller: Caller,
    request: Once<CreateKey>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::AgentsManage)?;
    let wanted = request.body;
    let name = wanted.name.trim().to_owned();
    let chars = name.chars().count();
    if chars == 0 || chars > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        let detail = format!("is one line of 1 to {NAME_CHARS_MAX} characters");
        return Err(Problem::invalid("name", detail));
    }
    let scopes = wanted.scopes.unwrap_or_else(|| Scope::OF_AGENTS.into());
    if !caller.has_all(&scopes) {
        let detail = "a key cannot allow what the one lacks that makes it";
        return Err(Problem::new(Code::Forbidden, detail).at("scopes"));
    }
    if let Some(lists) = &wanted.lists
        && (lists.is_empty() || lists.len() > LISTS_MAX)
    {
        return Err(Problem::invalid("lists", format!("names 1 to {LISTS_MAX}")));
    }
    let lists = match (wanted.lists, caller.lists()) {
        (Some(lists), Some(own)) if !lists.is_subset(own) => {
            return Err(Problem::not_found("list"));
        }
        (None, Some(own)) => Some(own.clone()),
        (lists, _) => lists,
    };
    api.write_secret(&caller, request.once, move |hand| {
        let now = hand.turn.env.now;
        let owner = hand.caller.owner;
        let conn = hand.turn.replica.host_tables();
        let expires_at = wanted.expires_at.map(Timestamp::as_millisecond);
        if expires_at.is_some_and(|at| at <= now.as_millisecond()) {
            return Err(Problem::invalid("expiresAt", "lies in the past"));
        }
        if let Some(agent) = &wanted.agent
            && !agents::is_connected(conn, agent, &owner)?
        {
            return Err(Problem::not_found("agent").at("agent"));
        }
        let had = KeyRow::of(conn, &owner)?;
        if had.iter().filter(|row| row.is_live(now)).count() >= KEYS_MAX {
            let detail = format!("one person has at most {KEYS_MAX} keys: revoke one");
            return Err(Problem::new(Code::LimitReached, detail));
        }
        let new = NewKey {
            owner,
            subject: wanted.agent.unwrap_or(owner),
            name: &name,
            scopes: &scopes,
            lists: lists.as_ref(),
            expires_at,
        };
        make(hand, &new, "key.create")
    })
    .await
}

/// Rotate a key: a new one that allows the same, and the old one works on for a while.
#[utoipa::path(
    post, path = "/keys/{key}/rotate", tag = "keys", request_body = Option<RotateKey>,
    params(("key" = String, Path, description = "The id of the key")),
    responses((status = CREATED, body = ApiKey), Rejected, Denied, Faults),
)]
async fn rotate_key(
    State(api): State<Api>,
    caller: Caller,
    Part(id): Part<String>,
    request: Once<RotateKey>,
) -> Result<Reply, Problem> {
    // Whoever holds a key may rotate it.
    if caller.key.as_ref() != Some(&id) {
        caller.needs(Scope::AgentsManage)?;
    }
    let overlap = request.body.overlap_s.unwrap_or(OVERLAP_S);
    if overlap > OVERLAP_S_MAX {
        let detail = format!("is at most {OVERLAP_S_MAX} seconds");
        return Err(Problem::invalid("overlapS", detail));
    }
    api.write_secret(&caller, request.once, move |hand| {
        let now = hand.turn.env.now;
        let conn = hand.turn.replica.host_tables();
        let old = own(conn, &id, hand.caller)?;
        if !old.is_live(now) {
            let detail = "this key has ended: make a new one";
            return Err(Problem::new(Code::Conflict, detail));
        }
        let ends = now.as_millisecond() + i64::from(overlap) * 1_000;
        let ends = old.expires_at.map_or(ends, |at| at.min(ends));
        conn.execute(
            "UPDATE host_key SET expires_at = ?2 WHERE id = ?1",
            params![id, ends],
        )?;
        keys::audit(conn, hand.caller, "key.rotate", &id, now)?;
        let new = NewKey {
            owner: old.owner,
            subject: old.subject,
            name: &old.name,
            scopes: &old.scopes,
            lists: old.lists.as_ref(),
            expires_at: old.expires_at,
        };
        make(hand, &new, "key.create")
    })
    .await
}

/// Revoke a key. It ends at once.
#[utoipa::path(
    delete, path = "/keys/{key}", tag = "keys",
    params(("key" = String, Path, description = "The id of the key")),
    responses((status = NO_CONTENT, description = "It has ended"), Denied, Faults),
)]
async fn revoke_key(
    State(api): State<Api>,
    caller: Caller,
    Part(id): Part<String>,
) -> Result<Reply, Problem> {
    if caller.key.as_ref() != Some(&id) {
        caller.needs(Scope::AgentsManage)?;
    }
    let done = api.write(&caller, Default::default(), move |hand| {
        let now = hand.turn.env.now;
        let conn = hand.turn.replica.host_tables();
        own(conn, &id, hand.caller)?;
        keys::revoke(conn, &id, now)?;
        keys::audit(conn, hand.caller, "key.revoke", &id, now)?;
        Ok(Reply::done())
    });
    let done = done.await;
    api.taken_away();
    done
}

/// List what was done with keys and agents, the latest first.
#[utoipa::path(
    get, path = "/audit", tag = "keys", params(AuditPart),
    responses((status = OK, body = AuditPage), Rejected, Denied, Faults),
)]
async fn list_audit(
    State(api): State<Api>,
    caller: Caller,
    Params(part): Params<AuditPart>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::AgentsManage)?;
    let limit = part.limit.unwrap_or(AUDIT);
    if !(1..=AUDIT_MAX).contains(&limit) {
        return Err(Problem::invalid("limit", format!("is 1 to {AUDIT_MAX}")));
    }
    let before = match part.cursor.as_deref().map(str::parse::<i64>) {
        None => i64::MAX,
        Some(Ok(before)) => before,
        Some(Err(_)) => {
            let detail = "is none that an earlier page ended with";
            return Err(Problem::invalid("cursor", detail));
        }
    };
    api.read(&caller, move |view| {
        let conn = view.replica.host_tables();
        // One more than is shown: it says whether there is another page.
        let mut rows = audit(conn, &view.caller.owner, before, i64::from(limit) + 1)?;
        let shown = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > shown;
        rows.truncate(shown);
        let next_cursor = rows.last().filter(|_| more).map(|(id, _)| id.to_string());
        let items = rows.into_iter().map(|(_, entry)| entry).collect();
        Reply::ok(&AuditPage { items, next_cursor })
    })
    .await
}

/// The keys that somebody made, the oldest first.
pub(super) fn all(conn: &Connection, owner: &Did) -> Result<Vec<ApiKey>, Problem> {
    let rows = KeyRow::of(conn, owner)?;
    Ok(rows.into_iter().map(ApiKey::from).collect())
}

/// What was done with keys and agents of somebody, the latest first, each with its number: those
/// before one.
pub(super) fn audit(
    conn: &Connection,
    owner: &Did,
    before: i64,
    limit: i64,
) -> Result<Vec<(i64, AuditEntry)>, Problem> {
    let mut statement = conn.prepare_cached(
        "SELECT id, at, actor, action, target FROM host_audit
         WHERE owner = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
    )?;
    let rows = statement.query_map(params![owner.key().as_ref(), before, limit], |row| {
        let entry = AuditEntry {
            at: time(row.get(1)?),
            actor: keys::did(row, 2)?,
            action: row.get(3)?,
            target: row.get(4)?,
        };
        Ok((row.get(0)?, entry))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A key that the caller may manage: one that they made, or their own.
fn own(conn: &Connection, id: &str, caller: &Caller) -> Result<KeyRow, Problem> {
    KeyRow::find(conn, id)?
        .filter(|row| row.owner == caller.owner)
        .ok_or_else(|| Problem::not_found("key"))
}

fn make(hand: &mut Hand<'_, '_>, new: &NewKey<'_>, action: &str) -> Result<Reply, Problem> {
    let fresh = Token::make(Kind::Key, &mut hand.turn.env);
    let now = hand.turn.env.now;
    let conn = hand.turn.replica.host_tables();
    keys::insert(conn, new, &fresh, now)?;
    keys::audit(conn, hand.caller, action, &fresh.id, now)?;
    let row = KeyRow::find(conn, &fresh.id)?.ok_or_else(super::unexpected)?;
    let key = ApiKey {
        secret: Some(fresh.text),
        ..row.into()
    };
    Reply::created(&key, format!("/api/v1/keys/{}", fresh.id))
}
