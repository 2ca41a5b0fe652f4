//! Work for the engine that no session brings: a closure that gets the replica for a moment, in
//! the transaction of a batch, and whose answer leaves when that is on disk.

use std::panic::{AssertUnwindSafe, catch_unwind};

use poo_core::document::DocumentId;
use poo_core::replica::{Env, Replica};
use poo_core::store::StoreError;
use poo_core::sync::{Effect, Unsigned};
use tokio::sync::oneshot;

/// What a piece of work may use.
pub(crate) struct Turn<'a> {
    pub(crate) replica: &'a mut Replica,
    pub(crate) env: Env<'a>,
    effects: &'a mut Vec<Effect>,
}

impl Turn<'_> {
    /// Lets everybody who follows a document hear of its change, once it is on disk.
    pub(crate) fn changed(&mut self, document: DocumentId) {
        self.effects.push(Effect::Document(document));
    }

    /// Lets everybody who follows a document hear something that is not kept.
    pub(crate) fn say(&mut self, unsigned: Unsigned) {
        self.effects.push(Effect::Unsigned(Box::new(unsigned)));
    }
}

/// Says what came of a piece of work. To be called when that is on disk.
pub(crate) type Answer = Box<dyn FnOnce() + Send>;

/// A piece of work, which gives its answer to be said later.
pub(crate) type Work = Box<dyn FnOnce(&mut Turn<'_>) -> Answer + Send>;

/// A piece of work, and where what it came to arrives. Of what fails nothing is written. Nothing
/// arrives where it panicked or the batch could not be committed.
pub(crate) fn work<T, E, F>(job: F) -> (Work, oneshot::Receiver<Result<T, E>>)
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
    F: FnOnce(&mut Turn<'_>) -> Result<T, E> + Send + 'static,
{
    let (sender, receiver) = oneshot::channel();
    let work: Work = Box::new(move |turn: &mut Turn<'_>| -> Answer {
        let Turn {
            replica,
            env,
            effects,
        } = turn;
        let before = effects.len();
        let outcome = replica.savepoint(|replica| {
            job(&mut Turn {
                replica,
                env: Env {
                    now: env.now,
                    rng: &mut *env.rng,
                },
                effects,
            })
        });
        if outcome.is_err() {
            effects.truncate(before);
        }
        Box::new(move || {
            if sender.send(outcome).is_err() {
                tracing::debug!("nobody waits for an answer any longer");
            }
        })
    });
    (work, receiver)
}

/// Carries out a piece of work. `None` if it panicked: then what it wrote is to be undone.
pub(super) fn carry_out(
    work: Work,
    replica: &mut Replica,
    env: Env<'_>,
) -> Option<(Answer, Vec<Effect>)> {
    let mut effects = Vec::new();
    let answer = catch_unwind(AssertUnwindSafe(|| {
        work(&mut Turn {
            replica,
            env: Env {
                now: env.now,
                rng: &mut *env.rng,
            },
            effects: &mut effects,
        })
    }));
    match answer {
        Ok(answer) => Some((answer, effects)),
        Err(_) => {
            tracing::error!("a request made the engine panic");
            None
        }
    }
}
