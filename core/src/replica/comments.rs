//! Commands on comments, and on notes in the activity: those are comments on the list itself.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::write::{Opened, Run, text};
use super::{CommandError, Replica};
use crate::document::{DocumentId, Scalar};
use crate::membership::Role;
use crate::model::{Outcome, TaskId};

/// The longest comment, in characters.
pub(super) const COMMENT_CHARS_MAX: usize = 10_000;

fn body(given: &str) -> Result<&str, CommandError> {
    let given = text("text", given.trim(), COMMENT_CHARS_MAX)?;
    if given.is_empty() {
        return Err(CommandError::invalid("text", "must not be empty"));
    }
    Ok(given)
}

/// A comment as the commands need it.
struct Stored {
    object: i64,
    author: i64,
}

fn stored(conn: &Connection, doc: i64, comment: &TaskId) -> Result<Stored, CommandError> {
    conn.prepare_cached(
        "SELECT obj, author FROM comment
         WHERE doc = ?1 AND comment = ?2 AND deleted_at IS NULL",
    )?
    .query_row(params![doc, comment.to_string()], |row| {
        Ok(Stored {
            object: row.get(0)?,
            author: row.get(1)?,
        })
    })
    .optional()?
    .ok_or(CommandError::NotFound("comment"))
}

impl Replica {
    /// Adds a comment on a task, or without one a note on the list.
    pub(super) fn add_comment(
        &mut self,
        list: &DocumentId,
        task: Option<&TaskId>,
        given: &str,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let body = body(given)?;
        let keys = &self.keys;
        let comment = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            if let Some(task) = task {
                super::tasks::check_task(conn, opened.document.row, task)?;
            }
            let comments = opened.map(conn, "comments")?;
            let (id, _) = opened.change(conn, keys, run, json, |draft, run| {
                let id = run.task_id();
                let comments = draft.stored(comments)?;
                let comment = draft.make_map(comments, &id.to_string())?;
                if let Some(task) = task {
                    draft.put(comment, "task", Scalar::Str(task.to_string()))?;
                }
                draft.put(comment, "createdAt", Scalar::Timestamp(run.now_ms()))?;
                let text = draft.make_text(comment, "body")?;
                draft.type_new(text, body);
                Ok(id)
            })?;
            Ok::<_, CommandError>(id)
        })?;
        Ok(Outcome::Comment {
            list: *list,
            comment,
        })
    }

    pub(super) fn edit_comment(
        &mut self,
        list: &DocumentId,
        comment: &TaskId,
        given: &str,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let body = body(given)?;
        let keys = &self.keys;
        let changed = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let found = stored(conn, opened.document.row, comment)?;
            if opened.author(found.author) != Some(keys.did) {
                return Err(CommandError::Forbidden { needed: "author" });
            }
            let ((), changed) = opened.change(conn, keys, run, json, |draft, run| {
                let target = draft.stored(found.object)?;
                let before = draft.len();
                draft.edit_text(target, "body", body)?;
                if draft.len() > before {
                    draft.put(target, "editedAt", Scalar::Timestamp(run.now_ms()))?;
                }
                Ok(())
            })?;
            Ok::<_, CommandError>(changed)
        })?;
        Ok(Outcome::Done { changed })
    }

    pub(super) fn delete_comment(
        &mut self,
        list: &DocumentId,
        comment: &TaskId,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let keys = &self.keys;
        let changed = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let found = stored(conn, opened.document.row, comment)?;
            let own = opened.author(found.author) == Some(keys.did);
            if !own && opened.authority.role(&keys.did) != Some(Role::Owner) {
                return Err(CommandError::Forbidden {
                    needed: "author or owner",
                });
            }
            let ((), changed) = opened.change(conn, keys, run, json, |draft, run| {
                let target = draft.stored(found.object)?;
                Ok(draft.put(target, "deletedAt", Scalar::Timestamp(run.now_ms()))?)
            })?;
            Ok::<_, CommandError>(changed)
        })?;
        Ok(Outcome::Done { changed })
    }
}
