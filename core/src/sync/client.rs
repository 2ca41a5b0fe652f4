//! The client's end: it learns from the catalog what changed, and asks for just that.

use std::collections::{BTreeMap, BTreeSet};

use super::error::SessionError;
use super::event::Event;
use super::exchange::may_read;
use super::fanout::Fanout;
use super::session::{Outgoing, Session, Side};
use super::wire::Control;
use crate::document::DocumentId;
use crate::identity::Did;
use crate::membership::StatementDigest;
use crate::replica::Replica;
use crate::store::{DocumentRow, StoreError};

/// A place in a relay's sequence.
#[derive(Debug)]
struct Place {
    epoch: [u8; 16],
    upto: u64,
    /// The place in the client's own sequence up to which the relay had everything when it named
    /// this one.
    settled: u64,
}

/// What only a client knows.
#[derive(Debug)]
pub(super) struct ClientState {
    pub(super) pinned: Option<Did>,
    /// Whether the relay takes new documents from this identity.
    pub(super) admitted: bool,
    /// Whether the relay has told everything that changed.
    catalog_done: bool,
    /// The place in the relay's sequence that is reached once everything is settled.
    reached: Option<Place>,
    /// Something that the relay has did not come: the place is not reached, whatever settles.
    pub(super) incomplete: bool,
    /// What the relay told of documents, until they are settled.
    told: BTreeMap<DocumentId, Vec<u8>>,
    /// The documents in its catalog so far.
    listed: BTreeSet<DocumentId>,
}

impl ClientState {
    pub(super) fn new(pinned: Option<Did>) -> Self {
        Self {
            pinned,
            admitted: false,
            catalog_done: false,
            reached: None,
            incomplete: false,
            told: BTreeMap::new(),
            listed: BTreeSet::new(),
        }
    }
}

impl Session {
    /// The handshake is done: ask what changed, and offer what is here.
    pub(super) fn begin_client(
        &mut self,
        replica: &mut Replica,
        admitted: bool,
    ) -> Result<(), SessionError> {
        if let Side::Client(client) = &mut self.side {
            client.admitted = admitted;
        }
        if replica.relay_did()?.is_none()
            && let Some((relay, _)) = self.peer
        {
            replica.pin_relay(&relay)?;
        }
        if let Some((relay, _)) = self.peer {
            replica.meet_relay(&relay)?;
        }
        let (epoch, since) = replica.catalog_cursor()?;
        self.send(Control::CatalogSince { epoch, since })?;
        for row in DocumentRow::unsynced(replica.conn())? {
            self.ask(&row.id)?;
        }
        Ok(())
    }

    /// Asks for the relay's state of a document, and follows it from then on.
    pub(super) fn ask(&mut self, document: &DocumentId) -> Result<(), SessionError> {
        let state = self.follow(document)?;
        if state.asked.is_none() {
            state.asked = Some(false);
        }
        self.dirty.insert(*document);
        Ok(())
    }

    /// A relay that begins its sequence anew may have lost what it acknowledged: whatever of one's
    /// own it does not name is offered again. Where it goes on from the place that was named,
    /// that is only what changed here since: it must have changed there since, too.
    fn offer_unlisted(&mut self, replica: &Replica, continued: bool) -> Result<(), SessionError> {
        let Side::Client(client) = &mut self.side else {
            return Ok(());
        };
        let listed = core::mem::take(&mut client.listed);
        let since = match continued {
            true => replica.catalog_settled()?,
            false => 0,
        };
        for (row, _) in DocumentRow::changed_since(replica.conn(), since)? {
            if !listed.contains(&row.id) && may_read(replica.conn(), &row.id, &self.me)? {
                self.ask(&row.id)?;
            }
        }
        Ok(())
    }

    pub(super) fn on_client_control(
        &mut self,
        replica: &mut Replica,
        control: Control,
    ) -> Result<(), SessionError> {
        match control {
            Control::Catalog {
                epoch,
                upto,
                more,
                documents,
                continued,
            } => {
                let renewed = replica.catalog_cursor()?.0 != epoch;
                for (document, digest) in documents {
                    if let Side::Client(client) = &mut self.side {
                        client.listed.insert(document);
                    }
                    let row = DocumentRow::find(replica.conn(), &document)?;
                    if row.is_some_and(|row| row.digest == digest.as_slice()) {
                        // In sync. If it changes from now on, the relay says so.
                        continue;
                    }
                    if let Side::Client(client) = &mut self.side {
                        client.told.insert(document, digest.into());
                    }
                    self.ask(&document)?;
                }
                if let Side::Client(client) = &mut self.side {
                    // What is announced out of turn has no place and moves nobody.
                    if upto > 0 || !more {
                        let settled = DocumentRow::settled_version(replica.conn())?;
                        client.reached = Some(Place {
                            epoch,
                            upto,
                            settled,
                        });
                    }
                    client.catalog_done |= !more;
                }
                if renewed && !more {
                    crate::store::blobs::doubt_all(replica.conn())?;
                    self.files.due = true;
                    self.offer_unlisted(replica, continued == Some(true))?;
                }
                Ok(())
            }
            Control::BoxContent { id, content } => {
                self.event(Event::Box {
                    id,
                    content: content.map(Into::into),
                });
                Ok(())
            }
            Control::Admitted { admitted } => {
                if let Side::Client(client) = &mut self.side {
                    client.admitted = admitted;
                }
                self.event(Event::Admitted { admitted });
                Ok(())
            }
            _ => Err(SessionError::Unexpected("a message for a relay")),
        }
    }

