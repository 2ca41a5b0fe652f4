//! One document in one session: what the other side has, what it still gets, what it sent.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::SessionError;
use super::outgoing::{DocumentState, Part, PeerView, Short, short, short_digest};
use super::session::{DOCUMENTS_MAX, Effect, Event, Outgoing, Session, Side};
use super::wire::{Changes, Control, Have};
use crate::document::{ActorId, ChangeHash, DocumentId};
use crate::identity::Did;
use crate::membership::Statement;
use crate::replica::{Env, Incoming, IngestError, Replica, ingest};
use crate::store::{Actors, DocumentRow, Refusal, StoreError, statements};

/// The most tips, statements and changes that a message may bring.
const MESSAGE_PARTS_MAX: usize = 50_000;
/// The most hashes that a refusal names.
const NACK_HASHES_MAX: usize = 100;

/// Whether an identity may read a document that is here.
pub(super) fn may_read(
    conn: &Connection,
    document: &DocumentId,
    did: &Did,
) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT 1 FROM document_identity AS who JOIN document ON document.id = who.doc
             WHERE document.doc = ?1 AND who.did = ?2 AND who.role IS NOT NULL",
        )?
        .exists(params![document.as_ref(), did.key().as_ref()])?)
}

/// Whether an identity once could read a document, or is named in it otherwise.
pub(super) fn is_named(
    conn: &Connection,
    document: &DocumentId,
    did: &Did,
) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT 1 FROM document_identity AS who JOIN document ON document.id = who.doc
             WHERE document.doc = ?1 AND who.did = ?2",
        )?
        .exists(params![document.as_ref(), did.key().as_ref()])?)
}

/// The end of an actor's history here.
pub(super) fn hash_at(
    conn: &Connection,
    actor: i64,
    seq: u64,
) -> Result<Option<ChangeHash>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT hash FROM change WHERE actor = ?1 AND seq = ?2")?
        .query_row(params![actor, seq as i64], |row| crate::store::blob(row, 0))
        .optional()?)
}

impl Session {
    /// Whose right to read decides about a document: on a relay the other side's, on a client
    /// one's own.
    fn reader(&self) -> Option<Did> {
        match self.side {
            Side::Relay(_) => self.peer.map(|(did, _)| did),
            Side::Client(_) => Some(self.me),
        }
    }

    pub(super) fn follow(
        &mut self,
        document: &DocumentId,
    ) -> Result<&mut DocumentState, SessionError> {
        if self.documents.len() >= DOCUMENTS_MAX && !self.documents.contains_key(document) {
            return Err(SessionError::TooMany("documents in one session"));
        }
        Ok(self.documents.entry(*document).or_default())
    }

    /// Follows a document for somebody who just became a member and has nothing of it.
    pub(super) fn follow_new_member(&mut self, document: &DocumentId) -> Result<(), SessionError> {
        if let Side::Relay(relay) = &mut self.side {
            relay.admitted_once.insert(*document);
        }
        let state = self.follow(document)?;
        state.peer = Some(PeerView::default());
        state.reply_due = true;
        self.dirty.insert(*document);
        Ok(())
    }

    pub(super) fn on_have(
        &mut self,
        replica: &mut Replica,
        have: &Have,
        _env: &mut Env<'_>,
    ) -> Result<(), SessionError> {
        if have.tips.len() > MESSAGE_PARTS_MAX || have.statements.len() > MESSAGE_PARTS_MAX {
            return Err(SessionError::TooMany("entries in a have"));
        }
        let document = have.document;
        if let (Side::Relay(_), Some((did, _))) = (&self.side, self.peer)
            && !may_read(replica.conn(), &document, &did)?
        {
            return self.answer_stranger(replica, &document, &did, have.reply);
        }
        let mut view = PeerView::default();
        for (actor, seq, _) in &have.tips {
            view.tips.insert(*actor, *seq);
        }
        for digest in &have.statements {
            if let Ok(digest) = Short::try_from(digest.as_slice()) {
                view.statements.insert(digest);
            }
        }
        if let Side::Client(_) = self.side {
            self.compare_with_relay(replica, have)?;
        }
        if let Side::Relay(relay) = &mut self.side {
            relay.admitted_once.insert(document);
        }
        let state = self.follow(&document)?;
        state.peer = Some(view);
        state.reply_due |= have.reply;
        state.asked = None;
        self.dirty.insert(document);
        Ok(())
    }

