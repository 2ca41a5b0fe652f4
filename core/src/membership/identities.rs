//! Which device belongs to which identity: a pure function of the identity-scope statements.
//!
//! Certificates form a tree below each identity key. Revocations are applied in two steps, so
//! that the identity key outranks every device: first those by the identity key, then all those
//! by devices that still stand. Devices are equals: if two revoke one another, both fall.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::kinds::{Device, Payload, Profile, Revoke, Scope, Witness};
use super::statement::{Statement, StatementDigest};
use super::{Ineffective, IneffectiveReason};
use crate::identity::{Did, PublicKey};

/// The devices and profiles of identities.
#[derive(Debug, Clone, Default)]
pub struct Identities {
    statements: BTreeMap<StatementDigest, Statement>,
    /// Every certificate that was ever good, by device.
    certs: BTreeMap<PublicKey, Vec<Cert>>,
    /// The digest of the profile that counts.
    profiles: BTreeMap<Did, StatementDigest>,
    /// Which relays may sign for an identity in its documents.
    witnesses: BTreeMap<Did, Vec<Witnessing>>,
    /// What an identity took back, known here or not.
    taken_back: BTreeMap<Did, BTreeSet<StatementDigest>>,
    ineffective: Vec<Ineffective>,
}

/// A relay that may sign for an identity, or might.
#[derive(Debug, Clone)]
struct Witnessing {
    relay: Did,
    /// The revocations that took it back.
    felled: BTreeSet<StatementDigest>,
}

/// A device's place below an identity key.
#[derive(Debug, Clone)]
struct Cert {
    identity: Did,
    statement: StatementDigest,
    can_link: bool,
    /// The certificate of the device that signed this one; none: the identity key did.
    parent: Option<StatementDigest>,
    /// The revocations by which it fell.
    felled: BTreeSet<StatementDigest>,
}

/// A device is not shown to belong to an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeviceChainError {
    /// Nothing leads from the identity key to the device.
    #[error("nothing certifies this device for this identity: link it again")]
    NotCertified,
    /// The device was revoked.
    #[error("this device was revoked: link it again from a device that is still trusted")]
    Revoked,
}

/// The statements about one identity.
#[derive(Default)]
struct Group<'a> {
    devices: Vec<(&'a Statement, &'a Device)>,
    revokes: Vec<(&'a Statement, &'a Revoke)>,
    profiles: Vec<(&'a Statement, &'a Profile)>,
    witnesses: Vec<(&'a Statement, &'a Witness)>,
}

type Felled = BTreeMap<StatementDigest, BTreeSet<StatementDigest>>;

impl Identities {
    /// Evaluates a set of statements. Order and duplicates do not matter; statements about
    /// documents are ignored.
    #[must_use]
    pub fn evaluate<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> Self {
        let statements: BTreeMap<_, _> = statements
            .into_iter()
            .filter(|s| matches!(s.scope(), Scope::Identity(_)))
            .map(|s| (s.digest(), s.clone()))
            .collect();
        let mut groups: BTreeMap<Did, Group<'_>> = BTreeMap::new();
        for statement in statements.values() {
            let Scope::Identity(did) = statement.scope() else {
                continue;
            };
            let group = groups.entry(did).or_default();
            match statement.payload() {
                Payload::Device(it) => group.devices.push((statement, it)),
                Payload::Profile(it) => group.profiles.push((statement, it)),
                Payload::Revoke(it) => group.revokes.push((statement, it)),
                Payload::Witness(it) => group.witnesses.push((statement, it)),
                _ => {}
            }
        }
        let mut all = Self::default();
        for (did, group) in &groups {
            all.add(*did, group);
        }
        all.statements = statements;
        all
    }

