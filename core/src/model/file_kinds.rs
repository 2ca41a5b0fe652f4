//! What kinds of file some bytes may be, told by the bytes alone and a piece at a time.
//!
//! Only what is known to be harmless to show is a kind at all, so what is not recognised, a program
//! under a picture's name among it, is no kind.

use std::io::{self, BufReader, Read, Seek};

use super::files::FileKind;

/// How much is read at a time.
const PIECE_BYTES: usize = 64 << 10;

/// A set of kinds. A file in JSON is plain text too; of all others a file is at most one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileKinds(u8);

impl FileKinds {
    /// Looks at all of a file.
    ///
    /// # Errors
    /// What reading fails with.
    pub fn of(mut file: impl Read + Seek) -> io::Result<Self> {
        file.rewind()?;
        let mut piece = vec![0; PIECE_BYTES];
        let mut filled = fill(&mut file, &mut piece)?;
        let signed = FileKind::ALL
            .into_iter()
            .find(|kind| kind.is_signed(piece.get(..filled).unwrap_or_default()));
        if let Some(kind) = signed {
            return Ok(Self::default().with(kind));
        }
        let mut text = Text::default();
        while filled > 0 && text.is_utf8 {
            text.read(piece.get(..filled).unwrap_or_default());
            filled = fill(&mut file, &mut piece)?;
        }
        let mut kinds = Self::default();
        if !text.is_utf8 || !text.cut.is_empty() {
            return Ok(kinds);
        }
        if text.is_plain {
            kinds = kinds.with(FileKind::Text);
        }
        file.rewind()?;
        let json: Result<serde::de::IgnoredAny, _> =
            serde_json::from_reader(BufReader::with_capacity(PIECE_BYTES, file));
        match json {
            Ok(_) => Ok(kinds.with(FileKind::Json)),
            Err(error) if error.is_io() => Err(error.into()),
            Err(_) => Ok(kinds),
        }
    }

    /// Whether a kind is among them.
    #[must_use]
    pub fn contains(self, kind: FileKind) -> bool {
        self.0 & bit(kind) != 0
    }

    /// Whether the file is of no kind that is taken.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// As a number to store.
    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    pub(crate) fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    fn with(self, kind: FileKind) -> Self {
        Self(self.0 | bit(kind))
    }
}

/// Stored: the order never changes.
const fn bit(kind: FileKind) -> u8 {
    match kind {
        FileKind::Jpeg => 1,
        FileKind::Png => 2,
        FileKind::Gif => 4,
        FileKind::Webp => 8,
        FileKind::Pdf => 16,
        FileKind::Text => 32,
        FileKind::Json => 64,
    }
}

/// Reads until the piece is full or the file ends.
fn fill(file: &mut impl Read, piece: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = piece.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// How a text begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Start {
    /// Nothing but white space so far.
    #[default]
    Blank,
    /// With a `<`.
    Angle,
    /// It is known.
    Known,
}

/// What is known of a text that is read in pieces.
struct Text {
    is_utf8: bool,
    /// Whether it is just a text: no control characters, and nothing that begins like a page, which
    /// a browser might take for one whatever it is called.
    is_plain: bool,
    start: Start,
    /// The beginning of a character that the end of a piece cut.
    cut: Vec<u8>,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            is_utf8: true,
            is_plain: true,
            start: Start::Blank,
            cut: Vec::new(),
        }
    }
}

impl Text {
    fn read(&mut self, piece: &[u8]) {
        let mut bytes = core::mem::take(&mut self.cut);
        bytes.extend_from_slice(piece);
        for chunk in bytes.utf8_chunks() {
            self.see(chunk.valid());
            if self.cut.is_empty() {
                self.cut = chunk.invalid().to_vec();
            } else {
                // Something came behind what is no character.
                self.is_utf8 = false;
            }
        }
        let whole = core::str::from_utf8(&self.cut);
        self.is_utf8 &= whole.map_or_else(|error| error.error_len().is_none(), |_| true);
    }

    fn see(&mut self, text: &str) {
        for c in text.chars() {
            let is_control = c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}');
            let is_page =
                self.start == Start::Angle && (c.is_ascii_alphabetic() || matches!(c, '!' | '?'));
            self.is_plain &= !is_control && !is_page;
            self.start = match (self.start, c) {
                (Start::Blank, c) if c == '\u{feff}' || c.is_whitespace() => Start::Blank,
                (Start::Blank, '<') => Start::Angle,
                _ => Start::Known,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn kinds(bytes: &[u8]) -> Vec<FileKind> {
        let found = FileKinds::of(Cursor::new(bytes)).unwrap();
        let all = FileKind::ALL.into_iter();
        all.filter(|kind| found.contains(*kind)).collect()
    }

    #[test]
    fn programs_pages_and_archives_are_no_kind_whatever_they_are_called() {
        for hostile in [
            &b"MZ\x90\0\x03\0\0\0"[..],
            b"\x7fELF\x02\x01\x01\0",
            b"\xcf\xfa\xed\xfe\x07\0\0\x01",
            b"PK\x03\x04\x14\0\x06\0",
            b"\x1f\x8b\x08\0",
            b"\0asm\x01\0\0\0",
            b"\xca\xfe\xba\xbe\0\0\0\x34",
            b"<!doctype html><script>alert(1)</script>",
            b"\xef\xbb\xbf \n\t<svg onload='alert(1)'/>",
            b"<?php system($_GET[0]);",
            b"\x00\x89PNG\r\n\x1a\n",
            b"RIFF\0\0\0\0AVI LIST",
            b"\xff\xfeh\0i\0",
            b"caf\xc3",
            b"a\xc3(b",
        ] {
            assert_eq!(kinds(hostile), [], "{hostile:?}");
        }
        // A script is a text, and no picture.
        assert_eq!(kinds(b"#!/bin/sh\nrm -rf /\n"), [FileKind::Text]);
        // What begins like one kind is only that, whatever comes behind.
        assert_eq!(kinds(b"GIF89a/*<script>*/=1;alert(1)"), [FileKind::Gif]);
        assert_eq!(kinds(b"{\"a\": 1}"), [FileKind::Text, FileKind::Json]);
        assert_eq!(kinds(b"\"<script>\""), [FileKind::Text, FileKind::Json]);
    }

    #[test]
    fn what_a_piece_cuts_is_read_whole() {
        for lead in [0, 1, 2, 3] {
            let mut text = vec![b' '; PIECE_BYTES - lead];
            text.extend("\u{1f600} and on".as_bytes());
            assert_eq!(kinds(&text), [FileKind::Text], "{lead}");
            let mut page = vec![b'\n'; PIECE_BYTES - lead.min(1)];
            page.extend(b"<html>");
            assert_eq!(kinds(&page), [], "{lead}");
            let mut broken = vec![b'a'; PIECE_BYTES - lead];
            broken.extend(b"\xf0\x9f\x98");
            assert_eq!(kinds(&broken), [], "{lead}");
            broken.extend(b"aaaa");
            assert_eq!(kinds(&broken), [], "{lead}");
        }
        // Deep enough to overflow a stack that followed it down.
        assert_eq!(kinds(&vec![b'['; 1 << 20]), [FileKind::Text]);
    }
}
