//! Random histories of every command, by several devices of several people who sync when they
//! like. Whatever they did and in whatever order it arrived: all see the same in the end, nothing
//! that somebody wrote is lost, and everything that was done stands in the activity, once.
//!
//! `POO_CASES` says how many histories, and `POO_SEED` repeats a single one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says how to repeat it"
)]

mod audit;
#[path = "../common/mod.rs"]
mod common;
mod converge;
mod model;
mod reference;
mod undo;
#[path = "../workload/mod.rs"]
mod workload;
mod world;
