//! What a fuzzer found to reach something that nothing else reaches: one file for each target, a
//! CBOR array of byte strings, the shortest first.

use std::collections::BTreeSet;
use std::io::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

use minicbor::bytes::ByteVec;

use crate::repository;

fn file(target: &str) -> PathBuf {
    repository::root()
        .join("fuzz/corpus")
        .join(format!("{target}.cbor"))
}

/// What is kept of a target: of a new one nothing.
///
/// # Errors
/// If the file cannot be read, or is no such array.
pub fn kept(target: &str) -> Result<Vec<Vec<u8>>> {
    let packed = match std::fs::read(file(target)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        packed => packed?,
    };
    let inputs: Vec<ByteVec> = minicbor::decode(&packed).map_err(Error::other)?;
    Ok(inputs.into_iter().map(Vec::from).collect())
}

/// Keeps the files of a folder instead of what was kept of a target.
///
/// # Errors
/// If they cannot be read, or the file cannot be written.
pub fn keep(target: &str, folder: &Path) -> Result<()> {
    let mut inputs = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        let input = std::fs::read(entry?.path())?;
        inputs.insert((input.len(), input));
    }
    let inputs: Vec<ByteVec> = inputs.into_iter().map(|(_, it)| it.into()).collect();
    let packed = minicbor::to_vec(&inputs).map_err(Error::other)?;
    std::fs::write(file(target), packed)
}
