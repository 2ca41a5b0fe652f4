//! The actors of one document: short row numbers for long ids, and where each history ends.

use core::cmp::Ordering;
use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};

use super::StoreError;
use super::sql::{blob, opt_blob};
use crate::document::{ActorId, ActorNonce, ChangeHash, Mark, Signer};
use crate::identity::{Did, PublicKey};
use crate::membership::{Authority, WriteLimit};

/// An actor as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct ActorRow {
    pub(crate) row: i64,
    pub(crate) id: ActorId,
    /// The device that writes under it; the birth actor has none.
    pub(crate) device: Option<PublicKey>,
    pub(crate) nonce: Option<ActorNonce>,
    /// For whom the device signs, where a relay signs for somebody.
    pub(crate) witnessed: Option<Did>,
    /// How many of its changes are in the document.
    pub(crate) seq: u64,
    /// The last of them.
    pub(crate) hash: Option<ChangeHash>,
    /// Whether this device writes under it now.
    pub(crate) mine: bool,
}

impl ActorRow {
    /// Who signs its history. The birth actor's nobody signs.
    pub(crate) fn signer(&self) -> Option<Signer> {
        Some(Signer {
            device: self.device?,
            nonce: self.nonce?,
            witnessed: self.witnessed,
        })
    }

    /// Which relay signs its history, and for whom; none where its device does.
    pub(crate) fn mark(&self) -> Option<Mark> {
        self.signer()?.mark()
    }

    /// How far its changes count by their own right.
    pub(crate) fn write_limit(&self, authority: &Authority) -> WriteLimit {
        self.signer().map_or(WriteLimit::Unlimited, |signer| {
            authority.limit_of(&signer, &self.id)
        })
    }

    /// Whether both are histories of one device, or of one identity that a relay signs for.
    pub(crate) fn is_same_writer(&self, other: &Self) -> bool {
        self.device.is_some() && self.device == other.device && self.witnessed == other.witnessed
    }

    /// Who wrote under it, as far as is known: for whom a relay signed, or whose device it is.
    pub(crate) fn author(&self, authority: &Authority) -> Option<Did> {
        self.witnessed
            .or_else(|| authority.identity_of(&self.device?))
    }
}

/// Every actor of a document.
#[derive(Debug, Clone, Default)]
pub(crate) struct Actors {
    by_row: BTreeMap<i64, ActorRow>,
    by_id: BTreeMap<ActorId, i64>,
}

impl Actors {
    pub(crate) fn load(conn: &Connection, doc: i64) -> Result<Self, StoreError> {
        let mut actors = Self::default();
        let mut statement = conn.prepare_cached(
            "SELECT id, actor, device, nonce, seq, hash, mine, witnessed FROM actor WHERE doc = ?1",
        )?;
        let mut rows = statement.query(params![doc])?;
        while let Some(row) = rows.next()? {
            actors.put(ActorRow {
                row: row.get(0)?,
                id: blob(row, 1)?,
                device: opt_blob(row, 2)?,
                nonce: opt_blob(row, 3)?,
                seq: row.get::<_, i64>(4)?.unsigned_abs(),
                hash: opt_blob(row, 5)?,
                mine: row.get(6)?,
                witnessed: opt_blob::<PublicKey>(row, 7)?.map(Did::from_key),
            });
        }
        Ok(actors)
    }

    fn put(&mut self, actor: ActorRow) {
        self.by_id.insert(actor.id, actor.row);
        self.by_row.insert(actor.row, actor);
    }

    pub(crate) fn get(&self, id: &ActorId) -> Option<&ActorRow> {
        self.by_row.get(self.by_id.get(id)?)
    }

