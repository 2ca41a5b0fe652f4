//! Who calls: the layer in front of every request reads credentials, counts, and names the
//! request. What it lets through carries a [`Caller`].

mod caller;
mod jwt;
pub(crate) mod keys;
mod limit;
mod scope;
pub(crate) mod sign_in;
pub(crate) mod token;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, HeaderName, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::serve::IncomingStream;
use poo_core::identity::Did;

pub(crate) use caller::Caller;
pub(crate) use jwt::read as read_signed;
use limit::Limit;
pub(crate) use limit::Share;
pub(crate) use scope::Scope;
use token::{Kind, Token};

use super::Api;
use super::input;
use super::problem::{Code, MEDIA_TYPE, Problem};
use crate::patience::PatientListener;

/// The name of a request, for its answer and the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Of the requests that one caller has in a window, strangers of one address have one in so many.
const STRANGERS: u32 = 10;
/// As many wrong credentials may come from one address in a window: one in so many.
const FAILURES: u32 = 40;
/// And as many wrong secrets for one key's id.
const FAILURES_OF_KEY: u32 = 240;
/// Notes of one caller in a window.
const NOTES: u32 = 60;
/// The window.
const WINDOW: Duration = Duration::from_secs(60);

/// The address at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(SocketAddr);

impl Connected<IncomingStream<'_, PatientListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, PatientListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

/// How often callers come.
pub(crate) struct Limits {
    callers: Limit<String>,
    addresses: Limit<IpAddr>,
    failures: Limit<IpAddr>,
    failures_of_keys: Limit<(IpAddr, String)>,
    notes: Limit<String>,
}

impl Limits {
    /// `requests`: how many one caller has in a window.
    pub(crate) fn new(requests: u32) -> Self {
        Self {
            callers: Limit::new(requests, WINDOW),
            addresses: Limit::new(requests.div_ceil(STRANGERS), WINDOW),
            failures: Limit::new(requests.div_ceil(FAILURES), WINDOW),
            failures_of_keys: Limit::new(requests.div_ceil(FAILURES_OF_KEY), WINDOW),
            notes: Limit::new(NOTES, WINDOW),
        }
    }

    /// Counts a note of somebody's.
    pub(crate) fn take_note(&self, who: &Did) -> Result<(), Problem> {
        self.notes
            .take(&who.to_string())
            .map(drop)
            .map_err(|share| {
                let detail = "too many notes in a short time: say less, or say it later";
                Problem::new(Code::RateLimited, detail).after(share.wait_s)
            })
    }
}

/// What a caller shows.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    /// A key or a session.
    Token(Token),
    /// A token that they signed themselves.
    Signed(String),
    /// Something that is neither.
    Unknown,
}

impl Credential {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let bearer = headers.get(AUTHORIZATION).map(|value| {
            let text = value.to_str().unwrap_or_default();
            let (scheme, token) = text.split_once(' ').unwrap_or_default();
            match scheme.eq_ignore_ascii_case("bearer") {
                true => token.trim(),
                false => "",
            }
        });
        let key = headers.get("x-api-key");
        let key = key.map(|value| value.to_str().unwrap_or_default().trim());
        // Where both are sent the first counts.
        bearer.or(key).map(|text| match Token::read(text) {
            Some(token) => Self::Token(token),
            None if text.matches('.').count() == 2 => Self::Signed(text.to_owned()),
            None => Self::Unknown,
        })
    }

    fn key_id(&self) -> Option<&str> {
        match self {
            Self::Token(token) if token.kind == Kind::Key => Some(&token.id),
            _ => None,
        }
    }
}

/// The layer in front of every request.
pub(crate) async fn layer(
    State(api): State<Api>,
    ConnectInfo(Peer(peer)): ConnectInfo<Peer>,
    request: Request,
    next: Next,
) -> Response {
    let name = api.request_name();
    let (admitted, share) = admit(&api, peer.ip(), request.headers()).await;
    let whole = input::whole(request).await;
    let mut response = match admitted.and_then(|caller| Ok((caller, whole?))) {
        Ok((caller, mut request)) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.render(&name);
    } else if let Some((problem, keep)) = Problem::of_status(response.status())
        && !is_problem(&response)
    {
        let kept =
            keep.and_then(|name| Some((name.clone(), response.headers().get(name)?.clone())));
        response = problem.render(&name);
        if let Some((name, value)) = kept {
            response.headers_mut().insert(name, value);
        }
    }
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(REQUEST_ID, name);
    }
    if let Some(share) = share {
        put_share(headers, &share);
    }
    response
}

fn is_problem(response: &Response) -> bool {
    let kind = response.headers().get(axum::http::header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes() == MEDIA_TYPE.as_bytes())
}

fn put_share(headers: &mut HeaderMap, share: &Share) {
    let values = [
        (
            HeaderName::from_static("ratelimit-policy"),
            format!("\"default\";q={};w={}", share.quota, share.window_s),
        ),
        (
            HeaderName::from_static("ratelimit"),
            format!("\"default\";r={};t={}", share.left, share.wait_s),
        ),
    ];
    for (name, value) in values {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}

/// Who calls, and what is left of their share. Nobody, where they show nothing.
async fn admit(
    api: &Api,
    address: IpAddr,
    headers: &HeaderMap,
) -> (Result<Option<Caller>, Problem>, Option<Share>) {
    let limits = api.limits();
    let Some(credential) = Credential::read(headers) else {
        return counted(limits.addresses.take(&address), None);
    };
    let of_key = (credential.key_id()).map(|id| (address, id.to_owned()));
    let tried = limits
        .failures
        .left(&address)
        .and_then(|left| match &of_key {
            Some(of_key) => limits.failures_of_keys.left(of_key),
            None => Ok(left),
        });
    if let Err(share) = tried {
        let detail = "too many wrong credentials came from there";
        let problem = Problem::new(Code::TooManyFailures, detail).after(share.wait_s);
        return (Err(problem), None);
    }
    match api.resolve(credential).await {
        Ok(Some(caller)) => {
            let who = caller.key.clone().unwrap_or_else(|| caller.did.to_string());
            counted(limits.callers.take(&who), Some(caller))
        }
        Ok(None) => {
            // How many are left does not matter: this one was wrong already.
            let _left = limits.failures.take(&address);
            if let Some(of_key) = &of_key {
                let _left = limits.failures_of_keys.take(of_key);
            }
            let detail = "the credentials do not hold: they are mistyped, expired or revoked";
            (Err(Problem::new(Code::Unauthenticated, detail)), None)
        }
        Err(problem) => (Err(problem), None),
    }
}

fn counted(
    taken: Result<Share, Share>,
    caller: Option<Caller>,
) -> (Result<Option<Caller>, Problem>, Option<Share>) {
    match taken {
        Ok(share) => (Ok(caller), Some(share)),
        Err(share) => {
            let detail = "too many requests in a short time: come back later";
            let problem = Problem::new(Code::RateLimited, detail).after(share.wait_s);
            (Err(problem), Some(share))
        }
    }
}
