//! What the relay is told: by its command line, its environment and a file, in that order.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use poo_core::sync::{Admission, FILE_QUOTA_DEFAULT};
use serde::Deserialize;

use crate::api::MasterKeySource;
use crate::identities::Share;
use crate::webhooks::{Network, WebhookSettings};

/// Where the relay listens unless told.
const LISTEN_DEFAULT: &str = "127.0.0.1:8787";
/// Where it keeps its data unless told.
const DATA_DEFAULT: &str = "./data";
/// How long a client may take to say who it is, unless told.
const HANDSHAKE_SECONDS_DEFAULT: u64 = 10;
/// The longest that it may be told.
const HANDSHAKE_SECONDS_MAX: u64 = 600;
/// How many connections there may be, unless told.
const CONNECTIONS_DEFAULT: u64 = 20_000;
/// How many of one identity, unless told.
const CONNECTIONS_PER_IDENTITY_DEFAULT: u64 = 64;
/// The most of either that it may be told.
const CONNECTIONS_MAX: u64 = 1_000_000;
/// How many frames of one identity the relay takes in a second, unless told.
const FRAMES_PER_SECOND_DEFAULT: u64 = 10_000;
/// The most that it may be told.
const FRAMES_PER_SECOND_MAX: u64 = 1_000_000;

/// How many requests of one caller the API answers in a minute, unless told.
const API_REQUESTS_DEFAULT: u64 = 1_200;
/// The most that it may be told.
const API_REQUESTS_MAX: u64 = 1_000_000;

/// The Poo App relay.
#[derive(Debug, Clone, Default, Parser)]
#[command(name = "poo-server", version, about = "The Poo App relay: keeps lists in sync, offline devices included", long_about = None)]
pub struct Settings {
    /// Where to listen; port 0 takes any free one. [default: 127.0.0.1:8787]
    #[arg(long, env = "POO_SERVER_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<String>,
    /// The folder for the database and the relay's keys. [default: ./data]
    #[arg(long, env = "POO_SERVER_DATA", value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// Who may put new lists here: `open` (everybody; the default on loopback), `invite` (who
    /// used the set-up link or was invited by somebody admitted; the default elsewhere) or
    /// `closed` (nobody new).
    #[arg(long, env = "POO_SERVER_ADMISSION", value_name = "POLICY")]
    pub admission: Option<String>,
    /// The address at which others reach this relay, for links: `wss://lists.example.org`.
    #[arg(long, env = "POO_SERVER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// How logs are written: `text` or `json`. What is logged is set by RUST_LOG.
    #[arg(long, env = "POO_SERVER_LOG", value_name = "FORMAT")]
    pub log: Option<String>,
    /// How many seconds a client has to say who it is, from 1 to 600. [default: 10]
    #[arg(long, env = "POO_SERVER_HANDSHAKE_TIMEOUT", value_name = "SECONDS")]
    pub handshake_timeout: Option<u64>,
    /// How many MiB of files the relay keeps for one person. [default: 1024]
    #[arg(long, env = "POO_SERVER_FILE_QUOTA", value_name = "MIB")]
    pub file_quota: Option<u64>,
    /// Whether clients that cannot sign may come with tickets. [default: true]
    #[arg(long, env = "POO_SERVER_TICKETS", value_name = "BOOL")]
    pub tickets: Option<bool>,
    /// How many clients may be connected at a time. [default: 20000]
    #[arg(long, env = "POO_SERVER_CONNECTIONS", value_name = "COUNT")]
    pub connections: Option<u64>,
    /// How many connections one identity may have at a time. [default: 64]
    #[arg(
        long,
        env = "POO_SERVER_CONNECTIONS_PER_IDENTITY",
        value_name = "COUNT"
    )]
    pub connections_per_identity: Option<u64>,
    /// How many frames a second the relay reads from one identity, averaged over ten seconds; a
    /// large frame counts once for each KiB. Who sends more is read more slowly. [default: 10000]
    #[arg(long, env = "POO_SERVER_FRAMES_PER_SECOND", value_name = "COUNT")]
    pub frames_per_second: Option<u64>,
    /// Ranges of addresses beyond the public network to which webhooks may go, without TLS too:
    /// `127.0.0.0/8` for agents on this machine. None unless told.
    #[arg(
        long,
        env = "POO_SERVER_WEBHOOK_NETWORKS",
        value_name = "RANGE",
        value_delimiter = ','
    )]
    pub webhook_networks: Option<Vec<String>>,
    /// A file of certificates, as PEM, of authorities that webhooks trust beside the public ones.
    #[arg(long, env = "POO_SERVER_WEBHOOK_ROOTS", value_name = "FILE")]
    pub webhook_roots: Option<PathBuf>,
    /// Where to serve `/metrics` for Prometheus. Everybody who reaches that address can read them:
    /// choose one that only those who run this relay reach. Not served unless told.
    #[arg(long, env = "POO_SERVER_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<String>,
    /// How many requests of one caller the REST API answers in a minute; from one address without
    /// credentials it answers a tenth of that. [default: 1200]
    #[arg(long, env = "POO_SERVER_API_REQUESTS", value_name = "COUNT")]
    pub api_requests: Option<u64>,
    /// Web pages of these origins may use the REST API, separated by commas; `*`: all. [default:
    /// none but the relay's own]
    #[arg(
        long,
        env = "POO_SERVER_API_ORIGINS",
        value_name = "ORIGINS",
        value_delimiter = ','
    )]
    pub api_origins: Option<Vec<String>>,
    /// Where the master key is, with which the keys of agents are sealed: a file that only its
    /// owner can read, `env` (POO_SERVER_MASTER_KEY) or `stdin`. [default: a file in the data
    /// folder, made where there is none]
    #[arg(long, env = "POO_SERVER_MASTER_KEY_FROM", value_name = "FILE")]
    pub master_key: Option<String>,
    /// The file of the master key before this one: what it sealed is sealed anew.
    #[arg(long, env = "POO_SERVER_MASTER_KEY_BEFORE", value_name = "FILE")]
    pub master_key_before: Option<PathBuf>,
    /// A TOML file with these settings under the same names.
    #[arg(long, env = "POO_SERVER_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// The same settings in a file.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    listen: Option<String>,
    data: Option<PathBuf>,
    admission: Option<String>,
    public_url: Option<String>,
    log: Option<String>,
    handshake_timeout: Option<u64>,
    file_quota: Option<u64>,
    tickets: Option<bool>,
    connections: Option<u64>,
    connections_per_identity: Option<u64>,
    frames_per_second: Option<u64>,
    webhook_networks: Option<Vec<String>>,
    webhook_roots: Option<PathBuf>,
    metrics_listen: Option<String>,
    api_requests: Option<u64>,
    api_origins: Option<Vec<String>>,
    master_key: Option<String>,
    master_key_before: Option<PathBuf>,
}

