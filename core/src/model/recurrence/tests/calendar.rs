//! Occurrences in the calendar's corners: month ends, leap years, clock changes, ends.

use jiff::Timestamp;

use super::{day, due, first, series, zone};

#[test]
fn months_of_any_length_neither_skip_nor_drift() {
    for (start, rule, days) in [
        (
            "2026-01-31",
            "FREQ=MONTHLY",
            "2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31",
        ),
        (
            "2028-01-30",
            "FREQ=MONTHLY",
            "2028-01-30 2028-02-29 2028-03-30 2028-04-30",
        ),
        (
            "2026-01-29",
            "FREQ=MONTHLY;COUNT=3",
            "2026-01-29 2026-02-28 2026-03-29",
        ),
        (
            "2026-08-31",
            "FREQ=MONTHLY;INTERVAL=3",
            "2026-08-31 2026-11-30 2027-02-28 2027-05-31",
        ),
        (
            "2026-01-31",
            "FREQ=MONTHLY;BYMONTH=1,2",
            "2026-01-31 2026-02-28 2027-01-31 2027-02-28",
        ),
        (
            "2028-02-29",
            "FREQ=YEARLY",
            "2028-02-29 2029-02-28 2030-02-28 2031-02-28 2032-02-29",
        ),
        // What the rule says itself keeps the meaning of RFC 5545.
        (
            "2026-01-31",
            "FREQ=MONTHLY;BYMONTHDAY=31",
            "2026-01-31 2026-03-31 2026-05-31",
        ),
        (
            "2026-01-31",
            "FREQ=MONTHLY;RSCALE=GREGORIAN;SKIP=OMIT",
            "2026-01-31 2026-03-31 2026-05-31",
        ),
        (
            "2028-02-29",
            "RSCALE=GREGORIAN;FREQ=YEARLY",
            "2028-02-29 2032-02-29 2036-02-29",
        ),
        (
            "2028-02-29",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
            "2028-02-29 2032-02-29",
        ),
        // RFC 7529.
        (
            "2026-01-31",
            "FREQ=MONTHLY;BYMONTHDAY=31;SKIP=BACKWARD",
            "2026-01-31 2026-02-28 2026-03-31",
        ),
        // Both fall on one day, which stands once.
        (
            "2026-01-30",
            "FREQ=MONTHLY;BYMONTHDAY=30,31;SKIP=BACKWARD",
            "2026-01-30 2026-01-31 2026-02-28 2026-03-30",
        ),
        (
            "2026-12-31",
            "FREQ=YEARLY;BYYEARDAY=366;SKIP=BACKWARD",
            "2026-12-31 2027-12-31 2028-12-31",
        ),
        (
            "2026-01-01",
            "FREQ=MONTHLY;BYMONTHDAY=-31;SKIP=BACKWARD",
            "2026-01-01 2026-03-01 2026-05-01",
        ),
        (
            "2026-01-01",
            "FREQ=MONTHLY;BYMONTHDAY=-1",
            "2026-01-31 2026-02-28 2026-03-31",
        ),
        // Not a leap year, and one that is.
        (
            "2096-02-29",
            "FREQ=YEARLY;INTERVAL=4;SKIP=OMIT",
            "2096-02-29 2104-02-29",
        ),
    ] {
        assert_eq!(
            first(&series(start, rule), days.split(' ').count()),
            days,
            "{rule}"
        );
    }
}

/// Examples of RFC 5545, section 3.8.5.3, without their times of day.
#[test]
fn examples_of_the_rfc() {
    for (start, rule, days) in [
        (
            "1997-09-02",
            "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
            "1997-09-02 1997-09-16 1997-09-30",
        ),
        (
            "1997-09-02",
            "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH",
            "1997-09-02 1997-09-04 1997-09-09",
        ),
        (
            "1997-09-01",
            "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
            "1997-09-01 1997-09-03 1997-09-05 1997-09-15",
        ),
        (
            "1997-09-05",
            "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
            "1997-09-05 1997-10-03 1997-11-07",
        ),
        (
            "1997-09-07",
            "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
            "1997-09-07 1997-09-28 1997-11-02 1997-11-30",
        ),
        (
            "1997-09-22",
            "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
            "1997-09-22 1997-10-20 1997-11-17",
        ),
        (
            "1997-09-28",
            "FREQ=MONTHLY;BYMONTHDAY=-3",
            "1997-09-28 1997-10-29 1997-11-28",
        ),
        (
            "1997-06-10",
            "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
            "1997-06-10 1997-07-10 1998-06-10",
        ),
        (
            "1997-01-01",
            "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
            "1997-01-01 1997-04-10 1997-07-19 2000-01-01",
        ),
        (
            "1997-05-19",
            "FREQ=YEARLY;BYDAY=20MO",
            "1997-05-19 1998-05-18 1999-05-17",
        ),
        (
            "1997-03-13",
            "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
            "1997-03-13 1997-03-20 1997-03-27 1998-03-05",
        ),
        (
            "1997-09-02",
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
            "1998-02-13 1998-03-13 1998-11-13",
        ),
        (
            "1996-11-05",
            "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "1996-11-05 2000-11-07 2004-11-02",
        ),
        (
            "1997-09-04",
            "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
            "1997-09-04 1997-10-07 1997-11-06",
        ),
        (
            "1997-09-29",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
            "1997-09-29 1997-10-30 1997-11-27",
        ),
        // The same rule with weeks that begin on Monday, then on Sunday.
        (
            "1997-08-05",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            "1997-08-05 1997-08-10 1997-08-19 1997-08-24",
        ),
        (
            "1997-08-05",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            "1997-08-05 1997-08-17 1997-08-19 1997-08-31",
        ),
        // Places are counted in the whole week, also in that of the start.
        (
            "2020-09-29",
            "FREQ=WEEKLY;BYDAY=MO,TU,WE;BYSETPOS=1",
            "2020-10-05 2020-10-12",
        ),
        (
            "2007-01-15",
            "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
            "2007-01-15 2007-01-30 2007-02-15 2007-03-15 2007-03-30",
        ),
    ] {
        assert_eq!(
            first(&series(start, rule), days.split(' ').count()),
            days,
            "{rule}"
        );
    }
}

