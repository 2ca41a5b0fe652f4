//! The frame around every Automerge chunk: magic bytes, checksum, type, length.

use sha2::{Digest as _, Sha256};

use super::leb::{ReadFault, Reader, put_uleb};

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

/// The type of a chunk that holds a whole document.
pub(super) const DOCUMENT: u8 = 0;
/// The type of a chunk that holds one plain change.
pub(super) const CHANGE: u8 = 1;
/// The type of a chunk that holds one deflated change.
pub(super) const DEFLATED_CHANGE: u8 = 2;

/// Why bytes are not exactly one chunk of the type that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The bytes are more than any chunk of this type may have.
    #[error("{found} bytes are more than the limit of {bytes_max}: split what they carry")]
    TooLarge {
        /// How many bytes came.
        found: usize,
        /// How many may come.
        bytes_max: usize,
    },
    /// The bytes do not begin as a chunk does.
    #[error("this is no Automerge chunk: its first bytes are not 85 6f 4a 83")]
    Magic,
    /// The chunk is of another type.
    #[error(
        "chunk type {found} stands where type {wanted} is wanted (0 document, 1 change, 2 deflated change, 3 bundle)"
    )]
    Type {
        /// The type that came.
        found: u8,
        /// The type that is wanted.
        wanted: u8,
    },
    /// The header is cut off, or its length is no proper number.
    #[error("the header of the chunk is damaged ({0}): send it again")]
    Header(ReadFault),
    /// The bytes end before the chunk does.
    #[error("{missing} bytes of the chunk are missing: send it whole")]
    Truncated {
        /// How many bytes are missing.
        missing: u64,
    },
    /// Bytes stand behind the chunk.
    #[error("{extra} bytes stand behind the chunk: send one chunk at a time")]
    Trailing {
        /// How many bytes are too many.
        extra: usize,
    },
    /// The checksum does not fit the content.
    #[error("the checksum does not fit the content: the bytes were damaged, fetch them again")]
    Checksum,
}

impl FrameError {
    /// A short name of the fault that stays the same from version to version.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "too_large",
            Self::Magic => "magic",
            Self::Type { .. } => "chunk_type",
            Self::Header(_) => "header",
            Self::Truncated { .. } => "truncated",
            Self::Trailing { .. } => "trailing",
            Self::Checksum => "checksum",
        }
    }
}

/// The content of a chunk whose frame is sound.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) data: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Puts a frame around content: `head` is magic bytes and checksum.
    pub(super) fn put(head: &[u8], chunk_type: u8, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(head.len() + 11 + data.len());
        out.extend_from_slice(head);
        out.push(chunk_type);
        put_uleb(&mut out, data.len() as u64);
        out.extend_from_slice(data);
        out
    }

    /// Takes the frame off. The bytes are exactly one chunk of the type `wanted`.
    pub(super) fn parse(bytes: &'a [u8], wanted: u8, bytes_max: usize) -> Result<Self, FrameError> {
        if bytes.len() > bytes_max {
            return Err(FrameError::TooLarge {
                found: bytes.len(),
                bytes_max,
            });
        }
        let mut reader = Reader::new(bytes);
        let magic = reader.array().map_err(|_| FrameError::Magic)?;
        if magic != MAGIC {
            return Err(FrameError::Magic);
        }
        let checksum: [u8; 4] = reader.array().map_err(FrameError::Header)?;
        let found = reader.byte().map_err(FrameError::Header)?;
        if found != wanted {
            return Err(FrameError::Type { found, wanted });
        }
        let before = reader;
        let len = reader.uleb().map_err(FrameError::Header)?;
        let available = reader.len() as u64;
        if len > available {
            return Err(FrameError::Truncated {
                missing: len - available,
            });
        }
        if len < available {
            let extra = usize::try_from(available - len).unwrap_or(usize::MAX);
            return Err(FrameError::Trailing { extra });
        }
        // Type and length are hashed as they stand: the length has one form only.
        let hashed = before.rest();
        let digest: [u8; 32] = Sha256::new()
            .chain_update([found])
            .chain_update(hashed)
            .finalize()
            .into();
        if !digest.starts_with(&checksum) {
            return Err(FrameError::Checksum);
        }
        Ok(Self {
            data: reader.rest(),
        })
    }
}
