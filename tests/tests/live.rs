//! What a relay tells as it happens: the stream of events, and work for who waits for it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::thread;

use poo_tests::harness::{Caller, Home, Listener, Relay, Stage, Told, wait_until};
use poo_tests::programs;
use serde_json::{Value, json};

const LIST: &str = "Work";

/// Sam owns a list in which an agent works.
fn sam_and_krusty(stage: &Stage, relay: &Relay) -> (Home, Caller, String) {
    let sam = stage.person("Sam", relay);
    sam.ok(&["list", "create", LIST]);
    let krusty = Caller::agent(relay, &sam, "Krusty", LIST);
    let lists = krusty.read("lists");
    let list = text(&lists["items"][0]["id"]).to_owned();
    (sam, krusty, list)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn create(caller: &Caller, list: &str, title: &str) -> String {
    let made = caller.make("tasks", &json!({"list": list, "title": title}));
    text(&made["id"]).to_owned()
}

fn titles(told: &[Told]) -> Vec<&str> {
    told.iter()
        .map(|told| text(&told.data["activity"]["title"]))
        .collect()
}

#[test]
fn who_is_there_is_told_to_agents_and_of_them() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, krusty, list) = sam_and_krusty(&stage, &relay);
    let path = format!("lists/{list}/presence");
    let here = || {
        let here = krusty.read(&path);
        let people = here["items"].as_array().unwrap().iter();
        people
            .map(|it| (text(&it["did"]).to_owned(), text(&it["state"]).to_owned()))
            .collect::<BTreeSet<_>>()
    };
    assert!(here().is_empty());
    sam.ok(&["sync"]);
    let mut watch = sam.start(&["watch", LIST, "--json"]);
    watch.wait_for("the connection", |line| line["event"] == "connected");
    wait_until("Sam is there", || {
        here().contains(&(sam.did(), "here".to_owned()))
    });
    let krustys = |event: &'static str| {
        move |line: &Value| line["event"] == event && line["who"]["name"] == "Krusty"
    };
    let task = create(&krusty, &list, "one");
    let says = |state: &str| {
        let body = json!({"state": state, "task": task}).to_string();
        krusty.send("PUT", &path, &[], &body)
    };
    assert_eq!(says("here").status, 204);
    let came = watch.wait_for("Krusty comes", krustys("presence_joined"));
    assert_eq!(
        (&came["state"], &came["task"]),
        (&json!("here"), &json!(task))
    );
    assert_eq!(says("typing").status, 204);
    let types = watch.wait_for("Krusty writes", krustys("presence_changed"));
    assert_eq!(types["state"], "typing");
    assert_eq!(here().len(), 2);
    assert_eq!(says("left").status, 204);
    watch.wait_for("Krusty goes", krustys("presence_left"));
    wait_until("only Sam is there", || here().len() == 1);
    // Where one may not look nobody is seen, and what is no presence is refused.
    let elsewhere = "lists/4NMNnkMhL8jXrdJ9jamS58PAVdXu/presence";
    assert_eq!(krusty.get(elsewhere).status, 404);
    let body = json!({"state": "here"}).to_string();
    assert_eq!(krusty.send("PUT", elsewhere, &[], &body).status, 404);
    let (status, code, field) = says("asleep").fault();
    assert_eq!((status, &*code, &*field), (400, "invalid", "state"));
    watch.interrupt();
    assert_eq!(watch.wait().code, 0);
}

#[test]
fn each_event_is_told_once_across_breaks_and_a_relay_that_is_killed() {
    let stage = Stage::new(programs!());
    let mut relay = stage.relay("relay");
    let (sam, krusty, list) = sam_and_krusty(&stage, &relay);
    let first = Listener::start(&relay, &krusty, "?type=task.created", None);
    create(&krusty, &list, "one");
    sam.task(LIST, "two", &[]);
    sam.ok(&["sync"]);
    let mut told = first.take(2);
    drop(first);

    // While nobody listens, and around a relay that is killed.
    create(&krusty, &list, "three");
    relay.kill();
    sam.task(LIST, "four", &[]);
    relay.restart();
    sam.ok(&["sync"]);
    create(&krusty, &list, "five");
    let last = told.last().unwrap().id.clone();
    let second = Listener::start(&relay, &krusty, "?type=task.created", Some(&last));
    told.extend(second.take(3));
    create(&krusty, &list, "six");
    told.extend(second.take(1));
    assert_eq!(
        titles(&told),
        ["one", "two", "three", "four", "five", "six"]
    );
    let ids: BTreeSet<&str> = told.iter().map(|told| told.id.as_str()).collect();
    assert_eq!(ids.len(), told.len());
    assert_eq!(second.rest(), []);

    // From the beginning the same events come under the same ids, in the same order.
    let again = Listener::start(&relay, &krusty, "?type=task.created&after=0", None);
    assert_eq!(again.take(6), told);
    let whole = Listener::start(&relay, &krusty, "?after=0", None).take(8);
    let kinds: Vec<&str> = whole.iter().map(|told| told.kind.as_str()).collect();
    assert!(
        kinds.contains(&"list.created") && kinds.contains(&"member.joined"),
        "{kinds:?}"
    );
    // An event names its place in the list, by which the list's activity goes on.
    let event = &told[3];
    assert_eq!(event.kind, "task.created");
    assert_eq!(event.data["type"], "task.created");
    assert_eq!(event.data["id"], json!(event.id));
    assert_eq!(event.data["listTitle"], LIST);
    let cursor = text(&event.data["position"]);
    let before = krusty.read(&format!("activity?list={list}&cursor={cursor}"));
    let before = before["items"].as_array().unwrap();
    assert!(
        !before
            .iter()
            .any(|row| row["id"] == event.data["activity"]["id"])
    );
}

