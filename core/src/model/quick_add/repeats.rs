//! Recurrences in words: `every monday`, `every 2 weeks`, `every last friday of the month`.

use jiff::civil::Weekday;

use super::calendar::Calendar;
use super::dates::date_phrase;
use super::explicit::{day_and_month, nth_day};
use super::numbers::{Unit, digits, number, ordinal, ordinal_word, unit, weekday};
use super::rules::{End, Frequency, Rule};
use super::times::{Part, time_phrase};
use super::words::Words;

/// The most times that a recurrence can be told to come.
const COUNT_MAX: u16 = 999;

/// A recurrence as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repeat {
    /// The first word behind it.
    pub(super) next: usize,
    pub(super) rule: Rule,
    /// The part of the day, where one is named.
    pub(super) part: Option<Part>,
}

impl Repeat {
    fn new(next: usize, rule: Rule) -> Self {
        Self {
            next,
            rule,
            part: None,
        }
    }
}

/// A recurrence without its end.
pub(super) fn repeat_phrase(
    words: &Words<'_>,
    index: usize,
    calendar: &Calendar,
) -> Option<Repeat> {
    let mut repeat = match words.at(index) {
        "every" => after_every(words, index.saturating_add(1))?,
        "on" => plural(words, index.saturating_add(1)).or_else(|| of_every_month(words, index))?,
        text => adverb(words, index, text, calendar).or_else(|| of_every_month(words, index))?,
    };
    if let Some((next, rule)) = days_named(words, repeat.next, &repeat.rule) {
        repeat.next = next;
        repeat.rule = rule;
    }
    if repeat.part.is_none()
        && let Some((next, part)) = Part::behind(words, repeat.next)
    {
        repeat.next = next;
        repeat.part = Some(part);
    }
    words.are_joined(index, repeat.next).then_some(repeat)
}

fn workdays(interval: u16) -> Rule {
    use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
    Rule::weekly(interval, vec![Monday, Tuesday, Wednesday, Thursday, Friday])
}

fn by_unit(unit: Unit, interval: u16) -> Option<Rule> {
    let (frequency, interval) = match unit {
        Unit::Minute | Unit::Hour => return None,
        Unit::Day => (Frequency::Daily, interval),
        Unit::Week => (Frequency::Weekly, interval),
        Unit::Month => (Frequency::Monthly, interval),
        Unit::Quarter => (Frequency::Monthly, interval.checked_mul(3)?),
        Unit::Year => (Frequency::Yearly, interval),
    };
    Some(Rule::new(frequency, interval)).filter(|rule| rule.interval <= COUNT_MAX)
}

fn yearly(day: i8, month: i8) -> Option<Rule> {
    // The 30th of February never comes. In a leap year every other day does.
    jiff::civil::Date::new(2024, month, day).ok()?;
    Some(Rule {
        month_days: vec![day],
        month: Some(month),
        ..Rule::new(Frequency::Yearly, 1)
    })
}

fn nth_weekday(nth: i8, day: Weekday) -> Option<Rule> {
    // No month has six of one weekday.
    (nth <= 5).then(|| Rule {
        weekdays: vec![day],
        nth,
        ..Rule::new(Frequency::Monthly, 1)
    })
}

fn on_month_days(mut days: Vec<i8>) -> Rule {
    days.sort_unstable();
    days.dedup();
    Rule {
        month_days: days,
        ..Rule::new(Frequency::Monthly, 1)
    }
}

fn after_every(words: &Words<'_>, index: usize) -> Option<Repeat> {
    let text = words.at(index);
    let next = index.saturating_add(1);
    let second = words.at(next);
    let after = next.saturating_add(1);
    if let Some((next, day, month)) = day_and_month(words, index) {
        return Some(Repeat::new(next, yearly(day, month)?));
    }
    if let Some(repeat) = ordinary(words, index, 1) {
        return Some(repeat);
    }
    if text == "other" {
        return ordinary(words, next, 2);
    }
    if let Some(count) = number(text) {
        return Some(Repeat::new(after, by_unit(unit(second)?, count)?));
    }
    let nth = nth(text)?;
    if let Some(day) = weekday(second) {
        return Some(Repeat::new(
            of_the_month(words, after),
            nth_weekday(nth, day)?,
        ));
    }
    match unit(second) {
        // The first and the last day are those of a month.
        Some(Unit::Day) if matches!(nth, -1 | 1) => {
            let end = of_the_month(words, after);
            return (end > after).then(|| Repeat::new(end, on_month_days(vec![nth])));
        }
        Some(unit) => {
            let count = u16::try_from(nth).ok()?;
            return Some(Repeat::new(after, by_unit(unit, count)?));
        }
        None => {}
    }
    let (listed, days) = month_day_list(words, index)?;
    let end = of_the_month(words, listed);
    let sure = days.len() > 1 || end > listed || words.lenient || words.is_end(end);
    let timed = time_phrase(words, end).is_some();
    (sure || timed).then(|| Repeat::new(end, on_month_days(days)))
}

