//! Whose an actor is, where two say so: a relay that signed for somebody, and then the device from
//! which the actor's id follows, or a relay that signed before. `Signer::outranks` says whose word
//! goes before.
//!
//! It comes to that where a client that cannot sign brings what others wrote to a relay that does
//! not know them: it was put back from a backup, or is another one.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::StoreError;
use super::actors::{ActorRow, Actors};
use super::clock::find_change;
use super::documents::DocumentRow;
use super::fallen::{drop_from, keep_evidence};
use super::forks::{dependents, vouched};
use super::quarantine::Quarantine;
use super::rebuild::{replay, rewind_actors};
use super::tips::put_tip;
use crate::document::{ActorId, ChangeHash, EncodedChange, TIP_INTERVAL, Tip};
use crate::membership::Authority;
use crate::mutants::{self, Mutant};

/// What came of signatures that go before those here.
#[derive(Debug, Default)]
pub(crate) struct Outranked {
    /// Histories are another signer's now: the document has to be settled anew.
    pub(crate) settled: bool,
    /// From which places on a history here has to give way first, where the caller does that.
    pub(crate) forks: Vec<(ActorId, u64)>,
}

/// How the claims among waiting signatures are met.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<'a> {
    /// What only the signature here covers goes at once, if nobody else built on it; else that is
    /// left to the caller.
    pub(crate) yields: bool,
    /// Actors of which the other side's signature stands, whosever word goes before.
    pub(crate) conceded: &'a BTreeSet<ActorId>,
    /// Nothing more is on its way.
    pub(crate) complete: bool,
    /// When what waits came, in milliseconds since 1970.
    pub(crate) received: Option<i64>,
}

/// How far a history here is the one for which other signatures vouch.
struct Shared<'w> {
    upto: u64,
    /// The changes that lead from there to the next of those signatures, and that signature.
    next: Option<(Vec<&'w EncodedChange>, Tip)>,
}

/// Gives each history to the signer whose word goes before, as far as its signatures reach. What
/// only the other signed, and all that builds on it, is kept beside the document.
pub(crate) fn outrank(
    conn: &Connection,
    document: &mut DocumentRow,
    actors: &mut Actors,
    authority: &Authority,
    waiting: &Quarantine,
    terms: Terms<'_>,
) -> Result<Outranked, StoreError> {
    let mut outcome = Outranked::default();
    if mutants::is(Mutant::WitnessStays) {
        return Ok(outcome);
    }
    let mut claims = Vec::new();
    for (id, tips) in waiting.signed() {
        let (Some(known), Some(signer)) = (actors.get(id), tips.first().map(Tip::signer)) else {
            continue;
        };
        // A history of which nothing counts any more speaks for nobody.
        let is_free = known.seq == 0 || terms.conceded.contains(id);
        let stands = (known.signer())
            .is_some_and(|here| signer.outranks(&here) || (is_free && signer != here));
        if !stands || !authority.knows(&signer) {
            continue;
        }
        let Some(shared) = shared(conn, document, known, waiting, tips)? else {
            continue;
        };
        let from = shared.upto + 1;
        if shared.upto < known.seq {
            // More may come that is signed.
            if !terms.complete {
                continue;
            }
            if !terms.yields {
                outcome.forks.push((*id, from));
                continue;
            }
            if !stands_alone(conn, document, known.row, from)? {
                continue;
            }
        }
        claims.push((known.clone(), signer, tips, shared));
    }
    for (known, signer, tips, shared) in claims {
        let row = known.row;
        if shared.upto < known.seq {
            drop_from(conn, document, row, shared.upto + 1)?;
        }
        if known.mine {
            // Only its own signature lets this device go on under it.
            actors.set_mine(conn, document.row, None)?;
        }
        actors.set_signer(conn, row, signer)?;
        conn.prepare_cached("DELETE FROM tip WHERE actor = ?1")?
            .execute(params![row])?;
        keep_tips(conn, document, row, tips, shared, terms.received)?;
        outcome.settled = true;
    }
    if outcome.settled {
        rewind_actors(conn, document, actors)?;
        replay(conn, document, actors)?;
        // It holds signatures that are no longer the ones here.
        conn.prepare_cached("DELETE FROM chunk WHERE doc = ?1")?
            .execute(params![document.row])?;
    }
    Ok(outcome)
}

