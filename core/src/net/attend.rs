//! Looking at a list: staying in sync, and telling and hearing who else is here.

use core::future::Future;
use core::pin::Pin;
use core::time::Duration;
use std::collections::BTreeSet;

use tokio::sync::watch;

use super::connection::{Connection, Incoming};
use super::goals::{LOCAL_INTERVAL, RETRY_FIRST, RETRY_MAX, connect};
use super::system::System;
use super::{NetError, Options};
use crate::document::DocumentId;
use crate::identity::Did;
use crate::replica::Replica;
use crate::store::{StoreError, statements};
use crate::sync::{Attendance, Doing, Event, Presence, PresenceChange, PresenceMessage};

/// How long a goodbye may take.
const GOODBYE_PATIENCE: Duration = Duration::from_secs(2);

/// Something that whoever looks at a list may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Of the session.
    Session(Event),
    /// Of those who look at the list.
    Presence(PresenceChange),
    /// The relay is away, and why. It is tried again; who is here is not known until then.
    Offline(String),
}

/// How one connection ended.
enum Ended {
    Lost(NetError),
    Asked,
}

/// Stays in sync and looks at `list` until `stop` is done, then says goodbye. What `doing` holds is
/// what others see this one do there: which task it looks at, and whether it writes. Without a
/// relay it only waits: what other processes write here is seen in the database.
///
/// # Errors
/// [`NetError`] when trying again cannot help.
pub async fn attend(
    replica: &mut Replica,
    list: &DocumentId,
    options: &Options,
    doing: watch::Receiver<Doing>,
    mut on_news: impl FnMut(News),
    stop: impl Future,
) -> Result<(), NetError> {
    tokio::pin!(stop);
    if replica.relay_url()?.is_none() {
        stop.await;
        return Ok(());
    }
    let mut system = System::new()?;
    let mut presence = Presence::default();
    let mut pause = RETRY_FIRST;
    let mut told_offline = false;
    loop {
        let connected = tokio::select! {
            connected = connect(replica, options, &mut system) => connected,
            _ = &mut stop => return Ok(()),
        };
        let ended = match connected {
            Ok(mut connection) => {
                told_offline = false;
                let mut visit = Visit {
                    list: *list,
                    connection: &mut connection,
                    presence: &mut presence,
                    attendance: Attendance::default(),
                    doing: doing.clone(),
                    was_in_sync: false,
                };
                let ended = visit
                    .stay(replica, &mut system, &mut on_news, stop.as_mut())
                    .await;
                // Not before: there are relays that let one in and turn one away.
                if visit.was_in_sync {
                    pause = RETRY_FIRST;
                }
                match ended {
                    Ok(()) => Ended::Asked,
                    Err(error) => Ended::Lost(error),
                }
            }
            Err(error) => Ended::Lost(error),
        };
        match ended {
            Ended::Asked => return Ok(()),
            Ended::Lost(error) if error.is_offline() => {
                for change in presence.clear(list) {
                    on_news(News::Presence(change));
                }
                if !told_offline {
                    told_offline = true;
                    on_news(News::Offline(error.to_string()));
                }
            }
            Ended::Lost(error) => return Err(error),
        }
        let wait = system.jitter(pause);
        pause = (pause * 2).min(RETRY_MAX);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = &mut stop => return Ok(()),
        }
    }
}

/// One connection, for as long as it lasts.
struct Visit<'a> {
    list: DocumentId,
    connection: &'a mut Connection,
    presence: &'a mut Presence,
    /// What this one has said of itself in this connection.
    attendance: Attendance,
    doing: watch::Receiver<Doing>,
    was_in_sync: bool,
}

impl Visit<'_> {
    /// Ends well when `stop` is done.
    async fn stay(
        &mut self,
        replica: &mut Replica,
        system: &mut System,
        on_news: &mut impl FnMut(News),
        mut stop: Pin<&mut impl Future>,
    ) -> Result<(), NetError> {
        self.connection.session.attend(&self.list)?;
        let mut seen = replica.data_version()?;
        loop {
            // Nothing is said before the relay knows that this one follows the list.
            let is_in_sync = self.connection.session.is_in_sync();
            if is_in_sync {
                self.was_in_sync = true;
                self.connection.session.note_in_sync(replica)?;
                let doing = *self.doing.borrow_and_update();
                self.attendance.set(doing);
                if let Some(message) = self.attendance.poll(system.env().now) {
                    self.say(replica, message)?;
                }
            }
            self.connection.flush(replica).await?;
            let now = system.env().now;
            while let Some(event) = self.connection.session.poll_event() {
                for change in self.note(&event, replica, now)? {
                    if matches!(change, PresenceChange::Joined(_)) {
                        self.attendance.greet();
                    }
                    on_news(News::Presence(change));
                }
                on_news(News::Session(event));
            }
            for change in self.presence.expire(&self.list, now) {
                on_news(News::Presence(change));
            }
            let received = tokio::select! {
                received = self.connection.receive(replica, LOCAL_INTERVAL, system) => received,
                _ = stop.as_mut() => {
                    self.leave(replica).await;
                    return Ok(());
                }
            };
            match received? {
                Incoming::Frame => {}
                Incoming::Closed(why) => return Err(self.connection.offline(&why)),
                Incoming::Quiet => {
                    let now = replica.data_version()?;
                    if now != seen {
                        seen = now;
                        for document in replica.unsynced()? {
                            self.connection.session.notify_document(&document);
                        }
                    }
                }
            }
        }
    }

    fn note(
        &mut self,
        event: &Event,
        replica: &Replica,
        now: jiff::Timestamp,
    ) -> Result<Vec<PresenceChange>, StoreError> {
        match event {
            Event::Ephemeral { message, from } if message.document == self.list => {
                Ok(self.presence.hear(message, *from, now))
            }
            Event::Changed { document, .. } if *document == self.list => {
                let authority = statements::authority(replica.conn(), document)?;
                let members: BTreeSet<Did> = authority.members().keys().copied().collect();
                Ok(self.presence.keep_only(document, &members))
            }
            _ => Ok(Vec::new()),
        }
    }

    fn say(&mut self, replica: &Replica, message: PresenceMessage) -> Result<(), NetError> {
        self.connection
            .session
            .send_presence(replica, self.list, &message)?;
        Ok(())
    }

    /// Others need not wait until this one has been silent for long enough.
    async fn leave(&mut self, replica: &Replica) {
        let goodbye = async {
            if let Some(message) = self.attendance.leave() {
                self.say(replica, message)?;
            }
            self.connection.flush(replica).await?;
            self.connection.close().await;
            Ok::<_, NetError>(())
        };
        match tokio::time::timeout(GOODBYE_PATIENCE, goodbye).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "could not say goodbye"),
            Err(_) => tracing::debug!("the relay did not wait for a goodbye"),
        }
    }
}
