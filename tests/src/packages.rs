//! Programs in other languages, on other people's libraries, that tests run.
//!
//! `scripts/node-packages` installs the libraries, outside of the sources.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use crate::repository;

/// A folder in `stage` with the programs of a folder of the repository, such as `tests/stock`,
/// and their libraries beside them.
///
/// # Panics
/// If the libraries are not installed, and says how to.
#[must_use]
pub fn beside(stage: &Path, source: &str) -> PathBuf {
    let name = source.rsplit('/').next().unwrap_or(source);
    let folder = stage.join(name);
    if folder.exists() {
        return folder;
    }
    let modules = installed(source, name);
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(modules, folder.join("node_modules")).unwrap();
    for entry in std::fs::read_dir(repository::root().join(source)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
    }
    folder
}

/// Where `scripts/node-packages` puts the libraries of a folder.
fn installed(source: &str, name: &str) -> PathBuf {
    let program = std::env::current_exe().unwrap();
    // The program of a test lies in TARGET/PROFILE/deps.
    let target = program.ancestors().nth(3).unwrap();
    let modules = target.join("node").join(name).join("node_modules");
    assert!(
        modules.join("@automerge").is_dir(),
        "the libraries of {source} are not in {}: run scripts/node-packages",
        modules.display()
    );
    modules
}
