//! Reading requests: bodies, parameters and the key that makes a POST happen once. Whatever is
//! wrong names its field; what nobody asked for is refused.

use axum::body::{Body as Stream, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use utoipa::ToSchema;

use super::TIMEOUT;
use super::problem::{Code, Problem};

/// The largest body, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 1 << 20;
/// The most fields among which the one at fault is looked for.
const FIELDS_MAX: usize = 64;
/// The longest key of a POST, in characters.
const KEY_CHARS_MAX: usize = 255;

/// A body in JSON.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

/// A POST that happens once, however often it is sent under one key.
#[derive(Debug)]
pub(crate) struct Once<T> {
    pub(crate) once: Key,
    pub(crate) body: T,
}

/// Under which key a request comes, and what else would have to be the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Key {
    pub(crate) key: Option<String>,
    pub(crate) fingerprint: [u8; 32],
}

/// The body of a request that takes none. `{}` is as good.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// The parameters of a query.
#[derive(Debug)]
pub(crate) struct Params<T>(pub(crate) T);

/// A part of the path.
#[derive(Debug)]
pub(crate) struct Part<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = bytes(Request::from_parts(parts.clone(), body), state).await?;
        Ok(Self(parse(&parts.headers, &bytes)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Once<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let key = key(&parts.headers)?;
        let bytes = bytes(Request::from_parts(parts.clone(), body), state).await?;
        let fingerprint = Sha256::new()
            .chain_update(parts.method.as_str())
            .chain_update([0])
            .chain_update(parts.uri.path_and_query().map_or("", |it| it.as_str()))
            .chain_update([0])
            .chain_update(&bytes)
            .finalize()
            .into();
        Ok(Self {
            once: Key { key, fingerprint },
            body: match bytes.is_empty() {
                // Most actions need nothing else than their name.
                true => take(Map::new())?,
                false => parse(&parts.headers, &bytes)?,
            },
        })
    }
}

/// Reads a request to its end, whether anybody will look at its body or not: where a body was left
/// unread the connection would have to be closed, and what the client sends next on it be lost.
pub(crate) async fn whole(request: Request) -> Result<Request, Problem> {
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > BODY_BYTES_MAX as u64) {
        return Err(too_large());
    }
    let (parts, body) = request.into_parts();
    let mut body = Request::new(body);
    DefaultBodyLimit::max(BODY_BYTES_MAX).apply(&mut body);
    let read = tokio::time::timeout(TIMEOUT, Bytes::from_request(body, &()));
    let bytes = match read.await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return Err(too_large());
        }
        Ok(Err(_)) => {
            let detail = "the body could not be read to its end";
            return Err(Problem::new(Code::Invalid, detail));
        }
        Err(_) => {
            let detail = "the body took too long to arrive: try again";
            return Err(Problem::new(Code::Unavailable, detail));
        }
    };
    Ok(Request::from_parts(parts, Stream::from(bytes)))
}

fn too_large() -> Problem {
    let detail = format!("a body has at most {BODY_BYTES_MAX} bytes");
    Problem::new(Code::TooLarge, detail)
}

async fn bytes<S: Send + Sync>(body: Request, state: &S) -> Result<Bytes, Problem> {
    let read = Bytes::from_request(body, state).await;
    read.map_err(|_| Problem::new(Code::Invalid, "the body could not be read to its end"))
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    // As the draft has it the value is a string in quotes; most clients leave those out.
    let text = value.to_str().unwrap_or_default().trim();
    let text = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    if text.is_empty() || text.chars().count() > KEY_CHARS_MAX {
        let detail = format!("is 1 to {KEY_CHARS_MAX} printable characters");
        return Err(Problem::invalid("Idempotency-Key", detail));
    }
    Ok(Some(text.to_owned()))
}

fn parse<T: DeserializeOwned>(headers: &HeaderMap, bytes: &[u8]) -> Result<T, Problem> {
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.to_str());
    let is_json = match kind {
        None => true,
        Some(Ok(kind)) => {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/json")
        }
        Some(Err(_)) => false,
    };
    if !is_json {
        let detail = "send JSON, with Content-Type: application/json";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|error| Problem::new(Code::Invalid, format!("the body is no JSON: {error}")))?;
    let Value::Object(fields) = value else {
        return Err(Problem::new(
            Code::Invalid,
            "the body must be a JSON object",
        ));
    };
    take(fields)
}

