//! One line of text as a task: "pay rent every month on the 1st at 9am #home !high".
//!
//! Pure functions of the text, the time and the names that are known. What is not understood
//! stays in the title, and so does a second date, a range, or a word that only might be a date.
//!
//! **Days.** Weeks begin on Monday. `friday` is the next one after today, so on a Friday it is a
//! week away. `this friday` is the first from today, today included. `next friday` is that of the
//! week after this one. `next week`, `next month` and `next year` are their first days, `end of
//! week` (a Sunday), `end of month` and `end of year` their last; a weekend is its Saturday. A
//! date without a year is the next one, today included.
//!
//! **Times.** Without am or pm a time is on the 24-hour clock, but `at 1` to `at 6` are in the
//! afternoon. A morning is 9:00, an afternoon 15:00, an evening 19:00, a night 20:00 (`tonight`
//! after eight is the whole day), and `tomorrow evening at 8` is 20:00. Midnight begins a day. A
//! time without a day is the next one on the clock. A number alone is never a time.
//!
//! **Recurrences** are rules of RFC 5545; their first day is the first that the rule names from
//! now, or from the day in the text.

mod assemble;
mod calendar;
mod dates;
mod explicit;
mod literal;
mod marks;
mod numbers;
mod repeats;
mod rules;
mod times;
mod words;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use self::assemble::{Taken, spans, title};
use self::calendar::Calendar;
use self::dates::{Day, find_date};
use self::literal::keep_literals;
use self::marks::{Mark, mark};
use self::repeats::{Repeat, find_repeat};
use self::times::{Clock, Part, find_time};
use self::words::Words;
use super::{Due, Priority};

/// The most tags that one text gives a task; more stay in the title.
const TAGS_MAX: usize = 50;

/// What a reader of a text knows.
#[derive(Debug, Clone)]
pub struct QuickAddContext {
    /// The time.
    pub now: Timestamp,
    /// Where the person is: what "today" and "9am" mean.
    pub zone: TimeZone,
    /// Whether `1/2` is the first of February; otherwise it is the second of January. Where only
    /// one of them is a date, it is that one.
    pub day_first: bool,
    /// The lists' titles, for `/Groceries and more`.
    pub lists: Vec<String>,
    /// The members' names, for `@Ann Lee`.
    pub members: Vec<String>,
    /// The tags that there are, for `#two words`. Any other single word after `#` is a new tag.
    pub tags: Vec<String>,
}

/// What a text was understood to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuickAdd {
    /// What is left. Where nothing would be, this is the text, and nothing was understood.
    pub title: String,
    /// When it is due; with a recurrence the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// The rule of RFC 5545 without a name in front, as in `FREQ=MONTHLY;BYMONTHDAY=1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrence: Option<String>,
    /// Names of tags without `#`, each once, in their order. Known ones are spelled as known.
    #[serde(default)]
    pub tags: Vec<String>,
    /// How urgent it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The member's name as in [`QuickAddContext::members`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// The list's title as in [`QuickAddContext::lists`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// What was understood, in the order of the text; none overlap. A client that is told to leave
    /// one alone puts a backslash before its start and reads the text again.
    #[serde(default)]
    pub spans: Vec<Span>,
}

/// A part of the text that was understood.
///
/// Places count UTF-16 code units, as strings of JavaScript, Swift's `NSString` and Kotlin do.
/// A place never lies inside a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Span {
    /// Where it begins.
    pub start: usize,
    /// Where it ends: the first place behind it.
    pub end: usize,
    /// What it says.
    pub kind: SpanKind,
}

/// What a part of the text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// A day, or a moment such as "in 2 hours".
    Due,
    /// A time of day.
    Time,
    /// How often, and until when.
    Recurrence,
    /// A tag.
    Tag,
    /// How urgent.
    Priority,
    /// Who.
    Assignee,
    /// Which list.
    List,
}

