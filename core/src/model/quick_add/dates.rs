//! Days in words: `tomorrow`, `next friday`, `in 3 days`, `end of month`.

use jiff::civil::{Date, Time, Weekday};

use super::calendar::Calendar;
use super::explicit::{explicit, nth_day};
use super::numbers::{Unit, glued, is_ambiguous, number, unit, weekday};
use super::times::{Part, is_connector, time_phrase};
use super::words::Words;

/// A day as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    /// The first word behind it.
    pub(super) next: usize,
    /// The day.
    pub(super) date: Date,
    /// The part of that day, where one is named.
    pub(super) part: Option<Part>,
    /// The time, where the words name a moment: `in 2 hours`.
    pub(super) exact: Option<Time>,
}

impl Day {
    fn new(next: usize, date: Date) -> Self {
        Self {
            next,
            date,
            part: None,
            exact: None,
        }
    }
}

/// The words before a day that belong to it, and whether a word after them that could mean
/// something else is a day.
struct Prefix {
    next: usize,
    strong: bool,
}

fn prefix(words: &Words<'_>, index: usize) -> Prefix {
    let mut prefix = Prefix {
        next: index,
        strong: false,
    };
    // Two at most: `due on friday`.
    for _ in 0..2 {
        let strong = match words.at(prefix.next) {
            "on" | "by" | "due" | "until" | "till" | "before" | "starting" => true,
            "for" | "from" | "at" => false,
            _ => break,
        };
        if !matches!(words.trail(prefix.next), "" | ":") {
            break;
        }
        prefix.next = prefix.next.saturating_add(1);
        prefix.strong = strong || prefix.strong;
    }
    prefix
}

/// A day with the words before it that belong to it.
pub(super) fn date_phrase(words: &Words<'_>, index: usize, calendar: &Calendar) -> Option<Day> {
    let prefix = prefix(words, index);
    let strong = prefix.strong || words.lenient;
    let has_prefix = prefix.next > index;
    // What is got for the weekend is wanted before it, on a day that nobody named.
    let before = words.any(prefix.next.saturating_sub(1));
    if has_prefix && before == "for" && !words.lenient && is_weekend(words, prefix.next) {
        return None;
    }
    let mut day = if words.at(prefix.next) == "the" {
        after_the(words, prefix.next.saturating_add(1), has_prefix, calendar)?
    } else {
        day(words, prefix.next, strong, calendar)?
    };
    // `at` belongs to a time, and to these.
    if before == "at" && has_prefix && !matches!(words.any(prefix.next), "the" | "weekend" | "end")
    {
        return None;
    }
    if day.exact.is_none()
        && day.part.is_none()
        && let Some((next, part)) = Part::behind(words, day.next)
    {
        day.next = next;
        day.part = Some(part);
    }
    words.are_joined(index, day.next).then_some(day)
}

/// `weekend` or `the weekend`, which is no certain one, as `next weekend` is.
fn is_weekend(words: &Words<'_>, index: usize) -> bool {
    let the = usize::from(words.at(index) == "the");
    words.at(index.saturating_add(the)) == "weekend"
}

/// What can stand after "the": `the 15th`, `the day after tomorrow`, `the end of the month`.
fn after_the(
    words: &Words<'_>,
    index: usize,
    has_prefix: bool,
    calendar: &Calendar,
) -> Option<Day> {
    let text = words.at(index);
    let next = index.saturating_add(1);
    if let Some((next, date)) = explicit(words, index, true, calendar) {
        return has_prefix.then(|| Day::new(next, date));
    }
    if let Some((next, day)) = nth_day(words, index) {
        let sure = has_prefix || words.lenient || words.is_end(next);
        return Some(Day::new(next, calendar.month_day(day)?)).filter(|_| sure);
    }
    match text {
        "day" if words.at(next) == "after" => day(words, index, true, calendar),
        "end" => end_of(words, index, calendar),
        "next" if has_prefix => day(words, index, true, calendar),
        "weekend" if has_prefix => {
            let saturday = calendar.this_weekday(Weekday::Saturday)?;
            Some(Day::new(next, saturday))
        }
        _ => None,
    }
}

