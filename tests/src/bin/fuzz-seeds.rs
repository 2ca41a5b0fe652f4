//! Writes what readers of foreign bytes should accept into a folder, one file each: where a fuzzer
//! begins. `fuzz-seeds TARGET FOLDER`
#![allow(clippy::print_stderr, reason = "a program that says what is wrong")]

use std::process::ExitCode;

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [name, folder] = given.as_slice() else {
        eprintln!("fuzz-seeds TARGET FOLDER");
        return ExitCode::FAILURE;
    };
    let Some(target) = poo_tests::fuzz::target(name) else {
        eprintln!("fuzz-seeds: no target is called {name}");
        return ExitCode::FAILURE;
    };
    for (at, seed) in (target.seeds)().iter().enumerate() {
        let path = std::path::Path::new(folder).join(format!("seed-{at}"));
        if let Err(error) = std::fs::write(&path, seed) {
            eprintln!("fuzz-seeds: {}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
