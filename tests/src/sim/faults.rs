//! What goes wrong.

use super::config::Fault;
use super::device::Device;
use super::disk::{Disk, Image};
use super::ledger;
use super::machine::Machine;
use super::relay::Relay;
use super::world::{Happening, World};

/// Where a process ends that takes in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trip {
    BeforeCommit,
    AfterCommit,
}

/// How long a device takes to start again, in milliseconds.
const RESTART_MS: usize = 300_000;
/// How wrong a clock can be set, in milliseconds.
const CLOCK_MS: usize = 2 * 86_400_000;
/// The most devices.
const DEVICES_MAX: usize = 12;

/// The disks of all devices that are still there, and then those of the relays.
pub(super) fn disks<'w>(
    devices: &'w mut [Device],
    relays: &'w mut [Relay],
) -> impl Iterator<Item = &'w mut Disk> {
    let devices = devices.iter_mut().filter(|device| device.is_here());
    (devices.map(|device| &mut device.disk)).chain(relays.iter_mut().map(|relay| &mut relay.disk))
}

impl World {
    /// Something goes wrong, and something else will.
    pub(super) fn strike(&mut self) {
        let pause = 1 + self.rng.below(2 * self.config.fault_every_ms);
        self.after(pause as i64, Happening::Fault);
        let fault = *self.rng.pick(&self.config.faults).unwrap();
        let device = self.rng.below(self.devices.len());
        let relay = self.rng.below(self.relays.len());
        // Backups are made when nobody expects to need them.
        if self.rng.chance(50) {
            self.back_up(device, relay);
        }
        match fault {
            Fault::Crash if self.rng.chance(25) => self.trip_relay(relay),
            Fault::Crash => self.trip(device),
            Fault::Power if self.rng.chance(25) => {
                let left = self.relays[relay].disk.durable();
                self.count("power of a relay");
                self.stop_relay(relay, "its power is cut", &left, false);
            }
            Fault::Power => {
                let left = self.devices[device].disk.durable();
                self.count("power");
                self.stop(device, "its power is cut", &left, false);
            }
            Fault::Break => {
                if let Some(conn) = self.devices[device].conn {
                    self.count("break");
                    self.close(conn, "breaks");
                }
            }
            Fault::Partition => {
                let way = self.rng.below(3);
                let ms = self.rng.below(2 * self.config.pause_ms) as i64;
                if let Some(conn) = self.devices[device].conn {
                    self.count("partition");
                    self.tell(|| format!("{conn} is cut, way {way}, for {ms} ms"));
                    self.block(conn, way != 0, way != 1, ms);
                }
            }
            Fault::Clock => {
                let skew = self.rng.below(2 * CLOCK_MS) as i64 - CLOCK_MS as i64;
                self.count("clock");
                self.devices[device].machine.skew_ms = skew;
                self.tell(|| {
                    format!(
                        "the clock of {} is {skew} ms wrong",
                        self.devices[device].name
                    )
                });
            }
            Fault::Restore => self.restore(device),
            Fault::Copy => self.copy(device),
            Fault::RelayRestore => {
                if let Some(image) = self.rng.pick(&self.relays[relay].backups).cloned() {
                    self.count("restore of a relay");
                    self.stop_relay(relay, "it is put back from a backup", &image, true);
                }
            }
            Fault::Lose => self.lose(device),
            Fault::Switch => {
                let to = self.rng.below(self.relays.len());
                if self.devices[device].relay != to {
                    self.count("switch");
                    if let Some(conn) = self.devices[device].conn {
                        self.close(conn, "is given up for another relay");
                    }
                    self.point(device, to);
                }
            }
            Fault::Tamper => self.tamper(device),
        }
    }

    fn back_up(&mut self, device: usize, relay: usize) {
        let device = &mut self.devices[device];
        if !device.lost {
            let image = device.disk.image();
            device.backups.push((image, device.marks));
        }
        let relay = &mut self.relays[relay];
        let image = relay.disk.image();
        relay.backups.push(image);
    }

    fn trip_relay(&mut self, relay: usize) {
        self.count("crash of a relay");
        match self.rng.below(3) {
            0 => self.crash_relay(relay, "it crashes"),
            1 => self.relays[relay].trip = Some(Trip::BeforeCommit),
            _ => self.relays[relay].trip = Some(Trip::AfterCommit),
        }
    }

    fn trip(&mut self, device: usize) {
        self.count("crash");
        match self.rng.below(3) {
            0 => self.crash(device, "in between"),
            1 => self.devices[device].trip = Some(Trip::BeforeCommit),
            _ => self.devices[device].trip = Some(Trip::AfterCommit),
        }
    }

    pub(super) fn crash(&mut self, at: usize, when: &str) {
        let left = self.devices[at].disk.image();
        self.stop(at, &format!("it crashes {when}"), &left, false);
    }

    /// Ends a device's process; what it sent arrives.
    pub(super) fn stop_early(&mut self, at: usize) {
        self.devices[at].conn = None;
        self.devices[at].session = None;
        self.crash(at, "after it sent what it had not committed");
    }

    /// Ends a device's process; what is on its disk then is `left`.
    fn stop(&mut self, at: usize, why: &str, left: &Image, may_lose: bool) {
        if self.devices[at].lost {
            return;
        }
        self.tell(|| format!("{} stops: {why}", self.devices[at].name));
        if let Some(conn) = self.devices[at].conn {
            self.close(conn, "loses its device");
        }
        self.rollback(at, left, may_lose);
        let pause = 1 + self.rng.below(RESTART_MS.min(2 * self.config.pause_ms));
        self.after(pause as i64, Happening::Start(at));
    }

