//! What a client wants of a relay about files.

use super::goals::{connect, converse, note};
use super::system::System;
use super::{NetError, Options, SyncReport};
use crate::document::DocumentId;
use crate::model::BlobHash;
use crate::replica::Replica;
use crate::sync::Event;

/// Exchanges everything with the relay, once, and sends the files that it lacks. Those that are not
/// here come too, as far as [`Options::files`] says. `on_event` hears of all that happens.
///
/// # Errors
/// [`NetError`] says why it did not come to an end. What was exchanged until then stays, and a
/// file goes on where it was cut.
pub async fn sync_with_files(
    replica: &mut Replica,
    options: &Options,
    mut on_event: impl FnMut(&Event),
) -> Result<SyncReport, NetError> {
    let mut system = System::new()?;
    let mut connection = connect(replica, options, &mut system).await?;
    let mut report = SyncReport::default();
    let mut hear = |event: Event| {
        on_event(&event);
        note(&mut report, event);
    };
    let (link, system) = (&mut connection, &mut system);
    converse(link, replica, options, system, &mut hear, |session| {
        session.is_in_sync()
    })
    .await?;
    link.session.note_in_sync(replica)?;
    for (document, hash) in replica.blobs_to_fetch(options.files)? {
        link.session.fetch_blob(replica, document, hash)?;
    }
    converse(link, replica, options, system, &mut hear, |session| {
        session.is_in_sync() && session.files_are_settled()
    })
    .await?;
    report.sent = link.session.changes_sent();
    link.close().await;
    replica.drop_unnamed_blobs(system.env().now)?;
    Ok(report)
}

/// Fetches a file that a task of a list names. True if it is here now, without a word to the
/// relay where it was here before.
///
/// # Errors
/// [`NetError::Refused`] with the relay's reason, or why it could not be asked.
pub async fn fetch_file(
    replica: &mut Replica,
    list: DocumentId,
    hash: BlobHash,
    options: &Options,
    mut on_event: impl FnMut(&Event),
) -> Result<(), NetError> {
    if replica.open_blob(&list, &hash)?.is_some() {
        return Ok(());
    }
    let mut system = System::new()?;
    let mut connection = connect(replica, options, &mut system).await?;
    connection.session.fetch_blob(replica, list, hash)?;
    let mut refused = None;
    let mut hear = |event: Event| {
        on_event(&event);
        if let Event::BlobRefused {
            hash: of,
            code,
            message,
            ..
        } = event
            && of == hash
        {
            refused = Some(NetError::Refused { code, message });
        }
    };
    let (link, system) = (&mut connection, &mut system);
    converse(link, replica, options, system, &mut hear, |session| {
        session.files_are_settled()
    })
    .await?;
    link.close().await;
    refused.map_or(Ok(()), Err)
}
