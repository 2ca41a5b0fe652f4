//! Everything that needs no relay works offline, and reads well for people and for programs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::json;
use support::Home;

#[test]
fn an_identity_is_made_shown_and_restored() {
    let home = Home::empty();
    assert_eq!(
        home.ok(&["init", "--name", "Sam"]),
        "Sam is ready on this device.\n\
         Keep your recovery phrase on paper: poo whoami --phrase\n\
         Make a first list: poo list create \"Groceries\"\n"
    );
    let me = home.json(&["whoami"]);
    assert_eq!(me["name"], "Sam");
    assert_eq!(me["holdsIdentity"], true);
    assert_eq!(me.get("phrase"), None);
    let did = me["did"].as_str().unwrap();
    let human = home.ok(&["whoami"]);
    assert!(
        human.starts_with("name    Sam\n") && human.contains(did),
        "{human}"
    );

    let run = home.run(&["whoami", "--phrase"]);
    assert!(run.err.contains("can act as you"), "{run:?}");
    let phrase = run.out.lines().last().unwrap();
    assert_eq!(phrase.split(' ').count(), 24);
    assert_eq!(home.json(&["whoami", "--phrase"])["phrase"], phrase);

    let other = Home::empty();
    let run = other.run_with(&["init", "--name", "Sam", "--restore", "--json"], phrase);
    assert_eq!(run.code, 0, "{run:?}");
    let restored = other.json(&["whoami"]);
    assert_eq!(restored["did"], did);
    assert_ne!(restored["device"], me["device"]);
}

