//! The `rrule` crate reads the same rules alike, where it reads them at all.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::super::{Recurrence, Series, SeriesId};
use crate::model::Due;

/// How many days are compared, and over how many years: the crate gives up after 10,000 periods
/// without a day.
const COUNT: usize = 60;
const YEARS: i32 = 20;

fn theirs(start: Date, rule: &str) -> Vec<String> {
    let text = format!("DTSTART:{}T000000Z\nRRULE:{rule}", start.strftime("%Y%m%d"));
    let set: ::rrule::RRuleSet = text
        .parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    let days = set.all(u16::try_from(COUNT).unwrap()).dates;
    days.iter()
        .map(|day| day.format("%Y-%m-%d").to_string())
        .collect()
}

fn list(name: &'static str, one: &'static str, most: usize) -> impl Strategy<Value = String> {
    let pattern = format!("{one}(,{one}){{0,{most}}}");
    let values = prop::string::string_regex(&pattern).unwrap();
    prop_oneof![
        Just(String::new()),
        values.prop_map(move |values| format!(";{name}={values}"))
    ]
}

fn rule() -> impl Strategy<Value = String> {
    let month = || list("BYMONTH", "([1-9]|1[0-2])", 3);
    let month_day = || list("BYMONTHDAY", "-?([1-9]|[12][0-9]|3[01])", 4);
    let week_day = || list("BYDAY", "(MO|TU|WE|TH|FR|SA|SU)", 3);
    let nth = list("BYDAY", "(5|-?[1-4])(MO|TU|WE|TH|FR|SA|SU)", 3);
    let nth_of_year = list("BYDAY", "-?([1-9]|[1-4][0-9]|5[0-2])(MO|WE|FR|SU)", 3);
    let year_day = list(
        "BYYEARDAY",
        "-?([1-9]|[1-9][0-9]|[12][0-9][0-9]|36[0-6])",
        4,
    );
    let position = list("BYSETPOS", "-?[1-3]", 1);
    let parts = prop_oneof![
        (month(), month_day(), week_day()).prop_map(|(a, b, c)| format!("FREQ=DAILY{a}{b}{c}")),
        (month(), week_day()).prop_map(|(a, b)| format!("FREQ=WEEKLY{a}{b}")),
        (month(), month_day(), prop_oneof![week_day(), nth])
            .prop_map(|(a, b, c)| format!("FREQ=MONTHLY{a}{b}{c}")),
        (month(), month_day(), week_day()).prop_map(|(a, b, c)| format!("FREQ=YEARLY{a}{b}{c}")),
        nth_of_year.prop_map(|a| format!("FREQ=YEARLY{a}")),
        (year_day, week_day()).prop_map(|(a, b)| format!("FREQ=YEARLY{a}{b}")),
    ];
    (
        parts,
        1_u8..4,
        position,
        prop::sample::select(vec!["", ";WKST=SU", ";WKST=TH"]),
    )
        .prop_map(|(parts, interval, position, week_start)| {
            // In the first week the crate numbers only the days from the start on. The RFC numbers
            // those of a whole period.
            let with_position = parts.contains(";BY") && !parts.contains("WEEKLY");
            let position = if with_position {
                position
            } else {
                String::new()
            };
            format!("{parts};INTERVAL={interval}{position}{week_start}")
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn another_library_finds_the_same(start in 0_i64..4_000, rule in rule()) {
        let start = date(2019, 1, 1) + start.days();
        let end = start + YEARS.years();
        let theirs: Vec<_> = theirs(start, &rule).into_iter().filter(|day| *day <= end.to_string()).collect();
        // It has no SKIP, which is to say SKIP=OMIT.
        let rule: Recurrence = format!("{rule};SKIP=OMIT").parse().unwrap();
        let ours = match Series::new(SeriesId::new([0; 8]), Due::on(start).unwrap(), rule) {
            Ok(series) => series.occurrences_between(start, end, COUNT),
            Err(_) => Vec::new(),
        };
        let ours: Vec<_> = ours.iter().map(ToString::to_string).collect();
        prop_assert_eq!(ours, theirs);
    }
}
