//! `poo sync` and `poo relay`.

use std::time::Duration;

use clap::Args;
use poo_core::replica::Replica;

use crate::app::App;
use crate::find;
use crate::net::{self, Options, SyncReport};
use crate::problem::Problem;
use crate::progress::Progress;
use crate::screen::count;

/// How long one answer of the relay may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How to sync.
#[derive(Debug, Args)]
pub(crate) struct SyncArgs {
    /// Stay connected: send and receive as it happens, until Ctrl-C
    #[arg(long)]
    watch: bool,
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
        timeout: TIMEOUT,
        allow_insecure: true,
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

/// The host of an address: without scheme, user, port and path.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
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
    if args.watch {
        return watch(app, &mut home.replica);
    }
    let report = once(app, &mut home.replica)?;
    app.print(&report, |screen| {
        screen.line(&said(&report));
        for refused in &report.refused {
            screen.line(&format!("Refused: {}", refused.message));
        }
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
    let _progress = Progress::start("Syncing", app.json);
    net::block_on(net::sync(replica, &options()))
}

fn said(report: &SyncReport) -> String {
    if report.received == 0 && report.sent == 0 && report.refused.is_empty() {
        return "Up to date".to_owned();
    }
    format!(
        "In sync: received {}, sent {}",
        count(report.received, "change"),
        count(report.sent, "change")
    )
}

fn watch(app: &App, replica: &mut Replica) -> Result<(), Problem> {
    app.note("Watching. Ctrl-C ends it.");
    let mut printed = Ok(());
    let stop = tokio_ctrl_c();
    net::block_on(net::watch(
        replica,
        &options(),
        |event| {
            if let (Ok(()), Some(seen)) = (&printed, net::Seen::of(event)) {
                printed = app.print(&seen, |screen| {
                    screen.line(&seen.said());
                });
            }
        },
        stop,
    ))?;
    printed
}

/// Done when the person ends it.
async fn tokio_ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without the signal's handler only the system's own way to end a process is left.
        std::future::pending::<()>().await;
    }
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
            "ws://10.0.0.1",
            "http://localhost.evil.example",
        ] {
            assert!(relay_url(bad, false).is_err(), "{bad}");
        }
        assert!(relay_url("ws://10.0.0.1", true).is_ok());
    }
}
