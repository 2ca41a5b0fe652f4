//! The devices of people and agents: what they do, and how they sync, as the client's loop does.

use std::collections::{BTreeMap, BTreeSet};

use poo_core::model::{Command, Outcome};
use poo_core::replica::{CommandError, Instance, Keyring, Link, Replica};
use poo_core::store::StoreError;
use poo_core::sync::{Event, Session, SessionError};

use super::disk::{Disk, Image};
use super::faults::Trip;
use super::machine::Machine;
use super::network::{Conn, End, check_bounds};
use super::relay::Relay;
use super::workload::draw::{Scene, draw};
use super::world::{Happening, World};
use super::{Mutant, ledger, stolen};

pub(super) struct Device {
    pub(super) name: String,
    pub(super) person: usize,
    pub(super) keys: Keyring,
    pub(super) machine: Machine,
    pub(super) disk: Disk,
    /// What lies beside the database, by which a restore stands out.
    pub(super) marks: Option<Instance>,
    /// The engine, while the process runs.
    pub(super) replica: Option<Replica>,
    pub(super) session: Option<Session>,
    pub(super) conn: Option<u64>,
    /// The relay has said its last words.
    pub(super) ending: bool,
    /// The relay that it syncs with now.
    pub(super) relay: usize,
    pub(super) trip: Option<Trip>,
    pub(super) backups: Vec<(Image, Option<Instance>)>,
    /// It is at the bottom of the sea.
    pub(super) lost: bool,
    /// Its person took it out of the devices that act for them: it is in other hands.
    pub(super) revoked: bool,
    /// It was put back, or there is another copy: its history may fork.
    pub(super) forks: bool,
    /// It signs what it may not.
    pub(super) lies: bool,
    /// How often it heard that something of its own was refused, by the code.
    pub(super) refused: BTreeMap<String, u64>,
    /// What its relay had for it when they connected, until it counts itself in sync.
    pub(super) due: Option<BTreeSet<ledger::Hash>>,
}

impl Device {
    /// Whether anything is to be expected of it.
    pub(super) fn is_here(&self) -> bool {
        !self.lost && !self.revoked
    }
}

/// What ended a batch.
enum Ended {
    /// The process, before the commit.
    Tripped,
    Session(SessionError),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Session(error.into())
    }
}

impl World {
    /// Starts the process of a device.
    pub(super) fn start(&mut self, at: usize) {
        let device = &mut self.devices[at];
        if device.replica.is_some() || device.lost {
            return;
        }
        let opened = Replica::open(&device.disk.path(), device.keys.clone());
        let mut replica =
            opened.unwrap_or_else(|error| panic!("{} does not open: {error}", device.name));
        let marks = replica.check_instance(device.marks, &mut device.machine.env());
        device.marks = Some(marks.unwrap());
        device.replica = Some(replica);
        self.tell(|| format!("{} starts", self.devices[at].name));
        self.point(at, self.devices[at].relay);
        if self.rough {
            self.after(1, Happening::Connect(at));
        }
    }

    /// Has a device sync with a relay from now on.
    pub(super) fn point(&mut self, at: usize, relay: usize) {
        let did = self.relays[relay].keys.did;
        let device = &mut self.devices[at];
        device.relay = relay;
        if let Some(replica) = &mut device.replica
            && replica.relay_did().unwrap() != Some(did)
        {
            let url = format!("ws://relay-{relay}:1");
            replica.set_relay(&url, Some(did)).unwrap();
        }
    }

    pub(super) fn connect(&mut self, at: usize) {
        let device = &mut self.devices[at];
        if device.conn.is_some() || device.lost {
            return;
        }
        let Some(replica) = &device.replica else {
            return;
        };
        let Relay { desk, disk, .. } = &mut self.relays[device.relay];
        let Some(desk) = desk else {
            if self.rough {
                let pause = 1_000 + self.rng.below(20_000);
                self.after(pause as i64, Happening::Connect(at));
            }
            return;
        };
        let relay = device.relay;
        let line = desk.connect(None);
        let pinned = replica.relay_did().unwrap();
        let session = Session::client(replica, pinned, &mut device.machine.env());
        device.due = Some(disk.read(|conn| ledger::readable(conn, &device.keys.did)));
        device.session = Some(session);
        device.ending = false;
        let conn = self.number();
        self.devices[at].conn = Some(conn);
        self.conns
            .insert(conn, Conn::new(End::Device(at), relay, line));
        self.tell(|| {
            format!(
                "{} connects to relay {relay} as {conn}",
                self.devices[at].name
            )
        });
        self.drain(relay);
        self.flush(at);
    }

