//! Every command beside tasks, lists and sharing: once for people, once for programs, and what it
//! says when it cannot be.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};
use support::Home;

fn changed() -> Value {
    json!({ "changed": true })
}

#[test]
fn tasks_wait_for_others_and_show_it() {
    let home = Home::with_list();
    let dough = home.task("Dough", &[]);
    let bread = home.task("Bread", &["--blocked-by", &dough, "--aisle", "Bakery"]);
    let list = home.ok(&["task", "list"]);
    assert!(list.contains("[ ] Bread  waits for 1\n"), "{list}");
    let shown = home.ok(&["task", "show", &bread]);
    assert!(
        shown.contains(&format!("waits for  Dough ({dough})\n")),
        "{shown}"
    );
    assert!(shown.contains("aisle      Bakery\n"), "{shown}");
    home.ok(&["task", "complete", &dough]);
    assert!(home.ok(&["task", "list"]).contains("[ ] Bread\n"));
    assert!(home.ok(&["task", "show", &bread]).contains(", done\n"));
    home.ok(&[
        "task",
        "edit",
        &bread,
        "--not-blocked-by",
        &dough,
        "--no-aisle",
    ]);
    let task = home.json(&["task", "show", &bread]);
    assert_eq!((task.get("blockedBy"), task.get("aisle")), (None, None));
    home.fails(
        &["task", "edit", &bread, "--blocked-by", "abcdef"],
        3,
        "not_found",
    );
}

#[test]
fn many_tasks_at_once_are_each_told_and_the_first_failure_counts() {
    let home = Home::with_list();
    let (a, b) = (home.task("A", &["--tag", "#x"]), home.task("B", &[]));
    assert_eq!(
        home.ok(&["task", "complete", &a, &b]),
        format!("{a}  Done: A\n{b}  Done: B\n")
    );
    let run = home.run(&["task", "reopen", &a, "abcdef", "xyz", &b]);
    assert_eq!(run.code, 3, "{run:?}");
    assert_eq!(run.out, format!("{a}  Open again: A\n{b}  Open again: B\n"));
    assert!(
        run.err.contains("`xyz`") && run.err.contains("`abcdef`"),
        "{run:?}"
    );
    let run = home.run(&["task", "delete", &a, "abcdef", &b, "--json"]);
    assert_eq!(run.code, 3, "{run:?}");
    let out: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(out["items"][0]["shortId"], a);
    assert_eq!(out["items"][1]["error"]["code"], "not_found");
    assert_eq!(out["items"][2]["changed"], true);
    assert_eq!(home.titles(&["--deleted"]), ["B", "A"]);
    home.ok(&["task", "restore", &a, &b]);
    assert_eq!(home.titles(&["--tag", "#x"]), ["A"]);
    assert_eq!(home.titles(&["--tag", "x", "--priority", "none"]), ["A"]);
    assert_eq!(home.titles(&["--sort", "title_reversed"]), ["B", "A"]);
    assert_eq!(home.titles(&["--text", "a"]), ["A"]);
}

#[test]
fn comments_are_said_shown_changed_and_taken_back() {
    let home = Home::with_list();
    let id = home.task("Milk", &[]);
    assert_eq!(home.ok(&["comment", "ls", &id]), "Nothing was said yet.\n");
    assert_eq!(
        home.ok(&["comment", "add", &id, "Oat, please"]),
        "Commented on Milk\n"
    );
    let run = home.run_with(&["comment", "add", &id, "-", "--json"], "Two\n\x1b[2J");
    let made: Value = serde_json::from_str(&run.out).unwrap();
    let comments = home.json(&["comment", "ls", &id]);
    assert_eq!(comments["items"][1]["id"], made["comment"]);
    let first = comments["items"][0]["id"].as_str().unwrap();
    let short = &first[first.len() - 6..];
    let shown = home.ok(&["comment", "ls", &id]);
    assert!(
        shown.starts_with(&format!("{short}  Sam · now\n        Oat, please\n")),
        "{shown}"
    );
    assert!(!shown.contains('\x1b'), "{shown}");
    assert!(home.ok(&["task", "show", &id]).contains("Oat, please"));
    assert_eq!(
        home.json(&["comment", "edit", &id, short, "Soy"]),
        changed()
    );
    assert_eq!(
        home.ok(&["comment", "delete", &id, first]),
        "Deleted the comment on Milk\n"
    );
    let message = home.fails(&["comment", "delete", &id, short], 3, "not_found");
    assert!(message.contains("poo comment ls"), "{message}");
    home.fails(&["comment", "add", &id, " "], 2, "usage");
}

