//! Secrets that callers show: `poo_live_ID_SECRET` for a key, `poo_sess_ID_SECRET` for a session.
//! The id finds the row; of the secret, 256 bits, only a SHA-256 digest is kept, which is all that
//! such a secret needs.

use poo_core::replica::Env;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Bytes of an id.
const ID_BYTES: usize = 8;
/// Characters of a secret: 32 bytes in base64url.
const SECRET_CHARS: usize = 43;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Made by a person, for themselves or for an agent; lasts until it is revoked or expires.
    Key,
    /// Of a person who proved who they are, for a while.
    Session,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Self::Key => "poo_live_",
            Self::Session => "poo_sess_",
        }
    }
}

/// A token as its bearer shows it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// Finds it; no secret.
    pub(crate) id: String,
    digest: [u8; 32],
}

/// A token that was just made: the only time that its text is known.
pub(crate) struct Fresh {
    pub(crate) id: String,
    pub(crate) digest: [u8; 32],
    pub(crate) text: String,
}

impl Token {
    /// Reads a token. `None` for what is none.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let kinds = [Kind::Key, Kind::Session];
        let (kind, rest) = kinds
            .into_iter()
            .find_map(|kind| Some((kind, text.strip_prefix(kind.prefix())?)))?;
        let (id, secret) = rest.split_once('_')?;
        let is_id = id.len() == 2 * ID_BYTES && id.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_id || secret.len() != SECRET_CHARS {
            return None;
        }
        Some(Self {
            kind,
            id: id.to_owned(),
            digest: digest(secret),
        })
    }

    /// Whether it is the one of which this digest was kept. Takes as long either way.
    pub(crate) fn matches(&self, kept: &[u8]) -> bool {
        self.digest.ct_eq(kept).into()
    }

    /// Makes a token.
    pub(crate) fn make(kind: Kind, env: &mut Env<'_>) -> Fresh {
        let mut bytes = [0; ID_BYTES];
        env.rng.fill_bytes(&mut bytes);
        let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut secret = [0; 32];
        env.rng.fill_bytes(&mut secret);
        let text = URL_SAFE_NO_PAD.encode(secret);
        secret.zeroize();
        Fresh {
            digest: digest(&text),
            text: format!("{}{id}_{text}", kind.prefix()),
            id,
        }
    }
}

/// Whoever has a token can use it: it is not for logs.
impl core::fmt::Debug for Token {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Token")
            .field("kind", &self.kind)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use poo_core::net::System;

    #[test]
    fn a_token_is_read_as_it_was_made_and_nothing_else_is_one() {
        let mut system = System::new().unwrap();
        for kind in [Kind::Key, Kind::Session] {
            let fresh = Token::make(kind, &mut system.env());
            let token = Token::read(&fresh.text).unwrap();
            assert_eq!((token.kind, &token.id), (kind, &fresh.id));
            assert!(token.matches(&fresh.digest));
            assert!(!token.matches(&[0; 32]));
            assert!(!format!("{token:?}").contains(&fresh.text));
            for end in 0..fresh.text.len() {
                assert!(Token::read(&fresh.text[..end]).is_none());
            }
        }
        for text in ["", "poo_live_", "poo_live__", "sk_live_0011223344556677_x"] {
            assert!(Token::read(text).is_none(), "{text}");
        }
    }
}
