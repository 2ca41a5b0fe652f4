//! Carrying out commands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::write::{Run, line};
use super::{CommandError, Env, Replica};
use crate::document::{DocumentId, Scalar};
use crate::membership::Role;
use crate::model::interchange::LIST_TITLE_CHARS_MAX;
use crate::model::{Command, Outcome};

/// A command as it rests until a relay has acknowledged it: with all that it takes to make the
/// same change again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Recorded {
    pub(super) command: Command,
    pub(super) now_ms: i64,
    pub(super) seed: [u8; 32],
}

/// What rests until a relay has acknowledged it. The kinds are told by their fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Resting {
    /// A command.
    Command(Box<Recorded>),
    /// One change of a command's that took back, or made again, what an action had done.
    Turn(Turned),
    /// A note of a list in the person's space, which follows from having the list.
    Note(Noted),
}

/// A turn of one of an action's changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Turned {
    /// The action.
    pub(super) turned: [u8; 16],
    /// Its name.
    pub(super) what: String,
    /// Whether it was taken back.
    pub(super) back: bool,
    /// The change that this one inverts.
    pub(super) actor: i64,
    pub(super) seq: i64,
    pub(super) now_ms: i64,
    pub(super) seed: [u8; 32],
}

/// A note in the space.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Noted {
    pub(super) noted: DocumentId,
    pub(super) now_ms: i64,
    pub(super) seed: [u8; 32],
}

