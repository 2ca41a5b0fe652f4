//! Token sessions: stock automerge-repo and samod clients, who cannot sign.
//!
//! A client shows a ticket instead of a signature and speaks the automerge-repo websocket
//! protocol, version 1, as it is. The relay takes in what it sends as the work of the identity
//! behind the ticket, and signs for that as a witness. The loop around a session is that of
//! signed sessions, with one step more: when all frames of a batch were given to their sessions,
//! [`TokenSession::settle`] takes in what they brought, within the same transaction.

mod ephemeral;
mod follow;
pub(in crate::sync) mod frame;
mod message;
mod presence;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::ephemeral::Present;
use self::follow::Follow;
pub(super) use self::follow::SaidToMany;
use self::frame::{Incoming, Route};
use self::message::SyncMessage;
pub(super) use self::presence::stock_form;
use super::bulk::BULK_CHANGES_MIN;
use super::error::SessionError;
use super::event::Effect;
use super::exchange::may_read;
use super::fanout::Fanout;
use super::relay::{Admission, DOCUMENTS_PER_IDENTITY_MAX};
use super::session::CONTROLS_MAX;
use crate::document::limits::STOCK_MESSAGE_BYTES_MAX;
use crate::document::{ChangeHash, DocumentId, EncodedChange};
use crate::identity::{Did, Keypair};
use crate::membership::Identities;
use crate::mutants::{self, Mutant};
use crate::replica::{Env, Replica, Ticket, begin, witness};
use crate::store::{DocumentRow, Refusal, StoreError, statements};

/// The most documents that one session may follow.
const DOCUMENTS_MAX: usize = 10_000;
/// The most documents that a session asked for and could not have, and hears of once it can.
const WANTED_MAX: usize = 1_000;

/// Why a ticket does not let somebody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketRefusal {
    /// It is for another relay.
    #[error("this ticket is for another relay")]
    OtherRelay,
    /// Its time is over.
    #[error("this ticket has ended: make another one with `poo ticket create`")]
    Expired,
    /// Who made it took it back.
    #[error("this ticket was taken back: ask who gave it to you for another one")]
    Revoked,
    /// The device that made it does not speak for the identity, as far as is known here.
    #[error(
        "the device that made this ticket is not known here as one of its owner, or was revoked: run `poo sync` there and try again"
    )]
    Device,
}

impl TicketRefusal {
    /// The one frame for whoever came with the ticket: an `error` that says why.
    #[must_use]
    pub fn last_word(&self, relay: &Did) -> Vec<u8> {
        let route = Route {
            sender: &relay.to_string(),
            target: "",
        };
        frame::error(route, &self.to_string())
    }
}

/// What speaks against a ticket by what is known here of the identity for which it was made.
fn judge(replica: &Replica, ticket: &Ticket) -> Result<Result<(), TicketRefusal>, StoreError> {
    let identity = &ticket.terms().identity;
    let known = statements::of_identity(replica.conn(), identity)?;
    let identities = Identities::evaluate(&known);
    let is_over = identities.has_taken_back(identity, &ticket.name());
    Ok(if is_over && !mutants::is(Mutant::TicketsStay) {
        Err(TicketRefusal::Revoked)
    } else if identities.is_live(identity, &ticket.device()) || is_our_own(replica, ticket) {
        Ok(())
    } else {
        Err(TicketRefusal::Device)
    })
}

/// Whether this relay made a ticket itself, for somebody who proved who they are.
fn is_our_own(replica: &Replica, ticket: &Ticket) -> bool {
    ticket.device() == replica.keys().signer().public()
}

/// What a client sent of a document in this batch.
#[derive(Default)]
struct Brought {
    changes: Vec<EncodedChange>,
    /// Changes that are none, or none that this engine knows: what they build on is not known.
    unreadable: usize,
}

/// A session with a client that shows a ticket.
pub struct TokenSession {
    ticket: Ticket,
    /// The key that signs what the client writes; none: the relay's own.
    hosted: Option<Keypair>,
    /// The space of the identity for which the client acts.
    space: DocumentId,
    /// What the relay calls itself.
    name: String,
    admission: Admission,
    /// What the client calls itself, once it has joined.
    peer: Option<String>,
    follows: BTreeMap<DocumentId, Follow>,
    /// Documents that it asked for, and that were not here or not theirs.
    wanted: BTreeSet<DocumentId>,
    brought: BTreeMap<DocumentId, Brought>,
    /// Documents of which there may be something to say.
    dirty: BTreeSet<DocumentId>,
    waiting: VecDeque<Vec<u8>>,
    effects: Vec<Effect>,
    /// What it said of its presence, where it is present.
    present: BTreeMap<DocumentId, Present>,
}

