//! Links: what one person sends another, and one device another.
//!
//! A link carries a secret behind `#`, where browsers keep it to themselves. It begins with the
//! relay's own address, so that opening it in a browser leads somewhere.

use core::fmt;
use core::str::FromStr;

use minicbor::{Decode, Encode};
use zeroize::Zeroize;

use crate::document::DocumentId;
use crate::identity::Did;
use crate::membership::StatementDigest;

/// The longest link worth reading.
const LINK_LEN_MAX: usize = 2_048;

/// Something to join by.
#[derive(Clone, PartialEq, Eq)]
pub enum Link {
    /// An invite to a list.
    Invite {
        /// Where the relay listens: `ws://` or `wss://`.
        relay_url: String,
        /// Who must answer there.
        relay: Did,
        /// The list.
        document: DocumentId,
        /// The grant that holds the invite.
        grant: StatementDigest,
        /// The secret half of the invite's key.
        secret: [u8; 32],
    },
    /// Another device of the same person.
    Device {
        /// Where the relay listens.
        relay_url: String,
        /// Who must answer there.
        relay: Did,
        /// Whose device the new one will be.
        did: Did,
        /// By which the two devices know one another.
        secret: [u8; 32],
    },
    /// The first person of a new relay.
    Setup {
        /// Where the relay listens.
        relay_url: String,
        /// Who must answer there.
        relay: Did,
        /// Good for one identity.
        secret: [u8; 32],
    },
}

impl Link {
    /// Where the relay listens: `ws://` or `wss://`.
    #[must_use]
    pub fn relay_url(&self) -> &str {
        match self {
            Self::Invite { relay_url, .. }
            | Self::Device { relay_url, .. }
            | Self::Setup { relay_url, .. } => relay_url,
        }
    }

    /// Who must answer there.
    #[must_use]
    pub fn relay(&self) -> Did {
        match self {
            Self::Invite { relay, .. } | Self::Device { relay, .. } | Self::Setup { relay, .. } => {
                *relay
            }
        }
    }
}

