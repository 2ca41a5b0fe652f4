//! An offline-first sync engine for lists: signed Automerge documents on SQLite.

pub mod model;