    /// A frame has come.
    pub(super) fn hear(&mut self, at: usize, conn: u64, frame: &[u8]) {
        let device = &mut self.devices[at];
        if device.conn != Some(conn) {
            return;
        }
        if frame.is_empty() {
            self.close(conn, "is ended by the relay");
            return;
        }
        let (Some(replica), Some(session)) = (&mut device.replica, &mut device.session) else {
            return;
        };
        let trip = device.trip.take();
        let machine = &mut device.machine;
        let taken = replica.batch(|replica| {
            let taken = session.handle_frame(replica, frame, &mut machine.env());
            taken.map_err(Ended::Session)?;
            match trip {
                Some(Trip::BeforeCommit) => Err(Ended::Tripped),
                _ => Ok(()),
            }
        });
        if let Some(session) = &self.devices[at].session {
            check_bounds(&self.devices[at].name, session.held());
        }
        self.committed(at);
        match taken {
            Ok(()) if trip == Some(Trip::AfterCommit) => self.crash(at, "after a commit"),
            Ok(()) => self.flush(at),
            Err(Ended::Tripped) => self.crash(at, "before a commit"),
            Err(Ended::Session(SessionError::Store(error))) => {
                panic!("the database of {} fails: {error}", self.devices[at].name)
            }
            Err(Ended::Session(error)) => {
                self.check_end(at, conn, &error);
                self.flush(at);
                self.close(conn, &format!("ends: {error}"));
            }
        }
    }

    /// On an honest connection no session ends by itself.
    fn check_end(&mut self, at: usize, conn: u64, error: &SessionError) {
        let device = &self.devices[at];
        let is_fair = device.is_here() && self.conns.get(&conn).is_some_and(|it| !it.tampered);
        assert!(
            !is_fair,
            "the session of {} ended for nothing: {}: {error}",
            device.name,
            error.code()
        );
    }

    /// After a commit: what a device notes of itself.
    fn committed(&mut self, at: usize) {
        if self.mutant == Some(Mutant::DeviceSkipsFsync) {
            self.devices[at].disk.lag();
        }
        let device = &mut self.devices[at];
        let key = device.keys.device.public();
        let (own, at_risk) = (device.disk).read(|conn| {
            (
                ledger::own_changes(conn, &key),
                ledger::places_at_risk(conn),
            )
        });
        assert!(
            at_risk.is_empty(),
            "{} is about to sign again for places that it signed for: {at_risk:?}",
            device.name
        );
        let may_fork = device.forks || device.lies;
        self.ledger.note(at, own, may_fork);
    }

    /// Whoever counts itself in sync has all that its relay had for it when they connected.
    fn check_due(&mut self, at: usize, mut missing: BTreeSet<ledger::Hash>) {
        let device = &mut self.devices[at];
        device.disk.read(|conn| {
            for held in [ledger::hashes(conn), ledger::fallen(conn)] {
                missing.retain(|hash| !held.contains(hash));
            }
        });
        assert!(
            missing.is_empty(),
            "{} counts itself in sync and lacks {} changes that its relay has",
            self.devices[at].name,
            missing.len()
        );
    }

    /// Sends what a device has to say, and looks at what it was told.
    pub(super) fn flush(&mut self, at: usize) {
        let mut frames = Vec::new();
        let device = &mut self.devices[at];
        let (Some(replica), Some(session), Some(conn)) =
            (&mut device.replica, &mut device.session, device.conn)
        else {
            return;
        };
        while let Some(frame) = session.poll_transmit(replica).unwrap() {
            frames.push(frame);
        }
        let mut events = Vec::new();
        while let Some(event) = session.poll_event() {
            events.push(event);
        }
        let mut due = None;
        if session.is_in_sync() {
            let before = device
                .due
                .as_ref()
                .map(|_| device.disk.read(ledger::reached));
            session.note_in_sync(replica).unwrap();
            due = device.due.take();
            // One that knows that something did not come stays where it was.
            if before.is_none_or(|before| before == device.disk.read(ledger::reached)) {
                due = None;
            }
        }
        for event in &events {
            match event {
                Event::Refused { code, .. } | Event::BlobRefused { code, .. } => {
                    *device.refused.entry(code.clone()).or_default() += 1;
                }
                _ => {}
            }
        }
        if let Some(due) = due {
            self.check_due(at, due);
        }
        for event in events {
            if let Event::Reauthored { document, lost, .. } = &event
                && lost.iter().any(|what| what == "acknowledged")
            {
                self.ledger.told_lost.insert(*document);
            }
            if !matches!(
                event,
                Event::BlobProgress { .. } | Event::BlobArriving { .. }
            ) {
                self.tell(|| format!("{} hears {event:?}", self.devices[at].name));
            }
        }
        for frame in frames {
            self.send(conn, true, frame);
        }
    }