    /// Somebody who may not read a document asks for it, or offers one that is not here: the
    /// same answer, "I have nothing". Who once could read gets the statements that ended it.
    fn answer_stranger(
        &mut self,
        replica: &Replica,
        document: &DocumentId,
        did: &Did,
        reply: bool,
    ) -> Result<(), SessionError> {
        if is_named(replica.conn(), document, did)? && reply {
            self.removed(document);
            return Ok(());
        }
        let state = self.follow(document)?;
        state.peer = None;
        state.reply_due = false;
        if reply {
            self.send(Control::Have(Have {
                document: *document,
                tips: Vec::new(),
                statements: Vec::new(),
                reply: false,
            }))?;
        }
        Ok(())
    }

    /// Notes that the other side must be told that it may not read a document any longer.
    fn removed(&mut self, document: &DocumentId) {
        if let Side::Relay(relay) = &mut self.side {
            relay.removed.insert(*document);
            self.dirty.insert(*document);
        }
    }

    /// A client compares the relay's committed state with its own: that is its acknowledgement,
    /// and how it learns that another copy of this device has written.
    fn compare_with_relay(
        &mut self,
        replica: &mut Replica,
        have: &Have,
    ) -> Result<(), SessionError> {
        let Some(row) = DocumentRow::find(replica.conn(), &have.document)? else {
            if have.tips.is_empty() && have.statements.is_empty() {
                self.event(Event::Refused {
                    document: have.document,
                    code: "unavailable".to_owned(),
                    message: "the relay does not have it, or not for you".to_owned(),
                });
            }
            return Ok(());
        };
        let actors = Actors::load(replica.conn(), row.row)?;
        for (id, seq, hash) in &have.tips {
            let Some(actor) = actors.get(id) else {
                continue;
            };
            let forked = match hash_at(replica.conn(), actor.row, *seq)? {
                Some(ours) => ours != *hash,
                None => false,
            };
            if forked {
                let commands = replica.yield_to(&have.document, id)?;
                self.event(Event::Reauthored {
                    document: have.document,
                    commands,
                });
                return Ok(());
            }
            if actor.mine && *seq > actor.seq {
                // Another copy of this device went on where this one stopped.
                replica.retire_actor(&have.document)?;
            }
            if *seq <= actor.seq && actor.device == Some(replica.keys().device.public()) {
                crate::replica::acknowledge_outbox(replica.conn(), row.row, actor.row, *seq)?;
            }
        }
        if self.is_level(replica.conn(), &row, &actors, have)? {
            DocumentRow::acknowledge(replica.conn(), row.row, &row.digest, None)?;
            self.event(Event::Acknowledged {
                document: have.document,
            });
        }
        Ok(())
    }

    /// Whether the other side has just what is here.
    fn is_level(
        &self,
        conn: &Connection,
        row: &DocumentRow,
        actors: &Actors,
        have: &Have,
    ) -> Result<bool, StoreError> {
        let theirs: BTreeMap<ActorId, u64> =
            have.tips.iter().map(|(id, seq, _)| (*id, *seq)).collect();
        let ours = actors
            .iter()
            .filter(|actor| actor.device.is_some() && actor.seq > 0)
            .map(|actor| (actor.id, actor.seq))
            .collect::<BTreeMap<_, _>>();
        if theirs != ours {
            return Ok(false);
        }
        let theirs: BTreeSet<&[u8]> = have.statements.iter().map(|s| s.as_slice()).collect();
        let known = relevant(conn, &row.id)?;
        Ok(theirs.len() == known.len()
            && known.iter().all(|s| theirs.contains(short(s).as_slice())))
    }

    pub(super) fn on_changes(
        &mut self,
        replica: &mut Replica,
        changes: &Changes,
    ) -> Result<(), SessionError> {
        let document = changes.document.ok_or(SessionError::Malformed)?;
        let parts = changes.statements.len() + changes.tips.len() + changes.changes.len();
        if parts > MESSAGE_PARTS_MAX {
            return Err(SessionError::TooMany("parts in a message"));
        }
        let incoming = Incoming {
            statements: changes.statements.iter().map(|s| s.as_slice()).collect(),
            tips: changes.tips.clone(),
            changes: changes.changes.iter().map(|c| c.as_slice()).collect(),
            audited: Vec::new(),
            complete: !changes.more,
        };
        self.take_in(replica, &document, incoming)
    }

