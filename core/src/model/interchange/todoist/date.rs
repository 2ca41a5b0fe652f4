//! Dates of Todoist.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::temporal::{Pieces, PiecesOffset};
use jiff::tz::{Offset, TimeZone};

use crate::model::Due;
use crate::model::interchange::fields::{day, is_day_shaped};

/// The longest date that is looked at, in bytes.
const TEXT_BYTES_MAX: usize = 64;

/// A due date that is written as a date or a time of day, without a zone in that of the caller.
/// `None` for what is written in words.
pub(super) fn due(text: &str, zone: &TimeZone) -> Option<Due> {
    if is_day_shaped(text) {
        return Due::on(day(text)?).ok();
    }
    match moment(text)? {
        (local, None) => Due::at(local, zone.clone()).ok(),
        (local, Some(offset)) => {
            let at = offset.to_timestamp(local).ok()?;
            Due::at(zone.to_datetime(at), zone.clone()).ok()
        }
    }
}

/// When a comment was written. Without a zone it is UTC, as in Todoist's exports.
pub(super) fn timestamp(text: &str) -> Option<Timestamp> {
    let (local, offset) = match day(text) {
        Some(day) => (Date::at(day, 0, 0, 0, 0), None),
        None => moment(text)?,
    };
    let at = offset.unwrap_or(Offset::UTC).to_timestamp(local).ok()?;
    Timestamp::from_millisecond(at.as_millisecond()).ok()
}

fn moment(text: &str) -> Option<(DateTime, Option<Offset>)> {
    if text.len() > TEXT_BYTES_MAX || !text.is_char_boundary(10) {
        return None;
    }
    let (date, _) = text.split_at_checked(10)?;
    // jiff also reads forms such as 20261201 and +002026-12-01, which Todoist does not write.
    day(date)?;
    let pieces = Pieces::parse(text).ok()?;
    if pieces.time_zone_annotation().is_some() {
        return None;
    }
    let local = DateTime::from_parts(pieces.date(), pieces.time()?);
    let offset = pieces.offset().map(|offset| match offset {
        PiecesOffset::Numeric(offset) => offset.offset(),
        _ => Offset::UTC,
    });
    Some((local, offset))
}

#[cfg(test)]
mod tests {
    //! Dates are read, words are left to the caller.

    use super::*;
    use crate::model::due::zone_named;

    #[test]
    fn dates_and_words() {
        let berlin = zone_named("Europe/Berlin").unwrap();
        for (text, meant) in [
            ("2026-12-01", Some("2026-12-01")),
            ("2026-12-01 15:00", Some("2026-12-01T15:00[Europe/Berlin]")),
            (
                "2026-12-01T15:00:30",
                Some("2026-12-01T15:00:30[Europe/Berlin]"),
            ),
            (
                "2026-12-01T15:00:00Z",
                Some("2026-12-01T16:00[Europe/Berlin]"),
            ),
            (
                "2026-12-01T15:00:00.000000Z",
                Some("2026-12-01T16:00[Europe/Berlin]"),
            ),
            (
                "2026-12-01T15:00-05:00",
                Some("2026-12-01T21:00[Europe/Berlin]"),
            ),
            ("2026-13-01", None),
            ("2026-12-01 every week", None),
            ("every day", None),
            ("Dec 24", None),
            ("20261201", None),
            ("", None),
            ("\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}\u{e4}", None),
        ] {
            let due = due(text, &berlin).map(|due| due.to_string());
            assert_eq!(due.as_deref(), meant, "{text}");
        }
        let at = |text| timestamp(text).map(|at| at.to_string());
        assert_eq!(
            at("2026-12-01T15:00:00.1239Z").as_deref(),
            Some("2026-12-01T15:00:00.123Z")
        );
        assert_eq!(at("2026-12-01").as_deref(), Some("2026-12-01T00:00:00Z"));
        assert_eq!(at("yesterday"), None);
    }
}
