//! What follows from merged state, by pure functions: equal on every replica, and never synced.

pub mod aisles;
mod keywords;
