//! What it costs SQLite to open a list and its record: as much in ten times as many tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use crate::document::DocumentId;
use crate::model::interchange::ListLook;
use crate::model::{Command, ImportedTask, Outcome, Query, TaskFilter};
use crate::replica::{Env, Keyring, Replica};

const PAGE: u32 = 50;

/// A list of so many tasks.
fn list_of(tasks: usize) -> (Replica, DocumentId) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut env = Env {
        now: Timestamp::from_second(1_790_000_000).unwrap(),
        rng: &mut rng,
    };
    let mut sam = Replica::in_memory(Keyring::generate(&mut env)).unwrap();
    sam.found("Sam", &mut env).unwrap();
    let title = "Plans".to_owned();
    let made = sam.execute(&Command::CreateList { title }, &mut env);
    let Ok(Outcome::List { list }) = made else {
        panic!("{made:?}")
    };
    let tasks = (0..tasks).map(|n| ImportedTask {
        title: format!("Task {n}"),
        ..ImportedTask::default()
    });
    let import = Command::ImportTasks {
        list,
        tasks: tasks.collect(),
        look: ListLook::default(),
        zone: None,
    };
    sam.execute(&import, &mut env).unwrap();
    (sam, list)
}

/// The steps of SQLite's machine for a query.
fn steps(replica: &mut Replica, query: &Query) -> u64 {
    let count = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&count);
    let conn = replica.store.conn_mut();
    conn.progress_handler(
        1,
        Some(move || {
            counting.fetch_add(1, Ordering::Relaxed);
            false
        }),
    )
    .unwrap();
    replica.query(query, Timestamp::UNIX_EPOCH).unwrap();
    let conn = replica.store.conn_mut();
    conn.progress_handler(1, None::<fn() -> bool>).unwrap();
    count.load(Ordering::Relaxed)
}

#[test]
fn opening_a_list_and_its_record_costs_as_much_in_ten_times_as_many_tasks() {
    let (mut few, few_list) = list_of(300);
    let (mut many, many_list) = list_of(3_000);
    let tasks = |list| Query::Tasks {
        list: Some(list),
        filter: TaskFilter::default(),
        limit: Some(PAGE),
        cursor: None,
    };
    let record = |list| Query::Activity {
        list: Some(list),
        task: None,
        kind: None,
        limit: Some(PAGE),
        cursor: None,
    };
    for ask in [tasks, record] as [fn(DocumentId) -> Query; 2] {
        let (small, large) = (
            steps(&mut few, &ask(few_list)),
            steps(&mut many, &ask(many_list)),
        );
        assert!(
            small > u64::from(PAGE) && large < small + small / 10,
            "{small}, then {large}"
        );
    }
}
