//! Tips: an author's signature over where their history of a document ends.
//!
//! Change n of an actor always lists change n-1 of it among its dependencies, so a signature
//! over one hash vouches for everything that the actor wrote before it.

use minicbor::{Decode, Encode};

use super::{ActorId, ActorNonce, ChangeHash, DocumentId};
use crate::identity::{Did, Domain, Keypair, PublicKey, Signature};

/// The tip at every so many changes is kept beside the latest, so that a part of a history
/// never waits for more than this many changes to be vouched for.
pub const TIP_INTERVAL: u64 = 64;

/// A tip as it comes from somebody: nothing is known of its signature.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct UnverifiedTip {
    #[n(0)]
    device: PublicKey,
    #[n(1)]
    nonce: ActorNonce,
    #[n(2)]
    seq: u64,
    #[n(3)]
    hash: ChangeHash,
    #[n(4)]
    witnessed: Option<Did>,
    #[n(5)]
    signature: Signature,
}

/// A tip whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    inner: UnverifiedTip,
    actor: ActorId,
}

/// A tip cannot be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TipError {
    /// The signature does not hold for this document.
    #[error("the signature under a history does not hold for this document")]
    Signature,
    /// A history begins at change 1.
    #[error("a signature names change 0 of a history, and histories begin at 1")]
    Seq,
}

/// The signed bytes: a CBOR array of document, actor, nonce, seq, hash and, where a relay signs
/// for somebody, their key.
fn message(
    document: &DocumentId,
    actor: &ActorId,
    nonce: &ActorNonce,
    seq: u64,
    hash: &ChangeHash,
    witnessed: Option<&Did>,
) -> Vec<u8> {
    let parts = (document, actor, nonce, seq, hash);
    // Writing to memory cannot fail.
    match witnessed {
        None => minicbor::to_vec(parts),
        Some(did) => minicbor::to_vec((document, actor, nonce, seq, hash, did)),
    }
    .unwrap_or_default()
}

impl UnverifiedTip {
    /// Checks the signature.
    ///
    /// # Errors
    /// [`TipError`] if it does not hold for `document`.
    pub fn verify(self, document: &DocumentId) -> Result<Tip, TipError> {
        if self.seq == 0 {
            return Err(TipError::Seq);
        }
        let actor = self.actor(document);
        let message = message(
            document,
            &actor,
            &self.nonce,
            self.seq,
            &self.hash,
            self.witnessed.as_ref(),
        );
        self.device
            .verify(Domain::TIP, &message, &self.signature)
            .map_err(|_| TipError::Signature)?;
        Ok(Tip { inner: self, actor })
    }

    /// The actor that it speaks for, if its signature holds.
    #[must_use]
    pub fn actor(&self, document: &DocumentId) -> ActorId {
        ActorId::derive(&self.device, document, &self.nonce)
    }

    /// The place in the actor's history that it names.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The hash that it names.
    #[must_use]
    pub fn hash(&self) -> ChangeHash {
        self.hash
    }

    /// Takes over a tip that this replica verified before it stored it.
    pub(crate) fn stored(self, document: &DocumentId) -> Tip {
        let actor = self.actor(document);
        Tip { inner: self, actor }
    }
}

impl Tip {
    /// Signs that the history of `device`'s actor ends at (`seq`, `hash`).
    #[must_use]
    pub fn sign(
        device: &Keypair,
        document: &DocumentId,
        nonce: ActorNonce,
        seq: u64,
        hash: ChangeHash,
        witnessed: Option<Did>,
    ) -> Self {
        let key = device.public();
        let actor = ActorId::derive(&key, document, &nonce);
        let message = message(document, &actor, &nonce, seq, &hash, witnessed.as_ref());
        Self {
            inner: UnverifiedTip {
                device: key,
                nonce,
                seq,
                hash,
                witnessed,
                signature: device.sign(Domain::TIP, &message),
            },
            actor,
        }
    }

    /// The device that signed.
    #[must_use]
    pub fn device(&self) -> PublicKey {
        self.inner.device
    }

    /// The nonce in the actor's id.
    #[must_use]
    pub fn nonce(&self) -> ActorNonce {
        self.inner.nonce
    }

    /// The actor whose history this is.
    #[must_use]
    pub fn actor(&self) -> ActorId {
        self.actor
    }

    /// The last change's place in the history, from 1.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.inner.seq
    }

    /// The last change.
    #[must_use]
    pub fn hash(&self) -> ChangeHash {
        self.inner.hash
    }

    /// For whom a relay signed, if it did.
    #[must_use]
    pub fn witnessed(&self) -> Option<Did> {
        self.inner.witnessed
    }

    /// The form in which it travels and rests.
    #[must_use]
    pub fn as_unverified(&self) -> &UnverifiedTip {
        &self.inner
    }

    /// The encoded form.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Writing to memory cannot fail.
        minicbor::to_vec(&self.inner).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tip_holds_for_its_document_only() {
        let device = Keypair::from_seed(&[1; 32]);
        let document = DocumentId::from_bytes([2; 16]);
        let tip = Tip::sign(
            &device,
            &document,
            ActorNonce::from_bytes([3; 16]),
            7,
            ChangeHash::from_bytes([4; 32]),
            None,
        );
        let bytes = tip.to_bytes();
        let read: UnverifiedTip = minicbor::decode(&bytes).unwrap();
        assert_eq!(read.clone().verify(&document), Ok(tip.clone()));
        let other = DocumentId::from_bytes([9; 16]);
        assert_eq!(read.clone().verify(&other), Err(TipError::Signature));
        for forged in [
            UnverifiedTip {
                seq: 8,
                ..read.clone()
            },
            UnverifiedTip {
                hash: ChangeHash::from_bytes([5; 32]),
                ..read.clone()
            },
            UnverifiedTip {
                nonce: ActorNonce::from_bytes([5; 16]),
                ..read.clone()
            },
            UnverifiedTip {
                witnessed: Some(Did::from_key(device.public())),
                ..read.clone()
            },
            UnverifiedTip {
                device: Keypair::from_seed(&[8; 32]).public(),
                ..read.clone()
            },
        ] {
            assert_eq!(forged.verify(&document), Err(TipError::Signature));
        }
        assert_eq!(
            UnverifiedTip { seq: 0, ..read }.verify(&document),
            Err(TipError::Seq)
        );
        for len in 0..bytes.len() {
            assert!(minicbor::decode::<UnverifiedTip>(&bytes[..len]).is_err());
        }
    }
}
