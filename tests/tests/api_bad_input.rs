//! What the REST API does with requests that are not right: each gets its status, its code and the
//! field at fault, and nothing of it is written.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use poo_tests::harness::{Answer, Caller, Home, Relay, Stage};
use poo_tests::programs;
use serde_json::{Value, json};

const LIST: &str = "Work";
const NOWHERE: &str = "4NMNnkMhL8jXrdJ9jamS58PAVdXu";
const NOBODY: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

struct Scene {
    sam: Home,
    agent: Caller,
    list: String,
    task: String,
}

impl Scene {
    fn new(stage: &Stage, relay: &Relay) -> Self {
        let sam = stage.person("Sam", relay);
        sam.ok(&["list", "create", LIST]);
        let agent = Caller::agent(relay, &sam, "Krusty", LIST);
        let lists = agent.read("lists");
        let list = lists["items"][0]["id"].as_str().unwrap().to_owned();
        let made = agent.make("tasks", &json!({"list": list, "title": "There"}));
        Self {
            sam,
            agent,
            task: made["id"].as_str().unwrap().to_owned(),
            list,
        }
    }

    /// All that there is.
    fn state(&self) -> (Value, Value) {
        let tasks = self.agent.read("tasks");
        (tasks, self.agent.read("activity"))
    }
}

/// What a problem document always has, and never has.
fn is_sound(answer: &Answer) {
    let kind = answer.header("content-type");
    assert_eq!(kind, Some("application/problem+json"), "{answer:?}");
    let body = answer.json();
    assert_eq!(body["status"], answer.status, "{answer:?}");
    for field in ["type", "title", "code", "detail", "requestId"] {
        assert!(body[field].is_string(), "{field}: {answer:?}");
    }
    assert_eq!(body["requestId"].as_str(), answer.header("x-request-id"));
    assert!(body["retryable"].is_boolean(), "{answer:?}");
    for trace in ["panicked", ".rs:", "sqlite", "SELECT", "rusqlite"] {
        assert!(!answer.text.contains(trace), "{answer:?}");
    }
}

