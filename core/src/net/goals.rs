//! What a client wants of a relay.

use core::future::Future;
use core::time::Duration;

use super::connection::{Connection, Incoming};
use super::files::Fetching;
use super::system::System;
use super::{NetError, Options, Refused, SyncReport};
use crate::document::DocumentId;
use crate::replica::{Link, Replica, link_box, link_reply_box};
use crate::sync::{Event, Session};

/// How long a device link is waited for.
const LINK_PATIENCE: Duration = Duration::from_secs(15 * 60);
/// How often a watcher looks for what other processes wrote.
pub(super) const LOCAL_INTERVAL: Duration = Duration::from_millis(200);
/// The first pause before connecting again, and the longest.
pub(super) const RETRY_FIRST: Duration = Duration::from_millis(500);
pub(super) const RETRY_MAX: Duration = Duration::from_secs(60);

pub(super) async fn connect(
    replica: &mut Replica,
    options: &Options,
    system: &mut System,
) -> Result<Connection, NetError> {
    let url = replica.relay_url()?.ok_or(NetError::NoRelay)?;
    let pinned = replica.relay_did()?;
    Connection::open(replica, &url, pinned, options, system).await
}

/// Connects to the relay that a link names. A replica that knows no relay takes that one.
async fn connect_by(
    replica: &mut Replica,
    link: &Link,
    options: &Options,
    system: &mut System,
) -> Result<Connection, NetError> {
    let (url, relay) = (link.relay_url(), Some(link.relay()));
    if replica.relay_url()?.is_none() {
        replica.set_relay(url, relay)?;
    }
    Connection::open(replica, url, relay, options, system).await
}

pub(super) fn note(report: &mut SyncReport, event: Event) {
    match event {
        Event::Connected {
            clock_offset_ms, ..
        } => report.clock_offset_ms = clock_offset_ms,
        Event::Changed { added, .. } => report.received += added as u64,
        Event::Acknowledged { .. } => report.acknowledged += 1,
        Event::Reauthored { commands, lost, .. } => {
            report.reauthored += commands as u64;
            report.lost.extend(lost);
        }
        Event::BlobStored { .. } => report.files_sent += 1,
        Event::BlobFetched { .. } => report.files_received += 1,
        Event::BlobRefused {
            document,
            code,
            message,
            ..
        }
        | Event::Refused {
            document,
            code,
            message,
        } => {
            report.refused.push(Refused {
                document,
                code,
                message,
            });
        }
        Event::Ephemeral { .. }
        | Event::Box { .. }
        | Event::Admitted { .. }
        | Event::BlobProgress { .. }
        | Event::BlobArriving { .. } => {}
    }
}

/// Takes in frames until everything is in sync.
async fn settle(
    connection: &mut Connection,
    replica: &mut Replica,
    options: &Options,
    system: &mut System,
    report: &mut SyncReport,
) -> Result<(), NetError> {
    let mut hear = |event| note(report, event);
    converse(connection, replica, options, system, &mut hear, |session| {
        session.is_in_sync()
    })
    .await?;
    connection.session.note_in_sync(replica)?;
    report.sent = connection.session.changes_sent();
    Ok(())
}

/// Carries frames until the session is where it shall be. `hear` is told of everything when it
/// happens: a long file is sent part by part.
pub(super) async fn converse(
    connection: &mut Connection,
    replica: &mut Replica,
    options: &Options,
    system: &mut System,
    hear: &mut impl FnMut(Event),
    done: impl Fn(&Session) -> bool,
) -> Result<(), NetError> {
    loop {
        loop {
            let sent = connection.send_next(replica).await?;
            while let Some(event) = connection.session.poll_event() {
                hear(event);
            }
            if !sent {
                break;
            }
        }
        if done(&connection.session) {
            return Ok(());
        }
        match connection.receive(replica, options.timeout, system).await? {
            Incoming::Frame => {}
            Incoming::Quiet => return Err(connection.offline("it fell silent")),
            Incoming::Closed(why) => return Err(connection.offline(&why)),
        }
    }
}

/// Exchanges everything with the relay, once.
///
/// # Errors
/// [`NetError`] says why it did not come to an end. What was exchanged until then stays.
pub async fn sync(replica: &mut Replica, options: &Options) -> Result<SyncReport, NetError> {
    super::sync_with_files(replica, options, |_| {}).await
}