#[test]
fn lists_are_made_named_renamed_and_put_away() {
    let home = Home::sam();
    assert!(home.ok(&["list", "ls"]).starts_with("No lists yet."));
    assert_eq!(
        home.ok(&["list", "create", " Groceries "]),
        "Made the list Groceries\n"
    );
    let made = home.json(&["list", "create", "Work"]);
    let id = made["list"].as_str().unwrap();
    assert_eq!(made, json!({ "list": id }));
    assert_eq!(
        home.ok(&["list", "ls"]),
        "Groceries  empty  owner\nWork       empty  owner\n"
    );
    assert_eq!(
        home.ok(&["list", "rename", "wo", "Office"]),
        "Work is now called Office\n"
    );
    assert_eq!(
        home.json(&["list", "rename", id, "Office"]),
        json!({ "changed": false })
    );
    let deleted = home.ok(&["list", "delete", "office"]);
    assert_eq!(
        deleted,
        format!("Deleted Office\nBring it back with: poo list restore {id}\n")
    );
    assert_eq!(
        home.json(&["list", "ls"])["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let all = home.json(&["list", "ls", "--all"]);
    assert_eq!(all["items"][1]["title"], "Office");
    assert!(all["items"][1]["deletedAt"].is_string());
    assert!(
        home.ok(&["list", "ls", "--all"])
            .contains("Office     empty  deleted\n")
    );
    assert_eq!(home.ok(&["list", "restore", "Office"]), "Office is back\n");
    assert_eq!(
        home.json(&["list", "delete", "Office"]),
        json!({ "changed": true })
    );
    assert_eq!(
        home.json(&["list", "restore", id]),
        json!({ "changed": true })
    );
}

#[test]
fn a_task_has_all_that_was_said_and_edits_change_only_what_they_name() {
    let home = Home::with_list();
    let run = home.run_with(
        &[
            "task",
            "create",
            "Milk",
            "--list",
            "groc",
            "--priority",
            "high",
            "--due",
            "2030-11-23",
            "--url",
            "https://example.org/milk",
            "--tag",
            "shop",
            "--tag",
            "cold",
            "--notes",
            "-",
            "--json",
        ],
        "two bottles\n\x1b[31mof glass",
    );
    assert_eq!(run.code, 0, "{run:?}");
    let id = serde_json::from_str::<serde_json::Value>(&run.out).unwrap()["task"]
        .as_str()
        .unwrap()
        .to_owned();
    let short = &id[id.len() - 6..];
    let task = home.json(&["task", "show", short]);
    assert_eq!(task["id"], id);
    assert_eq!(task["shortId"], short);
    assert_eq!(task["notes"], "two bottles\n\x1b[31mof glass");
    assert_eq!(task["tags"], json!(["cold", "shop"]));
    assert_eq!(
        home.ok(&["task", "list"]),
        format!("Groceries\n{short}  [ ] Milk  2030-11-23  high  #cold  #shop\n")
    );
    let shown = home.ok(&["task", "show", &id, "--list", "Groceries"]);
    assert!(
        shown.starts_with(&format!("Milk\nid        {id}\nlist      Groceries\n")),
        "{shown}"
    );
    assert!(shown.contains(" by Sam\n"), "{shown}");
    assert!(!shown.contains("did:key"), "people read names: {shown}");
    assert!(
        shown.contains("\nhttps://example.org/milk\n"),
        "a link stands alone: {shown}"
    );
    assert!(
        shown.ends_with("\ntwo bottles\n\u{fffd}[31mof glass\n"),
        "notes cannot command the terminal: {shown}"
    );

    assert_eq!(
        home.ok(&[
            "task",
            "edit",
            short,
            "--title",
            "Oat milk",
            "--status",
            "in-progress"
        ]),
        format!("{short}  Changed: Milk\n")
    );
    home.ok(&[
        "task", "edit", short, "--no-url", "--no-due", "--untag", "cold", "--tag", "vegan",
    ]);
    let task = home.json(&["task", "show", short]);
    assert_eq!(task["title"], "Oat milk");
    assert_eq!(task["status"], "in_progress");
    assert_eq!(task["priority"], "high");
    assert_eq!((&task["url"], &task["due"]), (&json!(null), &json!(null)));
    assert_eq!(task["tags"], json!(["shop", "vegan"]));
    assert_eq!(
        home.ok(&["task", "edit", short, "--priority", "high"]),
        format!("{short}  As it was: Oat milk\n")
    );
    assert_eq!(
        home.json(&["task", "edit", short, "--notes", "-", "--priority", "low"]),
        json!({ "changed": true })
    );
    assert_eq!(home.json(&["task", "show", short])["notes"], "");
}

#[test]
fn tasks_are_done_and_undone_and_put_into_the_trash_with_what_is_below() {
    let home = Home::with_list();
    let milk = home.task("Milk", &[]);
    home.task("Oat", &["--parent", &milk]);
    assert_eq!(
        home.ok(&["task", "complete", &milk]),
        format!("{milk}  Done: Milk\n")
    );
    assert_eq!(
        home.json(&["task", "complete", &milk]),
        json!({ "changed": false })
    );
    assert_eq!(home.titles(&["--status", "done"]), ["Milk"]);
    assert_eq!(
        home.titles(&["--status", "open", "--list", "Groceries"]),
        ["Oat"]
    );
    assert!(home.ok(&["list", "ls"]).contains("1/2"));
    assert_eq!(
        home.ok(&["task", "reopen", &milk]),
        format!("{milk}  Open again: Milk\n")
    );
    assert_eq!(
        home.ok(&["task", "delete", &milk]),
        format!("{milk}  In the trash: Milk\n")
    );
    assert_eq!(home.ok(&["task", "list"]), "Nothing here.\n");
    assert_eq!(home.titles(&["--deleted"]), ["Milk", "Oat"]);
    assert_eq!(
        home.ok(&["task", "restore", &milk]),
        format!("{milk}  Back: Milk\n")
    );
    assert_eq!(home.titles(&[]), ["Milk", "Oat"]);
}

#[test]
fn tasks_move_and_stand_as_a_tree() {
    let home = Home::with_list();
    let (c, b, a) = (
        home.task("C", &[]),
        home.task("B", &[]),
        home.task("A", &[]),
    );
    assert_eq!(home.titles(&[]), ["A", "B", "C"], "new ones go on top");
    home.ok(&["task", "move", &a, "--after", &c]);
    assert_eq!(home.titles(&[]), ["B", "C", "A"]);
    home.ok(&["task", "move", &a, "--before", &c]);
    assert_eq!(home.titles(&[]), ["B", "A", "C"]);
    assert_eq!(
        home.ok(&["task", "move", &a, "--parent", &b]),
        format!("{a}  Moved: A\n")
    );
    home.ok(&["task", "move", &c, "--parent", &a]);
    assert_eq!(
        home.ok(&["task", "list"]),
        format!("Groceries\n{b}  [ ] B  0/1\n{a}    [ ] A  0/1\n{c}      [ ] C\n")
    );
    assert!(
        home.ok(&["task", "show", &a])
            .contains(&format!("part of   B ({b})"))
    );
    assert_eq!(
        home.json(&["task", "move", &c, "--top"]),
        json!({ "changed": true })
    );
    assert_eq!(home.titles(&[]), ["C", "B", "A"]);
}

#[test]
fn long_lists_come_in_pages() {
    let home = Home::with_list();
    for title in ["3", "2", "1"] {
        home.task(title, &[]);
    }
    let page = home.json(&["task", "list", "--limit", "2"]);
    let cursor = page["nextCursor"].as_str().unwrap();
    let human = home.ok(&["task", "list", "--limit", "2"]);
    assert!(
        human.ends_with(&format!("\nThere are more: --cursor {cursor}\n")),
        "{human}"
    );
    assert_eq!(home.titles(&["--limit", "2", "--cursor", cursor]), ["3"]);
}

#[test]
fn members_devices_authors_and_health_are_shown_by_name() {
    let home = Home::with_list();
    home.task("Milk", &[]);
    assert_eq!(home.ok(&["members", "Groceries"]), "Sam  owner  you\n");
    assert_eq!(
        home.json(&["members", "Groceries"])["items"][0]["role"],
        "owner"
    );
    assert!(home.ok(&["device", "ls"]).ends_with("  this device\n"));
    assert_eq!(home.json(&["device", "ls"])["items"][0]["this"], true);
    assert_eq!(
        home.ok(&["verify", "Groceries"]),
        "Groceries  everything holds  2 changes, 3 statements\nSam  2 changes  signed\n"
    );
    assert_eq!(home.json(&["verify", "Groceries"])["ok"], true);
    let health = home.ok(&["doctor"]);
    assert!(health.starts_with("All is well  2 documents, "), "{health}");
    assert!(
        health.contains("2 changes to send with the next `poo sync`"),
        "{health}"
    );
    assert_eq!(home.json(&["doctor"])["ok"], true);
    assert_eq!(home.json(&["doctor", "--rebuild"])["ok"], true);
    assert_eq!(
        home.json(&["doctor", "--repair"])["ok"],
        true,
        "nothing to repair"
    );
    assert_eq!(home.titles(&[]), ["Milk"]);
}

#[test]
fn a_relay_is_set_without_asking_it() {
    let home = Home::sam();
    assert_eq!(
        home.ok(&["relay", "http://127.0.0.1:8787/"]),
        "The relay is set. Exchange changes with it: poo sync\nws://127.0.0.1:8787\n"
    );
    assert_eq!(home.json(&["whoami"])["relay"], "ws://127.0.0.1:8787");
    assert_eq!(
        home.json(&["relay", "wss://relay.example.org"])["relay"],
        "wss://relay.example.org"
    );
    let other = Home::empty();
    let made = other.json(&["init", "--name", "Ann", "--relay", "ws://localhost:1"]);
    assert_eq!(made["relay"], "ws://localhost:1");
}

#[test]
fn completions_and_help_need_no_home() {
    let home = Home::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(home.ok(&["completions", shell]).contains("poo"), "{shell}");
        assert!(home.json(&["completions", shell]).is_string());
    }
    assert!(home.ok(&["--help"]).contains("whoami"));
    assert!(home.ok(&["task", "edit", "--help"]).contains("--no-due"));
    assert!(home.ok(&["--version"]).starts_with("poo 0."));
    assert!(!home.path().exists());
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let home = Home::with_list();
    home.task("Milk", &["--priority", "high"]);
    let coloured = |settings: &[(&str, &str)], args: &[&str]| {
        let mut command = home.command(args);
        command.envs(settings.iter().copied());
        support::run(command, "").out.contains('\u{1b}')
    };
    let force = ("CLICOLOR_FORCE", "1");
    assert!(
        !coloured(&[], &["task", "list"]),
        "stdout is no terminal here"
    );
    assert!(coloured(&[force], &["task", "list"]));
    assert!(!coloured(&[force], &["task", "list", "--no-color"]));
    assert!(!coloured(&[force, ("NO_COLOR", "1")], &["task", "list"]));
    assert!(!coloured(&[force], &["task", "list", "--json"]));
}
