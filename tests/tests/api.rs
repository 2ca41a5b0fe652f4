//! The REST API of a real relay: an agent that speaks only HTTP works in a person's list.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::process::Command;
use std::thread;

use poo_tests::harness::{Caller, Home, Relay, Stage};
use poo_tests::{programs, repository};
use serde_json::{Value, json};

const LIST: &str = "Work";

/// Sam owns a list in which an agent works.
fn sam_and_krusty(stage: &Stage, relay: &Relay) -> (Home, Caller, String) {
    let sam = stage.person("Sam", relay);
    sam.ok(&["list", "create", LIST]);
    let krusty = Caller::agent(relay, &sam, "Krusty", LIST);
    let lists = krusty.read("lists");
    let list = lists["items"][0]["id"].as_str().unwrap().to_owned();
    (sam, krusty, list)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn an_agent_takes_work_and_its_owner_sees_who_did_what() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, krusty, list) = sam_and_krusty(&stage, &relay);
    let id = sam.task(LIST, "Review the release notes", &[]);
    sam.ok(&["sync"]);
    let me = krusty.read("me");
    let open = krusty.read("tasks?status=open&assignee=none");
    assert_eq!(open["items"][0]["title"], "Review the release notes");
    assert_eq!(open["items"].as_array().unwrap().len(), 1);

    let claimed = krusty.make(&format!("tasks/{id}/claim"), &json!({}));
    assert_eq!(
        (&claimed["status"], &claimed["assignee"]["did"]),
        (&json!("in_progress"), &me["did"])
    );
    krusty.make(&format!("tasks/{id}/comments"), &json!({"text": "On it"}));
    let note = json!({"list": list, "text": "Read three pull requests"});
    krusty.make("activity", &note);
    let made = json!({"list": list, "title": "Tell the others", "tags": ["later"]});
    let made = krusty.make("tasks", &made);
    let path = format!("tasks/{}", text(&made["id"]));
    let patched = krusty.patch(&path, &json!({"priority": "high", "notes": "By mail"}));
    assert_eq!(patched.json()["priority"], "high");
    let done = krusty.make(&format!("tasks/{id}/complete"), &json!({}));
    assert_eq!(done["done"], true);

    sam.ok(&["sync"]);
    let seen = sam.tasks(LIST, &[]);
    let of = |title: &str| seen.iter().find(|task| task["title"] == title).unwrap();
    let reviewed = of("Review the release notes");
    assert_eq!(
        (&reviewed["done"], &reviewed["assignee"]["name"]),
        (&json!(true), &json!("Krusty"))
    );
    assert_eq!(of("Tell the others")["createdBy"], me["did"]);
    let activity = sam.json(&["activity", "ls", LIST]);
    let by_agent: Vec<&str> = (activity["items"].as_array().unwrap().iter())
        .filter(|row| row["actor"] == me["did"])
        .map(|row| text(&row["action"]))
        .collect();
    for action in [
        "assigned",
        "commented",
        "note",
        "created",
        "completed",
        "edited",
    ] {
        assert!(by_agent.contains(&action), "{action}: {activity}");
    }
    let notes = krusty.read(&format!("activity?list={list}&kind=note"));
    assert_eq!(notes["items"].as_array().unwrap().len(), 1);
    assert_eq!(notes["items"][0]["text"], "Read three pull requests");

    // What it wrote is proven, and said to be witnessed.
    let verified = sam.json(&["verify", LIST]);
    assert_eq!(verified["ok"], true, "{verified}");
    let authors = verified["authors"].as_array().unwrap();
    let krusty_is = authors.iter().find(|author| author["name"] == "Krusty");
    assert_eq!(krusty_is.unwrap()["via"], "witnessed");
    let shown = sam.ok(&["verify", LIST]);
    assert!(shown.contains("witnessed by the relay"), "{shown}");
    // As every peer finds.
    let agents = sam.json(&["agent", "ls"]);
    let agent = &agents["items"][0];
    assert_eq!(
        (&agent["name"], &agent["status"]),
        (&json!("Krusty"), &json!("connected"))
    );
    let members = sam.json(&["members", LIST]);
    let member = (members["items"].as_array().unwrap().iter())
        .find(|member| member["isAgent"] == true)
        .unwrap();
    assert_eq!(member["connectedBy"], json!(sam.did()));
}

