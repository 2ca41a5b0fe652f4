//! What goes wrong around the programs: a relay that is down, that is none, that is from the
//! future, damaged or put back from a backup; a full disk; copied homes; a relay that is told to
//! stop in the middle of it. Each is said in words and by an exit code, nothing that was
//! acknowledged is lost, and it works again as soon as it can.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use poo_tests::harness::{ANY_PORT, Home, Relay, Stage, sync_until_quiet, wait_until};
use poo_tests::programs;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::{Message, WebSocket, accept_hdr};

const LIST: &str = "Plans";

fn with_list(stage: &Stage, relay: &Relay) -> Home {
    let sam = stage.person("Sam", relay);
    sam.ok(&["list", "create", LIST]);
    sam.ok(&["sync"]);
    sam
}

/// Sam and Ann in one list.
fn two(stage: &Stage, relay: &Relay) -> (Home, Home) {
    let sam = with_list(stage, relay);
    let ann = stage.person("Ann", relay);
    ann.ok(&["join", &sam.share(LIST, "editor")]);
    (sam, ann)
}

/// The hashes of all changes in a database.
fn changes(database: &Path) -> BTreeSet<Vec<u8>> {
    let conn = rusqlite::Connection::open(database).unwrap();
    let mut all = conn.prepare("SELECT hash FROM change").unwrap();
    let hashes = all.query_map([], |row| row.get(0)).unwrap();
    hashes.collect::<Result<_, _>>().unwrap()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// A program that listens and does with each connection as it is told.
struct Listener {
    address: String,
}

impl Listener {
    fn new(serve: impl Fn(std::net::TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        // It ends with the test's process: there is nothing in it that could be left behind.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(stream);
            }
        });
        Self { address }
    }
}

#[test]
fn a_relay_that_is_down_costs_nothing() {
    let stage = Stage::new(programs!());
    let mut relay = stage.relay("relay");
    let sam = with_list(&stage, &relay);
    relay.kill();
    let id = sam.task(LIST, "Offline", &[]);
    let said = sam.fails(&["sync"], 5, "offline");
    assert!(
        said.contains(relay.url()) && said.contains("kept"),
        "{said}"
    );
    sam.write(&["task", "complete", &id]);
    relay.restart();
    assert_eq!(sam.json(&["sync"])["sent"], 2);
    // A first meeting that does not come about leaves everything as it was, too.
    relay.kill();
    let ann = stage.person("Ann", &relay);
    ann.ok(&["list", "create", "Ann's"]);
    ann.fails(&["share", "Ann's", "--role", "editor"], 5, "offline");
    ann.fails(&["device", "link"], 5, "offline");
    relay.restart();
    let link = ann.share("Ann's", "editor");
    assert!(link.contains("/join#"), "{link}");
}

/// Answers as a relay does that lets a client in.
fn let_in(stream: TcpStream) -> Option<WebSocket<TcpStream>> {
    #[allow(clippy::result_large_err, reason = "the library's own signature")]
    let ours = |_: &Request, mut response: Response| {
        let headers = response.headers_mut();
        headers.insert("Sec-WebSocket-Protocol", "poo.sync.v1".parse().unwrap());
        Ok(response)
    };
    accept_hdr(stream, ours).ok()
}

#[test]
fn who_is_let_in_and_turned_away_comes_back_more_and_more_patiently() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let sam = with_list(&stage, &relay);
    let came = Arc::new(AtomicUsize::new(0));
    let door = {
        let came = Arc::clone(&came);
        Listener::new(move |stream| {
            came.fetch_add(1, Ordering::Relaxed);
            drop(let_in(stream));
        })
    };
    sam.ok(&["relay", &format!("ws://{}", door.address)]);
    let watch = sam.start(&["sync", "--watch"]);
    std::thread::sleep(Duration::from_secs(4));
    watch.interrupt();
    let run = watch.wait();
    assert_eq!(run.code, 0, "{run:?}");
    // After half a second, a second, two, at half of that at the earliest.
    let came = came.load(Ordering::Relaxed);
    assert!((2..=5).contains(&came), "{came} times");
}