    /// Takes in what came for a document and answers.
    pub(super) fn take_in(
        &mut self,
        replica: &mut Replica,
        document: &DocumentId,
        incoming: Incoming<'_>,
    ) -> Result<(), SessionError> {
        let document = *document;
        let Some(reader) = self.reader() else {
            return Err(SessionError::Unexpected("changes before the handshake"));
        };
        if let Some(refusal) = self.refuse_new_document(replica, &document)? {
            return self.send(refusal);
        }
        let is_relay = matches!(self.side, Side::Relay(_));
        let complete = incoming.complete;
        let tips: Vec<(ActorId, u64)> = incoming
            .tips
            .iter()
            .map(|tip| (tip.actor(&document), tip.seq()))
            .collect();
        let digests: Vec<Short> = incoming
            .statements
            .iter()
            .filter_map(|bytes| crate::membership::UnverifiedStatement::decode(bytes).ok())
            .map(|statement| short_digest(statement.digest().as_bytes()))
            .collect();
        let state = self.follow(&document)?;
        let taken = ingest(
            replica.conn(),
            &document,
            &reader,
            incoming,
            &mut state.waiting,
        );
        let taken = match taken {
            Ok(taken) => taken,
            Err(IngestError::Unavailable) => {
                return self.send(unavailable(&document));
            }
            Err(IngestError::Statement(error)) => return Err(error.into()),
            Err(IngestError::Tip(error)) => return Err(error.into()),
            Err(IngestError::Change(error)) => return Err(error.into()),
            Err(IngestError::TooManyStatements) => {
                return Err(SessionError::TooMany("statements about one document"));
            }
            Err(IngestError::Store(error)) => return Err(error.into()),
        };
        if is_relay && state.peer.is_none() {
            state.peer = Some(PeerView::default());
        }
        // Whatever they sent they have, unless it is refused: then they learn what is here.
        if let Some(peer) = state.peer.as_mut().filter(|_| taken.refused.is_empty()) {
            for (actor, seq) in tips {
                let known = peer.tips.entry(actor).or_default();
                *known = (*known).max(seq);
            }
            peer.statements.extend(digests);
        }
        if is_relay && complete {
            // The acknowledgement: what is committed here.
            state.reply_due = true;
            self.dirty.insert(document);
        }
        if !taken.fell.is_empty() {
            self.event(Event::Refused {
                document,
                code: "fell".to_owned(),
                message: "changes that were made after access ended are kept, but no longer part of the list".to_owned(),
            });
        }
        if taken.added > 0 || taken.statements > 0 {
            self.event(Event::Changed {
                document,
                added: taken.added,
            });
        }
        for touched in taken.touched {
            if is_relay {
                self.effects.push(Effect::Document(touched));
            } else if touched != document {
                self.dirty.insert(touched);
                self.documents.entry(touched).or_default();
            }
        }
        self.refuse(replica, &document, &taken.refused)
    }

    fn refuse(
        &mut self,
        replica: &Replica,
        document: &DocumentId,
        refused: &[(ChangeHash, Refusal)],
    ) -> Result<(), SessionError> {
        let Some((_, first)) = refused.first() else {
            return Ok(());
        };
        // The reason that explains the others: those that only miss what was refused say less.
        let reason = refused
            .iter()
            .map(|(_, refusal)| *refusal)
            .find(|refusal| *refusal != Refusal::MissingDeps)
            .unwrap_or(*first);
        let judged_by = statements::authority(replica.conn(), document)?.digest_set_fingerprint();
        let hashes = refused
            .iter()
            .take(NACK_HASHES_MAX)
            .map(|(hash, _)| *hash)
            .collect();
        self.send(nack(
            document,
            reason.code(),
            &reason.to_string(),
            hashes,
            judged_by,
        ))
    }

