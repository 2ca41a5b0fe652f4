//! The engine's thread: every session, one replica, one writer.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use poo_core::document::DocumentId;
use poo_core::identity::{Did, KeyFile, KeyFileError, Keys};
use poo_core::net::System;
use poo_core::replica::{Keyring, Link, OpenError, Replica, Ticket};
use poo_core::store::StoreError;
use poo_core::sync::{Admission, Effect, Fanout, Held, PersonHere, Session, TokenSession};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::api::{self, MasterKeyError, Readers, Sealer};
use crate::config::Config;
use crate::desk::Machine;
use crate::events::{Bell, Feed};
use crate::flow::Passage;
use crate::identities::{Identities, Identity, Share};
use crate::metrics::Metrics;
use crate::packing::{self, Outcome, Packing};
use crate::speaker::Speaker;

use company::Company;
use connection::Connection;
pub(crate) use turn::{Turn, Work, work};

/// Frames and other news that wait for the engine; sockets wait when there are more.
const INPUTS_MAX: usize = 1_024;
/// The most news that one transaction takes in.
const BATCH_MAX: usize = 512;
/// Frames that wait for a socket. A slow one is caught up from the database later.
pub(crate) const OUTPUTS_MAX: usize = 8;

/// Names a connection.
pub(crate) type ConnectionId = u64;
/// What is no connection's doing: connections count from 1.
const NOBODY: ConnectionId = 0;

/// Who is at the other end of a connection, once that is known.
pub(crate) type Joined = Arc<OnceLock<Arc<Identity>>>;

/// News for the engine.
pub(crate) enum Input {
    /// A connection begins; what the engine says to it goes to `output`.
    Open {
        id: ConnectionId,
        output: mpsc::Sender<Vec<u8>>,
        /// Set once the client has said who it is.
        joined: Joined,
        /// What it shows where it cannot sign.
        ticket: Option<Ticket>,
    },
    /// A frame came. It takes room until it has been taken in.
    Frame {
        id: ConnectionId,
        frame: Vec<u8>,
        passage: Passage,
    },
    /// The socket has taken everything that waited for it.
    Room { id: ConnectionId },
    /// A document was made one chunk, or could not be.
    Packed(Box<Outcome>),
    /// The connection is gone.
    Closed { id: ConnectionId },
    /// Asks whether the engine is well.
    Probe { answer: oneshot::Sender<bool> },
    /// Asks how things stand.
    Measure { answer: oneshot::Sender<Measured> },
    /// Asks who looks at a list.
    Here {
        list: DocumentId,
        answer: oneshot::Sender<Result<Vec<PersonHere>, StoreError>>,
    },
    /// Work for the engine, in the transaction of a batch.
    Work(Work),
    /// Nothing more will come: finish, and end.
    Stop,
}

/// How things stand in the engine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Measured {
    /// Signed sessions.
    pub(crate) signed: u64,
    /// Sessions of clients with tickets.
    pub(crate) token: u64,
    /// Sessions that said lately that somebody is there.
    pub(crate) present: u64,
    /// Changes that wait for a signature or for what they build on.
    pub(crate) quarantined: u64,
}

/// The engine cannot start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The data folder cannot be made or used.
    #[error("cannot use the data folder {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeyFileError),
    /// The database is damaged, or another program's file.
    #[error(
        "the relay's database {} cannot be used ({source}). It is left as it is. Put a backup in its place, or move it away and start with none: the devices of its members bring their lists back when they sync",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: StoreError,
    },
    /// The database cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The master key cannot be used.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// The system gives no randomness or no thread.
    #[error("the system refused: {0}")]
    System(String),
}

/// A handle to the running engine.
pub(crate) struct Engine {
    pub(crate) inputs: mpsc::Sender<Input>,
    pub(crate) did: Did,
    pub(crate) readers: Readers,
    pub(crate) feed: Feed,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) sealer: Arc<Sealer>,
    thread: JoinHandle<()>,
    setup_secret: Option<[u8; 32]>,
}

