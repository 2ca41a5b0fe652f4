//! Where events go: what somebody registers.

use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::model::EventFilter;
use serde::{Deserialize, Serialize};

use super::guard::Target;
use super::signature::Secret;
use crate::events::Filter;

/// How an event is put to an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Format {
    /// As the Standard Webhooks specification wants it, signed.
    #[default]
    Standard,
    /// As OpenClaw's `/hooks/wake` takes it: one line for the agent's main session.
    OpenclawWake,
    /// As OpenClaw's `/hooks/agent` takes it: a run of its own for each event.
    #[serde(rename_all = "camelCase")]
    OpenclawAgent {
        /// Which of the gateway's agents.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        agent_id: Option<String>,
    },
}

/// What somebody wants an endpoint to be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    pub(crate) url: String,
    pub(crate) description: String,
    pub(crate) format: Format,
    pub(crate) lists: Vec<DocumentId>,
    pub(crate) events: Vec<EventFilter>,
    pub(crate) assignee: Option<Did>,
    pub(crate) enabled: bool,
}

/// An endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    /// Who registered it: it gets what they may see.
    pub(crate) owner: Did,
    pub(crate) wish: Wish,
    /// Why it gets nothing, where that is not its owner's wish.
    pub(crate) disabled_reason: Option<String>,
    /// The secrets that sign: the current one, and the one before while that still holds.
    pub(crate) secrets: Vec<Secret>,
    /// Until when the one before the current one still signs.
    pub(crate) rotation_ends: Option<Timestamp>,
    /// The bearer token of the other side, where it wants one.
    pub(crate) token: Option<Secret>,
    pub(crate) created_at: Timestamp,
    /// Since when every attempt has failed.
    pub(crate) failing_since: Option<Timestamp>,
}

impl Endpoint {
    pub(crate) fn filter(&self) -> Filter {
        let wish = &self.wish;
        Filter {
            lists: (!wish.lists.is_empty()).then(|| wish.lists.iter().copied().collect()),
            kinds: wish.events.clone(),
            assignee: wish.assignee,
        }
    }

    /// Where it is. It was looked at when it was registered.
    pub(crate) fn target(&self) -> Option<Target> {
        self.wish.url.parse().ok()
    }
}
