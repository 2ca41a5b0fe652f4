//! The accept rule: what a change must be before it becomes a part of a document.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::StoreError;
use super::actors::{ActorRow, Actors};
use super::causal::causal_order;
use super::clock::{Clock, Known, find_change};
use super::documents::DocumentRow;
use super::fallen::{forget_recalled, has_fallen, keep_evidence, recall};
use super::forks::{keep_fork, vouched};
use super::log::insert_row;
use super::ops::{Applier, ApplyError, Touched};
use super::quarantine::Quarantine;
use super::refusal::Refusal;
use super::sql::run;
use super::tips::{nearest_tip, put_tip};
use crate::document::{
    ActorId, Change, ChangeHash, DocumentKind, EncodedChange, TIP_INTERVAL, Tip, limits,
};
use crate::membership::{Authority, ChangeNode, WriteLimit, counts};
use crate::mutants::{self, Mutant};

/// How far ahead of what it builds on a change may begin to count, in a document of any shape.
const COUNTER_LEAP_MAX: u64 = 1 << 16;

/// What became of a batch of changes.
#[derive(Debug, Default)]
pub(crate) struct Accepted {
    /// How many changes were added.
    pub(crate) added: usize,
    /// What was not taken, and why.
    pub(crate) refused: Vec<(ChangeHash, Refusal)>,
    /// Where another signed history of an actor parts from the one here: each place of it.
    pub(crate) forks: Vec<(ActorId, u64)>,
    /// What read models look at again.
    pub(crate) touched: Touched,
}

/// What was added a moment ago and will be asked for next.
#[derive(Default)]
struct Recent {
    changes: BTreeMap<ChangeHash, Known>,
    /// The clock of each actor's last change, by row.
    clocks: BTreeMap<i64, (u64, Clock)>,
}

impl Recent {
    fn clock(&self, conn: &Connection, actor: i64, seq: u64) -> Result<Clock, StoreError> {
        match self.clocks.get(&actor) {
            Some((at, clock)) if *at == seq => Ok(clock.clone()),
            _ => Clock::load(conn, actor, seq),
        }
    }
}

/// Adds to a document every waiting change that the rule allows.
pub(crate) struct Acceptor<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) document: &'a mut DocumentRow,
    pub(crate) actors: &'a mut Actors,
    pub(crate) authority: &'a Authority,
    /// When what waits came, in milliseconds since 1970; `None`: nobody knows.
    pub(crate) received: Option<i64>,
}

/// How a waiting change stands.
#[derive(Clone, Copy, PartialEq)]
enum Standing {
    /// It can be added once the changes that it builds on are.
    Covered,
    /// It waits for a signature or for its author's previous change.
    Waiting,
    /// It is here already.
    Known,
    /// It does not count, and the signature over what counts stands behind it.
    Evidence,
    Refused(Refusal),
}

