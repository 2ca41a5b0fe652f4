//! Homes that are damaged, exposed, copied, of another version or of another device: each is
//! named, and nothing in them is lost.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use support::{Home, copy};

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Under how many actors this device has written into lists.
fn actors(home: &Home) -> i64 {
    let conn = Connection::open(home.file("poo.db")).unwrap();
    conn.query_row(
        "SELECT count(*) FROM actor JOIN document ON document.id = actor.doc
         WHERE actor.device IS NOT NULL AND document.kind = 'list'",
        [],
        |row| row.get(0),
    )
    .unwrap()
}

#[test]
fn a_home_is_for_its_owner_only() {
    let home = Home::with_list();
    assert_eq!(mode(&home.path()), 0o700);
    for name in ["keys", "poo.db"] {
        assert_eq!(mode(&home.file(name)), 0o600, "{name}");
    }
    set_mode(&home.file("keys"), 0o644);
    let message = home.fails(&["list", "ls"], 1, "failed");
    assert!(message.contains("chmod 600"), "{message}");
    set_mode(&home.file("keys"), 0o600);
    home.ok(&["list", "ls"]);
}

#[test]
fn damaged_keys_are_named_and_kept() {
    let home = Home::with_list();
    let good = fs::read_to_string(home.file("keys")).unwrap();
    for bad in [
        "",
        "garbage",
        &good.replace("device ", "device 2"),
        &good[..60],
    ] {
        fs::write(home.file("keys"), bad).unwrap();
        for args in [
            &["list", "ls"][..],
            &["list", "create", "X"],
            &["init", "--name", "Sam"],
        ] {
            let message = home.fails(args, 1, "damaged");
            assert!(message.contains("recovery phrase"), "{message}");
        }
        assert_eq!(fs::read_to_string(home.file("keys")).unwrap(), bad);
    }
    fs::remove_file(home.file("keys")).unwrap();
    for args in [&["list", "ls"][..], &["init", "--name", "Sam"]] {
        let message = home.fails(args, 6, "conflict");
        assert!(message.contains("put the `keys` file back"), "{message}");
    }
    fs::write(home.file("keys"), good).unwrap();
    set_mode(&home.file("keys"), 0o600);
    home.ok(&["list", "ls"]);
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let home = Home::with_list();
    let conn = Connection::open(home.file("poo.db")).unwrap();
    let version: i64 = conn
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    conn.pragma_update(None, "user_version", 999).unwrap();
    drop(conn);
    for args in [
        &["list", "ls"][..],
        &["list", "create", "X"],
        &["doctor", "--repair"],
    ] {
        let message = home.fails(args, 1, "failed");
        assert!(message.contains("update the program"), "{message}");
    }
    let conn = Connection::open(home.file("poo.db")).unwrap();
    conn.pragma_update(None, "user_version", version).unwrap();
    drop(conn);
    home.ok(&["verify", "Groceries"]);
}

#[test]
fn a_database_of_another_device_is_refused() {
    let (sam, ann) = (Home::with_list(), Home::sam());
    fs::copy(sam.file("poo.db"), ann.file("poo.db")).unwrap();
    let message = ann.fails(&["list", "ls"], 6, "conflict");
    assert!(message.contains("another device"), "{message}");
}

#[test]
fn a_damaged_database_is_named_and_doctor_tells_what_to_do() {
    let home = Home::with_list();
    for at in 0..50 {
        home.task(&format!("Task {at}"), &["--notes", &"x".repeat(2000)]);
    }
    let good = fs::read(home.file("poo.db")).unwrap();
    for damage in [
        Vec::new(),
        good[..50].to_vec(),
        good[..good.len() / 2].to_vec(),
        b"milk, eggs, flour\n".repeat(1000),
    ] {
        fs::write(home.file("poo.db"), &damage).unwrap();
        let run = home.run(&["task", "create", "X", "--list", "Groceries"]);
        assert_ne!(run.code, 0, "{run:?}");
        assert!(run.err.contains("poo doctor"), "{run:?}");
        let run = home.run(&["doctor"]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.out.starts_with("Not all is well"), "{run:?}");
        let run = home.run(&["doctor", "--json"]);
        let health: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!((run.code, &health["ok"]), (1, &false.into()), "{run:?}");
        assert!(!health["problems"].as_array().unwrap().is_empty());
        // Without a relay there is nothing to repair from, and what is left stays.
        let run = home.run(&["doctor", "--repair"]);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.err.contains("--relay URL"), "{run:?}");
        let args = [
            "doctor",
            "--repair",
            "--relay",
            "ws://127.0.0.1:1",
            "--name",
            "Sam",
        ];
        let run = home.run(&args);
        assert_eq!(run.code, 5, "{run:?}");
        assert!(fs::read(home.file("poo.db")).unwrap().starts_with(&damage));
        assert!(!home.file("poo.db.new").exists());
    }
    fs::write(home.file("poo.db"), &good).unwrap();
    assert_eq!(home.titles(&[]).len(), 50);
    home.ok(&["doctor"]);
}

