//! Which statements belong to a document: its own, and those of the identities that it names.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::kinds::{Grantee, Payload, Scope};
use super::statement::{Statement, StatementDigest};
use crate::document::DocumentId;
use crate::identity::{Did, PublicKey};

const FINGERPRINT_TAG: &[u8] = b"poo/statements/v1";

/// The statements that belong to `document`, in the order of their digests: those about it, and
/// those about every identity that appears in it (owner, home, grantees, joiners, relays, those
/// witnessed for, and whoever signed one of its statements).
#[must_use]
pub fn relevant<'a>(
    document: &DocumentId,
    all: impl IntoIterator<Item = &'a Statement>,
) -> BTreeSet<Statement> {
    let mut of_document = BTreeSet::new();
    let mut of_identities: BTreeMap<Did, Vec<&Statement>> = BTreeMap::new();
    let mut owners_of: BTreeMap<PublicKey, BTreeSet<Did>> = BTreeMap::new();
    for statement in all {
        match statement.scope() {
            Scope::Document(id) if id == *document => {
                of_document.insert(statement.clone());
            }
            Scope::Document(_) => {}
            Scope::Identity(did) => {
                of_identities.entry(did).or_default().push(statement);
                if let Payload::Device(device) = statement.payload() {
                    owners_of.entry(device.device).or_default().insert(did);
                }
            }
        }
    }
    let mut dids = mentioned(&of_document);
    for statement in &of_document {
        dids.extend(owners_of.get(&statement.signer()).into_iter().flatten());
    }
    let mut out = of_document;
    for did in dids {
        out.extend(of_identities.remove(&did).into_iter().flatten().cloned());
    }
    out
}

/// One digest for a set of statements: equal sets, equal digests.
#[must_use]
pub(super) fn fingerprint<'a>(digests: impl Iterator<Item = &'a StatementDigest>) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(FINGERPRINT_TAG);
    hasher.update([0]);
    for digest in digests {
        hasher.update(digest.as_bytes());
    }
    hasher.finalize().into()
}

/// The identities that the statements of a document name, their signers' own keys included.
pub(crate) fn mentioned<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> BTreeSet<Did> {
    let mut dids = BTreeSet::new();
    for statement in statements {
        dids.insert(Did::from_key(statement.signer()));
        match statement.payload() {
            Payload::Genesis(it) => {
                dids.insert(it.owner);
                dids.extend(it.home);
            }
            Payload::Grant(it) => {
                dids.insert(match &it.to {
                    Grantee::Did(did) => *did,
                    Grantee::Invite(invite) => invite.relay,
                });
            }
            Payload::Redeem(it) => {
                dids.insert(it.joiner);
            }
            Payload::Witness(it) => {
                dids.insert(it.relay);
                dids.extend(it.for_);
            }
            Payload::Device(_) | Payload::Profile(_) | Payload::Revoke(_) => {}
        }
    }
    dids
}
