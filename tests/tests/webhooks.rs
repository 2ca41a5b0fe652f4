//! Webhooks of a real relay to a real receiver: signed, tried again, and not lost when the relay is
//! killed.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use poo_tests::harness::{Caller, Home, Receiver, Relay, Request, Stage, wait_until};
use poo_tests::programs;
use serde_json::{Value, json};
use sha2::Sha256;

const LIST: &str = "Work";
/// The receivers of these tests are on this machine.
const LOOPBACK: [&str; 2] = ["--webhook-networks", "127.0.0.0/8"];

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Sam owns a list in which an agent works, and has a key for webhooks.
struct Cast {
    sam: Home,
    sams: Caller,
    krusty: Caller,
    list: String,
}

fn cast(stage: &Stage, relay: &Relay) -> Cast {
    let sam = stage.person("Sam", relay);
    sam.ok(&["list", "create", LIST]);
    let krusty = Caller::agent(relay, &sam, "Krusty", LIST);
    let scopes = ["--scope", "tasks:read", "--scope", "webhooks:manage"];
    let made = sam.json(&[&["key", "create", "Hooks"], &scopes[..]].concat());
    let sams = Caller::with_key(relay, text(&made["secret"]));
    let lists = krusty.read("lists");
    let list = text(&lists["items"][0]["id"]).to_owned();
    Cast {
        sam,
        sams,
        krusty,
        list,
    }
}

impl Cast {
    fn create(&self, title: &str) -> String {
        let made = self
            .krusty
            .make("tasks", &json!({"list": self.list, "title": title}));
        text(&made["id"]).to_owned()
    }

    /// The deliveries of an endpoint, the latest first.
    fn log(&self, id: &str) -> Vec<Value> {
        let log = self.sams.read(&format!("webhooks/{id}/deliveries"));
        log["items"].as_array().unwrap().clone()
    }
}

/// The signatures of a request that hold under a secret.
fn signed(request: &Request, secret: &str) -> usize {
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    let id = request.header("webhook-id");
    let timestamp = request.header("webhook-timestamp");
    mac.update(format!("{id}.{timestamp}.{}", request.body).as_bytes());
    let wanted = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let signatures = request.header("webhook-signature").split(' ');
    signatures.filter(|it| *it == wanted).count()
}

#[test]
fn an_event_reaches_its_endpoint_signed_and_secrets_turn_without_a_gap() {
    let stage = Stage::new(programs!());
    let relay = stage.relay_with("relay", &LOOPBACK);
    let cast = cast(&stage, &relay);
    let receiver = Receiver::start("200 OK");
    cast.create("Before there was a webhook");
    let wish = json!({
        "url": receiver.url("/hook?of=sam"),
        "events": ["task.created", "task.completed"],
    });
    let made = cast.sams.make("webhooks", &wish);
    let (id, secret) = (text(&made["id"]), text(&made["secret"]));
    let task = cast.create("Tell me");
    let came = receiver.next();
    assert_eq!(came.path, "/hook?of=sam");
    assert_eq!(came.header("content-type"), "application/json");
    assert_eq!(signed(&came, secret), 1);
    let body = came.json();
    assert_eq!(body["type"], "task.created");
    assert_eq!(body["data"]["activity"]["task"], json!(task));
    assert_eq!(body["data"]["listTitle"], LIST);
    // The secret is shown once.
    let shown = cast.sams.read(&format!("webhooks/{id}"));
    assert_eq!(shown.get("secret"), None);

    let turned = cast.sams.make(&format!("webhooks/{id}/rotate"), &json!({}));
    let fresh = text(&turned["secret"]);
    assert_ne!(fresh, secret);
    cast.create("Both sign");
    let came = receiver.next();
    assert_eq!((signed(&came, secret), signed(&came, fresh)), (1, 1));
    let path = format!("webhooks/{id}/rotate");
    let last = cast.sams.make(&path, &json!({"overlapS": 0}));
    cast.create("Only the last one signs");
    let came = receiver.next();
    assert_eq!(
        (signed(&came, fresh), signed(&came, text(&last["secret"]))),
        (0, 1)
    );

    // A test delivery, and one that is asked for again under its id.
    let tested = cast.sams.make(&format!("webhooks/{id}/test"), &json!({}));
    let came = receiver.next();
    assert_eq!(came.json()["type"], "webhook.ping");
    assert_eq!(came.header("webhook-id"), text(&tested["id"]));
    wait_until("the log", || cast.log(id)[0]["state"] == "delivered");
    let first = cast.log(id).pop().unwrap();
    let again = format!("webhooks/{id}/deliveries/{}/redeliver", text(&first["id"]));
    assert_eq!(cast.sams.make(&again, &json!({}))["count"], 1);
    let came = receiver.next();
    assert_eq!(came.header("webhook-id"), text(&first["id"]));
    assert_eq!(came.json()["data"]["activity"]["task"], json!(task));

    assert_eq!(cast.sams.delete(&format!("webhooks/{id}")).status, 204);
    cast.create("Nobody hears of this");
    assert_eq!(cast.sams.get(&format!("webhooks/{id}")).status, 404);
    assert!(receiver.rest().is_empty());
}

