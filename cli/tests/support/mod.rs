//! Homes in temporary folders, and the real program run on them.
#![allow(dead_code, reason = "each test file uses a part of this")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// One run of the program.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A home, gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Home {
    dir: TempDir,
}

impl Home {
    /// A folder without an identity.
    pub(crate) fn empty() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// An identity called Sam.
    pub(crate) fn sam() -> Self {
        let home = Self::empty();
        home.ok(&["init", "--name", "Sam"]);
        home
    }

    /// Sam with a list called Groceries.
    pub(crate) fn with_list() -> Self {
        let home = Self::sam();
        home.ok(&["list", "create", "Groceries"]);
        home
    }

    /// Where it is.
    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// A file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// The program, about to run on this home.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        command(&self.path(), args)
    }

    /// Runs the program.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        run(self.command(args), "")
    }

    /// Runs it with something on stdin.
    pub(crate) fn run_with(&self, args: &[&str], stdin: &str) -> Run {
        run(self.command(args), stdin)
    }

    /// Runs it; it must succeed. Gives what it printed.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
        run.out
    }

    /// Runs it with `--json`; it must succeed and print one JSON value.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let mut all = args.to_vec();
        all.push("--json");
        let out = self.ok(&all);
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("{args:?}: {e}: {out}"))
    }

    /// Runs it, with and without `--json`; it must fail both times with `code`, say the same in
    /// both forms, and print no answer. Gives the message for people.
    pub(crate) fn fails(&self, args: &[&str], code: i32, kind: &str) -> String {
        let human = self.run(args);
        assert_eq!(human.code, code, "{args:?}: {human:?}");
        assert_eq!(human.out, "", "{args:?}");
        let mut all = args.to_vec();
        all.push("--json");
        let json = self.run(&all);
        assert_eq!(json.code, code, "{args:?}: {json:?}");
        assert_eq!(json.out, "", "{args:?}");
        let error: Value = serde_json::from_str(&json.err)
            .unwrap_or_else(|e| panic!("{args:?}: {e}: {}", json.err));
        assert_eq!(error["error"]["code"], kind, "{args:?}: {error}");
        assert!(!error["error"]["message"].as_str().unwrap().is_empty());
        human.err
    }

    /// Makes a task in Groceries and gives its short id.
    pub(crate) fn task(&self, title: &str, more: &[&str]) -> String {
        let mut args = vec!["task", "create", title, "--list", "Groceries"];
        args.extend(more);
        let made = self.json(&args);
        let id = made["task"].as_str().unwrap();
        id[id.len() - 6..].to_owned()
    }

    /// The titles of `task list`, with these arguments more.
    pub(crate) fn titles(&self, more: &[&str]) -> Vec<String> {
        let mut args = vec!["task", "list"];
        args.extend(more);
        let tasks = self.json(&args);
        let tasks = tasks["items"].as_array().unwrap();
        tasks
            .iter()
            .map(|task| task["title"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// The program, about to run on a home, in an environment of its own.
pub(crate) fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poo"));
    command
        .args(args)
        .env_clear()
        .env("POO_HOME", home)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// Runs a program to its end.
pub(crate) fn run(mut command: Command, stdin: &str) -> Run {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that reads nothing may be gone already.
    let _written = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Copies a whole home.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
