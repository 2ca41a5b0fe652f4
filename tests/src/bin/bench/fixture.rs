//! A large list, made by the engine itself: people with two devices each who write offline and
//! sync through a relay. Kept below the target folder, since making it takes minutes.

use std::error::Error;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use poo_core::document::DocumentId;
use poo_core::identity::{Did, KeyFile, Keys};
use poo_core::membership::Role;
use poo_core::model::{Command, MovePlace, NewTask, Outcome, Priority, TaskId, TaskPatch};
use poo_core::replica::{Env, Keyring, Link, Replica};
use poo_core::sync::{Admission, Session};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

pub(crate) type Outcomes<T> = Result<T, Box<dyn Error>>;

/// Raise it when the fixture is made in another way.
const VERSION: u32 = 1;
const PEOPLE: usize = 10;
pub(crate) const ACTORS: usize = 2 * PEOPLE;
const ROUNDS: usize = 25;
const CHANGES_PER_ITEM: usize = 5;
/// The address in the fixture's databases; a measurement that connects sets its own.
pub(crate) const NOWHERE: &str = "ws://127.0.0.1:1";

/// Time and randomness from a seed.
pub(crate) struct Moment {
    rng: ChaCha20Rng,
    now_ms: i64,
}

impl Moment {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha20Rng::seed_from_u64(seed),
            now_ms: 1_790_000_000_000,
        }
    }

    pub(crate) fn env(&mut self) -> Env<'_> {
        self.now_ms += 100;
        Env {
            now: self.now(),
            rng: &mut self.rng,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms).unwrap_or_default()
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.rng.next_u64() % (limit.max(1) as u64)).unwrap_or_default()
    }
}

/// Where the finished fixture is, and what is in it.
pub(crate) struct Fixture {
    folder: PathBuf,
    pub(crate) list: DocumentId,
    pub(crate) items: usize,
}

/// The parts of it: folders with keys and a database.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    /// Whoever made the list.
    Owner,
    /// An editor.
    Editor,
    Relay,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Editor => "editor",
            Self::Relay => "relay",
        }
    }

    fn database(self) -> &'static str {
        match self {
            Self::Relay => "relay.db",
            _ => "poo.db",
        }
    }
}

impl Fixture {
    /// The fixture, made where it is not there yet.
    pub(crate) fn get(target: &Path, items: usize) -> Outcomes<Self> {
        let name = format!("fixture-{VERSION}-{items}-{:016x}", version());
        let folder = target.join(name);
        let list = made_once(&folder, || {
            eprintln!("making a list of {items} items in {}", folder.display());
            make(&folder, items)
        })?;
        Ok(Self {
            folder,
            list,
            items,
        })
    }

    /// The same list in a replica that holds many more, made where it is not there yet. The
    /// editor of the list is the one of the list alone.
    pub(crate) fn among_many(&self) -> Outcomes<Self> {
        let mut folder = self.folder.clone().into_os_string();
        folder.push(format!("-many-{}", super::many::VERSION));
        let folder = PathBuf::from(folder);
        made_once(&folder, || {
            eprintln!("making many lists in {}", folder.display());
            self.copy(Part::Owner, &folder)?;
            self.copy(Part::Relay, &folder)?;
            self.copy(Part::Editor, &folder)?;
            super::many::make(&folder, self.list)?;
            Ok(self.list)
        })?;
        Ok(Self { folder, ..*self })
    }

    /// A copy of one part that a measurement may write to.
    pub(crate) fn copy(&self, part: Part, scratch: &Path) -> Outcomes<PathBuf> {
        copy(&self.folder, part, scratch)
    }
}

/// A copy of one part of what is in a folder.
pub(crate) fn copy(folder: &Path, part: Part, scratch: &Path) -> Outcomes<PathBuf> {
    let to = scratch.join(part.name());
    std::fs::create_dir_all(&to)?;
    for entry in std::fs::read_dir(folder.join(part.name()))? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(to)
}

