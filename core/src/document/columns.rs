//! Automerge's column encodings, decoded row by row: no run is expanded in memory, and every
//! column knows how many rows it may have before the first one is read.

use super::leb::{ReadFault, Reader};

/// Set in a column's specification when its data is deflated.
const DEFLATED: u32 = 0b1000;

/// More columns than any chunk has.
const COLUMNS_MAX: usize = 32;

/// Why a column cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ColumnFault {
    /// A field of the column cannot be read.
    #[error("{0}")]
    Read(ReadFault),
    /// A run of no rows.
    #[error("a run has no rows")]
    EmptyRun,
    /// The column has more rows than it may have.
    #[error("it has more rows than it may have")]
    TooManyRows,
    /// The column has fewer rows than its neighbours.
    #[error("it has fewer rows than its neighbours")]
    TooFewRows,
    /// A row is empty that must have a value.
    #[error("a row is empty that must have a value")]
    Null,
    /// A text is not UTF-8.
    #[error("a text is not UTF-8")]
    Utf8,
    /// A number is out of range.
    #[error("a number is out of range")]
    Range,
    /// A value has another length than its type.
    #[error("a value has another length than its type")]
    ValueLength,
    /// Bytes are left that belong to no row.
    #[error("bytes are left that belong to no row")]
    Leftover,
}

impl From<ReadFault> for ColumnFault {
    fn from(fault: ReadFault) -> Self {
        Self::Read(fault)
    }
}

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

/// What a run-length column has in its rows.
pub(super) trait Cell<'a>: Copy {
    /// Reads one value.
    fn read(reader: &mut Reader<'a>) -> Result<Self, ColumnFault>;
}

impl<'a> Cell<'a> for u64 {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ColumnFault> {
        Ok(reader.uleb()?)
    }
}

impl<'a> Cell<'a> for i64 {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ColumnFault> {
        Ok(reader.sleb()?)
    }
}

impl<'a> Cell<'a> for &'a str {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ColumnFault> {
        let len = reader.length()?;
        core::str::from_utf8(reader.take(len)?).map_err(|_| ColumnFault::Utf8)
    }
}

#[derive(Debug, Clone, Copy)]
enum Run<T> {
    Same(Option<T>),
    Literal,
}

/// A run-length column. One that is left out has nothing in every row.
#[derive(Debug, Clone)]
pub(super) struct Rle<'a, T> {
    reader: Reader<'a>,
    left_out: bool,
    run: Run<T>,
    run_rows: usize,
    rows_left: usize,
}

impl<'a, T: Cell<'a>> Rle<'a, T> {
    /// The column in `bytes`, of at most `rows_max` rows.
    pub(super) fn new(bytes: &'a [u8], rows_max: usize) -> Self {
        Self {
            reader: Reader::new(bytes),
            left_out: bytes.is_empty(),
            run: Run::Same(None),
            run_rows: 0,
            rows_left: rows_max,
        }
    }

    /// Whether another row follows; for the column that decides how many rows there are.
    pub(super) fn has_more(&self) -> bool {
        self.run_rows > 0 || !self.reader.is_empty()
    }

    /// The next row.
    pub(super) fn next(&mut self) -> Result<Option<T>, ColumnFault> {
        if self.left_out {
            return Ok(None);
        }
        if self.run_rows == 0 {
            self.start_run()?;
        }
        self.run_rows -= 1;
        match self.run {
            Run::Same(value) => Ok(value),
            Run::Literal => T::read(&mut self.reader).map(Some),
        }
    }

    /// The next row, which must have a value.
    pub(super) fn next_value(&mut self) -> Result<T, ColumnFault> {
        self.next()?.ok_or(if self.left_out {
            ColumnFault::TooFewRows
        } else {
            ColumnFault::Null
        })
    }

    /// Checks that nothing is left after the last row.
    pub(super) fn finish(&self) -> Result<(), ColumnFault> {
        if self.has_more() {
            return Err(ColumnFault::TooManyRows);
        }
        Ok(())
    }

    fn start_run(&mut self) -> Result<(), ColumnFault> {
        if self.reader.is_empty() {
            return Err(ColumnFault::TooFewRows);
        }
        let head = self.reader.sleb()?;
        let rows = match head {
            1.. => {
                self.run = Run::Same(Some(T::read(&mut self.reader)?));
                head.unsigned_abs()
            }
            0 => {
                self.run = Run::Same(None);
                self.reader.uleb()?
            }
            _ => {
                self.run = Run::Literal;
                head.unsigned_abs()
            }
        };
        let rows = usize::try_from(rows).map_err(|_| ColumnFault::TooManyRows)?;
        if rows == 0 {
            return Err(ColumnFault::EmptyRun);
        }
        self.rows_left = self
            .rows_left
            .checked_sub(rows)
            .ok_or(ColumnFault::TooManyRows)?;
        self.run_rows = rows;
        Ok(())
    }
}

/// A column of numbers stored as differences.
#[derive(Debug, Clone)]
pub(super) struct Delta<'a> {
    steps: Rle<'a, i64>,
    value: i64,
}

impl<'a> Delta<'a> {
    /// The column in `bytes`, of at most `rows_max` rows.
    pub(super) fn new(bytes: &'a [u8], rows_max: usize) -> Self {
        Self {
            steps: Rle::new(bytes, rows_max),
            value: 0,
        }
    }

    /// The next row.
    pub(super) fn next(&mut self) -> Result<Option<i64>, ColumnFault> {
        let Some(step) = self.steps.next()? else {
            return Ok(None);
        };
        self.value = self.value.checked_add(step).ok_or(ColumnFault::Range)?;
        Ok(Some(self.value))
    }

