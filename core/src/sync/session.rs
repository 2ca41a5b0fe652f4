//! The session: handshake, frames in and out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::client::ClientState;
use super::error::SessionError;
use super::event::{Effect, Event};
use super::fanout::{Fanout, Frame};
use super::files::Files;
use super::gather::Gathered;
use super::outgoing::DocumentState;
use super::relay::RelayState;
use super::seal::{Binding, Direction, is_sealed};
use super::wire::{Changes, Chunk, Control, Data, Have, Nonce, VERSION, decode_data, encode};
use crate::document::{DocumentId, limits};
use crate::identity::{Did, Keypair, PublicKey};
use crate::replica::{Env, EphemeralSession, Replica};
use crate::store::StoreError;

/// The most documents that one session may follow.
pub(super) const DOCUMENTS_MAX: usize = 10_000;
/// Control messages that wait to be sent; beyond that the other side asks for more than it takes.
pub(super) const CONTROLS_MAX: usize = 20_000;

pub(super) enum Side {
    Client(ClientState),
    Relay(RelayState),
}

/// How far the handshake is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The client waits for `Challenge`.
    AwaitChallenge,
    /// The client waits for `Peer`; the relay waits for `Join`.
    AwaitJoin,
    Open,
    Closed,
}

/// What a frame turned out to be.
enum Read {
    /// A data message.
    Data(Data),
    /// A sealed one, or one of the handshake.
    Sealed,
}

/// One end of a signed session.
pub struct Session {
    pub(super) side: Side,
    pub(super) stage: Stage,
    pub(super) key: Keypair,
    pub(super) me: Did,
    pub(super) my_nonce: Nonce,
    pub(super) binding: Option<Binding>,
    /// The other side: who, and by which device.
    pub(super) peer: Option<(Did, PublicKey)>,
    sent: u64,
    pub(super) received: u64,
    frames: VecDeque<Vec<u8>>,
    pub(super) controls: VecDeque<Control>,
    pub(super) ephemerals: VecDeque<Vec<u8>>,
    pub(super) documents: BTreeMap<DocumentId, DocumentState>,
    /// Documents of which there may be something to say.
    pub(super) dirty: BTreeSet<DocumentId>,
    events: VecDeque<Event>,
    pub(super) effects: Vec<Effect>,
    /// The last count of each author's session of signed messages.
    pub(super) counts: BTreeMap<(DocumentId, PublicKey), (EphemeralSession, u64)>,
    /// Names this end among those of one device that speak at the same time.
    pub(super) my_window: EphemeralSession,
    /// What goes on about files.
    pub(super) files: Files,
    /// A chunk that is coming in: of which document, the next part, what came so far.
    pub(super) bulk_in: Option<(DocumentId, u32, Vec<u8>)>,
    /// Changes that went to the other side.
    pub(super) changes_sent: u64,
    /// Chunks are made by the loop around this session.
    pub(super) packs_elsewhere: bool,
    /// What the frames of a batch brought, where the loop around this session says when it ends.
    pub(super) gathered: Option<Gathered>,
}

impl core::fmt::Debug for Session {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Session")
            .field("stage", &self.stage)
            .field("me", &self.me)
            .field("peer", &self.peer)
            .field("documents", &self.documents.len())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// The client's end. `pinned` is who must answer; `None` trusts whoever does, and reports it
    /// by [`Event::Connected`].
    #[must_use]
    pub fn client(replica: &Replica, pinned: Option<Did>, env: &mut Env<'_>) -> Self {
        let keys = replica.keys();
        let side = Side::Client(ClientState::new(pinned));
        Self::new(
            side,
            Stage::AwaitChallenge,
            keys.device.clone(),
            keys.did,
            env,
        )
    }

    /// The relay's end, which speaks first. The relay signs with its identity key.
    ///
    /// # Errors
    /// [`StoreError::Denied`] if the replica holds no identity key.
    pub fn relay(
        replica: &Replica,
        admission: super::Admission,
        env: &mut Env<'_>,
    ) -> Result<Self, StoreError> {
        let keys = replica.keys();
        let Some(identity) = keys.identity.clone() else {
            return Err(StoreError::Denied(
                "a relay needs its identity key".to_owned(),
            ));
        };
        let side = Side::Relay(RelayState::new(admission));
        let mut session = Self::new(side, Stage::AwaitJoin, identity, keys.did, env);
        session.frames.push_back(encode(&Data::Challenge {
            version: VERSION,
            relay: keys.did,
            nonce: session.my_nonce,
        }));
        Ok(session)
    }

