//! Many devices on one relay, for long: they write and read, some slowly, some for the first time,
//! and every now and then a third of them loses the connection and comes back at once. The relay is
//! the real process with its usual limits. In the end it is told to end while all of that goes on,
//! and starts again: what it had acknowledged is there, and then everything.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "only tests use it, and there a panic is how a failure is told"
)]

mod device;
mod live;
mod shared;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use poo_core::model::{Command, Outcome, TaskId};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use self::device::Device;
use self::live::{Chance, Guest, Seat};
pub use self::shared::Times;
use self::shared::{Person, Shared};
use crate::harness::{Programs, Relay, Stage, now};

/// Devices of one person.
const DEVICES: usize = 10;
/// One device in so many reads slowly.
const SLOW_ONE_IN: usize = 20;
/// One person in so many has a device that begins with nothing, again and again.
const GUEST_ONE_IN: usize = 4;
/// So many writes a second, all devices together.
const WRITES_A_SECOND: u64 = 50;
/// So many connections are made at a time before all begins.
const AT_A_TIME: usize = 64;
/// Memory that is flat may still differ by that: what the allocator keeps, caches that fill.
const MEMORY_SLACK_BYTES: u64 = 16 << 20;
/// A shorter run says nothing of memory.
const MEMORY_JUDGED_AFTER: Duration = Duration::from_secs(120);

/// How many for how long.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Signed connections at a time.
    pub connections: usize,
    /// How long, once all are connected.
    pub time: Duration,
    /// Storms are so far apart.
    pub storm_every: Duration,
}

/// How it went.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What must not happen and did; empty where all is well.
    pub faults: Vec<String>,
    /// Devices that were connected.
    pub connections: usize,
    /// Times when a third of them lost the connection.
    pub storms: u64,
    /// Tasks that were made.
    pub tasks: usize,
    /// From a change to the relay's word that it has it.
    pub committed: Times,
    /// From a task that is made to another device that has it.
    pub seen: Times,
    /// From a lost connection to one that is in sync.
    pub back: Times,
    /// First syncs of a device without anything.
    pub first: Times,
    /// Slow readers that the relay cut off, as it does when a socket takes nothing.
    pub cut_off: u64,
    /// Connections that came about at a later try.
    pub retries: u64,
    /// The relay's memory, in bytes, once a second.
    pub memory: Vec<u64>,
}

impl Report {
    fn quarter(&self, number: usize) -> u64 {
        let part = self.memory.len().div_ceil(4).max(1);
        let most = self.memory.chunks(part).nth(number);
        most.and_then(|part| part.iter().max().copied())
            .unwrap_or_default()
    }

