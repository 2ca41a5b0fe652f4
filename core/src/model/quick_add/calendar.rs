//! Now, where the reader is, and the days that follow from it. Weeks begin on Monday.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use super::QuickAddContext;
use super::numbers::Unit;
use crate::model::Due;

/// How many years ahead a day is looked for: the 29th of February can be eight years away.
const YEARS_AHEAD: i16 = 8;
/// How many months ahead: every day of a month comes at least every other month.
const MONTHS_AHEAD: i32 = 3;

/// The reader's calendar.
#[derive(Debug)]
pub(super) struct Calendar {
    /// What the reader's clocks show.
    pub(super) now: DateTime,
    /// The day there.
    pub(super) today: Date,
    /// Whether `1/2` is the first of February.
    pub(super) day_first: bool,
    moment: Timestamp,
    zone: TimeZone,
    fixed: TimeZone,
}

impl Calendar {
    pub(super) fn new(context: &QuickAddContext) -> Self {
        let now = context.zone.to_datetime(context.now);
        Self {
            now,
            today: now.date(),
            day_first: context.day_first,
            moment: context.now,
            zone: context.zone.clone(),
            fixed: TimeZone::fixed(context.zone.to_offset(context.now)),
        }
    }

    /// A day, with a time in the reader's zone. A zone without a name cannot be written down; its
    /// present offset stands in.
    pub(super) fn due(&self, date: Date, time: Option<Time>) -> Option<Due> {
        let Some(time) = time else {
            return Due::on(date).ok();
        };
        let local = DateTime::from_parts(date, time);
        Due::at(local, self.zone.clone())
            .or_else(|_| Due::at(local, self.fixed.clone()))
            .or_else(|_| Due::on(date))
            .ok()
    }

    /// Minutes or hours from now, to the minute.
    pub(super) fn later(&self, minutes: i64) -> Option<(Date, Time)> {
        let then = self.moment.checked_add(minutes.minutes()).ok()?;
        let then = self.zone.to_datetime(then);
        let time = Time::new(then.hour(), then.minute(), 0, 0).ok()?;
        Some((then.date(), time))
    }

    /// Days, weeks, months or years from today. A month that is too short gives its last day.
    pub(super) fn ahead(&self, count: u16, unit: Unit) -> Option<Date> {
        let count = i64::from(count);
        let span = match unit {
            Unit::Minute | Unit::Hour => return None,
            Unit::Day => count.days(),
            Unit::Week => count.weeks(),
            Unit::Month => count.months(),
            Unit::Quarter => count.saturating_mul(3).months(),
            Unit::Year => count.years(),
        };
        self.plus(span)
    }

    fn plus(&self, span: Span) -> Option<Date> {
        self.today.checked_add(span).ok()
    }

    /// The first such weekday from today, today included.
    pub(super) fn this_weekday(&self, day: Weekday) -> Option<Date> {
        self.plus(i64::from(self.today.weekday().until(day)).days())
    }

    /// The first such weekday after today.
    pub(super) fn weekday(&self, day: Weekday) -> Option<Date> {
        self.today.nth_weekday(1, day).ok()
    }

    /// That weekday of the week after this one.
    pub(super) fn next_week(&self, day: Weekday) -> Option<Date> {
        let monday = self.weekday(Weekday::Monday)?;
        let offset = i64::from(day.to_monday_zero_offset());
        monday.checked_add(offset.days()).ok()
    }

    /// The first day of the next month or year.
    pub(super) fn next(&self, unit: Unit) -> Option<Date> {
        match unit {
            Unit::Week => self.next_week(Weekday::Monday),
            Unit::Month => Some(self.plus(1.month())?.first_of_month()),
            Unit::Year => Some(self.plus(1.year())?.first_of_year()),
            _ => None,
        }
    }

    /// The last day of this week, month or year, or of the next one.
    pub(super) fn end(&self, unit: Unit, next: bool) -> Option<Date> {
        let steps = i64::from(next);
        match unit {
            Unit::Week if next => self.next_week(Weekday::Sunday),
            Unit::Week => self.this_weekday(Weekday::Sunday),
            Unit::Month => Some(self.plus(steps.months())?.last_of_month()),
            Unit::Year => Some(self.plus(steps.years())?.last_of_year()),
            _ => None,
        }
    }

    /// The next time that a month has this day, today included.
    pub(super) fn month_day(&self, day: i8) -> Option<Date> {
        (0..MONTHS_AHEAD)
            .filter_map(|months| {
                let first = self.today.first_of_month();
                let month = first.checked_add(months.months()).ok()?;
                Date::new(month.year(), month.month(), day).ok()
            })
            .find(|date| *date >= self.today)
    }

    /// That day of that year; without a year the next time that it comes, today included.
    pub(super) fn date(&self, day: i8, month: i8, year: Option<i16>) -> Option<Date> {
        if let Some(year) = year {
            return Date::new(year, month, day).ok();
        }
        let this = self.today.year();
        (this..=this.saturating_add(YEARS_AHEAD))
            .filter_map(|year| Date::new(year, month, day).ok())
            .find(|date| *date >= self.today)
    }
}
