//! Where webhooks may go. Whoever registers one makes this relay call an address; so it calls none
//! that only this relay, and not the one who registered it, could reach: its own machine, its own
//! networks, the services that clouds answer to on such addresses.
//!
//! The name is resolved here, every address is looked at, and the connection goes to one of those
//! and nowhere else: a name that answers differently the next time changes nothing.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::str::FromStr;

use tokio::net::lookup_host;
use url::{Host, Url};

/// A URL of an endpoint has so many bytes at most.
const URL_BYTES_MAX: usize = 2_048;
/// The most addresses of a name that are looked at.
const ADDRESSES_MAX: usize = 16;

/// A range of addresses: `10.0.0.0/8`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

/// A text that is no range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a range of addresses is wanted, such as 10.0.0.0/8, fd00::/8 or 127.0.0.1")]
pub struct NetworkError;

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let first: IpAddr = address.trim().parse().map_err(|_| NetworkError)?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.trim().parse().map_err(|_| NetworkError)?,
            None => most,
        };
        if bits > most {
            return Err(NetworkError);
        }
        Ok(Self { first, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        let same = |a: u128, b: u128, width: u32| {
            let rest = width - u32::from(self.bits).min(width);
            // A shift by all bits leaves nothing to compare.
            (a ^ b).checked_shr(rest).unwrap_or_default() == 0
        };
        match (self.first, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => same(a.to_bits().into(), b.to_bits().into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => same(a.to_bits(), b.to_bits(), 128),
            _ => false,
        }
    }
}

/// Whether an address is one of the public network, which everybody reaches from everywhere.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// By the registry of special addresses (RFC 6890 and those after it).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match a {
        0 | 10 | 127 => true,
        100 => (64..128).contains(&b),
        169 => b == 254,
        172 => (16..32).contains(&b),
        192 => matches!((b, c), (0, 0 | 2) | (88, 99) | (168, _)),
        198 => matches!((b, c), (18 | 19, _) | (51, 100)),
        203 => (b, c) == (0, 113),
        _ => a >= 224,
    };
    !special
}

/// Only global unicast, and of that nothing that is reserved or leads to an IPv4 address.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let global = a & 0xe000 == 0x2000;
    let special =
        (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || a == 0x2002 || (a == 0x3fff && b < 0x1000);
    global && !special
}

/// An address that carries an IPv4 address is that one.
fn plain(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(inner) => IpAddr::V4(inner),
            None => IpAddr::V6(address),
        },
        address @ IpAddr::V4(_) => address,
    }
}

/// An endpoint's address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GuardError {
    /// It is no URL that a webhook can go to.
    #[error(
        "an address that begins with https:// is wanted, without a name, a password or a fragment in it, of 2,048 bytes at most"
    )]
    Url,
    /// Its name is not known.
    #[error("the name {0} cannot be resolved")]
    Unresolved(String),
    /// It leads where webhooks may not go.
    #[error(
        "the address is not one of the public network; whoever runs this relay can allow its range"
    )]
    NotPublic,
    /// Without TLS it may only go where that was allowed.
    #[error("http:// is only for ranges that whoever runs this relay has allowed: use https://")]
    NotEncrypted,
}

/// Where an endpoint is, read once.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(super) url: Url,
    pub(super) host: Host<String>,
    pub(super) port: u16,
    pub(super) encrypted: bool,
}

impl FromStr for Target {
    type Err = GuardError;

    fn from_str(text: &str) -> Result<Self, GuardError> {
        if text.len() > URL_BYTES_MAX {
            return Err(GuardError::Url);
        }
        let url = Url::parse(text).map_err(|_| GuardError::Url)?;
        let encrypted = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(GuardError::Url),
        };
        let plain = url.username().is_empty() && url.password().is_none();
        if !plain || url.fragment().is_some() {
            return Err(GuardError::Url);
        }
        let host = url.host().ok_or(GuardError::Url)?.to_owned();
        let port = url.port_or_known_default().ok_or(GuardError::Url)?;
        Ok(Self {
            url,
            host,
            port,
            encrypted,
        })
    }
}

/// What was allowed beyond the public network.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guard {
    pub(super) allowed: Vec<Network>,
}

