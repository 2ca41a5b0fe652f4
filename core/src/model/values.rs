//! The small fixed sets of values that a task has.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// How much of a wrong value an error repeats.
const GIVEN_CHARS_MAX: usize = 40;

/// How urgent a task is. The more urgent sorts first.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Priority {
    /// Before anything else.
    High,
    /// Soon.
    Medium,
    /// When there is time.
    Low,
    /// Not said.
    #[default]
    None,
}

/// How far a task is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Status {
    /// Not begun.
    #[default]
    Open,
    /// Somebody is at it.
    InProgress,
    /// It waits for something.
    Blocked,
    /// Finished.
    Done,
}

/// How the tasks of a list are laid out.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum ListView {
    /// In one row.
    #[default]
    List,
    /// By the aisles of a shop.
    Aisles,
}

/// How tasks are sorted. What is done comes last, and subtasks stay with their parents.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Sort {
    /// As they were put by hand; new ones on top.
    #[default]
    Manual,
    /// The latest first.
    Newest,
    /// The earliest first.
    Oldest,
    /// By title.
    Title,
    /// By title, backwards.
    TitleReversed,
    /// What is due first comes first.
    Due,
    /// The most urgent first.
    Priority,
}

/// A text names none of the values that a field can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is no {what}: use one of {allowed}")]
pub struct ValueError {
    what: &'static str,
    given: String,
    allowed: &'static str,
}

impl ValueError {
    pub(crate) fn new(what: &'static str, given: &str, allowed: &'static str) -> Self {
        Self {
            what,
            given: given.chars().take(GIVEN_CHARS_MAX).collect(),
            allowed,
        }
    }
}

/// Writes and reads a value as the word that its type names it by.
macro_rules! words {
    ($type:ident, $what:literal, $allowed:literal, $($value:ident => $word:literal),+) => {
        impl $type {
            /// The value as it is stored and written.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word),+
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = ValueError;

            fn from_str(text: &str) -> Result<Self, ValueError> {
                match text {
                    $($word => Ok(Self::$value),)+
                    _ => Err(ValueError::new($what, text, $allowed)),
                }
            }
        }
    };
}
pub(crate) use words;

words!(
    Priority, "priority", "high, medium, low, none",
    High => "high", Medium => "medium", Low => "low", None => "none"
);
words!(
    Status, "status", "open, in_progress, blocked, done",
    Open => "open", InProgress => "in_progress", Blocked => "blocked", Done => "done"
);
words!(
    ListView, "view", "list, aisles",
    List => "list", Aisles => "aisles"
);
words!(
    Sort, "sort order", "manual, newest, oldest, title, title_reversed, due, priority",
    Manual => "manual", Newest => "newest", Oldest => "oldest", Title => "title",
    TitleReversed => "title_reversed", Due => "due", Priority => "priority"
);

#[cfg(test)]
mod tests {
    //! Every value is written, read and put into JSON as one and the same word.

    use super::*;

    #[test]
    fn values_are_written_and_read_as_the_same_word() {
        for value in [
            Priority::High,
            Priority::Medium,
            Priority::Low,
            Priority::None,
        ] {
            assert_eq!(value.to_string().parse(), Ok(value));
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(json, format!("\"{value}\""));
        }
        for value in [
            Status::Open,
            Status::InProgress,
            Status::Blocked,
            Status::Done,
        ] {
            assert_eq!(value.to_string().parse(), Ok(value));
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(json, format!("\"{value}\""));
        }
    }

    #[test]
    fn an_error_lists_what_can_be_used() {
        let error = "urgent".parse::<Priority>().unwrap_err().to_string();
        assert_eq!(
            error,
            "\"urgent\" is no priority: use one of high, medium, low, none"
        );
        let error = "x".repeat(1000).parse::<Status>().unwrap_err().to_string();
        assert!(error.len() < 120, "{error}");
    }

    #[test]
    fn the_more_urgent_sorts_first() {
        let mut values = [
            Priority::None,
            Priority::Low,
            Priority::High,
            Priority::Medium,
        ];
        values.sort();
        assert_eq!(values[0], Priority::High);
        assert_eq!(values[3], Priority::None);
    }
}
