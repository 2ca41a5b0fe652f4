//! Reading a recurrence rule. It comes from other people's calendars and from foreign documents.

use core::ops::RangeInclusive;
use core::str::FromStr;
use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time};

use super::error::{Allowed, RecurrenceError, shortened};
use super::rule::{
    COUNT_MAX, End, Frequency, INTERVAL_MAX, Recurrence, Skip, TEXT_BYTES_MAX, WEEKDAYS, WeekDay,
};

/// What the parts said, before it is known whether they go together.
#[derive(Default)]
struct Parts {
    frequency: Option<Frequency>,
    interval: Option<u16>,
    count: Option<u16>,
    until: Option<End>,
    months: Option<BTreeSet<u8>>,
    year_days: Option<BTreeSet<i16>>,
    month_days: Option<BTreeSet<i8>>,
    week_days: Option<BTreeSet<WeekDay>>,
    positions: Option<BTreeSet<i16>>,
    week_start: Option<u8>,
    scale: Option<()>,
    skip: Option<Skip>,
}

impl FromStr for Recurrence {
    type Err = RecurrenceError;

    fn from_str(text: &str) -> Result<Self, RecurrenceError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(RecurrenceError::TooLong);
        }
        let text = text.trim().to_ascii_uppercase();
        let text = text.strip_prefix("RRULE:").unwrap_or(&text);
        if text.is_empty() {
            return Err(RecurrenceError::NoFrequency);
        }
        let mut parts = Parts::default();
        for piece in text.split(';') {
            let (name, value) = piece
                .split_once('=')
                .ok_or_else(|| RecurrenceError::NoPart {
                    given: shortened(piece),
                })?;
            parts.take(name, value)?;
        }
        let rule = parts.together()?;
        // The written form spells out what a short one implies, so it can be the longer one.
        if rule.to_string().len() > TEXT_BYTES_MAX {
            return Err(RecurrenceError::TooLong);
        }
        Ok(rule)
    }
}

impl Parts {
    fn take(&mut self, name: &str, value: &str) -> Result<(), RecurrenceError> {
        match name {
            "FREQ" => once(&mut self.frequency, "FREQ", frequency(value)?),
            "INTERVAL" => {
                let given = number(value, 1..=INTERVAL_MAX);
                let given = given.ok_or_else(|| wrong("INTERVAL", value, Allowed::Interval))?;
                once(&mut self.interval, "INTERVAL", given)
            }
            "COUNT" => {
                let given = number(value, 1..=COUNT_MAX);
                let given = given.ok_or_else(|| wrong("COUNT", value, Allowed::Count))?;
                once(&mut self.count, "COUNT", given)
            }
            "UNTIL" => once(&mut self.until, "UNTIL", until(value)?),
            "BYMONTH" => {
                let given = list("BYMONTH", value, "numbers from 1 to 12", |one| {
                    number(one, 1..=12)
                })?;
                once(&mut self.months, "BYMONTH", given)
            }
            "BYYEARDAY" => {
                let given = list("BYYEARDAY", value, YEAR_DAYS, |one| signed(one, 366))?;
                once(&mut self.year_days, "BYYEARDAY", given)
            }
            "BYMONTHDAY" => {
                let allowed = "numbers from 1 to 31, or -31 to -1 from the month's end";
                let given = list("BYMONTHDAY", value, allowed, |one| {
                    i8::try_from(signed(one, 31)?).ok()
                })?;
                once(&mut self.month_days, "BYMONTHDAY", given)
            }
            "BYDAY" => {
                let allowed = "days such as MO,TH, or 1MO and -1FR for the first and the last";
                let given = list("BYDAY", value, allowed, week_day)?;
                once(&mut self.week_days, "BYDAY", given)
            }
            "BYSETPOS" => {
                let given = list("BYSETPOS", value, YEAR_DAYS, |one| signed(one, 366))?;
                once(&mut self.positions, "BYSETPOS", given)
            }
            "WKST" => {
                let allowed = Allowed::Words("one of MO, TU, WE, TH, FR, SA, SU");
                let given = day_name(value).ok_or_else(|| wrong("WKST", value, allowed))?;
                once(&mut self.week_start, "WKST", given)
            }
            "RSCALE" => {
                let allowed = Allowed::Words("GREGORIAN");
                if value != "GREGORIAN" {
                    return Err(wrong("RSCALE", value, allowed));
                }
                once(&mut self.scale, "RSCALE", ())
            }
            "SKIP" => {
                let given = match value {
                    "OMIT" => Skip::Omit,
                    "BACKWARD" => Skip::Backward,
                    _ => return Err(wrong("SKIP", value, Allowed::Words("OMIT or BACKWARD"))),
                };
                once(&mut self.skip, "SKIP", given)
            }
            "BYHOUR" => Err(time_of_day("BYHOUR")),
            "BYMINUTE" => Err(time_of_day("BYMINUTE")),
            "BYSECOND" => Err(time_of_day("BYSECOND")),
            "BYWEEKNO" => Err(RecurrenceError::Refused {
                part: "BYWEEKNO",
                instead: "calendars disagree on it; name the days with BYYEARDAY or BYMONTH and BYDAY",
            }),
            _ => Err(RecurrenceError::UnknownPart {
                part: shortened(name),
            }),
        }
    }

