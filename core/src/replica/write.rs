//! Local writing: one signed change for one command.

use std::rc::Rc;

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};

use jiff::Timestamp;

use super::execute::{Noted, Resting, Turned};
use super::ingest::settle_naming;
use super::undo::Step;
use super::{CommandError, Keyring};
use crate::document::{ActorId, ActorNonce, DocumentId, DocumentKind, Tip};
use crate::identity::Did;
use crate::membership::{
    Authority, Genesis, Identities, Payload, Role, Statement, StatementDigest,
};
use crate::store::{
    Acceptor, ActorRow, Actors, DocumentRow, Draft, Quarantine, Refusal, StoreError, give_birth,
    maps, refresh, statements,
};

/// One run of a command: everything random in it follows from the seed, so that it can be made
/// again with the same ids.
pub(super) struct Run {
    pub(super) now: Timestamp,
    /// The action whose changes can be taken back, and its name.
    pub(super) action: Option<([u8; 16], String)>,
    /// Whether this was done before, and its change had to give way.
    pub(super) again: bool,
    seed: [u8; 32],
    rng: ChaCha20Rng,
}

impl Run {
    pub(super) fn new(now: Timestamp, seed: [u8; 32]) -> Self {
        Self {
            now,
            action: None,
            again: false,
            seed,
            rng: ChaCha20Rng::from_seed(seed),
        }
    }

    pub(super) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    /// The nonce of a fresh actor. It is no part of the sequence from which ids come: a command
    /// that is made again takes a fresh actor and must make the same ids all the same. How many
    /// actors this device has had in the document keeps it from taking one of those again.
    fn actor_nonce(&self, had: usize) -> ActorNonce {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(b"poo/actor-nonce/v1")
            .chain_update(self.seed)
            .chain_update((had as u64).to_be_bytes())
            .finalize()
            .into();
        ActorNonce::from_bytes(crate::bytes::prefix(&digest))
    }

    /// How a note of a list in the space rests.
    pub(super) fn noting(&self, list: &DocumentId) -> Resting {
        Resting::Note(Noted {
            noted: *list,
            now_ms: self.now_ms(),
            seed: self.seed,
        })
    }

    /// How a turn of one change rests.
    pub(super) fn turning(&self, step: &Step, back: bool) -> Resting {
        Resting::Turn(Turned {
            turned: step.action,
            what: step.what.clone(),
            back,
            actor: step.actor,
            seq: step.seq,
            now_ms: self.now_ms(),
            seed: self.seed,
        })
    }

    /// An id for what one command does. No part of the sequence from which other ids come either.
    pub(super) fn action_id(&self) -> [u8; 16] {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(b"poo/action/v1")
            .chain_update(self.seed)
            .finalize()
            .into();
        crate::bytes::prefix(&digest)
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.now.as_millisecond()
    }

    pub(super) fn task_id(&mut self) -> crate::model::TaskId {
        let ms = u64::try_from(self.now.as_millisecond()).unwrap_or_default();
        crate::model::TaskId::new(ms, &self.random())
    }
}

/// A document that a command works on.
pub(super) struct Opened {
    pub(super) document: DocumentRow,
    pub(super) actors: Actors,
    pub(super) authority: Rc<Authority>,
}

impl Opened {
    pub(super) fn find(
        conn: &Connection,
        id: &DocumentId,
        what: &'static str,
    ) -> Result<Self, CommandError> {
        let document = DocumentRow::find(conn, id)?.ok_or(CommandError::NotFound(what))?;
        let actors = Actors::load(conn, document.row)?;
        let authority = statements::authority(conn, id)?;
        Ok(Self {
            document,
            actors,
            authority,
        })
    }

    /// Who an actor acts for.
    pub(super) fn author(&self, actor: i64) -> Option<Did> {
        self.actors.by_row(actor)?.author(&self.authority)
    }

