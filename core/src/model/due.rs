//! When a task is due: a day, or a time of day in a named zone.
//!
//! A day is the same calendar day wherever its reader is; it is never a moment such as midnight
//! UTC, which would be the day before in half of the world. A time is what a clock on the wall of
//! its zone shows, so that it stays at nine o'clock when the zone's rules change.

use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::FromStr;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::fmt::temporal::{Pieces, PiecesOffset, TimeZoneAnnotationKind};
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

/// The longest text that is looked at.
const TEXT_BYTES_MAX: usize = 128;
/// How much of a wrong text an error repeats.
const GIVEN_CHARS_MAX: usize = 40;

/// The zone rules inside the program, so that all replicas of one version agree on them.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The rules of the zone with an IANA name, in whatever case it is written.
pub(super) fn zone_named(name: &str) -> Option<TimeZone> {
    ZONES.get(name).ok()
}

/// When something is due.
///
/// Its text is what documents and JSON hold: `2026-11-23`, or RFC 9557
/// `2026-11-23T09:00[Europe/Berlin]` (with seconds only where there are any; a fixed offset
/// stands as `[+02:00]`, UTC as `[UTC]`).
///
/// Order is by the written day and time, a whole day before its times, then by zone name: the
/// same on every replica whatever its zone rules. It is not the order of moments.
///
/// ```
/// use poo_core::model::Due;
///
/// let due: Due = "2026-11-23T09:00[Europe/Berlin]".parse()?;
/// assert_eq!(due.to_string(), "2026-11-23T09:00[Europe/Berlin]");
/// assert!("2026-11-23".parse::<Due>()? < due);
/// # Ok::<(), poo_core::model::DueError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Due {
    date: Date,
    at: Option<At>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct At {
    time: Time,
    zone: Zone,
}

/// A zone that can be written down. Equality and order are those of its name.
#[derive(Clone)]
struct Zone {
    name: String,
    rules: TimeZone,
}

/// A text is no due date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DueError {
    /// It is neither a day nor a time.
    #[error(
        "{given:?} is no due date: write a day as 2026-11-23 or a time as 2026-11-23T09:00[Europe/Berlin]"
    )]
    Unreadable {
        /// The text, shortened.
        given: String,
    },
    /// It has a time but no zone, so it is unclear when that is.
    #[error(
        "{given:?} has a time but no zone: add one, as in 2026-11-23T09:00[Europe/Berlin] or 2026-11-23T09:00Z"
    )]
    NoZone {
        /// The text, shortened.
        given: String,
    },
    /// It has a zone but no time.
    #[error(
        "{given:?} has a zone but no time: a day has no zone (2026-11-23); a time looks like 2026-11-23T09:00[Europe/Berlin]"
    )]
    NoTime {
        /// The text, shortened.
        given: String,
    },
    /// There is no zone of that name.
    #[error("{zone:?} is no time zone: use an IANA name such as Europe/Berlin, or UTC")]
    UnknownZone {
        /// The name, shortened.
        zone: String,
    },
    /// Its offset is never used in its zone at that time.
    #[error(
        "the offset in {given:?} is not that of its zone at that time: leave it out, as in 2026-11-23T09:00[Europe/Berlin]"
    )]
    OffsetMismatch {
        /// The text, shortened.
        given: String,
    },
    /// The year is not written with four digits.
    #[error("a due date must lie in the years 0001 to 9999")]
    YearOutOfRange,
}

impl Due {
    /// Due on a day, wherever the reader is.
    ///
    /// # Errors
    /// [`DueError::YearOutOfRange`] before the year 1.
    pub fn on(date: Date) -> Result<Self, DueError> {
        check_year(date)?;
        Ok(Self { date, at: None })
    }

    /// Due when the clocks of a zone show a time. Fractions of a second are left out.
    ///
    /// # Errors
    /// [`DueError::YearOutOfRange`] before the year 1; [`DueError::UnknownZone`] where the zone
    /// has neither an IANA name nor a fixed offset of whole minutes.
    pub fn at(local: DateTime, zone: TimeZone) -> Result<Self, DueError> {
        check_year(local.date())?;
        let time = local.time();
        let time = Time::new(time.hour(), time.minute(), time.second(), 0).unwrap_or(time);
        Ok(Self {
            date: local.date(),
            at: Some(At {
                time,
                zone: Zone::new(zone)?,
            }),
        })
    }

    /// The calendar day.
    #[must_use]
    pub fn date(&self) -> Date {
        self.date
    }

    /// The time of day in [`Due::zone`]; `None` where the whole day is meant.
    #[must_use]
    pub fn time(&self) -> Option<Time> {
        self.at.as_ref().map(|at| at.time)
    }

    /// The zone of the time; `None` where the whole day is meant.
    #[must_use]
    pub fn zone(&self) -> Option<&TimeZone> {
        self.at.as_ref().map(|at| &at.zone.rules)
    }

