//! Checking a whole history again, as somebody who trusts nothing that is stored.

use std::collections::{BTreeMap, BTreeSet};

use automerge::ReadDoc as _;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::query::name_of;
use super::tree::{Reader, Tree};
use super::{QueryError, Replica};
use crate::document::{DocumentId, EncodedChange, UnverifiedTip};
use crate::identity::Did;
use crate::membership::{Authority, Statement};
use crate::model::{AuthorReport, VerifyReport, Via};
use crate::store::{
    Acceptor, Actors, DocumentRow, Quarantine, Refusal, Store, StoreError, evidence, give_birth,
    refresh, statements,
};

/// Changes are checked in parts of this size, so that memory stays small.
const PART: usize = 1_000;
/// The most problems that a report lists.
const PROBLEMS_MAX: usize = 20;

impl Replica {
    /// Checks every statement and every change of a list from its first statement on: each
    /// signature, each chain, each permission. Then makes the list again from what was checked,
    /// once by this engine and once by Automerge itself, and compares both with what is stored.
    pub(super) fn verify(
        &self,
        conn: &Connection,
        list: &DocumentId,
    ) -> Result<VerifyReport, QueryError> {
        let document = DocumentRow::find(conn, list)?.ok_or_else(|| QueryError::NotFound {
            what: "list",
            text: list.to_string(),
        })?;
        let mut problems = Vec::new();
        let checked = check_statements(conn, list, &mut problems)?;
        let authority = Authority::evaluate(list, &checked);
        if authority.genesis().is_none() {
            problems.push("no statement says who began this list".to_owned());
        }
        for evidence in authority.evidence() {
            problems.push(format!(
                "the relay let several people in by one invite ({:?})",
                evidence.grant
            ));
        }
        let scratch = Store::open_in_memory()?;
        let report = scratch.write(|scratch| -> Result<_, StoreError> {
            rebuild(
                conn,
                scratch,
                &document,
                &checked,
                &authority,
                &mut problems,
            )
        })?;
        // What is no list has no title.
        let title: Option<String> = conn
            .prepare_cached("SELECT title FROM list WHERE doc = ?1")?
            .query_row(params![document.row], |row| row.get(0))
            .optional()?;
        let authors = authors(conn, &document, &authority)?;
        problems.truncate(PROBLEMS_MAX);
        Ok(VerifyReport {
            list: *list,
            title: title.unwrap_or_else(|| list.to_string()),
            ok: problems.is_empty(),
            changes: report,
            statements: checked.len() as u64,
            authors,
            problems,
        })
    }
}

/// Verifies every statement anew.
fn check_statements(
    conn: &Connection,
    list: &DocumentId,
    problems: &mut Vec<String>,
) -> Result<Vec<Statement>, StoreError> {
    let mut checked = Vec::new();
    for statement in statements::of_document(conn, list)? {
        match Statement::from_wire(&statement.to_wire()) {
            Ok(statement) => checked.push(statement),
            Err(error) => problems.push(format!("statement {:?}: {error}", statement.digest())),
        }
    }
    Ok(checked)
}

/// Runs the accept rule over the whole log in a scratch database and compares the outcome.
/// Gives the number of changes that hold.
fn rebuild(
    conn: &Connection,
    scratch: &Connection,
    document: &DocumentRow,
    checked: &[Statement],
    authority: &Authority,
    problems: &mut Vec<String>,
) -> Result<u64, StoreError> {
    for statement in checked {
        statements::put(scratch, statement)?;
    }
    let mut copy = DocumentRow::create(scratch, &document.id, document.kind)?;
    let mut actors = Actors::default();
    give_birth(scratch, &mut copy, &mut actors)?;
    let birth = document.kind.birth();
    let mut oracle = automerge::Automerge::new();
    if let Some(birth) = &birth {
        apply_to_oracle(&mut oracle, &[birth.bytes().to_vec()], problems);
    }
    let birth = birth.map(|birth| birth.hash());

    let mut tips = conn.prepare_cached(
        "SELECT tip.bytes FROM tip JOIN actor ON actor.id = tip.actor WHERE actor.doc = ?1
         ORDER BY tip.actor, tip.seq",
    )?;
    let mut rows = tips.query(params![document.row])?;
    let mut verified = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(0)?;
        match minicbor::decode::<UnverifiedTip>(&bytes).map(|tip| tip.verify(&document.id)) {
            Ok(Ok(tip)) => verified.push(tip),
            Ok(Err(error)) => problems.push(format!("a signature: {error}")),
            Err(_) => problems.push("a signature cannot be read".to_owned()),
        }
    }

    let mut log = conn.prepare_cached("SELECT bytes FROM change WHERE doc = ?1 ORDER BY id")?;
    let mut rows = log.query(params![document.row])?;
    let mut waiting = Quarantine::default();
    let mut aside = BTreeSet::new();
    // What leads to a signature behind the end of a history. It is not a part of the document.
    for actor in Actors::load(conn, document.row)?.iter() {
        for (_, bytes) in evidence(conn, document, &actor.id, actor.row, actor.seq, 0)? {
            match EncodedChange::audit(&bytes) {
                Ok(change) => {
                    aside.insert(change.hash());
                    waiting.push(change);
                }
                Err(error) => problems.push(format!("a change that was kept: {error}")),
            }
        }
    }
    let mut touched = crate::store::Touched::new();
    let mut part = Vec::new();
    let mut held = 0;
    loop {
        let row = rows.next()?;
        let done = row.is_none();
        if let Some(row) = row {
            let bytes: Vec<u8> = row.get(0)?;
            match EncodedChange::audit(&bytes) {
                Ok(change) if Some(change.hash()) == birth => continue,
                Ok(change) => {
                    waiting.push(change);
                    part.push(bytes);
                }
                Err(error) => problems.push(format!("a change: {error}")),
            }
        }
        if part.len() >= PART || done {
            for tip in &verified {
                waiting.push_tip(tip.clone());
            }
            let accepted = Acceptor {
                conn: scratch,
                document: &mut copy,
                actors: &mut actors,
                authority,
                received: None,
            }
            .run(&mut waiting, done)?;
            held += accepted.added as u64;
            // That what was kept aside does not count is why it is there.
            let refused = accepted.refused.iter();
            for (hash, refusal) in refused.filter(|(hash, _)| !aside.contains(hash)) {
                problems.push(refusal_text(
                    hash.to_hex().get(..12).unwrap_or_default(),
                    *refusal,
                ));
            }
            touched.extend(accepted.touched);
            apply_to_oracle(&mut oracle, &part, problems);
            part.clear();
        }
        if done || problems.len() > PROBLEMS_MAX {
            break;
        }
    }
    refresh(scratch, &copy, &actors, &touched)?;
    compare(conn, scratch, document, &copy, &oracle, problems)?;
    Ok(held)
}

