//! What lists and tasks are made of, as values and data.

mod due;

mod values;

pub use due::{Due, DueError};

pub use values::{Priority, Status, ValueError};