#[test]
fn of_two_who_claim_one_gets_it_and_the_other_hears_who() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, krusty, list) = sam_and_krusty(&stage, &relay);
    let bozo = Caller::agent(&relay, &sam, "Bozo", LIST);
    for round in 0..5 {
        let task = json!({"list": list, "title": format!("Task {round}")});
        let made = krusty.make("tasks", &task);
        let path = format!("tasks/{}/claim", text(&made["id"]));
        let tries = [&krusty, &bozo].map(|caller| {
            let (caller, path) = (caller.clone(), path.clone());
            thread::spawn(move || caller.post(&path, &json!({})))
        });
        let mut answers = tries.map(|tried| tried.join().unwrap());
        answers.sort_by_key(|answer| answer.status);
        let [won, lost] = &answers;
        assert_eq!((won.status, lost.status), (200, 409), "{answers:?}");
        let lost = lost.json();
        assert_eq!(lost["code"], "claimed");
        assert_eq!(lost["holder"], won.json()["assignee"]["did"]);
    }
}

#[test]
fn a_post_happens_once_and_a_change_meets_the_state_it_knows() {
    let stage = Stage::new(programs!());
    let mut relay = stage.relay("relay");
    let (_sam, krusty, list) = sam_and_krusty(&stage, &relay);
    let body = json!({"list": list, "title": "Once"}).to_string();
    let once = [("Idempotency-Key", "first")];
    let made = krusty.send("POST", "tasks", &once, &body);
    assert_eq!(made.status, 201, "{made:?}");
    relay.terminate();
    relay.restart();
    let again = krusty.send("POST", "tasks", &once, &body);
    assert_eq!((again.status, &again.text), (201, &made.text));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.header("location"), made.header("location"));
    let other = json!({"list": list, "title": "Other"}).to_string();
    let other = krusty.send("POST", "tasks", &once, &other);
    assert_eq!(
        other.fault(),
        (422, "idempotency_mismatch".into(), "Idempotency-Key".into())
    );
    assert_eq!(krusty.read("tasks")["items"].as_array().unwrap().len(), 1);

    let path = format!("tasks/{}", text(&made.json()["id"]));
    let known = krusty.get(&path);
    let tag = known.header("etag").unwrap().to_owned();
    assert_eq!(made.header("etag"), Some(&*tag));
    let unchanged = krusty.send("GET", &path, &[("If-None-Match", &tag)], "");
    assert_eq!((unchanged.status, &*unchanged.text), (304, ""));
    let title = json!({"title": "Twice"}).to_string();
    let changed = krusty.send("PATCH", &path, &[("If-Match", &tag)], &title);
    assert_eq!(changed.status, 200, "{changed:?}");
    let stale = krusty.send("PATCH", &path, &[("If-Match", &tag)], &title);
    assert_eq!(stale.fault(), (412, "stale".into(), "If-Match".into()));
    let stale = krusty.send("DELETE", &path, &[("If-Match", &tag)], "");
    assert_eq!(stale.status, 412);
    assert_eq!(krusty.delete(&path).status, 204);
    assert_eq!(krusty.read("tasks")["items"], json!([]));
}

/// What is on all pages, and how much is on each.
fn pages(caller: &Caller, path: &str) -> (Vec<Value>, Vec<usize>) {
    let (mut all, mut sizes) = (Vec::new(), Vec::new());
    let mut next = path.to_owned();
    loop {
        let page = caller.read(&next);
        let items = page["items"].as_array().unwrap();
        all.extend(items.iter().cloned());
        sizes.push(items.len());
        match page["nextCursor"].as_str() {
            Some(cursor) => next = format!("{path}&cursor={cursor}"),
            None => return (all, sizes),
        }
    }
}

