//! In which order statements go out, and how many in one message.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::ByteVec;

use super::outgoing::{Short, short};
use crate::document::DocumentId;
use crate::identity::{Did, PublicKey};
use crate::membership::{Authority, Grantee, Payload, Statement, StatementDigest};

/// About how many bytes of statements go into one message: with the largest revocation on top,
/// and the changes and tips that may go along, it stays far below what a message may hold.
pub(super) const STATEMENTS_TARGET_BYTES: usize = 1 << 20;

/// Statements of one message.
#[derive(Debug, Default)]
pub(super) struct StatementsPart {
    pub(super) statements: Vec<ByteVec>,
    pub(super) shorts: Vec<Short>,
    pub(super) bytes: usize,
    /// Whether more have to follow.
    pub(super) cut: bool,
}

/// The next statements for somebody who has `sent`. Where they do not fit into one message,
/// first come those by which `reader` may read the document, since without them nothing is
/// taken; then revocations, so that nobody gets for a moment what was taken back; then the rest.
pub(super) fn next_statements(
    document: &DocumentId,
    authority: &Authority,
    sent: &BTreeSet<Short>,
    reader: &Did,
) -> StatementsPart {
    let all = authority.statements();
    let lacking: Vec<(&StatementDigest, &Statement)> = all
        .iter()
        .filter(|(_, statement)| !sent.contains(&short(statement)))
        .collect();
    let mut part = StatementsPart::default();
    let wires: BTreeMap<&StatementDigest, Vec<u8>> = lacking
        .iter()
        .map(|(digest, statement)| (*digest, statement.to_wire()))
        .collect();
    let mut ordered = lacking;
    if wires.values().map(Vec::len).sum::<usize>() > STATEMENTS_TARGET_BYTES {
        let first = admitting(document, all, reader);
        ordered.sort_by_key(|(digest, statement)| match statement.payload() {
            _ if first.contains(*digest) => 0,
            Payload::Revoke(_) => 1,
            _ => 2,
        });
    }
    for (digest, statement) in ordered {
        if part.bytes >= STATEMENTS_TARGET_BYTES {
            part.cut = true;
            break;
        }
        let Some(wire) = wires.get(digest) else {
            continue;
        };
        part.bytes += wire.len();
        part.shorts.push(short(statement));
        part.statements.push(wire.clone().into());
    }
    part
}

/// The statements from which it follows that `reader` may read a document: its beginning, what
/// was granted to them, and the same for each who granted it.
fn admitting(
    document: &DocumentId,
    all: &BTreeMap<StatementDigest, Statement>,
    reader: &Did,
) -> BTreeSet<StatementDigest> {
    let mut about: BTreeMap<Did, Vec<(StatementDigest, &Statement)>> = BTreeMap::new();
    let mut identities: BTreeMap<PublicKey, Vec<Did>> = BTreeMap::new();
    let mut first = BTreeSet::new();
    let mut wanted = vec![*reader];
    for (digest, statement) in all {
        let did = match statement.payload() {
            Payload::Device(device) => {
                let of = identities.entry(device.device).or_default();
                of.push(device.identity);
                device.identity
            }
            Payload::Grant(grant) => match &grant.to {
                Grantee::Did(did) => *did,
                Grantee::Invite(_) => continue,
            },
            Payload::Redeem(redeem) => redeem.joiner,
            Payload::Genesis(genesis) => {
                if genesis.document() == *document {
                    first.insert(*digest);
                    wanted.push(genesis.owner);
                }
                continue;
            }
            Payload::Profile(_) | Payload::Witness(_) | Payload::Revoke(_) => continue,
        };
        about.entry(did).or_default().push((*digest, statement));
    }
    let mut seen = BTreeSet::new();
    while let Some(did) = wanted.pop() {
        if !seen.insert(did) {
            continue;
        }
        for (digest, statement) in about.get(&did).into_iter().flatten() {
            first.insert(*digest);
            let mut by = vec![statement.signer()];
            if let Payload::Redeem(redeem) = statement.payload()
                && let Some(grant) = all.get(&redeem.grant)
            {
                first.insert(redeem.grant);
                by.push(grant.signer());
            }
            for key in by {
                wanted.push(Did::from_key(key));
                wanted.extend(identities.get(&key).into_iter().flatten());
            }
        }
    }
    first
}