    /// Puts something else in the place of a device's database. What is lost by that must be what
    /// the fault takes, and nothing that the disk said it had.
    fn rollback(&mut self, at: usize, left: &Image, may_lose: bool) {
        let device = &mut self.devices[at];
        let before = device.disk.read(ledger::hashes);
        let shown = (device.disk).read(|conn| self.ledger.shown(conn));
        device.replica = None;
        device.disk.put(left);
        let after = device.disk.read(ledger::hashes);
        let lost = before.difference(&after).count();
        assert!(
            may_lose || lost == 0,
            "{} had committed {lost} changes that a crash took",
            device.name
        );
        self.excuse(before.difference(&after).copied().collect());
        if may_lose {
            self.excuse_made(shown);
        }
    }

    pub(super) fn rollback_relay(&mut self, at: usize, left: &Image, may_lose: bool) {
        let relay = &mut self.relays[at];
        let before = relay.disk.read(ledger::hashes);
        let shown = (relay.disk).read(|conn| self.ledger.shown(conn));
        relay.desk = None;
        relay.inbox.clear();
        relay.trip = None;
        relay.disk.put(left);
        let after = relay.disk.read(ledger::hashes);
        let lost = before.difference(&after).count();
        assert!(
            may_lose || lost == 0,
            "relay {at} had committed {lost} changes that a crash took"
        );
        self.excuse(before.difference(&after).copied().collect());
        if may_lose {
            self.excuse_made(shown);
        }
    }

    /// What nobody has any more is nobody's fault, where a fault took it that may.
    pub(super) fn excuse(&mut self, mut gone: std::collections::BTreeSet<ledger::Hash>) {
        if gone.is_empty() {
            return;
        }
        for disk in disks(&mut self.devices, &mut self.relays) {
            let held = disk.read(ledger::hashes);
            gone.retain(|hash| !held.contains(hash));
        }
        self.ledger.excuse(&gone);
    }

    /// What was made again under another change is gone with the last who shows it.
    fn excuse_made(&mut self, mut gone: Vec<usize>) {
        for disk in disks(&mut self.devices, &mut self.relays) {
            let shown = disk.read(|conn| self.ledger.shown_of(conn, &gone));
            gone.retain(|at| !shown.contains(at));
        }
        for at in gone {
            self.ledger.made[at].excused = true;
        }
    }

    fn restore(&mut self, at: usize) {
        let Some((image, marks)) = self.rng.pick(&self.devices[at].backups).cloned() else {
            return;
        };
        if self.devices[at].lost {
            return;
        }
        self.count("restore");
        let whole = self.rng.chance(50);
        self.tell(|| {
            let name = &self.devices[at].name;
            format!("{name} is put back from a backup, its marks too: {whole}")
        });
        self.devices[at].forks = true;
        if whole {
            self.devices[at].marks = marks;
        }
        self.stop(at, "it is put back", &image, true);
    }

    fn copy(&mut self, at: usize) {
        if self.devices[at].lost || self.devices.len() >= DEVICES_MAX {
            return;
        }
        self.count("copy");
        let number = self.devices.len();
        let name = format!("{}-copy-{number}", self.devices[at].name);
        let seed = self.rng.below(usize::MAX) as u64;
        let machine = Machine::new(&self.time, seed);
        let mut disk = Disk::new(self.folder.path(), &name);
        disk.put(&self.devices[at].disk.image());
        let original = &mut self.devices[at];
        original.forks = true;
        let copy = Device {
            marks: original.marks,
            revoked: original.revoked,
            relay: original.relay,
            forks: true,
            ..Device::new(name, original.person, original.keys.clone(), machine, disk)
        };
        self.tell(|| format!("{} is copied", self.devices[at].name));
        self.devices.push(copy);
        self.tell(|| format!("it is device {number} now"));
        self.after(1, Happening::Start(number));
        self.after(2, Happening::Act(number));
    }

    /// A device is lost for good, where its person has another one.
    fn lose(&mut self, at: usize) {
        let person = self.devices[at].person;
        let others =
            self.devices.iter().enumerate().filter(|(other, device)| {
                *other != at && device.person == person && device.is_here()
            });
        if self.devices[at].lost || others.count() == 0 {
            return;
        }
        self.count("lost device");
        self.tell(|| format!("{} is lost", self.devices[at].name));
        if let Some(conn) = self.devices[at].conn {
            self.close(conn, "loses its device");
        }
        let device = &mut self.devices[at];
        let held = device.disk.read(ledger::hashes);
        let shown = (device.disk).read(|conn| self.ledger.shown(conn));
        device.replica = None;
        device.lost = true;
        self.excuse(held);
        self.excuse_made(shown);
    }

    /// Says on a connection what was said on another, as it was or changed.
    pub(super) fn tamper(&mut self, at: usize) {
        let Some(conn) = self.devices[at].conn else {
            return;
        };
        let Some(mut frame) = self.rng.pick(&self.seen).cloned() else {
            return;
        };
        self.count("tampered");
        for _ in 0..self.rng.below(3) {
            let place = self.rng.below(frame.len());
            frame[place] ^= 1 << self.rng.below(8);
        }
        if let Some(conn) = self.conns.get_mut(&conn) {
            conn.tampered = true;
        }
        let up = self.rng.chance(70);
        self.tell(|| format!("{conn} is told what was said before, up: {up}"));
        self.send(conn, up, frame);
    }
}
