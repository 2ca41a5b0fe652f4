//! Who may do what with one document: a pure function of the set of statements.

mod outcome;
mod titles;

use std::collections::{BTreeMap, BTreeSet};

use self::titles::{Ladder, Titles};
use super::kinds::{Genesis, Grantee, Invite, Payload, Profile, Revoke, Role, Scope};
use super::relevance::{fingerprint, mentioned, relevant};
use super::statement::{Statement, StatementDigest};
use super::{Identities, Ineffective, IneffectiveReason};
use crate::document::{ActorId, DocumentId, Signer};
use crate::identity::{Did, PublicKey};
use crate::mutants::{self, Mutant};

/// How far an actor's changes count by their own right.
///
/// Ordered: a later variant lets more through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WriteLimit {
    /// None of them.
    Nothing,
    /// Those up to this seq, which is at least 1.
    UpTo(u64),
    /// All of them.
    Unlimited,
}

impl WriteLimit {
    /// Whether the change with this seq counts by its own right.
    #[must_use]
    pub fn admits(self, seq: u64) -> bool {
        match self {
            Self::Nothing => false,
            Self::UpTo(last) => seq <= last,
            Self::Unlimited => true,
        }
    }

    fn up_to(seq: u64) -> Self {
        if seq == 0 {
            Self::Nothing
        } else {
            Self::UpTo(seq)
        }
    }

    /// What a set of revocations leaves of an actor: the smallest mark; everything if there is
    /// none.
    fn after<'a>(revokes: impl IntoIterator<Item = &'a Revoke>, actor: &ActorId) -> Self {
        revokes
            .into_iter()
            .map(|revoke| Self::up_to(revoke.mark(actor)))
            .min()
            .unwrap_or(Self::Unlimited)
    }
}

/// Somebody with a role in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The highest of their roles.
    pub role: Role,
    /// The genesis, grants and redeems that give them a role now.
    pub grants: Vec<StatementDigest>,
    /// Their live devices that are known here, without the identity key.
    pub devices: Vec<PublicKey>,
}

/// A role that somebody was given, and by what they lost it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenRole {
    /// Who has or had it.
    pub holder: Did,
    /// Which it is.
    pub role: Role,
    /// The genesis, grant or redeem that gave it.
    pub statement: StatementDigest,
    /// The revocations by which it fell; none: it stands.
    pub felled_by: BTreeSet<StatementDigest>,
}

/// An invite and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteState {
    /// The terms.
    pub invite: Invite,
    /// The role that it gives.
    pub role: Role,
    /// Who joined by it, revoked joiners included.
    pub redeemed_by: BTreeSet<Did>,
    /// Whether it lets nobody in any more: it was revoked, or its maker was.
    pub revoked: bool,
}

/// A relay let several joiners in by one single-use invite. All of them are members; the owner
/// decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The grant that holds the invite.
    pub grant: StatementDigest,
    /// The relay that broke its terms.
    pub relay: Did,
    /// The redeems, all signed by that relay.
    pub redeems: Vec<StatementDigest>,
}

/// For whom a relay may sign in the document (`None`: for every member), and the revocations of
/// that.
type Witnessing = (Option<Did>, BTreeSet<StatementDigest>);

/// Who may do what with one document.
#[derive(Debug, Clone)]
pub struct Authority {
    document: DocumentId,
    statements: BTreeMap<StatementDigest, Statement>,
    identities: Identities,
    /// Identities that the document's statements name.
    mentioned: BTreeSet<Did>,
    genesis: Option<StatementDigest>,
    members: BTreeMap<Did, Member>,
    given_roles: Vec<GivenRole>,
    /// For every role of a writer that fell: the revocations by which it did.
    former_writers: BTreeMap<Did, Vec<BTreeSet<StatementDigest>>>,
    invites: BTreeMap<StatementDigest, InviteState>,
    evidence: Vec<Evidence>,
    /// For whom each relay may sign.
    witnesses: BTreeMap<Did, Vec<Witnessing>>,
    /// Everybody who owns the document or once did.
    owners_ever: BTreeSet<Did>,
    ineffective: BTreeMap<StatementDigest, IneffectiveReason>,
}