    /// What RFC 5545 says about which parts go together.
    fn together(self) -> Result<Recurrence, RecurrenceError> {
        let frequency = self.frequency.ok_or(RecurrenceError::NoFrequency)?;
        let end = match (self.count, self.until) {
            (Some(_), Some(_)) => {
                return Err(RecurrenceError::NotWith {
                    part: "COUNT",
                    other: "UNTIL",
                    instead: "keep one of them",
                });
            }
            (Some(count), None) => End::Count(count),
            (None, Some(until)) => until,
            (None, None) => End::Never,
        };
        let rule = Recurrence {
            frequency,
            interval: self.interval.unwrap_or(1),
            end,
            months: self.months.unwrap_or_default(),
            year_days: self.year_days.unwrap_or_default(),
            month_days: self.month_days.unwrap_or_default(),
            week_days: self.week_days.unwrap_or_default(),
            positions: self.positions.unwrap_or_default(),
            week_start: self.week_start.unwrap_or(0),
            // RFC 7529 makes OMIT the default of a rule that names its calendar.
            skip: self.skip.or(self.scale.map(|()| Skip::Omit)),
        };
        if !rule.year_days.is_empty() && frequency != Frequency::Yearly {
            return Err(RecurrenceError::NotWith {
                part: "BYYEARDAY",
                other: "this FREQ",
                instead: "use FREQ=YEARLY, or BYMONTH and BYMONTHDAY",
            });
        }
        if !rule.month_days.is_empty() && frequency == Frequency::Weekly {
            return Err(RecurrenceError::NotWith {
                part: "BYMONTHDAY",
                other: "FREQ=WEEKLY",
                instead: "use FREQ=MONTHLY, or FREQ=DAILY",
            });
        }
        let counted = rule.week_days.iter().any(|day| day.nth != 0);
        if counted && matches!(frequency, Frequency::Daily | Frequency::Weekly) {
            return Err(RecurrenceError::NotWith {
                part: "a numbered BYDAY",
                other: "FREQ=DAILY or FREQ=WEEKLY",
                instead: "leave out its number, or use FREQ=MONTHLY or FREQ=YEARLY",
            });
        }
        let days_named = !(rule.months.is_empty()
            && rule.year_days.is_empty()
            && rule.month_days.is_empty()
            && rule.week_days.is_empty());
        if !rule.positions.is_empty() && !days_named {
            return Err(RecurrenceError::NotWith {
                part: "BYSETPOS",
                other: "no other BY part",
                instead: "add the days that it chooses from, as in BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            });
        }
        Ok(rule)
    }
}

const YEAR_DAYS: &str = "numbers from 1 to 366, or -366 to -1 from the end";

fn once<T>(place: &mut Option<T>, part: &'static str, value: T) -> Result<(), RecurrenceError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(RecurrenceError::Twice { part }),
    }
}

fn wrong(part: &'static str, given: &str, allowed: Allowed) -> RecurrenceError {
    RecurrenceError::Value {
        part,
        given: shortened(given),
        allowed,
    }
}

fn time_of_day(part: &'static str) -> RecurrenceError {
    RecurrenceError::Refused {
        part,
        instead: "the time of day is that of the due date; leave the part out",
    }
}

fn frequency(value: &str) -> Result<Frequency, RecurrenceError> {
    match value {
        "DAILY" => Ok(Frequency::Daily),
        "WEEKLY" => Ok(Frequency::Weekly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "YEARLY" => Ok(Frequency::Yearly),
        "HOURLY" | "MINUTELY" | "SECONDLY" => Err(RecurrenceError::TooOften {
            given: value.to_owned(),
        }),
        _ => {
            let allowed = Allowed::Words("one of DAILY, WEEKLY, MONTHLY, YEARLY");
            Err(wrong("FREQ", value, allowed))
        }
    }
}

/// Digits only: `parse` alone would take a sign.
fn number<T: FromStr + PartialOrd>(text: &str, range: RangeInclusive<T>) -> Option<T> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number| range.contains(number))
}

