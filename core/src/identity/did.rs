//! `did:key` names of Ed25519 keys (W3C CCG, "The did:key Method v0.9").

use core::fmt;
use core::str::FromStr;

use super::PublicKey;

/// The multicodec prefix of an Ed25519 public key: 0xed as an unsigned varint.
const ED25519_MULTICODEC: [u8; 2] = [0xed, 0x01];
/// The longest text worth decoding; an Ed25519 did:key has 56 characters.
const TEXT_LEN_MAX: usize = 128;

/// The name of a person, an agent or a relay: the `did:key` of its identity key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Did(PublicKey);

/// A text is no `did:key` that this engine can use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DidError {
    /// It does not begin with `did:key:z`.
    #[error("a DID here begins with did:key:z6Mk, and this text does not")]
    Method,
    /// What follows is not base58 (Bitcoin alphabet) of a key.
    #[error("the DID is damaged: copy it again, whole")]
    Encoding,
    /// A key of another kind than Ed25519.
    #[error("this DID holds another kind of key than Ed25519")]
    KeyType,
    /// The bytes are no point of the curve, or one of small order.
    #[error("the key in this DID cannot sign anything")]
    UnusableKey,
}

impl Did {
    /// The name of the holder of `key`.
    #[must_use]
    pub const fn from_key(key: PublicKey) -> Self {
        Self(key)
    }

    /// The identity key.
    #[must_use]
    pub const fn key(&self) -> PublicKey {
        self.0
    }

    /// The verification method that a DID document lists for the key: `did:key:z...#z...`.
    #[must_use]
    pub fn verification_method(&self) -> String {
        let did = self.to_string();
        let fragment = did.trim_start_matches("did:key:").to_owned();
        format!("{did}#{fragment}")
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = Vec::with_capacity(ED25519_MULTICODEC.len() + PublicKey::LEN);
        bytes.extend_from_slice(&ED25519_MULTICODEC);
        bytes.extend_from_slice(self.0.as_ref());
        write!(f, "did:key:z{}", bs58::encode(bytes).into_string())
    }
}

impl fmt::Debug for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Did {
    type Err = DidError;

    fn from_str(text: &str) -> Result<Self, DidError> {
        let encoded = text.strip_prefix("did:key:z").ok_or(DidError::Method)?;
        if text.len() > TEXT_LEN_MAX {
            return Err(DidError::Encoding);
        }
        let bytes = bs58::decode(encoded)
            .into_vec()
            .map_err(|_| DidError::Encoding)?;
        let key = bytes
            .strip_prefix(&ED25519_MULTICODEC)
            .ok_or(DidError::KeyType)?;
        let key = PublicKey::try_from(key).map_err(|_| DidError::Encoding)?;
        if key.is_usable() {
            Ok(Self(key))
        } else {
            Err(DidError::UnusableKey)
        }
    }
}

impl serde::Serialize for Did {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Did {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<C> minicbor::Encode<C> for Did {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        ctx: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        self.0.encode(e, ctx)
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Did {
    fn decode(d: &mut minicbor::Decoder<'b>, ctx: &mut C) -> Result<Self, minicbor::decode::Error> {
        PublicKey::decode(d, ctx).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use did_key::{DIDCore as _, Fingerprint as _};

    use super::*;
    use crate::identity::Keypair;

    /// The Ed25519 vectors of the did:key method's published test suite: seed, name.
    const PUBLISHED: [(&str, &str); 3] = [
        (
            "0000000000000000000000000000000000000000000000000000000000000000",
            "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
        ),
        (
            "0000000000000000000000000000000000000000000000000000000000000001",
            "did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG",
        ),
        (
            "0000000000000000000000000000000000000000000000000000000000000002",
            "did:key:z6MknGc3ocHs3zdPiJbnaaqDi58NGb4pk1Sp9WxWufuXSdxf",
        ),
    ];

    fn seed(hex: &str) -> [u8; 32] {
        let bytes: Vec<u8> = (0..32)
            .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
            .collect();
        bytes.try_into().unwrap()
    }

    #[test]
    fn the_published_vectors_hold() {
        for (secret, name) in PUBLISHED {
            let did = Did::from_key(Keypair::from_seed(&seed(secret)).public());
            assert_eq!(did.to_string(), name);
            assert_eq!(name.parse(), Ok(did));
        }
    }

    /// An implementation by others agrees on the name and on the key in its DID document.
    #[test]
    fn an_independent_implementation_agrees() {
        for byte in 0..32 {
            let pair = Keypair::from_seed(&[byte; 32]);
            let theirs = did_key::generate::<did_key::Ed25519KeyPair>(Some(&[byte; 32]));
            let ours = Did::from_key(pair.public());
            assert_eq!(
                ours.to_string(),
                format!("did:key:{}", theirs.fingerprint())
            );
            let document = theirs.get_did_document(did_key::Config::default());
            assert_eq!(document.id, ours.to_string());
            let methods = document.verification_method;
            assert!(methods.iter().any(|m| m.id == ours.verification_method()));
        }
    }

    #[test]
    fn damaged_names_say_what_is_wrong() {
        let good = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp";
        assert_eq!("did:web:poo.app".parse::<Did>(), Err(DidError::Method));
        assert!(matches!(
            good[..40].parse::<Did>(),
            Err(DidError::Encoding | DidError::KeyType)
        ));
        assert_eq!(format!("{good}0").parse::<Did>(), Err(DidError::Encoding));
        assert_eq!(
            "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme".parse::<Did>(),
            Err(DidError::KeyType)
        );
        let long = format!("did:key:z{}", "1".repeat(100_000));
        assert_eq!(long.parse::<Did>(), Err(DidError::Encoding));
        let mut weak = vec![0xed, 0x01, 1];
        weak.extend([0; 31]);
        let weak = format!("did:key:z{}", bs58::encode(weak).into_string());
        assert_eq!(weak.parse::<Did>(), Err(DidError::UnusableKey));
    }
}
