//! The engine's thread, one batch at a time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::*;
use crate::flow::Flow;
use futures_util::FutureExt as _;
use poo_core::model::{Answer, Command, NewTask, Outcome as Done, Query};
use poo_core::sync::Packer;

fn worker() -> Worker {
    worker_with(Replica::in_memory, Packing::new().0)
}

fn worker_with(
    open: impl FnOnce(Keyring) -> Result<Replica, OpenError>,
    packing: Packing,
) -> Worker {
    let mut system = System::new().unwrap();
    let keys = Keyring::generate(&mut system.env());
    Worker {
        replica: open(keys).unwrap(),
        admission: Admission::Open,
        file_quota: poo_core::sync::FILE_QUOTA_DEFAULT,
        system,
        sessions: BTreeMap::new(),
        packing,
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
        Self::join_with(worker, id, keys)
    }

    fn join_with(worker: &mut Worker, id: ConnectionId, keys: Keyring) -> Self {
        let mut replica = Replica::in_memory(keys).unwrap();
        replica.found("Sam", &mut worker.system.env()).unwrap();
        let session = Session::client(&replica, None, &mut worker.system.env());
        let (output, frames) = mpsc::channel(OUTPUTS_MAX);
        let joined = Arc::new(AtomicBool::new(false));
        let open = Input::Open {
            ticket: None,
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
        client.talk(worker);
        assert!(joined.load(Ordering::Relaxed));
        client
    }

    /// Until neither side has anything to say.
    fn talk(&mut self, worker: &mut Worker) {
        self.speak(worker);
        while self.hear(worker) {
            self.speak(worker);
        }
    }

    /// Writes tasks to a list, in one go.
    fn write(&mut self, worker: &mut Worker, list: DocumentId, tasks: usize) {
        let system = &mut worker.system;
        self.replica
            .batch(|replica| {
                for n in 0..tasks {
                    let title = format!("Task {n}");
                    let task = NewTask {
                        title,
                        ..NewTask::default()
                    };
                    replica
                        .execute(&Command::CreateTask { list, task }, &mut system.env())
                        .unwrap();
                }
                Ok::<_, StoreError>(())
            })
            .unwrap();
        self.session.notify_document(&list);
    }

    /// How many tasks of a list have arrived; `None`: not even the list.
    fn tasks(&self, worker: &mut Worker, list: DocumentId) -> Option<u64> {
        let now = worker.system.env().now;
        match self.replica.query(&Query::List { list }, now) {
            Ok(Answer::List(list)) => Some(list.total),
            Ok(other) => panic!("{other:?}"),
            Err(_) => None,
        }
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

/// A list that is long enough to be packed, written by somebody with one device; another of theirs
/// has just connected. The jobs come out of the receiver, and nobody is there to do them.
struct Waiting {
    folder: tempfile::TempDir,
    worker: Worker,
    jobs: std::sync::mpsc::Receiver<DocumentId>,
    list: DocumentId,
    writer: Client,
    waits: Client,
}

impl Waiting {
    const TASKS: usize = 2_050;

    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (packing, jobs) = Packing::new();
        let path = folder.path().join("relay.db");
        let mut worker = worker_with(|keys| Replica::open(&path, keys), packing);
        worker
            .replica
            .begin_epoch(&mut worker.system.env())
            .unwrap();
        let mut writer = Client::join(&mut worker, 1);
        let title = "Long".to_owned();
        let made = writer
            .replica
            .execute(&Command::CreateList { title }, &mut worker.system.env());
        let Done::List { list } = made.unwrap() else {
            panic!("no list")
        };
        writer.write(&mut worker, list, Self::TASKS);
        writer.talk(&mut worker);
        let identity = writer.replica.keys().identity.clone().unwrap();
        let keys = Keyring::of(identity, &mut worker.system.env());
        let mut waits = Client::join_with(&mut worker, 2, keys);
        waits.talk(&mut worker);
        assert_eq!(jobs.try_recv(), Ok(list));
        assert_eq!(waits.tasks(&mut worker, list), None);
        Self {
            folder,
            worker,
            jobs,
            list,
            writer,
            waits,
        }
    }

    fn packed(&mut self, packed: Result<poo_core::sync::Packed, StoreError>) {
        let document = self.list;
        let outcome = Outcome { document, packed };
        self.worker
            .process(&mut vec![Input::Packed(Box::new(outcome))]);
        self.waits.talk(&mut self.worker);
    }
}

#[test]
fn others_are_served_while_a_document_is_packed() {
    let mut all = Waiting::new();
    let (worker, list) = (&mut all.worker, all.list);
    // As the thread would: from here on what it packs is what is committed now.
    let packer = Packer::open(&all.folder.path().join("relay.db")).unwrap();
    let packed = packer.pack(&list);

    // Somebody else gets an answer, and the list itself goes on.
    let mut quick = Client::join(worker, 3);
    quick.session.watch_box([0; 16]).unwrap();
    let heard = quick.heard;
    quick.talk(worker);
    assert_eq!(quick.heard, heard + 1);
    all.writer.write(worker, list, 600);
    all.writer.talk(worker);
    assert!(all.writer.session.is_in_sync());
    // The one that waits is not told that it has everything, and the work is not asked for twice.
    all.waits.talk(worker);
    assert!(!all.waits.session.is_in_sync());
    assert!(all.jobs.try_recv().is_err());

    // Too much has come meanwhile: it is packed again, and what comes then goes behind it.
    all.packed(packed);
    assert_eq!(all.waits.tasks(&mut all.worker, list), None);
    assert_eq!(all.jobs.try_recv(), Ok(list));
    let packed = packer.pack(&list);
    all.writer.write(&mut all.worker, list, 3);
    all.writer.talk(&mut all.worker);
    all.packed(packed);
    let there = all.waits.tasks(&mut all.worker, list);
    assert_eq!(there, Some(Waiting::TASKS as u64 + 603));
    assert!(all.waits.session.is_in_sync());
    assert!(all.jobs.try_recv().is_err());
}

#[test]
fn what_cannot_be_packed_goes_out_change_by_change() {
    let mut all = Waiting::new();
    all.packed(Err(StoreError::Busy));
    let there = all.waits.tasks(&mut all.worker, all.list);
    assert_eq!(there, Some(Waiting::TASKS as u64));
    assert!(all.waits.session.is_in_sync());
    assert!(all.jobs.try_recv().is_err());
}
