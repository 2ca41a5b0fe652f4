//! How soon what is written over HTTP is with who listens: a signed peer on a websocket, and a
//! client of the stream of events.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use poo_core::net::{self, Options};
use poo_core::replica::Replica;
use poo_core::sync::Event;
use serde_json::json;

use super::Shape;
use super::client::Tenant;
use crate::fixture::Outcomes;
use crate::processes::Relay;
use crate::table::{Table, Times};

/// Nothing takes so long unless it is lost.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two writes, so that one does not wait for the other.
const PAUSE: Duration = Duration::from_millis(20);

pub(super) fn measure(
    table: &mut Table,
    shape: Shape,
    relay: &Relay,
    tenant: &Tenant,
    owner: &mut Replica,
) -> Outcomes<()> {
    table.part("From a write over HTTP to those who listen, nothing else going on");
    let did = owner.relay_did()?;
    owner.set_relay(relay.url(), did)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (list, _) = tenant.lists.first().ok_or("no list")?;
    let (peer_told, peer) = channel();
    let (stream_told, stream) = channel();
    let (over, ended) = tokio::sync::oneshot::channel::<()>();
    std::thread::scope(|scope| -> Outcomes<()> {
        let watching = scope.spawn(move || {
            let options = Options::default();
            let note = |event: Event| {
                if matches!(event, Event::Changed { .. }) {
                    // Whoever measures may be done.
                    let _told = peer_told.send(Instant::now());
                }
            };
            let watched = net::watch(owner, &options, note, ended);
            runtime.block_on(watched).map_err(|error| error.to_string())
        });
        let listener = tenant.client();
        let listening = scope.spawn(move || {
            let heard = listener.listen("type=task.created", |_| {
                stream_told.send(Instant::now()).is_ok()
            });
            heard.map_err(|error| error.to_string())
        });
        let timed = times(shape, tenant, list, &peer, &stream);
        drop(stream);
        // One more, by which the listener finds that nobody wants to know.
        let last = json!({"list": list, "title": "The last"});
        let ended = tenant.client().ask("POST", "tasks", Some(&last));
        let _asked = over.send(());
        let watched = watching.join().map_err(|_| "the peer panicked")?;
        let listened = listening.join().map_err(|_| "the listener panicked")?;
        let [answer, peer, stream] = timed?;
        ended?;
        watched?;
        listened?;
        table.tail("the write is answered", &answer);
        table.tail("a signed peer has it, on its disk", &peer);
        table.tail("a client of the stream of events has it", &stream);
        Ok(())
    })
}

/// Waits until both are there, then writes again and again.
fn times(
    shape: Shape,
    tenant: &Tenant,
    list: &str,
    peer: &Receiver<Instant>,
    stream: &Receiver<Instant>,
) -> Outcomes<[Times; 3]> {
    let client = tenant.client();
    // The stream says when it begins.
    stream.recv_timeout(PATIENCE)?;
    let mut all = [(); 3].map(|()| Vec::with_capacity(shape.writes));
    for number in 0..=shape.writes {
        let task = json!({"list": list, "title": format!("Write {number}")});
        let begun = Instant::now();
        client.ask("POST", "tasks", Some(&task))?;
        let answered = begun.elapsed();
        let [at_peer, at_stream] = [peer, stream].map(|told| told.recv_timeout(PATIENCE));
        let [at_peer, at_stream] = [at_peer?, at_stream?];
        std::thread::sleep(PAUSE);
        // Before the first one the peer may still be catching up, which is no arrival.
        while peer.try_recv().is_ok() {}
        if number == 0 {
            continue;
        }
        for (times, took) in all.iter_mut().zip([
            answered,
            at_peer.duration_since(begun),
            at_stream.duration_since(begun),
        ]) {
            times.push(took);
        }
    }
    Ok(all.map(Times::from_all))
}