fn titles(tasks: &[Value]) -> Vec<&str> {
    let mut titles: Vec<&str> = tasks.iter().map(|task| text(&task["title"])).collect();
    titles.sort_unstable();
    titles
}

#[test]
fn pages_are_full_whatever_is_left_out() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, krusty, list) = sam_and_krusty(&stage, &relay);
    sam.ok(&["list", "create", "Apart"]);
    for number in 0..4 {
        sam.task("Apart", &format!("A{number}"), &[]);
    }
    sam.ok(&["sync"]);
    let made = sam.json(&["key", "create", "Work only", "--list", LIST]);
    let reader = Caller::with_key(&relay, text(&made["secret"]));
    let made = sam.json(&["key", "create", "All"]);
    let everything = Caller::with_key(&relay, text(&made["secret"]));
    let batch: Vec<Value> = (0..9).map(|n| json!({"title": format!("T{n}")})).collect();
    let made = krusty.make("tasks/batch", &json!({"list": list, "tasks": batch}));
    for (number, task) in made["items"].as_array().unwrap().iter().enumerate() {
        assert_eq!(task["title"], format!("T{number}"));
        if number % 3 != 0 {
            krusty.make(&format!("tasks/{}/claim", text(&task["id"])), &json!({}));
        }
    }
    for number in 0..4 {
        let note = json!({"list": list, "text": format!("N{number}")});
        krusty.make("activity", &note);
    }

    let (all, sizes) = pages(&everything, "tasks?limit=4");
    assert_eq!((all.len(), sizes), (13, vec![4, 4, 4, 1]));
    // The lists that a key is not for, and tasks that somebody has, make no page shorter.
    let (all, sizes) = pages(&reader, "tasks?limit=4");
    assert_eq!(sizes, [4, 4, 1]);
    assert_eq!(
        titles(&all),
        ["T0", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8"]
    );
    let (free, sizes) = pages(&reader, "tasks?assignee=none&limit=2");
    assert_eq!((titles(&free), sizes), (vec!["T0", "T3", "T6"], vec![2, 1]));
    let (free, sizes) = pages(&everything, "tasks?assignee=none&limit=3");
    assert_eq!((free.len(), sizes), (7, vec![3, 3, 1]));
    let (mine, sizes) = pages(&krusty, "tasks?assignee=me&limit=4");
    assert_eq!((mine.len(), sizes), (6, vec![4, 2]));
    let (notes, sizes) = pages(&reader, "activity?kind=note&limit=3");
    assert_eq!((notes.len(), sizes), (4, vec![3, 1]));
    let (derived, _) = pages(&reader, "activity?kind=derived&limit=3");
    assert!(
        derived
            .iter()
            .all(|row| row["action"] != "note" && row["list"] == list)
    );
    // Nine were made, six claimed (assigned, and in progress); the list and its member before.
    assert!(derived.len() >= 9 + 6, "{}", derived.len());
    let (audit, sizes) = {
        let made = sam.json(&["key", "create", "Manager", "--scope", "agents:manage"]);
        pages(
            &Caller::with_key(&relay, text(&made["secret"])),
            "audit?limit=2",
        )
    };
    // An agent with its key, and three keys.
    assert_eq!((audit.len(), sizes), (5, vec![2, 2, 1]));
}

