//! From statements to titles: which grant, redeem and witness stands, and which fell by what.
//!
//! Owners have ranks: the genesis owner has rank 0, and whoever an owner of rank r made an owner
//! has rank r + 1. Ranks are settled from the top. A revocation by rank r bears on the grants of
//! everybody else's role, and on grants of ownership that make rank r or below: seniors are out
//! of a junior's reach. Revocations by equals all count, also against one another.

use std::collections::{BTreeMap, BTreeSet};

use super::super::kinds::{Genesis, Grant, Grantee, Payload, Redeem, Revoke, Role};
use super::super::statement::{Statement, StatementDigest};
use super::super::{Identities, Ineffective, IneffectiveReason};
use crate::identity::Did;

pub(super) type Digests = BTreeSet<StatementDigest>;

/// A role that somebody has or had.
#[derive(Debug, Clone)]
pub(super) struct Title {
    pub(super) holder: Did,
    pub(super) role: Role,
    /// The grant or redeem; none: the genesis.
    pub(super) statement: StatementDigest,
    /// The revocations by which it fell.
    pub(super) felled: Digests,
}

/// A grant or witness whose signer had the right to make it, if not for `felled`.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) rank: u32,
    pub(super) felled: Digests,
}

/// What the statements of one document come to.
#[derive(Debug, Default)]
pub(super) struct Titles {
    pub(super) titles: Vec<Title>,
    /// The invites that an owner made, with the revocations by which each fell.
    pub(super) invites: BTreeMap<StatementDigest, Digests>,
    /// The redeems with effect, by grant.
    pub(super) redeems: BTreeMap<StatementDigest, Vec<StatementDigest>>,
    /// The witnesses that an owner made, with the revocations by which each fell.
    pub(super) witnesses: BTreeMap<StatementDigest, Digests>,
    pub(super) ineffective: Vec<Ineffective>,
}

/// A way by which somebody is an owner of a certain rank.
struct Route {
    holder: Did,
    /// The genesis, grant or redeem that makes them so.
    title: StatementDigest,
    felled: Digests,
}

/// A revocation that counts for a target, with the rank of its author. Whoever gives up a role
/// of their own does so with rank 0.
type Blows = BTreeMap<StatementDigest, BTreeMap<StatementDigest, u32>>;

/// The work in progress.
pub(super) struct Ladder<'a> {
    genesis: StatementDigest,
    pub(super) statements: &'a BTreeMap<StatementDigest, Statement>,
    pub(super) identities: &'a Identities,
    /// Grants, witnesses and revocations by who speaks in them.
    pub(super) by_speaker: BTreeMap<Did, BTreeMap<StatementDigest, &'a Statement>>,
    pub(super) redeems: BTreeMap<StatementDigest, Vec<(StatementDigest, &'a Redeem)>>,
    pub(super) blows: Blows,
    /// Revocations that were made with an owner's right.
    pub(super) ranked: Digests,
    pub(super) standing: BTreeMap<StatementDigest, Standing>,
    pub(super) fallen: BTreeMap<StatementDigest, Standing>,
    /// Whoever is or was an owner.
    pub(super) owners: BTreeSet<Did>,
    /// Those of them whose fallen statements are noted.
    pub(super) toppled: BTreeSet<Did>,
    pub(super) out: Titles,
}

