//! Tips: an author's signature over where their history of a document ends.
//!
//! Change n of an actor always lists change n-1 of it among its dependencies, so a signature
//! over one hash vouches for everything that the actor wrote before it.

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::{ActorId, ActorNonce, ChangeHash, DocumentId};
use crate::identity::{Did, Domain, Keypair, PublicKey, Signature};
use crate::mutants::{self, Mutant};

const MARK_TAG: &[u8] = b"poo/witness/v1";

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
    /// The actor, where it does not follow from the device: that of a client that cannot sign,
    /// for whose work a relay signs.
    #[n(6)]
    actor: Option<ActorId>,
}

/// A tip whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    inner: UnverifiedTip,
    actor: ActorId,
}

/// Who signs a history: the same for all of its tips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signer {
    pub(crate) device: PublicKey,
    pub(crate) nonce: ActorNonce,
    /// For whom a relay signs, if it does.
    pub(crate) witnessed: Option<Did>,
}

/// Names a relay that signs for somebody, and tells which of several claims to one actor stands:
/// the smallest. It begins with when the relay first signed.
pub(crate) type Mark = [u8; 16];

impl Signer {
    /// A relay that signs for `author` under an actor that follows from nothing, since `since_ms`
    /// by its clock (milliseconds since 1970).
    pub(crate) fn witness(relay: PublicKey, author: Did, since_ms: i64) -> Self {
        let mut nonce = [0; 16];
        let since = since_ms.max(0).to_be_bytes();
        for (place, byte) in nonce.iter_mut().zip(since) {
            *place = byte;
        }
        Self {
            device: relay,
            nonce: ActorNonce::from_bytes(nonce),
            witnessed: Some(author),
        }
    }

    /// The mark of a relay that signs for somebody. A device that signs its own has none.
    pub(crate) fn mark(&self) -> Option<Mark> {
        let author = self.witnessed?;
        let digest: [u8; 32] = Sha256::new()
            .chain_update(MARK_TAG)
            .chain_update(self.device)
            .chain_update(author.key())
            .chain_update(self.nonce)
            .finalize()
            .into();
        let since = self.nonce.as_bytes().iter().take(8);
        let mut mark = Mark::default();
        for (place, byte) in mark.iter_mut().zip(since.chain(&digest)) {
            *place = *byte;
        }
        Some(mark)
    }

    /// Whether this signer's word about whose an actor is goes before the other's. An id that
    /// follows from a device proves that the device writes under it, so its own signature goes
    /// before that of any relay; of relays the one that signed first.
    pub(crate) fn outranks(&self, other: &Self) -> bool {
        // No mark sorts before any.
        self.mark() < other.mark()
    }
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
    /// Only for somebody else can one sign under an actor that is not one's own.
    #[error("a signature is for an actor of another device, and says not for whom")]
    Actor,
    /// The actor is known to be another device's, or to write for somebody else.
    #[error("a signature is for an actor that is somebody else's")]
    Taken,
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
        if self.actor.is_some() && self.witnessed.is_none() {
            return Err(TipError::Actor);
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
        let verified = self.device.verify(Domain::TIP, &message, &self.signature);
        if verified.is_err() && !mutants::is(Mutant::AnySignature) {
            return Err(TipError::Signature);
        }
        Ok(Tip { inner: self, actor })
    }

