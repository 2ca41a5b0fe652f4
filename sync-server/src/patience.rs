//! Connections that have to say what they want and to take what they asked for: a listener whose
//! connections end if no whole request head comes in time, or if what is sent is not taken.

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

/// A connection whose other side takes no bytes for so long is cut off.
const STALL_MAX: Duration = Duration::from_secs(30);

/// Accepts connections and gives each so long for its first request.
pub(crate) struct PatientListener {
    inner: TcpListener,
    patience: Duration,
    stall: Duration,
    room: Arc<Semaphore>,
}

impl PatientListener {
    /// `most`: how many connections may be open. Others wait until one is closed.
    pub(crate) fn new(inner: TcpListener, patience: Duration, most: usize) -> Self {
        let room = Arc::new(Semaphore::new(most));
        Self {
            inner,
            patience,
            stall: STALL_MAX,
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
            stall: self.stall,
            stalled: None,
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
    /// How long the other side may take no bytes.
    stall: Duration,
    /// When it has taken none for that long, while there are some for it.
    stalled: Option<Pin<Box<Sleep>>>,
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

impl Patient {
    /// Hands on what became of writing, unless nothing has been taken for too long.
    fn taken<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stall = self.stall;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(stall)));
        match stalled.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
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
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.taken(cx, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.taken(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn whoever_takes_nothing_is_cut_off() {
        let inner = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = inner.local_addr().unwrap();
        let mut listener = PatientListener {
            stall: Duration::from_millis(100),
            ..PatientListener::new(inner, Duration::from_secs(60), 8)
        };
        let mut idle = TcpStream::connect(address).await.unwrap();
        let (mut served, _) = listener.accept().await;
        let block = vec![7; 1 << 20];
        let error = loop {
            if let Err(error) = served.write_all(&block).await {
                break error;
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(served);

        // Whoever reads gets everything, however often it has to wait for more.
        let mut reader = TcpStream::connect(address).await.unwrap();
        let (mut served, _) = listener.accept().await;
        let writing = tokio::spawn(async move {
            for _ in 0..3 {
                served.write_all(&[1; 1 << 20]).await.unwrap();
                sleep(Duration::from_millis(150)).await;
            }
        });
        let mut got = Vec::new();
        reader.read_to_end(&mut got).await.unwrap();
        writing.await.unwrap();
        assert_eq!(got.len(), 3 << 20);
        idle.shutdown().await.unwrap();
    }
}
