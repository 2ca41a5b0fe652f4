//! The zones that a file defines for itself (RFC 5545 section 3.6.5).

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use super::line::{Property, unfold};
use super::text::unescape;
use crate::model::interchange::zones::{find_zone, offset};

/// The most definitions that are kept.
const ZONES_MAX: usize = 1_000;
/// The longest name that is kept, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// Zones by the names that a file has for them. The rules of a definition are not used: either it
/// says which IANA zone it is, or it has one offset only.
#[derive(Debug, Default)]
pub(super) struct Zones {
    known: BTreeMap<String, Option<TimeZone>>,
}

#[derive(Default)]
struct Definition {
    name: String,
    location: Option<TimeZone>,
    offsets: BTreeSet<i32>,
    is_odd: bool,
}

impl Zones {
    /// Finds the definitions of a file, wherever they stand.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut zones = Self::default();
        let mut open: Option<Definition> = None;
        for line in unfold(bytes) {
            let Some(property) = Property::parse(&line.text) else {
                continue;
            };
            let value = property.value.trim();
            match (property.name.as_str(), &mut open) {
                ("BEGIN", _) if value.eq_ignore_ascii_case("VTIMEZONE") => {
                    open = Some(Definition::default());
                }
                ("END", _) if value.eq_ignore_ascii_case("VTIMEZONE") => {
                    if let Some(definition) = open.take() {
                        zones.add(definition);
                    }
                }
                ("TZID", Some(definition)) => definition.name = unescape(property.value),
                ("X-LIC-LOCATION", Some(definition)) => {
                    definition.location = find_zone(&unescape(value));
                }
                ("TZOFFSETTO", Some(definition)) => match offset(value) {
                    Some(offset) if definition.offsets.len() < 2 => {
                        definition.offsets.insert(offset.seconds());
                    }
                    Some(_) => {}
                    None => definition.is_odd = true,
                },
                _ => {}
            }
        }
        zones
    }

    fn add(&mut self, definition: Definition) {
        let Definition {
            name,
            location,
            offsets,
            is_odd,
        } = definition;
        if self.known.len() >= ZONES_MAX || name.len() > NAME_BYTES_MAX {
            return;
        }
        let mut offsets = offsets.into_iter();
        let only = match (offsets.next(), offsets.next()) {
            (Some(only), None) if !is_odd => jiff::tz::Offset::from_seconds(only).ok(),
            _ => None,
        };
        let zone = location.or_else(|| only.map(TimeZone::fixed));
        self.known.entry(name).or_insert(zone);
    }

    /// The zone that a name means in this file. What it is by its name counts before what the file
    /// says of it.
    pub(super) fn find(&self, name: &str) -> Option<TimeZone> {
        find_zone(name).or_else(|| self.known.get(name).cloned().flatten())
    }
}
