//! What a relay takes in from clients that cannot sign: it signs for them, where an owner lets it.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::Env;
use super::ingest::document_for_session;
use super::write::begin_document;
use crate::document::{
    ActorId, ChangeHash, DocumentId, DocumentKind, DocumentNonce, EncodedChange, Signer,
    TIP_INTERVAL, Tip,
};
use crate::identity::{Did, Keypair};
use crate::membership::{Authority, Genesis, Payload, Statement};
use crate::store::{
    Acceptor, ActorRow, Actors, DocumentRow, Quarantine, Refusal, StoreError, find_change,
    nearest_tip, put_tip, refresh, statements,
};

/// The changes that are tried together: a half of what may wait.
const PART: usize = 4_000;

/// What became of the changes of one client.
#[derive(Debug, Default)]
pub(crate) struct Witnessed {
    pub(crate) added: usize,
    pub(crate) refused: Vec<(ChangeHash, Refusal)>,
}

/// Signs for `author` and takes in what the rules allow. `None` if the document is not here or
/// not theirs to see.
pub(crate) fn witness(
    conn: &Connection,
    relay: &Keypair,
    id: &DocumentId,
    author: &Did,
    changes: Vec<EncodedChange>,
    received_ms: i64,
) -> Result<Option<Witnessed>, StoreError> {
    let Some((mut document, authority)) = document_for_session(conn, id, author)? else {
        return Ok(None);
    };
    let mut actors = Actors::load(conn, document.row)?;
    let mut witnessed = Witnessed::default();
    let mut touched = crate::store::Touched::new();
    let mut changes = changes.into_iter().peekable();
    while changes.peek().is_some() {
        let part = changes.by_ref().take(PART);
        let fresh = Signer::witness(relay.public(), *author, received_ms);
        let (mut waiting, mut foreign) = sign(conn, relay, fresh, &document, &actors, part)?;
        let signed: Vec<ActorId> = waiting.signed().map(|(actor, _)| *actor).collect();
        witnessed.refused.append(&mut foreign);
        let mut accepted = Acceptor {
            conn,
            document: &mut document,
            actors: &mut actors,
            authority: &authority,
            received: Some(received_ms),
        }
        .run(&mut waiting, true)?;
        witnessed.added += accepted.added;
        witnessed.refused.append(&mut accepted.refused);
        touched.append(&mut accepted.touched);
        for actor in signed {
            sign_end(conn, relay, &document, &actors, &actor)?;
        }
    }
    if witnessed.added > 0 {
        refresh(conn, &document, &actors, &touched)?;
        document.save(conn, &actors, &authority.digest_set_fingerprint())?;
    }
    Ok(Some(witnessed))
}

/// What is signed, and what is refused since it stands under somebody else's actor.
type Signed = (Quarantine, Vec<(ChangeHash, Refusal)>);

/// Signs each history among `changes` as far as it continues what is here: one that begins as
/// `fresh`. Nothing is kept of a signature whose change is refused.
fn sign(
    conn: &Connection,
    relay: &Keypair,
    fresh: Signer,
    document: &DocumentRow,
    actors: &Actors,
    changes: impl Iterator<Item = EncodedChange>,
) -> Result<Signed, StoreError> {
    let mut waiting = Quarantine::default();
    let mut foreign = Vec::new();
    let mut chains: BTreeMap<ActorId, BTreeMap<u64, ChangeHash>> = BTreeMap::new();
    for change in changes {
        let actor = change.change().actor;
        if find_change(conn, document.row, &change.hash())?.is_some() {
            continue;
        }
        let known = actors.get(&actor);
        let is_theirs = |known: &ActorRow| {
            known.device == Some(fresh.device) && known.witnessed == fresh.witnessed
        };
        if known.is_some_and(|known| !is_theirs(known)) {
            foreign.push((change.hash(), Refusal::Forbidden));
            continue;
        }
        let chain = chains.entry(actor).or_default();
        chain.entry(change.change().seq).or_insert(change.hash());
        waiting.push(change);
    }
    for (actor, chain) in chains {
        let known = actors.get(&actor);
        let mut seq = known.map_or(1, |known| known.seq + 1);
        let signer = known.and_then(ActorRow::signer).unwrap_or(fresh);
        let Some(author) = signer.witnessed else {
            continue;
        };
        while let Some(hash) = chain.get(&seq) {
            if seq.is_multiple_of(TIP_INTERVAL) || !chain.contains_key(&(seq + 1)) {
                waiting.push_tip(Tip::witness(
                    relay,
                    &document.id,
                    actor,
                    seq,
                    *hash,
                    (author, signer.nonce),
                ));
            }
            seq += 1;
        }
    }
    Ok((waiting, foreign))
}

/// Signs where a history ends, if what was signed behind that was refused: nothing else would vouch
/// for what was taken in.
fn sign_end(
    conn: &Connection,
    relay: &Keypair,
    document: &DocumentRow,
    actors: &Actors,
    actor: &ActorId,
) -> Result<(), StoreError> {
    let Some(known) = actors.get(actor) else {
        return Ok(());
    };
    if let (Some(signer), Some(hash)) = (known.signer(), known.hash)
        && let Some(author) = signer.witnessed
        && nearest_tip(conn, known.row, known.seq)?.is_none()
    {
        let by = (author, signer.nonce);
        let tip = Tip::witness(relay, &document.id, *actor, known.seq, hash, by);
        put_tip(conn, known.row, &tip)?;
    }
    Ok(())
}

/// Begins a document for `author` whose id another program chose, if they let this relay sign
/// for them. False if not.
pub(crate) fn begin(
    conn: &Connection,
    relay: &Keypair,
    id: &DocumentId,
    author: &Did,
    env: &mut Env<'_>,
) -> Result<bool, StoreError> {
    let genesis = Genesis {
        owner: *author,
        nonce: DocumentNonce::Random(env.random()),
        kind: DocumentKind::Plain,
        version: crate::document::BIRTH_VERSION,
        home: Some(Did::from_key(relay.public())),
        created_at_ms: env.now.as_millisecond(),
        chosen_id: Some(*id),
    };
    let Ok(statement) = Statement::sign(Payload::Genesis(genesis), relay) else {
        return Ok(false);
    };
    let with = statements::of_document_with(conn, id, std::slice::from_ref(&statement))?;
    if Authority::evaluate(id, &with).genesis_digest() != Some(statement.digest()) {
        return Ok(false);
    }
    begin_document(conn, *id, DocumentKind::Plain, &statement)?;
    Ok(true)
}
