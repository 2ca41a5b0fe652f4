//! Actor ids: of our own devices 16 bytes that follow from the device, of other programs' clients
//! what those chose.

use core::fmt;

use sha2::{Digest as _, Sha256};

use super::{ActorNonce, DocumentId};
use crate::bytes::{WrongLength, hex, prefix};
use crate::identity::PublicKey;

const ACTOR_TAG: &[u8] = b"poo/actor/v1";

/// The id of an actor. One device writes one document under one actor, whose id is
/// SHA-256("poo/actor/v1" ‖ device key ‖ document id ‖ nonce), the first 16 bytes, so that an id
/// names its device. Clients that cannot sign choose theirs, and Automerge makes longer ones of
/// them for changes on top of an earlier state.
///
/// Ordered by its bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId {
    /// Followed by zeros: so the derived order is that of byte strings.
    bytes: [u8; Self::LEN_MAX],
    len: u8,
}

impl ActorId {
    /// The length of a derived id, and the least of any, in bytes.
    pub const LEN: usize = 16;
    /// The longest, in bytes.
    pub const LEN_MAX: usize = 32;

    /// Wraps the bytes of a derived id.
    #[must_use]
    pub const fn from_bytes(id: [u8; Self::LEN]) -> Self {
        let mut bytes = [0; Self::LEN_MAX];
        let (head, _) = bytes.split_at_mut(Self::LEN);
        head.copy_from_slice(&id);
        Self {
            bytes,
            len: Self::LEN as u8,
        }
    }

    /// The actor under which `device` writes `document`.
    #[must_use]
    pub fn derive(device: &PublicKey, document: &DocumentId, nonce: &ActorNonce) -> Self {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(ACTOR_TAG)
            .chain_update(device)
            .chain_update(document)
            .chain_update(nonce)
            .finalize()
            .into();
        Self::from_bytes(prefix(&digest))
    }

    /// The raw bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Lower-case hexadecimal.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex(self.as_bytes())
    }
}

impl AsRef<[u8]> for ActorId {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl TryFrom<&[u8]> for ActorId {
    type Error = WrongLength;

    fn try_from(slice: &[u8]) -> Result<Self, Self::Error> {
        let mut bytes = [0; Self::LEN_MAX];
        match bytes.get_mut(..slice.len()) {
            Some(head) if slice.len() >= Self::LEN => head.copy_from_slice(slice),
            _ => {
                return Err(WrongLength {
                    expected: Self::LEN,
                    found: slice.len(),
                });
            }
        }
        Ok(Self {
            bytes,
            len: slice.len() as u8,
        })
    }
}

impl fmt::Debug for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActorId({})", self.to_hex())
    }
}

impl<C> minicbor::Encode<C> for ActorId {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(self.as_bytes())?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for ActorId {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::try_from(d.bytes()?)
            .map_err(|_| minicbor::decode::Error::message("an actor id has 16 to 32 bytes"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actors_order_as_their_bytes_do() {
        let mut texts: Vec<Vec<u8>> = vec![
            vec![1; 16],
            vec![1; 17],
            [vec![1; 16], vec![0]].concat(),
            [vec![1; 16], vec![0, 0]].concat(),
            [vec![0], vec![9; 31]].concat(),
            vec![0xff; 32],
        ];
        let mut ids: Vec<ActorId> = texts
            .iter()
            .map(|text| ActorId::try_from(text.as_slice()).unwrap())
            .collect();
        ids.sort();
        texts.sort();
        let sorted: Vec<Vec<u8>> = ids.iter().map(|id| id.as_bytes().to_vec()).collect();
        assert_eq!(sorted, texts);
        for len in [0, 15, 33, 1_000] {
            assert!(ActorId::try_from(vec![1; len].as_slice()).is_err());
        }
        let bytes = minicbor::to_vec(ids[0]).unwrap();
        assert_eq!(minicbor::decode::<ActorId>(&bytes).unwrap(), ids[0]);
    }
}
