//! Writes the definitions of zones that RFC 5545 (section 3.6.5) wants for every `TZID`.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};

use super::time::write_local;
use super::write::Out;

/// How many years behind its due date a recurring task needs the rules for.
const YEARS_AHEAD: i16 = 10;

/// The zones of a file, and the years that they are used in.
#[derive(Debug, Default)]
pub(super) struct Used {
    zones: BTreeMap<String, (TimeZone, BTreeSet<i16>)>,
}

/// From when on which offset holds: whether it is summer time, the offsets before and after in
/// seconds, and its name.
type Observance = (bool, i32, i32, String);

/// The name for a zone in a file; `None` for UTC, which needs none.
pub(super) fn tzid(zone: &TimeZone) -> Option<String> {
    match (zone.iana_name(), zone.to_fixed_offset()) {
        (Some("UTC"), _) => None,
        (Some(name), _) => Some(name.to_owned()),
        (None, Ok(offset)) => Some(format!("UTC{}", write_offset(offset.seconds()))),
        (None, Err(_)) => None,
    }
}

fn write_offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.abs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if rest == 0 {
        format!("{sign}{hours:02}{minutes:02}")
    } else {
        format!("{sign}{hours:02}{minutes:02}{rest:02}")
    }
}

impl Used {
    /// A zone is used on a day, and after it where the task recurs.
    pub(super) fn add(&mut self, zone: &TimeZone, day: Date, recurs: bool) {
        let Some(name) = tzid(zone) else {
            return;
        };
        let (_, years) = self
            .zones
            .entry(name)
            .or_insert_with(|| (zone.clone(), BTreeSet::new()));
        let last = day
            .year()
            .saturating_add(if recurs { YEARS_AHEAD } else { 1 });
        // The year before has the change that holds on its first day.
        let first = day.year().saturating_sub(1).max(1);
        years.extend(first..=last.min(9999));
    }

    /// Writes the definitions.
    pub(super) fn write(&self, out: &mut Out) {
        for (name, (zone, years)) in &self.zones {
            out.line("BEGIN:VTIMEZONE");
            out.line(&format!("TZID:{name}"));
            if let Some(location) = zone.iana_name() {
                out.line(&format!("X-LIC-LOCATION:{location}"));
            }
            for ((is_dst, from, to, name), starts) in observances(zone, years) {
                let kind = if is_dst { "DAYLIGHT" } else { "STANDARD" };
                out.line(&format!("BEGIN:{kind}"));
                let mut starts = starts.into_iter();
                let first = starts.next().map(write_local).unwrap_or_default();
                out.line(&format!("DTSTART:{first}"));
                let others: Vec<String> = starts.map(write_local).collect();
                if !others.is_empty() {
                    out.line(&format!("RDATE:{}", others.join(",")));
                }
                out.line(&format!("TZOFFSETFROM:{}", write_offset(from)));
                out.line(&format!("TZOFFSETTO:{}", write_offset(to)));
                out.line(&format!("TZNAME:{name}"));
                out.line(&format!("END:{kind}"));
            }
            out.line("END:VTIMEZONE");
        }
    }
}

/// Every change of the clocks in some years, and what holds where a run of years begins.
fn observances(zone: &TimeZone, years: &BTreeSet<i16>) -> BTreeMap<Observance, BTreeSet<DateTime>> {
    let mut all: BTreeMap<Observance, BTreeSet<DateTime>> = BTreeMap::new();
    for year in years.iter().copied() {
        let Ok(first) = Date::new(year, 1, 1) else {
            continue;
        };
        let first = first.at(0, 0, 0, 0);
        let Ok(start) = Offset::UTC.to_timestamp(first) else {
            continue;
        };
        let holds = zone.to_offset_info(start);
        let mut before = holds.offset();
        if !years.contains(&year.saturating_sub(1)) {
            let seconds = before.seconds();
            let dst = holds.dst().is_dst();
            let name = holds.abbreviation().to_owned();
            all.entry((dst, seconds, seconds, name))
                .or_default()
                .insert(first);
        }
        for change in zone.following(start) {
            let at = Offset::UTC.to_datetime(change.timestamp());
            if at.year() > year {
                break;
            }
            let after = change.offset();
            let name = change.abbreviation().to_owned();
            all.entry((
                change.dst().is_dst(),
                before.seconds(),
                after.seconds(),
                name,
            ))
            .or_default()
            .insert(before.to_datetime(change.timestamp()));
            before = after;
        }
    }
    all
}
