//! JSON: every field, for programs.
//!
//! An export is one object: `format`, `version`, the list's `id` and `title`, and its `tasks`, each
//! with its `children`. The importer also takes an array of tasks or titles, and a collection
//! (`{"items": [...]}`) whose tasks name their `parent` by id.

mod node;
mod read;
mod write;

pub use read::import_json;
pub use write::to_json;

/// What `format` says.
const FORMAT: &str = "poo-list";
/// What `version` says.
const VERSION: u64 = 1;