impl<'a> Ladder<'a> {
    /// Settles all titles of the document that begins with `genesis`. A document is never without
    /// an owner: where all fell to whom it was passed on, it goes back to the genesis owner.
    pub(super) fn climb(
        statements: &'a BTreeMap<StatementDigest, Statement>,
        identities: &'a Identities,
        genesis: (StatementDigest, &'a Genesis),
    ) -> Titles {
        let titles = Self::climb_from(statements, identities, genesis, true);
        let is_owner = |title: &Title| title.role == Role::Owner && title.felled.is_empty();
        if titles.titles.iter().any(is_owner) {
            return titles;
        }
        Self::climb_from(statements, identities, genesis, false)
    }

    fn climb_from(
        statements: &'a BTreeMap<StatementDigest, Statement>,
        identities: &'a Identities,
        genesis: (StatementDigest, &'a Genesis),
        passes: bool,
    ) -> Titles {
        let mut ladder = Self {
            genesis: genesis.0,
            statements,
            identities,
            by_speaker: BTreeMap::new(),
            redeems: BTreeMap::new(),
            blows: Blows::new(),
            ranked: Digests::new(),
            standing: BTreeMap::new(),
            fallen: BTreeMap::new(),
            owners: BTreeSet::new(),
            toppled: BTreeSet::new(),
            out: Titles::default(),
        };
        ladder.index();
        ladder.give_up(genesis, passes);
        let mut routes = vec![Route {
            holder: genesis.1.owner,
            title: genesis.0,
            felled: ladder.struck(&genesis.0, 0),
        }];
        ladder.out.titles.push(Title {
            holder: genesis.1.owner,
            role: Role::Owner,
            statement: genesis.0,
            felled: ladder.struck(&genesis.0, 0),
        });
        // Owners with a route that stands: all they signed is settled with it.
        let mut settled = BTreeSet::new();
        let mut rank = 0;
        while !routes.is_empty() {
            ladder
                .owners
                .extend(routes.iter().map(|route| route.holder));
            routes.retain(|route| !settled.contains(&route.holder));
            ladder.strike(&routes, rank, genesis.0);
            for route in &mut routes {
                let blows = ladder.blows_on(&route.title, rank);
                route.felled.extend(blows);
            }
            let mut seen = BTreeSet::new();
            routes.retain(|route| seen.insert((route.holder, route.felled.clone())));
            let next = ladder.raise(&routes, rank);
            settled.extend(
                routes
                    .iter()
                    .filter(|r| r.felled.is_empty())
                    .map(|r| r.holder),
            );
            routes = next;
            rank = rank.saturating_add(1);
        }
        ladder.finish(genesis.0);
        ladder.out
    }

    fn index(&mut self) {
        for statement in self.statements.values() {
            match statement.payload() {
                Payload::Grant(_) | Payload::Witness(_) | Payload::Revoke(_) => {
                    let speakers: BTreeSet<Did> = self.identities.speakers(statement).collect();
                    for speaker in speakers {
                        self.by_speaker
                            .entry(speaker)
                            .or_default()
                            .insert(statement.digest(), statement);
                    }
                }
                Payload::Redeem(it) => {
                    match self.check_redeem(statement, it) {
                        Ok(()) => self
                            .redeems
                            .entry(it.grant)
                            .or_default()
                            .push((statement.digest(), it)),
                        Err(reason) => self.refuse(statement.digest(), reason),
                    };
                }
                Payload::Genesis(_) | Payload::Device(_) | Payload::Profile(_) => {}
            }
        }
    }

    fn check_redeem(
        &self,
        statement: &Statement,
        redeem: &Redeem,
    ) -> Result<(), IneffectiveReason> {
        let invite = match self.grant(&redeem.grant).map(|grant| &grant.to) {
            Some(Grantee::Invite(invite)) => invite,
            _ => return Err(IneffectiveReason::UnknownInvite),
        };
        if invite.key != redeem.invite {
            Err(IneffectiveReason::WrongInvite)
        } else if invite.relay.key() != statement.signer() {
            Err(IneffectiveReason::WrongRelay)
        } else if redeem.redeemed_at_ms > invite.expires_at_ms {
            Err(IneffectiveReason::Expired)
        } else {
            Ok(())
        }
    }

    /// What everybody may take back without a right: a role of their own. The genesis owner's
    /// falls only if a grant of ownership by them is kept: the document passes on, if `passes`
    /// lets it.
    fn give_up(&mut self, genesis: (StatementDigest, &Genesis), passes: bool) {
        let mut blows = Vec::new();
        for (speaker, statements) in &self.by_speaker {
            for statement in statements.values() {
                let Payload::Revoke(revoke) = statement.payload() else {
                    continue;
                };
                for target in &revoke.targets {
                    let own = if *target == genesis.0 {
                        passes && *speaker == genesis.1.owner && self.passes_on(*speaker, revoke)
                    } else {
                        self.holder(target) == Some(*speaker)
                    };
                    if own {
                        blows.push((*target, statement.digest()));
                    }
                }
            }
        }
        for (target, revoke) in blows {
            self.blows.entry(target).or_default().insert(revoke, 0);
        }
    }

    fn passes_on(&self, owner: Did, revoke: &Revoke) -> bool {
        revoke.keep.iter().any(|digest| {
            let Some(statement) = self.statements.get(digest) else {
                return false;
            };
            matches!(statement.payload(), Payload::Grant(grant)
                if grant.role == Role::Owner && matches!(grant.to, Grantee::Did(to) if to != owner))
                && self.identities.speakers(statement).any(|did| did == owner)
        })
    }

    /// The statements that a route lets its holder make. If the holder fell, what they kept is
    /// looked up rather than searched: a hostile set has many routes.
    ///
    /// Of what a genesis owner signed who passed the document on several times at once, all stays
    /// that one of these times kept: else each would undo the others, and nobody would have it.
    fn allowed(&self, route: &Route) -> Vec<&'a Statement> {
        let Some(own) = self.by_speaker.get(&route.holder) else {
            return Vec::new();
        };
        if route.title == self.genesis && !route.felled.is_empty() {
            let kept: Digests = route
                .felled
                .iter()
                .filter_map(|digest| self.keep(digest))
                .flatten()
                .copied()
                .collect();
            return kept
                .iter()
                .filter_map(|digest| own.get(digest).copied())
                .collect();
        }
        let keeps = route.felled.iter().filter_map(|digest| self.keep(digest));
        let Some(fewest) = keeps.min_by_key(|keep| keep.len()) else {
            return own.values().copied().collect();
        };
        fewest
            .iter()
            .filter(|digest| unkept(self.statements, &route.felled, digest).is_empty())
            .filter_map(|digest| own.get(digest).copied())
            .collect()
    }

    fn keep(&self, revoke: &StatementDigest) -> Option<&'a Digests> {
        match self.statements.get(revoke)?.payload() {
            Payload::Revoke(revoke) => Some(&revoke.keep),
            _ => None,
        }
    }

