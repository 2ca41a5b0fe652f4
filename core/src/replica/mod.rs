//! A replica: one identity's documents on one device, and the only door to them.
//!
//! Applications say what to do by [`Replica::execute`], ask by [`Replica::query`], and exchange
//! changes with a relay through a [`Session`](crate::sync::Session). Everything happens on the
//! caller's thread and is on disk when the call returns.

mod agents;
mod batch;
mod behalf;
mod comments;
mod error;
mod execute;
mod export;
mod files;
mod forks;
mod freshness;
mod ingest;
mod integrity;
mod invites;
mod labels;
mod link;
mod lists;
mod manage;
mod order;
mod people;
mod query;
mod roles;
mod salvage;
mod sharing;
mod space;
mod tasks;
mod ticket;
mod tickets;
mod tree;
mod undo;
mod verify;
mod witness;
mod write;

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use rand_core::CryptoRng;
use rusqlite::{OptionalExtension as _, params};

pub use crate::store::BlobReader;
pub use batch::Subscription;
pub use behalf::OnBehalf;
pub use error::{CommandError, OpenError, QueryError};
pub use files::{FetchFiles, SMALL_FILE_BYTES_MAX, SMALL_FILES_ROOM};
pub(crate) use freshness::EphemeralSession;
pub(crate) use ingest::{
    Incoming, IngestError, acknowledge_outbox, add_statement, ingest, put_chain,
};
pub use integrity::Integrity;
pub use link::{Link, LinkError};
pub use manage::{Health, Instance};
pub use people::Introduction;
pub use query::{ActivitySubscription, EventPage, EventsError, Wanted};
pub use sharing::{Certified, link_box, link_reply_box};
pub(crate) use sharing::{device_id, link_mac, own_chain};
pub use ticket::{Ticket, TicketError, TicketTerms};
pub(crate) use witness::{begin, witness};

use crate::document::{DocumentId, DocumentKind, DocumentNonce};
use crate::identity::{Did, Keypair};
use crate::membership::{Genesis, Payload, Statement};
use crate::store::{Store, StoreError, opt_blob, statements};

/// Time and randomness for one call. The engine asks neither the clock nor the system.
pub struct Env<'a> {
    /// The time now.
    pub now: Timestamp,
    /// Where secrets and ids come from. Must be cryptographically secure.
    pub rng: &'a mut dyn CryptoRng,
}

impl core::fmt::Debug for Env<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Env")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl Env<'_> {
    /// Some random bytes.
    pub(crate) fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }
}

/// The keys that a replica acts with.
#[derive(Debug, Clone)]
pub struct Keyring {
    /// Who it acts for.
    pub did: Did,
    /// This device's key.
    pub device: Keypair,
    /// The identity secret, where it rests on this device.
    pub identity: Option<Keypair>,
    /// Whether `device` is none of theirs but the key of a relay, which signs for them since they
    /// cannot: what is written is witnessed then.
    pub witnesses: bool,
}

impl Keyring {
    /// Keys of a new identity.
    #[must_use]
    pub fn generate(env: &mut Env<'_>) -> Self {
        let identity = Keypair::from_seed(&env.random());
        Self::of(identity, env)
    }

    /// Keys of a new device of an identity whose secret is at hand.
    #[must_use]
    pub fn of(identity: Keypair, env: &mut Env<'_>) -> Self {
        Self {
            did: Did::from_key(identity.public()),
            device: Keypair::from_seed(&env.random()),
            identity: Some(identity),
            witnesses: false,
        }
    }

    /// Keys of a new device of somebody whose secret rests elsewhere.
    #[must_use]
    pub fn device_of(did: Did, env: &mut Env<'_>) -> Self {
        Self {
            did,
            device: Keypair::from_seed(&env.random()),
            identity: None,
            witnesses: false,
        }
    }

    /// For whom the device signs, where that is somebody else.
    pub(crate) fn witnessed(&self) -> Option<Did> {
        self.witnesses.then_some(self.did)
    }

    /// The key that signs statements: the identity's where it is at hand, else the device's.
    pub(crate) fn signer(&self) -> &Keypair {
        self.identity.as_ref().unwrap_or(&self.device)
    }
}

#[cfg(feature = "net")]
impl From<crate::identity::Keys> for Keyring {
    fn from(keys: crate::identity::Keys) -> Self {
        Self {
            did: keys.did,
            device: keys.device,
            identity: keys.identity,
            witnesses: false,
        }
    }
}

/// One identity's documents on one device.
#[derive(Debug)]
pub struct Replica {
    store: Store,
    keys: Keyring,
    /// The only lists that are looked at and changed, while it acts for somebody who may touch no
    /// others; none: all.
    within: Option<BTreeSet<DocumentId>>,
}

impl Replica {
    /// Opens the database at `path`, or makes it where there is no file. An empty file is not
    /// taken for a new database: see [`Replica::create`].
    ///
    /// # Errors
    /// [`OpenError`] if the file cannot be used, or belongs to another identity or device.
    pub fn open(path: &Path, keys: Keyring) -> Result<Self, OpenError> {
        Self::with_store(Store::open(path)?, keys)
    }

    /// Makes the database at `path`, also in an empty file that was put there for it, with the
    /// rights that it shall have. One that is there already is opened.
    ///
    /// # Errors
    /// [`OpenError`] if the file cannot be used, or belongs to another identity or device.
    pub fn create(path: &Path, keys: Keyring) -> Result<Self, OpenError> {
        Self::with_store(Store::create(path)?, keys)
    }

