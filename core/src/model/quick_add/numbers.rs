//! Numbers, and the names of units, weekdays and months.

use jiff::civil::Weekday;

/// A stretch of time that people count in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// The largest number that is read, beside years.
const NUMBER_MAX: u16 = 999;

/// Digits only, up to 999.
pub(super) fn digits(text: &str) -> Option<u16> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|number| *number <= NUMBER_MAX)
}

/// A number in digits, or a small one in words; `a` is one.
pub(super) fn number(text: &str) -> Option<u16> {
    Some(match text {
        "a" | "an" | "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        "seven" => 7,
        "eight" => 8,
        "nine" => 9,
        "ten" => 10,
        "twelve" => 12,
        _ => return digits(text).filter(|number| *number > 0),
    })
}

/// A number and a unit in one word, such as `2h`. Metres look like minutes, so `30m` is nothing.
pub(super) fn glued(text: &str) -> Option<(u16, Unit)> {
    let letters = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, name) = text.split_at_checked(letters)?;
    let unit = match name {
        "h" => Unit::Hour,
        "d" => Unit::Day,
        "w" => Unit::Week,
        _ => unit(name)?,
    };
    Some((digits(count).filter(|count| *count > 0)?, unit))
}

pub(super) fn unit(text: &str) -> Option<Unit> {
    Some(match text {
        "min" | "mins" | "minute" | "minutes" => Unit::Minute,
        "hr" | "hrs" | "hour" | "hours" => Unit::Hour,
        "day" | "days" => Unit::Day,
        "wk" | "wks" | "week" | "weeks" => Unit::Week,
        "month" | "months" => Unit::Month,
        "quarter" | "quarters" => Unit::Quarter,
        "yr" | "yrs" | "year" | "years" => Unit::Year,
        _ => return None,
    })
}

/// `1st`, `2nd`... as digits with their ending.
pub(super) fn ordinal(text: &str) -> Option<u8> {
    let text = ["st", "nd", "rd", "th"]
        .iter()
        .find_map(|ending| text.strip_suffix(ending))?;
    u8::try_from(digits(text)?).ok().filter(|nth| *nth > 0)
}

/// `first` to `fifth`.
pub(super) fn ordinal_word(text: &str) -> Option<u8> {
    Some(match text {
        "first" => 1,
        "second" => 2,
        "third" => 3,
        "fourth" => 4,
        "fifth" => 5,
        _ => return None,
    })
}

/// A day of a month: `15` or `15th`.
pub(super) fn month_day(text: &str) -> Option<i8> {
    let day = ordinal(text).map(u16::from).or_else(|| digits(text))?;
    i8::try_from(day).ok().filter(|day| (1..=31).contains(day))
}

pub(super) fn weekday(text: &str) -> Option<Weekday> {
    Some(match text {
        "monday" | "mon" => Weekday::Monday,
        "tuesday" | "tues" | "tue" => Weekday::Tuesday,
        "wednesday" | "wed" => Weekday::Wednesday,
        "thursday" | "thurs" | "thur" | "thu" => Weekday::Thursday,
        "friday" | "fri" => Weekday::Friday,
        "saturday" | "sat" => Weekday::Saturday,
        "sunday" | "sun" => Weekday::Sunday,
        _ => return None,
    })
}

/// Whether a weekday's name is also another word: `sat`, `sun`, `wed`, and French `mon`.
pub(super) fn is_ambiguous(weekday: &str) -> bool {
    matches!(weekday, "mon" | "wed" | "sat" | "sun")
}

pub(super) fn month(text: &str) -> Option<i8> {
    Some(match text {
        "january" | "jan" => 1,
        "february" | "feb" => 2,
        "march" | "mar" => 3,
        "april" | "apr" => 4,
        "may" => 5,
        "june" | "jun" => 6,
        "july" | "jul" => 7,
        "august" | "aug" => 8,
        "september" | "sept" | "sep" => 9,
        "october" | "oct" => 10,
        "november" | "nov" => 11,
        "december" | "dec" => 12,
        _ => return None,
    })
}
