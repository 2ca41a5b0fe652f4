//! One document in one session: what the other side has, what it still gets, what it sent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::error::SessionError;
use super::event::{Effect, Event};
use super::fanout::{Fanout, Frame};
use super::outgoing::{DocumentState, Packing, Part, PeerView, Reached, Short, short};
use super::session::{DOCUMENTS_MAX, Outgoing, Session, Side};
use super::wire::{Control, Data, Have, HaveTip, encode};
use crate::document::{ActorId, ChangeHash, DocumentId, Mark};
use crate::identity::Did;
use crate::membership::Statement;
use crate::mutants::{self, Mutant};
use crate::replica::{Env, Replica};
use crate::store::{Actors, DocumentRow, StoreError, statements};

/// The most tips, statements and changes that a message may bring.
pub(super) const MESSAGE_PARTS_MAX: usize = 50_000;

/// Whether an identity may read a document that is here.
pub(super) fn may_read(
    conn: &Connection,
    document: &DocumentId,
    did: &Did,
) -> Result<bool, StoreError> {
    if mutants::is(Mutant::AnybodyReads) {
        return Ok(true);
    }
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
    /// Whose right to read decides about a document, in both directions: the client's.
    pub(super) fn reader(&self) -> Option<Did> {
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
        state.peer = Some(PeerView::default().into());
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
        for tip in &have.tips {
            let (seq, mark) = (tip.seq, tip.mark);
            view.tips.insert(tip.actor, Reached { seq, mark });
        }
        for digest in &have.statements {
            if let Ok(digest) = Short::try_from(digest.as_slice()) {
                view.statements.insert(digest);
            }
        }
        if let Side::Client(_) = self.side
            && !self.compare_with_relay(replica, have)?
        {
            return Ok(());
        }
        if let Side::Relay(relay) = &mut self.side {
            relay.admitted_once.insert(document);
            // Who has another history of somebody gets ours from the beginning, to see where
            // they part.
            for actor in parting(replica.conn(), have)? {
                view.tips.remove(&actor);
            }
        }
        let outranked = outranked(replica.conn(), have)?;
        let state = self.follow(&document)?;
        for (actor, mark) in outranked {
            if !state.shown.insert(actor)
                && let Some(reached) = view.tips.get_mut(&actor)
            {
                reached.mark = mark;
            }
        }
        state.peer = Some(view.into());
        state.reply_due |= have.reply;
        if state.asked == Some(true) {
            state.asked = None;
        }
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
            relay.removed.entry(*document).or_default();
            self.dirty.insert(*document);
        }
    }

    /// A client compares the relay's committed state with its own: that is its acknowledgement,
    /// and how it learns that another copy of this device has written. False if it has to ask
    /// again before it can say anything.
    fn compare_with_relay(
        &mut self,
        replica: &mut Replica,
        have: &Have,
    ) -> Result<bool, SessionError> {
        let document = have.document;
        let is_stale = core::mem::take(&mut self.follow(&document)?.stale);
        let Some(row) = DocumentRow::find(replica.conn(), &document)? else {
            if have.tips.is_empty() && have.statements.is_empty() {
                self.event(Event::Refused {
                    document,
                    code: "unavailable".to_owned(),
                    message: "the relay does not have it, or not for you".to_owned(),
                });
                return Ok(true);
            }
            return self.miss(&document);
        };
        if is_stale {
            let actors = Actors::load(replica.conn(), row.row)?;
            if is_behind(replica.conn(), &document, &actors, have)? {
                // It may speak of what was here before this side gave way. It need not: a relay
                // that was asked twice before it could say anything answers both at once.
                self.follow(&document)?.ask_anew();
                self.dirty.insert(document);
                return Ok(false);
            }
        }
        let mut parting = parting(replica.conn(), have)?;
        let outranked = outranked(replica.conn(), have)?;
        let state = self.follow(&document)?;
        // It was shown by whom a history is signed here, and stays with its own.
        let shown = outranked.iter().filter(|it| state.shown.contains(&it.0));
        parting.extend(shown.map(|(actor, _)| *actor));
        if !parting.is_empty() {
            let before = state.doubted.len();
            state.doubted.extend(parting);
            if state.doubted.len() > before {
                // A claim alone moves nobody: it has to show what was signed.
                state.ask_anew();
                self.dirty.insert(document);
                return Ok(false);
            }
            self.incomplete(Event::Refused {
                document,
                code: "fork".to_owned(),
                message: "the relay names another history than the one here and does not show it: nothing here was changed".to_owned(),
            });
            return Ok(true);
        }
        let actors = Actors::load(replica.conn(), row.row)?;
        for tip in &have.tips {
            let Some(actor) = actors.get(&tip.actor) else {
                continue;
            };
            if actor.mine && tip.seq > actor.seq {
                // Another copy of this device went on where this one stopped.
                replica.retire_actor(&document)?;
            }
            let is_own = actor.device == Some(replica.keys().device.public());
            if is_own && tip.seq <= actor.seq && tip.mark == actor.mark() {
                crate::replica::acknowledge_outbox(replica.conn(), row.row, actor.row, tip.seq)?;
            }
        }
        let is_level = self.is_level(replica.conn(), &row, &actors, have)?;
        if !is_level
            && is_behind(replica.conn(), &document, &actors, have)?
            && !self.miss(&document)?
        {
            return Ok(false);
        }
        // What the relay has came before this message, or does not come.
        let again = replica.make_again(&document)?;
        if again.made > 0 || !again.lost.is_empty() {
            self.event(Event::Reauthored {
                document,
                commands: again.made,
                lost: again.lost,
            });
        } else if is_level {
            DocumentRow::acknowledge(replica.conn(), row.row, &row.digest, None)?;
            self.event(Event::Acknowledged { document });
        }
        Ok(true)
    }

    /// All that the relay has came before its word about it, but for what was lost on the way or is
    /// not taken here: a client asks once more for what is not here, and once more for each time
    /// that something came which builds on that, and then says that it lacks it. False if it has
    /// to wait for the answer.
    fn miss(&mut self, document: &DocumentId) -> Result<bool, SessionError> {
        let state = self.follow(document)?;
        if mutants::is(Mutant::LossIsOverlooked) {
            return Ok(true);
        }
        if state.asked_again <= state.lacked {
            state.asked_again += 1;
            state.ask_anew();
            self.dirty.insert(*document);
            return Ok(false);
        }
        if state.judged {
            // What is not taken here explains it.
            return Ok(true);
        }
        self.incomplete(Event::Refused {
            document: *document,
            code: "incomplete".to_owned(),
            message: "the relay names changes that did not come: they are asked for again with the next connection".to_owned(),
        });
        Ok(true)
    }

    /// Notes that not all came which the relay has, and says so once.
    fn incomplete(&mut self, event: Event) {
        if let Side::Client(client) = &mut self.side
            && !core::mem::replace(&mut client.incomplete, true)
        {
            self.event(event);
        }
    }

    /// Whether the other side has just what is here.
    fn is_level(
        &self,
        conn: &Connection,
        row: &DocumentRow,
        actors: &Actors,
        have: &Have,
    ) -> Result<bool, StoreError> {
        let theirs: BTreeMap<ActorId, (u64, Option<Mark>)> = (have.tips.iter())
            .map(|tip| (tip.actor, (tip.seq, tip.mark)))
            .collect();
        let ours = actors
            .iter()
            .filter(|actor| actor.device.is_some() && actor.seq > 0)
            .map(|actor| (actor.id, (actor.seq, actor.mark())))
            .collect::<BTreeMap<_, _>>();
        if theirs != ours {
            return Ok(false);
        }
        let theirs: BTreeSet<&[u8]> = have.statements.iter().map(|s| s.as_slice()).collect();
        let known = relevant(conn, &row.id)?;
        Ok(theirs.len() == known.len()
            && known.iter().all(|s| theirs.contains(short(s).as_slice())))
    }

    /// What there is to say about a document next; `None` when all is said.
    pub(super) fn next_of(
        &mut self,
        replica: &Replica,
        document: &DocumentId,
        fanout: &mut Fanout,
    ) -> Result<Option<Outgoing>, StoreError> {
        if let Some(outgoing) = self.next_for_reader(replica, document, fanout)? {
            return Ok(Some(outgoing));
        }
        let is_relay = matches!(self.side, Side::Relay(_));
        let (Some((did, _)), Some(reader)) = (self.peer, self.reader()) else {
            return Ok(None);
        };
        if is_relay && !fanout.seen.may_read(replica.conn(), document, &did)? {
            return Ok(None);
        }
        let Some(state) = self.documents.get_mut(document) else {
            return Ok(None);
        };
        let row = fanout.seen.row(replica.conn(), document)?;
        if self.packs_elsewhere && state.packing == Packing::Here {
            state.packing = Packing::Idle;
        }
        if state.packing == Packing::Asked {
            return Ok(None);
        }
        let shared = match (&row, &state.peer) {
            (Some(row), Some(before)) if is_relay && state.is_plain() => {
                if let Some((frame, after)) = fanout.find(document, &row.digest, before) {
                    state.peer = Some(after);
                    return Ok(Some(Outgoing::Frame(frame)));
                }
                Some(Arc::clone(before))
            }
            _ => None,
        };
        if let (Some(row), Some(_)) = (&row, &state.peer)
            && let Some(part) = state.next_part(replica, row, &reader)?
        {
            // Statements go in an order that depends on the reader, and a chunk has a state of
            // its own.
            if let (Part::Changes(changes), Some(before), Some(after)) =
                (&part, shared, &state.peer)
                && changes.statements.is_empty()
                && state.is_plain()
            {
                let frame = Frame {
                    changes: changes.changes.len() as u64,
                    more: changes.more,
                    bytes: encode(&Data::Changes(changes.clone())),
                };
                fanout.note(document, &row.digest, before, Arc::clone(after), &frame);
                return Ok(Some(Outgoing::Frame(frame)));
            }
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
        if state.packing == Packing::Wanted {
            // An answer before the changes that it answers with would say that these were all.
            state.packing = Packing::Asked;
            self.effects.push(Effect::Pack(*document));
            return Ok(None);
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
            let mut have = make_have(replica.conn(), document, true)?;
            have.tips.retain(|tip| !state.doubted.contains(&tip.actor));
            return Ok(Some(Outgoing::Have(have)));
        }
        Ok(None)
    }
}

