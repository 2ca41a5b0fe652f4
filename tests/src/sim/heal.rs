//! The end of all faults: from here on everything has to come right, and soon.

use std::collections::BTreeSet;

use super::faults::disks;
use super::ledger::{self, Hash};
use super::world::{Happening, World};

/// So many rounds of syncs may it take until all have the same, for each relay.
const ROUNDS_MAX: u32 = 4;

impl World {
    /// Ends all faults, and syncs until nothing changes any more. Gives how many rounds it took.
    pub(super) fn heal(&mut self) -> u32 {
        // Who was on the way of a connection that was tampered with is found out, and it ends.
        let tampered: Vec<u64> = (self.conns.iter())
            .filter(|(_, conn)| conn.tampered)
            .map(|(id, _)| *id)
            .collect();
        for conn in tampered {
            self.close(conn, "was tampered with");
        }
        for relay in &mut self.relays {
            relay.trip = None;
        }
        for device in &mut self.devices {
            device.trip = None;
        }
        self.settle();
        for relay in 0..self.relays.len() {
            self.start_relay(relay);
        }
        for device in 0..self.devices.len() {
            self.start(device);
            self.after(0, Happening::Connect(device));
        }
        for stock in 0..self.stocks.len() {
            self.after(0, Happening::ConnectStock(stock));
        }
        self.settle();
        self.check_progress();
        self.last_lies();
        let most = ROUNDS_MAX * self.relays.len() as u32;
        for round in 1..=most {
            let before = self.everything();
            for relay in 0..self.relays.len() {
                for device in 0..self.devices.len() {
                    if let Some(conn) = self.devices[device].conn {
                        self.close(conn, "begins anew");
                    }
                    self.settle();
                    self.point(device, relay);
                    self.connect(device);
                    self.settle();
                    self.check_synced(device);
                }
            }
            for stock in 0..self.stocks.len() {
                if let Some(conn) = self.stocks[stock].conn {
                    self.close(conn, "begins anew");
                }
                self.settle();
                self.connect_stock(stock);
                self.settle();
            }
            if self.everything() == before {
                self.trace.begin(format!("healed in {round} rounds"));
                return round;
            }
        }
        panic!("after {most} rounds of syncs something still changes");
    }

    /// Without any new connection, all that are connected are in sync.
    fn check_progress(&mut self) {
        for at in 0..self.devices.len() {
            self.check_synced(at);
        }
    }

    pub(super) fn check_synced(&mut self, at: usize) {
        let device = &self.devices[at];
        if !device.is_here() {
            return;
        }
        let session = device.session.as_ref();
        let session = session.unwrap_or_else(|| panic!("{} could not connect again", device.name));
        assert!(
            session.is_in_sync(),
            "{} waits for ever: {:?}",
            device.name,
            session
        );
    }

    fn everything(&mut self) -> Vec<BTreeSet<Hash>> {
        disks(&mut self.devices, &mut self.relays)
            .map(|disk| disk.read(ledger::all))
            .collect()
    }
}