/// Makes what belongs into a folder, where it is not there whole.
pub(crate) fn made_once(
    folder: &Path,
    make: impl FnOnce() -> Outcomes<DocumentId>,
) -> Outcomes<DocumentId> {
    let done = folder.join("list");
    if !done.exists() {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        std::fs::create_dir_all(folder)?;
        let list = make()?;
        std::fs::write(&done, list.to_string())?;
    }
    Ok(std::fs::read_to_string(&done)?.trim().parse()?)
}

/// Names all that decides whether a database from before is still one of today: its tables, and the
/// version of what is derived.
pub(crate) fn version() -> u64 {
    let derived = include_str!("../../../../core/src/store/derived/mod.rs");
    let version = derived
        .lines()
        .find(|line| line.contains("DERIVED_VERSION: i64"));
    let all = [
        include_str!("../../../../core/src/store/schema.sql"),
        include_str!("../../../../core/src/store/schema_2.sql"),
        include_str!("../../../../core/src/store/derived.sql"),
        version.unwrap_or_default(),
    ];
    fnv(&all.concat())
}

/// Opens a copy of a part.
pub(crate) fn open(folder: &Path, part: Part) -> Outcomes<Replica> {
    let keys = KeyFile::at(folder.join("keys")).load()?;
    Ok(Replica::open(&folder.join(part.database()), keys.into())?)
}

pub(crate) fn create(folder: &Path, part: Part, keys: Keyring) -> Outcomes<Replica> {
    let folder = folder.join(part.name());
    std::fs::create_dir_all(&folder)?;
    KeyFile::at(folder.join("keys")).create(&Keys {
        did: keys.did,
        device: keys.device.clone(),
        identity: keys.identity.clone(),
    })?;
    Ok(Replica::open(&folder.join(part.database()), keys)?)
}

/// A relay that has nothing yet.
pub(crate) fn relay(path: &Path, moment: &mut Moment) -> Outcomes<Replica> {
    let keys = Keyring::generate(&mut moment.env());
    let mut relay = Replica::open(path, keys)?;
    relay.begin_epoch(&mut moment.env())?;
    Ok(relay)
}

/// Another device of the same person, with nothing on it.
pub(crate) fn new_device(of: &Replica, path: &Path, moment: &mut Moment) -> Outcomes<Replica> {
    let identity = of.keys().identity.clone().ok_or("no identity secret")?;
    let keys = Keyring::of(identity, &mut moment.env());
    let mut replica = Replica::open(path, keys)?;
    replica.found("New device", &mut moment.env())?;
    if let (Some(url), did) = (of.relay_url()?, of.relay_did()?) {
        replica.set_relay(&url, did)?;
    }
    Ok(replica)
}

/// What one sync carried.
#[derive(Default)]
pub(crate) struct Carried {
    pub(crate) frames: usize,
    pub(crate) bytes: usize,
}

/// Frames from one side to the other until both are silent.
pub(crate) fn carry(
    near: &mut Session,
    client: &mut Replica,
    far: &mut Session,
    relay: &mut Replica,
    moment: &mut Moment,
) -> Outcomes<Carried> {
    let mut carried = Carried::default();
    loop {
        let mut quiet = true;
        while let Some(frame) = far.poll_transmit(relay)? {
            quiet = false;
            carried.frames += 1;
            carried.bytes += frame.len();
            client.batch(|client| near.handle_frame(client, &frame, &mut moment.env()))?;
        }
        while let Some(frame) = near.poll_transmit(client)? {
            quiet = false;
            carried.frames += 1;
            carried.bytes += frame.len();
            relay.batch(|relay| far.handle_frame(relay, &frame, &mut moment.env()))?;
        }
        while near.poll_event().is_some() {}
        if quiet {
            if near.is_in_sync() {
                near.note_in_sync(client)?;
            }
            return Ok(carried);
        }
    }
}

