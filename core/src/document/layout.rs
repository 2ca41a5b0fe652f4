//! The list of columns at the head of a table: which there are, and how long each is.

use super::leb::{ReadFault, Reader};

/// Set in a column's specification when its data is deflated.
const DEFLATED: u32 = 0b1000;

/// More columns than any chunk has.
const COLUMNS_MAX: usize = 32;

/// Why the list of columns cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LayoutFault {
    /// A field of the list, or the data of a column, cannot be read.
    #[error("the list of columns is damaged: {0}")]
    Read(ReadFault),
    /// There are more columns than any chunk has.
    #[error("the chunk has {0} columns, more than any")]
    TooMany(u64),
    /// The columns are not in ascending order, or one stands twice.
    #[error("column {0} is out of order")]
    Order(u32),
    /// A column that this version does not know.
    #[error("this version does not know column {0}: update it")]
    Unknown(u32),
    /// A column without data: such columns are left out.
    #[error("column {0} is empty and should be left out")]
    Empty(u32),
    /// A deflated column in a change.
    #[error("column {0} is deflated: send the change plain")]
    Deflated(u32),
}

impl From<ReadFault> for LayoutFault {
    fn from(fault: ReadFault) -> Self {
        Self::Read(fault)
    }
}

/// One entry of a list of columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct ColumnMeta {
    pub(super) spec: u32,
    pub(super) deflated: bool,
    pub(super) len: usize,
}

/// Reads a list of columns: known ones, ascending, none empty.
pub(super) fn read_layout(
    reader: &mut Reader<'_>,
    known: &[u32],
) -> Result<Vec<ColumnMeta>, LayoutFault> {
    let count = reader.uleb()?;
    if count > COLUMNS_MAX as u64 {
        return Err(LayoutFault::TooMany(count));
    }
    let mut columns: Vec<ColumnMeta> = Vec::with_capacity(known.len());
    for _ in 0..count {
        let raw = u32::try_from(reader.uleb()?).map_err(|_| ReadFault::Overflow)?;
        let spec = raw & !DEFLATED;
        let len = reader.length()?;
        if columns.last().is_some_and(|last| last.spec >= spec) {
            return Err(LayoutFault::Order(spec));
        }
        if !known.contains(&spec) {
            return Err(LayoutFault::Unknown(spec));
        }
        if len == 0 {
            return Err(LayoutFault::Empty(spec));
        }
        columns.push(ColumnMeta {
            spec,
            deflated: raw != spec,
            len,
        });
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_lists_known_columns_in_order() {
        let read = |bytes: &[u8]| {
            read_layout(&mut Reader::new(bytes), &[1, 2, 17]).map(|columns| columns.len())
        };
        assert_eq!(read(&[2, 1, 5, 17, 6]), Ok(2));
        assert_eq!(read(&[2, 17, 5, 1, 6]), Err(LayoutFault::Order(1)));
        assert_eq!(read(&[2, 1, 5, 9, 6]), Err(LayoutFault::Order(1)));
        assert_eq!(read(&[1, 3, 5]), Err(LayoutFault::Unknown(3)));
        assert_eq!(read(&[1, 1, 0]), Err(LayoutFault::Empty(1)));
        assert_eq!(read(&[0xff, 0x7f]), Err(LayoutFault::TooMany(16_383)));
        assert_eq!(read(&[2, 1, 5]), Err(LayoutFault::Read(ReadFault::End)));
    }
}
