//! The relay's end: admission, catalog, invites, meeting points.

use std::collections::{BTreeMap, BTreeSet};

use subtle::ConstantTimeEq as _;

use super::error::SessionError;
use super::event::Effect;
use super::exchange::{is_named, nack};
use super::order::next_statements;
use super::outgoing::Short;
use super::session::{Outgoing, Session, Side};
use super::wire::{Changes, Control};
use crate::document::DocumentId;
use crate::identity::{Did, Signature};
use crate::membership::{Payload, Redeem, Statement, StatementDigest, verify_device_chain};
use crate::replica::{Env, Replica, add_statement, link_mac};
use crate::store::{DocumentRow, StoreError, statements};

/// The most documents in one catalog message.
const CATALOG_DOCUMENTS_MAX: usize = 5_000;
/// The most documents that one identity may put on a relay.
pub(super) const DOCUMENTS_PER_IDENTITY_MAX: u64 = 10_000;
/// The most bytes at a meeting point.
const BOX_BYTES_MAX: usize = 4 * 1024;
/// The most meeting points that one session watches.
const BOXES_WATCHED_MAX: usize = 64;

/// Who may put new documents on a relay. Whoever is a member of a document that is there may
/// always reach that document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Admission {
    /// Everybody: for a relay that only its owner can reach.
    Open,
    /// Who used the set-up link, and whoever was invited by somebody admitted.
    #[default]
    Invite,
    /// Who was admitted before. Invites to lists still work, and admit nobody.
    Closed,
}

/// What only a relay knows.
#[derive(Debug)]
pub(super) struct RelayState {
    admission: Admission,
    /// How many bytes of files one identity may bring.
    pub(super) file_quota: u64,
    boxes: BTreeSet<[u8; 16]>,
    /// Documents that changed and that this session does not follow yet.
    pub(super) unfollowed: BTreeSet<DocumentId>,
    /// Documents that the other side has to be told it may not read any longer, with the
    /// statements of each that it has got so far.
    pub(super) removed: BTreeMap<DocumentId, BTreeSet<Short>>,
    /// Documents that this session was given.
    pub(super) admitted_once: BTreeSet<DocumentId>,
}

impl RelayState {
    pub(super) fn new(admission: Admission) -> Self {
        Self {
            admission,
            file_quota: super::FILE_QUOTA_DEFAULT,
            boxes: BTreeSet::new(),
            unfollowed: BTreeSet::new(),
            removed: BTreeMap::new(),
            admitted_once: BTreeSet::new(),
        }
    }
}

impl Session {
    pub(super) fn is_admitted(&self, replica: &Replica) -> Result<bool, StoreError> {
        match (&self.side, self.peer) {
            (Side::Relay(relay), Some((did, _))) => {
                Ok(relay.admission == Admission::Open || replica.is_admitted(&did)?)
            }
            _ => Ok(false),
        }
    }

    fn is_closed(&self) -> bool {
        matches!(&self.side, Side::Relay(relay) if relay.admission == Admission::Closed)
    }

    /// A refusal, if a document is not here and its sender may not put new ones here.
    pub(super) fn refuse_new_document(
        &self,
        replica: &Replica,
        document: &DocumentId,
    ) -> Result<Option<Control>, StoreError> {
        if matches!(self.side, Side::Client(_))
            || DocumentRow::find(replica.conn(), document)?.is_some()
        {
            return Ok(None);
        }
        if self.is_admitted(replica)? {
            let brought = match self.peer {
                Some((did, _)) => replica.documents_brought(&did)?,
                None => 0,
            };
            return Ok((brought >= DOCUMENTS_PER_IDENTITY_MAX).then(|| {
                nack(
                    document,
                    "too-many-documents",
                    "you have put as many lists on this relay as one person may: this one is kept on your device",
                    Vec::new(),
                    [0; 32],
                )
            }));
        }
        Ok(Some(nack(
            document,
            "not-admitted",
            "this relay takes new lists only from people who were invited to it: ask its owner for a link",
            Vec::new(),
            [0; 32],
        )))
    }