#[test]
fn what_is_shown_is_made_again_from_the_log() {
    let home = Home::with_list();
    home.task("Milk", &[]);
    let conn = Connection::open(home.file("poo.db")).unwrap();
    conn.execute("UPDATE item SET title = 'Poison'", [])
        .unwrap();
    drop(conn);
    assert_eq!(home.titles(&[]), ["Poison"]);
    let run = home.run(&["verify", "Groceries"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.out.contains("not everything holds"), "{run:?}");
    let run = home.run(&["doctor"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.out.contains("poo doctor --rebuild"), "{run:?}");
    home.ok(&["doctor", "--rebuild"]);
    assert_eq!(home.titles(&[]), ["Milk"]);
    home.ok(&["verify", "Groceries"]);
}

#[test]
fn a_missing_database_is_not_taken_for_an_empty_one() {
    let home = Home::with_list();
    fs::rename(home.file("poo.db"), home.file("moved")).unwrap();
    for args in [&["list", "ls"][..], &["list", "create", "X"]] {
        let message = home.fails(args, 1, "damaged");
        assert!(message.contains("missing or empty"), "{message}");
    }
    assert!(!home.file("poo.db").exists());
    fs::rename(home.file("moved"), home.file("poo.db")).unwrap();
    home.ok(&["verify", "Groceries"]);
}

#[test]
fn a_copied_or_restored_home_goes_on_under_a_fresh_actor() {
    let home = Home::with_list();
    home.task("Milk", &[]);
    assert_eq!(actors(&home), 1, "one actor across runs");

    let twin = Home::empty();
    copy(&home.path(), &twin.path());
    twin.task("In the copy", &[]);
    assert_eq!(actors(&twin), 2);
    twin.task("Again", &[]);
    assert_eq!(actors(&twin), 2, "fresh once, not each time");
    twin.ok(&["verify", "Groceries"]);
    home.task("In the first", &[]);
    assert_eq!(actors(&home), 1, "the first goes on as it was");

    // An older database put back from a backup, in place.
    let old = fs::read(home.file("poo.db")).unwrap();
    home.task("After the backup", &[]);
    fs::write(home.file("poo.db"), old).unwrap();
    home.task("After the restore", &[]);
    assert_eq!(actors(&home), 2);

    // A mark that was lost or damaged.
    fs::write(home.file("instance"), "nonsense").unwrap();
    home.task("Without a mark", &[]);
    assert_eq!(actors(&home), 3);
    home.ok(&["verify", "Groceries"]);
    assert_eq!(home.titles(&[]).len(), 4);
}

#[test]
fn an_init_that_was_cut_short_is_completed() {
    let home = Home::sam();
    let did = home.json(&["whoami"])["did"].clone();
    for name in ["poo.db", "instance"] {
        fs::remove_file(home.file(name)).unwrap();
    }
    home.ok(&["init", "--name", "Sam"]);
    assert_eq!(home.json(&["whoami"])["did"], did);
    home.ok(&["list", "create", "Groceries"]);
}

#[test]
fn a_home_that_cannot_be_written_is_named_and_kept() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    use std::os::unix::process::CommandExt as _;

    const NOBODY: u32 = 65_534;
    let home = Home::with_list();
    home.task("Milk", &[]);
    let i_am_root = fs::metadata(home.path()).unwrap().uid() == 0;
    if i_am_root {
        // Nothing is read-only for root.
        set_mode(home.path().parent().unwrap(), 0o755);
        chown(home.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        for entry in fs::read_dir(home.path()).unwrap() {
            chown(entry.unwrap().path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    let run = |args: &[&str]| {
        let mut command = home.command(args);
        if i_am_root {
            command.uid(NOBODY);
        }
        support::run(command, "")
    };
    for entry in fs::read_dir(home.path()).unwrap() {
        set_mode(&entry.unwrap().path(), 0o400);
    }
    set_mode(&home.path(), 0o500);
    let runs = [
        run(&["task", "list"]),
        run(&["task", "create", "X", "--list", "Groceries"]),
    ];
    set_mode(&home.path(), 0o700);
    for run in runs {
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.err.contains("that it can be written"), "{run:?}");
    }
    for entry in fs::read_dir(home.path()).unwrap() {
        set_mode(&entry.unwrap().path(), 0o600);
    }
    let after = run(&["task", "list"]);
    assert!(after.out.contains("Milk"), "{after:?}");
}

#[test]
fn homes_are_where_they_are_said_to_be() {
    let root = tempfile::tempdir().unwrap();
    let place = |settings: &[(&str, &Path)], args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_poo"));
        command
            .env_clear()
            .envs(settings.iter().copied())
            .args(args);
        support::run(command, "")
    };
    let path = |name: &str| root.path().join(name);
    let init = ["init", "--name", "Sam"];
    let (user, data, own) = (path("user"), path("data"), path("own"));
    place(&[("HOME", &user)], &init);
    assert!(user.join(".local/share/poo/keys").exists());
    place(&[("HOME", &user), ("XDG_DATA_HOME", &data)], &init);
    assert!(data.join("poo/keys").exists());
    place(
        &[("HOME", &user), ("XDG_DATA_HOME", Path::new("relative"))],
        &["whoami"],
    );
    place(&[("HOME", &user), ("POO_HOME", &own)], &init);
    assert!(own.join("keys").exists());
    let given = path("given");
    let mut args = init.to_vec();
    args.extend(["--home", given.to_str().unwrap()]);
    place(&[("POO_HOME", &own)], &args);
    assert!(given.join("keys").exists());

    let blocked = path("file");
    fs::write(&blocked, "").unwrap();
    let run = place(&[("POO_HOME", &blocked.join("home"))], &init);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.err.contains("cannot access"), "{run:?}");
}
