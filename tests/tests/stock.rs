//! Stock clients: unmodified automerge-repo (Node) and samod connect with a ticket and nothing
//! else, and sync with one another and with signed peers through a real relay.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use poo_tests::harness::{Caller, Home, Relay, Stage, wait_until};
use poo_tests::{packages, programs};
use serde_json::{Value, json};

const LIST: &str = "Plans";

/// A Node process with an automerge-repo in it.
struct Node {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Node {
    fn start(stage: &Stage, ticket: &str, name: &str, storage: Option<&Path>) -> Self {
        let folder = packages::beside(stage.path(), "tests/stock");
        let mut child = Command::new("node")
            .arg("client.mjs")
            .args([ticket, name])
            .args(storage)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap_or_else(|error| panic!("node does not start: {error}"));
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    fn run(&mut self, command: Value) -> Value {
        writeln!(self.input, "{command}").unwrap();
        loop {
            let mut line = String::new();
            let read = self.output.read_line(&mut line).unwrap();
            assert_ne!(read, 0, "the client ended at {command}");
            // What its libraries print is not for us.
            if let Ok(answer) = serde_json::from_str(&line) {
                return answer;
            }
        }
    }

    fn doc(&mut self) -> Value {
        self.run(json!({ "do": "doc" }))["doc"].clone()
    }

    fn find(&mut self, url: &str) -> Value {
        self.run(json!({ "do": "find", "url": url }))
    }

    fn put(&mut self, path: Value, value: Value) {
        self.run(json!({ "do": "put", "path": path, "value": value }));
    }

    /// Ends the process at once.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended already.
        let _killed = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// Sam's home with a list on a relay.
fn sam(stage: &Stage, relay: &Relay) -> Home {
    let sam = stage.person("Sam", relay);
    sam.ok(&["list", "create", LIST]);
    sam.ok(&["sync"]);
    sam
}

fn ticket(home: &Home, more: &[&str]) -> String {
    let made = home.json(&[&["ticket", "create"], more].concat());
    made["url"].as_str().unwrap().to_owned()
}

fn list_url(home: &Home) -> String {
    let lists = home.json(&["list", "ls"]);
    format!("automerge:{}", lists["items"][0]["id"].as_str().unwrap())
}

#[test]
fn automerge_repo_clients_share_a_document_of_their_own() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let sam = sam(&stage, &relay);
    let ticket = ticket(&sam, &["--uses", "2"]);
    let mut one = Node::start(&stage, &ticket, "one", None);
    let made = one.run(json!({
        "do": "create",
        "value": { "title": "Ours", "rows": [{ "n": 1 }], "text": "long ".repeat(200) },
    }));
    let url = made["url"].as_str().unwrap().to_owned();
    let mut two = Node::start(&stage, &ticket, "two", None);
    wait_until("the other client has the document", || {
        two.find(&url)["doc"]["title"] == "Ours"
    });
    // Both at once: objects in lists, deflated changes, counters, deletions.
    for round in 0..5 {
        one.run(json!({ "do": "push", "path": ["rows"], "value": { "one": round } }));
        two.run(json!({ "do": "push", "path": ["rows"], "value": { "two": round } }));
        one.run(json!({ "do": "count", "by": 1 }));
        two.run(json!({ "do": "count", "by": 10 }));
    }
    one.put(json!(["rows", 0]), Value::Null);
    two.put(json!(["text"]), json!("other ".repeat(300)));
    wait_until("both have the same", || {
        let (one, two) = (one.doc(), two.doc());
        one == two && one["rows"].as_array().unwrap().len() == 10 && one["count"] == 55
    });
    // What is not kept goes both ways.
    one.run(json!({ "do": "broadcast", "message": { "cursor": 7 } }));
    two.run(json!({ "do": "broadcast", "message": "here" }));
    wait_until("they hear one another", || {
        let by_two = two.run(json!({ "do": "heard" }));
        let by_one = one.run(json!({ "do": "heard" }));
        by_two["heard"][0] == json!({ "message": { "cursor": 7 }, "senderId": "one" })
            && by_one["heard"][0] == json!({ "message": "here", "senderId": "two" })
    });
    // What a relay signed for them is told as that, to whoever the ticket acts for.
    sam.ok(&["sync"]);
    let report = sam.json(&["verify", &url]);
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["authors"][0]["via"], "witnessed");
    // The relay stops at once and comes back: nothing that it took is lost, and they go on.
    let mut relay = relay;
    relay.kill();
    one.put(json!(["title"]), json!("Written without a relay"));
    relay.restart();
    wait_until("it comes through", || {
        two.doc()["title"] == "Written without a relay"
    });
}

#[test]
fn an_automerge_repo_client_edits_a_list_with_a_signed_peer() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let sam = sam(&stage, &relay);
    let milk = sam.task(LIST, "Milk", &[]);
    sam.ok(&["sync"]);
    let ticket = ticket(&sam, &["--list", LIST]);
    let mut node = Node::start(&stage, &ticket, "node", None);
    let url = list_url(&sam);
    assert_eq!(node.find(&url)["doc"]["items"][&milk]["title"], "Milk");
    node.put(json!(["items", milk, "title"]), json!("Oat milk"));
    node.put(json!(["items", milk, "priority"]), json!("high"));
    sam.write(&["task", "edit", &milk, "--notes", "Two of them"]);
    wait_until("Sam has it", || {
        sam.ok(&["sync"]);
        sam.titles(LIST) == ["Oat milk"]
    });
    wait_until("the client has it", || {
        node.doc()["items"][&milk]["notes"] == "Two of them"
    });
    let shown = sam.json(&["task", "show", &milk]);
    assert_eq!(shown["priority"], "high");
    let report = sam.json(&["verify", LIST]);
    let via: Vec<_> = report["authors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["via"])
        .collect();
    assert_eq!(via, ["signed", "witnessed"]);
    assert!(report["problems"].as_array().unwrap().is_empty());
}

#[test]
fn presence_goes_both_ways_between_automerge_repo_and_signed_peers() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let sam = sam(&stage, &relay);
    let milk = sam.task(LIST, "Milk", &[]);
    let ann = stage.person("Ann", &relay);
    ann.ok(&["join", &sam.share(LIST, "editor")]);
    sam.ok(&["sync"]);
    let mut watch = ann.start(&["watch", LIST, "--json"]);
    watch.wait_for("the connection", |line| line["event"] == "connected");
    let mut node = Node::start(&stage, &ticket(&sam, &["--list", LIST]), "node", None);
    node.find(&list_url(&sam));
    node.run(json!({ "do": "attend", "state": { "task": milk, "cursor": [1, 2] } }));
    let sams = |event: &'static str| {
        move |line: &Value| line["event"] == event && line["who"]["name"] == "Sam"
    };
    let came = watch.wait_for("Sam comes", sams("presence_joined"));
    assert_eq!(
        (&came["state"], &came["task"]),
        (&json!("here"), &json!(milk))
    );
    wait_until("the client sees Ann", || {
        let peers = node.run(json!({ "do": "peers" }));
        peers["peers"] == json!([{ "did": ann.did(), "typing": false, "task": null }])
    });
    node.run(json!({ "do": "show", "channel": "typing", "value": true }));
    let types = watch.wait_for("Sam writes", sams("presence_changed"));
    assert_eq!(
        (&types["state"], &types["task"]),
        (&json!("typing"), &json!(milk))
    );
    // What is no presence disturbs nobody.
    node.run(json!({ "do": "broadcast", "message": { "cursor": 7 } }));
    // Whoever goes without a word is not shown any longer.
    node.kill();
    watch.wait_for("Sam goes", sams("presence_left"));
    watch.interrupt();
    assert_eq!(watch.wait().code, 0);
}

