//! The rows of a CSV file and their lines.

use csv::{ByteRecord, Reader, ReaderBuilder};

/// How often reading goes on behind a quote that is never closed. Each time reads the rest again;
/// after that, each line is a row.
const UNCLOSED_MAX: usize = 16;

/// The most cells of a row. One with more is not cut.
const CELLS_MAX: usize = 1_000;

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    /// Its cells.
    Cells(Vec<Vec<u8>>),
    /// A line that could not be cut into cells.
    Broken(Vec<u8>),
}

/// Reads rows, and goes on where a quote is never closed.
pub(super) struct Rows<'a> {
    text: &'a [u8],
    reader: Reader<&'a [u8]>,
    separator: u8,
    /// Where the reader began, in bytes and in lines.
    start: usize,
    lines: usize,
    unclosed: usize,
}

/// What separates cells: told by the first line, as spreadsheets of some languages write `;`.
fn separator(text: &[u8]) -> u8 {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.contains(&b',') {
        return b',';
    }
    *line
        .iter()
        .find(|byte| matches!(byte, b';' | b'\t'))
        .unwrap_or(&b',')
}

fn reader(text: &[u8], separator: u8) -> Reader<&[u8]> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text)
}

impl<'a> Rows<'a> {
    /// The rows of a text.
    pub(super) fn new(text: &'a [u8]) -> Self {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let separator = separator(text);
        Self {
            text,
            reader: reader(text, separator),
            separator,
            start: 0,
            lines: 0,
            unclosed: 0,
        }
    }

    /// The bytes from a place that the reader named.
    fn at(&self, byte: u64) -> usize {
        usize::try_from(byte)
            .unwrap_or(usize::MAX)
            .saturating_add(self.start)
            .min(self.text.len())
    }

    /// Goes on at a place.
    fn go_on(&mut self, start: usize, lines: usize) {
        self.start = start;
        self.lines = lines;
        let rest = self.text.get(start..).unwrap_or_default();
        self.reader = reader(rest, self.separator);
    }

    /// The line at a place, and where the next one begins.
    fn line_at(&self, start: usize) -> (&'a [u8], usize) {
        let rest = self.text.get(start..).unwrap_or_default();
        let end = rest.iter().position(|byte| *byte == b'\n');
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let next = end.map_or(self.text.len(), |end| {
            start.saturating_add(end).saturating_add(1)
        });
        (line, next)
    }
}

impl Iterator for Rows<'_> {
    type Item = (usize, Row);

    fn next(&mut self) -> Option<(usize, Row)> {
        if self.unclosed >= UNCLOSED_MAX {
            if self.start >= self.text.len() {
                return None;
            }
            let (line, next) = self.line_at(self.start);
            self.start = next;
            self.lines = self.lines.saturating_add(1);
            return Some((self.lines, Row::Broken(line.to_vec())));
        }
        let mut record = ByteRecord::new();
        // Reading from memory, with rows of any length: there is nothing that could fail.
        if !self.reader.read_byte_record(&mut record).unwrap_or(false) {
            return None;
        }
        let position = record.position()?;
        let end = self.at(self.reader.position().byte());
        // The reader counts blank lines to the row behind them.
        let mut begin = self.at(position.byte());
        let mut line = usize::try_from(position.line())
            .unwrap_or(usize::MAX)
            .saturating_add(self.lines);
        while let Some(byte @ (b'\n' | b'\r')) = self.text.get(begin) {
            line = line.saturating_add(usize::from(*byte == b'\n'));
            begin = begin.saturating_add(1);
        }
        let raw = self.text.get(begin..end).unwrap_or_default();
        // Only a quote takes a row over the end of its line; at the end of the text, an odd number
        // of quotes says that the last one is still open.
        let quotes = raw.iter().filter(|byte| **byte == b'"').count();
        if end >= self.text.len() && quotes % 2 == 1 && raw.trim_ascii_end().contains(&b'\n') {
            let (broken, next) = self.line_at(begin);
            self.unclosed = self.unclosed.saturating_add(1);
            self.go_on(next, line);
            return Some((line, Row::Broken(broken.to_vec())));
        }
        if record.len() > CELLS_MAX {
            return Some((line, Row::Broken(raw.trim_ascii_end().to_vec())));
        }
        Some((
            line,
            Row::Cells(record.iter().map(<[u8]>::to_vec).collect()),
        ))
    }
}

#[cfg(test)]
mod tests {
    //! Rows know their lines, and none is lost to a quote.

    use super::*;

    fn rows(text: &str) -> Vec<(usize, String)> {
        Rows::new(text.as_bytes())
            .map(|(line, row)| {
                let text = match row {
                    Row::Cells(cells) => cells.join(&b'|'),
                    Row::Broken(line) => [b"!".to_vec(), line].concat(),
                };
                (line, String::from_utf8(text).unwrap())
            })
            .collect()
    }

    fn owned(rows: &[(usize, &str)]) -> Vec<(usize, String)> {
        rows.iter()
            .map(|(line, text)| (*line, (*text).to_owned()))
            .collect()
    }

    #[test]
    fn rows_know_their_lines() {
        assert_eq!(
            rows("\u{feff}a,b\r\n\r\n\"c\nd\",\"e\"\"f\"\n\n\ng;h"),
            owned(&[(1, "a|b"), (3, "c\nd|e\"f"), (7, "g;h")])
        );
        assert_eq!(rows("a;b\nc;d"), owned(&[(1, "a|b"), (2, "c|d")]));
        assert_eq!(rows(""), []);
    }

    #[test]
    fn an_open_quote_takes_one_line() {
        assert_eq!(
            rows("a,b\nc,\"d\ne,f\ng,h\n"),
            owned(&[(1, "a|b"), (2, "!c,\"d"), (3, "e|f"), (4, "g|h")])
        );
    }
}
