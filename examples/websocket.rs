//! Opens websockets for samod.

use core::convert::Infallible;

use futures_util::future::{self, BoxFuture};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use samod::{DialError, Dialer, Transport};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{Error, Message};
use url::Url;

/// Connects samod to an address, and again whenever the connection is lost. Its own dialer would
/// bring a second TLS library.
#[derive(Debug)]
pub struct Websocket(pub Url);

impl Dialer for Websocket {
    type Error = Infallible;

    fn url(&self) -> Url {
        self.0.clone()
    }

    fn connect(&self) -> BoxFuture<'static, Result<Transport, DialError<Infallible>>> {
        let url = self.0.clone();
        async move {
            let (socket, _) = connect_async(url.as_str())
                .await
                .map_err(|error| DialError::TransientFailure(error.into()))?;
            let (sink, stream) = socket.split();
            let frames = stream.filter_map(|message| {
                future::ready(match message {
                    Ok(Message::Binary(bytes)) => Some(Ok(bytes.to_vec())),
                    Ok(_) => None,
                    Err(error) => Some(Err::<_, Error>(error)),
                })
            });
            let sink = sink.with(|bytes: Vec<u8>| {
                future::ready(Ok::<_, Error>(Message::Binary(bytes.into())))
            });
            Ok(Transport::new(frames.boxed(), Box::pin(sink)))
        }
        .boxed()
    }
}
