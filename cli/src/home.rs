//! The home: one folder with the keys, the database, and the mark that tells a copy.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use poo_core::identity::{KeyFile, KeyFileError, Keys};
use poo_core::replica::{Instance, Keyring, Replica};

use crate::moment::Moment;
use crate::problem::Problem;

/// A mark is two short lines; a larger file is something else.
const MARK_LEN_MAX: u64 = 256;
/// The files of one SQLite database.
const DATABASE_SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];
/// Where the mark has no time: not every file system knows when a file was made.
const NO_TIME: &str = "-";
const MARK_HEADER: &str = "poo instance v1";

/// Where one device keeps what is its own.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    path: PathBuf,
}

/// A home that is in use. Others may use it too, but nobody replaces its database meanwhile.
pub(crate) struct Opened {
    /// The database and the keys.
    pub(crate) replica: Replica,
    _use: File,
}

impl Home {
    /// The home at a path, or the usual one.
    pub(crate) fn locate(given: Option<PathBuf>) -> Result<Self, Problem> {
        let path = match given {
            Some(path) if path.as_os_str().is_empty() => return Err(Problem::NowhereHome),
            Some(path) => path,
            None => data_home()?.join("poo"),
        };
        Ok(Self { path })
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("poo.db")
    }

    /// The keys.
    pub(crate) fn key_file(&self) -> KeyFile {
        KeyFile::at(self.path.join("keys"))
    }

    fn mark(&self) -> PathBuf {
        self.path.join("instance")
    }

