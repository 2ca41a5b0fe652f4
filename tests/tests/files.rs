//! Files that tasks carry, between two homes and a real relay: sent with a sync, fetched when they
//! are asked for, at hand without the relay from then on.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use poo_tests::harness::{Home, Stage, wait_until};
use poo_tests::programs;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

const LIST: &str = "Plans";

/// A picture of 5 MiB that nothing compresses.
fn png() -> Vec<u8> {
    let mut bytes = vec![0; 5 << 20];
    ChaCha20Rng::seed_from_u64(5).fill_bytes(&mut bytes);
    bytes[..8].copy_from_slice(b"\x89PNG\r\n\x1a\n");
    bytes
}

fn attach(home: &Home, task: &str, path: &Path) -> serde_json::Value {
    home.json(&["attach", task, path.to_str().unwrap()])
}

#[test]
fn a_picture_goes_from_one_home_to_another() {
    let stage = Stage::new(programs!());
    let mut relay = stage.relay("relay");
    let sam = stage.person("Sam", &relay);
    sam.write(&["list", "create", LIST]);
    let task = sam.task(LIST, "Book the flight", &[]);
    let link = sam.share(LIST, "viewer");
    let ann = stage.person("Ann", &relay);
    ann.ok(&["join", &link]);

    let picture = png();
    let path = stage.path().join("Ticket.png");
    std::fs::write(&path, &picture).unwrap();
    let attached = attach(&sam, &task, &path);
    assert_eq!(attached["items"][0]["name"], "Ticket.png");
    assert_eq!(attached["items"][0]["here"], true);
    let page = stage.path().join("page.txt");
    std::fs::write(&page, "<html><script>alert(1)</script>").unwrap();
    sam.fails(&["attach", &task, page.to_str().unwrap()], 2, "usage");

    assert_eq!(sam.json(&["sync"])["filesSent"], 1);
    assert_eq!(sam.json(&["sync"])["filesSent"], 0);
    ann.json(&["sync"]);
    let seen = ann.json(&["attachments", &task]);
    assert_eq!(seen["items"][0]["here"], false);
    assert_eq!(seen["items"][0]["size"], picture.len());
    assert_eq!(seen["items"][0]["mime"], "image/png");

    // Without the relay the file cannot come; with it, it does, and stays.
    let copy = stage.path().join("copy.png");
    let get = [
        "attachments",
        "get",
        &task,
        "Ticket.png",
        "-o",
        copy.to_str().unwrap(),
    ];
    relay.kill();
    let said = ann.fails(&get, 5, "offline");
    assert!(said.contains("Ticket.png"), "{said}");
    relay.restart();
    ann.ok(&get);
    assert_eq!(std::fs::read(&copy).unwrap(), picture);
    std::fs::remove_file(&copy).unwrap();
    relay.kill();
    ann.ok(&get);
    assert_eq!(std::fs::read(&copy).unwrap(), picture);
    relay.restart();

    // A second device fetches everything with its sync.
    let phone = stage.empty("phone");
    sam.link_device(&phone, "Phone");
    phone.json(&["sync"]);
    assert_eq!(phone.json(&["sync", "--files"])["filesReceived"], 1);
    assert_eq!(
        phone.json(&["attachments", &task])["items"][0]["here"],
        true
    );

    // Small ones come with any sync, unless they are not wanted.
    let note = stage.path().join("note.txt");
    std::fs::write(&note, "Gate 7").unwrap();
    attach(&sam, &task, &note);
    sam.json(&["sync"]);
    let here = |home: &Home, name: &str| {
        let seen = home.json(&["attachments", &task]);
        let items = seen["items"].as_array().unwrap().clone();
        let found = items.into_iter().find(|file| file["name"] == name);
        found.is_some_and(|file| file["here"] == true)
    };
    assert_eq!(ann.json(&["sync", "--no-files"])["filesReceived"], 0);
    assert!(!here(&ann, "note.txt"));
    assert_eq!(ann.json(&["sync"])["filesReceived"], 1);
    assert!(here(&ann, "note.txt"));
    // Whoever stays connected gets them when they come.
    let mut watch = phone.start(&["sync", "--watch", "--json"]);
    watch.wait_for("the connection", |line| line["event"] == "connected");
    let more = stage.path().join("more.json");
    std::fs::write(&more, "{\"seat\": \"12A\"}").unwrap();
    attach(&sam, &task, &more);
    sam.json(&["sync"]);
    wait_until("the file comes", || here(&phone, "more.json"));
    watch.interrupt();
    assert_eq!(watch.wait().code, 0);

    ann.fails(&["detach", &task, "Ticket.png"], 4, "refused");
    sam.fails(&["detach", &task, "Other.png"], 3, "not_found");
    sam.json(&["detach", &task, "Ticket.png"]);
    let left = sam.json(&["attachments", &task]);
    assert_eq!(left["items"].as_array().unwrap().len(), 2);
}