    /// Sets how many bytes of files a relay keeps for one identity.
    #[must_use]
    pub fn with_file_quota(mut self, bytes: u64) -> Self {
        if let Side::Relay(relay) = &mut self.side {
            relay.file_quota = bytes;
        }
        self
    }

    fn new(side: Side, stage: Stage, key: Keypair, me: Did, env: &mut Env<'_>) -> Self {
        Self {
            side,
            stage,
            key,
            me,
            my_nonce: env.random(),
            binding: None,
            peer: None,
            sent: 0,
            received: 0,
            frames: VecDeque::new(),
            controls: VecDeque::new(),
            ephemerals: VecDeque::new(),
            documents: BTreeMap::new(),
            dirty: BTreeSet::new(),
            events: VecDeque::new(),
            effects: Vec::new(),
            counts: BTreeMap::new(),
            my_window: env.random(),
            files: Files::default(),
            bulk_in: None,
            changes_sent: 0,
            packs_elsewhere: false,
            gathered: None,
        }
    }

    /// Whether the handshake is done.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// How many changes went to the other side so far.
    #[must_use]
    pub fn changes_sent(&self) -> u64 {
        self.changes_sent
    }

    /// How many messages wait to be sent.
    pub(super) fn queued(&self) -> usize {
        self.frames.len() + self.controls.len() + self.ephemerals.len()
    }

    /// Who is on the other side, once the handshake is done.
    #[must_use]
    pub fn peer(&self) -> Option<Did> {
        self.peer.map(|(did, _)| did)
    }

    fn direction_out(&self) -> Direction {
        match self.side {
            Side::Client(_) => Direction::ToRelay,
            Side::Relay(_) => Direction::ToClient,
        }
    }

    fn direction_in(&self) -> Direction {
        match self.side {
            Side::Client(_) => Direction::ToClient,
            Side::Relay(_) => Direction::ToRelay,
        }
    }

    /// Takes in one frame. Everything that it changes is in the batch around the call; nothing
    /// may be sent before that is committed.
    ///
    /// # Errors
    /// [`SessionError`] ends the session: what the frame changed is undone, and after
    /// [`Session::poll_transmit`] has said goodbye the connection must be closed.
    pub fn handle_frame(
        &mut self,
        replica: &mut Replica,
        frame: &[u8],
        env: &mut Env<'_>,
    ) -> Result<(), SessionError> {
        if self.stage == Stage::Closed {
            return Err(SessionError::Unexpected(
                "a frame after the end of the session",
            ));
        }
        let Some(read) = self.read(frame).transpose() else {
            return Ok(());
        };
        // What came before comes first, and stays whatever becomes of this frame.
        self.settle(replica, env)?;
        let result = read
            .and_then(|read| replica.savepoint(|replica| self.handle(replica, read, frame, env)));
        if let Err(error) = &result {
            self.close(error);
        }
        result
    }

    /// Reads a frame as far as that needs nothing else. `None` where it can wait for others, and
    /// was laid aside.
    fn read(&mut self, frame: &[u8]) -> Result<Option<Read>, SessionError> {
        if frame.len() > limits::MESSAGE_BYTES_MAX {
            return Err(SessionError::FrameTooLarge(frame.len()));
        }
        if self.stage != Stage::Open || is_sealed(frame) {
            return Ok(Some(Read::Sealed));
        }
        match (
            decode_data(frame).ok_or(SessionError::Malformed)?,
            &mut self.gathered,
        ) {
            (Data::Changes(changes), Some(gathered)) => {
                let changes = gathered.add(changes);
                Ok(changes.map(|changes| Read::Data(Data::Changes(changes))))
            }
            (data, _) => Ok(Some(Read::Data(data))),
        }
    }

