//! What all who take part know together.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use poo_core::document::DocumentId;
use poo_core::model::TaskId;

/// How long something took, again and again.
#[derive(Debug, Clone, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    pub(super) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// How often it happened.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Half of them, 95 and 99 of a hundred, and all of them took no longer.
    #[must_use]
    pub fn told(&self) -> String {
        let mut all = self.0.clone();
        all.sort_unstable();
        let at = |hundredths: usize| {
            let place = (all.len() * hundredths / 100).min(all.len().saturating_sub(1));
            all.get(place).copied().unwrap_or_default().as_secs_f64() * 1_000.0
        };
        format!(
            "{} times: P50 {:.1} ms, P95 {:.1} ms, P99 {:.1} ms, at most {:.1} ms",
            all.len(),
            at(50),
            at(95),
            at(99),
            at(100)
        )
    }
}

/// One person: their devices share a list.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) list: DocumentId,
    /// Tasks of which the relay said that it has them.
    acknowledged: Mutex<BTreeSet<TaskId>>,
    /// Tasks that one of their devices made, and another has not seen yet.
    fresh: Mutex<Vec<(TaskId, Instant)>>,
}

impl Person {
    pub(super) fn new(list: DocumentId) -> Self {
        Self {
            list,
            acknowledged: Mutex::default(),
            fresh: Mutex::default(),
        }
    }

    pub(super) fn acknowledged(&self) -> MutexGuard<'_, BTreeSet<TaskId>> {
        locked(&self.acknowledged)
    }

    pub(super) fn fresh(&self) -> MutexGuard<'_, Vec<(TaskId, Instant)>> {
        locked(&self.fresh)
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was measured.
#[derive(Debug, Default)]
pub(super) struct Measured {
    pub(super) committed: Times,
    pub(super) seen: Times,
    pub(super) back: Times,
    pub(super) first: Times,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) people: Vec<Person>,
    measured: Mutex<Measured>,
    faults: Mutex<Vec<String>>,
    /// Slow readers whom the relay cut off.
    pub(super) cut_off: AtomicU64,
    /// Connections that came about at a later try only.
    pub(super) retries: AtomicU64,
    /// The relay is about to be ended.
    pub(super) ending: AtomicBool,
}

impl Shared {
    pub(super) fn measured(&self) -> MutexGuard<'_, Measured> {
        locked(&self.measured)
    }

    pub(super) fn fault(&self, what: String) {
        locked(&self.faults).push(what);
    }

    pub(super) fn faults(&self) -> Vec<String> {
        locked(&self.faults).clone()
    }

    pub(super) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    pub(super) fn count(of: &AtomicU64) {
        of.fetch_add(1, Ordering::Relaxed);
    }
}