#[test]
fn every_request_that_is_not_right_says_what_is_wrong_and_writes_nothing() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let scene = Scene::new(&stage, &relay);
    let (list, task) = (&scene.list, &scene.task);
    let before = scene.state();
    let title = |title: &str| json!({"list": list, "title": title});
    let with = |field: &str, value: Value| {
        let mut body = title("New");
        body[field] = value;
        body
    };
    let at = |more: &str| format!("tasks/{task}{more}");
    let far = "x".repeat(60_000);
    let cases: Vec<(&str, String, Value, u16, &str, &str)> = vec![
        ("POST", "tasks".into(), json!({}), 400, "invalid", "list"),
        ("POST", "tasks".into(), title(""), 400, "invalid", "title"),
        (
            "POST",
            "tasks".into(),
            title(&"x".repeat(501)),
            400,
            "invalid",
            "title",
        ),
        (
            "POST",
            "tasks".into(),
            title("a\nb"),
            400,
            "invalid",
            "title",
        ),
        (
            "POST",
            "tasks".into(),
            with("title", json!(5)),
            400,
            "invalid",
            "title",
        ),
        (
            "POST",
            "tasks".into(),
            with("list", json!("nowhere")),
            400,
            "invalid",
            "list",
        ),
        (
            "POST",
            "tasks".into(),
            with("list", json!(NOWHERE)),
            404,
            "not_found",
            "",
        ),
        (
            "POST",
            "tasks".into(),
            with("nots", json!("x")),
            400,
            "invalid",
            "nots",
        ),
        (
            "POST",
            "tasks".into(),
            with("notes", json!(far)),
            400,
            "invalid",
            "notes",
        ),
        (
            "POST",
            "tasks".into(),
            with("status", json!("finished")),
            400,
            "invalid",
            "status",
        ),
        (
            "POST",
            "tasks".into(),
            with("priority", json!(["high"])),
            400,
            "invalid",
            "priority",
        ),
        (
            "POST",
            "tasks".into(),
            with("due", json!("tomorrow")),
            400,
            "invalid",
            "due",
        ),
        (
            "POST",
            "tasks".into(),
            with("due", json!("2026-02-30")),
            400,
            "invalid",
            "due",
        ),
        (
            "POST",
            "tasks".into(),
            with("recurrence", json!("FREQ=NEVER")),
            400,
            "invalid",
            "recurrence",
        ),
        (
            "POST",
            "tasks".into(),
            with("assignee", json!("Sam")),
            400,
            "invalid",
            "assignee",
        ),
        (
            "POST",
            "tasks".into(),
            with("assignee", json!(NOBODY)),
            400,
            "invalid",
            "assignee",
        ),
        (
            "POST",
            "tasks".into(),
            with("tags", json!("one")),
            400,
            "invalid",
            "tags",
        ),
        (
            "POST",
            "tasks".into(),
            with("parent", json!("x")),
            400,
            "invalid",
            "parent",
        ),
        (
            "PATCH",
            at(""),
            json!({"title": " "}),
            400,
            "invalid",
            "title",
        ),
        (
            "PATCH",
            at(""),
            json!({"list": list}),
            400,
            "invalid",
            "list",
        ),
        (
            "PATCH",
            "tasks/abcdef".into(),
            json!({"title": "x"}),
            404,
            "not_found",
            "",
        ),
        (
            "PATCH",
            "tasks/..%2f..".into(),
            json!({"title": "x"}),
            404,
            "not_found",
            "",
        ),
        (
            "POST",
            at("/claim"),
            json!({"for": "me"}),
            400,
            "invalid",
            "for",
        ),
        ("POST", at("/release"), json!({}), 409, "conflict", ""),
        (
            "POST",
            at("/reassign"),
            json!({"assignee": NOBODY}),
            400,
            "invalid",
            "assignee",
        ),
        ("POST", at("/comments"), json!({}), 400, "invalid", "text"),
        (
            "POST",
            at("/comments"),
            json!({"text": ""}),
            400,
            "invalid",
            "text",
        ),
        (
            "POST",
            at("/comments"),
            json!({"text": "x".repeat(10_001)}),
            400,
            "invalid",
            "text",
        ),
        (
            "POST",
            "activity".into(),
            json!({"list": list, "text": ""}),
            400,
            "invalid",
            "text",
        ),
        (
            "POST",
            "activity".into(),
            json!({"list": NOWHERE, "text": "x"}),
            404,
            "not_found",
            "",
        ),
        (
            "POST",
            "lists".into(),
            json!({"title": "Mine"}),
            403,
            "not_witnessed",
            "",
        ),
        (
            "DELETE",
            format!("lists/{list}"),
            Value::Null,
            403,
            "forbidden",
            "",
        ),
        (
            "GET",
            "tasks?limit=0".into(),
            Value::Null,
            400,
            "invalid",
            "limit",
        ),
        (
            "GET",
            "tasks?limit=1001".into(),
            Value::Null,
            400,
            "invalid",
            "limit",
        ),
        (
            "GET",
            "tasks?limit=many".into(),
            Value::Null,
            400,
            "invalid",
            "limit",
        ),
        (
            "GET",
            "tasks?limit=1&limit=2".into(),
            Value::Null,
            400,
            "invalid",
            "limit",
        ),
        (
            "GET",
            "tasks?colour=red".into(),
            Value::Null,
            400,
            "invalid",
            "colour",
        ),
        (
            "GET",
            "tasks?status=finished".into(),
            Value::Null,
            400,
            "invalid",
            "status",
        ),
        (
            "GET",
            "tasks?cursor=x".into(),
            Value::Null,
            400,
            "invalid",
            "cursor",
        ),
        (
            "GET",
            "tasks?zone=Mars".into(),
            Value::Null,
            400,
            "invalid",
            "zone",
        ),
        (
            "GET",
            "tasks?assignee=Sam".into(),
            Value::Null,
            400,
            "invalid",
            "assignee",
        ),
        (
            "GET",
            format!("tasks?list={NOWHERE}"),
            Value::Null,
            404,
            "not_found",
            "",
        ),
        (
            "GET",
            "lists/nowhere".into(),
            Value::Null,
            404,
            "not_found",
            "",
        ),
        ("GET", "keys".into(), Value::Null, 403, "forbidden", ""),
        (
            "POST",
            "keys".into(),
            json!({"name": "x"}),
            403,
            "forbidden",
            "",
        ),
        (
            "POST",
            "agents".into(),
            json!({"profile": "x"}),
            403,
            "forbidden",
            "",
        ),
        ("GET", "nothing".into(), Value::Null, 404, "not_found", ""),
        (
            "PUT",
            "tasks".into(),
            json!({}),
            405,
            "method_not_allowed",
            "",
        ),
    ];
    for (method, path, body, status, code, field) in cases {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let answer = scene.agent.send(method, &path, &[], &body);
        let case: String = format!("{method} {path} {body}")
            .chars()
            .take(200)
            .collect();
        is_sound(&answer);
        let wanted = (status, code.to_owned(), field.to_owned());
        assert_eq!(answer.fault(), wanted, "{case}: {}", answer.text);
    }
    assert_eq!(scene.state(), before);
    scene.sam.ok(&["sync"]);
    assert_eq!(scene.sam.titles(LIST), ["There"]);
}