    /// Somebody does something.
    pub(super) fn act(&mut self, at: usize) {
        let pause = 1 + self.rng.below(self.config.pause_ms);
        if self.devices[at].lost {
            return;
        }
        self.after(pause as i64, Happening::Act(at));
        if self.devices[at].replica.is_none() {
            return;
        }
        if self.devices[at].person >= self.config.devices.len() {
            return self.pry(at);
        }
        if self.devices[at].lies && self.rng.chance(30) {
            return self.lie(at);
        }
        if self.rng.chance(10) && self.use_link(at) {
            return;
        }
        let people = self.people[..self.config.devices.len()].iter();
        let people: Vec<_> = people.map(|person| person.did).collect();
        let device = &mut self.devices[at];
        let replica = device.replica.as_mut().unwrap();
        let command = draw(&mut Scene {
            rng: &mut self.rng,
            replica,
            people: &people,
            plans: self.plans,
            office: self.office,
            tablet: &self.tablet,
            calm: self.config.calm,
        });
        let Some(command) = command else {
            return;
        };
        if self.is_stolen(at) && !stolen::may_do(&command) {
            return;
        }
        if self.mutant == Some(Mutant::SendsBeforeCommit) && self.rng.chance(20) {
            return self.execute_early(at, &command);
        }
        self.execute(at, &command);
    }

    /// What a device would do that sends a change before it is on disk, and crashes in between.
    fn execute_early(&mut self, at: usize, command: &Command) {
        let device = &mut self.devices[at];
        let (Some(replica), Some(session), Some(conn)) =
            (&mut device.replica, &mut device.session, device.conn)
        else {
            return;
        };
        let machine = &mut device.machine;
        let mut said = Vec::new();
        let ended = replica.batch(|replica| {
            let mut followed = replica.subscribe()?;
            if replica.execute(command, &mut machine.env()).is_ok() {
                for document in replica.poll_changes(&mut followed)? {
                    session.notify_document(&document);
                }
                while let Some(frame) = session.poll_transmit(replica)? {
                    said.push(frame);
                }
            }
            Err::<(), _>(Ended::Tripped)
        });
        assert!(ended.is_err());
        for frame in said {
            self.send(conn, true, frame);
        }
        let name = self.devices[at].name.clone();
        self.tell(|| format!("{name} sends too early and stops"));
        self.stop_early(at);
        // Nothing is there of what they did: they start again, and do it again.
        self.start(at);
        self.execute(at, command);
    }

    pub(super) fn execute(&mut self, at: usize, command: &Command) -> Option<Outcome> {
        self.commands += 1;
        let device = &mut self.devices[at];
        let replica = device.replica.as_mut().unwrap();
        let mut followed = replica.subscribe().unwrap();
        let outcome = replica.execute(command, &mut device.machine.env());
        let outcome = match outcome {
            Ok(outcome) => Some(outcome),
            Err(
                CommandError::Forbidden { .. }
                | CommandError::NotFound(_)
                | CommandError::OnlyOwner
                | CommandError::Outranked
                | CommandError::CannotTurn { .. }
                | CommandError::Invalid { .. },
            ) => None,
            Err(error) => panic!("{command:?}: {error}"),
        };
        let changed = replica.poll_changes(&mut followed).unwrap();
        if let Some(session) = &mut device.session {
            for document in &changed {
                session.notify_document(document);
            }
        }
        self.tell(|| {
            let json = serde_json::to_string(command).unwrap();
            let came_to = serde_json::to_string(&outcome).unwrap();
            format!("{} does {json} -> {came_to}", self.devices[at].name)
        });
        self.committed(at);
        if let Some(outcome) = &outcome {
            self.note_outcome(at, command, outcome);
        }
        self.flush(at);
        outcome
    }

    /// Joins by some link that is about.
    fn use_link(&mut self, at: usize) -> bool {
        let relay = self.relays[self.devices[at].relay].keys.did;
        let links: Vec<&Link> = (self.links.iter())
            .filter(|link| link.relay() == relay)
            .collect();
        let Some(link) = self.rng.pick(&links).map(|link| (*link).clone()) else {
            return false;
        };
        self.redeem(at, &link)
    }

    pub(super) fn redeem(&mut self, at: usize, link: &Link) -> bool {
        let Link::Invite {
            document,
            grant,
            secret,
            ..
        } = link
        else {
            return false;
        };
        let did = self.people[self.devices[at].person].did;
        let Some(session) = (self.devices[at].session.as_mut()).filter(|session| session.is_open())
        else {
            return false;
        };
        session.redeem(*document, *grant, secret).unwrap();
        self.let_in.insert((*document, did));
        self.tell(|| format!("{} uses a link to {document}", self.devices[at].name));
        self.flush(at);
        true
    }
}
