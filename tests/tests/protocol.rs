//! docs/PROTOCOL.md and docs/vectors.json hold for programs that share no code with the engine:
//! those in `tests/protocol-check`, under Node, on other people's libraries.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::PathBuf;
use std::process::Command;

use poo_tests::harness::{Home, Relay, Stage};
use poo_tests::{packages, programs, repository};
use serde_json::Value;

/// The programs beside their libraries, in a folder of the test's own.
struct Script<'a> {
    folder: PathBuf,
    relay: Option<&'a Relay>,
}

impl<'a> Script<'a> {
    fn new(stage: &Stage, relay: Option<&'a Relay>) -> Self {
        let folder = packages::beside(stage.path(), "tests/protocol-check");
        Self { folder, relay }
    }

    fn node(&self, args: &[&str]) -> String {
        let output = Command::new("node")
            .args(args)
            .current_dir(&self.folder)
            .output()
            .unwrap_or_else(|error| {
                panic!("node does not start: {error}: run scripts/setup-tests")
            });
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        );
        let log = self.relay.map(Relay::logged).unwrap_or_default();
        assert!(output.status.success(), "node {args:?}\n{out}{err}{log}");
        out
    }

    /// Runs the small client, and gives what it prints.
    fn client(&self, command: &str, argument: &str) -> Value {
        let relay = self.relay.unwrap();
        let args = [
            "client.mjs",
            command,
            "state.json",
            relay.url(),
            relay.did(),
            argument,
        ];
        serde_json::from_str(&self.node(&args)).unwrap()
    }
}

fn vectors() -> String {
    let path = repository::root().join("docs/vectors.json");
    path.to_str().unwrap().to_owned()
}

fn task<'t>(tasks: &'t [Value], title: &str) -> &'t Value {
    let found = tasks.iter().find(|task| task["title"] == title);
    found.unwrap_or_else(|| panic!("no task {title}: {tasks:?}"))
}

fn sync(home: &Home) {
    let report = home.json(&["sync"]);
    assert_eq!(report["refused"], serde_json::json!([]));
}

#[test]
fn other_libraries_read_and_write_the_same_bytes() {
    let stage = Stage::new(programs!());
    let said = Script::new(&stage, None).node(&["check.mjs", &vectors()]);
    for section in ["keys", "statements", "sessions", "exchanges", "contents"] {
        assert!(said.contains(&format!("{section}: ")), "{said}");
    }
}

#[test]
fn a_client_from_the_page_alone_shares_lists_with_the_command_line() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let ann = stage.person("Ann", &relay);
    let script = Script::new(&stage, Some(&relay));

    // The script makes a list and gives Ann a role in it.
    let made = script.client("write", &ann.did());
    let list = made["list"].as_str().unwrap();
    let id = made["task"].as_str().unwrap();
    sync(&ann);
    let tasks = ann.tasks("Written by hand", &[]);
    let found = task(&tasks, "Read the protocol");
    assert_eq!(found["id"], id);
    assert_eq!(found["notes"], "every *section*");
    assert_eq!(found["priority"], "high");
    assert_eq!(found["due"], "2026-11-30");
    assert_eq!(found["createdBy"], made["did"]);
    ann.ok(&["verify", list]);

    // Ann answers; the script reads that, writes again, and invites.
    ann.ok(&["task", "complete", id]);
    ann.ok(&["comment", "add", id, "Well said"]);
    sync(&ann);
    let read = script.client("read", "");
    assert_eq!(read["status"], "done");
    assert_eq!(read["said"], serde_json::json!(["Well said"]));
    let bob = stage.person("Bob", &relay);
    bob.ok(&["join", read["link"].as_str().unwrap()]);
    sync(&ann);
    for home in [&ann, &bob] {
        let shown = home.json(&["task", "show", id]);
        let shown = shown.get("task").unwrap_or(&shown);
        assert_eq!(shown["notes"], "every section, twice");
        assert_eq!(shown["priority"], "low");
        assert_eq!(shown["status"], "done");
    }

    // And the other way round: by Ann's link into her list, and as a device of hers.
    ann.ok(&["list", "create", "Books"]);
    ann.ok(&["task", "create", "Buy a book", "--list", "Books"]);
    sync(&ann);
    let link = ann.share("Books", "editor");
    sync(&ann);
    let joined = script.client("redeem", &link);
    assert_eq!(joined["titles"], serde_json::json!(["Buy a book"]));
    sync(&ann);
    let tasks = ann.tasks("Books", &[]);
    assert_eq!(task(&tasks, "Bring the book")["createdBy"], made["did"]);

    let mut linking = ann.start(&["device", "link", "--json"]);
    let made = linking.wait_for("the link", |line| line.get("link").is_some());
    let became = script.client("device", made["link"].as_str().unwrap());
    let linked = linking.wait_for("the device", |line| line.get("linked").is_some());
    assert_eq!(linked["linked"], "script");
    let documents = became["documents"].as_array().unwrap();
    // Both lists, and her space, which only she can see.
    assert_eq!(documents.len(), 3);
    assert!(documents.contains(&Value::from(list)));
}

#[test]
fn a_real_relay_refuses_with_the_codes_of_the_page() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let checked = Script::new(&stage, Some(&relay)).client("refuse", &vectors());
    assert!(checked["checked"].as_u64() > Some(40), "{checked}");
}