#[test]
fn what_is_no_relay_is_told_from_one_that_is_down() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let sam = with_list(&stage, &relay);
    sam.task(LIST, "Kept", &[]);
    let http = Listener::new(|mut stream| {
        let _read = stream.read(&mut [0; 4096]);
        let _answered = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi");
    });
    let mute = Listener::new(drop);
    let other = Listener::new(|stream| {
        #[allow(clippy::result_large_err, reason = "the library's own signature")]
        let plain = |_: &Request, response: Response| Ok(response);
        let _ended = accept_hdr(stream, plain).map(|mut socket| socket.read());
    });
    let speaks = |message: Message| {
        Listener::new(move |stream| {
            if let Some(mut socket) = let_in(stream) {
                let _said = socket.send(message.clone());
                let _ended = socket.read();
            }
        })
    };
    let text = speaks(Message::text("{\"type\":\"peer\"}"));
    let garbage = speaks(Message::binary(vec![0xff; 100]));
    for (listener, code, kind) in [
        (&http, 1, "failed"),
        (&other, 1, "failed"),
        (&text, 4, "refused"),
        (&garbage, 4, "refused"),
    ] {
        sam.ok(&["relay", &format!("ws://{}", listener.address)]);
        let said = sam.fails(&["sync"], code, kind);
        assert!(!said.contains("panicked"), "{said}");
    }
    sam.ok(&["relay", &format!("ws://{}", mute.address)]);
    assert_ne!(sam.run(&["sync"]).code, 0);
    sam.ok(&["relay", relay.url()]);
    sam.ok(&["sync"]);
    assert_eq!(sam.titles(LIST), ["Kept"]);
}

#[test]
fn a_relays_database_from_the_future_or_damaged_is_named_and_left_alone() {
    let stage = Stage::new(programs!());
    let mut relay = stage.relay("relay");
    let sam = with_list(&stage, &relay);
    for at in 0..30 {
        sam.task(
            LIST,
            &format!("Task {at}"),
            &["--notes", &"x".repeat(2_000)],
        );
    }
    sam.ok(&["sync"]);
    relay.terminate();
    let database = relay.database();
    let good = std::fs::read(&database).unwrap();
    let fails = |what: &str| {
        let before = std::fs::read(&database).unwrap();
        match Relay::try_start(programs!(), relay.data(), ANY_PORT) {
            Ok(_) => panic!("it starts on a database that is {what}"),
            Err(run) => {
                assert!(
                    run.code > 0 && !run.err.contains("panicked"),
                    "{what}: {run:?}"
                );
                assert_eq!(std::fs::read(&database).unwrap(), before, "{what}");
                run.err
            }
        }
    };
    let conn = rusqlite::Connection::open(&database).unwrap();
    conn.pragma_update(None, "user_version", 999).unwrap();
    conn.close().unwrap();
    let said = fails("newer");
    assert!(said.contains("999") && said.contains("update"), "{said}");
    for (what, bytes) in [
        ("cut off", good[..good.len() / 2].to_vec()),
        ("cut off within the first page", good[..700].to_vec()),
        ("text", b"milk, eggs, flour\n".repeat(500)),
        ("zeroed at the beginning", {
            let mut bytes = good.clone();
            bytes[..4096].fill(0);
            bytes
        }),
        ("damaged inside", {
            let mut bytes = good.clone();
            let end = bytes.len();
            bytes[4096..end - 4096].fill(0x5a);
            bytes
        }),
    ] {
        std::fs::write(&database, bytes).unwrap();
        let said = fails(what);
        assert!(said.contains("backup"), "{what}: {said}");
    }
    std::fs::write(&database, &good).unwrap();
    relay.restart();
    assert_eq!(sam.json(&["sync"])["sent"], 0);
}

#[test]
fn a_relay_that_lost_its_memory_gets_it_back_from_its_members() {
    let stage = Stage::new(programs!());
    let mut relay = stage.relay("relay");
    let (sam, ann) = two(&stage, &relay);
    sam.task(LIST, "Before the backup", &[]);
    sam.ok(&["sync"]);
    relay.terminate();
    let backup = std::fs::read(relay.database()).unwrap();
    relay.restart();
    sam.task(LIST, "After the backup", &[]);
    sam.ok(&["sync"]);
    sam.ok(&["list", "create", "Made after the backup"]);
    ann.task(LIST, "Ann's, after the backup", &[]);
    sync_until_quiet(&[&sam, &ann]);
    relay.terminate();
    std::fs::write(relay.database(), &backup).unwrap();
    relay.restart();
    // Others go on meanwhile, and use up the places in the sequence that had been used before.
    let eve = stage.person("Eve", &relay);
    for at in 0..10 {
        eve.ok(&["list", "create", &format!("List {at}")]);
        eve.ok(&["sync"]);
    }
    sam.ok(&["sync"]);
    ann.ok(&["sync"]);
    relay.kill();
    let stored = changes(&relay.database());
    for home in [&sam, &ann] {
        let own = changes(&home.path().join("poo.db"));
        assert!(own.is_subset(&stored), "{home:?}");
    }
    // Without its database, but with its keys, it is the same relay with nothing in it.
    for suffix in ["", "-wal", "-shm"] {
        let mut file = relay.database().into_os_string();
        file.push(suffix);
        let _gone = std::fs::remove_file(file);
    }
    relay.restart();
    sync_until_quiet(&[&sam, &ann, &eve]);
    relay.kill();
    let stored = changes(&relay.database());
    for home in [&sam, &ann, &eve] {
        let own = changes(&home.path().join("poo.db"));
        assert!(own.is_subset(&stored), "{home:?}");
    }
}

