//! What closing occurrences means: which one a completion closes, and what is due after it.
//!
//! What is closed is a set that only names occurrences, so that devices which complete the same
//! one apart have completed it once. The fold looks at the latest of them alone: whatever was
//! open before it is missed, not queued.

use core::fmt;
use core::str::FromStr;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::error::shortened;
use super::series::Series;
use crate::model::Due;

/// How an occurrence was closed. Its text is the day, as `2026-11-23`, or `skip`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Closed {
    /// Done, on this day where the completer was.
    Done(Date),
    /// Left out on purpose.
    Skipped,
}

/// A text does not say how an occurrence was closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{given:?} does not close an occurrence: write the day it was done, as 2026-11-23, or skip"
)]
pub struct ClosedError {
    given: String,
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(day) => write!(f, "{day}"),
            Self::Skipped => f.write_str("skip"),
        }
    }
}

impl FromStr for Closed {
    type Err = ClosedError;

    fn from_str(text: &str) -> Result<Self, ClosedError> {
        if text == "skip" {
            return Ok(Self::Skipped);
        }
        // As strict as a due date that is a day: no time, no zone, four digits for the year.
        match text.parse::<Due>() {
            Ok(due) if due.time().is_none() => Ok(Self::Done(due.date())),
            _ => Err(ClosedError {
                given: shortened(text),
            }),
        }
    }
}

impl Series {
    /// The occurrence that is due next: the first after the latest closed one. `None` where none
    /// is left: then the task is done.
    ///
    /// Here and in [`Series::closes`], what is no occurrence of this series is as if it were not
    /// there.
    #[must_use]
    pub fn next_due(&self, closed: &BTreeMap<Due, Closed>) -> Option<Due> {
        self.first_after(self.latest_closed(closed))
    }

    /// The occurrence that a completion (or a skip) closes now: the latest that has begun, if it
    /// is open, so that one tap catches up; else the next one, ahead of its time. `None` where
    /// none is left.
    #[must_use]
    pub fn closes(
        &self,
        closed: &BTreeMap<Due, Closed>,
        now: Timestamp,
        local: &TimeZone,
    ) -> Option<Due> {
        let latest = self.latest_closed(closed);
        let begun = self.latest_due_by(now, local);
        begun
            .filter(|due| latest.is_none_or(|latest| due > latest))
            .or_else(|| self.first_after(latest))
    }

    /// The latest closed occurrence.
    fn latest_closed<'closed>(
        &self,
        closed: &'closed BTreeMap<Due, Closed>,
    ) -> Option<&'closed Due> {
        let days = self.days();
        closed
            .keys()
            .rev()
            .find(|due| self.is_occurrence_in(&days, due))
    }
}
