//! A task in one line, times and recurrences in words, and what people read of it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::json;
use support::Home;

/// Sam with two lists.
fn two_lists() -> Home {
    let home = Home::with_list();
    home.ok(&["list", "create", "Home"]);
    home
}

#[test]
fn a_line_becomes_a_task_and_says_what_was_understood() {
    let home = two_lists();
    let line = "Pay rent every month on the 1st 9am #home !high @me /Home";
    let preview = home.ok(&["add", line, "--dry-run"]);
    assert!(
        preview.starts_with("would add  Pay rent  in Home\n  due       "),
        "{preview}"
    );
    assert!(
        preview.ends_with(
            "  repeats   every month on the 1st\n  tags      #home\n  priority  high\n  for       Sam\n"
        ),
        "{preview}"
    );
    assert!(home.titles(&[]).is_empty(), "a dry run writes nothing");
    let dry = home.json(&["add", line, "--dry-run"]);
    assert_eq!(dry.get("task"), None);
    let added = home.json(&["add", line]);
    assert_eq!(added["understood"]["title"], "Pay rent");
    let task = home.json(&["task", "show", added["task"].as_str().unwrap()]);
    assert_eq!(task["list"], added["list"]);
    assert_eq!(task["recurrence"], "FREQ=MONTHLY;BYMONTHDAY=1");
    assert_eq!(task["assignee"]["name"], "Sam");
    assert_eq!(task["tags"], json!(["home"]));
    assert_eq!(task["priority"], "high");
    assert_eq!(task["next"].as_array().unwrap().len(), 3);
    // Words without quotes are one line too.
    home.ok(&["add", "Buy", "milk", "tomorrow", "--list", "groc"]);
    let milk = home.ok(&["task", "list", "--list", "Groceries"]);
    assert!(milk.ends_with("[ ] Buy milk  tomorrow\n"), "{milk}");
}

#[test]
fn the_list_is_the_one_named_the_usual_one_or_the_only_one() {
    let home = Home::sam();
    let message = home.fails(&["add", "Milk"], 2, "usage");
    assert!(message.contains("poo list create"), "{message}");
    home.ok(&["list", "create", "Groceries"]);
    home.ok(&["add", "Milk"]);
    home.ok(&["list", "create", "Home"]);
    let message = home.fails(&["add", "Eggs"], 2, "usage");
    assert!(message.contains("--list"), "{message}");
    let message = home.fails(&["add", "Eggs /Nope"], 3, "not_found");
    assert!(message.contains("\\/Nope"), "{message}");
    home.fails(&["add", "Eggs", "--list", "Nope"], 3, "not_found");
    assert_eq!(
        home.ok(&["settings", "defaultList", "groc"]),
        "defaultList is Groceries now\n"
    );
    home.ok(&["add", "Eggs"]);
    home.ok(&["add", "Left \\/Nope alone"]);
    home.ok(&["add", "Elsewhere /Home"]);
    assert_eq!(
        home.titles(&["--list", "Groceries"]),
        ["Left /Nope alone", "Eggs", "Milk"]
    );
    assert_eq!(home.titles(&["--list", "Home"]), ["Elsewhere"]);
    home.ok(&["list", "rename", "Groceries", "Food"]);
    assert_eq!(home.ok(&["settings"]), "defaultList  Food\n");
    home.ok(&["list", "delete", "Food"]);
    assert_eq!(
        home.json(&["settings", "defaultList", "--unset"]),
        json!({ "changed": true })
    );
    assert_eq!(home.json(&["settings"]), json!({}));
    let message = home.fails(&["settings", "defaultList"], 3, "not_found");
    assert!(message.contains("poo settings"), "{message}");
}

#[test]
fn a_member_that_is_not_there_is_named() {
    let home = Home::with_list();
    let message = home.fails(&["add", "Call @bob"], 3, "not_found");
    assert!(
        message.contains("`bob`") && message.contains("poo members"),
        "{message}"
    );
    home.ok(&["add", "Call \\@bob"]);
    assert_eq!(home.titles(&[]), ["Call @bob"]);
    let id = home.task("Milk", &["--assign", "me"]);
    home.fails(&["task", "edit", &id, "--assign", "Ann"], 3, "not_found");
    home.ok(&["task", "edit", &id, "--unassign"]);
    assert_eq!(home.json(&["task", "show", &id]).get("assignee"), None);
    home.fails(&["task", "list", "--assigned-to", "Ann"], 3, "not_found");
    home.ok(&["task", "edit", &id, "--assign", "@sa"]);
    for who in ["me", "Sam", "@sa"] {
        assert_eq!(home.titles(&["--assigned-to", who]), ["Milk"]);
    }
}

#[test]
fn days_before_months_are_a_preference() {
    let home = Home::with_list();
    let due = |args: &[&str]| home.json(args)["understood"]["due"].to_string();
    let line = ["add", "Tax on 3/4", "--dry-run"];
    assert!(due(&line).ends_with("-03-04\""));
    assert!(due(&["add", "Tax on 3/4", "--dry-run", "--day-first"]).ends_with("-04-03\""));
    home.ok(&["settings", "dayFirst", "yes"]);
    assert!(due(&line).ends_with("-04-03\""));
    assert_eq!(
        home.json(&["settings", "dayFirst"]),
        json!({ "name": "dayFirst", "value": "true" })
    );
    home.fails(&["settings", "dayFirst", "perhaps"], 2, "usage");
}