/// A small file system of its own.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(path: &Path) -> Option<Self> {
        std::fs::create_dir_all(path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
            .arg(path)
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(path.to_owned())),
            other => {
                eprintln!("skipped: a small file system cannot be mounted here ({other:?})");
                None
            }
        }
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Leaves only a few kilobytes.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.filler()).unwrap();
        while file.write_all(&[0; 1024]).is_ok() {}
    }

    fn make_room(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_is_lost() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let Some(disk) = SmallDisk::mount(&stage.path().join("disk")) else {
        return;
    };
    let sam = stage.person("disk/Sam", &relay);
    sam.ok(&["list", "create", LIST]);
    let mut made = vec![sam.task(LIST, "Before", &[])];
    disk.fill();
    let mut failed = false;
    for at in 0..200 {
        let title = format!("Task {at}");
        let notes = "x".repeat(20_000);
        let run = sam.run(&[
            "task", "create", &title, "--list", LIST, "--notes", &notes, "--json",
        ]);
        if run.code == 0 {
            let made_now: serde_json::Value = serde_json::from_str(&run.out).unwrap();
            made.push(made_now["task"].as_str().unwrap().to_owned());
            continue;
        }
        assert_eq!(run.code, 1, "{run:?}");
        assert!(
            run.err.contains("room") || run.err.contains("full"),
            "{run:?}"
        );
        failed = true;
        break;
    }
    assert!(failed, "the disk is not full");
    disk.make_room();
    made.push(sam.task(LIST, "After", &[]));
    sam.ok(&["sync"]);
    let shown = sam.tasks(LIST, &[]);
    for id in made {
        assert!(shown.iter().any(|task| task["id"] == id.as_str()), "{id}");
    }
    assert_eq!(sam.json(&["doctor"])["ok"], true);
    assert_eq!(sam.json(&["verify", LIST])["ok"], true);
    drop(disk);
}

#[test]
fn a_relay_with_a_full_disk_acknowledges_nothing_and_recovers() {
    let stage = Stage::new(programs!());
    let Some(disk) = SmallDisk::mount(&stage.path().join("disk")) else {
        return;
    };
    let mut relay = stage.relay("disk/relay");
    let sam = with_list(&stage, &relay);
    let notes = "x".repeat(20_000);
    for at in 0..20 {
        sam.task(LIST, &format!("Task {at}"), &["--notes", &notes]);
    }
    disk.fill();
    let run = sam.run(&["sync", "--json"]);
    assert_eq!(run.code, 5, "{run:?}");
    disk.make_room();
    // It did not have to be started again.
    sam.ok(&["sync"]);
    relay.kill();
    let own = changes(&sam.path().join("poo.db"));
    assert!(own.is_subset(&changes(&relay.database())));
    drop(relay);
    drop(disk);
}

#[test]
fn copies_of_a_home_do_not_fork_and_lose_nothing() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, ann) = two(&stage, &relay);
    sam.task(LIST, "Before the copy", &[]);
    let backup = stage.path().join("backup");
    copy(sam.path(), &backup);
    let first = stage.empty("first");
    let second = stage.empty("second");
    copy(&backup, first.path());
    copy(&backup, second.path());
    let mut made = Vec::new();
    for home in [&sam, &first, &second] {
        for at in 0..3 {
            let title = format!("{:?} {at}", home.path().file_name().unwrap());
            made.push(home.task(LIST, &title, &[]));
        }
    }
    assert_converged(&[&sam, &first, &second, &ann], &made);
    // Only the database is put back, from before it had synced more.
    made.push(sam.task(LIST, "Synced after the backup", &[]));
    sam.ok(&["sync"]);
    for name in ["poo.db", "poo.db-wal", "poo.db-shm"] {
        let _gone = std::fs::remove_file(sam.path().join(name));
        if backup.join(name).exists() {
            std::fs::copy(backup.join(name), sam.path().join(name)).unwrap();
        }
    }
    made.push(sam.task(LIST, "After the database came back", &[]));
    assert_converged(&[&sam, &first, &second, &ann], &made);
    // The whole home is put back.
    made.push(first.task(LIST, "In a home that will be put back", &[]));
    first.ok(&["sync"]);
    std::fs::remove_dir_all(first.path()).unwrap();
    copy(&backup, first.path());
    made.push(first.task(LIST, "After the home came back", &[]));
    assert_converged(&[&first, &sam, &second, &ann], &made);
}

