//! `poo-server`: starts a relay and says what to do next.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use poo_server::{Config, Server, Settings};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    poo_server::spare_memory();
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(run()),
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

async fn run() -> ExitCode {
    let outcome = match Settings::parse().resolve() {
        Ok(config) => {
            start_log(&config);
            serve(&config).await.map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            complain(&message);
            ExitCode::FAILURE
        }
    }
}

async fn serve(config: &Config) -> Result<(), poo_server::ServerError> {
    let server = Server::bind(config).await?;
    greet(&server);
    server.run(signal()).await
}

fn start_log(config: &Config) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()));
    if config.json_log {
        log.json().init();
    } else {
        log.init();
    }
}

/// Done when the system or a person asks the program to end.
async fn signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be heard");
                if interrupt.await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }
    #[cfg(not(unix))]
    if interrupt.await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Says where the relay is and what to do next. Nobody may be listening: it serves all the same.
fn greet(server: &Server) {
    let next = match server.setup_link() {
        Some(link) => format!(
            "Set it up, once, from the device that will keep the first lists:\n  poo init --name YOU\n  poo join LINK, with this link:\n{link}\n"
        ),
        None => format!(
            "Next, in another terminal:\n  poo init --name YOU --relay {}\n  poo list create Groceries\n  poo sync\n",
            server.url()
        ),
    };
    let (url, did) = (server.url(), server.did());
    let greeting = format!("Poo App relay at {url}\n  it is {did}\n{next}");
    let mut out = std::io::stdout().lock();
    if let Err(error) = out
        .write_all(greeting.as_bytes())
        .and_then(|()| out.flush())
    {
        tracing::warn!(%error, "nobody reads the greeting");
    }
}

/// Says why the program ends. If nobody hears it, the exit code still tells.
fn complain(message: &str) {
    if writeln!(std::io::stderr(), "poo-server: {message}").is_err() {
        tracing::debug!("nobody reads why it ends");
    }
}
