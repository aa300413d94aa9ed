//! The door to the network: names, connections, TLS; bounded in time and kept out of our own house.
//!
//! A [`Door`] is opened once with what may be reached and who is trusted, and asks nothing by
//! itself. Guarantees: no connection is made to an address that is neither public nor named in
//! [`Reach::inside`], and the address that was checked is the one connected to; nothing here
//! installs global state, and nothing a peer sends can make it panic.
//!
//! What an answer means is for others to say.

pub mod knock;
pub mod names;
pub mod route;
pub mod tls;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use rustls::RootCertStore;
use tokio::net::TcpStream;

use crate::base::address::{Block, is_public};
use crate::base::fault::{Args, Fault, FaultKind, Retry};
use crate::world::World;
use crate::world::tls::{TlsError, roots};

/// What may be reached, and by whose word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Name servers; the machine's own where empty.
    pub resolvers: Vec<SocketAddr>,
    /// Blocks that are not public and may be reached all the same.
    pub inside: Vec<Block>,
    /// A PEM file of authorities trusted beside the public ones.
    pub authorities: Option<PathBuf>,
}

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// A records, four bytes.
    Ipv4,
    /// AAAA records, sixteen bytes.
    Ipv6,
}

impl Family {
    /// Both, in the order in which they are told.
    pub const ALL: [Self; 2] = [Self::Ipv4, Self::Ipv6];

    /// The family of `address`.
    pub fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::Ipv4 } else { Self::Ipv6 }
    }

    /// Its name, which no language translates.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        }
    }

    /// The word in `--json` and in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }
}

/// Why the door could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// Whom to trust cannot be read.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Neither the configuration nor the machine names a name server.
    #[error("no name servers: {detail}")]
    NoResolvers {
        /// What was found instead.
        detail: String,
    },
}

impl Fault for NetError {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Tls(fault) => fault.kind(),
            Self::NoResolvers { .. } => FaultKind::Environment,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Tls(fault) => fault.code(),
            Self::NoResolvers { .. } => "net.no-resolvers",
        }
    }

    fn args(&self) -> Args {
        match self {
            Self::Tls(fault) => fault.args(),
            Self::NoResolvers { detail } => Args::none().text("detail", detail),
        }
    }

    fn retry(&self) -> Retry {
        match self {
            Self::Tls(fault) => fault.retry(),
            Self::NoResolvers { .. } => Retry::Later,
        }
    }
}

/// Why no connection came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectError {
    /// The address lies inside our own network and may not be reached.
    Inside,
    /// This machine has no route to it: our fault, not the peer's.
    NoRoute,
    /// The peer refused.
    Refused,
    /// No answer in time.
    Silent,
    /// Anything else, in the system's words.
    Other(String),
}

impl ConnectError {
    /// What the system's error means.
    pub fn of(error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            // Without an address of the family the system answers EADDRNOTAVAIL, not ENETUNREACH.
            ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable
            | ErrorKind::Unsupported => Self::NoRoute,
            ErrorKind::ConnectionRefused => Self::Refused,
            ErrorKind::TimedOut => Self::Silent,
            _ => Self::Other(error.to_string()),
        }
    }
}

/// Names, connections and TLS within one reach. Clones share what they know.
#[derive(Clone)]
pub struct Door {
    world: World,
    inside: Arc<[Block]>,
    resolver: TokioResolver,
    roots: Arc<RootCertStore>,
}

impl Door {
    /// Opens it: reads the authorities and finds the name servers. Sends nothing.
    pub fn open(world: &World, reach: &Reach) -> Result<Self, NetError> {
        Ok(Self {
            world: world.clone(),
            inside: reach.inside.clone().into(),
            resolver: names::resolver(world, &reach.resolvers)?,
            roots: Arc::new(roots(reach.authorities.as_deref())?),
        })
    }

    /// Whose clock and runtime this door uses.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Whether `address` may be connected to.
    pub fn permits(&self, address: IpAddr) -> bool {
        is_public(address) || self.inside.iter().any(|block| block.holds(address))
    }

    /// Connects within `limit`, if the address may be reached.
    pub async fn connect(
        &self,
        address: SocketAddr,
        limit: Duration,
    ) -> Result<TcpStream, ConnectError> {
        if !self.permits(address.ip()) {
            return Err(ConnectError::Inside);
        }
        match tokio::time::timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(ConnectError::of(&error)),
            Err(_elapsed) => Err(ConnectError::Silent),
        }
    }
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("inside", &self.inside).finish_non_exhaustive()
    }
}
