//! Automerge's column encodings, decoded row by row: no run is expanded in memory, and every
//! column knows how many rows it may have before the first one is read.

use super::leb::{ReadFault, Reader};

/// Why a column cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ColumnFault {
    /// A field of the column cannot be read.
    #[error("{0}")]
    Read(ReadFault),
    /// A run of no rows.
    #[error("a run has no rows")]
    EmptyRun,
    /// A run that repeats one value once: Automerge writes that as a literal.
    #[error("a run repeats its value only once")]
    ShortRun,
    /// Two runs stand where one says the same.
    #[error("two runs stand where one says the same")]
    SplitRun,
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

/// What a run-length column has in its rows.
pub(super) trait Cell<'a>: Copy + PartialEq {
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

/// What the last row had, and in which kind of run: what follows may not continue it.
#[derive(Debug, Clone, Copy)]
enum Last<T> {
    Start,
    Gap,
    Repeated(T),
    Literal(T),
}

impl<T: PartialEq> Last<T> {
    fn is(&self, value: &T) -> bool {
        matches!(self, Self::Repeated(last) | Self::Literal(last) if last == value)
    }
}

/// A run-length column. One that is left out has nothing in every row.
#[derive(Debug, Clone)]
pub(super) struct Rle<'a, T> {
    reader: Reader<'a>,
    left_out: bool,
    run: Run<T>,
    last: Last<T>,
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
            last: Last::Start,
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
            Run::Literal => {
                let value = T::read(&mut self.reader)?;
                if self.last.is(&value) {
                    return Err(ColumnFault::SplitRun);
                }
                self.last = Last::Literal(value);
                Ok(Some(value))
            }
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
            1 => return Err(ColumnFault::ShortRun),
            2.. => {
                let value = T::read(&mut self.reader)?;
                if self.last.is(&value) {
                    return Err(ColumnFault::SplitRun);
                }
                self.run = Run::Same(Some(value));
                self.last = Last::Repeated(value);
                head.unsigned_abs()
            }
            0 => {
                if matches!(self.last, Last::Gap) {
                    return Err(ColumnFault::SplitRun);
                }
                self.run = Run::Same(None);
                self.last = Last::Gap;
                self.reader.uleb()?
            }
            _ => {
                if matches!(self.last, Last::Literal(_)) {
                    return Err(ColumnFault::SplitRun);
                }
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
    started: bool,
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
            started: false,
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
            // Only the first run may be empty, in a column that begins with true.
            if rows == 0 && (self.started || self.reader.is_empty()) {
                return Err(ColumnFault::EmptyRun);
            }
            self.started = true;
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
        let out = (0..rows).map(|_| column.next()).collect::<Result<_, _>>()?;
        column.finish()?;
        Ok(out)
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
        assert_eq!(
            all::<u64>(&[0x7e, 1], 2),
            Err(ColumnFault::Read(ReadFault::End))
        );
    }

    #[test]
    fn runs_have_one_form() {
        assert_eq!(all::<u64>(&[0, 0], 2), Err(ColumnFault::EmptyRun));
        assert_eq!(all::<u64>(&[1, 7], 1), Err(ColumnFault::ShortRun));
        for split in [
            &[2, 7, 2, 7][..],
            &[2, 7, 0x7f, 7],
            &[0x7f, 7, 2, 7],
            &[0x7e, 7, 7],
            &[0x7f, 7, 0x7f, 8],
            &[0, 2, 0, 2],
        ] {
            assert_eq!(
                all::<u64>(split, 8),
                Err(ColumnFault::SplitRun),
                "{split:?}"
            );
        }
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
        assert_eq!(Boolean::new(&[0, 4], 4).next(), Ok(true));
        assert_eq!(Boolean::new(&[0], 4).next(), Err(ColumnFault::EmptyRun));
        let mut column = Boolean::new(&[1, 0, 3], 4);
        assert_eq!(column.next(), Ok(false));
        assert_eq!(column.next(), Err(ColumnFault::EmptyRun));
    }
}
