//! An offline-first sync engine for lists: signed Automerge documents on SQLite.
//!
//! Every device and agent holds whole documents and works offline. Every change is signed by
//! who made it. A relay is one more peer, one that never sleeps. What people look at is derived
//! from merged state and equal on every replica.
//!
//! The engine opens no socket, starts no thread and asks no clock: time and randomness are
//! arguments. Only the `net` feature (native) adds a websocket client loop.

/// The tests in here share helpers with those outside, which know this crate by its name.
#[cfg(test)]
extern crate self as poo_core;

mod bytes;
pub mod derive;
pub mod document;
pub mod identity;
pub mod membership;
pub mod model;
#[cfg(not(feature = "mutants"))]
mod mutants;
#[cfg(feature = "mutants")]
pub mod mutants;
#[cfg(feature = "net")]
pub mod net;
pub mod replica;
pub mod store;
pub mod sync;
