//! Connections that have to say what they want: a listener whose connections end if no whole
//! request head comes in time.

use std::future::Future as _;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};

/// What ends the head of a request.
const HEAD_END: [u8; 4] = *b"\r\n\r\n";

/// Accepts connections and gives each so long for its first request.
pub(crate) struct PatientListener {
    inner: TcpListener,
    patience: Duration,
    room: Arc<Semaphore>,
}

impl PatientListener {
    /// `most`: how many connections may be open. Others wait until one is closed.
    pub(crate) fn new(inner: TcpListener, patience: Duration, most: usize) -> Self {
        let room = Arc::new(Semaphore::new(most));
        Self {
            inner,
            patience,
            room,
        }
    }
}

impl Listener for PatientListener {
    type Io = Patient;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Patient, SocketAddr) {
        // Nobody closes it.
        let room = Arc::clone(&self.room).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.inner).await;
        // A small frame behind another one would wait for the receiver's acknowledgement, which
        // takes its time.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection gathers what is small");
        }
        let patient = Patient {
            stream,
            deadline: Some(Box::pin(sleep(self.patience))),
            ending: 0,
            _room: room,
        };
        (patient, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

/// A connection, with the time that is left for the head of its first request.
pub(crate) struct Patient {
    stream: TcpStream,
    /// Gone once the head has come: what follows has deadlines of its own.
    deadline: Option<Pin<Box<Sleep>>>,
    /// How many bytes of a head's end came last.
    ending: usize,
    _room: Option<OwnedSemaphorePermit>,
}

impl Patient {
    fn look_at(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if HEAD_END.get(self.ending) == Some(byte) {
                self.ending += 1;
            } else {
                self.ending = usize::from(HEAD_END.first() == Some(byte));
            }
            if self.ending == HEAD_END.len() {
                self.deadline = None;
                return;
            }
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(deadline) = &mut self.deadline
            && deadline.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if self.deadline.is_some() {
            let fresh = buf.filled().get(before..).unwrap_or_default();
            self.look_at(fresh);
        }
        read
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
