//! The bytes of files that tasks carry, in the database for now: everything that reads or writes
//! them is in this file, so that another place for them changes this file only.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};
use sha2::{Digest as _, Sha256};

use super::StoreError;
use super::blob_reader::BlobReader;
use super::sql::blob;
use crate::document::DocumentId;
use crate::identity::Did;
use crate::model::{BlobHash, FileKinds};

/// How many bytes go into one part. Every part of a file but its last has just so many.
pub(crate) const PART_BYTES: u64 = 256 << 10;
/// The most files of one identity that are coming at a time; a further one puts the oldest out.
const PARTIALS_MAX: i64 = 8;
/// How long a file that came in part is kept without news.
const PARTIAL_TTL: SignedDuration = SignedDuration::from_hours(24);
/// How long a file is kept that no task names any longer.
const UNNAMED_TTL: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A file that is coming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Partial {
    id: i64,
    pub(crate) received: u64,
}

/// What became of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Appended {
    /// More is to come.
    More,
    /// The file is here, and is what it was said to be.
    Whole,
    /// All has come, and it is something else: nothing of it was kept.
    WrongHash,
    /// All has come, and it is of no kind that is taken: nothing of it was kept.
    WrongKind,
    /// Somebody else wrote or removed it meanwhile.
    Lost,
}

fn unsigned(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, i64>(at)?.unsigned_abs())
}

/// How many bytes a file has that is here.
pub(crate) fn size(conn: &Connection, hash: &BlobHash) -> Result<Option<u64>, StoreError> {
    let found = conn
        .prepare_cached("SELECT size FROM blob WHERE hash = ?1")?
        .query_row(params![hash.as_ref()], |row| unsigned(row, 0))
        .optional()?;
    Ok(found)
}

/// The part of a file that begins at a place.
pub(crate) fn part(
    conn: &Connection,
    hash: &BlobHash,
    at: u64,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found = conn
        .prepare_cached(
            "SELECT bytes FROM blob_part WHERE blob = (SELECT id FROM blob WHERE hash = ?1)
             AND at = ?2",
        )?
        .query_row(params![hash.as_ref(), at as i64], |row| row.get(0))
        .optional()?;
    Ok(found)
}

/// A file that is here, to be read at any place.
pub(crate) fn open<'a>(
    conn: &'a Connection,
    hash: &BlobHash,
) -> Result<Option<BlobReader<'a>>, StoreError> {
    let found = conn
        .prepare_cached("SELECT id, size FROM blob WHERE hash = ?1")?
        .query_row(params![hash.as_ref()], |row| {
            Ok((row.get(0)?, unsigned(row, 1)?))
        })
        .optional()?;
    Ok(found.map(|(id, size)| BlobReader::new(conn, id, size)))
}

/// What a file is, as far as it is here.
pub(crate) fn kinds(conn: &Connection, hash: &BlobHash) -> Result<Option<FileKinds>, StoreError> {
    let found: Option<u8> = conn
        .prepare_cached("SELECT kinds FROM blob WHERE hash = ?1")?
        .query_row(params![hash.as_ref()], |row| row.get(0))
        .optional()?;
    Ok(found.map(FileKinds::from_bits))
}

fn recognize(conn: &Connection, id: i64, size: u64) -> Result<FileKinds, StoreError> {
    FileKinds::of(BlobReader::new(conn, id, size)).map_err(|error| {
        let text = error.to_string();
        let inner = error.downcast::<StoreError>();
        inner.unwrap_or_else(|_| StoreError::Damaged(text))
    })
}

/// Looks at every file that is here: what kinds they are was not noted before.
pub(super) fn recognize_all(conn: &Connection) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached("SELECT id, size FROM blob")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, unsigned(row, 1)?)))?;
    for (id, size) in rows.collect::<Result<Vec<(i64, u64)>, _>>()? {
        conn.prepare_cached("UPDATE blob SET kinds = ?2 WHERE id = ?1")?
            .execute(params![id, recognize(conn, id, size)?.bits()])?;
    }
    Ok(())
}

