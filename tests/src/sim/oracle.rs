//! What must hold in the end.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::model::{Answer, Query};
use poo_core::replica::Replica;
use poo_core::sync::{Held, Session};
use serde_json::Value;

use super::common::verify;
use super::device::Device;
use super::ledger::{self, Hash};
use super::reference;
use super::workload::view::{check_fits, personal, shared};
use super::world::World;

/// The first part that two replicas show differently, and what differs in it.
fn difference(one: &BTreeMap<String, Value>, other: &BTreeMap<String, Value>) -> Option<String> {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let name = (names.into_iter()).find(|name| one.get(*name) != other.get(*name))?;
    let parts = |of: &BTreeMap<String, Value>| -> Vec<String> {
        let of = of.get(name);
        let items = of.and_then(|of| of.get("items").unwrap_or(of).as_array().cloned());
        let items = items.unwrap_or_else(|| of.into_iter().cloned().collect());
        items.iter().map(ToString::to_string).collect()
    };
    let (one, other) = (parts(one), parts(other));
    let only = |a: &[String], b: &[String]| -> Vec<String> {
        a.iter().filter(|part| !b.contains(part)).cloned().collect()
    };
    Some(format!(
        "{name}: {:?} against {:?}",
        only(&one, &other),
        only(&other, &one)
    ))
}

/// The device that signed a change, and for whom if it is a relay.
type Signers = (Vec<u8>, Option<Vec<u8>>);

fn verified(name: &str, replica: &Replica, id: DocumentId) {
    let report = verify(replica, id);
    assert!(
        report.ok,
        "{name} holds what does not verify: {:?}",
        report.problems
    );
}

impl World {
    pub(super) fn judge(&mut self) {
        let now = Timestamp::from_millisecond(self.now()).unwrap();
        let mut documents: BTreeMap<DocumentId, String> = BTreeMap::new();
        for relay in &mut self.relays {
            documents.extend(relay.disk.read(ledger::documents));
        }
        for (id, kind) in &documents {
            self.check_document(*id, kind, now);
        }
        self.check_people(now);
        self.check_ledger();
        self.check_stock();
        for device in self.devices.iter().filter(|device| device.is_here()) {
            let health = device.replica.as_ref().unwrap().health().unwrap();
            assert!(health.ok, "{}: {:?}", device.name, health.problems);
        }
        for relay in &self.relays {
            let health = relay.desk.as_ref().unwrap().replica().health().unwrap();
            assert!(health.ok, "a relay: {:?}", health.problems);
        }
    }

