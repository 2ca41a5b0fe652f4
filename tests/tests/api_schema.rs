//! The API does what its OpenAPI document says: Schemathesis makes requests out of that, right and
//! wrong ones, and holds every answer against it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::PathBuf;
use std::process::Command;

use poo_tests::harness::{ANY_PORT, Relay, Stage};
use poo_tests::{programs, repository};

/// Where `scripts/python-packages` puts the program.
fn schemathesis() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    // The program of a test lies in TARGET/PROFILE/deps.
    let target = program.ancestors().nth(3).unwrap();
    let found = target.join("python/bin/schemathesis");
    assert!(
        found.exists(),
        "{} is not there: run scripts/python-packages",
        found.display()
    );
    found
}

/// Runs it against a relay that does not count requests.
fn check(stage: &Stage, relay: &Relay, key: Option<&str>) {
    let mut run = Command::new(schemathesis());
    run.current_dir(stage.path())
        .arg("--config-file")
        .arg(repository::root().join("tests/schema/schemathesis.toml"))
        .arg("run")
        .arg(format!("http://{}/openapi.json", relay.address()))
        .args(["--checks", "all"])
        .args(["--phases", "examples,coverage,fuzzing,stateful"])
        .args(["--max-examples", "15", "--seed", "1", "--no-color"])
        .args(["--max-failures", "20", "--request-timeout", "30"]);
    if let Some(key) = key {
        // These go on for as long as their caller wants: other tests hold them to their word.
        for endless in ["/api/v1/events", "/api/v1/tasks/next"] {
            run.args(["--exclude-path", endless]);
        }
        run.arg("--header")
            .arg(format!("Authorization: Bearer {key}"));
    }
    let run = run.output().unwrap();
    assert!(
        run.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
    assert!(!relay.logged().contains("panic"), "{}", relay.logged());
}

fn relay(stage: &Stage) -> Relay {
    let data = stage.path().join("relay");
    let more = ["--api-requests", "1000000"];
    Relay::try_start_with(programs!(), &data, ANY_PORT, &more).unwrap()
}

#[test]
fn the_document_holds_for_who_has_a_key() {
    let stage = Stage::new(programs!());
    let relay = relay(&stage);
    let sam = stage.person("Sam", &relay);
    sam.ok(&["list", "create", "Work"]);
    sam.ok(&["ticket", "create"]);
    sam.ok(&["sync"]);
    let all = [
        "tasks:read",
        "tasks:write",
        "activity:write",
        "agents:manage",
        "tickets:create",
    ];
    let scopes = all.iter().flat_map(|scope| ["--scope", *scope]);
    let create: Vec<&str> = ["key", "create", "All"].into_iter().chain(scopes).collect();
    let made = sam.json(&create);
    check(&stage, &relay, Some(made["secret"].as_str().unwrap()));
}

#[test]
fn the_document_holds_for_who_has_none() {
    let stage = Stage::new(programs!());
    let relay = relay(&stage);
    check(&stage, &relay, None);
}