/// Settings that hold together.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The folder for database and keys.
    pub data: PathBuf,
    /// Who may put new lists here.
    pub admission: Admission,
    /// The address in links; `None`: the one that it listens on.
    pub public_url: Option<String>,
    /// Whether logs are JSON.
    pub json_log: bool,
    /// How long a client may take to say who it is.
    pub handshake_timeout: Duration,
    /// How many bytes of files to keep for one identity.
    pub file_quota: u64,
    /// Whether clients that cannot sign may come with tickets.
    pub tickets: bool,
    /// How many connections there may be.
    pub connections: usize,
    /// How much of the relay one identity may take.
    pub share: Share,
    /// How webhooks behave.
    pub webhooks: WebhookSettings,
    /// Where to serve the metrics, if anywhere.
    pub metrics_listen: Option<SocketAddr>,
    /// How many requests of one caller the REST API answers in a minute.
    pub api_requests: u32,
    /// Of which origins web pages may use the REST API.
    pub api_origins: Vec<String>,
    /// Where the master key is.
    pub master_key: MasterKeySource,
    /// The file of the master key before.
    pub master_key_before: Option<PathBuf>,
}

/// The settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not right.
    #[error("the configuration {} is not right: {message}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        message: String,
    },
    /// A value is not right.
    #[error("{name}: `{value}` is not right: {wanted}")]
    Value {
        /// The setting.
        name: &'static str,
        /// What it was set to.
        value: String,
        /// What would be right.
        wanted: &'static str,
    },
}

