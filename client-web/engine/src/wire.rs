//! What crosses to JavaScript: JSON as text, and what happened as data.

use core::str::FromStr;

use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::model::BlobHash;
use poo_core::sync::{Event, PersonHere};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Something that the page may want to know.
#[derive(Debug, Clone, Serialize)]
#[serde(
    tag = "news",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub(crate) enum News {
    /// The relay refused something of a document.
    Refused {
        /// The document.
        document: DocumentId,
        /// A short name of the reason.
        code: String,
        /// The reason in words.
        message: String,
    },
    /// Another copy of this device wrote: commands were carried out again.
    Reauthored {
        /// In which document.
        document: DocumentId,
        /// How many commands.
        commands: usize,
        /// The names of those that could not be, since what they worked on is gone.
        lost: Vec<String>,
    },
    /// Who looks at a list now, this device's person included.
    Here {
        /// The list.
        list: DocumentId,
        /// Who.
        people: Vec<PersonHere>,
    },
    /// A file that was asked for is here.
    FileArrived {
        /// The list that names it.
        list: DocumentId,
        /// The file.
        file: String,
    },
    /// The relay does not give or take a file.
    FileRefused {
        /// The list that names it.
        list: DocumentId,
        /// The file.
        file: String,
        /// A short name of the reason.
        code: String,
        /// The reason in words.
        message: String,
    },
    /// An invite was accepted.
    Joined {
        /// The list.
        list: DocumentId,
    },
    /// This is a device of its person from now on.
    Linked,
    /// The relay takes this person's lists from now on.
    Admitted,
    /// A device answered a link that was made here.
    DeviceCame {
        /// What it calls itself.
        name: String,
    },
    /// What a link was for did not come about.
    LinkFailed {
        /// A short name of the reason.
        code: String,
        /// The reason in words.
        message: String,
    },
}

impl News {
    /// What of an event a page may want to know. Changes are told by the queries that are
    /// followed.
    pub(crate) fn of(event: Event) -> Option<Self> {
        let file = |hash: BlobHash| hash.to_string();
        match event {
            Event::Refused {
                document,
                code,
                message,
            } => Some(Self::Refused {
                document,
                code,
                message,
            }),
            Event::Reauthored {
                document,
                commands,
                lost,
            } => Some(Self::Reauthored {
                document,
                commands,
                lost,
            }),
            Event::BlobFetched { document, hash } => Some(Self::FileArrived {
                list: document,
                file: file(hash),
            }),
            Event::BlobRefused {
                document,
                hash,
                code,
                message,
            } => Some(Self::FileRefused {
                list: document,
                file: file(hash),
                code,
                message,
            }),
            Event::Connected { .. }
            | Event::Changed { .. }
            | Event::Acknowledged { .. }
            | Event::Ephemeral { .. }
            | Event::Box { .. }
            | Event::Admitted { .. }
            | Event::BlobProgress { .. }
            | Event::BlobStored { .. }
            | Event::BlobArriving { .. } => None,
        }
    }
}

/// The time that JavaScript's clock says.
#[allow(
    clippy::cast_possible_truncation,
    reason = "JavaScript counts milliseconds in a double, and a cast keeps to the ends of an i64"
)]
pub(crate) fn moment(now_ms: f64) -> Timestamp {
    Timestamp::from_millisecond(now_ms as i64).unwrap_or_default()
}

/// What a text of JSON says.
pub(crate) fn said<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    serde_json::from_str(text).map_err(|error| Problem::invalid("json", error.to_string()))
}

/// Something as a text of JSON.
pub(crate) fn text<T: Serialize + ?Sized>(value: &T) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|error| Problem::invalid("json", error.to_string()))
}

/// An id that JavaScript gave.
pub(crate) fn parsed<T: FromStr>(field: &str, text: &str) -> Result<T, Problem>
where
    T::Err: core::fmt::Display,
{
    text.parse()
        .map_err(|error: T::Err| Problem::invalid(field, error.to_string()))
}
