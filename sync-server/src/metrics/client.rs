//! What clients measure, where the people in front of them agreed to that.

use prometheus_client::encoding::EncodeLabelSet;
use serde::Deserialize;
use utoipa::ToSchema;

/// Where in the app. Whatever is not named here is `other`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Route {
    /// The start page.
    Home,
    /// A list.
    List,
    /// A task.
    Task,
    /// The record of who did what.
    Activity,
    /// Searching.
    Search,
    /// The calendar and what is due.
    Calendar,
    /// Settings.
    Settings,
    /// Anything else.
    Other,
}

impl Route {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::List => "list",
            Self::Task => "task",
            Self::Activity => "activity",
            Self::Search => "search",
            Self::Calendar => "calendar",
            Self::Settings => "settings",
            Self::Other => "other",
        }
    }
}

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Timed {
    /// From asking for a view until it stands.
    Open,
    /// One drawing of it.
    Render,
    /// From a change made elsewhere until it is seen here.
    Subscription,
    /// From a change made here until the relay has it.
    Mutation,
}

impl Timed {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Render => "render",
            Self::Subscription => "subscription",
            Self::Mutation => "mutation",
        }
    }
}

/// The labels of a timing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ClientTiming {
    what: &'static str,
    route: &'static str,
}

impl ClientTiming {
    pub(super) const fn new(what: Timed, route: Route) -> Self {
        Self {
            what: what.as_str(),
            route: route.as_str(),
        }
    }
}

/// The labels of what is counted by route.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ClientError {
    route: &'static str,
}

impl ClientError {
    pub(super) const fn new(route: Route) -> Self {
        Self {
            route: route.as_str(),
        }
    }
}
