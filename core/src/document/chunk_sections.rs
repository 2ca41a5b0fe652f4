//! The sections of a document chunk: actors, heads, and two tables of columns, inflated within
//! bounds.

use std::borrow::Cow;
use std::io::Read as _;

use flate2::bufread::DeflateDecoder;

use super::chunk::ChunkLimits;
use super::layout::{ColumnMeta, read_layout};
use super::leb::{ReadFault, Reader};
use super::limits::CHANGE_DEPS_MAX;
use super::{ActorId, ChangeHash, ChunkError, LayoutFault};

/// The columns of one table, by their specification.
pub(super) struct Table<'a> {
    columns: Vec<(u32, Cow<'a, [u8]>)>,
}

impl Table<'_> {
    /// The data of a column; empty if it is left out.
    pub(super) fn get(&self, spec: u32) -> &[u8] {
        self.columns
            .iter()
            .find(|(known, _)| *known == spec)
            .map_or(&[], |(_, data)| data)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.columns
            .iter()
            .map(|(spec, data)| (*spec, data.as_ref()))
    }
}

/// What a document chunk consists of.
pub(super) struct Sections<'a> {
    pub(super) actors: Vec<ActorId>,
    pub(super) heads: Vec<ChangeHash>,
    /// Where each head stands in the list of changes.
    pub(super) head_places: Vec<u64>,
    pub(super) changes: Table<'a>,
    pub(super) ops: Table<'a>,
}

impl<'a> Sections<'a> {
    /// Cuts the content of a document chunk into its sections.
    pub(super) fn parse(
        data: &'a [u8],
        known_changes: &[u32],
        known_ops: &[u32],
        limits: &ChunkLimits,
    ) -> Result<Self, ChunkError> {
        let mut reader = Reader::new(data);
        let actors = read_actors(&mut reader, limits)?;
        let heads = read_heads(&mut reader)?;
        let change_layout = read_layout(&mut reader, known_changes)?;
        let op_layout = read_layout(&mut reader, known_ops)?;
        let mut inflate = Inflate {
            bytes_max: limits.inflated_bytes_max,
            bytes_left: limits.inflated_bytes_max,
        };
        let changes = inflate.table(&mut reader, &change_layout)?;
        let ops = inflate.table(&mut reader, &op_layout)?;
        let mut head_places = Vec::with_capacity(heads.len());
        for _ in &heads {
            head_places.push(field("places of heads", reader.uleb())?);
        }
        if !reader.is_empty() {
            let extra = reader.len();
            return Err(super::FrameError::Trailing { extra }.into());
        }
        Ok(Self {
            actors,
            heads,
            head_places,
            changes,
            ops,
        })
    }
}

fn field<T>(field: &'static str, read: Result<T, ReadFault>) -> Result<T, ChunkError> {
    read.map_err(|fault| ChunkError::Field { field, fault })
}

fn read_count(
    reader: &mut Reader<'_>,
    what: &'static str,
    max: usize,
) -> Result<usize, ChunkError> {
    let found = field(what, reader.uleb())?;
    usize::try_from(found)
        .ok()
        .filter(|count| *count <= max)
        .ok_or(ChunkError::TooLarge {
            what,
            found,
            max: max as u64,
        })
}

fn read_actors(reader: &mut Reader<'_>, limits: &ChunkLimits) -> Result<Vec<ActorId>, ChunkError> {
    const FIELD: &str = "actors";
    let count = read_count(reader, FIELD, limits.actors_max)?;
    let mut actors: Vec<ActorId> = Vec::with_capacity(count.min(reader.len() / ActorId::LEN));
    for _ in 0..count {
        let found = field(FIELD, reader.uleb())?;
        if !(ActorId::LEN as u64..=ActorId::LEN_MAX as u64).contains(&found) {
            return Err(ChunkError::ActorLength { found });
        }
        let bytes = field(FIELD, reader.take(found as usize))?;
        let actor = ActorId::try_from(bytes).map_err(|_| ChunkError::ActorLength { found })?;
        if actors.last().is_some_and(|last| *last >= actor) {
            return Err(ChunkError::Order { field: FIELD });
        }
        actors.push(actor);
    }
    Ok(actors)
}

fn read_heads(reader: &mut Reader<'_>) -> Result<Vec<ChangeHash>, ChunkError> {
    const FIELD: &str = "heads";
    let count = read_count(reader, FIELD, CHANGE_DEPS_MAX)?;
    let mut heads: Vec<ChangeHash> = Vec::with_capacity(count);
    for _ in 0..count {
        let head = ChangeHash(field(FIELD, reader.array())?);
        if heads.last().is_some_and(|last| *last >= head) {
            return Err(ChunkError::Order { field: FIELD });
        }
        heads.push(head);
    }
    Ok(heads)
}

/// Inflates columns as long as all of them together stay within the limit.
struct Inflate {
    bytes_max: usize,
    bytes_left: usize,
}

impl Inflate {
    fn table<'a>(
        &mut self,
        reader: &mut Reader<'a>,
        layout: &[ColumnMeta],
    ) -> Result<Table<'a>, ChunkError> {
        let mut columns = Vec::with_capacity(layout.len());
        for column in layout {
            let data = reader.take(column.len).map_err(LayoutFault::Read)?;
            let data = if column.deflated {
                Cow::Owned(self.inflate(column.spec, data)?)
            } else {
                Cow::Borrowed(data)
            };
            self.bytes_left = self
                .bytes_left
                .checked_sub(data.len())
                .ok_or_else(|| self.too_large())?;
            columns.push((column.spec, data));
        }
        Ok(Table { columns })
    }

    fn inflate(&self, column: u32, data: &[u8]) -> Result<Vec<u8>, ChunkError> {
        // One byte more than allowed, to tell "exactly the limit" from "above".
        let mut decoder = DeflateDecoder::new(data).take(self.bytes_left as u64 + 1);
        let mut out = Vec::new();
        decoder
            .read_to_end(&mut out)
            .map_err(|_| ChunkError::Inflate { column })?;
        if out.len() > self.bytes_left {
            return Err(self.too_large());
        }
        let read = decoder.into_inner().total_in();
        if read != data.len() as u64 || out.is_empty() {
            return Err(ChunkError::Inflate { column });
        }
        Ok(out)
    }

    fn too_large(&self) -> ChunkError {
        ChunkError::TooLarge {
            what: "inflated bytes",
            found: self.bytes_max as u64 + 1,
            max: self.bytes_max as u64,
        }
    }
}
