//! A device of the first person that is in other hands. It writes to the list that all share until
//! it is revoked, and goes on after that: what it did by then stays as far as the revocation says,
//! and nobody tells it anything any more.

use poo_core::model::{Command, NewTask};

use super::ledger;
use super::world::{Happening, World};

/// How long until its person tries again to revoke it, in milliseconds.
const AGAIN_MS: i64 = 60_000;

/// Whoever has it leaves alone what would say more of its person than that they wrote something.
pub(super) fn may_do(command: &Command) -> bool {
    matches!(
        command,
        Command::CreateTask { .. }
            | Command::EditTask { .. }
            | Command::CompleteTask { .. }
            | Command::MoveTask { .. }
            | Command::AddComment { .. }
    )
}

impl World {
    /// The place of the one that is to be revoked.
    fn stolen(&self) -> Option<usize> {
        let named = |name: &str| name.starts_with("Sam-tablet");
        let at = self.devices.iter().position(|device| named(&device.name));
        at.filter(|_| self.config.stolen)
    }

    /// Whether a device is that, or a copy of it.
    pub(super) fn is_stolen(&self, at: usize) -> bool {
        let key = |at: usize| self.devices[at].keys.device.public();
        self.stolen().is_some_and(|stolen| key(stolen) == key(at))
    }

    /// Its person revokes it from another device, which has not heard of the last that it did.
    pub(super) fn revoke_stolen(&mut self) {
        let other = (0..self.devices.len()).find(|at| {
            let device = &self.devices[*at];
            let runs = device.is_here() && device.replica.is_some();
            device.person == 0 && runs && !self.is_stolen(*at)
        });
        let (Some(stolen), Some(other)) = (self.stolen(), other) else {
            self.after(AGAIN_MS, Happening::Revoke);
            return;
        };
        if self.devices[stolen].replica.is_some() {
            let (list, title) = (self.plans, "By whoever has the tablet".to_owned());
            let task = NewTask {
                title,
                ..NewTask::default()
            };
            self.execute(stolen, &Command::CreateTask { list, task });
        }
        let device = self.tablet.clone();
        self.execute(other, &Command::RevokeDevice { device });
    }

    /// What only that device has is nobody's any more.
    pub(super) fn note_revoked(&mut self) {
        let all: Vec<usize> = (0..self.devices.len())
            .filter(|at| self.is_stolen(*at))
            .collect();
        for at in &all {
            self.devices[*at].revoked = true;
        }
        for at in all {
            self.count("revoked device");
            let held = self.devices[at].disk.read(ledger::hashes);
            self.excuse(held);
        }
    }

    /// A relay that knows that a device was revoked says nothing to it but that.
    pub(super) fn check_heard_last(&mut self, at: usize, relay: usize) {
        let device = &self.devices[at];
        // What waits for a slow reader was said before.
        if !device.revoked || self.config.slow {
            return;
        }
        let (did, key) = (device.keys.did, device.keys.device.public());
        let relay = &mut self.relays[relay];
        let is_live = relay.disk.read(|conn| ledger::is_live(conn, &did, &key));
        assert!(
            is_live,
            "{} is told something after it was revoked",
            device.name
        );
    }
}
