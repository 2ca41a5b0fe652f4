//! Between a fuzzer, which has a file for each input, and what is kept of them.
//!
//! `fuzz-seeds TARGET FOLDER` writes what a fuzzer begins with: what the reader should accept, and
//! what is kept. `fuzz-seeds --keep TARGET FOLDER` keeps what is in the folder.
#![allow(clippy::print_stderr, reason = "a program that says what is wrong")]

use std::io::{Error, Result};
use std::path::Path;
use std::process::ExitCode;

use poo_tests::fuzz::{Target, corpus, target};

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let given: Vec<&str> = given.iter().map(String::as_str).collect();
    let done = match given.as_slice() {
        ["--keep", name, folder] => {
            find(name).and_then(|target| corpus::keep(target.name, Path::new(folder)))
        }
        [name, folder] => find(name).and_then(|target| write(target, Path::new(folder))),
        _ => Err(Error::other("fuzz-seeds [--keep] TARGET FOLDER")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fuzz-seeds: {error}");
            ExitCode::FAILURE
        }
    }
}

fn find(name: &str) -> Result<&'static Target> {
    target(name).ok_or_else(|| Error::other(format!("no target is called {name}")))
}

fn write(target: &Target, folder: &Path) -> Result<()> {
    let inputs = (target.seeds)()
        .into_iter()
        .chain(corpus::kept(target.name)?);
    for (at, input) in inputs.enumerate() {
        std::fs::write(folder.join(format!("seed-{at}")), input)?;
    }
    Ok(())
}
