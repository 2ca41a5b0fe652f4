//! The program itself, where nobody reads what it says.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

/// What a relay answers to a question about its health; nothing while it does not listen yet.
fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[test]
fn a_relay_serves_where_nobody_reads_its_greeting() {
    let data = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    // Closed at the other end before the program begins.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut relay = Command::new(env!("CARGO_BIN_EXE_poo-server"))
        .args(["--listen", &address, "--data"])
        .arg(data.path())
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answer = None;
    let mut ready = None;
    while answer.is_none() && relay.try_wait().unwrap().is_none() {
        answer = get(&address, "/healthz");
        ready = get(&address, "/readyz");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    #[cfg(unix)]
    for file in ["relay.db", "relay.db-wal", "keys"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(data.path().join(file)).unwrap();
        assert_eq!(mode.permissions().mode() & 0o077, 0, "{file}");
    }
    relay.kill().unwrap();
    let mut log = String::new();
    relay
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();
    relay.wait().unwrap();
    for answer in [answer, ready] {
        assert!(
            answer.is_some_and(|answer| answer.starts_with("HTTP/1.1 200")),
            "{log}"
        );
    }
    assert!(log.contains("nobody reads the greeting"), "{log}");
}
