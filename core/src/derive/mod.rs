//! What people look at, as pure functions of merged state: the same on every replica, and so
//! never stored in a document nor synced.

mod reminders;
mod streaks;

pub use reminders::{DAY_STARTS_AT, Reminder, ReminderError, remind_at};
pub use streaks::{MILESTONES, Milestone, Streaks, streaks};
