//! Endpoints and deliveries as the API shows and takes them.

use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::model::EventFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::input::number;
use crate::api::problem::{Code, Problem};
use crate::api::time;
use crate::webhooks::{Endpoint, Format, GuardError, HooksError, Logged, Secret, State as Went};

/// An endpoint that is to be registered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CreateWebhook {
    /// Where it is: an https:// address.
    #[schema(format = "uri", max_length = 2_048)]
    pub(super) url: String,
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub(super) description: String,
    /// How events are put: signed as Standard Webhooks, or as OpenClaw's hooks take them.
    #[serde(default)]
    pub(super) format: FormatName,
    /// Of these lists only.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub(super) lists: Vec<DocumentId>,
    /// Of these kinds only: `task.assigned`, `task.*`.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub(super) events: Vec<String>,
    /// Only what gives a task to this member: a DID, or `me`.
    pub(super) assignee: Option<String>,
    /// A token that the other side wants as `Authorization: Bearer`. It is never shown again.
    #[schema(max_length = 1_000)]
    pub(super) token: Option<String>,
    /// Which agent of the gateway (`openclaw_agent`).
    #[schema(max_length = 100)]
    pub(super) agent_id: Option<String>,
}

/// What changes of an endpoint. What is not named stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct EditWebhook {
    /// Where it is.
    #[schema(format = "uri", max_length = 2_048)]
    pub(super) url: Option<String>,
    /// What it is for.
    #[schema(max_length = 200)]
    pub(super) description: Option<String>,
    /// Of these lists only; none: of all.
    #[schema(max_items = 100)]
    pub(super) lists: Option<Vec<DocumentId>>,
    /// Of these kinds only; none: of all.
    #[schema(max_items = 100)]
    pub(super) events: Option<Vec<String>>,
    /// Only what gives a task to this member.
    pub(super) assignee: Option<String>,
    /// A token that the other side wants.
    #[schema(max_length = 1_000)]
    pub(super) token: Option<String>,
    /// Whether it gets anything. What waits for one that is off goes out when it is on again; what
    /// happens meanwhile does not.
    pub(super) enabled: Option<bool>,
}

/// How events are put to an endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum FormatName {
    /// The event as JSON, signed (Standard Webhooks).
    #[default]
    Standard,
    /// OpenClaw's `/hooks/wake`: one line for the agent's main session.
    OpenclawWake,
    /// OpenClaw's `/hooks/agent`: a run of its own for each event.
    OpenclawAgent,
}

/// How a secret is rotated.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct RotateWebhook {
    /// For how many seconds the old secret signs beside the new one: a day unless told, at most
    /// thirty.
    #[schema(maximum = 2_592_000)]
    pub(super) overlap_s: Option<u32>,
}

/// An endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct Webhook {
    /// Names it.
    pub(super) id: String,
    /// Where it is.
    pub(super) url: String,
    /// What it is for.
    pub(super) description: String,
    /// How events are put.
    pub(super) format: FormatName,
    /// Of these lists only; empty: of all that its owner may see.
    pub(super) lists: Vec<DocumentId>,
    /// Of these kinds only; empty: of all.
    #[schema(value_type = Vec<String>)]
    pub(super) events: Vec<EventFilter>,
    /// Only what gives a task to this member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) assignee: Option<Did>,
    /// Whether it gets anything.
    pub(super) enabled: bool,
    /// Why not, where that is not its owner's wish.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) disabled_reason: Option<String>,
    /// Since when every attempt has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(super) failing_since: Option<String>,
    /// Until when the old secret signs beside the new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(super) rotation_ends: Option<String>,
    /// When it was registered.
    #[schema(format = DateTime)]
    pub(super) created_at: String,
    /// The secret that signs: only in the answer that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<String>,
}

/// Endpoints.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WebhookPage {
    pub(super) items: Vec<Webhook>,
}

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeliveryState {
    /// It waits for its next attempt.
    Waiting,
    /// The endpoint took it.
    Delivered,
    /// It was given up, and can be asked for again.
    Dead,
}

/// A delivery.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryView {
    /// Its webhook-id: the same for each attempt.
    pub(super) id: String,
    /// What kind of event it tells of.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// How far it is.
    pub(super) state: DeliveryState,
    /// Its attempts, the latest first.
    pub(super) attempts: Vec<AttemptView>,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub(super) next_attempt_at: Option<String>,
    /// When it was put into the queue.
    #[schema(format = DateTime)]
    pub(super) created_at: String,
    /// Why the last attempt came to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// An attempt.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttemptView {
    /// When.
    #[schema(format = DateTime)]
    pub(super) at: String,
    /// How long it took.
    pub(super) duration_ms: u64,
    /// The status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    /// Why it came to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// Deliveries, the latest first, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeliveryPage {
    pub(super) items: Vec<DeliveryView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_cursor: Option<String>,
}

/// Which deliveries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichDeliveries {
    /// In this state only.
    pub(super) state: Option<DeliveryState>,
    /// At most so many; 50 unless told.
    #[serde(deserialize_with = "number")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    pub(super) limit: Option<u32>,
    /// Where the page before ended.
    pub(super) cursor: Option<String>,
}

/// What was put into the queue.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Accepted {
    /// The webhook-id.
    pub(super) id: String,
}

/// How many deliveries are tried again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Redelivered {
    pub(super) count: u64,
}

impl From<Endpoint> for Webhook {
    fn from(endpoint: Endpoint) -> Self {
        let wish = endpoint.wish;
        Self {
            id: endpoint.id,
            url: wish.url,
            description: wish.description,
            format: match wish.format {
                Format::Standard => FormatName::Standard,
                Format::OpenclawWake => FormatName::OpenclawWake,
                Format::OpenclawAgent { .. } => FormatName::OpenclawAgent,
            },
            lists: wish.lists,
            events: wish.events,
            assignee: wish.assignee,
            enabled: wish.enabled,
            disabled_reason: endpoint.disabled_reason,
            failing_since: endpoint.failing_since.map(|at| time(at.as_millisecond())),
            rotation_ends: endpoint.rotation_ends.map(|at| time(at.as_millisecond())),
            created_at: time(endpoint.created_at.as_millisecond()),
            secret: None,
        }
    }
}

impl From<Logged> for DeliveryView {
    fn from(logged: Logged) -> Self {
        Self {
            id: logged.id,
            kind: logged.kind,
            state: match logged.state {
                Went::Waiting => DeliveryState::Waiting,
                Went::Delivered => DeliveryState::Delivered,
                Went::Dead => DeliveryState::Dead,
            },
            attempts: (logged.attempts.into_iter())
                .map(|attempt| AttemptView {
                    at: time(attempt.at.as_millisecond()),
                    duration_ms: attempt.duration_ms,
                    status: attempt.status,
                    error: attempt.error,
                })
                .collect(),
            next_attempt_at: logged.next_at.map(|at| time(at.as_millisecond())),
            created_at: time(logged.created_at.as_millisecond()),
            error: logged.error,
        }
    }
}

impl From<HooksError> for Problem {
    fn from(error: HooksError) -> Self {
        tracing::error!(%error, "webhooks cannot be looked after");
        Self::new(Code::Internal, "the database of webhooks failed")
    }
}

impl From<GuardError> for Problem {
    fn from(error: GuardError) -> Self {
        Self::invalid("url", error.to_string())
    }
}

/// With the secret that was just made.
pub(super) fn with_secret(endpoint: Endpoint) -> Webhook {
    let secret = endpoint.secrets.first().map(Secret::shown);
    Webhook {
        secret,
        ..endpoint.into()
    }
}