impl Settings {
    /// Settles what holds: the command line and the environment before the file.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting and what would be right.
    pub fn resolve(self) -> Result<Config, ConfigError> {
        let file = match &self.config {
            Some(path) => read(path)?,
            None => File::default(),
        };
        let listen = self
            .listen
            .or(file.listen)
            .unwrap_or_else(|| LISTEN_DEFAULT.to_owned());
        let listen: SocketAddr = listen.parse().map_err(|_| ConfigError::Value {
            name: "listen",
            value: listen.clone(),
            wanted: "an address and a port such as 127.0.0.1:8787 or [::]:8787",
        })?;
        let admission = match self.admission.or(file.admission).as_deref() {
            None if listen.ip().is_loopback() => Admission::Open,
            None | Some("invite") => Admission::Invite,
            Some("open") => Admission::Open,
            Some("closed") => Admission::Closed,
            Some(other) => {
                return Err(ConfigError::Value {
                    name: "admission",
                    value: other.to_owned(),
                    wanted: "open, invite or closed",
                });
            }
        };
        let public_url = self.public_url.or(file.public_url);
        if let Some(url) = &public_url
            && !url.starts_with("ws://")
            && !url.starts_with("wss://")
        {
            return Err(ConfigError::Value {
                name: "public-url",
                value: url.clone(),
                wanted: "an address that begins with ws:// or wss://",
            });
        }
        let json_log = match self.log.or(file.log).as_deref() {
            None | Some("text") => false,
            Some("json") => true,
            Some(other) => {
                return Err(ConfigError::Value {
                    name: "log",
                    value: other.to_owned(),
                    wanted: "text or json",
                });
            }
        };
        let seconds = self.handshake_timeout.or(file.handshake_timeout);
        let seconds = seconds.unwrap_or(HANDSHAKE_SECONDS_DEFAULT);
        if !(1..=HANDSHAKE_SECONDS_MAX).contains(&seconds) {
            return Err(ConfigError::Value {
                name: "handshake-timeout",
                value: seconds.to_string(),
                wanted: "a number of seconds from 1 to 600",
            });
        }
        let connections = count(
            "connections",
            self.connections.or(file.connections),
            CONNECTIONS_DEFAULT,
            CONNECTIONS_MAX,
            "a number from 1 to 1000000",
        )?;
        let of_one = count(
            "connections-per-identity",
            self.connections_per_identity
                .or(file.connections_per_identity),
            CONNECTIONS_PER_IDENTITY_DEFAULT,
            CONNECTIONS_MAX,
            "a number from 1 to 1000000",
        )?;
        let frames_per_second = count(
            "frames-per-second",
            self.frames_per_second.or(file.frames_per_second),
            FRAMES_PER_SECOND_DEFAULT,
            FRAMES_PER_SECOND_MAX,
            "a number from 1 to 1000000",
        )?;
        let networks = self.webhook_networks.or(file.webhook_networks);
        let networks = networks.unwrap_or_default().into_iter();
        let networks = networks.map(|range| {
            range.parse::<Network>().map_err(|_| ConfigError::Value {
                name: "webhook-networks",
                value: range,
                wanted: "ranges of addresses such as 10.0.0.0/8 or fd00::/8",
            })
        });
        let metrics_listen = self.metrics_listen.or(file.metrics_listen);
        let metrics_listen = metrics_listen.map(|text| {
            text.parse::<SocketAddr>().map_err(|_| ConfigError::Value {
                name: "metrics-listen",
                value: text,
                wanted: "an address and a port such as 127.0.0.1:9464",
            })
        });
        let file_quota = match self.file_quota.or(file.file_quota) {
            Some(mib) => mib.saturating_mul(1 << 20),
            None => FILE_QUOTA_DEFAULT,
        };
        let api_requests = count(
            "api-requests",
            self.api_requests.or(file.api_requests),
            API_REQUESTS_DEFAULT,
            API_REQUESTS_MAX,
            "a number from 1 to 1000000",
        )?;
        let api_origins = self.api_origins.or(file.api_origins).unwrap_or_default();
        if let Some(origin) = api_origins.iter().find(|origin| !is_origin(origin)) {
            return Err(ConfigError::Value {
                name: "api-origins",
                value: origin.clone(),
                wanted: "origins such as https://app.example.org, or *",
            });
        }
        let master_key = match self.master_key.or(file.master_key).as_deref() {
            None => MasterKeySource::Data,
            Some("env") => MasterKeySource::Environment,
            Some("stdin") => MasterKeySource::Stdin,
            Some(path) => MasterKeySource::File(PathBuf::from(path)),
        };
        Ok(Config {
            api_requests: u32::try_from(api_requests).unwrap_or(u32::MAX),
            api_origins,
            master_key,
            master_key_before: self.master_key_before.or(file.master_key_before),
            listen,
            data: self
                .data
                .or(file.data)
                .unwrap_or_else(|| PathBuf::from(DATA_DEFAULT)),
            admission,
            public_url,
            json_log,
            handshake_timeout: Duration::from_secs(seconds),
            file_quota,
            tickets: self.tickets.or(file.tickets).unwrap_or(true),
            connections: usize::try_from(connections).unwrap_or(usize::MAX),
            share: Share {
                connections: usize::try_from(of_one).unwrap_or(usize::MAX),
                frames_per_second: u32::try_from(frames_per_second).unwrap_or(u32::MAX),
            },
            webhooks: WebhookSettings {
                networks: networks.collect::<Result<_, _>>()?,
                roots: self.webhook_roots.or(file.webhook_roots),
                ..WebhookSettings::default()
            },
            metrics_listen: metrics_listen.transpose()?,
        })
    }
}