    pub(super) fn on_relay_control(
        &mut self,
        replica: &mut Replica,
        control: Control,
        env: &mut Env<'_>,
    ) -> Result<(), SessionError> {
        let Some((did, _)) = self.peer else {
            return Err(SessionError::Unexpected("a request before the handshake"));
        };
        match control {
            Control::CatalogSince { epoch, since } => {
                self.answer_catalog(replica, &did, &epoch, since)
            }
            Control::Redeem {
                document,
                grant,
                proof,
            } => self.answer_redeem(replica, &did, &document, &grant, &proof, env),
            Control::BoxPut { id, content } => {
                if content.len() > BOX_BYTES_MAX {
                    return Err(SessionError::TooMany("bytes at a meeting point"));
                }
                if !replica.put_box(&id, &content, env.now)? {
                    return Err(SessionError::TooMany("meeting points in use"));
                }
                self.effects.push(Effect::Box(id));
                Ok(())
            }
            Control::BoxGet { id } => {
                let Side::Relay(relay) = &mut self.side else {
                    return Ok(());
                };
                if relay.boxes.len() >= BOXES_WATCHED_MAX && !relay.boxes.contains(&id) {
                    return Err(SessionError::TooMany("watched meeting points"));
                }
                relay.boxes.insert(id);
                let content = replica.get_box(&id, env.now)?;
                self.send(Control::BoxContent {
                    id,
                    content: content.map(Into::into),
                })
            }
            Control::Admit { proof } => {
                let message = self.admission_message().ok_or(SessionError::Unexpected(
                    "an admission before the handshake",
                ))?;
                let holds = match replica.setup_secret()? {
                    Some(secret) => bool::from(link_mac(&secret, &message).ct_eq(&proof)),
                    None => false,
                };
                if holds && !self.is_closed() {
                    // The link is for one person; whom they invite comes by invites.
                    replica.admit(&did)?;
                    replica.clear_setup_secret()?;
                }
                let admitted = self.is_admitted(replica)?;
                self.send(Control::Admitted { admitted })
            }
            _ => Err(SessionError::Unexpected("a message for a client")),
        }
    }

    /// What an admission's proof is made over: this session, and who asks.
    pub(super) fn admission_message(&self) -> Option<Vec<u8>> {
        let binding = self.session_binding()?;
        let did = match &self.side {
            Side::Client(_) => self.me,
            Side::Relay(_) => self.peer?.0,
        };
        let mut message = binding.to_vec();
        message.extend_from_slice(did.key().as_ref());
        Some(message)
    }

    fn answer_catalog(
        &mut self,
        replica: &Replica,
        did: &Did,
        epoch: &[u8; 16],
        since: u64,
    ) -> Result<(), SessionError> {
        let ours = replica.epoch()?;
        let continued = replica.leads_here(epoch, since)?;
        let since = if continued { since } else { 0 };
        let continued = (continued && *epoch != ours).then_some(true);
        let mut upto = since;
        let mut documents = Vec::new();
        for (row, version) in DocumentRow::changed_since(replica.conn(), since)? {
            upto = upto.max(version);
            // Who could read it once asks for it, and hears that this is over.
            if is_named(replica.conn(), &row.id, did)? {
                documents.push((row.id, row.digest.into()));
            }
            if documents.len() >= CATALOG_DOCUMENTS_MAX {
                let part = core::mem::take(&mut documents);
                self.send(Control::Catalog {
                    epoch: ours,
                    upto,
                    more: true,
                    documents: part,
                    continued,
                })?;
            }
        }
        self.send(Control::Catalog {
            epoch: ours,
            upto,
            more: false,
            documents,
            continued,
        })
    }

    fn answer_redeem(
        &mut self,
        replica: &mut Replica,
        did: &Did,
        document: &DocumentId,
        grant: &StatementDigest,
        proof: &Signature,
        env: &Env<'_>,
    ) -> Result<(), SessionError> {
        let refuse = |code: &str, message: &str| nack(document, code, message, Vec::new(), [0; 32]);
        let authority = statements::authority(replica.conn(), document)?;
        let known = authority.invites().get(grant).filter(|state| {
            state.invite.relay == self.me
                && Redeem::verify_proof(&state.invite.key, document, grant, did, proof).is_ok()
        });
        let Some(state) = known else {
            return self.send(refuse(
                "invite-unknown",
                "the relay does not know this invite: ask its maker to sync, then try again",
            ));
        };
        if authority.role(did) < Some(state.role) {
            if state.revoked {
                return self.send(refuse(
                    "invite-revoked",
                    "the invite was taken back: ask for a new one",
                ));
            }
            if state.redeemed_by.contains(did) {
                return self.send(refuse(
                    "invite-used",
                    "you used this invite before, and what it gave you was taken back: ask for a new one",
                ));
            }
            if state.invite.expires_at_ms <= env.now.as_millisecond() {
                return self.send(refuse(
                    "invite-expired",
                    "the invite has expired: ask for a new one",
                ));
            }
            if state.invite.single_use && !state.redeemed_by.is_empty() {
                return self.send(refuse(
                    "invite-used",
                    "the invite was used already, and it is good for one person: ask for a new one",
                ));
            }
            let redeem = Redeem {
                document: *document,
                grant: *grant,
                joiner: *did,
                invite: state.invite.key,
                proof: *proof,
                redeemed_at_ms: env.now.as_millisecond(),
            };
            let statement = Statement::sign(Payload::Redeem(redeem), self.signing_key())?;
            add_statement(replica.conn(), document, &statement)?;
            // Whoever finds a public link may read one list, and fill no relay.
            if state.invite.single_use && !self.is_closed() {
                replica.admit(did)?;
            }
            // Whoever nobody can name yet is told of with their name: it comes with what they send
            // now that they may.
            if has_name(replica, did)? {
                self.effects.push(Effect::Document(*document));
            }
        }
        // From here on the joiner is a member that has nothing yet.
        self.follow_new_member(document)
    }

