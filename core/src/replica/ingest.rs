//! Taking in what a peer sent: statements first, then tips, then the changes they vouch for.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rusqlite::{Connection, params};

use crate::document::{
    ActorId, Change, ChangeError, ChangeHash, DocumentId, DocumentKind, EncodedChange,
    TIP_INTERVAL, Tip, TipError, UnverifiedTip,
};
use crate::identity::Did;
use crate::membership::{
    Authority, Payload, Role, Scope, Statement, StatementError, UnverifiedStatement,
};
use crate::mutants::{self, Mutant};
use crate::store::{
    Acceptor, ActorRow, Actors, DocumentRow, Quarantine, Refusal, StoreError, Terms, find_change,
    give_birth, outrank, recount, refresh, refresh_members, statements,
};

/// The most statements that may belong to a document.
const STATEMENTS_MAX: usize = 10_000;
/// The most bytes of them.
const STATEMENTS_BYTES_MAX: usize = 16 << 20;
/// Of ten parts of that, the last is for what owners sign: nobody else can fill a document so
/// that they cannot be removed from it.
const OWNERS_SHARE: usize = 10;

/// What one message brings for one document.
#[derive(Debug, Default)]
pub(crate) struct Incoming<'a> {
    pub(crate) statements: Vec<&'a [u8]>,
    pub(crate) tips: Vec<UnverifiedTip>,
    pub(crate) changes: Vec<&'a [u8]>,
    /// Changes that were audited as parts of one chunk.
    pub(crate) audited: Vec<EncodedChange>,
    /// When it came, in milliseconds since 1970.
    pub(crate) received: Option<i64>,
    /// Nothing more is on its way: what cannot be added now is refused.
    pub(crate) complete: bool,
    /// What has to give way to a signature that goes before the one here is dropped at once: a
    /// relay has no commands to make again.
    pub(crate) yields: bool,
    /// Actors of which this message's signature stands, whosever word goes before: the relay does
    /// not give way, since others built on what it has.
    pub(crate) conceded: BTreeSet<ActorId>,
}

/// What became of it.
#[derive(Debug, Default)]
pub(crate) struct Ingested {
    /// Changes that were added.
    pub(crate) added: usize,
    /// Statements that were new.
    pub(crate) statements: usize,
    /// Changes that were not taken.
    pub(crate) refused: Vec<(ChangeHash, Refusal)>,
    /// Places at which an actor signed another change than the one here.
    pub(crate) forks: Vec<(ActorId, u64)>,
    /// Own changes that fell out of the document.
    pub(crate) fell: Vec<(ActorId, u64)>,
    /// Documents whose state changed, by statements about identities too.
    pub(crate) touched: Vec<DocumentId>,
}