impl Guard {
    fn check(&self, address: IpAddr, encrypted: bool) -> Result<(), GuardError> {
        let address = plain(address);
        if self.allowed.iter().any(|network| network.contains(address)) {
            return Ok(());
        }
        if !is_public(address) {
            return Err(GuardError::NotPublic);
        }
        match encrypted {
            true => Ok(()),
            false => Err(GuardError::NotEncrypted),
        }
    }

    /// The addresses to connect to. One that may not be called spoils them all.
    ///
    /// # Errors
    /// [`GuardError`] if there are none, or one may not be called.
    pub(crate) async fn resolve(&self, target: &Target) -> Result<Vec<SocketAddr>, GuardError> {
        let addresses: Vec<SocketAddr> = match &target.host {
            Host::Ipv4(address) => vec![(*address, target.port).into()],
            Host::Ipv6(address) => vec![(*address, target.port).into()],
            Host::Domain(name) => {
                let found = lookup_host((name.as_str(), target.port)).await;
                let unresolved = |_| GuardError::Unresolved(name.clone());
                found.map_err(unresolved)?.take(ADDRESSES_MAX).collect()
            }
        };
        if addresses.is_empty() {
            return Err(GuardError::Unresolved(target.host.to_string()));
        }
        for address in &addresses {
            self.check(address.ip(), target.encrypted)?;
        }
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_public_is_known() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2001:10::1",
            "2002:7f00:1::",
            "3fff::1",
            "100::1",
            "fec0::1",
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert!(!is_public(plain(address)), "{address}");
        }
        for address in [
            "1.1.1.1",
            "9.9.9.9",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:1.1.1.1",
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert!(is_public(plain(address)), "{address}");
        }
    }

    #[test]
    fn a_range_is_read_and_holds_its_addresses() {
        for (range, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("192.168.4.0/22", "192.168.7.255", "192.168.8.0"),
            ("fd00::/8", "fdff::1", "fe00::1"),
            ("::1/128", "::1", "::2"),
            ("0.0.0.0/0", "8.8.8.8", "::1"),
        ] {
            let network: Network = range.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{range}");
            assert!(!network.contains(outside.parse().unwrap()), "{range}");
        }
        for range in [
            "",
            "10.0.0.0/33",
            "::/129",
            "ten/8",
            "10.0.0.0/",
            "10.0.0.0/-1",
        ] {
            assert_eq!(range.parse::<Network>(), Err(NetworkError), "{range}");
        }
    }

    #[test]
    fn only_plain_urls_are_taken() {
        for text in [
            "",
            "ftp://example.org/",
            "https://",
            "https://user@example.org/",
            "https://user:word@example.org/",
            "https://example.org/#part",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "//example.org",
        ] {
            assert_eq!(
                text.parse::<Target>().unwrap_err(),
                GuardError::Url,
                "{text}"
            );
        }
        let long = format!("https://example.org/{}", "x".repeat(2_048));
        assert_eq!(long.parse::<Target>().unwrap_err(), GuardError::Url);
        let target: Target = "https://example.org:8443/hooks?x=1".parse().unwrap();
        assert_eq!((target.port, target.encrypted), (8443, true));
    }

    #[tokio::test]
    async fn every_way_to_write_a_private_address_is_found_out() {
        let guard = Guard::default();
        for text in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://017700000001/",
            "https://localhost/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:a9fe:a9fe]/",
            "https://169.254.169.254/",
            "https://10.0.0.1/",
            "https://[fd00::1]/",
            "https://0/",
            "https://[::]/",
        ] {
            let target: Target = text.parse().unwrap();
            assert_eq!(
                guard.resolve(&target).await.unwrap_err(),
                GuardError::NotPublic,
                "{text}"
            );
        }
        let plain: Target = "http://1.1.1.1/".parse().unwrap();
        assert_eq!(
            guard.resolve(&plain).await.unwrap_err(),
            GuardError::NotEncrypted
        );
        let allowed = Guard {
            allowed: vec!["127.0.0.0/8".parse().unwrap()],
        };
        for text in ["http://127.0.0.1:9/", "http://[::ffff:127.0.0.1]/"] {
            let target: Target = text.parse().unwrap();
            assert!(allowed.resolve(&target).await.is_ok(), "{text}");
        }
        let target: Target = "https://10.0.0.1/".parse().unwrap();
        assert_eq!(
            allowed.resolve(&target).await.unwrap_err(),
            GuardError::NotPublic
        );
    }
}