/// What comes every one, or every other one.
fn ordinary(words: &Words<'_>, index: usize, interval: u16) -> Option<Repeat> {
    let text = words.at(index);
    let next = index.saturating_add(1);
    let rule = match text {
        "weekday" | "workday" => workdays(interval),
        "weekend" => Rule::weekly(interval, vec![Weekday::Saturday]),
        "fortnight" => Rule::new(Frequency::Weekly, interval.saturating_mul(2)),
        "morning" | "afternoon" | "evening" | "night" => {
            return Some(Repeat {
                part: Part::read(text),
                ..Repeat::new(next, Rule::new(Frequency::Daily, interval))
            });
        }
        _ => match unit(text) {
            Some(unit) => by_unit(unit, interval)?,
            None => {
                let (next, days) = weekday_list(words, index, false)?;
                return Some(Repeat::new(next, Rule::weekly(interval, days)));
            }
        },
    };
    Some(Repeat::new(next, rule))
}

/// `on mondays`, `on weekdays`.
fn plural(words: &Words<'_>, index: usize) -> Option<Repeat> {
    if words.at(index) == "weekdays" {
        return Some(Repeat::new(index.saturating_add(1), workdays(1)));
    }
    let (next, days) = weekday_list(words, index, true)?;
    Some(Repeat::new(next, Rule::weekly(1, days)))
}

/// `daily` and its like: at the end of the text, or with a time, a day or an end behind it.
/// Elsewhere it says what kind of thing something is, as in "read the daily report".
fn adverb(words: &Words<'_>, index: usize, text: &str, calendar: &Calendar) -> Option<Repeat> {
    let rule = match text {
        "daily" | "everyday" => Rule::new(Frequency::Daily, 1),
        "weekly" => Rule::new(Frequency::Weekly, 1),
        "monthly" => Rule::new(Frequency::Monthly, 1),
        "quarterly" => Rule::new(Frequency::Monthly, 3),
        "yearly" | "annually" => Rule::new(Frequency::Yearly, 1),
        "weekdays" => workdays(1),
        _ => return None,
    };
    let next = index.saturating_add(1);
    let sure = words.lenient
        || words.is_end(next)
        || time_phrase(words, next).is_some()
        || Part::behind(words, next).is_some()
        || days_named(words, next, &rule).is_some()
        || end_phrase(words, next, calendar).is_some()
        || (matches!(words.at(next), "from" | "starting")
            && date_phrase(words, next, calendar).is_some());
    sure.then(|| Repeat::new(next, rule))
}

/// Which one of something: `first`, `2nd`, `last`.
fn nth(text: &str) -> Option<i8> {
    if text == "last" {
        return Some(-1);
    }
    i8::try_from(ordinal(text).or_else(|| ordinal_word(text))?).ok()
}

/// Behind "of the month", where that stands here.
fn of_the_month(words: &Words<'_>, index: usize) -> usize {
    let mut at = index;
    if !matches!(words.at(at), "of" | "in") {
        return index;
    }
    at = at.saturating_add(1);
    if matches!(words.at(at), "the" | "every" | "each") {
        at = at.saturating_add(1);
    }
    match words.at(at) {
        "month" => at.saturating_add(1),
        _ => index,
    }
}

/// Behind a comma, "and" or both, where a list goes on.
fn next_of_list(words: &Words<'_>, index: usize) -> usize {
    match words.at(index) {
        "and" | "&" | "or" => index.saturating_add(1),
        _ => index,
    }
}

/// A weekday, or several of one: `mondays`. The plural has no short form: `tues` is one Tuesday.
fn one_weekday(text: &str, plural: bool) -> Option<Weekday> {
    if !plural {
        return weekday(text);
    }
    weekday(text.strip_suffix('s').filter(|day| day.ends_with("day"))?)
}

/// Weekdays in a row: `mon, wed and fri`, `mon/wed/fri`, `mondays and fridays`.
fn weekday_list(words: &Words<'_>, index: usize, plural: bool) -> Option<(usize, Vec<Weekday>)> {
    let read = |index: usize| -> Option<Vec<Weekday>> {
        let parts = words.at(index).split([',', '/', '+']);
        parts.map(|part| one_weekday(part, plural)).collect()
    };
    let mut days = read(index)?;
    let mut next = index.saturating_add(1);
    // A week has seven: what is longer is no list of its days.
    while days.len() <= 7 {
        let at = next_of_list(words, next);
        let goes_on = at > next || words.trail(next.saturating_sub(1)) == ",";
        match read(at).filter(|_| goes_on) {
            Some(more) => days.extend(more),
            None => break,
        }
        next = at.saturating_add(1);
    }
    Some((next, days))
}

