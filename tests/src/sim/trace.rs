//! What happened: a hash over all of it, and the last of it in words.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber};

/// How much of the story is kept for a failure.
const LINES_MAX: usize = 400;

#[derive(Debug, Clone, Default)]
pub(super) struct Trace(Rc<RefCell<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    hash: Sha256,
    first: Vec<String>,
    last: VecDeque<String>,
}

impl Trace {
    /// Notes something that must be the same each time.
    pub(super) fn note(&self, line: String) {
        let mut inner = self.0.borrow_mut();
        inner.hash.update(line.as_bytes());
        inner.hash.update([b'\n']);
        if inner.last.len() >= LINES_MAX {
            inner.last.pop_front();
        }
        inner.last.push_back(line);
    }

    /// Notes what a reader of a failure has to know first.
    pub(super) fn begin(&self, line: String) {
        self.0.borrow_mut().first.push(line.clone());
        self.note(line);
    }

    /// Notes bytes that must be the same each time.
    pub(super) fn bytes(&self, bytes: &[u8]) {
        self.0.borrow_mut().hash.update(bytes);
    }

    pub(super) fn digest(&self) -> String {
        let digest = self.0.borrow().hash.clone().finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(super) fn story(&self) -> String {
        let inner = self.0.borrow();
        let lines = inner.first.iter().chain(&inner.last);
        lines.map(|line| format!("{line}\n")).collect()
    }
}

/// What the engine reports while a run goes on. An error is a panic that it caught, or a batch
/// that it could not commit: none of them may happen here.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Said>>);

#[derive(Debug, Default)]
struct Said {
    errors: Vec<String>,
    others: Vec<String>,
}

impl Heard {
    fn said(&self) -> MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn errors(&self) -> Vec<String> {
        core::mem::take(&mut self.said().errors)
    }

    pub(super) fn others(&self) -> Vec<String> {
        core::mem::take(&mut self.said().others)
    }
}

/// Listens to the engine on this thread, until the guard is dropped.
pub(super) fn listen() -> (Heard, DefaultGuard) {
    let heard = Heard::default();
    let guard = tracing::subscriber::set_default(Ear(heard.clone()));
    (heard, guard)
}

struct Ear(Heard);

impl Subscriber for Ear {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO && metadata.target().starts_with("poo_")
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut words = Words(String::new());
        event.record(&mut words);
        let mut said = self.0.said();
        match *event.metadata().level() {
            Level::ERROR => said.errors.push(words.0),
            _ => said.others.push(words.0),
        }
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn core::fmt::Debug) {
        self.0.push_str(&format!("{}={value:?} ", field.name()));
    }
}