    pub(crate) fn by_row(&self, row: i64) -> Option<&ActorRow> {
        self.by_row.get(&row)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &ActorRow> {
        self.by_row.values()
    }

    /// Orders two rows as their ids order.
    pub(crate) fn compare(&self, a: i64, b: i64) -> Ordering {
        self.by_row(a)
            .map(|x| x.id)
            .cmp(&self.by_row(b).map(|x| x.id))
    }

    /// The row of an actor, made if it is new.
    pub(crate) fn ensure(
        &mut self,
        conn: &Connection,
        doc: i64,
        id: ActorId,
        signer: Option<Signer>,
    ) -> Result<i64, StoreError> {
        if let Some(row) = self.by_id.get(&id) {
            return Ok(*row);
        }
        let device = signer.map(|signer| signer.device);
        let nonce = signer.map(|signer| signer.nonce);
        let witnessed = signer.and_then(|signer| signer.witnessed);
        let found: Option<i64> = conn
            .prepare_cached(
                "INSERT INTO actor (doc, actor, device, nonce, witnessed)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO NOTHING RETURNING id",
            )?
            .query_row(
                params![
                    doc,
                    id.as_ref(),
                    device.as_ref().map(|k| k.as_ref()),
                    nonce.as_ref().map(|n| n.as_ref()),
                    witnessed.as_ref().map(|did| did.key().as_ref().to_vec())
                ],
                |row| row.get(0),
            )
            .optional()?;
        let row = found.ok_or_else(|| StoreError::Damaged("an actor without a row".into()))?;
        self.put(ActorRow {
            row,
            id,
            device,
            nonce,
            witnessed,
            seq: 0,
            hash: None,
            mine: false,
        });
        Ok(row)
    }

    /// Notes that an actor's history is signed by somebody else than was known.
    pub(crate) fn set_signer(
        &mut self,
        conn: &Connection,
        row: i64,
        signer: Signer,
    ) -> Result<(), StoreError> {
        conn.prepare_cached(
            "UPDATE actor SET device = ?2, nonce = ?3, witnessed = ?4 WHERE id = ?1",
        )?
        .execute(params![
            row,
            signer.device.as_ref(),
            signer.nonce.as_ref(),
            signer
                .witnessed
                .as_ref()
                .map(|did| did.key().as_ref().to_vec())
        ])?;
        if let Some(actor) = self.by_row.get_mut(&row) {
            actor.device = Some(signer.device);
            actor.nonce = Some(signer.nonce);
            actor.witnessed = signer.witnessed;
        }
        Ok(())
    }

    /// Moves the end of an actor's history.
    pub(crate) fn advance(
        &mut self,
        conn: &Connection,
        row: i64,
        seq: u64,
        hash: Option<ChangeHash>,
    ) -> Result<(), StoreError> {
        self.reach(row, seq, hash);
        self.save_end(conn, row)
    }

    /// Moves the end of an actor's history here; [`Self::save_end`] writes it down.
    pub(crate) fn reach(&mut self, row: i64, seq: u64, hash: Option<ChangeHash>) {
        if let Some(actor) = self.by_row.get_mut(&row) {
            actor.seq = seq;
            actor.hash = hash;
        }
    }

    /// Writes down where an actor's history ends.
    pub(crate) fn save_end(&self, conn: &Connection, row: i64) -> Result<(), StoreError> {
        if let Some(actor) = self.by_row(row) {
            let hash = actor.hash.as_ref().map(AsRef::as_ref);
            conn.prepare_cached("UPDATE actor SET seq = ?2, hash = ?3 WHERE id = ?1")?
                .execute(params![row, actor.seq as i64, hash])?;
        }
        Ok(())
    }

    /// Makes `row` the one under which this device writes; no other is any longer.
    pub(crate) fn set_mine(
        &mut self,
        conn: &Connection,
        doc: i64,
        row: Option<i64>,
    ) -> Result<(), StoreError> {
        conn.prepare_cached("UPDATE actor SET mine = (id = ?2) WHERE doc = ?1")?
            .execute(params![doc, row.unwrap_or(-1)])?;
        for actor in self.by_row.values_mut() {
            actor.mine = Some(actor.row) == row;
        }
        Ok(())
    }
}
