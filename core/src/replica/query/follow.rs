//! What comes into the record of who did what, as it comes.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::ControlFlow;

use jiff::Timestamp;
use rusqlite::Connection;

use super::feed::{self, Names, Place};
use super::placed;
use crate::document::DocumentId;
use crate::model::Activity;
use crate::replica::{QueryError, Replica};
use crate::store::{DocumentRow, StoreError};

/// How many rows one call gives, but for what one change did: that is never taken apart.
const ROWS_MAX: usize = 1_000;

/// A place in the record of who did what, by what came here: see
/// [`Replica::subscribe_activity`].
#[derive(Debug, Clone)]
pub struct ActivitySubscription {
    /// Of this list only.
    list: Option<DocumentId>,
    /// The last place in the log whose rows were given.
    place: i64,
}

/// The documents that are followed, with who is who in them.
struct Followed {
    documents: BTreeMap<i64, DocumentRow>,
    names: BTreeMap<i64, Names>,
    now: Timestamp,
}

impl Followed {
    /// Reads a row; `None` if its document is none of those.
    fn row(
        &mut self,
        conn: &Connection,
        row: &rusqlite::Row<'_>,
    ) -> Result<Option<Activity>, StoreError> {
        let doc: i64 = row.get(feed::DOC)?;
        let Some(document) = self.documents.get(&doc) else {
            return Ok(None);
        };
        let names = match self.names.entry(doc) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Names::load(conn, document)?),
        };
        let place = Place::of(row, feed::DOC)?;
        feed::activity(row, document, names, &place, self.now).map(Some)
    }
}

impl Replica {
    /// Begins to follow what comes into the record of who did what, of one list or of all: by
    /// commands, by sessions, by other processes on the same database. What is there is known.
    ///
    /// # Errors
    /// [`QueryError`] if there is no such list, or the database fails.
    pub fn subscribe_activity(
        &self,
        list: Option<DocumentId>,
    ) -> Result<ActivitySubscription, QueryError> {
        self.store().read(|conn| {
            if let Some(list) = &list {
                self.document(conn, list)?;
            }
            let place = placed::latest(conn)?;
            Ok(ActivitySubscription { list, place })
        })
    }

    /// What came since the last call, each row once, in the order in which it came here. Others may
    /// have done it long ago, offline. It gives about a thousand rows at most: call it until it
    /// gives none.
    ///
    /// # Errors
    /// [`QueryError`] if the list is gone, or the database fails.
    pub fn poll_activity(
        &self,
        subscription: &mut ActivitySubscription,
        now: Timestamp,
    ) -> Result<Vec<Activity>, QueryError> {
        self.store().read(|conn| {
            let documents = self.documents(conn, subscription.list.as_ref())?;
            let mut followed = Followed {
                documents: documents.into_iter().map(|row| (row.row, row)).collect(),
                names: BTreeMap::new(),
                now,
            };
            let mut found: Vec<Activity> = Vec::new();
            let (mut taken, mut last, mut all) = (0, subscription.place, true);
            placed::after(conn, subscription.place, |row| {
                let place: i64 = row.get(placed::PLACE)?;
                if taken >= ROWS_MAX && place != last {
                    all = false;
                    return Ok(ControlFlow::Break(()));
                }
                last = place;
                if let Some(next) = followed.row(conn, row)? {
                    taken += 1;
                    match found.last_mut() {
                        Some(shown) if feed::together(&next, shown) => {
                            feed::put_together(shown, next);
                        }
                        _ => found.push(next),
                    }
                }
                Ok(ControlFlow::Continue(()))
            })?;
            subscription.place = if all { placed::latest(conn)? } else { last };
            Ok(found)
        })
    }
}
