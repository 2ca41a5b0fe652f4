//! Dates, times and durations (RFC 5545 sections 3.3.4 to 3.3.6).

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp};

use crate::model::Due;

/// The most digits of a number in a duration.
const DIGITS_MAX: usize = 7;

/// A date or a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    /// A day.
    Day(Date),
    /// A time on the clocks of some zone.
    Local(DateTime),
    /// A moment, as a time in UTC.
    Utc(DateTime),
}

/// Reads a date or a time.
pub(super) fn stamp(value: &str) -> Option<Stamp> {
    let value = value.trim();
    let (date, time) = match value.split_once(['T', 't']) {
        Some((date, time)) => (date, Some(time)),
        None => (value, None),
    };
    let date = digits(date, 8)?;
    let year = i16::try_from(date / 10_000).ok()?;
    let (month, day) = (part(date / 100)?, part(date)?);
    let date = Date::new(year, month, day)
        .ok()
        .filter(|date| date.year() >= 1)?;
    let Some(time) = time else {
        return Some(Stamp::Day(date));
    };
    let utc = time.strip_suffix(['Z', 'z']);
    let time = digits(utc.unwrap_or(time), 6)?;
    // A leap second counts as the one before.
    let second = part(time)?.min(if part(time)? == 60 { 59 } else { i8::MAX });
    let time = jiff::civil::Time::new(part(time / 10_000)?, part(time / 100)?, second, 0).ok()?;
    let at = DateTime::from_parts(date, time);
    Some(if utc.is_some() {
        Stamp::Utc(at)
    } else {
        Stamp::Local(at)
    })
}

fn digits(text: &str, count: usize) -> Option<u32> {
    let is_number = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn part(number: u32) -> Option<i8> {
    i8::try_from(number % 100).ok()
}

impl Stamp {
    /// As a due date. A time without a zone of its own is in `zone`.
    pub(super) fn due(self, zone: &TimeZone) -> Option<Due> {
        match self {
            Self::Day(day) => Due::on(day),
            Self::Local(at) => Due::at(at, zone.clone()),
            Self::Utc(at) => Due::at(at, TimeZone::UTC),
        }
        .ok()
    }

    /// The day, for a reader in `zone`.
    pub(super) fn day(self, zone: &TimeZone) -> Option<Date> {
        match self {
            Self::Day(day) => Some(day),
            Self::Local(at) => Some(at.date()),
            Self::Utc(at) => Some(zone.to_datetime(Offset::UTC.to_timestamp(at).ok()?).date()),
        }
        .filter(|day| day.year() >= 1)
    }

    /// The moment. A day begins at midnight.
    pub(super) fn moment(self, zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Day(day) => zone.to_timestamp(day.at(0, 0, 0, 0)),
            Self::Local(at) => zone.to_timestamp(at),
            Self::Utc(at) => Offset::UTC.to_timestamp(at),
        }
        .ok()
    }
}

/// Writes a day.
pub(super) fn write_day(day: Date) -> String {
    format!("{:04}{:02}{:02}", day.year(), day.month(), day.day())
}

/// Writes a time without a zone.
pub(super) fn write_local(at: DateTime) -> String {
    let day = write_day(at.date());
    format!("{day}T{:02}{:02}{:02}", at.hour(), at.minute(), at.second())
}

/// Writes a moment.
pub(super) fn write_utc(at: Timestamp) -> String {
    write_local(Offset::UTC.to_datetime(at)) + "Z"
}

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    /// Whether it goes back.
    pub(super) is_negative: bool,
    days: u32,
    seconds: u32,
    unit: char,
}

/// Reads a duration such as `-PT15M`, `P1W`, `P1DT2H`.
pub(super) fn length(value: &str) -> Option<Length> {
    let value = value.trim();
    let is_negative = value.starts_with('-');
    let mut rest = value
        .strip_prefix(['-', '+'])
        .unwrap_or(value)
        .strip_prefix(['P', 'p'])?;
    let mut length = Length {
        is_negative,
        days: 0,
        seconds: 0,
        unit: ' ',
    };
    let mut in_time = false;
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix(['T', 't']) {
            in_time = true;
            rest = time;
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at_checked(end)?;
        if number.is_empty() || number.len() > DIGITS_MAX {
            return None;
        }
        let number: u32 = number.parse().ok()?;
        let unit = after.chars().next()?.to_ascii_uppercase();
        let (slot, times) = match (unit, in_time) {
            ('W', false) => (&mut length.days, 7),
            ('D', false) => (&mut length.days, 1),
            ('H', true) => (&mut length.seconds, 3600),
            ('M', true) => (&mut length.seconds, 60),
            ('S', true) => (&mut length.seconds, 1),
            _ => return None,
        };
        *slot = slot.checked_add(number.checked_mul(times)?)?;
        length.unit = if length.unit == ' ' { unit } else { 'M' };
        rest = after.get(1..)?;
    }
    (length.unit != ' ').then_some(length)
}