impl Resting {
    /// As it is stored. Only data is in it: texts, numbers and ids always serialize.
    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
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
        let mut run = recorded.begin()?;
        self.run(&recorded, &mut run)
    }

    /// Carries out a recorded command; running it twice makes the same ids.
    pub(super) fn run(
        &mut self,
        recorded: &Recorded,
        run: &mut Run,
    ) -> Result<Outcome, CommandError> {
        let json = Resting::Command(Box::new(recorded.clone())).to_json();
        let json = json.as_str();
        run.action = action(&recorded.command, run);
        match &recorded.command {
            Command::CreateList { title } => {
                let list = self.create_list(title, run, json)?;
                Ok(Outcome::List { list })
            }
            Command::RenameList { list, title } => {
                let title = line("title", title, LIST_TITLE_CHARS_MAX)?;
                self.set_meta_field(list, "title", Some(Scalar::Str(title)), run, json)
            }
            Command::EditList { list, patch } => self.edit_list(list, patch, run, json),
            Command::PlaceList { list, place } => self.place_list(list, place, run, json),
            Command::DuplicateList { list, title } => {
                self.duplicate_list(list, title.as_deref(), run)
            }
            Command::CreateFromTemplate { template, title } => {
                self.create_from_template(template, title.as_deref(), run)
            }
            Command::SaveTemplate { list, title } => {
                self.save_list_as_template(list, title.as_deref(), run, json)
            }
            Command::DeleteTemplate { template } => {
                self.delete_entry("template", "templates", template, run, json)
            }
            Command::CreateFolder { name } => self.create_folder(name, run, json),
            Command::RenameFolder { folder, name } => self.rename_folder(folder, name, run, json),
            Command::DeleteFolder { folder } => {
                self.delete_entry("folder", "folders", folder, run, json)
            }
            Command::SetSetting { name, value } => {
                self.set_setting(name, value.as_deref(), run, json)
            }
            Command::DeleteList { list } => {
                let now = Scalar::Timestamp(run.now_ms());
                self.set_meta_field(list, "deletedAt", Some(now), run, json)
            }
            Command::RestoreList { list } => {
                self.set_meta_field(list, "deletedAt", None, run, json)
            }
            Command::CreateTask { list, task } => self.create_task(list, task, run, json),
            Command::EditTask { list, task, patch } => self.edit_task(list, task, patch, run, json),
            Command::CompleteTask { list, task, zone } => {
                self.complete_task(list, task, zone.as_deref(), run, json)
            }
            Command::SkipTask { list, task, zone } => {
                self.skip_task(list, task, zone.as_deref(), run, json)
            }
            Command::ReopenTask { list, task } => self.reopen_task(list, task, run, json),
            Command::MoveTask { list, task, place } => self.move_task(list, task, place, run, json),
            Command::DeleteTask { list, task } => self.set_deleted(list, task, true, run, json),
            Command::RestoreTask { list, task } => self.set_deleted(list, task, false, run, json),
            Command::Attach { list, task, file } => self.attach(list, task, file, run, json),
            Command::Detach {
                list,
                task,
                attachment,
            } => self.detach(list, task, attachment, run, json),
            Command::ImportTasks {
                list,
                tasks,
                look,
                zone,
            } => self.import_tasks(list, tasks, look, zone.as_deref(), run, json),
            Command::EditTag {
                list,
                tag,
                name,
                color,
            } => self.edit_tag(list, tag, name.as_deref(), color.as_ref(), run, json),
            Command::DeleteTag { list, tag } => self.delete_tag(list, tag, run, json),
            Command::SetAisle {
                list,
                name,
                keywords,
            } => self.set_aisle(list, name, Some(keywords), run, json),
            Command::RemoveAisle { list, name } => self.set_aisle(list, name, None, run, json),
            Command::AddComment { list, task, text } => {
                self.add_comment(list, Some(task), text, run, json)
            }
            Command::EditComment {
                list,
                comment,
                text,
            } => self.edit_comment(list, comment, text, run, json),
            Command::DeleteComment { list, comment } => {
                self.delete_comment(list, comment, run, json)
            }
            Command::LogNote { list, text } => self.add_comment(list, None, text, run, json),
            Command::Undo => self.undo(run),
            Command::Redo => self.redo(run),
            Command::SetProfile { name, color } => self.set_profile(name, color.as_deref()),
            Command::Share {
                list,
                role,
                expires_in_s,
            } => self.share(list, *role, *expires_in_s, run),
            Command::CreateAgent {
                name,
                platform,
                color,
            } => self.create_agent(name, platform.as_deref(), color.as_deref(), run),
            Command::AddMember {
                list,
                member,
                role,
                witness,
            } => self.add_member(list, member, *role, witness.as_ref(), run),
            Command::RevokeMember { list, member } => self.revoke_member(list, member, run),
            Command::RevokeDevice { device } => self.revoke_device(device, run),
            Command::LinkDevice => self.link_device(run),
            Command::LeaveList { list } => self.leave_list(list, run),
            Command::TransferOwnership { list, to } => self.transfer_ownership(list, to, run),
            Command::ChangeRole { list, member, role } => {
                self.change_role(list, member, *role, run)
            }
            Command::RevokeInvite { list, invite } => self.revoke_invite(list, invite, run),
            Command::Publish { list } => self.publish(list, run),
            Command::CreateTicket {
                list,
                uses,
                expires_in_s,
            } => self.create_ticket(list.as_ref(), *uses, *expires_in_s, run),
            Command::RevokeTicket { ticket } => self.revoke_ticket(ticket, run),
            Command::Unpublish { list } => self.unpublish(list, run),
        }
    }
}

impl Recorded {
    /// What it takes to carry it out, now or again.
    pub(super) fn begin(&self) -> Result<Run, CommandError> {
        begin(self.now_ms, self.seed)
    }
}

/// A run at a recorded time.
pub(super) fn begin(now_ms: i64, seed: [u8; 32]) -> Result<Run, CommandError> {
    let now = Timestamp::from_millisecond(now_ms)
        .map_err(|_| CommandError::invalid("now", "is no time"))?;
    Ok(Run::new(now, seed))
}

/// What a command is called.
pub(super) fn name(command: &Command) -> Option<String> {
    let data = serde_json::to_value(command).ok()?;
    Some(data.get("type")?.as_str()?.to_owned())
}

/// What a command is as an action of a person's: an id for its changes, and its name. Those that
/// turn others, and those that only sign statements, are none.
fn action(command: &Command, run: &mut Run) -> Option<([u8; 16], String)> {
    if matches!(command, Command::Undo | Command::Redo) {
        return None;
    }
    Some((run.action_id(), name(command)?))
}

/// The role that sharing and revoking take.
pub(super) const MANAGE: Role = Role::Owner;
