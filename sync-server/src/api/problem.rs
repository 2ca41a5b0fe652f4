//! What went wrong, as problem documents (RFC 9457): a code that stays as it is, words for people,
//! the field where one is at fault, and whether trying again can help.

use axum::http::header::{ALLOW, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use poo_core::replica::{CommandError, QueryError};
use poo_core::store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use super::readers::NoAnswer;

/// The media type of problem documents.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// What kind of problem it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    /// The request cannot be read, or a value in it is not acceptable.
    Invalid,
    /// It names no credentials, or such that do not hold.
    Unauthenticated,
    /// The credentials do not allow it.
    Forbidden,
    /// Nobody lets the relay sign for this identity there.
    NotWitnessed,
    /// There is no such thing, or it is not yours to see.
    NotFound,
    /// There is nothing of this kind to do with it.
    MethodNotAllowed,
    /// Somebody else has it.
    Conflict,
    /// The task is somebody else's.
    Claimed,
    /// What it goes on from is not here any longer.
    Gone,
    /// It has changed since it was read.
    Stale,
    /// It is larger than what is taken.
    TooLarge,
    /// The body is in no form that is read here.
    UnsupportedMediaType,
    /// The key was used for another request.
    IdempotencyMismatch,
    /// Too much was asked for in too short a time.
    RateLimited,
    /// Too many attempts with wrong credentials.
    TooManyFailures,
    /// A limit of a list or of this relay is reached.
    LimitReached,
    /// Something is wrong here.
    Internal,
    /// It cannot be done right now.
    Unavailable,
}

impl Code {
    fn status(self) -> StatusCode {
        match self {
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::NotWitnessed => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict | Self::Claimed => StatusCode::CONFLICT,
            Self::Gone => StatusCode::GONE,
            Self::Stale => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::IdempotencyMismatch | Self::LimitReached => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited | Self::TooManyFailures => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Invalid => "The request is not right",
            Self::Unauthenticated => "Credentials are needed",
            Self::Forbidden => "Not allowed",
            Self::NotWitnessed => "The relay may not sign for you there",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Not possible here",
            Self::Conflict => "In conflict with what is there",
            Self::Claimed => "Somebody else has this task",
            Self::Gone => "Not here any longer",
            Self::Stale => "Changed meanwhile",
            Self::TooLarge => "Too large",
            Self::UnsupportedMediaType => "Not JSON",
            Self::IdempotencyMismatch => "Another request had this key",
            Self::RateLimited => "Too many requests",
            Self::TooManyFailures => "Too many failed attempts",
            Self::LimitReached => "A limit is reached",
            Self::Internal => "Something is wrong here",
            Self::Unavailable => "Not possible right now",
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotWitnessed => "not_witnessed",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Conflict => "conflict",
            Self::Claimed => "claimed",
            Self::Gone => "gone",
            Self::Stale => "stale",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::RateLimited => "rate_limited",
            Self::TooManyFailures => "too_many_failures",
            Self::LimitReached => "limit_reached",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }
}

/// A problem.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    code: Code,
    detail: String,
    field: Option<String>,
    holder: Option<String>,
    retry_after_s: Option<u64>,
}