/// Stays in sync until `stop` is done: sends what other processes write here, takes in what
/// comes, and connects again after an interruption, more and more patiently.
///
/// # Errors
/// [`NetError`] when trying again cannot help.
pub async fn watch(
    replica: &mut Replica,
    options: &Options,
    mut on_event: impl FnMut(Event),
    stop: impl Future,
) -> Result<(), NetError> {
    let mut system = System::new()?;
    tokio::pin!(stop);
    let mut pause = RETRY_FIRST;
    loop {
        let watched = async {
            let mut connection = connect(replica, options, &mut system).await?;
            follow(
                &mut connection,
                replica,
                options,
                &mut system,
                // Not before: there are relays that let one in and turn one away.
                || pause = RETRY_FIRST,
                &mut on_event,
            )
            .await
        };
        let ended = tokio::select! {
            ended = watched => ended,
            _ = &mut stop => return Ok(()),
        };
        match ended {
            Ok(()) => {}
            Err(error) if error.is_offline() => tracing::info!(%error, "will try again"),
            Err(error) => return Err(error),
        }
        let wait = system.jitter(pause);
        pause = (pause * 2).min(RETRY_MAX);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = &mut stop => return Ok(()),
        }
    }
}

/// Follows one connection until it ends. Calls `on_in_sync` whenever it is.
async fn follow(
    connection: &mut Connection,
    replica: &mut Replica,
    options: &Options,
    system: &mut System,
    mut on_in_sync: impl FnMut(),
    on_event: &mut impl FnMut(Event),
) -> Result<(), NetError> {
    let mut seen = replica.data_version()?;
    let mut fetching = Fetching::new(options);
    loop {
        connection.flush(replica).await?;
        while let Some(event) = connection.session.poll_event() {
            if fetching.hear(&event) {
                on_event(event);
            }
        }
        if connection.session.is_in_sync() {
            on_in_sync();
            connection.session.note_in_sync(replica)?;
            if fetching.ask(replica, &mut connection.session)? {
                // That goes out before anything is waited for.
                continue;
            }
        }
        match connection.receive(replica, LOCAL_INTERVAL, system).await? {
            Incoming::Frame => {}
            Incoming::Closed(why) => return Err(connection.offline(&why)),
            Incoming::Quiet => {
                let now = replica.data_version()?;
                if now != seen {
                    seen = now;
                    for document in replica.unsynced()? {
                        connection.session.notify_document(&document);
                    }
                }
            }
        }
    }
}

/// Uses an invite and fetches the list. A replica without a relay takes the link's.
///
/// # Errors
/// [`NetError::Refused`] with the relay's reason, or why it could not be asked.
pub async fn redeem(
    replica: &mut Replica,
    link: &Link,
    options: &Options,
) -> Result<DocumentId, NetError> {
    let Link::Invite {
        document,
        grant,
        secret,
        ..
    } = link
    else {
        return Err(not_this_link("an invite"));
    };
    let mut system = System::new()?;
    let mut connection = connect_by(replica, link, options, &mut system).await?;
    let mut report = SyncReport::default();
    settle(&mut connection, replica, options, &mut system, &mut report).await?;
    report.refused.clear();
    connection.session.redeem(*document, *grant, secret)?;
    settle(&mut connection, replica, options, &mut system, &mut report).await?;
    if let Some(refused) = report
        .refused
        .into_iter()
        .find(|refused| refused.document == *document)
    {
        connection.close().await;
        return Err(NetError::Refused {
            code: refused.code,
            message: refused.message,
        });
    }
    replica.note_joined(document, &mut system.env())?;
    connection.session.notify_document(&replica.space_id());
    settle(
        &mut connection,
        replica,
        options,
        &mut system,
        &mut SyncReport::default(),
    )
    .await?;
    connection.close().await;
    Ok(*document)
}

fn not_this_link(wanted: &str) -> NetError {
    NetError::Refused {
        code: "wrong-link".to_owned(),
        message: format!("this is another kind of link: {wanted} is needed here"),
    }
}

/// Uses a set-up link: from then on the relay takes new lists from this identity.
///
/// # Errors
/// [`NetError::Refused`] if the link was used already, or why the relay could not be asked.
pub async fn admit(replica: &mut Replica, link: &Link, options: &Options) -> Result<(), NetError> {
    let Link::Setup { secret, .. } = link else {
        return Err(not_this_link("a set-up link"));
    };
    let mut system = System::new()?;
    let mut connection = connect_by(replica, link, options, &mut system).await?;
    connection.session.admit(secret)?;
    let admitted = wait_for(
        &mut connection,
        replica,
        options.timeout,
        &mut system,
        |event| match event {
            Event::Admitted { admitted } => Some(admitted),
            _ => None,
        },
    )
    .await?;
    connection.close().await;
    match admitted {
        Some(true) => Ok(()),
        Some(false) => Err(NetError::Refused {
            code: "setup-used".to_owned(),
            message: "the set-up link was used already: ask whoever used it for an invite"
                .to_owned(),
        }),
        None => Err(connection.offline("it did not answer")),
    }
}

