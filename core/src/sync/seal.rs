//! Control messages, signed for one session: COSE_Sign1 (RFC 9052) with EdDSA.
//!
//! The external data binds the signature to both ends, both nonces, the direction and the place
//! in the session, so that a sealed message is worth nothing anywhere else. The payload repeats
//! session and place in the open, only so that a misplaced message can be told by name.

use coset::{CoseSign1, CoseSign1Builder, HeaderBuilder, TaggedCborSerializable as _, iana};
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::wire::{Control, Nonce, decode, encode};
use crate::identity::{Did, Domain, Keypair, PublicKey, Signature};

/// In which direction a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    ToRelay,
    ToClient,
}

/// What every signature of a session is bound to.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) client: PublicKey,
    pub(crate) relay: Did,
    pub(crate) client_nonce: Nonce,
    pub(crate) relay_nonce: Nonce,
}

/// Why a sealed message is not accepted. Each of these ends the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not a COSE_Sign1 message as this protocol uses it.
    #[error("a control message cannot be read")]
    Malformed,
    /// Signed by another key than the session's.
    #[error("a control message is signed by another key than the one that opened the session")]
    WrongKey,
    /// Meant for another relay.
    #[error("a control message is meant for another relay")]
    WrongRelay,
    /// From another session.
    #[error("a control message belongs to another session")]
    WrongSession,
    /// It was received before.
    #[error("a control message was received twice")]
    Replayed,
    /// One before it is missing.
    #[error("a control message is out of its place")]
    OutOfPlace,
    /// The signature does not hold.
    #[error("the signature of a control message does not hold")]
    Signature,
}

impl SealError {
    /// A short name that does not change between versions.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::WrongKey => "wrong-key",
            Self::WrongRelay => "wrong-relay",
            Self::WrongSession => "wrong-session",
            Self::Replayed => "replayed",
            Self::OutOfPlace => "out-of-place",
            Self::Signature => "bad-signature",
        }
    }
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Payload {
    #[n(0)]
    relay: Did,
    #[cbor(n(1), with = "minicbor::bytes")]
    session: [u8; 16],
    #[n(2)]
    counter: u64,
    #[n(3)]
    body: Control,
}

impl Binding {
    /// A name for the session: the first 16 bytes of SHA-256 over both nonces.
    pub(crate) fn session(&self) -> [u8; 16] {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(self.client_nonce)
            .chain_update(self.relay_nonce)
            .finalize()
            .into();
        crate::bytes::prefix(&digest)
    }

    /// The external data: a CBOR array of tag, client device key, relay DID as text, client
    /// nonce, relay nonce, direction (0 to the relay, 1 to the client) and counter.
    fn external(&self, direction: Direction, counter: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(192);
        let mut e = minicbor::Encoder::new(&mut out);
        let written = e.array(7).and_then(|e| {
            e.str(Domain::SESSION.tag())?
                .bytes(self.client.as_ref())?
                .str(&self.relay.to_string())?
                .bytes(&self.client_nonce)?
                .bytes(&self.relay_nonce)?
                .u8(u8::from(direction == Direction::ToClient))?
                .u64(counter)
        });
        debug_assert!(written.is_ok());
        out
    }

    /// Signs a message for its place in the session.
    pub(crate) fn seal(
        &self,
        key: &Keypair,
        direction: Direction,
        counter: u64,
        body: Control,
    ) -> Vec<u8> {
        let payload = Payload {
            relay: self.relay,
            session: self.session(),
            counter,
            body,
        };
        let header = HeaderBuilder::new()
            .algorithm(iana::Algorithm::EdDSA)
            .key_id(key.public().as_bytes().to_vec())
            .build();
        CoseSign1Builder::new()
            .protected(header)
            .payload(encode(&payload))
            .create_signature(&self.external(direction, counter), |message| {
                key.sign_raw(message).as_bytes().to_vec()
            })
            .build()
            .to_tagged_vec()
            .unwrap_or_default()
    }