impl Acceptor<'_> {
    /// Tries everything in `waiting`. With `complete` nothing more is on its way: what cannot be
    /// added now is refused instead of kept.
    pub(crate) fn run(
        &mut self,
        waiting: &mut Quarantine,
        complete: bool,
    ) -> Result<Accepted, StoreError> {
        let mut accepted = Accepted::default();
        let fallen = has_fallen(self.conn, self.document)?;
        let recalled = if fallen {
            recall(
                self.conn,
                self.document,
                self.actors,
                self.authority,
                waiting,
            )?
        } else {
            BTreeSet::new()
        };
        let mut standing = self.standings(waiting)?;
        let counting = self.counting(waiting, &standing)?;
        self.add(waiting, &mut standing, &counting, &mut accepted)?;

        for (index, change) in waiting.changes().iter().enumerate() {
            let refusal = match standing.get(index) {
                Some(Standing::Refused(refusal)) => Some(*refusal),
                Some(Standing::Waiting) if complete => Some(self.why_waiting(waiting, change)),
                Some(Standing::Covered) if complete => {
                    let counts = counting.get(index).copied().unwrap_or_default();
                    Some(if counts {
                        Refusal::MissingDeps
                    } else {
                        Refusal::Forbidden
                    })
                }
                _ => None,
            };
            if let Some(refusal) = refusal
                && !recalled.contains(&change.hash())
            {
                if refusal == Refusal::Fork {
                    let change = change.change();
                    accepted.forks.push((change.actor, change.seq));
                }
                accepted.refused.push((change.hash(), refusal));
            }
        }
        if fallen && accepted.added > 0 {
            forget_recalled(self.conn, self.document)?;
        }
        if complete && !mutants::is(Mutant::WaitingIsKept) {
            waiting.clear();
        } else {
            waiting.retain(|index, change| {
                matches!(
                    standing.get(index),
                    Some(Standing::Covered | Standing::Waiting)
                ) && !recalled.contains(&change.hash())
            });
        }
        Ok(accepted)
    }

    /// The signatures over an actor's history by whoever is known to sign it.
    fn tips<'w>(&self, waiting: &'w Quarantine, actor: &ActorId) -> &'w [Tip] {
        let tips = waiting.tips(actor);
        let known = self.actors.get(actor).and_then(ActorRow::signer);
        match (known, tips.first()) {
            (Some(known), Some(tip)) if tip.signer() != known => &[],
            _ => tips,
        }
    }

    /// A change that a signature speaks for, but whose author's earlier changes are not here,
    /// misses those; any other that waits has no signature.
    fn why_waiting(&self, waiting: &Quarantine, change: &EncodedChange) -> Refusal {
        let change = change.change();
        let expected = self.actors.get(&change.actor).map_or(0, |actor| actor.seq) + 1;
        if change.seq > expected && !self.tips(waiting, &change.actor).is_empty() {
            Refusal::MissingDeps
        } else {
            Refusal::Unsigned
        }
    }

    /// Which waiting changes follow their author's history and are covered by a signature.
    fn standings(&mut self, waiting: &Quarantine) -> Result<Vec<Standing>, StoreError> {
        let changes = waiting.changes();
        let mut standing = vec![Standing::Waiting; changes.len()];
        let mut by_actor: BTreeMap<ActorId, BTreeMap<u64, Vec<usize>>> = BTreeMap::new();
        for (index, change) in changes.iter().enumerate() {
            let places = by_actor.entry(change.change().actor).or_default();
            places.entry(change.change().seq).or_default().push(index);
        }
        for (actor, places) in by_actor {
            let (mut seq, mut previous) = self
                .actors
                .get(&actor)
                .map_or((0, None), |known| (known.seq, known.hash));
            // Places that are taken: the same change again, or another one. That is a fork once
            // a signature over it is here.
            let mut unproven = false;
            let mut proofs = None;
            for (_, indices) in places.range(..=seq) {
                for index in indices {
                    let Some(change) = changes.get(*index) else {
                        continue;
                    };
                    let known = find_change(self.conn, self.document.row, &change.hash())?;
                    let stands = if known.is_some() {
                        Standing::Known
                    } else {
                        let proofs = proofs.get_or_insert_with(|| {
                            vouched(changes, &places, self.tips(waiting, &actor))
                        });
                        match proofs.get(&change.hash()) {
                            Some(tip) => {
                                keep_fork(self.conn, self.document, self.actors, change, tip)?;
                                Standing::Refused(Refusal::Fork)
                            }
                            None => {
                                unproven = true;
                                Standing::Waiting
                            }
                        }
                    };
                    if let Some(place) = standing.get_mut(*index) {
                        *place = stands;
                    }
                }
            }
            let mut chain = Vec::new();
            let mut covered = 0;
            while let Some(indices) = places.get(&(seq + 1)) {
                // Of several changes for one place the one that a tip names, else the first.
                let tip = self
                    .tips(waiting, &actor)
                    .iter()
                    .find(|tip| tip.seq() == seq + 1);
                let named = tip.and_then(|tip| {
                    indices
                        .iter()
                        .find(|i| changes.get(**i).is_some_and(|c| c.hash() == tip.hash()))
                });
                let Some(index) = named.or(indices.first()) else {
                    break;
                };
                let Some(change) = changes.get(*index) else {
                    break;
                };
                let follows = previous.is_none_or(|hash| change.change().deps.contains(&hash));
                if !follows && unproven {
                    // It may belong to another history, whose signature is still to come.
                    break;
                }
                if !follows {
                    if let Some(place) = standing.get_mut(*index) {
                        *place = Standing::Refused(Refusal::BrokenChain);
                    }
                    break;
                }
                chain.push(*index);
                seq += 1;
                previous = Some(change.hash());
                if named.is_some() {
                    covered = chain.len();
                }
            }
            for index in chain.into_iter().take(covered) {
                if let Some(place) = standing.get_mut(index) {
                    *place = Standing::Covered;
                }
            }
        }
        Ok(standing)
    }

    /// Which covered changes count: their author may write, or a change that counts needs them.
    fn counting(
        &self,
        waiting: &Quarantine,
        standing: &[Standing],
    ) -> Result<Vec<bool>, StoreError> {
        let changes = waiting.changes();
        let places: BTreeMap<ChangeHash, usize> = changes
            .iter()
            .enumerate()
            .map(|(i, c)| (c.hash(), i))
            .collect();
        // The rule wants dependencies before dependents; a peer may send in any order.
        let order = causal_order(changes, &places);
        let rank: BTreeMap<usize, usize> = order.iter().enumerate().map(|(r, i)| (*i, r)).collect();
        let mut limits: BTreeMap<ActorId, WriteLimit> = BTreeMap::new();
        let mut nodes = Vec::with_capacity(order.len());
        for index in &order {
            let Some(change) = changes.get(*index) else {
                continue;
            };
            let inner = change.change();
            let covered = standing.get(*index) == Some(&Standing::Covered);
            let within_limit = covered && {
                let limit = *limits
                    .entry(inner.actor)
                    .or_insert_with(|| self.write_limit(waiting, &inner.actor));
                limit.admits(inner.seq)
            };
            let deps = if covered {
                let ranked = inner
                    .deps
                    .iter()
                    .filter_map(|dep| rank.get(places.get(dep)?));
                ranked.copied().collect()
            } else {
                Vec::new()
            };
            nodes.push(ChangeNode { within_limit, deps });
        }
        let counted = counts(&nodes);
        let mut result = vec![false; changes.len()];
        for (rank, index) in order.into_iter().enumerate() {
            if let Some(place) = result.get_mut(index) {
                *place = counted.get(rank).copied().unwrap_or_default();
            }
        }
        Ok(result)
    }

    fn write_limit(&self, waiting: &Quarantine, actor: &ActorId) -> WriteLimit {
        let known = self.actors.get(actor).and_then(ActorRow::signer);
        let signer = known.or_else(|| waiting.tips(actor).first().map(Tip::signer));
        signer.map_or(WriteLimit::Nothing, |signer| {
            self.authority.limit_of(&signer, actor)
        })
    }

    /// Adds what counts, as long as something can be added.
    ///
    /// First all of it under one savepoint: almost always every operation fits. Where one does
    /// not, what was written is undone and each change is added under a savepoint of its own,
    /// so that only what does not fit is refused.
    fn add(
        &mut self,
        waiting: &mut Quarantine,
        standing: &mut [Standing],
        counting: &[bool],
        accepted: &mut Accepted,
    ) -> Result<(), StoreError> {
        let conn = self.conn;
        let several = standing.iter().filter(|s| **s == Standing::Covered).count() > 1;
        if several {
            let before = (self.document.clone(), standing.to_vec());
            run(conn, "SAVEPOINT changes")?;
            if self.add_each(waiting, standing, counting, accepted, false)? {
                run(conn, "RELEASE changes")?;
                return Ok(());
            }
            run(conn, "ROLLBACK TO changes")?;
            run(conn, "RELEASE changes")?;
            *self.document = before.0;
            *self.actors = Actors::load(conn, self.document.row)?;
            standing.copy_from_slice(&before.1);
            *accepted = Accepted::default();
        }
        self.add_each(waiting, standing, counting, accepted, true)?;
        Ok(())
    }

    /// Adds change after change. With `apart` each has a savepoint of its own; without, the
    /// first that does not fit ends it, and the answer is false: then all is to be undone.
    fn add_each(
        &mut self,
        waiting: &mut Quarantine,
        standing: &mut [Standing],
        counting: &[bool],
        accepted: &mut Accepted,
        apart: bool,
    ) -> Result<bool, StoreError> {
        let conn = self.conn;
        let mut applier = Applier::new(conn, self.document);
        let mut recent = Recent::default();
        let mut reached: BTreeSet<ActorId> = BTreeSet::new();
        loop {
            let mut progress = false;
            for (index, encoded) in waiting.changes().iter().enumerate() {
                let counts = counting.get(index).copied().unwrap_or_default();
                if !counts || standing.get(index) != Some(&Standing::Covered) {
                    continue;
                }
                let outcome = self.add_one(&mut applier, &mut recent, waiting, encoded, apart)?;
                let stands = match outcome {
                    None => continue,
                    Some(Ok(())) => {
                        accepted.added += 1;
                        reached.insert(encoded.change().actor);
                        Standing::Known
                    }
                    Some(Err(Refusal::Op(_))) if !apart => return Ok(false),
                    Some(Err(refusal)) => Standing::Refused(refusal),
                };
                progress = true;
                if let Some(place) = standing.get_mut(index) {
                    *place = stands;
                }
            }
            if !progress {
                break;
            }
        }
        applier.flush()?;
        accepted.touched.append(&mut applier.touched);
        for actor in reached {
            assert!(!mutants::is(Mutant::PanicsMidway), "as it was asked to");
            if let Some(known) = self.actors.get(&actor) {
                self.actors.save_end(conn, known.row)?;
            }
            self.store_tips(waiting, standing, &actor)?;
        }
        Ok(true)
    }

    /// Adds one change, or says why not; `None` if it has to wait for one that it builds on.
    fn add_one(
        &mut self,
        applier: &mut Applier<'_>,
        recent: &mut Recent,
        waiting: &Quarantine,
        encoded: &EncodedChange,
        apart: bool,
    ) -> Result<Option<Result<(), Refusal>>, StoreError> {
        let change = encoded.change();
        let known_seq = self.actors.get(&change.actor).map_or(0, |actor| actor.seq);
        if change.seq != known_seq + 1 {
            return Ok(None);
        }
        let Some((clock, plain, max_op)) = self.past(recent, change)? else {
            return Ok(None);
        };
        // A change that was made on top of an earlier state counts on from the latest one that
        // its author knew. In documents of any shape that goes, as far as it cannot be used to
        // use up the counters.
        let leap_max = match self.document.kind {
            DocumentKind::Plain => COUNTER_LEAP_MAX,
            _ => 0,
        };
        let follows = (max_op + 1..=max_op + 1 + leap_max).contains(&change.start_op);
        let is_next = follows && change.max_op() <= limits::COUNTER_MAX;
        if !is_next && !mutants::is(Mutant::AnyCounter) {
            return Ok(Some(Err(Refusal::Counter)));
        }
        if self.document.ops + change.ops.len() as u64 > limits::DOCUMENT_OPS_MAX as u64
            || self.document.bytes + encoded.bytes().len() as u64
                > limits::DOCUMENT_BYTES_MAX as u64
        {
            return Ok(Some(Err(Refusal::DocumentFull)));
        }
        let signer = waiting.tips(&change.actor).first().map(Tip::signer);
        let row = self
            .actors
            .ensure(self.conn, self.document.row, change.actor, signer)?;
        if !apart {
            return match self.insert(applier, recent, row, encoded, clock, plain) {
                Ok(()) => Ok(Some(Ok(()))),
                Err(ApplyError::Op(error)) => Ok(Some(Err(error.into()))),
                Err(ApplyError::Store(error)) => Err(error),
            };
        }
        run(self.conn, "SAVEPOINT change")?;
        let inserted = self
            .insert(applier, recent, row, encoded, clock, plain)
            .and_then(|()| Ok(applier.flush()?));
        match inserted {
            Ok(()) => {
                run(self.conn, "RELEASE change")?;
                Ok(Some(Ok(())))
            }
            Err(ApplyError::Op(error)) => {
                run(self.conn, "ROLLBACK TO change")?;
                run(self.conn, "RELEASE change")?;
                applier.forget();
                Ok(Some(Err(error.into())))
            }
            Err(ApplyError::Store(error)) => Err(error),
        }
    }

    /// The causal past of a change, whether it is just its author's own, and the largest counter
    /// in it. `None` if a change that it builds on is not here.
    fn past(
        &self,
        recent: &Recent,
        change: &Change,
    ) -> Result<Option<(Clock, bool, u64)>, StoreError> {
        let mut clock = Clock::default();
        let mut max_op = 0;
        let row = self.actors.get(&change.actor).map(|actor| actor.row);
        let mut plain = change.deps.len() == 1 && change.seq > 1;
        for dep in &change.deps {
            let known = match recent.changes.get(dep) {
                Some(known) => Some(*known),
                None => find_change(self.conn, self.document.row, dep)?,
            };
            let Some(known) = known else {
                if mutants::is(Mutant::AnyOrder) {
                    continue;
                }
                return Ok(None);
            };
            max_op = max_op.max(known.max_op);
            plain &= Some(known.actor) == row;
            if !plain {
                clock.merge(&recent.clock(self.conn, known.actor, known.seq)?);
            }
        }
        if let (true, Some(row)) = (plain, row) {
            clock = recent.clock(self.conn, row, change.seq - 1)?;
        }
        Ok(Some((clock, plain, max_op)))
    }

    fn insert(
        &mut self,
        applier: &mut Applier<'_>,
        recent: &mut Recent,
        row: i64,
        encoded: &EncodedChange,
        mut clock: Clock,
        plain: bool,
    ) -> Result<(), ApplyError> {
        let change = encoded.change();
        clock.set(row, change.seq);
        applier.apply(row, change, &clock, self.actors, false)?;
        insert_row(
            self.conn,
            self.document,
            row,
            encoded,
            (!plain).then_some(&clock),
            self.received,
        )?;
        self.actors.reach(row, change.seq, Some(encoded.hash()));
        applier.note_end(row, change.seq, change.max_op());
        recent.changes.insert(
            encoded.hash(),
            Known {
                actor: row,
                seq: change.seq,
                max_op: change.max_op(),
            },
        );
        recent.clocks.insert(row, (change.seq, clock));
        Ok(())
    }

    /// Keeps the tips that the stored history of `actor` has reached: the latest one and those
    /// at every 64th place. Where the history ends before the place that was signed, since the
    /// rest does not count, the first tip behind its end is kept with all that leads there: only
    /// so can others check what counts.
    fn store_tips(
        &self,
        waiting: &mut Quarantine,
        standing: &mut [Standing],
        actor: &ActorId,
    ) -> Result<(), StoreError> {
        let Some(known) = self.actors.get(actor) else {
            return Ok(());
        };
        let (reached, ahead): (Vec<&Tip>, Vec<&Tip>) = self
            .tips(waiting, actor)
            .iter()
            .partition(|tip| tip.seq() <= known.seq);
        for tip in reached {
            if tip.seq().is_multiple_of(TIP_INTERVAL) || tip.seq() == known.seq {
                put_tip(self.conn, known.row, tip)?;
            }
        }
        let mut end = known.seq;
        if nearest_tip(self.conn, known.row, known.seq)?.is_none() {
            for tip in ahead {
                let rest = |change: &Change| {
                    change.actor == *actor && (known.seq + 1..=tip.seq()).contains(&change.seq)
                };
                let indices: Vec<usize> = (waiting.changes().iter().enumerate())
                    .filter(|(index, change)| {
                        rest(change.change()) && standing.get(*index) == Some(&Standing::Covered)
                    })
                    .map(|(index, _)| index)
                    .collect();
                if indices.len() as u64 != tip.seq() - known.seq {
                    continue;
                }
                for index in indices {
                    if let (Some(change), Some(place)) =
                        (waiting.changes().get(index), standing.get_mut(index))
                    {
                        keep_evidence(self.conn, self.document, change, self.received)?;
                        *place = Standing::Evidence;
                    }
                }
                put_tip(self.conn, known.row, tip)?;
                end = tip.seq();
                break;
            }
        }
        waiting.drop_tips(actor, end);
        Ok(())
    }
}
