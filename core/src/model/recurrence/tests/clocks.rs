//! Occurrences where clocks change, and for readers in different zones.

use jiff::Timestamp;

use super::{due, first, series, zone};

#[test]
fn clock_changes_lose_and_double_nothing() {
    for (start, days, moments) in [
        (
            "2026-03-28T02:30[Europe/Berlin]",
            ["2026-03-28", "2026-03-29", "2026-03-30"],
            [
                "2026-03-28T01:30:00Z",
                "2026-03-29T01:30:00Z",
                "2026-03-30T00:30:00Z",
            ],
        ),
        (
            "2026-10-24T02:30[Europe/Berlin]",
            ["2026-10-24", "2026-10-25", "2026-10-26"],
            [
                "2026-10-24T00:30:00Z",
                "2026-10-25T00:30:00Z",
                "2026-10-26T01:30:00Z",
            ],
        ),
        (
            "2026-03-07T02:30[America/New_York]",
            ["2026-03-07", "2026-03-08", "2026-03-09"],
            [
                "2026-03-07T07:30:00Z",
                "2026-03-08T07:30:00Z",
                "2026-03-09T06:30:00Z",
            ],
        ),
        (
            "2026-10-31T01:30[America/New_York]",
            ["2026-10-31", "2026-11-01", "2026-11-02"],
            [
                "2026-10-31T05:30:00Z",
                "2026-11-01T05:30:00Z",
                "2026-11-02T06:30:00Z",
            ],
        ),
    ] {
        let daily = series(start, "FREQ=DAILY");
        let (_, time) = start.split_once('T').unwrap();
        let keys = days.map(|day| format!("{day}T{time}"));
        assert_eq!(first(&daily, 3), keys.join(" "));
        let mut before = None;
        for (key, moment) in keys.iter().zip(moments) {
            let begins: Timestamp = moment.parse().unwrap();
            let just_before = begins - jiff::SignedDuration::from_secs(1);
            // Where the reader is makes no difference to a time.
            for reader in ["Pacific/Honolulu", "Pacific/Kiritimati"] {
                let reader = zone(reader);
                assert_eq!(daily.latest_due_by(just_before, &reader), before, "{key}");
                assert_eq!(daily.latest_due_by(begins, &reader), Some(due(key)));
            }
            before = Some(due(key));
        }
    }
}

#[test]
fn midnight_can_come_twice() {
    let daily = series("2018-02-16T00:10[America/Sao_Paulo]", "FREQ=DAILY");
    let reader = zone("UTC");
    // 23:30 on the 17th, for the first and for the second time: the 18th has not begun.
    for now in ["2018-02-18T01:30:00Z", "2018-02-18T02:30:00Z"] {
        let latest = daily.latest_due_by(now.parse().unwrap(), &reader);
        assert_eq!(
            latest,
            Some(due("2018-02-17T00:10[America/Sao_Paulo]")),
            "{now}"
        );
    }
    // At 00:01 Newfoundland's clocks went back to 23:01: the 7th had already begun.
    let daily = series("2010-11-05T00:00[America/St_Johns]", "FREQ=DAILY");
    for (now, latest) in [
        ("2010-11-07T02:29:00Z", "2010-11-06T00:00[America/St_Johns]"),
        ("2010-11-07T02:30:30Z", "2010-11-07T00:00[America/St_Johns]"),
        // It is 23:30 on the 6th again, and the 7th has begun and ended.
        ("2010-11-07T03:00:00Z", "2010-11-07T00:00[America/St_Johns]"),
    ] {
        let found = daily.latest_due_by(now.parse().unwrap(), &reader);
        assert_eq!(found, Some(due(latest)), "{now}");
    }
    // Samoa had no 30th of December 2011.
    let daily = series("2011-12-28T09:00[Pacific/Apia]", "FREQ=DAILY");
    assert!(daily.is_occurrence(&due("2011-12-30T09:00[Pacific/Apia]")));
    let latest = daily.latest_due_by("2011-12-30T19:00:00Z".parse().unwrap(), &reader);
    assert_eq!(latest, Some(due("2011-12-31T09:00[Pacific/Apia]")));
}

#[test]
fn a_day_begins_where_its_reader_is() {
    let daily = series("2026-11-23", "FREQ=DAILY");
    let now = "2026-11-25T03:00:00Z".parse().unwrap();
    for (reader, today) in [
        ("Europe/Berlin", "2026-11-25"),
        ("America/New_York", "2026-11-24"),
        ("Pacific/Honolulu", "2026-11-24"),
        ("Pacific/Kiritimati", "2026-11-25"),
    ] {
        assert_eq!(
            daily.latest_due_by(now, &zone(reader)),
            Some(due(today)),
            "{reader}"
        );
    }
    let early = "2026-11-23T03:00:00Z".parse().unwrap();
    assert_eq!(daily.latest_due_by(early, &zone("America/New_York")), None);
}
