//! What clients measure, where the people in front of them agreed to that.

use std::time::Duration;

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Api;
use super::auth::Caller;
use super::input::Body;
use super::pages::{Denied, Faults, Rejected};
use super::problem::Problem;
use super::reply::Reply;
use crate::metrics::{Route, Timed};

/// The most timings in one report.
const TIMINGS_MAX: usize = 200;
/// The longest that is believed, in milliseconds: an hour.
const MS_MAX: f64 = 3_600_000.0;
/// The most views or errors in one report.
const COUNT_MAX: u32 = 10_000;

pub(super) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(report))
}

/// What a client measured since its last report. Nothing in it says who somebody is or what they
/// wrote; of who sends it nothing is kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Report {
    /// How long things took.
    #[schema(max_items = 200)]
    timings: Option<Vec<Timing>>,
    /// What was opened, and what failed there.
    #[schema(max_items = 200)]
    views: Option<Vec<Views>>,
}

/// How long one thing took.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Timing {
    /// What.
    what: Timed,
    /// Where in the app.
    route: Route,
    /// Milliseconds.
    #[schema(minimum = 0, maximum = 3_600_000)]
    ms: f64,
}

/// How often a part of the app was opened, and how many errors were met there.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Views {
    /// Where in the app.
    route: Route,
    /// How often.
    #[serde(default)]
    #[schema(maximum = 10_000)]
    views: u32,
    /// How many errors.
    #[serde(default)]
    #[schema(maximum = 10_000)]
    errors: u32,
}

/// Report what a client measured. It goes into the relay's metrics, by route and by nothing else.
#[utoipa::path(
    post, path = "/telemetry", tag = "live", request_body = Report,
    responses((status = NO_CONTENT), Rejected, Denied, Faults),
)]
async fn report(
    State(api): State<Api>,
    _caller: Caller,
    report: Body<Report>,
) -> Result<Reply, Problem> {
    let timings = report.0.timings.unwrap_or_default();
    let views = report.0.views.unwrap_or_default();
    for (name, count) in [("timings", timings.len()), ("views", views.len())] {
        if count > TIMINGS_MAX {
            return Err(Problem::invalid(
                name,
                format!("has at most {TIMINGS_MAX} entries"),
            ));
        }
    }
    if timings.iter().any(|it| !(0.0..=MS_MAX).contains(&it.ms)) {
        return Err(Problem::invalid(
            "timings",
            "`ms` lies between 0 and 3600000",
        ));
    }
    if views.iter().any(|it| it.views.max(it.errors) > COUNT_MAX) {
        return Err(Problem::invalid(
            "views",
            format!("counts are at most {COUNT_MAX}"),
        ));
    }
    let metrics = api.metrics();
    for timing in timings {
        let took = Duration::from_secs_f64(timing.ms / 1_000.0);
        metrics.client_timing(timing.what, timing.route, took);
    }
    for views in views {
        metrics.client_counts(views.route, views.views.into(), views.errors.into());
    }
    Ok(Reply::done())
}
