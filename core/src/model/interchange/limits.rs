//! The bounds of what is imported.

/// The largest text that is read, in bytes.
pub const INPUT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The most tasks in one text.
pub const TASKS_MAX: usize = 100_000;
/// How many tasks may stand above one another, the lowest included. What is deeper is attached
/// at this depth.
pub const DEPTH_MAX: usize = 64;
/// The longest title of a task, in characters. The whole of a longer one goes to the notes.
pub const TITLE_CHARS_MAX: usize = 500;
/// The longest title of a list, in characters. The whole of a longer one becomes a task.
pub const LIST_TITLE_CHARS_MAX: usize = 200;
/// The longest notes, in characters. Longer ones continue in tasks right below.
pub const NOTES_CHARS_MAX: usize = 50_000;
/// The longest link, in characters. A longer one goes to the notes.
pub const URL_CHARS_MAX: usize = 2_000;
/// The longest tag, in characters. A longer one stays in the title.
pub const TAG_CHARS_MAX: usize = 50;
/// The longest name of an aisle, in characters. A longer one goes to the notes.
pub const AISLE_CHARS_MAX: usize = 50;
/// The most aisles of its own that a list can have.
pub const AISLES_MAX: usize = 100;
/// The most keywords of one aisle.
pub const KEYWORDS_MAX: usize = 200;
/// The longest keyword, in characters.
pub const KEYWORD_CHARS_MAX: usize = 50;
/// The longest picture of a list, in characters: an emoji can take several.
pub const ICON_CHARS_MAX: usize = 20;
/// The longest recurrence rule, in bytes. A longer one goes to the notes.
pub const RECURRENCE_BYTES_MAX: usize = 500;
/// The most reminders of a task. More go to the notes.
pub const REMINDERS_MAX: usize = 50;
/// The longest name of a person, in characters. A longer one goes to the notes.
pub const PERSON_CHARS_MAX: usize = 200;
/// The most comments of a task. More go to the notes. One has at most [`NOTES_CHARS_MAX`]
/// characters; a longer one continues in the next.
pub const COMMENTS_MAX: usize = 1_000;
/// The longest due date in words, in characters. A longer one goes to the notes.
pub const DUE_TEXT_CHARS_MAX: usize = 200;
/// The most tasks that one task waits for. More are named in the notes.
pub const BLOCKERS_MAX: usize = 1_000;
/// The longest key of a task, in characters. A longer one is replaced by a made-up one.
pub const KEY_CHARS_MAX: usize = 200;
/// The most warnings that are listed. One more says how many there were.
pub const WARNINGS_MAX: usize = 1_000;
/// How much of a line a warning repeats, in characters.
pub(super) const EXCERPT_CHARS_MAX: usize = 120;
/// How deep arrays and objects of JSON may be nested. A task takes two levels.
pub const JSON_DEPTH_MAX: usize = 256;
/// The most values in one JSON text.
pub const JSON_VALUES_MAX: usize = 4_000_000;
