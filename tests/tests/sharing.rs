//! Members of one list over real sockets: who watches hears of the others, roles change hands,
//! and links end.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use poo_tests::harness::{Home, Relay, Running, Stage, sync_until_quiet};
use poo_tests::programs;
use serde_json::{Value, json};

const LIST: &str = "Plans";

/// Sam owns a list, and Ann edits it.
fn two(stage: &Stage, relay: &Relay) -> (Home, Home) {
    let sam = stage.person("Sam", relay);
    sam.ok(&["list", "create", LIST]);
    let ann = stage.person("Ann", relay);
    ann.ok(&["join", &sam.share(LIST, "editor")]);
    sam.ok(&["sync"]);
    (sam, ann)
}

fn watch(home: &Home) -> Running {
    watch_with(home, &[])
}

fn watch_with(home: &Home, more: &[&str]) -> Running {
    let mut watch = home.start(&[&["watch", LIST, "--json"], more].concat());
    watch.wait_for("the start", |line| line["event"] == "watching");
    watch.wait_for("the connection", |line| line["event"] == "connected");
    watch
}

fn is(event: &str, who: &str) -> impl FnMut(&Value) -> bool {
    move |line| line["event"] == event && line["who"]["name"] == who
}

fn roles(home: &Home) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let members = home.json(&["members", LIST]);
    let members = members["items"].as_array().unwrap().iter();
    members
        .map(|member| (text(&member["name"]), text(&member["role"])))
        .collect()
}

#[test]
fn the_trash_says_who_changed_what_somebody_else_deleted() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, ann) = two(&stage, &relay);
    let eggs = sam.task(LIST, "Eggs", &[]);
    sam.task(LIST, "Milk", &[]);
    sync_until_quiet(&[&sam, &ann]);
    sam.ok(&["task", "delete", &eggs]);
    assert!(!sam.ok(&["trash"]).contains("meanwhile"));
    ann.ok(&["task", "edit", &eggs, "--priority", "high"]);
    sync_until_quiet(&[&sam, &ann]);
    let line = |who| format!("Eggs: changed meanwhile by {who}; that comes back with it.\n");
    let (sams, anns) = (sam.ok(&["trash"]), ann.ok(&["trash"]));
    assert!(sams.contains(&line("Ann")), "{sams}");
    assert!(anns.contains(&line("you")), "{anns}");
}

#[test]
fn who_watches_hears_who_is_here_and_what_they_do() {
    let stage = Stage::new(programs!());
    let mut relay = stage.relay("relay");
    let (sam, ann) = two(&stage, &relay);
    let mut sams = watch(&sam);
    let mut anns = watch(&ann);
    // Whoever comes later learns who was there before.
    sams.wait_for("Ann comes", is("presence_joined", "Ann"));
    anns.wait_for("Sam is here", is("presence_joined", "Sam"));
    let id = ann.task(LIST, "Eggs", &[]);
    let made = sams.wait_for("the task", |line| line["event"] == "task_created");
    assert_eq!(
        (&made["title"], &made["task"]),
        (&json!("Eggs"), &json!(id))
    );
    assert_eq!(made["by"], json!({ "did": ann.did(), "name": "Ann" }));
    sam.write(&["task", "edit", &id, "--priority", "high"]);
    let edited = anns.wait_for("the edit", |line| line["event"] == "task_edited");
    assert_eq!(
        (&edited["fields"], &edited["by"]["name"]),
        (&json!(["priority"]), &json!("Sam"))
    );
    sam.write(&["task", "complete", &id]);
    anns.wait_for("its end", |line| line["event"] == "task_completed");
    // A goodbye is heard at once, and ends the program well.
    anns.interrupt();
    let run = anns.wait();
    assert_eq!(run.code, 0, "{run:?}");
    sams.wait_for("Ann goes", is("presence_left", "Ann"));
    // Without the relay, what happens here is still shown, and it comes back by itself.
    relay.kill();
    sams.wait_for("the end of the connection", |line| {
        line["event"] == "offline"
    });
    sam.task(LIST, "Bread", &[]);
    sams.wait_for("the own task", |line| {
        line["event"] == "task_created" && line["title"] == "Bread"
    });
    relay.restart();
    sams.wait_for("the relay", |line| line["event"] == "connected");
    let mut anns = watch_with(&ann, &["--task", &id]);
    let back = sams.wait_for("Ann comes again", is("presence_joined", "Ann"));
    assert_eq!(
        (&back["state"], &back["task"]),
        (&json!("here"), &made["task"])
    );
    // Whoever loses their connection without a word while the other one watches is told so.
    sam.ok(&["role", LIST, "Ann", "viewer"]);
    let role = anns.wait_for("the role", |line| line["event"] == "role_changed");
    assert_eq!(
        (&role["member"]["name"], &role["role"]),
        (&json!("Ann"), &json!("viewer"))
    );
    assert_eq!(role["by"]["name"], "Sam");
    sams.interrupt();
    assert_eq!(sams.wait().code, 0);
    anns.wait_for("Sam goes", is("presence_left", "Sam"));
    anns.interrupt();
    assert_eq!(anns.wait().code, 0);
}