    /// Reads the keys.
    pub(crate) fn keys(&self) -> Result<Keyring, Problem> {
        match self.key_file().load() {
            Ok(keys) => Ok(keys.into()),
            Err(KeyFileError::Missing { .. }) if exists(&self.database()) => {
                Err(Problem::KeysLost {
                    home: self.path.clone(),
                })
            }
            Err(KeyFileError::Missing { .. }) => Err(Problem::NoHome {
                home: self.path.clone(),
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the home to look at it: nothing is written, and nothing is asked but the database.
    pub(crate) fn open_to_read(&self) -> Result<Opened, Problem> {
        let keys = self.keys()?;
        let in_use = self.lock_shared()?;
        self.open(keys, in_use)
    }

    /// Opens the home to write: a database that was copied or restored goes on under fresh
    /// actors, so that two copies never sign different changes for one place.
    pub(crate) fn open_to_write(&self, moment: &mut Moment) -> Result<Opened, Problem> {
        let keys = self.keys()?;
        let in_use = self.lock_shared()?;
        let mut opened = self.open(keys, in_use)?;
        self.check_instance(&mut opened.replica, moment)?;
        Ok(opened)
    }

    fn open(&self, keys: Keyring, in_use: File) -> Result<Opened, Problem> {
        Ok(Opened {
            replica: self.open_locked(keys)?,
            _use: in_use,
        })
    }

    /// Opens the database where the caller holds the lock.
    pub(crate) fn open_locked(&self, keys: Keyring) -> Result<Replica, Problem> {
        let path = self.database();
        // SQLite would make an empty database out of a missing or an emptied one.
        if fs::metadata(&path).map_or(true, |file| file.len() == 0) {
            return Err(Problem::DatabaseLost { path });
        }
        Ok(Replica::open(&path, keys)?)
    }

    /// Makes the folder, or takes it as it is, and writes keys into it.
    pub(crate) fn create(&self, keyring: &Keyring) -> Result<(), Problem> {
        self.make_folder()?;
        let keys = Keys {
            did: keyring.did,
            device: keyring.device.clone(),
            identity: keyring.identity.clone(),
        };
        self.key_file().create(&keys)?;
        self.sync_folder()
    }

    /// Makes the database of a home that has its keys and was never used.
    pub(crate) fn create_database(
        &self,
        keys: Keyring,
        moment: &mut Moment,
    ) -> Result<Opened, Problem> {
        let in_use = self.lock_shared()?;
        let mut replica = self.replica_at(&self.database(), keys)?;
        self.check_instance(&mut replica, moment)?;
        Ok(Opened {
            replica,
            _use: in_use,
        })
    }

    /// Opens the database at a path, or makes it, readable by its owner only.
    fn replica_at(&self, path: &Path, keys: Keyring) -> Result<Replica, Problem> {
        let mut options = fs::OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        // SQLite takes an empty file for a new database, and keeps its mode for those beside it.
        options
            .open(path)
            .map_err(|source| file_problem(path, source))?;
        Ok(Replica::create(path, keys)?)
    }

    /// Makes an empty database beside the one that is to be replaced.
    pub(crate) fn begin_replacement(&self, keys: Keyring) -> Result<Replica, Problem> {
        self.drop_replacement();
        self.replica_at(&self.replacement(), keys)
    }

    /// Takes an unfinished replacement away.
    pub(crate) fn drop_replacement(&self) {
        for suffix in DATABASE_SUFFIXES {
            // What cannot be taken away is found, and named, when it is made again.
            let _gone = fs::remove_file(with_suffix(&self.replacement(), suffix));
        }
    }

    /// Puts the replacement in the database's place. The old files are kept under another name,
    /// which is given.
    pub(crate) fn replace(&self, moment: &Moment) -> Result<PathBuf, Problem> {
        let stamp = moment.time().strftime("%Y%m%dT%H%M%SZ").to_string();
        let kept = self.path.join(format!("poo.db.replaced-{stamp}"));
        for suffix in DATABASE_SUFFIXES {
            let from = with_suffix(&self.database(), suffix);
            match fs::rename(&from, with_suffix(&kept, suffix)) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(file_problem(&from, error));
                }
                _ => {}
            }
        }
        // Closed by now, the new database is one file.
        fs::rename(self.replacement(), self.database())
            .map_err(|source| file_problem(&self.database(), source))?;
        self.sync_folder()?;
        Ok(kept)
    }

    fn replacement(&self) -> PathBuf {
        self.path.join("poo.db.new")
    }

    /// Takes away what [`Home::create`] and [`Home::create_database`] made, where it came to
    /// nothing: keys that no one has certified, and an empty database.
    pub(crate) fn clear(&self) {
        for name in ["keys", "poo.db", "poo.db-wal", "poo.db-shm", "instance"] {
            // What cannot be taken away is found, and named, by the next command.
            let _gone = fs::remove_file(self.path.join(name));
        }
    }

    /// Makes the folder, for its owner only.
    pub(crate) fn make_folder(&self) -> Result<(), Problem> {
        if self.path.is_dir() {
            return Ok(());
        }
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&self.path)
            .map_err(|source| file_problem(&self.path, source))
    }

    /// Compares the mark beside the database with the one in it. One process at a time: another
    /// one between the two writes would look like a copy.
    fn check_instance(&self, replica: &mut Replica, moment: &mut Moment) -> Result<(), Problem> {
        let turn = self.lock_file("instance.lock")?;
        turn.lock()
            .map_err(|source| file_problem(&self.path, source))?;
        let made = made_at(&self.database());
        let beside = self.read_mark()?.filter(|beside| beside.made == made);
        let beside = beside.map(|beside| beside.instance);
        let instance = replica.check_instance(beside, &mut moment.env())?;
        self.write_mark(&Mark { instance, made })?;
        drop(turn);
        Ok(())
    }

    fn read_mark(&self) -> Result<Option<Mark>, Problem> {
        let path = self.mark();
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(file_problem(&path, source)),
        };
        let mut text = String::new();
        let read = file.take(MARK_LEN_MAX).read_to_string(&mut text);
        // A mark that cannot be read is as good as none: the device goes on under fresh actors.
        Ok(read.ok().and_then(|_| parse_mark(&text)))
    }

