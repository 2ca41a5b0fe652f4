//! What was done, written down beside the engine, and what the databases hold, read past it.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::Decoder;
use poo_core::document::DocumentId;
use poo_core::identity::{Did, PublicKey};
use poo_core::membership::{Identities, Statement, UnverifiedStatement};
use poo_core::replica::Ticket;
use rusqlite::{Connection, OptionalExtension as _, params};

/// The name of a change.
pub(super) type Hash = [u8; 32];

/// A change that a device signed, with its place in that device's history.
#[derive(Debug, Clone)]
pub(super) struct Own {
    pub(super) hash: Hash,
    pub(super) document: DocumentId,
    /// The actor, which no other document has, and the number in its history.
    pub(super) place: (Vec<u8>, i64),
}

/// A change of somebody's, as they had it on their device.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) document: DocumentId,
    pub(super) device: usize,
    /// Nobody has it any more, by a fault that may take it.
    pub(super) excused: bool,
}

/// A task or comment that somebody made.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) document: DocumentId,
    pub(super) id: String,
    pub(super) device: usize,
    pub(super) hashes: Vec<Hash>,
    /// Nobody has it any more, by a fault that may take it, though it had been made again.
    pub(super) excused: bool,
}

#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) entries: BTreeMap<Hash, Entry>,
    pub(super) made: Vec<Made>,
    /// Where a device that gave way said that something cannot be made again: a relay had
    /// acknowledged it, and was put back.
    pub(super) told_lost: BTreeSet<DocumentId>,
    /// What devices signed that were never put back or copied, by its place.
    places: BTreeMap<(Vec<u8>, i64), Hash>,
    /// Those that were new at the last look.
    fresh: Vec<Hash>,
}

impl Ledger {
    /// Notes the changes of a device's own. One that was never put back or copied has nothing
    /// that could make it sign two for one place.
    pub(super) fn note(&mut self, device: usize, own: Vec<Own>, may_fork: bool) {
        self.fresh.clear();
        for change in own {
            if self.entries.contains_key(&change.hash) {
                continue;
            }
            let entry = Entry {
                document: change.document,
                device,
                excused: false,
            };
            self.entries.insert(change.hash, entry);
            self.fresh.push(change.hash);
            if may_fork {
                continue;
            }
            let before = self.places.insert(change.place, change.hash);
            assert!(
                before.is_none(),
                "an honest device signed a second change for one place in {}",
                change.document
            );
        }
    }

    /// Notes that the last new changes made something.
    pub(super) fn note_made(&mut self, device: usize, document: DocumentId, id: String) {
        self.made.push(Made {
            document,
            id,
            device,
            hashes: self.fresh.clone(),
            excused: false,
        });
    }

    pub(super) fn excuse(&mut self, gone: &BTreeSet<Hash>) {
        for hash in gone {
            if let Some(entry) = self.entries.get_mut(hash) {
                entry.excused = true;
            }
        }
    }

    /// The places among what was made of all that is there in a database.
    pub(super) fn shown(&self, conn: &Connection) -> Vec<usize> {
        let all: Vec<usize> = (0..self.made.len()).collect();
        self.shown_of(conn, &all)
    }

    /// Those of some places of which that is so.
    pub(super) fn shown_of(&self, conn: &Connection, places: &[usize]) -> Vec<usize> {
        let is_there = |at: &usize| has_made(conn, &self.made[*at]);
        places.iter().copied().filter(is_there).collect()
    }

    pub(super) fn is_excused(&self, made: &Made) -> bool {
        made.excused
            || self.told_lost.contains(&made.document)
            || made.hashes.iter().any(|hash| self.entries[hash].excused)
    }
}

