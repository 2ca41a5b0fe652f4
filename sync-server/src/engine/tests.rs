//! The engine's thread, one batch at a time.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::flow::Flow;
use futures_util::FutureExt as _;

fn worker() -> Worker {
    let mut system = System::new().unwrap();
    let keys = Keyring::generate(&mut system.env());
    Worker {
        replica: Replica::in_memory(keys).unwrap(),
        admission: Admission::Open,
        file_quota: poo_core::sync::FILE_QUOTA_DEFAULT,
        system,
        sessions: BTreeMap::new(),
    }
}

/// A client of the worker, whose socket hands on only what the test asks for.
struct Client {
    id: ConnectionId,
    replica: Replica,
    session: Session,
    frames: mpsc::Receiver<Vec<u8>>,
    heard: usize,
}

impl Client {
    /// Connects and shakes hands.
    fn join(worker: &mut Worker, id: ConnectionId) -> Self {
        let keys = Keyring::generate(&mut worker.system.env());
        let mut replica = Replica::in_memory(keys).unwrap();
        replica.found("Sam", &mut worker.system.env()).unwrap();
        let session = Session::client(&replica, None, &mut worker.system.env());
        let (output, frames) = mpsc::channel(OUTPUTS_MAX);
        let joined = Arc::new(AtomicBool::new(false));
        let open = Input::Open {
            id,
            output,
            joined: Arc::clone(&joined),
        };
        worker.process(&mut vec![open]);
        let mut client = Self {
            id,
            replica,
            session,
            frames,
            heard: 0,
        };
        while client.hear(worker) {
            client.speak(worker);
        }
        assert!(joined.load(Ordering::Relaxed));
        client
    }

    /// Hands everything that the client has to say to the worker.
    fn speak(&mut self, worker: &mut Worker) {
        let flow = Flow::new().connection();
        while let Some(frame) = self.session.poll_transmit(&self.replica).unwrap() {
            let passage = flow.passage(frame.len()).now_or_never();
            let passage = passage.flatten().unwrap();
            let id = self.id;
            worker.process(&mut vec![Input::Frame { id, frame, passage }]);
        }
    }

    /// Takes in what waits for the socket. False if nothing did.
    fn hear(&mut self, worker: &mut Worker) -> bool {
        let mut any = false;
        while let Ok(frame) = self.frames.try_recv() {
            any = true;
            self.heard += 1;
            let (session, system) = (&mut self.session, &mut worker.system);
            self.replica
                .batch(|replica| session.handle_frame(replica, &frame, &mut system.env()))
                .unwrap();
        }
        worker.process(&mut vec![Input::Room { id: self.id }]);
        any || !self.frames.is_empty()
    }
}

#[test]
fn a_slow_reader_holds_a_few_frames_and_up_nobody() {
    let worker = &mut worker();
    let mut slow = Client::join(worker, 1);
    let mut quick = Client::join(worker, 2);
    let before = slow.heard;
    for point in 0..40 {
        slow.session.watch_box([point; 16]).unwrap();
        slow.speak(worker);
        assert!(slow.frames.len() <= OUTPUTS_MAX);
    }
    assert_eq!(slow.frames.len(), OUTPUTS_MAX);
    quick.session.watch_box([0; 16]).unwrap();
    let heard = quick.heard;
    quick.speak(worker);
    quick.hear(worker);
    assert_eq!(quick.heard, heard + 1);
    // What was held back comes once the socket has room.
    while slow.hear(worker) {}
    assert_eq!(slow.heard, before + 40);
}
