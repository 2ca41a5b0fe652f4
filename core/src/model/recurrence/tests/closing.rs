//! What a completion closes, and what is due after it.

use std::collections::BTreeMap;

use super::super::{Closed, Series, SeriesId};
use super::{day, due, rule, series, zone};
use crate::model::Due;

fn closed(keys: &[&str]) -> BTreeMap<Due, Closed> {
    let done = Closed::Done(day("2026-01-01"));
    keys.iter().map(|key| (due(key), done)).collect()
}

/// What is due next, and what a completion at noon UTC of a day closes.
fn at(series: &Series, keys: &[&str], today: &str) -> (Option<String>, Option<String>) {
    let closed = closed(keys);
    let now = format!("{today}T12:00:00Z").parse().unwrap();
    let text = |due: Option<Due>| due.map(|due| due.to_string());
    (
        text(series.next_due(&closed)),
        text(series.closes(&closed, now, &zone("UTC"))),
    )
}

#[test]
fn one_tap_catches_up() {
    let daily = series("2026-01-01", "FREQ=DAILY");
    for (keys, today, next, closes) in [
        (vec![], "2026-01-01", "2026-01-01", "2026-01-01"),
        // Ignored for a month: what was due is missed.
        (vec![], "2026-02-01", "2026-01-01", "2026-02-01"),
        (vec!["2026-02-01"], "2026-02-01", "2026-02-02", "2026-02-02"),
        // Ahead of its time.
        (vec![], "2025-12-01", "2026-01-01", "2026-01-01"),
        (
            vec!["2026-01-01", "2026-01-02"],
            "2026-01-01",
            "2026-01-03",
            "2026-01-03",
        ),
        // Two devices that were apart: the later one counts, and the gap stays a gap.
        (
            vec!["2026-01-03", "2026-01-07"],
            "2026-01-10",
            "2026-01-08",
            "2026-01-10",
        ),
    ] {
        let expected = (Some(next.to_owned()), Some(closes.to_owned()));
        assert_eq!(at(&daily, &keys, today), expected, "{keys:?} {today}");
    }
}

#[test]
fn a_series_that_is_over_is_done() {
    let twice = series("2026-01-31", "FREQ=MONTHLY;COUNT=2");
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        at(&twice, &["2026-01-31"], "2026-02-01"),
        (some("2026-02-28"), some("2026-02-28"))
    );
    assert_eq!(at(&twice, &["2026-02-28"], "2026-02-28"), (None, None));
    // Undone: the key is gone, and it is due again.
    assert_eq!(
        at(&twice, &[], "2026-03-31"),
        (some("2026-01-31"), some("2026-02-28"))
    );
}

#[test]
fn a_skip_closes_like_a_completion() {
    let daily = series("2026-01-01", "FREQ=DAILY");
    let skipped = BTreeMap::from([(due("2026-01-01"), Closed::Skipped)]);
    assert_eq!(daily.next_due(&skipped), Some(due("2026-01-02")));
}

#[test]
fn what_is_no_occurrence_does_not_count() {
    let weekly = series("2026-01-05", "FREQ=WEEKLY");
    let foreign = [
        "2026-01-13",
        "2026-01-19T09:00[UTC]",
        "2025-12-29",
        "9999-12-31",
    ];
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        at(&weekly, &foreign, "2026-01-07"),
        (some("2026-01-05"), some("2026-01-05"))
    );
    let timed = series("2026-01-05T09:00[Europe/Berlin]", "FREQ=WEEKLY");
    let foreign = [
        "2026-01-12",
        "2026-01-12T09:00[UTC]",
        "2026-01-12T09:30[Europe/Berlin]",
    ];
    let next = some("2026-01-05T09:00[Europe/Berlin]");
    assert_eq!(at(&timed, &foreign, "2026-01-07"), (next.clone(), next));
}

/// Keys stand under the id of their series, so that a new rule or start has none.
#[test]
fn a_new_rule_is_a_new_series() {
    let daily = series("2026-01-01", "FREQ=DAILY");
    let id = SeriesId::new([8; 8]);
    let weekly = Series::new(id, due("2026-01-01"), rule("FREQ=WEEKLY")).unwrap();
    assert_ne!(daily.id(), weekly.id());
    let mut keys = BTreeMap::new();
    keys.insert(daily.id(), closed(&["2026-01-01", "2026-01-08"]));
    let of = |series: &Series| keys.get(&series.id()).cloned().unwrap_or_default();
    assert_eq!(daily.next_due(&of(&daily)), Some(due("2026-01-09")));
    assert_eq!(weekly.next_due(&of(&weekly)), Some(due("2026-01-01")));
    // Moved to an earlier day: due then, whatever was done of the one before.
    let earlier = Series::new(id, due("2025-12-20"), rule("FREQ=WEEKLY")).unwrap();
    assert_eq!(earlier.next_due(&of(&earlier)), Some(due("2025-12-20")));
}

#[test]
fn a_time_is_closed_when_it_has_come() {
    let daily = series("2026-01-01T18:00[Europe/Berlin]", "FREQ=DAILY");
    let closes = |keys: &[&str], now: &str| {
        let due = daily.closes(&closed(keys), now.parse().unwrap(), &zone("UTC"));
        due.unwrap().to_string()
    };
    let first = "2026-01-01T18:00[Europe/Berlin]";
    let second = "2026-01-02T18:00[Europe/Berlin]";
    assert_eq!(closes(&[], "2026-01-02T16:59:59Z"), first);
    assert_eq!(closes(&[], "2026-01-02T17:00:00Z"), second);
    // In the morning of the 2nd, with the 1st done: that evening's, ahead of its time.
    assert_eq!(closes(&[first], "2026-01-02T08:00:00Z"), second);
}
