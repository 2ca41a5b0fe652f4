//! The files of this repository, for tests about how it is kept.

use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder that holds the workspace.
pub fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// Every file that git keeps or would keep, by its path from the root, in order.
pub fn files() -> Result<Vec<String>> {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()?;
    if !listed.status.success() {
        let reason = String::from_utf8_lossy(&listed.stderr).into_owned();
        return Err(Error::other(format!("git ls-files: {reason}")));
    }
    let names = String::from_utf8(listed.stdout).map_err(Error::other)?;
    let mut files: Vec<String> = names
        .split('\0')
        .filter(|name| !name.is_empty() && root().join(name).is_file())
        .map(str::to_owned)
        .collect();
    files.sort();
    files.dedup();
    Ok(files)
}

/// Every file of [`files`] that is text, with what is in it.
pub fn texts() -> Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for name in files()? {
        if let Ok(text) = String::from_utf8(std::fs::read(root().join(&name))?) {
            texts.push((name, text));
        }
    }
    Ok(texts)
}
