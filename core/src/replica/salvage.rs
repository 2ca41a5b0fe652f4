//! Taking out of a damaged database what can still be read of it.

use jiff::Timestamp;

use super::ingest::{Incoming, IngestError, ingest};
use super::{Replica, StoreError};
use crate::document::{DocumentId, UnverifiedTip};
use crate::store::{DocumentRow, Quarantine, statements};

/// What is left of a document.
struct Left {
    id: DocumentId,
    statements: Vec<Vec<u8>>,
    tips: Vec<Vec<u8>>,
    changes: Vec<Vec<u8>>,
}

impl Replica {
    /// Takes in whatever can be read of the log of `damaged`, which is this device's own: changes
    /// that no relay ever had are only there. Nothing of it is believed that is not signed. Gives
    /// how many changes were new here.
    ///
    /// # Errors
    /// [`StoreError`] if this database fails. That the other one does ends the reading.
    pub fn salvage(&mut self, damaged: &Self, now: Timestamp) -> Result<u64, StoreError> {
        let me = self.did();
        let mut added = 0;
        for left in documents(damaged) {
            let incoming = Incoming {
                statements: left.statements.iter().map(Vec::as_slice).collect(),
                tips: (left.tips.iter())
                    .filter_map(|tip| minicbor::decode::<UnverifiedTip>(tip).ok())
                    .collect(),
                changes: left.changes.iter().map(Vec::as_slice).collect(),
                received: Some(now.as_millisecond()),
                complete: true,
                ..Incoming::default()
            };
            let taken = self.whole(|replica| {
                let waiting = &mut Quarantine::default();
                ingest(replica.conn(), &left.id, &me, incoming, waiting, false)
            });
            match taken {
                Ok(taken) => added += taken.added as u64,
                Err(IngestError::Store(error)) => return Err(error),
                Err(error) => {
                    tracing::warn!(document = %left.id, %error, "nothing of it could be saved");
                }
            }
        }
        Ok(added)
    }
}

/// Reads until the database fails, document by document.
fn documents(damaged: &Replica) -> Vec<Left> {
    let conn = damaged.conn();
    let mut all = Vec::new();
    for row in DocumentRow::all(conn).unwrap_or_default() {
        let known = statements::of_document(conn, &row.id).unwrap_or_default();
        // The tables themselves: what stands in an index may be damaged by itself.
        let read = |sql: &str| -> Vec<Vec<u8>> {
            let Ok(mut statement) = conn.prepare(sql) else {
                return Vec::new();
            };
            let Ok(rows) = statement.query_map([row.row], |row| row.get(0)) else {
                return Vec::new();
            };
            rows.map_while(Result::ok).collect()
        };
        all.push(Left {
            id: row.id,
            statements: known.iter().map(|one| one.to_wire()).collect(),
            tips: read(
                "SELECT tip.bytes FROM tip JOIN actor ON actor.id = tip.actor
                 WHERE actor.doc = ?1 ORDER BY tip.actor, tip.seq",
            ),
            changes: read("SELECT bytes FROM change NOT INDEXED WHERE doc = ?1 ORDER BY id"),
        });
    }
    all
}