/// A number that neither a file nor one that is coming has.
fn next_id(conn: &Connection) -> Result<i64, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT 1 + max(coalesce((SELECT max(id) FROM blob), 0),
                            coalesce((SELECT max(id) FROM partial), 0))",
        )?
        .query_row([], |row| row.get(0))?)
}

fn put_part(conn: &Connection, id: i64, at: u64, bytes: &[u8]) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT OR REPLACE INTO blob_part (blob, at, bytes) VALUES (?1, ?2, ?3)")?
        .execute(params![id, at as i64, bytes])?;
    Ok(())
}

/// Keeps a file that is at hand.
pub(crate) fn put(conn: &Connection, bytes: &[u8], by: &Did) -> Result<BlobHash, StoreError> {
    let hash = BlobHash::of(bytes);
    if size(conn, &hash)?.is_some() {
        return Ok(hash);
    }
    let id = next_id(conn)?;
    let kinds = FileKinds::of(std::io::Cursor::new(bytes)).unwrap_or_default();
    let mut at = 0;
    for part in bytes.chunks(PART_BYTES as usize) {
        put_part(conn, id, at, part)?;
        at += part.len() as u64;
    }
    conn.prepare_cached(
        "INSERT INTO blob (id, hash, size, brought_by, kinds) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        id,
        hash.as_ref(),
        at as i64,
        by.key().as_ref(),
        kinds.bits()
    ])?;
    Ok(hash)
}

/// How much room what an identity brought takes, and is going to take.
pub(crate) fn used_by(conn: &Connection, by: &Did, but: &BlobHash) -> Result<u64, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT coalesce((SELECT sum(size) FROM blob WHERE brought_by = ?1), 0)
                  + coalesce((SELECT sum(size) FROM partial WHERE brought_by = ?1 AND hash <> ?2), 0)",
        )?
        .query_row(params![by.key().as_ref(), but.as_ref()], |row| unsigned(row, 0))?)
}

/// A file that somebody brings: from where it got to, or from its beginning. Others that nobody
/// goes on with give way.
pub(crate) fn begin(
    conn: &Connection,
    hash: &BlobHash,
    size: u64,
    by: &Did,
    now: Timestamp,
) -> Result<Partial, StoreError> {
    let found = conn
        .prepare_cached(
            "SELECT id, received, size FROM partial WHERE brought_by = ?1 AND hash = ?2",
        )?
        .query_row(params![by.key().as_ref(), hash.as_ref()], |row| {
            let known = Partial {
                id: row.get(0)?,
                received: unsigned(row, 1)?,
            };
            Ok((known, unsigned(row, 2)?))
        })
        .optional()?;
    match found {
        Some((known, announced)) if announced == size => return Ok(known),
        Some((known, _)) => discard(conn, known)?,
        None => {}
    }
    let old = now.checked_sub(PARTIAL_TTL).unwrap_or(now);
    let mut statement = conn.prepare_cached(
        "SELECT id FROM partial WHERE touched_at < ?1
         UNION SELECT id FROM (SELECT id FROM partial WHERE brought_by = ?2
                               ORDER BY touched_at DESC, id DESC LIMIT -1 OFFSET ?3)",
    )?;
    let rows = statement.query_map(
        params![old.as_millisecond(), by.key().as_ref(), PARTIALS_MAX - 1],
        |row| {
            Ok(Partial {
                id: row.get(0)?,
                received: 0,
            })
        },
    )?;
    for given_up in rows.collect::<Result<Vec<_>, _>>()? {
        discard(conn, given_up)?;
    }
    let id = next_id(conn)?;
    conn.prepare_cached(
        "INSERT INTO partial (id, hash, size, received, brought_by, touched_at)
         VALUES (?1, ?2, ?3, 0, ?4, ?5)",
    )?
    .execute(params![
        id,
        hash.as_ref(),
        size as i64,
        by.key().as_ref(),
        now.as_millisecond()
    ])?;
    Ok(Partial { id, received: 0 })
}