#[test]
fn a_fork_is_resolved_though_nothing_tells_a_copy() {
    let stage = Stage::new(programs!());
    let relay = stage.relay("relay");
    let (sam, ann) = two(&stage, &relay);
    sam.task(LIST, "Before the copy", &[]);
    sam.ok(&["sync"]);
    // A snapshot of the whole disk: every byte and every time of both homes is the same, so the
    // mark that tells a copy is made to fit by hand.
    let twin = stage.empty("twin");
    copy(sam.path(), twin.path());
    let mark = std::fs::read_to_string(twin.path().join("instance")).unwrap();
    let made = std::fs::metadata(twin.path().join("poo.db"))
        .and_then(|file| file.created())
        .map_or("-".to_owned(), |made| {
            let since = made.duration_since(std::time::UNIX_EPOCH).unwrap();
            since.as_nanos().to_string()
        });
    let words: Vec<&str> = mark.split_whitespace().collect();
    let (id, opened) = (words[words.len() - 3], words[words.len() - 2]);
    let fitting = format!("poo instance v1\n{id} {opened} {made}\n");
    std::fs::write(twin.path().join("instance"), fitting).unwrap();
    let mut made = Vec::new();
    for at in 0..3 {
        made.push(sam.task(LIST, &format!("Sam {at}"), &[]));
        made.push(twin.task(LIST, &format!("Twin {at}"), &[]));
    }
    // A later command names what an earlier one made.
    twin.write(&["task", "complete", &made[1]]);
    sam.ok(&["sync"]);
    let report = twin.json(&["sync"]);
    assert_eq!(report["reauthored"], 4, "{report}");
    assert_converged(&[&sam, &twin, &ann], &made);
    for home in [&sam, &twin, &ann] {
        assert_eq!(home.json(&["task", "show", &made[1]])["status"], "done");
    }
}

fn assert_converged(homes: &[&Home], made: &[String]) {
    sync_until_quiet(homes);
    let first = homes[0].ok(&["export", LIST, "--format", "json"]);
    for (at, id) in made.iter().enumerate() {
        assert!(first.contains(id.as_str()), "{at}, {id}, is lost: {first}");
    }
    for home in homes {
        assert_eq!(home.ok(&["export", LIST, "--format", "json"]), first);
        assert_eq!(home.json(&["verify", LIST])["ok"], true, "{home:?}");
        assert_eq!(home.json(&["doctor"])["ok"], true, "{home:?}");
    }
}

#[test]
fn who_watches_sees_what_commands_do_elsewhere() {
    let stage = Stage::new(programs!());
    let mut relay = stage.relay("relay");
    let (sam, ann) = two(&stage, &relay);
    let mut watches = [&sam, &ann].map(|home| home.start(&["sync", "--watch", "--json"]));
    for watch in &mut watches {
        watch.wait_for("the connection", |line| line["event"] == "connected");
    }
    let arrives = |home: &Home, title: &str| {
        wait_until(title, || home.titles(LIST).iter().any(|seen| seen == title));
    };
    for at in 0..3 {
        sam.task(LIST, &format!("Sam {at}"), &[]);
        ann.task(LIST, &format!("Ann {at}"), &[]);
        arrives(&ann, &format!("Sam {at}"));
        arrives(&sam, &format!("Ann {at}"));
    }
    // Also after the relay was away.
    relay.kill();
    sam.task(LIST, "While it was away", &[]);
    relay.restart();
    arrives(&ann, "While it was away");
    for watch in watches {
        watch.interrupt();
        let run = watch.wait();
        assert_eq!(run.code, 0, "{run:?}");
    }
    assert_converged(&[&sam, &ann], &[]);
}

#[test]
fn a_relay_told_to_stop_keeps_all_that_it_acknowledged() {
    let stage = Stage::new(programs!());
    let mut relay = stage.relay("relay");
    let (sam, ann) = two(&stage, &relay);
    for round in 0..4 {
        for home in [&sam, &ann] {
            for at in 0..3 {
                home.task(LIST, &format!("Round {round}, {at}"), &[]);
            }
        }
        let before = changes(&relay.database());
        let mut runs = [&sam, &ann].map(|home| home.start(&["sync", "--json"]));
        wait_until("traffic", || {
            changes(&relay.database()) != before || runs.iter_mut().all(|run| run.is_done())
        });
        relay.terminate();
        let stored = changes(&relay.database());
        for (run, home) in runs.into_iter().zip([&sam, &ann]) {
            let run = run.wait();
            if run.code == 0 {
                let own = changes(&home.path().join("poo.db"));
                assert!(own.is_subset(&stored), "round {round}: {run:?}");
            } else {
                assert_eq!(run.code, 5, "round {round}: {run:?}");
            }
        }
        relay.restart();
    }
    assert_converged(&[&sam, &ann], &[]);
}
