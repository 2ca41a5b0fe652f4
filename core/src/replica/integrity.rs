//! Whether what people are shown holds together: counted, for whoever watches over a relay.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::Replica;
use crate::document::DocumentId;
use crate::identity::Did;
use crate::store::{StoreError, blob};

/// What came before is not looked at again: it would be complained of for ever.
const RECENT: SignedDuration = SignedDuration::from_hours(24);
/// The most places of the log that are looked at.
const PLACES_MAX: i64 = 50_000;
/// A claim about the time may lie so far ahead of when it came here.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// What [`Replica::integrity`] found. Every count is of what is there now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Integrity {
    /// Tasks that are to be done and are assigned to somebody.
    pub assigned: u64,
    /// Those of them that are assigned to nobody who is in the list.
    pub invalid_assignees: u64,
    /// Rows of the record of who did what that came in the last 24 hours, 50,000 changes at most.
    pub activities: u64,
    /// Those of them that say the same of one change as another.
    pub duplicate_activities: u64,
    /// Those of them that claim an earlier time than what their author did before.
    pub out_of_order: u64,
    /// Those of them that claim a time more than ten minutes ahead of when they came.
    pub ahead: u64,
}

impl Replica {
    /// Counts what does not hold together. It takes time with what came recently and with what is
    /// assigned, not with all there is.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn integrity(&self, now: Timestamp) -> Result<Integrity, StoreError> {
        self.store().read(|conn| {
            let mut found = Integrity::default();
            assignees(conn, &mut found)?;
            activities(conn, now, &mut found)?;
            Ok(found)
        })
    }
}

fn assignees(conn: &Connection, found: &mut Integrity) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT item.assignee, document.doc, count(*) FROM item INDEXED BY item_assignee
             JOIN document ON document.id = item.doc
         WHERE item.assignee IS NOT NULL AND item.deleted_at IS NULL AND item.done = 0
         GROUP BY item.doc, item.assignee",
    )?;
    let mut member = conn.prepare_cached(
        "SELECT 1 FROM document_identity AS who JOIN document ON document.id = who.doc
         WHERE who.did = ?1 AND document.doc = ?2 AND who.role IS NOT NULL",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let assignee: String = row.get(0)?;
        let document: DocumentId = blob(row, 1)?;
        let tasks = row.get::<_, i64>(2)?.unsigned_abs();
        found.assigned += tasks;
        let is_member = match assignee.parse::<Did>() {
            Ok(did) => member.exists(params![did.key().as_ref(), document.as_ref()])?,
            Err(_) => false,
        };
        if !is_member {
            found.invalid_assignees += tasks;
        }
    }
    Ok(())
}

fn activities(conn: &Connection, now: Timestamp, found: &mut Integrity) -> Result<(), StoreError> {
    let since = now.saturating_sub(RECENT).unwrap_or(now).as_millisecond();
    let mut statement = conn.prepare_cached(
        "SELECT activity.doc, activity.hash, activity.action, activity.task, activity.comment,
             activity.detail, activity.at, change.received,
             lag(activity.at) OVER (PARTITION BY activity.doc, activity.actor
                 ORDER BY activity.pos, activity.hash, activity.n)
         FROM change CROSS JOIN activity
             ON activity.doc = change.doc AND activity.pos = change.start_op
             AND activity.hash = change.hash
         WHERE change.id > (SELECT id FROM next_change) - ?1 AND change.received >= ?2",
    )?;
    let mut seen = BTreeSet::new();
    let mut rows = statement.query(params![PLACES_MAX, since])?;
    while let Some(row) = rows.next()? {
        type Said = (i64, Vec<u8>, String, Option<String>, Option<String>, String);
        let said: Said = (
            row.get(0)?,
            row.get(1)?,
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
        );
        let (at, received): (i64, i64) = (row.get(6)?, row.get(7)?);
        let before: Option<i64> = row.get(8)?;
        found.activities += 1;
        found.duplicate_activities += u64::from(!seen.insert(said));
        found.out_of_order += u64::from(before.is_some_and(|before| before > at));
        let ahead = i64::try_from(AHEAD.as_millis()).unwrap_or(i64::MAX);
        found.ahead += u64::from(at > received.saturating_add(ahead));
    }
    Ok(())
}
