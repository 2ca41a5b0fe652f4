//! Attaching files to tasks, and taking them off.

use super::super::write::Run;
use super::super::{CommandError, Replica};
use crate::document::{DocumentId, Scalar};
use crate::model::{
    BlobHash, FILE_BYTES_MAX, FileKind, NewFile, Outcome, TASK_FILES_MAX, TaskId, file_name_fault,
};
use crate::store::{Draft, StoreError, StoredAttachment, Target, blobs};
use rusqlite::{Connection, params};

/// The kind of file that a name and a media type agree on.
pub(in crate::replica) fn kind(name: &str, mime: &str) -> Result<FileKind, CommandError> {
    if let Some(fault) = file_name_fault(name) {
        return Err(CommandError::invalid("name", fault));
    }
    let kind = FileKind::of_mime(mime).ok_or_else(|| {
        CommandError::invalid(
            "mime",
            "is not taken: a file is image/jpeg, image/png, image/gif, image/webp, application/pdf, text/plain or application/json",
        )
    })?;
    if FileKind::of_name(name) != Some(kind) {
        return Err(CommandError::invalid(
            "mime",
            format!("is {mime}, and the name says something else: make them agree"),
        ));
    }
    Ok(kind)
}

/// Refuses a file of more bytes than fit, and one without any.
pub(in crate::replica) fn check_size(field: &'static str, size: u64) -> Result<(), CommandError> {
    if size == 0 {
        return Err(CommandError::invalid(
            field,
            "is 0 bytes: there is nothing in the file",
        ));
    }
    if size > FILE_BYTES_MAX {
        return Err(CommandError::invalid(
            field,
            format!("is {size} bytes; at most {FILE_BYTES_MAX} (10 MiB) fit in a file"),
        ));
    }
    Ok(())
}

/// Whether a file is here, and is what is said of it.
pub(super) fn check_file(conn: &Connection, file: &NewFile) -> Result<(), CommandError> {
    let kind = kind(&file.name, &file.mime)?;
    check_size("size", file.size)?;
    let found = (
        blobs::size(conn, &file.hash)?,
        blobs::kinds(conn, &file.hash)?,
    );
    let (Some(size), Some(kinds)) = found else {
        return Err(CommandError::NotFound("file"));
    };
    if size != file.size {
        return Err(CommandError::invalid(
            "size",
            format!("is {} bytes, and the file has {size}", file.size),
        ));
    }
    if !kinds.contains(kind) {
        return Err(CommandError::invalid(
            "mime",
            format!("is {}, and what is in the file is not", file.mime),
        ));
    }
    Ok(())
}

/// Names a file in a task.
pub(super) fn write_file(
    draft: &mut Draft<'_>,
    task: Target,
    file: &NewFile,
) -> Result<(), CommandError> {
    let value = serde_json::json!({
        "name": file.name,
        "mime": file.mime,
        "size": file.size,
    });
    Ok(draft.put(task, &key(&file.hash), Scalar::Str(value.to_string()))?)
}

/// The files that a task names.
fn files(conn: &Connection, doc: i64, task: &TaskId) -> Result<Vec<StoredAttachment>, StoreError> {
    let json: String = conn
        .prepare_cached("SELECT attachments FROM item WHERE doc = ?1 AND task = ?2")?
        .query_row(params![doc, task.to_string()], |row| row.get(0))?;
    serde_json::from_str(&json).map_err(|error| StoreError::Damaged(error.to_string()))
}

/// Where a task names a file.
fn key(hash: &BlobHash) -> String {
    format!("attachment/{hash}")
}

impl Replica {
    pub(in crate::replica) fn attach(
        &mut self,
        list: &DocumentId,
        task: &TaskId,
        file: &NewFile,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        check_file(self.conn(), file)?;
        let hash = file.hash;
        let doc = self.document_row(list)?;
        self.change_task(list, task, run, json, |conn, draft, _, target, _| {
            let there = files(conn, doc, task)?;
            let again = there.iter().any(|known| known.hash == hash.to_string());
            if !again && there.len() >= TASK_FILES_MAX {
                return Err(CommandError::invalid(
                    "attachments",
                    format!(
                        "are {TASK_FILES_MAX} already; no more fit on a task: take one off first"
                    ),
                ));
            }
            write_file(draft, target, file)
        })
    }

    pub(in crate::replica) fn detach(
        &mut self,
        list: &DocumentId,
        task: &TaskId,
        attachment: &BlobHash,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        self.change_task(list, task, run, json, |_, draft, _, target, _| {
            Ok(draft.delete(target, &key(attachment))?)
        })
    }

    /// Writes a field of a task as a client without checks would.
    #[cfg(test)]
    pub(crate) fn put_by_hand(
        &mut self,
        list: &DocumentId,
        task: &TaskId,
        key: &str,
        value: &str,
        env: &mut crate::replica::Env<'_>,
    ) {
        let mut run = Run::new(env.now, env.random());
        let value = Scalar::Str(value.to_owned());
        let put = self.change_task(list, task, &mut run, "", |_, draft, _, target, _| {
            Ok(draft.put(target, key, value)?)
        });
        assert!(put.is_ok(), "{put:?}");
    }

    fn document_row(&self, list: &DocumentId) -> Result<i64, CommandError> {
        let row = crate::store::DocumentRow::find(self.conn(), list)?;
        row.map(|row| row.row).ok_or(CommandError::NotFound("list"))
    }
}