#[test]
fn without_a_relay_watching_shows_what_happens_here() {
    let stage = Stage::new(programs!());
    let home = stage.empty("alone");
    home.ok(&["init", "--name", "Sam"]);
    home.ok(&["list", "create", LIST]);
    let mut watch = home.start(&["watch", LIST, "--json"]);
    watch.wait_for("the start", |line| line["event"] == "watching");
    home.task(LIST, "Eggs", &[]);
    let made = watch.wait_for("the task", |line| line["event"] == "task_created");
    assert_eq!(made["by"]["name"], "Sam");
    watch.interrupt();
    assert_eq!(watch.wait().code, 0);
}

#[test]
fn a_list_changes_hands_and_its_founder_leaves() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, ann) = two(&stage, &relay);
    sam.task(LIST, "By Sam", &[]);
    let refused = sam.fails(&["leave", LIST], 4, "refused");
    assert!(refused.contains("poo transfer"), "{refused}");
    sam.json(&["transfer", LIST, "Ann"]);
    sync_until_quiet(&[&sam, &ann]);
    let owner = |name: &str| (name.to_owned(), "owner".to_owned());
    assert_eq!(roles(&ann), [owner("Ann"), ("Sam".into(), "editor".into())]);
    sam.fails(&["share", LIST, "--role", "viewer"], 4, "refused");
    sam.json(&["leave", LIST]);
    sync_until_quiet(&[&sam, &ann]);
    assert_eq!(sam.json(&["list", "ls"])["items"], json!([]));
    assert_eq!(roles(&ann), [owner("Ann")]);
    assert_eq!(ann.titles(LIST), ["By Sam"]);
    let told = ann.ok(&["activity", "ls", LIST]);
    for said in ["Sam made Ann an owner", "Sam is an editor now", "Sam left"] {
        assert!(told.contains(said), "{told}");
    }
    // What Sam did there is no longer Sam's to take back, which is said once of each action.
    let gone = sam.fails(&["undo"], 4, "refused");
    assert!(
        gone.contains("adding a task cannot be taken back any more"),
        "{gone}"
    );
    assert_eq!(ann.json(&["verify", LIST])["ok"], true);
}

#[test]
fn a_public_link_is_for_readers_and_ends() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, ann) = two(&stage, &relay);
    let made = sam.json(&["publish", LIST]);
    let link = made["link"].as_str().unwrap();
    assert_eq!(sam.json(&["publish", LIST])["link"], link);
    let readers = ["Eve", "Fay"].map(|name| {
        let home = stage.person(name, &relay);
        assert_eq!(home.json(&["join", link])["role"], "viewer");
        home
    });
    sam.ok(&["sync"]);
    let open = sam.json(&["invites", LIST]);
    assert_eq!(open["items"][0]["joined"], 2);
    assert_eq!(open["items"][0]["singleUse"], false);
    assert_eq!(sam.json(&["publish", LIST, "--stop"])["changed"], true);
    sam.ok(&["sync"]);
    for reader in &readers {
        reader.fails(&["join", link], 4, "refused");
    }
    sync_until_quiet(&[&sam, &ann]);
    assert_eq!(roles(&ann).len(), 2);
    // A private one that is taken back before anybody used it.
    let private = sam.share(LIST, "editor");
    let id = sam.json(&["invites", LIST])["items"][0]["id"].clone();
    sam.json(&["invites", LIST, "--revoke", id.as_str().unwrap()]);
    sam.ok(&["sync"]);
    let why = readers[0].fails(&["join", &private], 4, "refused");
    assert!(why.contains("taken back"), "{why}");
}

#[test]
fn an_agent_says_that_it_is_one_and_whose() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, _ann) = two(&stage, &relay);
    let bot = stage.empty("bot");
    let owner = sam.did();
    let me = bot.json(&[
        "init",
        "--name",
        "Bot",
        "--relay",
        relay.url(),
        "--agent",
        "--platform",
        "openclaw",
        "--owner",
        &owner,
    ]);
    assert_eq!(me["isAgent"], true);
    assert_eq!(
        (&me["agentPlatform"], &me["connectedBy"]),
        (&json!("openclaw"), &json!(owner))
    );
    bot.ok(&["join", &sam.share(LIST, "editor")]);
    bot.task(LIST, "By the bot", &[]);
    sync_until_quiet(&[&bot, &sam]);
    let members = sam.json(&["members", LIST]);
    let members = members["items"].as_array().unwrap();
    let it = members
        .iter()
        .find(|member| member["name"] == "Bot")
        .unwrap();
    assert_eq!(
        (&it["isAgent"], &it["agentPlatform"]),
        (&json!(true), &json!("openclaw"))
    );
    assert_eq!(it["invitedBy"], json!(owner));
    assert_eq!(it["devices"].as_array().unwrap().len(), 1);
    assert_eq!(it["devices"][0]["revoked"], false);
    assert!(
        sam.ok(&["members", LIST, "--devices"])
            .contains("agent on openclaw")
    );
    let alone = stage.empty("alone");
    alone.fails(&["init", "--name", "X", "--platform", "p"], 2, "usage");
}
