//! What the tests of replicas share: time and randomness from a seed, and a wire in memory.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    reason = "shared by tests, each of which uses its part and fails by panicking"
)]

use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::membership::Role;
use poo_core::model::{
    Answer, Command, NewTask, Outcome, Query, Task, TaskFilter, TaskId, TaskPatch, VerifyReport,
};
use poo_core::replica::{Env, Keyring, Link, Replica};
use poo_core::sync::{Admission, Effect, Event, Session};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

pub struct Bench {
    pub rng: ChaCha20Rng,
    pub now_ms: i64,
}

impl Bench {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha20Rng::seed_from_u64(seed),
            now_ms: 1_790_000_000_000,
        }
    }

    pub fn env(&mut self) -> Env<'_> {
        self.now_ms += 1_000;
        Env {
            now: Timestamp::from_millisecond(self.now_ms).unwrap(),
            rng: &mut self.rng,
        }
    }
}

pub fn found(bench: &mut Bench, name: &str) -> Replica {
    let keys = Keyring::generate(&mut bench.env());
    let mut replica = Replica::in_memory(keys).unwrap();
    replica.found(name, &mut bench.env()).unwrap();
    replica
}

/// A relay, and somebody who syncs with it.
pub fn relay(bench: &mut Bench) -> Replica {
    let keys = Keyring::generate(&mut bench.env());
    let mut relay = Replica::in_memory(keys).unwrap();
    relay.begin_epoch(&mut bench.env()).unwrap();
    relay
}

pub fn person(bench: &mut Bench, relay: &Replica, name: &str) -> Replica {
    let mut replica = found(bench, name);
    replica
        .set_relay("ws://127.0.0.1:1", Some(relay.did()))
        .unwrap();
    replica
}

pub fn list(replica: &mut Replica, bench: &mut Bench, title: &str) -> DocumentId {
    match replica
        .execute(
            &Command::CreateList {
                title: title.into(),
            },
            &mut bench.env(),
        )
        .unwrap()
    {
        Outcome::List { list } => list,
        other => panic!("{other:?}"),
    }
}

pub fn task(
    replica: &mut Replica,
    bench: &mut Bench,
    list: DocumentId,
    title: &str,
    parent: Option<TaskId>,
) -> TaskId {
    let task = NewTask {
        title: title.into(),
        parent,
        ..NewTask::default()
    };
    match replica
        .execute(&Command::CreateTask { list, task }, &mut bench.env())
        .unwrap()
    {
        Outcome::Task { task, .. } => task,
        other => panic!("{other:?}"),
    }
}

pub fn edit_title(
    replica: &mut Replica,
    bench: &mut Bench,
    list: DocumentId,
    task: TaskId,
    title: &str,
) {
    let patch = TaskPatch {
        title: Some(title.into()),
        ..TaskPatch::default()
    };
    replica
        .execute(&Command::EditTask { list, task, patch }, &mut bench.env())
        .unwrap();
}

pub fn tasks(replica: &Replica, list: DocumentId, deleted: bool) -> Vec<Task> {
    let query = Query::Tasks {
        list: Some(list),
        filter: TaskFilter {
            deleted,
            ..TaskFilter::default()
        },
        limit: Some(10_000),
        cursor: None,
    };
    match replica.query(&query, Timestamp::UNIX_EPOCH).unwrap() {
        Answer::Tasks(page) => page.items,
        other => panic!("{other:?}"),
    }
}

pub fn titles(replica: &Replica, list: DocumentId) -> Vec<String> {
    tasks(replica, list, false)
        .into_iter()
        .map(|t| t.title)
        .collect()
}

pub fn verify(replica: &Replica, list: DocumentId) -> VerifyReport {
    match replica
        .query(&Query::Verify { list }, Timestamp::UNIX_EPOCH)
        .unwrap()
    {
        Answer::Verified(report) => report,
        other => panic!("{other:?}"),
    }
}

pub fn invite(replica: &mut Replica, bench: &mut Bench, list: DocumentId, role: Role) -> Link {
    let command = Command::Share {
        list,
        role,
        expires_in_s: None,
    };
    match replica.execute(&command, &mut bench.env()).unwrap() {
        Outcome::Invite { link, .. } => link.parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Two ends of a session and the frames between them.
pub struct Wire {
    pub client: Session,
    pub relay: Session,
    pub events: Vec<Event>,
    pub effects: Vec<Effect>,
    pub frames: usize,
    pub bytes: usize,
}

impl Wire {
    pub fn new(client: &Replica, relay: &Replica, bench: &mut Bench) -> Self {
        let pinned: Option<Did> = client.relay_did().unwrap();
        Self {
            client: Session::client(client, pinned, &mut bench.env()),
            relay: Session::relay(relay, Admission::Open, &mut bench.env()).unwrap(),
            events: Vec::new(),
            effects: Vec::new(),
            frames: 0,
            bytes: 0,
        }
    }

    /// Carries frames until neither side has anything to say.
    pub fn run(&mut self, client: &mut Replica, relay: &mut Replica, bench: &mut Bench) {
        for _ in 0..100_000 {
            let mut quiet = true;
            while let Some(frame) = self.relay.poll_transmit(relay).unwrap() {
                quiet = false;
                self.count(&frame);
                client
                    .batch(|client| self.client.handle_frame(client, &frame, &mut bench.env()))
                    .unwrap();
            }
            while let Some(frame) = self.client.poll_transmit(client).unwrap() {
                quiet = false;
                self.count(&frame);
                relay
                    .batch(|relay| self.relay.handle_frame(relay, &frame, &mut bench.env()))
                    .unwrap();
            }
            while let Some(event) = self.client.poll_event() {
                self.events.push(event);
            }
            self.effects.extend(self.relay.take_effects());
            if quiet {
                if self.client.is_in_sync() {
                    self.client.note_in_sync(client).unwrap();
                }
                return;
            }
        }
        panic!("the two sides talk for ever");
    }

    fn count(&mut self, frame: &[u8]) {
        self.frames += 1;
        self.bytes += frame.len();
    }
}

/// One whole sync over a new session.
pub fn sync(client: &mut Replica, relay: &mut Replica, bench: &mut Bench) -> Wire {
    let mut wire = Wire::new(client, relay, bench);
    wire.run(client, relay, bench);
    assert!(wire.client.is_in_sync(), "{:?}", wire.events);
    wire
}

/// Joins a list by its invite.
pub fn join(client: &mut Replica, relay: &mut Replica, bench: &mut Bench, link: &Link) -> Wire {
    let mut wire = Wire::new(client, relay, bench);
    wire.run(client, relay, bench);
    let Link::Invite {
        document,
        grant,
        secret,
        ..
    } = link
    else {
        panic!()
    };
    wire.client.redeem(*document, *grant, secret).unwrap();
    wire.run(client, relay, bench);
    wire
}

/// Sam and Ann share a list over a relay.
pub fn two(bench: &mut Bench) -> (Replica, Replica, Replica, DocumentId) {
    let mut relay = relay(bench);
    let mut sam = person(bench, &relay, "Sam");
    let mut ann = person(bench, &relay, "Ann");
    let plans = list(&mut sam, bench, "Plans");
    let link = invite(&mut sam, bench, plans, Role::Editor);
    sync(&mut sam, &mut relay, bench);
    join(&mut ann, &mut relay, bench, &link);
    sync(&mut ann, &mut relay, bench);
    sync(&mut sam, &mut relay, bench);
    (relay, sam, ann, plans)
}
