//! Programs in other languages, on other people's libraries, that tests run.
//!
//! `scripts/node-packages` installs the libraries, outside of the sources.

use std::path::{Path, PathBuf};

use crate::repository;

/// A folder in `stage` with the programs of `tests/NAME` and their libraries beside them.
///
/// # Panics
/// If the libraries are not installed, and says how to.
#[must_use]
pub fn beside(stage: &Path, name: &str) -> PathBuf {
    let folder = stage.join(name);
    if folder.exists() {
        return folder;
    }
    let modules = installed(name);
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(modules, folder.join("node_modules")).unwrap();
    let sources = repository::root().join("tests").join(name);
    for entry in std::fs::read_dir(sources).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "mjs") {
            std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
    }
    folder
}

/// Where the libraries of `tests/NAME` are.
fn installed(name: &str) -> PathBuf {
    let program = std::env::current_exe().unwrap();
    // The program of a test lies in TARGET/PROFILE/deps.
    let target = program.ancestors().nth(3).unwrap();
    let modules = target.join("node").join(name).join("node_modules");
    assert!(
        modules.join("@automerge").is_dir(),
        "the libraries of tests/{name} are not in {}: run scripts/node-packages",
        modules.display()
    );
    modules
}
