//! What describes the API: the OpenAPI document, made from the code, a page for people, and one
//! for language models.

use axum::Router;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::response::IntoResponse as _;
use axum::routing::get;
use serde_json::{Map, Value, json};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, RefOr, SecurityRequirement,
};
use utoipa::{IntoResponses, openapi};

use super::problem::{Code, ProblemBody};

/// What every operation can answer beside its own.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "it only describes")]
pub(crate) enum Faults {
    /// Too much was asked for in too short a time: `Retry-After` says when to come again.
    #[response(status = 429, content_type = "application/problem+json")]
    Often(ProblemBody),
    /// Something is wrong here.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemBody),
    /// It cannot be done right now.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody),
}

/// What every operation with a body or parameters can answer.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "it only describes")]
pub(crate) enum Rejected {
    /// The request is not right: `field` names what is at fault.
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemBody),
    /// It is in conflict with what is there; somebody else has the task.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(ProblemBody),
    /// It has changed since it was read.
    #[response(status = 412, content_type = "application/problem+json")]
    Stale(ProblemBody),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemBody),
    /// The body is no JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    Media(ProblemBody),
    /// A limit is reached, or the key came with another request.
    #[response(status = 422, content_type = "application/problem+json")]
    Limit(ProblemBody),
}

/// What every operation can answer that needs credentials.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "it only describes")]
pub(crate) enum Denied {
    /// The credentials are missing or do not hold.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    /// The credentials do not allow it.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
    /// There is no such thing, or it is not yours to see.
    #[response(status = 404, content_type = "application/problem+json")]
    Missing(ProblemBody),
}

/// Describes a page of the engine's.
macro_rules! page {
    ($(#[$about:meta])* $name:ident, $of:ident) => {
        $(#[$about])*
        #[derive(utoipa::ToSchema)]
        #[allow(dead_code, reason = "it describes what the engine's own type says")]
        #[schema(rename_all = "camelCase")]
        struct $name {
            items: Vec<$of>,
            next_cursor: Option<String>,
        }
    };
}
pub(crate) use page;

/// What the document says of the API as a whole.
pub(crate) fn about() -> OpenApi {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "An API key (`poo_live_...`), a session (`poo_sess_...`), or a JSON Web Token under \
             EdDSA that a did:key issued for this relay.",
        ))
        .build();
    let key = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
    let none: [&str; 0] = [];
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Poo App")
                .version("1")
                .description(Some(
                    "Lists that people and agents share. What is written here becomes a signed \
                     change in the list like any other, witnessed by this relay.",
                ))
                .build(),
        )
        .components(Some(
            ComponentsBuilder::new()
                .schema_from::<ProblemBody>()
                .schema_from::<Code>()
                .security_scheme("bearer", SecurityScheme::Http(bearer))
                .security_scheme("key", SecurityScheme::ApiKey(key))
                .build(),
        ))
        .security(Some([
            SecurityRequirement::new("bearer", none),
            SecurityRequirement::new("key", none),
        ]))
        .build()
}

/// The pages, from the finished document.
pub(crate) fn router(document: &OpenApi) -> Router {
    let page = html(document);
    let text = plain(document);
    let json = whole(document).to_string();
    Router::new()
        .route(
            "/openapi.json",
            get(move || async move { ([(CONTENT_TYPE, "application/json")], json) }),
        )
        .route(
            "/llms.txt",
            get(move || async move { ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text) }),
        )
        .route(
            "/api",
            get(move || async move {
                let headers = [
                    (CONTENT_TYPE, "text/html; charset=utf-8"),
                    (
                        CONTENT_SECURITY_POLICY,
                        "default-src 'none'; style-src 'unsafe-inline'",
                    ),
                    (REFERRER_POLICY, "no-referrer"),
                ];
                (headers, page).into_response()
            }),
        )
}