fn rows<T>(
    conn: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Vec<T> {
    let mut statement = conn.prepare_cached(sql).unwrap();
    let found = statement.query_map(params, |row| read(row)).unwrap();
    found.collect::<Result<_, _>>().unwrap()
}

fn document(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<DocumentId> {
    Ok(DocumentId::from_bytes(row.get(at)?))
}

/// The changes of all documents.
pub(super) fn hashes(conn: &Connection) -> BTreeSet<Hash> {
    rows(conn, "SELECT hash FROM change", [], |row| row.get(0))
        .into_iter()
        .collect()
}

/// Those that a statement took out of a document, or that had to give way.
pub(super) fn fallen(conn: &Connection) -> BTreeSet<Hash> {
    rows(conn, "SELECT hash FROM fallen", [], |row| row.get(0))
        .into_iter()
        .collect()
}

pub(super) fn count_changes(conn: &Connection) -> u64 {
    let sql = "SELECT count(*) FROM change";
    let count: i64 = conn.query_row(sql, [], |row| row.get(0)).unwrap();
    count.unsigned_abs()
}

/// The changes of one document, with the devices that signed them.
pub(super) fn changes_of(conn: &Connection, id: &DocumentId) -> BTreeSet<Hash> {
    let sql = "SELECT hash FROM change JOIN document ON document.id = change.doc
               WHERE document.doc = ?1";
    rows(conn, sql, params![id.as_bytes()], |row| row.get(0))
        .into_iter()
        .collect()
}

/// Who is held to have written what of one document: change, device, and for whom a relay signed.
pub(super) fn signers_of(
    conn: &Connection,
    id: &DocumentId,
) -> BTreeMap<Hash, (Vec<u8>, Option<Vec<u8>>)> {
    let sql = "SELECT change.hash, actor.device, actor.witnessed FROM change
               JOIN actor ON actor.id = change.actor JOIN document ON document.id = change.doc
               WHERE document.doc = ?1 AND actor.device IS NOT NULL";
    rows(conn, sql, params![id.as_bytes()], |row| {
        Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))
    })
    .into_iter()
    .collect()
}

/// All changes of one document, in their order.
pub(super) fn log_of(conn: &Connection, id: &DocumentId) -> Vec<Vec<u8>> {
    let sql = "SELECT change.bytes FROM change JOIN document ON document.id = change.doc
               WHERE document.doc = ?1 ORDER BY change.id";
    rows(conn, sql, params![id.as_bytes()], |row| row.get(0))
}

/// The statements about one document.
pub(super) fn statements_of(conn: &Connection, id: &DocumentId) -> BTreeSet<Hash> {
    let sql = "SELECT digest FROM statement WHERE doc = ?1";
    rows(conn, sql, params![id.as_bytes()], |row| row.get(0))
        .into_iter()
        .collect()
}

/// Everything that is in a database and that all shall have.
pub(super) fn all(conn: &Connection) -> BTreeSet<Hash> {
    let sql = "SELECT hash FROM change UNION SELECT digest FROM statement";
    rows(conn, sql, [], |row| row.get(0)).into_iter().collect()
}

pub(super) fn own_changes(conn: &Connection, device: &PublicKey) -> Vec<Own> {
    let sql = "SELECT change.hash, document.doc, actor.actor, change.seq FROM change
               JOIN actor ON actor.id = change.actor JOIN document ON document.id = change.doc
               WHERE actor.device = ?1 ORDER BY change.id";
    rows(conn, sql, params![device.as_ref()], |row| {
        Ok(Own {
            hash: row.get(0)?,
            document: document(row, 1)?,
            place: (row.get(2)?, row.get(3)?),
        })
    })
}

/// How many changes a device signed that lie beside their document, for places that it would sign
/// for again with the next that it writes.
pub(super) fn places_at_risk(conn: &Connection) -> Vec<String> {
    let sql = "SELECT hex(document.doc), hex(actor.actor), actor.seq, fallen.seq
               FROM actor
               JOIN fallen ON fallen.doc = actor.doc AND fallen.actor = actor.actor
               JOIN document ON document.id = actor.doc
               WHERE actor.mine AND fallen.seq > actor.seq";
    rows(conn, sql, [], |row| {
        let (doc, actor): (String, String) = (row.get(0)?, row.get(1)?);
        let (seq, fallen): (i64, i64) = (row.get(2)?, row.get(3)?);
        Ok(format!("{doc} {actor} behind {seq}: {fallen}"))
    })
}

/// What a relay has for somebody: the changes of all documents that they may read there.
pub(super) fn readable(conn: &Connection, did: &Did) -> BTreeSet<Hash> {
    let sql = "SELECT change.hash FROM change
               JOIN document_identity AS who ON who.doc = change.doc
               WHERE who.did = ?1 AND who.role IS NOT NULL";
    rows(conn, sql, params![did.key().as_ref()], |row| row.get(0))
        .into_iter()
        .collect()
}

