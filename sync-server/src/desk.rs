//! The relay's engine without sockets, threads and clock, for whoever brings those: a simulation
//! drives here, call by call, what the server drives from its sockets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver as Jobs;

use poo_core::document::DocumentId;
use poo_core::net::System;
use poo_core::replica::{Env, Keyring, Replica, Ticket};
use poo_core::sync::{Admission, FILE_QUOTA_DEFAULT, Held, Packer};
use tokio::sync::mpsc;

use crate::engine::{self, ConnectionId, EngineError, Input, Joined, OUTPUTS_MAX, Worker};
use crate::flow::{ConnectionFlow, Flow};
use crate::identities::Share;
use crate::packing::{Outcome, Packing};

/// Where the engine's time and randomness come from.
pub trait Machine: Send {
    /// The time now, and randomness, for one call of the engine.
    fn env(&mut self) -> Env<'_>;
}

impl Machine for System {
    fn env(&mut self) -> Env<'_> {
        Self::env(self)
    }
}

/// The engine of a relay, driven by whoever holds it.
pub struct Desk {
    worker: Worker,
    database: PathBuf,
    jobs: Jobs<DocumentId>,
    flow: Flow,
    lines: BTreeMap<ConnectionId, Line>,
    next: ConnectionId,
}

/// A connection's other end.
struct Line {
    frames: mpsc::Receiver<Vec<u8>>,
    flow: ConnectionFlow,
}

impl core::fmt::Debug for Desk {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Desk")
            .field("database", &self.database)
            .field("connections", &self.lines.len())
            .finish_non_exhaustive()
    }
}

impl Desk {
    /// Starts on the database at `database`, as the server does: a new epoch begins.
    ///
    /// # Errors
    /// [`EngineError`] if the database cannot be used.
    pub fn open(
        database: &Path,
        keys: Keyring,
        admission: Admission,
        share: Share,
        mut machine: Box<dyn Machine>,
    ) -> Result<Self, EngineError> {
        let mut replica = engine::open(database.to_owned(), keys)?;
        replica.begin_epoch(&mut machine.env())?;
        replica.drop_unnamed_blobs(machine.env().now)?;
        let (packing, jobs) = Packing::new();
        let quota = FILE_QUOTA_DEFAULT;
        Ok(Self {
            worker: Worker::new(replica, admission, quota, share, machine, packing),
            database: database.to_owned(),
            jobs,
            flow: Flow::new(),
            lines: BTreeMap::new(),
            next: 0,
        })
    }

    /// What the engine has.
    #[must_use]
    pub fn replica(&self) -> &Replica {
        self.worker.replica()
    }

    /// What the engine holds in memory for a connection.
    #[must_use]
    pub fn held(&self, id: u64) -> Held {
        self.worker.held(id)
    }

    /// Begins a connection, and gives its name here.
    pub fn connect(&mut self, ticket: Option<Ticket>) -> u64 {
        let id = self.next;
        self.next += 1;
        let (output, frames) = mpsc::channel(OUTPUTS_MAX);
        let flow = self.flow.connection();
        self.lines.insert(id, Line { frames, flow });
        self.process(vec![Input::Open {
            id,
            output,
            joined: Joined::default(),
            ticket,
        }]);
        id
    }

    /// Whether the engine has ended a connection. What it said last may still be to be sent.
    #[must_use]
    pub fn has_ended(&self, id: u64) -> bool {
        !self.worker.has(id)
    }

    /// Takes in frames as they came, in one transaction, and gives back those for which there was
    /// no room: their connections are to be read no further for now.
    pub fn take_in(&mut self, frames: Vec<(u64, Vec<u8>)>) -> Vec<(u64, Vec<u8>)> {
        let mut batch = Vec::with_capacity(frames.len());
        let mut left: Vec<(u64, Vec<u8>)> = Vec::new();
        for (id, frame) in frames {
            let Some(line) = self.lines.get(&id) else {
                continue;
            };
            // None overtakes another of its connection.
            let waits = left.iter().any(|(other, _)| *other == id);
            match line.flow.try_passage(frame.len()) {
                Some(passage) if !waits => batch.push(Input::Frame { id, frame, passage }),
                _ => left.push((id, frame)),
            }
        }
        self.process(batch);
        left
    }

    /// The next frame for a connection.
    pub fn next_frame(&mut self, id: u64) -> Option<Vec<u8>> {
        let line = self.lines.get_mut(&id)?;
        let frame = line.frames.try_recv().ok()?;
        if line.frames.is_empty() {
            // As a socket says that has sent all: the engine may have held something back.
            self.process(vec![Input::Room { id }]);
        }
        Some(frame)
    }

    /// A connection is gone.
    pub fn disconnect(&mut self, id: u64) {
        if self.lines.remove(&id).is_some() {
            self.process(vec![Input::Closed { id }]);
        }
    }

    fn process(&mut self, mut batch: Vec<Input>) {
        self.worker.process(&mut batch);
        // What a thread does beside the server's engine.
        while let Ok(document) = self.jobs.try_recv() {
            let packed = Packer::open(&self.database).and_then(|packer| packer.pack(&document));
            let outcome = Box::new(Outcome { document, packed });
            self.worker.process(&mut vec![Input::Packed(outcome)]);
        }
    }
}
