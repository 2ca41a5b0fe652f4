//! What is in the data folder is for its owner only.

use std::ffi::OsString;
use std::io::{Error, ErrorKind};
use std::path::Path;

/// Makes a folder, where there is none. One that is there stays as its owner wants it.
pub(super) fn make_folder(path: &Path) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Lets nobody else read a database that was just made: the file, its log and that one's index.
pub(super) fn close_off(database: &Path) -> Result<(), Error> {
    for beside in ["", "-wal", "-shm"] {
        let mut path = OsString::from(database);
        path.push(beside);
        match only_for_owner(Path::new(&path)) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            closed => closed?,
        }
    }
    Ok(())
}

#[cfg(unix)]
fn only_for_owner(path: &Path) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn only_for_owner(_: &Path) -> Result<(), Error> {
    Ok(())
}
