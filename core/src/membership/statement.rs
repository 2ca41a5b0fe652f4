//! The wire form of a statement, and the types that tell verified from unverified.
//!
//! On the wire: a CBOR array of payload (byte string), signer (32 bytes) and signature
//! (64 bytes) over [`Domain::STATEMENT`] with the message signer ‖ payload.

use core::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::kinds::{Payload, Redeem, Scope, kind};
use crate::bytes::byte_newtype;
use crate::identity::{Domain, Keypair, PublicKey, Signature};

/// The largest payload of a statement that is no revocation.
pub const PAYLOAD_LEN_MAX: usize = 4 * 1024;
/// The largest payload of a revocation.
pub const REVOKE_PAYLOAD_LEN_MAX: usize = 1024 * 1024;
/// The largest statement on the wire: the payload, two keys' worth of bytes and their headers.
pub const STATEMENT_LEN_MAX: usize = REVOKE_PAYLOAD_LEN_MAX + PublicKey::LEN + Signature::LEN + 16;

byte_newtype!(
    /// The name of a statement: SHA-256("poo/statement/v1" ‖ 0 ‖ signer ‖ payload). It does not
    /// depend on the signature's bytes, of which one signer can make many.
    StatementDigest, 32
);

/// What is wrong with a payload, apart from its encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayloadProblem {
    /// A name of the wrong length or with control characters.
    #[error("a name has 1 to 100 characters, none of them a control character")]
    Name,
    /// A colour of the wrong length or with control characters.
    #[error("a colour has 1 to 32 characters, none of them a control character")]
    Color,
    /// A platform's name of the wrong length or with control characters.
    #[error("an agent platform has 1 to 100 characters, none of them a control character")]
    Platform,
    /// Nothing to revoke, or too much.
    #[error("a revocation names 1 to 64 statements: split it")]
    Targets,
    /// A witness of nothing in particular.
    #[error("a relay may sign for somebody, or in one document: name one of the two")]
    Witness,
    /// Too many marks.
    #[error("a revocation marks at most 12288 actors: revoke fewer grants at once")]
    Marks,
    /// Too many kept statements.
    #[error("a revocation keeps at most 12288 statements: issue again what must stay")]
    Keep,
}

/// A statement cannot be made or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The bytes are no statement.
    #[error("these bytes are no statement: fetch it again")]
    Malformed,
    /// The statement is larger than any of its kind may be.
    #[error("the statement has {len} bytes where {len_max} are allowed")]
    TooLarge {
        /// Its length.
        len: usize,
        /// The bound that it passes.
        len_max: usize,
    },
    /// A kind, or a variant inside one, that this version does not know.
    #[error("the statement is of a newer version: update this program")]
    Newer,
    /// A field is out of its bounds.
    #[error(transparent)]
    Payload(#[from] PayloadProblem),
    /// The signature is not the signer's over this payload.
    #[error("the statement was not signed by the key it names: drop it")]
    Signature,
    /// The device of a `Device` did not consent.
    #[error("the device did not agree to belong to this identity: link it again")]
    Consent,
    /// The joiner of a `Redeem` did not hold the invite's key.
    #[error("the invite was not redeemed by somebody who holds it: use the whole link")]
    Proof,
}

struct Parts {
    payload: Payload,
    bytes: Vec<u8>,
    signer: PublicKey,
    signature: Signature,
    digest: StatementDigest,
}

/// A statement that was read and not yet verified: it can be named and verified, not believed.
#[derive(Clone)]
pub struct UnverifiedStatement(Arc<Parts>);

/// A verified statement: its signature holds, and so do the proofs inside it. Whether its signer
/// had the right to make it depends on all statements together ([`Authority`](super::Authority)).
///
/// It keeps the exact payload that was signed. Two statements are equal if their digests are.
/// Cloning is cheap.
#[derive(Clone)]
pub struct Statement(Arc<Parts>);

impl UnverifiedStatement {
    /// Reads a statement from its wire form. Bytes after it are refused.
    ///
    /// # Errors
    /// [`StatementError`] if the bytes are no statement, are out of bounds, or come from a newer
    /// version.
    pub fn decode(bytes: &[u8]) -> Result<Self, StatementError> {
        if bytes.len() > STATEMENT_LEN_MAX {
            return Err(StatementError::TooLarge {
                len: bytes.len(),
                len_max: STATEMENT_LEN_MAX,
            });
        }
        let mut d = minicbor::Decoder::new(bytes);
        let malformed = |_| StatementError::Malformed;
        if d.array().map_err(malformed)? != Some(3) {
            return Err(StatementError::Malformed);
        }
        let payload = d.bytes().map_err(malformed)?;
        let signer: PublicKey = d.decode().map_err(malformed)?;
        let signature: Signature = d.decode().map_err(malformed)?;
        if d.position() != bytes.len() {
            return Err(StatementError::Malformed);
        }
        let parsed = decode_payload(payload)?;
        Ok(Self(Arc::new(Parts {
            payload: parsed,
            bytes: payload.to_vec(),
            digest: digest(&signer, payload),
            signer,
            signature,
        })))
    }

    /// The name of the statement.
    #[must_use]
    pub fn digest(&self) -> StatementDigest {
        self.0.digest
    }

    /// What the statement claims to be about.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.0.payload.scope()
    }

    /// Verifies the signature, and the proofs inside the payload.
    ///
    /// # Errors
    /// [`StatementError::Signature`], [`StatementError::Consent`] or [`StatementError::Proof`].
    pub fn verify(self) -> Result<Statement, StatementError> {
        let parts = &self.0;
        parts
            .signer
            .verify(
                Domain::STATEMENT,
                &message(&parts.signer, &parts.bytes),
                &parts.signature,
            )
            .map_err(|_| StatementError::Signature)?;
        check_proofs(&parts.payload)?;
        Ok(Statement(self.0))
    }

    /// Takes over a statement that this replica verified before it stored it.
    pub(crate) fn stored(self) -> Statement {
        Statement(self.0)
    }
}

