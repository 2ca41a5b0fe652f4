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
/// Of so many tasks at a time it is judged how well they fit.
const RANKED_MAX: usize = 1_000;
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

/// The tasks in which words are found: open ones before done ones, and of each the best first.
///
/// Judging how well a text fits costs more than finding it, so of more than [`RANKED_MAX`] the
/// newest are judged. The others fit as well, and a further word brings them up.
pub(super) fn search(
    conn: &Connection,
    documents: &[DocumentRow],
    reader: &Reader,
    text: &str,
    limit: Option<u32>,
) -> Result<Page<Found>, QueryError> {
    let wanted = checked_limit(limit, FOUND_DEFAULT, FOUND_MAX)?;
    let words = match_words(text)?;
    let mut finder = Finder::new(documents, reader);
    let mut found: Vec<(i64, Task)> = Vec::new();
    for done in [false, true] {
        // Some are below a task in the trash, or in a list that is; then the next newest are
        // judged, until there are enough or no more.
        let mut before = i64::MAX;
        while found.len() < wanted {
            let ranked = rank(conn, documents, &words, done, before)?;
            let is_last = ranked.len() < RANKED_MAX;
            let oldest = ranked.iter().map(|one| one.texts).min();
            before = oldest.map_or(before, |oldest| oldest.saturating_sub(1));
            for one in ranked {
                if found.len() >= wanted {
                    break;
                }
                if let Some(task) = finder.live(conn, one.doc, &one.task)? {
                    found.push((one.texts, task));
                }
            }
            if is_last {
                break;
            }
        }
    }
    let mut excerpts = excerpts(conn, &words, found.iter().map(|(texts, _)| *texts))?;
    let shown = found.into_iter().map(|(texts, task)| Found {
        task,
        excerpt: excerpts.remove(&texts).unwrap_or_default(),
    });
    Ok(shown.collect::<Vec<_>>().into())
}

/// A task whose texts hold the words.
struct Ranked {
    doc: i64,
    task: TaskId,
    texts: i64,
    /// The smaller, the better it fits.
    rank: f64,
}

/// What is asked of the index: it gives the newest first by itself, and judges nothing that it
/// does not give.
const RANK: &str = "SELECT item.doc, item.task, item.texts, bm25(search, 10.0, 3.0, 1.0)
     FROM search JOIN item INDEXED BY item_texts ON item.texts = search.rowid
     WHERE search MATCH ?1 AND search.rowid <= ?2 AND item.done = ?3
         AND item.deleted_at IS NULL AND (?4 IS NULL OR item.doc = ?4)
     ORDER BY search.rowid DESC LIMIT ?5";