    /// The next row, which must have a value that is not negative.
    pub(super) fn next_unsigned(&mut self) -> Result<u64, ColumnFault> {
        let step = self.steps.next_value()?;
        self.value = self.value.checked_add(step).ok_or(ColumnFault::Range)?;
        u64::try_from(self.value).map_err(|_| ColumnFault::Range)
    }

    /// Checks that nothing is left after the last row.
    pub(super) fn finish(&self) -> Result<(), ColumnFault> {
        self.steps.finish()
    }
}

/// A column of truth values: how many are false, how many true, and so on in turn.
#[derive(Debug, Clone)]
pub(super) struct Boolean<'a> {
    reader: Reader<'a>,
    left_out: bool,
    value: bool,
    run_rows: usize,
    rows_left: usize,
}

impl<'a> Boolean<'a> {
    /// The column in `bytes`, of at most `rows_max` rows.
    pub(super) fn new(bytes: &'a [u8], rows_max: usize) -> Self {
        Self {
            reader: Reader::new(bytes),
            left_out: bytes.is_empty(),
            value: true,
            run_rows: 0,
            rows_left: rows_max,
        }
    }

    /// The next row; false in a column that is left out.
    pub(super) fn next(&mut self) -> Result<bool, ColumnFault> {
        if self.left_out {
            return Ok(false);
        }
        while self.run_rows == 0 {
            if self.reader.is_empty() {
                return Err(ColumnFault::TooFewRows);
            }
            let rows = self.reader.length()?;
            self.rows_left = self
                .rows_left
                .checked_sub(rows)
                .ok_or(ColumnFault::TooManyRows)?;
            self.run_rows = rows;
            self.value = !self.value;
        }
        self.run_rows -= 1;
        Ok(self.value)
    }

    /// Checks that nothing is left after the last row.
    pub(super) fn finish(&self) -> Result<(), ColumnFault> {
        if self.run_rows > 0 || !self.reader.is_empty() {
            return Err(ColumnFault::TooManyRows);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all<'a, T: Cell<'a>>(bytes: &'a [u8], rows: usize) -> Result<Vec<Option<T>>, ColumnFault> {
        let mut column = Rle::new(bytes, rows);
        let out = (0..rows).map(|_| column.next()).collect();
        column.finish()?;
        out
    }

    #[test]
    fn run_length_columns_have_runs_literals_and_gaps() {
        let bytes = [3, 7, 0, 2, 0x7e, 1, 2];
        let some = |v| Some(v);
        assert_eq!(
            all::<u64>(&bytes, 7),
            Ok(vec![
                some(7),
                some(7),
                some(7),
                None,
                None,
                some(1),
                some(2)
            ])
        );
        assert_eq!(all::<u64>(&[], 2), Ok(vec![None, None]));
        assert_eq!(all::<&str>(&[2, 1, b'a'], 2), Ok(vec![Some("a"); 2]));
        assert_eq!(all::<&str>(&[2, 1, 0xff], 2), Err(ColumnFault::Utf8));
    }

    #[test]
    fn a_column_has_exactly_its_rows() {
        assert_eq!(all::<u64>(&[3, 7], 2), Err(ColumnFault::TooManyRows));
        assert_eq!(all::<u64>(&[3, 7], 4), Err(ColumnFault::TooFewRows));
        assert_eq!(all::<u64>(&[2, 7, 2, 8], 2), Err(ColumnFault::TooManyRows));
        assert_eq!(all::<u64>(&[0, 0], 2), Err(ColumnFault::EmptyRun));
        assert_eq!(
            all::<u64>(&[0x7e, 1], 2),
            Err(ColumnFault::Read(ReadFault::End))
        );
    }

    #[test]
    fn a_run_of_the_largest_length_is_refused_at_its_head() {
        let mut bytes = vec![0xff; 9];
        bytes.extend([0, 7]);
        assert_eq!(all::<u64>(&bytes, 10), Err(ColumnFault::TooManyRows));
        let mut bytes = vec![0x80; 9];
        bytes.extend([0x7f, 7]);
        assert_eq!(all::<u64>(&bytes, 10), Err(ColumnFault::TooManyRows));
        let mut bytes = vec![0];
        bytes.extend([0xff; 9]);
        bytes.push(1);
        assert_eq!(all::<u64>(&bytes, 10), Err(ColumnFault::TooManyRows));
    }

    #[test]
    fn differences_add_up_and_do_not_overflow() {
        let mut column = Delta::new(&[3, 1, 0, 1, 0x7f, 0x7e], 5);
        let rows: Vec<_> = (0..5).map(|_| column.next()).collect();
        assert_eq!(
            rows,
            [Ok(Some(1)), Ok(Some(2)), Ok(Some(3)), Ok(None), Ok(Some(1))]
        );
        assert_eq!(column.finish(), Ok(()));
        let mut bytes = vec![2];
        bytes.extend([0xff; 9]);
        bytes.push(0);
        let mut column = Delta::new(&bytes, 2);
        assert_eq!(column.next(), Ok(Some(i64::MAX)));
        assert_eq!(column.next(), Err(ColumnFault::Range));
    }

    #[test]
    fn truth_values_alternate_from_false() {
        let mut column = Boolean::new(&[2, 1, 1], 4);
        let rows: Vec<_> = (0..4).map(|_| column.next()).collect();
        assert_eq!(rows, [Ok(false), Ok(false), Ok(true), Ok(false)]);
        assert_eq!(column.finish(), Ok(()));
        assert_eq!(Boolean::new(&[5], 4).next(), Err(ColumnFault::TooManyRows));
        assert_eq!(Boolean::new(&[], 4).next(), Ok(false));
    }

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
