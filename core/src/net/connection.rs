//! One websocket connection with one session on it.

use core::time::Duration;

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Bytes, Error as WsError, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use super::system::System;
use super::{NetError, Options};
use crate::document::limits::MESSAGE_BYTES_MAX;
use crate::identity::Did;
use crate::replica::Replica;
use crate::sync::{SUBPROTOCOL, Session, SessionError};

/// A connection is asked for a sign of life when it has been silent for so long.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// The most frames that are taken in together.
const FRAMES_AT_ONCE: usize = 64;

/// What came of waiting for a frame.
pub(super) enum Incoming {
    /// A frame was taken in.
    Frame,
    /// The connection is alive and said nothing.
    Quiet,
    /// The other side closed it.
    Closed(String),
}

pub(super) struct Connection {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(super) session: Session,
    /// What came behind the last frames that were taken in together.
    ahead: Option<Option<Result<Message, WsError>>>,
    url: String,
}

/// The address of the websocket below a relay's address, if it may be used.
fn endpoint(url: &str, options: &Options) -> Result<String, NetError> {
    let bad = || NetError::BadUrl {
        url: url.to_owned(),
    };
    let endpoint = format!("{}/sync", url.trim_end_matches('/'));
    let uri: Uri = endpoint.parse().map_err(|_| bad())?;
    let host = uri.host().ok_or_else(bad)?;
    match uri.scheme_str() {
        Some("wss") => Ok(endpoint),
        Some("ws") if is_loopback(host) || options.allow_insecure => Ok(endpoint),
        Some("ws") => Err(NetError::Insecure {
            url: url.to_owned(),
        }),
        _ => Err(bad()),
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<core::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Whether TLS itself failed, and not the network below it.
fn is_tls(error: &std::io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(|inner| inner.is::<rustls::Error>())
}

impl Connection {
    /// Connects to the relay and shakes hands.
    pub(super) async fn open(
        replica: &mut Replica,
        url: &str,
        pinned: Option<Did>,
        options: &Options,
        system: &mut System,
    ) -> Result<Self, NetError> {
        let endpoint = endpoint(url, options)?;
        let offline = |why: String| NetError::Offline {
            url: url.to_owned(),
            why,
        };
        let mut request = endpoint
            .into_client_request()
            .map_err(|_| NetError::BadUrl {
                url: url.to_owned(),
            })?;
        request.headers_mut().insert(
            "Sec-WebSocket-Protocol",
            HeaderValue::from_static(SUBPROTOCOL),
        );
        let config = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let connecting = connect_async_with_config(request, Some(config), true);
        let (socket, _) = tokio::time::timeout(options.timeout, connecting)
            .await
            .map_err(|_| offline("it does not answer".to_owned()))?
            .map_err(|error| match error {
                WsError::Io(error) if is_tls(&error) => NetError::Untrusted {
                    url: url.to_owned(),
                    why: error.to_string(),
                },
                WsError::Io(error) => offline(error.to_string()),
                WsError::ConnectionClosed
                | WsError::Protocol(ProtocolError::HandshakeIncomplete) => {
                    offline("it ended the connection before it answered".to_owned())
                }
                WsError::Tls(error) => NetError::Untrusted {
                    url: url.to_owned(),
                    why: error.to_string(),
                },
                error => NetError::NotARelay {
                    url: url.to_owned(),
                    why: error.to_string(),
                },
            })?;
        let session = Session::client(replica, pinned, &mut system.env());
        let mut connection = Self {
            socket,
            session,
            ahead: None,
            url: url.to_owned(),
        };
        while !connection.session.is_open() {
            match connection.receive(replica, options.timeout, system).await? {
                Incoming::Frame => connection.flush(replica).await?,
                Incoming::Quiet => return Err(connection.offline("it does not answer")),
                Incoming::Closed(why) => return Err(connection.offline(&why)),
            }
        }
        Ok(connection)
    }

    pub(super) fn offline(&self, why: &str) -> NetError {
        NetError::Offline {
            url: self.url.clone(),
            why: why.to_owned(),
        }
    }

    /// Sends everything that the session has to say.
    pub(super) async fn flush(&mut self, replica: &Replica) -> Result<(), NetError> {
        while self.send_next(replica).await? {}
        Ok(())
    }

    /// Sends the next thing that the session has to say. False if there is none.
    pub(super) async fn send_next(&mut self, replica: &Replica) -> Result<bool, NetError> {
        let Some(frame) = self.session.poll_transmit(replica)? else {
            return Ok(false);
        };
        let sent = self.socket.send(Message::binary(frame)).await;
        sent.map_err(|error| self.offline(&error.to_string()))?;
        Ok(true)
    }

    /// Frames that are here already, behind a first one: what is taken in together is written to
    /// disk once.
    fn with_following(&mut self, first: Bytes) -> Vec<Bytes> {
        let mut frames = vec![first];
        while frames.len() < FRAMES_AT_ONCE
            && let Some(message) = self.socket.next().now_or_never()
        {
            match message {
                Some(Ok(Message::Binary(frame))) => frames.push(frame),
                other => {
                    self.ahead = Some(other);
                    break;
                }
            }
        }
        frames
    }

    /// Waits for a frame, for at most `patience`, and takes in what is there.
    pub(super) async fn receive(
        &mut self,
        replica: &mut Replica,
        patience: Duration,
        system: &mut System,
    ) -> Result<Incoming, NetError> {
        let deadline = tokio::time::sleep(patience);
        tokio::pin!(deadline);
        let mut silence = tokio::time::interval(PING_INTERVAL);
        silence.tick().await;
        loop {
            let message = match self.ahead.take() {
                Some(message) => message,
                None => tokio::select! {
                    message = self.socket.next() => message,
                    () = &mut deadline => return Ok(Incoming::Quiet),
                    _ = silence.tick() => {
                        let ping = self.socket.send(Message::Ping(Vec::new().into())).await;
                        ping.map_err(|error| self.offline(&error.to_string()))?;
                        continue;
                    }
                },
            };
            match message {
                Some(Ok(Message::Binary(frame))) => {
                    let frames = self.with_following(frame);
                    let session = &mut self.session;
                    let mut ended = None;
                    let committed = replica.batch(|replica| {
                        for frame in &frames {
                            match session.handle_frame(replica, frame, &mut system.env()) {
                                Ok(()) => {}
                                Err(SessionError::Store(error)) => return Err(error),
                                // What came before it stays.
                                Err(error) => {
                                    ended = Some(error);
                                    break;
                                }
                            }
                        }
                        Ok(())
                    });
                    if let Some(error) = committed.err().map(SessionError::Store).or(ended) {
                        self.say_goodbye(replica).await;
                        return Err(error.into());
                    }
                    return Ok(Incoming::Frame);
                }
                Some(Ok(Message::Text(_))) => {
                    return Err(SessionError::Unexpected("a text message").into());
                }
                Some(Ok(Message::Close(frame))) => {
                    let why = frame.map(|frame| frame.reason.to_string());
                    return Ok(Incoming::Closed(
                        why.filter(|why| !why.is_empty())
                            .unwrap_or_else(|| "it closed the connection".to_owned()),
                    ));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Ok(Incoming::Closed(error.to_string())),
                None => return Ok(Incoming::Closed("it closed the connection".to_owned())),
            }
        }
    }

    /// Tells the other side why the session ends, if it still listens.
    async fn say_goodbye(&mut self, replica: &Replica) {
        if self.flush(replica).await.is_err() {
            tracing::debug!("the relay did not wait for the reason");
        }
        self.close().await;
    }

    /// Closes the connection in order.
    pub(super) async fn close(&mut self) {
        if let Err(error) = self.socket.close(None).await {
            tracing::debug!(%error, "closing the connection");
        }
    }
}
