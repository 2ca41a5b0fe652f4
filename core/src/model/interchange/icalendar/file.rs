//! What holds for all components of a file.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::definitions::Zones;
use super::line::Property;
use super::text::{exact, unescape};
use super::time::{Stamp, stamp};
use crate::model::Due;
use crate::model::interchange::bytes::readable;
use crate::model::interchange::warnings::Warnings;

/// What holds for all components of a file.
pub(super) struct File<'a> {
    /// The zone of times that have none.
    pub(super) zone: &'a TimeZone,
    /// The zones that the file defines.
    pub(super) zones: Zones,
    /// What to tell.
    pub(super) warnings: Warnings,
    /// Properties that were named as left out.
    pub(super) named: BTreeSet<String>,
}

impl File<'_> {
    /// Says once that a property is left out wherever it stands.
    pub(super) fn left_out(&mut self, name: &str, line: usize, text: &str) {
        if self.named.insert(name.to_owned()) {
            let reason = "this property has no field; it was left out everywhere";
            self.warnings.add(line, text, reason);
        }
    }

    /// The text as it can be seen, with a warning where that is another.
    pub(super) fn shown(&mut self, line: usize, text: &str) -> String {
        let shown = readable(text);
        if shown != text.replace("\r\n", "\n").replace('\r', "\n") {
            let reason = "it has control characters; they are now shown as signs such as ␛";
            self.warnings.add(line, text, reason);
        }
        shown.into_owned()
    }

    /// A value of type TEXT.
    pub(super) fn text(&mut self, line: usize, property: &Property<'_>) -> String {
        let text = unescape(property.value);
        let shown = readable(&text);
        exact(property, &shown, |text| readable(text).into_owned())
            .unwrap_or_else(|| self.shown(line, &text))
    }

    /// A value of type DATE or DATE-TIME; `None` where it cannot be read.
    pub(super) fn stamp(&mut self, line: usize, property: &Property<'_>) -> Option<Due> {
        let name = property.parameter("TZID");
        let at = stamp(property.value);
        let zone = match (name, at) {
            (Some(name), Some(Stamp::Local(_))) => self.zones.find(name).unwrap_or_else(|| {
                let reason = "this time zone is not known; the time is in your own";
                self.warnings.add(line, name, reason);
                self.zone.clone()
            }),
            _ => self.zone.clone(),
        };
        match at {
            Some(at) => at.due(&zone),
            // Some write 2026-11-23.
            None => property.value.trim().parse().ok(),
        }
    }
}