    /// All who may read a document have the same of it and see the same, and every change in it
    /// is by somebody who was let in.
    fn check_document(&mut self, id: DocumentId, kind: &str, now: Timestamp) {
        let mut known: Option<(String, BTreeSet<Hash>, BTreeSet<Hash>)> = None;
        let mut signers: Option<(String, BTreeMap<Hash, Signers>)> = None;
        let mut compare_signers = |name: &str, here: BTreeMap<Hash, Signers>| match &signers {
            Some((other, theirs)) => assert!(
                *theirs == here,
                "{other} and {name} name different authors of {} changes of {id}",
                (here.iter())
                    .filter(|(hash, signer)| theirs.get(*hash) != Some(signer))
                    .count()
            ),
            None => signers = Some((name.to_owned(), here)),
        };
        let mut compare = |name: &str, changes: BTreeSet<Hash>, statements: BTreeSet<Hash>| {
            if let Some((other, theirs, stated)) = &known {
                assert!(
                    *theirs == changes,
                    "{other} and {name} have not the same changes of {id}: {} and {} more",
                    theirs.difference(&changes).count(),
                    changes.difference(theirs).count()
                );
                assert!(
                    *stated == statements,
                    "{other} and {name} have not the same statements of {id}: {} and {} more",
                    stated.difference(&statements).count(),
                    statements.difference(stated).count()
                );
            } else {
                known = Some((name.to_owned(), changes, statements));
            }
        };
        for (at, relay) in self.relays.iter_mut().enumerate() {
            let (changes, statements) = relay.disk.read(|conn| {
                (
                    ledger::changes_of(conn, &id),
                    ledger::statements_of(conn, &id),
                )
            });
            if !statements.is_empty() {
                let name = format!("relay {at}");
                compare(&name, changes, statements);
                compare_signers(&name, relay.disk.read(|conn| ledger::signers_of(conn, &id)));
                verified("a relay", relay.desk.as_ref().unwrap().replica(), id);
            }
        }
        let mut shown: Option<(String, BTreeMap<String, Value>)> = None;
        let mut is_verified = false;
        for device in self.devices.iter_mut().filter(|device| device.is_here()) {
            let did = device.keys.did;
            let may_read = (self.relays.iter_mut()).any(|relay| {
                relay
                    .disk
                    .read(|conn| ledger::role(conn, &id, &did))
                    .is_some()
            });
            if !may_read {
                continue;
            }
            let (changes, statements) = device.disk.read(|conn| {
                (
                    ledger::changes_of(conn, &id),
                    ledger::statements_of(conn, &id),
                )
            });
            compare(&device.name, changes, statements);
            let here = device.disk.read(|conn| ledger::signers_of(conn, &id));
            compare_signers(&device.name, here);
            let replica = device.replica.as_ref().unwrap();
            if !core::mem::replace(&mut is_verified, true) {
                // The others have the same, to the byte.
                verified(&device.name, replica, id);
            }
            if kind != "list" {
                continue;
            }
            check_fits(replica, id, now);
            let mine = shared(replica, id, now);
            match &shown {
                Some((other, theirs)) => {
                    if let Some(part) = difference(theirs, &mine) {
                        panic!("{other} and {} see {id} differently: {part}", device.name);
                    }
                }
                None => shown = Some((device.name.clone(), mine)),
            }
        }
        if kind != "plain" {
            // All have the same bytes by now.
            let log = (self.relays.iter_mut())
                .map(|relay| relay.disk.read(|conn| ledger::log_of(conn, &id)))
                .find(|log| !log.is_empty());
            let fault = log.and_then(|log| reference::fault_of(&log));
            assert!(fault.is_none(), "in {id} {}", fault.unwrap_or_default());
        }
        self.check_authors(id);
        self.check_signers(id);
        self.check_held();
    }

    /// When all is said, nothing waits in memory.
    fn check_held(&self) {
        for conn in self.conns.values() {
            let desk = self.relays[conn.relay].desk.as_ref();
            let held = desk.map(|desk| desk.held(conn.line)).unwrap_or_default();
            assert_eq!(held, Held::default(), "a relay keeps what nobody waits for");
        }
        for device in self.devices.iter().filter(|device| device.is_here()) {
            let session = device.session.as_ref();
            let held = session.map(Session::held).unwrap_or_default();
            assert_eq!(
                held,
                Held::default(),
                "{} keeps what nobody waits for",
                device.name
            );
        }
    }

    /// Whoever is named as the author of a change made it: what an honest device signed is what
    /// was done there, and what was done there is named as its work.
    fn check_signers(&mut self, id: DocumentId) {
        for relay in &mut self.relays {
            let signers = relay.disk.read(|conn| ledger::signers_of(conn, &id));
            for (hash, (key, witnessed)) in signers {
                let own = |device: &Device| device.keys.device.public().as_ref() == key;
                if witnessed.is_none()
                    && let Some(device) = self.devices.iter().find(|device| own(device))
                {
                    assert!(
                        device.lies || self.ledger.entries.contains_key(&hash),
                        "{} is named as the author of a change to {id} that it never made",
                        device.name
                    );
                }
                let Some(made) = self.ledger.entries.get(&hash) else {
                    continue;
                };
                // A device that lost what it had signed cannot show that it did.
                let device = &self.devices[made.device];
                assert!(
                    !device.is_here() || device.forks || (own(device) && witnessed.is_none()),
                    "what {} did in {id} is somebody else's",
                    device.name
                );
            }
        }
    }

