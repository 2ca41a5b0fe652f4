//! Each failure has its exit code, says what happened and what to do next, in words and as JSON,
//! and changes nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use poo_core::identity::{Did, Keypair};
use poo_core::replica::Replica;
use support::Home;

/// Lets a home know a relay that nobody can reach, as after a first sync.
fn pin_relay(home: &Home) {
    let keys = poo_core::identity::KeyFile::at(home.file("keys"));
    let keys = keys.load().unwrap().into();
    let mut replica = Replica::open(&home.file("poo.db"), keys).unwrap();
    let relay = Did::from_key(Keypair::from_seed(&[9; 32]).public());
    replica.set_relay("ws://127.0.0.1:1", Some(relay)).unwrap();
}

#[test]
fn without_an_identity_every_command_says_how_to_get_one() {
    let home = Home::empty();
    for args in [
        &["whoami"][..],
        &["list", "ls"],
        &["list", "create", "X"],
        &["task", "list"],
        &["sync"],
        &["relay", "wss://x.example"],
        &["device", "ls"],
        &["device", "link"],
        &["share", "X", "--role", "editor"],
        &["members", "X"],
        &["revoke", "X", "Ann"],
        &["verify", "X"],
        &["export", "X", "--format", "json"],
        &["doctor"],
        &["doctor", "--repair"],
    ] {
        let message = home.fails(args, 1, "no_identity");
        assert!(message.contains("poo init --name NAME"), "{message}");
    }
    assert!(!home.path().exists(), "looking makes nothing");
}

#[test]
fn wrong_words_are_usage() {
    let home = Home::with_list();
    let task = home.task("Milk", &[]);
    for args in [
        &["nonsense"][..],
        &["list", "create"],
        &["list", "create", ""],
        &["list", "create", "two\nlines"],
        &[
            "task",
            "create",
            "X",
            "--list",
            "Groceries",
            "--priority",
            "urgent",
        ],
        &[
            "task",
            "create",
            "X",
            "--list",
            "Groceries",
            "--due",
            "tomorrow-ish",
        ],
        &[
            "task",
            "create",
            "X",
            "--list",
            "Groceries",
            "--due",
            "2026-11-23T09:00",
        ],
        &["task", "create", "X"],
        &["task", "edit", &task],
        &[
            "task",
            "edit",
            &task,
            "--url",
            "https://x.example",
            "--no-url",
        ],
        &["task", "edit", &task, "--due", "2026-11-23", "--no-due"],
        &["task", "move", &task],
        &["task", "move", &task, "--top", "--parent", &task],
        &["task", "move", &task, "--parent", &task],
        &["task", "show", "xyz"],
        &["task", "show", "abc"],
        &["task", "list", "--limit", "0"],
        &["task", "list", "--limit", "many"],
        &["task", "list", "--cursor", "x"],
        &["share", "Groceries", "--role", "owner"],
        &[
            "share",
            "Groceries",
            "--role",
            "editor",
            "--expires",
            "soon",
        ],
        &["relay", "relay.example.org"],
        &["relay", "ws://relay.example.org"],
        &["export", "Groceries", "--format", "pdf"],
        &["completions", "cmd"],
        &["device", "revoke", ""],
    ] {
        home.fails(args, 2, "usage");
    }
    let empty = Home::empty();
    for name in ["", "   ", "two\nlines", &"x".repeat(101)] {
        empty.fails(&["init", "--name", name], 2, "usage");
    }
    assert!(!empty.path().exists());
    assert_eq!(home.titles(&[]), ["Milk"]);
}

#[test]
fn unknown_things_are_not_found() {
    let home = Home::with_list();
    for (args, hint) in [
        (&["list", "rename", "Nope", "X"][..], "poo list ls --all"),
        (&["task", "list", "--list", "Nope"], "poo list ls --all"),
        (
            &["task", "create", "X", "--list", "Nope"],
            "poo list ls --all",
        ),
        (&["task", "show", "abcdef"], "poo task list"),
        (
            &["task", "complete", "0192f0c1-2d3e-7f00-8a9b-0c1d2e3f4a5b"],
            "poo task list",
        ),
        (
            &["task", "delete", "abcdef", "--list", "Groceries"],
            "poo task list",
        ),
        (&["revoke", "Groceries", "Ann"], "poo members"),
        (&["device", "revoke", "phone"], "poo device ls"),
        (&["verify", "Nope"], "poo list ls --all"),
        (&["members", "Nope"], "poo list ls --all"),
        (&["export", "Nope", "--format", "json"], "poo list ls --all"),
    ] {
        let message = home.fails(args, 3, "not_found");
        assert!(message.contains(hint), "{args:?}: {message}");
    }
}

#[test]
fn what_can_mean_several_things_lists_them() {
    let home = Home::with_list();
    home.ok(&["list", "create", "Groceries for May"]);
    home.ok(&["list", "create", "Grow"]);
    home.ok(&["list", "ls"]);
    let message = home.fails(&["task", "list", "--list", "gro"], 6, "ambiguous");
    for title in ["Groceries (", "Groceries for May (", "Grow ("] {
        assert!(message.contains(title), "{message}");
    }
    assert_eq!(
        home.ok(&["task", "list", "--list", "groceries"]),
        "Nothing here.\n"
    );
}

#[test]
fn a_home_holds_one_identity() {
    let home = Home::with_list();
    let message = home.fails(&["init", "--name", "Ann"], 6, "conflict");
    assert!(
        message.contains("(Sam)") && message.contains("--home"),
        "{message}"
    );
    assert_eq!(home.json(&["whoami"])["name"], "Sam");
}