    /// Ends the session; the last frame says why.
    pub fn close(&mut self, error: &SessionError) {
        self.dirty.clear();
        self.ephemerals.clear();
        self.controls.clear();
        if !matches!(error, SessionError::Bye { .. }) && self.binding.is_some() {
            self.controls.push_back(Control::Bye {
                code: error.code().to_owned(),
                message: match error {
                    // What is wrong inside is for the log, not for the other side.
                    SessionError::Store(_) => "internal error".to_owned(),
                    error => error.to_string(),
                },
            });
        }
        self.stage = Stage::Closed;
    }

    fn handle(
        &mut self,
        replica: &mut Replica,
        read: Read,
        frame: &[u8],
        env: &mut Env<'_>,
    ) -> Result<(), SessionError> {
        match self.stage {
            Stage::AwaitChallenge => self.on_challenge(replica, frame),
            Stage::AwaitJoin if matches!(self.side, Side::Relay(_)) => {
                self.on_join(replica, frame, env)
            }
            Stage::AwaitJoin => match self.open_control(frame)? {
                Control::Peer {
                    now_ms,
                    admitted,
                    files,
                } => self.on_peer(replica, now_ms, admitted, files == Some(true), env),
                Control::Bye { code, message } => Err(SessionError::Bye { code, message }),
                _ => Err(SessionError::Unexpected(
                    "a message before the relay said who it is",
                )),
            },
            Stage::Open => match read {
                Read::Data(Data::Changes(changes)) => self.on_changes(replica, &changes, env.now),
                Read::Data(Data::Chunk(part)) => self.on_chunk(replica, &part, env.now),
                Read::Data(Data::BlobChunk(part)) => self.on_blob_chunk(replica, &part, env),
                Read::Data(Data::Ephemeral(message)) => self.on_ephemeral(replica, message, frame),
                Read::Data(Data::Challenge { .. }) => {
                    Err(SessionError::Unexpected("a second challenge"))
                }
                Read::Sealed => {
                    let control = self.open_control(frame)?;
                    self.on_control(replica, control, env)
                }
            },
            Stage::Closed => Err(SessionError::Unexpected("a frame after the end")),
        }
    }

    pub(super) fn open_control(&mut self, frame: &[u8]) -> Result<Control, SessionError> {
        let (Some(binding), Some((_, key))) = (&self.binding, &self.peer) else {
            return Err(SessionError::Malformed);
        };
        let control = binding.open(frame, key, self.direction_in(), self.received)?;
        self.received += 1;
        Ok(control)
    }

    fn on_control(
        &mut self,
        replica: &mut Replica,
        control: Control,
        env: &mut Env<'_>,
    ) -> Result<(), SessionError> {
        match (control, &self.side) {
            (Control::Have(have), _) => self.on_have(replica, &have, env),
            (
                Control::Nack {
                    document,
                    code,
                    message,
                    hashes,
                    judged_by,
                },
                _,
            ) => self.on_nack(replica, document, code, message, &hashes, judged_by),
            (
                Control::BlobHave {
                    document,
                    hash,
                    size,
                },
                _,
            ) => self.on_blob_have(replica, document, hash, size, env),
            (
                Control::BlobWant {
                    document,
                    hash,
                    offset,
                },
                _,
            ) => self.on_blob_want(replica, document, hash, offset),
            (
                Control::BlobNack {
                    document,
                    hash,
                    code,
                    message,
                },
                _,
            ) => self.on_blob_nack(document, hash, code, message),
            (Control::Bye { code, message }, _) => Err(SessionError::Bye { code, message }),
            (control, Side::Relay(_)) => self.on_relay_control(replica, control, env),
            (control, Side::Client(_)) => self.on_client_control(replica, control),
        }
    }

    pub(super) fn send(&mut self, control: Control) -> Result<(), SessionError> {
        if self.controls.len() >= CONTROLS_MAX {
            return Err(SessionError::TooMany("unanswered requests"));
        }
        self.controls.push_back(control);
        Ok(())
    }

    /// Queues a message for which there is always room.
    pub(super) fn push_control(&mut self, control: Control) {
        self.controls.push_back(control);
    }

    pub(super) fn signing_key(&self) -> &Keypair {
        &self.key
    }

    /// The name of this session, once both nonces are known.
    pub(super) fn session_binding(&self) -> Option<[u8; 16]> {
        self.binding.as_ref().map(Binding::session)
    }

