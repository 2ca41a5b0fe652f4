//! `poo`: lists that work offline, from the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    poo_cli::run(std::env::args_os())
}