impl Engine {
    /// Opens or makes keys and database in `data`, and starts the thread.
    pub(crate) fn start(config: &Config) -> Result<Self, EngineError> {
        let (data, admission) = (&config.data, config.admission);
        let folder = |source| EngineError::Folder {
            path: data.to_owned(),
            source,
        };
        private::make_folder(data).map_err(folder)?;
        let mut system = System::new().map_err(|e| EngineError::System(e.to_string()))?;
        let keys = keys(data, &mut system)?;
        let database = database(data);
        let is_new = !database.exists();
        let mut replica = open(database.clone(), keys)?;
        if is_new {
            private::close_off(&database).map_err(folder)?;
        }
        replica.begin_epoch(&mut system.env())?;
        let freed = replica.drop_unnamed_blobs(system.env().now)?;
        if freed > 0 {
            tracing::info!(
                bytes = freed,
                "dropped files that no task has named for 30 days"
            );
        }
        let setup_secret = match (admission, replica.has_admitted()?, replica.setup_secret()?) {
            (Admission::Invite, false, None) => Some(replica.make_setup_secret(&mut system.env())?),
            (Admission::Invite, _, secret) => secret,
            _ => None,
        };
        api::prepare(&replica)?;
        let before = config.master_key_before.as_deref();
        let env = &mut system.env();
        let sealer = api::open_sealer(&mut replica, data, &config.master_key, before, env)?;
        let sealer = Arc::new(sealer);
        let did = replica.did();
        let keys = replica.keys().clone();
        let (inputs, receiver) = mpsc::channel(INPUTS_MAX);
        let (packing, work) = Packing::new();
        let refused = |e: std::io::Error| EngineError::System(e.to_string());
        let metrics = Arc::new(Metrics::new());
        let readers = Readers::start(&database, &keys).map_err(refused)?;
        let (feed, bell) = Feed::start(&database, &keys, readers.clone(), Arc::clone(&metrics))?;
        packing::start(database, work, &inputs).map_err(refused)?;
        let system = Box::new(system);
        let (quota, share) = (config.file_quota, config.share);
        let mut worker = Worker::new(replica, admission, quota, share, system, packing)
            .watched(Arc::clone(&metrics), bell)
            .with_sealer(Arc::clone(&sealer));
        let thread = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || worker.run(receiver))
            .map_err(|e| EngineError::System(e.to_string()))?;
        Ok(Self {
            inputs,
            did,
            readers,
            feed,
            metrics,
            sealer,
            thread,
            setup_secret,
        })
    }

    /// The set-up link, while it has not been used.
    pub(crate) fn setup_link(&self, url: &str) -> Option<String> {
        let secret = self.setup_secret?;
        Some(
            Link::Setup {
                relay_url: url.to_owned(),
                relay: self.did,
                secret,
            }
            .to_string(),
        )
    }

    /// Lets the engine finish what it has and waits for its end.
    pub(crate) async fn stop(self) {
        if self.inputs.send(Input::Stop).await.is_err() {
            tracing::error!("the engine had ended already");
        }
        let thread = self.thread;
        let joined = tokio::task::spawn_blocking(move || thread.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!("the engine did not end in order");
        }
    }
}

/// Where the database of a data folder is.
pub(crate) fn database(data: &Path) -> PathBuf {
    data.join("relay.db")
}

/// Opens the database and reads it through once: damage is better found now than by a client.
pub(crate) fn open(path: PathBuf, keys: Keyring) -> Result<Replica, EngineError> {
    let checked = Replica::open(&path, keys).and_then(|replica| {
        replica.check_file()?;
        Ok(replica)
    });
    checked.map_err(|error| match error {
        OpenError::Store(
            source @ (StoreError::Damaged(_) | StoreError::Foreign | StoreError::Empty),
        ) => EngineError::Damaged { path, source },
        error => error.into(),
    })
}

