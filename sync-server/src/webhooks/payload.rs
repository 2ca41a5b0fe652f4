//! What an endpoint is sent.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use jiff::Timestamp;
use poo_core::model::{ActivityAction, Event};
use serde_json::{Value, json};

use super::endpoint::{Endpoint, Format};

/// The most bytes of a body: what does not fit is left out, and said to be.
pub(super) const BODY_BYTES_MAX: usize = 20 * 1024;
/// The most characters of a title in a message to an agent.
const TITLE_CHARS_MAX: usize = 300;

/// The body of a delivery, the same for each of its attempts.
pub(super) fn body(endpoint: &Endpoint, event: &Event, message_id: &str) -> String {
    match &endpoint.wish.format {
        Format::Standard => standard(event),
        Format::OpenclawWake => json!({ "text": told(event), "mode": "now" }).to_string(),
        Format::OpenclawAgent { agent_id } => {
            let mut body = json!({
                "message": told(event),
                "name": "Poo App",
                "idempotencyKey": message_id,
            });
            if let (Some(id), Some(body)) = (agent_id, body.as_object_mut()) {
                body.insert("agentId".to_owned(), Value::from(id.as_str()));
            }
            body.to_string()
        }
    }
}

/// A body that only shows that the endpoint can be reached.
pub(super) fn ping(endpoint: &Endpoint, message_id: &str, now: Timestamp) -> String {
    let text = "Poo App can reach this agent. There is nothing to do.";
    match &endpoint.wish.format {
        Format::Standard => json!({
            "type": "webhook.ping",
            "timestamp": written(now),
            "data": { "webhook": endpoint.id },
        })
        .to_string(),
        Format::OpenclawWake => json!({ "text": text, "mode": "now" }).to_string(),
        Format::OpenclawAgent { .. } => {
            json!({ "message": text, "name": "Poo App", "idempotencyKey": message_id }).to_string()
        }
    }
}

fn standard(event: &Event) -> String {
    let mut body = json!({
        "type": event.kind,
        "timestamp": written(event.activity.at),
        "data": event,
    });
    let text = body.to_string();
    if text.len() <= BODY_BYTES_MAX {
        return text;
    }
    // What was edited is all that can be long, and the list's activity has it.
    let activity = body.pointer_mut("/data/activity");
    if let Some(activity) = activity.and_then(Value::as_object_mut) {
        activity.remove("fields");
        activity.insert("truncated".to_owned(), Value::Bool(true));
    }
    body.to_string()
}

fn written(at: Timestamp) -> String {
    format!("{at:.3}")
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(TITLE_CHARS_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// An event in words, for an agent, with what it takes to act on it.
fn told(event: &Event) -> String {
    let activity = &event.activity;
    let actor = match activity.actor_name.as_str() {
        "" => "Somebody".to_owned(),
        name => short(name),
    };
    let title = activity.task_title.as_deref().map(short);
    let what = match (&title, activity.action) {
        (Some(title), ActivityAction::Assigned) => match &activity.member_name {
            Some(name) => format!("{actor} assigned “{title}” to {}", short(name)),
            None => format!("{actor} took “{title}” from whoever had it"),
        },
        (Some(title), action) => format!("{actor}: {action} “{title}”"),
        (None, action) => format!("{actor}: {action}"),
    };
    let list = short(&event.list_title);
    let mut text = format!("{what} in the list “{list}” ({})", activity.list);
    if let Some(task) = &activity.task {
        text.push_str(&format!(", task {task}"));
    }
    text.push('.');
    text
}

/// The headers of an attempt.
pub(super) fn headers(
    endpoint: &Endpoint,
    message_id: &str,
    body: &str,
    now: Timestamp,
) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    let timestamp = now.as_second();
    let mut set = |name: &'static str, value: &str| -> Option<()> {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).ok()?,
        );
        Some(())
    };
    set("webhook-id", message_id)?;
    set("webhook-timestamp", &timestamp.to_string())?;
    // The one before the current one signs until its time is over.
    let holds = match endpoint.rotation_ends {
        Some(ends) if ends <= now => 1,
        _ => endpoint.secrets.len(),
    };
    let signatures: Vec<String> = (endpoint.secrets.iter().take(holds))
        .map(|secret| secret.sign(message_id, timestamp, body.as_bytes()))
        .collect();
    set("webhook-signature", &signatures.join(" "))?;
    if let Some(token) = &endpoint.token {
        let token = core::str::from_utf8(token.bytes()).ok()?;
        let mut value = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    Some(headers)
}

#[cfg(test)]
mod tests {
    use super::{TITLE_CHARS_MAX, short};

    #[test]
    fn what_others_wrote_is_told_shortly() {
        let long = "ä".repeat(TITLE_CHARS_MAX + 1);
        assert_eq!(short(&long).chars().count(), TITLE_CHARS_MAX + 1);
        assert!(short(&long).ends_with("ä…"));
        assert_eq!(short("Sweep"), "Sweep");
    }
}
