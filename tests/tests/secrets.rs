//! Whatever people do, and however much is logged: no secret is in a relay's log, nor in what the
//! command line says beside its answers.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use poo_tests::harness::{ANY_PORT, Home, Relay, Stage, sync_until_quiet};
use poo_tests::programs;

/// What must not be said, and what it is.
#[derive(Default)]
struct Secrets(Vec<(String, String)>);

impl Secrets {
    /// A text as it is.
    fn text(&mut self, what: &str, text: &str) {
        assert!(text.len() >= 16, "{what} is too short to look for: {text}");
        self.0.push((what.to_owned(), text.to_owned()));
    }

    /// Bytes in the ways in which programs write them.
    fn bytes(&mut self, what: &str, bytes: &[u8]) {
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            let _written = write!(hex, "{byte:02x}");
            hex
        });
        self.text(what, &hex);
        self.text(what, &hex.to_uppercase());
        self.text(what, &bs58::encode(bytes).into_string());
        self.text(what, format!("{bytes:?}").trim_matches(['[', ']']));
    }

    /// What stands behind `#` in a link, and the secret in it: the last string of 32 bytes.
    fn link(&mut self, what: &str, link: &str) {
        let secret = link.rsplit('#').next().unwrap();
        self.text(what, secret);
        let content = bs58::decode(secret).with_check(None).into_vec().unwrap();
        // In CBOR a string of 32 bytes begins so.
        let at = content.windows(2).rposition(|two| two == [0x58, 0x20]);
        self.bytes(what, &content[at.unwrap() + 2..][..32]);
    }

    /// The keys in a folder.
    fn keys(&mut self, folder: &Path) {
        let keys = std::fs::read_to_string(folder.join("keys")).unwrap();
        for (word, line) in keys.lines().filter_map(|line| line.split_once(' ')) {
            let secret = line.trim();
            if ["device", "identity"].contains(&word) {
                self.text("a key", secret);
                let bytes = bs58::decode(secret).with_check(None).into_vec().unwrap();
                self.bytes("a key", &bytes);
            }
        }
    }

    /// A home's keys, and its phrase.
    fn home(&mut self, home: &Home) {
        self.keys(home.path());
        let me = home.json(&["whoami", "--phrase"]);
        self.text("a phrase", me["phrase"].as_str().unwrap());
    }

    fn are_not_in(&self, place: &str, said: &str) {
        for (what, secret) in &self.0 {
            let at = said.find(secret.as_str());
            assert!(
                at.is_none(),
                "{what} is in {place}: {}",
                said.lines()
                    .find(|line| line.contains(secret.as_str()))
                    .unwrap_or_default()
            );
        }
    }
}

/// Runs the program and adds what it says beside its answer.
fn say(home: &Home, said: &mut String, args: &[&str]) -> serde_json::Value {
    let run = home.run(&[args, &["--json"]].concat());
    said.push_str(&run.err);
    serde_json::from_str(&run.out).unwrap_or_default()
}

#[test]
fn no_secret_is_in_a_log() {
    let stage = Stage::new(programs!());
    let data = stage.path().join("relay");
    let started = Relay::start_logging(programs!(), &data, ANY_PORT, "trace");
    let mut relay = started.unwrap();
    let mut secrets = Secrets::default();
    let mut said = String::new();

    let sam = stage.person("Sam", &relay);
    let ann = stage.person("Ann", &relay);
    say(&sam, &mut said, &["list", "create", "Plans"]);
    say(&sam, &mut said, &["sync"]);
    for role in ["editor", "viewer"] {
        let link = say(&sam, &mut said, &["share", "Plans", "--role", role]);
        let link = link["link"].as_str().unwrap().to_owned();
        secrets.link("an invite", &link);
        say(&sam, &mut said, &["sync"]);
        say(&ann, &mut said, &["join", &link]);
        // Once more: it is used, and that is said.
        say(&ann, &mut said, &["join", &link]);
    }
    let phone = stage.empty("phone");
    let mut linking = sam.start(&["device", "link", "--json"]);
    let made = linking.wait_for("the link", |line| line.get("link").is_some());
    let link = made["link"].as_str().unwrap().to_owned();
    secrets.link("a device link", &link);
    say(
        &phone,
        &mut said,
        &["device", "join", &link, "--name", "Phone"],
    );
    linking.wait_for("the device", |line| line.get("linked").is_some());
    said.push_str(&linking.wait().err);

    let ticket = say(&sam, &mut said, &["ticket", "create", "--list", "Plans"]);
    let ticket = ticket["url"].as_str().unwrap().to_owned();
    secrets.text("a ticket", ticket.rsplit('/').next().unwrap());
    say(&sam, &mut said, &["sync"]);
    let path = ticket.rsplit('/').next().unwrap();
    // One that opens a session, and one that is none any more.
    for path in [path.to_owned(), format!("{path}1")] {
        let mut socket = TcpStream::connect(relay.address()).unwrap();
        let patience = Some(Duration::from_millis(500));
        socket.set_read_timeout(patience).unwrap();
        let request = format!(
            "GET /ticket/{path} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            relay.address()
        );
        socket.write_all(request.as_bytes()).unwrap();
        // A message that is none ends it with words.
        let _sent = socket.write_all(&[0x82, 0x81, 0, 0, 0, 0, 0xff]);
        let _read = socket.read(&mut [0; 512]);
    }
    for home in [&sam, &ann] {
        home.task("Plans", "Buy milk", &[]);
    }
    sync_until_quiet(&[&sam, &ann, &phone]);
    say(&sam, &mut said, &["sync", "--nothing-like-that"]);
    say(&sam, &mut said, &["verify", "Plans"]);
    relay.terminate();

    secrets.home(&sam);
    secrets.home(&ann);
    secrets.keys(&data);
    let logged = relay.logged();
    assert!(logged.len() > 10_000, "it was told to log everything");
    assert!(secrets.0.len() > 20);
    secrets.are_not_in("the log of a relay", &logged);
    secrets.are_not_in("what the command line says", &said);
}
