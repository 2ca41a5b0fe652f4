//! When the occurrences of a series are.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::days::Days;
use super::series::Series;
use crate::model::Due;

impl Series {
    /// Its occurrences from one day to another, both included, and no more than `limit`.
    ///
    /// An occurrence keeps its written day and time where a clock change skips or repeats that
    /// time; [`Due::deadline`] says which moment is meant.
    #[must_use]
    pub fn occurrences_between(&self, from: Date, to: Date, limit: usize) -> Vec<Due> {
        let days = self.days_to(to);
        let walk = days.from(from).take(limit);
        walk.filter_map(|day| self.on(day)).collect()
    }

    /// The first occurrence after a due date (in the order of [`Due`]), or the first of all.
    #[must_use]
    pub fn first_after(&self, after: Option<&Due>) -> Option<Due> {
        let days = self.days();
        let from = after.map_or(self.start().date(), Due::date);
        let mut walk = days.from(from).filter_map(|day| self.on(day));
        walk.find(|due| after.is_none_or(|after| due > after))
    }

    /// The last occurrence that has begun by `now`: for days, that of the current day in the
    /// reader's zone `local` or an earlier one; for times, that of this moment or an earlier one.
    #[must_use]
    pub fn latest_due_by(&self, now: Timestamp, local: &TimeZone) -> Option<Due> {
        let Some(zone) = self.start().zone() else {
            let (day, _) = self.days().latest(local.to_datetime(now).date());
            return day.and_then(|day| self.on(day));
        };
        // Clocks that are put back around midnight show yesterday again after today has begun.
        let today = zone.to_datetime(now).date();
        let mut to = today.tomorrow().unwrap_or(today);
        let days = self.days();
        loop {
            let (day, _) = days.latest(to);
            let due = self.on(day?)?;
            if due.deadline(local) <= now {
                return Some(due);
            }
            to = due.date().yesterday().ok()?;
        }
    }

    /// Whether a due date is one of its occurrences.
    #[must_use]
    pub fn is_occurrence(&self, due: &Due) -> bool {
        self.is_occurrence_in(&self.days(), due)
    }

    /// The same for whoever asks often.
    pub(super) fn is_occurrence_in(&self, days: &Days<'_>, due: &Due) -> bool {
        let start = self.start();
        // The shape first, and without making a due date: it is what foreign keys fail at.
        due.time() == start.time()
            && days.has(due.date())
            && self.on(due.date()).as_ref() == Some(due)
    }

    /// The due date of its shape on a day.
    fn on(&self, day: Date) -> Option<Due> {
        match (self.start().time(), self.start().zone()) {
            (Some(time), Some(zone)) => Due::at(DateTime::from_parts(day, time), zone.clone()),
            _ => Due::on(day),
        }
        .ok()
    }
}
