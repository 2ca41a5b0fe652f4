//! What a disk can do to a database: every write of a run fails once, the disk is full or gone from
//! then on, and the log that SQLite writes ahead is cut and spoilt at every frame. What was
//! acknowledged is there afterwards, whole commits only.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;
mod log;
mod vfs;

use std::path::{Path, PathBuf};

use common::{Bench, task, titles};
use poo_core::document::DocumentId;
use poo_core::model::{Command, NewTask, Outcome};
use poo_core::replica::{Keyring, OpenError, Replica};
use poo_core::store::StoreError;

use self::vfs::{Fault, with_fault};

/// A closed database with one list, and what it takes to go on with it.
struct Bed {
    dir: tempfile::TempDir,
    keys: Keyring,
    plans: DocumentId,
}

impl Bed {
    fn new(bench: &mut Bench) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let keys = Keyring::generate(&mut bench.env());
        let mut sam = Replica::create(&dir.path().join("poo.db"), keys.clone()).unwrap();
        sam.found("Sam", &mut bench.env()).unwrap();
        let plans = common::list(&mut sam, bench, "Plans");
        task(&mut sam, bench, plans, "Before", None);
        drop(sam);
        Self { dir, keys, plans }
    }

    /// A copy of the database in a folder of its own.
    fn copy(&self, name: &str) -> PathBuf {
        let folder = self.dir.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("poo.db");
        std::fs::copy(self.dir.path().join("poo.db"), &path).unwrap();
        path
    }

    fn open(&self, path: &Path) -> Result<Replica, OpenError> {
        Replica::open(path, self.keys.clone())
    }

    /// After whatever happened, the database opens, has whole what was acknowledged and nothing
    /// that was not tried, is in order, and goes on.
    fn check(&self, path: &Path, acknowledged: &[String], tried: &[String], bench: &mut Bench) {
        let mut sam = self.open(path).unwrap();
        let there = titles(&sam, self.plans);
        for title in acknowledged {
            assert!(there.contains(title), "{title} is lost: {there:?}");
        }
        for title in &there {
            assert!(title == "Before" || tried.contains(title), "{title}?");
        }
        let health = sam.health().unwrap();
        assert!(health.ok, "{:?}", health.problems);
        task(&mut sam, bench, self.plans, "Afterwards", None);
        assert!(titles(&sam, self.plans).contains(&"Afterwards".to_owned()));
    }
}

/// Some commands, as many as are made before the disk is too broken to go on; those that were
/// acknowledged are noted.
fn work(replica: &mut Replica, bench: &mut Bench, list: DocumentId, done: &mut Vec<String>) {
    for title in tried() {
        let new = NewTask {
            title: title.clone(),
            ..NewTask::default()
        };
        let command = Command::CreateTask { list, task: new };
        match replica.execute(&command, &mut bench.env()) {
            Ok(Outcome::Task { .. }) => done.push(title),
            Ok(other) => panic!("{other:?}"),
            Err(error) => {
                let said = error.to_string();
                let is_told = ["disk", "room", "full", "database"];
                assert!(is_told.iter().any(|word| said.contains(word)), "{said}");
            }
        }
    }
}

fn tried() -> Vec<String> {
    (0..2).map(|at| format!("Task {at}")).collect()
}

fn every_operation_fails(fault: Fault) {
    let bench = &mut Bench::new(1);
    let bed = Bed::new(bench);
    for spared in 0.. {
        let path = bed.copy(&format!("{spared}"));
        let mut done = Vec::new();
        let ((), met) = with_fault(spared, fault, || {
            // Closing writes too: what is in the log goes into the database.
            if let Ok(mut sam) = bed.open(&path) {
                work(&mut sam, bench, bed.plans, &mut done);
            }
        });
        bed.check(&path, &done, &tried(), bench);
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        if !met {
            assert_eq!(done, tried());
            assert!(spared > 15, "only {spared} operations were seen");
            return;
        }
    }
}

#[test]
fn whichever_write_fails_once_nothing_acknowledged_is_lost() {
    every_operation_fails(Fault::Once);
}

#[test]
fn whenever_the_disk_is_full_nothing_acknowledged_is_lost() {
    every_operation_fails(Fault::Full);
}

#[test]
fn whenever_the_power_is_cut_nothing_acknowledged_is_lost() {
    every_operation_fails(Fault::Dead);
}

#[test]
fn a_database_that_could_not_be_made_is_made_at_the_next_try_or_named() {
    let bench = &mut Bench::new(2);
    let keys = Keyring::generate(&mut bench.env());
    let dir = tempfile::tempdir().unwrap();
    for (first, fault) in [Fault::Once, Fault::Full, Fault::Dead]
        .into_iter()
        .enumerate()
    {
        // Each place with one of the three: most of them are pages of one long commit.
        for spared in (first as u64..).step_by(3) {
            let path = dir.path().join(format!("{fault:?} {spared}.db"));
            let mut bench = Bench::new(3);
            let (made, met) = with_fault(spared, fault, || {
                let mut sam = Replica::create(&path, keys.clone()).ok()?;
                sam.found("Sam", &mut bench.env()).ok()
            });
            // Once it is there it is opened; before, it is made.
            let again = match Replica::open(&path, keys.clone()) {
                Err(OpenError::Store(StoreError::Empty | StoreError::Denied(_))) => {
                    assert!(made.is_none(), "what was made is gone");
                    Replica::create(&path, keys.clone())
                }
                other => other,
            };
            let mut sam = again.unwrap_or_else(|error| panic!("{fault:?} {spared}: {error}"));
            sam.found("Sam", &mut bench.env()).unwrap();
            assert!(sam.health().unwrap().ok);
            drop(sam);
            if !met {
                break;
            }
        }
    }
}
