//! Carrying out commands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::write::{Opened, Run, create_document, line};
use super::{CommandError, Env, Replica};
use crate::document::{BIRTH_VERSION, DocumentId, DocumentKind, DocumentNonce, Scalar};
use crate::membership::{Genesis, Role};
use crate::model::interchange::LIST_TITLE_CHARS_MAX;
use crate::model::{Command, Outcome};
use crate::store::DocumentRow;

/// A command as it rests until a relay has acknowledged it: with all that it takes to make the
/// same change again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Recorded {
    pub(super) command: Command,
    pub(super) now_ms: i64,
    pub(super) seed: [u8; 32],
}

impl Replica {
    /// Carries out a command. When this returns, it is on disk.
    ///
    /// # Errors
    /// [`CommandError`] says why not; nothing is written then.
    pub fn execute(
        &mut self,
        command: &Command,
        env: &mut Env<'_>,
    ) -> Result<Outcome, CommandError> {
        let recorded = Recorded {
            command: command.clone(),
            now_ms: env.now.as_millisecond(),
            seed: env.random(),
        };
        self.run(&recorded)
    }

    /// Carries out a recorded command; running it twice makes the same ids.
    pub(super) fn run(&mut self, recorded: &Recorded) -> Result<Outcome, CommandError> {
        let now = Timestamp::from_millisecond(recorded.now_ms)
            .map_err(|_| CommandError::invalid("now", "is no time"))?;
        let mut run = Run::new(now, recorded.seed);
        // Only what is data in the command is written there: texts and ids always serialize.
        let json = serde_json::to_string(recorded).unwrap_or_default();
        match &recorded.command {
            Command::CreateList { title } => self.create_list(title, &mut run, &json),
            Command::RenameList { list, title } => {
                let title = line("title", title, LIST_TITLE_CHARS_MAX)?;
                self.set_meta_field(list, "title", Some(Scalar::Str(title)), &mut run, &json)
            }
            Command::DeleteList { list } => {
                let now = Scalar::Timestamp(run.now_ms());
                self.set_meta_field(list, "deletedAt", Some(now), &mut run, &json)
            }
            Command::RestoreList { list } => {
                self.set_meta_field(list, "deletedAt", None, &mut run, &json)
            }
            Command::CreateTask { list, task } => self.create_task(list, task, &mut run, &json),
            Command::EditTask { list, task, patch } => {
                self.edit_task(list, task, patch, &mut run, &json)
            }
            Command::CompleteTask { list, task } => {
                self.set_status(list, task, crate::model::Status::Done, &mut run, &json)
            }
            Command::ReopenTask { list, task } => {
                self.set_status(list, task, crate::model::Status::Open, &mut run, &json)
            }
            Command::MoveTask { list, task, place } => {
                self.move_task(list, task, place, &mut run, &json)
            }
            Command::DeleteTask { list, task } => {
                self.set_deleted(list, task, true, &mut run, &json)
            }
            Command::RestoreTask { list, task } => {
                self.set_deleted(list, task, false, &mut run, &json)
            }
            Command::ImportTasks { list, tasks } => self.import_tasks(list, tasks, &mut run),
            Command::SetProfile { name, color } => self.set_profile(name, color.as_deref()),
            Command::Share {
                list,
                role,
                expires_in_s,
            } => self.share(list, *role, *expires_in_s, &mut run),
            Command::RevokeMember { list, member } => self.revoke_member(list, member, &mut run),
            Command::RevokeDevice { device } => self.revoke_device(device, &run),
            Command::LinkDevice => self.link_device(&mut run),
            Command::LeaveList { list } => self.leave_list(list, &mut run),
            Command::TransferOwnership { list, to } => self.transfer_ownership(list, to, &mut run),
            Command::ChangeRole { list, member, role } => {
                self.change_role(list, member, *role, &mut run)
            }
            Command::RevokeInvite { list, invite } => self.revoke_invite(list, invite, &run),
            Command::Publish { list } => self.publish(list, &mut run),
            Command::Unpublish { list } => self.unpublish(list, &run),
        }
    }

    fn create_list(
        &mut self,
        title: &str,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let title = line("title", title, LIST_TITLE_CHARS_MAX)?;
        let home = self.relay_did()?;
        let keys = &self.keys;
        let list = self.store.write(|conn| {
            let genesis = Genesis {
                owner: keys.did,
                nonce: DocumentNonce::Random(run.random()),
                kind: DocumentKind::List,
                version: BIRTH_VERSION,
                home,
                created_at_ms: run.now_ms(),
            };
            let id = genesis.document();
            // Made again after a fork, the list is there already.
            let mut opened = match DocumentRow::find(conn, &id)? {
                Some(_) => Opened::find(conn, &id, "list")?,
                None => create_document(conn, keys, genesis)?,
            };
            let meta = opened.map(conn, "meta")?;
            opened.change(conn, keys, run, json, |draft, run| {
                let meta = draft.stored(meta)?;
                draft.put(meta, "title", Scalar::Str(title))?;
                Ok(draft.put(meta, "createdAt", Scalar::Timestamp(run.now_ms()))?)
            })?;
            Ok::<_, CommandError>(id)
        })?;
        self.note_in_space(&list, run)?;
        Ok(Outcome::List { list })
    }

    /// Notes a list in the person's space, if the space is here.
    pub(super) fn note_in_space(
        &mut self,
        list: &DocumentId,
        run: &mut Run,
    ) -> Result<(), CommandError> {
        let space = self.space_id();
        let keys = &self.keys;
        self.store.write(|conn| {
            if DocumentRow::find(conn, &space)?.is_none() {
                return Ok(());
            }
            let mut opened = Opened::find(conn, &space, "space")?;
            let lists = opened.map(conn, "lists")?;
            let key = list.to_string();
            opened.change(conn, keys, run, "", |draft, run| {
                let lists = draft.stored(lists)?;
                if draft.is_set(lists, &key)? {
                    return Ok(());
                }
                Ok(draft.put(lists, &key, Scalar::Timestamp(run.now_ms()))?)
            })?;
            Ok(())
        })
    }

    fn set_meta_field(
        &mut self,
        list: &DocumentId,
        field: &str,
        value: Option<Scalar>,
        run: &mut Run,
        json: &str,
    ) -> Result<Outcome, CommandError> {
        let keys = &self.keys;
        let changed = self.store.write(|conn| {
            let mut opened = Opened::find(conn, list, "list")?;
            let meta = opened.map(conn, "meta")?;
            let ((), changed) = opened.change(conn, keys, run, json, |draft, _| {
                let meta = draft.stored(meta)?;
                match value {
                    // Deleting a list that is deleted changes nothing, not even the time.
                    Some(Scalar::Timestamp(_)) if draft.is_set(meta, field)? => Ok(()),
                    Some(value) => Ok(draft.put(meta, field, value)?),
                    None => Ok(draft.delete(meta, field)?),
                }
            })?;
            Ok::<_, CommandError>(changed)
        })?;
        Ok(Outcome::Done { changed })
    }
}

/// The role that sharing and revoking take.
pub(super) const MANAGE: Role = Role::Owner;
