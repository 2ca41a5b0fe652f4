//! One websocket connection: frames to the engine and back, within bounds of time and size.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use poo_core::replica::Ticket;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::engine::{ConnectionId, Input, Joined, OUTPUTS_MAX};
use crate::flow::ConnectionFlow;

/// How often a silent client is asked for a sign of life.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// A client that has not been heard of for so long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// A socket that takes no bytes for so long is cut off; its client is caught up when it is back.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// What a connection waits for the clock for.
#[derive(PartialEq, Eq)]
enum Timed {
    /// A client that has to join.
    Handshake,
    /// An identity that has sent more than its share: it is read no further until then.
    Pause,
    Nothing,
}

/// What a connection needs to reach the engine.
pub(crate) struct Line {
    pub(crate) id: ConnectionId,
    pub(crate) engine: mpsc::Sender<Input>,
    pub(crate) flow: ConnectionFlow,
    /// What the client shows where it cannot sign.
    pub(crate) ticket: Option<Ticket>,
    /// A client that has not joined after so long is cut off.
    pub(crate) handshake_timeout: Duration,
    /// Its place among all connections.
    pub(crate) room: OwnedSemaphorePermit,
}

/// Serves one connection until it ends.
pub(crate) async fn serve(mut socket: WebSocket, line: Line, mut stop: watch::Receiver<bool>) {
    let Line {
        id,
        engine,
        flow,
        ticket,
        handshake_timeout,
        room: _room,
    } = line;
    let (output, mut frames) = mpsc::channel(OUTPUTS_MAX);
    let joined = Joined::default();
    let open = Input::Open {
        id,
        output,
        joined: Arc::clone(&joined),
        ticket,
    };
    if engine.send(open).await.is_err() {
        return;
    }
    // One clock for both: who has not joined sends nothing that counts.
    let timer = sleep(handshake_timeout);
    tokio::pin!(timer);
    let mut timed = Timed::Handshake;
    let mut pings = interval(PING_INTERVAL);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    let reason = loop {
        tokio::select! {
            frame = frames.recv() => match frame {
                Some(frame) => {
                    if !write(&mut socket, Message::Binary(frame.into())).await {
                        break None;
                    }
                    // The queue is empty now: the engine may have held something back.
                    if frames.is_empty() && engine.send(Input::Room { id }).await.is_err() {
                        break Some((close_code::AWAY, "the relay stops"));
                    }
                }
                None => break Some((close_code::POLICY, "the session ended")),
            },
            message = socket.recv(), if timed != Timed::Pause => match message {
                Some(Ok(Message::Binary(frame))) => {
                    heard = Instant::now();
                    // Who sends more than their share is read again once that is made up.
                    if let Some(identity) = joined.get() {
                        let wait = identity.spend(frame.len(), heard);
                        if !wait.is_zero() {
                            timer.as_mut().reset(heard + wait);
                            timed = Timed::Pause;
                        }
                    }
                    // Who sends faster than the engine takes in is not read any further.
                    let Some(passage) = flow.passage(frame.len()).await else {
                        break Some((close_code::AWAY, "the relay stops"));
                    };
                    let frame = Input::Frame { id, frame: frame.into(), passage };
                    if engine.send(frame).await.is_err() {
                        break Some((close_code::AWAY, "the relay stops"));
                    }
                }
                Some(Ok(Message::Text(_))) => {
                    break Some((close_code::UNSUPPORTED, "frames are binary"));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => heard = Instant::now(),
                Some(Ok(Message::Close(_))) | None => break None,
                Some(Err(error)) => {
                    tracing::debug!(connection = id, %error, "the connection broke");
                    break Some((close_code::SIZE, "a frame was too large or broken"));
                }
            },
            _ = pings.tick() => {
                if timed != Timed::Pause && heard.elapsed() > SILENCE_MAX {
                    break None;
                }
                if !write(&mut socket, Message::Ping(Vec::new().into())).await {
                    break None;
                }
            }
            () = &mut timer, if timed != Timed::Nothing => {
                if timed == Timed::Handshake && joined.get().is_none() {
                    break Some((close_code::POLICY, "nobody joined in time"));
                }
                timed = Timed::Nothing;
                heard = Instant::now();
            }
            () = stopped(&mut stop) => break Some((close_code::AWAY, "the relay stops")),
        }
    };
    if engine.send(Input::Closed { id }).await.is_err() {
        tracing::debug!(connection = id, "the engine has ended");
    }
    if let Some((code, reason)) = reason {
        // What the engine said last, a goodbye with its reason, goes out first.
        while let Ok(frame) = frames.try_recv() {
            if !write(&mut socket, Message::Binary(frame.into())).await {
                return;
            }
        }
        let close = CloseFrame {
            code,
            reason: reason.into(),
        };
        write(&mut socket, Message::Close(Some(close))).await;
    }
}

/// Done when the relay stops, or has gone.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        tracing::debug!("the server has gone");
    }
}

async fn write(socket: &mut WebSocket, message: Message) -> bool {
    matches!(
        timeout(WRITE_TIMEOUT, socket.send(message)).await,
        Ok(Ok(()))
    )
}
