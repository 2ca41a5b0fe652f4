//! A program that is sent webhooks.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver as Channel, Sender, channel};
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use super::PATIENCE;

/// What came.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its path.
    pub path: String,
    /// Its headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

impl Request {
    /// A header, which must be there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(header, _)| header == name);
        &found.unwrap_or_else(|| panic!("no {name} in {self:?}")).1
    }

    /// The body, which must be JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A program that is sent webhooks and answers as it is told to.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    encrypted: bool,
    answer: Arc<Mutex<Option<String>>>,
    came: Channel<Request>,
}

impl Receiver {
    /// The file of the authority that vouches for an encrypted receiver.
    pub const AUTHORITY: &str =
        concat!(env!("CARGO_MANIFEST_DIR"), "/src/harness/tls/authority.pem");

    /// One that answers every request with a status: `200 OK`, `500 Oh`. With headers, too.
    #[must_use]
    pub fn start(answer: &str) -> Self {
        Self::listen(answer, None)
    }

    /// The same over TLS, with a certificate by the authority in [`Receiver::AUTHORITY`].
    #[must_use]
    pub fn start_encrypted(answer: &str) -> Self {
        Self::listen(answer, Some(encryption()))
    }

    fn listen(answer: &str, encryption: Option<Arc<ServerConfig>>) -> Self {
        let encrypted = encryption.is_some();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let answer = Arc::new(Mutex::new(Some(answer.to_owned())));
        let (teller, came) = channel();
        let answers = Arc::clone(&answer);
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (teller, answers) = (teller.clone(), Arc::clone(&answers));
                let encryption = encryption.clone();
                std::thread::spawn(move || match encryption {
                    None => serve(stream, &teller, &answers),
                    Some(encryption) => {
                        let tls = ServerConnection::new(encryption).unwrap();
                        serve(StreamOwned::new(tls, stream), &teller, &answers);
                    }
                });
            }
        });
        Self {
            address,
            encrypted,
            answer,
            came,
        }
    }

    /// An address of it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.encrypted { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.address)
    }

    /// What it answers from now on; nothing at all, if there is nothing.
    pub fn answers(&self, answer: Option<&str>) {
        *self.answer.lock().unwrap() = answer.map(str::to_owned);
    }

    /// The next request.
    #[must_use]
    pub fn next(&self) -> Request {
        self.came
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|error| panic!("nothing was sent: {error}"))
    }

    /// What came and was not taken yet.
    #[must_use]
    pub fn rest(&self) -> Vec<Request> {
        self.came.try_iter().collect()
    }
}

/// A certificate and its key. They serve no other purpose.
const CERTIFICATE: &[u8] = include_bytes!("tls/server.pem");

fn encryption() -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).unwrap();
    let key = PrivateKeyDer::from_pem_slice(CERTIFICATE).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key);
    Arc::new(config.unwrap())
}

fn serve(stream: impl Read + Write, teller: &Sender<Request>, answers: &Mutex<Option<String>>) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line).is_err() {
        return;
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_lowercase(), value.to_owned())),
            None => break,
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let request = Request {
        path,
        headers,
        body: String::from_utf8(body).unwrap(),
    };
    let answer = answers.lock().unwrap().clone();
    // The test may be over.
    let _told = teller.send(request);
    match answer {
        Some(answer) => {
            let text = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n");
            // Whoever asked may be gone.
            let stream = reader.get_mut();
            let written = stream.write_all(text.as_bytes());
            let _ended = written.and_then(|()| stream.flush());
        }
        // The other side waits until it gives up, or is killed.
        None => {
            let _ended = reader.read(&mut [0; 1]);
        }
    }
}
