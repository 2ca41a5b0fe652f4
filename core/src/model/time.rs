//! Times in JSON: RFC 3339, UTC, always with milliseconds.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use serde::Serializer;

const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

/// Serializes a time.
pub(super) fn milliseconds<S: Serializer>(
    at: &Timestamp,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&PRINTER.timestamp_to_string(at))
}

/// Serializes a time or `null`.
#[expect(clippy::ref_option, reason = "the shape that serde calls")]
pub(super) fn milliseconds_or_null<S: Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        None => serializer.serialize_none(),
        Some(at) => milliseconds(at, serializer),
    }
}
