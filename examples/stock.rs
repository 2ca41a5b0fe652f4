//! Adds a task to a list with samod alone: what any program on Automerge can do that has a ticket
//! (`poo ticket create --list LIST`) and knows what lists look like inside (docs/PROTOCOL.md,
//! section 15).
//!
//! `cargo run -p poo-examples --bin stock -- TICKET_ADDRESS LIST_ID TITLE`

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a program at the edge: time and randomness come from here, and it prints"
)]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use automerge::transaction::Transactable as _;
use automerge::{AutomergeError, ObjType, ROOT, ReadDoc as _, ScalarValue};
use poo_examples::{Machine, Websocket};
use samod::{BackoffConfig, DocumentId, Repo};
use uuid::Uuid;

/// How long the relay may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "stock TICKET_ADDRESS LIST_ID TITLE";
    let mut args = std::env::args().skip(1);
    let ticket = args.next().ok_or(usage)?;
    let list: DocumentId = args.next().ok_or(usage)?.parse()?;
    let title = args.next().ok_or(usage)?;

    let repo = Repo::build_tokio().load().await;
    let dialer = Arc::new(Websocket(ticket.parse()?));
    let dialed = repo.dial(BackoffConfig::default(), dialer)?;
    let relay = tokio::time::timeout(PATIENCE, dialed.established())
        .await?
        .map_err(|_| "the relay does not let us in: is the ticket still good?")?;
    let found = repo.find(list).await?;
    let found = found.ok_or("the list is not there, or not for this ticket")?;

    let now = Machine::default().now();
    let id = Uuid::now_v7().to_string();
    found.with_document(|doc| {
        let Some((_, items)) = doc.get(ROOT, "items")? else {
            return Err(AutomergeError::InvalidObjId("items".to_owned()));
        };
        // One change: whoever sees the task sees all of it.
        doc.transact(|tx| {
            let item = tx.put_object(&items, id.as_str(), ObjType::Map)?;
            tx.put(&item, "title", title.as_str())?;
            // Behind everything that this program knows of; equal keys sort by id.
            tx.put(&item, "order", "ff")?;
            tx.put_object(&item, "notes", ObjType::Text)?;
            let created = ScalarValue::Timestamp(now.as_millisecond());
            tx.put(&item, "createdAt", created)
        })
        .map(|_| ())
        .map_err(|failure| failure.error)
    })?;
    // Until the relay has said that it has it, it is only here.
    let connection = dialed.connection_id().ok_or("the connection is gone")?;
    tokio::time::timeout(PATIENCE, found.they_have_our_changes(connection)).await?;
    println!("added {title} at {}", relay.peer_id);
    repo.stop().await;
    Ok(())
}
