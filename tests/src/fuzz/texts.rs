//! What people type, paste, and hand over in files.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::model::interchange::{
    Import, import_icalendar, import_json, import_markdown, import_todoist_csv, import_todotxt,
};
use poo_core::model::{Due, QuickAddContext, Recurrence, Reminder, Series, TaskId};
use poo_core::replica::{Link, Ticket};
use poo_server::Settings;

use super::sessions::World;

/// A text that reads as something is written so that it reads as the same.
fn keeps<T: core::str::FromStr + ToString + PartialEq>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        let again = read.to_string().parse::<T>();
        assert!(again.is_ok_and(|again| again == read), "{text:?}");
    }
}

pub(super) fn link(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else {
        return;
    };
    keeps::<Did>(text);
    keeps::<DocumentId>(text);
    keeps::<TaskId>(text);
    if let Ok(read) = text.parse::<Link>() {
        let again: Link = read.to_string().parse().unwrap();
        assert_eq!(again.to_string(), read.to_string());
    }
    if let Ok(read) = text.parse::<Ticket>() {
        let again: Ticket = read.to_string().parse().unwrap();
        assert_eq!(again.to_string(), read.to_string());
    }
}

pub(super) fn link_seeds() -> Vec<Vec<u8>> {
    let mut all = World::new().links();
    all.push(World::list_id().to_string());
    all.push("0192f0c1-2d3e-7f00-8a9b-0c1d2e3f4a5b".to_owned());
    all.into_iter().map(String::into_bytes).collect()
}

fn context(zone: &str) -> QuickAddContext {
    QuickAddContext {
        now: Timestamp::from_millisecond(1_790_000_000_000).unwrap(),
        zone: TimeZone::get(zone).unwrap(),
        day_first: zone != "UTC",
        lists: vec!["Groceries and more".into(), "İstanbul".into()],
        members: vec!["Ann Lee".into(), "ẞ".into()],
        tags: vec!["two words".into()],
    }
}

pub(super) fn quick_add(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for zone in ["UTC", "Europe/Berlin"] {
        let read = poo_core::model::quick_add(&text, &context(zone));
        let mut last = 0;
        for span in &read.spans {
            assert!(last <= span.start && span.start < span.end, "{text:?}");
            last = span.end;
        }
        // Places are counted in UTF-16 or less.
        assert!(last <= text.encode_utf16().count().max(text.len()));
        if let Some(rule) = &read.recurrence {
            rule.parse::<Recurrence>().unwrap();
        }
        if !text.trim().is_empty() {
            assert!(!read.title.trim().is_empty(), "{text:?}");
        }
    }
}

pub(super) fn quick_add_seeds() -> Vec<Vec<u8>> {
    [
        "Pay rent every month on the 1st 9am #home !high @ann",
        "Call @Ann Lee tomorrow at 3pm for 30 minutes /Groceries and more",
        "Review in 2 hours p1 #two words",
        "1/2/2027 or 2027-02-29 every last friday until 31.12.2030",
        "every 2 weeks on mon, wed and fri at noon",
        "\\#not a tag \"quoted tomorrow\" İ ẞ 👩‍👩‍👧",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

pub(super) fn rule(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else {
        return;
    };
    keeps::<Due>(text);
    keeps::<Reminder>(text);
    keeps::<Recurrence>(text);
    if let Ok(series) = text.parse::<Series>() {
        assert_eq!(series.to_string().parse::<Series>().unwrap(), series);
        let now = Timestamp::from_millisecond(1_790_000_000_000).unwrap();
        let closed = std::collections::BTreeMap::new();
        let _due = series.closes(&closed, now, &TimeZone::UTC);
    }
}

pub(super) fn rule_seeds() -> Vec<Vec<u8>> {
    [
        "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20301231T235959Z",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=4",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=SU",
        "2026-11-23",
        "2026-11-23T09:00[Europe/Berlin]",
        "1d",
        "0a1b2c3d 2026-11-23 FREQ=DAILY",
        "0a1b2c3d/2026-11-23T09:00[Europe/Berlin]/FREQ=DAILY;INTERVAL=3",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

/// What an import gives is within the limits of a list.
fn fits(import: &Import) {
    let mut open: Vec<_> = import.tasks.iter().collect();
    while let Some(task) = open.pop() {
        assert!(!task.title.trim().is_empty());
        assert!(task.title.chars().count() <= 500);
        open.extend(&task.children);
    }
}

pub(super) fn import(data: &[u8]) {
    let zone = TimeZone::UTC;
    let text = String::from_utf8_lossy(data);
    let all = [
        import_json(&text),
        import_markdown(&text),
        import_todotxt(&text),
        import_icalendar(data, &zone),
        import_todoist_csv(data, &zone),
    ];
    all.iter().flatten().for_each(fits);
}

pub(super) fn import_seeds() -> Vec<Vec<u8>> {
    [
        r#"{"tasks": [{"title": "A", "notes": "n", "due": "2026-11-23", "tags": ["x"], "subtasks": [{"title": "B", "done": true}]}]}"#,
        "# List\n\n- [ ] A #tag\n  - [x] B\n\n    A note with `code`\n- C\n",
        "(A) 2026-11-01 Call @phone +house due:2026-11-23 rec:1m id:a p:b\nx Done\n",
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTODO\r\nUID:1\r\nSUMMARY:A\\, b\r\nDUE;TZID=Europe/Berlin:20261123T090000\r\nRRULE:FREQ=DAILY\r\nCATEGORIES:x,y\r\nRELATED-TO:2\r\nEND:VTODO\r\nEND:VCALENDAR\r\n",
        "TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE\ntask,Water @home,d,1,1,Sam (1),,every day,en,Europe/Berlin\nnote,Not the cactus,,,,Ann (2),,,,\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

pub(super) fn config(data: &[u8]) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("poo-server.toml");
    std::fs::write(&path, data).unwrap();
    let settings = Settings {
        config: Some(path),
        ..Settings::default()
    };
    match settings.resolve() {
        Ok(config) => assert!(config.connections > 0),
        // It names the file or the setting.
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

pub(super) fn config_seeds() -> Vec<Vec<u8>> {
    [
        "listen = \"127.0.0.1:8787\"\ndata = \"./data\"\nadmission = \"invite\"\n",
        "public-url = \"wss://lists.example.org\"\nlog = \"json\"\nhandshake-timeout = 10\n",
        "file-quota = 1024\ntickets = false\nconnections = 5\nframes-per-second = 100\n",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}
