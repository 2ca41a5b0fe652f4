//! What the ladder comes to, once every rank is settled: titles, invites, and why the rest has
//! no effect.

use super::super::kinds::{Grant, Grantee, Payload};
use super::super::statement::{Statement, StatementDigest};
use super::super::{Ineffective, IneffectiveReason};
use super::titles::{Digests, Ladder, Standing, rank_max};

impl Ladder<'_> {
    pub(super) fn finish(&mut self, genesis: StatementDigest) {
        let mut revocable = Digests::new();
        for (digest, statement) in self.statements {
            let standing = self
                .standing
                .get(digest)
                .or_else(|| self.fallen.get(digest));
            match (statement.payload(), standing) {
                (Payload::Grant(grant), Some(standing)) => {
                    let rank_max = rank_max(grant, standing);
                    if !standing.felled.is_empty() {
                        self.out.ineffective.push(Ineffective {
                            statement: *digest,
                            reason: IneffectiveReason::SignerFell,
                        });
                    }
                    revocable.insert(*digest);
                    let titles = self.titles_of(*digest, grant, standing);
                    if matches!(grant.to, Grantee::Invite(_)) {
                        let mut felled = standing.felled.clone();
                        felled.extend(self.struck(digest, rank_max));
                        self.out.invites.insert(*digest, felled);
                        let redeems: Vec<_> = titles.iter().map(|t| t.statement).collect();
                        revocable.extend(&redeems);
                        self.out.redeems.insert(*digest, redeems);
                    }
                    self.out.titles.extend(titles);
                }
                (Payload::Witness(_), Some(standing)) if standing.felled.is_empty() => {
                    revocable.insert(*digest);
                    let felled = self.struck(digest, u32::MAX);
                    self.out.witnesses.insert(*digest, felled);
                }
                (Payload::Grant(_) | Payload::Witness(_), _) => {
                    self.refuse(*digest, self.without_right(statement));
                }
                _ => {}
            }
        }
        for (grant, redeems) in &self.redeems {
            if !self.out.invites.contains_key(grant) {
                self.out
                    .ineffective
                    .extend(redeems.iter().map(|(redeem, _)| Ineffective {
                        statement: *redeem,
                        reason: IneffectiveReason::UnknownInvite,
                    }));
            }
        }
        self.explain_revokes(genesis, &revocable);
    }

    /// Lists the revocations without effect.
    fn explain_revokes(&mut self, genesis: StatementDigest, revocable: &Digests) {
        let mut used = Digests::new();
        for (target, blows) in &self.blows {
            let rank_max = match self.standing_of(target) {
                Some((grant, standing)) => rank_max(grant, standing),
                None => u32::MAX,
            };
            let reached = revocable.contains(target);
            used.extend(
                blows
                    .iter()
                    .filter(|(_, rank)| {
                        (reached && **rank <= rank_max) || (*target == genesis && **rank == 0)
                    })
                    .map(|(revoke, _)| *revoke),
            );
        }
        for (digest, statement) in self.statements {
            let Payload::Revoke(revoke) = statement.payload() else {
                continue;
            };
            if used.contains(digest) {
                continue;
            }
            let reason = if !self.ranked.contains(digest) {
                self.without_right(statement)
            } else if revoke.targets.contains(&genesis) {
                IneffectiveReason::GenesisOwner
            } else if revoke.targets.is_disjoint(revocable) {
                IneffectiveReason::NoTarget
            } else {
                IneffectiveReason::Outranked
            };
            self.out.ineffective.push(Ineffective {
                statement: *digest,
                reason,
            });
        }
    }

    /// The grant behind a target, if somebody had the right to make it.
    fn standing_of(&self, target: &StatementDigest) -> Option<(&Grant, &Standing)> {
        let digest = match self.statements.get(target)?.payload() {
            Payload::Redeem(redeem) => &redeem.grant,
            _ => target,
        };
        let standing = self
            .standing
            .get(digest)
            .or_else(|| self.fallen.get(digest))?;
        Some((self.grant(digest)?, standing))
    }

    /// Why the signer of a statement had no right: lost, or never had.
    fn without_right(&self, statement: &Statement) -> IneffectiveReason {
        let mut speakers = self.identities.speakers(statement);
        if self.identities.signer_fell(statement) || speakers.any(|did| self.owners.contains(&did))
        {
            IneffectiveReason::SignerFell
        } else {
            IneffectiveReason::NoRight
        }
    }
}
