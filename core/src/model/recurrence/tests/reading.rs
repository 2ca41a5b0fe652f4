//! A rule and a series have one written form, and what is wrong is named.

use proptest::prelude::*;

use super::super::{Closed, Recurrence, Series, SeriesId};
use super::{rule, series};

#[test]
fn a_rule_is_kept_in_one_form() {
    for (given, kept) in [
        ("FREQ=DAILY", "FREQ=DAILY"),
        (" rrule:freq=daily;interval=1 ", "FREQ=DAILY"),
        ("INTERVAL=02;FREQ=DAILY", "FREQ=DAILY;INTERVAL=2"),
        ("BYDAY=SU,MO,MO;FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO,SU"),
        (
            "FREQ=MONTHLY;BYDAY=+1MO,-1FR",
            "FREQ=MONTHLY;BYDAY=-1FR,1MO",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=31,-1,1",
            "FREQ=MONTHLY;BYMONTHDAY=-1,1,31",
        ),
        ("FREQ=WEEKLY;WKST=MO", "FREQ=WEEKLY"),
        ("WKST=SU;FREQ=WEEKLY", "FREQ=WEEKLY;WKST=SU"),
        ("UNTIL=20261231;FREQ=DAILY", "FREQ=DAILY;UNTIL=20261231"),
        (
            "FREQ=DAILY;UNTIL=20261231t235959z",
            "FREQ=DAILY;UNTIL=20261231T235959Z",
        ),
        (
            "FREQ=DAILY;UNTIL=20261231T090000",
            "FREQ=DAILY;UNTIL=20261231T090000",
        ),
        ("FREQ=DAILY;UNTIL=00010101", "FREQ=DAILY;UNTIL=00010101"),
        ("FREQ=DAILY;COUNT=010", "FREQ=DAILY;COUNT=10"),
        (
            "RSCALE=gregorian;FREQ=MONTHLY;SKIP=BACKWARD;BYMONTHDAY=31",
            "FREQ=MONTHLY;BYMONTHDAY=31;RSCALE=GREGORIAN;SKIP=BACKWARD",
        ),
        // The default of RFC 7529, for a rule that names its calendar.
        (
            "RSCALE=GREGORIAN;FREQ=MONTHLY",
            "FREQ=MONTHLY;RSCALE=GREGORIAN;SKIP=OMIT",
        ),
        (
            "FREQ=YEARLY;BYSETPOS=-1,2;BYYEARDAY=-1,100;BYMONTH=12,4;BYDAY=WE",
            "FREQ=YEARLY;BYMONTH=4,12;BYYEARDAY=-1,100;BYDAY=WE;BYSETPOS=-1,2",
        ),
    ] {
        assert_eq!(rule(given).to_string(), kept, "{given}");
        assert_eq!(rule(kept), rule(given));
    }
}