    fn add(&mut self, did: Did, group: &Group<'_>) {
        let is_root = |s: &Statement| s.signer() == did.key();
        let bodies: BTreeMap<_, _> = group
            .revokes
            .iter()
            .map(|(s, r)| (s.digest(), *r))
            .collect();
        let devices = group.devices.iter().map(|(s, _)| s.digest());
        let witnesses = group.witnesses.iter().map(|(s, _)| s.digest());
        let revocable: BTreeSet<_> = devices.chain(witnesses).collect();
        let mut felled = Felled::new();
        let mut counted = BTreeSet::new();
        let mut apply = |felled: &mut Felled, statement: &Statement, revoke: &Revoke| {
            counted.insert(statement.digest());
            for target in &revoke.targets {
                felled
                    .entry(*target)
                    .or_default()
                    .insert(statement.digest());
            }
        };
        for (statement, revoke) in group.revokes.iter().filter(|(s, _)| is_root(s)) {
            apply(&mut felled, statement, revoke);
        }
        let by_identity_key = grow(did, group, &felled, &bodies);
        for (statement, revoke) in group.revokes.iter().filter(|(s, _)| !is_root(s)) {
            if stands(&by_identity_key.certs, &bodies, statement) {
                apply(&mut felled, statement, revoke);
            }
        }
        let Tree { certs, placed } = grow(did, group, &felled, &bodies);

        for (statement, revoke) in &group.revokes {
            if !counted.contains(&statement.digest()) {
                self.refuse(&by_identity_key.certs, statement);
            } else if revoke.targets.is_disjoint(&revocable) {
                self.ineffective.push(Ineffective {
                    statement: statement.digest(),
                    reason: IneffectiveReason::NoTarget,
                });
            }
        }
        let mut best: Option<(u64, StatementDigest)> = None;
        for (statement, profile) in &group.profiles {
            if is_root(statement) || stands(&certs, &bodies, statement) {
                best = best.max(Some((profile.version, statement.digest())));
            } else {
                self.refuse(&certs, statement);
            }
        }
        if !felled.is_empty() {
            self.taken_back
                .insert(did, felled.keys().copied().collect());
        }
        if let Some((_, digest)) = best {
            self.profiles.insert(did, digest);
        }
        for (statement, witness) in &group.witnesses {
            if is_root(statement) || stands(&certs, &bodies, statement) {
                self.witnesses.entry(did).or_default().push(Witnessing {
                    relay: witness.relay,
                    felled: felled.get(&statement.digest()).cloned().unwrap_or_default(),
                });
            } else {
                self.refuse(&certs, statement);
            }
        }
        for (statement, _) in &group.devices {
            if !placed.contains(&statement.digest()) {
                self.refuse(&certs, statement);
            }
        }
        for (device, more) in certs {
            self.certs.entry(device).or_default().extend(more);
        }
    }

    fn refuse(&mut self, certs: &BTreeMap<PublicKey, Vec<Cert>>, statement: &Statement) {
        self.ineffective.push(Ineffective {
            statement: statement.digest(),
            reason: if certs.contains_key(&statement.signer()) {
                IneffectiveReason::SignerFell
            } else {
                IneffectiveReason::NoRight
            },
        });
    }

    /// Whose key this is. Of a device that serves two identities, one where it is live comes
    /// first. An identity key that certified nothing is not known here.
    #[must_use]
    pub fn identity_of(&self, key: &PublicKey) -> Option<Did> {
        let mut certs = self.certs_of(key);
        let live = certs.clone().find(|c| c.felled.is_empty());
        live.or_else(|| certs.next()).map(|c| c.identity)
    }

    /// Whether the key is that of a device that was certified and is no longer.
    #[must_use]
    pub fn is_revoked(&self, device: &PublicKey) -> bool {
        let mut certs = self.certs_of(device).peekable();
        certs.peek().is_some() && certs.all(|c| !c.felled.is_empty())
    }

    /// Whether `key` is the identity's own key or a live device of it.
    #[must_use]
    pub fn is_live(&self, did: &Did, key: &PublicKey) -> bool {
        did.key() == *key
            || self
                .certs_of(key)
                .any(|c| c.identity == *did && c.felled.is_empty())
    }

    /// Whether the key is or was that of a device of the identity.
    #[must_use]
    pub fn is_certified(&self, did: &Did, key: &PublicKey) -> bool {
        self.certs_of(key).any(|c| c.identity == *did)
    }

    /// The live devices of an identity with what was said of each.
    pub fn devices(&self, did: &Did) -> impl Iterator<Item = &Device> {
        self.certs.values().filter_map(move |certs| {
            let cert = certs
                .iter()
                .find(|c| c.identity == *did && c.felled.is_empty())?;
            match self.statements.get(&cert.statement)?.payload() {
                Payload::Device(device) => Some(device),
                _ => None,
            }
        })
    }

