//! What no crate can prove alone.

pub mod fuzz;
pub mod harness;
pub mod packages;
pub mod repository;
pub mod sim;
pub mod soak;
pub mod typescript;
