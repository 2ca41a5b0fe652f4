//! Threads that answer what only reads, each with a connection of its own to the database: a slow
//! question holds up neither the engine nor the threads that serve sockets, and sees only what is
//! committed.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use poo_core::net::System;
use poo_core::replica::{Keyring, OpenError, Replica};
use tokio::sync::{mpsc, oneshot};

/// How many threads read where it is not known how many processors there are.
const THREADS_DEFAULT: usize = 2;
/// The most threads that read.
const THREADS_MAX: usize = 16;
/// Questions that wait for a thread; with more the relay says that it is busy.
const WAITING_MAX: usize = 512;

/// A question, for a replica that can only be read, at a time.
type Question = Box<dyn FnOnce(&mut Replica, Timestamp) + Send>;

/// A handle to the threads. They end when the last one is dropped.
#[derive(Clone)]
pub(crate) struct Readers {
    questions: mpsc::Sender<Question>,
}

/// A question got no answer: too many wait, or it panicked.
#[derive(Debug)]
pub(crate) struct NoAnswer;

impl Readers {
    /// Starts the threads on the engine's database.
    pub(crate) fn start(database: &Path, keys: &Keyring) -> io::Result<Self> {
        let (questions, waiting) = mpsc::channel::<Question>(WAITING_MAX);
        let waiting = Arc::new(Mutex::new(waiting));
        // More than there are processors would only take those from the engine, which writes.
        let threads = std::thread::available_parallelism();
        let threads = threads.map_or(THREADS_DEFAULT, usize::from);
        for number in 0..threads.min(THREADS_MAX) {
            let reader = Reader {
                database: database.to_owned(),
                keys: keys.clone(),
                waiting: Arc::clone(&waiting),
            };
            std::thread::Builder::new()
                .name(format!("reader-{number}"))
                .spawn(move || reader.run())?;
        }
        Ok(Self { questions })
    }

    /// Has a question answered.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Replica, Timestamp) -> T + Send + 'static,
    ) -> Result<T, NoAnswer> {
        let (sender, answer) = oneshot::channel();
        let question: Question = Box::new(move |replica: &mut Replica, now: Timestamp| {
            if sender.send(question(replica, now)).is_err() {
                tracing::debug!("nobody waits for an answer any longer");
            }
        });
        self.questions.try_send(question).map_err(|_| NoAnswer)?;
        answer.await.map_err(|_| NoAnswer)
    }
}

struct Reader {
    database: PathBuf,
    keys: Keyring,
    waiting: Arc<Mutex<mpsc::Receiver<Question>>>,
}

impl Reader {
    fn run(&self) {
        let Ok(mut system) = System::new() else {
            tracing::error!("the system gives no randomness: a reader ends");
            return;
        };
        let mut open: Option<Replica> = None;
        while let Some(question) = self.next() {
            if open.is_none() {
                open = self
                    .open()
                    .inspect_err(|error| {
                        tracing::error!(%error, "the database cannot be read");
                    })
                    .ok();
            }
            let Some(replica) = &mut open else { continue };
            let now = system.env().now;
            if catch_unwind(AssertUnwindSafe(|| question(replica, now))).is_err() {
                tracing::error!("a question made the engine panic");
                open = None;
            }
        }
    }

    fn next(&self) -> Option<Question> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.blocking_recv()
    }

    fn open(&self) -> Result<Replica, OpenError> {
        Replica::open_to_read(&self.database, self.keys.clone())
    }
}
