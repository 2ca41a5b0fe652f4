//! One device's home, and the command line run on it.

use std::cell::Cell;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::{Programs, Running};

/// One run of a program.
#[derive(Debug)]
pub struct Run {
    /// The exit code; -1 where a signal ended it.
    pub code: i32,
    /// What it answered.
    pub out: String,
    /// What else it said.
    pub err: String,
}

impl Run {
    /// The code in the error that it printed as JSON.
    #[must_use]
    pub fn error_code(&self) -> String {
        let error = self.err.lines().last().unwrap_or_default();
        let error: Value =
            serde_json::from_str(error).unwrap_or_else(|e| panic!("no JSON error ({e}): {self:?}"));
        error["error"]["code"].as_str().unwrap().to_owned()
    }
}

/// A home, and how many changes its commands made in lists.
#[derive(Debug)]
pub struct Home {
    programs: Programs,
    path: PathBuf,
    written: Cell<u64>,
}

impl Home {
    /// A home at a path, with or without an identity.
    #[must_use]
    pub fn at(programs: Programs, path: PathBuf) -> Self {
        Self {
            programs,
            path,
            written: Cell::new(0),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many changes [`Home::write`] made.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written.get()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.programs.poo);
        command
            .args(args)
            .env_clear()
            .env("POO_HOME", &self.path)
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, "")
    }

    /// Runs it with something on stdin.
    #[must_use]
    pub fn run_with(&self, args: &[&str], stdin: &str) -> Run {
        let mut child = self
            .command(args)
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

    /// Runs it; it must succeed. Gives what it printed.
    pub fn ok(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.code, 0, "{:?} {args:?}: {run:?}", self.path);
        run.out
    }

    /// Runs it with `--json`; it must succeed and print one JSON value.
    pub fn json(&self, args: &[&str]) -> Value {
        let out = self.ok(&with_json(args));
        serde_json::from_str(&out).unwrap_or_else(|e| panic!("{args:?}: {e}: {out}"))
    }

    /// Runs it with `--json`; it must fail with this exit code and this error code. Gives what it
    /// says.
    pub fn fails(&self, args: &[&str], code: i32, kind: &str) -> String {
        let run = self.run(&with_json(args));
        assert_eq!(run.code, code, "{:?} {args:?}: {run:?}", self.path);
        assert_eq!(run.error_code(), kind, "{:?} {args:?}: {run:?}", self.path);
        run.err
    }

    /// Runs a command that changes a list, and counts the change if there was one.
    pub fn write(&self, args: &[&str]) -> Value {
        let outcome = self.json(args);
        let changed = outcome.get("changed") != Some(&Value::Bool(false));
        self.written.set(self.written.get() + u64::from(changed));
        outcome
    }

    /// Makes a task and gives its id.
    pub fn task(&self, list: &str, title: &str, more: &[&str]) -> String {
        let mut args = vec!["task", "create", title, "--list", list];
        args.extend(more);
        self.write(&args)["task"].as_str().unwrap().to_owned()
    }

    /// The tasks of a list, as `task list` shows them.
    #[must_use]
    pub fn tasks(&self, list: &str, more: &[&str]) -> Vec<Value> {
        let mut args = vec!["task", "list", "--list", list];
        args.extend(more);
        self.json(&args)["items"].as_array().unwrap().clone()
    }

    /// Their titles.
    #[must_use]
    pub fn titles(&self, list: &str) -> Vec<String> {
        let title = |task: &Value| task["title"].as_str().unwrap().to_owned();
        self.tasks(list, &[]).iter().map(title).collect()
    }

    /// Who acts here.
    #[must_use]
    pub fn did(&self) -> String {
        self.json(&["whoami"])["did"].as_str().unwrap().to_owned()
    }

    /// Makes a link into a list.
    #[must_use]
    pub fn share(&self, list: &str, role: &str) -> String {
        let made = self.json(&["share", list, "--role", role]);
        made["link"].as_str().unwrap().to_owned()
    }

    /// Makes `other`, which is empty, another device of the same person.
    pub fn link_device(&self, other: &Self, name: &str) {
        let mut link = self.start(&["device", "link", "--json"]);
        let made = link.wait_for("the link", |line| line.get("link").is_some());
        other.ok(&[
            "device",
            "join",
            made["link"].as_str().unwrap(),
            "--name",
            name,
        ]);
        let linked = link.wait_for("the device", |line| line.get("linked").is_some());
        assert_eq!(linked["linked"], name);
        assert_eq!(link.wait().code, 0);
    }

    /// Starts the program and goes on. What it prints on stdout must be lines of JSON.
    #[must_use]
    pub fn start(&self, args: &[&str]) -> Running {
        Running::start(self.command(args))
    }
}

fn with_json<'a>(args: &[&'a str]) -> Vec<&'a str> {
    let mut all = args.to_vec();
    all.push("--json");
    all
}