#[test]
fn a_client_that_was_away_for_long_and_one_that_changes_the_past_go_on() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let sam = sam(&stage, &relay);
    let ticket = ticket(&sam, &["--uses", "3"]);
    let storage = stage.path().join("storage");
    let mut one = Node::start(&stage, &ticket, "one", Some(&storage));
    let made = one.run(json!({ "do": "create", "value": { "rows": [] } }));
    let url = made["url"].as_str().unwrap().to_owned();
    let mut two = Node::start(&stage, &ticket, "two", None);
    wait_until("the other client has the document", || {
        two.find(&url)["doc"]["rows"].is_array()
    });
    let past = two.run(json!({ "do": "doc" }))["heads"].clone();
    one.run(json!({ "do": "flush" }));
    one.kill();
    for n in 0..300 {
        two.run(json!({ "do": "push", "path": ["rows"], "value": n }));
    }
    // Back from its own storage, with work of its own.
    let mut one = Node::start(&stage, &ticket, "one", Some(&storage));
    one.find(&url);
    one.put(json!(["back"]), json!(true));
    wait_until("both have everything", || {
        let (one, two) = (one.doc(), two.doc());
        one == two && one["back"] == true && one["rows"].as_array().unwrap().len() == 300
    });
    // A change on top of an old state, and ordinary ones after it.
    two.run(json!({ "do": "putAt", "heads": past, "path": ["old"], "value": 1 }));
    for n in 0..5 {
        two.put(json!(["new"]), json!(n));
    }
    wait_until("it comes through", || {
        let doc = one.doc();
        doc["old"] == 1 && doc["new"] == 4
    });
}

