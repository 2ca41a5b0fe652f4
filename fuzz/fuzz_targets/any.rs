//! One program for all targets, so that it is built once: POO_FUZZ_TARGET names the one to try.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use poo_tests::fuzz::{Target, target};

fn chosen() -> &'static Target {
    static CHOSEN: OnceLock<&Target> = OnceLock::new();
    CHOSEN.get_or_init(|| {
        let name = std::env::var("POO_FUZZ_TARGET").unwrap_or_default();
        target(&name).unwrap_or_else(|| panic!("POO_FUZZ_TARGET names no target: `{name}`"))
    })
}

fuzz_target!(|data: &[u8]| (chosen().run)(data));