    pub(super) fn require(&self, keys: &Keyring, role: Role) -> Result<(), CommandError> {
        if self.authority.role(&keys.did) >= Some(role) {
            return Ok(());
        }
        Err(CommandError::Forbidden {
            needed: match role {
                Role::Owner => "owner",
                Role::Editor => "editor",
                Role::Viewer => "viewer",
            },
        })
    }

    /// Writes one change. `fill` says what is in it; an empty draft writes nothing and gives
    /// `None` beside its value.
    pub(super) fn change<T>(
        &mut self,
        conn: &Connection,
        keys: &Keyring,
        run: &mut Run,
        command: &str,
        fill: impl FnOnce(&mut Draft<'_>, &mut Run) -> Result<T, CommandError>,
    ) -> Result<(T, bool), CommandError> {
        self.require(keys, Role::Editor)?;
        let device = keys.device.public();
        let witnessed = keys.witnessed();
        if let Some(author) = &witnessed
            && !self.authority.may_witness(&Did::from_key(device), author)
        {
            return Err(CommandError::NotWitnessed);
        }
        let mine = self
            .actors
            .iter()
            .find(|it| it.mine && it.device == Some(device) && it.witnessed == witnessed)
            .and_then(|actor| Some((actor.id, actor.nonce?)));
        let (actor, nonce) = mine.unwrap_or_else(|| {
            let own = |actor: &&ActorRow| actor.device == Some(device);
            let nonce = run.actor_nonce(self.actors.iter().filter(own).count());
            (ActorId::derive(&device, &self.document.id, &nonce), nonce)
        });
        let mut draft = Draft::new(conn, &self.document, &self.actors, actor);
        let value = fill(&mut draft, run)?;
        if draft.is_empty() {
            return Ok((value, false));
        }
        let change = draft.finish(run.now.as_second());
        let seq = change.change().seq;
        let tip = Tip::sign(
            &keys.device,
            &self.document.id,
            nonce,
            seq,
            change.hash(),
            witnessed,
        );
        let mut waiting = Quarantine::default();
        waiting.push(change);
        waiting.push_tip(tip);
        let accepted = Acceptor {
            conn,
            document: &mut self.document,
            actors: &mut self.actors,
            authority: &self.authority,
            received: Some(run.now_ms()),
        }
        .run(&mut waiting, true)?;
        if let Some((_, refusal)) = accepted.refused.first() {
            return Err((*refusal).into());
        }
        let row = self
            .actors
            .get(&actor)
            .map(|actor| actor.row)
            .ok_or(Refusal::Unsigned)?;
        if mine.is_none() {
            self.actors.set_mine(conn, self.document.row, Some(row))?;
        }
        refresh(conn, &self.document, &self.actors, &accepted.touched)?;
        // A relay has nobody to send it to, and for others nothing to take back.
        if witnessed.is_none() {
            conn.prepare_cached(
                "INSERT INTO outbox (doc, actor, seq, command) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![self.document.row, row, seq as i64, command])?;
            if let Some(action) = &run.action {
                super::undo::remember(conn, action, run.again, (self.document.row, row, seq))?;
            }
        }
        self.save(conn)?;
        Ok((value, true))
    }

    /// What is known now, to plan from while it changes.
    pub(super) fn copy(&self) -> Self {
        Self {
            document: self.document.clone(),
            actors: self.actors.clone(),
            authority: Rc::clone(&self.authority),
        }
    }

    /// Adds a statement and makes what follows from it true.
    pub(super) fn state(
        &mut self,
        conn: &Connection,
        statement: &Statement,
    ) -> Result<(), StoreError> {
        self.state_all(conn, core::slice::from_ref(statement))
    }

    /// Adds statements that are judged together.
    pub(super) fn state_all(
        &mut self,
        conn: &Connection,
        made: &[Statement],
    ) -> Result<(), StoreError> {
        for statement in made {
            statements::put(conn, statement)?;
        }
        self.authority = statements::authority(conn, &self.document.id)?;
        super::ingest::settle(conn, &mut self.document, &mut self.actors, &self.authority)?;
        Ok(())
    }

    pub(super) fn save(&mut self, conn: &Connection) -> Result<(), StoreError> {
        let fingerprint = self.authority.digest_set_fingerprint();
        self.document.save(conn, &self.actors, &fingerprint)
    }

    /// The row of a top-level map.
    pub(super) fn map(&self, conn: &Connection, name: &str) -> Result<i64, StoreError> {
        maps(conn, &self.document)?
            .remove(name)
            .ok_or_else(|| StoreError::Damaged(format!("a document without {name}")))
    }
}

/// Makes a document: its genesis, its birth change, its row.
pub(super) fn create_document(
    conn: &Connection,
    keys: &Keyring,
    genesis: Genesis,
) -> Result<Opened, CommandError> {
    let id = genesis.document();
    let kind = genesis.kind;
    let statement = Statement::sign(Payload::Genesis(genesis), keys.signer())?;
    Ok(begin_document(conn, id, kind, &statement)?)
}

/// The same with a genesis that is signed already.
pub(super) fn begin_document(
    conn: &Connection,
    id: DocumentId,
    kind: DocumentKind,
    genesis: &Statement,
) -> Result<Opened, StoreError> {
    statements::put(conn, genesis)?;
    let mut document = DocumentRow::create(conn, &id, kind)?;
    let mut actors = Actors::default();
    give_birth(conn, &mut document, &mut actors)?;
    let authority = statements::authority(conn, &id)?;
    statements::index(conn, document.row, &authority)?;
    let mut opened = Opened {
        document,
        actors,
        authority,
    };
    opened.save(conn)?;
    Ok(opened)
}

/// One line of text within a limit, without white space around it.
pub(super) fn line(
    field: &'static str,
    text: &str,
    chars_max: usize,
) -> Result<String, CommandError> {
    let text = text.trim();
    let chars = text.chars().count();
    if chars == 0 {
        return Err(CommandError::invalid(field, "must not be empty"));
    }
    if chars > chars_max {
        return Err(CommandError::invalid(
            field,
            format!("has {chars} characters; at most {chars_max} fit"),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(CommandError::invalid(
            field,
            "must be one line without control characters",
        ));
    }
    Ok(text.to_owned())
}

/// Text of any shape within a limit.
pub(super) fn text<'a>(
    field: &'static str,
    text: &'a str,
    chars_max: usize,
) -> Result<&'a str, CommandError> {
    let chars = text.chars().count();
    if chars > chars_max {
        return Err(CommandError::invalid(
            field,
            format!("has {chars} characters; at most {chars_max} fit"),
        ));
    }
    Ok(text)
}

/// Says something about the identity for which these keys act, and settles what follows from it in
/// every document that names it.
pub(super) fn say_of_identity(
    conn: &Connection,
    keys: &Keyring,
    payload: Payload,
) -> Result<(), CommandError> {
    statements::put(conn, &Statement::sign(payload, keys.signer())?)?;
    settle_naming(conn, &keys.did)?;
    Ok(())
}

/// Refuses to take something of the identity's back with a key that is no device of it any longer.
pub(super) fn require_live(identities: &Identities, keys: &Keyring) -> Result<(), CommandError> {
    if identities.is_live(&keys.did, &keys.signer().public()) {
        return Ok(());
    }
    Err(CommandError::Forbidden {
        needed: "device of this identity",
    })
}

/// The one statement or ticket whose id begins so; `what` is what its kind is called.
pub(super) fn find_by_id<T>(
    what: &'static str,
    text: &str,
    all: impl Iterator<Item = (StatementDigest, T)>,
) -> Result<(StatementDigest, T), CommandError> {
    let text = text.trim().to_ascii_lowercase();
    let mut found = all.filter(|(id, _)| !text.is_empty() && id.to_hex().starts_with(&text));
    match (found.next(), found.next()) {
        (Some(it), None) => Ok(it),
        (Some(_), Some(_)) => Err(CommandError::invalid(
            what,
            format!("several {what}s begin so: give more of the id"),
        )),
        _ => Err(CommandError::NotFound(what)),
    }
}
