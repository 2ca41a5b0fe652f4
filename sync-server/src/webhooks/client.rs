//! One attempt: a request to an address that was looked at, and what came of it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Host;

use super::guard::{Guard, GuardError, Target};

/// How long connecting may take, the handshake of TLS with it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long all of an attempt may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
/// How much of an answer's body is read before the connection is closed; nothing of it is kept.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// The longest that an endpoint may ask to wait.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Why an attempt came to nothing. An answer with another status than 2xx is not here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    /// It may not be called.
    #[error(transparent)]
    Guard(#[from] GuardError),
    /// Nobody answers there.
    #[error("no connection")]
    Connect,
    /// The certificate does not hold, or TLS is not spoken.
    #[error("the TLS handshake failed")]
    Tls,
    /// It took too long.
    #[error("no answer in time")]
    Timeout,
    /// What came was no answer.
    #[error("the connection broke before the answer")]
    Broken,
}

/// The authorities to trust cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RootsError {
    /// The file is not right.
    #[error("webhook-roots: {} cannot be used: {reason}: it holds certificates as PEM", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The versions of TLS do not fit the provider, which is built in.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

/// What an endpoint answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    /// When it wants to hear of this again.
    pub(crate) retry_after: Option<Duration>,
}

/// Sends attempts.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    tls: Arc<ClientConfig>,
    guard: Guard,
}

impl Client {
    /// Trusts the public authorities, and those in the file of `more` roots.
    ///
    /// # Errors
    /// [`RootsError`] says what is wrong with that file.
    pub(crate) fn new(guard: Guard, more: Option<&Path>) -> Result<Self, RootsError> {
        let mut roots = rustls::RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        if let Some(path) = more {
            let wrong = |reason: String| RootsError::File {
                path: path.to_owned(),
                reason,
            };
            let before = roots.len();
            let found = CertificateDer::pem_file_iter(path).map_err(|e| wrong(e.to_string()))?;
            for certificate in found {
                let certificate = certificate.map_err(|e| wrong(e.to_string()))?;
                roots.add(certificate).map_err(|e| wrong(e.to_string()))?;
            }
            if roots.len() == before {
                return Err(wrong("there is no certificate in it".to_owned()));
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            tls: Arc::new(tls),
            guard,
        })
    }

    /// Whether an endpoint may be called, as things are now.
    ///
    /// # Errors
    /// [`GuardError`] says why not.
    pub(crate) async fn check(&self, target: &Target) -> Result<(), GuardError> {
        self.guard.resolve(target).await.map(drop)
    }

    /// Posts `body`. Whatever the answer says, nothing else is called: redirects are not followed.
    ///
    /// # Errors
    /// [`SendError`] where there was no answer.
    pub(crate) async fn post(
        &self,
        target: &Target,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answered, SendError> {
        let attempt = async {
            let addresses = self.guard.resolve(target).await?;
            let stream = timeout(CONNECT_TIMEOUT, connect(&addresses))
                .await
                .map_err(|_| SendError::Timeout)??;
            let request = request(target, headers, body).ok_or(GuardError::Url)?;
            if !target.encrypted {
                return exchange(stream, request).await;
            }
            let name = server_name(&target.host).ok_or(SendError::Tls)?;
            let connector = TlsConnector::from(Arc::clone(&self.tls));
            let stream = timeout(CONNECT_TIMEOUT, connector.connect(name, stream))
                .await
                .map_err(|_| SendError::Timeout)?
                .map_err(|_| SendError::Tls)?;
            exchange(stream, request).await
        };
        timeout(ATTEMPT_TIMEOUT, attempt)
            .await
            .map_err(|_| SendError::Timeout)?
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, SendError> {
    for address in addresses {
        if let Ok(stream) = TcpStream::connect(address).await {
            return Ok(stream);
        }
    }
    Err(SendError::Connect)
}

fn server_name(host: &Host<String>) -> Option<ServerName<'static>> {
    match host {
        Host::Domain(name) => ServerName::try_from(name.clone()).ok(),
        Host::Ipv4(address) => Some(ServerName::IpAddress((*address).into())),
        Host::Ipv6(address) => Some(ServerName::IpAddress((*address).into())),
    }
}

fn request(target: &Target, headers: HeaderMap, body: Bytes) -> Option<Request<Full<Bytes>>> {
    let url = &target.url;
    let path = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let host = match url.port() {
        Some(port) => format!("{}:{port}", target.host),
        None => target.host.to_string(),
    };
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path.parse::<Uri>().ok()?)
        .body(Full::new(body))
        .ok()?;
    let all = request.headers_mut();
    *all = headers;
    all.insert(header::HOST, host.parse().ok()?);
    all.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    all.insert(
        header::USER_AGENT,
        header::HeaderValue::from_static(concat!("poo-server/", env!("CARGO_PKG_VERSION"))),
    );
    all.insert(
        header::CONNECTION,
        header::HeaderValue::from_static("close"),
    );
    Some(request)
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Answered, SendError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|_| SendError::Broken)?;
    let answered = async {
        let answer = sender.send_request(request).await;
        let answer = answer.map_err(|_| SendError::Broken)?;
        let status = answer.status();
        let retry_after = retry_after(answer.headers());
        // Read so that the endpoint sees its answer taken; what is in it is nobody's business.
        let body = Limited::new(answer.into_body(), ANSWER_BYTES_MAX);
        if body.collect().await.is_err() {
            tracing::debug!("an endpoint said more than is read");
        }
        Ok(Answered {
            status,
            retry_after,
        })
    };
    tokio::pin!(answered, connection);
    // The connection is driven here: when this ends, by a timeout too, it is closed.
    let mut open = true;
    loop {
        tokio::select! {
            biased;
            answered = &mut answered => return answered,
            ended = &mut connection, if open => {
                open = false;
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection to an endpoint ended");
                }
            }
        }
    }
}

/// In seconds only: a date would have to be compared with the endpoint's clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?;
    let seconds = value.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authorities_that_cannot_be_read_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let none = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (name, text) in [("missing", None), ("empty", Some("")), ("none", Some(none))] {
            let path = folder.path().join(name);
            if let Some(text) = text {
                std::fs::write(&path, text).unwrap();
            }
            let guard = Guard {
                allowed: Vec::new(),
            };
            let refused = Client::new(guard, Some(&path)).unwrap_err().to_string();
            assert!(refused.contains(&path.display().to_string()), "{refused}");
        }
    }
}
