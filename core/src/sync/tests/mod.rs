//! Sessions between replicas that hold what no command makes.

#[path = "../../../tests/common/mod.rs"]
mod common;
mod statements;