/// Both ends of a session.
pub(crate) fn session(
    client: &Replica,
    relay: &Replica,
    moment: &mut Moment,
) -> Outcomes<(Session, Session)> {
    let pinned: Option<Did> = client.relay_did()?;
    let near = Session::client(client, pinned, &mut moment.env());
    let far = Session::relay(relay, Admission::Open, &mut moment.env())?;
    Ok((near, far))
}

/// One whole sync in memory.
pub(crate) fn sync(
    client: &mut Replica,
    relay: &mut Replica,
    moment: &mut Moment,
) -> Outcomes<Carried> {
    let (mut near, mut far) = session(client, relay, moment)?;
    let carried = carry(&mut near, client, &mut far, relay, moment)?;
    if !near.is_in_sync() {
        return Err("the two sides fell silent before they were in sync".into());
    }
    Ok(carried)
}

fn make(folder: &Path, items: usize) -> Outcomes<DocumentId> {
    let mut moment = Moment::new(1);
    let mut relay = create(folder, Part::Relay, Keyring::generate(&mut moment.env()))?;
    relay.begin_epoch(&mut moment.env())?;

    let mut replicas = Vec::with_capacity(ACTORS);
    for person in 0..PEOPLE {
        let keys = Keyring::generate(&mut moment.env());
        let mut first = match person {
            0 => create(folder, Part::Owner, keys)?,
            1 => create(folder, Part::Editor, keys)?,
            _ => Replica::in_memory(keys)?,
        };
        first.found(&format!("Person {person}"), &mut moment.env())?;
        first.set_relay(NOWHERE, Some(relay.did()))?;
        replicas.push(first);
    }
    let owner = replicas.first_mut().ok_or("nobody")?;
    let title = "Bench".to_owned();
    let list = match owner.execute(&Command::CreateList { title }, &mut moment.env())? {
        Outcome::List { list } => list,
        other => return Err(format!("{other:?}").into()),
    };
    for person in 1..PEOPLE {
        let owner = replicas.first_mut().ok_or("nobody")?;
        let share = Command::Share {
            list,
            role: Role::Editor,
            expires_in_s: None,
        };
        let Outcome::Invite { link, .. } = owner.execute(&share, &mut moment.env())? else {
            return Err("sharing gives an invite".into());
        };
        sync(owner, &mut relay, &mut moment)?;
        let joiner = replicas.get_mut(person).ok_or("nobody")?;
        join(joiner, &mut relay, &link, &mut moment)?;
    }
    for person in 0..PEOPLE {
        let first = replicas.get(person).ok_or("nobody")?;
        let identity = first.keys().identity.clone().ok_or("no identity secret")?;
        let keys = Keyring::of(identity, &mut moment.env());
        let mut second = Replica::in_memory(keys)?;
        second.found(&format!("Person {person}"), &mut moment.env())?;
        second.set_relay(NOWHERE, Some(relay.did()))?;
        replicas.push(second);
    }
    for _ in 0..2 {
        for replica in &mut replicas {
            sync(replica, &mut relay, &mut moment)?;
        }
    }
    write(&mut replicas, &mut relay, list, items, &mut moment)?;
    Ok(list)
}

fn join(
    joiner: &mut Replica,
    relay: &mut Replica,
    link: &str,
    moment: &mut Moment,
) -> Outcomes<()> {
    let link: Link = link.parse()?;
    let Link::Invite {
        document,
        grant,
        secret,
        ..
    } = &link
    else {
        return Err("this is no invite".into());
    };
    let (mut near, mut far) = session(joiner, relay, moment)?;
    carry(&mut near, joiner, &mut far, relay, moment)?;
    near.redeem(*document, *grant, secret)?;
    carry(&mut near, joiner, &mut far, relay, moment)?;
    Ok(())
}

