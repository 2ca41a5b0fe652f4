//! How the keys and secrets that the relay keeps for others rest: sealed with a master key that is
//! not in the database, so that a copy of the database alone signs nothing.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use poo_core::identity::Keypair;
use poo_core::replica::Env;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Bytes that name the master key in front of what it sealed.
const NAME_BYTES: usize = 8;
/// The name of the master key's file in the data folder.
const FILE: &str = "master-key";

/// Where the master key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MasterKeySource {
    /// A file in the data folder, which is made where there is none.
    Data,
    /// A file that only its owner can read.
    File(PathBuf),
    /// The environment variable `POO_SERVER_MASTER_KEY`.
    Environment,
    /// The first line of the standard input.
    Stdin,
}

/// The master key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file cannot be read or made.
    #[error("the master key {} cannot be used: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others can read the file.
    #[error("the master key {} can be read by others: set its mode to 0600", .0.display())]
    Readable(PathBuf),
    /// It is none.
    #[error("a master key is 64 hexadecimal digits, from {0}")]
    Malformed(&'static str),
    /// The keys in the database were sealed with another one.
    #[error(
        "{0} keys of agents are sealed with another master key: start with that one, or name it with --master-key-before"
    )]
    Other(usize),
    /// The database failed.
    #[error("the keys of agents cannot be read: {0}")]
    Database(#[from] rusqlite::Error),
    /// The cipher refused.
    #[error("the keys of agents cannot be sealed")]
    Cipher,
}

impl core::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Sealer")
    }
}

/// Seals and opens.
pub(crate) struct Sealer {
    name: [u8; NAME_BYTES],
    key: LessSafeKey,
}

impl Sealer {
    /// With a master key that is at hand.
    pub(crate) fn new(master: &[u8; 32]) -> Result<Self, MasterKeyError> {
        let digest = Sha256::new()
            .chain_update(b"poo/master-key/v1")
            .chain_update(master)
            .finalize();
        let mut name = [0; NAME_BYTES];
        name.copy_from_slice(digest.get(..NAME_BYTES).unwrap_or(&[0; NAME_BYTES]));
        let key =
            UnboundKey::new(&CHACHA20_POLY1305, master).map_err(|_| MasterKeyError::Cipher)?;
        Ok(Self {
            name,
            key: LessSafeKey::new(key),
        })
    }

    /// Takes the master key from where it is.
    pub(crate) fn open(
        source: &MasterKeySource,
        data: &Path,
        env: &mut Env<'_>,
    ) -> Result<Self, MasterKeyError> {
        let master = match source {
            MasterKeySource::Data => {
                let path = data.join(FILE);
                if !path.exists() {
                    make(&path, env)?;
                }
                from_file(&path)?
            }
            MasterKeySource::File(path) => from_file(path)?,
            MasterKeySource::Environment => {
                let text = std::env::var("POO_SERVER_MASTER_KEY").unwrap_or_default();
                parse(&Zeroizing::new(text), "POO_SERVER_MASTER_KEY")?
            }
            MasterKeySource::Stdin => {
                let mut text = Zeroizing::new(String::new());
                let read = io::stdin().read_line(&mut text);
                read.map_err(|_| MasterKeyError::Malformed("the standard input"))?;
                parse(&text, "the standard input")?
            }
        };
        Self::new(&master)
    }

    /// That of a file.
    pub(crate) fn from_file(path: &Path) -> Result<Self, MasterKeyError> {
        let master = from_file(path)?;
        Self::new(&master)
    }

    /// Seals a key; `bound` says whose it is, and has to be said again to open it.
    pub(crate) fn seal(
        &self,
        key: &Keypair,
        bound: &[u8],
        env: &mut Env<'_>,
    ) -> Result<Vec<u8>, MasterKeyError> {
        self.seal_bytes(key.seed().as_slice(), bound, env)
    }