fn day(words: &Words<'_>, index: usize, strong: bool, calendar: &Calendar) -> Option<Day> {
    let text = words.at(index);
    let next = index.saturating_add(1);
    let second = words.at(next);
    let third = index.saturating_add(2);
    let word = |date: Option<Date>| Some(Day::new(next, date?));
    match text {
        "" => None,
        "today" | "tod" => word(Some(calendar.today)),
        "tonight" => Some(Day {
            part: Some(Part::Night),
            ..Day::new(next, calendar.today)
        }),
        "tomorrow" | "tmr" | "tmrw" => word(calendar.today.tomorrow().ok()),
        "day" if second == "after" && words.at(third) == "tomorrow" => {
            let date = calendar.ahead(2, Unit::Day)?;
            Some(Day::new(index.saturating_add(3), date))
        }
        "this" => this(words, next, calendar),
        "next" => {
            let date = match (weekday(second), unit(second)) {
                (Some(day), _) => calendar.next_week(day),
                (None, Some(unit)) if !second.ends_with('s') => calendar.next(unit),
                _ if second == "weekend" => calendar.next_week(Weekday::Saturday),
                _ => None,
            };
            Some(Day::new(third, date?))
        }
        "weekend" if strong || (is_last(words, index) && words.before(index) != "for") => {
            word(calendar.this_weekday(Weekday::Saturday))
        }
        "in" => after_in(words, next, calendar),
        "end" => end_of(words, index, calendar),
        "eow" => word(calendar.end(Unit::Week, false)),
        "eom" => word(calendar.end(Unit::Month, false)),
        "eoy" => word(calendar.end(Unit::Year, false)),
        _ => weekday_or_date(words, index, strong, calendar),
    }
}

fn this(words: &Words<'_>, index: usize, calendar: &Calendar) -> Option<Day> {
    let text = words.at(index);
    let next = index.saturating_add(1);
    if let Some(part) = Part::read(text) {
        return Some(Day {
            part: Some(part),
            ..Day::new(next, calendar.today)
        });
    }
    let day = match text {
        "weekend" => Weekday::Saturday,
        _ => weekday(text)?,
    };
    Some(Day::new(next, calendar.this_weekday(day)?))
}

/// `in 3 days`, `in a month`, `in 2h`, `in half an hour`.
fn after_in(words: &Words<'_>, index: usize, calendar: &Calendar) -> Option<Day> {
    let text = words.at(index);
    let next = index.saturating_add(1);
    let half = text == "half" && words.at(next) == "an";
    if half && words.at(index.saturating_add(2)) == "hour" {
        return moment(calendar, index.saturating_add(3), 30);
    }
    let (next, count, unit) = match glued(text) {
        Some((count, unit)) => (next, count, unit),
        None => (next.saturating_add(1), number(text)?, unit(words.at(next))?),
    };
    match unit {
        Unit::Minute => moment(calendar, next, i64::from(count)),
        Unit::Hour => moment(calendar, next, i64::from(count).saturating_mul(60)),
        _ => Some(Day::new(next, calendar.ahead(count, unit)?)),
    }
}

fn moment(calendar: &Calendar, next: usize, minutes: i64) -> Option<Day> {
    let (date, time) = calendar.later(minutes)?;
    Some(Day {
        exact: Some(time),
        ..Day::new(next, date)
    })
}

/// `end of month`, `end of the week`, `end of next year`.
fn end_of(words: &Words<'_>, index: usize, calendar: &Calendar) -> Option<Day> {
    let of = index.saturating_add(1);
    if words.at(of) != "of" {
        return None;
    }
    let mut at = of.saturating_add(1);
    let which = words.at(at);
    if matches!(which, "the" | "this" | "next") {
        at = at.saturating_add(1);
    }
    let text = words.at(at);
    let unit = unit(text).filter(|_| !text.ends_with('s'))?;
    let date = calendar.end(unit, which == "next")?;
    Some(Day::new(at.saturating_add(1), date))
}