    /// The actor that it speaks for, if its signature holds.
    #[must_use]
    pub fn actor(&self, document: &DocumentId) -> ActorId {
        self.actor
            .unwrap_or_else(|| ActorId::derive(&self.device, document, &self.nonce))
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

    /// Who signs under this actor, and for whom, if the signature holds.
    pub(crate) fn signer(&self) -> Signer {
        Signer {
            device: self.device,
            nonce: self.nonce,
            witnessed: self.witnessed,
        }
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
        let actor = ActorId::derive(&device.public(), document, &nonce);
        let message = message(document, &actor, &nonce, seq, &hash, witnessed.as_ref());
        Self {
            inner: UnverifiedTip {
                device: device.public(),
                nonce,
                seq,
                hash,
                witnessed,
                signature: device.sign(Domain::TIP, &message),
                actor: None,
            },
            actor,
        }
    }

    /// Signs, as a relay, what a client that cannot sign wrote under an actor of its own, for
    /// the identity that it acts for. The actor follows from nothing: in place of a nonce stands
    /// since when the relay signs for it, in milliseconds since 1970, in 8 bytes and 8 zero ones.
    #[must_use]
    pub fn witness(
        relay: &Keypair,
        document: &DocumentId,
        actor: ActorId,
        seq: u64,
        hash: ChangeHash,
        (author, nonce): (Did, ActorNonce),
    ) -> Self {
        let message = message(document, &actor, &nonce, seq, &hash, Some(&author));
        Self {
            inner: UnverifiedTip {
                device: relay.public(),
                nonce,
                seq,
                hash,
                witnessed: Some(author),
                signature: relay.sign(Domain::TIP, &message),
                actor: Some(actor),
            },
            actor,
        }
    }

    /// Who signs under this actor, and for whom.
    #[must_use]
    pub(crate) fn signer(&self) -> Signer {
        self.inner.signer()
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
    fn a_relay_signs_for_an_actor_that_is_not_its_own() {
        let relay = Keypair::from_seed(&[1; 32]);
        let document = DocumentId::from_bytes([2; 16]);
        let actor = ActorId::from_bytes([7; 16]);
        let sam = Did::from_key(Keypair::from_seed(&[3; 32]).public());
        let tip = Tip::witness(
            &relay,
            &document,
            actor,
            1,
            ChangeHash::from_bytes([4; 32]),
            (sam, Signer::witness(relay.public(), sam, 5).nonce),
        );
        let read: UnverifiedTip = minicbor::decode(&tip.to_bytes()).unwrap();
        assert_eq!(read.clone().verify(&document), Ok(tip.clone()));
        assert_eq!((tip.actor(), tip.witnessed()), (actor, Some(sam)));
        for forged in [
            UnverifiedTip {
                actor: Some(ActorId::from_bytes([8; 16])),
                ..read.clone()
            },
            UnverifiedTip {
                actor: None,
                ..read.clone()
            },
            UnverifiedTip {
                witnessed: Some(Did::from_key(relay.public())),
                ..read.clone()
            },
        ] {
            assert_eq!(forged.verify(&document), Err(TipError::Signature));
        }
        let nobody = UnverifiedTip {
            witnessed: None,
            ..read
        };
        assert_eq!(nobody.verify(&document), Err(TipError::Actor));
    }

    #[test]
    fn a_device_goes_before_a_relay_and_an_earlier_relay_before_a_later_one() {
        let key = |seed| Keypair::from_seed(&[seed; 32]).public();
        let sam = Did::from_key(key(3));
        let device = Signer {
            device: key(1),
            nonce: ActorNonce::from_bytes([0xff; 16]),
            witnessed: None,
        };
        let early = Signer::witness(key(9), sam, 1_000);
        let late = Signer::witness(key(8), Did::from_key(key(4)), 256_000);
        let order = [device, early, late];
        for (at, one) in order.iter().enumerate() {
            for (other_at, other) in order.iter().enumerate() {
                assert_eq!(one.outranks(other), at < other_at);
            }
        }
        // At one moment it is one of the two, the same everywhere.
        let (one, other) = (early, Signer::witness(key(8), sam, 1_000));
        assert_ne!(one.outranks(&other), other.outranks(&one));
    }

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
        let actor = Some(ActorId::from_bytes([7; 16]));
        assert_eq!(
            UnverifiedTip {
                actor,
                ..read.clone()
            }
            .verify(&document),
            Err(TipError::Actor)
        );
        assert_eq!(
            UnverifiedTip { seq: 0, ..read }.verify(&document),
            Err(TipError::Seq)
        );
        for len in 0..bytes.len() {
            assert!(minicbor::decode::<UnverifiedTip>(&bytes[..len]).is_err());
        }
    }
}
