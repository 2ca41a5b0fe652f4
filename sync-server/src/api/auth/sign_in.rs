//! People sign in with a signature: they sign a challenge with a key of their own and get a session
//! for an hour.

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use poo_core::identity::{Did, Domain, Signature};
use ring::hmac;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::token::{Kind, Token};
use super::{Caller, keys};
use crate::api::input::{Body, Nothing, Once};
use crate::api::pages::{Denied, Faults, Rejected};
use crate::api::problem::{Code, Problem};
use crate::api::reply::Reply;
use crate::api::{Api, time};

/// How long a challenge is good, in milliseconds: five minutes.
const CHALLENGE_MS: i64 = 300_000;
/// Bytes of a challenge before its seal: when it ends, and what makes it another one.
const CHALLENGE_BYTES: usize = 8 + 16;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(challenge))
        .routes(routes!(begin, end))
        .routes(routes!(me))
}

/// Something to sign.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Challenge {
    /// What to sign, after the relay's public key and under the tag `poo/sign-in/v1`.
    challenge: String,
    /// Who asks.
    relay: Did,
    /// Until when.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// A signed challenge.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Proof {
    /// Who signs in.
    did: Did,
    /// The DID of the key that signed: that of one of their devices, or their own.
    device: Did,
    /// The challenge.
    challenge: String,
    /// The signature, in base64url.
    signature: String,
}

/// A session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Session {
    /// To be sent as `Authorization: Bearer`.
    token: String,
    /// Until when.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Who calls.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Me {
    /// For whom the credentials act.
    did: Did,
    /// Who answers for them.
    owner: Did,
    /// The id of the key, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// What they allow.
    scopes: Vec<super::Scope>,
    /// This relay.
    relay: Did,
}

/// Get a challenge to sign.
#[utoipa::path(
    post, path = "/auth/challenge", tag = "auth", request_body = Option<Nothing>, security(()),
    responses((status = OK, body = Challenge), Rejected, Denied, Faults),
)]
async fn challenge(State(api): State<Api>, _: Once<Nothing>) -> Result<Reply, Problem> {
    let (text, expires_at) = api.challenge();
    Reply::ok(&Challenge {
        challenge: text,
        relay: api.relay(),
        expires_at: time(expires_at),
    })
}

/// Begin a session with a signed challenge.
#[utoipa::path(
    post, path = "/auth/session", tag = "auth", request_body = Proof, security(()),
    responses((status = CREATED, body = Session), Rejected, Denied, Faults),
)]
async fn begin(State(api): State<Api>, Body(proof): Body<Proof>) -> Result<Reply, Problem> {
    let refused = || {
        let detail = "the signature does not hold, or its challenge has ended, or was used";
        Problem::new(Code::Unauthenticated, detail)
    };
    let expires_at = api.challenge_ends(&proof.challenge).ok_or_else(refused)?;
    let signature = URL_SAFE_NO_PAD.decode(&proof.signature);
    let signature = signature
        .ok()
        .and_then(|bytes| Signature::try_from(&*bytes).ok());
    let signature =
        signature.ok_or_else(|| Problem::invalid("signature", "is 64 bytes in base64url"))?;
    let device = proof.device.key();
    // For this relay: one that hands on another's challenge gets a signature that is no good there.
    let message = [api.relay().key().as_ref(), proof.challenge.as_bytes()].concat();
    device
        .verify(Domain::SIGN_IN, &message, &signature)
        .map_err(|_| refused())?;
    api.work(move |turn| {
        let now = turn.env.now;
        if !turn.replica.speaks_for(&device, &proof.did)? {
            let detail = "this device is not known here as one of theirs: run `poo sync` there";
            return Err(Problem::new(Code::Unauthenticated, detail));
        }
        let fresh = Token::make(Kind::Session, &mut turn.env);
        let conn = turn.replica.host_tables();
        let name: [u8; 32] = Sha256::digest(proof.challenge.as_bytes()).into();
        if expires_at <= now.as_millisecond() || !keys::spend(conn, &name, expires_at, now)? {
            return Err(refused());
        }
        let expires_at = keys::begin_session(conn, &proof.did, &device, &fresh, now)?;
        let session = Session {
            token: fresh.text,
            expires_at: time(expires_at),
        };
        Reply::created(&session, "/api/v1/auth/session".to_owned())
    })
    .await
}

/// End the session that the request comes with.
#[utoipa::path(
    delete, path = "/auth/session", tag = "auth",
    responses((status = NO_CONTENT, description = "It has ended"), Denied, Faults),
)]
async fn end(State(api): State<Api>, caller: Caller) -> Result<Reply, Problem> {
    let Some(session) = caller.session.clone() else {
        return Err(Problem::not_found("session"));
    };
    let ended = api.work(move |turn| {
        keys::end_session(turn.replica.host_tables(), &session)?;
        Ok(Reply::done())
    });
    let ended = ended.await;
    api.taken_away();
    ended
}

/// See for whom the credentials act and what they allow.
#[utoipa::path(
    get, path = "/me", tag = "auth",
    responses((status = OK, body = Me), Denied, Faults),
)]
async fn me(State(api): State<Api>, caller: Caller) -> Result<Reply, Problem> {
    Reply::ok(&Me {
        did: caller.did,
        owner: caller.owner,
        key: caller.key.clone(),
        scopes: caller.scopes().collect(),
        relay: api.relay(),
    })
}

/// Makes a challenge that needs not be kept: its seal tells that it is ours.
pub(crate) fn make_challenge(key: &hmac::Key, nonce: [u8; 16], now: Timestamp) -> (String, i64) {
    let expires_at = now.as_millisecond() + CHALLENGE_MS;
    let mut bytes = [&expires_at.to_be_bytes()[..], &nonce].concat();
    let seal = hmac::sign(key, &bytes);
    bytes.extend_from_slice(seal.as_ref());
    (URL_SAFE_NO_PAD.encode(bytes), expires_at)
}

/// When a challenge ends, if it is one of ours.
pub(crate) fn read_challenge(key: &hmac::Key, text: &str) -> Option<i64> {
    if text.len() > 256 {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (content, seal) = bytes.split_at_checked(CHALLENGE_BYTES)?;
    hmac::verify(key, content, seal).ok()?;
    let ends: [u8; 8] = content.get(..8)?.try_into().ok()?;
    Some(i64::from_be_bytes(ends))
}