/// Takes in frames until `wanted` finds its event, or `patience` ends.
async fn wait_for<T>(
    connection: &mut Connection,
    replica: &mut Replica,
    patience: Duration,
    system: &mut System,
    mut wanted: impl FnMut(Event) -> Option<T>,
) -> Result<Option<T>, NetError> {
    let waiting = async {
        loop {
            connection.flush(replica).await?;
            while let Some(event) = connection.session.poll_event() {
                if let Some(found) = wanted(event) {
                    return Ok(found);
                }
            }
            match connection.receive(replica, patience, system).await? {
                Incoming::Frame | Incoming::Quiet => {}
                Incoming::Closed(why) => return Err(connection.offline(&why)),
            }
        }
    };
    match tokio::time::timeout(patience, waiting).await {
        Ok(found) => found.map(Some),
        Err(_) => Ok(None),
    }
}

/// Asks to become a device of the identity that gave the link, and waits until it is. The
/// replica is a new one with a device key of its own for that identity.
///
/// # Errors
/// [`NetError::NobodyCame`] if the link is not answered in time, or why it could not be asked.
pub async fn join_device(
    replica: &mut Replica,
    name: &str,
    link: &Link,
    options: &Options,
) -> Result<(), NetError> {
    let Link::Device { did, secret, .. } = link else {
        return Err(not_this_link("a device link"));
    };
    if replica.did() != *did {
        return Err(NetError::WrongAnswer(*did));
    }
    let mut system = System::new()?;
    let mut connection = connect_by(replica, link, options, &mut system).await?;
    connection
        .session
        .put_box(link_box(secret), replica.link_request(secret, name))?;
    let reply_box = link_reply_box(secret);
    connection.session.watch_box(reply_box)?;
    let reply = wait_for(
        &mut connection,
        replica,
        LINK_PATIENCE,
        &mut system,
        |event| match event {
            Event::Box {
                id,
                content: Some(content),
            } if id == reply_box => Some(content),
            _ => None,
        },
    )
    .await?;
    connection.close().await;
    let reply = reply.ok_or(NetError::NobodyCame)?;
    if !replica.accept_certificate(&reply)? {
        return Err(NetError::WrongAnswer(*did));
    }
    Ok(())
}

/// Waits for the device that uses the link, certifies it, and gives its name.
///
/// # Errors
/// [`NetError::NobodyCame`] if none comes in time, or why it could not be waited for.
pub async fn await_device(
    replica: &mut Replica,
    link: &Link,
    options: &Options,
) -> Result<String, NetError> {
    let Link::Device { secret, .. } = link else {
        return Err(not_this_link("a device link"));
    };
    let mut system = System::new()?;
    let mut connection = connect(replica, options, &mut system).await?;
    settle(
        &mut connection,
        replica,
        options,
        &mut system,
        &mut SyncReport::default(),
    )
    .await?;
    let id = link_box(secret);
    connection.session.watch_box(id)?;
    let request = wait_for(
        &mut connection,
        replica,
        LINK_PATIENCE,
        &mut system,
        |event| match event {
            Event::Box {
                id: found,
                content: Some(content),
            } if found == id => Some(content),
            _ => None,
        },
    )
    .await?
    .ok_or(NetError::NobodyCame)?;
    let certified = replica
        .certify(&id, &request, &system.env())?
        .ok_or_else(|| NetError::WrongAnswer(replica.did()))?;
    // First the documents learn of the device, then the device hears that it may come.
    for document in replica.unsynced()? {
        connection.session.notify_document(&document);
    }
    settle(
        &mut connection,
        replica,
        options,
        &mut system,
        &mut SyncReport::default(),
    )
    .await?;
    connection
        .session
        .put_box(certified.reply_box, certified.reply)?;
    connection.flush(replica).await?;
    // The relay answers in order: when it has answered this, it has the certificate.
    connection.session.watch_box(certified.reply_box)?;
    let reply_box = certified.reply_box;
    wait_for(
        &mut connection,
        replica,
        options.timeout,
        &mut system,
        |event| match event {
            Event::Box {
                id,
                content: Some(_),
            } if id == reply_box => Some(()),
            _ => None,
        },
    )
    .await?;
    connection.close().await;
    Ok(certified.name)
}
