//! Self-certifying ids: who may have made a document or an actor follows from its id.

use core::fmt;
use core::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::bytes::byte_newtype;
use crate::identity::Did;

byte_newtype!(
    /// The id of a document: SHA-256("poo/document/v1" ‖ owner key ‖ nonce), the first 16 bytes.
    /// Written as base58 with a checksum, the form that automerge-repo uses.
    DocumentId, 16
);

byte_newtype!(
    /// What makes two actors of one device in one document different.
    ActorNonce, 16
);

byte_newtype!(
    /// The hash of a change: SHA-256 over its chunk's type, length and data (Automerge binary
    /// format). The document is not a part of it.
    ChangeHash, 32
);

const DOCUMENT_TAG: &[u8] = b"poo/document/v1";

fn first_16(parts: [&[u8]; 4]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    crate::bytes::prefix(&digest)
}

/// What makes two documents of one owner different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentNonce {
    /// A person's one space: found again from the recovery phrase alone.
    Space,
    /// Any other document.
    Random([u8; 16]),
}

impl DocumentNonce {
    /// The bytes that are hashed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Space => b"space",
            Self::Random(bytes) => bytes,
        }
    }
}

impl<C> minicbor::Encode<C> for DocumentNonce {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(self.as_bytes())?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for DocumentNonce {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        match d.bytes()? {
            b"space" => Ok(Self::Space),
            bytes => bytes
                .try_into()
                .map(Self::Random)
                .map_err(|_| minicbor::decode::Error::message("a document's nonce has 16 bytes")),
        }
    }
}

impl DocumentId {
    /// The id of the document that `owner` makes with `nonce`.
    #[must_use]
    pub fn derive(owner: &Did, nonce: &DocumentNonce) -> Self {
        Self(first_16([
            DOCUMENT_TAG,
            owner.key().as_ref(),
            nonce.as_bytes(),
            &[],
        ]))
    }

    /// The id of somebody's space. What is said of an identity belongs to it, too.
    #[must_use]
    pub fn space_of(identity: &Did) -> Self {
        Self::derive(identity, &DocumentNonce::Space)
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bs58::encode(self.0).with_check().into_string())
    }
}

/// A text is no document id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no document id: copy it again, whole")]
pub struct DocumentIdError;

impl FromStr for DocumentId {
    type Err = DocumentIdError;

    fn from_str(text: &str) -> Result<Self, DocumentIdError> {
        let mut bytes = [0; 20];
        match bs58::decode(text).with_check(None).onto(&mut bytes) {
            Ok(16) => {
                Self::try_from(bytes.get(..16).unwrap_or_default()).map_err(|_| DocumentIdError)
            }
            _ => Err(DocumentIdError),
        }
    }
}

impl serde::Serialize for DocumentId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for DocumentId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a document is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// A shared list: items, comments, tags.
    List,
    /// A person's private index: which lists they have, and their settings.
    Space,
    /// Any Automerge document of another program: the engine signs, checks and syncs it, and
    /// asks nothing of its shape.
    Plain,
}

/// The name of a document kind that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this version does not know documents of kind `{0}`: update it")]
pub struct UnknownKind(pub String);

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::List, Self::Space, Self::Plain];

    /// The name as it stands in statements and documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Space => "space",
            Self::Plain => "plain",
        }
    }
}

impl FromStr for DocumentKind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownKind(text.chars().take(32).collect()))
    }
}

impl<C> minicbor::Encode<C> for DocumentKind {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(self.as_str())?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for DocumentKind {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.str()?
            .parse()
            .map_err(|e: UnknownKind| minicbor::decode::Error::message(e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::ActorId;
    use crate::identity::Keypair;

    #[test]
    fn ids_follow_from_who_made_them() {
        let owner = Did::from_key(Keypair::from_seed(&[1; 32]).public());
        let other = Did::from_key(Keypair::from_seed(&[2; 32]).public());
        let nonce = DocumentNonce::Random([9; 16]);
        let id = DocumentId::derive(&owner, &nonce);
        assert_eq!(id, DocumentId::derive(&owner, &nonce));
        assert_ne!(id, DocumentId::derive(&other, &nonce));
        assert_ne!(id, DocumentId::derive(&owner, &DocumentNonce::Space));
        let nonce = ActorNonce([3; 16]);
        let actor = ActorId::derive(&owner.key(), &id, &nonce);
        assert_ne!(actor, ActorId::derive(&other.key(), &id, &nonce));
        assert_ne!(
            actor,
            ActorId::derive(&owner.key(), &DocumentId([0; 16]), &nonce)
        );
    }

    #[test]
    fn an_id_is_written_as_base58_with_a_checksum() {
        let id = DocumentId([0xab; 16]);
        let text = id.to_string();
        assert_eq!(text.parse(), Ok(id));
        let damaged = format!(
            "{}{}",
            &text[..text.len() - 1],
            if text.ends_with('2') { '3' } else { '2' }
        );
        assert_eq!(damaged.parse::<DocumentId>(), Err(DocumentIdError));
        assert_eq!("".parse::<DocumentId>(), Err(DocumentIdError));
        assert_eq!(
            "z".repeat(10_000).parse::<DocumentId>(),
            Err(DocumentIdError)
        );
    }
}