/// A problem as it is sent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Names the kind of problem: `urn:poo:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// The kind, for programs.
    code: Code,
    /// What is wrong, and what would be right.
    detail: String,
    /// The field or parameter at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// Who has the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
    /// Names this request in the relay's log.
    request_id: String,
    /// Whether the same request can succeed later.
    retryable: bool,
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            field: None,
            holder: None,
            retry_after_s: None,
        }
    }

    /// A value that is not acceptable.
    pub(crate) fn invalid(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(Code::Invalid, detail).at(field)
    }

    /// Missing or not theirs: nobody can tell which.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("there is no such {what}"))
    }

    pub(crate) fn unavailable() -> Self {
        Self::new(Code::Unavailable, "the relay is busy or stops: try again")
    }

    /// Whether the fault is this relay's.
    pub(crate) fn is_ours(&self) -> bool {
        self.code.status().is_server_error()
    }

    /// Names the field at fault.
    pub(crate) fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says in which of several things the field at fault is.
    pub(crate) fn within(mut self, thing: &str) -> Self {
        self.field = self.field.map(|field| format!("{thing}.{field}"));
        self
    }

    /// Names who has the task.
    pub(crate) fn held_by(mut self, holder: impl Into<String>) -> Self {
        self.holder = Some(holder.into());
        self
    }

    /// Says when to try again.
    pub(crate) fn after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds.max(1));
        self
    }

    fn is_retryable(&self) -> bool {
        matches!(
            self.code,
            Code::RateLimited | Code::TooManyFailures | Code::Unavailable
        )
    }

    /// The answer, once the request has a name.
    pub(crate) fn render(self, request_id: &str) -> Response {
        let status = self.code.status();
        let retryable = self.is_retryable();
        let retry_after = self.retry_after_s.or_else(|| retryable.then_some(1));
        let body = ProblemBody {
            kind: format!("urn:poo:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status: status.as_u16(),
            code: self.code,
            detail: self.detail,
            field: self.field,
            holder: self.holder,
            request_id: request_id.to_owned(),
            retryable,
        };
        let mut response = (status, axum::Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code == Code::Unauthenticated {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    /// What an answer of the layers below says, which know nothing of problem documents.
    pub(crate) fn of_status(status: StatusCode) -> Option<(Self, Option<HeaderName>)> {
        let (code, detail, keep) = match status {
            StatusCode::NOT_FOUND => (Code::NotFound, "there is nothing at this address", None),
            StatusCode::METHOD_NOT_ALLOWED => (
                Code::MethodNotAllowed,
                "this address takes other methods: the header Allow lists them",
                Some(ALLOW),
            ),
            StatusCode::PAYLOAD_TOO_LARGE => (Code::TooLarge, "the body is too large", None),
            StatusCode::BAD_REQUEST => (Code::Invalid, "the request cannot be read", None),
            StatusCode::REQUEST_TIMEOUT | StatusCode::SERVICE_UNAVAILABLE => (
                Code::Unavailable,
                "it took too long and was given up: try again",
                None,
            ),
            status if status.is_server_error() => {
                (Code::Internal, "something went wrong here", None)
            }
            status if status.is_client_error() => {
                (Code::Invalid, "the request is not acceptable", None)
            }
            _ => return None,
        };
        Some((Self::new(code, detail), keep))
    }
}

/// Rendered by the outermost layer, which knows the request's name.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the database failed a request");
        match error.is_transient() {
            true => Self::new(Code::Unavailable, "the relay cannot write right now"),
            false => Self::new(Code::Internal, "the relay's database failed"),
        }
    }
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl From<NoAnswer> for Problem {
    fn from(_: NoAnswer) -> Self {
        Self::unavailable()
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let text = error.to_string();
        match error {
            CommandError::NotFound(what) => Self::not_found(what),
            CommandError::Forbidden { .. }
            | CommandError::OnlyOwner
            | CommandError::Outranked
            | CommandError::NoIdentitySecret
            | CommandError::OwnSignature => Self::new(Code::Forbidden, text),
            CommandError::NotWitnessed => Self::new(Code::NotWitnessed, text),
            CommandError::Invalid { field, reason } => Self::invalid(field, reason),
            CommandError::Refused(_) => Self::new(Code::LimitReached, text),
            CommandError::NoRelay
            | CommandError::CannotTurn { .. }
            | CommandError::Statement(_) => Self::new(Code::Conflict, text),
            CommandError::Store(error) => error.into(),
        }
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        let text = error.to_string();
        match error {
            QueryError::NotFound { what, .. } => Self::not_found(what),
            QueryError::Ambiguous { what, .. } => Self::new(Code::Conflict, text).at(what),
            QueryError::Invalid { field, reason } => Self::invalid(field, reason),
            QueryError::Store(error) => error.into(),
        }
    }
}
