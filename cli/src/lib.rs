//! The command line of a person or an agent: a full offline peer.
//!
//! Every subcommand is a thin translation of one [`Command`](poo_core::model::Command) or
//! [`Query`](poo_core::model::Query): it resolves what the person typed, asks the engine, and
//! prints the answer, either for people or, with `--json`, as the engine's own JSON.

mod api;
mod app;
mod args;
mod commands;
mod feed;
mod find;
mod help;
mod home;
mod moment;
mod net;
mod problem;
mod progress;
mod screen;
mod told;
mod understand;
mod when;

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program with its arguments, the first being its own name.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    app::run(args.into_iter().collect())
}
