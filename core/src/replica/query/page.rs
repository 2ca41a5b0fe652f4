//! Pages of tasks: those that fit a filter, in the order in which they stand or in another one.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

use super::search::match_words;
use super::{bad_cursor, checked_limit, kept};
use crate::model::{Due, Page, Priority, Series, Sort, Task, TaskFilter, TaskId};
use crate::replica::QueryError;
use crate::replica::tree::{self, Place, Reader};
use crate::store::{DocumentRow, StoreError, parsed};

/// Tasks on a page unless told.
const PAGE_DEFAULT: u32 = 1_000;
/// Tasks on a page at most.
const PAGE_MAX: u32 = 10_000;

/// Pages of up to so many tasks are found by walking the list.
const WALKED_MAX: usize = 1_000;
/// Where more than so many tasks that a walk comes to are left out, reading where all of them stand
/// costs less.
const SKIPPED_MAX: usize = 1_000;

/// A page of tasks. The cursor is where the next one begins.
pub(super) fn page(
    conn: &Connection,
    documents: &[DocumentRow],
    filter: &TaskFilter,
    reader: &Reader,
    limit: Option<u32>,
    cursor: Option<&str>,
) -> Result<Page<Task>, QueryError> {
    let limit = checked_limit(limit, PAGE_DEFAULT, PAGE_MAX)?;
    let start = match cursor.map(str::parse::<TaskId>) {
        None => None,
        Some(Ok(start)) => Some(start),
        Some(Err(_)) => return Err(bad_cursor()),
    };
    if let Some(page) = page_from(conn, documents, filter, reader, limit, start)? {
        return Ok(page);
    }
    // The task where the page begins may have moved or gone: then begin anew.
    let page = page_from(conn, documents, filter, reader, limit, None)?;
    Ok(page.unwrap_or_default())
}

/// What a page takes from one list.
struct Part<F> {
    /// From this task on; none: from the first.
    start: Option<TaskId>,
    /// So many at most.
    room: usize,
    /// Those that fit.
    lets_in: F,
}

/// What it took.
#[derive(Default)]
struct Taken {
    /// The task to begin with was there, if one was named.
    begun: bool,
    places: Vec<Place>,
    /// What the next page begins with.
    next: Option<TaskId>,
}

impl<F: Fn(&Place) -> bool> Part<F> {
    /// Takes from places in their order. `None` where more than `skipped_max` were left out.
    fn take(
        &self,
        places: impl Iterator<Item = Result<Place, StoreError>>,
        skipped_max: usize,
    ) -> Result<Option<Taken>, StoreError> {
        let mut taken = Taken {
            begun: self.start.is_none(),
            ..Taken::default()
        };
        let mut skipped = 0;
        for place in places {
            let place = place?;
            if !(self.lets_in)(&place) {
                skipped += 1;
                if skipped > skipped_max {
                    return Ok(None);
                }
                continue;
            }
            taken.begun |= self.start == Some(place.task);
            if !taken.begun {
                continue;
            }
            if taken.places.len() == self.room {
                taken.next = Some(place.task);
                break;
            }
            taken.places.push(place);
        }
        Ok(Some(taken))
    }
}

/// The page that begins at `start`; `None` if that is not among the tasks. Only what is on the
/// page is read whole.
fn page_from(
    conn: &Connection,
    documents: &[DocumentRow],
    filter: &TaskFilter,
    reader: &Reader,
    limit: usize,
    start: Option<TaskId>,
) -> Result<Option<Page<Task>>, QueryError> {
    let mut begun = start.is_none();
    let mut page = Page::default();
    for document in documents {
        let fitting = fitting(conn, document, filter, reader)?;
        let lets_in = |place: &Place| {
            let shown = if filter.deleted {
                place.is_listed_in_trash(reader.now)
            } else {
                !place.is_trashed()
            };
            shown
                && filter.status.is_none_or(|status| place.status == status)
                && fitting
                    .as_ref()
                    .is_none_or(|fitting| fitting.contains(&place.task))
        };
        let part = Part {
            start: if begun { None } else { start },
            room: limit - page.items.len(),
            lets_in,
        };
        let sort = filter.sort.filter(|sort| *sort != Sort::Manual);
        let mut taken = None;
        if sort.is_none() && fitting.is_none() && !filter.deleted && limit <= WALKED_MAX {
            // Only where tasks stand decides: the list is read from where the page begins on.
            match tree::Walk::new(conn, document, part.start)? {
                Some(walk) => taken = part.take(walk, SKIPPED_MAX)?,
                None => continue,
            }
        }
        let taken = match taken {
            Some(taken) => taken,
            None => {
                let all = tree::places(conn, document)?;
                let all = match sort {
                    Some(sort) => sorted(conn, document, all, sort, reader)?,
                    None => all,
                };
                let all = part.take(all.into_iter().map(Ok), usize::MAX)?;
                all.unwrap_or_default()
            }
        };
        begun |= taken.begun;
        page.next_cursor = taken.next.map(|task| task.to_string());
        let wanted = taken.places;
        let mut read = tree::read(conn, document, &wanted, reader)?;
        if filter.deleted {
            kept::note_changes(conn, document, &mut read)?;
        }
        page.items.append(&mut read);
        if page.next_cursor.is_some() {
            break;
        }
    }
    Ok(begun.then_some(page))
}

