//! Tokens that callers sign themselves: JSON Web Tokens under EdDSA whose issuer is a DID. Each is
//! for this relay, ends soon, and counts once.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poo_core::identity::Did;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// The longest token worth reading, in characters.
const TOKEN_CHARS_MAX: usize = 4_096;
/// How far ahead a token may end, in seconds.
const LIFE_S_MAX: i64 = 3_600;
/// How far clocks may differ, in seconds.
const LEEWAY_S: i64 = 60;

/// A token whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    /// Who says so.
    pub(crate) issuer: Did,
    /// Whose key signed: the issuer's own, or a device's.
    pub(crate) signer: Did,
    /// What names the token: it counts once.
    pub(crate) name: [u8; 32],
    /// Until when that has to be remembered, in milliseconds since 1970.
    pub(crate) expires_at_ms: i64,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    /// The DID of the key that signed, where it is not the issuer's own.
    kid: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    exp: i64,
    nbf: Option<i64>,
    jti: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// Reads a token for `relay`. `None` for whatever does not hold.
pub(crate) fn read(token: &str, relay: &Did, now_ms: i64) -> Option<Signed> {
    if token.len() > TOKEN_CHARS_MAX {
        return None;
    }
    let (message, signature) = token.rsplit_once('.')?;
    let (header, claims) = message.split_once('.')?;
    let header: Header = part(header)?;
    if header.alg != "EdDSA" {
        return None;
    }
    let claims: Claims = part(claims)?;
    let issuer: Did = claims.iss.parse().ok()?;
    let signer: Did = match &header.kid {
        // As DID documents name a key: the DID, and after `#` which of its keys.
        Some(kid) => kid.split('#').next().unwrap_or_default().parse().ok()?,
        None => issuer,
    };
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    UnparsedPublicKey::new(&ED25519, signer.key().as_ref())
        .verify(message.as_bytes(), &signature)
        .ok()?;
    let relay = relay.to_string();
    let is_for_us = match &claims.aud {
        Audience::One(audience) => *audience == relay,
        Audience::Several(all) => all.contains(&relay),
    };
    let now = now_ms / 1_000;
    let ends = claims.exp > now && claims.exp <= now + LIFE_S_MAX + LEEWAY_S;
    let began = claims.nbf.is_none_or(|nbf| nbf <= now + LEEWAY_S);
    if !is_for_us || !ends || !began || claims.jti.is_empty() {
        return None;
    }
    let name = Sha256::new()
        .chain_update(b"poo/jti/v1")
        .chain_update(issuer.key().as_ref())
        .chain_update(claims.jti.as_bytes())
        .finalize()
        .into();
    Some(Signed {
        issuer,
        signer,
        name,
        expires_at_ms: claims.exp.saturating_mul(1_000),
    })
}

fn part<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{Ed25519KeyPair, KeyPair as _};
    use serde_json::{Value, json};

    const NOW_MS: i64 = 1_700_000_000_000;
    const NOW: i64 = NOW_MS / 1_000;

    fn did(key: &Ed25519KeyPair) -> Did {
        let bytes: &[u8] = key.public_key().as_ref();
        Did::from_key(bytes.try_into().unwrap())
    }

    fn token(key: &Ed25519KeyPair, header: &Value, claims: &Value) -> String {
        let [header, claims] =
            [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = format!("{header}.{claims}");
        let signature = key.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    #[test]
    fn a_token_holds_only_as_it_was_signed_for_whom_and_until_when() {
        let key = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
        let device = Ed25519KeyPair::from_seed_unchecked(&[2; 32]).unwrap();
        let relay = did(&Ed25519KeyPair::from_seed_unchecked(&[3; 32]).unwrap());
        let issuer = did(&key);
        let header = json!({"alg": "EdDSA"});
        let claims = json!({"iss": issuer, "aud": relay, "exp": NOW + 60, "jti": "a"});
        let good = token(&key, &header, &claims);
        let read_now = |token: &str| read(token, &relay, NOW_MS);
        let read_good = read_now(&good).unwrap();
        assert_eq!((read_good.issuer, read_good.signer), (issuer, issuer));

        let by_device = json!({"alg": "EdDSA", "kid": format!("{}#key", did(&device))});
        let by_device = read_now(&token(&device, &by_device, &claims)).unwrap();
        assert_eq!((by_device.issuer, by_device.signer), (issuer, did(&device)));
        assert_eq!(by_device.name, read_good.name);

        assert_eq!(read_now(&token(&device, &header, &claims)), None);
        assert_eq!(read(&good, &issuer, NOW_MS), None);
        assert_eq!(read(&good, &relay, NOW_MS + 60_000), None);
        let mut changed = claims.clone();
        for (field, value) in [
            ("exp", json!(NOW)),
            ("exp", json!(NOW + 2 * LIFE_S_MAX)),
            ("nbf", json!(NOW + 600)),
            ("jti", json!("")),
            ("aud", json!(["did:key:z6MkOther"])),
            ("iss", json!("somebody")),
        ] {
            let before = changed[field].clone();
            changed[field] = value;
            assert_eq!(read_now(&token(&key, &header, &changed)), None, "{field}");
            changed[field] = before;
        }
        for alg in ["none", "HS256", "ES256"] {
            assert_eq!(read_now(&token(&key, &json!({"alg": alg}), &claims)), None);
        }
        for end in 0..good.len() {
            assert_eq!(read_now(&good[..end]), None);
        }
    }
}