#[test]
fn recurrences_are_rules_or_words_and_reminders_are_lengths_of_time() {
    let home = Home::with_list();
    let id = home.task("Water", &["--recur", "every 2 weeks", "--remind", "15m"]);
    let task = home.json(&["task", "show", &id]);
    assert!(
        task["recurrence"]
            .as_str()
            .unwrap()
            .starts_with("FREQ=WEEKLY;INTERVAL=2")
    );
    assert!(task["due"].is_string(), "words say when it begins: {task}");
    assert_eq!(task["reminders"], json!(["15m"]));
    home.ok(&[
        "task",
        "edit",
        &id,
        "--recur",
        "FREQ=DAILY",
        "--due",
        "2030-01-01",
        "--remind",
        "1d",
        "--no-remind",
        "15m",
    ]);
    let shown = home.ok(&["task", "show", &id]);
    assert!(shown.contains("repeats    every day\n"), "{shown}");
    assert!(
        shown.contains("next       2030-01-01, 2030-01-02, 2030-01-03\n"),
        "{shown}"
    );
    assert!(shown.contains("reminders  1d before\n"), "{shown}");
    assert_eq!(
        home.ok(&["task", "skip", &id]),
        format!("{id}  Skipped once: Water\n        The next time is 2030-01-02\n")
    );
    assert_eq!(
        home.ok(&["task", "complete", &id]),
        format!("{id}  Done: Water\n        The next time is 2030-01-03\n")
    );
    home.ok(&["task", "edit", &id, "--no-recur"]);
    assert_eq!(home.json(&["task", "show", &id]).get("recurrence"), None);
    home.fails(&["task", "skip", &id], 2, "usage");
    for rule in ["sometimes", "FREQ=HOURLY", "tomorrow", "Eggs every week"] {
        let message = home.fails(&["task", "edit", &id, "--recur", rule], 2, "usage");
        assert!(message.contains("every 2 weeks"), "{message}");
    }
    home.fails(&["task", "edit", &id, "--remind", "soon"], 2, "usage");
    home.fails(
        &["task", "edit", &id, "--recur", "FREQ=DAILY", "--no-recur"],
        2,
        "usage",
    );
}

#[test]
fn due_dates_are_words_too_and_ranges_choose_by_them() {
    let home = Home::with_list();
    home.task("Far", &["--due", "2030-01-15"]);
    home.task("Soon", &["--due", "tomorrow"]);
    home.task("Now", &["--due", "today"]);
    home.task("Late", &["--due", "2020-01-01"]);
    assert_eq!(home.titles(&["--due", "today"]), ["Now"]);
    assert_eq!(home.titles(&["--due", "tomorrow"]), ["Soon"]);
    assert_eq!(home.titles(&["--due", "overdue"]), ["Late"]);
    assert_eq!(
        home.titles(&["--due", "week", "--sort", "due"]),
        ["Now", "Soon"]
    );
    assert_eq!(home.titles(&["--due", "2030-01-01..2030-01-31"]), ["Far"]);
    assert_eq!(home.titles(&["--due", "..2020-12-31"]), ["Late"]);
    assert_eq!(home.titles(&["--due", "2030-01-15"]), ["Far"]);
    for range in ["someday", "2030-02-30", "2030-02-01..2030-01-01", ".."] {
        let message = home.fails(&["task", "list", "--due", range], 2, "usage");
        assert!(message.contains("use today"), "{message}");
    }
    let today = home.ok(&["today"]);
    assert!(
        today.contains("Late  2020-01-01  in Groceries\n"),
        "{today}"
    );
    assert!(today.contains("Now  today  in Groceries\n"), "{today}");
    assert_eq!(home.json(&["today"])["items"].as_array().unwrap().len(), 2);
    let upcoming = home.ok(&["upcoming"]);
    assert!(upcoming.starts_with("tomorrow  "), "{upcoming}");
    assert_eq!(
        home.json(&["upcoming", "--days", "3"])["items"][0]["title"],
        "Soon"
    );
    home.fails(&["upcoming", "--days", "0"], 2, "usage");
    assert!(home.ok(&["focus"]).starts_with("Nothing is urgent."));
    home.task("Urgent", &["--priority", "high"]);
    assert!(
        home.ok(&["focus"])
            .contains("[ ] Urgent  high  in Groceries\n")
    );
    assert_eq!(home.json(&["focus"])["items"][0]["title"], "Urgent");
}

#[test]
fn a_month_stands_as_a_grid_with_its_days_below() {
    let home = Home::with_list();
    let id = home.task("Water", &["--recur", "FREQ=WEEKLY", "--due", "2030-01-07"]);
    let month = home.ok(&["calendar", "--month", "2030-01"]);
    let lines: Vec<&str> = month.lines().collect();
    assert_eq!(lines[0], "January 2030");
    assert_eq!(
        lines[1],
        "Mon     Tue     Wed     Thu     Fri     Sat     Sun"
    );
    assert_eq!(
        lines[2],
        "         1       2       3       4       5       6"
    );
    assert_eq!(
        lines[3],
        " 7 (1)   8       9      10      11      12      13"
    );
    assert!(
        month.contains(&format!(
            "Mon 07 Jan\n{id}         [ ] Water  \u{21bb} every week"
        )),
        "{month}"
    );
    assert!(lines.iter().all(|line| !line.ends_with(' ')), "{month}");
    let days = [
        "calendar",
        "--from",
        "2030-01-01",
        "--to",
        "2030-01-20",
        "--list",
        "Groceries",
    ];
    assert_eq!(home.json(&days)["items"].as_array().unwrap().len(), 2);
    for args in [
        &["calendar", "--month", "2030"][..],
        &["calendar", "--month", "2030-13"],
        &["calendar", "--from", "2030-01-01"],
        &["calendar", "--from", "2030-01-02", "--to", "2030-01-01"],
    ] {
        home.fails(args, 2, "usage");
    }
}
