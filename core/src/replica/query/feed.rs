//! What happened, and what was said.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params, params_from_iter};

use super::{bad_cursor, checked_limit, name_of, time};
use crate::bytes::unhex;
use crate::document::ChangeHash;
use crate::identity::Did;
use crate::model::{Activity, ActivityAction, ActivityDetail, ActivityKind, Comment, Page, TaskId};
use crate::replica::QueryError;
use crate::store::{Actors, DocumentRow, StoreError, blob, parsed, statements};

/// Rows on a page unless told, and at most.
const PAGE_DEFAULT: u32 = 100;
const PAGE_MAX: u32 = 1_000;
/// Edits of one field by one person within this time are shown as one.
const EDITS_TOGETHER: SignedDuration = SignedDuration::from_mins(10);
/// From here on a claim about the time is marked.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// What is asked for.
pub(super) struct Asked {
    kind: Option<ActivityKind>,
    limit: usize,
    /// Where the page before ended.
    after: Option<Place>,
    now: Timestamp,
}

/// Where a row stands in a feed.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Which list it is within one, the time across lists.
    major: i64,
    /// In the causal order of its list.
    pos: i64,
    hash: ChangeHash,
    n: i64,
}

impl Asked {
    pub(super) fn new(
        kind: Option<ActivityKind>,
        limit: Option<u32>,
        cursor: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, QueryError> {
        Ok(Self {
            kind,
            limit: checked_limit(limit, PAGE_DEFAULT, PAGE_MAX)?,
            after: cursor
                .map(|text| Place::read(text).ok_or_else(bad_cursor))
                .transpose()?,
            now,
        })
    }
}

impl Place {
    /// Of a row, by the column that its feed is in the order of.
    pub(super) fn of(row: &Row<'_>, major: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            major: row.get(major)?,
            pos: row.get(POS)?,
            hash: blob(row, HASH)?,
            n: row.get(2)?,
        })
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '.');
        Some(Self {
            major: parts.next()?.parse().ok()?,
            pos: parts.next()?.parse().ok()?,
            hash: ChangeHash::try_from(unhex(parts.next()?)?.as_slice()).ok()?,
            n: parts.next()?.parse().ok()?,
        })
    }

    pub(super) fn write(&self) -> String {
        let Self {
            major,
            pos,
            hash,
            n,
        } = self;
        format!("{major}.{pos}.{}.{n}", hash.to_hex())
    }
}

/// Who is who in a document.
pub(super) struct Names {
    actors: Actors,
    authority: std::rc::Rc<crate::membership::Authority>,
}

impl Names {
    pub(super) fn load(conn: &Connection, document: &DocumentRow) -> Result<Self, StoreError> {
        Ok(Self {
            actors: Actors::load(conn, document.row)?,
            authority: statements::authority(conn, &document.id)?,
        })
    }

    pub(super) fn did(&self, actor: i64) -> Option<Did> {
        self.actors.by_row(actor)?.author(&self.authority)
    }

    pub(super) fn name(&self, did: &Did) -> String {
        let profile = self.authority.profile(did);
        name_of(profile.map(|profile| profile.name.as_str()), did)
    }
}

/// What [`activity`] reads.
pub(super) const COLUMNS: &str =
    "activity.pos, activity.hash, activity.n, activity.actor, activity.at,
    activity.action, activity.task, activity.comment, activity.detail,
    (SELECT title FROM item WHERE item.doc = activity.doc AND item.task = activity.task),
    activity.doc, activity.placed, activity.who";

/// How many columns those are, and some of them: by which the rows of one list, and those of all
/// lists, are in order.
pub(super) const COLUMNS_COUNT: usize = 13;
const POS: usize = 0;
pub(super) const HASH: usize = 1;
pub(super) const DOC: usize = 10;
const PLACED: usize = 11;

/// What happened in one list, in causal order.
pub(super) fn of_list(
    conn: &Connection,
    document: &DocumentRow,
    task: Option<&TaskId>,
    asked: &Asked,
) -> Result<Page<Activity>, QueryError> {
    let mut sql = format!("SELECT {COLUMNS} FROM activity WHERE doc = ?1");
    let mut values: Vec<Value> = vec![document.row.into()];
    if let Some(task) = task {
        values.push(task.to_string().into());
        sql.push_str(" AND task = ?2");
    }
    narrow(&mut sql, &mut values, ["activity", "doc"], asked);
    sql.push_str(" ORDER BY pos DESC, hash DESC, n DESC");
    let documents = core::slice::from_ref(document);
    collect(conn, &sql, values, documents, asked, DOC)
}

