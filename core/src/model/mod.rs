//! What lists and tasks are made of, as values and data.

mod due;
pub mod interchange;
mod values;

pub use due::{Due, DueError};
pub use interchange::ImportedTask;
pub use values::{Priority, Status, ValueError};
