//! Dates with numbers: `2026-12-24`, `24.12.`, `12/24`, `24 dec`, `the 15th`.

use jiff::civil::Date;

use super::calendar::Calendar;
use super::numbers::{digits, month, month_day, ordinal};
use super::words::Words;

/// A date with a day and a month in it, and the first word behind it. `strong` after a word such
/// as "on", where what could be a version or a fraction is a date.
pub(super) fn explicit(
    words: &Words<'_>,
    index: usize,
    strong: bool,
    calendar: &Calendar,
) -> Option<(usize, Date)> {
    let text = words.at(index);
    if !text.starts_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    let next = index.saturating_add(1);
    let one = iso(text)
        .or_else(|| dotted(text, strong, calendar))
        .or_else(|| slashed(text, strong, calendar));
    if let Some(date) = one {
        return Some((next, date));
    }
    named(words, index, calendar)
}

fn year(text: &str) -> Option<i16> {
    let plain = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|year| plain && (1900..=2999).contains(year))
}

/// Four digits, or two of this century.
fn any_year(text: &str) -> Option<i16> {
    let short = || {
        let number = digits(text).filter(|_| text.len() == 2)?;
        i16::try_from(number.saturating_add(2000)).ok()
    };
    year(text).or_else(short)
}

fn small(text: &str) -> Option<i8> {
    let number = digits(text).filter(|_| text.len() <= 2)?;
    i8::try_from(number).ok()
}

fn iso(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    let short = second.len() == 2 && third.len() == 2 && parts.next().is_none();
    Date::new(year(first)?, small(second)?, small(third)?)
        .ok()
        .filter(|_| short)
}

/// Day and month, as in `24.12.` or `24.12.2026`. Without its last full stop it is a number.
fn dotted(text: &str, strong: bool, calendar: &Calendar) -> Option<Date> {
    let mut parts = text.split('.');
    let (day, month) = (small(parts.next()?)?, small(parts.next()?)?);
    match (parts.next(), parts.next()) {
        (Some(""), None) => calendar.date(day, month, None),
        (Some(written), None) => calendar.date(day, month, Some(any_year(written)?)),
        (None, None) if strong => calendar.date(day, month, None),
        _ => None,
    }
}

/// Month and day in the reader's order, or in the only possible one.
fn slashed(text: &str, strong: bool, calendar: &Calendar) -> Option<Date> {
    let mut parts = text.split('/');
    let (first, second) = (parts.next()?, parts.next()?);
    let year = match (parts.next(), parts.next()) {
        (None, None) => None,
        (Some(written), None) => Some(any_year(written)?),
        _ => return None,
    };
    let fraction = matches!(text, "1/2" | "1/3" | "2/3" | "1/4" | "3/4" | "24/7");
    if fraction && !strong {
        return None;
    }
    let (first, second) = (small(first)?, small(second)?);
    let day_first = calendar.date(first, second, year);
    let month_first = calendar.date(second, first, year);
    if calendar.day_first {
        day_first.or(month_first)
    } else {
        month_first.or(day_first)
    }
}

/// A day and the name of a month, in either order, perhaps with a year.
fn named(words: &Words<'_>, index: usize, calendar: &Calendar) -> Option<(usize, Date)> {
    let (next, day, month) = day_and_month(words, index)?;
    if let Some(year) = year(words.at(next))
        && words.are_joined(index, next.saturating_add(1))
        && let Some(date) = calendar.date(day, month, Some(year))
    {
        return Some((next.saturating_add(1), date));
    }
    Some((next, calendar.date(day, month, None)?))
}

/// `24 dec`, `24th of december`, `dec 24`: the first word behind, the day and the month.
pub(super) fn day_and_month(words: &Words<'_>, index: usize) -> Option<(usize, i8, i8)> {
    let next = index.saturating_add(1);
    if let Some(month) = month(words.at(index)) {
        let day = month_day(words.at(next))?;
        return Some((next.saturating_add(1), day, month));
    }
    let day = month_day(words.at(index))?;
    let at = if words.at(next) == "of" {
        next.saturating_add(1)
    } else {
        next
    };
    Some((at.saturating_add(1), day, month(words.at(at))?))
}

/// A day of a month alone, as in `15th`: its number and the first word behind it.
pub(super) fn nth_day(words: &Words<'_>, index: usize) -> Option<(usize, i8)> {
    let day = i8::try_from(ordinal(words.at(index))?).ok()?;
    (1..=31)
        .contains(&day)
        .then_some((index.saturating_add(1), day))
}
