//! `make soak`: many devices on one relay for long. Ends badly where anything happened that must
//! not, and tells how long things took.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people"
)]

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use poo_tests::harness::Programs;
use poo_tests::soak::{self, Plan};

/// Many devices on one relay.
#[derive(Parser)]
struct Args {
    /// Signed connections at a time.
    #[arg(long, default_value_t = 2_000)]
    connections: usize,
    /// How long, once all are connected.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// A third of all lose their connection every so many seconds.
    #[arg(long, default_value_t = 30)]
    storm_every: u64,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let Some(programs) = programs() else {
        eprintln!("the programs are not beside this one: make soak builds them");
        return ExitCode::FAILURE;
    };
    let report = soak::run(
        programs,
        Plan {
            connections: args.connections,
            time: Duration::from_secs(args.seconds),
            storm_every: Duration::from_secs(args.storm_every),
        },
    );
    println!("{report}");
    for fault in report.faults.iter().take(20) {
        eprintln!("fault: {fault}");
    }
    match report.faults.len() {
        0 => ExitCode::SUCCESS,
        count => {
            eprintln!("{count} faults");
            ExitCode::FAILURE
        }
    }
}

/// They lie beside this program.
fn programs() -> Option<Programs> {
    let here = std::env::current_exe().ok()?;
    let beside = |name: &str| -> Option<&'static str> {
        let path = here.with_file_name(name);
        // For as long as this program runs.
        path.is_file()
            .then(|| &*path.to_string_lossy().into_owned().leak())
    };
    Some(Programs {
        poo: beside("poo-under-test")?,
        server: beside("poo-server-under-test")?,
    })
}
