//! Zones as other programs name them.

use jiff::tz::{Offset, TimeZone};

use crate::model::due::zone_named;

/// The longest name that is looked at, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// Windows names of zones, and what the CLDR (`windowsZones.xml`, territory 001) has for them.
/// Outlook and Exchange write these.
const WINDOWS: [(&str, &str); 64] = [
    ("AUS Central Standard Time", "Australia/Darwin"),
    ("AUS Eastern Standard Time", "Australia/Sydney"),
    ("Alaskan Standard Time", "America/Anchorage"),
    ("Arab Standard Time", "Asia/Riyadh"),
    ("Arabian Standard Time", "Asia/Dubai"),
    ("Argentina Standard Time", "America/Buenos_Aires"),
    ("Atlantic Standard Time", "America/Halifax"),
    ("Azores Standard Time", "Atlantic/Azores"),
    ("Bangladesh Standard Time", "Asia/Dhaka"),
    ("Belarus Standard Time", "Europe/Minsk"),
    ("Canada Central Standard Time", "America/Regina"),
    ("Cape Verde Standard Time", "Atlantic/Cape_Verde"),
    ("Cen. Australia Standard Time", "Australia/Adelaide"),
    ("Central America Standard Time", "America/Guatemala"),
    ("Central Asia Standard Time", "Asia/Bishkek"),
    ("Central Brazilian Standard Time", "America/Cuiaba"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("Central Pacific Standard Time", "Pacific/Guadalcanal"),
    ("Central Standard Time", "America/Chicago"),
    ("Central Standard Time (Mexico)", "America/Mexico_City"),
    ("China Standard Time", "Asia/Shanghai"),
    ("E. Africa Standard Time", "Africa/Nairobi"),
    ("E. Australia Standard Time", "Australia/Brisbane"),
    ("E. Europe Standard Time", "Europe/Chisinau"),
    ("E. South America Standard Time", "America/Sao_Paulo"),
    ("Eastern Standard Time", "America/New_York"),
    ("Egypt Standard Time", "Africa/Cairo"),
    ("FLE Standard Time", "Europe/Kiev"),
    ("Fiji Standard Time", "Pacific/Fiji"),
    ("GMT Standard Time", "Europe/London"),
    ("GTB Standard Time", "Europe/Bucharest"),
    ("Georgian Standard Time", "Asia/Tbilisi"),
    ("Greenland Standard Time", "America/Godthab"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik"),
    ("Hawaiian Standard Time", "Pacific/Honolulu"),
    ("India Standard Time", "Asia/Calcutta"),
    ("Iran Standard Time", "Asia/Tehran"),
    ("Israel Standard Time", "Asia/Jerusalem"),
    ("Jordan Standard Time", "Asia/Amman"),
    ("Korea Standard Time", "Asia/Seoul"),
    ("Morocco Standard Time", "Africa/Casablanca"),
    ("Mountain Standard Time", "America/Denver"),
    ("Nepal Standard Time", "Asia/Katmandu"),
    ("New Zealand Standard Time", "Pacific/Auckland"),
    ("Newfoundland Standard Time", "America/St_Johns"),
    ("Pacific SA Standard Time", "America/Santiago"),
    ("Pacific Standard Time", "America/Los_Angeles"),
    ("Pakistan Standard Time", "Asia/Karachi"),
    ("Romance Standard Time", "Europe/Paris"),
    ("Russian Standard Time", "Europe/Moscow"),
    ("SA Pacific Standard Time", "America/Bogota"),
    ("SE Asia Standard Time", "Asia/Bangkok"),
    ("Singapore Standard Time", "Asia/Singapore"),
    ("South Africa Standard Time", "Africa/Johannesburg"),
    ("Sri Lanka Standard Time", "Asia/Colombo"),
    ("Taipei Standard Time", "Asia/Taipei"),
    ("Tasmania Standard Time", "Australia/Hobart"),
    ("Tokyo Standard Time", "Asia/Tokyo"),
    ("Turkey Standard Time", "Europe/Istanbul"),
    ("US Mountain Standard Time", "America/Phoenix"),
    ("W. Australia Standard Time", "Australia/Perth"),
    ("W. Central Africa Standard Time", "Africa/Lagos"),
    ("W. Europe Standard Time", "Europe/Berlin"),
];

/// The zone that a name means: an IANA name, one behind a prefix
/// (`/freeassociation.sourceforge.net/Europe/Berlin`), a Windows name, or `UTC+0530`.
pub(super) fn find_zone(name: &str) -> Option<TimeZone> {
    let name = name.trim();
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return None;
    }
    zone_named(name)
        .or_else(|| behind_prefix(name))
        .or_else(|| {
            let same = |(windows, _): &&(&str, &str)| windows.eq_ignore_ascii_case(name);
            WINDOWS
                .iter()
                .find(same)
                .and_then(|(_, iana)| zone_named(iana))
        })
        .or_else(|| fixed(name))
        .filter(|zone| !zone.is_unknown())
}

/// IANA names have up to three parts.
fn behind_prefix(name: &str) -> Option<TimeZone> {
    let starts: Vec<usize> = name.rmatch_indices('/').take(3).map(|(at, _)| at).collect();
    // The longest first: `America/Indiana/Knox`, not `Knox`.
    starts
        .into_iter()
        .rev()
        .filter_map(|at| name.get(at.saturating_add(1)..))
        .find_map(zone_named)
}

/// `UTC+0530`, `GMT-03:00`.
fn fixed(name: &str) -> Option<TimeZone> {
    let rest = name
        .strip_prefix("UTC")
        .or_else(|| name.strip_prefix("GMT"))?;
    Some(TimeZone::fixed(offset(rest)?))
}

/// An offset from UTC as `+0530`, `+05:30` or `-080000`, with whole minutes.
pub(super) fn offset(text: &str) -> Option<Offset> {
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let digits: String = text.chars().skip(1).filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 4 | 6) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| digits.get(at..at.saturating_add(2))?.parse::<i32>().ok();
    let (hours, minutes) = (two(0)?, two(2)?);
    let seconds = if digits.len() == 6 { two(4)? } else { 0 };
    if hours > 23 || minutes > 59 || seconds != 0 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    //! Zones are found under the names that calendars carry around.

    use super::*;

    fn found(name: &str) -> Option<String> {
        let zone = find_zone(name)?;
        Some(match zone.iana_name() {
            Some(name) => name.to_owned(),
            None => zone.to_fixed_offset().unwrap().to_string(),
        })
    }

    #[test]
    fn names_of_other_programs() {
        for (name, zone) in [
            ("Europe/Berlin", Some("Europe/Berlin")),
            ("europe/berlin", Some("Europe/Berlin")),
            (
                "/freeassociation.sourceforge.net/Europe/Berlin",
                Some("Europe/Berlin"),
            ),
            (
                "/mozilla.org/20050126_1/America/Indiana/Knox",
                Some("America/Indiana/Knox"),
            ),
            ("/citadel.org/20211207_1/UTC", Some("UTC")),
            ("W. Europe Standard Time", Some("Europe/Berlin")),
            ("UTC+0530", Some("+05:30")),
            ("GMT-03:00", Some("-03")),
            ("UTC+9900", None),
            ("Berlin", None),
            ("", None),
            ("/", None),
        ] {
            assert_eq!(found(name).as_deref(), zone, "{name}");
        }
        assert_eq!(found(&"/Europe/Berlin".repeat(10_000)), None);
    }

    #[test]
    fn every_windows_name_is_a_zone() {
        for (windows, iana) in WINDOWS {
            assert!(zone_named(iana).is_some(), "{windows}: {iana}");
        }
    }
}
