//! A device on its own: a replica in memory or in a file, and its connection to a relay.

use std::path::Path;

use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use poo_core::document::DocumentId;
use poo_core::model::{Answer, Command, Outcome, Query, TaskFilter, TaskId};
use poo_core::net::System;
use poo_core::replica::{Keyring, Replica};
use poo_core::sync::{Event, SUBPROTOCOL, Session, SessionError};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};

/// So many bytes does the system of a slow reader take before the relay has to wait.
const SLOW_BUFFER_BYTES: u32 = 4 * 1024;
/// The most frames that are taken in together.
const FRAMES_AT_ONCE: usize = 64;

/// How a connection ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// Nobody is at the other end, or it hung up.
    Lost(String),
    /// Something that two honest ends never come to.
    Fault(String),
}

fn lost(error: impl core::fmt::Display) -> Ended {
    Ended::Lost(error.to_string())
}

fn fault(error: impl core::fmt::Display) -> Ended {
    Ended::Fault(error.to_string())
}

struct Line {
    socket: WebSocketStream<TcpStream>,
    session: Session,
}

pub(super) struct Device {
    pub(super) replica: Replica,
    system: System,
    line: Option<Line>,
}

impl Device {
    /// A new person's first device, or another of one who is there.
    pub(super) fn new(of: Option<&Replica>) -> Self {
        let mut system = System::new().unwrap();
        let mut replica = Replica::in_memory(keys(of, &mut system)).unwrap();
        replica.found("Soak", &mut system.env()).unwrap();
        Self::with(replica, system)
    }

    /// Another device of a person who is there, just set up, as a file.
    pub(super) fn template(of: &Replica, path: &Path) -> Keyring {
        let mut system = System::new().unwrap();
        let keys = keys(Some(of), &mut system);
        let mut replica = Replica::open(path, keys.clone()).unwrap();
        replica.found("Soak", &mut system.env()).unwrap();
        keys
    }

    /// A device that has what lies in a file.
    pub(super) fn open(path: &Path, keys: Keyring) -> Self {
        let replica = Replica::open(path, keys).unwrap();
        Self::with(replica, System::new().unwrap())
    }

    fn with(replica: Replica, system: System) -> Self {
        Self {
            replica,
            system,
            line: None,
        }
    }

    pub(super) fn execute(&mut self, command: &Command) -> Outcome {
        self.replica
            .execute(command, &mut self.system.env())
            .unwrap()
    }

    /// The tasks of a list.
    pub(super) fn tasks(&mut self, list: DocumentId) -> Vec<TaskId> {
        let query = Query::Tasks {
            list: Some(list),
            filter: TaskFilter::default(),
            limit: Some(10_000),
            cursor: None,
        };
        match self.replica.query(&query, self.system.env().now) {
            Ok(Answer::Tasks(page)) => page.items.into_iter().map(|task| task.id).collect(),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn has(&mut self, list: DocumentId, task: TaskId) -> bool {
        let query = Query::Task { list, task };
        self.replica.query(&query, self.system.env().now).is_ok()
    }

    /// Connects, and syncs until both have the same. Gives what happened meanwhile.
    pub(super) async fn connect(&mut self, url: &str, slow: bool) -> Result<Vec<Event>, Ended> {
        self.line = None;
        let pinned = self.replica.relay_did().map_err(fault)?;
        self.replica.set_relay(url, pinned).map_err(fault)?;
        let address = url.trim_start_matches("ws://").parse().map_err(fault)?;
        let socket = TcpSocket::new_v4().map_err(fault)?;
        if slow {
            (socket.set_recv_buffer_size(SLOW_BUFFER_BYTES)).map_err(fault)?;
        }
        let stream = socket.connect(address).await.map_err(lost)?;
        stream.set_nodelay(true).map_err(lost)?;
        let request = format!("{url}/sync").into_client_request();
        let mut request = request.map_err(fault)?;
        let protocol = HeaderValue::from_static(SUBPROTOCOL);
        (request.headers_mut()).insert("Sec-WebSocket-Protocol", protocol);
        let connecting = tokio_tungstenite::client_async(request, stream).await;
        let (socket, _) = connecting.map_err(lost)?;
        let session = Session::client(&self.replica, pinned, &mut self.system.env());
        self.line = Some(Line { socket, session });
        let mut events = Vec::new();
        loop {
            self.flush().await?;
            let session = self.line.as_mut().map(|line| &mut line.session);
            if let Some(session) = session.filter(|session| session.is_in_sync()) {
                session.note_in_sync(&mut self.replica).map_err(fault)?;
                return Ok(events);
            }
            let message = self.next().await;
            events.extend(self.take_in(message).await?);
        }
    }

    /// Hangs up without a word.
    pub(super) fn drop_line(&mut self) {
        self.line = None;
    }

    /// What comes next. Nothing is lost where nobody waits for it any longer.
    pub(super) async fn next(&mut self) -> Option<Result<Message, Error>> {
        match &mut self.line {
            Some(line) => line.socket.next().await,
            None => core::future::pending().await,
        }
    }

    /// Takes in a message and those that are here behind it, and answers.
    pub(super) async fn take_in(
        &mut self,
        message: Option<Result<Message, Error>>,
    ) -> Result<Vec<Event>, Ended> {
        let Some(line) = &mut self.line else {
            return Err(Ended::Lost("there is no connection".to_owned()));
        };
        let mut frames: Vec<Bytes> = Vec::new();
        let mut message = message;
        loop {
            match message {
                Some(Ok(Message::Binary(frame))) => frames.push(frame),
                Some(Ok(Message::Close(why))) => {
                    let why = why.map(|why| why.reason.to_string());
                    return Err(Ended::Lost(why.unwrap_or_default()));
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(lost(error)),
                None => return Err(Ended::Lost("it was closed".to_owned())),
            }
            if frames.len() >= FRAMES_AT_ONCE {
                break;
            }
            match line.socket.next().now_or_never() {
                Some(next) => message = next,
                None => break,
            }
        }
        let (session, system) = (&mut line.session, &mut self.system);
        let taken = self.replica.batch(|replica| {
            frames
                .iter()
                .try_for_each(|frame| session.handle_frame(replica, frame, &mut system.env()))
        });
        match taken {
            Ok(()) => {}
            // The relay says goodbye: why is told where it matters.
            Err(SessionError::Bye { code, message }) => {
                return Err(Ended::Lost(format!("{code}: {message}")));
            }
            Err(error) => return Err(fault(error)),
        }
        let mut events = Vec::new();
        while let Some(event) = session.poll_event() {
            if let Event::Refused {
                document,
                code,
                message,
            } = &event
            {
                let what = format!("refused in {document}, {code}: {message}");
                return Err(Ended::Fault(what));
            }
            events.push(event);
        }
        self.flush().await?;
        Ok(events)
    }

    /// Tells the relay of what was written here.
    pub(super) async fn tell(&mut self, list: &DocumentId) -> Result<(), Ended> {
        if let Some(line) = &mut self.line {
            line.session.notify_document(list);
        }
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        let Some(line) = &mut self.line else {
            return Ok(());
        };
        while let Some(frame) = line.session.poll_transmit(&self.replica).map_err(fault)? {
            line.socket
                .feed(Message::binary(frame))
                .await
                .map_err(lost)?;
        }
        line.socket.flush().await.map_err(lost)
    }
}

fn keys(of: Option<&Replica>, system: &mut System) -> Keyring {
    match of.and_then(|of| of.keys().identity.clone()) {
        Some(identity) => Keyring::of(identity, &mut system.env()),
        None => Keyring::generate(&mut system.env()),
    }
}
