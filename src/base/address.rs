//! Blocks of network addresses, and which addresses the public internet can reach.
//!
//! Probes refuse to be led into our own network by a hostile page or name server, and *Mẫu số 03*
//! lists internet addresses only: both ask here.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A block of addresses in CIDR notation: `10.0.0.0/8`, `2001:db8::/32`; a bare address is a block
/// of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    network: IpAddr,
    prefix: u8,
}

impl Block {
    /// Whether the block holds `address`. An IPv4 address written as IPv6 (`::ffff:a.b.c.d`)
    /// counts as the IPv4 address that it is.
    pub fn holds(&self, address: IpAddr) -> bool {
        masked(address.to_canonical(), self.prefix) == Some(self.network)
    }
}

impl FromStr for Block {
    type Err = BlockError;

    fn from_str(text: &str) -> Result<Self, BlockError> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| BlockError::Address)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| BlockError::Prefix)?
            }
            Some(_) => return Err(BlockError::Prefix),
        };
        match masked(address, prefix) {
            None => Err(BlockError::Prefix),
            Some(network) if network != address => Err(BlockError::HostBits { network, prefix }),
            Some(network) => Ok(Self { network, prefix }),
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

/// Why a text is no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockError {
    /// The part before the slash is no address.
    Address,
    /// The part after the slash is no prefix length of this family.
    Prefix,
    /// The address has bits beyond the prefix: a block or a host, but not both.
    HostBits {
        /// The block that was probably meant.
        network: IpAddr,
        /// Its prefix length.
        prefix: u8,
    },
}

fn masked(address: IpAddr, prefix: u8) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) if prefix <= 32 => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            Some(IpAddr::V4(Ipv4Addr::from(u32::from(address) & mask)))
        }
        IpAddr::V6(address) if prefix <= 128 => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            Some(IpAddr::V6(Ipv6Addr::from(u128::from(address) & mask)))
        }
        _ => None,
    }
}

/// Blocks that are not on the public internet (IANA special-purpose registries, RFC 6890): own
/// host, private, shared, link-local, documentation, benchmarks, multicast, reserved, and the
/// translation prefixes that hide an IPv4 address.
const NOT_PUBLIC: [&str; 24] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/127",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

/// Whether `address` can belong to a server on the public internet.
pub fn is_public(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let holds = |block: &&str| {
        block.parse::<Block>().expect("a constant that a test parses").holds(address)
    };
    !NOT_PUBLIC.iter().any(holds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_constant_is_a_block() {
        for text in NOT_PUBLIC {
            assert_eq!(text.parse::<Block>().map(|block| block.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn blocks_hold_what_they_say() {
        for (block, address, held) in [
            ("10.0.0.0/8", "10.255.255.255", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("0.0.0.0/0", "::1", false),
            ("::1", "::1", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::", false),
        ] {
            let block: Block = block.parse().unwrap();
            assert_eq!(block.holds(address.parse().unwrap()), held, "{block} {address}");
        }
    }

    #[test]
    fn what_is_no_block_is_refused_with_the_reason() {
        let network = "10.0.0.0".parse().unwrap();
        for (text, error) in [
            ("", BlockError::Address),
            ("10.0.0", BlockError::Address),
            ("10.0.0.0/", BlockError::Prefix),
            ("10.0.0.0/33", BlockError::Prefix),
            ("::/129", BlockError::Prefix),
            ("10.0.0.0/+8", BlockError::Prefix),
            ("10.0.0.1/8", BlockError::HostBits { network, prefix: 8 }),
        ] {
            assert_eq!(text.parse::<Block>(), Err(error), "{text}");
        }
    }

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for (address, public) in [
            ("8.8.8.8", true),
            ("203.162.0.181", true),
            ("2401:d800::1", true),
            ("127.0.0.1", false),
            ("192.168.1.1", false),
            ("172.31.255.255", false),
            ("172.32.0.0", true),
            ("169.254.169.254", false),
            ("::", false),
            ("::1", false),
            ("::ffff:192.168.1.1", false),
            ("64:ff9b::a00:1", false),
            ("fe80::1", false),
            ("fd00::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }
}
