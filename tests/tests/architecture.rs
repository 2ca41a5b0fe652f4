//! ARCHITECTURE.md names every place there is, and no place that is not there.
//!
//! On that page backticks are for places: a path from the root (`sync-server`, `scripts/deny`),
//! or a module of the engine by its name alone (`document`).

use std::collections::BTreeSet;

use poo_tests::repository;

fn is_place(span: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    !span.is_empty()
        && span.chars().all(plain)
        && (span.contains('/') || !span.contains(|c: char| c.is_ascii_uppercase()))
}

/// What stands between backticks and looks like a place, in the page's own order.
fn places(page: &str) -> Vec<&str> {
    page.split('`')
        .skip(1)
        .step_by(2)
        .filter(|span| is_place(span))
        .map(|span| span.trim_end_matches('/'))
        .collect()
}

/// The part of a path before its first slash, where there is one.
fn folder(path: &str) -> Option<&str> {
    path.split_once('/').map(|(first, _)| first)
}

/// Every folder at the root, and every module of the engine.
fn what_there_is(files: &[String]) -> BTreeSet<String> {
    let mut places = BTreeSet::new();
    for file in files {
        places.extend(folder(file).map(str::to_owned));
        if let Some(inside) = file.strip_prefix("core/src/")
            && inside != "lib.rs"
        {
            let module = folder(inside).or(inside.strip_suffix(".rs"));
            places.extend(module.map(str::to_owned));
        }
    }
    places
}

#[test]
fn the_page_names_every_place_and_no_other() {
    let page = std::fs::read_to_string(repository::root().join("ARCHITECTURE.md")).unwrap();
    let there = what_there_is(&repository::files().unwrap());
    let named = places(&page);

    let gone: Vec<_> = named
        .iter()
        .filter(|place| !there.contains(**place) && !repository::root().join(place).exists())
        .collect();
    assert!(
        gone.is_empty(),
        "ARCHITECTURE.md names what is not there: {gone:?}. \
         Correct the page; between backticks it has places and nothing else."
    );

    let unnamed: Vec<_> = there
        .iter()
        .filter(|place| !named.contains(&place.as_str()))
        .collect();
    assert!(
        unnamed.is_empty(),
        "ARCHITECTURE.md does not name {unnamed:?}: say there what each is for"
    );
}

#[test]
fn only_places_count() {
    let page = "`core` and `core/src/` but `did:key`, `Change::decode()`, `README` and plain core";
    assert_eq!(places(page), ["core", "core/src"]);
}

#[test]
fn modules_are_files_or_folders() {
    let files = [
        "core/src/lib.rs",
        "core/src/bytes.rs",
        "core/src/store/sql.rs",
        "Makefile",
    ];
    let there = what_there_is(&files.map(str::to_owned));
    assert_eq!(
        there,
        BTreeSet::from(["bytes", "core", "store"].map(str::to_owned))
    );
}
