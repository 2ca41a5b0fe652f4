//! What comes into the record of who did what, as it comes.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::feed::{self, Names, Place};
use crate::document::{ChangeHash, DocumentId};
use crate::model::Activity;
use crate::replica::{QueryError, Replica};
use crate::store::{DocumentRow, StoreError, blob};

/// How many rows one call gives, but for what one change did: that is never taken apart.
const ROWS_MAX: usize = 1_000;

/// A place in the record of who did what, by what came here: see
/// [`Replica::subscribe_activity`].
#[derive(Debug, Clone)]
pub struct ActivitySubscription {
    /// Of this list only.
    list: Option<DocumentId>,
    /// The last change of the log whose rows were given.
    change: i64,
    /// The rows about members that were given. Those follow from statements, which can move them:
    /// they have no place in the log, but are few.
    members: BTreeSet<(i64, ChangeHash)>,
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
        let place = Place::of(row, feed::POS)?;
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
            let members = conn
                .prepare_cached(
                    "SELECT doc, hash FROM activity INDEXED BY activity_members
                     WHERE who IS NOT NULL",
                )?
                .query_map([], |row| Ok((row.get(0)?, blob(row, 1)?)))?
                .collect::<Result<_, _>>()?;
            Ok(ActivitySubscription {
                list,
                change: latest(conn)?,
                members,
            })
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
            // Who came first is told before what they did.
            let mut found = members(conn, &mut followed, &mut subscription.members)?;
            changes(conn, &mut followed, &mut subscription.change, &mut found)?;
            Ok(found)
        })
    }
}

/// The last place in the log that is taken.
fn latest(conn: &Connection) -> Result<i64, StoreError> {
    let latest: Option<i64> = conn
        .prepare_cached("SELECT id - 1 FROM next_change")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(latest.unwrap_or_default())
}

fn members(
    conn: &Connection,
    followed: &mut Followed,
    known: &mut BTreeSet<(i64, ChangeHash)>,
) -> Result<Vec<Activity>, StoreError> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {} FROM activity INDEXED BY activity_members
         WHERE who IS NOT NULL ORDER BY placed, hash",
        feed::COLUMNS
    ))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if known.insert((row.get(feed::DOC)?, blob(row, feed::HASH)?)) {
            found.extend(followed.row(conn, row)?);
        }
    }
    Ok(found)
}

/// Adds the rows of the changes after `last`, and moves that on.
fn changes(
    conn: &Connection,
    followed: &mut Followed,
    last: &mut i64,
    found: &mut Vec<Activity>,
) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached(&format!(
        "SELECT {}, change.id FROM change CROSS JOIN activity
             ON activity.doc = change.doc AND activity.pos = change.start_op
             AND activity.hash = change.hash
         WHERE change.id > ?1 ORDER BY change.id, activity.n",
        feed::COLUMNS
    ))?;
    let mut rows = statement.query(params![*last])?;
    let mut taken = 0;
    while let Some(row) = rows.next()? {
        let change: i64 = row.get(feed::COLUMNS_COUNT)?;
        if taken >= ROWS_MAX && change != *last {
            return Ok(());
        }
        *last = change;
        let Some(next) = followed.row(conn, row)? else {
            continue;
        };
        taken += 1;
        match found.last_mut() {
            Some(shown) if feed::together(&next, shown) => feed::put_together(shown, next),
            _ => found.push(next),
        }
    }
    *last = latest(conn)?;
    Ok(())
}
