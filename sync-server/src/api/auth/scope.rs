//! What credentials allow.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that credentials can allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub(crate) enum Scope {
    /// See lists, tasks, comments, tags, members and activity.
    #[serde(rename = "tasks:read")]
    TasksRead,
    /// Change lists, tasks, comments and tags.
    #[serde(rename = "tasks:write")]
    TasksWrite,
    /// Write notes into the activity of a list.
    #[serde(rename = "activity:write")]
    ActivityWrite,
    /// Connect and disconnect agents, and make and revoke keys.
    #[serde(rename = "agents:manage")]
    AgentsManage,
    /// Make tickets for clients that speak Automerge's own sync.
    #[serde(rename = "tickets:create")]
    TicketsCreate,
    /// Be told by webhooks.
    #[serde(rename = "webhooks:manage")]
    WebhooksManage,
    /// Export and delete what this relay keeps of oneself.
    #[serde(rename = "account:manage")]
    AccountManage,
}

impl Scope {
    /// All there are.
    pub(crate) const ALL: [Self; 7] = [
        Self::TasksRead,
        Self::TasksWrite,
        Self::ActivityWrite,
        Self::AgentsManage,
        Self::TicketsCreate,
        Self::WebhooksManage,
        Self::AccountManage,
    ];

    /// What an agent gets unless told.
    pub(crate) const OF_AGENTS: [Self; 3] =
        [Self::TasksRead, Self::TasksWrite, Self::ActivityWrite];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::TasksRead => "tasks:read",
            Self::TasksWrite => "tasks:write",
            Self::ActivityWrite => "activity:write",
            Self::AgentsManage => "agents:manage",
            Self::TicketsCreate => "tickets:create",
            Self::WebhooksManage => "webhooks:manage",
            Self::AccountManage => "account:manage",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or(())
    }
}