fn is_origin(text: &str) -> bool {
    let host = ["http://", "https://"]
        .into_iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    text == "*" || host.is_some_and(|host| !host.is_empty() && !host.contains('/'))
}

/// A setting that is a count, from 1 up.
fn count(
    name: &'static str,
    set: Option<u64>,
    usual: u64,
    most: u64,
    wanted: &'static str,
) -> Result<u64, ConfigError> {
    let value = set.unwrap_or(usual);
    if (1..=most).contains(&value) {
        return Ok(value);
    }
    Err(ConfigError::Value {
        name,
        value: value.to_string(),
        wanted,
    })
}

fn read(path: &Path) -> Result<File, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|error| ConfigError::File {
        path: path.to_owned(),
        message: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_that_others_can_reach_does_not_take_everybody() {
        let config = Settings::default().resolve().unwrap();
        assert_eq!(
            (config.listen.port(), config.admission),
            (8787, Admission::Open)
        );
        let public = Settings {
            listen: Some("0.0.0.0:80".into()),
            ..Settings::default()
        };
        assert_eq!(public.resolve().unwrap().admission, Admission::Invite);
    }

    #[test]
    fn the_command_line_outranks_the_file_and_mistakes_are_named() {
        let dir = std::env::temp_dir().join(format!("poo-config-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join("relay.toml");
        std::fs::write(&path, "listen = \"127.0.0.1:1\"\nadmission = \"closed\"\n").unwrap();
        let settings = Settings {
            config: Some(path.clone()),
            listen: Some("127.0.0.1:2".into()),
            ..Settings::default()
        };
        let config = settings.clone().resolve().unwrap();
        assert_eq!(
            (config.listen.port(), config.admission),
            (2, Admission::Closed)
        );
        std::fs::write(&path, "listn = \"127.0.0.1:1\"\n").unwrap();
        let error = settings.clone().resolve().unwrap_err().to_string();
        assert!(error.contains("listn"), "{error}");
        std::fs::remove_dir_all(&dir).unwrap();
        assert!(matches!(settings.resolve(), Err(ConfigError::Read { .. })));
        for (name, settings) in [
            (
                "listen",
                Settings {
                    listen: Some("here".into()),
                    ..Settings::default()
                },
            ),
            (
                "admission",
                Settings {
                    admission: Some("all".into()),
                    ..Settings::default()
                },
            ),
            (
                "public-url",
                Settings {
                    public_url: Some("http://x".into()),
                    ..Settings::default()
                },
            ),
            (
                "handshake-timeout",
                Settings {
                    handshake_timeout: Some(0),
                    ..Settings::default()
                },
            ),
            (
                "connections",
                Settings {
                    connections: Some(0),
                    ..Settings::default()
                },
            ),
            (
                "connections-per-identity",
                Settings {
                    connections_per_identity: Some(0),
                    ..Settings::default()
                },
            ),
            (
                "frames-per-second",
                Settings {
                    frames_per_second: Some(0),
                    ..Settings::default()
                },
            ),
            (
                "webhook-networks",
                Settings {
                    webhook_networks: Some(vec!["10.0.0.0/8".into(), "here".into()]),
                    ..Settings::default()
                },
            ),
            (
                "metrics-listen",
                Settings {
                    metrics_listen: Some("9464".into()),
                    ..Settings::default()
                },
            ),
            (
                "api-requests",
                Settings {
                    api_requests: Some(0),
                    ..Settings::default()
                },
            ),
            (
                "api-origins",
                Settings {
                    api_origins: Some(vec!["https://app.example.org/".into()]),
                    ..Settings::default()
                },
            ),
            (
                "log",
                Settings {
                    log: Some("xml".into()),
                    ..Settings::default()
                },
            ),
        ] {
            let error = settings.resolve().unwrap_err();
            assert!(error.to_string().starts_with(name), "{error}");
        }
    }
}
