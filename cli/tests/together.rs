//! Several processes on one home: none waits for ever, none loses anything, no history forks.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeSet;

use support::Home;

const PROCESSES: usize = 20;

#[test]
fn twenty_processes_write_at_once_and_nothing_is_lost() {
    let home = Home::with_list();
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..PROCESSES)
            .map(|at| {
                let home = &home;
                scope.spawn(move || {
                    let title = format!("Task {at}");
                    home.run(&["task", "create", &title, "--list", "Groceries"])
                })
            })
            .collect();
        for run in runs {
            let run = run.join().unwrap();
            assert_eq!(run.code, 0, "{run:?}");
        }
    });
    let expected: BTreeSet<String> = (0..PROCESSES).map(|at| format!("Task {at}")).collect();
    let titles: BTreeSet<String> = home.titles(&[]).into_iter().collect();
    assert_eq!(titles, expected);
    home.ok(&["verify", "Groceries"]);
    home.ok(&["doctor"]);
    let conn = rusqlite::Connection::open(home.file("poo.db")).unwrap();
    let actors: i64 = conn
        .query_row(
            "SELECT count(*) FROM actor JOIN document ON document.id = actor.doc
             WHERE actor.device IS NOT NULL AND document.kind = 'list'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(actors, 1, "processes side by side are not taken for copies");
}

#[test]
fn readers_go_on_beside_writers() {
    let home = Home::with_list();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for at in 0..20 {
                home.task(&format!("Task {at}"), &[]);
            }
        });
        let mut seen = 0;
        while !writer.is_finished() {
            let now = home.titles(&[]).len();
            assert!(now >= seen, "{now} after {seen}");
            seen = now;
        }
        writer.join().unwrap();
    });
    assert_eq!(home.titles(&[]).len(), 20);
}
