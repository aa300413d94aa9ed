//! What to ask of a portal and what to expect: plain values, already valid.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::base::address::Block;

/// How duphong reaches what it looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Name servers; the machine's own where empty.
    pub resolvers: Vec<SocketAddr>,
    /// Blocks that are not public and may be reached all the same.
    pub inside: Vec<Block>,
    /// A PEM file of authorities trusted beside the public ones.
    pub authorities: Option<PathBuf>,
    /// Addresses that accept a TCP connection whenever our own uplink works, judged by family.
    /// Where a family has none, it counts as working when the machine has a route.
    pub uplink: Vec<SocketAddr>,
}

/// A recurring look at a portal.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Unique in the portal.
    pub name: String,
    /// The time from one look to the next.
    pub every: Duration,
    /// The longest one look may take, as a whole and in each family.
    pub timeout: Duration,
    /// When a change counts.
    pub settle: Settle,
    /// Which families are judged. Never empty.
    pub families: Families,
    /// What is asked.
    pub question: Question,
}

/// How many equal verdicts in a row change the settled one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settle {
    /// For the worse.
    pub failures: u32,
    /// For the better.
    pub successes: u32,
}

impl Default for Settle {
    /// Three bad looks, two good ones: as Gatus has it.
    fn default() -> Self {
        Self { failures: 3, successes: 2 }
    }
}

/// Which families of addresses are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Families {
    /// Each by itself: NĐ 224/2026 Điều 11.4 wants both.
    Both,
    /// A portal known to have no IPv6.
    Ipv4,
    /// A portal known to have no IPv4.
    Ipv6,
}

impl Families {
    /// Each with its word in the file.
    pub const WORDS: [(&str, Self); 3] =
        [("both", Self::Both), ("ipv4", Self::Ipv4), ("ipv6", Self::Ipv6)];
}

/// What a probe asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// A page.
    Http(HttpQuestion),
    /// A certificate, without asking for a page.
    Tls(TlsQuestion),
    /// What the name servers say.
    Dns(DnsQuestion),
}

/// A page and the answer that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpQuestion {
    /// Absolute, `http` or `https`.
    pub url: String,
    /// The accepted statuses of the final answer. Never empty.
    pub status: Vec<u16>,
    /// Slower than this is degraded.
    pub within: Option<Duration>,
    /// Fields that the answer must have, each with what its value must contain (empty: anything).
    pub headers: Vec<(String, String)>,
    /// What the body must contain, all of it, after decoding.
    pub contains: Vec<String>,
    /// What the body must not contain.
    pub lacks: Vec<String>,
    /// Where the chain of redirects must end: a host name, or nothing for any public host.
    pub ends_at: Option<String>,
    /// Fewer days of validity left are degraded; only for `https`.
    pub certificate_days: u32,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsQuestion {
    /// The name asked for.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Fewer days of validity left are degraded.
    pub days: u32,
    /// Names that the certificate must hold beside the host.
    pub names: Vec<String>,
}

/// What the name servers say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsQuestion {
    /// The name.
    pub name: String,
    /// The only A records there may be; any where empty.
    pub a: Vec<Ipv4Addr>,
    /// The only AAAA records there may be; any where empty.
    pub aaaa: Vec<Ipv6Addr>,
}

/// What a portal is held against by `scan` (law.md: TT 22/2023, NĐ 224/2026, QĐ 75/2025).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Criteria {
    /// Host names of component pages that the home page must link to.
    pub components: Vec<String>,
    /// The host name of the portal that this page belongs to.
    pub parent: Option<String>,
    /// The id that the EMC system gave this portal.
    pub emc_id: Option<String>,
}

/// Watching for changes that nobody of the agency made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defacement {
    /// The time from one look to the next.
    pub every: Duration,
    /// Pages, absolute; the home page where the file names none.
    pub urls: Vec<String>,
    /// Hosts outside the portal that its pages may refer to beside those of the baseline.
    pub allow: Vec<String>,
    /// A file with further signatures, one a line.
    pub signatures: Option<PathBuf>,
}

impl Network {
    /// Whether a probe may connect to `address`.
    pub fn permits(&self, address: IpAddr) -> bool {
        crate::base::address::is_public(address)
            || self.inside.iter().any(|block| block.holds(address))
    }
}