#[test]
fn tags_and_aisles_belong_to_a_list() {
    let home = Home::with_list();
    let of = ["--list", "Groceries"];
    let with = |args: &[&'static str]| [args, &of].concat();
    assert!(home.ok(&with(&["tag", "ls"])).starts_with("No tags yet."));
    home.task("Milk", &["--tag", "#cold"]);
    home.ok(&with(&[
        "tag", "edit", "#cold", "--name", "chilled", "--color", "blue",
    ]));
    assert_eq!(home.ok(&with(&["tag", "ls"])), "#chilled  1 task  blue\n");
    assert_eq!(
        home.json(&with(&["tag", "edit", "chilled", "--without-color"])),
        changed()
    );
    home.fails(&with(&["tag", "edit", "chilled"]), 2, "usage");
    assert_eq!(
        home.ok(&with(&["tag", "delete", "#chilled"])),
        "#chilled is off Groceries and all its tasks\n"
    );
    assert_eq!(home.json(&with(&["tag", "ls"])), json!({ "items": [] }));
    let message = home.fails(&with(&["tag", "delete", "nope"]), 3, "not_found");
    assert!(message.contains("poo tag ls"), "{message}");

    assert!(home.ok(&with(&["aisle", "ls"])).starts_with("No aisles"));
    assert_eq!(
        home.ok(&with(&["aisle", "set", "Pets", "dog food", "litter"])),
        "Groceries has the aisle Pets\n"
    );
    assert_eq!(home.ok(&with(&["aisle", "ls"])), "Pets  dog food, litter\n");
    for (title, more) in [
        ("Batteries for Ann", &["--aisle", "Checkout"][..]),
        ("A surprise", &[]),
        ("Dog food", &[]),
        ("Apples", &[]),
    ] {
        home.task(title, more);
    }
    let apples = home.task("Apple pie", &[]);
    home.task("With cream", &["--parent", &apples]);
    let shop = home.json(&with(&["task", "list", "--by", "aisle"]));
    let aisles: Vec<&str> = shop["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stand| stand["aisle"].as_str().unwrap())
        .collect();
    assert_eq!(aisles[..3], ["Checkout", "Pets", "Produce"]);
    assert_eq!(aisles.last(), Some(&"Other"));
    let shown = home.ok(&["list", "show", "Groceries", "--aisles"]);
    assert!(
        shown.contains("\n\nPets\n") && shown.ends_with("[ ] A surprise\n"),
        "{shown}"
    );
    home.ok(&["list", "look", "Groceries", "--view", "aisles"]);
    let shown = home.json(&["list", "show", "Groceries"]);
    assert_eq!(shown["list"]["view"], "aisles");
    assert_eq!(shown["items"][0]["aisle"], "Checkout");
    assert_eq!(home.json(&with(&["aisle", "remove", "pets"])), changed());
    let message = home.fails(&with(&["aisle", "remove", "Pets"]), 3, "not_found");
    assert!(message.contains("poo aisle ls"), "{message}");
    home.fails(&["task", "list", "--by", "aisle"], 2, "usage");
}

#[test]
fn lists_have_a_look_a_place_and_copies() {
    let home = Home::with_list();
    home.task("Milk", &[]);
    for title in ["Home", "Old"] {
        home.ok(&["list", "create", title]);
    }
    assert_eq!(home.ok(&["folder", "ls"]).lines().count(), 1);
    home.ok(&["folder", "create", "Mine"]);
    assert_eq!(
        home.json(&["folder", "rename", "mine", "Private"]),
        changed()
    );
    assert_eq!(
        home.ok(&["list", "move", "Groceries", "--folder", "priv"]),
        "Groceries is in Private now\n"
    );
    assert_eq!(home.ok(&["folder", "ls"]), "Private  1 list\n");
    home.ok(&["list", "favorite", "Home"]);
    home.ok(&["list", "archive", "Old"]);
    home.ok(&["list", "look", "Home", "--icon", "H", "--color", "red"]);
    assert_eq!(
        home.ok(&["list", "ls"]),
        "Favourites\nHome       empty  owner    H\nPrivate\nGroceries  0/1    owner\n"
    );
    assert!(
        home.ok(&["list", "ls", "--all"])
            .ends_with("Out of use\nOld        empty  archived\n")
    );
    assert_eq!(
        home.json(&["list", "ls"])["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    home.ok(&["list", "unarchive", "Old"]);
    home.ok(&["list", "unfavorite", "Home"]);
    home.ok(&["list", "move", "Groceries", "--no-folder"]);
    home.ok(&["list", "sort", "Groceries", "title"]);
    home.task("Apples", &[]);
    home.task("Zucchini", &[]);
    let shown = home.json(&["list", "show", "Groceries"]);
    assert_eq!(shown["items"][0]["title"], "Apples");
    assert_eq!(shown["list"]["sort"], "title");
    assert!(
        home.ok(&["list", "show", "groc"])
            .starts_with("Groceries  0/3  owner  1 member\n")
    );
    assert_eq!(
        home.ok(&["list", "duplicate", "Groceries", "--title", "Next week"]),
        "Made the list Next week from Groceries\n"
    );
    assert_eq!(home.titles(&["--list", "Next"]).len(), 3);
    home.ok(&["folder", "delete", "Private"]);
    for (args, code, kind) in [
        (
            &["list", "move", "Home", "--folder", "Nope"][..],
            3,
            "not_found",
        ),
        (&["folder", "delete", "Nope"], 3, "not_found"),
        (&["list", "sort", "Home", "sideways"], 2, "usage"),
        (&["list", "look", "Home"], 2, "usage"),
        (&["list", "move", "Home"], 2, "usage"),
        (&["list", "show", "Nope"], 3, "not_found"),
    ] {
        home.fails(args, code, kind);
    }
}

#[test]
fn templates_come_with_the_program_and_are_saved() {
    let home = Home::with_list();
    home.task("Milk", &[]);
    assert!(home.ok(&["template", "ls"]).starts_with("Grocery List"));
    assert_eq!(
        home.ok(&["template", "save", "Groceries", "--title", "Weekly shop"]),
        "Saved the template Weekly shop\n"
    );
    assert_eq!(
        home.ok(&["template", "use", "weekly shop"]),
        "Made the list Weekly shop with 1 task\n"
    );
    let made = home.json(&["template", "use", "packing_checklist", "--title", "Trip"]);
    assert!(made["list"].is_string());
    let last = home.json(&["template", "ls"])["items"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(last, 7);
    assert_eq!(home.json(&["template", "delete", "Weekly shop"]), changed());
    let message = home.fails(&["template", "delete", "Grocery List"], 2, "usage");
    assert!(message.contains("comes with the program"), "{message}");
    let message = home.fails(&["template", "use", "Nope"], 3, "not_found");
    assert!(message.contains("poo template ls"), "{message}");
}

#[test]
fn what_was_put_away_and_what_was_done_comes_back() {
    let home = Home::with_list();
    assert_eq!(
        home.ok(&["trash"]),
        "Nothing was deleted in the last 30 days.\n"
    );
    let fresh = Home::sam();
    let message = fresh.fails(&["undo"], 3, "not_found");
    assert!(message.contains("nothing to take back"), "{message}");
    let milk = home.task("Milk", &[]);
    home.ok(&["task", "complete", &milk]);
    assert_eq!(home.ok(&["undo"]), "Taken back: completing a task (Milk)\n");
    assert_eq!(home.titles(&["--status", "open"]), ["Milk"]);
    assert_eq!(home.ok(&["redo"]), "Made again: completing a task (Milk)\n");
    assert_eq!(
        home.json(&["undo"]),
        json!({ "action": "complete_task", "changed": true })
    );
    home.ok(&["redo"]);
    home.fails(&["redo"], 3, "not_found");
    home.ok(&["task", "delete", &milk]);
    home.ok(&["list", "create", "Old"]);
    home.ok(&["list", "delete", "Old"]);
    let trash = home.ok(&["trash"]);
    assert!(trash.contains(&format!("{milk}  [x] Milk\n")), "{trash}");
    assert!(trash.contains("poo task restore ID"), "{trash}");
    assert!(trash.contains("Deleted lists\nOld  "), "{trash}");
    let trash = home.json(&["trash"]);
    assert_eq!(trash["tasks"][0]["title"], "Milk");
    assert_eq!(trash["lists"][0]["title"], "Old");
    let of_list = home.json(&["trash", "--list", "Groceries"]);
    assert_eq!(of_list["lists"], json!([]));
}

#[test]
fn who_did_what_reads_as_sentences() {
    let home = Home::with_list();
    let milk = home.task("Milk", &[]);
    home.ok(&["task", "edit", &milk, "--title", "Oat milk"]);
    home.ok(&["task", "edit", &milk, "--assign", "me"]);
    home.ok(&["comment", "add", &milk, "Two bottles\nof glass"]);
    home.ok(&["task", "complete", &milk]);
    assert_eq!(
        home.ok(&[
            "activity",
            "log",
            "The shop closes at six",
            "--list",
            "groc"
        ]),
        "Noted in Groceries\n"
    );
    assert_eq!(
        home.ok(&["activity", "ls", "Groceries"]),
        "Sam noted: The shop closes at six · now\n\
         Sam completed Oat milk · now\n\
         Sam commented on Oat milk: Two bottles… · now\n\
         Sam gave Oat milk to Sam · now\n\
         Sam renamed Milk to Oat milk · now\n\
         Sam added Oat milk · now\n\
         Sam made the list Groceries · now\n"
    );
    let page = home.json(&["activity", "ls", "Groceries", "--limit", "1"]);
    assert_eq!(page["items"][0]["action"], "note");
    let cursor = page["nextCursor"].as_str().unwrap();
    let next = home.json(&["activity", "ls", "Groceries", "--cursor", cursor]);
    assert_eq!(next["items"][0]["action"], "completed");
    let of_task = home.json(&["activity", "ls", "--task", &milk]);
    assert_eq!(of_task["items"].as_array().unwrap().len(), 5);
    assert!(
        home.ok(&["activity", "ls"])
            .contains(" · in Groceries · now\n")
    );
    home.fails(&["activity", "ls", "--limit", "0"], 2, "usage");
    home.fails(&["activity", "ls", "Nope"], 3, "not_found");
}

#[test]
fn what_other_processes_do_is_followed_line_by_line() {
    let home = Home::with_list();
    home.task("Before", &[]);
    let mut child = home
        .command(&["activity", "ls", "Groceries", "--follow", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // It says nothing when it begins, so tasks are made until one is seen.
    let (tell, told) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let line = lines.next().unwrap().unwrap();
        tell.send(line).unwrap();
    });
    let mut seen = None;
    for _ in 0..100 {
        home.task("After", &[]);
        seen = told
            .recv_timeout(std::time::Duration::from_millis(300))
            .ok();
        if seen.is_some() {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    let row: Value = serde_json::from_str(&seen.unwrap()).unwrap();
    assert_eq!(row["action"], "created");
    assert_eq!(row["taskTitle"], "After");
    assert_eq!(row["actorName"], "Sam");
}

#[test]
fn nothing_is_missed_of_what_comes_at_once() {
    const TASKS: usize = 3_000;
    let home = Home::with_list();
    let mut child = home
        .command(&["activity", "ls", "--follow"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It says when it is ready.
    let mut ready = String::new();
    let mut notes = BufReader::new(child.stderr.take().unwrap());
    notes.read_line(&mut ready).unwrap();
    assert!(ready.starts_with("Waiting"), "{ready}");
    let file = home.file("tasks.md");
    let tasks: String = (0..TASKS).map(|n| format!("- [ ] Task {n}\n")).collect();
    std::fs::write(&file, tasks).unwrap();
    home.ok(&["import", file.to_str().unwrap(), "--list", "Groceries"]);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let seen: BTreeSet<String> = lines
        .take(TASKS)
        .map(|line| {
            let line = line.unwrap();
            let told = line.strip_prefix("Sam added ").unwrap();
            told.split(" · ").next().unwrap().to_owned()
        })
        .collect();
    child.kill().unwrap();
    child.wait().unwrap();
    let all: BTreeSet<String> = (0..TASKS).map(|n| format!("Task {n}")).collect();
    assert_eq!(seen, all);
}

#[test]
fn words_are_found_and_days_are_counted() {
    let home = Home::with_list();
    let milk = home.task("Milk", &["--notes", "from the green dairy"]);
    home.ok(&["list", "create", "Home"]);
    assert_eq!(
        home.ok(&["search", "dair", "green"]),
        format!("{milk}  [ ] Milk  in Groceries\n        from the [green] [dairy]\n")
    );
    assert_eq!(
        home.ok(&["search", "milk"]),
        format!("{milk}  [ ] Milk  in Groceries\n")
    );
    assert_eq!(
        home.json(&["search", "milk"])["items"][0]["excerpt"],
        "[Milk]"
    );
    assert_eq!(
        home.ok(&["search", "milk", "--list", "Home"]),
        "Nothing was found.\n"
    );
    home.fails(&["search", "!!"], 2, "usage");
    assert!(home.ok(&["streak"]).starts_with("No streak now."));
    home.ok(&["task", "complete", &milk]);
    assert!(home.ok(&["streak"]).starts_with("1 day in a row\n"));
    assert_eq!(home.json(&["streak"])["current"], 1);
}

#[test]
fn two_homes_pass_a_list_on_by_files_alone() {
    let (sam, ann) = (Home::with_list(), Home::empty());
    ann.ok(&["init", "--name", "Ann"]);
    ann.ok(&["list", "create", "From Sam"]);
    let water = sam.task("Water", &["--due", "2030-01-07", "--tag", "home"]);
    sam.task("The fern", &["--parent", &water]);
    let text = sam.ok(&["export", "Groceries", "--format", "json"]);
    let file = ann.file("list.json");
    std::fs::write(&file, text).unwrap();
    ann.ok(&["import", file.to_str().unwrap(), "--list", "From Sam"]);
    let list = ann.ok(&["task", "list"]);
    assert!(
        list.contains("[ ] Water  2030-01-07  #home  0/1\n"),
        "{list}"
    );
    assert_eq!(ann.titles(&[]), sam.titles(&[]));
    assert!(ann.ok(&["activity", "ls"]).contains("Ann added Water"));
}

#[test]
fn completions_and_help_know_every_command() {
    let home = Home::empty();
    let help = home.ok(&["--help"]);
    for shell in ["bash", "zsh", "fish"] {
        let script = home.ok(&["completions", shell]);
        for command in [
            "add", "comment", "tag", "aisle", "folder", "template", "trash", "undo", "redo",
            "today", "upcoming", "focus", "calendar", "search", "streak", "activity", "settings",
        ] {
            assert!(script.contains(command), "{shell}: {command}");
            assert!(
                help.contains(&format!("\n  {command} ")),
                "{command}: {help}"
            );
        }
    }
    assert!(help.contains("\nYour days:\n"), "{help}");
}

#[test]
fn nothing_is_coloured_where_no_colour_is_wanted() {
    let home = Home::with_list();
    let id = home.task("Milk", &["--priority", "high", "--due", "2020-01-01"]);
    home.ok(&["comment", "add", &id, "Oat"]);
    for args in [
        &["today"][..],
        &["focus"],
        &["calendar"],
        &["search", "milk"],
        &["activity", "ls"],
        &["list", "ls"],
        &["comment", "ls", &id],
        &["add", "Eggs !high", "--dry-run"],
    ] {
        let coloured = |settings: &[(&str, &str)]| {
            let mut command = home.command(args);
            command.envs(settings.iter().copied());
            support::run(command, "").out.contains('\x1b')
        };
        let force = ("CLICOLOR_FORCE", "1");
        assert!(coloured(&[force]), "{args:?}");
        assert!(!coloured(&[force, ("NO_COLOR", "1")]), "{args:?}");
    }
}
