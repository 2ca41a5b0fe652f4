//! Reminders: how long before a task is due somebody wants to hear of it, and when that is.

use core::fmt;
use core::str::FromStr;

use jiff::civil::{DateTime, Time, time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use crate::model::Due;

/// When a whole day counts as due for its reminders, on the reader's clocks: nobody wants to hear
/// at midnight that today is the day.
pub const DAY_STARTS_AT: Time = time(9, 0, 0, 0);

const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;
const WEEK: u32 = 7 * DAY;

/// How much of a wrong text an error repeats.
const GIVEN_CHARS_MAX: usize = 40;

/// How long before a task is due it reminds, in minutes, up to four weeks.
///
/// Its text is a number with `m`, `h` or `d`: `0m` (when it is due), `15m`, `1h`, `1d`. Written,
/// the largest unit that fits is used (`60m` is `1h`); reading takes `w` for weeks too. Whole
/// days are days of the calendar: a day before nine o'clock is nine o'clock on the day before,
/// also when clocks change between them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reminder {
    minutes: u32,
}

/// A text or number is no reminder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is no reminder: write 0m, 15m, 1h or 1d, at most 4w")]
pub struct ReminderError {
    given: String,
}

impl Reminder {
    /// The longest: four weeks.
    pub const MAX: Self = Self { minutes: 4 * WEEK };
    /// What is meant where nothing is said: an hour.
    pub const DEFAULT: Self = Self { minutes: HOUR };
    /// What an application offers, the shortest first.
    pub const PRESETS: [Self; 6] = [
        Self { minutes: 0 },
        Self { minutes: 15 },
        Self { minutes: 30 },
        Self::DEFAULT,
        Self { minutes: 2 * HOUR },
        Self { minutes: DAY },
    ];

    /// A reminder so many minutes before.
    ///
    /// # Errors
    /// [`ReminderError`] above [`Reminder::MAX`].
    pub fn before(minutes: u32) -> Result<Self, ReminderError> {
        let reminder = Self { minutes };
        if reminder > Self::MAX {
            return Err(ReminderError {
                given: format!("{minutes}m"),
            });
        }
        Ok(reminder)
    }

    /// How many minutes before.
    #[must_use]
    pub fn minutes(self) -> u32 {
        self.minutes
    }
}

impl Default for Reminder {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// When a reminder of a due date is to be shown to a reader in the zone `local`.
///
/// A time that a clock change skips counts as the moment after the gap; one that it repeats, as
/// the first of the two.
#[must_use]
pub fn remind_at(due: &Due, reminder: Reminder, local: &TimeZone) -> Timestamp {
    let zone = due.zone().unwrap_or(local);
    let at = DateTime::from_parts(due.date(), due.time().unwrap_or(DAY_STARTS_AT));
    let days = if reminder.minutes.is_multiple_of(DAY) {
        reminder.minutes / DAY
    } else {
        0
    };
    let minutes = SignedDuration::from_mins(i64::from(reminder.minutes - days * DAY));
    let earlier = Span::new()
        .try_days(i64::from(days))
        .and_then(|days| at.checked_sub(days));
    let moment = zone.to_timestamp(earlier.unwrap_or(at));
    // Only the last hours of the year 9999 are no moment.
    let moment = moment.unwrap_or(Timestamp::MAX);
    moment.checked_sub(minutes).unwrap_or(Timestamp::MIN)
}

impl fmt::Display for Reminder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.minutes {
            0 => f.write_str("0m"),
            minutes if minutes % DAY == 0 => write!(f, "{}d", minutes / DAY),
            minutes if minutes % HOUR == 0 => write!(f, "{}h", minutes / HOUR),
            minutes => write!(f, "{minutes}m"),
        }
    }
}

impl fmt::Debug for Reminder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Reminder {
    type Err = ReminderError;

    fn from_str(text: &str) -> Result<Self, ReminderError> {
        let read = || {
            let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
            if digits.len() > 5 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let unit = match unit {
                "m" => 1,
                "h" => HOUR,
                "d" => DAY,
                "w" => WEEK,
                _ => return None,
            };
            let minutes = digits.parse::<u32>().ok()?.checked_mul(unit)?;
            Self::before(minutes).ok()
        };
        read().ok_or_else(|| ReminderError {
            given: text.chars().take(GIVEN_CHARS_MAX).collect(),
        })
    }
}