    /// The revocations that owners of this rank make.
    fn strike(&mut self, routes: &[Route], rank: u32, genesis: StatementDigest) {
        for route in routes {
            for statement in self.allowed(route) {
                let Payload::Revoke(revoke) = statement.payload() else {
                    continue;
                };
                if !self.ranked.insert(statement.digest()) {
                    continue;
                }
                for target in revoke.targets.iter().filter(|t| **t != genesis) {
                    let blows = self.blows.entry(*target).or_default();
                    blows.entry(statement.digest()).or_insert(rank);
                }
            }
        }
    }

    /// The grants and witnesses that owners of this rank make; returns the owners made by them.
    fn raise(&mut self, routes: &[Route], rank: u32) -> Vec<Route> {
        let mut next = Vec::new();
        for route in routes {
            for statement in self.allowed(route) {
                if !self.standing.contains_key(&statement.digest()) {
                    let felled = Digests::new();
                    next.extend(self.place(statement, Standing { rank, felled }));
                }
            }
            // All else that a fallen owner signed fell by the first of their routes.
            if route.felled.is_empty() || !self.toppled.insert(route.holder) {
                continue;
            }
            let own = self.by_speaker.get(&route.holder).cloned();
            for (digest, statement) in own.unwrap_or_default() {
                if !self.standing.contains_key(&digest) && !self.fallen.contains_key(&digest) {
                    let felled = unkept(self.statements, &route.felled, &digest);
                    next.extend(self.place(statement, Standing { rank, felled }));
                }
            }
        }
        next
    }