    /// Tells the other side of a meeting point that it watches.
    ///
    /// # Errors
    /// [`SessionError`] if the session cannot take more messages.
    pub fn notify_box(
        &mut self,
        replica: &Replica,
        id: &[u8; 16],
        env: &Env<'_>,
    ) -> Result<(), SessionError> {
        let watches = matches!(&self.side, Side::Relay(relay) if relay.boxes.contains(id));
        if !watches {
            return Ok(());
        }
        let content = replica.get_box(id, env.now)?;
        self.send(Control::BoxContent {
            id: *id,
            content: content.map(Into::into),
        })
    }

    /// Tells a relay's session that a document changed, as [`Session::notify_document`] does. What
    /// is said of an identity belongs to its space too: a device that was revoked there hears that,
    /// and nothing after it.
    ///
    /// # Errors
    /// [`SessionError`] if the session has ended by that.
    pub fn hear_of(
        &mut self,
        replica: &Replica,
        document: &DocumentId,
    ) -> Result<(), SessionError> {
        if let Some((did, device)) = self.peer
            && *document == DocumentId::space_of(&did)
        {
            let known = statements::of_identity(replica.conn(), &did)?;
            if let Err(error) = verify_device_chain(&did, &device, &known) {
                let error = error.into();
                self.close(&error);
                return Err(error);
            }
        }
        self.notify_document(document);
        Ok(())
    }

    /// Tells of a document that the other side may read and does not follow yet.
    pub(super) fn announce(
        &mut self,
        replica: &Replica,
        document: &DocumentId,
    ) -> Result<Option<Outgoing>, StoreError> {
        let Some(row) = DocumentRow::find(replica.conn(), document)? else {
            return Ok(None);
        };
        Ok(Some(Outgoing::Control(Control::Catalog {
            epoch: replica.epoch()?,
            // Out of turn: the cursor stays where it was.
            upto: 0,
            more: true,
            documents: vec![(row.id, row.digest.into())],
            continued: None,
        })))
    }

    /// Tells the other side that it may not read a document any longer: the statements first,
    /// so that it can see by whom, then in words.
    pub(super) fn say_removed(
        &mut self,
        replica: &Replica,
        document: &DocumentId,
    ) -> Result<Option<Outgoing>, StoreError> {
        let (Side::Relay(relay), Some((did, _))) = (&mut self.side, self.peer) else {
            return Ok(None);
        };
        let Some(sent) = relay.removed.get_mut(document) else {
            return Ok(None);
        };
        let authority = statements::authority(replica.conn(), document)?;
        let part = next_statements(document, &authority, sent, &did);
        if part.cut {
            sent.extend(part.shorts);
            return Ok(Some(Outgoing::Changes(Changes {
                document: Some(*document),
                more: true,
                statements: part.statements,
                ..Changes::default()
            })));
        }
        relay.removed.remove(document);
        relay.admitted_once.remove(document);
        let goodbye = nack(
            document,
            "removed",
            "you are no longer a member of this list; your copy is kept",
            Vec::new(),
            [0; 32],
        );
        // There is always room for one more: it answers what the session itself is about.
        self.push_control(goodbye);
        Ok(Some(Outgoing::Changes(Changes {
            document: Some(*document),
            statements: part.statements,
            ..Changes::default()
        })))
    }
}

/// Whether an identity has said here how others see it.
fn has_name(replica: &Replica, did: &Did) -> Result<bool, StoreError> {
    let known = statements::of_identity(replica.conn(), did)?;
    Ok(known
        .iter()
        .any(|statement| matches!(statement.payload(), Payload::Profile(_))))
}