/// How far a file has come that somebody brings.
pub(crate) fn received(conn: &Connection, hash: &BlobHash, by: &Did) -> Result<u64, StoreError> {
    let found = conn
        .prepare_cached("SELECT received FROM partial WHERE brought_by = ?1 AND hash = ?2")?
        .query_row(params![by.key().as_ref(), hash.as_ref()], |row| {
            unsigned(row, 0)
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Gives up a file that is coming.
pub(crate) fn discard(conn: &Connection, partial: Partial) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM blob_part WHERE blob = ?1")?
        .execute(params![partial.id])?;
    conn.prepare_cached("DELETE FROM partial WHERE id = ?1")?
        .execute(params![partial.id])?;
    Ok(())
}

/// Takes in the next part of a file. With the last one the whole is checked, and only then is it
/// a file that is here.
pub(crate) fn append(
    conn: &Connection,
    partial: &mut Partial,
    bytes: &[u8],
    now: Timestamp,
) -> Result<Appended, StoreError> {
    let (at, length) = (partial.received, bytes.len() as u64);
    // Another session of the same person may bring the same file.
    let moved = conn
        .prepare_cached(
            "UPDATE partial SET received = received + ?3, touched_at = ?4
             WHERE id = ?1 AND received = ?2",
        )?
        .execute(params![
            partial.id,
            at as i64,
            length as i64,
            now.as_millisecond()
        ])?;
    if moved == 0 {
        return Ok(Appended::Lost);
    }
    put_part(conn, partial.id, at, bytes)?;
    partial.received = at + length;
    let (hash, size): (BlobHash, u64) = conn
        .prepare_cached("SELECT hash, size FROM partial WHERE id = ?1")?
        .query_row(params![partial.id], |row| {
            Ok((blob(row, 0)?, unsigned(row, 1)?))
        })?;
    if partial.received < size {
        return Ok(Appended::More);
    }
    if digest(conn, partial.id)? != hash {
        discard(conn, *partial)?;
        return Ok(Appended::WrongHash);
    }
    let kinds = recognize(conn, partial.id, size)?;
    if kinds.is_empty() {
        discard(conn, *partial)?;
        return Ok(Appended::WrongKind);
    }
    let added = conn
        .prepare_cached(
            "INSERT OR IGNORE INTO blob (id, hash, size, brought_by, kinds)
             SELECT id, hash, size, brought_by, ?2 FROM partial WHERE id = ?1",
        )?
        .execute(params![partial.id, kinds.bits()])?;
    if added == 0 {
        // Somebody else was faster.
        discard(conn, *partial)?;
    } else {
        conn.prepare_cached("DELETE FROM partial WHERE id = ?1")?
            .execute(params![partial.id])?;
    }
    Ok(Appended::Whole)
}

/// The hash of what has come of a file.
fn digest(conn: &Connection, id: i64) -> Result<BlobHash, StoreError> {
    let mut hasher = Sha256::new();
    let mut statement =
        conn.prepare_cached("SELECT bytes FROM blob_part WHERE blob = ?1 ORDER BY at")?;
    let mut rows = statement.query(params![id])?;
    while let Some(row) = rows.next()? {
        hasher.update(row.get::<_, Vec<u8>>(0)?);
    }
    Ok(BlobHash::from_bytes(hasher.finalize().into()))
}

/// Notes that the relay has a file.
pub(crate) fn acknowledge(conn: &Connection, hash: &BlobHash) -> Result<(), StoreError> {
    conn.prepare_cached("UPDATE blob SET acknowledged = 1 WHERE hash = ?1")?
        .execute(params![hash.as_ref()])?;
    Ok(())
}

/// Takes no file for one that the relay has: it may have lost some.
pub(crate) fn doubt_all(conn: &Connection) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE blob SET acknowledged = 0 WHERE acknowledged = 1",
        [],
    )?;
    Ok(())
}

/// Whether a task of a document names a file.
pub(crate) fn is_named_in(
    conn: &Connection,
    document: &DocumentId,
    hash: &BlobHash,
) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT 1 FROM attached JOIN document ON document.id = attached.doc
             WHERE attached.hash = ?1 AND document.doc = ?2",
        )?
        .exists(params![hash.as_ref(), document.as_ref()])?)
}

