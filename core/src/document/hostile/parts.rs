//! Document chunks in parts, and what the tests of hostile documents share.

use automerge::transaction::Transactable as _;
use automerge::{AutoCommit, Automerge};

use super::forge::{open, seal, uleb};
use crate::document::leb::Reader;
use crate::document::{ChunkError, ChunkLimits, DocumentChunk, EncodedChange, EntryFault};

pub(super) fn audit(bytes: &[u8]) -> Result<Vec<EncodedChange>, ChunkError> {
    DocumentChunk::audit(bytes, &ChunkLimits::default())
}

pub(super) fn refusal(bytes: &[u8]) -> ChunkError {
    audit(bytes).expect_err("hostile bytes passed the audit")
}

pub(super) fn loads_in_automerge(bytes: &[u8]) -> bool {
    let bytes = bytes.to_vec();
    std::panic::catch_unwind(|| Automerge::load(&bytes).is_ok()).unwrap_or(false)
}

pub(super) fn entry_fault(error: ChunkError) -> EntryFault {
    match error {
        ChunkError::Entry { fault, .. } => fault,
        other => panic!("{other:?}"),
    }
}

pub(super) fn too_large(error: ChunkError) -> &'static str {
    match error {
        ChunkError::TooLarge { what, .. } => what,
        other => panic!("{other:?}"),
    }
}

/// A document chunk, section by section, its columns inflated.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) actors: Vec<Vec<u8>>,
    pub(super) heads: Vec<[u8; 32]>,
    pub(super) changes: Vec<(u32, Vec<u8>)>,
    pub(super) ops: Vec<(u32, Vec<u8>)>,
    pub(super) head_places: Vec<u64>,
    pub(super) trailing: Vec<u8>,
}

impl Parts {
    /// The parts of a sound document that was saved without compression.
    pub(super) fn of(document: &mut AutoCommit) -> Self {
        let saved = document.save_nocompress();
        let mut reader = Reader::new(open(&saved));
        let count = reader.length().unwrap();
        let actors = (0..count)
            .map(|_| {
                let len = reader.length().unwrap();
                reader.take(len).unwrap().to_vec()
            })
            .collect();
        let count = reader.length().unwrap();
        let heads = (0..count).map(|_| reader.array().unwrap()).collect();
        let mut layout = || -> Vec<(u32, usize)> {
            let count = reader.length().unwrap();
            (0..count)
                .map(|_| (reader.uleb().unwrap() as u32, reader.length().unwrap()))
                .collect()
        };
        let (changes, ops) = (layout(), layout());
        let mut data = |layout: Vec<(u32, usize)>| {
            layout
                .into_iter()
                .map(|(spec, len)| (spec, reader.take(len).unwrap().to_vec()))
                .collect()
        };
        let (changes, ops) = (data(changes), data(ops));
        let head_places = (0..count).map(|_| reader.uleb().unwrap()).collect();
        assert!(reader.is_empty());
        Self {
            actors,
            heads,
            changes,
            ops,
            head_places,
            trailing: Vec::new(),
        }
    }

    /// Two puts to one key by one actor, in two changes.
    pub(super) fn small() -> Self {
        let mut document = AutoCommit::new().with_actor(automerge::ActorId::from([1; 16]));
        document.put(automerge::ROOT, "key", 1).unwrap();
        document.commit();
        document.put(automerge::ROOT, "key", 2).unwrap();
        document.commit();
        Self::of(&mut document)
    }

    pub(super) fn seal(&self) -> Vec<u8> {
        let mut out = Vec::new();
        uleb(&mut out, self.actors.len() as u64);
        for actor in &self.actors {
            uleb(&mut out, actor.len() as u64);
            out.extend(actor);
        }
        uleb(&mut out, self.heads.len() as u64);
        out.extend(self.heads.iter().flatten());
        for table in [&self.changes, &self.ops] {
            uleb(&mut out, table.len() as u64);
            for (spec, data) in table {
                uleb(&mut out, u64::from(*spec));
                uleb(&mut out, data.len() as u64);
            }
        }
        for table in [&self.changes, &self.ops] {
            out.extend(table.iter().flat_map(|(_, data)| data));
        }
        for place in &self.head_places {
            uleb(&mut out, *place);
        }
        out.extend(&self.trailing);
        seal(0, &out)
    }

    pub(super) fn change_column(mut self, spec: u32, data: &[u8]) -> Self {
        set(&mut self.changes, spec, data);
        self
    }

    pub(super) fn op_column(mut self, spec: u32, data: &[u8]) -> Self {
        set(&mut self.ops, spec, data);
        self
    }
}

fn set(table: &mut Vec<(u32, Vec<u8>)>, spec: u32, data: &[u8]) {
    table.retain(|(known, _)| *known & !8 != spec & !8);
    if !data.is_empty() {
        table.push((spec, data.to_vec()));
        table.sort_by_key(|(spec, _)| *spec & !8);
    }
}
