//! Asking name servers: A and AAAA apart, the reason of every refusal kept.
//!
//! Nothing is cached: a watcher that answers from memory watches itself. The machine's hosts file
//! is not asked either, since the public does not have it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError as Failure};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::system_conf::read_system_conf;

use crate::world::World;
use crate::world::net::{Door, Family, NetError};

/// One question to one server. A recursive server that has to walk from the root answers within
/// this or not at all; the next try may then find its cache filled.
const ASK_MAX: Duration = Duration::from_secs(2);

/// Tries, each with all servers: one packet lost is no verdict.
const TRIES: usize = 2;

/// What the name servers said of one kind of record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The addresses, aliases followed, sorted, each once.
    Addresses(Vec<IpAddr>),
    /// The name exists and has no address of this family.
    Empty,
    /// The name does not exist (NXDOMAIN).
    NoSuchName,
    /// The servers answered with an error: its name, such as `SERVFAIL`.
    Failed(String),
    /// No server answered in time.
    Silent,
    /// The text can be no name.
    Invalid,
}

impl Answer {
    /// The addresses; none where there is no answer.
    pub fn addresses(&self) -> &[IpAddr] {
        match self {
            Self::Addresses(addresses) => addresses,
            _ => &[],
        }
    }
}

impl Door {
    /// Asks for the addresses of `name` in one family, for at most `limit`.
    pub async fn addresses(&self, name: &str, family: Family, limit: Duration) -> Answer {
        let Ok(mut name) = Name::from_utf8(name) else { return Answer::Invalid };
        // Search lists belong to people at this machine, not to the public.
        name.set_fqdn(true);
        let kind = match family {
            Family::Ipv4 => RecordType::A,
            Family::Ipv6 => RecordType::AAAA,
        };
        match tokio::time::timeout(limit, self.resolver.lookup(name, kind)).await {
            Err(_elapsed) => Answer::Silent,
            Ok(Err(failure)) => refused(&failure),
            Ok(Ok(lookup)) => {
                let mut addresses: Vec<IpAddr> = lookup
                    .answers()
                    .iter()
                    .filter_map(|record| match (&record.data, family) {
                        (RData::A(address), Family::Ipv4) => Some(IpAddr::V4(address.0)),
                        (RData::AAAA(address), Family::Ipv6) => Some(IpAddr::V6(address.0)),
                        _ => None,
                    })
                    .collect();
                addresses.sort_unstable();
                addresses.dedup();
                if addresses.is_empty() { Answer::Empty } else { Answer::Addresses(addresses) }
            }
        }
    }
}

fn refused(failure: &Failure) -> Answer {
    match failure {
        Failure::Dns(DnsError::NoRecordsFound(none)) => by_code(none.response_code),
        Failure::Dns(DnsError::ResponseCode(code)) => by_code(*code),
        Failure::Timeout | Failure::Io(_) | Failure::NoConnections | Failure::Busy => {
            Answer::Silent
        }
        other => Answer::Failed(other.to_string()),
    }
}

fn by_code(code: ResponseCode) -> Answer {
    match code {
        ResponseCode::NoError => Answer::Empty,
        ResponseCode::NXDomain => Answer::NoSuchName,
        ResponseCode::ServFail => Answer::Failed("SERVFAIL".to_owned()),
        ResponseCode::Refused => Answer::Failed("REFUSED".to_owned()),
        ResponseCode::FormErr => Answer::Failed("FORMERR".to_owned()),
        ResponseCode::NotImp => Answer::Failed("NOTIMP".to_owned()),
        other => Answer::Failed(other.to_string()),
    }
}

/// A resolver that asks these servers, or the machine's own.
pub(super) fn resolver(world: &World, servers: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    let none = |detail: String| NetError::NoResolvers { detail };
    let config = if servers.is_empty() {
        let (config, _) = read_system_conf().map_err(|error| none(error.to_string()))?;
        ResolverConfig::from_name_servers(config.name_servers)
    } else {
        ResolverConfig::from_name_servers(servers.iter().map(|at| server(*at)).collect())
    };
    if config.name_servers.is_empty() {
        return Err(none("/etc/resolv.conf names none".to_owned()));
    }
    let mut options = ResolverOpts::default();
    options.timeout = ASK_MAX;
    options.attempts = TRIES;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    // Its tasks live on our runtime, whichever thread asks.
    let _guard = world.runtime().enter();
    TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        .with_options(options)
        .build()
        .map_err(|error| none(error.to_string()))
}

fn server(at: SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = at.port();
        connection
    });
    NameServerConfig::new(at.ip(), true, connections.into())
}
