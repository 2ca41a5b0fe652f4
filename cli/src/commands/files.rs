//! The files of a list, in a folder beside its export: `home.json` has `home.files`, and in it
//! each file under its hash.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use poo_core::document::DocumentId;
use poo_core::model::interchange::ImportedTask;
use poo_core::model::{Answer, Attachment, BlobHash, FileKind, NewFile, Query, TaskFilter};
use poo_core::replica::Replica;

use super::attach::read;
use crate::find::answer;
use crate::home::file_problem;
use crate::moment::Moment;
use crate::problem::Problem;

/// What became of the files of a list that was written.
#[derive(Debug, Default)]
pub(super) struct Put {
    /// How many are in the folder now.
    pub(super) written: u64,
    /// The names of those that are not on this device.
    pub(super) elsewhere: Vec<String>,
}

/// Where the files of an export are.
pub(super) fn folder_of(export: &Path) -> PathBuf {
    export.with_extension("files")
}

/// Writes the files that the tasks of a list name into the folder beside its export.
pub(super) fn put_beside(
    replica: &Replica,
    moment: &Moment,
    list: DocumentId,
    export: &Path,
) -> Result<Put, Problem> {
    let mut put = Put::default();
    let folder = folder_of(export);
    for (id, file) in carried(replica, moment, list)? {
        let hash = id.parse().map_err(|_| Problem::Unexpected("file"))?;
        let Some(mut bytes) = replica.open_blob(&list, &hash)? else {
            put.elsewhere.push(file.name);
            continue;
        };
        fs::create_dir_all(&folder).map_err(|source| file_problem(&folder, source))?;
        let path = path_of(&folder, &hash, &file.mime);
        let written = File::create(&path).and_then(|mut target| {
            io::copy(&mut bytes, &mut target)?;
            target.sync_all()
        });
        written.map_err(|source| file_problem(&path, source))?;
        put.written += 1;
    }
    Ok(put)
}

/// Takes in the files that an import names, from the folder beside it. Gives the names of those
/// that are neither there nor here.
pub(super) fn take_in(
    replica: &mut Replica,
    import: &Path,
    tasks: &[ImportedTask],
) -> Result<Vec<String>, Problem> {
    let mut absent = Vec::new();
    let folder = folder_of(import);
    for (hash, file) in named(tasks) {
        let path = path_of(&folder, &hash, &file.mime);
        if path.is_file() {
            let bytes = read(&path)?;
            if BlobHash::of(&bytes) != hash {
                return Err(Problem::Usage(format!(
                    "{} is not the file that the list names: it was changed; take it out of the folder to import the list without it",
                    path.display()
                )));
            }
            replica.put_blob(&bytes)?;
        } else if !replica.has_blob(&hash)? {
            absent.push(file.name);
        }
    }
    Ok(absent)
}

/// Every file that the tasks of a list name, by its id, each once.
fn carried(
    replica: &Replica,
    moment: &Moment,
    list: DocumentId,
) -> Result<BTreeMap<String, Attachment>, Problem> {
    let mut found = BTreeMap::new();
    let mut cursor = None;
    loop {
        let query = Query::Tasks {
            list: Some(list),
            filter: TaskFilter::default(),
            limit: None,
            cursor,
        };
        let page = answer!(replica, moment, query, Tasks, "tasks")?;
        let files = page.items.into_iter().flat_map(|task| task.attachments);
        found.extend(files.map(|file| (file.id.clone(), file)));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(found);
        }
    }
}

/// Every file that an import names, each once.
fn named(tasks: &[ImportedTask]) -> BTreeMap<BlobHash, NewFile> {
    let mut found = BTreeMap::new();
    for task in tasks {
        let own = task.attachments.iter().cloned();
        found.extend(own.map(|file| (file.hash, file)));
        found.extend(named(&task.children));
    }
    found
}

/// Where a file is: under its hash, since several may have one name, and with the ending by which
/// other programs know it.
fn path_of(folder: &Path, hash: &BlobHash, mime: &str) -> PathBuf {
    let kind = FileKind::of_mime(mime);
    let ending = kind.map_or("bin", FileKind::ending);
    folder.join(format!("{hash}.{ending}"))
}
