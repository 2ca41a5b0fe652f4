//! A recurrence rule: how often and on which days, in one written form.

use core::fmt;
use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};

/// The longest rule that is read or written.
pub(super) const TEXT_BYTES_MAX: usize = 500;
/// The largest number of days, weeks, months or years from one turn to the next.
pub(super) const INTERVAL_MAX: u16 = 1_000;
/// The largest number of occurrences that a rule can name: every day for 27 years.
pub(super) const COUNT_MAX: u16 = 10_000;

/// How weekdays are written, from Monday.
pub(super) const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

/// How often a task comes back: the recurrence rule of iCalendar (RFC 5545, section 3.3.10),
/// without the name `RRULE:` in front.
///
/// A task recurs by days at most, so FREQ is `DAILY`, `WEEKLY`, `MONTHLY` or `YEARLY`, and the
/// time of day is that of the start. Parts that can be used: INTERVAL (1 to 1,000), COUNT (1 to
/// 10,000) or UNTIL, BYMONTH, BYYEARDAY, BYMONTHDAY, BYDAY, BYSETPOS, WKST, and
/// `RSCALE=GREGORIAN` with SKIP (RFC 7529) `OMIT` or `BACKWARD`. BYWEEKNO cannot: calendars
/// disagree on what it means. At most 500 bytes.
///
/// **The 31st.** RFC 5545 leaves out a month that has no such day. For a task that is wrong:
/// "every month" from the 31st of January means the end of February too, and the 31st of March
/// after it. So a day that comes from the start (`FREQ=MONTHLY` from the 29th, 30th or 31st,
/// `FREQ=YEARLY` from the 29th of February) is read with SKIP=BACKWARD: that day, or the last of
/// the month. What the rule itself says keeps its meaning in the RFC: `BYMONTHDAY=31` leaves out
/// short months unless SKIP=BACKWARD stands there too, and an explicit SKIP=OMIT holds for the
/// day of the start as well. A day counted from the end (`BYMONTHDAY=-31`) is never moved.
///
/// Written, parts have one order and lists are sorted; what says nothing (INTERVAL=1, WKST=MO) is
/// left out. Reading takes any order, lower case, and the name in front. Order among rules has
/// no meaning; it is the same everywhere.
///
/// ```
/// use poo_core::model::Recurrence;
///
/// let rule: Recurrence = "rrule:byday=th,mo;freq=weekly;interval=2".parse()?;
/// assert_eq!(rule.to_string(), "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH");
/// assert_eq!(rule.describe(), "every 2 weeks on Mon, Thu");
/// # Ok::<(), poo_core::model::RecurrenceError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recurrence {
    pub(super) frequency: Frequency,
    pub(super) interval: u16,
    pub(super) end: End,
    /// 1 to 12.
    pub(super) months: BTreeSet<u8>,
    /// 1 to 366, or -366 to -1 from the year's end.
    pub(super) year_days: BTreeSet<i16>,
    /// 1 to 31, or -31 to -1 from the month's end.
    pub(super) month_days: BTreeSet<i8>,
    pub(super) week_days: BTreeSet<WeekDay>,
    /// 1 to 366, or -366 to -1 from the end of a period's days.
    pub(super) positions: BTreeSet<i16>,
    /// The day on which weeks begin, from Monday = 0.
    pub(super) week_start: u8,
    pub(super) skip: Option<Skip>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// When a series ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum End {
    Never,
    /// After so many occurrences.
    Count(u16),
    /// With this day, which still counts.
    Day(Date),
    /// At this time on the clocks of the start.
    Local(DateTime),
    /// At this time in UTC.
    Utc(DateTime),
}

/// A day of the week (from Monday = 0), and which one: 0 for each of them, else the first, the
/// second..., or from the end of the month or year.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct WeekDay {
    pub(super) nth: i8,
    pub(super) day: u8,
}

/// What happens to a day that its month does not have (RFC 7529, section 4.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Skip {
    Omit,
    Backward,
}

impl Frequency {
    fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "DAILY",
            Self::Weekly => "WEEKLY",
            Self::Monthly => "MONTHLY",
            Self::Yearly => "YEARLY",
        }
    }
}

/// Two letters of a weekday.
fn weekday_name(day: u8) -> &'static str {
    WEEKDAYS.get(usize::from(day)).copied().unwrap_or("MO")
}

impl fmt::Display for WeekDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nth != 0 {
            write!(f, "{}", self.nth)?;
        }
        f.write_str(weekday_name(self.day))
    }
}

fn list<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    values: &BTreeSet<T>,
) -> fmt::Result {
    for (index, value) in values.iter().enumerate() {
        if index == 0 {
            write!(f, ";{name}={value}")?;
        } else {
            write!(f, ",{value}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // How often comes first: RFC 5545 asks for it, for the sake of older readers.
        write!(f, "FREQ={}", self.frequency.as_str())?;
        if self.interval != 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        match self.end {
            End::Never => {}
            End::Count(count) => write!(f, ";COUNT={count}")?,
            End::Day(day) => write!(f, ";UNTIL={}", day.strftime("%Y%m%d"))?,
            End::Local(at) => write!(f, ";UNTIL={}", at.strftime("%Y%m%dT%H%M%S"))?,
            End::Utc(at) => write!(f, ";UNTIL={}Z", at.strftime("%Y%m%dT%H%M%S"))?,
        }
        list(f, "BYMONTH", &self.months)?;
        list(f, "BYYEARDAY", &self.year_days)?;
        list(f, "BYMONTHDAY", &self.month_days)?;
        list(f, "BYDAY", &self.week_days)?;
        list(f, "BYSETPOS", &self.positions)?;
        if self.week_start != 0 {
            write!(f, ";WKST={}", weekday_name(self.week_start))?;
        }
        match self.skip {
            None => Ok(()),
            Some(Skip::Omit) => f.write_str(";RSCALE=GREGORIAN;SKIP=OMIT"),
            Some(Skip::Backward) => f.write_str(";RSCALE=GREGORIAN;SKIP=BACKWARD"),
        }
    }
}

impl fmt::Debug for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for Recurrence {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Recurrence {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
