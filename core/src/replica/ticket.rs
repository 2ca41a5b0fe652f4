//! Tickets: what a client that cannot sign shows instead of a signature.
//!
//! A ticket is signed by a device of the identity for which the client acts. The relay keeps
//! nothing of it but who came with it.

use core::fmt;
use core::str::FromStr;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use crate::document::DocumentId;
use crate::identity::{Did, Domain, Keypair, PublicKey, Signature};
use crate::membership::StatementDigest;

/// The longest ticket worth reading, in characters.
const TICKET_CHARS_MAX: usize = 1_024;
/// The most clients that one ticket serves.
pub(super) const TICKET_USES_MAX: u32 = 10_000;
/// How long a ticket is good unless told, in seconds: a day.
pub(super) const TICKET_DEFAULT_S: u32 = 24 * 3600;
/// The longest that a ticket can be good, in seconds: a year.
pub(super) const TICKET_MAX_S: u32 = 366 * 24 * 3600;

/// What a ticket says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TicketTerms {
    /// For whom its bearer acts.
    #[n(0)]
    pub identity: Did,
    /// The relay that takes it.
    #[n(1)]
    pub relay: Did,
    /// The one document that it is for; `None`: all that the identity may see.
    #[n(2)]
    pub document: Option<DocumentId>,
    /// How many clients it serves.
    #[n(3)]
    pub uses: u32,
    /// When it ends, in milliseconds since 1970, by the relay's clock.
    #[n(4)]
    pub expires_at_ms: i64,
    /// What makes two otherwise equal tickets different.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub nonce: [u8; 16],
}

/// A ticket whose signature holds. Whether its device still belongs to the identity is for the
/// relay to look up.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    terms: TicketTerms,
    device: PublicKey,
    signature: Signature,
    payload: Vec<u8>,
}

/// A text is no ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TicketError {
    /// It was cut off, mistyped or changed.
    #[error(
        "the ticket is damaged: copy its whole address, or make another one with `poo ticket create`"
    )]
    Damaged,
}

#[derive(Encode, Decode)]
#[cbor(array)]
struct Wire {
    #[n(0)]
    payload: ByteVec,
    #[n(1)]
    device: PublicKey,
    #[n(2)]
    signature: Signature,
}

impl Ticket {
    /// Signs a ticket.
    #[must_use]
    pub fn sign(terms: TicketTerms, device: &Keypair) -> Self {
        // Writing to memory cannot fail.
        let payload = minicbor::to_vec(&terms).unwrap_or_default();
        Self {
            signature: device.sign(Domain::TICKET, &payload),
            device: device.public(),
            terms,
            payload,
        }
    }

    /// What it says.
    #[must_use]
    pub fn terms(&self) -> &TicketTerms {
        &self.terms
    }

    /// The device that signed it.
    #[must_use]
    pub fn device(&self) -> PublicKey {
        self.device
    }

    /// The name by which a revocation takes it back: SHA-256 over the domain of tickets, device and
    /// payload. It does not let anybody use the ticket.
    #[must_use]
    pub fn name(&self) -> StatementDigest {
        let mut hasher = Sha256::new();
        hasher.update(Domain::TICKET.message(self.device.as_ref()));
        hasher.update(&self.payload);
        StatementDigest::from_bytes(hasher.finalize().into())
    }

    /// What names it where a relay counts its uses.
    pub(crate) fn id(&self) -> [u8; 16] {
        self.terms.nonce
    }
}

/// As it stands in an address.
impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wire = Wire {
            payload: self.payload.clone().into(),
            device: self.device,
            signature: self.signature,
        };
        let bytes = minicbor::to_vec(&wire).unwrap_or_default();
        f.write_str(&bs58::encode(bytes).with_check().into_string())
    }
}

/// Whoever has a ticket can use it: it is not for logs.
impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("terms", &self.terms)
            .finish_non_exhaustive()
    }
}

impl FromStr for Ticket {
    type Err = TicketError;

    fn from_str(text: &str) -> Result<Self, TicketError> {
        if text.len() > TICKET_CHARS_MAX {
            return Err(TicketError::Damaged);
        }
        let bytes = bs58::decode(text).with_check(None).into_vec();
        let bytes = bytes.map_err(|_| TicketError::Damaged)?;
        let wire: Wire = minicbor::decode(&bytes).map_err(|_| TicketError::Damaged)?;
        let terms = minicbor::decode(&wire.payload).map_err(|_| TicketError::Damaged)?;
        wire.device
            .verify(Domain::TICKET, &wire.payload, &wire.signature)
            .map_err(|_| TicketError::Damaged)?;
        Ok(Self {
            terms,
            device: wire.device,
            signature: wire.signature,
            payload: wire.payload.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_read_as_it_was_signed_and_no_other_way() {
        let device = Keypair::from_seed(&[1; 32]);
        let did = Did::from_key(device.public());
        let terms = TicketTerms {
            identity: did,
            relay: did,
            document: None,
            uses: 2,
            expires_at_ms: 1,
            nonce: [7; 16],
        };
        let ticket = Ticket::sign(terms.clone(), &device);
        let text = ticket.to_string();
        assert!(text.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_eq!(text.parse(), Ok(ticket));
        let other = Ticket::sign(TicketTerms { uses: 3, ..terms }, &device);
        let forged = Wire {
            payload: other.payload.into(),
            device: device.public(),
            signature: text.parse::<Ticket>().unwrap().signature,
        };
        let forged = bs58::encode(minicbor::to_vec(&forged).unwrap())
            .with_check()
            .into_string();
        assert_eq!(forged.parse::<Ticket>(), Err(TicketError::Damaged));
        for len in 0..text.len() {
            assert!(text[..len].parse::<Ticket>().is_err());
        }
        assert!("z".repeat(1_000_000).parse::<Ticket>().is_err());
    }
}