    /// The live device keys with the identities that they belong to.
    pub(super) fn live_devices(&self) -> impl Iterator<Item = (Did, PublicKey)> {
        self.certs.iter().flat_map(|(key, certs)| {
            let dids: BTreeSet<Did> = certs
                .iter()
                .filter(|c| c.felled.is_empty())
                .map(|c| c.identity)
                .collect();
            dids.into_iter().map(|did| (did, *key))
        })
    }

    /// The profile that counts.
    #[must_use]
    pub fn profile(&self, did: &Did) -> Option<&Profile> {
        match self.statements.get(self.profiles.get(did)?)?.payload() {
            Payload::Profile(profile) => Some(profile),
            _ => None,
        }
    }

    /// For each time that an identity let a relay sign for it: the revocations of that. An
    /// empty set: it still may.
    pub(super) fn witnessings<'s>(
        &'s self,
        did: &Did,
        relay: &Did,
    ) -> impl Iterator<Item = Vec<&'s Revoke>> {
        let all = self.witnesses.get(did).map_or(&[][..], Vec::as_slice);
        all.iter()
            .filter(move |it| it.relay == *relay)
            .map(|it| it.felled.iter().filter_map(|d| self.revoke(d)).collect())
    }

    /// Whether an identity lets a relay sign for it in all documents that it owns.
    pub(crate) fn lets_sign(&self, did: &Did, relay: &Did) -> bool {
        self.witnessings(did, relay)
            .any(|revokes| revokes.is_empty())
    }

    /// Whether an identity took something back that goes by this name. It need not be a statement
    /// that is known here, nor a statement at all: a ticket is taken back by its name.
    #[must_use]
    pub fn has_taken_back(&self, did: &Did, name: &StatementDigest) -> bool {
        let names = self.taken_back.get(did);
        names.is_some_and(|names| names.contains(name))
    }

    /// The identity-scope statements without effect.
    #[must_use]
    pub fn ineffective(&self) -> &[Ineffective] {
        &self.ineffective
    }

    /// The certificates that lead from the identity key to a live device, in that order: what a
    /// device shows at the start of a session. Empty for the identity key itself, `None` for a
    /// device that is not live.
    #[must_use]
    pub fn chain(&self, did: &Did, device: &PublicKey) -> Option<Vec<Statement>> {
        if did.key() == *device {
            return Some(Vec::new());
        }
        let mut next = self
            .certs_of(device)
            .filter(|c| c.identity == *did && c.felled.is_empty())
            .map(|c| c.statement)
            .next();
        let mut chain = Vec::new();
        // Each parent is nearer to the identity key; the bound is a second lock on that door.
        while let Some(digest) = next {
            let statement = self.statements.get(&digest)?;
            chain.push(statement.clone());
            if chain.len() > self.statements.len() {
                return None;
            }
            let Payload::Device(body) = statement.payload() else {
                return None;
            };
            next = self
                .certs_of(&body.device)
                .find(|c| c.statement == digest)?
                .parent;
        }
        chain.reverse();
        (!chain.is_empty()).then_some(chain)
    }

    /// The identities for which the signer of `statement` speaks in it: the holder of the key
    /// itself, and each identity of which it is a device, unless the device fell and the
    /// statement was not kept.
    pub(super) fn speakers(&self, statement: &Statement) -> impl Iterator<Item = Did> {
        core::iter::once(Did::from_key(statement.signer())).chain(
            self.certs_of(&statement.signer())
                .filter(|c| self.keeps(c, &statement.digest()))
                .map(|c| c.identity),
        )
    }

    /// Whether the signer was a device that fell, and this statement was not kept.
    pub(super) fn signer_fell(&self, statement: &Statement) -> bool {
        let mut certs = self.certs_of(&statement.signer()).peekable();
        certs.peek().is_some() && !certs.any(|c| self.keeps(c, &statement.digest()))
    }

    /// For each identity of a device: the revocations by which the device fell, one set per
    /// certificate. An empty set: it is live.
    pub(super) fn standings<'s>(
        &'s self,
        device: &PublicKey,
    ) -> impl Iterator<Item = (Did, Vec<&'s Revoke>)> {
        self.certs_of(device).map(|c| {
            let revokes = c.felled.iter().filter_map(|d| self.revoke(d)).collect();
            (c.identity, revokes)
        })
    }

    fn certs_of(&self, key: &PublicKey) -> core::slice::Iter<'_, Cert> {
        self.certs.get(key).map_or([].iter(), |certs| certs.iter())
    }

    fn keeps(&self, cert: &Cert, digest: &StatementDigest) -> bool {
        cert.felled
            .iter()
            .all(|d| self.revoke(d).is_some_and(|r| r.keep.contains(digest)))
    }

    fn revoke(&self, digest: &StatementDigest) -> Option<&Revoke> {
        match self.statements.get(digest)?.payload() {
            Payload::Revoke(revoke) => Some(revoke),
            _ => None,
        }
    }
}

