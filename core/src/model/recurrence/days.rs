//! The days of a rule.
//!
//! A rule cuts the calendar into periods (days, weeks, months, years), takes every n-th of them,
//! and in each the days that fit. Periods are numbered, so a question about any day starts at its
//! period, whatever came before: a daily task of twenty years answers as fast as a new one.
//!
//! The `rrule` crate does not serve here, though tests hold this against it. It has no SKIP (RFC
//! 7529), which the 31st needs; it always expands from the start; it runs past the year 9999 and
//! there repeats a day; and it brings a second set of zones and a clock.

use jiff::civil::{Date, date};
use jiff::{Span, ToSpan};

use super::rule::{Frequency, Recurrence, Skip};

/// How far a series reaches from its start: after 400 years the Gregorian calendar repeats. It
/// bounds the work on a rule that never fits.
const YEARS_MAX: i32 = 400;

/// Days are numbered from here, a Thursday.
const EPOCH: Date = date(1970, 1, 1);
/// How many days after a Monday the epoch is.
const EPOCH_AFTER_MONDAY: i64 = 3;

/// A rule with what it takes from its start, ready to tell days.
pub(super) struct Days<'rule> {
    rule: &'rule Recurrence,
    start: Date,
    /// No day after this one counts.
    last: Date,
    /// The number of the start's period.
    first_period: i64,
    /// Bit n is month n; none set takes all.
    months: u16,
    /// Bit n is the n-th day of a month, from its start and from its end.
    month_days: u64,
    month_days_back: u64,
    /// Bit n is a weekday from Monday, whichever of the month.
    week_days: u8,
    week_days_counted: bool,
    /// A day that a month does not have stands for the last that it has.
    backward: bool,
}

impl<'rule> Days<'rule> {
    /// The days of a rule from a start to `last`, both included.
    pub(super) fn new(rule: &'rule Recurrence, start: Date, last: Date) -> Self {
        let mut days = Self {
            rule,
            start,
            last: last.min(start.saturating_add(YEARS_MAX.years())),
            first_period: 0,
            months: 0,
            month_days: 0,
            month_days_back: 0,
            week_days: 0,
            week_days_counted: false,
            backward: rule.skip == Some(Skip::Backward),
        };
        days.first_period = days.period_of(start);
        for month in &rule.months {
            days.months |= 1 << month;
        }
        for day in &rule.month_days {
            if *day > 0 {
                days.month_days |= 1 << day;
            } else {
                days.month_days_back |= 1 << day.unsigned_abs();
            }
        }
        for day in &rule.week_days {
            if day.nth == 0 {
                days.week_days |= 1 << day.day;
            } else {
                days.week_days_counted = true;
            }
        }
        days.take_from_start();
        days
    }

    /// What the rule leaves open is as on the day it starts.
    fn take_from_start(&mut self) {
        let rule = self.rule;
        if !(rule.month_days.is_empty() && rule.week_days.is_empty() && rule.year_days.is_empty()) {
            return;
        }
        match rule.frequency {
            Frequency::Daily => return,
            Frequency::Weekly => {
                self.week_days = 1 << weekday(self.start);
                return;
            }
            Frequency::Monthly => {}
            Frequency::Yearly => {
                if rule.months.is_empty() {
                    self.months = 1 << self.start.month();
                }
            }
        }
        self.month_days = 1 << self.start.day();
        self.backward = rule.skip != Some(Skip::Omit);
    }