/// A number from 1 to `max`, or from `-max` to -1.
fn signed(text: &str, max: i16) -> Option<i16> {
    match text.strip_prefix('-') {
        Some(text) => number(text, 1..=max).map(|number| -number),
        None => number(text.strip_prefix('+').unwrap_or(text), 1..=max),
    }
}

fn list<T: Ord>(
    part: &'static str,
    value: &str,
    allowed: &'static str,
    one: impl Fn(&str) -> Option<T>,
) -> Result<BTreeSet<T>, RecurrenceError> {
    value
        .split(',')
        .map(|text| one(text).ok_or_else(|| wrong(part, text, Allowed::Words(allowed))))
        .collect()
}

fn day_name(text: &str) -> Option<u8> {
    let index = WEEKDAYS.iter().position(|name| *name == text)?;
    u8::try_from(index).ok()
}

fn week_day(text: &str) -> Option<WeekDay> {
    let (nth, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let nth = if nth.is_empty() {
        0
    } else {
        i8::try_from(signed(nth, 53)?).ok()?
    };
    let day = day_name(name)?;
    Some(WeekDay { nth, day })
}

fn until(value: &str) -> Result<End, RecurrenceError> {
    let allowed = Allowed::Words("a day as 20261231 or a time as 20261231T090000Z");
    let read = || {
        let (day, rest) = match value.split_once('T') {
            None => (value, None),
            Some((day, rest)) => (day, Some(rest)),
        };
        let (year, rest_of_day) = exactly(day, 8)?.split_at_checked(4)?;
        let (month, day) = rest_of_day.split_at_checked(2)?;
        let date = Date::new(
            number(year, 1..=9999)?,
            number(month, 1..=12)?,
            number(day, 1..=31)?,
        )
        .ok()?;
        let Some(rest) = rest else {
            return Some(End::Day(date));
        };
        let (time, utc) = match rest.strip_suffix('Z') {
            None => (rest, false),
            Some(time) => (time, true),
        };
        let (hour, rest_of_time) = exactly(time, 6)?.split_at_checked(2)?;
        let (minute, second) = rest_of_time.split_at_checked(2)?;
        let time = Time::new(
            number(hour, 0..=23)?,
            number(minute, 0..=59)?,
            number(second, 0..=59)?,
            0,
        )
        .ok()?;
        let at = DateTime::from_parts(date, time);
        Some(if utc { End::Utc(at) } else { End::Local(at) })
    };
    read().ok_or_else(|| wrong("UNTIL", value, allowed))
}

fn exactly(text: &str, bytes: usize) -> Option<&str> {
    (text.len() == bytes).then_some(text)
}