    /// Writes the mark so that after a crash either the old or the new one is there, whole. It is
    /// not waited for: after a power cut an older mark, or none, only makes the device go on under
    /// a fresh actor, and waiting for the disk twice would double the time of a command.
    fn write_mark(&self, mark: &Mark) -> Result<(), Problem> {
        let path = self.mark();
        let temporary = self.path.join("instance.new");
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&temporary)?;
            file.write_all(mark_text(mark).as_bytes())?;
            drop(file);
            fs::rename(&temporary, &path)
        };
        write().map_err(|source| file_problem(&path, source))
    }

    fn sync_folder(&self) -> Result<(), Problem> {
        #[cfg(unix)]
        File::open(&self.path)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| file_problem(&self.path, source))?;
        Ok(())
    }

    fn lock_file(&self, name: &str) -> Result<File, Problem> {
        let path = self.path.join(name);
        fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|source| file_problem(&path, source))
    }

    fn lock_shared(&self) -> Result<File, Problem> {
        let file = self.lock_file("lock")?;
        match file.try_lock_shared() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(Problem::HomeBusy),
            Err(TryLockError::Error(source)) => Err(file_problem(&self.path, source)),
        }
    }

    /// Keeps every other process out, to replace the database.
    pub(crate) fn lock_alone(&self) -> Result<File, Problem> {
        let file = self.lock_file("lock")?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(Problem::HomeBusy),
            Err(TryLockError::Error(source)) => Err(file_problem(&self.path, source)),
        }
    }
}

/// Where programs keep data for the person who runs them (XDG Base Directory).
fn data_home() -> Result<PathBuf, Problem> {
    // The specification says to ignore a relative path.
    let set = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    if let Some(path) = set.filter(|path| path.is_absolute()) {
        return Ok(path);
    }
    let home = std::env::home_dir().filter(|path| path.is_absolute());
    Ok(home.ok_or(Problem::NowhereHome)?.join(".local/share"))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Whether something is there, be it readable or not.
pub(crate) fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

pub(crate) fn file_problem(path: &Path, source: std::io::Error) -> Problem {
    Problem::File {
        path: path.to_owned(),
        source,
    }
}

/// When a file was made. A copy of it is made later, even one that keeps every other time.
fn made_at(path: &Path) -> Option<u128> {
    let made = fs::metadata(path).ok()?.created().ok()?;
    let since = made.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(since.as_nanos())
}

/// What stands beside the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    instance: Instance,
    /// When the database file was made, so that a copy of the whole home stands out too.
    made: Option<u128>,
}

fn mark_text(mark: &Mark) -> String {
    let id = u128::from_be_bytes(mark.instance.id);
    let opened = mark.instance.opened;
    let made = mark
        .made
        .map_or_else(|| NO_TIME.to_owned(), |made| made.to_string());
    format!("{MARK_HEADER}\n{id:032x} {opened} {made}\n")
}

fn parse_mark(text: &str) -> Option<Mark> {
    let mut words = text.strip_prefix(MARK_HEADER)?.split_whitespace();
    let id = words.next().filter(|id| id.len() == 32)?;
    let opened = words.next()?.parse().ok()?;
    let made = match words.next()? {
        NO_TIME => None,
        made => Some(made.parse().ok()?),
    };
    Some(Mark {
        instance: Instance {
            id: u128::from_str_radix(id, 16).ok()?.to_be_bytes(),
            opened,
        },
        made,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_back_and_a_damaged_one_is_none() {
        for made in [None, Some(1_790_000_000_000_000_000)] {
            let mark = Mark {
                instance: Instance {
                    id: [0x0f; 16],
                    opened: 42,
                },
                made,
            };
            let text = mark_text(&mark);
            assert_eq!(parse_mark(&text), Some(mark));
            assert_eq!(parse_mark(&text[1..]), None);
        }
        for bad in ["", "poo instance v1", "poo instance v1\n0f 1 -"] {
            assert_eq!(parse_mark(bad), None, "{bad:?}");
        }
    }
}
