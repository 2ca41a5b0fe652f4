//! Tickets: addresses at which programs that speak Automerge's own sync act for the caller.

use axum::extract::State;
use poo_core::document::DocumentId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{Caller, Scope};
use super::input::Once;
use super::pages::{Denied, Faults, Rejected};
use super::problem::{Code, Problem};
use super::reply::Reply;
use super::{Api, time};

/// How long a ticket is good unless told, in seconds: an hour.
const LIFE_S: u32 = 3_600;
/// The longest, in seconds: a day, since the relay vouches for it alone.
const LIFE_S_MAX: u32 = 24 * 3_600;
/// The most clients that one serves.
const USES_MAX: u32 = 100;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(create_ticket))
}

/// A ticket that is to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateTicket {
    /// The one list that it is for; all that the caller may see unless told.
    list: Option<DocumentId>,
    /// How many clients it serves; one unless told.
    #[schema(minimum = 1, maximum = 100)]
    uses: Option<u32>,
    /// For how many seconds it is good; an hour unless told, at most a day.
    #[schema(minimum = 1, maximum = 86_400)]
    expires_in_s: Option<u32>,
}

/// A ticket.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TicketMade {
    /// Where a client connects. Whoever has it can act with it.
    secret: String,
    /// Until when.
    #[schema(format = DateTime)]
    expires_at: String,
    /// How many clients it serves.
    uses: u32,
}

/// Make a ticket for a client that speaks Automerge's own sync, such as automerge-repo. It ends
/// within a day, and sees and changes what the caller may.
#[utoipa::path(
    post, path = "/tickets", tag = "tickets", request_body = Option<CreateTicket>,
    responses((status = CREATED, body = TicketMade), Rejected, Denied, Faults),
)]
async fn create_ticket(
    State(api): State<Api>,
    caller: Caller,
    request: Once<CreateTicket>,
) -> Result<Reply, Problem> {
    caller.needs(Scope::TicketsCreate)?;
    let wanted = request.body;
    let uses = wanted.uses.unwrap_or(1);
    if !(1..=USES_MAX).contains(&uses) {
        return Err(Problem::invalid("uses", format!("is 1 to {USES_MAX}")));
    }
    let life = wanted.expires_in_s.unwrap_or(LIFE_S);
    if !(1..=LIFE_S_MAX).contains(&life) {
        let detail = format!("is 1 to {LIFE_S_MAX} seconds");
        return Err(Problem::invalid("expiresInS", detail));
    }
    if wanted.list.is_none() && caller.lists().is_some() {
        let detail = "this key is for some lists only: name one";
        return Err(Problem::new(Code::Forbidden, detail).at("list"));
    }
    let url = api.url().to_owned();
    api.write_secret(&caller, request.once, move |hand| {
        if let Some(list) = &wanted.list {
            super::lists::one(&mut hand.view(), *list)?;
        }
        let expires_at = hand.turn.env.now.as_millisecond() + i64::from(life) * 1_000;
        let mut nonce = [0; 16];
        hand.turn.env.rng.fill_bytes(&mut nonce);
        let behalf = hand.caller.behalf(hand.turn.replica);
        let ticket = behalf.ticket(wanted.list, uses, expires_at, nonce);
        drop(behalf);
        let made = TicketMade {
            secret: format!("{}/ticket/{ticket}", url.trim_end_matches('/')),
            expires_at: time(expires_at),
            uses,
        };
        Reply::created(&made, "/api/v1/tickets".to_owned())
    })
    .await
}