#[test]
fn what_was_done_to_a_task_is_undone_moved_and_skipped() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, krusty, list) = sam_and_krusty(&stage, &relay);
    let create = |body: Value| {
        let mut body = body;
        body["list"] = json!(list);
        text(&krusty.make("tasks", &body)["id"]).to_owned()
    };
    let parent = create(json!({"title": "Parent"}));
    let child = create(json!({"title": "Child", "parent": parent}));
    let act = |id: &str, what: &str, body: Value| krusty.make(&format!("tasks/{id}/{what}"), &body);
    let in_trash = || {
        krusty.read("tasks?deleted=true")["items"]
            .as_array()
            .unwrap()
            .len()
    };

    // Out of the trash with what is below.
    assert_eq!(krusty.delete(&format!("tasks/{parent}")).status, 204);
    assert_eq!(
        (in_trash(), krusty.read("tasks")["items"].clone()),
        (2, json!([]))
    );
    let back = act(&parent, "restore", json!({}));
    assert_eq!((text(&back["id"]), back.get("deletedAt")), (&*parent, None));
    assert_eq!(
        (
            in_trash(),
            krusty.read("tasks")["items"].as_array().unwrap().len()
        ),
        (0, 2)
    );

    // To another parent, and among its siblings.
    let other = create(json!({"title": "Other"}));
    assert_eq!(
        act(&child, "move", json!({"parent": other}))["parent"],
        json!(other)
    );
    let top = act(&child, "move", json!({"parent": null, "after": parent}));
    assert_eq!(top["parent"], Value::Null);
    let order = || -> Vec<String> {
        let tasks = krusty.read("tasks")["items"].clone();
        let tasks = tasks.as_array().unwrap();
        tasks
            .iter()
            .map(|task| text(&task["title"]).to_owned())
            .collect()
    };
    assert_eq!(order(), ["Other", "Parent", "Child"]);
    act(&other, "move", json!({"before": child}));
    assert_eq!(order(), ["Parent", "Other", "Child"]);
    for (body, field) in [
        (json!({"parent": child}), "parent"),
        (json!({"after": parent, "before": other}), "after"),
        (json!({"under": parent}), "under"),
    ] {
        let (status, _, named) = krusty.post(&format!("tasks/{child}/move"), &body).fault();
        assert_eq!((status, &*named), (400, field), "{body}");
    }

    // One time of what recurs is left out, where the caller's day is.
    let daily = json!({"title": "Daily", "due": "2126-01-01", "recurrence": "FREQ=DAILY"});
    let daily = create(daily);
    let skipped = act(&daily, "skip", json!({"zone": "Pacific/Auckland"}));
    assert_eq!(skipped["due"], "2126-01-02");
    assert_eq!(act(&daily, "complete", json!({}))["due"], "2126-01-03");
    assert_eq!(act(&daily, "reopen", json!({}))["due"], "2126-01-02");
    let (status, _, field) = krusty
        .post(&format!("tasks/{daily}/skip"), &json!({"zone": "Mars"}))
        .fault();
    assert_eq!((status, &*field), (400, "zone"));
    let (status, _, field) = krusty
        .post(&format!("tasks/{other}/skip"), &json!({}))
        .fault();
    assert_eq!((status, &*field), (400, "task"));

    // Of tasks that are made together all are made, or none.
    let wrong = json!({"list": list, "tasks": [{"title": "Good"}, {"title": ""}]});
    let (status, _, field) = krusty.post("tasks/batch", &wrong).fault();
    assert_eq!((status, &*field), (400, "tasks[1].title"));
    for (tasks, field) in [
        (json!([]), "tasks"),
        (json!([{"title": "x", "colour": "red"}]), "colour"),
        (json!(vec![json!({"title": "x"}); 101]), "tasks"),
    ] {
        let body = json!({"list": list, "tasks": tasks});
        let (status, _, named) = krusty.post("tasks/batch", &body).fault();
        assert_eq!((status, &*named), (400, field));
    }
    assert!(!order().contains(&"Good".to_owned()));

    // A list is put away and brought back by an owner.
    sam.ok(&["ticket", "create"]);
    let made = sam.json(&["key", "create", "Sam's"]);
    let sams = Caller::with_key(&relay, text(&made["secret"]));
    assert_eq!(sams.delete(&format!("lists/{list}")).status, 204);
    assert_eq!(krusty.read("lists")["items"], json!([]));
    let restore = format!("lists/{list}/restore");
    assert_eq!(krusty.post(&restore, &json!({})).fault().1, "forbidden");
    assert_eq!(sams.make(&restore, &json!({}))["id"], json!(list));
    assert_eq!(krusty.read("lists")["items"].as_array().unwrap().len(), 1);
    sam.ok(&["sync"]);
    assert_eq!(sam.json(&["verify", LIST])["ok"], true);
}

