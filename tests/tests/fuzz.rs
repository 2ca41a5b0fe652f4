//! What is kept of inputs, and variations of it, through every reader of bytes from outside. How
//! much memory one input takes is counted.
//!
//! `POO_FUZZ_CASES` says how many variations there are of each reader's, `POO_FUZZ_SEED` which.

#![allow(
    unsafe_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "an allocator that counts; a test fails by panicking"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use poo_tests::fuzz::{Mutator, TARGETS, Target, corpus, target};

/// No input takes more memory than that, beside what is there before it.
const BYTES_MAX: isize = 64 << 20;

struct Counting;

thread_local! {
    static NOW: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    // Threads that end have no counters any longer.
    let _counted = NOW.try_with(|now| {
        now.set(now.get() + bytes);
        let _most = MOST.try_with(|most| most.set(most.get().max(now.get())));
    });
}

// It hands everything on to the system's and changes nothing of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.cast_signed() - layout.size().cast_signed());
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn number(name: &str, usual: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(usual, |text| text.parse().unwrap())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn try_one(target: &Target, input: &[u8], context: &str) {
    let before = NOW.get();
    MOST.set(before);
    let run = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let taken = MOST.get() - before;
    let name = target.name;
    assert!(run.is_ok(), "{name}, {context}: {}", hex(input));
    assert!(
        taken < BYTES_MAX,
        "{name}, {context}: {taken} bytes of memory for {}",
        hex(input)
    );
}

fn withstands(name: &str, usual: u64) {
    let target = target(name).unwrap();
    let mut inputs = (target.seeds)();
    inputs.extend(corpus::kept(name).unwrap());
    inputs.push(Vec::new());
    // What is made once is not this input's.
    (target.run)(&[]);
    for (at, input) in inputs.iter().enumerate() {
        try_one(target, input, &format!("kept {at}"));
    }
    let (cases, seed) = (number("POO_FUZZ_CASES", usual), number("POO_FUZZ_SEED", 1));
    let mut mutator = Mutator::new(seed);
    for case in 0..cases {
        let input = mutator.vary(&inputs);
        try_one(target, &input, &format!("seed {seed}, case {case}"));
    }
}

#[test]
fn changes_documents_tips_and_statements_withstand_anything() {
    for name in ["change", "document", "tip", "statement", "presence"] {
        withstands(name, 1_000);
    }
}

#[test]
fn texts_and_files_withstand_anything() {
    for name in ["link", "quick_add", "rule", "import", "config"] {
        withstands(name, 500);
    }
}

#[test]
fn sessions_withstand_anything() {
    withstands("session", 100);
}

#[test]
fn token_sessions_withstand_anything() {
    withstands("token", 100);
}

#[test]
fn every_target_has_its_test_and_its_corpus() {
    let source = include_str!("fuzz.rs");
    for target in TARGETS {
        assert!(
            source.contains(&format!("\"{}\"", target.name)),
            "{}",
            target.name
        );
        assert!(
            !corpus::kept(target.name).unwrap().is_empty(),
            "nothing is kept of {0}: make fuzz TARGET={0}",
            target.name
        );
    }
}
