//! Times of day: `9am`, `21:00`, `at 9`, `noon`, and parts of a day.

use jiff::civil::Time;

use super::numbers::digits;
use super::words::Words;

/// A part of a day, and the time that it stands for where no other is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Morning,
    Afternoon,
    Evening,
    Night,
}

impl Part {
    pub(super) fn read(text: &str) -> Option<Self> {
        Some(match text {
            "morning" => Self::Morning,
            "afternoon" => Self::Afternoon,
            "evening" => Self::Evening,
            "night" => Self::Night,
            _ => return None,
        })
    }

    /// 9:00, 15:00, 19:00 and 20:00.
    pub(super) fn time(self) -> Option<Time> {
        let hour = match self {
            Self::Morning => 9,
            Self::Afternoon => 15,
            Self::Evening => 19,
            Self::Night => 20,
        };
        Time::new(hour, 0, 0, 0).ok()
    }

    /// A part of the day right behind a day: `morning`, `in the morning`, `at night`.
    pub(super) fn behind(words: &Words<'_>, index: usize) -> Option<(usize, Self)> {
        let start = match (words.at(index), words.at(index.saturating_add(1))) {
            ("in", "the") => index.saturating_add(2),
            ("at", "night") => index.saturating_add(1),
            _ => index,
        };
        let part = Self::read(words.at(start))?;
        Some((start.saturating_add(1), part))
    }
}

/// How sure a time is about its half of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// With am or pm, or an hour that leaves no doubt.
    Sure,
    /// On the 24-hour clock, but with an hour that could be of the evening.
    Open,
    /// The same, said with `at`.
    At,
}

/// A time of day as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clock {
    /// The first word behind it.
    pub(super) next: usize,
    hour: i8,
    minute: i8,
    form: Form,
}

impl Clock {
    /// The time, in a part of the day where one is named. `at 1` to `at 6` are afternoons.
    pub(super) fn time(self, part: Option<Part>) -> Option<Time> {
        let later = match (self.form, part) {
            (Form::Sure, _) | (_, Some(Part::Morning)) => false,
            (_, Some(_)) => true,
            (Form::At, None) => self.hour <= 6,
            (Form::Open, None) => false,
        };
        let hour = self.hour.saturating_add(if later { 12 } else { 0 });
        Time::new(hour, self.minute, 0, 0).ok()
    }

    fn read(text: &str, half: Option<&str>, next: usize) -> Option<Self> {
        let dotted = half.is_some() && !text.contains(':');
        let (hour, minute) = match text.split_once(if dotted { '.' } else { ':' }) {
            Some((hour, minute)) if minute.len() == 2 => (hour, digits(minute)?),
            Some(_) => return None,
            None => (text, 0),
        };
        let padded = hour.starts_with('0');
        let number = digits(hour).filter(|_| hour.len() <= 2)?;
        let hour = match half {
            Some(_) if !(1..=12).contains(&number) => return None,
            Some("am") => number % 12,
            Some(_) => (number % 12).saturating_add(12),
            None if number > 23 => return None,
            None => number,
        };
        let is_open = half.is_none() && !padded && (1..=11).contains(&hour);
        Some(Self {
            next,
            hour: i8::try_from(hour).ok()?,
            minute: i8::try_from(minute).ok().filter(|minute| *minute < 60)?,
            form: if is_open { Form::Open } else { Form::Sure },
        })
    }

    fn at_hour(hour: i8, next: usize) -> Self {
        Self {
            next,
            hour,
            minute: 0,
            form: Form::Sure,
        }
    }
}

fn half(text: &str) -> Option<&'static str> {
    match text {
        "am" | "a.m" | "a.m." => Some("am"),
        "pm" | "p.m" | "p.m." => Some("pm"),
        _ => None,
    }
}