    /// The days from one on, in order.
    pub(super) fn from(&self, from: Date) -> Walk<'_> {
        let from = from.max(self.start);
        let behind = self.period_of(from) - self.first_period;
        let interval = i64::from(self.rule.interval);
        let turns = behind.div_euclid(interval) + i64::from(behind.rem_euclid(interval) != 0);
        Walk {
            days: self,
            from,
            period: self.first_period + turns * interval,
            last_period: self.period_of(self.last),
            found: Vec::new().into_iter(),
            looked: 0,
        }
    }

    /// The last day up to one, and how many days were looked at to find it.
    pub(super) fn latest(&self, to: Date) -> (Option<Date>, usize) {
        let to = to.min(self.last);
        let interval = i64::from(self.rule.interval);
        let mut looked = 0;
        if to < self.start {
            return (None, looked);
        }
        let behind = self.period_of(to) - self.first_period;
        let mut period = self.first_period + behind.div_euclid(interval) * interval;
        while period >= self.first_period {
            let found = self.in_period(period, &mut looked);
            let latest = found.into_iter().rfind(|day| *day <= to);
            // The first period may reach to before the start.
            if let Some(day) = latest {
                return ((day >= self.start).then_some(day), looked);
            }
            period -= interval;
        }
        (None, looked)
    }

    /// Whether a day is one of them.
    pub(super) fn has(&self, day: Date) -> bool {
        if day < self.start || day > self.last {
            return false;
        }
        let period = self.period_of(day);
        let behind = period - self.first_period;
        behind.rem_euclid(i64::from(self.rule.interval)) == 0
            && self.in_period(period, &mut 0).contains(&day)
    }

    fn period_of(&self, day: Date) -> i64 {
        let month = i64::from(day.year()) * 12 + i64::from(day.month()) - 1;
        match self.rule.frequency {
            Frequency::Daily => number(day),
            Frequency::Weekly => (number(day) - self.week_offset()).div_euclid(7),
            Frequency::Monthly => month,
            Frequency::Yearly => i64::from(day.year()),
        }
    }

    /// The number of the first day of week 0.
    fn week_offset(&self) -> i64 {
        i64::from(self.rule.week_start) - EPOCH_AFTER_MONDAY
    }

    /// The days of a period that count, in order, whether or not before the start.
    fn in_period(&self, period: i64, looked: &mut usize) -> Vec<Date> {
        let mut found = Vec::new();
        let mut look = |day: Option<Date>| {
            *looked += 1;
            found.extend(day.filter(|day| self.fits(*day)));
        };
        match self.rule.frequency {
            Frequency::Daily => look(numbered(period)),
            Frequency::Weekly => {
                let first = period * 7 + self.week_offset();
                (first..first + 7).for_each(|day| look(numbered(day)));
            }
            Frequency::Monthly => {
                let month = i8::try_from(period.rem_euclid(12) + 1).unwrap_or(1);
                self.each_of_month(period.div_euclid(12), month, &mut look);
            }
            Frequency::Yearly => {
                (1..=12).for_each(|month| self.each_of_month(period, month, &mut look));
            }
        }
        self.at_positions(found)
    }

    fn each_of_month(&self, year: i64, month: i8, look: &mut impl FnMut(Option<Date>)) {
        let first = i16::try_from(year)
            .ok()
            .and_then(|year| Date::new(year, month, 1).ok());
        if let Some(first) = first
            && self.fits_month(first)
        {
            let days = 1..=first.days_in_month();
            days.for_each(|day| look(Date::new(first.year(), month, day).ok()));
        }
    }

    /// BYSETPOS: some of a period's days, by their place among them.
    fn at_positions(&self, found: Vec<Date>) -> Vec<Date> {
        let positions = &self.rule.positions;
        if positions.is_empty() {
            return found;
        }
        let count = i16::try_from(found.len()).unwrap_or(i16::MAX);
        let chosen = (1..=count).zip(found).filter(|(place, _)| {
            positions.contains(place) || positions.contains(&(place - count - 1))
        });
        chosen.map(|(_, day)| day).collect()
    }

    fn fits_month(&self, day: Date) -> bool {
        self.months == 0 || self.months >> day.month() & 1 == 1
    }

    fn fits(&self, day: Date) -> bool {
        self.fits_month(day)
            && self.fits_month_day(day)
            && self.fits_week_day(day)
            && self.fits_year_day(day)
    }

    fn fits_month_day(&self, day: Date) -> bool {
        if self.month_days == 0 && self.month_days_back == 0 {
            return true;
        }
        let length = day.days_in_month();
        let at = day.day();
        let moved_here = self.moves_back() && at == length && self.month_days >> (at + 1) != 0;
        moved_here
            || self.month_days >> at & 1 == 1
            || self.month_days_back >> (length - at + 1) & 1 == 1
    }

    /// Only days that a rule makes can be days that do not exist; DAILY and WEEKLY only choose.
    fn moves_back(&self) -> bool {
        self.backward && matches!(self.rule.frequency, Frequency::Monthly | Frequency::Yearly)
    }

    fn fits_year_day(&self, day: Date) -> bool {
        let days = &self.rule.year_days;
        if days.is_empty() {
            return true;
        }
        let length = day.days_in_year();
        let at = day.day_of_year();
        days.contains(&at)
            || days.contains(&(at - length - 1))
            || (self.moves_back() && at == length && days.contains(&(at + 1)))
    }

    fn fits_week_day(&self, day: Date) -> bool {
        if self.week_days == 0 && !self.week_days_counted {
            return true;
        }
        let weekday = weekday(day);
        if self.week_days >> weekday & 1 == 1 {
            return true;
        }
        if !self.week_days_counted {
            return false;
        }
        // "The first Monday" is that of the year only where no month is named.
        let of_year = self.rule.frequency == Frequency::Yearly && self.rule.months.is_empty();
        let (at, length) = if of_year {
            (day.day_of_year(), day.days_in_year())
        } else {
            (i16::from(day.day()), i16::from(day.days_in_month()))
        };
        let nth = (at - 1) / 7 + 1;
        let nth_back = -((length - at) / 7 + 1);
        self.rule.week_days.iter().any(|wanted| {
            let wanted_nth = i16::from(wanted.nth);
            wanted.day == weekday && (wanted_nth == nth || wanted_nth == nth_back)
        })
    }
}

/// The days of a rule one after the other.
pub(super) struct Walk<'days> {
    days: &'days Days<'days>,
    from: Date,
    period: i64,
    last_period: i64,
    found: std::vec::IntoIter<Date>,
    /// How many days were looked at so far: the measure of the work.
    looked: usize,
}

impl Walk<'_> {
    #[cfg(test)]
    pub(super) fn looked(&self) -> usize {
        self.looked
    }
}

impl Iterator for Walk<'_> {
    type Item = Date;

    fn next(&mut self) -> Option<Date> {
        loop {
            if let Some(day) = self.found.find(|day| *day >= self.from) {
                return (day <= self.days.last).then_some(day);
            }
            if self.period > self.last_period {
                return None;
            }
            let found = self.days.in_period(self.period, &mut self.looked);
            self.found = found.into_iter();
            self.period += i64::from(self.days.rule.interval);
        }
    }
}

/// From Monday = 0.
fn weekday(day: Date) -> u8 {
    day.weekday().to_monday_zero_offset().unsigned_abs()
}

fn number(day: Date) -> i64 {
    day.duration_since(EPOCH).as_hours() / 24
}

fn numbered(number: i64) -> Option<Date> {
    EPOCH.checked_add(Span::new().try_days(number).ok()?).ok()
}