#[test]
fn what_is_wrong_with_a_rule_is_named() {
    for (given, named) in [
        ("", "FREQ=WEEKLY;BYDAY=MO"),
        ("INTERVAL=2", "begins with how often"),
        ("FREQ=SECONDLY", "recurs by days at most"),
        ("FREQ=HOURLY", "recurs by days at most"),
        ("FREQ=OFTEN", "one of DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=DAILY;", "no part of a rule: write NAME=VALUE"),
        ("FREQ=DAILY;DAILY", "\"DAILY\" is no part"),
        ("FREQ=DAILY;X-SO=1", "X-SO is no part of a rule here"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ stands twice"),
        (
            "FREQ=DAILY;INTERVAL=0",
            "INTERVAL cannot be \"0\": it is a number from 1 to 1000",
        ),
        ("FREQ=DAILY;INTERVAL=1001", "a number from 1 to 1000"),
        ("FREQ=DAILY;INTERVAL=+1", "a number from 1 to 1000"),
        (
            "FREQ=DAILY;INTERVAL=99999999999999999999",
            "a number from 1 to 1000",
        ),
        ("FREQ=DAILY;COUNT=0", "a number from 1 to 10000"),
        ("FREQ=DAILY;COUNT=10001", "a number from 1 to 10000"),
        (
            "FREQ=DAILY;COUNT=1;UNTIL=20261231",
            "COUNT cannot stand with UNTIL",
        ),
        (
            "FREQ=DAILY;UNTIL=20260230",
            "UNTIL cannot be \"20260230\": it is a day as 20261231",
        ),
        ("FREQ=DAILY;UNTIL=20261231T240000Z", "UNTIL"),
        ("FREQ=DAILY;UNTIL=2026é123", "UNTIL"),
        ("FREQ=DAILY;BYMONTH=13", "numbers from 1 to 12"),
        ("FREQ=DAILY;BYMONTH=", "numbers from 1 to 12"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "numbers from 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=-32", "numbers from 1 to 31"),
        (
            "FREQ=WEEKLY;BYMONTHDAY=1",
            "BYMONTHDAY cannot stand with FREQ=WEEKLY",
        ),
        ("FREQ=MONTHLY;BYYEARDAY=1", "use FREQ=YEARLY"),
        ("FREQ=YEARLY;BYYEARDAY=367", "numbers from 1 to 366"),
        ("FREQ=WEEKLY;BYDAY=1MO", "leave out its number"),
        ("FREQ=MONTHLY;BYDAY=0MO", "days such as MO,TH"),
        ("FREQ=MONTHLY;BYDAY=54MO", "days such as MO,TH"),
        ("FREQ=MONTHLY;BYDAY=éO", "days such as MO,TH"),
        ("FREQ=MONTHLY;BYDAY=M", "days such as MO,TH"),
        (
            "FREQ=MONTHLY;BYSETPOS=1",
            "add the days that it chooses from",
        ),
        ("FREQ=DAILY;BYHOUR=9", "that of the due date"),
        ("FREQ=YEARLY;BYWEEKNO=20", "BYYEARDAY or BYMONTH"),
        ("FREQ=DAILY;RSCALE=HEBREW", "it is GREGORIAN"),
        (
            "FREQ=DAILY;RSCALE=GREGORIAN;SKIP=FORWARD",
            "OMIT or BACKWARD",
        ),
    ] {
        let error = given.parse::<Recurrence>().unwrap_err().to_string();
        assert!(error.contains(named), "{given}: {error}");
    }
    let long = format!("FREQ=YEARLY;BYYEARDAY={}", vec!["100"; 200].join(","));
    let error = long.parse::<Recurrence>().unwrap_err().to_string();
    assert!(error.contains("at most 500 bytes"), "{error}");
    // It fits as it was given, but not as it is written.
    let days: Vec<_> = (100..216).map(|day| day.to_string()).collect();
    let almost = format!("FREQ=YEARLY;BYYEARDAY={};SKIP=OMIT", days.join(","));
    assert!(almost.len() <= 500, "{}", almost.len());
    assert!(almost.parse::<Recurrence>().is_err());
    let wide = format!("FREQ={}", "X".repeat(400));
    assert!(wide.parse::<Recurrence>().unwrap_err().to_string().len() < 150);
}

#[test]
fn a_series_is_one_text() {
    for text in [
        "0707070707070707 2026-01-31 FREQ=MONTHLY",
        "0707070707070707 2026-01-31T09:00[Europe/Berlin] FREQ=WEEKLY;BYDAY=MO",
    ] {
        let read: Series = text.parse().unwrap();
        assert_eq!(read.to_string(), text);
        let json = serde_json::to_string(&read).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<Series>(&json).unwrap(), read);
        assert_eq!(read.id(), SeriesId::new([7; 8]));
    }
    for (text, named) in [
        ("", "is no series"),
        ("0707070707070707", "is no series"),
        ("0707070707070707 2026-01-31", "is no series"),
        ("070707070707070A 2026-01-31 FREQ=DAILY", "16 hex digits"),
        ("07 2026-01-31 FREQ=DAILY", "16 hex digits"),
        ("0707070707070707 2026-01-32 FREQ=DAILY", "no due date"),
        ("0707070707070707 2026-01-31 FREQ=NEVER", "one of DAILY"),
        (
            "0707070707070707 2026-01-31 FREQ=DAILY;UNTIL=20260130",
            "no day from 2026-01-31 on fits",
        ),
        (
            "0707070707070707 2026-01-31 FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "choose other days",
        ),
    ] {
        let error = text.parse::<Series>().unwrap_err().to_string();
        assert!(error.contains(named), "{text}: {error}");
    }
    assert!("0".repeat(1_000_000).parse::<Series>().is_err());
}

