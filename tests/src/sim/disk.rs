//! Where a machine keeps its database. What a crash leaves is what lies in the files at that
//! moment, write-ahead log included; what a power cut leaves is what lay there when the disk last
//! said that it had everything.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

/// The files of a database as they lay on the disk.
#[derive(Debug, Clone)]
pub(super) struct Image {
    database: Vec<u8>,
    log: Option<Vec<u8>>,
}

pub(super) struct Disk {
    folder: PathBuf,
    name: String,
    generation: u32,
    /// A second way to the database, which the engine knows nothing of.
    reader: Option<Connection>,
    /// The disk says that it has everything, and lies: so far it really is.
    lagging: Option<(u32, Image)>,
}

/// A disk that lies writes what it said it had after so many more commits.
const LAG: u32 = 6;

impl Disk {
    pub(super) fn new(folder: &Path, name: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            name: name.to_owned(),
            generation: 0,
            reader: None,
            lagging: None,
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder
            .join(format!("{}-{}.db", self.name, self.generation))
    }

    /// What lies in the files.
    pub(super) fn image(&self) -> Image {
        let log = PathBuf::from(format!("{}-wal", self.path().display()));
        Image {
            database: std::fs::read(self.path()).unwrap(),
            log: std::fs::read(log).ok(),
        }
    }

    /// Puts an image in the place of what was there.
    pub(super) fn put(&mut self, image: &Image) {
        self.reader = None;
        self.lagging = None;
        self.generation += 1;
        std::fs::write(self.path(), &image.database).unwrap();
        if let Some(log) = &image.log {
            std::fs::write(format!("{}-wal", self.path().display()), log).unwrap();
        }
    }

    /// Notes a commit on a disk that lies.
    pub(super) fn lag(&mut self) {
        match &mut self.lagging {
            Some((commits, _)) if *commits < LAG => *commits += 1,
            _ => self.lagging = Some((0, self.image())),
        }
    }

    /// What a power cut leaves.
    pub(super) fn durable(&self) -> Image {
        match &self.lagging {
            Some((_, image)) => image.clone(),
            None => self.image(),
        }
    }

    /// Reads what is there, past the engine.
    pub(super) fn read<T>(&mut self, work: impl FnOnce(&Connection) -> T) -> T {
        let path = self.path();
        let reader = self.reader.get_or_insert_with(|| {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            Connection::open_with_flags(path, flags).unwrap()
        });
        work(reader)
    }
}