#[test]
fn without_a_ticket_that_holds_nobody_gets_in() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let sam = sam(&stage, &relay);
    let ann = stage.person("Ann", &relay);
    ann.ok(&["list", "create", "Hers"]);
    ann.ok(&["sync"]);
    let sams = ticket(&sam, &["--uses", "1"]);
    let (hers, here) = (list_url(&ann), list_url(&sam));
    let mut node = Node::start(&stage, &sams, "node", None);
    assert!(node.find(&here)["doc"].is_object());
    // What is somebody else's, and what nobody has.
    let theirs = node.find(&hers)["unavailable"].clone();
    let nobodys = node.find("automerge:bH8pjscq1pb1vojBed8kZv3hxMw")["unavailable"].clone();
    assert!(theirs.is_string(), "{theirs}");
    assert_eq!(
        theirs.as_str().unwrap().replace(&hers, ""),
        nobodys
            .as_str()
            .unwrap()
            .replace("automerge:bH8pjscq1pb1vojBed8kZv3hxMw", "")
    );
    // Its one client came already; and one that has ended.
    let ended = ticket(&sam, &["--ttl", "1s"]);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let mut second = Node::start(&stage, &sams, "second", None);
    let mut late = Node::start(&stage, &ended, "late", None);
    for other in [&mut second, &mut late] {
        assert!(other.find(&here)["unavailable"].is_string());
    }
}

#[test]
fn a_ticket_that_the_api_makes_lets_a_client_into_the_one_list_that_it_is_for() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let sam = sam(&stage, &relay);
    let milk = sam.task(LIST, "Milk", &[]);
    let here = list_url(&sam);
    let apart = sam.json(&["list", "create", "Apart"]);
    let apart = format!("automerge:{}", apart["list"].as_str().unwrap());
    // What lets the relay sign for Sam.
    sam.ok(&["ticket", "create"]);
    sam.ok(&["sync"]);
    let scopes = ["--scope", "tickets:create", "--list", LIST];
    let key = sam.json(&[&["key", "create", "Tickets"], &scopes[..]].concat());
    let key = Caller::with_key(&relay, key["secret"].as_str().unwrap());
    let list = here.trim_start_matches("automerge:");
    // A key for some lists makes none for all.
    let (status, code, field) = key.post("tickets", &json!({})).fault();
    assert_eq!((status, &*code, &*field), (403, "forbidden", "list"));
    for (body, field) in [
        (json!({"list": list, "uses": 0}), "uses"),
        (json!({"list": list, "uses": 101}), "uses"),
        (json!({"list": list, "expiresInS": 86_401}), "expiresInS"),
    ] {
        let (status, _, named) = key.post("tickets", &body).fault();
        assert_eq!((status, &*named), (400, field));
    }
    let once = [("Idempotency-Key", "one")];
    let body = json!({"list": list}).to_string();
    let made = key.send("POST", "tickets", &once, &body);
    assert_eq!(made.status, 201, "{made:?}");
    let ticket = made.json()["secret"].as_str().unwrap().to_owned();
    // It is shown once.
    let again = key.send("POST", "tickets", &once, &body);
    assert_eq!((again.status, again.json().get("secret")), (201, None));

    let mut node = Node::start(&stage, &ticket, "node", None);
    assert_eq!(node.find(&here)["doc"]["items"][&milk]["title"], "Milk");
    node.put(json!(["items", milk, "title"]), json!("Oat milk"));
    wait_until("Sam has it", || {
        sam.ok(&["sync"]);
        sam.titles(LIST) == ["Oat milk"]
    });
    let report = sam.json(&["verify", LIST]);
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["authors"][1]["via"], "witnessed");
    assert!(node.find(&apart)["unavailable"].is_string());
    // Its one client came already.
    let mut second = Node::start(&stage, &ticket, "second", None);
    assert!(second.find(&here)["unavailable"].is_string());
}

