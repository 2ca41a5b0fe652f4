//! Acting for somebody who cannot sign: the same commands and queries, in their view.
//!
//! A relay serves callers that bring no signature, only proof of who they are. What they write is
//! carried out here as their own device would, but signed with a key of the relay's and marked as
//! witnessed, which counts only where an owner's statement lets it.

use core::mem;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{CommandError, Env, Keyring, QueryError, Replica, Ticket, TicketTerms};
use crate::document::DocumentId;
use crate::identity::{Did, Keypair, PublicKey};
use crate::membership::Identities;
use crate::model::{Answer, Command, Outcome, Query};
use crate::store::{StoreError, statements};
use crate::sync::{PresenceMessage, Unsigned};

/// A replica that acts for somebody else: see [`Replica::on_behalf_of`].
#[derive(Debug)]
pub struct OnBehalf<'a> {
    replica: &'a mut Replica,
    /// The replica's own keys. They come back when this is dropped, also by a panic.
    own: Keyring,
}

impl Replica {
    /// Acts for `did`, who is authenticated by other means than a signature. What they write is
    /// signed with `hosted`, a key that this relay keeps for them, or else with the relay's own.
    pub fn on_behalf_of(&mut self, did: Did, hosted: Option<&Keypair>) -> OnBehalf<'_> {
        let device = hosted.unwrap_or_else(|| self.keys.signer()).clone();
        let theirs = Keyring {
            did,
            device,
            identity: None,
            witnesses: true,
        };
        let own = mem::replace(&mut self.keys, theirs);
        OnBehalf { replica: self, own }
    }

    /// Whether a key speaks for an identity, by what is known here: it is the identity's own, or
    /// that of a device which was not revoked.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn speaks_for(&self, key: &PublicKey, identity: &Did) -> Result<bool, StoreError> {
        let known = statements::of_identity(self.conn(), identity)?;
        Ok(Identities::evaluate(&known).is_live(identity, key))
    }

    /// Whether what this replica holds of a document may be shown: to its own person all, to
    /// others what they have a role in, of the lists to which they are confined.
    pub(super) fn sees(
        &self,
        conn: &rusqlite::Connection,
        document: &DocumentId,
    ) -> Result<bool, StoreError> {
        let is_within = |lists: &BTreeSet<DocumentId>| lists.contains(document);
        if !self.within.as_ref().is_none_or(is_within) {
            return Ok(false);
        }
        Ok(!self.keys.witnesses || statements::authority(conn, document)?.can_read(&self.keys.did))
    }
}

impl Drop for OnBehalf<'_> {
    fn drop(&mut self) {
        mem::swap(&mut self.replica.keys, &mut self.own);
        self.replica.within = None;
    }
}

