//! `make bench`: how long things take on a list of 10,000 items and 50,000 changes by 20 actors,
//! and in a replica of 100 lists and 100,000 changes that holds it, all in one run on this machine. Prints a table; nothing here passes or fails by a time.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program that measures time and prints it"
)]

mod engine;
mod fixture;
mod many;
mod peers;
mod processes;
mod table;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use fixture::{Fixture, Outcomes};
use table::Table;

const USAGE: &str = "bench [--items COUNT] [--write FILE] \
    [--only app|reads|commands|command-line|syncs|frames|relay|automerge]\n\
    bench --only peers [--quick] [--server NAME] [--loads LETTERS] [--write FILE]";

/// The heading of what `--only peers` measures, at the end of the page.
const PEERS: &str = "## Beside its peers";

/// A part of the table. It works on copies of its own, in a folder of its own.
type Part = fn(&mut Table, &Fixture, &Path) -> Outcomes<()>;

const PARTS: [(&str, Part); 8] = [
    ("app", many::app),
    ("reads", engine::reads),
    ("commands", engine::commands),
    ("command-line", processes::command_line),
    ("syncs", engine::syncs),
    ("frames", engine::frames),
    ("relay", processes::relay),
    ("automerge", engine::compare),
];

struct Args {
    items: usize,
    only: Option<String>,
    write: Option<PathBuf>,
    quick: bool,
    server: Option<String>,
    loads: Option<String>,
}

fn args() -> Outcomes<Args> {
    let mut args = Args {
        items: 10_000,
        only: None,
        write: None,
        quick: false,
        server: None,
        loads: None,
    };
    let mut given = std::env::args().skip(1);
    while let Some(flag) = given.next() {
        let mut value = || given.next().ok_or(USAGE);
        match flag.as_str() {
            "--items" => args.items = value()?.parse()?,
            "--only" => args.only = Some(value()?),
            "--quick" => args.quick = true,
            "--server" => args.server = Some(value()?),
            "--loads" => args.loads = Some(value()?),
            "--write" => args.write = Some(value()?.into()),
            _ => return Err(USAGE.into()),
        }
    }
    Ok(args)
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcomes<()> {
    let args = args()?;
    let program = std::env::current_exe()?;
    let programs = program.parent().ok_or("the program lies nowhere")?;
    let folder = programs.parent().ok_or("no target folder")?.join("bench");
    let scratch = folder.join(format!("scratch-{}", std::process::id()));
    std::fs::create_dir_all(&scratch)?;
    let build = programs.file_name().unwrap_or_default().to_string_lossy();
    if args.only.as_deref() == Some("peers") {
        let order = peers::Order {
            programs,
            folder: &folder.join("peers"),
            scratch: &scratch,
            quick: args.quick,
            server: args.server.as_deref(),
            loads: args.loads.as_deref(),
        };
        let measured = peers::measure(&order);
        std::fs::remove_dir_all(&scratch)?;
        let (page, plot) = measured.map_err(|error| error.to_string())?;
        let page = format!("{}\n{page}", machine(&build));
        println!("{page}");
        if let Some(path) = args.write {
            let before = std::fs::read_to_string(&path)?;
            let before = before.split(PEERS).next().unwrap_or_default().trim_end();
            let plot_path = path.with_file_name("benchmarks.svg");
            std::fs::write(plot_path, plot)?;
            let about = "![The same as a picture](benchmarks.svg)";
            std::fs::write(path, format!("{before}\n\n{PEERS}\n\n{page}\n{about}\n"))?;
        }
        return Ok(());
    }
    let fixture = Fixture::get(&folder, args.items)?;
    let measured = measure(&args, &fixture, &scratch);
    std::fs::remove_dir_all(&scratch)?;
    let page = format!("{}\n{}", machine(&build), measured?.markdown());
    println!("{page}");
    if let Some(path) = args.write {
        // What was measured in a browser and beside the peers stays.
        let before = std::fs::read_to_string(&path).unwrap_or_default();
        let other = before.split_once("\n## ").map(|(_, other)| other);
        let other = other.map_or(String::new(), |other| format!("\n## {other}"));
        std::fs::write(path, format!("# Benchmarks\n\n{page}{other}"))?;
    }
    Ok(())
}

fn measure(args: &Args, fixture: &Fixture, scratch: &Path) -> Outcomes<Table> {
    let mut table = Table::default();
    for (name, part) in PARTS {
        if args.only.as_deref().is_none_or(|only| only == name) {
            part(&mut table, fixture, &scratch.join(name))?;
        }
    }
    Ok(table)
}

/// What it was measured on: as much as says how to read the numbers.
fn machine(build: &str) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map_or_else(
        |_| "an unknown rustc".to_owned(),
        |out| String::from_utf8_lossy(&out.stdout).trim().to_owned(),
    );
    format!(
        "{cores} cores, {} {}, {rustc}, profile {build}, SQLite {}\n",
        std::env::consts::OS,
        std::env::consts::ARCH,
        rusqlite::version()
    )
}
