//! A second reading of rules that is slow and plain: every day from the start on is asked whether
//! it fits. Both readings must agree on any question.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, date, time};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::super::{Closed, Series, SeriesId};
use crate::model::Due;

/// How far it looks.
const DAYS: i64 = 1_200;

#[derive(Debug, Clone)]
struct Plain {
    start: Date,
    frequency: &'static str,
    interval: i64,
    week_days: Vec<i8>,
    month_days: Vec<i8>,
    count: Option<usize>,
    until: Option<Date>,
}

impl Plain {
    fn text(&self) -> String {
        let names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
        let mut text = format!("FREQ={};INTERVAL={}", self.frequency, self.interval);
        if !self.week_days.is_empty() {
            let days: Vec<_> = self
                .week_days
                .iter()
                .map(|day| names[*day as usize])
                .collect();
            text += &format!(";BYDAY={}", days.join(","));
        }
        if !self.month_days.is_empty() {
            let days: Vec<_> = self.month_days.iter().map(ToString::to_string).collect();
            text += &format!(";BYMONTHDAY={}", days.join(","));
        }
        if let Some(count) = self.count {
            text += &format!(";COUNT={count}");
        }
        if let Some(until) = self.until {
            text += &format!(";UNTIL={}", until.strftime("%Y%m%d"));
        }
        text
    }

    fn fits(&self, day: Date) -> bool {
        let apart = |a: Date, b: Date| (b - a).get_days();
        let monday = |day: Date| day - i32::from(day.weekday().to_monday_zero_offset()).days();
        let months = i64::from(day.year() - self.start.year()) * 12
            + i64::from(day.month() - self.start.month());
        let turns = match self.frequency {
            "DAILY" => i64::from(apart(self.start, day)),
            "WEEKLY" => i64::from(apart(monday(self.start), monday(day))) / 7,
            "MONTHLY" => months,
            _ => i64::from(day.year() - self.start.year()),
        };
        let named = !self.week_days.is_empty() || !self.month_days.is_empty();
        let as_start = match self.frequency {
            _ if named => true,
            "DAILY" => true,
            "WEEKLY" => day.weekday() == self.start.weekday(),
            "MONTHLY" => day.day() == self.start.day().min(day.days_in_month()),
            _ => {
                day.month() == self.start.month()
                    && day.day() == self.start.day().min(day.days_in_month())
            }
        };
        let back = day.day() - day.days_in_month() - 1;
        turns % self.interval == 0
            && as_start
            && self.until.is_none_or(|until| day <= until)
            && (self.week_days.is_empty()
                || self
                    .week_days
                    .contains(&day.weekday().to_monday_zero_offset()))
            && (self.month_days.is_empty()
                || self.month_days.contains(&day.day())
                || self.month_days.contains(&back))
    }

    fn days(&self) -> Vec<Date> {
        let all = (0..DAYS).map(|ahead| self.start + ahead.days());
        all.filter(|day| self.fits(*day))
            .take(self.count.unwrap_or(usize::MAX))
            .collect()
    }
}

fn plain() -> impl Strategy<Value = Plain> {
    (
        0_i64..4_000,
        prop::sample::select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        1_i64..5,
        prop::collection::vec(0_i8..7, 0..4),
        prop::collection::vec(prop_oneof![1_i8..=31, -31_i8..=-1], 0..3),
        prop::option::of(1_usize..40),
        prop::option::of(0_i64..900),
    )
        .prop_map(
            |(start, frequency, interval, week_days, month_days, count, until)| {
                let start = date(2019, 1, 1) + start.days();
                Plain {
                    start,
                    frequency,
                    interval,
                    week_days,
                    month_days: if frequency == "WEEKLY" {
                        vec![]
                    } else {
                        month_days
                    },
                    count,
                    until: until
                        .filter(|_| count.is_none())
                        .map(|ahead| start + ahead.days()),
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_walk_over_every_day_finds_the_same(
        plain in plain(),
        from in -50_i64..DAYS,
        length in 0_i64..400,
        now in -50_i64..DAYS,
        hour in 0_i8..24,
        timed in any::<bool>(),
        picks in prop::collection::vec((0_i64..DAYS, any::<bool>()), 0..5),
    ) {
        let zone = super::zone("America/New_York");
        let shape = |day: Date| if timed {
            Due::at(DateTime::from_parts(day, time(2, 30, 0, 0)), zone.clone()).unwrap()
        } else {
            Due::on(day).unwrap()
        };
        let end = plain.start + DAYS.days();
        let days = plain.days();
        let built = Series::new(SeriesId::new([0; 8]), shape(plain.start), plain.text().parse().unwrap());
        let Ok(series) = built else {
            prop_assert!(days.is_empty());
            return Ok(());
        };

        let (from, to) = (plain.start + from.days(), plain.start + (from + length).min(DAYS - 1).days());
        let within: Vec<_> = days.iter().filter(|day| (from..=to).contains(*day)).map(|day| shape(*day)).collect();
        prop_assert_eq!(series.occurrences_between(from, to, usize::MAX), within);

        // Some keys are occurrences, some lie beside them, and some have another shape.
        let closed: BTreeMap<Due, Closed> = picks.iter().map(|(ahead, real)| {
            let day = plain.start + ahead.days();
            let key = match days.get(usize::try_from(*ahead).unwrap() % days.len().max(1)) {
                Some(day) if *real => shape(*day),
                _ if ahead % 2 == 0 => Due::at(day.at(7, 0, 0, 0), TimeZone::UTC).unwrap(),
                _ => shape(day),
            };
            (key, Closed::Done(day))
        }).collect();
        let latest = days.iter().copied().rfind(|day| closed.contains_key(&shape(*day)));
        let next = days.iter().copied().find(|day| latest.is_none_or(|latest| *day > latest));
        // What lies further ahead than the slow reading looks is not compared.
        let known = |due: Option<Due>| due.filter(|due| due.date() < end);
        prop_assert_eq!(known(series.next_due(&closed)), next.map(shape));

        let at = (plain.start + now.days()).at(hour, 45, 0, 0);
        let now = zone.to_timestamp(at).unwrap();
        let local = super::zone("Europe/Berlin");
        let begun = days.iter().copied().rfind(|day| if timed {
            shape(*day).deadline(&local) <= now
        } else {
            *day <= local.to_datetime(now).date()
        });
        prop_assert_eq!(series.latest_due_by(now, &local), begun.map(shape));
        let closes = begun.filter(|day| latest.is_none_or(|latest| *day > latest)).or(next);
        prop_assert_eq!(known(series.closes(&closed, now, &local)), closes.map(shape));
    }
}