/// The document as it is sent. Where a request takes the fields of one of the engine's types among
/// others, its schema is one object which takes no more than those.
fn whole(document: &OpenApi) -> Value {
    let mut document = serde_json::to_value(document).unwrap_or_else(|error| {
        tracing::error!(%error, "the OpenAPI document cannot be written");
        Value::Null
    });
    let Some(schemas) = document.pointer_mut("/components/schemas") else {
        return document;
    };
    let Some(schemas) = schemas.as_object_mut() else {
        return document;
    };
    let known = schemas.clone();
    for (name, schema) in schemas.iter_mut() {
        let Some(parts) = schema.get("allOf").and_then(Value::as_array) else {
            continue;
        };
        let mut properties = Map::new();
        let mut required = Vec::new();
        for part in parts {
            let named = part.get("$ref").and_then(Value::as_str);
            let named = named.and_then(|at| known.get(at.rsplit('/').next()?));
            let part = named.unwrap_or(part);
            let more = part.get("properties").and_then(Value::as_object);
            properties.extend(
                more.into_iter()
                    .flatten()
                    .map(|(k, v)| (k.clone(), v.clone())),
            );
            let more = part.get("required").and_then(Value::as_array);
            required.extend(more.into_iter().flatten().cloned());
        }
        let about = schema.get("description").cloned();
        let more = about.map(|about| ("description", about));
        let closed = is_request(name).then_some(("additionalProperties", Value::Bool(false)));
        let whole = [
            ("type", json!("object")),
            ("properties", Value::Object(properties)),
            ("required", Value::Array(required)),
        ];
        let all = whole.into_iter().chain(more).chain(closed);
        *schema = all.map(|(key, value)| (key.to_owned(), value)).collect();
    }
    document
}

/// Whether a schema is that of a body that callers send.
fn is_request(name: &str) -> bool {
    ["Create", "Edit"].iter().any(|verb| name.starts_with(verb))
}

/// An operation as the pages show it.
struct Operation<'a> {
    method: &'static str,
    path: &'a str,
    about: &'a openapi::path::Operation,
}

fn operations(document: &OpenApi) -> Vec<Operation<'_>> {
    let mut all = Vec::new();
    for (path, item) in &document.paths.paths {
        for (method, about) in [
            ("GET", &item.get),
            ("POST", &item.post),
            ("PATCH", &item.patch),
            ("PUT", &item.put),
            ("DELETE", &item.delete),
        ] {
            if let Some(about) = about {
                all.push(Operation {
                    method,
                    path,
                    about,
                });
            }
        }
    }
    all
}

fn summary<'a>(operation: &Operation<'a>) -> &'a str {
    let about = operation.about;
    let text = about.summary.as_deref().or(about.description.as_deref());
    text.unwrap_or_default()
}

fn plain(document: &OpenApi) -> String {
    let mut text = String::from(
        "# Poo App\n\n\
         > A todo list for people and agents. This relay's REST API is under /api/v1; its OpenAPI \
         document is at /openapi.json.\n\n\
         Send an API key as `Authorization: Bearer poo_live_...`. Bodies are JSON in camelCase. \
         Send `Idempotency-Key` with every POST that must not happen twice. Errors are problem \
         documents (RFC 9457): look at `code`, `field`, and `retryable`. Follow `nextCursor` until \
         it is absent.\n\n\
         An agent's day: list tasks with `GET /api/v1/tasks?assignee=none&status=open`, take one \
         with `POST /api/v1/tasks/{task}/claim` (409 names who has it), say what you do with \
         `POST /api/v1/tasks/{task}/comments`, finish with `POST /api/v1/tasks/{task}/complete`.\n\n\
         ## Operations\n\n",
    );
    for operation in operations(document) {
        let (method, path) = (operation.method, operation.path);
        text.push_str(&format!("- `{method} {path}`: {}\n", summary(&operation)));
    }
    text
}

fn html(document: &OpenApi) -> String {
    let mut rows = String::new();
    for operation in operations(document) {
        let mut parameters = String::new();
        for parameter in operation.about.parameters.iter().flatten() {
            let RefOr::T(parameter) = parameter else {
                continue;
            };
            parameters.push_str(&format!(
                "<li><code>{}</code> {}",
                escape(&parameter.name),
                escape(parameter.description.as_deref().unwrap_or_default())
            ));
        }
        rows.push_str(&format!(
            "<section><h2><b>{}</b> <code>{}</code></h2><p>{}</p><ul>{parameters}</ul></section>",
            operation.method,
            escape(operation.path),
            escape(summary(&operation)),
        ));
    }
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width\"><title>Poo App API</title>\
         <style>body{{font:1rem/1.6 system-ui;max-width:50rem;margin:3rem auto;padding:0 1rem;\
         background:#fafaf7;color:#222}}h1{{color:#6b3cff}}h2{{font-size:1rem;margin-bottom:0}}\
         code{{background:#eee;padding:.1em .3em}}</style><h1>Poo App API</h1>\
         <p>Send an API key as <code>Authorization: Bearer poo_live_...</code>. The whole \
         description is <a href=\"/openapi.json\">openapi.json</a>, and in short \
         <a href=\"/llms.txt\">llms.txt</a>.</p>{rows}</html>"
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
