//! Sessions between replicas that hold what no command makes, or say what no replica says.

mod claims;
#[path = "../../../tests/common/mod.rs"]
mod common;
mod crossing;
mod ephemerals;
mod file_content;
mod files;
mod gather;
mod quotas;
mod statements;
mod token;
