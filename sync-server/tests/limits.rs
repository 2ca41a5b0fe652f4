//! Clients that say nothing, or stop in the middle: the relay does not wait for ever.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use poo_core::net::System;
use poo_core::replica::{Keyring, Replica};
use poo_core::sync::{Admission, Event, SUBPROTOCOL, Session};
use poo_server::{Config, MasterKeySource, Server, Share, WebhookSettings};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

/// A relay that waits only shortly for a client to say who it is.
struct Relay {
    address: SocketAddr,
    _stop: oneshot::Sender<()>,
    _data: TempDir,
}

impl Relay {
    async fn start() -> Self {
        let share = Share {
            connections: 8,
            frames_per_second: 1_000,
        };
        Self::start_with(100, share).await
    }

    async fn start_with(connections: usize, share: Share) -> Self {
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
            connections,
            share,
            webhooks: WebhookSettings::default(),
            metrics_listen: None,
            api_requests: 1_200,
            api_origins: Vec::new(),
            master_key: MasterKeySource::Data,
            master_key_before: None,
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
        self.try_websocket().await.unwrap()
    }

    async fn try_websocket(&self) -> Result<WebSocketStream<TcpStream>, Error> {
        let mut request = format!("ws://{}/sync", self.address)
            .into_client_request()
            .unwrap();
        let protocol = SUBPROTOCOL.parse().unwrap();
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", protocol);
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        Ok(socket)
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

#[tokio::test]
async fn where_there_is_no_room_a_client_is_told_so() {
    let share = Share {
        connections: 8,
        frames_per_second: 1_000,
    };
    let relay = Relay::start_with(2, share).await;
    let first = relay.websocket().await;
    let _second = relay.websocket().await;
    match relay.try_websocket().await {
        Err(Error::Http(answer)) => assert_eq!(answer.status(), 503),
        other => panic!("{other:?}"),
    }
    // There is room again once one of them is gone.
    drop(first);
    while relay.try_websocket().await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A client that joins, and then asks again and again what lies at a meeting point.
struct Asking {
    socket: WebSocketStream<TcpStream>,
    replica: Replica,
    session: Session,
    system: System,
}

impl Asking {
    async fn join(relay: &Relay) -> Self {
        let mut system = System::new().unwrap();
        let keys = Keyring::generate(&mut system.env());
        let replica = Replica::in_memory(keys).unwrap();
        let session = Session::client(&replica, None, &mut system.env());
        let mut asking = Self {
            socket: relay.websocket().await,
            replica,
            session,
            system,
        };
        while !asking.session.is_open() {
            asking.hear().await;
            asking.speak().await;
        }
        asking
    }

    async fn hear(&mut self) {
        let frame = loop {
            match self.socket.next().await {
                Some(Ok(Message::Binary(frame))) => break frame,
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        };
        let (session, system) = (&mut self.session, &mut self.system);
        self.replica
            .batch(|replica| session.handle_frame(replica, &frame, &mut system.env()))
            .unwrap();
    }

    async fn speak(&mut self) {
        while let Some(frame) = self.session.poll_transmit(&self.replica).unwrap() {
            self.socket.send(Message::binary(frame)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn who_sends_more_than_their_share_is_read_more_slowly_and_loses_nothing() {
    let share = Share {
        connections: 8,
        frames_per_second: 20,
    };
    let relay = Relay::start_with(100, share).await;
    let mut asking = Asking::join(&relay).await;
    let begun = tokio::time::Instant::now();
    // Ten seconds' worth at once, and one second's more.
    let questions = 220;
    for _ in 0..questions {
        asking.session.watch_box([7; 16]).unwrap();
    }
    asking.speak().await;
    let mut answers = 0;
    while answers < questions {
        asking.hear().await;
        while let Some(event) = asking.session.poll_event() {
            answers += usize::from(matches!(event, Event::Box { .. }));
        }
    }
    assert!(begun.elapsed() >= Duration::from_millis(900));
}