/// A message cannot be taken in at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IngestError {
    /// The document is not here, or is not the peer's to see: which of the two is not told.
    #[error("the document is not available")]
    Unavailable,
    #[error(transparent)]
    Statement(#[from] StatementError),
    #[error(transparent)]
    Tip(#[from] TipError),
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// There is no room for more statements: about what.
    #[error("no more statements about this {0} fit: nothing was taken, and what is here stays")]
    TooManyStatements(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for IngestError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A document that `reader` may read, with its authority. `None` where it is missing, and just
/// so where it is forbidden.
pub(crate) fn document_for_session(
    conn: &Connection,
    id: &DocumentId,
    reader: &Did,
) -> Result<Option<(DocumentRow, Rc<Authority>)>, StoreError> {
    let Some(document) = DocumentRow::find(conn, id)? else {
        return Ok(None);
    };
    let authority = statements::authority(conn, id)?;
    Ok(authority.can_read(reader).then_some((document, authority)))
}

/// Takes in a message for a document that `reader` must be able to read, counting what the
/// message itself says about that. With `entered` it was found so by an earlier part.
pub(crate) fn ingest(
    conn: &Connection,
    id: &DocumentId,
    reader: &Did,
    incoming: Incoming<'_>,
    waiting: &mut Quarantine,
    entered: bool,
) -> Result<Ingested, IngestError> {
    let fresh = fresh_statements(conn, id, &incoming)?;
    let authority = if fresh.is_empty() {
        statements::authority(conn, id)?
    } else {
        let all = statements::of_document_with(conn, id, &fresh)?;
        let authority = Authority::evaluate(id, &all);
        check_room(conn, &all, &fresh, &authority)?;
        Rc::new(authority)
    };
    if !entered && !authority.can_read(reader) && !readable_before(conn, id, reader)? {
        return Err(IngestError::Unavailable);
    }
    let mut ingested = Ingested {
        statements: fresh.len(),
        ..Ingested::default()
    };
    let mut document = match DocumentRow::find(conn, id)? {
        Some(document) => document,
        None => {
            let kind = authority.genesis().map(|genesis| genesis.kind);
            let kind = kind.ok_or(IngestError::Unavailable)?;
            let mut document = DocumentRow::create(conn, id, kind)?;
            give_birth(conn, &mut document, &mut Actors::default())?;
            statements::index(conn, document.row, &authority)?;
            document
        }
    };
    let mut actors = Actors::load(conn, document.row)?;
    if !fresh.is_empty() {
        let mut named = Vec::new();
        for statement in &fresh {
            statements::put(conn, statement)?;
            statements::note_received(conn, &statement.digest(), incoming.received)?;
            if let Scope::Identity(did) = statement.scope()
                && !named.contains(&did)
            {
                named.push(did);
            }
        }
        ingested.fell = settle(conn, &mut document, &mut actors, &authority)?;
        for did in named {
            for other in settle_naming_except(conn, &did, Some(id))? {
                if !ingested.touched.contains(&other) {
                    ingested.touched.push(other);
                }
            }
        }
    }
    let mut changes = Vec::with_capacity(incoming.changes.len());
    for bytes in &incoming.changes {
        let change = EncodedChange::audit(bytes)?;
        if find_change(conn, document.row, &change.hash())?.is_none() {
            changes.push(change);
        }
    }
    for tip in needed(id, &incoming.tips, &changes) {
        let known = actors.get(&tip.actor(id));
        // Where nothing counts any more, anybody may speak who knows the history.
        let here = known.filter(|it| it.seq > 0).and_then(ActorRow::signer);
        let signer = tip.signer();
        if here.is_none_or(|here| here == signer)
            && known.is_some_and(|actor| actor.seq >= tip.seq())
            && find_change(conn, document.row, &tip.hash())?.is_some()
        {
            continue;
        }
        let tip = tip.clone().verify(id)?;
        // Whose word goes before is heard, and then nobody else's.
        let waits = waiting.tips(&tip.actor()).first().map(Tip::signer);
        let mut others = [here, waits].into_iter().flatten();
        let conceded = incoming.conceded.contains(&tip.actor());
        if !conceded && others.clone().any(|it| it.outranks(&signer)) {
            continue;
        }
        if others.any(|it| it != signer && it.mark() == signer.mark()) {
            return Err(TipError::Taken.into());
        }
        if waits.is_some_and(|waits| signer != waits) {
            waiting.drop_tips(&tip.actor(), u64::MAX);
        }
        waiting.push_tip(tip);
    }
    for change in changes {
        let hash = change.hash();
        if !waiting.push(change) {
            let dropped = waiting.drain();
            ingested
                .refused
                .extend(dropped.into_iter().map(|h| (h, Refusal::QuarantineFull)));
            ingested.refused.push((hash, Refusal::QuarantineFull));
            return Ok(ingested);
        }
    }
    let mut unknown = Vec::with_capacity(incoming.audited.len());
    for change in incoming.audited {
        if find_change(conn, document.row, &change.hash())?.is_none() {
            unknown.push(change);
        }
    }
    waiting.extend(unknown);
    let terms = Terms {
        yields: incoming.yields,
        conceded: &incoming.conceded,
        complete: incoming.complete,
        received: incoming.received,
    };
    let outranked = outrank(conn, &mut document, &mut actors, &authority, waiting, terms)?;
    if outranked.settled {
        let fell = settle(conn, &mut document, &mut actors, &authority)?;
        ingested.fell.extend(fell);
    }
    let accepted = Acceptor {
        conn,
        document: &mut document,
        actors: &mut actors,
        authority: &authority,
        received: incoming.received,
    }
    .run(waiting, incoming.complete)?;
    ingested.added = accepted.added;
    ingested.refused.extend(accepted.refused);
    ingested.forks = accepted.forks;
    ingested.forks.extend(outranked.forks);
    if accepted.added > 0 {
        refresh(conn, &document, &actors, &accepted.touched)?;
        document.save(conn, &actors, &authority.digest_set_fingerprint())?;
    }
    if accepted.added > 0 || !fresh.is_empty() || outranked.settled {
        ingested.touched.push(*id);
    }
    Ok(ingested)
}

/// The tips that have to be looked at: the last of each history, and those that are kept for
/// others. What leads to a change that is signed is signed with it, so of a history that comes
/// with a signature at every step the steps between need none.
fn needed<'t>(
    id: &DocumentId,
    tips: &'t [UnverifiedTip],
    changes: &[EncodedChange],
) -> Vec<&'t UnverifiedTip> {
    if tips.len() < 2 {
        return tips.iter().collect();
    }
    let by_hash: BTreeMap<ChangeHash, &Change> = (changes.iter())
        .map(|it| (it.hash(), it.change()))
        .collect();
    let mut last_first: Vec<_> = tips.iter().map(|tip| (tip.actor(id), tip)).collect();
    last_first.sort_by_key(|(actor, tip)| (*actor, core::cmp::Reverse(tip.seq())));
    let mut led_to: BTreeSet<ChangeHash> = BTreeSet::new();
    let mut needed = Vec::new();
    for (actor, tip) in last_first {
        let is_led_to = led_to.contains(&tip.hash())
            && by_hash
                .get(&tip.hash())
                .is_some_and(|it| it.seq == tip.seq() && it.actor == actor);
        if is_led_to && !tip.seq().is_multiple_of(TIP_INTERVAL) {
            continue;
        }
        needed.push(tip);
        let mut step = by_hash.get(&tip.hash());
        while let Some(change) = step.filter(|it| it.actor == actor) {
            let before = change.deps.iter().find(|dep| {
                by_hash
                    .get(dep)
                    .is_some_and(|it| it.actor == actor && it.seq + 1 == change.seq)
            });
            step = match before {
                Some(dep) if led_to.insert(*dep) => by_hash.get(dep),
                _ => None,
            };
        }
    }
    needed
}

/// Whether fresh statements fit: beside those of the document, and beside those about each
/// identity.
fn check_room(
    conn: &Connection,
    all: &[Statement],
    fresh: &[Statement],
    authority: &Authority,
) -> Result<(), IngestError> {
    let bytes: usize = all.iter().map(Statement::wire_len).sum();
    if all.len() > STATEMENTS_MAX || bytes > STATEMENTS_BYTES_MAX {
        return Err(IngestError::TooManyStatements("list"));
    }
    let reserved = all.len() > STATEMENTS_MAX - STATEMENTS_MAX / OWNERS_SHARE
        || bytes > STATEMENTS_BYTES_MAX - STATEMENTS_BYTES_MAX / OWNERS_SHARE;
    let by_owner = |statement: &Statement| {
        let by = authority.identity_of(&statement.signer());
        by.and_then(|did| authority.role(&did)) == Some(Role::Owner)
    };
    if reserved && !fresh.iter().all(by_owner) {
        return Err(IngestError::TooManyStatements("list"));
    }
    if !statements::fit_identities(conn, fresh)? {
        return Err(IngestError::TooManyStatements("person"));
    }
    Ok(())
}

/// Whether `reader` may read the document by what is stored already: somebody who leaves, or
/// learns that they were removed, may still say or hear so.
fn readable_before(conn: &Connection, id: &DocumentId, reader: &Did) -> Result<bool, StoreError> {
    Ok(document_for_session(conn, id, reader)?.is_some())
}

/// Verifies the statements of a message that are not here yet. Those about other documents do
/// not belong in it.
fn fresh_statements(
    conn: &Connection,
    id: &DocumentId,
    incoming: &Incoming<'_>,
) -> Result<Vec<Statement>, IngestError> {
    let mut fresh: Vec<Statement> = Vec::new();
    for bytes in &incoming.statements {
        let statement = UnverifiedStatement::decode(bytes)?;
        let foreign = matches!(statement.scope(), Scope::Document(other) if other != *id);
        let digest = statement.digest();
        if foreign || fresh.iter().any(|s| s.digest() == digest) || statements::has(conn, &digest)?
        {
            continue;
        }
        let statement = statement.verify()?;
        if mutants::is(Mutant::NothingIsRevoked)
            && matches!(statement.payload(), Payload::Revoke(_))
        {
            continue;
        }
        if !is_rival(conn, id, statement.payload())? {
            fresh.push(statement);
        }
    }
    Ok(fresh)
}

/// Whether a statement begins a document anew that began here already, where the id alone does
/// not say which beginning is the right one: then the first stays.
fn is_rival(conn: &Connection, id: &DocumentId, payload: &Payload) -> Result<bool, StoreError> {
    let Payload::Genesis(new) = payload else {
        return Ok(false);
    };
    if DocumentRow::find(conn, id)?.is_none() {
        return Ok(false);
    }
    let authority = statements::authority(conn, id)?;
    Ok(authority
        .genesis()
        .is_some_and(|here| new != here && (new.chosen_id.is_some() || here.chosen_id.is_some())))
}

/// Makes a document hold what its statements say, and writes down who they name.
pub(super) fn settle(
    conn: &Connection,
    document: &mut DocumentRow,
    actors: &mut Actors,
    authority: &Authority,
) -> Result<Vec<(ActorId, u64)>, StoreError> {
    let recounted = recount(conn, document, actors, authority)?;
    refresh(conn, document, actors, &recounted.accepted.touched)?;
    statements::index(conn, document.row, authority)?;
    if document.kind == DocumentKind::List {
        refresh_members(conn, document, authority)?;
    }
    document.save(conn, actors, &authority.digest_set_fingerprint())?;
    Ok(recounted.fell)
}

/// Settles every document whose statements name an identity, after something was said about it.
pub(super) fn settle_naming(conn: &Connection, did: &Did) -> Result<Vec<DocumentId>, StoreError> {
    settle_naming_except(conn, did, None)
}

fn settle_naming_except(
    conn: &Connection,
    did: &Did,
    except: Option<&DocumentId>,
) -> Result<Vec<DocumentId>, StoreError> {
    let mut settled = Vec::new();
    for id in statements::documents_naming(conn, did)? {
        if Some(&id) == except {
            continue;
        }
        let Some(mut document) = DocumentRow::find(conn, &id)? else {
            continue;
        };
        let mut actors = Actors::load(conn, document.row)?;
        let authority = statements::authority(conn, &id)?;
        settle(conn, &mut document, &mut actors, &authority)?;
        settled.push(id);
    }
    Ok(settled)
}

/// Adds one statement about a document that is here: what a relay does when an invite is used.
pub(crate) fn add_statement(
    conn: &Connection,
    id: &DocumentId,
    statement: &Statement,
) -> Result<(), StoreError> {
    let Some(mut document) = DocumentRow::find(conn, id)? else {
        return Ok(());
    };
    statements::put(conn, statement)?;
    let mut actors = Actors::load(conn, document.row)?;
    let authority = statements::authority(conn, id)?;
    settle(conn, &mut document, &mut actors, &authority)?;
    Ok(())
}

/// Keeps the statements by which a device belongs to an identity: what a session begins with.
/// False, and nothing is kept, if there is no room for them.
pub(crate) fn put_chain(conn: &Connection, chain: &[Statement]) -> Result<bool, StoreError> {
    let mut fresh = Vec::new();
    for statement in chain {
        if !statements::has(conn, &statement.digest())? {
            fresh.push(statement.clone());
        }
    }
    if !statements::fit_identities(conn, &fresh)? {
        return Ok(false);
    }
    for statement in chain {
        if matches!(statement.payload(), Payload::Device(_)) && statements::put(conn, statement)? {
            let Scope::Identity(did) = statement.scope() else {
                continue;
            };
            settle_naming(conn, &did)?;
        }
    }
    Ok(true)
}

/// Forgets recorded commands that the relay has committed.
pub(crate) fn acknowledge_outbox(
    conn: &Connection,
    doc: i64,
    actor: i64,
    seq: u64,
) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM outbox WHERE doc = ?1 AND actor = ?2 AND seq <= ?3")?
        .execute(params![doc, actor, seq as i64])?;
    Ok(())
}
