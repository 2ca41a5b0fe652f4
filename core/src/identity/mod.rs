//! Who somebody is: Ed25519 keys, `did:key` names, recovery phrases, signatures.
//!
//! A person, an agent and a relay are the same thing here: an identity key with a [`Did`].
//! Each device has a key of its own; a statement of the identity says that it belongs to it.

mod did;
mod key;
mod phrase;
#[cfg(feature = "net")]
mod store;

pub use did::{Did, DidError};
pub use key::{Domain, Keypair, PublicKey, Signature, SignatureError};
pub use phrase::{PhraseError, RecoveryPhrase};
#[cfg(feature = "net")]
pub use store::{KeyFile, KeyFileError, Keys};

pub use crate::bytes::WrongLength;
