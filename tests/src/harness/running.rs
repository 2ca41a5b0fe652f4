//! A program that runs beside the test.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use serde_json::Value;

use super::{PATIENCE, Run, now};

/// A program that prints lines of JSON. It is killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Receiver<Value>,
    readers: Vec<JoinHandle<String>>,
}

impl Running {
    pub(super) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let out = child.stdout.take().unwrap();
        let out = std::thread::spawn(move || {
            let mut all = String::new();
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if let Ok(value) = serde_json::from_str(&line) {
                    // Nobody may be waiting any longer.
                    let _told = sender.send(value);
                }
                all.push_str(&line);
                all.push('\n');
            }
            all
        });
        let mut err = child.stderr.take().unwrap();
        let err = std::thread::spawn(move || {
            let mut all = String::new();
            let _read = err.read_to_string(&mut all);
            all
        });
        Self {
            child,
            lines,
            readers: vec![out, err],
        }
    }

    /// The next line of which `wanted` holds; those before it are skipped.
    pub fn wait_for(&mut self, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        let begun = now();
        let mut seen = Vec::new();
        loop {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            match self.lines.recv_timeout(left) {
                Ok(line) if wanted(&line) => return line,
                Ok(line) => seen.push(line),
                Err(_) => {
                    let _killed = self.child.kill();
                    let run = self.finish();
                    panic!("{what} did not come; before it {seen:?}; in all {run:?}");
                }
            }
        }
    }

    /// Whether it has ended.
    pub fn is_done(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Ends it as Ctrl-C does.
    pub fn interrupt(&self) {
        signal(self.child.id(), "INT");
    }

    /// Ends it at once, as a power cut would (SIGKILL), if it still runs.
    #[must_use]
    pub fn kill(mut self) -> Run {
        // It may have ended by itself.
        let _killed = self.child.kill();
        self.finish()
    }

    /// Waits for its end.
    #[must_use]
    pub fn wait(mut self) -> Run {
        let begun = now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < PATIENCE, "the program does not end");
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        self.finish()
    }

    fn finish(&mut self) -> Run {
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        let mut read = self.readers.drain(..).map(|reader| reader.join().unwrap());
        let out = read.next().unwrap_or_default();
        let err = read.next().unwrap_or_default();
        Run { code, out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.child.kill();
        let _waited = self.child.wait();
    }
}

/// Sends a signal to a process that the test started.
pub(super) fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .status()
        .unwrap();
    assert!(sent.success(), "kill -{name} {pid}");
}

/// The memory of a process that is in use, in bytes, where the system tells it as Linux does.
pub(super) fn memory(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1_024)
}
