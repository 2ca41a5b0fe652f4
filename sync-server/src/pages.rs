//! What a browser sees at the address of a relay that was built without the web app.

use axum::http::header;
use axum::response::IntoResponse;

/// A page without scripts; everything that a link carries behind `#` stays in the browser.
fn page(title: &str, body: &str) -> impl IntoResponse + use<> {
    let html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width\"><title>{title}</title>\
         <style>body{{font:1rem/1.6 system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem;\
         background:#fafaf7;color:#222}}h1{{color:#6b3cff}}code{{background:#eee;padding:.1em .3em}}\
         </style><h1>{title}</h1>{body}"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, html)
}

pub(crate) fn home() -> impl IntoResponse {
    page(
        "Poo App relay",
        "<p>This relay keeps lists in sync between devices. Begin with \
         <code>poo init --name YOU --relay THIS_ADDRESS</code>, where the address begins with \
         <code>ws://</code> or <code>wss://</code>.</p><p>The app for browsers is not in this build. \
         Install Node.js 20.19 or newer and start the relay with <code>make run</code>: it builds \
         the app and shows it here.</p>",
    )
}

pub(crate) fn join() -> impl IntoResponse {
    page(
        "You are invited to a list",
        "<p>Copy this page's whole address, with everything behind the <code>#</code>, and run \
         <code>poo join 'ADDRESS'</code>. The link is good for one person.</p>",
    )
}

pub(crate) fn link() -> impl IntoResponse {
    page(
        "Use your lists on another device",
        "<p>Copy this page's whole address, with everything behind the <code>#</code>, and run \
         <code>poo device join 'ADDRESS' --name DEVICE</code> on the new device.</p>",
    )
}

pub(crate) fn setup() -> impl IntoResponse {
    page(
        "Set up this relay",
        "<p>Copy this page's whole address, with everything behind the <code>#</code>, and run \
         <code>poo join 'ADDRESS'</code>. From then on you can keep lists here and invite others. \
         The link is good once.</p>",
    )
}