/// A time that can be nothing else: with am or pm, or with minutes.
pub(super) fn clock(words: &Words<'_>, index: usize) -> Option<Clock> {
    let text = words.at(index);
    let next = index.saturating_add(1);
    for ending in ["am", "a.m", "a.m.", "pm", "p.m", "p.m."] {
        if let Some(number) = text.strip_suffix(ending) {
            return Clock::read(number, half(ending), next);
        }
    }
    if words.trail(index).is_empty()
        && let Some(half) = half(words.at(next))
        && let Some(clock) = Clock::read(text, Some(half), next.saturating_add(1))
    {
        return Some(clock);
    }
    if matches!(words.at(next), "o'clock" | "o\u{2019}clock") {
        return Clock::read(text, None, next.saturating_add(1));
    }
    text.contains(':')
        .then(|| Clock::read(text, None, next))
        .flatten()
}

/// The words that can stand before a time, and what they allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prefix {
    None,
    /// A number alone is an hour.
    At,
    Other,
}

fn prefix(words: &Words<'_>, index: usize) -> (usize, Prefix) {
    let mut at = index;
    let mut prefix = Prefix::None;
    // Two at most: `due by 5pm`.
    for _ in 0..2 {
        prefix = match words.at(at) {
            "at" | "@" => Prefix::At,
            "by" | "from" | "before" | "until" | "till" | "around" | "due" => Prefix::Other,
            _ => break,
        };
        if !matches!(words.trail(at), "" | ":") {
            return (index, Prefix::None);
        }
        at = at.saturating_add(1);
    }
    (at, prefix)
}

/// A time with the words before it that belong to it.
pub(super) fn time_phrase(words: &Words<'_>, index: usize) -> Option<Clock> {
    let (at, prefix) = prefix(words, index);
    let next = at.saturating_add(1);
    if let Some(mut clock) = clock(words, at) {
        if prefix == Prefix::At && clock.form == Form::Open {
            clock.form = Form::At;
        }
        return words.are_joined(index, clock.next).then_some(clock);
    }
    let beside = words.is_when(next) || index.checked_sub(1).is_some_and(|i| words.is_when(i));
    let sure = words.lenient || words.is_end(next) || beside;
    match words.at(at) {
        "noon" if sure || prefix != Prefix::None => Some(Clock::at_hour(12, next)),
        "midnight" if sure || prefix != Prefix::None => Some(Clock::at_hour(0, next)),
        text if prefix == Prefix::At => {
            let follows = matches!(
                words.at(next),
                "with" | "in" | "on" | "for" | "about" | "near" | "sharp"
            );
            let sure = sure || follows || words.trail(at).starts_with([',', ';']);
            let mut clock = Clock::read(text, None, next).filter(|_| sure)?;
            if clock.form == Form::Open {
                clock.form = Form::At;
            }
            Some(clock)
        }
        _ => None,
    }
}

/// The first time of day that the text means, and where it starts.
pub(super) fn find_time(words: &Words<'_>) -> Option<(usize, Clock)> {
    let mut index = 0;
    while index < words.len() {
        let Some(clock) = time_phrase(words, index) else {
            index = index.saturating_add(1);
            continue;
        };
        let past = matches!(
            words.before(index),
            "after" | "since" | "past" | "to" | "than" | "of" | "between"
        );
        let range = range_end(words, clock.next);
        if !past && range.is_none() {
            return Some((index, clock));
        }
        index = range.unwrap_or(clock.next);
    }
    None
}

/// Where a range of times ends whose first time ends here. A task has no end: a range stays in
/// the title, where nothing of it is lost.
fn range_end(words: &Words<'_>, index: usize) -> Option<usize> {
    if !is_connector(words.at(index)) {
        return None;
    }
    let second = index.saturating_add(1);
    let number = digits(words.at(second)).map(|_| second.saturating_add(1));
    time_phrase(words, second)
        .map(|clock| clock.next)
        .or(number)
}

/// Words between two dates or times that belong together.
pub(super) fn is_connector(text: &str) -> bool {
    matches!(
        text,
        "to" | "or" | "and" | "till" | "until" | "through" | "-" | "\u{2013}" | "&" | "vs"
    )
}