/// The tasks that fit what a filter says beside status and trash; `None`: it says nothing else.
fn fitting(
    conn: &Connection,
    document: &DocumentRow,
    filter: &TaskFilter,
    reader: &Reader,
) -> Result<Option<BTreeSet<TaskId>>, QueryError> {
    let mut sql = "SELECT task, next, series, last, done FROM item WHERE doc = ?1".to_owned();
    let mut values: Vec<Value> = vec![document.row.into()];
    let mut and = |clause: &str, value: Value| {
        values.push(value);
        sql.push_str(" AND ");
        sql.push_str(&clause.replace('?', &format!("?{}", values.len())));
    };
    if let Some(priority) = filter.priority {
        and("priority = ?", priority.as_str().to_owned().into());
    }
    if let Some(assignee) = &filter.assignee {
        and("assignee = ?", assignee.to_string().into());
    }
    if filter.unassigned {
        and("(assignee IS NULL) = ?", true.into());
    }
    if let Some(tag) = &filter.tag {
        and(
            "EXISTS (SELECT 1 FROM json_each(item.tags) AS mine
                 CROSS JOIN tag ON tag.doc = item.doc AND tag.tag = mine.value
                 WHERE tag.name = ? COLLATE NOCASE)",
            tag.trim_start_matches('#').to_owned().into(),
        );
    }
    if let Some(text) = &filter.text {
        and(
            "texts IN (SELECT rowid FROM search WHERE search MATCH ?)",
            match_words(text)?.into(),
        );
    }
    if filter.overdue {
        and("done <> ?", true.into());
    }
    let has_range = filter.due_from.is_some() || filter.due_to.is_some() || filter.overdue;
    if values.len() == 1 && !has_range {
        return Ok(None);
    }
    if has_range {
        sql.push_str(" AND next IS NOT NULL");
    }
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = BTreeSet::new();
    while let Some(row) = rows.next()? {
        if has_range {
            let Some(due) = due(row, 1, reader)? else {
                continue;
            };
            let day = reader.day_of(&due);
            if filter.due_from.is_some_and(|from| day < from)
                || filter.due_to.is_some_and(|to| day > to)
                || (filter.overdue && !reader.is_past(&due))
            {
                continue;
            }
        }
        found.insert(parsed(row, 0)?);
    }
    Ok(Some(found))
}

/// When a task is due, from `next`, `series`, `last` and `done` in a row.
fn due(row: &Row<'_>, at: usize, reader: &Reader) -> rusqlite::Result<Option<Due>> {
    let series: Option<Series> = parsed(row, at + 1).ok();
    let (next, last) = (parsed(row, at).ok(), parsed(row, at + 2).ok());
    Ok(reader.due(next, series.as_ref(), last, row.get(at + 3)?))
}

/// What tasks are sorted by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Created(i64),
    CreatedLast(core::cmp::Reverse<i64>),
    Title(String),
    TitleLast(core::cmp::Reverse<String>),
    Due(bool, Option<Due>),
    Priority(Priority),
}

/// Sorts siblings anew: what is done last, then by the order that is asked for. Children stay
/// below their parents.
fn sorted(
    conn: &Connection,
    document: &DocumentRow,
    places: Vec<Place>,
    sort: Sort,
    reader: &Reader,
) -> Result<Vec<Place>, StoreError> {
    let mut keys = BTreeMap::new();
    let mut statement = conn.prepare_cached(
        "SELECT task, created_at, title, priority, next, series, last, done FROM item
         WHERE doc = ?1",
    )?;
    let mut rows = statement.query([document.row])?;
    while let Some(row) = rows.next()? {
        let task: TaskId = parsed(row, 0)?;
        let created: i64 = row.get::<_, Option<i64>>(1)?.unwrap_or_default();
        let title =
            || -> Result<String, rusqlite::Error> { Ok(row.get::<_, String>(2)?.to_lowercase()) };
        let key = match sort {
            Sort::Manual | Sort::Oldest => SortKey::Created(created),
            Sort::Newest => SortKey::CreatedLast(core::cmp::Reverse(created)),
            Sort::Title => SortKey::Title(title()?),
            Sort::TitleReversed => SortKey::TitleLast(core::cmp::Reverse(title()?)),
            Sort::Due => {
                let due = due(row, 4, reader)?;
                SortKey::Due(due.is_none(), due)
            }
            Sort::Priority => SortKey::Priority(parsed(row, 3)?),
        };
        let done: bool = row.get(7)?;
        keys.insert(task, (done, key));
    }
    // A run of places is a tree in preorder: take it apart into siblings and put it together.
    let mut top: Vec<usize> = Vec::new();
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); places.len()];
    let mut path: Vec<usize> = Vec::new();
    for (index, place) in places.iter().enumerate() {
        path.truncate(usize::try_from(place.depth).unwrap_or(usize::MAX));
        let siblings = path.last().and_then(|parent| below.get_mut(*parent));
        siblings.unwrap_or(&mut top).push(index);
        path.push(index);
    }
    let key = |index: &usize| places.get(*index).and_then(|place| keys.get(&place.task));
    for siblings in below.iter_mut().chain(core::iter::once(&mut top)) {
        // Stable: equal ones stay as they stood.
        siblings.sort_by(|a, b| key(a).cmp(&key(b)));
        siblings.reverse();
    }
    let mut stack = top;
    let mut order = Vec::with_capacity(places.len());
    while let Some(index) = stack.pop() {
        order.extend(places.get(index).copied());
        stack.append(below.get_mut(index).unwrap_or(&mut Vec::new()));
    }
    Ok(order)
}