/// What is known here of somebody and their devices.
fn known_of(conn: &Connection, did: &Did) -> Identities {
    let sql = "SELECT bytes FROM statement WHERE identity = ?1";
    let known = rows(conn, sql, params![did.key().as_ref()], |row| {
        row.get::<_, Vec<u8>>(0)
    });
    let known: Vec<Statement> = (known.iter())
        .map(|bytes| {
            UnverifiedStatement::decode(bytes)
                .unwrap()
                .verify()
                .unwrap()
        })
        .collect();
    Identities::evaluate(&known)
}

/// Whether a device acts for somebody, by what is known here of them.
pub(super) fn is_live(conn: &Connection, did: &Did, device: &PublicKey) -> bool {
    known_of(conn, did).is_live(did, device)
}

/// Whether a ticket was taken back, by what is known here of who made it.
pub(super) fn is_taken_back(conn: &Connection, ticket: &Ticket) -> bool {
    let did = &ticket.terms().identity;
    known_of(conn, did).has_taken_back(did, &ticket.name())
}

/// How far a device counts itself in sync, in its relay's own words.
pub(super) fn reached(conn: &Connection) -> Vec<(String, rusqlite::types::Value)> {
    let sql = "SELECT key, value FROM meta WHERE key IN ('catalog_epoch', 'catalog_since')
               ORDER BY key";
    rows(conn, sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

pub(super) fn documents(conn: &Connection) -> Vec<(DocumentId, String)> {
    let sql = "SELECT doc, kind FROM document ORDER BY doc";
    rows(conn, sql, [], |row| Ok((document(row, 0)?, row.get(1)?)))
}

/// Who signed what is in a document: the devices, and for whom a relay did.
pub(super) fn authors(conn: &Connection, id: &DocumentId) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let sql = "SELECT actor.device, actor.witnessed FROM actor
               JOIN document ON document.id = actor.doc
               WHERE document.doc = ?1 AND actor.device IS NOT NULL AND actor.seq > 0";
    rows(conn, sql, params![id.as_bytes()], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

pub(super) fn role(conn: &Connection, id: &DocumentId, did: &Did) -> Option<i64> {
    let sql =
        "SELECT role FROM document_identity JOIN document ON document.id = document_identity.doc
               WHERE document.doc = ?1 AND did = ?2";
    conn.prepare_cached(sql)
        .unwrap()
        .query_row(params![id.as_bytes(), did.key().as_ref()], |row| row.get(0))
        .optional()
        .unwrap()
        .flatten()
}

/// How often two changes were signed for one place.
pub(super) fn forks(conn: &Connection) -> i64 {
    let sql = "SELECT count(*) FROM fork";
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Whether something that was made is there.
pub(super) fn has_made(conn: &Connection, made: &Made) -> bool {
    let sql = "SELECT 1 FROM document AS d WHERE d.doc = ?1 AND (
                 EXISTS (SELECT 1 FROM item WHERE doc = d.id AND task = ?2)
                 OR EXISTS (SELECT 1 FROM comment WHERE doc = d.id AND comment = ?2))";
    let mut statement = conn.prepare_cached(sql).unwrap();
    statement
        .exists(params![made.document.as_bytes(), made.id])
        .unwrap()
}

/// Which document a frame of a signed session tells changes, tips or parts of.
pub(super) fn document_told(frame: &[u8]) -> Option<DocumentId> {
    if frame.first() == Some(&0xd2) {
        return None;
    }
    let mut d = Decoder::new(frame);
    d.array().ok()?;
    let kind = d.u32().ok()?;
    d.array().ok()?;
    if kind != 1 && kind != 3 {
        return None;
    }
    let fields = d.map().ok()??;
    let (mut document, mut tells) = (None, kind == 3);
    for _ in 0..fields {
        match (d.u32().ok()?, kind) {
            (0, _) => document = Some(DocumentId::from_bytes(d.bytes().ok()?.try_into().ok()?)),
            (3 | 4, 1) => {
                let mut at = d.clone();
                tells |= at.array().ok()? != Some(0);
                d.skip().ok()?;
            }
            _ => d.skip().ok()?,
        }
    }
    document.filter(|_| tells)
}