#[test]
fn bodies_that_are_no_bodies_are_refused() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let scene = Scene::new(&stage, &relay);
    let json_kind = ("Content-Type", "application/json");
    let large = format!("{{\"title\": \"{}\"}}", "x".repeat(2 << 20));
    let deep = "[".repeat(5_000);
    for (headers, body, status, code) in [
        (vec![json_kind], "{", 400, "invalid"),
        (vec![json_kind], "[]", 400, "invalid"),
        (vec![json_kind], "null", 400, "invalid"),
        (vec![json_kind], &deep, 400, "invalid"),
        (vec![json_kind], &large, 413, "too_large"),
        (
            vec![("Content-Type", "text/plain")],
            "{}",
            415,
            "unsupported_media_type",
        ),
        (
            vec![("Content-Type", "application/xml")],
            "<a/>",
            415,
            "unsupported_media_type",
        ),
        (
            vec![json_kind, ("Idempotency-Key", "")],
            "{}",
            400,
            "invalid",
        ),
        (
            vec![json_kind, ("X-API-Key", "poo_live_other")],
            "{}",
            400,
            "invalid",
        ),
    ] {
        let answer = scene.agent.send("POST", "tasks", &headers, body);
        is_sound(&answer);
        let short: String = body.chars().take(50).collect();
        let got = answer.fault();
        assert_eq!((got.0, &*got.1), (status, code), "{headers:?} {short}");
    }
}

#[test]
fn credentials_that_do_not_hold_are_refused_alike_and_not_for_ever() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let scene = Scene::new(&stage, &relay);
    let stranger = Caller::stranger(&relay);
    let none = stranger.get("tasks");
    is_sound(&none);
    assert_eq!(none.fault().0, 401);
    assert!(none.header("www-authenticate").is_some());
    let key = scene.agent.key();
    let other_secret = format!("{}{}", &key[..key.len() - 4], "AAAA");
    let other_id = key.replacen(|c: char| c.is_ascii_digit(), "f", 3);
    let mut answers = Vec::new();
    for wrong in [
        &*other_secret,
        &*other_id,
        "poo_live_x",
        "sk_live_1",
        "a.b.c",
        "",
    ] {
        let answer = Caller::with_key(&relay, wrong).get("tasks");
        is_sound(&answer);
        let mut body = answer.json();
        body["requestId"] = Value::Null;
        answers.push((answer.status, body));
    }
    assert_eq!(answers[0].0, 401);
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    // Guessing goes on for a few times only, and whoever has the key is not kept out by it.
    let guesser = Caller::with_key(&relay, &other_secret);
    let statuses: Vec<u16> = (0..8).map(|_| guesser.get("tasks").status).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    let limited = guesser.get("tasks");
    is_sound(&limited);
    assert!(limited.header("retry-after").is_some(), "{limited:?}");
    assert_eq!(limited.json()["retryable"], true);
}

#[test]
fn who_asks_too_often_is_told_when_to_come_again() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let scene = Scene::new(&stage, &relay);
    let answer = scene.agent.get("me");
    assert!(answer.header("ratelimit-policy").unwrap().contains("q="));
    assert!(answer.header("ratelimit").unwrap().contains("r="));
    let stranger = Caller::stranger(&relay);
    let limited = (0..500)
        .map(|_| stranger.get("me"))
        .find(|answer| answer.status == 429)
        .expect("nobody was limited");
    is_sound(&limited);
    assert!(limited.header("retry-after").is_some());
    // One who has a key has a share of their own.
    assert_eq!(scene.agent.get("me").status, 200);
}

#[test]
fn what_describes_the_api_is_what_it_is() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let stranger = Caller::stranger(&relay);
    let document = stranger.get("/openapi.json").json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    let page = stranger.get("/api");
    assert!(
        page.header("content-security-policy")
            .unwrap()
            .contains("default-src 'none'")
    );
    assert!(!page.text.contains("<script"));
    let text = stranger.get("/llms.txt");
    for path in paths.keys() {
        assert!(
            text.text.contains(path.as_str()),
            "{path} is not in llms.txt"
        );
        assert!(
            page.text.contains(path.as_str()),
            "{path} is not on the page"
        );
    }
    for named in [
        ("/api/v1/tasks", "post"),
        ("/api/v1/tasks", "get"),
        ("/api/v1/tasks/{task}", "patch"),
        ("/api/v1/tasks/{task}/claim", "post"),
        ("/api/v1/tasks/{task}/complete", "post"),
        ("/api/v1/tasks/{task}/reassign", "post"),
        ("/api/v1/activity", "post"),
        ("/api/v1/activity", "get"),
    ] {
        assert!(paths[named.0].get(named.1).is_some(), "{named:?}");
    }
    // Every operation is there: without credentials it says so, or what is missing.
    for (path, item) in paths {
        for method in item.as_object().unwrap().keys() {
            let path = path
                .replace("{task}", "abcdef")
                .replace("{list}", NOWHERE)
                .replace("{agent}", NOBODY);
            let answer = stranger.send(&method.to_uppercase(), &path, &[], "");
            assert!(
                ![404, 405].contains(&answer.status),
                "{method} {path}: {answer:?}"
            );
        }
    }
}
