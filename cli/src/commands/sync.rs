//! `poo sync` and `poo relay`.

use clap::Args;
use poo_core::document::DocumentId;
use poo_core::model::{Answer, Query};
use poo_core::replica::{FetchFiles, Replica};
use poo_core::sync::Event;

use crate::app::App;
use crate::find;
use crate::net::{self, Options, SyncReport};
use crate::problem::Problem;
use crate::progress::Transfer;
use crate::screen::{Look, Screen, count};

/// A clock that differs by more is worth a word: times of this device would mislead others.
const CLOCK_OFFSET_MS_MAX: u64 = 10 * 60 * 1000;

/// How to sync.
#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    /// Stay connected: send and receive as it happens, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Fetch every file that tasks carry; otherwise only those of up to 1 MiB, while all files
    /// here take less than 256 MiB
    #[arg(long)]
    files: bool,
    /// Fetch no files: each when you ask for it
    #[arg(long, conflicts_with = "files")]
    no_files: bool,
}

/// Which relay.
#[derive(Debug, Args)]
pub(crate) struct RelayArgs {
    /// Its address: wss://host, or ws://127.0.0.1:8787
    url: String,
    /// Let the connection to another machine go unencrypted
    #[arg(long)]
    insecure: bool,
}

/// How a relay that was set before is reached. That it may be unencrypted was agreed to when it
/// was set: [`relay_url`] is the only way in.
pub(super) fn options() -> Options {
    Options {
        allow_insecure: true,
        ..Options::default()
    }
}

/// Checks a relay's address and gives it as it is stored.
pub(super) fn relay_url(text: &str, insecure: bool) -> Result<String, Problem> {
    let text = text.trim().trim_end_matches('/');
    // What a browser shows is as good.
    let url = match text.split_once("://") {
        Some(("https" | "wss", rest)) => format!("wss://{rest}"),
        Some(("http" | "ws", rest)) => format!("ws://{rest}"),
        _ => {
            return Err(Problem::Usage(format!(
                "`{text}` is no relay's address: it looks like wss://relay.example.org or ws://127.0.0.1:8787"
            )));
        }
    };
    if url.contains(['#', '?', '@']) {
        return Err(Problem::Usage(
            "this is no relay's plain address; for an invite or a set-up link use `poo join LINK`"
                .to_owned(),
        ));
    }
    let host = host(&url);
    if host.is_empty() || url.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Problem::Usage(format!(
            "`{text}` is no relay's address: there is no host in it"
        )));
    }
    if url.starts_with("ws://") && !insecure && !is_loopback(&host) {
        return Err(Problem::Usage(format!(
            "{url} would send your lists unencrypted to another machine: use wss://, or add --insecure if the network is yours"
        )));
    }
    Ok(url)
}

/// The host of an address: without scheme, port and path.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host.to_ascii_lowercase()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Runs `poo relay`.
pub(crate) fn relay(app: &mut App, args: &RelayArgs) -> Result<(), Problem> {
    let url = relay_url(&args.url, args.insecure)?;
    let mut home = app.home.open_to_write(&mut app.moment)?;
    // The same address keeps what is known about who answers there.
    if home.replica.relay_url()?.as_deref() != Some(url.as_str()) {
        home.replica.set_relay(&url, None)?;
    }
    let me = find::me(&home.replica, &app.moment)?;
    app.print(&me, |screen| {
        screen.line("The relay is set. Exchange changes with it: poo sync");
        screen.line(&url);
    })
}

/// Runs `poo sync`.
pub(crate) fn sync(app: &mut App, args: &SyncArgs) -> Result<(), Problem> {
    let mut home = app.home.open_to_write(&mut app.moment)?;
    require_relay(&home.replica)?;
    let options = Options {
        files: match (args.files, args.no_files) {
            (true, _) => FetchFiles::All,
            (_, true) => FetchFiles::None,
            _ => FetchFiles::Small,
        },
        ..options()
    };
    if args.watch {
        return watch(app, &mut home.replica, &options);
    }
    let report = exchange(app, &mut home.replica, &options)?;
    app.print(&report, |screen| show(screen, &report, &home.replica, app))?;
    if report.refused.is_empty() {
        return Ok(());
    }
    Err(Problem::RelayRefused {
        count: report.refused.len(),
    })
}

/// Fails early where no relay is set.
pub(super) fn require_relay(replica: &Replica) -> Result<(), Problem> {
    match replica.relay_url()? {
        Some(_) => Ok(()),
        None => Err(Problem::NoRelay),
    }
}

/// Before the first link is made: a link names who must answer at its address, and that is known
/// once this device has met its relay.
pub(super) fn meet(app: &App, replica: &mut Replica) -> Result<(), Problem> {
    if replica.relay_url()?.is_some() && replica.relay_did()?.is_none() {
        once(app, replica)?;
    }
    Ok(())
}

/// Syncs once, with a sign of life.
pub(super) fn once(app: &App, replica: &mut Replica) -> Result<SyncReport, Problem> {
    exchange(app, replica, &options())
}

