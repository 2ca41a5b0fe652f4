//! What a client wants of a relay about files.

use core::time::Duration;
use std::collections::BTreeSet;

use tokio::time::Instant;

use super::goals::{RETRY_FIRST, RETRY_MAX, connect, converse, note};
use super::system::System;
use super::{NetError, Options, SyncReport};
use crate::document::DocumentId;
use crate::model::BlobHash;
use crate::replica::{FetchFiles, Replica};
use crate::sync::{Event, Session};

/// Files that a connection fetches by themselves.
pub(super) struct Fetching {
    which: FetchFiles,
    /// What was asked for, and is not asked for again unless it may be there by then.
    asked: BTreeSet<BlobHash>,
    /// Whether there may be more to ask for.
    due: bool,
    /// When to ask again for what the relay did not have: a task comes before its file.
    again_at: Option<Instant>,
    pause: Duration,
}

impl Fetching {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            which: options.files,
            asked: BTreeSet::new(),
            due: true,
            again_at: None,
            pause: RETRY_FIRST,
        }
    }

    /// Takes note of what happened. False if it is news to nobody: a file that nobody asked for is
    /// not at the relay.
    pub(super) fn hear(&mut self, event: &Event) -> bool {
        match event {
            Event::Changed { .. } => {
                self.due = true;
                self.pause = RETRY_FIRST;
                true
            }
            Event::BlobRefused { hash, code, .. }
                if self.which == FetchFiles::Small && self.asked.contains(hash) =>
            {
                if code == "unavailable" {
                    self.asked.remove(hash);
                    self.again_at = Some(Instant::now() + self.pause);
                    self.pause = (self.pause * 2).min(RETRY_MAX);
                    return false;
                }
                code != "unsupported"
            }
            _ => true,
        }
    }

    /// Asks for what there is to ask for. True if that was anything.
    pub(super) fn ask(
        &mut self,
        replica: &Replica,
        session: &mut Session,
    ) -> Result<bool, NetError> {
        let again = self.again_at.is_some_and(|at| Instant::now() >= at);
        if !self.due && !again || !session.files_are_settled() {
            return Ok(false);
        }
        (self.due, self.again_at) = (false, None);
        let mut any = false;
        for (document, hash) in replica.blobs_to_fetch(self.which)? {
            if self.asked.insert(hash) {
                session.fetch_blob(replica, document, hash)?;
                any = true;
            }
        }
        Ok(any)
    }
}

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
    let mut fetching = Fetching::new(options);
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
    fetching.ask(replica, &mut link.session)?;
    let mut hear = |event: Event| {
        if fetching.hear(&event) {
            hear(event);
        }
    };
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
