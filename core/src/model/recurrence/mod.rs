//! Tasks that come back: the rule, the series that it makes from a start, and what completing one
//! of its occurrences means.

mod closing;
mod days;
mod error;
mod occurrences;
mod read;
mod rule;
mod series;
#[cfg(test)]
mod tests;
mod words;

pub use closing::{Closed, ClosedError};
pub use error::{Allowed, RecurrenceError};
pub use rule::Recurrence;
pub use series::{Series, SeriesError, SeriesId, SeriesIdError};
