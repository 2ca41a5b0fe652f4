//! Full-text search over titles, notes and comments.

use rusqlite::{Connection, params};

use super::checked_limit;
use crate::model::{Found, Page, TaskId};
use crate::replica::QueryError;
use crate::replica::tree::{self, Reader};
use crate::store::{DocumentRow, parsed};

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
    let mut statement = conn.prepare_cached(
        "SELECT item.doc, item.task, snippet(search, -1, '[', ']', '…', 12)
         FROM search JOIN item ON item.texts = search.rowid
         WHERE search MATCH ?1 AND item.deleted_at IS NULL
         ORDER BY item.done, bm25(search, 10.0, 3.0, 1.0), item.task",
    )?;
    let mut rows = statement.query(params![match_words(text)?])?;
    let mut page = Page::default();
    while let Some(row) = rows.next()? {
        let doc: i64 = row.get(0)?;
        let Some(document) = documents.iter().find(|document| document.row == doc) else {
            continue;
        };
        let task: TaskId = parsed(row, 1)?;
        if tree::is_trashed(conn, doc, &task)? {
            continue;
        }
        if page.items.len() == limit {
            break;
        }
        let excerpt = row.get(2)?;
        if let Some(task) = tree::one(conn, document, &task, reader)? {
            page.items.push(Found { task, excerpt });
        }
    }
    Ok(page)
}
