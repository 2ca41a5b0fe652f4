//! Why a text is no recurrence rule, and what to write instead.

use super::rule::{COUNT_MAX, INTERVAL_MAX, TEXT_BYTES_MAX};

/// How much of a wrong text an error repeats.
const GIVEN_CHARS_MAX: usize = 40;

/// A text is no recurrence rule, or none that a task can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecurrenceError {
    /// It is longer than any rule that is kept.
    #[error("a recurrence rule has at most {TEXT_BYTES_MAX} bytes: shorten its lists")]
    TooLong,
    /// It does not say how often.
    #[error("a recurrence rule begins with how often, as in FREQ=WEEKLY;BYDAY=MO")]
    NoFrequency,
    /// It names a frequency of hours or less.
    #[error(
        "FREQ={given} is too often: a task recurs by days at most; use DAILY, WEEKLY, MONTHLY or YEARLY"
    )]
    TooOften {
        /// The frequency.
        given: String,
    },
    /// A piece between two semicolons is no `NAME=VALUE`.
    #[error("{given:?} is no part of a rule: write NAME=VALUE, as in INTERVAL=2")]
    NoPart {
        /// The piece, shortened.
        given: String,
    },
    /// A part is not known here.
    #[error(
        "{part} is no part of a rule here: use FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, BYYEARDAY, BYMONTHDAY, BYDAY, BYSETPOS, WKST, RSCALE, SKIP"
    )]
    UnknownPart {
        /// Its name, shortened.
        part: String,
    },
    /// A part is known to calendars but not taken here.
    #[error("{part} cannot be used: {instead}")]
    Refused {
        /// Its name.
        part: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
    /// A part stands twice.
    #[error("{part} stands twice: keep one of them")]
    Twice {
        /// Its name.
        part: &'static str,
    },
    /// A part has a value that it cannot have.
    #[error("{part} cannot be {given:?}: it is {allowed}")]
    Value {
        /// The part's name.
        part: &'static str,
        /// Its value, shortened.
        given: String,
        /// What it can be.
        allowed: Allowed,
    },
    /// Two parts do not go together.
    #[error("{part} cannot stand with {other}: {instead}")]
    NotWith {
        /// The part to change.
        part: &'static str,
        /// The other.
        other: &'static str,
        /// What to do instead.
        instead: &'static str,
    },
}

/// What a part of a rule can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Allowed {
    /// One of some words.
    Words(&'static str),
    /// A number up to the largest interval.
    Interval,
    /// A number up to the largest count.
    Count,
}

impl core::fmt::Display for Allowed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Words(words) => f.write_str(words),
            Self::Interval => write!(f, "a number from 1 to {INTERVAL_MAX}"),
            Self::Count => write!(f, "a number from 1 to {COUNT_MAX}"),
        }
    }
}

/// The start of a wrong text, for an error to repeat.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(GIVEN_CHARS_MAX).collect()
}