impl OnBehalf<'_> {
    /// Confines it to some lists: others are neither seen nor changed, as if they were not there.
    #[must_use]
    pub fn within(self, lists: Option<&BTreeSet<DocumentId>>) -> Self {
        self.replica.within = lists.cloned();
        self
    }

    /// Carries out a command as [`Replica::execute`] does. What is not theirs to see is not there.
    ///
    /// # Errors
    /// [`CommandError`] says why not; nothing is written then. [`CommandError::OwnSignature`] for
    /// commands that take more than writing, [`CommandError::NotWitnessed`] where nobody lets this
    /// relay sign for them.
    pub fn execute(
        &mut self,
        command: &Command,
        env: &mut Env<'_>,
    ) -> Result<Outcome, CommandError> {
        if let Some(list) = place(command)?
            && !self.replica.sees(self.replica.conn(), list)?
        {
            return Err(CommandError::NotFound("list"));
        }
        self.replica.execute(command, env)
    }

    /// Makes a ticket for them, which this relay signs itself. It is good here alone.
    #[must_use]
    pub fn ticket(
        &self,
        document: Option<DocumentId>,
        uses: u32,
        expires_at_ms: i64,
        nonce: [u8; 16],
    ) -> Ticket {
        let terms = TicketTerms {
            identity: self.replica.did(),
            relay: self.own.did,
            document,
            uses,
            expires_at_ms,
            nonce,
        };
        Ticket::sign(terms, self.own.signer())
    }

    /// Their presence in a list, to be said by a relay's [`Voice`](crate::sync::Voice).
    ///
    /// # Errors
    /// [`CommandError::NotFound`] if there is no such list for them, [`CommandError::NotWitnessed`]
    /// where nobody lets this relay sign for them, [`CommandError::Store`] if the database fails.
    pub fn presence(
        &self,
        list: DocumentId,
        message: &PresenceMessage,
    ) -> Result<Unsigned, CommandError> {
        let Keyring { did, device, .. } = &self.replica.keys;
        let conn = self.replica.conn();
        if !self.replica.sees(conn, &list)? {
            return Err(CommandError::NotFound("list"));
        }
        let authority = statements::authority(conn, &list)?;
        if !authority.may_witness(&Did::from_key(device.public()), did) {
            return Err(CommandError::NotWitnessed);
        }
        let hosted = Some(device.clone());
        Ok(Unsigned::presence(list, *did, hosted, message))
    }

    /// The id of their space.
    #[must_use]
    pub fn space(&self) -> DocumentId {
        self.replica.space_id()
    }

    /// Answers a query as [`Replica::query`] does, from what they may see.
    ///
    /// # Errors
    /// [`QueryError`] if there is no such thing for them, several fit, or the database fails.
    pub fn query(&self, query: &Query, now: Timestamp) -> Result<Answer, QueryError> {
        self.replica.query(query, now)
    }
}

/// The list that a command works on, if it is one. What takes a statement of the identity's own is
/// refused: no relay can sign that for anybody.
fn place(command: &Command) -> Result<Option<&DocumentId>, CommandError> {
    match command {
        Command::RenameList { list, .. }
        | Command::EditList { list, .. }
        | Command::PlaceList { list, .. }
        | Command::DuplicateList { list, .. }
        | Command::SaveTemplate { list, .. }
        | Command::DeleteList { list }
        | Command::RestoreList { list }
        | Command::CreateTask { list, .. }
        | Command::EditTask { list, .. }
        | Command::CompleteTask { list, .. }
        | Command::SkipTask { list, .. }
        | Command::ReopenTask { list, .. }
        | Command::MoveTask { list, .. }
        | Command::DeleteTask { list, .. }
        | Command::RestoreTask { list, .. }
        | Command::Attach { list, .. }
        | Command::Detach { list, .. }
        | Command::ImportTasks { list, .. }
        | Command::EditTag { list, .. }
        | Command::DeleteTag { list, .. }
        | Command::SetAisle { list, .. }
        | Command::RemoveAisle { list, .. }
        | Command::AddComment { list, .. }
        | Command::EditComment { list, .. }
        | Command::DeleteComment { list, .. }
        | Command::LogNote { list, .. } => Ok(Some(list)),
        Command::CreateList { .. }
        | Command::CreateFromTemplate { .. }
        | Command::DeleteTemplate { .. }
        | Command::CreateFolder { .. }
        | Command::RenameFolder { .. }
        | Command::DeleteFolder { .. }
        | Command::SetSetting { .. } => Ok(None),
        Command::Undo
        | Command::Redo
        | Command::SetProfile { .. }
        | Command::Share { .. }
        | Command::CreateAgent { .. }
        | Command::AddMember { .. }
        | Command::RevokeMember { .. }
        | Command::RevokeDevice { .. }
        | Command::LinkDevice
        | Command::LeaveList { .. }
        | Command::TransferOwnership { .. }
        | Command::ChangeRole { .. }
        | Command::RevokeInvite { .. }
        | Command::Publish { .. }
        | Command::CreateTicket { .. }
        | Command::RevokeTicket { .. }
        | Command::Unpublish { .. } => Err(CommandError::OwnSignature),
    }
}
