//! What README.md shows is what happens: its commands run here as they stand there, in their
//! order, in a temporary folder, and print what stands below them.
//!
//! What a block is for stands behind `sh` at its head:
//! - `session`: a shell runs it; it must end well.
//! - `run`: a target of the Makefile that starts the relay for what follows. The program that it
//!   names is started with the same arguments.
//! - `relay`: another relay; it must greet as shown, and is ended then.
//! - `make`: not run; its targets must be in the Makefile.
//! - `install`: not run; the folder that it names must be a package.
//!
//! Two things differ from run to run. The address `127.0.0.1:8787` becomes one with a free port.
//! And what is random in the README's output (ids, DIDs, links) is matched with what comes out
//! here by its place; from then on commands that name it get the one from here.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

mod readme_text;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use poo_tests::repository;
use readme_text::{Block, Names, blocks};

const ADDRESS: &str = "127.0.0.1:8787";

/// The folder with the programs of this build; they are built first, with the features that all
/// tests share: with others each library would be built a second time.
fn programs() -> PathBuf {
    let what = "build --locked --quiet --workspace --all-features --bin poo --bin poo-server";
    let built = Command::new(env!("CARGO"))
        .args(what.split(' '))
        .current_dir(repository::root())
        .status()
        .unwrap();
    assert!(built.success());
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().to_owned()
}

/// A relay that is ended with the test.
struct Relay {
    child: Child,
    greeting: String,
}

impl Drop for Relay {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            let _ended = self.child.wait();
        }
    }
}

struct Place {
    folder: tempfile::TempDir,
    programs: PathBuf,
}

impl Place {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let rest = std::env::var("PATH").unwrap_or_default();
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", format!("{}:{rest}", self.programs.display()))
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .stdin(Stdio::null());
        command
    }

    /// Runs a block in a shell. Gives what it printed, on both channels.
    fn run(&self, script: &str) -> String {
        let script = format!("exec 2>&1\nset -eu\n{script}");
        let output = self.command("sh").args(["-c", &script]).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{script}\n{said}");
        said
    }

    /// Starts a relay and waits for its greeting.
    fn relay(&self, arguments: &str, lines: usize) -> Relay {
        let mut arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        let free = "127.0.0.1:0".to_owned();
        match arguments.iter_mut().find(|word| *word == ADDRESS) {
            Some(word) => *word = free,
            // The command line outranks the file.
            None => arguments.extend(["--listen".to_owned(), free]),
        }
        let mut child = self
            .command("poo-server")
            .args(&arguments)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut out = out;
            let mut greeting = String::new();
            for _ in 0..lines {
                if !matches!(out.read_line(&mut greeting), Ok(1..)) {
                    break;
                }
            }
            let _sent = tell.send(greeting);
            // A relay whose output nobody reads would be ended by it.
            let _read = out.read_to_end(&mut Vec::new());
        });
        let greeting = told.recv_timeout(Duration::from_secs(60)).unwrap();
        Relay { child, greeting }
    }
}

/// The arguments with which a target of the Makefile starts the relay.
fn makefile_arguments(target: &str) -> String {
    let makefile = std::fs::read_to_string(repository::root().join("Makefile")).unwrap();
    let (_, recipe) = makefile.split_once(&format!("\n{target}:")).unwrap();
    let mut lines = recipe.lines().take_while(|line| !line.is_empty());
    let start = "cargo run --locked -p poo-server -- ";
    let arguments = lines
        .find_map(|line| line.trim().strip_prefix(start))
        .unwrap();
    arguments.replace("$(ARGS)", "")
}

fn check_targets(script: &str) {
    let makefile = std::fs::read_to_string(repository::root().join("Makefile")).unwrap();
    for line in script.lines() {
        let target = line.split_whitespace().nth(1).unwrap();
        assert!(makefile.contains(&format!("\n{target}:")), "{line}");
    }
}

fn check_install(script: &str) {
    let folder = script.split_whitespace().last().unwrap();
    assert!(repository::root().join(folder).join("Cargo.toml").exists());
}

#[test]
fn the_commands_do_what_the_page_shows() {
    let page = std::fs::read_to_string(repository::root().join("README.md")).unwrap();
    let blocks = blocks(&page);
    assert!(blocks.len() > 8);
    let place = Place {
        folder: tempfile::tempdir().unwrap(),
        programs: programs(),
    };
    let mut names = Names::default();
    let mut running = None;
    for Block {
        mark,
        script,
        shown,
    } in &blocks
    {
        let lines = shown.lines().count();
        match mark.as_str() {
            "make" => check_targets(script),
            "install" => check_install(script),
            "run" => {
                let target = script.trim().strip_prefix("make ").unwrap();
                let relay = place.relay(&makefile_arguments(target), lines);
                let (_, rest) = relay.greeting.split_once("ws://").unwrap();
                let address = rest.lines().next().unwrap().to_owned();
                names.learn(ADDRESS, &address);
                names.compare(script, shown, &relay.greeting);
                running = Some(relay);
            }
            "relay" => {
                let arguments = script.trim().strip_prefix("poo-server ").unwrap();
                let relay = place.relay(arguments, lines);
                names.compare(script, shown, &relay.greeting);
            }
            "session" => {
                let said = place.run(&names.here(script));
                names.compare(script, shown, &said);
            }
            other => panic!("README.md has a sh block marked {other:?}: see the head of this file"),
        }
    }
    assert!(running.is_some(), "README.md starts a relay");
    assert!(Path::new(place.folder.path()).join("data").exists());
}