    /// Memory is flat where the most of the last quarter is no more than the most of the second
    /// and a tenth, and some slack. In the first, caches fill.
    fn judge_memory(&mut self) {
        let (before, after) = (self.quarter(1), self.quarter(3));
        if after > before + before / 10 + MEMORY_SLACK_BYTES {
            let what = format!("the relay's memory grows: from {before} to {after} bytes");
            self.faults.push(what);
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        writeln!(
            f,
            "{} connections, {} storms",
            self.connections, self.storms
        )?;
        writeln!(f, "tasks made: {}, none lost", self.tasks)?;
        for (what, times) in [
            ("committed at the relay", &self.committed),
            ("seen by another device", &self.seen),
            ("back in sync after a storm", &self.back),
            ("first sync of a new device", &self.first),
        ] {
            writeln!(f, "{what}: {}", times.told())?;
        }
        writeln!(f, "slow readers cut off: {}", self.cut_off)?;
        writeln!(f, "tries to connect that failed: {}", self.retries)?;
        write!(
            f,
            "the relay's memory, the most in each quarter: {:.0}, {:.0}, {:.0}, {:.0} MiB",
            mib(self.quarter(0)),
            mib(self.quarter(1)),
            mib(self.quarter(2)),
            mib(self.quarter(3))
        )
    }
}

/// Runs it.
#[must_use]
pub fn run(programs: Programs, plan: Plan) -> Report {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let stage = Stage::new(programs);
    let mut relay = stage.relay("relay");
    runtime.block_on(soak(&stage, &mut relay, plan))
}

async fn soak(stage: &Stage, relay: &mut Relay, plan: Plan) -> Report {
    let (seats, guests, shared) = set_up(stage, relay.url(), plan);
    let mut report = Report {
        connections: seats.len(),
        ..Report::default()
    };
    // The others find the list there.
    let first = |seat: &Seat| seat.number.is_multiple_of(DEVICES as u64);
    let (firsts, others) = seats.into_iter().partition(first);
    let mut seats = all_connect(firsts).await;
    seats.extend(all_connect(others).await);
    *shared.measured() = shared::Measured::default();

    let (storm, storms) = watch::channel(0);
    let mut living = JoinSet::new();
    for seat in seats {
        living.spawn(seat.live(storms.clone()));
    }
    let mut visiting = JoinSet::new();
    for (number, guest) in guests.into_iter().enumerate() {
        let pause = plan.time / 20;
        visiting.spawn(guest.live(pause, Chance::new(number as u64)));
    }
    let begun = now();
    let mut next_storm = plan.storm_every;
    while begun.elapsed() < plan.time && shared.faults().is_empty() {
        tokio::time::sleep(Duration::from_secs(1).min(plan.time / 10)).await;
        report.memory.extend(relay.memory());
        if begun.elapsed() >= next_storm {
            next_storm += plan.storm_every;
            report.storms += 1;
            storm.send(report.storms).unwrap();
        }
    }

    // In the middle of all that.
    shared.ending.store(true, Ordering::Relaxed);
    relay.terminate();
    let mut logged = relay.logged();
    let seats = living.join_all().await;
    let guests = visiting.join_all().await;
    relay.restart();
    check_there(&guests, &shared, "after a restart").await;
    let seats = all_connect(seats).await;
    check_all(seats, &shared, &mut report).await;
    check_there(&guests, &shared, "in the end").await;
    relay.terminate();
    logged.push_str(&relay.logged());

    let loud = |line: &&str| line.contains(" ERROR ") || line.contains(" WARN ");
    for line in logged.lines().filter(loud) {
        shared.fault(format!("the relay reported: {line}"));
    }
    let measured = core::mem::take(&mut *shared.measured());
    report.committed = measured.committed;
    report.seen = measured.seen;
    report.back = measured.back;
    report.first = measured.first;
    report.cut_off = shared.cut_off.load(Ordering::Relaxed);
    report.retries = shared.retries.load(Ordering::Relaxed);
    report.faults = shared.faults();
    if plan.time >= MEMORY_JUDGED_AFTER {
        report.judge_memory();
    }
    report
}

/// People with their devices, and a list for each.
fn set_up(stage: &Stage, url: &str, plan: Plan) -> (Vec<Seat>, Vec<Guest>, Arc<Shared>) {
    let mut shared = Shared::default();
    let mut devices: Vec<(usize, Device)> = Vec::new();
    let mut templates = Vec::new();
    for number in 0..plan.connections {
        let person = number / DEVICES;
        let first = devices.get(person * DEVICES);
        let mut device = Device::new(first.map(|(_, first)| &first.replica));
        if first.is_none() {
            let title = "Soak".to_owned();
            let Outcome::List { list } = device.execute(&Command::CreateList { title }) else {
                panic!("no list");
            };
            shared.people.push(Person::new(list));
            if person.is_multiple_of(GUEST_ONE_IN) {
                let template = stage.path().join(format!("guest-{person}.db"));
                let keys = Device::template(&device.replica, &template);
                templates.push((template, keys, person));
            }
        }
        devices.push((person, device));
    }
    let shared = Arc::new(shared);
    let pause = Duration::from_secs(1).mul_f64(plan.connections as f64 / WRITES_A_SECOND as f64);
    let seats = devices.into_iter().enumerate().map(|(number, it)| Seat {
        device: it.1,
        number: number as u64,
        person: it.0,
        slow: number % SLOW_ONE_IN == SLOW_ONE_IN - 1,
        watches: number % DEVICES == 1,
        pause: 2 * pause,
        url: url.to_owned(),
        shared: Arc::clone(&shared),
        made: Vec::new(),
        pending: Vec::new(),
        chance: Chance::new(number as u64),
    });
    let guests = templates.into_iter().map(|(template, keys, person)| Guest {
        template,
        keys,
        person,
        url: url.to_owned(),
        shared: Arc::clone(&shared),
    });
    (seats.collect(), guests.collect(), shared)
}

/// Connects all, some at a time.
async fn all_connect(seats: Vec<Seat>) -> Vec<Seat> {
    let room = Arc::new(Semaphore::new(AT_A_TIME));
    let mut connecting = JoinSet::new();
    for mut seat in seats {
        let room = Arc::clone(&room);
        connecting.spawn(async move {
            let _place = room.acquire().await.unwrap();
            seat.shared.ending.store(false, Ordering::Relaxed);
            if let Err(ended) = seat.come_back().await {
                seat.shared.fault(format!("no connection: {ended:?}"));
            }
            seat
        });
    }
    connecting.join_all().await
}

/// What was acknowledged is there for whoever comes with nothing.
async fn check_there(guests: &[Guest], shared: &Shared, when: &str) {
    for guest in guests {
        if let Err(ended) = guest.read().await {
            shared.fault(format!("{when}: {ended:?}"));
        }
    }
}

/// Everything that was made, acknowledged or not, comes to everybody.
async fn check_all(seats: Vec<Seat>, shared: &Shared, report: &mut Report) {
    let mut made: Vec<BTreeSet<TaskId>> = vec![BTreeSet::new(); shared.people.len()];
    for seat in &seats {
        made[seat.person].extend(&seat.made);
    }
    report.tasks = made.iter().map(BTreeSet::len).sum();
    for mut seat in seats {
        // Those who came first have not heard yet of what those brought who came last.
        if let Err(ended) = seat.device.connect(&seat.url, false).await {
            shared.fault(format!("no connection in the end: {ended:?}"));
            continue;
        }
        let there = seat.device.tasks(shared.people[seat.person].list);
        let lacking = made[seat.person]
            .iter()
            .filter(|task| !there.contains(task));
        let lacking = lacking.count();
        if lacking > 0 {
            shared.fault(format!("a device lacks {lacking} tasks in the end"));
        }
    }
}