#[test]
fn a_key_allows_what_it_says_until_it_ends() {
    let stage = Stage::new(programs!());
    let mut relay = stage.relay("relay");
    let (sam, krusty, list) = sam_and_krusty(&stage, &relay);
    sam.ok(&["list", "create", "Private"]);
    sam.ok(&["sync"]);
    let made = sam.json(&[
        "key",
        "create",
        "Reader",
        "--scope",
        "tasks:read",
        "--list",
        LIST,
    ]);
    let reader = Caller::with_key(&relay, text(&made["secret"]));
    let lists = reader.read("lists");
    assert_eq!(lists["items"].as_array().unwrap().len(), 1);
    let task = json!({"list": list, "title": "No"});
    assert_eq!(reader.post("tasks", &task).fault().1, "forbidden");
    assert_eq!(reader.get("keys").fault().1, "forbidden");
    let all = sam.json(&["list", "ls"]);
    let private = (all["items"].as_array().unwrap().iter())
        .find(|list| list["title"] == "Private")
        .map(|list| text(&list["id"]).to_owned())
        .unwrap();
    // A list that the key is not for and one that is not there look the same.
    let foreign = reader.get(&format!("lists/{private}"));
    let missing = reader.get("lists/4NMNnkMhL8jXrdJ9jamS58PAVdXu");
    let plain = |answer: &poo_tests::harness::Answer| {
        let mut body = answer.json();
        body["requestId"] = Value::Null;
        (answer.status, body)
    };
    assert_eq!(plain(&foreign), plain(&missing));
    assert_eq!(foreign.status, 404);
    assert_eq!(
        plain(&krusty.get(&format!("lists/{private}"))),
        plain(&missing)
    );

    // Rotated: both work for a while, then the old one is revoked.
    let rotated = sam.json(&["key", "rotate", text(&made["id"]), "--overlap", "3600"]);
    let fresh = Caller::with_key(&relay, text(&rotated["secret"]));
    assert_eq!(
        (reader.get("lists").status, fresh.get("lists").status),
        (200, 200)
    );
    sam.ok(&["key", "revoke", text(&made["id"])]);
    assert_eq!(
        reader.get("lists").fault(),
        (401, "unauthenticated".into(), String::new())
    );
    assert_eq!(fresh.get("lists").status, 200);
    let audit = sam.json(&["key", "ls"]);
    let used = (audit["items"].as_array().unwrap().iter())
        .find(|key| key["id"] == rotated["id"])
        .unwrap();
    assert!(
        used["lastUsedAt"].is_string() && used.get("secret").is_none(),
        "{used}"
    );

    // No secret is kept, and the relay's own keys do not lie in the open.
    relay.terminate();
    let secret = text(&rotated["secret"]).rsplit_once('_').unwrap().1;
    for entry in std::fs::read_dir(relay.data()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap_or_default();
        let found = bytes
            .windows(secret.len())
            .any(|it| it == secret.as_bytes());
        assert!(!found, "the secret of a key is in the relay's data");
    }
}

#[test]
fn a_disconnected_agent_can_do_nothing_at_once() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, krusty, list) = sam_and_krusty(&stage, &relay);
    let _made = krusty.make("tasks", &json!({"list": list, "title": "Before"}));
    sam.ok(&["agent", "disconnect", "Krusty"]);
    let task = json!({"list": list, "title": "After"});
    assert_eq!(krusty.post("tasks", &task).fault().1, "unauthenticated");
    assert_eq!(krusty.get("tasks").fault().1, "unauthenticated");
    sam.ok(&["sync"]);
    assert_eq!(sam.titles(LIST), ["Before"]);
    let members = sam.json(&["members", LIST]);
    assert_eq!(members["items"].as_array().unwrap().len(), 1);
    assert_eq!(sam.json(&["verify", LIST])["ok"], true);
}

