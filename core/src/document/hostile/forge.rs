//! Builds chunks as no honest writer would, with the frame that their content deserves.

use sha2::{Digest as _, Sha256};

/// Appends an unsigned LEB128 number.
pub(super) fn uleb(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(0x80 | (value & 0x7f) as u8);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed LEB128 number.
pub(super) fn sleb(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

/// A chunk of `data` with its right length and checksum.
pub(super) fn seal(chunk_type: u8, data: &[u8]) -> Vec<u8> {
    let mut hashed = vec![chunk_type];
    uleb(&mut hashed, data.len() as u64);
    hashed.extend(data);
    let digest: [u8; 32] = Sha256::digest(&hashed).into();
    let mut out = vec![0x85, 0x6f, 0x4a, 0x83];
    out.extend(&digest[..4]);
    out.extend(hashed);
    out
}

/// The content of a chunk, without its frame.
pub(super) fn open(chunk: &[u8]) -> &[u8] {
    let mut at = 9;
    while chunk[at] & 0x80 != 0 {
        at += 1;
    }
    &chunk[at + 1..]
}

/// A change, field by field. What it starts with is a sound change of one put.
#[derive(Clone)]
pub(super) struct Forge {
    pub(super) deps: Vec<[u8; 32]>,
    pub(super) actor: Vec<u8>,
    pub(super) seq: u64,
    pub(super) start_op: u64,
    pub(super) time: i64,
    pub(super) message: Vec<u8>,
    pub(super) others: Vec<Vec<u8>>,
    pub(super) columns: Vec<(u32, Vec<u8>)>,
    pub(super) extra: Vec<u8>,
}

impl Forge {
    /// `{"k": null}` by actor 1.
    pub(super) fn put() -> Self {
        Self {
            deps: Vec::new(),
            actor: vec![1; 16],
            seq: 1,
            start_op: 1,
            time: 0,
            message: Vec::new(),
            others: Vec::new(),
            columns: vec![
                (21, vec![0x7f, 1, b'k']),
                (52, vec![1]),
                (66, vec![0x7f, 1]),
                (86, vec![0x7f, 0]),
                (112, vec![0x7f, 0]),
            ],
            extra: Vec::new(),
        }
    }

    /// Replaces, adds or (with no bytes) removes a column.
    pub(super) fn column(mut self, spec: u32, data: &[u8]) -> Self {
        self.columns.retain(|(known, _)| *known != spec);
        if !data.is_empty() {
            self.columns.push((spec, data.to_vec()));
            self.columns.sort_by_key(|(spec, _)| *spec);
        }
        self
    }

    /// The content of the chunk.
    pub(super) fn data(&self) -> Vec<u8> {
        let mut out = Vec::new();
        uleb(&mut out, self.deps.len() as u64);
        out.extend(self.deps.iter().flatten());
        uleb(&mut out, self.actor.len() as u64);
        out.extend(&self.actor);
        uleb(&mut out, self.seq);
        uleb(&mut out, self.start_op);
        sleb(&mut out, self.time);
        uleb(&mut out, self.message.len() as u64);
        out.extend(&self.message);
        uleb(&mut out, self.others.len() as u64);
        for other in &self.others {
            uleb(&mut out, other.len() as u64);
            out.extend(other);
        }
        uleb(&mut out, self.columns.len() as u64);
        for (spec, data) in &self.columns {
            uleb(&mut out, u64::from(*spec));
            uleb(&mut out, data.len() as u64);
        }
        out.extend(self.columns.iter().flat_map(|(_, data)| data));
        out.extend(&self.extra);
        out
    }

    /// The chunk.
    pub(super) fn seal(&self) -> Vec<u8> {
        seal(1, &self.data())
    }
}
