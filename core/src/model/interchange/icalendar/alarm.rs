//! Alarms (RFC 5545 section 3.6.6) as reminders.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::line::Property;
use super::time::{Stamp, length, stamp};
use crate::model::Due;

/// When an alarm rings.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ring {
    /// Before the beginning or the end.
    Before { reminder: String, is_end: bool },
    /// At a moment.
    At(Timestamp),
}

/// An alarm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Alarm {
    /// The line on which it begins.
    pub(super) line: usize,
    /// Its trigger as it stands.
    pub(super) trigger: String,
    ring: Option<Ring>,
    is_silent: bool,
}

impl Alarm {
    /// An alarm that begins on a line.
    pub(super) fn new(line: usize) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }

    /// Reads a property of it.
    pub(super) fn property(&mut self, property: &Property<'_>, text: &str, zone: &TimeZone) {
        match property.name.as_str() {
            // How Apple marks an alarm that was taken off.
            "ACTION" => self.is_silent = property.value.trim().eq_ignore_ascii_case("NONE"),
            "TRIGGER" => {
                text.clone_into(&mut self.trigger);
                let is_end = property
                    .parameter("RELATED")
                    .is_some_and(|related| related.eq_ignore_ascii_case("END"));
                self.ring = match stamp(property.value) {
                    Some(Stamp::Day(_)) => None,
                    Some(at) => at.moment(zone).map(Ring::At),
                    None => length(property.value)
                        .and_then(super::time::Length::reminder)
                        .map(|reminder| Ring::Before { reminder, is_end }),
                };
            }
            _ => {}
        }
    }

    /// Whether there is nothing to it.
    pub(super) fn is_empty(&self) -> bool {
        self.is_silent || self.trigger.is_empty()
    }

    /// The reminder that it is for a task; `None` where it rings at another time.
    /// `is_from_end` says whether the due date is where the task ends, and `is_same` whether it
    /// also begins there.
    pub(super) fn reminder(
        &self,
        due: Option<&Due>,
        zone: &TimeZone,
        is_from_end: bool,
        is_same: bool,
    ) -> Option<String> {
        match self.ring.as_ref()? {
            Ring::Before { reminder, is_end } => {
                (is_same || *is_end == is_from_end).then(|| reminder.clone())
            }
            Ring::At(at) => {
                let due = due.filter(|due| due.time().is_some())?;
                let seconds = due.deadline(zone).as_second().checked_sub(at.as_second())?;
                let is_whole = (0..60_000_000).contains(&seconds) && seconds % 60 == 0;
                is_whole
                    .then(|| format!("{}m", seconds / 60))
                    .filter(|text| text.len() <= 7)
            }
        }
    }
}