/// Checks that `statements` lead from the identity key of `did` to the key `device`.
///
/// # Errors
/// [`DeviceChainError`] if they do not, or if they revoke the device.
pub fn verify_device_chain(
    did: &Did,
    device: &PublicKey,
    statements: &[Statement],
) -> Result<(), DeviceChainError> {
    let identities = Identities::evaluate(statements);
    if identities.is_live(did, device) {
        Ok(())
    } else if identities.certs_of(device).any(|c| c.identity == *did) {
        Err(DeviceChainError::Revoked)
    } else {
        Err(DeviceChainError::NotCertified)
    }
}

/// Whether some certificate of the signer lets this statement stand.
fn stands(
    certs: &BTreeMap<PublicKey, Vec<Cert>>,
    bodies: &BTreeMap<StatementDigest, &Revoke>,
    statement: &Statement,
) -> bool {
    certs.get(&statement.signer()).is_some_and(|certs| {
        certs
            .iter()
            .any(|c| unkept(c, bodies, statement).is_empty())
    })
}

/// The revocations of a certificate that do not keep the statement.
fn unkept(
    cert: &Cert,
    bodies: &BTreeMap<StatementDigest, &Revoke>,
    statement: &Statement,
) -> BTreeSet<StatementDigest> {
    cert.felled
        .iter()
        .filter(|d| {
            !bodies
                .get(*d)
                .is_some_and(|r| r.keep.contains(&statement.digest()))
        })
        .copied()
        .collect()
}

/// The certificates of one identity.
struct Tree {
    certs: BTreeMap<PublicKey, Vec<Cert>>,
    /// Every certificate with a place, those included that say what another says.
    placed: BTreeSet<StatementDigest>,
}

/// Grows the tree of certificates from the identity key outwards. What stands is settled before
/// what fell with the device that signed it; a certificate keeps the first place it gets.
fn grow(
    did: Did,
    group: &Group<'_>,
    felled: &Felled,
    bodies: &BTreeMap<StatementDigest, &Revoke>,
) -> Tree {
    let mut by_signer: BTreeMap<PublicKey, Vec<(&Statement, &Device)>> = BTreeMap::new();
    for (statement, device) in &group.devices {
        by_signer
            .entry(statement.signer())
            .or_default()
            .push((statement, device));
    }
    let signed_by = |key: &PublicKey| by_signer.get(key).into_iter().flatten();
    let mut tree = Tree {
        certs: BTreeMap::new(),
        placed: BTreeSet::new(),
    };
    let mut standing = VecDeque::new();
    let mut fallen = VecDeque::new();
    for (statement, device) in signed_by(&did.key()) {
        standing.push_back((*statement, *device, None, BTreeSet::new()));
    }
    while let Some((statement, device, parent, mut reasons)) =
        standing.pop_front().or_else(|| fallen.pop_front())
    {
        if !tree.placed.insert(statement.digest()) {
            continue;
        }
        reasons.extend(felled.get(&statement.digest()).into_iter().flatten());
        let cert = Cert {
            identity: did,
            statement: statement.digest(),
            can_link: device.can_link,
            parent,
            felled: reasons,
        };
        let certs = tree.certs.entry(device.device).or_default();
        // One that says no more than another would only cost time.
        if certs
            .iter()
            .any(|c| c.felled == cert.felled && c.can_link >= cert.can_link)
        {
            continue;
        }
        if cert.can_link {
            for (child, body) in signed_by(&device.device) {
                if tree.placed.contains(&child.digest()) {
                    continue;
                }
                let unkept = unkept(&cert, bodies, child);
                let queue = if unkept.is_empty() {
                    &mut standing
                } else {
                    &mut fallen
                };
                queue.push_back((*child, *body, Some(cert.statement), unkept));
            }
        }
        certs.push(cert);
    }
    tree
}
