//! A recurrence as it was written, its rule as text, and the first day that it names.

use core::fmt::Write;

use jiff::civil::{Date, Weekday};

/// How far a first day is looked for: the 29th of February can be eight years away.
const DAYS_AHEAD: usize = 366 * 9;

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// When it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Never,
    Count(u16),
    Day(Date),
}

/// A recurrence rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) frequency: Frequency,
    pub(super) interval: u16,
    /// From Monday, each once.
    pub(super) weekdays: Vec<Weekday>,
    /// Which one of the weekdays of a month, -1 for the last; 0 for each.
    pub(super) nth: i8,
    /// Rising, each once; -1 for the last.
    pub(super) month_days: Vec<i8>,
    pub(super) month: Option<i8>,
    pub(super) end: End,
}

impl Rule {
    pub(super) fn new(frequency: Frequency, interval: u16) -> Self {
        Self {
            frequency,
            interval,
            weekdays: Vec::new(),
            nth: 0,
            month_days: Vec::new(),
            month: None,
            end: End::Never,
        }
    }

    pub(super) fn weekly(interval: u16, mut weekdays: Vec<Weekday>) -> Self {
        weekdays.sort_by_key(|day| day.to_monday_zero_offset());
        weekdays.dedup();
        Self {
            weekdays,
            ..Self::new(Frequency::Weekly, interval)
        }
    }

    /// The rule in the form of RFC 5545, without a name in front. A day that some months do not
    /// have means their last day (RFC 7529): who pays rent on the 30th pays in February too.
    pub(super) fn text(&self) -> String {
        let mut text = String::from(match self.frequency {
            Frequency::Daily => "FREQ=DAILY",
            Frequency::Weekly => "FREQ=WEEKLY",
            Frequency::Monthly => "FREQ=MONTHLY",
            Frequency::Yearly => "FREQ=YEARLY",
        });
        let mut part = |name: &str, value: &str| {
            // Writing to a string cannot fail.
            let _ = write!(text, ";{name}={value}");
        };
        if self.interval != 1 {
            part("INTERVAL", &self.interval.to_string());
        }
        match self.end {
            End::Never => {}
            End::Count(count) => part("COUNT", &count.to_string()),
            End::Day(day) => part("UNTIL", &day.strftime("%Y%m%d").to_string()),
        }
        if let Some(month) = self.month {
            part("BYMONTH", &month.to_string());
        }
        if !self.month_days.is_empty() {
            let days: Vec<_> = self.month_days.iter().map(ToString::to_string).collect();
            part("BYMONTHDAY", &days.join(","));
        }
        if !self.weekdays.is_empty() {
            let days: Vec<_> = self.weekdays.iter().map(|day| self.weekday(*day)).collect();
            part("BYDAY", &days.join(","));
        }
        if self.month_days.iter().any(|day| *day > 28) {
            part("RSCALE", "GREGORIAN");
            part("SKIP", "BACKWARD");
        }
        text
    }

    fn weekday(&self, day: Weekday) -> String {
        let name = match day {
            Weekday::Monday => "MO",
            Weekday::Tuesday => "TU",
            Weekday::Wednesday => "WE",
            Weekday::Thursday => "TH",
            Weekday::Friday => "FR",
            Weekday::Saturday => "SA",
            Weekday::Sunday => "SU",
        };
        match self.nth {
            0 => name.to_owned(),
            nth => format!("{nth}{name}"),
        }
    }

    /// The first day from a given one, itself included.
    pub(super) fn first(&self, from: Date) -> Option<Date> {
        core::iter::successors(Some(from), |day| day.tomorrow().ok())
            .take(DAYS_AHEAD)
            .find(|day| self.has(*day))
    }

    fn has(&self, date: Date) -> bool {
        let on_weekday = self.weekdays.is_empty()
            || (self.weekdays.contains(&date.weekday()) && self.has_nth(date));
        let last = date.days_in_month();
        let on_day = self.month_days.is_empty()
            || self.month_days.iter().any(|day| match day {
                ..0 => day.saturating_add(1).saturating_add(last) == date.day(),
                _ => (*day).min(last) == date.day(),
            });
        on_weekday && on_day && self.month.is_none_or(|month| month == date.month())
    }

    fn has_nth(&self, date: Date) -> bool {
        self.nth == 0
            || date
                .nth_weekday_of_month(self.nth, date.weekday())
                .is_ok_and(|nth| nth == date)
    }
}
