//! Lists as text: JSON, Markdown task lists, todo.txt and iCalendar, in and out; the CSV of Todoist,
//! in only.
//!
//! Pure functions. Two rules hold for every format:
//!
//! - **Nothing is dropped.** What cannot be read stays as text in a title or in notes, and a
//!   warning names the line. A file is refused as a whole only where it is too large or no JSON.
//! - **Out and in again is the same.** What an exporter writes, the importer of that format reads
//!   back as the same tree: titles, notes, links, statuses, priorities, due dates, recurrence,
//!   reminders, assignees, comments, who waits for whom, tags (in their order, each once) and days;
//!   in JSON also how the list looks and which files its tasks carry.
//!   The exceptions: Markdown writes line breaks in notes as `\n`, and has no place for comments
//!   and for who waits for whom; todo.txt has none for comments and for the list's title. Both take
//!   only a recurrence with `FREQ=` in it for one.
//!
//! ```
//! use poo_core::model::interchange::import_markdown;
//!
//! let import = import_markdown("# Home\n\n- [ ] Pay rent !high due:2026-11-23 #money\n")?;
//! assert_eq!(import.title.as_deref(), Some("Home"));
//! assert_eq!(import.tasks[0].title, "Pay rent");
//! assert_eq!(import.tasks[0].tags, ["money"]);
//! # Ok::<(), poo_core::model::interchange::ImportError>(())
//! ```

mod bytes;
mod comment;
mod details;
mod export;
mod fields;
mod fit;
mod forest;
mod icalendar;
mod json;
mod limits;
mod lines;
mod links;
mod look;
mod markdown;
mod percent;
mod reminder;
mod task;
mod todoist;
mod todotxt;
mod warnings;
mod words;
mod zones;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod strategies;

pub use comment::ImportedComment;
pub use export::{ExportList, ExportTask};
pub use icalendar::{import_icalendar, to_icalendar};
pub use json::{import_json, to_json};
pub use limits::{
    AISLE_CHARS_MAX, AISLES_MAX, BLOCKERS_MAX, COMMENTS_MAX, DEPTH_MAX, DUE_TEXT_CHARS_MAX,
    ICON_CHARS_MAX, INPUT_BYTES_MAX, JSON_DEPTH_MAX, JSON_VALUES_MAX, KEY_CHARS_MAX,
    KEYWORD_CHARS_MAX, KEYWORDS_MAX, LIST_TITLE_CHARS_MAX, NOTES_CHARS_MAX, PERSON_CHARS_MAX,
    RECURRENCE_BYTES_MAX, REMINDERS_MAX, TAG_CHARS_MAX, TASKS_MAX, TITLE_CHARS_MAX, URL_CHARS_MAX,
    WARNINGS_MAX,
};
pub use look::{ListLook, TagColor};
pub use markdown::{import_markdown, to_markdown};
pub use task::{Import, ImportError, ImportWarning, ImportedTask};
pub use todoist::import_todoist_csv;
pub use todotxt::{import_todotxt, to_todotxt};
