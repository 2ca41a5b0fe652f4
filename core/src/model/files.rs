//! Files that tasks carry: their names, which kinds there may be, and how large they are.
//!
//! A file is known by what is in it. What it is called and what it claims to be stands in the task
//! that names it, and both are held against its content before it is attached.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::file_kinds::FileKinds;
use crate::bytes::{byte_newtype, unhex};

/// The most bytes of a file.
pub const FILE_BYTES_MAX: u64 = 10 << 20;
/// What a file is called that is not what it claims to be.
pub(crate) const UNKNOWN_MIME: &str = "application/octet-stream";
/// The most files of one task.
pub const TASK_FILES_MAX: usize = 100;
/// The longest name of a file, in characters.
pub const FILE_NAME_CHARS_MAX: usize = 255;

byte_newtype!(
    /// What is in a file: its SHA-256. Written as 64 lower-case hexadecimal digits.
    BlobHash, 32
);

impl BlobHash {
    /// The hash of a file's bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// A text is no hash of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a file's hash has 64 digits from 0-9 and a-f")]
pub struct BlobHashError;

impl FromStr for BlobHash {
    type Err = BlobHashError;

    fn from_str(text: &str) -> Result<Self, BlobHashError> {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(BlobHashError);
        }
        let bytes = unhex(text).ok_or(BlobHashError)?;
        Self::try_from(bytes.as_slice()).map_err(|_| BlobHashError)
    }
}

impl Serialize for BlobHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BlobHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A file to attach. Name, media type, size and content have to agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewFile {
    /// What is in it: its SHA-256.
    pub hash: BlobHash,
    /// What it is called: 1 to 255 characters without folders, ending with `.jpg`, `.jpeg`,
    /// `.png`, `.gif`, `.webp`, `.pdf`, `.txt` or `.json`.
    pub name: String,
    /// Its media type: the one that belongs to the name.
    pub mime: String,
    /// Its size in bytes, up to 10 MiB.
    pub size: u64,
}

/// What a file may be. Nothing that a browser runs is among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// A photo.
    Jpeg,
    /// A picture.
    Png,
    /// A picture that may move.
    Gif,
    /// A picture.
    Webp,
    /// A document to print.
    Pdf,
    /// Plain text in UTF-8.
    Text,
    /// Data in JSON.
    Json,
}

impl FileKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Jpeg,
        Self::Png,
        Self::Gif,
        Self::Webp,
        Self::Pdf,
        Self::Text,
        Self::Json,
    ];

    /// Its media type.
    #[must_use]
    pub const fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
            Self::Pdf => "application/pdf",
            Self::Text => "text/plain",
            Self::Json => "application/json",
        }
    }

    /// What a file's name ends with, without the dot.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Webp => "webp",
            Self::Pdf => "pdf",
            Self::Text => "txt",
            Self::Json => "json",
        }
    }

    /// The kind of a media type.
    #[must_use]
    pub fn of_mime(mime: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.mime() == mime)
    }

    /// The kind that a file's name says it is, by what stands behind its last dot.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        Some(match extension.to_ascii_lowercase().as_str() {
            "jpg" | "jpeg" => Self::Jpeg,
            "png" => Self::Png,
            "gif" => Self::Gif,
            "webp" => Self::Webp,
            "pdf" => Self::Pdf,
            "txt" => Self::Text,
            "json" => Self::Json,
            _ => return None,
        })
    }

    /// Whether bytes are of this kind.
    #[must_use]
    pub fn fits(self, bytes: &[u8]) -> bool {
        FileKinds::of(std::io::Cursor::new(bytes)).is_ok_and(|kinds| kinds.contains(self))
    }

    /// Whether a file begins with what marks this kind. Texts have no mark.
    pub(super) fn is_signed(self, start: &[u8]) -> bool {
        match self {
            Self::Jpeg => start.starts_with(b"\xff\xd8\xff"),
            Self::Png => start.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Gif => start.starts_with(b"GIF87a") || start.starts_with(b"GIF89a"),
            Self::Webp => start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WEBP"),
            Self::Pdf => start.starts_with(b"%PDF-"),
            Self::Text | Self::Json => false,
        }
    }
}

