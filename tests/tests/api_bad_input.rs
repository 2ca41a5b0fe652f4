//! What the REST API does with requests that are not right: each gets its status, its code and the
//! field at fault, and nothing of it is written.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

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

/// What is sent, and what comes back: method and path, the body, status, code, and the field at
/// fault. `LIST`, `TASK`, `NOWHERE` and `NOBODY` are ids; `LONG*N` is a text of so many letters.
const CASES: &str = r#"
POST tasks | {} | 400 invalid list
POST tasks | {"list": "LIST"} | 400 invalid title
POST tasks | {"list": "LIST", "title": ""} | 400 invalid title
POST tasks | {"list": "LIST", "title": "LONG*501"} | 400 invalid title
POST tasks | {"list": "LIST", "title": "a\nb"} | 400 invalid title
POST tasks | {"list": "LIST", "title": 5} | 400 invalid title
POST tasks | {"list": "nowhere", "title": "x"} | 400 invalid list
POST tasks | {"list": "NOWHERE", "title": "x"} | 404 not_found
POST tasks | {"list": "LIST", "title": "x", "nots": "x"} | 400 invalid nots
POST tasks | {"list": "LIST", "title": "x", "notes": "LONG*50001"} | 400 invalid notes
POST tasks | {"list": "LIST", "title": "x", "status": "finished"} | 400 invalid status
POST tasks | {"list": "LIST", "title": "x", "priority": ["high"]} | 400 invalid priority
POST tasks | {"list": "LIST", "title": "x", "due": "tomorrow"} | 400 invalid due
POST tasks | {"list": "LIST", "title": "x", "due": "2026-02-30"} | 400 invalid due
POST tasks | {"list": "LIST", "title": "x", "recurrence": "FREQ=NEVER"} | 400 invalid recurrence
POST tasks | {"list": "LIST", "title": "x", "assignee": "Sam"} | 400 invalid assignee
POST tasks | {"list": "LIST", "title": "x", "assignee": "NOBODY"} | 400 invalid assignee
POST tasks | {"list": "LIST", "title": "x", "tags": "one"} | 400 invalid tags
POST tasks | {"list": "LIST", "title": "x", "parent": "x"} | 400 invalid parent
PATCH tasks/TASK | {"title": " "} | 400 invalid title
PATCH tasks/TASK | {"list": "LIST"} | 400 invalid list
PATCH tasks/abcdef | {"title": "x"} | 404 not_found
PATCH tasks/..%2f.. | {"title": "x"} | 404 not_found
POST tasks/TASK/claim | {"for": "me"} | 400 invalid for
POST tasks/TASK/release | {} | 409 conflict
POST tasks/TASK/reassign | {"assignee": "NOBODY"} | 400 invalid assignee
POST tasks/TASK/comments | {} | 400 invalid text
POST tasks/TASK/comments | {"text": ""} | 400 invalid text
POST tasks/TASK/comments | {"text": "LONG*10001"} | 400 invalid text
POST activity | {"list": "LIST", "text": ""} | 400 invalid text
POST activity | {"list": "NOWHERE", "text": "x"} | 404 not_found
POST lists | {"title": "Mine"} | 403 not_witnessed
DELETE lists/LIST | | 403 forbidden
GET tasks?limit=0 | | 400 invalid limit
GET tasks?limit=1001 | | 400 invalid limit
GET tasks?limit=many | | 400 invalid limit
GET tasks?limit=1&limit=2 | | 400 invalid limit
GET tasks?colour=red | | 400 invalid colour
GET tasks?status=finished | | 400 invalid status
GET tasks?cursor=x | | 400 invalid cursor
GET tasks?zone=Mars | | 400 invalid zone
GET tasks?assignee=Sam | | 400 invalid assignee
GET tasks?list=NOWHERE | | 404 not_found
GET lists/nowhere | | 404 not_found
GET keys | | 403 forbidden
POST keys | {"name": "x"} | 403 forbidden
POST agents | {"profile": "x"} | 403 forbidden
GET nothing | | 404 not_found
PUT tasks | {} | 405 method_not_allowed
"#;

#[test]
fn every_request_that_is_not_right_says_what_is_wrong_and_writes_nothing() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let scene = Scene::new(&stage, &relay);
    let before = scene.state();
    for case in CASES.lines().filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = case.split(" |").map(str::trim).collect();
        let [what, body, wanted] = parts[..] else {
            panic!("{case}")
        };
        let fill = |text: &str| {
            let mut text = text.replace("LIST", &scene.list);
            text = text.replace("TASK", &scene.task);
            text = text.replace("NOWHERE", NOWHERE).replace("NOBODY", NOBODY);
            for length in [501, 10_001, 50_001] {
                text = text.replace(&format!("LONG*{length}"), &"x".repeat(length));
            }
            text
        };
        let (method, path) = what.split_once(' ').unwrap();
        let answer = scene.agent.send(method, &fill(path), &[], &fill(body));
        is_sound(&answer);
        let (status, code, field) = answer.fault();
        let got = format!("{status} {code} {field}");
        assert_eq!(got.trim(), wanted, "{case}: {}", answer.text);
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
        // Refused by its length, before any of it is sent.
        (
            vec![json_kind, ("Expect", "100-continue")],
            &large,
            413,
            "too_large",
        ),
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
    // Guessing goes on for a few times only.
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
                .replace("{agent}", NOBODY)
                .replace("{comment}", "01932f5e-7b5c-7c3a-9d2e-3f4a5b6c7d8e")
                .replace("{tag}", "x")
                .replace("{key}", "0011223344556677");
            let answer = stranger.send(&method.to_uppercase(), &path, &[], "");
            assert!(
                ![404, 405].contains(&answer.status),
                "{method} {path}: {answer:?}"
            );
        }
    }
}

#[test]
fn a_refused_request_leaves_its_connection_good() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let mut stream = TcpStream::connect(relay.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // Its body comes when the answer could have been given already.
    for (method, path) in [("PUT", "tasks"), ("POST", "tasks"), ("POST", "nothing")] {
        let head = format!(
            "{method} /api/v1/{path} HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\n\
             Content-Length: 2\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        stream.write_all(b"{}").unwrap();
        let (head, body) = read_answer(&mut stream);
        assert!(head.starts_with("HTTP/1.1 4"), "{head}");
        assert!(body.contains("\"code\""), "{body}");
    }
}

/// One answer of a known length.
fn read_answer(stream: &mut TcpStream) -> (String, String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse().unwrap())
    });
    let mut body = vec![0; length.unwrap()];
    stream.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}
