//! Ed25519 key pairs and domain-separated signatures (RFC 8032, strict verification).

use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::bytes::byte_newtype;

byte_newtype!(
    /// An Ed25519 public key in its compressed form (RFC 8032, section 5.1.5).
    ///
    /// The bytes are not known to be a point of the curve until a signature by it verifies.
    PublicKey, 32
);

byte_newtype!(
    /// An Ed25519 signature (RFC 8032, section 5.1.6).
    Signature, 64
);

/// What a signature is about. Each kind of signed thing has its own tag, so that a signature
/// over one can never be shown as a signature over another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain(&'static str);

impl Domain {
    /// A [`Tip`](crate::document::Tip): "my history of this document ends here".
    pub const TIP: Self = Self("poo/tip/v1");
    /// A statement of membership.
    pub const STATEMENT: Self = Self("poo/statement/v1");
    /// A control frame of a session.
    pub const SESSION: Self = Self("poo/session/v1");
    /// An ephemeral message: presence, typing, heartbeats.
    pub const EPHEMERAL: Self = Self("poo/ephemeral/v1");
    /// The answer to an invite, by the key that the invite's link carries.
    pub const REDEEM: Self = Self("poo/redeem/v1");
    /// A device's consent to belong to an identity.
    pub const DEVICE: Self = Self("poo/device/v1");

    /// A ticket, by which a client that cannot sign acts for somebody.
    pub const TICKET: Self = Self("poo/ticket/v1");
    /// A relay's public key and its challenge, by which a person signs in to its API.
    pub const SIGN_IN: Self = Self("poo/sign-in/v1");

    /// The tag as it stands in front of the signed bytes.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        self.0
    }

    /// The bytes that are signed: tag, one zero byte, message.
    #[must_use]
    pub fn message(self, message: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.0.len() + 1 + message.len());
        out.extend_from_slice(self.0.as_bytes());
        out.push(0);
        out.extend_from_slice(message);
        out
    }
}

/// A signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify under the key it names")]
pub struct SignatureError;

impl PublicKey {
    /// Checks `signature` over `message` in `domain`. Weak keys and malleable signatures are
    /// refused (`verify_strict`).
    ///
    /// # Errors
    /// [`SignatureError`] if the key is no point of the curve or the signature does not hold.
    pub fn verify(
        &self,
        domain: Domain,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), SignatureError> {
        self.verify_raw(&domain.message(message), signature)
    }

    /// Checks a signature over bytes that carry their own domain (COSE's `Sig_structure`).
    pub(crate) fn verify_raw(
        &self,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), SignatureError> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| SignatureError)?;
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(message, &signature)
            .map_err(|_| SignatureError)
    }

    /// Whether the bytes are a usable key: a point of the curve, not of small order.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| !key.is_weak())
    }
}

/// An Ed25519 key pair. The secret is wiped from memory on drop and never printed.
#[derive(Clone)]
pub struct Keypair(SigningKey);

impl Keypair {
    /// Makes a key pair from a 32-byte secret (RFC 8032, section 5.1.5).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Makes a new key pair from `rng`.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0_u8; 32]);
        rng.fill_bytes(seed.as_mut());
        Self::from_seed(&seed)
    }

    /// The secret, for a key store or a recovery phrase. It is wiped when dropped.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `message` in `domain`.
    #[must_use]
    pub fn sign(&self, domain: Domain, message: &[u8]) -> Signature {
        self.sign_raw(&domain.message(message))
    }

    /// Signs bytes that carry their own domain (COSE's `Sig_structure`).
    pub(crate) fn sign_raw(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl core::fmt::Debug for Keypair {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Keypair({:?}, secret redacted)", self.public())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 1: the key, and our own framing on it.
    #[test]
    fn the_published_key_is_derived() {
        let seed = [
            0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec,
            0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03,
            0x1c, 0xae, 0x7f, 0x60,
        ];
        let pair = Keypair::from_seed(&seed);
        assert_eq!(
            pair.public().to_hex(),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
        assert_eq!(
            pair.sign_raw(b"").to_hex(),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        );
    }

    #[test]
    fn a_signature_holds_in_its_own_domain_only() {
        let pair = Keypair::from_seed(&[7; 32]);
        let signature = pair.sign(Domain::TIP, b"message");
        assert_eq!(
            pair.public().verify(Domain::TIP, b"message", &signature),
            Ok(())
        );
        assert_eq!(
            pair.public()
                .verify(Domain::STATEMENT, b"message", &signature),
            Err(SignatureError)
        );
        assert_eq!(
            pair.public().verify(Domain::TIP, b"massage", &signature),
            Err(SignatureError)
        );
    }

    #[test]
    fn a_key_of_small_order_signs_nothing() {
        // The identity point: under plain verification it accepts a signature over anything.
        let mut weak = [0; 32];
        weak[0] = 1;
        let weak = PublicKey(weak);
        assert!(!weak.is_usable());
        let mut signature = [0; 64];
        signature[0] = 1;
        assert_eq!(
            weak.verify(Domain::TIP, b"anything", &Signature(signature)),
            Err(SignatureError)
        );
    }

    #[test]
    fn debug_shows_no_secret() {
        let pair = Keypair::from_seed(&[7; 32]);
        let shown = format!("{pair:?}");
        assert!(shown.contains("redacted"));
        assert!(!shown.contains(&crate::bytes::hex(&[7; 32])));
    }
}