    pub(super) fn event(&mut self, event: Event) {
        // Once the relay knows the task that names a file, it can be offered the file.
        self.files.due |= matches!(event, Event::Acknowledged { .. });
        self.events.push_back(event);
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What the relay's other sessions have to hear of, or what is to be done for this one. Empty
    /// on a client. Frames that came and frames that are asked for both have effects.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        core::mem::take(&mut self.effects)
    }

    /// How many changes wait for a signature or for what they build on.
    #[must_use]
    pub fn quarantined(&self) -> usize {
        let states = self.documents.values();
        states.map(|state| state.waiting.len()).sum()
    }

    /// The next frame to send, made when it is asked for: a slow receiver costs no memory. Must
    /// be called outside of a batch, so that nothing uncommitted leaves.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails; the session must be closed then.
    pub fn poll_transmit(&mut self, replica: &Replica) -> Result<Option<Vec<u8>>, StoreError> {
        self.poll_transmit_with(replica, &mut Fanout::default())
    }

    /// The same for one of a relay's sessions: what another one has just said of a document to
    /// somebody who had as much of it is not made again.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails; the session must be closed then.
    pub fn poll_transmit_with(
        &mut self,
        replica: &Replica,
        fanout: &mut Fanout,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(frame) = self.frames.pop_front() {
            return Ok(Some(frame));
        }
        if let Some(control) = self.controls.pop_front() {
            return Ok(Some(self.seal(control)));
        }
        if self.stage != Stage::Open {
            return Ok(None);
        }
        if let Some(frame) = self.ephemerals.pop_front() {
            return Ok(Some(frame));
        }
        while let Some(document) = self.dirty.first().copied() {
            match self.next_of(replica, &document, fanout)? {
                Some(Outgoing::Frame(frame)) => {
                    self.changes_sent += frame.changes;
                    let state = self.documents.get(&document);
                    if !frame.more && state.is_some_and(|state| !state.reply_due) {
                        // That was all.
                        self.dirty.remove(&document);
                    }
                    return Ok(Some(frame.bytes));
                }
                Some(Outgoing::Changes(changes)) => {
                    self.changes_sent += changes.changes.len() as u64;
                    return Ok(Some(encode(&Data::Changes(changes))));
                }
                Some(Outgoing::Chunk(chunk)) => {
                    return Ok(Some(encode(&Data::Chunk(chunk))));
                }
                Some(Outgoing::Have(have)) => return Ok(Some(self.seal(Control::Have(have)))),
                Some(Outgoing::Control(control)) => return Ok(Some(self.seal(control))),
                None => {
                    self.dirty.remove(&document);
                }
            }
        }
        self.next_of_files(replica)
    }

    pub(super) fn seal(&mut self, control: Control) -> Vec<u8> {
        let Some(binding) = &self.binding else {
            return Vec::new();
        };
        let sealed = binding.seal(&self.key, self.direction_out(), self.sent, control);
        self.sent += 1;
        sealed
    }

    /// What a peer with this side's keys could send in place of the next sealed message: any
    /// message, given as CBOR. `None` if that is none.
    #[cfg(feature = "fuzzing")]
    pub fn seal_by_hand(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let control = super::wire::decode(message)?;
        Some(self.seal(control))
    }

    /// Tells the session that a document changed: by a command here, or by another session.
    pub fn notify_document(&mut self, document: &DocumentId) {
        if self.documents.contains_key(document) || matches!(self.side, Side::Client(_)) {
            self.dirty.insert(*document);
            self.documents.entry(*document).or_default();
        } else if let Side::Relay(relay) = &mut self.side {
            relay.unfollowed.insert(*document);
            self.dirty.insert(*document);
        }
    }

    /// Whether the other side follows a document here and may still read it.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn follows(&self, replica: &Replica, document: &DocumentId) -> Result<bool, StoreError> {
        match (self.documents.contains_key(document), self.peer) {
            (true, Some((did, _))) => super::exchange::may_read(replica.conn(), document, &did),
            _ => Ok(false),
        }
    }
}

/// What a document has to say next.
pub(super) enum Outgoing {
    Frame(Frame),
    Changes(Changes),
    Chunk(Chunk),
    Have(Have),
    Control(Control),
}