fn exchange(app: &App, replica: &mut Replica, options: &Options) -> Result<SyncReport, Problem> {
    let mut transfer = Transfer::start("Syncing", app.json);
    let hear = |event: &Event| transfer.hear(event);
    net::block_on(net::sync_with_files(replica, options, hear))
}

fn show(screen: &mut Screen, report: &SyncReport, replica: &Replica, app: &App) {
    screen.put(Look::Good, "In sync");
    if report.received > 0 {
        screen.plain(&format!("  received {}", count(report.received, "change")));
    }
    if report.files_sent > 0 {
        screen.plain(&format!("  sent {}", count(report.files_sent, "file")));
    }
    if report.files_received > 0 {
        let files = count(report.files_received, "file");
        screen.plain(&format!("  fetched {files}"));
    }
    screen.end();
    if report.reauthored > 0 {
        let again = count(report.reauthored, "change");
        screen.line(&format!(
            "Another copy of this device had written: {again} of yours were made again."
        ));
    }
    if !report.lost.is_empty() {
        screen.put(Look::Warm, "Not made again: ");
        screen.line(&not_made_again(&report.lost));
    }
    if report.clock_offset_ms.unsigned_abs() > CLOCK_OFFSET_MS_MAX {
        let minutes = report.clock_offset_ms / 60_000;
        screen
            .put(
                Look::Warm,
                &format!("This device's clock is {minutes} minutes behind the relay's: set it, so that others see the right times."),
            )
            .end();
    }
    for refused in &report.refused {
        let title = title(replica, app, refused.document);
        screen
            .put(Look::Warm, "Refused: ")
            .line(&format!("{title}: {}", refused.message));
    }
}

/// What is said of commands that could not be made again.
fn not_made_again(lost: &[String]) -> String {
    let names: Vec<_> = lost.iter().map(|name| name.replace('_', " ")).collect();
    format!("{}; what that worked on is gone", names.join(", "))
}

/// The title of a list, for people.
fn title(replica: &Replica, app: &App, list: DocumentId) -> String {
    match replica.query(&Query::List { list }, app.moment.time()) {
        Ok(Answer::List(list)) => list.title,
        // The person's own space has no title.
        _ => "your lists".to_owned(),
    }
}

fn watch(app: &App, replica: &mut Replica, options: &Options) -> Result<(), Problem> {
    app.note("Watching. Ctrl-C ends it.");
    // The other connection is taken by the session.
    let aside = app.home.open_to_read()?;
    let mut printed = Ok(());
    let unheard = tokio::sync::Notify::new();
    let stop = async {
        tokio::select! {
            () = net::asked_to_end() => {}
            () = unheard.notified() => {}
        }
    };
    net::block_on(net::watch(
        replica,
        options,
        |event| {
            if event.concerns_people() && printed.is_ok() {
                printed = tell(app, &aside.replica, &event);
                if printed.is_err() {
                    unheard.notify_one();
                }
            }
        },
        stop,
    ))?;
    printed
}

fn tell(app: &App, replica: &Replica, event: &Event) -> Result<(), Problem> {
    app.print(event, |screen| match event {
        Event::Connected { .. } => {
            screen.put(Look::Good, "Connected").end();
        }
        Event::Changed { document, added } => {
            let title = title(replica, app, *document);
            let changes = count(*added as u64, "change");
            screen.line(&format!("{title}: received {changes}"));
        }
        Event::Acknowledged { document } => {
            let title = title(replica, app, *document);
            screen.put(Look::Dim, &format!("{title}: in sync")).end();
        }
        Event::Refused {
            document, message, ..
        }
        | Event::BlobRefused {
            document, message, ..
        } => {
            let title = title(replica, app, *document);
            screen
                .put(Look::Warm, "Refused: ")
                .line(&format!("{title}: {message}"));
        }
        Event::Reauthored {
            document,
            commands,
            lost,
        } => {
            let title = title(replica, app, *document);
            let changes = count(*commands as u64, "change");
            screen.line(&format!(
                "{title}: another copy of this device had written, so {changes} of yours were made again"
            ));
            if !lost.is_empty() {
                screen.put(Look::Warm, "Not made again: ");
                screen.line(&not_made_again(lost));
            }
        }
        // No concern of whoever watches.
        _ => {}
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_before_anything_is_sent() {
        for (text, stored) in [
            ("wss://relay.example.org/", "wss://relay.example.org"),
            ("https://relay.example.org", "wss://relay.example.org"),
            ("http://localhost:8787", "ws://localhost:8787"),
            ("ws://[::1]:8787/x", "ws://[::1]:8787/x"),
            ("ws://127.0.0.1:1", "ws://127.0.0.1:1"),
        ] {
            assert_eq!(relay_url(text, false).unwrap(), stored);
        }
        for bad in [
            "",
            "relay.example.org",
            "ftp://x",
            "ws://",
            "wss:///x",
            "wss://a b",
            "ws://relay.example.org",
            "ws://127.0.0.1@evil.example",
            "http://127.0.0.1:8787/join#abc",
            "ws://10.0.0.1",
            "http://localhost.evil.example",
        ] {
            assert!(relay_url(bad, false).is_err(), "{bad}");
        }
        assert!(relay_url("ws://10.0.0.1", true).is_ok());
    }
}
