//! The stream of what comes to a replica, for a relay to hand on.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::feed::{self, Names, Place};
use super::placed;
use crate::document::DocumentId;
use crate::identity::Did;
use crate::model::{Event, EventId, EventType};
use crate::replica::Replica;
use crate::store::{DocumentRow, StoreError, blob};

/// The most rows that one call looks at, wanted or not.
const ROWS_LOOKED_AT_MAX: usize = 10_000;

/// A part of the stream.
#[derive(Debug, Clone)]
pub struct EventPage {
    /// Events in their order.
    pub events: Vec<Event>,
    /// Where to go on: behind all that was looked at.
    pub next: EventId,
    /// Whether there was nothing behind `next` yet.
    pub complete: bool,
}

/// The stream cannot be read from there.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// The id is of another history: the database was put back from a backup, or is another one.
    #[error("this event is not in the relay's history: begin anew, without an id")]
    Unknown,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<rusqlite::Error> for EventsError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What is known of a document while events are read.
struct About {
    document: DocumentRow,
    title: String,
    names: Names,
}

impl Replica {
    /// Where the stream ends now.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn last_event(&self) -> Result<EventId, StoreError> {
        self.store()
            .read(|conn| end_of(conn, placed::latest(conn)?))
    }

    /// The events behind one, at most `limit`; of some lists, or of all.
    ///
    /// # Errors
    /// [`EventsError`] if that one is not of this history, or the database fails.
    pub fn events_after(
        &self,
        after: &EventId,
        lists: Option<&BTreeSet<DocumentId>>,
        limit: usize,
        now: Timestamp,
    ) -> Result<EventPage, EventsError> {
        self.store().read(|conn| {
            check(conn, after)?;
            let mut page = EventPage {
                events: Vec::new(),
                next: *after,
                complete: true,
            };
            let mut documents: BTreeMap<i64, Option<About>> = BTreeMap::new();
            let mut looked_at = 0;
            // What is left of the last event's own place comes first.
            let from = after.place.saturating_sub(u64::from(after.row.is_some()));
            placed::after(conn, from as i64, |row| {
                let id = id_of(row)?;
                if id.order() <= after.order() {
                    return Ok(ControlFlow::Continue(()));
                }
                if page.events.len() >= limit || looked_at >= ROWS_LOOKED_AT_MAX {
                    page.complete = false;
                    return Ok(ControlFlow::Break(()));
                }
                looked_at += 1;
                page.next = id;
                let about = match documents.entry(row.get(feed::DOC)?) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(place) => {
                        let about = about(conn, *place.key(), lists)?;
                        place.insert(about)
                    }
                };
                let Some(about) = about else {
                    return Ok(ControlFlow::Continue(()));
                };
                let place = Place::of(row, feed::DOC)?;
                let activity = feed::activity(row, &about.document, &about.names, &place, now)?;
                page.events.push(Event {
                    id,
                    kind: EventType::of(&activity),
                    list_title: about.title.clone(),
                    position: place.write(),
                    activity,
                });
                Ok(ControlFlow::Continue(()))
            })?;
            if page.complete {
                page.next = end_of(conn, placed::latest(conn)?)?;
            }
            Ok(page)
        })
    }

    /// Who may read a list, as it stands.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn readers(&self, list: &DocumentId) -> Result<BTreeSet<Did>, StoreError> {
        let mut statement = self.conn().prepare_cached(
            "SELECT who.did FROM document JOIN document_identity AS who ON who.doc = document.id
             WHERE document.doc = ?1 AND who.role IS NOT NULL",
        )?;
        let rows = statement.query_map(params![list.as_ref()], |row| {
            Ok(Did::from_key(blob(row, 0)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The lists that somebody may read.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn readable(&self, did: &Did) -> Result<BTreeSet<DocumentId>, StoreError> {
        let mut statement = self.conn().prepare_cached(
            "SELECT document.doc FROM document_identity AS who
                 JOIN document ON document.id = who.doc
             WHERE who.did = ?1 AND who.role IS NOT NULL AND document.kind = 'list'",
        )?;
        let rows = statement.query_map(params![did.key().as_ref()], |row| blob(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The document of a row, if its events are wanted.
fn about(
    conn: &Connection,
    doc: i64,
    lists: Option<&BTreeSet<DocumentId>>,
) -> Result<Option<About>, StoreError> {
    let Some(document) = DocumentRow::at(conn, doc)? else {
        return Ok(None);
    };
    if lists.is_some_and(|lists| !lists.contains(&document.id)) {
        return Ok(None);
    }
    let title: Option<String> = conn
        .prepare_cached("SELECT title FROM list WHERE doc = ?1")?
        .query_row(params![doc], |row| row.get(0))
        .optional()?;
    let names = Names::load(conn, &document)?;
    Ok(Some(About {
        document,
        title: title.unwrap_or_default(),
        names,
    }))
}

fn id_of(row: &rusqlite::Row<'_>) -> Result<EventId, StoreError> {
    let place: i64 = row.get(placed::PLACE)?;
    let n: i64 = row.get(2)?;
    Ok(EventId {
        place: place.unsigned_abs(),
        row: Some(u32::try_from(n).unwrap_or(u32::MAX)),
        mark: mark(row.get_ref(feed::HASH)?.as_blob().unwrap_or_default()),
    })
}

/// The mark of what has a hash: its end, since some hashes are alike at the beginning.
fn mark(hash: &[u8]) -> u32 {
    let end = hash.last_chunk::<4>();
    end.map_or(0, |end| u32::from_be_bytes(*end))
}

/// The mark of what stands at a place, if anything does.
fn mark_at(conn: &Connection, place: i64) -> Result<Option<u32>, StoreError> {
    let hash: Option<Vec<u8>> = conn
        .prepare_cached(
            "SELECT hash FROM change WHERE id = ?1
             UNION ALL SELECT hash FROM turn_place WHERE place = ?1",
        )?
        .query_row(params![place], |row| row.get(0))
        .optional()?;
    Ok(hash.map(|hash| mark(&hash)))
}

/// Behind everything at a place.
fn end_of(conn: &Connection, place: i64) -> Result<EventId, StoreError> {
    Ok(EventId {
        place: place.unsigned_abs(),
        row: None,
        mark: mark_at(conn, place)?.unwrap_or_default(),
    })
}

/// Whether an event is of this history, as far as can be told: of what fell out of the log since,
/// only the place is known.
fn check(conn: &Connection, id: &EventId) -> Result<(), EventsError> {
    let place = id.place as i64;
    let marked = mark_at(conn, place)?;
    let differs = marked.is_some_and(|mark| id.mark != 0 && mark != id.mark);
    if differs || place > placed::latest(conn)? {
        return Err(EventsError::Unknown);
    }
    Ok(())
}