/// Whether nobody else's changes build on those of a history from a place on.
fn stands_alone(
    conn: &Connection,
    document: &DocumentRow,
    row: i64,
    from: u64,
) -> Result<bool, StoreError> {
    let mut actor = conn.prepare_cached("SELECT actor FROM change WHERE id = ?1")?;
    for id in dependents(conn, document.row, row, from)? {
        let by: i64 = actor.query_row(params![id], |found| found.get(0))?;
        if by != row {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `None` if nothing shows yet that the signatures are about the history here.
fn shared<'w>(
    conn: &Connection,
    document: &DocumentRow,
    known: &ActorRow,
    waiting: &'w Quarantine,
    tips: &[Tip],
) -> Result<Option<Shared<'w>>, StoreError> {
    let is_here = |hash: &ChangeHash, seq| -> Result<bool, StoreError> {
        let found = find_change(conn, document.row, hash)?;
        Ok(found.is_some_and(|it| it.actor == known.row && it.seq == seq))
    };
    let mut found: Option<Shared<'w>> = None;
    for tip in tips.iter().filter(|tip| tip.seq() <= known.seq) {
        if is_here(&tip.hash(), tip.seq())? {
            let upto = tip.seq();
            found = Some(Shared { upto, next: None });
        }
    }
    let mut places: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    let changes = waiting.changes();
    for (index, change) in changes.iter().enumerate() {
        if change.change().actor == known.id {
            let place = places.entry(change.change().seq).or_default();
            place.push(index);
        }
    }
    let proofs = vouched(changes, &places, tips);
    for (index, tip) in (changes.iter().enumerate())
        .filter_map(|(index, change)| Some((index, proofs.get(&change.hash())?)))
    {
        let Some(first) = changes.get(index) else {
            continue;
        };
        let upto = first.change().seq - 1;
        if upto > known.seq || found.as_ref().is_some_and(|found| found.upto > upto) {
            continue;
        }
        let mut joins = upto == 0;
        for dep in &first.change().deps {
            joins |= is_here(dep, upto)?;
        }
        if joins {
            let next = Some((chain(changes, &places, first, tip), tip.clone()));
            found = Some(Shared { upto, next });
        }
    }
    Ok(found)
}

/// The changes from `first` to the one that `tip` names.
fn chain<'w>(
    changes: &'w [EncodedChange],
    places: &BTreeMap<u64, Vec<usize>>,
    first: &'w EncodedChange,
    tip: &Tip,
) -> Vec<&'w EncodedChange> {
    let mut chain = vec![first];
    let mut last = first;
    for seq in first.change().seq + 1..=tip.seq() {
        let mut here = (places.get(&seq).into_iter().flatten()).filter_map(|at| changes.get(*at));
        let Some(next) = here.find(|it| it.change().deps.contains(&last.hash())) else {
            break;
        };
        chain.push(next);
        last = next;
    }
    chain
}

/// Keeps what vouches for a history up to its end here, and on to the next signature if none is
/// just there.
fn keep_tips(
    conn: &Connection,
    document: &DocumentRow,
    row: i64,
    tips: &[Tip],
    shared: Shared<'_>,
    received: Option<i64>,
) -> Result<(), StoreError> {
    for tip in tips.iter().filter(|tip| tip.seq() <= shared.upto) {
        let known = find_change(conn, document.row, &tip.hash())?;
        let is_kept = tip.seq().is_multiple_of(TIP_INTERVAL) || tip.seq() == shared.upto;
        if is_kept && known.is_some_and(|it| it.actor == row && it.seq == tip.seq()) {
            put_tip(conn, row, tip)?;
        }
    }
    if shared.upto > 0
        && let Some((chain, tip)) = shared.next
    {
        for change in chain {
            keep_evidence(conn, document, change, received)?;
        }
        put_tip(conn, row, &tip)?;
    }
    Ok(())
}
