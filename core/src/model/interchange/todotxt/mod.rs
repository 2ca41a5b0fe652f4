//! todo.txt: one task a line.
//!
//! `x` and dates of completion, priorities (`(A)` is high, `(B)` medium, the others low; `pri:A`
//! where a line is done), dates of creation, and `due:` are fields. `+project` and `@context` are
//! tags: at the end of a line they are only that, within it they stay readable in the title too.
//! What has no field, such as `rec:` and `t:`, stays in the title. So does a word with a bad date.
//!
//! Beyond the format our lines have `status:`, `created:`, `url:`, `note:`, and `id:` with
//! `parent:` for tasks below tasks; other programs keep such words as they are. A word that would
//! be read as something else begins with a backslash (`\+1`), and its spaces and line breaks are
//! written as `%20` and the like.

mod escape;
mod read;
mod write;

pub use read::import_todotxt;
pub use write::to_todotxt;

/// The keys of words that are fields.
const KEYS: [&str; 8] = [
    "due", "pri", "created", "status", "url", "note", "id", "parent",
];
