//! The TypeScript types of commands, queries and answers are those of the Rust types. After a
//! change of these: `POO_WRITE_TYPES=1 cargo nextest run -p poo-tests -E 'binary(typescript)'`.

use poo_tests::{repository, typescript};

/// Where the types are that cross to JavaScript.
const SOURCES: [&str; 15] = [
    "core/src/membership/kinds.rs",
    "core/src/model/activity.rs",
    "core/src/model/command.rs",
    "core/src/model/fields.rs",
    "core/src/model/files.rs",
    "core/src/model/interchange/comment.rs",
    "core/src/model/interchange/look.rs",
    "core/src/model/interchange/task.rs",
    "core/src/model/query.rs",
    "core/src/model/quick_add/mod.rs",
    "core/src/model/values.rs",
    "core/src/model/view.rs",
    "core/src/sync/presence.rs",
    "client-web/engine/src/problem.rs",
    "client-web/engine/src/wire.rs",
];
const WRITTEN: &str = "client-web/packages/engine/src/generated/model.ts";

#[test]
fn the_types_are_those_of_the_engine() {
    let sources: Vec<(String, String)> = SOURCES
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(repository::root().join(path)).unwrap();
            ((*path).to_owned(), text)
        })
        .collect();
    let types = typescript::declarations(&sources).unwrap();
    let written = repository::root().join(WRITTEN);
    if std::env::var_os("POO_WRITE_TYPES").is_some() {
        std::fs::create_dir_all(written.parent().unwrap()).unwrap();
        std::fs::write(&written, &types).unwrap();
    }
    let there = std::fs::read_to_string(&written).unwrap_or_default();
    assert!(
        there == types,
        "{WRITTEN} is not what the Rust types say: run this test with POO_WRITE_TYPES=1"
    );
}

#[test]
fn what_is_not_known_is_refused() {
    let odd = "#[derive(Serialize)] struct A { #[serde(getter = \"x\")] b: u8 }";
    let error = typescript::declarations(&[("a.rs".to_owned(), odd.to_owned())]).unwrap_err();
    assert!(error.contains("getter"), "{error}");
}
