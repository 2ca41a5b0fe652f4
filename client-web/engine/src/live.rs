//! Queries that are followed, and what changed about their answers.
//!
//! A collection is told as its parts: runs of what the answer before held, by their place there,
//! and what is new. So a page with thousands of tasks hears of the one that changed, and keeps
//! what it drew of all others.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher as _;

use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::model::{Answer, Page, Query};
use poo_core::replica::Replica;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::problem::Problem;
use crate::wire;

/// An answer of so many rows is made in a moment.
const SHORT_ROWS: u32 = 1_000;

/// Answers that are followed, by the number that JavaScript gave them.
#[derive(Debug, Default)]
pub(crate) struct Live {
    followed: BTreeMap<u32, Followed>,
}

#[derive(Debug)]
struct Followed {
    query: Query,
    /// Of each row of the answer that was told last, or of the whole of it.
    told: Vec<u64>,
}

/// What JavaScript makes the new answer from.
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Patch {
    /// It is this.
    Whole { whole: Box<RawValue> },
    /// It is these rows.
    Rows {
        rows: Vec<Part>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_cursor: Option<String>,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Part {
    /// Rows of the answer before: from which place, and how many.
    Kept([usize; 2]),
    /// A row that is new.
    New { new: Box<RawValue> },
}

#[derive(Serialize)]
struct Told {
    id: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<Patch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
}

impl Live {
    /// Answers a query and follows it from now on.
    pub(crate) fn follow(
        &mut self,
        replica: &Replica,
        id: u32,
        query: Query,
        now: Timestamp,
    ) -> Result<String, Problem> {
        let mut followed = Followed {
            query,
            told: Vec::new(),
        };
        let outcome = followed.answer(replica, now);
        // What is not there yet may come.
        self.followed.insert(id, followed);
        match outcome? {
            Some(patch) => wire::text(&patch),
            None => wire::text(&Patch::Rows {
                rows: Vec::new(),
                next_cursor: None,
            }),
        }
    }

    pub(crate) fn unfollow(&mut self, id: u32) {
        self.followed.remove(&id);
    }

    /// What changed about the answers that these documents can have changed: of those that take
    /// long to make, or of the others.
    pub(crate) fn refresh(
        &mut self,
        replica: &Replica,
        documents: Option<&BTreeSet<DocumentId>>,
        long: bool,
        now: Timestamp,
    ) -> String {
        let mut all = Vec::new();
        for (id, followed) in &mut self.followed {
            if is_long(&followed.query) != long
                || !documents.is_none_or(|documents| concerns(&followed.query, documents))
            {
                continue;
            }
            match followed.answer(replica, now) {
                Ok(None) => {}
                Ok(patch) => all.push(Told {
                    id: *id,
                    patch,
                    error: None,
                }),
                Err(error) => {
                    // Whoever hears of it forgets the answer before.
                    followed.told.clear();
                    all.push(Told {
                        id: *id,
                        patch: None,
                        error: Some(error),
                    });
                }
            }
        }
        // It is made of what was JSON already.
        wire::text(&all).unwrap_or_else(|_| "[]".to_owned())
    }
}

/// Whether an answer takes so long to make that others should not wait for it: one of all lists,
/// or a long one.
fn is_long(query: &Query) -> bool {
    match query {
        Query::Tasks { limit, list, .. } => {
            list.is_none() || limit.is_some_and(|limit| limit > SHORT_ROWS)
        }
        Query::Calendar { list, .. } | Query::Activity { list, .. } => list.is_none(),
        Query::Lists { .. }
        | Query::Today { .. }
        | Query::Upcoming { .. }
        | Query::Focus { .. }
        | Query::Streak { .. }
        | Query::Stands { .. }
        | Query::Verify { .. }
        | Query::Export { .. } => true,
        _ => false,
    }
}

/// Whether documents can have changed the answer to a query.
fn concerns(query: &Query, documents: &BTreeSet<DocumentId>) -> bool {
    match query {
        Query::Comments { list, .. }
        | Query::Tags { list }
        | Query::Aisles { list }
        | Query::Stands { list }
        | Query::Invites { list }
        | Query::Verify { list }
        | Query::Export { list, .. }
        | Query::Task { list, .. }
        | Query::Tasks {
            list: Some(list), ..
        }
        | Query::Calendar {
            list: Some(list), ..
        }
        | Query::Activity {
            list: Some(list), ..
        } => documents.contains(list),
        _ => true,
    }
}

impl Followed {
    /// The answer as a patch of the one before; nothing where it is the same.
    fn answer(&mut self, replica: &Replica, now: Timestamp) -> Result<Option<Patch>, Problem> {
        match replica.query(&self.query, now)? {
            Answer::Lists(page) => self.rows(page),
            Answer::Tasks(page) => self.rows(page),
            Answer::Calendar(page) => self.rows(page),
            Answer::Found(page) => self.rows(page),
            Answer::Comments(page) => self.rows(page),
            Answer::Tags(page) => self.rows(page),
            Answer::Aisles(page) => self.rows(page),
            Answer::Stands(page) => self.rows(page),
            Answer::Activity(page) => self.rows(page),
            Answer::Folders(page) => self.rows(page),
            Answer::Templates(page) => self.rows(page),
            Answer::Members(page) => self.rows(page),
            Answer::Invites(page) => self.rows(page),
            Answer::Devices(page) => self.rows(page),
            Answer::Pending(page) => self.rows(page),
            whole => self.whole(&whole),
        }
    }

    fn whole(&mut self, answer: &Answer) -> Result<Option<Patch>, Problem> {
        let text = wire::text(answer)?;
        let told = vec![hash(&text)];
        if self.told == told {
            return Ok(None);
        }
        self.told = told;
        Ok(Some(Patch::Whole { whole: raw(text)? }))
    }

    fn rows<T: Serialize>(&mut self, page: Page<T>) -> Result<Option<Patch>, Problem> {
        let first = self.told.is_empty();
        let mut places: BTreeMap<u64, usize> = BTreeMap::new();
        for (place, hash) in self.told.iter().enumerate() {
            places.insert(*hash, place);
        }
        let mut told = Vec::with_capacity(page.items.len());
        let mut parts: Vec<Part> = Vec::new();
        for item in &page.items {
            let text = wire::text(item)?;
            let hash = hash(&text);
            told.push(hash);
            match (places.get(&hash), parts.last_mut()) {
                (Some(place), Some(Part::Kept([from, count]))) if *from + *count == *place => {
                    *count += 1;
                }
                (Some(place), _) => parts.push(Part::Kept([*place, 1])),
                (None, _) => parts.push(Part::New { new: raw(text)? }),
            }
        }
        if !first && self.told == told {
            return Ok(None);
        }
        self.told = told;
        Ok(Some(Patch::Rows {
            rows: parts,
            next_cursor: page.next_cursor,
        }))
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

fn raw(text: String) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(text).map_err(|error| Problem::invalid("json", error))
}
