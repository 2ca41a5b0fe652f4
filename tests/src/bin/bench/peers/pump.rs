//! A websocket that is read and written all the time, by a task of its own: some servers cut off
//! whoever does not answer a ping at once, whatever else goes on there.

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::Failed;

/// Both ends of what the task carries. Dropped, it closes the connection.
pub(crate) struct Pump {
    out: mpsc::UnboundedSender<Vec<u8>>,
    frames: mpsc::UnboundedReceiver<Result<Vec<u8>, String>>,
    task: JoinHandle<()>,
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

impl Pump {
    pub(crate) async fn connect(request: impl IntoClientRequest + Unpin) -> Result<Self, Failed> {
        let config = WebSocketConfig::default()
            .read_buffer_size(8 * 1024)
            .max_message_size(None)
            .max_frame_size(None);
        let (mut socket, _) = connect_async_with_config(request, Some(config), true).await?;
        let (out, mut orders) = mpsc::unbounded_channel::<Vec<u8>>();
        let (told, frames) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let ended = loop {
                tokio::select! {
                    order = orders.recv() => {
                        let Some(frame) = order else { break None };
                        if let Err(error) = socket.send(Message::binary(frame)).await {
                            break Some(error.to_string());
                        }
                    }
                    message = socket.next() => match message {
                        Some(Ok(Message::Binary(frame))) => {
                            if told.send(Ok(frame.into())).is_err() {
                                break None;
                            }
                        }
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                            // The answer to a ping waits for the next thing that is written.
                            if let Err(error) = socket.flush().await {
                                break Some(error.to_string());
                            }
                        }
                        Some(Ok(other)) => break Some(format!("it said {other:?}")),
                        Some(Err(error)) => break Some(error.to_string()),
                        None => break Some("it closed the connection".to_owned()),
                    },
                }
            };
            if let Some(why) = ended {
                // Nobody may be waiting any longer.
                let _told = told.send(Err(why));
            }
        });
        Ok(Self {
            out,
            frames,
            task,
            sent: 0,
            received: 0,
        })
    }

    pub(crate) fn send(&mut self, frame: Vec<u8>) -> Result<(), Failed> {
        self.sent += frame.len() as u64;
        Ok(self.out.send(frame).map_err(|_| "the connection ended")?)
    }

    pub(crate) async fn next(&mut self) -> Result<Vec<u8>, Failed> {
        let frame = self.frames.recv().await.ok_or("the connection ended")??;
        self.received += frame.len() as u64;
        Ok(frame)
    }

    /// Waits for a frame, and takes with it what else is there.
    pub(crate) async fn some(&mut self) -> Result<Vec<Vec<u8>>, Failed> {
        let mut frames = vec![self.next().await?];
        while let Ok(frame) = self.frames.try_recv() {
            let frame = frame?;
            self.received += frame.len() as u64;
            frames.push(frame);
        }
        Ok(frames)
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        self.task.abort();
    }
}
