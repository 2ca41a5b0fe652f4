//! Who is there, and the one queue of everything that will happen.

use std::collections::{BTreeMap, BTreeSet};

use poo_core::document::DocumentId;
use poo_core::identity::Did;
use poo_core::replica::Link;

use super::config::Config;
use super::device::Device;
use super::ledger::Ledger;
use super::machine::Time;
use super::network::{Conn, End};
use super::relay::Relay;
use super::stock::Stock;
use super::trace::{Heard, Trace};
use super::workload::random::Random;
use super::{Mutant, Report};

/// When every run begins.
const BEGIN_MS: i64 = 1_790_000_000_000;
/// More than that in one phase is talking for ever.
const HAPPENINGS_MAX: u64 = 50_000;

/// Something that will happen.
#[derive(Debug)]
pub(super) enum Happening {
    /// A device is used.
    Act(usize),
    /// A device connects, if it is not connected.
    Connect(usize),
    /// A device that had crashed starts again.
    Start(usize),
    /// A stock client is used.
    ActStock(usize),
    /// A stock client connects, if it is not connected.
    ConnectStock(usize),
    /// A frame arrives at a relay.
    Up { conn: u64, frame: Vec<u8> },
    /// A frame arrives at a device.
    Down { conn: u64, frame: Vec<u8> },
    /// A relay takes in what came, and says what it has to say.
    Run(usize),
    /// A relay that had crashed starts again.
    StartRelay(usize),
    /// A relay notices that a connection is gone.
    Gone { relay: usize, line: u64, run: u32 },
    /// Something goes wrong.
    Fault,
    /// A device that is in other hands is revoked.
    Revoke,
}

/// A person or an agent.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) did: Did,
}

pub(super) struct World {
    pub(super) config: Config,
    pub(super) mutant: Option<Mutant>,
    pub(super) rng: Random,
    pub(super) time: Time,
    pub(super) trace: Trace,
    heard: Heard,
    pub(super) folder: tempfile::TempDir,
    queue: BTreeMap<(i64, u64), Happening>,
    happened: u64,
    numbered: u64,
    pub(super) people: Vec<Person>,
    pub(super) devices: Vec<Device>,
    pub(super) relays: Vec<Relay>,
    pub(super) stocks: Vec<Stock>,
    pub(super) conns: BTreeMap<u64, Conn>,
    /// Whether things go wrong.
    pub(super) rough: bool,
    pub(super) plans: DocumentId,
    pub(super) office: DocumentId,
    pub(super) tablet: String,
    pub(super) links: Vec<Link>,
    /// Who ever was let into which document, as it was seen to happen.
    pub(super) let_in: BTreeSet<(DocumentId, Did)>,
    /// Who of them may never write there.
    pub(super) readers: BTreeSet<(DocumentId, Did)>,
    pub(super) ledger: Ledger,
    /// Data frames that somebody saw on their way.
    pub(super) seen: Vec<Vec<u8>>,
    pub(super) frames: u64,
    pub(super) commands: u64,
    pub(super) faults: BTreeMap<&'static str, u64>,
}

impl World {
    pub(super) fn new(seed: u64, mutant: Option<Mutant>, trace: Trace, heard: Heard) -> Self {
        let mut rng = Random::new(seed);
        let config = Config::draw(&mut rng, seed);
        trace.begin(format!("seed {seed}: {config:?}"));
        let shm = std::path::Path::new("/dev/shm");
        let folder = match shm.is_dir() {
            // In memory, where there is such a place: the disk is simulated.
            true => tempfile::tempdir_in(shm),
            false => tempfile::tempdir(),
        };
        Self {
            config,
            mutant,
            rng,
            time: Time::from(BEGIN_MS),
            trace,
            heard,
            folder: folder.unwrap(),
            queue: BTreeMap::new(),
            happened: 0,
            numbered: 0,
            people: Vec::new(),
            devices: Vec::new(),
            relays: Vec::new(),
            stocks: Vec::new(),
            conns: BTreeMap::new(),
            rough: false,
            plans: DocumentId::from_bytes([0; 16]),
            office: DocumentId::from_bytes([0; 16]),
            tablet: String::new(),
            links: Vec::new(),
            let_in: BTreeSet::new(),
            readers: BTreeSet::new(),
            ledger: Ledger::default(),
            seen: Vec::new(),
            frames: 0,
            commands: 0,
            faults: BTreeMap::new(),
        }
    }

