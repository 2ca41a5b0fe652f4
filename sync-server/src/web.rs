//! The web app, served from inside the program: its files are built into it. Where the app was not
//! built there are pages instead that say how to go on.

use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderName, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../client-web/dist"]
#[allow_missing = true]
struct Built;

const INDEX: &str = "index.html";
/// Nothing from elsewhere, no script but the app's own files, and no text that becomes a script.
/// WebAssembly is the one thing that is compiled.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
    manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// The app, at an address that it answers itself; `otherwise` where it was not built.
pub(crate) fn app_or(otherwise: impl IntoResponse, headers: &HeaderMap) -> Response {
    served(INDEX, headers).unwrap_or_else(|| otherwise.into_response())
}

pub(crate) async fn file(Path(file): Path<String>, headers: HeaderMap) -> Response {
    served(&file, &headers).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// A file of the app, in brotli where there is such a form and the browser reads it.
fn served(path: &str, headers: &HeaderMap) -> Option<Response> {
    // The compressed forms are not files of their own.
    let kind = kind(path)?;
    let small = reads_brotli(headers)
        .then(|| Built::get(&format!("{path}.br")))
        .flatten();
    let is_small = small.is_some();
    let file = small.or_else(|| Built::get(path))?;
    let tag = tag(&file);
    let unchanged = headers
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file.data.into_owned().into_response()
    };
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    answer.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    answer.insert(VARY, HeaderValue::from_static("accept-encoding"));
    // What has a hash in its name is the same for ever; the rest is asked for each time.
    let keep = match path.starts_with("assets/") {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    answer.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.insert(ETAG, tag);
    }
    if is_small {
        answer.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    Some(response)
}

fn reads_brotli(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT_ENCODING)
        .and_then(|accepted| accepted.to_str().ok())
        .is_some_and(|accepted| {
            accepted.split(',').any(|one| {
                one.split(';')
                    .next()
                    .is_some_and(|name| name.trim() == "br")
            })
        })
}

fn tag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    let digits: String = hash
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{digits}\"")
}

/// The media type of a file of the app; nothing else is served.
fn kind(path: &str) -> Option<&'static str> {
    let (_, ending) = path.rsplit_once('.')?;
    Some(match ending {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brotli_is_for_whoever_reads_it() {
        let with = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            reads_brotli(&headers)
        };
        assert!(with("gzip, deflate, br, zstd"));
        assert!(with("br;q=1.0"));
        assert!(!with("gzip, brx"));
        assert!(!reads_brotli(&HeaderMap::new()));
    }

    #[test]
    fn only_files_of_the_app_are_served() {
        let headers = HeaderMap::new();
        for path in [
            "../Cargo.toml",
            "..%2fCargo.toml",
            ".gitkeep",
            "/etc/passwd",
            "index.html.br",
        ] {
            assert!(served(path, &headers).is_none(), "{path}");
        }
    }
}
