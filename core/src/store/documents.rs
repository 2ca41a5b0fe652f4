//! The documents of a replica and their place in its sequence of commits.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use sha2::{Digest as _, Sha256};

use super::StoreError;
use super::actors::Actors;
use super::sql::{blob, parsed};
use crate::document::{ChangeHash, DocumentId, DocumentKind};

/// A document as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct DocumentRow {
    pub(crate) row: i64,
    pub(crate) id: DocumentId,
    pub(crate) kind: DocumentKind,
    /// The changes that nothing follows, sorted.
    pub(crate) heads: Vec<ChangeHash>,
    /// The largest operation counter.
    pub(crate) max_op: u64,
    /// Operations and bytes in the log, for the limits.
    pub(crate) ops: u64,
    pub(crate) bytes: u64,
    /// Over tips and statements; equal digests mean that two replicas are in sync.
    pub(crate) digest: Vec<u8>,
    /// The digest that the relay last acknowledged.
    pub(crate) synced: Vec<u8>,
    /// Why the relay refused changes, if it did.
    pub(crate) refused: Option<String>,
}

const COLUMNS: &str = "id, doc, kind, heads, max_op, ops, bytes, digest, synced, refused";

impl DocumentRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let heads: Vec<u8> = row.get(3)?;
        Ok(Self {
            row: row.get(0)?,
            id: blob(row, 1)?,
            kind: parsed(row, 2)?,
            heads: heads
                .chunks_exact(ChangeHash::LEN)
                .filter_map(|chunk| ChangeHash::try_from(chunk).ok())
                .collect(),
            max_op: row.get::<_, i64>(4)?.unsigned_abs(),
            ops: row.get::<_, i64>(5)?.unsigned_abs(),
            bytes: row.get::<_, i64>(6)?.unsigned_abs(),
            digest: row.get(7)?,
            synced: row.get(8)?,
            refused: row.get(9)?,
        })
    }

    pub(crate) fn find(conn: &Connection, id: &DocumentId) -> Result<Option<Self>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM document WHERE doc = ?1");
        let found = conn
            .prepare_cached(&sql)?
            .query_row(params![id.as_ref()], Self::read)
            .optional()?;
        Ok(found)
    }

    /// The document in a row.
    pub(crate) fn at(conn: &Connection, row: i64) -> Result<Option<Self>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM document WHERE id = ?1");
        let found = conn
            .prepare_cached(&sql)?
            .query_row(params![row], Self::read)
            .optional()?;
        Ok(found)
    }

    /// Every document, in the order in which they came here.
    pub(crate) fn all(conn: &Connection) -> Result<Vec<Self>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM document ORDER BY id");
        let mut statement = conn.prepare_cached(&sql)?;
        let rows = statement.query_map([], Self::read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Documents of which the relay has not acknowledged what is here.
    pub(crate) fn unsynced(conn: &Connection) -> Result<Vec<Self>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM document WHERE digest <> synced ORDER BY id");
        let mut statement = conn.prepare_cached(&sql)?;
        let rows = statement.query_map([], Self::read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The place in this replica's sequence before which nothing waits for the relay, apart from
    /// what it refused.
    pub(crate) fn settled_version(conn: &Connection) -> Result<u64, StoreError> {
        let first: Option<i64> = conn
            .prepare_cached(
                "SELECT min(version) FROM document WHERE digest <> synced AND refused IS NULL",
            )?
            .query_row([], |row| row.get(0))?;
        match first {
            Some(first) => Ok(first.unsigned_abs().saturating_sub(1)),
            None => Self::latest_version(conn),
        }
    }

    /// Documents that changed after `version` in this replica's sequence, with their versions.
    pub(crate) fn changed_since(
        conn: &Connection,
        version: u64,
    ) -> Result<Vec<(Self, u64)>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS}, version FROM document WHERE version > ?1 ORDER BY version");
        let mut statement = conn.prepare_cached(&sql)?;
        let rows = statement.query_map(params![version as i64], |row| {
            Ok((Self::read(row)?, row.get::<_, i64>(10)?.unsigned_abs()))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The place of the last commit in this replica's sequence.
    pub(crate) fn latest_version(conn: &Connection) -> Result<u64, StoreError> {
        let latest: Option<i64> = conn
            .prepare_cached("SELECT max(version) FROM document")?
            .query_row([], |row| row.get(0))?;
        Ok(latest.unwrap_or_default().unsigned_abs())
    }

    /// Makes the row of a new document, without content.
    pub(crate) fn create(
        conn: &Connection,
        id: &DocumentId,
        kind: DocumentKind,
    ) -> Result<Self, StoreError> {
        let row = conn
            .prepare_cached(
                "INSERT INTO document (doc, kind, heads, max_op) VALUES (?1, ?2, x'', 0)
                 RETURNING id",
            )?
            .query_row(params![id.as_ref(), kind.as_str()], |row| row.get(0))?;
        Ok(Self {
            row,
            id: *id,
            kind,
            heads: Vec::new(),
            max_op: 0,
            ops: 0,
            bytes: 0,
            digest: Vec::new(),
            synced: Vec::new(),
            refused: None,
        })
    }

    /// Writes everything back and takes the next place in the sequence of commits.
    pub(crate) fn save(
        &mut self,
        conn: &Connection,
        actors: &Actors,
        statements: &[u8; 32],
    ) -> Result<(), StoreError> {
        self.digest = digest(actors, statements);
        let heads: Vec<u8> = self.heads.iter().flat_map(|h| *h.as_bytes()).collect();
        conn.prepare_cached(
            "UPDATE document SET heads = ?2, max_op = ?3, ops = ?4, bytes = ?5, digest = ?6,
                 version = (SELECT coalesce(max(version), 0) + 1 FROM document)
             WHERE id = ?1",
        )?
        .execute(params![
            self.row,
            heads,
            self.max_op as i64,
            self.ops as i64,
            self.bytes as i64,
            self.digest
        ])?;
        Ok(())
    }

    /// Notes what the relay has committed, and whether it refused something. Where it had all of it
    /// before, it may have lost that meanwhile: what it has again counts as changed now, since it
    /// has not come up to it at any place of its own that it named so far.
    pub(crate) fn acknowledge(
        conn: &Connection,
        row: i64,
        digest: &[u8],
        refused: Option<&str>,
    ) -> Result<(), StoreError> {
        conn.prepare_cached(
            "UPDATE document SET synced = ?2, refused = ?3,
                 version = CASE WHEN synced IS NOT ?2 THEN version
                     ELSE (SELECT max(version) + 1 FROM document) END
             WHERE id = ?1",
        )?
        .execute(params![row, digest, refused])?;
        Ok(())
    }
}

/// The digest of a document's state: SHA-256 over the statements' fingerprint and, for each
/// actor in order of ids, id, seq, hash and the mark of a relay that signs. 16 bytes of it are plenty to notice a difference.
fn digest(actors: &Actors, statements: &[u8; 32]) -> Vec<u8> {
    let mut ends: Vec<_> = actors
        .iter()
        .filter(|actor| actor.device.is_some() && actor.seq > 0)
        .filter_map(|actor| Some((actor.id, actor.seq, actor.hash?, actor.mark())))
        .collect();
    ends.sort_unstable();
    let mut hasher = Sha256::new();
    hasher.update(b"poo/digest/v1");
    hasher.update(statements);
    for (id, seq, hash, mark) in ends {
        hasher.update(id.as_ref());
        hasher.update(seq.to_be_bytes());
        hasher.update(hash.as_ref());
        if let Some(mark) = mark {
            hasher.update(mark);
        }
    }
    let full: [u8; 32] = hasher.finalize().into();
    full.iter().take(16).copied().collect()
}
