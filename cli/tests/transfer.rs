//! Lists come in from files and go out as files, and nothing is dropped on the way.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs;

use serde_json::json;
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
