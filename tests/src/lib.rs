//! What no crate can prove alone.

pub mod harness;
pub mod packages;
pub mod repository;
pub mod typescript;
