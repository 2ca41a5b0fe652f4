//! The engine's thread, one batch at a time.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::*;
use crate::flow::Flow;
use futures_util::FutureExt as _;
use poo_core::document::DocumentId;
use poo_core::model::{Answer, Command, NewTask, Outcome as Done, Query};
use poo_core::sync::Packer;
use poo_core::sync::SessionError;

fn worker() -> Worker {
    worker_with(Replica::in_memory, Packing::new().0)
}

fn worker_with(
    open: impl FnOnce(Keyring) -> Result<Replica, OpenError>,
    packing: Packing,
) -> Worker {
    let mut system = System::new().unwrap();
    let keys = Keyring::generate(&mut system.env());
    let share = Share {
        connections: 2,
        frames_per_second: 1_000,
    };
    Worker::new(
        open(keys).unwrap(),
        Admission::Open,
        poo_core::sync::FILE_QUOTA_DEFAULT,
        share,
        Box::new(system),
        packing,
    )
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
        let joined = Joined::default();
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
        assert!(joined.get().is_some());
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

    fn take(&mut self, worker: &mut Worker, frame: &[u8]) -> Result<(), SessionError> {
        let (session, system) = (&mut self.session, &mut worker.system);
        self.replica
            .batch(|replica| session.handle_frame(replica, frame, &mut system.env()))
    }

    /// Takes in what waits for the socket. False if nothing did.
    fn hear(&mut self, worker: &mut Worker) -> bool {
        let mut any = false;
        while let Ok(frame) = self.frames.try_recv() {
            any = true;
            self.heard += 1;
            self.take(worker, &frame).unwrap();
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

#[test]
fn one_identity_has_only_so_many_connections() {
    let worker = &mut worker();
    let keys = Keyring::generate(&mut worker.system.env());
    let identity = keys.identity.clone().unwrap();
    let device = |worker: &mut Worker| Keyring::of(identity.clone(), &mut worker.system.env());
    let first = device(worker);
    let _first = Client::join_with(worker, 1, first);
    let second = device(worker);
    let mut second = Client::join_with(worker, 2, second);

    let third = device(worker);
    let mut replica = Replica::in_memory(third).unwrap();
    replica.found("Sam", &mut worker.system.env()).unwrap();
    let (output, frames) = mpsc::channel(OUTPUTS_MAX);
    let joined = Joined::default();
    let open = Input::Open {
        ticket: None,
        id: 3,
        output,
        joined: Arc::clone(&joined),
    };
    worker.process(&mut vec![open]);
    let session = Session::client(&replica, None, &mut worker.system.env());
    let mut third = Client {
        id: 3,
        replica,
        session,
        frames,
        heard: 0,
    };
    let challenge = third.frames.try_recv().unwrap();
    third.take(worker, &challenge).unwrap();
    third.speak(worker);
    let goodbye = third.frames.try_recv().unwrap();
    let ended = third.take(worker, &goodbye).unwrap_err();
    assert_eq!(ended.code(), "too-many");
    assert!(joined.get().is_none());
    assert!(third.frames.is_closed());

    // The others go on, and somebody else is let in; so is the third once there is a place.
    second.session.watch_box([0; 16]).unwrap();
    second.talk(worker);
    Client::join(worker, 4);
    worker.process(&mut vec![Input::Closed { id: 1 }]);
    let third = device(worker);
    Client::join_with(worker, 5, third);
}

/// How many transactions are in the log beside a database: the frames of pages that end one.
fn commits(database: &Path) -> usize {
    const HEADER: usize = 32;
    const FRAME: usize = 24;
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    let log = std::fs::read(path).unwrap();
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let page = number(8) as usize;
    let salt = &log[16..24];
    let mut at = HEADER;
    let mut count = 0;
    // What was there before the log began anew has another salt.
    while at + FRAME + page <= log.len() && &log[at + 8..at + 16] == salt {
        count += usize::from(number(at + 4) != 0);
        at += FRAME + page;
    }
    count
}

/// A relay on disk, and people with a list each, all in sync.
fn people(folder: &Path, count: u64) -> (Worker, Vec<(Client, DocumentId)>) {
    let path = folder.join("relay.db");
    let mut worker = worker_with(|keys| Replica::open(&path, keys), Packing::new().0);
    let join = |id| {
        let mut client = Client::join(&mut worker, id);
        let title = "Plans".to_owned();
        let made = client
            .replica
            .execute(&Command::CreateList { title }, &mut worker.system.env());
        let Done::List { list } = made.unwrap() else {
            panic!("no list")
        };
        client.session.notify_document(&list);
        client.talk(&mut worker);
        assert!(client.session.is_in_sync());
        (client, list)
    };
    let all = (1..=count).map(join).collect();
    (worker, all)
}

/// What the clients have to say, as it comes to the engine when they all say it at once.
fn gather(worker: &mut Worker, all: &mut [(Client, DocumentId)]) -> Vec<Input> {
    let mut batch = Vec::new();
    for (client, list) in all {
        client.write(worker, *list, 1);
        let flow = Flow::new().connection();
        while let Some(frame) = client.session.poll_transmit(&client.replica).unwrap() {
            let passage = flow.passage(frame.len()).now_or_never();
            let passage = passage.flatten().unwrap();
            let id = client.id;
            batch.push(Input::Frame { id, frame, passage });
        }
    }
    batch
}

#[test]
fn frames_of_many_connections_share_one_commit() {
    let folder = tempfile::tempdir().unwrap();
    let (mut worker, mut all) = people(folder.path(), 20);
    let worker = &mut worker;
    let database = folder.path().join("relay.db");
    let mut batch = gather(worker, &mut all);
    assert_eq!(batch.len(), 20);
    let before = commits(&database);
    worker.process(&mut batch);
    assert_eq!(commits(&database), before + 1);
    for (client, _) in &mut all {
        assert!(!client.session.is_in_sync());
        client.talk(worker);
        assert!(client.session.is_in_sync());
    }
}

#[test]
fn nobody_hears_of_what_was_not_committed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut worker, mut all) = people(folder.path(), 3);
    let worker = &mut worker;
    let mut batch = gather(worker, &mut all);
    // The last of them says something that the database cannot take.
    let (unlucky, _) = all.last_mut().unwrap();
    unlucky.session.put_box([0; 16], vec![1]).unwrap();
    let frame = unlucky.session.poll_transmit(&unlucky.replica).unwrap();
    let frame = frame.unwrap();
    let passage = Flow::new().connection().passage(0).now_or_never();
    let passage = passage.flatten().unwrap();
    let id = unlucky.id;
    batch.push(Input::Frame { id, frame, passage });
    let database = folder.path().join("relay.db");
    let other = rusqlite::Connection::open(&database).unwrap();
    other.execute_batch("DROP TABLE box").unwrap();
    let before = commits(&database);
    worker.process(&mut batch);
    assert_eq!(commits(&database), before);
    for (client, _) in &mut all {
        // No acknowledgement came, and the connection ends.
        assert!(client.frames.try_recv().is_err());
        assert!(client.frames.is_closed());
    }
}

#[test]
fn a_frame_is_made_once_for_all_its_receivers() {
    let mut worker = worker();
    worker.identities = Identities::new(Share {
        connections: 20,
        frames_per_second: 1_000,
    });
    let worker = &mut worker;
    let mut writer = Client::join(worker, 1);
    let title = "Plans".to_owned();
    let made = writer
        .replica
        .execute(&Command::CreateList { title }, &mut worker.system.env());
    let Done::List { list } = made.unwrap() else {
        panic!("no list")
    };
    writer.session.notify_document(&list);
    writer.talk(worker);
    let identity = writer.replica.keys().identity.clone().unwrap();
    let mut readers: Vec<Client> = (2..12)
        .map(|id| {
            let keys = Keyring::of(identity.clone(), &mut worker.system.env());
            let mut reader = Client::join_with(worker, id, keys);
            reader.talk(worker);
            reader
        })
        .collect();
    for _ in 0..3 {
        for reader in &mut readers {
            reader.talk(worker);
        }
        writer.talk(worker);
    }
    for round in 1..=3 {
        let before = (worker.fanout.made(), worker.fanout.reused());
        writer.write(worker, list, 1);
        writer.talk(worker);
        let frames: Vec<Vec<u8>> = readers
            .iter_mut()
            .map(|reader| reader.frames.try_recv().unwrap())
            .collect();
        assert!(frames.iter().all(|frame| *frame == frames[0]));
        let after = (worker.fanout.made(), worker.fanout.reused());
        assert_eq!((after.0 - before.0, after.1 - before.1), (1, 9));
        for (reader, frame) in readers.iter_mut().zip(frames) {
            reader.take(worker, &frame).unwrap();
            assert!(reader.frames.is_empty());
            assert_eq!(reader.tasks(worker, list), Some(round));
        }
    }
}

#[test]
fn a_revoked_device_hears_no_more_on_the_connection_that_it_has() {
    let worker = &mut worker();
    let mut laptop = Client::join(worker, 1);
    let title = "Plans".to_owned();
    let made = (laptop.replica).execute(&Command::CreateList { title }, &mut worker.system.env());
    let Done::List { list } = made.unwrap() else {
        panic!("no list")
    };
    laptop.session.notify_document(&list);
    laptop.talk(worker);
    let identity = laptop.replica.keys().identity.clone().unwrap();
    let keys = Keyring::of(identity, &mut worker.system.env());
    let mut phone = Client::join_with(worker, 2, keys);
    phone.talk(worker);
    laptop.talk(worker);
    phone.talk(worker);
    assert_eq!(phone.tasks(worker, list), Some(0));

    let Ok(Answer::Identity(me)) = phone.replica.query(&Query::Whoami, worker.system.env().now)
    else {
        panic!("it does not know itself")
    };
    let revoke = Command::RevokeDevice { device: me.device };
    let revoked = laptop.replica.execute(&revoke, &mut worker.system.env());
    assert!(matches!(revoked.unwrap(), Done::Done { changed: true }));
    let space = laptop.replica.space_id();
    laptop.session.notify_document(&space);
    laptop.talk(worker);
    laptop.write(worker, list, 1);
    laptop.talk(worker);
    let mut ended = None;
    while let Ok(frame) = phone.frames.try_recv() {
        assert_eq!(ended, None, "something after the last word");
        ended = (phone.take(worker, &frame).err()).map(|error| error.code().to_owned());
    }
    assert_eq!(ended.as_deref(), Some("bad-device"));
    assert!(phone.frames.is_closed());
    assert_eq!(phone.tasks(worker, list), Some(0));
}