/// Reads one line of text as a task. The first mention of each thing counts; more of it stay in
/// the title. The first 2,000 characters are looked at.
///
/// A backslash before a word, or quotes around words, keep them in the title as they are.
///
/// ```
/// use jiff::tz::TimeZone;
/// use poo_core::model::{QuickAddContext, quick_add};
///
/// let context = QuickAddContext {
///     now: "2026-11-25T10:00:00Z".parse()?,
///     zone: TimeZone::UTC,
///     day_first: false,
///     lists: vec![],
///     members: vec![],
///     tags: vec![],
/// };
/// let task = quick_add("Call mum tomorrow at 3pm #family", &context);
/// assert_eq!(task.title, "Call mum");
/// assert_eq!(task.due.map(|due| due.to_string()).as_deref(), Some("2026-11-26T15:00[UTC]"));
/// assert_eq!(task.tags, ["family"]);
/// # Ok::<(), jiff::Error>(())
/// ```
#[must_use]
pub fn quick_add(text: &str, context: &QuickAddContext) -> QuickAdd {
    let calendar = Calendar::new(context);
    let mut words = Words::split(text);
    keep_literals(&mut words, &calendar, context);
    let mut result = QuickAdd::default();
    let mut taken = Vec::new();
    take_marks(&mut words, context, &mut result, &mut taken);

    let mut take = |words: &mut Words<'_>, from: usize, to: usize, kind: SpanKind| {
        words.take(from, to, kind);
        taken.push((from, to, kind));
    };
    let mut when = When::default();
    if let Some(found) = find_repeat(&words, &calendar) {
        take(
            &mut words,
            found.start,
            found.repeat.next,
            SpanKind::Recurrence,
        );
        if let Some((from, to)) = found.end {
            take(&mut words, from, to, SpanKind::Recurrence);
        }
        when.repeat = Some(found.repeat);
    }
    if let Some((start, day)) = find_date(&words, &calendar) {
        take(&mut words, start, day.next, SpanKind::Due);
        when.day = Some(day);
    }
    if when.day.is_none_or(|day| day.exact.is_none())
        && let Some((start, clock)) = find_time(&words)
    {
        take(&mut words, start, clock.next, SpanKind::Time);
        when.clock = Some(clock);
    }

    result.title = title(&words, &taken);
    if result.title.chars().all(is_nothing) {
        return QuickAdd {
            title: text.split_whitespace().collect::<Vec<_>>().join(" "),
            ..QuickAdd::default()
        };
    }
    result.due = when.due(&calendar);
    result.recurrence = when.repeat.map(|repeat| repeat.rule.text());
    result.spans = spans(&words, taken);
    result
}

/// Whether a title of such characters says nothing.
fn is_nothing(c: char) -> bool {
    c.is_ascii_punctuation() || c.is_whitespace()
}

/// Takes what has a sign in front. Who and where count once; a tag that is repeated is one tag.
fn take_marks(
    words: &mut Words<'_>,
    context: &QuickAddContext,
    result: &mut QuickAdd,
    taken: &mut Vec<Taken>,
) {
    let mut index = 0;
    while index < words.len() {
        let Some((next, mark)) = mark(words, index, context) else {
            index = index.saturating_add(1);
            continue;
        };
        let kind = match mark {
            Mark::Tag(tag) if result.tags.contains(&tag) => Some(SpanKind::Tag),
            Mark::Tag(tag) if result.tags.len() < TAGS_MAX => {
                result.tags.push(tag);
                Some(SpanKind::Tag)
            }
            Mark::Priority(priority) if result.priority.is_none() => {
                result.priority = Some(priority);
                Some(SpanKind::Priority)
            }
            Mark::Assignee(name) if result.assignee.is_none() => {
                result.assignee = Some(name);
                Some(SpanKind::Assignee)
            }
            Mark::List(title) if result.list.is_none() => {
                result.list = Some(title);
                Some(SpanKind::List)
            }
            _ => None,
        };
        if let Some(kind) = kind {
            words.take(index, next, kind);
            taken.push((index, next, kind));
        }
        index = next;
    }
}

/// Everything that a text says about when.
#[derive(Debug, Default)]
struct When {
    repeat: Option<Repeat>,
    day: Option<Day>,
    clock: Option<Clock>,
}

impl When {
    fn part(&self) -> Option<Part> {
        let of_day = self.day.and_then(|day| day.part);
        of_day.or_else(|| self.repeat.as_ref().and_then(|repeat| repeat.part))
    }

    fn time(&self) -> Option<Time> {
        if let Some(exact) = self.day.and_then(|day| day.exact) {
            return Some(exact);
        }
        match self.clock {
            Some(clock) => clock.time(self.part()),
            None => self.part().and_then(Part::time),
        }
    }

    fn due(&self, calendar: &Calendar) -> Option<Due> {
        let time = self.time();
        let over = time.is_some_and(|time| time <= calendar.now.time());
        let today = calendar.today;
        let day = self.day.map(|day| day.date);
        // The first day on which the time is still to come.
        let from = match day {
            Some(day) => day,
            None if over => today.tomorrow().ok()?,
            None => today,
        };
        let (date, time) = match (&self.repeat, day) {
            (Some(repeat), _) => (repeat.rule.first(from)?, time),
            // Tonight, at eleven: the hour that "tonight" stands for is over, the night is not.
            (None, Some(day)) if day == today && over && self.is_part_only() => (day, None),
            (None, Some(day)) => (day, time),
            (None, None) => (from, Some(time?)),
        };
        calendar.due(date, time)
    }

    /// Whether the time is only what a part of the day stands for.
    fn is_part_only(&self) -> bool {
        self.clock.is_none() && self.day.is_some_and(|day| day.exact.is_none())
    }
}