#[test]
fn a_start_that_does_not_fit_is_no_occurrence() {
    let mondays = series("2026-11-25", "FREQ=WEEKLY;BYDAY=MO;COUNT=2");
    assert_eq!(first(&mondays, 5), "2026-11-30 2026-12-07");
    assert!(!mondays.is_occurrence(&due("2026-11-25")));
}

#[test]
fn series_end() {
    for (start, rule, days) in [
        ("2026-01-01", "FREQ=DAILY;COUNT=2", "2026-01-01 2026-01-02"),
        (
            "2026-01-01",
            "FREQ=DAILY;UNTIL=20260102",
            "2026-01-01 2026-01-02",
        ),
        (
            "2026-01-01",
            "FREQ=DAILY;UNTIL=20260102T235959Z",
            "2026-01-01 2026-01-02",
        ),
        (
            "2026-01-01",
            "FREQ=DAILY;INTERVAL=1000;UNTIL=20280927",
            "2026-01-01 2028-09-27",
        ),
        ("9999-12-30", "FREQ=DAILY", "9999-12-30 9999-12-31"),
        ("9998-06-01", "FREQ=YEARLY", "9998-06-01 9999-06-01"),
        ("9999-12-31", "FREQ=WEEKLY;BYDAY=FR,SA,SU", "9999-12-31"),
        (
            "0001-01-01",
            "FREQ=YEARLY;INTERVAL=300",
            "0001-01-01 0301-01-01",
        ),
        (
            "2026-01-01T09:00[Europe/Berlin]",
            "FREQ=DAILY;UNTIL=20260103T080000Z",
            "2026-01-01T09:00[Europe/Berlin] 2026-01-02T09:00[Europe/Berlin] 2026-01-03T09:00[Europe/Berlin]",
        ),
        (
            "2026-01-01T09:00[Europe/Berlin]",
            "FREQ=DAILY;UNTIL=20260103T075959Z",
            "2026-01-01T09:00[Europe/Berlin] 2026-01-02T09:00[Europe/Berlin]",
        ),
        (
            "2026-01-01T20:00[America/New_York]",
            "FREQ=DAILY;UNTIL=20260103T010000Z",
            "2026-01-01T20:00[America/New_York] 2026-01-02T20:00[America/New_York]",
        ),
        (
            "2026-01-01T09:00[Europe/Berlin]",
            "FREQ=DAILY;UNTIL=20260102T085959",
            "2026-01-01T09:00[Europe/Berlin]",
        ),
    ] {
        let series = series(start, rule);
        assert_eq!(first(&series, 5), days, "{rule}");
        let last = days.split(' ').next_back().unwrap();
        assert_eq!(series.first_after(Some(&due(last))), None);
        // The last moment there is comes before the last day has begun.
        if !last.starts_with("9999-12-31") {
            let latest = series.latest_due_by(Timestamp::MAX, &zone("UTC"));
            assert_eq!(latest, Some(due(last)), "{rule}");
        }
    }
}

#[test]
fn a_part_of_a_series_can_be_asked_for() {
    let series = series("2026-01-05", "FREQ=WEEKLY;BYDAY=MO,TH");
    let between = |from, to, limit| {
        let found = series.occurrences_between(day(from), day(to), limit);
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        between("2025-01-01", "2026-01-08", 9),
        ["2026-01-05", "2026-01-08"]
    );
    assert_eq!(between("2026-01-06", "2026-01-07", 9), [""; 0]);
    assert_eq!(between("2026-01-06", "2030-01-01", 1), ["2026-01-08"]);
    assert_eq!(between("2026-01-06", "2025-01-01", 9), [""; 0]);
    assert_eq!(between("2026-01-05", "2026-01-05", 0), [""; 0]);
}
