//! What no crate can prove alone.

pub mod repository;