#[test]
fn a_relay_may_write_only_where_an_owner_lets_it() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, _krusty, list) = sam_and_krusty(&stage, &relay);
    let made = sam.json(&["key", "create", "Mine"]);
    let me = Caller::with_key(&relay, text(&made["secret"]));
    assert_eq!(me.read("lists")["items"][0]["title"], LIST);
    // Sam let the relay sign for the agent, not for Sam.
    let task = json!({"list": list, "title": "By key"});
    assert_eq!(
        me.post("tasks", &task).fault(),
        (403, "not_witnessed".into(), String::new())
    );
    assert_eq!(
        me.post("lists", &json!({"title": "New"})).fault().1,
        "not_witnessed"
    );
    sam.ok(&["ticket", "create"]);
    assert_eq!(me.post("tasks", &task).status, 201);
    let new = me.make("lists", &json!({"title": "New"}));
    let task = json!({"list": new["id"], "title": "In it"});
    assert_eq!(me.post("tasks", &task).status, 201);
    sam.ok(&["sync"]);
    assert_eq!(sam.titles("New"), ["In it"]);
    let verified = sam.json(&["verify", "New"]);
    assert_eq!(verified["ok"], true, "{verified}");
}

#[test]
fn the_example_agent_does_what_is_to_be_done() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, krusty, _) = sam_and_krusty(&stage, &relay);
    for title in ["Count me", "And me"] {
        sam.task(LIST, title, &[]);
    }
    sam.ok(&["sync"]);
    let agent = Command::new("python3")
        .arg(repository::root().join("examples/python/agent.py"))
        .arg("--once")
        .env("POO_URL", format!("http://{}", relay.address()))
        .env("POO_KEY", krusty.key())
        .output()
        .unwrap();
    assert!(agent.status.success(), "{agent:?}");
    sam.ok(&["sync"]);
    let tasks = sam.tasks(LIST, &[]);
    assert!(tasks.iter().all(|task| task["done"] == true), "{tasks:?}");
    let id = text(&tasks[0]["id"]);
    let comments = sam.json(&["comment", "ls", id]);
    assert!(text(&comments["items"][0]["text"]).contains("letters"));
    let lines = std::fs::read_to_string(repository::root().join("examples/python/agent.py"));
    assert!(lines.unwrap().lines().count() < 100);
}

#[cfg(unix)]
#[test]
fn the_master_key_changes_and_agents_go_on() {
    use std::os::unix::fs::PermissionsExt as _;

    let stage = Stage::new(programs!());
    let mut relay = stage.relay("relay");
    let (_sam, krusty, list) = sam_and_krusty(&stage, &relay);
    let (data, address) = (relay.data().to_owned(), relay.address().to_owned());
    relay.terminate();
    let next = stage.path().join("next");
    std::fs::write(&next, "0123456789abcdef".repeat(4)).unwrap();
    let next = next.to_str().unwrap();
    let start = |more: &[&str]| Relay::try_start_with(programs!(), &data, &address, more);
    let refused = start(&["--master-key", next]).unwrap_err();
    assert!(refused.err.contains("can be read by others"), "{refused:?}");
    std::fs::set_permissions(next, std::fs::Permissions::from_mode(0o600)).unwrap();
    let refused = start(&["--master-key", next]).unwrap_err();
    assert!(refused.err.contains("another master key"), "{refused:?}");
    let before = data.join("master-key");
    let before = ["--master-key-before", before.to_str().unwrap()];
    let mut relay = start(&[&["--master-key", next], &before[..]].concat()).unwrap();
    let task = json!({"list": list, "title": "With the next one"});
    let _made = krusty.make("tasks", &task);
    relay.terminate();
    std::fs::remove_file(data.join("master-key")).unwrap();
    let _relay = start(&["--master-key", next]).unwrap();
    let _made = krusty.make("tasks", &task);
}