fn refusal_text(hash: &str, refusal: Refusal) -> String {
    format!("change {hash}: {refusal}")
}

fn apply_to_oracle(
    oracle: &mut automerge::Automerge,
    part: &[Vec<u8>],
    problems: &mut Vec<String>,
) {
    let changes: Result<Vec<_>, _> = part
        .iter()
        .map(|bytes| automerge::Change::from_bytes(bytes.clone()))
        .collect();
    let applied = match changes {
        Ok(changes) => oracle.apply_changes(changes).map_err(|e| e.to_string()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = applied {
        problems.push(format!("Automerge refuses a change: {error}"));
    }
}

/// Compares heads with Automerge, and every item with the stored read model and with Automerge.
fn compare(
    conn: &Connection,
    scratch: &Connection,
    document: &DocumentRow,
    copy: &DocumentRow,
    oracle: &automerge::Automerge,
    problems: &mut Vec<String>,
) -> Result<(), StoreError> {
    let mut heads: Vec<[u8; 32]> = oracle.get_heads().iter().map(|hash| hash.0).collect();
    heads.sort_unstable();
    let ours: Vec<[u8; 32]> = document.heads.iter().map(|hash| *hash.as_bytes()).collect();
    if heads != ours || document.heads != copy.heads {
        problems.push("the stored heads are not where the history ends".to_owned());
    }
    let mut stored = Tree::load(conn, document, &Reader::nobody())?;
    let made = Tree::load(scratch, copy, &Reader::nobody())?;
    // Which files are here is no matter of history, and in the copy none is.
    for task in &mut stored.tasks {
        for file in &mut task.attachments {
            file.here = false;
        }
    }
    if stored.tasks != made.tasks || stored.trashed != made.trashed {
        problems.push(
            "the stored items differ from what the history says: run `poo doctor --rebuild`"
                .to_owned(),
        );
    }
    let items = oracle.get(automerge::ROOT, "items").ok().flatten();
    let Some((_, items)) = items else {
        return Ok(());
    };
    let mut differing = 0;
    for task in &made.tasks {
        let theirs = oracle
            .get(&items, task.id.to_string())
            .ok()
            .flatten()
            .map(|(_, item)| {
                (
                    text_in(oracle, &item, "title"),
                    text_in(oracle, &item, "notes"),
                )
            });
        if theirs != Some((task.title.clone(), task.notes.clone())) {
            differing += 1;
        }
    }
    if differing > 0 || oracle.length(&items) < made.tasks.len() {
        problems.push(format!("{differing} items read differently by Automerge"));
    }
    Ok(())
}

fn text_in(oracle: &automerge::Automerge, item: &automerge::ObjId, key: &str) -> String {
    match oracle.get(item, key).ok().flatten() {
        Some((automerge::Value::Object(_), text)) => oracle.text(&text).unwrap_or_default(),
        Some((value, _)) => value.as_str().unwrap_or_default().to_owned(),
        None => String::new(),
    }
}

/// Who wrote how much, and how that is proven.
fn authors(
    conn: &Connection,
    document: &DocumentRow,
    authority: &Authority,
) -> Result<Vec<AuthorReport>, StoreError> {
    let actors = Actors::load(conn, document.row)?;
    let mut counts: BTreeMap<(Did, Via), u64> = BTreeMap::new();
    for actor in actors.iter().filter(|actor| actor.seq > 0) {
        let Some(did) = actor.author(authority) else {
            continue;
        };
        let via = match actor.witnessed {
            Some(_) => Via::Witnessed,
            None => Via::Signed,
        };
        *counts.entry((did, via)).or_default() += actor.seq;
    }
    let mut authors: Vec<AuthorReport> = counts
        .into_iter()
        .map(|((did, via), changes)| AuthorReport {
            did,
            name: name_of(authority.profile(&did).map(|p| p.name.as_str()), &did),
            via,
            changes,
            may_write: authority.can_write(&did),
        })
        .collect();
    authors.sort_by(|a, b| (b.changes, &a.name, a.did).cmp(&(a.changes, &b.name, b.did)));
    Ok(authors)
}
