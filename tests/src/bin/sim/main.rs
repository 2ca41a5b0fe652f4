//! Runs the simulation on as many seeds as asked.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a program for people"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

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
    /// Only this one, with its story.
    #[arg(long)]
    seed: Option<u64>,
    /// An engine that is wrong on purpose: the run ends well when that is caught.
    #[arg(long)]
    mutant: Option<String>,
    /// Writes into this page which seed catches which of them.
    #[arg(long)]
    write_mutants: Option<PathBuf>,
    /// How many at a time.
    #[arg(long, default_value_t = 2)]
    jobs: u64,
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
    if let Some(page) = &args.write_mutants {
        return match write_mutants(page, args.seeds, args.jobs) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let mutant = args.mutant.as_deref().map(Mutant::named);
    if let (Some(None), Some(name)) = (mutant, &args.mutant) {
        eprintln!("no mutant is called {name}");
        return ExitCode::FAILURE;
    }
    let mutant = mutant.flatten();
    let seeds = match args.seed {
        Some(seed) => seed..seed + 1,
        None => args.first..args.first + args.seeds,
    };
    let failed = AtomicU64::new(0);
    let next = AtomicU64::new(seeds.start);
    std::thread::scope(|scope| {
        for _ in 0..args.jobs {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let enough = !args.all && failed.load(Ordering::Relaxed) > 0;
                    if seed >= seeds.end || enough {
                        return;
                    }
                    if !run(seed, mutant, args.seed.is_some()) {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner();
    if args.seed.is_none() {
        let ran = next.into_inner().min(seeds.end) - seeds.start;
        println!("{ran} seeds from {}, {failed} failed", seeds.start);
    }
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// Looks for the first seed that catches each mutant, and writes that down.
fn write_mutants(page: &Path, seeds: u64, jobs: u64) -> Result<(), String> {
    let next = AtomicUsize::new(0);
    let caught = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some((name, _, mutant)) =
                    Mutant::ALL.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let failure = (0..seeds).find_map(|seed| {
                        let failure = sim::run(seed, Some(*mutant)).err()?;
                        Some((seed, failure.what))
                    });
                    match failure {
                        Some((seed, what)) => {
                            println!("{name}: seed {seed}: {what}");
                            caught.lock().unwrap().push((*name, seed));
                        }
                        None => println!("{name}: not caught in {seeds} seeds"),
                    }
                }
            });
        }
    });
    let caught = caught.into_inner().unwrap();
    let text = std::fs::read_to_string(page).map_err(|error| error.to_string())?;
    let text = sim::table::written(&text, &caught, seeds)?;
    std::fs::write(page, text).map_err(|error| error.to_string())
}

/// Runs one seed and tells what it came to. False if it failed.
fn run(seed: u64, mutant: Option<Mutant>, whole: bool) -> bool {
    match sim::run(seed, mutant) {
        Ok(report) => {
            match whole {
                true => println!("{report:#?}"),
                false => eprint!("."),
            }
            true
        }
        Err(failure) => {
            if whole {
                println!("{}", failure.story);
            }
            println!("seed {seed}: {}\nagain: make sim SEED={seed}", failure.what);
            false
        }
    }
}
