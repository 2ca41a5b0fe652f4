//! docs/SECURITY.md names the tests of each defence: they are there under these names.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use poo_tests::repository;

/// A row of the table of threats: the threat, and what stands between backticks where it says how
/// it is tested.
fn rows(page: &str) -> Vec<(&str, Vec<&str>)> {
    let (_, rest) = page.split_once("## Threats").unwrap();
    let table = rest.split("\n## ").next().unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| "));
    rows.skip(1)
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
            assert_eq!(
                cells.len(),
                4,
                "a threat, a defence, tests, what remains: {row}"
            );
            let named = cells[2].split('`').skip(1).step_by(2).collect();
            (cells[0].trim(), named)
        })
        .collect()
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let page = std::fs::read_to_string(repository::root().join("docs/SECURITY.md")).unwrap();
    let rows = rows(&page);
    assert!(rows.len() > 30, "{} threats", rows.len());
    for (threat, named) in rows {
        let mut file: Option<(&str, String)> = None;
        for name in named {
            if name.contains('/') {
                let text = std::fs::read_to_string(repository::root().join(name));
                file = Some((
                    name,
                    text.unwrap_or_else(|error| panic!("{threat}: {name}: {error}")),
                ));
                continue;
            }
            let (path, text) =
                (file.as_ref()).unwrap_or_else(|| panic!("{threat}: {name} stands behind no file"));
            let is_there = match path.ends_with(".rs") {
                true => text.contains(&format!("fn {name}(")),
                false => text.contains(&format!("test(\"{name}\"")),
            };
            assert!(is_there, "{threat}: {path} has no test {name}");
        }
    }
}
