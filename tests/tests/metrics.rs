//! What a relay tells those who run it, and what their alerts make of it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::process::Command;

use poo_tests::harness::{Caller, Relay, Stage, wait_until};
use poo_tests::{programs, repository};
use serde_json::json;

/// What is served now, where a relay serves its metrics.
fn scrape(relay: &Relay) -> String {
    let mut found = None;
    wait_until("the address of the metrics", || {
        let logged = relay.logged();
        let line = logged.lines().find(|line| line.contains("metrics at "));
        found = line.map(|line| line.rsplit("http://").next().unwrap().trim().to_owned());
        found.is_some()
    });
    let url = format!("http://{}", found.unwrap());
    let mut response = ureq::get(&url).call().unwrap();
    response.body_mut().read_to_string().unwrap()
}

/// The value of a series, by the beginning of its line.
fn value(text: &str, series: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(series));
    let line = line.unwrap_or_else(|| panic!("no {series} in {text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn what_happens_is_counted_and_what_does_not_hold_together_is_found() {
    let stage = Stage::new(programs!());
    let relay = stage.relay_with("relay", &["--metrics-listen", "127.0.0.1:0"]);
    let sam = stage.person("Sam", &relay);
    sam.ok(&["list", "create", "Work"]);
    let krusty = Caller::agent(&relay, &sam, "Krusty", "Work");
    let task = sam.task("Work", "Sweep", &[]);
    sam.ok(&["sync"]);
    krusty.make(&format!("tasks/{task}/claim"), &json!({}));
    // Who did what is counted as the stream of events gets there, a moment after the answer.
    let assigned = "poo_activity_events_total{action=\"assigned\"}";
    let mut before = String::new();
    wait_until("the claim to be counted", || {
        before = scrape(&relay);
        before.lines().any(|line| line.starts_with(assigned))
    });
    assert_eq!(
        value(
            &before,
            "poo_data_integrity_anomalies{kind=\"invalid_assignee\"}"
        ),
        0.0
    );
    assert_eq!(value(&before, "poo_assigned_tasks "), 1.0);
    assert!(value(&before, "poo_activity_events_total{action=\"created\"}") >= 2.0);
    assert_eq!(value(&before, assigned), 1.0);
    assert!(value(&before, "poo_mutations_total{door=\"api\"}") >= 1.0);
    assert!(value(&before, "poo_mutations_total{door=\"sync\"}") >= 1.0);
    assert_eq!(
        value(&before, "poo_mutation_errors_total{door=\"sync\"}"),
        0.0
    );
    assert!(value(&before, "poo_commit_seconds_count") >= 1.0);
    let claims = "poo_http_request_seconds_count{method=\"POST\",route=\"/api/v1/tasks/{task}/claim\",status=\"2xx\"}";
    assert_eq!(value(&before, claims), 1.0);

    // Whoever has a task and is not in the list any longer is found out.
    sam.ok(&["sync"]);
    sam.ok(&["agent", "disconnect", "Krusty"]);
    sam.ok(&["sync"]);
    let after = scrape(&relay);
    assert_eq!(
        value(
            &after,
            "poo_data_integrity_anomalies{kind=\"invalid_assignee\"}"
        ),
        1.0
    );
    assert_eq!(value(&after, "poo_invalid_assignee_ratio "), 1.0);

    // What clients report is counted by route and by nothing else.
    let key = sam.json(&["key", "create", "App"]);
    let app = Caller::with_key(&relay, key["secret"].as_str().unwrap());
    let report = json!({
        "timings": [{"what": "open", "route": "list", "ms": 40.5}],
        "views": [{"route": "list", "views": 3, "errors": 1}],
    });
    assert_eq!(app.post("telemetry", &report).status, 204);
    for (report, field) in [
        (
            json!({"timings": [{"what": "open", "route": "/list/42", "ms": 1}]}),
            "timings",
        ),
        (
            json!({"timings": [{"what": "open", "route": "list", "ms": -1}]}),
            "timings",
        ),
        (
            json!({"views": [{"route": "list", "views": 10_001}]}),
            "views",
        ),
        (json!({"views": [{"route": "list", "who": "Sam"}]}), "who"),
    ] {
        let (status, _, named) = app.post("telemetry", &report).fault();
        assert_eq!((status, named.as_str()), (400, field), "{report}");
    }
    assert_eq!(
        Caller::stranger(&relay).post("telemetry", &report).status,
        401
    );
    let last = scrape(&relay);
    assert_eq!(
        value(
            &last,
            "poo_client_seconds_count{what=\"open\",route=\"list\"}"
        ),
        1.0
    );
    assert_eq!(value(&last, "poo_client_errors_total{route=\"list\"}"), 1.0);
    // Where people reach the relay its metrics are not.
    let page = Caller::stranger(&relay).get("/metrics");
    assert!(!page.text.contains("poo_"), "{page:?}");

    // The alerts speak of what there is.
    let rules = std::fs::read_to_string(rules().join("alerts.yml")).unwrap();
    let names = rules.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let is_metric = |name: &&str| name.starts_with("poo_") && !name.ends_with('_');
    for name in names.filter(is_metric) {
        // A counter that nothing was counted on yet is described all the same.
        let family = name.trim_end_matches("_bucket").trim_end_matches("_total");
        assert!(
            last.contains(&format!("# TYPE {family} ")),
            "no {name} in {last}"
        );
    }
}

fn rules() -> std::path::PathBuf {
    repository::root().join("docs/prometheus")
}

#[test]
fn the_alert_rules_hold_and_do_what_they_say() {
    let found = Command::new(repository::root().join("scripts/promtool"))
        .output()
        .unwrap();
    assert!(found.status.success(), "{found:?}");
    let promtool = String::from_utf8(found.stdout).unwrap();
    let promtool = Path::new(promtool.trim());
    for args in [
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts.test.yml"],
    ] {
        let run = Command::new(promtool)
            .args(args)
            .current_dir(rules())
            .output()
            .unwrap();
        assert!(run.status.success(), "{args:?}: {run:?}");
    }
}