#[test]
fn how_an_occurrence_was_closed_is_a_day_or_skip() {
    assert_eq!("skip".parse(), Ok(Closed::Skipped));
    assert_eq!(
        "2026-11-23".parse(),
        Ok(Closed::Done(super::day("2026-11-23")))
    );
    for text in ["", "done", "SKIP", "2026-11-23T09:00Z", "+002026-11-23x"] {
        assert!(text.parse::<Closed>().is_err(), "{text}");
    }
}

#[test]
fn a_rule_in_words() {
    for (text, words) in [
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=3;COUNT=1", "every 3 days, once"),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH,MO",
            "every 2 weeks on Mon, Thu",
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=1", "every month on the 1st"),
        (
            "FREQ=MONTHLY;BYMONTHDAY=-2,-1",
            "every month on the 2nd last day, last day",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=2,3,11,12,13,21,22",
            "every month on the 2nd, 3rd, 11th, 12th, 13th, 21st, 22nd",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD",
            "every month on the 31st or the month's last day",
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
            "every month on the 13th if that is Fri",
        ),
        (
            "FREQ=MONTHLY;BYDAY=-1FR,1MO",
            "every month on the last Fri, 1st Mon",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "every month on Mon, Tue, Wed, Thu, Fri, only the last of these",
        ),
        ("FREQ=YEARLY;UNTIL=20301231", "every year, until 2030-12-31"),
        (
            "FREQ=YEARLY;BYMONTH=3,12;COUNT=10",
            "every year in Mar, Dec, 10 times",
        ),
        (
            "FREQ=YEARLY;BYYEARDAY=100",
            "every year on the 100th day of the year",
        ),
    ] {
        assert_eq!(rule(text).describe(), words, "{text}");
    }
}

proptest! {
    #[test]
    fn reading_never_panics(text in "\\PC{0,60}") {
        let _ = text.parse::<Recurrence>();
        let _ = text.parse::<Series>();
        let _ = text.parse::<SeriesId>();
        let _ = text.parse::<Closed>();
    }

    #[test]
    fn reading_almost_a_rule_never_panics(
        text in "(RRULE:)?(FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY|X)|(INTERVAL|COUNT|BYMONTH|BYYEARDAY|BYMONTHDAY|BYSETPOS|BYDAY|UNTIL|WKST|SKIP|RSCALE)=(-?[0-9]{1,4},?|-?[0-9]?(MO|SU),?|[0-9]{8}(T[0-9]{6}Z?)?|BACKWARD|é){1,3})(;(FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)|(INTERVAL|COUNT|BYMONTH|BYYEARDAY|BYMONTHDAY|BYSETPOS|BYDAY|UNTIL|WKST|SKIP|RSCALE)=(-?[0-9]{1,3}|-?[0-9]?(MO|SU)|[0-9]{8}(T[0-9]{6}Z?)?|BACKWARD|GREGORIAN)(,[0-9])?)){0,4}"
    ) {
        if let Ok(read) = text.parse::<Recurrence>() {
            let written = read.to_string();
            let again: Recurrence = written.parse().unwrap();
            prop_assert_eq!(&again, &read);
            prop_assert_eq!(again.to_string(), written);
            prop_assert!(!read.describe().is_empty());
            let series = Series::new(SeriesId::new([1; 8]), super::due("2026-01-31"), read);
            if let Ok(series) = series {
                let again: Series = series.to_string().parse().unwrap();
                prop_assert_eq!(again, series);
            }
        }
    }
}

#[test]
fn rules_and_ids_have_an_order() {
    assert!(series("2026-01-01", "FREQ=DAILY") < series("2026-01-02", "FREQ=DAILY"));
    assert_eq!(
        SeriesId::new([0, 1, 2, 0xab, 4, 5, 6, 7]).to_string(),
        "000102ab04050607"
    );
    assert_eq!(
        "000102ab04050607".parse(),
        Ok(SeriesId::new([0, 1, 2, 0xab, 4, 5, 6, 7]))
    );
}