/// The newest tasks up to a row in which words are found, the best first.
fn rank(
    conn: &Connection,
    documents: &[DocumentRow],
    words: &str,
    done: bool,
    before: i64,
) -> Result<Vec<Ranked>, StoreError> {
    let only = match documents {
        [only] => Some(only.row),
        _ => None,
    };
    let mut statement = conn.prepare_cached(RANK)?;
    let rows = statement.query_map(
        params![words, before, done, only, RANKED_MAX as i64],
        |row| {
            Ok(Ranked {
                doc: row.get(0)?,
                task: parsed(row, 1)?,
                texts: row.get(2)?,
                rank: row.get(3)?,
            })
        },
    )?;
    let mut ranked: Vec<Ranked> = rows.collect::<Result<_, _>>()?;
    ranked.sort_by(|a, b| a.rank.total_cmp(&b.rank).then_with(|| a.task.cmp(&b.task)));
    Ok(ranked)
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

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;
    use rusqlite::StatementStatus;

    use super::*;
    use crate::document::DocumentId;
    use crate::model::interchange::ListLook;
    use crate::model::{Answer, Command, ImportedTask, Outcome, Query, TaskPatch};
    use crate::replica::{Env, Keyring, Replica};

    struct Bench {
        rng: ChaCha20Rng,
        now_ms: i64,
    }

    impl Bench {
        fn env(&mut self) -> Env<'_> {
            self.now_ms += 1_000;
            Env {
                now: jiff::Timestamp::from_millisecond(self.now_ms).unwrap(),
                rng: &mut self.rng,
            }
        }
    }

    fn import(replica: &mut Replica, bench: &mut Bench, list: DocumentId, titles: &[String]) {
        let tasks = titles.iter().map(|title| ImportedTask {
            title: title.clone(),
            ..ImportedTask::default()
        });
        let command = Command::ImportTasks {
            list,
            tasks: tasks.collect(),
            look: ListLook::default(),
            zone: None,
        };
        replica.execute(&command, &mut bench.env()).unwrap();
    }

    fn titles(replica: &Replica, text: &str) -> Vec<String> {
        let query = Query::Search {
            text: text.into(),
            list: None,
            limit: Some(500),
        };
        match replica.query(&query, jiff::Timestamp::UNIX_EPOCH) {
            Ok(Answer::Found(page)) => page.items.into_iter().map(|f| f.task.title).collect(),
            other => panic!("{other:?}"),
        }
    }

    /// How many rows are judged for a page, and what that costs SQLite.
    fn cost(replica: &Replica, words: &str) -> (usize, i32) {
        let conn = replica.conn();
        let documents = DocumentRow::all(conn).unwrap();
        let ranked = rank(conn, &documents, words, false, i64::MAX).unwrap();
        let mut statement = conn.prepare(RANK).unwrap();
        let mut rows = statement
            .query(params![
                words,
                i64::MAX,
                false,
                None::<i64>,
                RANKED_MAX as i64
            ])
            .unwrap();
        while rows.next().unwrap().is_some() {}
        drop(rows);
        (ranked.len(), statement.get_status(StatementStatus::VmStep))
    }

    #[test]
    fn a_word_that_is_everywhere_costs_as_much_in_ten_times_as_many_tasks() {
        let bench = &mut Bench {
            rng: ChaCha20Rng::seed_from_u64(1),
            now_ms: 1_790_000_000_000,
        };
        let mut sam = Replica::in_memory(Keyring::generate(&mut bench.env())).unwrap();
        sam.found("Sam", &mut bench.env()).unwrap();
        let title = "Plans".to_owned();
        let made = sam.execute(&Command::CreateList { title }, &mut bench.env());
        let Ok(Outcome::List { list: plans }) = made else {
            panic!("{made:?}")
        };
        let many = |from: usize, to: usize| -> Vec<String> {
            (from..to)
                .map(|n| format!("Call the café, time {n}"))
                .collect()
        };
        import(
            &mut sam,
            bench,
            plans,
            &["The oldest café of all".to_owned()],
        );
        import(&mut sam, bench, plans, &many(0, 1_200));
        let few = cost(&sam, "\"cafe\"*");
        import(&mut sam, bench, plans, &many(1_200, 12_000));
        let most = cost(&sam, "\"cafe\"*");
        assert_eq!((few.0, most.0), (RANKED_MAX, RANKED_MAX));
        assert_eq!(few.1, most.1, "steps");
        // All of what was judged is newer than what was not, and one more word finds that.
        let page = titles(&sam, "caf");
        assert_eq!(page.len(), 500);
        assert!(!page.contains(&"The oldest café of all".to_owned()));
        assert_eq!(titles(&sam, "CAFE old"), ["The oldest café of all"]);
        // Done ones come after all open ones, and make no room for them.
        let done = sam.query(
            &Query::Search {
                text: "oldest".into(),
                list: None,
                limit: None,
            },
            jiff::Timestamp::UNIX_EPOCH,
        );
        let Ok(Answer::Found(page)) = done else {
            panic!("{done:?}")
        };
        let task = page.items[0].task.id;
        let close = Command::CompleteTask {
            list: plans,
            task,
            zone: None,
        };
        sam.execute(&close, &mut bench.env()).unwrap();
        assert_eq!(titles(&sam, "cafe oldest").len(), 1);
        let patch = TaskPatch {
            title: Some("Café au lait".into()),
            ..TaskPatch::default()
        };
        let edit = Command::EditTask {
            list: plans,
            task,
            patch,
        };
        sam.execute(&edit, &mut bench.env()).unwrap();
        assert!(titles(&sam, "lait").len() == 1 && titles(&sam, "oldest").is_empty());
    }
}
