//! Answers as data, so that the one to a POST can be kept and given again.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::problem::{Code, Problem};

/// An answer in JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Option<String>,
    pub(crate) etag: Option<String>,
    pub(crate) location: Option<String>,
    /// Whether it was given before.
    pub(crate) again: bool,
}

impl Reply {
    /// A thing as it is now.
    pub(crate) fn ok(body: &impl Serialize) -> Result<Self, Problem> {
        Self::with(StatusCode::OK, body)
    }

    /// A thing that was made.
    pub(crate) fn created(body: &impl Serialize, location: String) -> Result<Self, Problem> {
        let reply = Self::with(StatusCode::CREATED, body)?;
        Ok(Self {
            location: Some(location),
            ..reply
        })
    }

    /// Something that will be done.
    pub(crate) fn accepted(body: &impl Serialize) -> Result<Self, Problem> {
        Self::with(StatusCode::ACCEPTED, body)
    }

    /// Nothing to say but that it is done.
    pub(crate) fn done() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            body: None,
            etag: None,
            location: None,
            again: false,
        }
    }

    fn with(status: StatusCode, body: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_string(body).map_err(|error| {
            tracing::error!(%error, "an answer cannot be written");
            Problem::new(Code::Internal, "the answer cannot be written")
        })?;
        Ok(Self {
            status,
            body: Some(body),
            ..Self::done()
        })
    }

    /// Adds the tag by which a client says which state it knows.
    pub(crate) fn tagged(mut self, tag: String) -> Self {
        self.etag = Some(tag);
        self
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let mut response = match self.body {
            Some(body) => (self.status, body).into_response(),
            None => self.status.into_response(),
        };
        let headers = response.headers_mut();
        if self.status != StatusCode::NO_CONTENT {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let more = [(ETAG, self.etag), (LOCATION, self.location)];
        for (name, value) in more {
            if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
                headers.insert(name, value);
            }
        }
        if self.again {
            let name = HeaderName::from_static("idempotency-replayed");
            headers.insert(name, HeaderValue::from_static("true"));
        }
        response
    }
}

/// The tag of a thing's state.
pub(crate) fn tag_of(thing: &impl Serialize) -> Result<String, Problem> {
    let reply = Reply::ok(thing)?;
    let digest = Sha256::digest(reply.body.unwrap_or_default());
    let digits: String = digest.iter().take(16).map(|b| format!("{b:02x}")).collect();
    Ok(format!("\"{digits}\""))
}

/// What a client knows, by the header If-Match or If-None-Match.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known(Option<String>);

impl Known {
    pub(crate) fn from(headers: &HeaderMap, name: HeaderName) -> Self {
        let mut all = Vec::new();
        for value in headers.get_all(name) {
            // What is no text is no tag of ours.
            all.push(value.to_str().unwrap_or("").to_owned());
        }
        Self((!all.is_empty()).then(|| all.join(",")))
    }

    /// Whether it names a state. Nothing is named where nothing is said.
    pub(crate) fn names(&self, tag: &str) -> bool {
        let Some(known) = &self.0 else { return false };
        let mut tags = known
            .split(',')
            .map(|one| one.trim().trim_start_matches("W/"));
        tags.any(|one| one == "*" || one == tag)
    }

    /// Refuses to change what is not as the client knows it.
    pub(crate) fn require(&self, tag: &str) -> Result<(), Problem> {
        if self.0.is_none() || self.names(tag) {
            return Ok(());
        }
        let detail = "it has changed since you read it: read it again and see whether your change still fits";
        Err(Problem::new(Code::Stale, detail).at("If-Match"))
    }
}
