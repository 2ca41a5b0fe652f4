//! What stands in documents as text: due dates, reminders, rules, order. Each with what readers
//! make of it.

use std::collections::BTreeMap;

use fractional_index::FractionalIndex;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use poo_core::model::{Closed, Due, Recurrence, Reminder, Series};
use serde_json::{Value, json};

fn kept<T: core::str::FromStr + ToString>(texts: &[&str]) -> Value {
    texts
        .iter()
        .map(|text| {
            let kept = text.parse::<T>().ok().map(|value| value.to_string());
            json!({ "text": text, "kept": kept })
        })
        .collect()
}

const DUE: [&str; 16] = [
    "2026-11-23",
    "2026-11-23T09:00[Europe/Berlin]",
    "2026-11-23T09:00:05[europe/berlin]",
    "2026-11-23 09:00:00.25+01:00[Europe/Berlin]",
    "2026-11-23T08:00Z[Europe/Berlin]",
    "2026-11-23T09:00Z",
    "2026-11-23T09:00+05:30",
    "2026-11-23T09:00[-08:00]",
    "2026-03-29T02:30[Europe/Berlin]",
    "2026-11-23T09:00",
    "2026-11-23T09:00+02:00[Europe/Berlin]",
    "2026-11-23T09:00[Europe/Berlyn]",
    "2026-11-23[Europe/Berlin]",
    "2026-02-30",
    "tomorrow",
    "",
];

const REMINDERS: [&str; 10] = [
    "0m", "15m", "60m", "90m", "24h", "4w", "28d", "29d", "1.5h", "soon",
];

const RULES: [&str; 16] = [
    "FREQ=DAILY",
    "rrule:byday=th,mo;freq=weekly;interval=2",
    "FREQ=WEEKLY;INTERVAL=1;WKST=MO",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU",
    "FREQ=MONTHLY;BYDAY=-1FR,1MO",
    "FREQ=MONTHLY;BYMONTHDAY=31;RSCALE=GREGORIAN",
    "FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=YEARLY;BYYEARDAY=-1;COUNT=3",
    "FREQ=DAILY;UNTIL=20261231T090000Z",
    "FREQ=HOURLY",
    "FREQ=DAILY;COUNT=2;UNTIL=20261231",
    "FREQ=YEARLY;BYWEEKNO=20",
    "FREQ=WEEKLY;BYMONTHDAY=13",
    "FREQ=DAILY;BYHOUR=9",
    "FREQ=DAILY;INTERVAL=0",
];

/// Times that are closed, and how.
type Closings = &'static [(&'static str, &'static str)];
type Looked = (&'static str, Closings, &'static str);

/// A series, the times of it that are closed, and when it is looked at: `now` in UTC.
const SERIES: [Looked; 13] = [
    ("2026-11-23 FREQ=DAILY;COUNT=3", &[], "2026-11-23T09:00:00Z"),
    (
        "2026-11-23 FREQ=DAILY;COUNT=3",
        &[("2026-11-25", "2026-11-24")],
        "2026-11-24T09:00:00Z",
    ),
    (
        "2026-11-23 FREQ=DAILY",
        &[("2026-11-23", "2026-11-23"), ("2026-11-24", "skip")],
        "2026-11-30T09:00:00Z",
    ),
    (
        "2026-11-25 FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH",
        &[],
        "2026-11-20T09:00:00Z",
    ),
    (
        "2026-11-22 FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU",
        &[],
        "2026-11-20T09:00:00Z",
    ),
    ("2026-01-31 FREQ=MONTHLY", &[], "2026-03-01T09:00:00Z"),
    (
        "2026-01-31 FREQ=MONTHLY;RSCALE=GREGORIAN;SKIP=OMIT",
        &[],
        "2026-03-01T09:00:00Z",
    ),
    (
        "2026-01-31 FREQ=MONTHLY;BYMONTHDAY=31",
        &[("2026-02-28", "2026-02-28")],
        "2026-03-01T09:00:00Z",
    ),
    ("2024-02-29 FREQ=YEARLY", &[], "2026-01-01T09:00:00Z"),
    (
        "2026-01-01 FREQ=MONTHLY;BYDAY=-1FR,1MO",
        &[],
        "2026-01-01T09:00:00Z",
    ),
    (
        "2026-03-28T02:30[Europe/Berlin] FREQ=DAILY;COUNT=3",
        &[("2026-03-28T02:30[Europe/Berlin]", "2026-03-28")],
        "2026-03-29T01:29:59Z",
    ),
    (
        "2026-11-23T09:00[Europe/Berlin] FREQ=DAILY;UNTIL=20261125T080000Z",
        &[],
        "2026-11-24T08:00:00Z",
    ),
    (
        "2026-11-23 FREQ=DAILY;COUNT=1",
        &[("2026-11-23", "2026-11-23")],
        "2026-11-24T08:00:00Z",
    ),
];

fn series() -> Value {
    SERIES
        .into_iter()
        .map(|(text, closed, now)| {
            let text = format!("0192f0c12d3e7f00 {text}");
            let series: Series = text.parse().unwrap();
            assert_eq!(series.to_string(), text);
            let map: BTreeMap<Due, Closed> = closed
                .iter()
                .map(|(due, how)| (due.parse().unwrap(), how.parse().unwrap()))
                .collect();
            let at: Timestamp = now.parse().unwrap();
            let first = series.occurrences_between(Date::MIN, Date::MAX, 6);
            json!({
                "series": text,
                "first": first.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "closed": closed.iter().map(|(due, how)| json!([due, how])).collect::<Vec<_>>(),
                "next": series.next_due(&map).map(|due| due.to_string()),
                "now": now,
                "closes": series.closes(&map, at, &TimeZone::UTC).map(|due| due.to_string()),
            })
        })
        .collect()
}

fn order() -> Value {
    let pairs = [
        (None, None),
        (Some("80"), None),
        (None, Some("80")),
        (Some("80"), Some("8180")),
        (Some("7f80"), Some("80")),
        (Some("8180"), Some("8280")),
        (Some("8180"), Some("8380")),
        (Some("817f80"), Some("8180")),
        (Some("ff80"), None),
        (None, Some("0080")),
    ];
    pairs
        .into_iter()
        .map(|(low, high)| {
            let read = |key: &str| FractionalIndex::from_string(key).unwrap();
            let (low_key, high_key) = (low.map(read), high.map(read));
            let key = FractionalIndex::new(low_key.as_ref(), high_key.as_ref()).unwrap();
            json!({ "low": low, "high": high, "key": key.to_string() })
        })
        .collect()
}

pub(crate) fn values() -> Value {
    json!({
        "due": kept::<Due>(&DUE),
        "reminders": kept::<Reminder>(&REMINDERS),
        "rules": kept::<Recurrence>(&RULES),
        "series": series(),
        "order": order(),
    })
}
