//! What the other side sent of a document: taking it in, refusing it, and hearing of a refusal.

use jiff::Timestamp;

use super::bulk::BULK_CHANGES_MIN;
use super::error::SessionError;
use super::event::{Effect, Event};
use super::exchange::{MESSAGE_PARTS_MAX, nack, unavailable};
use super::outgoing::{LACKS_MAX, PeerView, Reached, Short, short_digest};
use super::session::{Session, Side};
use super::wire::Changes;
use crate::document::{ActorId, ChangeHash, DocumentId};
use crate::identity::Did;
use crate::membership::{Scope, UnverifiedStatement};
use crate::mutants::{self, Mutant};
use crate::replica::{Incoming, IngestError, Replica, ingest};
use crate::store::{DocumentRow, Refusal, statements};

/// The most hashes that a refusal names.
const NACK_HASHES_MAX: usize = 100;

/// Whom a statement is about, if it is about somebody and not about a document.
fn identity_of(statement: &UnverifiedStatement) -> Option<Did> {
    match statement.scope() {
        Scope::Identity(did) => Some(did),
        Scope::Document(_) => None,
    }
}

impl Session {
    pub(super) fn on_changes(
        &mut self,
        replica: &mut Replica,
        changes: &Changes,
        now: Timestamp,
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
            received: Some(now.as_millisecond()),
            complete: !changes.more,
            ..Incoming::default()
        };
        self.take_in(replica, &document, incoming)
    }

    /// Takes in what came for a document and answers.
    pub(super) fn take_in(
        &mut self,
        replica: &mut Replica,
        document: &DocumentId,
        mut incoming: Incoming<'_>,
    ) -> Result<(), SessionError> {
        let document = *document;
        let Some(reader) = self.reader() else {
            return Err(SessionError::Unexpected("changes before the handshake"));
        };
        if let Some(refusal) = self.refuse_new_document(replica, &document)? {
            return self.send(refusal);
        }
        let is_relay = matches!(self.side, Side::Relay(_));
        let is_new = is_relay && DocumentRow::find(replica.conn(), &document)?.is_none();
        let complete = incoming.complete;
        let tips: Vec<(ActorId, Reached)> = incoming
            .tips
            .iter()
            .map(|tip| (tip.actor(&document), Reached::by(tip)))
            .collect();
        let said: Vec<UnverifiedStatement> = (incoming.statements.iter())
            .filter_map(|bytes| UnverifiedStatement::decode(bytes).ok())
            .collect();
        let digests: Vec<Short> = (said.iter())
            .map(|statement| short_digest(statement.digest().as_bytes()))
            .collect();
        let state = self.follow(&document)?;
        incoming.yields = is_relay;
        incoming.conceded.clone_from(&state.doubted);
        let taken = ingest(
            replica.conn(),
            &document,
            &reader,
            incoming,
            &mut state.waiting,
            state.entered,
        );
        // The parts of one answer are judged by its first: a later one may bring the statement
        // by which the reader may not read any longer.
        state.entered = taken.is_ok() && !complete;
        let taken = match taken {
            Ok(taken) => taken,
            Err(IngestError::Unavailable) => {
                return self.send(unavailable(&document));
            }
            Err(IngestError::Statement(error)) => return Err(error.into()),
            Err(IngestError::Tip(error)) => return Err(error.into()),
            Err(IngestError::Change(error)) => return Err(error.into()),
            Err(error @ IngestError::TooManyStatements(_)) => {
                return self.refuse_statements(&document, &error);
            }
            Err(IngestError::Store(error)) => return Err(error.into()),
        };
        if is_new {
            replica.note_document_brought(&reader)?;
        }
        if is_relay && state.peer.is_none() {
            state.peer = Some(PeerView::default().into());
        }
        // Whatever they sent they have, unless it is refused: then they learn what is here.
        if let Some(peer) = state.peer_mut().filter(|_| taken.refused.is_empty()) {
            for (actor, reached) in tips {
                let known = peer.tips.entry(actor).or_insert(reached);
                known.seq = known.seq.max(reached.seq);
                known.mark = known.mark.min(reached.mark);
            }
            peer.statements.extend(digests);
        }
        if is_relay && complete {
            // The acknowledgement: what is committed here.
            state.reply_due = true;
            self.dirty.insert(document);
        }
        if let Side::Relay(relay) = &mut self.side {
            // Who brings a document has it: if they may not read it any longer, they are told.
            relay.admitted_once.insert(document);
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
        if self.packs_elsewhere && taken.added as u64 >= BULK_CHANGES_MIN {
            // Whoever asks for it will lack most of it.
            self.effects.push(Effect::Pack(document));
        }
        if is_relay && taken.statements > 0 {
            // Whom it is about hears of it, also where their space is at another relay.
            let spaces = (said.iter().filter_map(identity_of))
                .map(|did| DocumentId::space_of(&did))
                .filter(|space| !taken.touched.contains(space));
            self.effects.extend(spaces.map(Effect::Document));
        }
        for touched in taken.touched {
            if is_relay {
                self.effects.push(Effect::Document(touched));
            } else if touched != document {
                self.dirty.insert(touched);
                self.documents.entry(touched).or_default();
            }
        }
        if !is_relay && self.settle_forks(replica, &document, &taken.forks, complete)? {
            // The relay's history stays, so there is nothing to refuse.
            return Ok(());
        }
        if !is_relay {
            let state = self.follow(&document)?;
            state.judged |= taken.refused.iter().any(|(_, it)| it.is_verdict());
            if taken
                .refused
                .iter()
                .any(|(_, it)| *it == Refusal::MissingDeps)
            {
                state.lacked = LACKS_MAX.min(state.lacked.saturating_add(1));
            }
        }
        self.refuse(replica, &document, &taken.refused)
    }

    /// A client gives way where the relay has shown another signed history of an actor, once all
    /// of it has come, and asks anew. True where there is one.
    fn settle_forks(
        &mut self,
        replica: &mut Replica,
        document: &DocumentId,
        found: &[(ActorId, u64)],
        complete: bool,
    ) -> Result<bool, SessionError> {
        if mutants::is(Mutant::NobodyGivesWay) {
            return Ok(false);
        }
        let state = self.follow(document)?;
        for (actor, seq) in found {
            let from = state.forks.entry(*actor).or_insert(*seq);
            *from = (*from).min(*seq);
        }
        if state.forks.is_empty() || !complete {
            return Ok(!state.forks.is_empty());
        }
        for (actor, from) in core::mem::take(&mut state.forks) {
            replica.give_way(document, &actor, from)?;
            state.doubted.remove(&actor);
        }
        // One that was asked for is on its way, and speaks of what was here before.
        state.stale = state.asked == Some(true);
        state.ask_anew();
        self.dirty.insert(*document);
        Ok(true)
    }

    /// There is no room for the statements that came: none of them was taken.
    fn refuse_statements(
        &mut self,
        document: &DocumentId,
        error: &IngestError,
    ) -> Result<(), SessionError> {
        let (code, message) = ("statements-full", error.to_string());
        if matches!(self.side, Side::Client(_)) {
            self.follow(document)?.judged = true;
            self.event(Event::Refused {
                document: *document,
                code: code.to_owned(),
                message: message.clone(),
            });
        }
        self.send(nack(document, code, &message, Vec::new(), [0; 32]))
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
        if matches!(self.side, Side::Relay(_)) {
            self.effects.push(Effect::Refused(reason));
        }
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
        state.note_refusal(replica.conn(), &document, (&code, hashes), judged_by)?;
        if is_client {
            if judged_by == [0; 32] {
                state.asked = None;
                state.stale = false;
            }
            if code == "not-admitted" && document == replica.space_id() {
                // A guest of this relay: nobody asked for their own index to be there.
                return Ok(());
            }
            if let Some(row) = DocumentRow::find(replica.conn(), &document)? {
                let authority = statements::authority(replica.conn(), &document)?;
                if code == "removed" && authority.has_left(&self.me) {
                    DocumentRow::acknowledge(replica.conn(), row.row, &row.digest, None)?;
                    self.event(Event::Acknowledged { document });
                    return Ok(());
                }
                if code == "removed" && row.refused.as_deref() == Some(message.as_str()) {
                    // Told before: the list goes on without this member, which is no news.
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
}
