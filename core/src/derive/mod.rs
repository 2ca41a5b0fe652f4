//! What people look at, as pure functions of merged state: the same on every replica, and so
//! never stored in a document nor synced.

pub mod aisles;
mod keywords;
mod streaks;

pub use streaks::{MILESTONES, Milestone, Streaks, streaks};
