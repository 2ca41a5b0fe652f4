//! `poo-server`: starts a relay and says what to do next.

use std::process::ExitCode;

use clap::Parser as _;
use poo_server::{Config, Server, Settings};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
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

#[allow(clippy::print_stdout, reason = "the greeting is this program's output")]
fn greet(server: &Server) {
    println!("Poo App relay at {}", server.url());
    println!("  it is {}", server.did());
    match server.setup_link() {
        Some(link) => {
            println!("Set it up, once, from the device that will keep the first lists:");
            println!("  poo init --name YOU");
            println!("  poo join LINK, with this link:");
            println!("{link}");
        }
        None => {
            println!("Next, in another terminal:");
            println!("  poo init --name YOU --relay {}", server.url());
            println!("  poo list create Groceries");
            println!("  poo sync");
        }
    }
}

#[allow(clippy::print_stderr, reason = "why the program ends")]
fn complain(message: &str) {
    eprintln!("poo-server: {message}");
}
