//! Markdown task lists.
//!
//! - `- [ ]`, `- [x]`, `- [/]` (in progress) and `- [-]` (cancelled: done, with a warning), after
//!   `-`, `*`, `+`, `•`, `1.` or `1)`. A bullet without a box is an open task; one that is struck
//!   through as a whole is done. An item two or more columns further in is a subtask.
//! - `!high`, `!medium`, `!low`, `due:2026-11-23`, `created:`, `done:` and `status:blocked` are
//!   fields, and so are the signs of Obsidian Tasks (`📅 2026-11-23`, `⏫`). `#tag` is a tag: at
//!   the end of an item it is only that, within it it stays readable in the title too.
//! - `rrule:FREQ=WEEKLY`, `remind:15m` and `assignee:Ann` are fields too; a space and other signs in
//!   their values are written by number, as `&#32;`. Comments, and which task waits for which,
//!   cannot be written.
//! - A title that is one link as a whole gives title and url.
//! - What stands under an item (text, code, quotes) is its notes. A block that is a quote as a
//!   whole gives what it quotes: that is how notes are written, so that lists and headings in
//!   them stay what they are.
//! - A single `# Title` at the very beginning is the list's title. Any other heading becomes a
//!   task, with what follows it as its subtasks and notes, and a warning says so. Text outside of
//!   all that becomes a task of its own.
//!
//! In titles a backslash takes its meaning from the sign after it, and `&#10;` stands for a line
//! break, as Markdown has it.

mod block;
mod escape;
mod inline;
mod notes;
mod read;
mod write;

pub use read::import_markdown;
pub use write::to_markdown;

/// The keys of words that are fields.
const KEYS: [&str; 7] = [
    "due", "created", "done", "status", "rrule", "remind", "assignee",
];

/// Signs that Obsidian Tasks puts before a day, and the keys that they stand for.
const DAY_SIGNS: [(&str, &str); 3] = [("📅", "due"), ("➕", "created"), ("✅", "done")];

/// Signs that Obsidian Tasks has for priorities.
const PRIORITY_SIGNS: [(&str, &str); 5] = [
    ("🔺", "high"),
    ("⏫", "high"),
    ("🔼", "medium"),
    ("🔽", "low"),
    ("⏬", "low"),
];