/// Everybody writes offline, then syncs; again and again.
fn write(
    replicas: &mut [Replica],
    relay: &mut Replica,
    list: DocumentId,
    items: usize,
    moment: &mut Moment,
) -> Outcomes<()> {
    let creates = items / ROUNDS / replicas.len();
    // One in ten more: some of them turn out to change nothing.
    let edits = creates * (CHANGES_PER_ITEM - 1) * 11 / 10;
    // What everybody has for sure, and what was made in the two rounds before.
    let mut pool: Vec<TaskId> = Vec::new();
    let mut recent: [Vec<TaskId>; 2] = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        let mut made = Vec::new();
        for (actor, replica) in replicas.iter_mut().enumerate() {
            let mut own: Vec<TaskId> = Vec::new();
            replica.batch(|replica| -> Result<(), Failure> {
                for index in 0..creates {
                    let parent = match moment.below(5) {
                        0 if !pool.is_empty() => pool.get(moment.below(pool.len())).copied(),
                        _ => None,
                    };
                    let task = NewTask {
                        title: format!("Item {round}.{actor}.{index} of a long list"),
                        notes: Some(format!("Seen by {actor}")),
                        parent,
                        ..NewTask::default()
                    };
                    let command = Command::CreateTask { list, task };
                    if let Outcome::Task { task, .. } =
                        replica.execute(&command, &mut moment.env())?
                    {
                        own.push(task);
                    }
                }
                for index in 0..edits {
                    let known = pool.len() + own.len();
                    let at = moment.below(known);
                    let task = pool.get(at).or_else(|| own.get(at - pool.len()));
                    let Some(task) = task.copied() else { continue };
                    let command = edit(list, task, round, index, moment);
                    replica.execute(&command, &mut moment.env())?;
                }
                Ok(())
            })?;
            made.extend(own);
            sync(replica, relay, moment)?;
        }
        let [older, newer] = &mut recent;
        pool.append(older);
        *older = core::mem::replace(newer, made);
        eprintln!("  round {} of {ROUNDS}", round + 1);
    }
    for replica in replicas.iter_mut().take(2) {
        sync(replica, relay, moment)?;
    }
    Ok(())
}

/// What a batch fails with.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Failure {}

impl From<poo_core::store::StoreError> for Failure {
    fn from(error: poo_core::store::StoreError) -> Self {
        Self(error.to_string())
    }
}

impl From<poo_core::replica::CommandError> for Failure {
    fn from(error: poo_core::replica::CommandError) -> Self {
        Self(error.to_string())
    }
}

/// A change as people make them; always one that changes something.
pub(crate) fn edit(
    list: DocumentId,
    task: TaskId,
    round: usize,
    index: usize,
    moment: &mut Moment,
) -> Command {
    let patch = match moment.below(100) {
        0..25 => {
            return if round.is_multiple_of(2) {
                Command::CompleteTask {
                    list,
                    task,
                    zone: None,
                }
            } else {
                Command::ReopenTask { list, task }
            };
        }
        25..28 => {
            return Command::MoveTask {
                list,
                task,
                place: MovePlace {
                    parent: Some(None),
                    ..MovePlace::default()
                },
            };
        }
        28..55 => TaskPatch {
            title: Some(format!("Renamed in round {round} as {index}")),
            ..TaskPatch::default()
        },
        55..75 => TaskPatch {
            notes: Some(format!("Seen by somebody in {round}, {index}")),
            ..TaskPatch::default()
        },
        75..90 => TaskPatch {
            priority: Some(if moment.below(2) == 0 {
                Priority::High
            } else {
                Priority::Low
            }),
            ..TaskPatch::default()
        },
        _ => TaskPatch {
            add_tags: vec![format!("tag{}", moment.below(30))],
            ..TaskPatch::default()
        },
    };
    Command::EditTask { list, task, patch }
}

/// FNV-1a: enough to notice that a file changed.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