impl Length {
    /// The reminder that rings so long before; `None` where there is none.
    pub(super) fn reminder(self) -> Option<String> {
        let is_zero = self.days == 0 && self.seconds == 0;
        if !is_zero && !self.is_negative {
            return None;
        }
        let (number, unit) = match self.unit {
            'W' | 'D' => (self.days, 'd'),
            'H' => (self.seconds / 3600, 'h'),
            _ if self.seconds.is_multiple_of(60) => (
                self.days
                    .checked_mul(1440)?
                    .checked_add(self.seconds / 60)?,
                'm',
            ),
            _ => return None,
        };
        (number <= 999_999).then(|| format!("{number}{unit}"))
    }

    /// The end of something that begins at `start`. Days are those of the calendar, hours those of
    /// the clock.
    pub(super) fn after(self, start: &Due) -> Option<Due> {
        if self.is_negative {
            return None;
        }
        let days = Span::new().try_days(self.days).ok()?;
        match (start.time(), start.zone()) {
            (Some(time), Some(zone)) => {
                let seconds = Span::new().try_seconds(self.seconds).ok()?;
                let end = DateTime::from_parts(start.date(), time);
                let end = end.checked_add(days).ok()?.checked_add(seconds).ok()?;
                Due::at(end, zone.clone()).ok()
            }
            _ if self.seconds == 0 => Due::on(start.date().checked_add(days).ok()?).ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    //! Times and durations are read in the forms of the RFC and no others.

    use super::*;

    #[test]
    fn times() {
        let day = jiff::civil::date(2026, 11, 23);
        assert_eq!(stamp("20261123"), Some(Stamp::Day(day)));
        assert_eq!(
            stamp("20261123T090005"),
            Some(Stamp::Local(day.at(9, 0, 5, 0)))
        );
        assert_eq!(
            stamp("20261123T235960Z"),
            Some(Stamp::Utc(day.at(23, 59, 59, 0)))
        );
        for text in [
            "",
            "T",
            "2026-11-23",
            "20261323",
            "20260230",
            "00000101",
            "20261123T",
            "20261123T9",
            "20261123T240000",
            "20261123T096100",
            "20261123T090061",
            "20261123T090000+01",
            "2026112\u{e4}",
            "+2026112",
        ] {
            assert_eq!(stamp(text), None, "{text}");
        }
    }

    #[test]
    fn durations() {
        for (text, reminder) in [
            ("-PT15M", Some("15m")),
            ("-PT60M", Some("60m")),
            ("-PT1H", Some("1h")),
            ("-P1D", Some("1d")),
            ("-P2W", Some("14d")),
            ("-P1DT2H", Some("1560m")),
            ("-PT1H30M", Some("90m")),
            ("-PT900S", Some("15m")),
            ("PT0S", Some("0m")),
            ("-PT0H", Some("0h")),
            ("P0D", Some("0d")),
            ("PT15M", None),
            ("-PT1S", None),
            ("-P9999999W", None),
            ("-P99999999D", None),
            ("P", None),
            ("PT", None),
            ("-P1H", None),
            ("P1", None),
            ("PD", None),
            ("-P1\u{e4}", None),
        ] {
            assert_eq!(
                length(text).and_then(Length::reminder).as_deref(),
                reminder,
                "{text}"
            );
        }
        let start: Due = "2026-10-24T09:00[Europe/Berlin]".parse().unwrap();
        let end = length("P1DT2H").unwrap().after(&start).unwrap();
        assert_eq!(end.to_string(), "2026-10-25T11:00[Europe/Berlin]");
        assert_eq!(length("P9999999D").unwrap().after(&start), None);
    }
}
