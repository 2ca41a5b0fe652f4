//! Clients that say nothing, or stop in the middle: the relay does not wait for ever.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use poo_core::sync::{Admission, SUBPROTOCOL};
use poo_server::{Config, Server};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// A relay that waits only shortly for a client to say who it is.
struct Relay {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
    _data: TempDir,
}

impl Relay {
    async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let server = Server::bind(&Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            data: data.path().to_owned(),
            admission: Admission::Open,
            public_url: None,
            json_log: false,
            handshake_timeout: Duration::from_millis(100),
            file_quota: 1 << 30,
            tickets: true,
        })
        .await
        .unwrap();
        let address = server.address();
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(server.run(async {
            if stopped.await.is_err() {
                // The test is over.
            }
        }));
        Self {
            address,
            _stop: stop,
            _data: data,
        }
    }

    async fn websocket(&self) -> WebSocketStream<TcpStream> {
        let mut request = format!("ws://{}/sync", self.address)
            .into_client_request()
            .unwrap();
        let protocol = SUBPROTOCOL.parse().unwrap();
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", protocol);
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (socket, _) = tokio_tungstenite::client_async(request, stream)
            .await
            .unwrap();
        socket
    }
}

/// Reads until the relay closes, and gives its code.
async fn ending(socket: &mut WebSocketStream<TcpStream>) -> CloseCode {
    loop {
        match socket.next().await {
            Some(Ok(Message::Close(frame))) => return frame.unwrap().code,
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_join_is_cut_off() {
    let relay = Relay::start().await;
    let mut socket = relay.websocket().await;
    assert_eq!(ending(&mut socket).await, CloseCode::Policy);
}

#[tokio::test]
async fn a_client_that_stops_in_the_middle_of_its_first_frame_is_cut_off() {
    let relay = Relay::start().await;
    let mut socket = relay.websocket().await;
    // A masked binary frame of 100 bytes, of which three come.
    let part = [0x82, 0x80 | 100, 0, 0, 0, 0, 1, 2, 3];
    socket.get_mut().write_all(&part).await.unwrap();
    assert_eq!(ending(&mut socket).await, CloseCode::Policy);
}

#[tokio::test]
async fn a_connection_without_a_whole_request_is_cut_off() {
    let relay = Relay::start().await;
    for said in ["", "GET /sync HTTP/1.1\r\nHost: relay\r\n"] {
        let mut stream = TcpStream::connect(relay.address).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // It ends, with or without a word.
        if stream.read_to_end(&mut answer).await.is_err() {
            continue;
        }
        assert!(!answer.starts_with(b"HTTP/1.1 1"));
    }
}
