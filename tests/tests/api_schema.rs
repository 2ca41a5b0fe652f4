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
use serde_json::Value;

/// The ids that the document has as examples.
const LIST: &str = "4NMNnkMhL8jXrdJ9jamS58PAVdXu";
const TASK: &str = "01932f5e-7b5c-7c3a-9d2e-3f4a5b6c7d8e";
const MEMBER: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

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

/// The document, where its examples are ids of what is there: made-up ones would only be found
/// missing, whatever is asked.
fn document(relay: &Relay, there: &[(&str, String)]) -> String {
    let url = format!("http://{}/openapi.json", relay.address());
    let mut document = ureq::get(url)
        .call()
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap();
    for (example, id) in there {
        assert!(document.contains(example), "{example} is no example");
        document = document.replace(example, id);
    }
    document
}

/// Runs it against a relay that does not count requests.
fn check(stage: &Stage, relay: &Relay, key: Option<&str>, there: &[(&str, String)]) {
    let file = stage.path().join("openapi.json");
    std::fs::write(&file, document(relay, there)).unwrap();
    let mut run = Command::new(schemathesis());
    run.current_dir(stage.path())
        .arg("--config-file")
        .arg(repository::root().join("tests/schema/schemathesis.toml"))
        .arg("run")
        .arg(file)
        .arg("--url")
        .arg(format!("http://{}", relay.address()))
        .args(["--checks", "all"])
        .args(["--phases", "examples,coverage,fuzzing,stateful"])
        .args(["--max-examples", "15", "--seed", "1", "--no-color"])
        .args(["--max-failures", "20", "--request-timeout", "30"]);
    if let Some(key) = key {
        // These go on for as long as their caller wants: other tests hold them to their word.
        for endless in ["/api/v1/events", "/api/v1/tasks/next"] {
            run.args(["--exclude-path", endless]);
        }
        // It would take its own key away, or the lists, and find nothing from then on.
        for end in ["DELETE /api/v1/keys/{key}", "DELETE /api/v1/lists/{list}"] {
            run.args(["--exclude-name", end]);
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
    let list = sam.json(&["list", "create", "Work"]);
    let task = sam.json(&["task", "create", "Paint", "--list", "Work"]);
    let id = |made: &Value, field: &str| made[field].as_str().unwrap().to_owned();
    let there = [
        (LIST, id(&list, "list")),
        (TASK, id(&task, "task")),
        (MEMBER, id(&sam.json(&["whoami"]), "did")),
    ];
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
    check(
        &stage,
        &relay,
        Some(made["secret"].as_str().unwrap()),
        &there,
    );
}

#[test]
fn the_document_holds_for_who_has_none() {
    let stage = Stage::new(programs!());
    let relay = relay(&stage);
    check(&stage, &relay, None, &[]);
}
