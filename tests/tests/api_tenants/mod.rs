//! What is kept of a person, what becomes of it, and what others learn of it.

use poo_tests::harness::{Answer, Caller, Home, Receiver, Stage};
use poo_tests::programs;
use serde_json::{Value, json};

use super::{LIST, NOBODY, plain, sam, text};

const NOWHERE: &str = "4NMNnkMhL8jXrdJ9jamS58PAVdXu";

#[test]
fn what_is_anothers_looks_as_what_is_not_there() {
    let stage = Stage::new(programs!());
    let relay = stage.relay_with("relay", &["--webhook-networks", "127.0.0.0/8"]);
    let (sam, _) = sam(&stage, &relay);
    let ann = stage.person("Ann", &relay);
    let hers = ann.json(&["list", "create", "Hers"]);
    let hers = text(&hers["list"]).to_owned();
    let task = ann.task("Hers", "Secret", &[]);
    ann.ok(&["ticket", "create"]);
    ann.ok(&["sync"]);
    let agent = ann.json(&["agent", "connect", "Krusty", "--list", "Hers"]);
    let agent = text(&agent["agent"]).to_owned();
    let all = [
        "tasks:read",
        "tasks:write",
        "activity:write",
        "agents:manage",
        "tickets:create",
        "webhooks:manage",
    ];
    let scopes: Vec<&str> = all.iter().flat_map(|scope| ["--scope", *scope]).collect();
    let key = |home: &Home| {
        let made = home.json(&[&["key", "create", "All"], &scopes[..]].concat());
        let caller = Caller::with_key(&relay, text(&made["secret"]));
        (caller, text(&made["id"]).to_owned())
    };
    let (anns, anns_key) = key(&ann);
    let (sams, _) = key(&sam);
    let said = anns.make(&format!("tasks/{task}/comments"), &json!({"text": "Mine"}));
    let comment = text(&said["id"]).to_owned();
    let receiver = Receiver::start("200 OK");
    let hook = anns.make("webhooks", &json!({"url": receiver.url("/")}));
    let hook = text(&hook["id"]).to_owned();

    // Each with an id that is Ann's and with one that is nobody's.
    let lists = [&*hers, NOWHERE];
    let tasks = [&*task, "01932f5e-7b5c-7c3a-9d2e-3f4a5b6c7d8e"];
    let comments = [&*comment, "01932f5e-7b5c-7c3a-9d2e-3f4a5b6c7d8f"];
    let agents = [&*agent, NOBODY];
    let hooks = [&*hook, "wh_000000000000000000000000"];
    let keys = [&*anns_key, "0011223344556677"];
    let title = json!({"title": "x"});
    let words = json!({"text": "x"});
    let none = Value::Null;
    let mut compared = 0;
    for (method, path, ids, body) in [
        ("GET", "lists/ID", lists, &none),
        ("PATCH", "lists/ID", lists, &title),
        ("DELETE", "lists/ID", lists, &none),
        ("POST", "lists/ID/restore", lists, &none),
        ("GET", "lists/ID/members", lists, &none),
        ("GET", "lists/ID/tags", lists, &none),
        ("PATCH", "lists/ID/tags/x", lists, &json!({"name": "y"})),
        ("DELETE", "lists/ID/tags/x", lists, &none),
        ("GET", "tasks?list=ID", lists, &none),
        ("GET", "activity?list=ID", lists, &none),
        ("GET", "tasks/next?list=ID", lists, &none),
        ("POST", "tasks", lists, &json!({"list": "ID", "title": "x"})),
        (
            "POST",
            "tasks/batch",
            lists,
            &json!({"list": "ID", "tasks": [{"title": "x"}]}),
        ),
        (
            "POST",
            "activity",
            lists,
            &json!({"list": "ID", "text": "x"}),
        ),
        ("POST", "tickets", lists, &json!({"list": "ID"})),
        ("GET", "tasks/ID", tasks, &none),
        ("PATCH", "tasks/ID", tasks, &title),
        ("DELETE", "tasks/ID", tasks, &none),
        ("POST", "tasks/ID/claim", tasks, &none),
        ("POST", "tasks/ID/release", tasks, &none),
        ("POST", "tasks/ID/complete", tasks, &none),
        ("POST", "tasks/ID/skip", tasks, &none),
        ("POST", "tasks/ID/reopen", tasks, &none),
        ("POST", "tasks/ID/restore", tasks, &none),
        ("POST", "tasks/ID/move", tasks, &json!({"parent": null})),
        (
            "POST",
            "tasks/ID/reassign",
            tasks,
            &json!({"assignee": null}),
        ),
        ("GET", "tasks/ID/comments", tasks, &none),
        ("POST", "tasks/ID/comments", tasks, &words),
        ("PATCH", "lists/HERS/comments/ID", comments, &words),
        ("DELETE", "lists/HERS/comments/ID", comments, &none),
        ("GET", "agents/ID", agents, &none),
        ("DELETE", "agents/ID", agents, &none),
        ("POST", "keys", agents, &json!({"name": "x", "agent": "ID"})),
        ("DELETE", "keys/ID", keys, &none),
        ("POST", "keys/ID/rotate", keys, &none),
        ("GET", "webhooks/ID", hooks, &none),
        ("PATCH", "webhooks/ID", hooks, &json!({"description": "x"})),
        ("DELETE", "webhooks/ID", hooks, &none),
        ("POST", "webhooks/ID/rotate", hooks, &none),
        ("POST", "webhooks/ID/test", hooks, &none),
        ("GET", "webhooks/ID/deliveries", hooks, &none),
        ("POST", "webhooks/ID/redeliver", hooks, &none),
    ] {
        let ask = |id: &str| {
            let path = path.replace("HERS", &hers).replace("ID", id);
            let body = match body {
                Value::Null => String::new(),
                body => body.to_string().replace("ID", id),
            };
            sams.send(method, &path, &[], &body)
        };
        let [foreign, missing] = ids.map(ask);
        let bare = |answer: &Answer| match answer.text.as_str() {
            "" => (answer.status, Value::Null),
            _ => plain(answer),
        };
        assert_eq!(bare(&foreign), bare(&missing), "{method} {path}");
        let names = |answer: &Answer| -> Vec<String> {
            answer
                .headers
                .iter()
                .map(|(name, _)| name.clone())
                .collect()
        };
        assert_eq!(names(&foreign), names(&missing), "{method} {path}");
        let wanted = if path.starts_with("tasks/next") {
            204
        } else {
            404
        };
        assert_eq!(foreign.status, wanted, "{method} {path}: {foreign:?}");
        compared += 1;
    }
    assert_eq!(compared, 42);
    // Nothing of it happened.
    assert_eq!(
        text(&anns.read(&format!("tasks/{task}"))["title"]),
        "Secret"
    );
    assert_eq!(anns.read("webhooks")["items"].as_array().unwrap().len(), 1);
    assert_eq!(anns.read("agents")["items"][0]["status"], "connected");
    for path in ["lists", "tasks", "activity", "agents", "webhooks"] {
        let seen = sams.get(path).text;
        assert!(!seen.contains(&hers) && !seen.contains("Secret"), "{seen}");
    }
}