impl serde::Serialize for Reminder {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Reminder {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    //! A reminder has one written form, and clocks that change do not move it.

    use jiff::tz::TimeZoneDatabase;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_reminder_is_written_with_the_largest_unit_that_fits() {
        for (given, kept) in [
            ("0m", "0m"),
            ("0d", "0m"),
            ("15m", "15m"),
            ("60m", "1h"),
            ("90m", "90m"),
            ("24h", "1d"),
            ("36h", "36h"),
            ("4w", "28d"),
            ("40320m", "28d"),
        ] {
            let reminder: Reminder = given.parse().unwrap();
            assert_eq!(reminder.to_string(), kept, "{given}");
            assert_eq!(kept.parse(), Ok(reminder));
        }
        for given in [
            "", "m", "1", "h1", "+1h", "-1h", "1.5h", "40321m", "5w", "99999w", "1H", "1é",
        ] {
            assert!(given.parse::<Reminder>().is_err(), "{given}");
        }
        let offered = Reminder::PRESETS.map(|preset| preset.to_string());
        assert_eq!(offered, ["0m", "15m", "30m", "1h", "2h", "1d"]);
        let json = serde_json::to_string(&Reminder::default()).unwrap();
        assert_eq!(json, "\"1h\"");
        assert_eq!(
            serde_json::from_str::<Reminder>(&json).unwrap(),
            Reminder::DEFAULT
        );
    }

    #[test]
    fn a_reminder_is_shown_where_its_reader_is() {
        let zones = TimeZoneDatabase::bundled();
        for (due, reminder, local, shown) in [
            ("2026-11-23", "0m", "Europe/Berlin", "2026-11-23T08:00:00Z"),
            (
                "2026-11-23",
                "0m",
                "Pacific/Honolulu",
                "2026-11-23T19:00:00Z",
            ),
            (
                "2026-11-23",
                "1h",
                "America/New_York",
                "2026-11-23T13:00:00Z",
            ),
            (
                "2026-11-23T09:00[Europe/Berlin]",
                "15m",
                "Pacific/Honolulu",
                "2026-11-23T07:45:00Z",
            ),
            // Berlin's clocks go forward on the 29th: a day before is nine o'clock, 23 hours.
            ("2026-03-29", "1d", "Europe/Berlin", "2026-03-28T08:00:00Z"),
            (
                "2026-03-29T09:00[Europe/Berlin]",
                "1d",
                "UTC",
                "2026-03-28T08:00:00Z",
            ),
            // In the gap: half past three. Twice: the first half past two.
            (
                "2026-03-29T02:30[Europe/Berlin]",
                "0m",
                "UTC",
                "2026-03-29T01:30:00Z",
            ),
            (
                "2026-03-29T02:30[Europe/Berlin]",
                "1h",
                "UTC",
                "2026-03-29T00:30:00Z",
            ),
            (
                "2026-10-25T02:30[Europe/Berlin]",
                "0m",
                "UTC",
                "2026-10-25T00:30:00Z",
            ),
            (
                "2026-11-01T01:30[America/New_York]",
                "2h",
                "UTC",
                "2026-11-01T03:30:00Z",
            ),
        ] {
            let at = remind_at(
                &due.parse().unwrap(),
                reminder.parse().unwrap(),
                &zones.get(local).unwrap(),
            );
            assert_eq!(at.to_string(), shown, "{reminder} before {due}");
        }
        let at = |due: &str| remind_at(&due.parse().unwrap(), Reminder::MAX, &TimeZone::UTC);
        assert_eq!(at("9999-12-31").to_string(), "9999-12-03T09:00:00Z");
        assert_eq!(at("0001-01-01").to_string(), "0000-12-04T09:00:00Z");
    }

    proptest! {
        #[test]
        fn reading_a_reminder_never_panics(text in "\\PC{0,12}") {
            let _ = text.parse::<Reminder>();
        }

        #[test]
        fn what_is_written_is_read_alike(minutes in 0..=Reminder::MAX.minutes) {
            let reminder = Reminder::before(minutes).unwrap();
            prop_assert_eq!(reminder.to_string().parse(), Ok(reminder));
        }
    }
}