    /// The first moment at which it is overdue, for a reader in the zone `local`: the time itself,
    /// or the end of the reader's day. A time that a clock change skips counts as the moment
    /// after the gap; one that it repeats, as the first of the two.
    #[must_use]
    pub fn deadline(&self, local: &TimeZone) -> Timestamp {
        let (end, zone) = match &self.at {
            Some(at) => (DateTime::from_parts(self.date, at.time), &at.zone.rules),
            None => match self.date.tomorrow() {
                Ok(next) => (DateTime::from_parts(next, Time::midnight()), local),
                Err(_) => return Timestamp::MAX,
            },
        };
        zone.to_timestamp(end).unwrap_or(Timestamp::MAX)
    }
}

fn check_year(date: Date) -> Result<(), DueError> {
    if date.year() < 1 {
        return Err(DueError::YearOutOfRange);
    }
    Ok(())
}

fn shortened(text: &str) -> String {
    text.chars().take(GIVEN_CHARS_MAX).collect()
}

/// The rules of a zone by its IANA name, or `UTC`.
///
/// # Errors
/// [`DueError::UnknownZone`] if there is none of that name.
pub(crate) fn zone(name: &str) -> Result<TimeZone, DueError> {
    Ok(Zone::named(name)?.rules)
}

impl Zone {
    fn new(rules: TimeZone) -> Result<Self, DueError> {
        if rules.is_unknown() {
            return Err(DueError::UnknownZone {
                zone: "Etc/Unknown".to_owned(),
            });
        }
        if let Some(name) = rules.iana_name() {
            let name = name.to_owned();
            return Ok(Self { name, rules });
        }
        match rules.to_fixed_offset() {
            Ok(offset) if offset.seconds() % 60 == 0 => Ok(Self {
                name: offset_name(offset),
                rules,
            }),
            Ok(offset) => Err(DueError::UnknownZone {
                zone: offset.to_string(),
            }),
            Err(_) => Err(DueError::UnknownZone {
                zone: "a zone without a name".to_owned(),
            }),
        }
    }

    fn named(name: &str) -> Result<Self, DueError> {
        match ZONES.get(name) {
            Ok(rules) => Self::new(rules),
            Err(_) => Err(DueError::UnknownZone {
                zone: shortened(name),
            }),
        }
    }
}

fn offset_name(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl PartialOrd for Zone {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Zone {
    fn cmp(&self, other: &Self) -> Ordering {
        self.name.cmp(&other.name)
    }
}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date)?;
        let Some(At { time, zone }) = &self.at else {
            return Ok(());
        };
        write!(f, "T{:02}:{:02}", time.hour(), time.minute())?;
        if time.second() != 0 {
            write!(f, ":{:02}", time.second())?;
        }
        write!(f, "[{}]", zone.name)
    }
}

impl fmt::Debug for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Due {
    type Err = DueError;

    /// Reads a day, a time with its zone in brackets, or a time with an offset or `Z`, which then
    /// is its zone. Where both stand, they must fit together; `Z` before a zone gives the moment,
    /// and what is kept is the zone's own time.
    fn from_str(text: &str) -> Result<Self, DueError> {
        let unreadable = || DueError::Unreadable {
            given: shortened(text),
        };
        if text.len() > TEXT_BYTES_MAX {
            return Err(unreadable());
        }
        let pieces = Pieces::parse(text).map_err(|_| unreadable())?;
        let zone = match pieces.time_zone_annotation().map(|note| note.kind()) {
            None => None,
            Some(TimeZoneAnnotationKind::Named(name)) => Some(Zone::named(name.as_str())?),
            Some(TimeZoneAnnotationKind::Offset(offset)) => {
                Some(Zone::new(TimeZone::fixed(*offset))?)
            }
            Some(_) => return Err(unreadable()),
        };
        let Some(time) = pieces.time() else {
            return match zone {
                None => Self::on(pieces.date()),
                Some(_) => Err(DueError::NoTime {
                    given: shortened(text),
                }),
            };
        };
        let local = DateTime::from_parts(pieces.date(), time);
        match (pieces.offset(), zone) {
            (None, None) => Err(DueError::NoZone {
                given: shortened(text),
            }),
            (None, Some(zone)) => Self::at(local, zone.rules),
            (Some(offset), None) => Self::at(local, TimeZone::fixed(offset.to_numeric_offset())),
            (Some(PiecesOffset::Zulu), Some(zone)) => {
                let moment = Offset::UTC.to_timestamp(local).map_err(|_| unreadable())?;
                Self::at(zone.rules.to_datetime(moment), zone.rules)
            }
            (Some(offset), Some(zone)) => {
                let offset = offset.to_numeric_offset();
                let moment = offset.to_timestamp(local).map_err(|_| unreadable())?;
                if zone.rules.to_offset(moment) != offset {
                    return Err(DueError::OffsetMismatch {
                        given: shortened(text),
                    });
                }
                Self::at(local, zone.rules)
            }
        }
    }
}

impl serde::Serialize for Due {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Due {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    //! A due date is written in one form only, and reading that form gives the same value back.

    use proptest::prelude::*;

    use super::*;

