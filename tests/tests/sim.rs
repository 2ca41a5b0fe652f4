//! The deterministic simulation, on a fixed set of seeds and on fresh ones.

use poo_tests::sim;

#[test]
fn a_seed_runs_the_same_each_time() {
    for seed in 0..2 {
        let one = sim::run(seed, None).unwrap_or_else(|f| panic!("{}\n{}", f.story, f.what));
        let other = sim::run(seed, None).unwrap_or_else(|f| panic!("{}\n{}", f.story, f.what));
        assert_eq!(one.trace, other.trace);
    }
}