/// What happened in all lists, by the time that authors claim. What claims a time at which it was
/// here already stands where it came: a clock that is ahead lifts nothing to the top.
pub(super) fn of_all(
    conn: &Connection,
    documents: &[DocumentRow],
    asked: &Asked,
) -> Result<Page<Activity>, QueryError> {
    // What is of other lists, most of it at a relay, is passed over in the index.
    let mut sql = format!(
        "SELECT {COLUMNS} FROM activity AS found INDEXED BY activity_placed
         CROSS JOIN activity ON activity.doc = found.doc AND activity.pos = found.pos
             AND activity.hash = found.hash AND activity.n = found.n
         WHERE found.placed > ?1 AND found.doc IN (SELECT value FROM json_each(?2))"
    );
    let rows: Vec<i64> = documents.iter().map(|document| document.row).collect();
    let rows = serde_json::to_string(&rows).unwrap_or_default();
    let mut values: Vec<Value> = vec![i64::MIN.into(), rows.into()];
    narrow(&mut sql, &mut values, ["found", "placed"], asked);
    // Claims are in seconds: what a list had in one of them stays in its causal order.
    sql.push_str(" ORDER BY found.placed DESC, found.pos DESC, found.hash DESC, found.n DESC");
    collect(conn, &sql, values, documents, asked, PLACED)
}

/// Adds what is asked of a row: its kind, and that it stands behind the page before.
fn narrow(sql: &mut String, values: &mut Vec<Value>, [table, major]: [&str; 2], asked: &Asked) {
    sql.push_str(match asked.kind {
        None => "",
        Some(ActivityKind::Note) => " AND activity.action = 'note'",
        Some(ActivityKind::Derived) => " AND activity.action <> 'note'",
    });
    let Some(place) = &asked.after else {
        return;
    };
    let at = values.len() + 1;
    sql.push_str(&format!(
        " AND ({table}.{major}, {table}.pos, {table}.hash, {table}.n)
             < (?{at}, ?{}, ?{}, ?{})",
        at + 1,
        at + 2,
        at + 3
    ));
    values.extend([
        Value::from(place.major),
        Value::from(place.pos),
        Value::from(place.hash.as_bytes().to_vec()),
        Value::from(place.n),
    ]);
}

fn collect(
    conn: &Connection,
    sql: &str,
    values: Vec<Value>,
    documents: &[DocumentRow],
    asked: &Asked,
    major: usize,
) -> Result<Page<Activity>, QueryError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut page: Page<Activity> = Page::default();
    let mut last: Option<Place> = None;
    let documents: BTreeMap<i64, &DocumentRow> = documents
        .iter()
        .map(|document| (document.row, document))
        .collect();
    // Of those documents only that are on the page: a replica may hold thousands.
    let mut known: BTreeMap<i64, Names> = BTreeMap::new();
    // From when the row that is shown for several edits is: they are all close to it.
    while let Some(row) = rows.next()? {
        let doc: i64 = row.get(DOC)?;
        let Some(document) = documents.get(&doc) else {
            continue;
        };
        let names = match known.entry(doc) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Names::load(conn, document)?),
        };
        let place = Place::of(row, major)?;
        let next = activity(row, document, names, &place, asked.now)?;
        if let Some(shown) = page.items.last_mut()
            && together(shown, &next)
        {
            absorb(shown, next);
            last = Some(place);
            continue;
        }
        if page.items.len() == asked.limit {
            page.next_cursor = last.as_ref().map(Place::write);
            break;
        }
        page.items.push(next);
        last = Some(place);
    }
    Ok(page)
}

/// Lets the newer of two edits that are shown as one stand for both.
fn absorb(newer: &mut Activity, older: Activity) {
    for (newer, older) in newer.detail.fields.iter_mut().zip(older.detail.fields) {
        newer.old = older.old;
    }
}

/// The same where the older one is shown already: the newer takes its place.
pub(super) fn put_together(shown: &mut Activity, newer: Activity) {
    let older = core::mem::replace(shown, newer);
    absorb(shown, older);
}

