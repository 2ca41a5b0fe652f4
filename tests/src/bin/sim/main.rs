//! Runs the simulation on as many seeds as asked.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a program for people"
)]

use std::process::ExitCode;

use clap::Parser;
use poo_tests::sim::{self, Mutant};

/// Runs the deterministic simulation.
#[derive(Parser)]
struct Args {
    /// How many seeds.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Only this one, twice, with what it came to.
    #[arg(long)]
    seed: Option<u64>,
    /// An engine that is wrong on purpose: the run ends well when that is caught.
    #[arg(long)]
    mutant: Option<String>,
    /// Go on after a failure.
    #[arg(long)]
    all: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    // A failing run is told below.
    std::panic::set_hook(Box::new(|panic| {
        if let Some(place) = panic.location() {
            eprintln!("at {place}");
        }
    }));
    let mutant = match &args.mutant {
        None => None,
        Some(name) => match Mutant::ALL.iter().find(|(known, _)| known == name) {
            Some((_, mutant)) => Some(*mutant),
            None => {
                eprintln!("no mutant is called {name}");
                return ExitCode::FAILURE;
            }
        },
    };
    let seeds = match args.seed {
        Some(seed) => seed..seed + 1,
        None => args.first..args.first + args.seeds,
    };
    let mut failed = 0;
    for seed in seeds {
        match sim::run(seed, mutant) {
            Ok(report) if args.seed.is_some() => println!("{report:#?}"),
            Ok(_) => {}
            Err(failure) => {
                failed += 1;
                if args.seed.is_some() {
                    println!("{}", failure.story);
                }
                println!("seed {seed}: {}", failure.what);
                println!("again: make sim SEED={seed}");
                if !args.all {
                    break;
                }
            }
        }
    }
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
