//! Recurrence against tables, against a walk over every day, and against the `rrule` crate.

mod bounds;
mod calendar;
mod clocks;
mod closing;
mod naive;
mod reading;
mod rrule;

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::{Recurrence, Series, SeriesId};
use crate::model::Due;

fn rule(text: &str) -> Recurrence {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn due(text: &str) -> Due {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn series(start: &str, text: &str) -> Series {
    Series::new(SeriesId::new([7; 8]), due(start), rule(text))
        .unwrap_or_else(|error| panic!("{error}"))
}

fn zone(name: &str) -> TimeZone {
    TimeZoneDatabase::bundled().get(name).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// The first occurrences, with a space between them.
fn first(series: &Series, count: usize) -> String {
    let mut found: Vec<Due> = Vec::new();
    while found.len() < count
        && let Some(next) = series.first_after(found.last())
    {
        found.push(next);
    }
    let from = series.start().date();
    let at_once = series.occurrences_between(from, Date::MAX, count);
    assert_eq!(found, at_once, "{series}");
    let words: Vec<_> = found.iter().map(ToString::to_string).collect();
    words.join(" ")
}
