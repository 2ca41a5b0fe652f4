//! What people do with tasks and lists, through the one door, and that every replica shows the
//! same of it: the same tasks, the same activity, whatever came first.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;

mod around;
mod events;
mod feeds;
mod files;
mod members;
mod recurrence;
mod together;
mod trash;
mod undo;

use common::*;
use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::membership::Role;
use poo_core::model::{
    Activity, ActivityAction as Did, Answer, Command, ListPlace, NewTask, Outcome, Query, Sort,
    Status, Task, TaskFilter, TaskId, TaskPatch,
};
use poo_core::replica::{CommandError, Replica};

fn now(bench: &Bench) -> Timestamp {
    Timestamp::from_millisecond(bench.now_ms).unwrap()
}

fn run(replica: &mut Replica, bench: &mut Bench, command: Command) -> Outcome {
    replica.execute(&command, &mut bench.env()).unwrap()
}

fn create(replica: &mut Replica, bench: &mut Bench, list: DocumentId, task: NewTask) -> TaskId {
    match run(replica, bench, Command::CreateTask { list, task }) {
        Outcome::Task { task, .. } => task,
        other => panic!("{other:?}"),
    }
}

fn titled(title: &str) -> NewTask {
    NewTask {
        title: title.into(),
        ..NewTask::default()
    }
}

fn one(replica: &Replica, bench: &Bench, list: DocumentId, task: TaskId) -> Task {
    match replica.query(&Query::Task { list, task }, now(bench)) {
        Ok(Answer::Task(task)) => task,
        other => panic!("{other:?}"),
    }
}

fn complete(replica: &mut Replica, bench: &mut Bench, list: DocumentId, task: TaskId) {
    let zone = Some("UTC".into());
    run(replica, bench, Command::CompleteTask { list, task, zone });
}

fn activity(replica: &Replica, bench: &Bench, list: DocumentId) -> Vec<Activity> {
    let query = Query::Activity {
        list: Some(list),
        task: None,
        kind: None,
        limit: Some(1_000),
        cursor: None,
    };
    match replica.query(&query, now(bench)) {
        Ok(Answer::Activity(page)) => page.items,
        other => panic!("{other:?}"),
    }
}

/// What was done, the latest first.
fn deeds(replica: &Replica, bench: &Bench, list: DocumentId) -> Vec<Did> {
    let rows = activity(replica, bench, list);
    rows.into_iter().map(|row| row.action).collect()
}

fn due(task: &Task) -> String {
    task.due
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// The day on which these tests happen.
const TODAY: &str = "2026-09-21";