#[test]
fn deliveries_outlive_a_relay_that_is_killed() {
    let stage = Stage::new(programs!());
    let mut relay = stage.relay_with("relay", &LOOPBACK);
    let cast = cast(&stage, &relay);
    let receiver = Receiver::start("200 OK");
    // Nobody answers: what was sent is under way when the relay is killed.
    receiver.answers(None);
    let wish = json!({"url": receiver.url("/"), "events": ["task.created"]});
    let made = cast.sams.make("webhooks", &wish);
    let id = text(&made["id"]);
    let under_way = cast.create("Under way");
    let cut_off = receiver.next();
    relay.kill();
    receiver.answers(Some("204 Fine"));
    relay.restart();
    let came = receiver.next();
    assert_eq!(came.header("webhook-id"), cut_off.header("webhook-id"));
    assert_eq!(came.body, cut_off.body);
    assert_eq!(came.json()["data"]["activity"]["task"], json!(under_way));

    // Killed as soon as the change is on disk: whether or not it had become a delivery by then, it
    // becomes one, once.
    let mut wanted = BTreeSet::new();
    for round in 0..5 {
        wanted.insert(cast.create(&format!("Committed {round}")));
        relay.kill();
        relay.restart();
    }
    let mut ids = BTreeSet::new();
    let mut tasks = BTreeSet::new();
    while tasks.len() < wanted.len() {
        let came = receiver.next();
        let task = text(&came.json()["data"]["activity"]["task"]).to_owned();
        // That it was taken may not have been noted before the relay was killed.
        if task != under_way {
            ids.insert(came.header("webhook-id").to_owned());
            tasks.insert(task);
        }
    }
    assert_eq!(tasks, wanted);
    assert_eq!(ids.len(), wanted.len());
    wait_until("all are delivered", || {
        let log = cast.log(id);
        log.len() == 6 && log.iter().all(|it| it["state"] == "delivered")
    });
}

#[test]
fn what_fails_is_tried_again_and_what_is_gone_is_left_alone() {
    let stage = Stage::new(programs!());
    let relay = stage.relay_with("relay", &LOOPBACK);
    let cast = cast(&stage, &relay);
    let receiver = Receiver::start("503 Busy\r\nRetry-After: 1");
    let wish = json!({"url": receiver.url("/"), "events": ["task.created"]});
    let made = cast.sams.make("webhooks", &wish);
    let id = text(&made["id"]);
    cast.create("Tried again");
    let first = receiver.next();
    receiver.answers(Some("302 Elsewhere\r\nLocation: /elsewhere"));
    wait_until("the first attempt is noted", || {
        cast.log(id)[0]["attempts"][0]["status"] == 503
    });
    let log = cast.log(id).remove(0);
    assert_eq!(log["state"], "waiting");
    assert!(log["nextAttemptAt"].is_string(), "{log}");
    // Asking for it again begins at once. A redirect is followed nowhere.
    let again = format!("webhooks/{id}/deliveries/{}/redeliver", text(&log["id"]));
    cast.sams.make(&again, &json!({}));
    let second = receiver.next();
    assert_eq!(second.path, "/");
    assert_eq!(second.header("webhook-id"), first.header("webhook-id"));
    assert_eq!(second.body, first.body);
    wait_until("the second attempt is noted", || {
        cast.log(id)[0]["attempts"][0]["status"] == 302
    });
    receiver.answers(Some("410 Gone"));
    cast.sams.make(&again, &json!({}));
    assert_eq!(receiver.next().path, "/");
    wait_until("it is off", || {
        cast.sams.read(&format!("webhooks/{id}"))["enabled"] == false
    });
    let shown = cast.sams.read(&format!("webhooks/{id}"));
    assert!(text(&shown["disabledReason"]).contains("410"), "{shown}");
    let dead = cast
        .sams
        .read(&format!("webhooks/{id}/deliveries?state=dead"));
    assert!(dead["items"][0]["attempts"].as_array().unwrap().len() >= 3);
    cast.create("While it is off");

    // Switched on again, what was given up goes out on demand.
    receiver.answers(Some("200 OK"));
    let on = cast
        .sams
        .patch(&format!("webhooks/{id}"), &json!({"enabled": true}))
        .json();
    assert_eq!(on["enabled"], true);
    assert_eq!(on.get("disabledReason"), None);
    let count = cast
        .sams
        .make(&format!("webhooks/{id}/redeliver"), &json!({}));
    assert_eq!(count["count"], 1);
    assert_eq!(receiver.next().body, first.body);
    cast.create("Now it hears");
    loop {
        let came = receiver.next().json();
        if came["data"]["activity"]["title"] == "Now it hears" {
            break;
        }
        // What was tried once more by itself.
        assert_eq!(came, first.json());
    }
}

