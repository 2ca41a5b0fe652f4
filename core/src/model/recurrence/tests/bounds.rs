//! How much work a question is, counted in days looked at: no rule makes it much.

use jiff::civil::{Date, date};

use super::super::days::Days;
use super::super::{Series, SeriesId};
use super::{due, first, rule, series};

/// The days of 400 years and one, the most that is looked at in one direction.
const MOST: usize = 401 * 366;

#[test]
fn an_old_series_answers_like_a_new_one() {
    for (text, most) in [
        ("FREQ=DAILY", 1),
        ("FREQ=DAILY;INTERVAL=3", 1),
        ("FREQ=WEEKLY;BYDAY=MO,TH", 14),
        ("FREQ=MONTHLY", 62),
        ("FREQ=MONTHLY;BYMONTHDAY=31", 93),
        ("FREQ=YEARLY", 62),
        ("FREQ=YEARLY;BYDAY=MO", 732),
    ] {
        let rule = rule(text);
        let days = Days::new(&rule, date(2006, 1, 31), Date::MAX);
        let mut walk = days.from(date(2026, 11, 24));
        assert!(walk.next().is_some(), "{text}");
        assert!(walk.looked() <= most, "{text}: {}", walk.looked());
        let (found, looked) = days.latest(date(2026, 11, 24));
        assert!(found.is_some() && looked <= most.max(3), "{text}: {looked}");
    }
}

#[test]
fn a_series_that_is_counted_is_counted_once() {
    let rule = rule("FREQ=DAILY;COUNT=10000");
    let days = Days::new(&rule, date(2026, 1, 1), Date::MAX);
    let mut walk = days.from(date(2026, 1, 1));
    assert_eq!(walk.by_ref().take(10_000).count(), 10_000);
    assert_eq!(walk.looked(), 10_000);
    let series = series("2026-01-01", "FREQ=DAILY;COUNT=10000");
    let last = due("2053-05-18");
    assert!(series.is_occurrence(&last));
    assert_eq!(series.first_after(Some(&last)), None);
}

#[test]
fn a_rule_that_never_fits_is_given_up() {
    let list: Vec<_> = (1..=99).map(|day| day.to_string()).collect();
    for text in [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30".to_owned(),
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30".to_owned(),
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30".to_owned(),
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31,30;BYDAY=MO;BYSETPOS=300".to_owned(),
        "FREQ=YEARLY;BYDAY=MO;BYSETPOS=300".to_owned(),
        "FREQ=YEARLY;BYYEARDAY=1;BYMONTH=12".to_owned(),
        "FREQ=DAILY;INTERVAL=7;BYDAY=SU".to_owned(),
        format!("FREQ=YEARLY;BYYEARDAY={};BYMONTH=12", list.join(",")),
        "FREQ=DAILY;UNTIL=20200101".to_owned(),
    ] {
        for start in [date(2026, 1, 1), date(9999, 1, 1), date(1, 1, 1)] {
            let rule = rule(&text);
            let id = SeriesId::new([0; 8]);
            let start = if text.contains("UNTIL") {
                date(2026, 1, 1)
            } else {
                start
            };
            // The first of January of some of these years is a Sunday.
            let start = if text.contains("=SU") {
                date(2026, 1, 1)
            } else {
                start
            };
            let on = crate::model::Due::on(start).unwrap();
            assert!(Series::new(id, on, rule.clone()).is_err(), "{text}");
            let days = Days::new(&rule, start, Date::MAX);
            let mut walk = days.from(start);
            if !text.contains("UNTIL") {
                assert_eq!(walk.next(), None);
                assert_eq!(days.latest(Date::MAX).0, None);
            }
            assert!(walk.looked() <= MOST, "{text}: {}", walk.looked());
            assert!(days.latest(Date::MAX).1 <= MOST, "{text}");
        }
    }
}

#[test]
fn the_rarest_day_is_found() {
    // A leap day on a Friday, and a century in between that has no leap day.
    let rare = series("2092-03-01", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29;BYDAY=FR");
    assert_eq!(first(&rare, 2), "2104-02-29 2132-02-29");
    let far = series("2026-01-01", "FREQ=YEARLY;INTERVAL=1000");
    assert_eq!(far.first_after(Some(&due("2026-01-01"))), None);
}