/// A text is no link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Another kind of link, or none.
    #[error("this is no invite or device link: those contain `/join#`, `/link#` or `/setup#`")]
    NotALink,
    /// It was cut off or mistyped.
    #[error("the link is damaged: copy it again, whole, with everything behind the #")]
    Damaged,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct InviteBody {
    #[n(0)]
    relay: Did,
    #[n(1)]
    document: DocumentId,
    #[n(2)]
    grant: StatementDigest,
    #[cbor(n(3), with = "minicbor::bytes")]
    secret: [u8; 32],
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct DeviceBody {
    #[n(0)]
    relay: Did,
    #[n(1)]
    did: Did,
    #[cbor(n(2), with = "minicbor::bytes")]
    secret: [u8; 32],
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct SetupBody {
    #[n(0)]
    relay: Did,
    #[cbor(n(1), with = "minicbor::bytes")]
    secret: [u8; 32],
}

const INVITE_PATH: &str = "/join#";
const DEVICE_PATH: &str = "/link#";
const SETUP_PATH: &str = "/setup#";

/// `ws://host/path` as `http://host/path`, without a slash at the end.
fn to_http(url: &str) -> String {
    let url = url.trim_end_matches('/');
    match url.strip_prefix("ws") {
        Some(rest) => format!("http{rest}"),
        None => url.to_owned(),
    }
}

fn to_ws(url: &str) -> String {
    match url.strip_prefix("http") {
        Some(rest) => format!("ws{rest}"),
        None => url.to_owned(),
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (url, path, body) = match self {
            Self::Invite {
                relay_url,
                relay,
                document,
                grant,
                secret,
            } => (
                relay_url,
                INVITE_PATH,
                minicbor::to_vec(InviteBody {
                    relay: *relay,
                    document: *document,
                    grant: *grant,
                    secret: *secret,
                }),
            ),
            Self::Device {
                relay_url,
                relay,
                did,
                secret,
            } => (
                relay_url,
                DEVICE_PATH,
                minicbor::to_vec(DeviceBody {
                    relay: *relay,
                    did: *did,
                    secret: *secret,
                }),
            ),
            Self::Setup {
                relay_url,
                relay,
                secret,
            } => (
                relay_url,
                SETUP_PATH,
                minicbor::to_vec(SetupBody {
                    relay: *relay,
                    secret: *secret,
                }),
            ),
        };
        let body = body.map_err(|_| fmt::Error)?;
        let text = bs58::encode(body).with_check().into_string();
        write!(f, "{}{path}{text}", to_http(url))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invite { document, .. } => write!(f, "Link::Invite({document}, secret redacted)"),
            Self::Device { did, .. } => write!(f, "Link::Device({did}, secret redacted)"),
            Self::Setup { relay, .. } => write!(f, "Link::Setup({relay}, secret redacted)"),
        }
    }
}

impl FromStr for Link {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let text = text.trim();
        if !text.starts_with("http://") && !text.starts_with("https://") {
            return Err(LinkError::NotALink);
        }
        if text.len() > LINK_LEN_MAX {
            return Err(LinkError::Damaged);
        }
        let decode = |body: &str| {
            let bytes = bs58::decode(body).with_check(None).into_vec();
            bytes.map_err(|_| LinkError::Damaged)
        };
        if let Some((url, body)) = text.split_once(INVITE_PATH) {
            let bytes = decode(body)?;
            let body: InviteBody = minicbor::decode(&bytes).map_err(|_| LinkError::Damaged)?;
            return Ok(Self::Invite {
                relay_url: to_ws(url),
                relay: body.relay,
                document: body.document,
                grant: body.grant,
                secret: body.secret,
            });
        }
        if let Some((url, body)) = text.split_once(DEVICE_PATH) {
            let bytes = decode(body)?;
            let body: DeviceBody = minicbor::decode(&bytes).map_err(|_| LinkError::Damaged)?;
            return Ok(Self::Device {
                relay_url: to_ws(url),
                relay: body.relay,
                did: body.did,
                secret: body.secret,
            });
        }
        if let Some((url, body)) = text.split_once(SETUP_PATH) {
            let bytes = decode(body)?;
            let body: SetupBody = minicbor::decode(&bytes).map_err(|_| LinkError::Damaged)?;
            return Ok(Self::Setup {
                relay_url: to_ws(url),
                relay: body.relay,
                secret: body.secret,
            });
        }
        Err(LinkError::NotALink)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        match self {
            Self::Invite { secret, .. }
            | Self::Device { secret, .. }
            | Self::Setup { secret, .. } => secret.zeroize(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_come_back_and_damage_is_noticed() {
        let did = Did::from_key(crate::identity::Keypair::from_seed(&[1; 32]).public());
        let invite = Link::Invite {
            relay_url: "ws://127.0.0.1:8787".into(),
            relay: did,
            document: DocumentId::from_bytes([2; 16]),
            grant: StatementDigest::from_bytes([3; 32]),
            secret: [4; 32],
        };
        let device = Link::Device {
            relay_url: "wss://poo.app/relay".into(),
            relay: did,
            did,
            secret: [5; 32],
        };
        let setup = Link::Setup {
            relay_url: "ws://[::1]:8787".into(),
            relay: did,
            secret: [6; 32],
        };
        for link in [invite, device, setup] {
            let text = link.to_string();
            assert!(text.starts_with("http"));
            assert_eq!(text.parse(), Ok(link.clone()));
            assert_eq!(format!("  {text}\n").parse(), Ok(link.clone()));
            assert_eq!(
                text[..text.len() - 3].parse::<Link>(),
                Err(LinkError::Damaged)
            );
            assert!(!format!("{link:?}").contains(text.split('#').nth(1).unwrap()));
        }
        assert_eq!(
            "https://example.org/".parse::<Link>(),
            Err(LinkError::NotALink)
        );
        assert_eq!("".parse::<Link>(), Err(LinkError::NotALink));
        let long = format!("http://x/join#{}", "2".repeat(100_000));
        assert_eq!(long.parse::<Link>(), Err(LinkError::Damaged));
    }
}
