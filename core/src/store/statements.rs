//! Statements at rest, and the authority that follows from those of a document.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::StoreError;
use crate::document::DocumentId;
use crate::identity::{Did, PublicKey};
use crate::membership::{
    Authority, Payload, Scope, Statement, StatementDigest, UnverifiedStatement, mentioned,
};

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
    Ok(added > 0)
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
pub(crate) fn authority(conn: &Connection, document: &DocumentId) -> Result<Authority, StoreError> {
    Ok(Authority::evaluate(document, &of_document(conn, document)?))
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