    /// The same for a secret of any length.
    pub(crate) fn seal_bytes(
        &self,
        secret: &[u8],
        bound: &[u8],
        env: &mut Env<'_>,
    ) -> Result<Vec<u8>, MasterKeyError> {
        let mut nonce = [0; NONCE_LEN];
        env.rng.fill_bytes(&mut nonce);
        let mut sealed = [&self.name[..], &nonce].concat();
        let mut secret = Zeroizing::new(secret.to_vec());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce, Aad::from(bound), secret.as_mut_slice())
            .map_err(|_| MasterKeyError::Cipher)?;
        sealed.extend_from_slice(&secret);
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`Self::seal`] made. `None` if it was sealed with another key, or was changed.
    pub(crate) fn unseal(&self, sealed: &[u8], bound: &[u8]) -> Option<Keypair> {
        let secret = self.unseal_bytes(sealed, bound)?;
        let seed: Zeroizing<[u8; 32]> = Zeroizing::new(secret.as_slice().try_into().ok()?);
        Some(Keypair::from_seed(&seed))
    }

    /// The same for a secret of any length.
    pub(crate) fn unseal_bytes(&self, sealed: &[u8], bound: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let rest = sealed.strip_prefix(&self.name[..])?;
        let (nonce, secret) = rest.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut secret = Zeroizing::new(secret.to_vec());
        let length = self
            .key
            .open_in_place(nonce, Aad::from(bound), secret.as_mut_slice())
            .ok()?
            .len();
        secret.truncate(length);
        Some(secret)
    }

    /// Seals anew what `before` sealed, all of it or nothing.
    pub(crate) fn take_over(
        &self,
        conn: &Connection,
        before: Option<&Self>,
        env: &mut Env<'_>,
    ) -> Result<(), MasterKeyError> {
        let mut statement = conn
            .prepare("SELECT did, signer, sealed FROM host_agent WHERE disconnected_at IS NULL")?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, Vec<u8>>(0)?,
                row.get::<_, Vec<u8>>(1)?,
                row.get::<_, Vec<u8>>(2)?,
            ))
        })?;
        let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
        let mut others = 0;
        let mut anew = Vec::new();
        for (did, signer, sealed) in rows {
            let bound = [&did[..], &signer].concat();
            if self.unseal(&sealed, &bound).is_some() {
                continue;
            }
            match before.and_then(|before| before.unseal(&sealed, &bound)) {
                Some(key) => anew.push((did, self.seal(&key, &bound, env)?)),
                None => others += 1,
            }
        }
        if others > 0 {
            return Err(MasterKeyError::Other(others));
        }
        for (did, sealed) in &anew {
            conn.execute(
                "UPDATE host_agent SET sealed = ?2 WHERE did = ?1",
                params![did, sealed],
            )?;
        }
        if !anew.is_empty() {
            tracing::info!(keys = anew.len(), "sealed with the new master key");
        }
        Ok(())
    }
}

fn make(path: &Path, env: &mut Env<'_>) -> Result<(), MasterKeyError> {
    let failed = |source| MasterKeyError::File {
        path: path.to_owned(),
        source,
    };
    let mut master = Zeroizing::new([0; 32]);
    env.rng.fill_bytes(master.as_mut_slice());
    let digits: String = master.iter().map(|byte| format!("{byte:02x}")).collect();
    let digits = Zeroizing::new(digits);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(digits.as_bytes()).map_err(failed)?;
    file.write_all(b"\n").map_err(failed)?;
    file.sync_all().map_err(failed)
}

fn from_file(path: &Path) -> Result<Zeroizing<[u8; 32]>, MasterKeyError> {
    let failed = |source| MasterKeyError::File {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata().map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(MasterKeyError::Readable(path.to_owned()));
        }
    }
    let mut text = Zeroizing::new(String::new());
    file.take(1_024).read_to_string(&mut text).map_err(failed)?;
    parse(&text, "its file")
}

fn parse(text: &str, from: &'static str) -> Result<Zeroizing<[u8; 32]>, MasterKeyError> {
    let text = text.trim();
    let mut master = Zeroizing::new([0; 32]);
    if text.len() != 64 || !text.is_ascii() {
        return Err(MasterKeyError::Malformed(from));
    }
    for (byte, digits) in master.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digits = core::str::from_utf8(digits).unwrap_or_default();
        let parsed = u8::from_str_radix(digits, 16);
        *byte = parsed.map_err(|_| MasterKeyError::Malformed(from))?;
    }
    Ok(master)
}

#[cfg(test)]
mod tests {
    use super::*;
    use poo_core::net::System;

    #[test]
    fn a_sealed_key_opens_with_its_master_key_and_for_whom_it_was_sealed() {
        let mut system = System::new().unwrap();
        let key = Keypair::from_seed(&[7; 32]);
        let ours = Sealer::new(&[1; 32]).unwrap();
        let sealed = ours.seal(&key, b"agent", &mut system.env()).unwrap();
        let opened = ours.unseal(&sealed, b"agent").unwrap();
        assert_eq!(opened.public(), key.public());
        assert!(ours.unseal(&sealed, b"other").is_none());
        assert!(
            Sealer::new(&[2; 32])
                .unwrap()
                .unseal(&sealed, b"agent")
                .is_none()
        );
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(ours.unseal(&changed, b"agent").is_none());
            assert!(ours.unseal(&sealed[..at], b"agent").is_none());
        }
        assert!(!sealed.windows(32).any(|it| *it == *key.seed()));
    }

    #[cfg(unix)]
    #[test]
    fn a_master_key_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let mut system = System::new().unwrap();
        let open = |env: &mut Env<'_>| Sealer::open(&MasterKeySource::Data, dir.path(), env);
        let first = open(&mut system.env()).unwrap();
        assert_eq!(open(&mut system.env()).unwrap().name, first.name);
        let path = dir.path().join(FILE);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = open(&mut system.env()).err().unwrap();
        assert!(matches!(error, MasterKeyError::Readable(_)), "{error}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(&path, "short").unwrap();
        let error = open(&mut system.env()).err().unwrap();
        assert!(matches!(error, MasterKeyError::Malformed(_)), "{error}");
    }
}
