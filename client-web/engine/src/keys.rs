//! A device's secret keys as bytes, for the browser to wrap and keep.
//!
//! One byte for the version, the device's secret, one byte that says whether the identity's secret
//! follows, that secret, and the identity's name.

use poo_core::identity::{Did, Keypair};
use poo_core::replica::{Env, Keyring};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::problem::Problem;

const VERSION: u8 = 1;

/// 32 random bytes of the browser.
pub(crate) fn entropy(bytes: &[u8]) -> Result<[u8; 32], Problem> {
    bytes
        .try_into()
        .map_err(|_| Problem::invalid("entropy", "32 random bytes are needed"))
}

/// Keys need no time.
fn with_env<T>(bytes: &[u8], make: impl FnOnce(&mut Env<'_>) -> T) -> Result<T, Problem> {
    let mut rng = ChaCha20Rng::from_seed(entropy(bytes)?);
    Ok(make(&mut Env {
        now: jiff::Timestamp::UNIX_EPOCH,
        rng: &mut rng,
    }))
}

pub(crate) fn generate(bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    Ok(write(&with_env(bytes, Keyring::generate)?))
}

pub(crate) fn of(identity: Keypair, bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    Ok(write(&with_env(bytes, |env| Keyring::of(identity, env))?))
}

pub(crate) fn device_of(did: Did, bytes: &[u8]) -> Result<Vec<u8>, Problem> {
    Ok(write(&with_env(bytes, |env| Keyring::device_of(did, env))?))
}

fn write(keys: &Keyring) -> Vec<u8> {
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(keys.device.seed().as_ref());
    bytes.push(u8::from(keys.identity.is_some()));
    if let Some(identity) = &keys.identity {
        bytes.extend_from_slice(identity.seed().as_ref());
    }
    bytes.extend_from_slice(keys.did.to_string().as_bytes());
    bytes
}

pub(crate) fn read(bytes: &[u8]) -> Result<Keyring, Problem> {
    parse(bytes).ok_or_else(|| {
        Problem::new(
            "keys",
            "the keys that this browser keeps are damaged: restore them with the recovery phrase",
        )
    })
}

fn parse(bytes: &[u8]) -> Option<Keyring> {
    let (version, rest) = bytes.split_first()?;
    if *version != VERSION {
        return None;
    }
    let (device, rest) = rest.split_first_chunk::<32>()?;
    let (has_identity, rest) = rest.split_first()?;
    let (identity, rest) = match has_identity {
        0 => (None, rest),
        1 => {
            let (seed, rest) = rest.split_first_chunk::<32>()?;
            (Some(Keypair::from_seed(seed)), rest)
        }
        _ => return None,
    };
    let did: Did = core::str::from_utf8(rest).ok()?.parse().ok()?;
    let fits = identity
        .as_ref()
        .is_none_or(|identity| Did::from_key(identity.public()) == did);
    fits.then(|| Keyring {
        did,
        device: Keypair::from_seed(device),
        identity,
        witnesses: false,
    })
}
