//! What many sessions look up about one document before they say the same: looked up once, as long
//! as nothing is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::Connection;

use super::exchange::may_read;
use crate::document::DocumentId;
use crate::identity::Did;
use crate::store::{DocumentRow, StoreError};

/// How much is kept at most, of either kind.
const SEEN_MAX: usize = 1_024;

/// What was found in the database since this connection last wrote to it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How much the connection had written by then.
    written: u64,
    rows: BTreeMap<DocumentId, Option<Arc<DocumentRow>>>,
    readers: BTreeMap<(DocumentId, Did), bool>,
}

impl Seen {
    pub(super) fn forget(&mut self) {
        self.rows.clear();
        self.readers.clear();
    }

    fn keep_what_holds(&mut self, conn: &Connection) {
        let written = conn.total_changes();
        if self.written != written || self.rows.len() >= SEEN_MAX || self.readers.len() >= SEEN_MAX
        {
            self.forget();
            self.written = written;
        }
    }

    /// The document as it is.
    pub(super) fn row(
        &mut self,
        conn: &Connection,
        document: &DocumentId,
    ) -> Result<Option<Arc<DocumentRow>>, StoreError> {
        self.keep_what_holds(conn);
        if let Some(row) = self.rows.get(document) {
            return Ok(row.clone());
        }
        let row = DocumentRow::find(conn, document)?.map(Arc::new);
        self.rows.insert(*document, row.clone());
        Ok(row)
    }

    /// Whether an identity may read the document.
    pub(super) fn may_read(
        &mut self,
        conn: &Connection,
        document: &DocumentId,
        did: &Did,
    ) -> Result<bool, StoreError> {
        self.keep_what_holds(conn);
        if let Some(may) = self.readers.get(&(*document, *did)) {
            return Ok(*may);
        }
        let may = may_read(conn, document, did)?;
        self.readers.insert((*document, *did), may);
        Ok(may)
    }
}