/// Reads fields, and says which one is wrong.
fn take<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, Problem> {
    let read = |fields: &Map<String, Value>| {
        T::deserialize(Value::Object(fields.clone())).map_err(|error| error.to_string())
    };
    read(&fields).map_err(|error| {
        let culprit = named(&error).or_else(|| {
            // The one that alone gives the same error, or without which it is another, and not that
            // just this one is missing.
            let names = fields.iter().take(FIELDS_MAX);
            let mut at_fault = names.filter(|(name, value)| {
                let alone = Map::from_iter([((*name).clone(), (*value).clone())]);
                if read(&alone).err().as_ref() == Some(&error) {
                    return true;
                }
                let mut rest = fields.clone();
                rest.remove(*name);
                match read(&rest) {
                    Ok(_) => true,
                    Err(other) => other != error && named(&other).as_ref() != Some(*name),
                }
            });
            at_fault.next().map(|(name, _)| name.clone())
        });
        let problem = Problem::new(Code::Invalid, error);
        match culprit {
            Some(field) => problem.at(field),
            None => problem,
        }
    })
}

/// The field that an error of serde's names.
fn named(error: &str) -> Option<String> {
    let fault = ["unknown field `", "missing field `", "duplicate field `"];
    let rest = fault.iter().find_map(|it| error.strip_prefix(it))?;
    rest.split('`').next().map(str::to_owned)
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query)
            .map_err(|error| Problem::new(Code::Invalid, error.to_string()))?;
        let mut fields = Map::new();
        for (name, value) in pairs {
            if fields.insert(name.clone(), Value::String(value)).is_some() {
                return Err(Problem::invalid(name, "is there twice"));
            }
        }
        Ok(Self(take(fields)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Part<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // What cannot be anything's name is nothing's name.
        let part = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        part.map(|axum::extract::Path(part)| Self(part))
            .map_err(|_| Problem::not_found("thing"))
    }
}

/// Reads a field that may be `null` and may not be left out.
pub(crate) fn nullable<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    Option::deserialize(deserializer)
}

/// Reads a number out of a parameter, which is a text.
pub(crate) fn number<'de, D>(deserializer: D) -> Result<Option<u32>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    let text = Option::<String>::deserialize(deserializer)?;
    let number = text.map(|text| {
        text.parse()
            .map_err(|_| serde::de::Error::custom(format!("`{text}` is no whole number")))
    });
    number.transpose()
}

/// Reads a yes or no out of a parameter, which is a text.
pub(crate) fn truth<'de, D>(deserializer: D) -> Result<bool, D::Error>
where
    D: serde::Deserializer<'de>,
{
    match String::deserialize(deserializer)?.as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(serde::de::Error::custom(format!(
            "`{other}` is neither true nor false"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        #[allow(dead_code, reason = "it is read only")]
        name: String,
        #[serde(default)]
        #[allow(dead_code, reason = "it is read only")]
        size: u8,
    }

    fn fault(text: &str) -> Option<String> {
        let problem = parse::<Thing>(&HeaderMap::new(), text.as_bytes()).unwrap_err();
        format!("{problem:?}")
            .split("field: Some(\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .map(str::to_owned)
    }

    #[test]
    fn the_field_at_fault_is_named() {
        assert_eq!(
            fault(r#"{"name": "x", "size": 300}"#).as_deref(),
            Some("size")
        );
        assert_eq!(fault(r#"{"name": 5}"#).as_deref(), Some("name"));
        assert_eq!(fault(r#"{"size": 5}"#).as_deref(), Some("name"));
        assert_eq!(
            fault(r#"{"name": "x", "seize": 5}"#).as_deref(),
            Some("seize")
        );
        assert_eq!(fault("[]"), None);
        assert_eq!(fault("{"), None);
    }
}
