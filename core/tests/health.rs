//! Looking after a database file: one that was emptied, and one that others write to meanwhile.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::{Bench, list, task};
use poo_core::replica::{Keyring, OpenError, Replica};
use poo_core::store::StoreError;

#[test]
fn an_emptied_file_is_not_taken_for_a_new_database() {
    let bench = &mut Bench::new(1);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("poo.db");
    let keys = Keyring::generate(&mut bench.env());
    // Where there is none one is made.
    drop(Replica::open(&path, keys.clone()).unwrap());
    drop(Replica::open(&path, keys.clone()).unwrap());
    std::fs::write(&path, b"").unwrap();
    let error = Replica::open(&path, keys.clone()).unwrap_err();
    assert!(
        matches!(error, OpenError::Store(StoreError::Empty)),
        "{error}"
    );
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
    // Who makes one says so.
    drop(Replica::create(&path, keys.clone()).unwrap());
    drop(Replica::open(&path, keys).unwrap());
}

#[test]
fn a_check_is_not_upset_by_others_who_write() {
    let bench = &mut Bench::new(2);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("poo.db");
    let keys = Keyring::generate(&mut bench.env());
    let mut sam = Replica::open(&path, keys.clone()).unwrap();
    sam.found("Sam", &mut bench.env()).unwrap();
    let plans = list(&mut sam, bench, "Plans");
    for n in 0..50 {
        task(&mut sam, bench, plans, &format!("Task {n}"), None);
    }
    let done = AtomicBool::new(false);
    let mut other = Replica::open(&path, keys).unwrap();
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let bench = &mut Bench::new(3);
            while !done.load(Ordering::Relaxed) {
                task(&mut other, bench, plans, "Meanwhile", None);
                std::thread::yield_now();
            }
        });
        let checked: Vec<_> = (0..20)
            .map(|_| sam.health().map(|health| health.ok))
            .collect();
        done.store(true, Ordering::Relaxed);
        writing.join().unwrap();
        for health in checked {
            assert!(health.unwrap());
        }
    });
}
