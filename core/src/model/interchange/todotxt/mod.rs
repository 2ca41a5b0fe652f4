//! todo.txt: one task a line.
//!
//! `x` and dates of completion, priorities (`(A)` is high, `(B)` medium, the others low; `pri:A`
//! where a line is done), dates of creation, and `due:` are fields. `+project` and `@context` are
//! tags: at the end of a line they are only that, within it they stay readable in the title too.
//! `rec:1w`, `rec:+2d`, `rec:3m`, `rec:1y` and `rec:1b` (working days), as other programs write
//! them, become rules; whether they count from the due date (`+`) or from the day on which the
//! task is done is not kept. What has no field, such as `t:`, stays in the title. So does a word
//! with a bad date.
//!
//! Beyond the format our lines have `status:`, `created:`, `url:`, `note:`, `rrule:`, `remind:`,
//! `assignee:`, and `id:` with `parent:` for tasks below tasks and `dep:` for tasks that wait for
//! others; other programs keep such words as they are. Comments cannot be written. A word that would
//! be read as something else begins with a backslash (`\+1`), and its spaces and line breaks are
//! written as `%20` and the like.

mod escape;
mod read;
mod repeat;
mod write;

pub use read::import_todotxt;
pub use write::to_todotxt;

/// The keys of words that are fields.
const KEYS: [&str; 13] = [
    "due", "pri", "created", "status", "url", "note", "id", "parent", "rrule", "rec", "remind",
    "assignee", "dep",
];
