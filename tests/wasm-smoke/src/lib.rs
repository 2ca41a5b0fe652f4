//! What the engine stands on, run once where there is no operating system.

use automerge::{AutoCommit, ReadDoc, transaction::Transactable};
use ed25519_dalek::{Signer, SigningKey};
use rusqlite::Connection;
use serde_json::json;
use wasm_bindgen::prelude::*;

/// Writes one document, signs its change, finds it again in SQLite, and reports as JSON.
#[wasm_bindgen]
pub fn smoke(file: &str, seed: &[u8]) -> Result<String, JsError> {
    let key = SigningKey::from_bytes(seed.try_into()?);

    let mut document = AutoCommit::new();
    document.put(automerge::ROOT, "title", "Buy oat milk")?;
    let change = document
        .get_last_local_change()
        .ok_or_else(|| JsError::new("the document has no change"))?
        .raw_bytes()
        .to_vec();
    let signature = key.sign(&change);

    let database = Connection::open(file)?;
    // Without shared memory, WAL is only to be had by the one connection that holds the lock.
    database.pragma_update(None, "locking_mode", "exclusive")?;
    let journal: String =
        database.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    database.execute_batch("CREATE VIRTUAL TABLE found USING fts5(title, change UNINDEXED)")?;
    database.execute(
        "INSERT INTO found VALUES (?1, ?2)",
        ("Buy oat milk", &change),
    )?;
    let stored: Vec<u8> = database.query_row(
        "SELECT change FROM found WHERE found MATCH 'oat'",
        [],
        |row| row.get(0),
    )?;

    let mut replica = AutoCommit::new();
    replica.apply_changes([automerge::Change::try_from(stored.as_slice())?])?;
    let title = replica
        .get(automerge::ROOT, "title")?
        .and_then(|(value, _)| value.into_string().ok());
    key.verifying_key().verify_strict(&stored, &signature)?;

    Ok(json!({
        "actorBytes": document.get_actor().to_bytes().len(),
        "journal": journal,
        "sqlite": rusqlite::version(),
        "title": title,
    })
    .to_string())
}