    /// Opens the database at `path` beside a replica that has it open, to read only: it answers
    /// queries from what that one has committed.
    ///
    /// # Errors
    /// [`OpenError`] if the file cannot be used.
    pub fn open_to_read(path: &Path, keys: Keyring) -> Result<Self, OpenError> {
        let store = Store::open_to_read(path)?;
        Ok(Self {
            store,
            keys,
            within: None,
        })
    }

    /// A replica that lives as long as this value: for tests and for clients without storage.
    ///
    /// # Errors
    /// [`OpenError`] if SQLite fails.
    pub fn in_memory(keys: Keyring) -> Result<Self, OpenError> {
        Self::with_store(Store::open_in_memory()?, keys)
    }

    fn with_store(store: Store, keys: Keyring) -> Result<Self, OpenError> {
        let replica = Self {
            store,
            keys,
            within: None,
        };
        let device = replica.keys.device.public();
        match replica.meta_blob::<crate::identity::PublicKey>("device")? {
            Some(owner) if owner != device => Err(OpenError::OtherDevice),
            Some(_) => Ok(replica),
            None => {
                replica.set_meta("device", device.as_ref())?;
                Ok(replica)
            }
        }
    }

    /// Makes this device's part of a new or restored identity: its certificate, its profile and
    /// the person's space. Does nothing where they are.
    ///
    /// # Errors
    /// [`CommandError`] if the name is not acceptable or the database fails.
    pub fn found(&mut self, name: &str, env: &mut Env<'_>) -> Result<(), CommandError> {
        self.found_as(&Introduction::person(name), env)
    }

    /// The same for whoever introduces themselves as more than a name: an agent.
    ///
    /// # Errors
    /// As [`Replica::found`].
    pub fn found_as(&mut self, who: &Introduction, env: &mut Env<'_>) -> Result<(), CommandError> {
        let profile = who.profile(self.keys.did)?;
        let now = env.now;
        let keys = &self.keys;
        let Some(identity) = &keys.identity else {
            return Err(CommandError::NoIdentitySecret);
        };
        self.store.write(|conn| {
            let known = statements::of_identity(conn, &keys.did)?;
            let known = crate::membership::Identities::evaluate(&known);
            if !known.is_live(&keys.did, &keys.device.public()) {
                let device = sharing::certificate(keys, &keys.device, &profile.name, now)?;
                statements::put(conn, &Statement::sign(Payload::Device(device), identity)?)?;
            }
            if known.profile(&keys.did).is_none() {
                statements::put(
                    conn,
                    &Statement::sign(Payload::Profile(profile.clone()), identity)?,
                )?;
            }
            let space = self.space_id();
            if crate::store::DocumentRow::find(conn, &space)?.is_none() {
                let genesis = Genesis {
                    owner: keys.did,
                    nonce: DocumentNonce::Space,
                    kind: DocumentKind::Space,
                    version: crate::document::BIRTH_VERSION,
                    home: self.relay_did()?,
                    created_at_ms: now.as_millisecond(),
                    chosen_id: None,
                };
                write::create_document(conn, keys, genesis)?;
            }
            Ok::<_, CommandError>(())
        })
    }

    /// Who this replica acts for.
    #[must_use]
    pub fn did(&self) -> Did {
        self.keys.did
    }

    /// The keys that it acts with.
    #[must_use]
    pub fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// The id of this identity's space.
    #[must_use]
    pub fn space_id(&self) -> DocumentId {
        DocumentId::space_of(&self.keys.did)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Where this replica's relay listens, if it has one.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn relay_url(&self) -> Result<Option<String>, StoreError> {
        self.meta_text("relay_url")
    }

    /// Who this replica's relay is, once they have met.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn relay_did(&self) -> Result<Option<Did>, StoreError> {
        Ok(self
            .meta_text("relay_did")?
            .and_then(|text| text.parse().ok()))
    }

    /// Sets the relay. `did` pins who must answer there; `None` trusts the first that does.
    ///
    /// # Errors
    /// [`StoreError`] if the database fails.
    pub fn set_relay(&mut self, url: &str, did: Option<Did>) -> Result<(), StoreError> {
        self.set_meta_text("relay_url", Some(url))?;
        self.set_meta_text("relay_did", did.map(|did| did.to_string()).as_deref())
    }

    pub(crate) fn meta_text(&self, key: &str) -> Result<Option<String>, StoreError> {
        let found = self
            .store
            .conn()
            .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
            .query_row(params![key], |row| row.get(0))
            .optional()?;
        Ok(found.flatten())
    }

    pub(crate) fn set_meta_text(&self, key: &str, value: Option<&str>) -> Result<(), StoreError> {
        self.store
            .conn()
            .prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
            .execute(params![key, value])?;
        Ok(())
    }

    pub(crate) fn meta_blob<T>(&self, key: &str) -> Result<Option<T>, StoreError>
    where
        T: for<'a> TryFrom<&'a [u8], Error = crate::bytes::WrongLength>,
    {
        let found = self
            .store
            .conn()
            .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
            .query_row(params![key], |row| opt_blob(row, 0))
            .optional()?;
        Ok(found.flatten())
    }

    pub(crate) fn set_meta(&self, key: &str, value: &[u8]) -> Result<(), StoreError> {
        self.store
            .conn()
            .prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
            .execute(params![key, value])?;
        Ok(())
    }
}
