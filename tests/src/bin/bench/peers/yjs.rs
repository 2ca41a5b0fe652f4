//! The workloads against Hocuspocus: its own clients, in one Node process.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::server::{Kind, Programs, Server};
use super::{Failed, Latency, Reconnect};

/// A Node process with clients; killed when it is dropped.
struct Load {
    child: Child,
    orders: ChildStdin,
    lines: BufReader<ChildStdout>,
}

impl Load {
    fn start(server: &Server, args: &[String]) -> Result<Self, Failed> {
        let mut child = Command::new("node")
            .arg(server.node().join("hocuspocus-load.mjs"))
            .arg(server.url())
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(
                server.data().with_extension("load.log"),
            )?)
            .spawn()?;
        let orders = child.stdin.take().ok_or("no input")?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output")?);
        Ok(Self {
            child,
            orders,
            lines,
        })
    }

    fn line(&mut self) -> Result<Value, Failed> {
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line)? == 0 {
                return Err("the clients ended".into());
            }
            if let Ok(value) = serde_json::from_str(&line) {
                return Ok(value);
            }
        }
    }

    fn go_on(&mut self) -> Result<(), Failed> {
        Ok(self
            .orders
            .write_all(b"\n")
            .and_then(|()| self.orders.flush())?)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn words(name: &str, numbers: &[usize]) -> Vec<String> {
    let numbers = numbers.iter().map(usize::to_string);
    core::iter::once(name.to_owned()).chain(numbers).collect()
}

fn number(value: &Value, name: &str) -> Result<f64, Failed> {
    let found = value.get(name).and_then(Value::as_f64);
    found.ok_or_else(|| format!("no {name} in {value}").into())
}

fn milliseconds(value: f64) -> Duration {
    Duration::from_secs_f64(value.max(0.0) / 1e3)
}

fn latency(value: &Value) -> Latency {
    let mut times = Latency::default();
    for time in value
        .get("times")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        times.push(milliseconds(time.as_f64().unwrap_or_default()));
    }
    times
}

pub(crate) fn one_change(server: &Server, items: usize, repeats: usize) -> Result<Latency, Failed> {
    let mut load = Load::start(server, &words("one", &[items, repeats]))?;
    Ok(latency(&load.line()?))
}

pub(crate) fn many_changes(server: &Server, documents: u64, changes: usize) -> Result<f64, Failed> {
    let documents = usize::try_from(documents)?;
    let mut load = Load::start(server, &words("many", &[documents, changes]))?;
    number(&load.line()?, "perSecond")
}

pub(crate) fn many_readers(
    server: &Server,
    readers: usize,
    repeats: usize,
) -> Result<Latency, Failed> {
    let mut load = Load::start(server, &words("readers", &[readers, repeats]))?;
    Ok(latency(&load.line()?))
}

pub(crate) fn idle(server: &Server, connections: usize) -> Result<[u64; 2], Failed> {
    let mut load = Load::start(server, &words("idle", &[connections]))?;
    load.line()?;
    let before = server.memory()?;
    load.go_on()?;
    load.line()?;
    Ok([before, server.memory()?])
}

pub(crate) fn reconnect(
    server: &mut Server,
    documents: u64,
    changed: usize,
) -> Result<(Reconnect, Reconnect), Failed> {
    let documents = usize::try_from(documents)?;
    let mut load = Load::start(server, &words("reconnect", &[documents, changed]))?;
    let mut round = |server: &mut Server, restart: bool| -> Result<Reconnect, Failed> {
        load.line()?;
        if restart {
            server.restart()?;
        }
        load.go_on()?;
        let back = load.line()?;
        let memory = server.memory()?;
        load.go_on()?;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "counts of bytes"
        )]
        let bytes = |name| number(&back, name).map(|bytes| bytes as u64);
        Ok(Reconnect {
            time: milliseconds(number(&back, "time")?),
            sent: bytes("sent")?,
            received: bytes("received")?,
            memory,
        })
    };
    Ok((round(server, false)?, round(server, true)?))
}

pub(crate) fn large(
    server: &mut Server,
    items: usize,
    changes: usize,
) -> Result<(Duration, u64), Failed> {
    let mut load = Load::start(server, &words("large", &[items, changes]))?;
    load.line()?;
    server.restart()?;
    load.go_on()?;
    let time = milliseconds(number(&load.line()?, "time")?);
    Ok((time, server.memory()?))
}

pub(crate) fn killed(programs: &Programs, data: &Path, changes: usize) -> Result<usize, Failed> {
    let mut server = Server::start(Kind::Hocuspocus, programs, data)?;
    let mut load = Load::start(&server, &words("killed", &[changes]))?;
    load.line()?;
    server.kill()?;
    // The client that has everything is gone before the server is back.
    load.go_on()?;
    std::thread::sleep(Duration::from_millis(200));
    server.start_again()?;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small count"
    )]
    let there = number(&load.line()?, "there")? as usize;
    Ok(changes.saturating_sub(there))
}