    pub(super) fn on_nack(
        &mut self,
        replica: &mut Replica,
        document: DocumentId,
        code: String,
        message: String,
        hashes: &[ChangeHash],
        judged_by: [u8; 32],
    ) -> Result<(), SessionError> {
        let is_client = matches!(self.side, Side::Client(_));
        let state = self.follow(&document)?;
        state.note_refusal(replica.conn(), &document, hashes, judged_by)?;
        if is_client {
            if judged_by == [0; 32] {
                state.asked = None;
            }
            if code == "not-admitted" && document == replica.space_id() {
                // A guest of this relay: nobody asked for their own index to be there.
                return Ok(());
            }
            if let Some(row) = DocumentRow::find(replica.conn(), &document)? {
                if code == "removed" && row.refused.as_deref() == Some(message.as_str()) {
                    // Told before: the list goes on without this member, which is no news.
                    return Ok(());
                }
                let authority = statements::authority(replica.conn(), &document)?;
                if code == "removed" && authority.has_left(&self.me) {
                    DocumentRow::acknowledge(replica.conn(), row.row, &row.digest, None)?;
                    self.event(Event::Acknowledged { document });
                    return Ok(());
                }
                DocumentRow::acknowledge(replica.conn(), row.row, &row.synced, Some(&message))?;
            }
            self.event(Event::Refused {
                document,
                code,
                message,
            });
        }
        Ok(())
    }

    /// What there is to say about a document next; `None` when all is said.
    pub(super) fn next_of(
        &mut self,
        replica: &Replica,
        document: &DocumentId,
    ) -> Result<Option<Outgoing>, StoreError> {
        if let Some(outgoing) = self.next_for_reader(replica, document)? {
            return Ok(Some(outgoing));
        }
        let is_relay = matches!(self.side, Side::Relay(_));
        let Some((did, _)) = self.peer else {
            return Ok(None);
        };
        if is_relay && !may_read(replica.conn(), document, &did)? {
            return Ok(None);
        }
        let Some(state) = self.documents.get_mut(document) else {
            return Ok(None);
        };
        let row = DocumentRow::find(replica.conn(), document)?;
        if let (Some(row), Some(_)) = (&row, &state.peer)
            && let Some(part) = state.next_part(replica, row)?
        {
            let last = match &part {
                Part::Changes(changes) => !changes.more,
                Part::Chunk(chunk) => chunk.last,
            };
            if !is_relay && last {
                state.asked = Some(true);
            }
            return Ok(Some(match part {
                Part::Changes(changes) => Outgoing::Changes(changes),
                Part::Chunk(chunk) => Outgoing::Chunk(chunk),
            }));
        }
        if core::mem::take(&mut state.reply_due) {
            return Ok(Some(Outgoing::Have(make_have(
                replica.conn(),
                document,
                false,
            )?)));
        }
        if !is_relay
            && (state.asked == Some(false) || state.peer.is_none() && state.asked.is_none())
        {
            state.asked = Some(true);
            return Ok(Some(Outgoing::Have(make_have(
                replica.conn(),
                document,
                true,
            )?)));
        }
        Ok(None)
    }
}

pub(super) fn nack(
    document: &DocumentId,
    code: &str,
    message: &str,
    hashes: Vec<ChangeHash>,
    judged_by: [u8; 32],
) -> Control {
    Control::Nack {
        document: *document,
        code: code.to_owned(),
        message: message.to_owned(),
        hashes,
        judged_by,
    }
}

pub(super) fn unavailable(document: &DocumentId) -> Control {
    let message = "the document is not available to you here";
    nack(document, "unavailable", message, Vec::new(), [0; 32])
}

/// The statements that belong to a document.
pub(super) fn relevant(
    conn: &Connection,
    document: &DocumentId,
) -> Result<BTreeSet<Statement>, StoreError> {
    let authority = statements::authority(conn, document)?;
    Ok(authority.statements().values().cloned().collect())
}

/// What is here of a document.
pub(super) fn make_have(
    conn: &Connection,
    document: &DocumentId,
    reply: bool,
) -> Result<Have, StoreError> {
    let mut have = Have {
        document: *document,
        tips: Vec::new(),
        statements: Vec::new(),
        reply,
    };
    let Some(row) = DocumentRow::find(conn, document)? else {
        return Ok(have);
    };
    for actor in Actors::load(conn, row.row)?.iter() {
        if let (Some(_), Some(hash), true) = (actor.device, actor.hash, actor.seq > 0) {
            have.tips.push((actor.id, actor.seq, hash));
        }
    }
    have.tips.sort_unstable();
    for statement in relevant(conn, document)? {
        have.statements.push(short(&statement).to_vec().into());
    }
    Ok(have)
}