impl TokenSession {
    /// A session for whoever shows `ticket`.
    ///
    /// # Errors
    /// [`TicketRefusal`] if it lets nobody in; [`StoreError`] if the database failed.
    pub fn new(
        replica: &Replica,
        ticket: Ticket,
        admission: Admission,
        env: &Env<'_>,
    ) -> Result<Result<Self, TicketRefusal>, StoreError> {
        let relay = replica.did();
        let terms = ticket.terms();
        if terms.relay != relay {
            return Ok(Err(TicketRefusal::OtherRelay));
        }
        if terms.expires_at_ms <= env.now.as_millisecond() {
            return Ok(Err(TicketRefusal::Expired));
        }
        if let Err(refusal) = judge(replica, &ticket)? {
            return Ok(Err(refusal));
        }
        Ok(Ok(Self {
            space: DocumentId::space_of(&terms.identity),
            ticket,
            hosted: None,
            name: relay.to_string(),
            admission,
            peer: None,
            follows: BTreeMap::new(),
            wanted: BTreeSet::new(),
            brought: BTreeMap::new(),
            dirty: BTreeSet::new(),
            waiting: VecDeque::new(),
            effects: Vec::new(),
            present: BTreeMap::new(),
        }))
    }

    /// Signs with a key that this relay keeps for the identity behind the ticket, which is the one
    /// that an owner lets sign for it.
    #[must_use]
    pub fn with_hosted(mut self, key: Option<Keypair>) -> Self {
        self.hosted = key;
        self
    }

