//! Statements at rest, and the authority that follows from those of a document.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use super::StoreError;
use crate::document::DocumentId;
use crate::identity::{Did, PublicKey};
use crate::membership::{
    Authority, Payload, Scope, Statement, StatementDigest, UnverifiedStatement, mentioned,
};

/// How many evaluated sets of statements are remembered.
const REMEMBERED_MAX: usize = 512;

/// The most statements about one identity: its devices, profiles and what was taken back.
const IDENTITY_STATEMENTS_MAX: usize = 2_000;
/// The most bytes of them.
const IDENTITY_BYTES_MAX: usize = 8 << 20;

/// Stands for everything that was ever stored here, in its order: the hash of the one before it
/// and of the statement that came. Equal states hold equal statements, in whatever database.
type State = [u8; 32];

thread_local! {
    /// What [`Authority::evaluate`] gave for a document in a state, most recent first. It is a
    /// pure function of both, so what is remembered never goes stale.
    static REMEMBERED: RefCell<VecDeque<(DocumentId, State, Rc<Authority>)>> =
        const { RefCell::new(VecDeque::new()) };
}

/// The state of the statements here; `None` where nothing was noted yet.
fn state(conn: &Connection) -> Result<Option<State>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT value FROM meta WHERE key = 'statements'")?
        .query_row([], |row| row.get(0))
        .optional()?)
}

/// Moves the state on by a statement that is stored already.
fn advance(conn: &Connection, digest: &StatementDigest) -> Result<(), StoreError> {
    let next: State = match state(conn)? {
        Some(before) => Sha256::new()
            .chain_update(before)
            .chain_update(digest.as_bytes())
            .finalize()
            .into(),
        // The first note covers whatever is here.
        None => {
            let mut hasher = Sha256::new();
            let mut all = conn.prepare_cached("SELECT digest FROM statement ORDER BY digest")?;
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                hasher.update(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?);
            }
            hasher.finalize().into()
        }
    };
    conn.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES ('statements', ?1)")?
        .execute(params![next])?;
    Ok(())
}

/// Stores a verified statement. False if it is there already.
pub(crate) fn put(conn: &Connection, statement: &Statement) -> Result<bool, StoreError> {
    let (doc, identity) = match statement.scope() {
        Scope::Document(id) => (Some(id), None),
        Scope::Identity(did) => (None, Some(did.key())),
    };
    let device = match statement.payload() {
        Payload::Device(device) => Some(device.device),
        _ => None,
    };
    let added = conn
        .prepare_cached(
            "INSERT OR IGNORE INTO statement (digest, doc, identity, device, bytes)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            statement.digest().as_ref(),
            doc.as_ref().map(AsRef::as_ref),
            identity.as_ref().map(AsRef::as_ref),
            device.as_ref().map(AsRef::as_ref),
            statement.to_wire()
        ])?;
    if added > 0 {
        advance(conn, &statement.digest())?;
    }
    Ok(added > 0)
}

/// Notes when a statement came: its own time is its author's claim.
pub(crate) fn note_received(
    conn: &Connection,
    digest: &StatementDigest,
    received: Option<i64>,
) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE statement SET received = ?2 WHERE digest = ?1")?
        .execute(params![digest.as_ref(), received])?;
    Ok(())
}