    fn due(text: &str) -> Due {
        text.parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn what_can_be_written_and_how_it_is_kept() {
        for (given, kept) in [
            ("2026-11-23", "2026-11-23"),
            ("0001-01-01", "0001-01-01"),
            ("9999-12-31", "9999-12-31"),
            (
                "2026-11-23T09:00[Europe/Berlin]",
                "2026-11-23T09:00[Europe/Berlin]",
            ),
            (
                "2026-11-23T09:00:05[europe/berlin]",
                "2026-11-23T09:00:05[Europe/Berlin]",
            ),
            (
                "2026-11-23T09:00:00.000[Europe/Berlin]",
                "2026-11-23T09:00[Europe/Berlin]",
            ),
            (
                "2026-11-23 09:00+01:00[Europe/Berlin]",
                "2026-11-23T09:00[Europe/Berlin]",
            ),
            (
                "2026-11-23T08:00Z[Europe/Berlin]",
                "2026-11-23T09:00[Europe/Berlin]",
            ),
            ("2026-11-23T09:00:00.999Z", "2026-11-23T09:00[UTC]"),
            ("2026-11-23T09:00:00+00:00", "2026-11-23T09:00[UTC]"),
            ("2026-11-23T09:00:00+05:30", "2026-11-23T09:00[+05:30]"),
            ("2026-11-23T09:00-08:00", "2026-11-23T09:00[-08:00]"),
            ("2026-11-23T09:00[-08:00]", "2026-11-23T09:00[-08:00]"),
            ("2026-11-23T24:00Z", ""),
        ] {
            if kept.is_empty() {
                assert!(given.parse::<Due>().is_err(), "{given}");
            } else {
                assert_eq!(due(given).to_string(), kept, "{given}");
                assert_eq!(due(kept), due(given));
            }
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text: &str| text.parse::<Due>().unwrap_err();
        for text in ["", "tomorrow", "2026-13-01", "2026-02-30", "23.11.2026"] {
            assert!(matches!(error(text), DueError::Unreadable { .. }), "{text}");
        }
        assert!(matches!(error("2026-11-23T09:00"), DueError::NoZone { .. }));
        assert!(matches!(
            error("2026-11-23[Europe/Berlin]"),
            DueError::NoTime { .. }
        ));
        assert_eq!(
            error("2026-11-23T09:00[Europe/Berlyn]").to_string(),
            "\"Europe/Berlyn\" is no time zone: use an IANA name such as Europe/Berlin, or UTC"
        );
        assert!(matches!(
            error("2026-11-23T09:00+02:00[Europe/Berlin]"),
            DueError::OffsetMismatch { .. }
        ));
        assert!(matches!(
            error("-000001-01-01"),
            DueError::YearOutOfRange | DueError::Unreadable { .. }
        ));
        assert!(error(&"9".repeat(10_000)).to_string().len() < 200);
    }

    #[test]
    fn order_is_by_day_then_time_then_zone() {
        let sorted = [
            "2026-11-22T23:00[UTC]",
            "2026-11-23",
            "2026-11-23T08:00[UTC]",
            "2026-11-23T09:00[America/New_York]",
            "2026-11-23T09:00[Europe/Berlin]",
            "2026-11-24",
        ]
        .map(due);
        assert!(sorted.is_sorted());
    }

    #[test]
    fn a_day_ends_where_its_reader_is() {
        let berlin = ZONES.get("Europe/Berlin").unwrap();
        let honolulu = ZONES.get("Pacific/Honolulu").unwrap();
        let day = due("2026-11-23");
        assert_eq!(
            day.deadline(&berlin),
            "2026-11-23T23:00:00Z".parse().unwrap()
        );
        assert_eq!(
            day.deadline(&honolulu),
            "2026-11-24T10:00:00Z".parse().unwrap()
        );
        let time = due("2026-11-23T09:00[Europe/Berlin]");
        assert_eq!(time.deadline(&berlin), time.deadline(&honolulu));
        assert_eq!(
            time.deadline(&honolulu),
            "2026-11-23T08:00:00Z".parse().unwrap()
        );
        assert_eq!(due("9999-12-31").deadline(&berlin), Timestamp::MAX);
    }

    #[test]
    fn json_is_the_text() {
        let value = due("2026-11-23T09:00[Europe/Berlin]");
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(json, "\"2026-11-23T09:00[Europe/Berlin]\"");
        assert_eq!(serde_json::from_str::<Due>(&json).unwrap(), value);
        assert!(serde_json::from_str::<Due>("\"soon\"").is_err());
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "\\PC{0,40}") {
            let _ = text.parse::<Due>();
        }

        #[test]
        fn what_is_read_is_written_and_read_alike(
            text in "[0-9]{4}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?(Z|[+-][01][0-9]:[0-5][0-9])?(\\[(UTC|Europe/Berlin|Asia/Kathmandu|America/Sao_Paulo|[+-]0[0-9]:30)\\])?)?"
        ) {
            if let Ok(value) = text.parse::<Due>() {
                let written = value.to_string();
                let again = written.parse::<Due>();
                prop_assert_eq!(again.as_ref().map(ToString::to_string), Ok(written));
                prop_assert_eq!(again, Ok(value));
            }
        }
    }
}
