//! What is understood, case by case.

use jiff::tz::TimeZoneDatabase;

use super::*;

const CASES: &str = include_str!("cases.txt");

pub(super) fn context(now: &str, zone: &str, day_first: bool) -> QuickAddContext {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    QuickAddContext {
        now: now.parse().unwrap(),
        zone: TimeZoneDatabase::bundled().get(zone).unwrap(),
        day_first,
        lists: owned(&["Groceries", "Groceries and more", "Garden"]),
        members: owned(&["Ann", "Ann Lee", "Bob"]),
        tags: owned(&["home", "Deep Work"]),
    }
}

/// A result in the words of the last column.
fn written(result: &QuickAdd, zone: &str) -> String {
    let mut parts = Vec::new();
    if let Some(due) = &result.due {
        let due = due.to_string().replace(&format!("[{zone}]"), "");
        parts.push(format!("due={due}"));
    }
    if let Some(rule) = &result.recurrence {
        parts.push(format!("rrule={rule}"));
    }
    if !result.tags.is_empty() {
        parts.push(format!("tags={}", result.tags.join(",")));
    }
    if let Some(priority) = result.priority {
        parts.push(format!("prio={priority}"));
    }
    if let Some(name) = &result.assignee {
        parts.push(format!("who={name}"));
    }
    if let Some(title) = &result.list {
        parts.push(format!("list={title}"));
    }
    parts.join(" ")
}

#[test]
fn quick_add_understands_what_is_meant_and_no_more() {
    let mut now = None;
    let mut count = 0;
    let mut wrong = Vec::new();
    for line in CASES.lines() {
        if line.trim().is_empty() || line.starts_with("# ") || line.starts_with("## ") {
            continue;
        }
        if let Some(setting) = line.strip_prefix("now ") {
            let mut words = setting.split(' ');
            let (time, zone) = (words.next().unwrap(), words.next().unwrap());
            now = Some((context(time, zone, words.next() == Some("day_first")), zone));
            continue;
        }
        let (context, zone) = now.as_ref().unwrap();
        let mut columns = line.split(" |");
        let mut column = || columns.next().unwrap_or_else(|| panic!("{line}"));
        let (text, title, expected) = (column(), column().trim(), column().trim());
        let result = quick_add(text, context);
        let found = written(&result, zone);
        if result.title != title || found != expected {
            wrong.push(format!(
                "{text}\n  expected {title} | {expected}\n  found    {} | {found}",
                result.title
            ));
        }
        count += 1;
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count >= 300, "only {count} cases");
}

#[test]
fn quick_add_places_count_utf16() {
    let context = context("2026-11-25T10:00:00Z", "Europe/Berlin", false);
    let result = quick_add("🎉 Café tomorrow at 9pm, #größe @ann lee", &context);
    assert_eq!(result.title, "🎉 Café");
    let places: Vec<_> = result
        .spans
        .iter()
        .map(|span| (span.start, span.end, span.kind))
        .collect();
    assert_eq!(
        places,
        [
            (8, 16, SpanKind::Due),
            (17, 23, SpanKind::Time),
            (25, 31, SpanKind::Tag),
            (32, 40, SpanKind::Assignee),
        ]
    );
    let json = serde_json::to_value(&result).unwrap();
    assert_eq!(json["spans"][1]["kind"], "time");
    assert_eq!(json["due"], "2026-11-26T21:00[Europe/Berlin]");
    assert_eq!(serde_json::from_value::<QuickAdd>(json).unwrap(), result);
}

#[test]
fn quick_add_looks_at_the_beginning_of_long_texts_only() {
    let context = context("2026-11-25T10:00:00Z", "Europe/Berlin", false);
    let long = format!("tomorrow {} #late", "word ".repeat(1_000));
    let result = quick_add(&long, &context);
    assert!(result.due.is_some());
    assert!(result.tags.is_empty());
    assert!(result.title.ends_with("word #late"));
    let many = "#t ".repeat(200_000);
    assert!(quick_add(&many, &context).title.starts_with("#t"));
}

#[test]
fn quick_add_takes_a_zone_without_a_name() {
    let mut context = context("2026-11-25T10:00:00Z", "UTC", false);
    context.zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    let due = quick_add("Call at 3pm", &context).due.unwrap();
    assert_eq!(due.to_string(), "2026-11-25T15:00[+01:00]");
}

#[test]
fn quick_add_leaves_alone_what_a_client_escapes() {
    let context = context("2026-11-25T10:00:00Z", "Europe/Berlin", false);
    let text = "Call mum tomorrow at 9pm every week #home";
    for span in quick_add(text, &context).spans {
        let escaped = format!("{}\\{}", &text[..span.start], &text[span.start..]);
        let result = quick_add(&escaped, &context);
        assert!(
            result.title.contains(&text[span.start..span.end]),
            "{result:?}"
        );
        assert!(!result.title.contains('\\'), "{result:?}");
    }
}
