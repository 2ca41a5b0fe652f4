//! Changes as stock Automerge sends them: plain, or deflated where that is shorter.

use std::io::Read as _;

use flate2::bufread::DeflateDecoder;

use super::frame::{self, Frame};
use super::leb::Reader;
use super::limits::CHANGE_BYTES_MAX;
use super::{ChangeError, EncodedChange, FrameError};

/// Magic bytes and checksum.
const HEAD_BYTES: usize = 8;

impl EncodedChange {
    /// Audits a change that may be deflated. What is kept of it is the plain form: the checksum
    /// and the hash are those of the plain form in either case.
    ///
    /// # Errors
    /// [`ChangeError`] says which check failed.
    pub fn audit_stock(bytes: &[u8]) -> Result<Self, ChangeError> {
        match bytes.get(HEAD_BYTES) {
            Some(&frame::DEFLATED_CHANGE) => Self::audit(&inflate(bytes)?),
            _ => Self::audit(bytes),
        }
    }
}

/// The plain chunk of a deflated one.
fn inflate(bytes: &[u8]) -> Result<Vec<u8>, ChangeError> {
    if bytes.len() > CHANGE_BYTES_MAX {
        return Err(too_large(bytes.len()).into());
    }
    let mut reader = Reader::new(bytes);
    let head = reader.take(HEAD_BYTES).map_err(FrameError::Header)?;
    reader.byte().map_err(FrameError::Header)?;
    let len = reader.length().map_err(FrameError::Header)?;
    let data = reader.rest();
    if data.len() != len {
        let missing = (len as u64).saturating_sub(data.len() as u64);
        return Err(match missing {
            0 => FrameError::Trailing {
                extra: data.len() - len,
            },
            missing => FrameError::Truncated { missing },
        }
        .into());
    }
    // One byte more than allowed, to tell "exactly the limit" from "above".
    let mut decoder = DeflateDecoder::new(data).take(CHANGE_BYTES_MAX as u64 + 1);
    let mut plain = Vec::new();
    let inflated = decoder.read_to_end(&mut plain).is_ok();
    if plain.len() > CHANGE_BYTES_MAX {
        return Err(too_large(plain.len()).into());
    }
    if !inflated || decoder.into_inner().total_in() != data.len() as u64 {
        return Err(ChangeError::Inflate);
    }
    Ok(Frame::put(head, frame::CHANGE, &plain))
}

fn too_large(found: usize) -> FrameError {
    FrameError::TooLarge {
        found,
        bytes_max: CHANGE_BYTES_MAX,
    }
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable as _;
    use automerge::{AutoCommit, ROOT};

    use super::*;

    fn change(text: &str) -> automerge::Change {
        let mut doc = AutoCommit::new();
        doc.put(ROOT, "text", text).unwrap();
        doc.get_last_local_change().unwrap()
    }

    #[test]
    fn a_deflated_change_is_the_plain_one() {
        let mut long = change(&"all work and no play ".repeat(100));
        let deflated = long.bytes().into_owned();
        assert_eq!(deflated[8], frame::DEFLATED_CHANGE);
        let read = EncodedChange::audit_stock(&deflated).unwrap();
        assert_eq!(read.bytes(), long.raw_bytes());
        assert_eq!(read, EncodedChange::audit(long.raw_bytes()).unwrap());
        // A plain one goes through as it is.
        let mut short = change("short");
        let plain = short.bytes().into_owned();
        assert_eq!(EncodedChange::audit_stock(&plain).unwrap().bytes(), plain);
    }

    #[test]
    fn a_damaged_one_is_refused() {
        let mut long = change(&"all work and no play ".repeat(100));
        let deflated = long.bytes().into_owned();
        let plain = long.raw_bytes();
        for len in 0..deflated.len() {
            assert!(EncodedChange::audit_stock(&deflated[..len]).is_err());
        }
        for at in 0..deflated.len() {
            let mut bad = deflated.clone();
            bad[at] ^= 0x10;
            // Some bits of a deflated stream mean nothing.
            if let Ok(read) = EncodedChange::audit_stock(&bad) {
                assert_eq!(read.bytes(), plain, "{at}");
            }
        }
        let mut longer = deflated.clone();
        longer.push(0);
        assert!(EncodedChange::audit_stock(&longer).is_err());
    }

    #[test]
    fn a_bomb_is_not_inflated() {
        use std::io::Write as _;
        let mut encoder =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..512 {
            encoder.write_all(&[0; 1 << 20]).unwrap();
        }
        let bomb = encoder.finish().unwrap();
        assert!(bomb.len() < CHANGE_BYTES_MAX);
        let chunk = Frame::put(&[0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0], 2, &bomb);
        assert!(matches!(
            EncodedChange::audit_stock(&chunk),
            Err(ChangeError::Frame(FrameError::TooLarge { .. }))
        ));
    }
}