#[test]
fn an_agent_whose_key_the_relay_keeps_syncs_documents_too() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let sam = sam(&stage, &relay);
    let milk = sam.task(LIST, "Milk", &[]);
    let scopes = ["--scope", "tasks:read", "--scope", "tickets:create"];
    let agent = sam.json(&[&["agent", "connect", "Krusty", "--list", LIST], &scopes[..]].concat());
    let key = Caller::with_key(&relay, agent["key"].as_str().unwrap());
    let list = list_url(&sam);
    let body = json!({"list": list.trim_start_matches("automerge:")});
    let made = key.make("tickets", &body);
    let mut node = Node::start(&stage, made["secret"].as_str().unwrap(), "krusty", None);
    assert_eq!(node.find(&list)["doc"]["items"][&milk]["title"], "Milk");
    node.put(json!(["items", milk, "title"]), json!("Oat milk"));
    wait_until("Sam has it", || {
        sam.ok(&["sync"]);
        sam.titles(LIST) == ["Oat milk"]
    });
    // It is the agent's work, not that of whoever connected it.
    let told = sam.ok(&["activity", "ls", LIST]);
    assert!(told.lines().any(|row| row.starts_with("Krusty")), "{told}");
    let report = sam.json(&["verify", LIST]);
    assert_eq!(report["ok"], true, "{report}");
    let authors = report["authors"].as_array().unwrap().iter();
    let by = authors.map(|author| (author["did"].clone(), author["via"].clone()));
    assert!(
        by.clone()
            .any(|it| it == (agent["agent"].clone(), json!("witnessed"))),
        "{report}"
    );
    // Disconnected, it writes nothing more.
    sam.ok(&["agent", "disconnect", "Krusty"]);
    sam.ok(&["sync"]);
    node.put(json!(["items", milk, "title"]), json!("Too late"));
    sam.task(LIST, "Bread", &[]);
    sam.ok(&["sync"]);
    assert_eq!(sam.titles(LIST), ["Bread", "Oat milk"]);
    let mut again = Node::start(&stage, made["secret"].as_str().unwrap(), "krusty", None);
    assert!(again.find(&list)["unavailable"].is_string());
}

#[test]
fn who_came_with_a_ticket_that_is_taken_back_is_cut_off() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let sam = sam(&stage, &relay);
    let milk = sam.task(LIST, "Milk", &[]);
    sam.ok(&["sync"]);
    let list = list_url(&sam);
    let [lost, kept] = [(); 2].map(|()| ticket(&sam, &["--list", LIST]));
    let mut lost_one = Node::start(&stage, &lost, "lost", None);
    let mut kept_one = Node::start(&stage, &kept, "kept", None);
    for node in [&mut lost_one, &mut kept_one] {
        assert!(node.find(&list)["doc"].is_object());
    }
    let before = sam.json(&["ticket", "ls"]);
    assert_eq!(before["items"].as_array().unwrap().len(), 2, "{before}");
    sam.ok(&["ticket", "revoke", &lost]);
    let after = sam.json(&["ticket", "ls"]);
    let revoked = after["items"].as_array().unwrap().iter();
    let revoked = revoked.filter(|it| it["revoked"] == true).count();
    assert_eq!(revoked, 1, "{after}");
    // What it writes now stays with it, and what others write does not reach it.
    lost_one.put(json!(["items", milk, "title"]), json!("Too late"));
    kept_one.put(json!(["items", milk, "priority"]), json!("high"));
    wait_until("the other's change is there", || {
        sam.ok(&["sync"]);
        sam.json(&["task", "show", &milk])["priority"] == "high"
    });
    assert_eq!(sam.titles(LIST), ["Milk"]);
    assert!(lost_one.doc()["items"][&milk]["priority"].is_null());
    let mut again = Node::start(&stage, &lost, "again", None);
    assert!(again.find(&list)["unavailable"].is_string());
}

#[test]
fn the_typescript_example_adds_a_task() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let sam = sam(&stage, &relay);
    sam.task(LIST, "Milk", &[]);
    sam.ok(&["sync"]);
    let ticket = ticket(&sam, &["--list", LIST]);
    let folder = packages::beside(stage.path(), "examples/typescript");
    let run = |program: &str, args: &[&str]| {
        let output = Command::new(program)
            .args(args)
            .current_dir(&folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let failed = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{program} {args:?}\n{said}{failed}"
        );
        said
    };
    run("node", &["node_modules/typescript/bin/tsc"]);
    let list = list_url(&sam).replace("automerge:", "");
    let said = run("node", &["out/list.js", &ticket, &list, "Bread"]);
    assert_eq!(said, "Milk\nBread\n");
    sam.ok(&["sync"]);
    assert_eq!(sam.titles(LIST), ["Milk", "Bread"]);
}
