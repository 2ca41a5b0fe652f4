//! Texts with tasks, by what their names say they are.

use jiff::tz::TimeZone;
use poo_core::model::interchange::{
    ImportError, import_icalendar, import_json, import_markdown, import_todoist_csv, import_todotxt,
};

use crate::problem::Problem;
use crate::wire;

pub(crate) fn read(bytes: &[u8], name: &str, zone: &str) -> Result<String, Problem> {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let as_text = || {
        core::str::from_utf8(bytes)
            .map_err(|_| Problem::invalid("file", "this is no text: its encoding is not UTF-8"))
    };
    let failed = |error: ImportError| Problem::invalid("file", error);
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    let import = match ending.as_deref() {
        Some("json") => import_json(as_text()?),
        Some("md" | "markdown") => import_markdown(as_text()?),
        Some("csv") => import_todoist_csv(bytes, &zone),
        Some("ics" | "ical") => import_icalendar(bytes, &zone),
        _ => import_todotxt(as_text()?),
    };
    wire::text(&import.map_err(failed)?)
}
