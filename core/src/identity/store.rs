//! Where a native program keeps its keys: one file that only its owner can read.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{Did, DidError, Keypair};

/// A key file is a few hundred bytes; a larger one is something else.
const FILE_LEN_MAX: u64 = 4096;
const HEADER: &str = "poo keys v1";

/// The keys of one device.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Who this device acts for.
    pub did: Did,
    /// The device's own key, made on it and never moved.
    pub device: Keypair,
    /// The identity secret, on the device that made or restored the identity.
    pub identity: Option<Keypair>,
}

/// A file with mode 0600 that holds [`Keys`].
#[derive(Debug, Clone)]
pub struct KeyFile {
    path: PathBuf,
}

/// A key file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file is not there.
    #[error("there are no keys at {path}: make an identity first")]
    Missing {
        /// Where it should be.
        path: PathBuf,
    },
    /// A key file exists already and is not overwritten.
    #[error("{path} exists already; it is not overwritten")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Others can read the file.
    #[error(
        "{path} can be read by others (mode {mode:o}): run `chmod 600` on it and, if anyone may have read it, make new keys"
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The content is not a key file's.
    #[error(
        "{path} is damaged ({what}): restore it from a backup, or restore the identity from its recovery phrase"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The system refused.
    #[error("cannot access {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl KeyFile {
    /// Names a key file; nothing is read yet.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the keys.
    ///
    /// # Errors
    /// [`KeyFileError`]: missing, readable by others, damaged, or refused by the system.
    pub fn load(&self) -> Result<Keys, KeyFileError> {
        let mut file = File::open(&self.path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => KeyFileError::Missing {
                path: self.path.clone(),
            },
            _ => self.io(source),
        })?;
        let metadata = file.metadata().map_err(|e| self.io(e))?;
        self.check_mode(&metadata)?;
        if metadata.len() > FILE_LEN_MAX {
            return Err(self.damaged("too long"));
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text)
            .map_err(|_| self.damaged("not text"))?;
        self.parse(&text)
    }

    /// Writes the keys to a new file, readable by its owner only, and waits until it is on disk.
    ///
    /// # Errors
    /// [`KeyFileError::Exists`] if there is a file; keys are never overwritten.
    pub fn create(&self, keys: &Keys) -> Result<(), KeyFileError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options
            .open(&self.path)
            .map_err(|source| match source.kind() {
                io::ErrorKind::AlreadyExists => KeyFileError::Exists {
                    path: self.path.clone(),
                },
                _ => self.io(source),
            })?;
        let device = secret_text(&keys.device);
        let mut text = Zeroizing::new(format!(
            "{HEADER}\ndid {}\ndevice {}\n",
            keys.did,
            device.as_str()
        ));
        if let Some(identity) = &keys.identity {
            text.push_str("identity ");
            text.push_str(&secret_text(identity));
            text.push('\n');
        }
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(|e| self.io(e))
    }

    fn parse(&self, text: &str) -> Result<Keys, KeyFileError> {
        let mut lines = text.lines();
        if lines.next() != Some(HEADER) {
            return Err(self.damaged("unknown header"));
        }
        let (mut did, mut device, mut identity) = (None, None, None);
        for line in lines.filter(|line| !line.is_empty()) {
            match line.split_once(' ') {
                Some(("did", value)) => {
                    did = Some(
                        value
                            .parse()
                            .map_err(|_: DidError| self.damaged("bad DID"))?,
                    );
                }
                Some(("device", value)) => device = Some(self.secret(value)?),
                Some(("identity", value)) => identity = Some(self.secret(value)?),
                _ => return Err(self.damaged("unknown line")),
            }
        }
        let did: Did = did.ok_or_else(|| self.damaged("no DID"))?;
        let device = device.ok_or_else(|| self.damaged("no device key"))?;
        if identity
            .as_ref()
            .is_some_and(|pair: &Keypair| Did::from_key(pair.public()) != did)
        {
            return Err(self.damaged("the identity key belongs to another DID"));
        }
        Ok(Keys {
            did,
            device,
            identity,
        })
    }

    fn secret(&self, text: &str) -> Result<Keypair, KeyFileError> {
        // Room for the checksum, which is decoded with the secret.
        let mut bytes = Zeroizing::new([0_u8; 36]);
        match bs58::decode(text).with_check(None).onto(bytes.as_mut()) {
            Ok(32) => bytes
                .first_chunk()
                .map(Keypair::from_seed)
                .ok_or_else(|| self.damaged("bad key")),
            _ => Err(self.damaged("bad key")),
        }
    }

    #[cfg(unix)]
    fn check_mode(&self, metadata: &std::fs::Metadata) -> Result<(), KeyFileError> {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Exposed {
                path: self.path.clone(),
                mode,
            });
        }
        Ok(())
    }

    #[cfg(not(unix))]
    fn check_mode(&self, _: &std::fs::Metadata) -> Result<(), KeyFileError> {
        Ok(())
    }

    fn damaged(&self, what: &'static str) -> KeyFileError {
        KeyFileError::Damaged {
            path: self.path.clone(),
            what,
        }
    }

    fn io(&self, source: io::Error) -> KeyFileError {
        KeyFileError::Io {
            path: self.path.clone(),
            source,
        }
    }
}

/// A secret as base58 with a checksum, so that a damaged file is noticed.
fn secret_text(pair: &Keypair) -> Zeroizing<String> {
    Zeroizing::new(
        bs58::encode(pair.seed().as_ref())
            .with_check()
            .into_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        let identity = Keypair::from_seed(&[1; 32]);
        Keys {
            did: Did::from_key(identity.public()),
            device: Keypair::from_seed(&[2; 32]),
            identity: Some(identity),
        }
    }

    #[test]
    fn keys_come_back_and_are_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let file = KeyFile::at(dir.path().join("keys"));
        assert!(matches!(file.load(), Err(KeyFileError::Missing { .. })));
        file.create(&keys()).unwrap();
        let loaded = file.load().unwrap();
        assert_eq!(loaded.did, keys().did);
        assert_eq!(loaded.device.public(), keys().device.public());
        assert_eq!(loaded.identity.unwrap().public(), keys().did.key());
        assert!(matches!(
            file.create(&keys()),
            Err(KeyFileError::Exists { .. })
        ));
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let file = KeyFile::at(dir.path().join("keys"));
        file.create(&keys()).unwrap();
        let mode = std::fs::metadata(file.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            file.load(),
            Err(KeyFileError::Exposed { mode: 0o640, .. })
        ));
    }

    #[test]
    fn damage_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let file = KeyFile::at(dir.path().join("keys"));
        file.create(&keys()).unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        for bad in [
            String::new(),
            text.replace("v1", "v9"),
            text.replace("device ", "device 2"),
            text.replace("did:key:z6Mk", "did:key:z6Mj"),
            text.lines().take(2).collect::<Vec<_>>().join("\n"),
            text.replace(
                &Did::from_key(Keypair::from_seed(&[1; 32]).public()).to_string(),
                &Did::from_key(Keypair::from_seed(&[3; 32]).public()).to_string(),
            ),
            "x".repeat(10_000),
        ] {
            std::fs::write(file.path(), bad).unwrap();
            assert!(matches!(file.load(), Err(KeyFileError::Damaged { .. })));
        }
    }
}
