//! What random histories share: any command that somebody might do next, and all that a replica
//! shows. The tests of the engine include it, and so does the simulation, beside `common`.

#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "shared by tests, each of which uses its part and fails by panicking"
)]

pub mod commands;
pub mod draw;
pub mod random;
pub mod view;
