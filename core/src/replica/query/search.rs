//! Full-text search over titles, notes and comments.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::checked_limit;
use crate::model::{Found, Page, Task, TaskId};
use crate::replica::QueryError;
use crate::replica::tree::{Finder, Reader};
use crate::store::{DocumentRow, StoreError, parsed};

/// Tasks that are found unless told, and at most.
const FOUND_DEFAULT: u32 = 50;
const FOUND_MAX: u32 = 500;
/// The most words that are looked for.
const WORDS_MAX: usize = 20;

/// What the index looks for: words that begin with each of the words of a text.
pub(super) fn match_words(text: &str) -> Result<String, QueryError> {
    // What is neither letter nor digit separates words in the index, so it does here; that also
    // leaves nothing that the index would read as an operator.
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(WORDS_MAX)
        .map(|word| format!("\"{word}\"*"))
        .collect();
    if words.is_empty() {
        return Err(QueryError::Invalid {
            field: "text",
            reason: "has no word to look for".to_owned(),
        });
    }
    Ok(words.join(" "))
}

/// The tasks in which words are found, the best first.
pub(super) fn search(
    conn: &Connection,
    documents: &[DocumentRow],
    reader: &Reader,
    text: &str,
    limit: Option<u32>,
) -> Result<Page<Found>, QueryError> {
    let limit = checked_limit(limit, FOUND_DEFAULT, FOUND_MAX)?;
    let words = match_words(text)?;
    // Keeping the best of many costs less than bringing all into order. A few of them may be below
    // a task in the trash, or in a list that is; only where it is more than that all are needed.
    let best = limit.saturating_mul(2);
    let found = match best_of(conn, documents, reader, &words, limit, Some(best))? {
        Some(found) => found,
        None => best_of(conn, documents, reader, &words, limit, None)?.unwrap_or_default(),
    };
    let mut excerpts = excerpts(conn, &words, found.iter().map(|(texts, _)| *texts))?;
    let shown = found.into_iter().map(|(texts, task)| Found {
        task,
        excerpt: excerpts.remove(&texts).unwrap_or_default(),
    });
    Ok(shown.collect::<Vec<_>>().into())
}

/// As many tasks as are wanted of the best of those in which words are found, or of all; each with
/// its row in the index. `None` where so many of the best cannot be shown that others are needed.
fn best_of(
    conn: &Connection,
    documents: &[DocumentRow],
    reader: &Reader,
    words: &str,
    wanted: usize,
    best: Option<usize>,
) -> Result<Option<Vec<(i64, Task)>>, StoreError> {
    let only = match documents {
        [only] => Some(only.row),
        _ => None,
    };
    let mut statement = conn.prepare_cached(
        "SELECT item.doc, item.task, item.texts
         FROM search JOIN item INDEXED BY item_texts ON item.texts = search.rowid
         WHERE search MATCH ?1 AND item.deleted_at IS NULL AND (?2 IS NULL OR item.doc = ?2)
         ORDER BY item.done, bm25(search, 10.0, 3.0, 1.0), item.task LIMIT ?3",
    )?;
    // A limit below zero is none.
    let limit = best.map_or(-1, |best| i64::try_from(best).unwrap_or(i64::MAX));
    let mut rows = statement.query(params![words, only, limit])?;
    let mut finder = Finder::new(documents, reader);
    let mut found: Vec<(i64, Task)> = Vec::new();
    let mut looked_at = 0;
    while found.len() < wanted {
        let Some(row) = rows.next()? else {
            return Ok((best != Some(looked_at)).then_some(found));
        };
        looked_at += 1;
        let task: TaskId = parsed(row, 1)?;
        if let Some(task) = finder.live(conn, row.get(0)?, &task)? {
            found.push((row.get(2)?, task));
        }
    }
    Ok(Some(found))
}

/// Where the words stand in some texts. Making an excerpt costs more than finding a text, so only
/// those that are shown get one; all are made in one pass over what was found.
fn excerpts(
    conn: &Connection,
    words: &str,
    texts: impl Iterator<Item = i64>,
) -> Result<BTreeMap<i64, String>, StoreError> {
    let texts: Vec<String> = texts.map(|row| row.to_string()).collect();
    // The sign keeps the index from looking up the words anew for each of the rows.
    let mut statement = conn.prepare_cached(
        "SELECT rowid, snippet(search, -1, '[', ']', '…', 12) FROM search
         WHERE search MATCH ?1 AND +rowid IN (SELECT value FROM json_each(?2))",
    )?;
    let texts = format!("[{}]", texts.join(","));
    let rows = statement.query_map(params![words, texts], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