#[test]
fn a_wrong_phrase_is_named_and_nothing_is_made() {
    let home = Home::empty();
    let good = "abandon ".repeat(23);
    for (words, says) in [
        ("abandon abandon", "24 words"),
        (&format!("{good}poo"), "word 24"),
        (&format!("{good}zoo"), "do not fit together"),
        ("", "24 words"),
    ] {
        let run = home.run_with(&["init", "--name", "Sam", "--restore"], words);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.err.contains(says), "{run:?}");
    }
    assert!(!home.path().exists());
    let run = home.run_with(
        &["init", "--name", "Sam", "--restore"],
        &format!("{good}art"),
    );
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn broken_and_misplaced_links_are_told_apart() {
    let home = Home::with_list();
    pin_relay(&home);
    let link = home.json(&["share", "Groceries", "--role", "viewer", "--expires", "1h"]);
    let link = link["link"].as_str().unwrap();
    for (bad, says) in [
        (&link[..link.len() - 4], "damaged"),
        ("https://example.org", "no invite or device link"),
        ("", "no invite or device link"),
    ] {
        let message = home.fails(&["join", bad], 2, "usage");
        assert!(message.contains(says), "{message}");
        let message = Home::empty().fails(&["device", "join", bad, "--name", "phone"], 2, "usage");
        assert!(message.contains(says), "{message}");
    }
    let other = Home::empty();
    let message = other.fails(&["device", "join", link, "--name", "phone"], 2, "usage");
    assert!(message.contains("poo join LINK"), "{message}");
    other.fails(&["join", link], 1, "no_identity");
}

#[test]
fn a_relay_that_is_needed_and_not_known_is_asked_for() {
    let home = Home::with_list();
    let message = home.fails(&["sync"], 1, "no_relay");
    assert!(message.contains("poo relay URL"), "{message}");
    home.ok(&["relay", "ws://127.0.0.1:1"]);
    for args in [
        &["share", "Groceries", "--role", "editor"][..],
        &["device", "link"],
    ] {
        // Its link names the relay, so the relay has to be met first.
        home.fails(args, 5, "offline");
    }
}

#[test]
fn a_relay_that_is_down_is_offline_and_nothing_is_lost() {
    let home = Home::with_list();
    pin_relay(&home);
    home.task("Milk", &[]);
    let message = home.fails(&["sync"], 5, "offline");
    assert!(message.contains("your changes are kept"), "{message}");

    // An invite is good all the same, once this device has synced.
    let run = home.run(&["share", "Groceries", "--role", "editor"]);
    assert_eq!(run.code, 0, "{run:?}");
    let lines: Vec<&str> = run.out.lines().collect();
    assert!(
        lines[0].contains("history from before they joined"),
        "{run:?}"
    );
    assert!(lines[1].starts_with("http://127.0.0.1:1/join#"), "{run:?}");
    assert!(!lines[1].contains(' '));
    assert!(run.err.contains("once this device has synced"), "{run:?}");
    let invites = home.ok(&["members", "Groceries"]);
    assert!(invites.contains("An open invite as editor"), "{invites}");

    let ann = Home::empty();
    ann.ok(&["init", "--name", "Ann"]);
    ann.fails(&["join", lines[1]], 5, "offline");
    assert_eq!(home.titles(&[]), ["Milk"]);
}

#[test]
fn what_cannot_prove_who_it_is_is_neither_offline_nor_tried_again() {
    let home = Home::sam();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let keys = poo_core::identity::KeyFile::at(home.file("keys"));
    let keys = keys.load().unwrap().into();
    let mut replica = Replica::open(&home.file("poo.db"), keys).unwrap();
    replica
        .set_relay(&format!("wss://{address}"), None)
        .unwrap();
    drop(replica);
    // Something answers, and it is no relay with a certificate.
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for mut stream in listener.incoming().flatten() {
            let said = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            let read = stream.read_to_end(&mut Vec::new());
            drop((said, read));
        }
    });
    let message = home.fails(&["sync"], 7, "untrusted");
    assert!(message.contains("certificate"), "{message}");
    let run = home.run(&["sync", "--watch"]);
    assert_eq!(run.code, 7, "{run:?}");
}

#[test]
fn a_device_that_could_not_join_leaves_an_empty_home() {
    let home = Home::sam();
    pin_relay(&home);
    let mut command = home.command(&["device", "link", "--json"]);
    command.stdin(std::process::Stdio::null());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let made: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let link = made["link"].as_str().unwrap();
    assert!(link.starts_with("http://127.0.0.1:1/link#"));

    let phone = Home::empty();
    phone.fails(&["device", "join", link, "--name", "phone"], 5, "offline");
    assert!(!phone.file("keys").exists());
    assert!(!phone.file("poo.db").exists());
    phone.fails(&["whoami"], 1, "no_identity");
    let message = home.fails(&["join", link], 2, "usage");
    assert!(message.contains("poo device join"), "{message}");
    home.fails(&["device", "join", link, "--name", "phone"], 6, "conflict");
}

#[test]
fn what_the_owner_must_not_do_is_refused() {
    let home = Home::with_list();
    for args in [&["revoke", "Groceries", "Sam"][..], &["leave", "Groceries"]] {
        let message = home.fails(args, 4, "refused");
        assert!(message.contains("poo transfer"), "{message}");
    }
    home.fails(&["transfer", "Groceries", "Sam"], 2, "usage");
    home.fails(&["role", "Groceries", "Sam", "viewer"], 4, "refused");
    home.fails(
        &["invites", "Groceries", "--revoke", "ffff"],
        3,
        "not_found",
    );
}