fn keys(data: &Path, system: &mut System) -> Result<Keyring, EngineError> {
    let file = KeyFile::at(data.join("keys"));
    match file.load() {
        Ok(keys) => Ok(keys.into()),
        Err(KeyFileError::Missing { .. }) => {
            let keys = Keyring::generate(&mut system.env());
            file.create(&Keys {
                did: keys.did,
                device: keys.device.clone(),
                identity: keys.identity.clone(),
            })?;
            Ok(keys)
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) struct Worker {
    replica: Replica,
    admission: Admission,
    file_quota: u64,
    system: Box<dyn Machine>,
    /// Boxed, since a map's nodes are half empty.
    sessions: BTreeMap<ConnectionId, Box<Connection>>,
    identities: Identities,
    fanout: Fanout,
    packing: Packing,
    metrics: Arc<Metrics>,
    /// Rung after a commit.
    bell: Bell,
    /// Who is where.
    company: Company,
    /// What opens the keys that the relay keeps for agents.
    sealer: Option<Arc<Sealer>>,
}

impl Worker {
    pub(crate) fn new(
        replica: Replica,
        admission: Admission,
        file_quota: u64,
        share: Share,
        system: Box<dyn Machine>,
        packing: Packing,
    ) -> Self {
        Self {
            replica,
            admission,
            file_quota,
            system,
            sessions: BTreeMap::new(),
            identities: Identities::new(share),
            fanout: Fanout::default(),
            packing,
            metrics: Arc::new(Metrics::new()),
            bell: Bell::silent(),
            company: Company::default(),
            sealer: None,
        }
    }

    /// Lets what happens be counted, and told to those who listen.
    fn watched(self, metrics: Arc<Metrics>, bell: Bell) -> Self {
        Self {
            metrics,
            bell,
            ..self
        }
    }

    /// Opens the keys that the relay keeps for agents, where they come with tickets.
    fn with_sealer(self, sealer: Arc<Sealer>) -> Self {
        let sealer = Some(sealer);
        Self { sealer, ..self }
    }

    pub(crate) fn replica(&self) -> &Replica {
        &self.replica
    }

    /// What is held in memory for a connection.
    pub(crate) fn held(&self, id: ConnectionId) -> Held {
        let found = self.sessions.get(&id);
        found.map(|it| it.session.held()).unwrap_or_default()
    }

    /// Whether a connection has not ended.
    pub(crate) fn has(&self, id: ConnectionId) -> bool {
        self.sessions.contains_key(&id)
    }

    fn run(&mut self, mut inputs: mpsc::Receiver<Input>) {
        let mut batch = Vec::with_capacity(BATCH_MAX);
        while let Some(first) = inputs.blocking_recv() {
            batch.push(first);
            while batch.len() < BATCH_MAX {
                match inputs.try_recv() {
                    Ok(input) => batch.push(input),
                    Err(_) => break,
                }
            }
            if self.process(&mut batch) {
                break;
            }
        }
        self.sessions.clear();
        let gathered = self.replica.checkpoint();
        tracing::info!(?gathered, "the engine has ended; everything is on disk");
    }

    /// Takes in one batch and sends what follows. True when the engine has to end.
    pub(crate) fn process(&mut self, batch: &mut Vec<Input>) -> bool {
        let mut stop = false;
        let mut active: Vec<ConnectionId> = Vec::new();
        let mut frames: Vec<(ConnectionId, Vec<u8>)> = Vec::new();
        let mut works: Vec<Work> = Vec::new();
        let mut gone = Vec::new();
        let mut passages: Vec<Passage> = Vec::new();
        let began = Instant::now();
        for input in batch.drain(..) {
            match input {
                Input::Open {
                    id,
                    output,
                    joined,
                    ticket,
                } => {
                    match self.speaker(ticket) {
                        // Dropping the output closes the connection, once this has gone out.
                        Ok(Err(last_word)) => {
                            if output.try_send(last_word).is_err() {
                                tracing::debug!("a refused client has gone");
                            }
                        }
                        Ok(Ok(session)) => {
                            let connection = Connection {
                                session,
                                output,
                                joined,
                                place: None,
                                ending: false,
                            };
                            self.sessions.insert(id, Box::new(connection));
                            active.push(id);
                        }
                        Err(error) => tracing::error!(%error, "cannot open a session"),
                    }
                }
                Input::Frame { id, frame, passage } => {
                    passages.push(passage);
                    active.push(id);
                    frames.push((id, frame));
                }
                Input::Room { id } => active.push(id),
                Input::Packed(outcome) => self.packed(&outcome, &mut active),
                Input::Work(work) => works.push(work),
                Input::Closed { id } => gone.push(id),
                Input::Probe { answer } => {
                    let well = self.replica.setup_secret().is_ok();
                    if answer.send(well).is_err() {
                        tracing::debug!("nobody waits for the probe any longer");
                    }
                }
                Input::Measure { answer } => {
                    if answer.send(self.measure()).is_err() {
                        tracing::debug!("nobody waits for the measures any longer");
                    }
                }
                Input::Here { list, answer } => {
                    if answer.send(self.who_is_here(&list)).is_err() {
                        tracing::debug!("nobody waits for who is here any longer");
                    }
                }
                Input::Stop => stop = true,
            }
        }
        let mut effects = match frames.is_empty() && works.is_empty() {
            true => Vec::new(),
            false => self.take_in(frames, works),
        };
        let since = passages.iter().map(Passage::since).min();
        drop(passages);
        for id in gone {
            self.end(id);
        }
        let goodbyes = self.company.take_goodbyes();
        effects.extend(goodbyes.map(|goodbye| (NOBODY, goodbye)));
        let changed = self.count(&effects);
        self.answer(effects, active);
        if let Some(since) = since {
            self.metrics.batch(began.elapsed());
            if changed {
                self.metrics.told_of_change(since.elapsed());
            }
        }
        stop
    }

    /// Begins a session. Where a ticket lets nobody in: the frame that says why.
    fn speaker(&mut self, ticket: Option<Ticket>) -> Result<Result<Speaker, Vec<u8>>, StoreError> {
        let mut env = self.system.env();
        let Some(ticket) = ticket else {
            let session = Session::relay(&self.replica, self.admission, &mut env)?;
            let mut session = session.with_file_quota(self.file_quota);
            session.pack_elsewhere();
            session.gather();
            return Ok(Ok(Speaker::Signed(Box::new(session))));
        };
        match TokenSession::new(&self.replica, ticket, self.admission, &env)? {
            Ok(session) => {
                let conn = self.replica.host_tables();
                let hosted = match &self.sealer {
                    Some(sealer) => api::hosted(conn, sealer, &session.identity())?.key(),
                    None => None,
                };
                let session = session.with_hosted(hosted);
                Ok(Ok(Speaker::Token(Box::new(session))))
            }
            Err(refusal) => {
                tracing::info!(%refusal, "a ticket is refused");
                Ok(Err(refusal.last_word(&self.replica.did())))
            }
        }
    }

    /// Takes in frames in one transaction. If it cannot be committed, nobody has heard of it:
    /// the connections that it concerned end, and their clients send again.
    fn take_in(
        &mut self,
        frames: Vec<(ConnectionId, Vec<u8>)>,
        works: Vec<Work>,
    ) -> Vec<(ConnectionId, Effect)> {
        let mut concerned: Vec<ConnectionId> = frames.iter().map(|(id, _)| *id).collect();
        concerned.sort_unstable();
        concerned.dedup();
        let mut effects = Vec::new();
        let mut answers = Vec::new();
        let sessions = &mut self.sessions;
        let identities = &mut self.identities;
        let system = &mut self.system;
        let metrics = &*self.metrics;
        let mut done = Instant::now();
        let committed = self.replica.batch(|replica| {
            for (id, frame) in frames {
                let Some(connection) = sessions.get_mut(&id).filter(|c| !c.ending) else {
                    continue;
                };
                let taken = catch_unwind(AssertUnwindSafe(|| {
                    connection
                        .session
                        .handle_frame(replica, &frame, &mut system.env())
                }));
                let taken = taken.map(|taken| match (&connection.place, taken) {
                    (None, Ok(())) => {
                        let settled = connection.settle(identities);
                        settled.inspect_err(|error| connection.session.close(error))
                    }
                    (_, taken) => taken,
                });
                match taken {
                    Ok(taken) => connection.judge(id, taken, metrics)?,
                    Err(_) => {
                        tracing::error!(connection = id, "a frame made the engine panic");
                        replica.abandon_frame()?;
                        sessions.remove(&id);
                        continue;
                    }
                }
                effects.extend(
                    connection
                        .session
                        .take_effects()
                        .into_iter()
                        .map(|e| (id, e)),
                );
            }
            for id in &concerned {
                let Some(connection) = sessions.get_mut(id) else {
                    continue;
                };
                let settled = catch_unwind(AssertUnwindSafe(|| {
                    connection.session.settle(replica, &mut system.env())
                }));
                let Ok(settled) = settled else {
                    tracing::error!(
                        connection = id,
                        "what a client brought made the engine panic"
                    );
                    replica.abandon_frame()?;
                    sessions.remove(id);
                    continue;
                };
                connection.judge(*id, settled, metrics)?;
                effects.extend(
                    connection
                        .session
                        .take_effects()
                        .into_iter()
                        .map(|e| (*id, e)),
                );
            }
            for work in works {
                match turn::carry_out(work, replica, system.env()) {
                    Some((answer, caused)) => {
                        answers.push(answer);
                        effects.extend(caused.into_iter().map(|effect| (NOBODY, effect)));
                    }
                    None => replica.abandon_frame()?,
                }
            }
            done = Instant::now();
            Ok::<_, StoreError>(())
        });
        if let Err(error) = committed {
            tracing::error!(%error, "a batch was not committed; its connections end");
            for id in concerned {
                self.sessions.remove(&id);
            }
            return Vec::new();
        }
        self.metrics.committed(done.elapsed());
        self.bell.ring();
        for answer in answers {
            answer();
        }
        effects
    }
}

mod answer;
mod company;
mod connection;
mod measure;
mod private;
#[cfg(test)]
mod tests;
mod turn;