    pub(super) fn now(&self) -> i64 {
        self.time.now()
    }

    /// A number that nothing else has.
    pub(super) fn number(&mut self) -> u64 {
        self.numbered += 1;
        self.numbered
    }

    pub(super) fn after(&mut self, ms: i64, what: Happening) {
        let at = self.now() + ms.max(0);
        self.at(at, what);
    }

    pub(super) fn at(&mut self, at: i64, what: Happening) {
        let number = self.number();
        self.queue.insert((at, number), what);
    }

    pub(super) fn tell(&self, line: impl FnOnce() -> String) {
        for said in self.heard.others() {
            self.trace.note(format!("  {said}"));
        }
        self.trace
            .note(format!("{} {}", self.now() - BEGIN_MS, line()));
    }

    pub(super) fn count(&mut self, fault: &'static str) {
        *self.faults.entry(fault).or_default() += 1;
    }

    /// Lets happen what is due next. False if nothing is.
    fn step(&mut self) -> bool {
        let Some(((at, _), what)) = self.queue.pop_first() else {
            return false;
        };
        self.time.set(at.max(self.now()));
        self.happened += 1;
        match what {
            Happening::Act(device) => self.act(device),
            Happening::Connect(device) => self.connect(device),
            Happening::Start(device) => self.start(device),
            Happening::ActStock(stock) => self.act_stock(stock),
            Happening::ConnectStock(stock) => self.connect_stock(stock),
            Happening::Up { conn, frame } => self.arrive_up(conn, frame),
            Happening::Down { conn, frame } => self.arrive_down(conn, frame),
            Happening::Run(relay) => self.run_relay(relay),
            Happening::StartRelay(relay) => self.start_relay(relay),
            Happening::Gone { relay, line, run } => self.gone(relay, line, run),
            Happening::Fault => self.strike(),
            Happening::Revoke => self.revoke_stolen(),
        }
        true
    }

    /// Until nothing is left to happen.
    pub(super) fn settle(&mut self) {
        self.settle_within(HAPPENINGS_MAX);
    }

    /// The same, where little is to be said.
    pub(super) fn settle_within(&mut self, most: u64) {
        let until = self.happened + most;
        while self.step() {
            assert!(self.happened < until, "they talk for ever");
        }
    }

    /// The time in which people do what they do, and things go wrong.
    pub(super) fn live(&mut self) {
        self.commands = 0;
        self.rough = true;
        for device in 0..self.devices.len() {
            let pause = self.rng.below(self.config.pause_ms);
            self.after(pause as i64, Happening::Act(device));
        }
        for stock in 0..self.stocks.len() {
            self.after(1, Happening::ConnectStock(stock));
            self.after(1_000, Happening::ActStock(stock));
        }
        if !self.config.faults.is_empty() {
            self.after(self.config.fault_every_ms as i64, Happening::Fault);
        }
        if self.config.stolen {
            let span = self.config.commands * self.config.pause_ms / 2 / self.devices.len();
            let pause = self.rng.below(span);
            self.after(pause as i64, Happening::Revoke);
        }
        let until = self.happened + HAPPENINGS_MAX;
        while self.commands < self.config.commands as u64 && self.step() {
            assert!(self.happened < until, "they talk for ever");
        }
        self.rough = false;
        self.queue.retain(|_, what| {
            !matches!(
                what,
                Happening::Act(_) | Happening::ActStock(_) | Happening::Fault | Happening::Revoke
            )
        });
        self.trace.begin(format!(
            "{} what went wrong: {:?}",
            self.now() - BEGIN_MS,
            self.faults
        ));
    }

    /// Drops what is under way on a connection.
    pub(super) fn drop_frames(&mut self, gone: u64) {
        self.queue.retain(|_, what| {
            !matches!(what, Happening::Up { conn, .. } | Happening::Down { conn, .. } if *conn == gone)
        });
    }

    pub(super) fn name(&self, end: End) -> String {
        match end {
            End::Device(device) => self.devices[device].name.clone(),
            End::Stock(stock) => self.stocks[stock].name.clone(),
        }
    }

    pub(super) fn report(&mut self, rounds: u32) -> Report {
        let changes = (self.relays.iter_mut())
            .map(|relay| relay.disk.read(super::ledger::count_changes))
            .sum();
        Report {
            trace: self.trace.digest(),
            config: format!("{:?}", self.config),
            frames: self.frames,
            commands: self.commands,
            faults: self.faults.clone(),
            changes,
            rounds,
        }
    }
}