/// Whether a task of a document says that a file has so many bytes.
pub(crate) fn is_claimed(
    conn: &Connection,
    document: &DocumentId,
    hash: &BlobHash,
    size: u64,
) -> Result<bool, StoreError> {
    Ok(conn
        .prepare_cached(
            "SELECT 1 FROM attached JOIN document ON document.id = attached.doc
             WHERE attached.hash = ?1 AND document.doc = ?2 AND attached.size = ?3",
        )?
        .exists(params![hash.as_ref(), document.as_ref(), size as i64])?)
}

/// How many bytes the files have that are here.
pub(crate) fn total(conn: &Connection) -> Result<u64, StoreError> {
    Ok(conn
        .prepare_cached("SELECT coalesce(sum(size), 0) FROM blob")?
        .query_row([], |row| unsigned(row, 0))?)
}

/// Files that are here, each with a document that names it and of which the relay has everything,
/// where it is not known that the relay has the file too.
pub(crate) fn unacknowledged(
    conn: &Connection,
    me: &Did,
) -> Result<Vec<(DocumentId, BlobHash, u64)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT max(document.doc), blob.hash, blob.size FROM blob
         JOIN attached ON attached.hash = blob.hash
         JOIN document ON document.id = attached.doc
         JOIN document_identity AS who ON who.doc = document.id
         WHERE blob.acknowledged = 0 AND document.synced = document.digest
           AND who.did = ?1 AND who.role IS NOT NULL
         GROUP BY blob.id ORDER BY blob.id",
    )?;
    let rows = statement.query_map(params![me.key().as_ref()], |row| {
        Ok((blob(row, 0)?, blob(row, 1)?, unsigned(row, 2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Files that tasks name in documents that somebody may read, those in the trash aside, and that
/// are not here: the smallest first, with the sizes that are claimed.
pub(crate) fn missing(
    conn: &Connection,
    me: &Did,
) -> Result<Vec<(DocumentId, BlobHash, u64)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT max(document.doc), attached.hash, max(attached.size) AS size FROM attached
         JOIN document ON document.id = attached.doc
         JOIN document_identity AS who ON who.doc = document.id
         WHERE who.did = ?1 AND who.role IS NOT NULL AND attached.trashed = 0
           AND attached.hash NOT IN (SELECT hash FROM blob)
         GROUP BY attached.hash ORDER BY size, attached.hash",
    )?;
    let rows = statement.query_map(params![me.key().as_ref()], |row| {
        Ok((blob(row, 0)?, blob(row, 1)?, unsigned(row, 2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Drops files that no task outside of the trash has named for 30 days, as far as this replica
/// looked. How many bytes that gave back.
pub(crate) fn drop_unnamed(conn: &Connection, now: Timestamp) -> Result<u64, StoreError> {
    const NAMED: &str =
        "EXISTS (SELECT 1 FROM attached WHERE attached.hash = blob.hash AND trashed = 0)";
    let now_ms = now.as_millisecond();
    conn.execute(
        &format!(
            "UPDATE blob SET unnamed_since = NULL WHERE unnamed_since IS NOT NULL AND {NAMED}"
        ),
        [],
    )?;
    conn.execute(
        &format!("UPDATE blob SET unnamed_since = ?1 WHERE unnamed_since IS NULL AND NOT {NAMED}"),
        params![now_ms],
    )?;
    let before = now.checked_sub(UNNAMED_TTL).unwrap_or(now).as_millisecond();
    let freed: i64 = conn.query_row(
        "SELECT coalesce(sum(size), 0) FROM blob WHERE unnamed_since <= ?1",
        params![before],
        |row| row.get(0),
    )?;
    if freed > 0 {
        conn.execute(
            "DELETE FROM blob_part WHERE blob IN (SELECT id FROM blob WHERE unnamed_since <= ?1)",
            params![before],
        )?;
        conn.execute(
            "DELETE FROM blob WHERE unnamed_since <= ?1",
            params![before],
        )?;
    }
    Ok(freed.unsigned_abs())
}
