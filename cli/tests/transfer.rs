//! Lists come in from files and go out as files, and nothing is dropped on the way.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use support::Home;

const MARKDOWN: &str = "\
# Weekend

- [ ] Paint the shed !high due:2026-11-23 #home
  - [x] Buy paint
  - [ ] Buy a brush
- [ ] Call Ann
";

#[test]
fn a_markdown_list_becomes_tasks_and_subtasks() {
    let home = Home::with_list();
    let file = home.file("weekend.md");
    fs::write(&file, MARKDOWN).unwrap();
    let path = file.to_str().unwrap();
    assert_eq!(
        home.ok(&["import", path, "--list", "Groceries"]),
        "Added 4 tasks to Groceries\n"
    );
    let tasks = home.json(&["task", "list"]);
    let rows: Vec<_> = tasks["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| {
            (
                t["title"].as_str().unwrap(),
                t["depth"].as_u64().unwrap(),
                t["status"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("Paint the shed", 0, "open"),
            ("Buy paint", 1, "done"),
            ("Buy a brush", 1, "open"),
            ("Call Ann", 0, "open"),
        ]
    );
    assert_eq!(tasks["items"][0]["priority"], "high");
    home.ok(&["verify", "Groceries"]);

    // Out and in again is the same (ids apart), in every form, by stdin and by file.
    for format in ["json", "markdown", "todo.txt", "icalendar"] {
        let text = home.ok(&["export", "Groceries", "--format", format]);
        assert_eq!(
            home.json(&["export", "Groceries", "--format", format]),
            json!(text)
        );
        let other = Home::with_list();
        let run = other.run_with(
            &[
                "import",
                "-",
                "--list",
                "Groceries",
                "--format",
                format,
                "--json",
            ],
            &text,
        );
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(run.err, "");
        assert_eq!(other.titles(&[]), home.titles(&[]), "{format}");
        let out = other.file("out");
        let path = out.to_str().unwrap();
        let args = ["export", "Groceries", "--format", format, "--output", path];
        assert_eq!(other.ok(&args), format!("Wrote Groceries to {path}\n"));
        let written = other.json(&args);
        assert_eq!(written["bytes"], fs::metadata(&out).unwrap().len());
        if format == "markdown" {
            assert_eq!(fs::read_to_string(&out).unwrap(), text);
        }
    }
}

/// A list as its export says it, but for what names things: tasks are called by their titles.
fn content(export: &Value) -> Value {
    fn names(tasks: &Value, out: &mut BTreeMap<String, Value>) {
        for task in tasks.as_array().into_iter().flatten() {
            out.insert(
                task["id"].as_str().unwrap().to_owned(),
                task["title"].clone(),
            );
            names(&task["children"], out);
        }
    }
    fn renamed(value: &mut Value, names: &BTreeMap<String, Value>) {
        match value {
            Value::String(text) => {
                if let Some(name) = names.get(text) {
                    *value = name.clone();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| renamed(item, names)),
            Value::Object(fields) => fields.values_mut().for_each(|value| renamed(value, names)),
            _ => {}
        }
    }
    let mut content = export.clone();
    let mut by_id = BTreeMap::new();
    names(&export["tasks"], &mut by_id);
    renamed(&mut content, &by_id);
    content["id"] = Value::Null;
    // When it was done is history: by whoever imports, it is done from now on.
    fn forget_when(tasks: &mut Value) {
        for task in tasks.as_array_mut().into_iter().flatten() {
            task.as_object_mut().unwrap().remove("completed");
            forget_when(&mut task["children"]);
        }
    }
    forget_when(&mut content["tasks"]);
    content
}

#[test]
fn export_followed_by_import_is_the_same_list() {
    let sam = Home::with_list();
    let picture: &[u8] = b"\x89PNG\r\n\x1a\n and more";
    fs::write(sam.file("shelf.png"), picture).unwrap();
    fs::write(sam.file("plan.txt"), "Milk first").unwrap();
    for args in [
        &[
            "list",
            "look",
            "Groceries",
            "--icon",
            "\u{1f34e}",
            "--color",
            "green",
        ][..],
        &["list", "look", "Groceries", "--view", "aisles"],
        &["aisle", "set", "Cheese", "brie", "--list", "Groceries"],
        &[
            "tag",
            "edit",
            "market",
            "--list",
            "Groceries",
            "--color",
            "blue",
        ],
        &[
            "tag",
            "edit",
            "nowhere",
            "--list",
            "Groceries",
            "--color",
            "red",
        ],
    ] {
        sam.ok(args);
    }
    let milk = sam.task(
        "Milk",
        &[
            "--tag",
            "market",
            "--due",
            "2030-01-07",
            "--priority",
            "high",
        ],
    );
    let oat = sam.task("Oat", &["--parent", &milk, "--url", "https://oat.example"]);
    let brie = sam.task(
        "Brie",
        &["--aisle", "Fridge", "--notes", "not the *blue* one"],
    );
    for args in [
        &[
            "task",
            "edit",
            &milk,
            "--recur",
            "FREQ=WEEKLY",
            "--remind",
            "15m",
        ][..],
        &[
            "task",
            "edit",
            &brie,
            "--blocked-by",
            &oat,
            "--assign",
            "me",
        ],
        &["comment", "add", &brie, "From the market?"],
        &["attach", &milk, sam.file("shelf.png").to_str().unwrap()],
        &["attach", &oat, sam.file("plan.txt").to_str().unwrap()],
        &["task", "complete", &oat],
    ] {
        sam.ok(args);
    }
    let out = sam.file("home.json");
    let out = out.to_str().unwrap();
    let told = sam.ok(&["export", "Groceries", "--format", "json", "--output", out]);
    assert!(told.contains("Wrote 2 files to "), "{told}");
    assert_eq!(fs::read_dir(sam.file("home.files")).unwrap().count(), 2);

    // Another person of the same name, who has nothing but the file and the folder beside it.
    let other = Home::empty();
    other.ok(&["init", "--name", "Sam"]);
    assert_eq!(other.ok(&["import", out]), "Added 3 tasks to Groceries\n");
    let export = |home: &Home| {
        let text = home.ok(&["export", "Groceries", "--format", "json"]);
        content(&serde_json::from_str(&text).unwrap())
    };
    let (before, after) = (export(&sam), export(&other));
    assert_eq!(after, before);
    for said in [
        "green",
        "Cheese",
        "brie",
        "blue",
        "nowhere",
        "shelf.png",
        "From the market?",
    ] {
        assert!(after.to_string().contains(said), "{said}: {after}");
    }
    let tasks = other.json(&["task", "list"]);
    let mut tasks = tasks["items"].as_array().unwrap().iter();
    let id = tasks.find(|task| task["title"] == "Milk").unwrap()["id"].clone();
    let id = id.as_str().unwrap();
    let got = other.file("got.png");
    let to = got.to_str().unwrap();
    other.ok(&["attachments", "get", id, "shelf.png", "--output", to]);
    assert_eq!(fs::read(&got).unwrap(), picture);
    other.ok(&["verify", "Groceries"]);
    // A look of its own stays.
    other.ok(&["list", "create", "Mine"]);
    other.ok(&["list", "look", "Mine", "--color", "red"]);
    other.ok(&["import", out, "--list", "Mine"]);
    let mine = other.ok(&["export", "Mine", "--format", "json"]);
    let mine: Value = serde_json::from_str(&mine).unwrap();
    assert_eq!(
        (&mine["color"], &mine["icon"]),
        (&json!("red"), &json!("\u{1f34e}"))
    );

    // Without the folder the notes say what is missing; a file that is another one is refused.
    let third = Home::empty();
    third.ok(&["init", "--name", "Sam"]);
    let alone = third.file("alone.json");
    fs::copy(out, &alone).unwrap();
    let run = third.run(&["import", alone.to_str().unwrap(), "--json"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.contains("shelf.png"), "{run:?}");
    let text = third.ok(&["export", "Groceries", "--format", "json"]);
    assert!(text.contains("File: shelf.png"), "{text}");
    for file in fs::read_dir(sam.file("home.files")).unwrap() {
        fs::write(file.unwrap().path(), "another").unwrap();
    }
    other.fails(&["import", out], 2, "usage");
}

#[test]
fn files_of_other_programs_are_told_by_their_names() {
    let home = Home::with_list();
    let csv = "TYPE,CONTENT,PRIORITY,INDENT,DATE\ntask,Paint @home,1,1,2026-12-01 09:00\n\
               task,Buy paint,4,2,\n";
    let ics = b"BEGIN:VCALENDAR\r\nBEGIN:VTODO\r\nSUMMARY:Call \xc3\r\n \xa4\r\n\
                DUE:20261201T090000\r\nEND:VTODO\r\nEND:VCALENDAR\r\n";
    for (name, bytes) in [("Work.csv", csv.as_bytes()), ("tasks.ics", ics)] {
        let file = home.file(name);
        fs::write(&file, bytes).unwrap();
        let path = file.to_str().unwrap();
        home.ok(&[
            "import",
            path,
            "--list",
            "Groceries",
            "--zone",
            "Europe/Berlin",
        ]);
    }
    let tasks = home.json(&["task", "list"]);
    let rows: Vec<_> = tasks["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["title"].as_str().unwrap(), t["due"].as_str()))
        .collect();
    let due = Some("2026-12-01T09:00[Europe/Berlin]");
    assert_eq!(
        rows,
        [("Paint", due), ("Buy paint", None), ("Call \u{e4}", due)]
    );
    let wrong = ["import", "x.ics", "--list", "Groceries", "--zone", "Berlin"];
    home.fails(&wrong, 2, "usage");
}

#[test]
fn what_cannot_be_read_is_reported_by_line_and_kept() {
    let home = Home::with_list();
    let text = "(A) Call Ann due:someday\nBuy milk\n";
    let args = ["import", "-", "--list", "Groceries", "--format", "todo.txt"];
    let run = home.run_with(&args, text);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.err.starts_with("-:1: "), "{run:?}");
    let titles = home.titles(&[]);
    assert_eq!(titles.len(), 2);
    assert!(titles[0].contains("someday"), "{titles:?}");

    let mut args = args.to_vec();
    args.push("--json");
    let run = home.run_with(&args, text);
    let warning: serde_json::Value = serde_json::from_str(&run.err).unwrap();
    assert_eq!(warning["warning"]["line"], 1);
    let out: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(out["tasks"].as_array().unwrap().len(), 2);
}

#[test]
fn what_cannot_be_imported_at_all_changes_nothing() {
    let home = Home::with_list();
    let file = home.file("in");
    let path = file.to_str().unwrap();
    for (bytes, says) in [
        (&b"{ not json"[..], "no JSON"),
        (b"{\"a\": 1}", "no list"),
        (b"\xff\xfe\x00", "UTF-8"),
    ] {
        fs::write(&file, bytes).unwrap();
        let args = ["import", path, "--list", "Groceries", "--format", "json"];
        let message = home.fails(&args, 2, "usage");
        assert!(message.contains(says), "{message}");
    }
    let missing = ["import", "/nowhere/x.md", "--list", "Groceries"];
    assert!(
        home.fails(&missing, 3, "not_found")
            .contains("/nowhere/x.md")
    );
    home.fails(
        &["import", path, "--list", "Nope", "--format", "markdown"],
        2,
        "usage",
    );
    let nowhere = [
        "export",
        "Groceries",
        "--format",
        "json",
        "--output",
        "/nowhere/x",
    ];
    home.fails(&nowhere, 3, "not_found");
    assert_eq!(home.titles(&[]), Vec::<String>::new());
}
