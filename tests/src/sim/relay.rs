//! The relays: the server's own engine on a simulated disk.

use poo_core::replica::Keyring;
use poo_core::sync::Admission;
use poo_server::{Desk, Share};

use super::Mutant;
use super::disk::{Disk, Image};
use super::faults::Trip;
use super::ledger;
use super::machine::Machine;
use super::network::{End, check_bounds};
use super::world::{Happening, World};

/// How long a relay takes to start again, in milliseconds.
const RESTART_MS: usize = 60_000;
/// What a slow reader takes at a time.
const SLOW: usize = 2;

pub(super) struct Relay {
    pub(super) keys: Keyring,
    pub(super) disk: Disk,
    /// The engine, while the process runs.
    pub(super) desk: Option<Desk>,
    pub(super) inbox: Vec<(u64, Vec<u8>)>,
    awake: bool,
    /// How often the process started.
    pub(super) run: u32,
    pub(super) trip: Option<Trip>,
    pub(super) backups: Vec<Image>,
}

impl Relay {
    pub(super) fn new(keys: Keyring, disk: Disk) -> Self {
        Self {
            keys,
            disk,
            desk: None,
            inbox: Vec::new(),
            awake: false,
            run: 0,
            trip: None,
            backups: Vec::new(),
        }
    }
}

impl World {
    pub(super) fn start_relay(&mut self, at: usize) {
        let seed = self.rng.below(usize::MAX) as u64;
        let machine = Machine::new(&self.time, seed);
        let relay = &mut self.relays[at];
        if relay.desk.is_some() {
            return;
        }
        relay.run += 1;
        let share = Share {
            connections: 1_000,
            frames_per_second: 1_000_000,
        };
        let desk = Desk::open(
            &relay.disk.path(),
            relay.keys.clone(),
            Admission::Open,
            share,
            Box::new(machine),
        );
        relay.desk = Some(desk.unwrap_or_else(|error| panic!("a relay does not start: {error}")));
        self.tell(|| format!("relay {at} starts"));
    }

    /// Has a relay run soon: what comes meanwhile shares a batch.
    pub(super) fn wake(&mut self, at: usize) {
        if !core::mem::replace(&mut self.relays[at].awake, true) {
            let soon = self.rng.below(8);
            self.after(soon as i64, Happening::Run(at));
        }
    }

    pub(super) fn run_relay(&mut self, at: usize) {
        let relay = &mut self.relays[at];
        relay.awake = false;
        if relay.desk.is_none() {
            return;
        }
        let trip = relay.trip.take();
        if trip == Some(Trip::BeforeCommit) {
            self.crash_relay(at, "before a commit");
            return;
        }
        let frames = core::mem::take(&mut relay.inbox);
        if !frames.is_empty() {
            let left = relay.desk.as_mut().unwrap().take_in(frames);
            relay.inbox = left;
            if self.mutant == Some(Mutant::RelaySkipsFsync) {
                relay.disk.lag();
            }
            self.release(at);
        }
        if trip == Some(Trip::AfterCommit) {
            self.crash_relay(at, "after a commit");
            return;
        }
        for conn in self.conns.values().filter(|conn| conn.relay == at) {
            let held = self.relays[at].desk.as_ref().unwrap().held(conn.line);
            check_bounds("a relay", held);
        }
        self.drain(at);
        if !self.relays[at].inbox.is_empty() {
            self.wake(at);
        }
    }

    /// What a relay has no longer it owes nobody who is connecting, also if it gets it back later.
    fn release(&mut self, at: usize) {
        let connecting = self.devices.iter_mut().filter(|it| it.relay == at);
        for device in connecting {
            if let Some(due) = &mut device.due {
                let did = device.keys.did;
                let here = (self.relays[at].disk).read(|conn| ledger::readable(conn, &did));
                due.retain(|hash| here.contains(hash));
            }
        }
    }

    /// Sends what a relay has to say.
    pub(super) fn drain(&mut self, at: usize) {
        let conns: Vec<(u64, u64)> = (self.conns.iter())
            .filter(|(_, conn)| conn.relay == at)
            .map(|(id, conn)| (*id, conn.line))
            .collect();
        let most = match self.config.slow && self.rough {
            true => SLOW,
            false => usize::MAX,
        };
        for (conn, line) in conns {
            let mut sent = 0;
            while sent < most
                && self.conns.contains_key(&conn)
                && let Some(desk) = &mut self.relays[at].desk
                && let Some(frame) = desk.next_frame(line)
            {
                sent += 1;
                self.check_said(conn, &frame);
                self.send(conn, false, frame);
            }
            if sent == most {
                self.wake(at);
                continue;
            }
            let ended = (self.relays[at].desk.as_ref()).is_none_or(|desk| desk.has_ended(line));
            if ended && self.conns.contains_key(&conn) {
                self.end(conn);
            }
        }
    }

    /// A relay has ended a session: its last words arrive first.
    fn end(&mut self, conn: u64) {
        let ending = match self.conns[&conn].end {
            End::Device(device) => &mut self.devices[device].ending,
            End::Stock(stock) => &mut self.stocks[stock].ending,
        };
        // An empty frame is no frame of the protocol: it stands for the end.
        if !core::mem::replace(ending, true) {
            self.send(conn, false, Vec::new());
        }
    }

    pub(super) fn crash_relay(&mut self, at: usize, why: &str) {
        let image = self.relays[at].disk.image();
        self.stop_relay(at, why, &image, false);
    }

    /// Ends a relay's process; what is on its disk then is `image`.
    pub(super) fn stop_relay(&mut self, at: usize, why: &str, image: &Image, may_lose: bool) {
        self.tell(|| format!("relay {at} stops: {why}"));
        self.rollback_relay(at, image, may_lose);
        let conns: Vec<u64> = (self.conns.iter())
            .filter(|(_, conn)| conn.relay == at)
            .map(|(id, _)| *id)
            .collect();
        for conn in conns {
            self.close(conn, "loses its relay");
        }
        let pause = 1 + self.rng.below(RESTART_MS);
        self.after(pause as i64, Happening::StartRelay(at));
    }

    pub(super) fn gone(&mut self, at: usize, line: u64, run: u32) {
        let relay = &mut self.relays[at];
        if relay.run != run {
            return;
        }
        if let Some(desk) = &mut relay.desk {
            desk.disconnect(line);
        }
        self.drain(at);
    }
}