    /// Whether the client has joined.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.peer.is_some()
    }

    /// How many messages wait to be sent.
    pub(in crate::sync) fn queued(&self) -> usize {
        self.waiting.len()
    }

    /// For whom the client acts.
    #[must_use]
    pub fn identity(&self) -> Did {
        self.ticket.terms().identity
    }

    fn say(&mut self, encode: impl FnOnce(Route<'_>) -> Vec<u8>) {
        let target = self.peer.as_deref().unwrap_or_default();
        let frame = encode(Route {
            sender: &self.name,
            target,
        });
        self.waiting.push_back(frame);
    }

    /// Reads a frame. What it brings is taken in by [`Self::settle`].
    ///
    /// # Errors
    /// [`SessionError`] if the session cannot go on.
    pub fn handle_frame(
        &mut self,
        replica: &mut Replica,
        bytes: &[u8],
        env: &Env<'_>,
    ) -> Result<(), SessionError> {
        let handled = self.handle(replica, bytes, env);
        if let Err(error) = &handled {
            self.close(error);
        }
        handled
    }

    fn handle(
        &mut self,
        replica: &mut Replica,
        bytes: &[u8],
        env: &Env<'_>,
    ) -> Result<(), SessionError> {
        if bytes.len() > STOCK_MESSAGE_BYTES_MAX {
            return Err(SessionError::FrameTooLarge(bytes.len()));
        }
        if self.waiting.len() >= CONTROLS_MAX {
            return Err(SessionError::TooMany("unanswered requests"));
        }
        match frame::decode(bytes)? {
            Incoming::Join { sender, versions } => self.join(replica, sender, &versions, env),
            _ if self.peer.is_none() => Err(SessionError::Unexpected("a message before the join")),
            Incoming::Sync {
                document,
                request,
                data,
            } => self.on_sync(replica, &document, request, &data),
            Incoming::Ephemeral(message) => self.on_ephemeral(replica, &message),
            Incoming::Leave => Err(SessionError::Bye {
                code: "leave".to_owned(),
                message: "the client left".to_owned(),
            }),
            Incoming::Unavailable | Incoming::Other => Ok(()),
        }
    }

    fn join(
        &mut self,
        replica: &mut Replica,
        sender: String,
        versions: &[String],
        env: &Env<'_>,
    ) -> Result<(), SessionError> {
        if self.peer.is_some() {
            return Err(SessionError::Unexpected("a second join"));
        }
        if !versions.is_empty() && !versions.iter().any(|version| version == frame::VERSION) {
            return Err(SessionError::Unexpected(
                "a version of the protocol other than 1",
            ));
        }
        if !replica.use_ticket(&self.ticket, &sender, env.now)? {
            return Err(SessionError::TooMany(
                "clients for this ticket: make another one",
            ));
        }
        self.peer = Some(sender);
        self.say(frame::peer);
        Ok(())
    }

    /// Whether the ticket is not for another document.
    fn reaches(&self, document: &DocumentId) -> bool {
        let only = self.ticket.terms().document;
        only.is_none_or(|only| only == *document)
    }

    /// Whether the ticket is good for a document that is here.
    fn sees(&self, replica: &Replica, document: &DocumentId) -> Result<bool, StoreError> {
        let identity = &self.ticket.terms().identity;
        Ok(self.reaches(document) && may_read(replica.conn(), document, identity)?)
    }

    /// Whether the client may begin documents here, and this one is not excluded by the ticket.
    fn may_begin(&self, replica: &Replica) -> Result<bool, StoreError> {
        let terms = self.ticket.terms();
        let admitted = self.admission == Admission::Open || replica.is_admitted(&terms.identity)?;
        Ok(terms.document.is_none()
            && admitted
            && replica.documents_brought(&terms.identity)? < DOCUMENTS_PER_IDENTITY_MAX)
    }

    fn on_sync(
        &mut self,
        replica: &Replica,
        document: &DocumentId,
        request: bool,
        data: &[u8],
    ) -> Result<(), SessionError> {
        let message = SyncMessage::decode(data)?;
        // Somebody who has the document may know its id from its owner, or have made it. To what
        // is forbidden and to what is not here the answer is the same.
        let begins = !request || !message.heads.is_empty();
        let known = self.follows.contains_key(document);
        // Whether it still may is looked up before anything is taken in or said.
        let follows =
            known || self.sees(replica, document)? || (begins && self.may_begin(replica)?);
        if !follows {
            self.follows.remove(document);
            if self.wanted.len() < WANTED_MAX {
                self.wanted.insert(*document);
            }
            self.say(|route| frame::unavailable(route, document));
            return Ok(());
        }
        self.wanted.remove(document);
        if !known && self.follows.len() >= DOCUMENTS_MAX {
            return Err(SessionError::TooMany("documents in a session"));
        }
        let follow = self.follows.entry(*document).or_default();
        follow.hear(&message);
        for chunk in message.changes {
            let brought = self.brought.entry(*document).or_default();
            match EncodedChange::audit_stock(chunk) {
                Ok(change) => brought.changes.push(change),
                Err(error) => {
                    tracing::info!(%document, %error, "a change of a stock client is refused");
                    brought.unreadable += 1;
                }
            }
        }
        self.dirty.insert(*document);
        Ok(())
    }

    /// Takes in what the frames of a batch brought.
    ///
    /// # Errors
    /// [`StoreError`] if the database failed: then the whole batch did.
    pub fn settle(&mut self, replica: &mut Replica, env: &mut Env<'_>) -> Result<(), StoreError> {
        // Most messages of a reader bring only its heads: those are looked up before something
        // is said to it.
        if self.brought.is_empty() {
            return Ok(());
        }
        replica.savepoint(|replica| {
            for (document, brought) in core::mem::take(&mut self.brought) {
                self.settle_one(replica, &document, brought, env)?;
            }
            Ok(())
        })
    }

    fn settle_one(
        &mut self,
        replica: &mut Replica,
        document: &DocumentId,
        brought: Brought,
        env: &mut Env<'_>,
    ) -> Result<(), StoreError> {
        let identity = self.identity();
        if !self.sees(replica, document)? {
            if brought.changes.is_empty() {
                // What follows tells it that there is nothing.
                return Ok(());
            }
            let is_here = DocumentRow::find(replica.conn(), document)?.is_some();
            let signer = replica.keys().signer();
            let begun = !is_here
                && self.may_begin(replica)?
                && begin(replica.conn(), signer, document, &identity, env)?;
            if !begun {
                self.follows.remove(document);
                self.say(|route| frame::unavailable(route, document));
                return Ok(());
            }
            replica.note_document_brought(&identity)?;
        }
        let deps: BTreeMap<ChangeHash, Vec<ChangeHash>> = (brought.changes.iter())
            .map(|change| (change.hash(), change.change().deps.clone()))
            .collect();
        let now_ms = env.now.as_millisecond();
        let conn = replica.conn();
        let own = replica.keys().signer();
        let signer = self.hosted.as_ref().unwrap_or(own);
        let taken = witness(conn, signer, document, &identity, brought.changes, now_ms)?;
        let taken = taken.unwrap_or_default();
        if !taken.refused.is_empty()
            && let Some(row) = DocumentRow::find(conn, document)?
            && let Some(follow) = self.follows.get_mut(document)
        {
            let judged_by = statements::authority(conn, document)?.digest_set_fingerprint();
            let mut refused = taken.refused.iter();
            let only_missing = refused.all(|(_, it)| *it == Refusal::MissingDeps);
            if only_missing && brought.unreadable == 0 {
                follow.ask_again();
            }
            for (hash, refusal) in &taken.refused {
                tracing::info!(%document, code = refusal.code(), "a change of a stock client is refused");
                let deps = deps.get(hash).map(Vec::as_slice).unwrap_or_default();
                follow.refuse(conn, row.row, *hash, deps, judged_by)?;
                self.effects.push(Effect::Refused(*refusal));
            }
        }
        if taken.added > 0 {
            self.effects.push(Effect::Document(*document));
        }
        if taken.added as u64 >= BULK_CHANGES_MIN {
            // Whoever asks for it will lack most of it.
            self.effects.push(Effect::Pack(*document));
        }
        Ok(())
    }

    /// The next frame for the client; what another session has just said to a client that had as
    /// much is not made again. To be called when the batch was committed.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub fn poll_transmit(
        &mut self,
        replica: &Replica,
        fanout: &mut Fanout,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(frame) = self.waiting.pop_front() {
            return Ok(Some(frame));
        }
        while let Some(document) = self.dirty.first().copied() {
            if let Some(frame) = self.next_of(replica, &document, fanout)? {
                return Ok(Some(frame));
            }
            self.dirty.remove(&document);
        }
        Ok(None)
    }

    fn next_of(
        &mut self,
        replica: &Replica,
        document: &DocumentId,
        fanout: &mut Fanout,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let conn = replica.conn();
        let row = fanout.seen.row(conn, document)?;
        let follows = self.follows.contains_key(document);
        let sees = self.reaches(document)
            && fanout
                .seen
                .may_read(conn, document, &self.ticket.terms().identity)?;
        if row.is_some() && !sees && follows {
            // Told as one who asks for what is not here, whatever it was before.
            let route = self.route();
            let frame = frame::unavailable(route, document);
            self.follows.remove(document);
            return Ok(Some(frame));
        }
        let Some(follow) = self.follows.get_mut(document) else {
            return Ok(None);
        };
        let data = match &row {
            Some(row) => {
                let said = follow.next(conn, row, &mut fanout.stock)?;
                if core::mem::take(&mut follow.wants_chunk) {
                    // For the next one who asks.
                    self.effects.push(Effect::Pack(*document));
                }
                said
            }
            None => follow.next_of_nothing(),
        };
        Ok(data.map(|data| frame::sync(self.route(), document, &data)))
    }

    fn route(&self) -> Route<'_> {
        Route {
            sender: &self.name,
            target: self.peer.as_deref().unwrap_or_default(),
        }
    }

    /// What other sessions have to hear of.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        core::mem::take(&mut self.effects)
    }

    /// A document changed, or who may read it.
    ///
    /// # Errors
    /// [`SessionError`] if the session must end: the ticket was taken back, or the device that made
    /// it was, or the database cannot be read.
    pub fn notify_document(
        &mut self,
        replica: &Replica,
        document: &DocumentId,
    ) -> Result<(), SessionError> {
        // What is said of an identity belongs to its space too.
        if *document == self.space
            && let Err(refusal) = judge(replica, &self.ticket)?
        {
            let error = SessionError::Ticket(refusal);
            // Not even what was to be said before.
            self.waiting.clear();
            self.close(&error);
            return Err(error);
        }
        if let Some(follow) = self.follows.get_mut(document) {
            let authority = statements::authority(replica.conn(), document)?;
            follow.judge_anew(authority.digest_set_fingerprint());
            self.dirty.insert(*document);
        } else if self.wanted.contains(document)
            && self.follows.len() < DOCUMENTS_MAX
            && self.sees(replica, document)?
        {
            self.wanted.remove(document);
            self.follows.insert(*document, Follow::default());
            self.dirty.insert(*document);
        }
        Ok(())
    }

    /// Says why the session ends, and nothing of any document after that.
    pub fn close(&mut self, error: &SessionError) {
        self.dirty.clear();
        let message = error.to_string();
        self.say(|route| frame::error(route, &message));
    }
}