/// Days of a month in a row: `1st`, `1st and 15th`.
fn month_day_list(words: &Words<'_>, index: usize) -> Option<(usize, Vec<i8>)> {
    let (mut next, first) = nth_day(words, index)?;
    let mut days = vec![first];
    while days.len() <= 31 {
        let mut at = next_of_list(words, next);
        let goes_on = at > next || words.trail(next.saturating_sub(1)) == ",";
        if words.at(at) == "the" {
            at = at.saturating_add(1);
        }
        match nth_day(words, at).filter(|_| goes_on) {
            Some((after, day)) => {
                days.push(day);
                next = after;
            }
            None => break,
        }
    }
    Some((next, days))
}

/// Which days of a month: `15th`, `1st and 15th`, `day 15`, `last day`, `last friday`.
fn monthly_days(words: &Words<'_>, index: usize) -> Option<(usize, Rule)> {
    let next = index.saturating_add(1);
    let after = next.saturating_add(1);
    if words.at(index) == "day" {
        let day = i8::try_from(digits(words.at(next))?).ok()?;
        let day = Some(day).filter(|day| (1..=31).contains(day))?;
        return Some((after, on_month_days(vec![day])));
    }
    if let Some(day) = weekday(words.at(next)) {
        return Some((after, nth_weekday(nth(words.at(index))?, day)?));
    }
    if words.at(next) == "day" {
        let nth = nth(words.at(index)).filter(|nth| *nth <= 31)?;
        return Some((after, on_month_days(vec![nth])));
    }
    let (next, days) = month_day_list(words, index)?;
    Some((next, on_month_days(days)))
}

/// `on the 1st of every month`, `the last friday of each month`.
fn of_every_month(words: &Words<'_>, index: usize) -> Option<Repeat> {
    let skip = |at: usize, word: &str| at.saturating_add(usize::from(words.at(at) == word));
    let (of, rule) = monthly_days(words, skip(skip(index, "on"), "the"))?;
    let every = of.saturating_add(1);
    let month = every.saturating_add(1);
    let here = matches!(words.at(of), "of" | "in")
        && matches!(words.at(every), "every" | "each")
        && words.at(month) == "month";
    here.then(|| Repeat::new(month.saturating_add(1), rule))
}

/// The days behind a rule that has none: `on the 15th`, `on the last friday`, `on mon and thu`.
fn days_named(words: &Words<'_>, index: usize, rule: &Rule) -> Option<(usize, Rule)> {
    let bare = rule.weekdays.is_empty() && rule.month_days.is_empty();
    if !bare || words.at(index) != "on" {
        return None;
    }
    let on = index.saturating_add(1);
    let the = match words.at(on) {
        "the" => on.saturating_add(1),
        _ => on,
    };
    let (next, named) = match rule.frequency {
        Frequency::Daily => return None,
        Frequency::Weekly => {
            let list = weekday_list(words, on, false).or_else(|| weekday_list(words, on, true));
            let (next, days) = list?;
            (next, Rule::weekly(1, days))
        }
        Frequency::Monthly => monthly_days(words, the)?,
        Frequency::Yearly => {
            let (next, day, month) = day_and_month(words, the)?;
            (next, yearly(day, month)?)
        }
    };
    Some((
        of_the_month(words, next),
        Rule {
            interval: rule.interval,
            ..named
        },
    ))
}

/// The end of a recurrence: `until 24 dec`, `for 10 times`, `x10`.
fn end_phrase(words: &Words<'_>, index: usize, calendar: &Calendar) -> Option<(usize, End)> {
    let next = index.saturating_add(1);
    let text = words.at(index);
    if matches!(text, "until" | "till" | "til" | "through") {
        let day = date_phrase(words, next, calendar)?;
        return Some((day.next, End::Day(day.date)));
    }
    if let Some(count) = text.strip_prefix('x').and_then(digits) {
        return (count > 0).then_some((next, End::Count(count)));
    }
    let (at, count) = match text {
        "for" => (next, number(words.at(next))?),
        _ => (index, digits(text).filter(|count| *count > 0)?),
    };
    let times = at.saturating_add(1);
    (words.at(times) == "times").then_some((times.saturating_add(1), End::Count(count)))
}

/// A recurrence in the text: where its words are, and those of its end.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) start: usize,
    pub(super) repeat: Repeat,
    /// The words of the end, which can stand behind a time.
    pub(super) end: Option<(usize, usize)>,
}

/// The first recurrence that the text means.
pub(super) fn find_repeat(words: &Words<'_>, calendar: &Calendar) -> Option<Found> {
    let found = |index: usize| Some((index, repeat_phrase(words, index, calendar)?));
    let (start, mut repeat) = (0..words.len()).find_map(found)?;
    let mut at = repeat.next;
    if end_phrase(words, at, calendar).is_none()
        && let Some(clock) = time_phrase(words, at)
    {
        at = clock.next;
    }
    let mut end = None;
    if let Some((next, kind)) = end_phrase(words, at, calendar) {
        repeat.rule.end = kind;
        end = Some((at, next));
    }
    Some(Found { start, repeat, end })
}