/// Whether there is room for statements that are not here yet beside those about the same
/// identities.
pub(crate) fn fit_identities(conn: &Connection, fresh: &[Statement]) -> Result<bool, StoreError> {
    let mut grown: BTreeMap<Did, (usize, usize)> = BTreeMap::new();
    for statement in fresh {
        if let Scope::Identity(did) = statement.scope() {
            let (count, bytes) = grown.entry(did).or_default();
            *count += 1;
            *bytes += statement.wire_len();
        }
    }
    for (did, (count, bytes)) in grown {
        let (known, known_bytes): (i64, i64) = conn
            .prepare_cached(
                "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM statement WHERE identity = ?1",
            )?
            .query_row(params![did.key().as_ref()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let fits = |more: usize, known: i64, max: usize| {
            usize::try_from(known).is_ok_and(|known| known.saturating_add(more) <= max)
        };
        if !fits(count, known, IDENTITY_STATEMENTS_MAX)
            || !fits(bytes, known_bytes, IDENTITY_BYTES_MAX)
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a statement is here.
pub(crate) fn has(conn: &Connection, digest: &StatementDigest) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached("SELECT 1 FROM statement WHERE digest = ?1")?
        .exists(params![digest.as_ref()])?)
}

fn read(bytes: &[u8]) -> Result<Statement, StoreError> {
    UnverifiedStatement::decode(bytes)
        .map(UnverifiedStatement::stored)
        .map_err(|_| StoreError::Damaged("a statement cannot be read".into()))
}

fn query(
    conn: &Connection,
    sql: &str,
    key: &[u8],
    out: &mut Vec<Statement>,
) -> Result<(), StoreError> {
    let mut prepared = conn.prepare_cached(sql)?;
    let mut rows = prepared.query(params![key])?;
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(0)?;
        let bytes = bytes.as_blob().map_err(rusqlite::Error::from)?;
        out.push(read(bytes)?);
    }
    Ok(())
}

/// The statements about one identity.
pub(crate) fn of_identity(conn: &Connection, did: &Did) -> Result<Vec<Statement>, StoreError> {
    let mut out = Vec::new();
    query(
        conn,
        "SELECT bytes FROM statement WHERE identity = ?1 ORDER BY digest",
        did.key().as_ref(),
        &mut out,
    )?;
    Ok(out)
}

/// Every statement that belongs to a document: its own, and those about each identity in it.
pub(crate) fn of_document(
    conn: &Connection,
    document: &DocumentId,
) -> Result<Vec<Statement>, StoreError> {
    of_document_with(conn, document, &[])
}

/// The same, as it would be if `fresh` were stored too.
pub(crate) fn of_document_with(
    conn: &Connection,
    document: &DocumentId,
    fresh: &[Statement],
) -> Result<Vec<Statement>, StoreError> {
    let mut out = fresh.to_vec();
    query(
        conn,
        "SELECT bytes FROM statement WHERE doc = ?1 ORDER BY digest",
        document.as_ref(),
        &mut out,
    )?;
    let mut dids: BTreeSet<Did> = mentioned(&out);
    for statement in fresh {
        if let Scope::Identity(did) = statement.scope() {
            dids.insert(did);
        }
    }
    let signers: BTreeSet<PublicKey> = out.iter().map(Statement::signer).collect();
    for signer in signers {
        let mut prepared =
            conn.prepare_cached("SELECT DISTINCT identity FROM statement WHERE device = ?1")?;
        let mut rows = prepared.query(params![signer.as_ref()])?;
        while let Some(row) = rows.next()? {
            dids.insert(Did::from_key(super::sql::blob(row, 0)?));
        }
    }
    for did in dids {
        out.extend(of_identity(conn, &did)?);
    }
    Ok(out)
}

/// Who may do what in a document, by the statements that are here.
pub(crate) fn authority(
    conn: &Connection,
    document: &DocumentId,
) -> Result<Rc<Authority>, StoreError> {
    let state = state(conn)?;
    let remembered = state.and_then(|state| {
        REMEMBERED.with_borrow_mut(|all| {
            let at = all
                .iter()
                .position(|(id, at, _)| id == document && *at == state)?;
            let found = all.remove(at)?;
            let authority = Rc::clone(&found.2);
            all.push_front(found);
            Some(authority)
        })
    });
    if let Some(authority) = remembered {
        return Ok(authority);
    }
    let authority = Rc::new(Authority::evaluate(document, &of_document(conn, document)?));
    if let Some(state) = state {
        REMEMBERED.with_borrow_mut(|all| {
            all.push_front((*document, state, Rc::clone(&authority)));
            all.truncate(REMEMBERED_MAX);
        });
    }
    Ok(authority)
}

/// Notes who a document's statements name and what each of them may do there.
pub(crate) fn index(conn: &Connection, doc: i64, authority: &Authority) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM document_identity WHERE doc = ?1")?
        .execute(params![doc])?;
    let mut insert =
        conn.prepare_cached("INSERT INTO document_identity (did, doc, role) VALUES (?1, ?2, ?3)")?;
    let named = mentioned(authority.statements().values());
    let members = authority.members();
    for did in named
        .iter()
        .chain(members.keys().filter(|did| !named.contains(*did)))
    {
        let role = members.get(did).map(|member| member.role as i64);
        insert.execute(params![did.key().as_ref(), doc, role])?;
    }
    Ok(())
}

/// The documents whose statements name an identity.
pub(crate) fn documents_naming(
    conn: &Connection,
    did: &Did,
) -> Result<Vec<DocumentId>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT document.doc FROM document_identity JOIN document ON document.id = document_identity.doc
         WHERE did = ?1 ORDER BY document.id",
    )?;
    let rows = statement.query_map(params![did.key().as_ref()], |row| super::sql::blob(row, 0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{BIRTH_VERSION, DocumentKind, DocumentNonce};
    use crate::identity::Keypair;
    use crate::membership::{Genesis, Grant, GrantNonce, Grantee, Role};
    use crate::store::Store;

    /// A statement counts from the moment it is stored, and one that was taken back counts no
    /// longer, even where another takes its place.
    #[test]
    fn what_is_remembered_follows_what_is_stored() {
        let owner = Keypair::from_seed(&[1; 32]);
        let genesis = Genesis {
            owner: Did::from_key(owner.public()),
            nonce: DocumentNonce::Space,
            kind: DocumentKind::Space,
            version: BIRTH_VERSION,
            home: None,
            created_at_ms: 0,
            chosen_id: None,
        };
        let document = genesis.document();
        let grant = |seed: u8| {
            let to = Did::from_key(Keypair::from_seed(&[seed; 32]).public());
            let grant = Grant {
                document,
                to: Grantee::Did(to),
                role: Role::Editor,
                nonce: GrantNonce::from_bytes([seed; 16]),
                issued_at_ms: 0,
            };
            (to, Statement::sign(Payload::Grant(grant), &owner).unwrap())
        };
        let store = Store::open_in_memory().unwrap();
        let conn = store.conn();
        let members = || -> Vec<Did> {
            let authority = authority(conn, &document).unwrap();
            authority.members().keys().copied().collect()
        };
        assert!(members().is_empty());
        put(
            conn,
            &Statement::sign(Payload::Genesis(genesis), &owner).unwrap(),
        )
        .unwrap();
        assert_eq!(members().len(), 1);

        let ((ann, first), (bob, second)) = (grant(2), grant(3));
        conn.execute_batch("SAVEPOINT undone").unwrap();
        put(conn, &first).unwrap();
        assert!(members().contains(&ann));
        conn.execute_batch("ROLLBACK TO undone; RELEASE undone")
            .unwrap();
        assert!(!members().contains(&ann));
        put(conn, &second).unwrap();
        assert!(members().contains(&bob) && !members().contains(&ann));
        put(conn, &first).unwrap();
        assert_eq!(members().len(), 3);
    }
}