/// Whether the other side has something that is not here.
fn is_behind(
    conn: &Connection,
    document: &DocumentId,
    actors: &Actors,
    have: &Have,
) -> Result<bool, StoreError> {
    let lacks = |tip: &HaveTip| actors.get(&tip.actor).is_none_or(|it| it.seq < tip.seq);
    if have.tips.iter().any(lacks) {
        return Ok(true);
    }
    let known: BTreeSet<Short> = relevant(conn, document)?.iter().map(short).collect();
    let mut theirs = have.statements.iter();
    Ok(theirs.any(|it| Short::try_from(it.as_slice()).is_ok_and(|it| !known.contains(&it))))
}

/// The actors whose history the other side has signed by a relay whose word goes behind that of
/// who signs it here, with the mark of that signer.
fn outranked(conn: &Connection, have: &Have) -> Result<Vec<(ActorId, Option<Mark>)>, StoreError> {
    if have.tips.iter().all(|tip| tip.mark.is_none()) {
        return Ok(Vec::new());
    }
    let Some(row) = DocumentRow::find(conn, &have.document)? else {
        return Ok(Vec::new());
    };
    let actors = Actors::load(conn, row.row)?;
    let found = have.tips.iter().filter_map(|tip| {
        let here = actors.get(&tip.actor).filter(|actor| actor.seq > 0)?;
        let mark = here.mark();
        (mark < tip.mark).then_some((tip.actor, mark))
    });
    Ok(found.collect())
}

/// The actors of which the other side has another change than is here at the end of its history,
/// signed by the same: where the signer differs, one of the two has to give way anyhow.
fn parting(conn: &Connection, have: &Have) -> Result<Vec<ActorId>, StoreError> {
    let Some(row) = DocumentRow::find(conn, &have.document)? else {
        return Ok(Vec::new());
    };
    let actors = Actors::load(conn, row.row)?;
    let mut parting = Vec::new();
    for tip in &have.tips {
        if let Some(actor) = actors.get(&tip.actor)
            && actor.mark() == tip.mark
            && hash_at(conn, actor.row, tip.seq)?.is_some_and(|ours| ours != tip.hash)
        {
            parting.push(tip.actor);
        }
    }
    Ok(parting)
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
            have.tips.push(HaveTip {
                actor: actor.id,
                seq: actor.seq,
                hash,
                mark: actor.mark(),
            });
        }
    }
    have.tips.sort_unstable();
    for statement in relevant(conn, document)? {
        have.statements.push(short(&statement).to_vec().into());
    }
    Ok(have)
}