#[test]
fn an_account_is_exported_whole_and_ends_with_all_that_acts_for_it() {
    let stage = Stage::new(programs!());
    let relay = stage.relay_with("relay", &["--webhook-networks", "127.0.0.0/8"]);
    let (sam, list) = sam(&stage, &relay);
    let krusty = Caller::agent(&relay, &sam, "Krusty", LIST);
    let ann = stage.person("Ann", &relay);
    ann.ok(&["list", "create", "Hers"]);
    ann.ok(&["sync"]);
    let scopes = ["--scope", "tasks:read", "--scope", "tasks:write"];
    let hers = ann.json(&[&["key", "create", "Hers"], &scopes[..]].concat());
    let hers = Caller::with_key(&relay, text(&hers["secret"]));
    let more = ["--scope", "webhooks:manage", "--scope", "account:manage"];
    let made = sam.json(&[&["key", "create", "All"], &scopes[..], &more[..]].concat());
    let secret = text(&made["secret"]).to_owned();
    let all = Caller::with_key(&relay, &secret);
    let some = ["--scope", "account:manage", "--list", LIST];
    let some = sam.json(&[&["key", "create", "Some"], &some[..]].concat());
    let some = Caller::with_key(&relay, text(&some["secret"]));
    let receiver = Receiver::start("200 OK");
    let hook = json!({"url": receiver.url("/"), "events": ["task.created"], "token": "the-token"});
    let hook = all.make("webhooks", &hook);
    let task = krusty.make("tasks", &json!({"list": list, "title": "Kept"}));
    let said = format!("tasks/{}/comments", text(&task["id"]));
    krusty.make(&said, &json!({"text": "Said of it"}));
    assert_eq!(receiver.next().json()["type"], "task.created");

    let account = all.get("account");
    assert_eq!(account.status, 200, "{account:?}");
    let shown = account.json();
    assert_eq!(text(&shown["did"]), sam.did());
    assert_eq!(shown["lists"].as_array().unwrap().len(), 1);
    assert!(account.text.contains("Kept") && account.text.contains("Said of it"));
    let usage = &shown["usage"];
    assert_eq!(usage["agents"][0]["name"], "Krusty");
    assert_eq!(usage["keys"].as_array().unwrap().len(), 3);
    assert_eq!(usage["webhooks"][0]["id"], hook["id"]);
    let connected = |entry: &Value| entry["action"] == "agent.connect";
    assert!(usage["audit"].as_array().unwrap().iter().any(connected));
    for hidden in [&*secret, text(&hook["secret"]), "the-token", krusty.key()] {
        assert!(!account.text.contains(hidden));
    }
    // Neither an agent nor a key for some lists sees or ends the rest.
    let part = some.read("account");
    assert_eq!(
        (part["lists"].as_array().unwrap().len(), part.get("usage")),
        (1, None)
    );
    assert_eq!(some.delete("account").fault().1, "forbidden");
    assert_eq!(krusty.delete("account").fault().1, "forbidden");

    assert_eq!(all.delete("account").status, 204);
    for gone in [&all, &some, &krusty] {
        assert_eq!(gone.get("me").status, 401);
    }
    // What was written stays, and is proven still.
    sam.ok(&["sync"]);
    assert_eq!(sam.titles(LIST), ["Kept"]);
    assert_eq!(sam.json(&["verify", LIST])["ok"], true);
    // Sam begins anew, and nobody hears of it; Ann has what she had.
    let made = sam.json(&[&["key", "create", "New"], &scopes[..], &more[..]].concat());
    let new = Caller::with_key(&relay, text(&made["secret"]));
    let usage = new.read("account")["usage"].clone();
    assert_eq!(
        (&usage["agents"], &usage["webhooks"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(usage["keys"].as_array().unwrap().len(), 1);
    new.make("tasks", &json!({"list": list, "title": "Unheard"}));
    let again = new.make("webhooks", &json!({"url": receiver.url("/again")}));
    new.make(&format!("webhooks/{}/test", text(&again["id"])), &json!({}));
    assert_eq!(receiver.next().path, "/again");
    assert!(receiver.rest().is_empty());
    assert_eq!(hers.read("lists")["items"][0]["title"], "Hers");
}