#[test]
fn an_agent_behind_openclaw_is_woken_by_what_is_assigned_to_it() {
    let stage = Stage::new(programs!());
    let relay = stage.relay_with("relay", &LOOPBACK);
    let cast = cast(&stage, &relay);
    let gateway = Receiver::start("202 Accepted");
    let me = text(&cast.krusty.read("me")["did"]).to_owned();
    let wish = json!({
        "url": gateway.url("/hooks/agent"),
        "format": "openclaw_agent",
        "agentId": "main",
        "token": "the-gateways-own",
        "assignee": me,
    });
    cast.sams.make("webhooks", &wish);
    let wish = json!({
        "url": gateway.url("/hooks/wake"), "format": "openclaw_wake", "token": "t", "assignee": me,
    });
    cast.sams.make("webhooks", &wish);
    let task = cast.create("Sweep the floor");
    assert!(gateway.rest().is_empty());
    cast.krusty.make(&format!("tasks/{task}/claim"), &json!({}));
    let came = [gateway.next(), gateway.next()];
    let of = |path: &str| came.iter().find(|it| it.path == path).unwrap();
    let run = of("/hooks/agent");
    assert_eq!(run.header("authorization"), "Bearer the-gateways-own");
    let body = run.json();
    assert!(text(&body["message"]).contains("Sweep the floor"), "{body}");
    assert!(text(&body["message"]).contains(&task), "{body}");
    assert_eq!(body["idempotencyKey"], json!(run.header("webhook-id")));
    assert_eq!(body["agentId"], "main");
    let body = of("/hooks/wake").json();
    assert_eq!(body["mode"], "now");
    assert!(text(&body["text"]).contains("Krusty"), "{body}");
}

#[test]
fn a_receiver_has_to_prove_who_it_is() {
    let stage = Stage::new(programs!());
    let receiver = Receiver::start_encrypted("200 OK");
    let wish = json!({"url": receiver.url("/hook"), "events": ["task.created"]});

    let relay = stage.relay_with("strict", &LOOPBACK);
    let strict = cast(&stage, &relay);
    let made = strict.sams.make("webhooks", &wish);
    strict.create("Not for whoever answers there");
    let log = || strict.log(text(&made["id"]));
    wait_until("it is tried", || {
        let log = log();
        log.iter()
            .any(|it| it["attempts"][0]["error"] == "the TLS handshake failed")
    });
    assert!(receiver.rest().is_empty());

    let trust = [&LOOPBACK[..], &["--webhook-roots", Receiver::AUTHORITY]].concat();
    let stage = Stage::new(programs!());
    let relay = stage.relay_with("trusting", &trust);
    let trusting = cast(&stage, &relay);
    let made = trusting.sams.make("webhooks", &wish);
    trusting.create("Tell me");
    let came = receiver.next();
    assert_eq!(signed(&came, text(&made["secret"])), 1);
    assert_eq!(came.json()["type"], "task.created");
}

#[test]
fn no_webhook_goes_where_only_the_relay_can_reach() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let cast = cast(&stage, &relay);
    let receiver = Receiver::start("200 OK");
    let port = receiver.url("");
    let port = port.rsplit(':').next().unwrap();
    for url in [
        format!("http://127.0.0.1:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        format!("https://localhost:{port}/"),
        format!("https://[::ffff:127.0.0.1]:{port}/"),
        format!("https://0x7f000001:{port}/"),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://10.0.0.1/".to_owned(),
        "http://1.1.1.1/".to_owned(),
        "https://user:word@1.1.1.1/".to_owned(),
        "ftp://1.1.1.1/".to_owned(),
        "nonsense".to_owned(),
    ] {
        let answer = cast.sams.post("webhooks", &json!({ "url": url }));
        let (status, code, field) = answer.fault();
        assert_eq!(
            (status, code.as_str(), field.as_str()),
            (400, "invalid", "url"),
            "{url}"
        );
    }
    assert!(receiver.rest().is_empty());
    // Others' endpoints are not there, and a key without the scope has none.
    assert_eq!(cast.krusty.get("webhooks").status, 403);
    let ann = stage.person("Ann", &relay);
    ann.ok(&["sync"]);
    let made = ann.json(&["key", "create", "Hers", "--scope", "webhooks:manage"]);
    let anns = Caller::with_key(&relay, text(&made["secret"]));
    assert_eq!(anns.get("webhooks/wh_00").status, 404);
    for (body, field) in [
        (
            json!({"url": "https://1.1.1.1/", "events": ["cake.eaten"]}),
            "events",
        ),
        (
            json!({"url": "https://1.1.1.1/", "token": "two words"}),
            "token",
        ),
        (
            json!({"url": "https://1.1.1.1/", "agentId": "main"}),
            "agentId",
        ),
        (
            json!({"url": "https://1.1.1.1/", "assignee": "me too"}),
            "assignee",
        ),
        (
            json!({"url": "https://1.1.1.1/", "colour": "red"}),
            "colour",
        ),
    ] {
        let (status, _, named) = anns.post("webhooks", &body).fault();
        assert_eq!((status, named.as_str()), (400, field), "{body}");
    }
    drop(cast.sam);
}