/// Whether two rows, one after the other, are edits that are shown as one.
pub(super) fn together(newer: &Activity, older: &Activity) -> bool {
    let fields = |row: &Activity| -> Vec<String> {
        let fields = row.detail.fields.iter();
        fields.map(|edit| edit.field.clone()).collect()
    };
    newer.action == ActivityAction::Edited
        && older.action == ActivityAction::Edited
        && newer.list == older.list
        && newer.task == older.task
        && newer.comment == older.comment
        && newer.actor == older.actor
        && fields(newer) == fields(older)
        && newer.at.duration_since(older.at).abs() <= EDITS_TOGETHER
}

pub(super) fn activity(
    row: &Row<'_>,
    document: &DocumentRow,
    names: &Names,
    place: &Place,
    now: Timestamp,
) -> Result<Activity, StoreError> {
    let detail: String = row.get(8)?;
    let detail: ActivityDetail = serde_json::from_str(&detail)
        .map_err(|_| StoreError::Damaged("an activity cannot be read".into()))?;
    let action: ActivityAction = parsed(row, 5)?;
    let at = time(row.get(4)?).unwrap_or_default();
    let member: Option<Did> = detail.assignee.as_deref().and_then(|did| did.parse().ok());
    let who: Option<String> = row.get(12)?;
    let actor = match who {
        // What a statement says was done under no actor.
        Some(did) => did.parse().ok(),
        None => names.did(row.get(3)?),
    };
    let task: Option<String> = row.get(6)?;
    Ok(Activity {
        id: format!("{}-{}", place.hash.to_hex(), place.n),
        list: document.id,
        at,
        ahead: at.duration_since(now) > AHEAD,
        actor,
        actor_name: actor.map_or_else(String::new, |did| names.name(&did)),
        action,
        task: task.and_then(|task| task.parse().ok()),
        task_title: row.get(9)?,
        comment: row.get(7)?,
        member_name: member.map(|did| names.name(&did)),
        detail,
    })
}

/// What was said about a task, the earliest first.
pub(super) fn comments(
    conn: &Connection,
    document: &DocumentRow,
    task: &TaskId,
) -> Result<Vec<Comment>, StoreError> {
    let names = Names::load(conn, document)?;
    let mut statement = conn.prepare_cached(
        "SELECT comment, author, body, created_at, edited_at
         FROM comment INDEXED BY comment_task
         WHERE doc = ?1 AND task = ?2 AND deleted_at IS NULL ORDER BY created_at, comment",
    )?;
    let mut rows = statement.query(params![document.row, task.to_string()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.extend(comment(row, &names)?);
    }
    Ok(found)
}

/// What was said in a whole list, by task.
pub(super) fn all_comments(
    conn: &Connection,
    document: &DocumentRow,
) -> Result<BTreeMap<TaskId, Vec<Comment>>, StoreError> {
    let names = Names::load(conn, document)?;
    let mut statement = conn.prepare_cached(
        "SELECT comment, author, body, created_at, edited_at, task FROM comment
         WHERE doc = ?1 AND task IS NOT NULL AND deleted_at IS NULL ORDER BY created_at, comment",
    )?;
    let mut rows = statement.query(params![document.row])?;
    let mut found: BTreeMap<TaskId, Vec<Comment>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        if let Ok(task) = parsed(row, 5) {
            found.entry(task).or_default().extend(comment(row, &names)?);
        }
    }
    Ok(found)
}

/// The day on which each task of a list was last completed.
pub(super) fn completed_days(
    conn: &Connection,
    document: &DocumentRow,
) -> Result<BTreeMap<TaskId, Date>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT task, day FROM activity
         WHERE doc = ?1 AND action = 'completed' AND task IS NOT NULL AND day IS NOT NULL
         ORDER BY pos, hash, n",
    )?;
    let rows = statement.query_map([document.row], |row| Ok((parsed(row, 0)?, parsed(row, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn comment(row: &Row<'_>, names: &Names) -> Result<Option<Comment>, StoreError> {
    // Not a comment's key: whatever a foreign client keeps there.
    let Ok(id) = parsed(row, 0) else {
        return Ok(None);
    };
    let author = names.did(row.get(1)?);
    Ok(Some(Comment {
        id,
        author,
        author_name: author.map_or_else(String::new, |did| names.name(&did)),
        text: row.get(2)?,
        created_at: time(row.get(3)?),
        edited_at: time(row.get(4)?),
    }))
}