impl Authority {
    /// Evaluates a set of statements for `document`. The result does not depend on their order,
    /// and duplicates are as one. Statements that do not belong to the document are ignored.
    #[must_use]
    pub fn evaluate<'a>(
        document: &DocumentId,
        statements: impl IntoIterator<Item = &'a Statement>,
    ) -> Self {
        let set = relevant(document, statements);
        let statements: BTreeMap<_, _> = set.into_iter().map(|s| (s.digest(), s)).collect();
        let identities = Identities::evaluate(statements.values());
        let of_document = || {
            statements
                .values()
                .filter(|s| matches!(s.scope(), Scope::Document(_)))
        };
        let mut authority = Self {
            document: *document,
            mentioned: mentioned(of_document()),
            genesis: None,
            members: BTreeMap::new(),
            given_roles: Vec::new(),
            former_writers: BTreeMap::new(),
            invites: BTreeMap::new(),
            evidence: Vec::new(),
            witnesses: BTreeMap::new(),
            owners_ever: BTreeSet::new(),
            ineffective: BTreeMap::new(),
            statements: BTreeMap::new(),
            identities: Identities::default(),
        };
        authority.list(identities.ineffective());
        let of_document: BTreeMap<_, _> = of_document().map(|s| (s.digest(), s.clone())).collect();
        match authority.find_genesis(&of_document, &identities) {
            Some(genesis) => {
                authority.genesis = Some(genesis.0);
                let titles = Ladder::climb(&of_document, &identities, genesis);
                authority.take(titles, &of_document, &identities);
            }
            None => {
                for digest in of_document.keys() {
                    authority
                        .ineffective
                        .entry(*digest)
                        .or_insert(IneffectiveReason::NoGenesis);
                }
            }
        }
        authority.statements = statements;
        authority.identities = identities;
        authority
    }

    fn list(&mut self, more: &[Ineffective]) {
        self.ineffective
            .extend(more.iter().map(|it| (it.statement, it.reason)));
    }

    /// The genesis that the owner signed, or the home relay where it may sign for the owner. One
    /// from which the document's id follows comes before any with a chosen id; of several the one
    /// with the smallest digest.
    fn find_genesis<'s>(
        &mut self,
        statements: &'s BTreeMap<StatementDigest, Statement>,
        identities: &Identities,
    ) -> Option<(StatementDigest, &'s Genesis)> {
        let mut found = None;
        let mut all: Vec<_> = (statements.iter())
            .filter_map(|(digest, statement)| match statement.payload() {
                Payload::Genesis(genesis) => Some((digest, statement, genesis)),
                _ => None,
            })
            .collect();
        all.sort_by_key(|(_, _, genesis)| genesis.chosen_id.is_some());
        for (digest, statement, genesis) in all {
            let speaks = identities
                .speakers(statement)
                .any(|did| did == genesis.owner)
                || is_witnessed(genesis, statement, identities);
            let reason = if !speaks {
                if identities.signer_fell(statement) {
                    IneffectiveReason::SignerFell
                } else {
                    IneffectiveReason::NoRight
                }
            } else if found.is_some() {
                IneffectiveReason::Superseded
            } else {
                found = Some((*digest, genesis));
                continue;
            };
            self.ineffective.insert(*digest, reason);
        }
        found
    }

    fn take(
        &mut self,
        titles: Titles,
        statements: &BTreeMap<StatementDigest, Statement>,
        identities: &Identities,
    ) {
        self.list(&titles.ineffective);
        let mut holders = BTreeMap::new();
        for title in titles.titles {
            if title.role == Role::Owner {
                self.owners_ever.insert(title.holder);
            }
            holders.insert(title.statement, title.holder);
            self.given_roles.push(GivenRole {
                holder: title.holder,
                role: title.role,
                statement: title.statement,
                felled_by: title.felled.clone(),
            });
            if title.felled.is_empty() {
                let member = self.members.entry(title.holder).or_insert_with(|| Member {
                    role: title.role,
                    grants: Vec::new(),
                    devices: Vec::new(),
                });
                member.role = member.role.max(title.role);
                member.grants.push(title.statement);
            } else if title.role >= Role::Editor {
                self.former_writers
                    .entry(title.holder)
                    .or_default()
                    .push(title.felled);
            }
        }
        for (did, device) in identities.live_devices() {
            if let Some(member) = self.members.get_mut(&did) {
                member.devices.push(device);
            }
        }
        for (digest, felled) in titles.invites {
            let Some(Payload::Grant(grant)) = statements.get(&digest).map(Statement::payload)
            else {
                continue;
            };
            let Grantee::Invite(invite) = &grant.to else {
                continue;
            };
            let redeems = titles.redeems.get(&digest).cloned().unwrap_or_default();
            let joiners = redeems.iter().filter_map(|r| holders.get(r)).copied();
            let redeemed_by: BTreeSet<Did> = joiners.collect();
            if invite.single_use && redeemed_by.len() > 1 {
                self.evidence.push(Evidence {
                    grant: digest,
                    relay: invite.relay,
                    redeems,
                });
            }
            self.invites.insert(
                digest,
                InviteState {
                    invite: invite.clone(),
                    role: grant.role,
                    redeemed_by,
                    revoked: !felled.is_empty(),
                },
            );
        }
        for (digest, felled) in titles.witnesses {
            if let Some(Payload::Witness(it)) = statements.get(&digest).map(Statement::payload) {
                let of_relay = self.witnesses.entry(it.relay).or_default();
                of_relay.push((it.for_, felled));
            }
        }
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> DocumentId {
        self.document
    }

    /// The genesis that counts, if it is known.
    #[must_use]
    pub fn genesis(&self) -> Option<&Genesis> {
        match self.statements.get(&self.genesis?)?.payload() {
            Payload::Genesis(genesis) => Some(genesis),
            _ => None,
        }
    }

    /// The digest of the genesis that counts: the title of the genesis owner.
    #[must_use]
    pub fn genesis_digest(&self) -> Option<StatementDigest> {
        self.genesis
    }

    /// The role that a genesis, grant or redeem gives, whether it stands or not.
    #[must_use]
    pub fn role_given(&self, title: &StatementDigest) -> Option<Role> {
        match self.statements.get(title)?.payload() {
            Payload::Genesis(_) => Some(Role::Owner),
            Payload::Grant(grant) => Some(grant.role),
            Payload::Redeem(redeem) => match self.statements.get(&redeem.grant)?.payload() {
                Payload::Grant(grant) => Some(grant.role),
                _ => None,
            },
            _ => None,
        }
    }

    /// The genesis owner, who may have passed the document on since: [`Self::role`] tells.
    #[must_use]
    pub fn owner(&self) -> Option<Did> {
        self.genesis().map(|genesis| genesis.owner)
    }

    /// The highest role that somebody has now.
    #[must_use]
    pub fn role(&self, did: &Did) -> Option<Role> {
        self.members.get(did).map(|member| member.role)
    }

    /// Whether somebody may read the document now.
    #[must_use]
    pub fn can_read(&self, did: &Did) -> bool {
        self.role(did).is_some()
    }

    /// Whether somebody may write to the document now.
    #[must_use]
    pub fn can_write(&self, did: &Did) -> bool {
        self.role(did) >= Some(Role::Editor)
    }

    /// Whether somebody has no role since they gave it up themselves: the last word about their
    /// roles, by the clocks of those who signed, is their own.
    #[must_use]
    pub fn has_left(&self, did: &Did) -> bool {
        let theirs = self.given_roles.iter().filter(|it| it.holder == *did);
        let last = theirs
            .flat_map(|it| &it.felled_by)
            .filter_map(|felled_by| self.statements.get(felled_by))
            .filter_map(|statement| match statement.payload() {
                Payload::Revoke(it) => Some((it.issued_at_ms, statement)),
                _ => None,
            })
            .max_by_key(|(issued_at_ms, statement)| (*issued_at_ms, statement.digest()));
        !self.can_read(did)
            && last.is_some_and(|(_, last)| self.identities.speakers(last).any(|by| by == *did))
    }

    /// Everybody who has a role now.
    #[must_use]
    pub fn members(&self) -> &BTreeMap<Did, Member> {
        &self.members
    }

    /// Every role that somebody was given with the right to give it, also those that fell.
    #[must_use]
    pub fn given_roles(&self) -> &[GivenRole] {
        &self.given_roles
    }

    /// Whose key this is: that of a device, live or revoked, or the identity key of somebody
    /// whom the document names.
    #[must_use]
    pub fn identity_of(&self, key: &PublicKey) -> Option<Did> {
        let did = Did::from_key(*key);
        if self.mentioned.contains(&did) && self.identities.identity_of(key).is_none() {
            return Some(did);
        }
        self.identities.identity_of(key)
    }

    /// Whether the key is that of a device that was revoked.
    #[must_use]
    pub fn is_revoked(&self, key: &PublicKey) -> bool {
        self.identities.is_revoked(key)
    }

    /// The profile of somebody whom the document names.
    #[must_use]
    pub fn profile(&self, did: &Did) -> Option<&Profile> {
        self.identities.profile(did)
    }

    /// The devices and profiles of those whom the document names.
    #[must_use]
    pub fn identities(&self) -> &Identities {
        &self.identities
    }

    /// Whether `relay` may sign now for what `author` writes.
    #[must_use]
    pub fn may_witness(&self, relay: &Did, author: &Did) -> bool {
        self.witnessings(relay, author)
            .any(|revokes| revokes.is_empty())
    }

    /// For each statement that lets `relay` sign for `author`: the revocations of it. Owners say
    /// so about a document, and identities about all documents that they own; what was written
    /// there stays when they pass one on.
    fn witnessings<'s>(
        &'s self,
        relay: &'s Did,
        author: &'s Did,
    ) -> impl Iterator<Item = Vec<&'s Revoke>> {
        let of_document = self.witnesses.get(relay).map_or(&[][..], Vec::as_slice);
        let of_document = of_document
            .iter()
            .filter(move |(for_, _)| for_.is_none_or(|did| did == *author))
            .map(|(_, felled)| felled.iter().filter_map(|d| self.revoke(d)).collect());
        let of_author = self.identities.witnessings(author, relay);
        let owns = self.owners_ever.contains(author);
        of_document.chain(of_author.filter(move |_| owns))
    }

    /// The invites that owners made, by the digest of their grants.
    #[must_use]
    pub fn invites(&self) -> &BTreeMap<StatementDigest, InviteState> {
        &self.invites
    }

    /// What the relay signed when somebody used an invite.
    pub fn redeems_of(&self, invite: &StatementDigest) -> impl Iterator<Item = StatementDigest> {
        self.statements.values().filter_map(move |statement| {
            let of_it = matches!(statement.payload(), Payload::Redeem(it) if it.grant == *invite);
            of_it.then(|| statement.digest())
        })
    }

    /// Single-use invites by which a relay let several joiners in.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// The statements without effect, and why. A statement that was revoked by name is not among
    /// them: it still tells what stays up to the marks.
    #[must_use]
    pub fn ineffective(&self) -> &BTreeMap<StatementDigest, IneffectiveReason> {
        &self.ineffective
    }

    /// How far the changes of `actor`, written by `device`, count by their own right. That the
    /// actor is one of the device's follows from its id and is checked with its tips.
    #[must_use]
    pub fn write_limit(&self, device: &PublicKey, actor: &ActorId) -> WriteLimit {
        let own = self.writer_limit(&Did::from_key(*device), actor);
        self.identities
            .standings(device)
            .map(|(did, revokes)| {
                WriteLimit::after(revokes, actor).min(self.writer_limit(&did, actor))
            })
            .fold(own, WriteLimit::max)
    }

    /// How far the changes of `actor` count by their own right, as its tips are signed: by its
    /// device, or by a relay for somebody. Then both must allow it.
    pub(crate) fn limit_of(&self, signer: &Signer, actor: &ActorId) -> WriteLimit {
        if mutants::is(Mutant::AnybodyWrites) {
            return WriteLimit::Unlimited;
        }
        let Some(author) = signer.witnessed else {
            return self.write_limit(&signer.device, actor);
        };
        let relay = Did::from_key(signer.device);
        let witnessed = self
            .witnessings(&relay, &author)
            .map(|revokes| WriteLimit::after(revokes, actor))
            .max()
            .unwrap_or(WriteLimit::Nothing);
        witnessed.min(self.writer_limit(&author, actor))
    }

    /// Whether whoever signs a history is somebody who may or once might write here. It never
    /// ends, whatever is revoked later: so all replicas answer alike that know as much.
    pub(crate) fn knows(&self, signer: &Signer) -> bool {
        let wrote = |did: &Did| self.can_write(did) || self.former_writers.contains_key(did);
        let Some(author) = signer.witnessed else {
            let mut speaks_for = self.identities.standings(&signer.device);
            return wrote(&Did::from_key(signer.device)) || speaks_for.any(|(did, _)| wrote(&did));
        };
        let relay = Did::from_key(signer.device);
        self.witnessings(&relay, &author).next().is_some() && wrote(&author)
    }

    fn writer_limit(&self, did: &Did, actor: &ActorId) -> WriteLimit {
        if self.can_write(did) {
            return WriteLimit::Unlimited;
        }
        self.former_writers
            .get(did)
            .into_iter()
            .flatten()
            .map(|felled| WriteLimit::after(felled.iter().filter_map(|d| self.revoke(d)), actor))
            .max()
            .unwrap_or(WriteLimit::Nothing)
    }

    fn revoke(&self, digest: &StatementDigest) -> Option<&Revoke> {
        match self.statements.get(digest)?.payload() {
            Payload::Revoke(revoke) => Some(revoke),
            _ => None,
        }
    }

    /// The statements that belong to the document, by digest.
    #[must_use]
    pub fn statements(&self) -> &BTreeMap<StatementDigest, Statement> {
        &self.statements
    }

    /// One digest of all statements that belong to the document: equal sets, equal digests.
    #[must_use]
    pub fn digest_set_fingerprint(&self) -> [u8; 32] {
        fingerprint(self.statements.keys())
    }
}

/// Whether the home relay signed a document's beginning for its owner, who lets it, or let it
/// and kept what it had begun.
fn is_witnessed(genesis: &Genesis, statement: &Statement, identities: &Identities) -> bool {
    let Some(relay) = genesis.home.filter(|_| genesis.chosen_id.is_some()) else {
        return false;
    };
    let digest = statement.digest();
    statement.signer() == relay.key()
        && identities
            .witnessings(&genesis.owner, &relay)
            .any(|revokes| revokes.iter().all(|it| it.keep.contains(&digest)))
}