/// A weekday, a date with numbers, or both: then the date counts.
fn weekday_or_date(
    words: &Words<'_>,
    index: usize,
    strong: bool,
    calendar: &Calendar,
) -> Option<Day> {
    let next = index.saturating_add(1);
    let Some(day) = weekday(words.at(index)) else {
        if let Some((next, date)) = explicit(words, index, strong, calendar) {
            return Some(Day::new(next, date));
        }
        // "on 5th" is a day, and "on 5th avenue" is none.
        let sure = strong && (words.lenient || words.is_end(next));
        let (next, day) = nth_day(words, index).filter(|_| sure)?;
        return Some(Day::new(next, calendar.month_day(day)?));
    };
    let nth = |index: usize| {
        let (next, day) = nth_day(words, index)?;
        Some((next, calendar.month_day(day)?))
    };
    let date = match words.at(next) {
        "the" => nth(next.saturating_add(1)),
        _ => explicit(words, next, true, calendar)
            .or_else(|| nth(next).filter(|(_, date)| date.weekday() == day)),
    };
    if let Some((next, date)) = date {
        return Some(Day::new(next, date));
    }
    let sure = strong
        || !is_ambiguous(words.at(index))
        || is_last(words, index)
        || Part::behind(words, next).is_some()
        || time_phrase(words, next).is_some();
    Some(Day::new(next, calendar.weekday(day)?)).filter(|_| sure)
}

/// Whether an ambiguous word ends the text, and not as what somebody did or where they were.
fn is_last(words: &Words<'_>, index: usize) -> bool {
    let other = matches!(
        words.before(index),
        "i" | "you"
            | "he"
            | "she"
            | "it"
            | "we"
            | "they"
            | "who"
            | "cat"
            | "dog"
            | "in"
            | "under"
            | "with"
            | "long"
    );
    words.is_end(index.saturating_add(1)) && !other
}

/// Whether the word before says that the day is not when something is due.
fn is_about(words: &Words<'_>, index: usize) -> bool {
    let before = words.before(index);
    let named = matches!(
        (before, words.any(index)),
        ("black" | "good" | "casual", "friday")
            | ("easter" | "cyber" | "blue", "monday")
            | ("shrove" | "giving", "tuesday")
            | ("ash", "wednesday")
            | ("maundy", "thursday")
            | ("easter" | "palm", "sunday")
    );
    let number = index.checked_sub(2).is_some_and(|first| {
        is_connector(before) && words.any(first).starts_with(|c: char| c.is_ascii_digit())
    });
    // One of several weekdays: "mon wed fri".
    let row = weekday(words.any(index)).is_some()
        && index
            .checked_sub(1)
            .is_some_and(|index| weekday(words.at(index)).is_some());
    named
        || number
        || row
        || matches!(
            before,
            "a" | "about"
                | "after"
                | "an"
                | "any"
                | "each"
                | "ev"
                | "every"
                | "except"
                | "her"
                | "his"
                | "last"
                | "like"
                | "my"
                | "of"
                | "our"
                | "past"
                | "previous"
                | "since"
                | "some"
                | "than"
                | "the"
                | "their"
                | "to"
                | "your"
        )
}

/// The first day that the text means, and where it starts.
pub(super) fn find_date(words: &Words<'_>, calendar: &Calendar) -> Option<(usize, Day)> {
    let mut index = 0;
    while index < words.len() {
        let Some(day) = date_phrase(words, index, calendar) else {
            index = index.saturating_add(1);
            continue;
        };
        // Two days, or a range: a task has one, so both stay where nothing of them is lost.
        let second = match words.at(day.next) {
            text if is_connector(text) => Some(day.next.saturating_add(1)),
            text if weekday(text).is_some() => Some(day.next),
            _ => None,
        };
        let other = second.and_then(|second| date_phrase(words, second, calendar));
        if other.is_none() && !is_about(words, index) {
            return Some((index, day));
        }
        index = other.map_or(day.next, |other| other.next);
    }
    None
}