/// What is wrong with a file's name, if anything is.
#[must_use]
pub fn file_name_fault(name: &str) -> Option<String> {
    let chars = name.chars().count();
    if chars == 0 {
        return Some("must not be empty".to_owned());
    }
    if chars > FILE_NAME_CHARS_MAX {
        return Some(format!(
            "has {chars} characters; at most {FILE_NAME_CHARS_MAX} fit"
        ));
    }
    // Marks that turn the direction of writing make one ending look like another.
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if name.contains(['/', '\\']) || name.chars().any(|c| c.is_control() || turns(c)) {
        return Some("must be a plain file name: no folders and no control characters".to_owned());
    }
    if FileKind::of_name(name).is_none() {
        return Some(
            "must end with .jpg, .jpeg, .png, .gif, .webp, .pdf, .txt or .json: other files are not taken"
                .to_owned(),
        );
    }
    None
}

/// Whether what a document says of a file can be so. Whoever wrote it may not keep to the rules.
pub(crate) fn is_sound(name: &str, mime: &str, size: u64) -> bool {
    file_name_fault(name).is_none()
        && FileKind::of_mime(mime) == FileKind::of_name(name)
        && (1..=FILE_BYTES_MAX).contains(&size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_content_and_name() {
        for (name, bytes) in [
            ("a.JPG", &b"\xff\xd8\xff\xe0"[..]),
            ("a.png", b"\x89PNG\r\n\x1a\n1"),
            ("a.gif", b"GIF89a"),
            ("a.webp", b"RIFF\0\0\0\0WEBPVP8 "),
            ("a.pdf", b"%PDF-1.7"),
            ("a.txt", "\u{feff}Gr\u{fc}\u{df}e <3\n".as_bytes()),
            ("a.txt", b"<3"),
            ("a.json", b"{\"a\": [1]}"),
        ] {
            let kind = FileKind::of_name(name).unwrap();
            assert!(kind.fits(bytes), "{name}");
            assert_eq!(FileKind::of_mime(kind.mime()), Some(kind));
            assert_eq!(file_name_fault(name), None);
        }
        for (name, bytes) in [
            ("a.png", &b"\xff\xd8\xff\xe0"[..]),
            ("a.txt", b" \n<!DOCTYPE html>"),
            ("a.txt", b"<svg xmlns='http://www.w3.org/2000/svg'>"),
            ("a.txt", b"<?xml version='1.0'?>"),
            ("a.txt", b"a\0b"),
            ("a.txt", b"\xff\xfe"),
            ("a.json", b"{"),
            ("a.json", b"<svg/>"),
        ] {
            assert!(!FileKind::of_name(name).unwrap().fits(bytes), "{name}");
        }
    }

    #[test]
    fn names_stay_in_their_folder() {
        for bad in [
            "",
            ".",
            "..",
            "a",
            "a.svg",
            "a.html",
            "a/b.png",
            "..\\b.png",
            "a\n.png",
            "a.png\0",
            "a\u{202e}gnp.txt",
        ] {
            assert!(file_name_fault(bad).is_some(), "{bad:?}");
        }
        let long = format!("{}.png", "\u{e4}".repeat(FILE_NAME_CHARS_MAX - 4));
        assert_eq!(file_name_fault(&long), None);
        assert!(file_name_fault(&format!("a{long}")).is_some());
        assert!(!is_sound("a.png", "text/html", 5) && !is_sound("a.png", "image/gif", 5));
        assert!(!is_sound("a.png", "image/png", 0));
        assert!(!is_sound("a.png", "image/png", FILE_BYTES_MAX + 1));
    }

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = BlobHash::of(b"abc");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert!(hash.to_string().to_uppercase().parse::<BlobHash>().is_err());
        assert!("ab".parse::<BlobHash>().is_err());
    }
}
