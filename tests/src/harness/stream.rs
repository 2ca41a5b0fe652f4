//! Somebody who listens to a relay's stream of events.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

use serde_json::Value;

use super::{Caller, PATIENCE, Relay};

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its id.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// Its data.
    pub data: Value,
}

/// Somebody who listens. The connection ends when this is dropped.
#[derive(Debug)]
pub struct Listener {
    stream: TcpStream,
    told: Receiver<Told>,
}

impl Listener {
    /// Listens with a caller's key; `query` follows the address, `last` is the last event that was
    /// got. It hears what comes once this is back.
    #[must_use]
    pub fn start(relay: &Relay, caller: &Caller, query: &str, last: Option<&str>) -> Self {
        let mut stream = TcpStream::connect(relay.address()).unwrap();
        let last = last.map_or(String::new(), |last| format!("Last-Event-ID: {last}\r\n"));
        // A client of this version gets the stream as it is, not in chunks.
        let request = format!(
            "GET /api/v1/events{query} HTTP/1.0\r\nHost: relay\r\nAuthorization: Bearer {}\r\n{last}\r\n",
            caller.key()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let mut next = move || lines.next().and_then(Result::ok);
        let status = next().unwrap_or_default();
        assert!(status.contains(" 200 "), "{status}");
        // The answer's head, and the first place: from here on nothing is missed.
        while next().is_some_and(|line| !line.is_empty()) {}
        while next().is_some_and(|line| !line.is_empty()) {}
        let (teller, told) = channel();
        std::thread::spawn(move || {
            let (mut id, mut kind, mut data) = (String::new(), String::new(), None);
            while let Some(line) = next() {
                match line.split_once(": ") {
                    Some(("id", text)) => text.clone_into(&mut id),
                    Some(("event", text)) => text.clone_into(&mut kind),
                    Some(("data", text)) => data = serde_json::from_str(text).ok(),
                    _ => {
                        if let Some(data) = data.take().filter(|_| line.is_empty()) {
                            let told = Told {
                                id: id.clone(),
                                kind: kind.clone(),
                                data,
                            };
                            if teller.send(told).is_err() {
                                return;
                            }
                        }
                    }
                }
            }
        });
        Self { stream, told }
    }

    /// The next event.
    #[must_use]
    pub fn next(&self) -> Told {
        self.told
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|error| panic!("no event came: {error}"))
    }

    /// The next so many.
    #[must_use]
    pub fn take(&self, count: usize) -> Vec<Told> {
        (0..count).map(|_| self.next()).collect()
    }

    /// What came and was not taken yet.
    #[must_use]
    pub fn rest(&self) -> Vec<Told> {
        self.told.try_iter().collect()
    }

    /// Waits until the relay ends the stream. Nothing may come before it does.
    pub fn ended(&self) {
        match self.told.recv_timeout(PATIENCE) {
            Err(RecvTimeoutError::Disconnected) => {}
            other => panic!("the stream did not end: {other:?}"),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.stream.shutdown(Shutdown::Both);
    }
}