    /// Notes that a grant or witness stands, or what it fell by; returns the owners it makes.
    fn place(&mut self, statement: &'a Statement, standing: Standing) -> Vec<Route> {
        let digest = statement.digest();
        let routes = match statement.payload() {
            Payload::Grant(grant) if grant.role == Role::Owner => self
                .titles_of(digest, grant, &standing)
                .into_iter()
                .map(|title| Route {
                    holder: title.holder,
                    title: title.statement,
                    felled: title.felled,
                })
                .collect(),
            Payload::Grant(_) | Payload::Witness(_) => Vec::new(),
            _ => return Vec::new(),
        };
        if standing.felled.is_empty() {
            self.standing.insert(digest, standing);
        } else {
            self.fallen.insert(digest, standing);
        }
        routes
    }

    /// The titles that a grant gives: to somebody known, or to those who redeemed it.
    pub(super) fn titles_of(
        &self,
        digest: StatementDigest,
        grant: &Grant,
        standing: &Standing,
    ) -> Vec<Title> {
        let rank_max = rank_max(grant, standing);
        let mut felled = standing.felled.clone();
        felled.extend(self.struck(&digest, rank_max));
        match &grant.to {
            Grantee::Did(holder) => vec![Title {
                holder: *holder,
                role: grant.role,
                statement: digest,
                felled,
            }],
            Grantee::Invite(_) => self
                .redeems
                .get(&digest)
                .into_iter()
                .flatten()
                .map(|(redeem, body)| {
                    let mut felled = unkept(self.statements, &felled, redeem);
                    felled.extend(self.struck(redeem, rank_max));
                    Title {
                        holder: body.joiner,
                        role: grant.role,
                        statement: *redeem,
                        felled,
                    }
                })
                .collect(),
        }
    }

    /// Who holds the role that a grant or a redeem gives.
    fn holder(&self, digest: &StatementDigest) -> Option<Did> {
        match self.statements.get(digest)?.payload() {
            Payload::Grant(grant) => match grant.to {
                Grantee::Did(did) => Some(did),
                Grantee::Invite(_) => None,
            },
            Payload::Redeem(redeem) => Some(redeem.joiner),
            _ => None,
        }
    }

    pub(super) fn grant(&self, digest: &StatementDigest) -> Option<&'a Grant> {
        match self.statements.get(digest)?.payload() {
            Payload::Grant(grant) => Some(grant),
            _ => None,
        }
    }

    /// The revocations of a statement by ranks up to `rank_max`.
    pub(super) fn struck(&self, target: &StatementDigest, rank_max: u32) -> Digests {
        self.blows
            .get(target)
            .into_iter()
            .flatten()
            .filter(|(_, rank)| **rank <= rank_max)
            .map(|(revoke, _)| *revoke)
            .collect()
    }

    /// The revocations by ranks up to `rank_max` that fell a genesis, grant or redeem. A redeem
    /// falls with its grant unless it was kept.
    fn blows_on(&self, title: &StatementDigest, rank_max: u32) -> Digests {
        let mut felled = self.struck(title, rank_max);
        if let Some(Payload::Redeem(redeem)) = self.statements.get(title).map(Statement::payload) {
            let of_grant = self.struck(&redeem.grant, rank_max);
            felled.extend(unkept(self.statements, &of_grant, title));
        }
        felled
    }

    pub(super) fn refuse(&mut self, statement: StatementDigest, reason: IneffectiveReason) {
        self.out.ineffective.push(Ineffective { statement, reason });
    }
}

/// The lowest rank whose revocations reach a grant: anybody's for a mere member, equals' and
/// seniors' for an owner.
pub(super) fn rank_max(grant: &Grant, standing: &Standing) -> u32 {
    match grant.role {
        Role::Owner => standing.rank.saturating_add(1),
        Role::Editor | Role::Viewer => u32::MAX,
    }
}

/// Of the revocations in `felled`, those that do not keep the statement.
fn unkept(
    statements: &BTreeMap<StatementDigest, Statement>,
    felled: &Digests,
    statement: &StatementDigest,
) -> Digests {
    felled
        .iter()
        .filter(|digest| {
            !matches!(statements.get(*digest).map(Statement::payload),
                Some(Payload::Revoke(revoke)) if revoke.keep.contains(statement))
        })
        .copied()
        .collect()
}