    fn check_authors(&mut self, id: DocumentId) {
        let devices: BTreeMap<Vec<u8>, poo_core::identity::Did> = (self.devices.iter())
            .map(|device| {
                (
                    device.keys.device.public().as_ref().to_vec(),
                    device.keys.did,
                )
            })
            .collect();
        for relay in &mut self.relays {
            for (device, witnessed) in relay.disk.read(|conn| ledger::authors(conn, &id)) {
                let did = match witnessed {
                    Some(key) => {
                        let key = poo_core::identity::PublicKey::try_from(key.as_slice());
                        poo_core::identity::Did::from_key(key.unwrap())
                    }
                    None => *(devices.get(&device))
                        .unwrap_or_else(|| panic!("nobody's device wrote to {id}")),
                };
                assert!(
                    self.let_in.contains(&(id, did)) && !self.readers.contains(&(id, did)),
                    "{did} wrote to {id} and was never let"
                );
            }
        }
    }

    /// All devices of a person show the same.
    fn check_people(&mut self, now: Timestamp) {
        let mut shown: BTreeMap<usize, (String, BTreeMap<String, Value>)> = BTreeMap::new();
        for device in self.devices.iter().filter(|device| device.is_here()) {
            let replica = device.replica.as_ref().unwrap();
            let mine = personal(replica, now);
            match shown.get(&device.person) {
                Some((other, theirs)) => {
                    if let Some(part) = difference(theirs, &mine) {
                        panic!("{other} and {} show differently: {part}", device.name);
                    }
                }
                None => _ = shown.insert(device.person, (device.name.clone(), mine)),
            }
            let Ok(Answer::Pending(pending)) = replica.query(&Query::Pending, now) else {
                panic!("no answer");
            };
            for list in pending.items {
                assert!(
                    list.refused.is_some() || list.list == self.office,
                    "{} still waits to send {list:?}",
                    device.name
                );
            }
        }
    }

    /// What somebody had on their device is there in the end, or it is known why not.
    fn check_ledger(&mut self) {
        let mut there = BTreeSet::new();
        for relay in &mut self.relays {
            there.extend(relay.disk.read(ledger::hashes));
        }
        let kept: Vec<BTreeSet<Hash>> = (self.devices.iter_mut())
            .map(|device| {
                let mut kept = device.disk.read(ledger::hashes);
                kept.extend(device.disk.read(ledger::fallen));
                kept
            })
            .collect();
        let forked = self.devices.iter().any(|device| device.forks)
            || self.faults.contains_key("restore of a relay");
        let may_fork = (self.devices.iter()).any(|device| device.forks || device.lies);
        for relay in &mut self.relays {
            let forks = relay.disk.read(ledger::forks);
            assert!(
                may_fork || forks == 0,
                "an honest device signed two changes for one place"
            );
        }
        for (hash, entry) in &self.ledger.entries {
            // Where roles change, what was refused stays where it was made.
            let is_kept = entry.document == self.office && kept[entry.device].contains(hash);
            let Device { lies, revoked, .. } = self.devices[entry.device];
            if there.contains(hash) || entry.excused || is_kept || forked || lies || revoked {
                continue;
            }
            panic!(
                "a change that {} had made to {} is lost",
                self.devices[entry.device].name, entry.document
            );
        }
        for made in &self.ledger.made {
            let is_there = (self.relays.iter_mut())
                .any(|relay| relay.disk.read(|conn| ledger::has_made(conn, made)));
            let is_kept = made.document == self.office || self.devices[made.device].revoked;
            if is_there || is_kept || self.ledger.is_excused(made) {
                continue;
            }
            panic!(
                "{} that {} had made in {} is lost",
                made.id, self.devices[made.device].name, made.document
            );
        }
    }
}
