//! One websocket connection: frames to the engine and back, within bounds of time and size.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::engine::{ConnectionId, Input, OUTPUTS_MAX};

/// A client that does not join in time is cut off.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a silent client is asked for a sign of life.
const PING_INTERVAL: Duration = Duration::from_secs(20);
/// A client that has not been heard of for so long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// A socket that takes no bytes for so long is cut off; its client is caught up when it is back.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves one connection until it ends.
pub(crate) async fn serve(
    socket: WebSocket,
    id: ConnectionId,
    engine: mpsc::Sender<Input>,
    mut stop: watch::Receiver<bool>,
) {
    let (output, mut frames) = mpsc::channel(OUTPUTS_MAX);
    if engine.send(Input::Open { id, output }).await.is_err() {
        return;
    }
    let (mut sink, mut stream) = socket.split();
    let mut pings = interval(PING_INTERVAL);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let opened = Instant::now();
    let mut heard = opened;
    let mut joined = false;
    let reason = loop {
        tokio::select! {
            frame = frames.recv() => match frame {
                Some(frame) => {
                    if !write(&mut sink, Message::Binary(frame.into())).await {
                        break None;
                    }
                    // The queue is empty now: the engine may have held something back.
                    if frames.is_empty() && engine.send(Input::Room { id }).await.is_err() {
                        break Some((close_code::AWAY, "the relay stops"));
                    }
                }
                None => break Some((close_code::POLICY, "the session ended")),
            },
            message = stream.next() => match message {
                Some(Ok(Message::Binary(frame))) => {
                    heard = Instant::now();
                    joined = true;
                    if engine.send(Input::Frame { id, frame: frame.into() }).await.is_err() {
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
                if !joined && opened.elapsed() > HANDSHAKE_TIMEOUT {
                    break Some((close_code::POLICY, "nobody joined in time"));
                }
                if heard.elapsed() > SILENCE_MAX {
                    break None;
                }
                if !write(&mut sink, Message::Ping(Vec::new().into())).await {
                    break None;
                }
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
            if !write(&mut sink, Message::Binary(frame.into())).await {
                return;
            }
        }
        let close = CloseFrame {
            code,
            reason: reason.into(),
        };
        write(&mut sink, Message::Close(Some(close))).await;
    }
}

/// Done when the relay stops, or has gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        tracing::debug!("the server has gone");
    }
}

async fn write(sink: &mut SplitSink<WebSocket, Message>, message: Message) -> bool {
    matches!(timeout(WRITE_TIMEOUT, sink.send(message)).await, Ok(Ok(())))
}