    /// Whether everything that was here is committed by the relay or refused by it, and
    /// everything that the relay has for this identity is here.
    #[must_use]
    pub fn is_in_sync(&self) -> bool {
        match &self.side {
            Side::Client(client) => {
                self.is_open()
                    && client.catalog_done
                    && self.dirty.is_empty()
                    && self
                        .documents
                        .values()
                        .all(super::outgoing::DocumentState::is_settled)
            }
            Side::Relay(_) => false,
        }
    }

    /// Notes how far this replica is in the relay's sequence. Call it when
    /// [`Session::is_in_sync`] says so.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn note_in_sync(&mut self, replica: &mut Replica) -> Result<(), StoreError> {
        if let Side::Client(client) = &mut self.side
            && !client.incomplete
            && let Some(place) = client.reached.take()
        {
            client.told.clear();
            replica.set_catalog_cursor(&place.epoch, place.upto, place.settled)?;
        }
        Ok(())
    }

    /// Follows a document that may be in sync already: what others write and say about it comes
    /// from now on.
    ///
    /// # Errors
    /// [`SessionError`] if the session follows too many.
    pub fn attend(&mut self, document: &DocumentId) -> Result<(), SessionError> {
        self.ask(document)
    }

    /// Uses an invite. The list arrives by itself if the relay accepts it.
    ///
    /// # Errors
    /// [`SessionError`] if the session cannot take more requests.
    pub fn redeem(
        &mut self,
        document: DocumentId,
        grant: StatementDigest,
        secret: &[u8; 32],
    ) -> Result<(), SessionError> {
        let invite = crate::identity::Keypair::from_seed(secret);
        let proof = crate::membership::Redeem::proof(&invite, &document, &grant, &self.me);
        self.send(Control::Redeem {
            document,
            grant,
            proof,
        })?;
        self.follow(&document)?.asked = Some(true);
        Ok(())
    }

    /// Asks what lies at a meeting point, now and whenever that changes.
    ///
    /// # Errors
    /// [`SessionError`] if the session cannot take more requests.
    pub fn watch_box(&mut self, id: [u8; 16]) -> Result<(), SessionError> {
        self.send(Control::BoxGet { id })
    }

    /// Leaves something at a meeting point.
    ///
    /// # Errors
    /// [`SessionError`] if the session cannot take more requests.
    pub fn put_box(&mut self, id: [u8; 16], content: Vec<u8>) -> Result<(), SessionError> {
        self.send(Control::BoxPut {
            id,
            content: content.into(),
        })
    }

    /// Uses a set-up link. [`Event::Admitted`] has the answer.
    ///
    /// # Errors
    /// [`SessionError`] before the handshake is done.
    pub fn admit(&mut self, secret: &[u8; 32]) -> Result<(), SessionError> {
        let Some(message) = self.admission_message() else {
            return Err(SessionError::Unexpected(
                "an admission before the handshake",
            ));
        };
        let proof = crate::replica::link_mac(secret, &message);
        self.send(Control::Admit { proof })
    }

    /// What only a client or only a relay says about a document.
    pub(super) fn next_for_reader(
        &mut self,
        replica: &Replica,
        document: &DocumentId,
        fanout: &mut Fanout,
    ) -> Result<Option<Outgoing>, StoreError> {
        let Some((did, _)) = self.peer else {
            return Ok(None);
        };
        let Side::Relay(relay) = &mut self.side else {
            return Ok(None);
        };
        if fanout.seen.may_read(replica.conn(), document, &did)? {
            relay.removed.remove(document);
            if relay.unfollowed.remove(document) && !self.documents.contains_key(document) {
                return self.announce(replica, document);
            }
            return Ok(None);
        }
        relay.unfollowed.remove(document);
        let known = self.documents.remove(document).is_some();
        let Side::Relay(relay) = &mut self.side else {
            return Ok(None);
        };
        if known && relay.admitted_once.contains(document) {
            relay.removed.entry(*document).or_default();
        }
        self.say_removed(replica, document)
    }
}