#[test]
fn a_stream_holds_what_its_listener_wants_and_may_see() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, krusty, list) = sam_and_krusty(&stage, &relay);
    let private = sam.json(&["list", "create", "Private"]);
    sam.ok(&["sync"]);
    let all = Listener::start(&relay, &krusty, "", None);
    let done = Listener::start(&relay, &krusty, "?type=task.completed,comment.*", None);
    let mine = Listener::start(&relay, &krusty, "?assignee=me", None);
    let elsewhere = format!("?list={}", text(&private["list"]));
    let elsewhere = Listener::start(&relay, &krusty, &elsewhere, None);

    sam.task("Private", "Nobody's business", &[]);
    sam.ok(&["sync"]);
    let id = create(&krusty, &list, "Shared");
    krusty.make(&format!("tasks/{id}/comments"), &json!({"text": "So"}));
    krusty.make(&format!("tasks/{id}/claim"), &json!({}));
    krusty.make(&format!("tasks/{id}/complete"), &json!({}));
    let kinds = |told: Vec<Told>| -> Vec<String> { told.into_iter().map(|it| it.kind).collect() };
    let told = kinds(done.take(2));
    assert_eq!(told, ["comment.created", "task.completed"]);
    let told = mine.next();
    assert_eq!(told.kind, "task.assigned");
    assert_eq!(told.data["activity"]["memberName"], "Krusty");
    let told = all.take(2);
    assert_eq!(told[0].data["activity"]["title"], "Shared");
    assert_eq!(told[1].kind, "comment.created");
    assert_eq!(elsewhere.rest(), []);

    // What is no filter, and no event, is said to be none.
    for (query, field) in [
        ("type=cake.eaten", "type"),
        ("list=nowhere", "list"),
        ("assignee=somebody", "assignee"),
        ("after=yesterday", "after"),
        ("colour=red", "colour"),
    ] {
        let (status, code, named) = krusty.get(&format!("events?{query}")).fault();
        assert_eq!(
            (status, code.as_str(), named.as_str()),
            (400, "invalid", field)
        );
    }
    let last = [("Last-Event-ID", "99999999-0badcafe-0")];
    let gone = krusty.send("GET", "events", &last, "");
    assert_eq!(gone.fault().0, 410, "{gone:?}");
    assert_eq!(Caller::stranger(&relay).get("events").status, 401);
}

#[test]
fn a_stream_ends_with_the_key_that_opened_it_and_with_the_relay() {
    let stage = Stage::new(programs!());
    let mut relay = stage.relay("relay");
    let (sam, krusty, _) = sam_and_krusty(&stage, &relay);
    let made = sam.json(&["key", "create", "Watcher", "--scope", "tasks:read"]);
    let watcher = Caller::with_key(&relay, text(&made["secret"]));
    let watching = Listener::start(&relay, &watcher, "", None);
    let agents = Listener::start(&relay, &krusty, "", None);
    sam.ok(&["key", "revoke", text(&made["id"])]);
    watching.ended();
    assert_eq!(agents.rest(), []);
    // A relay that stops does not wait for those who listen.
    relay.terminate();
    agents.ended();
}

#[test]
fn work_comes_to_who_waits_for_it() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, krusty, list) = sam_and_krusty(&stage, &relay);
    assert_eq!(krusty.get("tasks/next").status, 204);
    let me = text(&krusty.read("me")["did"]).to_owned();

    // It is handed over while somebody waits, as soon as it is there.
    let waiting = krusty.clone();
    let waits = thread::spawn(move || waiting.get("tasks/next?wait=25"));
    let urgent = create(&krusty, &list, "Nobody's yet");
    assert_eq!(krusty.get("tasks/next").status, 204);
    krusty.make(
        &format!("tasks/{urgent}/reassign"),
        &json!({"assignee": me}),
    );
    let answer = waits.join().unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["id"], json!(urgent));
    assert_eq!(answer.json()["assignee"]["did"], json!(me));

    // What was begun is not handed out again, and what nobody has only where that is asked for.
    krusty.make(&format!("tasks/{urgent}/claim"), &json!({}));
    let free = sam.task(LIST, "Free", &["--priority", "low"]);
    let dear = sam.task(LIST, "Dear", &["--priority", "high"]);
    sam.ok(&["sync"]);
    assert_eq!(krusty.get("tasks/next").status, 204);
    let next = |query: &str| krusty.get(&format!("tasks/next?{query}"));
    assert_eq!(next("unassigned=true").json()["id"], json!(dear));
    sam.ok(&["task", "edit", &dear, "--blocked-by", &free]);
    sam.ok(&["sync"]);
    assert_eq!(next("unassigned=true").json()["id"], json!(free));
    let elsewhere = "unassigned=true&list=4NMNnkMhL8jXrdJ9jamS58PAVdXu";
    assert_eq!(next(elsewhere).status, 204);
    let (status, _, field) = next("wait=26").fault();
    assert_eq!((status, field.as_str()), (400, "wait"));

    // Of those who wait for the same, each hears of it; the claim decides.
    krusty.make(&format!("tasks/{free}/complete"), &json!({}));
    krusty.make(&format!("tasks/{dear}/complete"), &json!({}));
    let waits: Vec<_> = (0..4)
        .map(|_| {
            let waiting = krusty.clone();
            thread::spawn(move || waiting.get("tasks/next?unassigned=true&wait=25"))
        })
        .collect();
    let last = create(&krusty, &list, "The last");
    for waiting in waits {
        assert_eq!(waiting.join().unwrap().json()["id"], json!(last));
    }
}
