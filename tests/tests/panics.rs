//! A fault in the engine itself, which only a mutant has: what one client sends makes it panic.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use poo_core::document::DocumentId;
use poo_core::model::{Command, NewTask, Outcome};
use poo_core::mutants::{self, Mutant};
use poo_core::net::System;
use poo_core::replica::{Keyring, Replica};
use poo_core::sync::{Admission, Session};
use poo_server::{Desk, Share};
use rusqlite::{Connection, OpenFlags};

/// Somebody with a list, connected to the relay.
struct Client {
    replica: Replica,
    system: System,
    session: Session,
    line: u64,
}

impl Client {
    fn new(name: &str, desk: &mut Desk) -> Self {
        let mut system = System::new().unwrap();
        let keys = Keyring::generate(&mut system.env());
        let mut replica = Replica::in_memory(keys).unwrap();
        replica.found(name, &mut system.env()).unwrap();
        let session = Session::client(&replica, None, &mut system.env());
        let mut client = Self {
            line: desk.connect(None),
            replica,
            system,
            session,
        };
        client.sync(desk);
        client
    }

    fn reconnect(&mut self, desk: &mut Desk) {
        desk.disconnect(self.line);
        self.line = desk.connect(None);
        self.session = Session::client(&self.replica, None, &mut self.system.env());
        self.sync(desk);
    }

    fn sync(&mut self, desk: &mut Desk) {
        loop {
            let mut moved = false;
            while let Some(frame) = desk.next_frame(self.line) {
                let env = &mut self.system.env();
                (self.session.handle_frame(&mut self.replica, &frame, env)).unwrap();
                moved = true;
            }
            for frame in self.says() {
                assert!(desk.take_in(vec![(self.line, frame)]).is_empty());
                moved = true;
            }
            if !moved {
                assert!(self.session.is_in_sync());
                return;
            }
        }
    }

    fn says(&mut self) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        while let Some(frame) = self.session.poll_transmit(&self.replica).unwrap() {
            frames.push(frame);
        }
        frames
    }

    fn execute(&mut self, command: &Command) -> Outcome {
        let outcome = self.replica.execute(command, &mut self.system.env());
        outcome.unwrap()
    }

    fn list(&mut self) -> DocumentId {
        let title = "Work".to_owned();
        match self.execute(&Command::CreateList { title }) {
            Outcome::List { list } => list,
            other => panic!("{other:?}"),
        }
    }

    fn write(&mut self, list: DocumentId) {
        let task = NewTask {
            title: "Sweep".to_owned(),
            ..NewTask::default()
        };
        self.execute(&Command::CreateTask { list, task });
        self.session.notify_document(&list);
    }
}

/// How many changes of a list lie at the relay.
fn changes(relay: &Path, list: DocumentId) -> i64 {
    let conn = Connection::open_with_flags(relay, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let sql = "SELECT count(*) FROM change JOIN document ON document.id = change.doc
               WHERE document.doc = ?1";
    (conn.query_row(sql, [list.as_bytes()], |row| row.get(0))).unwrap()
}

#[test]
fn a_frame_that_makes_the_engine_panic_is_undone_and_ends_its_own_session_only() {
    let folder = tempfile::tempdir().unwrap();
    let mut system = System::new().unwrap();
    let keys = Keyring::generate(&mut system.env());
    let share = Share {
        connections: 8,
        frames_per_second: 1_000,
    };
    let path = folder.path().join("relay.db");
    let mut desk = Desk::open(&path, keys, Admission::Open, share, Box::new(system)).unwrap();
    let mut sam = Client::new("Sam", &mut desk);
    let mut ann = Client::new("Ann", &mut desk);
    let (work, home) = (sam.list(), ann.list());
    sam.reconnect(&mut desk);
    ann.reconnect(&mut desk);

    let before = [work, home].map(|list| changes(&path, list));
    ann.write(home);
    let frames = ann.says();
    assert!(!frames.is_empty());
    mutants::choose(Some(Mutant::PanicsMidway));
    for frame in frames {
        assert!(desk.take_in(vec![(ann.line, frame)]).is_empty());
    }
    mutants::choose(None);
    assert!(desk.has_ended(ann.line) && !desk.has_ended(sam.line));
    assert_eq!(changes(&path, home), before[1], "half a frame stays");

    sam.write(work);
    sam.sync(&mut desk);
    assert_eq!(changes(&path, work), before[0] + 1);
    ann.reconnect(&mut desk);
    assert_eq!(changes(&path, home), before[1] + 1);
    assert!(desk.replica().health().unwrap().ok);
}