    /// Checks a message and opens it.
    pub(crate) fn open(
        &self,
        bytes: &[u8],
        signer: &PublicKey,
        direction: Direction,
        counter: u64,
    ) -> Result<Control, SealError> {
        let (message, key) = parse(bytes)?;
        if key != *signer {
            return Err(SealError::WrongKey);
        }
        let payload: Payload =
            decode(message.payload.as_deref().unwrap_or_default()).ok_or(SealError::Malformed)?;
        if payload.relay != self.relay {
            return Err(SealError::WrongRelay);
        }
        if payload.session != self.session() {
            return Err(SealError::WrongSession);
        }
        if payload.counter != counter {
            return Err(if payload.counter < counter {
                SealError::Replayed
            } else {
                SealError::OutOfPlace
            });
        }
        message.verify_signature(&self.external(direction, counter), |signature, data| {
            let signature = Signature::try_from(signature).map_err(|_| SealError::Signature)?;
            signer
                .verify_raw(data, &signature)
                .map_err(|_| SealError::Signature)
        })?;
        Ok(payload.body)
    }
}

/// Reads the first message of a client, of which neither key nor nonce are known yet. Nothing in
/// it may be believed before [`Binding::open`].
pub(crate) fn peek_join(bytes: &[u8]) -> Result<(PublicKey, Did, Control), SealError> {
    let (message, key) = parse(bytes)?;
    let payload: Payload =
        decode(message.payload.as_deref().unwrap_or_default()).ok_or(SealError::Malformed)?;
    Ok((key, payload.relay, payload.body))
}

fn parse(bytes: &[u8]) -> Result<(CoseSign1, PublicKey), SealError> {
    let message = CoseSign1::from_tagged_slice(bytes).map_err(|_| SealError::Malformed)?;
    let header = &message.protected.header;
    let plain = message.unprotected.is_empty()
        && header.alg
            == Some(coset::RegisteredLabelWithPrivate::Assigned(
                iana::Algorithm::EdDSA,
            ))
        && header.crit.is_empty();
    if !plain {
        return Err(SealError::Malformed);
    }
    let key = PublicKey::try_from(header.key_id.as_slice()).map_err(|_| SealError::Malformed)?;
    Ok((message, key))
}

/// Whether a frame is a sealed one: COSE_Sign1 has the CBOR tag 18.
pub(crate) fn is_sealed(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0xd2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binding() -> (Binding, Keypair) {
        let client = Keypair::from_seed(&[1; 32]);
        let relay = Did::from_key(Keypair::from_seed(&[2; 32]).public());
        let binding = Binding {
            client: client.public(),
            relay,
            client_nonce: [3; 32],
            relay_nonce: [4; 32],
        };
        (binding, client)
    }

    #[test]
    fn a_sealed_message_is_worth_nothing_elsewhere() {
        let (binding, client) = binding();
        let sealed = binding.seal(
            &client,
            Direction::ToRelay,
            5,
            Control::Admitted { admitted: true },
        );
        let open = |binding: &Binding, counter| {
            binding
                .open(&sealed, &client.public(), Direction::ToRelay, counter)
                .map(|_| ())
        };
        assert_eq!(open(&binding, 5), Ok(()));
        assert_eq!(open(&binding, 6), Err(SealError::Replayed));
        assert_eq!(open(&binding, 4), Err(SealError::OutOfPlace));
        let other = Binding {
            relay_nonce: [9; 32],
            ..binding.clone()
        };
        assert_eq!(open(&other, 5), Err(SealError::WrongSession));
        let other = Binding {
            relay: Did::from_key(client.public()),
            ..binding.clone()
        };
        assert_eq!(open(&other, 5), Err(SealError::WrongRelay));
        let other = Binding {
            client: Keypair::from_seed(&[8; 32]).public(),
            ..binding.clone()
        };
        assert_eq!(open(&other, 5), Err(SealError::Signature));
        let reflected = binding
            .open(&sealed, &client.public(), Direction::ToClient, 5)
            .map(|_| ());
        assert_eq!(reflected, Err(SealError::Signature));
        let key = Keypair::from_seed(&[7; 32]).public();
        let wrong = binding
            .open(&sealed, &key, Direction::ToRelay, 5)
            .map(|_| ());
        assert_eq!(wrong, Err(SealError::WrongKey));
    }

    #[test]
    fn every_damaged_byte_is_noticed() {
        let (binding, client) = binding();
        let sealed = binding.seal(
            &client,
            Direction::ToRelay,
            1,
            Control::Admitted { admitted: true },
        );
        for index in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[index] ^= 1;
            assert!(
                binding
                    .open(&damaged, &client.public(), Direction::ToRelay, 1)
                    .is_err()
            );
            let cut = &sealed[..index];
            assert!(
                binding
                    .open(cut, &client.public(), Direction::ToRelay, 1)
                    .is_err()
            );
        }
    }
}