impl Statement {
    /// Makes a statement and signs it.
    ///
    /// # Errors
    /// [`StatementError`] if a field is out of its bounds or a proof inside does not hold.
    pub fn sign(payload: Payload, signer: &Keypair) -> Result<Self, StatementError> {
        payload.check()?;
        check_proofs(&payload)?;
        let bytes = minicbor::to_vec(&payload).map_err(|_| StatementError::Malformed)?;
        let is_revoke = matches!(payload, Payload::Revoke(_));
        check_len(bytes.len(), is_revoke)?;
        let key = signer.public();
        let signature = signer.sign(Domain::STATEMENT, &message(&key, &bytes));
        Ok(Self(Arc::new(Parts {
            payload,
            digest: digest(&key, &bytes),
            bytes,
            signer: key,
            signature,
        })))
    }

    /// Reads and verifies a statement.
    ///
    /// # Errors
    /// [`StatementError`] as of [`UnverifiedStatement::decode`] and
    /// [`UnverifiedStatement::verify`].
    pub fn from_wire(bytes: &[u8]) -> Result<Self, StatementError> {
        UnverifiedStatement::decode(bytes)?.verify()
    }

    /// About how many bytes the wire form has: a few too many at most.
    pub(crate) fn wire_len(&self) -> usize {
        self.0.bytes.len() + PublicKey::LEN + Signature::LEN + 16
    }

    /// The wire form.
    #[must_use]
    pub fn to_wire(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.wire_len());
        let mut e = minicbor::Encoder::new(&mut out);
        // Writing to a vector cannot fail.
        let written = e.array(3).and_then(|e| {
            e.bytes(&self.0.bytes)?
                .bytes(self.0.signer.as_ref())?
                .bytes(self.0.signature.as_ref())
        });
        debug_assert!(written.is_ok());
        out
    }

    /// The name of the statement.
    #[must_use]
    pub fn digest(&self) -> StatementDigest {
        self.0.digest
    }

    /// The key that signed it: an identity key or a device key.
    #[must_use]
    pub fn signer(&self) -> PublicKey {
        self.0.signer
    }

    /// What it says.
    #[must_use]
    pub fn payload(&self) -> &Payload {
        &self.0.payload
    }

    /// The payload as it was signed.
    #[must_use]
    pub fn payload_bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// What it is about.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.0.payload.scope()
    }
}

impl PartialEq for Statement {
    fn eq(&self, other: &Self) -> bool {
        self.0.digest == other.0.digest
    }
}

impl Eq for Statement {}

impl PartialOrd for Statement {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Statement {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.0.digest.cmp(&other.0.digest)
    }
}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Statement")
            .field("digest", &self.0.digest)
            .field("signer", &self.0.signer)
            .field("payload", &self.0.payload)
            .finish()
    }
}

impl fmt::Debug for UnverifiedStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnverifiedStatement({:?})", self.0.digest)
    }
}

fn message(signer: &PublicKey, payload: &[u8]) -> Vec<u8> {
    [signer.as_ref(), payload].concat()
}

fn digest(signer: &PublicKey, payload: &[u8]) -> StatementDigest {
    let mut hasher = Sha256::new();
    hasher.update(Domain::STATEMENT.message(signer.as_ref()));
    hasher.update(payload);
    StatementDigest(hasher.finalize().into())
}

fn check_len(len: usize, is_revoke: bool) -> Result<(), StatementError> {
    let len_max = if is_revoke {
        REVOKE_PAYLOAD_LEN_MAX
    } else {
        PAYLOAD_LEN_MAX
    };
    if len > len_max {
        return Err(StatementError::TooLarge { len, len_max });
    }
    Ok(())
}

fn decode_payload(bytes: &[u8]) -> Result<Payload, StatementError> {
    let mut d = minicbor::Decoder::new(bytes);
    let malformed = |_| StatementError::Malformed;
    if d.array().map_err(malformed)? != Some(2) {
        return Err(StatementError::Malformed);
    }
    let number = d.u64().map_err(malformed)?;
    check_len(bytes.len(), number == kind::REVOKE)?;
    let payload = match number {
        kind::GENESIS => d.decode().map(Payload::Genesis),
        kind::DEVICE => d.decode().map(Payload::Device),
        kind::PROFILE => d.decode().map(Payload::Profile),
        kind::GRANT => d.decode().map(Payload::Grant),
        kind::REDEEM => d.decode().map(Payload::Redeem),
        kind::WITNESS => d.decode().map(Payload::Witness),
        kind::REVOKE => d.decode().map(Payload::Revoke),
        _ => return Err(StatementError::Newer),
    };
    let payload = payload.map_err(|e| {
        if e.is_unknown_variant() {
            StatementError::Newer
        } else {
            StatementError::Malformed
        }
    })?;
    if d.position() != bytes.len() {
        return Err(StatementError::Malformed);
    }
    payload.check()?;
    Ok(payload)
}

/// The signatures inside a payload.
fn check_proofs(payload: &Payload) -> Result<(), StatementError> {
    match payload {
        Payload::Device(it) => it
            .device
            .verify(Domain::DEVICE, it.identity.key().as_ref(), &it.consent)
            .map_err(|_| StatementError::Consent),
        Payload::Redeem(it) => {
            Redeem::verify_proof(&it.invite, &it.document, &it.grant, &it.joiner, &it.proof)
                .map_err(|_| StatementError::Proof)
        }
        _ => Ok(()),
    }
}
