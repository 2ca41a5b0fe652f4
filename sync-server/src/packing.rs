//! A thread that makes large documents one compressed chunk, which takes seconds: the engine goes
//! on meanwhile.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc;

use poo_core::document::DocumentId;
use poo_core::store::StoreError;
use poo_core::sync::{Packed, Packer};

use crate::engine::Input;

/// What became of a document that was to be packed.
pub(crate) struct Outcome {
    pub(crate) document: DocumentId,
    pub(crate) packed: Result<Packed, StoreError>,
}

/// Where the engine leaves what is to be packed.
pub(crate) struct Packing {
    jobs: mpsc::Sender<DocumentId>,
    /// What is under way: several sessions may wait for it.
    asked: BTreeSet<DocumentId>,
}

impl Packing {
    /// The engine's end, and where the jobs come out.
    pub(crate) fn new() -> (Self, mpsc::Receiver<DocumentId>) {
        let (jobs, work) = mpsc::channel();
        let asked = BTreeSet::new();
        (Self { jobs, asked }, work)
    }

    /// Asks for a document, once. False if nobody does that any longer.
    pub(crate) fn ask(&mut self, document: DocumentId) -> bool {
        if self.asked.contains(&document) {
            return true;
        }
        let asked = self.jobs.send(document).is_ok();
        if asked {
            self.asked.insert(document);
        }
        asked
    }

    /// Notes that a document came back.
    pub(crate) fn done(&mut self, document: &DocumentId) {
        self.asked.remove(document);
    }
}

/// Starts the thread. It ends when the engine has dropped its [`Packing`], or no longer listens.
pub(crate) fn start(
    database: PathBuf,
    work: mpsc::Receiver<DocumentId>,
    inputs: &tokio::sync::mpsc::Sender<Input>,
) -> std::io::Result<()> {
    // A strong one would keep the engine waiting for inputs for ever.
    let inputs = inputs.downgrade();
    let run = move || {
        for document in work {
            let packed = Packer::open(&database).and_then(|packer| packer.pack(&document));
            let outcome = Box::new(Outcome { document, packed });
            let Some(inputs) = inputs.upgrade() else {
                return;
            };
            if inputs.blocking_send(Input::Packed(outcome)).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new()
        .name("packing".to_owned())
        .spawn(run)?;
    Ok(())
}
