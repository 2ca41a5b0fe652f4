//! Many devices on one relay, shortly: `make soak` does it with thousands and for long.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use poo_tests::programs;
use poo_tests::soak::{self, Plan};

#[test]
fn many_devices_write_and_come_and_go_and_nothing_is_lost() {
    let plan = Plan {
        connections: 40,
        time: Duration::from_secs(10),
        storm_every: Duration::from_secs(2),
    };
    let report = soak::run(programs!(), plan);
    assert!(report.faults.is_empty(), "{:?}\n{report}", report.faults);
    assert!(report.tasks > 0 && report.storms > 0, "{report}");
    for times in [&report.committed, &report.seen, &report.back, &report.first] {
        assert!(times.count() > 0, "{report}");
    }
}
