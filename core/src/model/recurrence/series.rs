//! A series: a rule with the day or time from which it runs.

use core::fmt;
use core::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::days::Days;
use super::error::{RecurrenceError, shortened};
use super::rule::{End, Recurrence};
use crate::model::{Due, DueError};

/// The longest text that is looked at: an id, a due date and a rule, each with room to spare.
const TEXT_BYTES_MAX: usize = 700;

/// Which series an occurrence belongs to: eight random bytes, written as 16 lower-case hex
/// digits. A new rule or start is a new series, so that what was done before stays with what it
/// was done for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesId([u8; 8]);

/// A text is no series id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no series id: it has 16 hex digits in lower case, as in 0192f0c12d3e7f00")]
pub struct SeriesIdError;

/// How a task comes back: an id, the start and the rule.
///
/// Its text is all three with a space between them:
/// `0192f0c12d3e7f00 2026-01-31 FREQ=MONTHLY`. It has at least one occurrence. Occurrences are
/// due dates of the start's own shape: days, or its time of day in its zone. They lie at or after
/// the start; a start that does not fit its rule is none of them (a task due on a Wednesday that
/// recurs on Mondays is due on the Monday after). No occurrence lies more than 400 years after
/// the start, or after the year 9999.
///
/// ```
/// use poo_core::model::{Due, Series};
///
/// let series: Series = "0192f0c12d3e7f00 2026-01-31 FREQ=MONTHLY".parse()?;
/// let january: Due = "2026-01-31".parse()?;
/// let february: Due = "2026-02-28".parse()?;
/// assert_eq!(series.first_after(Some(&january)), Some(february.clone()));
/// assert_eq!(series.first_after(Some(&february)), Some("2026-03-31".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series {
    id: SeriesId,
    start: Due,
    rule: Recurrence,
    /// No occurrence lies after this day. It follows from the rest; counting again for every
    /// question would be slow.
    last: Date,
}

/// A text is no series.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeriesError {
    /// It does not have its three pieces.
    #[error(
        "{given:?} is no series: it is an id, a start and a rule, as in 0192f0c12d3e7f00 2026-11-23 FREQ=DAILY"
    )]
    Unreadable {
        /// The text, shortened.
        given: String,
    },
    /// Its id is none.
    #[error(transparent)]
    Id(#[from] SeriesIdError),
    /// Its start is no due date.
    #[error(transparent)]
    Start(#[from] DueError),
    /// Its rule is none.
    #[error(transparent)]
    Rule(#[from] RecurrenceError),
    /// No day fits the rule.
    #[error("no day from {start} on fits {rule}: choose other days, or a later end")]
    NeverDue {
        /// The start.
        start: String,
        /// The rule.
        rule: String,
    },
}

impl SeriesId {
    /// The id that random bytes make.
    #[must_use]
    pub fn new(random: [u8; 8]) -> Self {
        Self(random)
    }
}

impl Series {
    /// A series from its start.
    ///
    /// # Errors
    /// [`SeriesError::NeverDue`] where no day fits the rule.
    pub fn new(id: SeriesId, start: Due, rule: Recurrence) -> Result<Self, SeriesError> {
        let until = last_day(&start, rule.end);
        let days = Days::new(&rule, start.date(), until);
        let mut walk = days.from(start.date());
        let last = match rule.end {
            End::Count(count) => walk.take(usize::from(count)).last(),
            _ => walk.next().map(|_| until),
        };
        match last {
            Some(last) => Ok(Self {
                id,
                start,
                rule,
                last,
            }),
            None => Err(SeriesError::NeverDue {
                start: start.to_string(),
                rule: rule.to_string(),
            }),
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> SeriesId {
        self.id
    }

    /// From when it runs.
    #[must_use]
    pub fn start(&self) -> &Due {
        &self.start
    }

    /// How it runs.
    #[must_use]
    pub fn rule(&self) -> &Recurrence {
        &self.rule
    }

    /// Its days up to one.
    pub(super) fn days_to(&self, to: Date) -> Days<'_> {
        Days::new(&self.rule, self.start.date(), self.last.min(to))
    }

    /// Its days.
    pub(super) fn days(&self) -> Days<'_> {
        self.days_to(self.last)
    }
}

/// The last day that UNTIL leaves. A time in UTC is compared on the clocks of the start; where
/// the start is a day, only its day counts.
fn last_day(start: &Due, end: End) -> Date {
    let until = match (end, start.zone()) {
        (End::Never | End::Count(_), _) => return Date::MAX,
        (End::Day(day), _) => return day,
        (End::Utc(at), Some(zone)) => match TimeZone::UTC.to_timestamp(at) {
            Ok(moment) => zone.to_datetime(moment),
            Err(_) => at,
        },
        (End::Utc(at) | End::Local(at), _) => at,
    };
    match start.time() {
        Some(time) if DateTime::from_parts(until.date(), time) > until => {
            until.date().yesterday().unwrap_or(Date::MIN)
        }
        _ => until.date(),
    }
}

impl fmt::Display for SeriesId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SeriesId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SeriesId {
    type Err = SeriesIdError;

    fn from_str(text: &str) -> Result<Self, SeriesIdError> {
        // One written form only, so that one series cannot stand under two keys.
        let lower = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 16 || !text.bytes().all(lower) {
            return Err(SeriesIdError);
        }
        let value = u64::from_str_radix(text, 16).map_err(|_| SeriesIdError)?;
        Ok(Self(value.to_be_bytes()))
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.id, self.start, self.rule)
    }
}

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Series {
    type Err = SeriesError;

    fn from_str(text: &str) -> Result<Self, SeriesError> {
        let unreadable = || SeriesError::Unreadable {
            given: shortened(text),
        };
        if text.len() > TEXT_BYTES_MAX {
            return Err(unreadable());
        }
        let (id, rest) = text.split_once(' ').ok_or_else(unreadable)?;
        let (start, rule) = rest.split_once(' ').ok_or_else(unreadable)?;
        Self::new(id.parse()?, start.parse()?, rule.parse()?)
    }
}

macro_rules! json_is_text {
    ($($type:ty),*) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

json_is_text!(SeriesId, Series);
